"""Labelled articles for training and measuring.

The texts stay where they are: a corpus is a folder given by the caller (see
``--data``), laid out as ``articles/{gold,silver,raw}.jsonl.gz`` and
``style/train/*.jsonl.gz``. Nothing of it is needed to run newsflag.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from newsflag.kinds import KINDS
from newsflag.training.publishers import publisher_key

WRITTEN: Final = Path(__file__).parent / "written"
"""Lines and articles that we wrote ourselves, in 36 languages, as the pages of each have them."""

LABELS: Final = Path(__file__).parents[2] / "benchmarks" / "labels"
"""Labels of our own on texts of the corpus, without the texts; there in a checkout alone."""

UNKNOWN: Final = -1
"""Label of a line whose truth is not known: it is context, it neither trains nor measures."""

OUTSIDE: Final = len(KINDS)
"""Label of a line that is certainly an insertion, but of no known kind."""

BEFORE: Final = 3
AFTER: Final = 5
"""Lines around an annotated page's region that its reader labelled too."""

_NUMBER: Final = {kind: number for number, kind in enumerate(KINDS)}


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """An article as lines with labels.

    Parameters
    ----------
    id : str
    source : str
        Where it comes from and how it was made, e.g. ``"gold"``, ``"gold+teasers"``.
    publisher : str
        Key by which articles are split (:func:`~newsflag.training.publishers.publisher_key`).
    language : str
    lines : tuple of str
        Non-blank lines without white space at either end.
    labels : tuple of int
        Index into :data:`newsflag.KINDS`, :data:`UNKNOWN` or :data:`OUTSIDE`.
    glue : tuple of str
        What stands before each line; ``""`` for the first.
    """

    id: str
    source: str
    publisher: str
    language: str
    lines: tuple[str, ...]
    labels: tuple[int, ...]
    glue: tuple[str, ...]

    @property
    def text(self) -> str:
        """The article as one text."""
        return "".join(part for pair in zip(self.glue, self.lines, strict=True) for part in pair)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a gzipped JSON-lines file.

    Raises
    ------
    FileNotFoundError
        When the file is not there, saying which folder is expected.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: --data must name a corpus folder with articles/ and style/ in it")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def publisher_of(row: dict[str, Any]) -> str:
    """Key of a page's publisher; pages without a domain count as one publisher, since some of them share text."""
    return publisher_key(row["domain"]) if row["domain"] else f"{row['source']}-unknown"


def pages(data: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every page and plain-text article: the name of its collection, its row, and its publisher's key."""
    for name in ("gold", "silver", "raw"):
        for row in read_rows(data / "articles" / f"{name}.jsonl.gz"):
            yield name, row, publisher_key(row["site"]) if name == "raw" else publisher_of(row)


def truth(line: dict[str, Any]) -> int:
    """Label of a page's line, as far as it is known."""
    kind = line.get("kind")
    if kind is not None:
        return _NUMBER[kind]
    in_gold = line["in_gold"]
    if in_gold == "yes":
        return _NUMBER["body"]
    if in_gold == "heading":
        return _NUMBER["heading"]
    if in_gold == "separator":
        return _NUMBER["interface"]
    return UNKNOWN


def make_article(
    id: str, source: str, publisher: str, language: str, lines: list[str], labels: list[int], glue: str = "\n"
) -> Article:
    """An article of lines that all stand apart by the same glue; blank lines are left out."""
    pairs = [(line.strip(), label) for line, label in zip(lines, labels, strict=True) if line.strip()]
    return Article(
        id,
        source,
        publisher,
        language,
        tuple(line for line, _ in pairs),
        tuple(label for _, label in pairs),
        tuple("" if not number else glue for number in range(len(pairs))),
    )


def gold_windows(data: Path) -> list[Article]:
    """The annotated gold pages, cut to the lines their readers labelled."""
    return _windows(data, "gold", "region", BEFORE, AFTER)


def silver_windows(data: Path) -> list[Article]:
    """The annotated silver pages, cut to their windows."""
    return _windows(data, "silver", "window", 0, 0)


def _windows(data: Path, source: str, span: str, before: int, after: int) -> list[Article]:
    articles = []
    for row in read_rows(data / "articles" / f"{source}.jsonl.gz"):
        if not row["annotated"]:
            continue
        first, last = row[span]
        part = row["lines"][max(0, first - before) : last + after + 1]
        articles.append(
            make_article(
                row["id"],
                source,
                publisher_of(row),
                row["language"],
                [line["text"] for line in part],
                [truth(line) for line in part],
            )
        )
    return articles


def raw_articles(data: Path) -> list[Article]:
    """The annotated plain-text articles."""
    articles = []
    for row in read_rows(data / "articles" / "raw.jsonl.gz"):
        labels = [UNKNOWN if line.get("mixed") else _NUMBER[line["kind"]] for line in row["lines"]]
        articles.append(
            make_article(
                row["id"],
                "raw",
                publisher_key(row["site"]),
                row["language"],
                [line["text"] for line in row["lines"]],
                labels,
                glue="\n\n",
            )
        )
    return articles


def written_articles() -> list[Article]:
    """The articles that we wrote ourselves; each counts as a publisher of its own."""
    articles = []
    for number, row in enumerate(read_lines(WRITTEN / "articles.jsonl")):
        labels = [_NUMBER[kind] for kind, _ in row["lines"]]
        lines = [text for _, text in row["lines"]]
        glue = "\n" if number % 2 else "\n\n"
        articles.append(make_article(row["id"], "written", row["id"], row["language"], lines, labels, glue))
    return articles


def written_lines() -> list[tuple[str, int]]:
    """The single lines that we wrote ourselves, with their labels."""
    return [(row["text"], _NUMBER[row["kind"]]) for row in read_lines(WRITTEN / "lines.jsonl")]


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON-lines file of our own."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
