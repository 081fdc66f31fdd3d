"""The pages in docs: their code runs as it stands there, and what they name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from _shown import commands, run_blocks

import newsflag
from newsflag.cli import main
from newsflag.markup.parser import parse
from newsflag.model.scores import HEADS
from newsflag.training.scores import USED

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(DOCS.glob("*.md"))
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
FILE = re.compile(r"`((?:newsflag|benchmarks|models|tests|docs)/[\w/.-]+\.(?:py|md|json))`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs_from_top_to_bottom(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(page.parent.parent)
    assert run_blocks(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    root = page.parent.parent
    for name in FILE.findall(text):
        assert (root / name).is_file(), name
    for target in LINK.findall(text):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_that_a_page_shows_are_there(page: Path) -> None:
    assert commands(page) <= set(main.commands)


def test_the_example_page_loses_its_insertions_and_no_paragraph() -> None:
    page = (DOCS / "example.html").read_text("utf-8")
    report = newsflag.flag_html(page)
    teasers = ("READ MORE", "Doctors hate")
    paragraphs = [node.text().strip() for node in parse(page).css(".story-body > p, .story-body > h2")]
    own = [text for text in paragraphs if not text.startswith(teasers)]
    assert len(own) == 13
    assert [line for line in report.body.splitlines() if line in own] == own
    found = [flag.segment.text for flag in report.flags if flag.segment is not None and flag.segment.is_insertion]
    for start in (*teasers, "Sign up to our free newsletter", "Advertisement", "“We have come to the end"):
        assert any(text.startswith(start) for text in found), start


def test_every_head_says_what_it_learns_from() -> None:
    assert set(USED) == set(HEADS)
    text = (DOCS / "adding-a-head.md").read_text("utf-8")
    assert all(f"`{name}`" in text for name in ("HEADS", "USED", "load_sets"))
