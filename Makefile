# Needs make and python3 (3.10 or newer): every target sets up .venv by itself,
# and again only when pyproject.toml has changed.
#
#   make demo              flag the article this project started from
#   make test              run the tests
#   make lint              ruff and mypy
#   make docs              build the documentation
#   make pictures          make the documentation's pictures anew; needs Chromium
#   make train DATA=…      rebuild models/ from a folder of labelled articles
#   make bench DATA=…      train a model a fold on that folder and measure it and its peers;
#                          MODELS=… keeps the fold models there, or uses those it finds
#   make clean             remove .venv and everything built

PYTHON ?= python3
DATA ?=
MODELS ?=
VENV := .venv
PY := $(VENV)/bin/python
SEED := seeds/000_fadd692d6bccfef8.txt

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo docs pictures test lint train bench clean data
.DEFAULT_GOAL := demo

# Status 1 says that something was flagged, which is what the demo is for.
demo: $(VENV)/.core
	@$(PY) -m newsflag check --color $(SEED) || test $$? -eq 1

test: $(VENV)/.dev
	$(PY) -m pytest

lint: $(VENV)/.dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

docs: $(VENV)/.dev
	$(PY) -m sphinx -q -n -W --keep-going -c docs . build/html
	@echo "$(CURDIR)/build/html/docs/index.html"

pictures: $(VENV)/.dev
	$(PY) docs/screenshots.py

train: data $(VENV)/.train
	$(PY) -m newsflag train --data "$(DATA)" --out models

bench: data $(VENV)/.bench
	$(PY) benchmarks/evaluate.py --data "$(DATA)" $(if $(MODELS),--models "$(MODELS)")

clean:
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

data:
	@test -n "$(DATA)" || { echo 'which data? make train DATA=path/to/data (or bench)' >&2; exit 2; }

# The environment, one stamp for each set of extras. Pip is renewed first: some
# that come with Python (23.2) fail on the extras that lxml's users ask for.

$(VENV)/.core: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip
	$(PY) -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(PY) -m pip install --quiet --editable '.[dev,bench]'
	@touch $@

$(VENV)/.train: $(VENV)/.core
	$(PY) -m pip install --quiet --editable '.[train]'
	@touch $@

$(VENV)/.bench: $(VENV)/.core
	$(PY) -m pip install --quiet --editable '.[bench]'
	@touch $@
