"""Links in all Markdown of the repo, notebooks' cells too: what they point to is there. Nothing is fetched."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT: Final = Path(__file__).parent.parent
_MARKDOWN: Final = MarkdownIt("commonmark").enable("table")
_RAW: Final = re.compile(r"\b(?:href|src)\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_NO_PART_OF_A_NAME: Final = re.compile(r"[^\w\- ]")
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_NOT_OURS: Final = ("build", "dist", "node_modules")


def _sources(root: Path) -> list[Path]:
    """All files with Markdown in them, environments and what is built left out."""
    found = (path for suffix in ("md", "ipynb") for path in root.rglob(f"*.{suffix}"))
    inner = ((path, path.relative_to(root).parts) for path in found)
    return sorted(path for path, parts in inner if not any(part[0] == "." or part in _NOT_OURS for part in parts))


def _parts(path: Path) -> list[str]:
    """A page's Markdown, or that of a notebook's cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return [text]
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]


def _tokens(text: str) -> Iterator[Token]:
    """Everything in a text that is not code, from its beginning to its end."""
    for token in _MARKDOWN.parse(text):
        yield token
        yield from token.children or ()


def _targets(text: str) -> Iterator[str]:
    """Where links and pictures lead, those in HTML too."""
    for token in _tokens(text):
        if token.type == "link_open":
            yield str(token.attrs["href"])
        elif token.type == "image":
            yield str(token.attrs["src"])
        elif token.type in ("html_inline", "html_block"):
            yield from _RAW.findall(token.content)


def _headings(text: str) -> list[str]:
    """What headings say, without their marks."""
    found = []
    for opening, inline in itertools.pairwise(_MARKDOWN.parse(text)):
        if opening.type == "heading_open":
            parts = (part.content for part in inline.children or () if part.type in ("text", "code_inline"))
            found.append("".join(parts))
    return found


def _anchors(text: str) -> set[str]:
    """The headings' anchors as code hosts make them: small letters, hyphens for blanks, a number for one met before."""
    found: dict[str, int] = {}
    for heading in _headings(text):
        name = _NO_PART_OF_A_NAME.sub("", heading.lower()).replace(" ", "-")
        number = found[name] = found.get(name, -1) + 1
        if number:
            found[f"{name}-{number}"] = 0
    return set(found)


def _anchors_of(file: Path) -> set[str]:
    """The anchors of a page; in a notebook a heading's own words are its anchor."""
    if file.suffix == ".ipynb":
        return {heading.replace(" ", "-") for part in _parts(file) for heading in _headings(part)}
    return _anchors(file.read_text(encoding="utf-8"))


def _wrong(target: str, page: Path, root: Path) -> str:
    """What is wrong with a link in a page; nothing where it is right."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", target):
        parts = urlsplit(target)
        well = parts.scheme == "https" and _HOST.fullmatch(parts.netloc)
        return "" if well else "leads elsewhere, but is no https address"
    name, _, anchor = unquote(target).partition("#")
    file = (page.parent / name).resolve() if name else page.resolve()
    problem = ""
    if name.startswith("/"):
        problem = "is an absolute path"
    elif not file.is_relative_to(root.resolve()):
        problem = "leads out of the repo"
    elif not file.exists():
        problem = "leads to nothing"
    elif anchor and file.suffix not in (".md", ".ipynb"):
        problem = "has an anchor, but is neither Markdown nor a notebook"
    elif anchor and anchor not in _anchors_of(file):
        problem = f"leads to no heading of {file.name}"
    return problem


@pytest.mark.parametrize("page", _sources(ROOT), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [target for part in _parts(page) for target in _targets(part)]
    wrong = [f"{target} {problem}" for target in targets if (problem := _wrong(target, page, ROOT))]
    assert not wrong


@pytest.mark.parametrize("page", _sources(ROOT), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_link_is_left_half_written(page: Path) -> None:
    texts = [token.content for part in _parts(page) for token in _tokens(part) if token.type == "text"]
    assert [text for text in texts if "](" in text or "][" in text] == []


def test_the_pages_with_links_are_found() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in _sources(ROOT)}
    expected = {"README.md", "CHANGELOG.md", "docs/index.md", "docs/reference/index.md", "models/scores.md"}
    assert found >= expected | {"benchmarks/README.md", "tests/cases/README.md", "notebooks/01_seed.ipynb"}


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Web pages", "web-pages"),
        ("Splitter, judging a segment alone", "splitter-judging-a-segment-alone"),
        ("1. Judged sentences", "1-judged-sentences"),
        ("`off_topic` & *bait*: what, and why?", "off_topic--bait-what-and-why"),
        ("Größe – 80 %", "größe--80-"),
        ("[Linked](x.md) heading", "linked-heading"),
    ],
)
def test_an_anchor_is_the_one_that_code_hosts_make(heading: str, anchor: str) -> None:
    assert _anchors(f"# {heading}") == {anchor}


def test_a_notebooks_heading_is_its_own_anchor(tmp_path: Path) -> None:
    notebook = tmp_path / "a.ipynb"
    cells = [{"cell_type": "markdown", "source": ["## What was missed\n"]}, {"cell_type": "code", "source": ["# No"]}]
    notebook.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert _wrong("#What-was-missed", notebook, tmp_path) == ""
    assert _wrong("#what-was-missed", notebook, tmp_path)


def test_headings_of_the_same_words_are_counted() -> None:
    assert _anchors("# A\n\n## A\n\nText\n\n## A\n") == {"a", "a-1", "a-2"}


def test_code_holds_no_links_and_no_headings() -> None:
    text = "`[a](gone.md)`\n\n```text\n# not a heading\n[b](gone.md)\n```\n\n    [c](gone.md)\n"
    assert list(_targets(text)) == []
    assert _anchors(text) == set()


def test_links_are_found_in_tables_html_and_references() -> None:
    text = "| a |\n|---|\n| [b](1.md) |\n\n![c](2.png) <a href='3.md'>d</a> [e][f]\n\n[f]: 4.md\n"
    assert list(_targets(text)) == ["1.md", "2.png", "3.md", "4.md"]


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("there.md", ""),
        ("there.md#a-heading", ""),
        ("#here", ""),
        ("../docs", ""),
        ("two%20words.txt", ""),
        ("https://example.org/x?y=1#z", ""),
        ("gone.md", "leads to nothing"),
        ("there.md#gone", "leads to no heading"),
        ("#gone", "leads to no heading"),
        ("two%20words.txt#l1", "has an anchor"),
        ("../../elsewhere.md", "leads out of the repo"),
        ("/docs/there.md", "is an absolute path"),
        ("http://example.org/", "is no https address"),
        ("//example.org/", "is no https address"),
        ("https://user@example.org/", "is no https address"),
        ("https://localhost/", "is no https address"),
        ("mailto:someone@example.org", "is no https address"),
    ],
)
def test_a_wrong_link_is_told(target: str, problem: str, tmp_path: Path) -> None:
    docs = tmp_path / "repo" / "docs"
    docs.mkdir(parents=True)
    page = docs / "page.md"
    page.write_text("# Here\n", encoding="utf-8")
    (docs / "there.md").write_text("# A heading\n", encoding="utf-8")
    (docs / "two words.txt").write_text("", encoding="utf-8")
    (tmp_path / "elsewhere.md").write_text("", encoding="utf-8")
    told = _wrong(target, page, tmp_path / "repo")
    assert problem in told
    assert bool(problem) == bool(told)
