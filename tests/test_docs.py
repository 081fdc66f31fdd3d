"""The pages in docs: their code runs as it stands there, and what they name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsflag.model.scores import HEADS
from newsflag.training.scores import USED

PAGES = sorted((Path(__file__).parent.parent / "docs").glob("*.md"))
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
FILE = re.compile(r"`((?:newsflag|benchmarks|models|tests|docs)/[\w/.-]+\.(?:py|md|json))`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs_from_top_to_bottom(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(page.parent.parent)
    names: dict[str, object] = {}
    for number, block in enumerate(CODE.findall(page.read_text("utf-8"))):
        exec(compile(block, f"{page.name}[{number}]", "exec"), names)  # noqa: S102 - our own page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    root = page.parent.parent
    for name in FILE.findall(text):
        assert (root / name).is_file(), name
    for target in LINK.findall(text):
        assert (page.parent / target).exists(), target


def test_every_head_says_what_it_learns_from() -> None:
    assert set(USED) == set(HEADS)
    text = (PAGES[0].parent / "adding-a-head.md").read_text("utf-8")
    assert all(f"`{name}`" in text for name in ("HEADS", "USED", "load_sets"))
