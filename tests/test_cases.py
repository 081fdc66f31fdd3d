"""Whole articles, ours and the seed: what must be found and what must never be lost.

A case of ``tests/cases`` passes when

- every character of its body, heading, title and standfirst lines is kept:
  the article is never removed;
- every promo line (teaser, advertisement, call_to_action) is found;
- of its other insertion lines (caption, metadata, interface, embed, other) at
  most one in five is missed.

A line is *found* when at least 80 % of its characters stand in segments of
insertion kinds. All counts leave blanks out. Whether a promo is given a promo
kind is asked of the corpus as a whole, not of each case: nine in ten must.

The cases of ``known_failures.json`` are run by the same rule as strict
expected failures.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

import newsflag
from newsflag.kinds import KEPT_KINDS, KINDS, PROMO_KINDS

HERE: Final = Path(__file__).parent
SEED: Final = HERE.parent / "seeds" / "000_fadd692d6bccfef8.txt"
FILES: Final = ("in_the_wild", "synthetic", "negative", "known_failures")
FOUND: Final = 0.8


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of an article with its place and its true kind."""

    kind: str
    start: int
    end: int
    lenient: bool = False


@dataclasses.dataclass(frozen=True)
class Article:
    """A text and the truth about its lines."""

    text: str
    lines: tuple[Line, ...]

    def of(self, kinds: Iterable[str]) -> list[Line]:
        """The lines of these kinds."""
        wanted = tuple(kinds)
        return [line for line in self.lines if line.kind in wanted]


def lay_out(rows: Sequence[Sequence[Any]], separator: str) -> Article:
    """Join rows of (kind, text, options) to an article, noting where each line stands."""
    text = ""
    lines = []
    for number, (kind, content, *rest) in enumerate(rows):
        options = rest[0] if rest else {}
        if number:
            text += options.get("glue", separator)
        lines.append(Line(kind, len(text), len(text) + len(content), options.get("lenient", False)))
        text += content
    return Article(text, tuple(lines))


def insertion_share(article: Article, report: newsflag.Report, line: Line) -> float:
    """Share of the line's non-blank characters that stand in insertion segments."""
    text = article.text
    total = sum(not char.isspace() for char in text[line.start : line.end])
    inserted = 0
    for segment in report.insertions:
        part = text[max(segment.start, line.start) : min(segment.end, line.end)]
        inserted += sum(not char.isspace() for char in part)
    return inserted / total


def kinds_within(report: newsflag.Report, line: Line) -> set[str]:
    """Kinds of all segments that reach into the line."""
    return {segment.kind for segment in report.segments if segment.start < line.end and segment.end > line.start}


def lost(article: Article, report: newsflag.Report) -> list[str]:
    """Lines of the article itself that are removed, wholly or in part."""
    return [
        article.text[line.start : line.end]
        for line in article.of(KEPT_KINDS)
        if insertion_share(article, report, line) > 0
    ]


def missed(article: Article, report: newsflag.Report, *, promo: bool) -> list[str]:
    """Insertion lines that are not found: the promos, or all others."""
    kinds = [kind for kind in KINDS if kind not in KEPT_KINDS and (kind in PROMO_KINDS) == promo]
    return [
        article.text[line.start : line.end]
        for line in article.of(kinds)
        if insertion_share(article, report, line) < FOUND
    ]


def read_cases(name: str) -> list[dict[str, Any]]:
    """The cases of one file."""
    cases: list[dict[str, Any]] = json.loads((HERE / "cases" / f"{name}.json").read_text(encoding="utf-8"))
    return cases


def all_cases() -> list[Any]:
    """Every case as a pytest parameter, known failures marked."""
    params = []
    for name in FILES:
        for case in read_cases(name):
            marks = [pytest.mark.xfail(strict=True, reason=case["why"])] if name == "known_failures" else []
            params.append(pytest.param(case, id=f"{name}:{case['name']}", marks=marks))
    return params


@pytest.mark.parametrize("case", all_cases())
def test_article_keeps_its_body_and_loses_its_insertions(case: dict[str, Any]) -> None:
    article = lay_out(case["lines"], case["separator"])
    report = newsflag.flag(article.text)

    assert lost(article, report) == [], "the article's own lines must be kept"
    assert missed(article, report, promo=True) == [], "every promo must be found"
    others = [line for line in article.lines if line.kind not in KEPT_KINDS and line.kind not in PROMO_KINDS]
    missed_others = missed(article, report, promo=False)
    assert len(missed_others) * 5 <= len(others), f"too many insertions missed: {missed_others}"


@pytest.mark.parametrize("case", read_cases("negative"), ids=lambda case: case["name"])
def test_article_with_nothing_to_remove_comes_out_whole(case: dict[str, Any]) -> None:
    text = lay_out(case["lines"], case["separator"]).text
    assert newsflag.flag(text).flags == ()
    assert newsflag.clean(text).split() == text.split()


def test_promos_are_given_promo_kinds() -> None:
    right = total = 0
    for name in ("in_the_wild", "synthetic"):
        for case in read_cases(name):
            article = lay_out(case["lines"], case["separator"])
            report = newsflag.flag(article.text)
            for line in article.of(PROMO_KINDS):
                if not line.lenient and insertion_share(article, report, line) >= FOUND:
                    total += 1
                    # A sentence-wise segment may reach over the line's end, so one kind is enough.
                    right += not kinds_within(report, line).isdisjoint(PROMO_KINDS)
    assert right >= 0.9 * total, f"{right} of {total} promos found have a promo kind"


# The corpus itself


def test_cases_are_well_formed() -> None:
    cases = [case for name in FILES for case in read_cases(name)]
    names = [case["name"] for case in cases]
    assert len(set(names)) == len(names)
    for case in cases:
        assert set(case) == {"name", "language", "why", "separator", "lines"}, case["name"]
        assert case["why"], case["name"]
        assert case["separator"].isspace(), case["name"]
        for kind, text, *rest in case["lines"]:
            assert kind in KINDS, (case["name"], kind)
            assert text.strip(), case["name"]
            assert len(text.splitlines()) == 1, (case["name"], text)
            assert all(set(options) <= {"glue", "lenient"} for options in rest), (case["name"], text)


def test_negative_cases_hold_no_insertions() -> None:
    for case in read_cases("negative"):
        assert {line[0] for line in case["lines"]} <= set(KEPT_KINDS), case["name"]


# The seed article


def read_seed() -> list[tuple[str, str]]:
    """(kind, text) of every line of the seed, from its gold file."""
    text = SEED.read_bytes().decode("utf-8")
    gold = json.loads(SEED.with_suffix(".gold.json").read_text(encoding="utf-8"))
    assert gold["text"] == SEED.name
    return [(segment["kind"], text[segment["start"] : segment["end"]]) for segment in gold["segments"]]


def seed_form(*, dashes: bool, separator: str) -> Article:
    """The seed with or without its separator lines, joined in one of several ways."""
    return lay_out([row for row in read_seed() if dashes or row[0] != "interface"], separator)


def test_seed_gold_covers_every_line() -> None:
    text = SEED.read_bytes().decode("utf-8")
    assert [content for _, content in read_seed()] == [line for line in text.split("\n") if line.strip()]
    assert seed_form(dashes=True, separator="\n").text == text.rstrip("\n")
    kinds = [kind for kind, _ in read_seed()]
    assert (kinds.count("teaser"), kinds.count("interface")) == (4, 4)


@pytest.mark.parametrize(
    ("dashes", "separator"),
    [
        pytest.param(True, "\n", id="as it is"),
        pytest.param(False, "\n", id="separator lines removed"),
        pytest.param(True, "\n\n", id="blank lines between paragraphs"),
    ],
)
def test_seed_in_lines_comes_out_exactly_right(dashes: bool, separator: str) -> None:
    article = seed_form(dashes=dashes, separator=separator)
    report = newsflag.flag(article.text)

    for line in article.lines:
        expected = 0.0 if line.kind in KEPT_KINDS else 1.0
        assert insertion_share(article, report, line) == expected, article.text[line.start : line.end]
    for line in article.of(["teaser"]):
        assert kinds_within(report, line) == {"teaser"}, article.text[line.start : line.end]
    # Separator lines hold no letter, so only the promos are flagged.
    found = [(flag.kind, flag.segment.start, flag.segment.end) for flag in report.flags if flag.segment]
    assert found == [(line.kind, line.start, line.end) for line in article.of(["teaser"])]
    kept = [article.text[line.start : line.end] for line in article.of(KEPT_KINDS)]
    assert [line for line in report.body.split("\n") if line.strip()] == kept


@pytest.mark.parametrize(
    "dashes",
    [
        pytest.param(True, id="separators left"),
        pytest.param(
            False,
            id="separators removed",
            marks=pytest.mark.xfail(
                strict=True, reason="nothing marks where one teaser ends and the next begins, so two are glued together"
            ),
        ),
    ],
)
def test_seed_flattened_to_one_line(dashes: bool) -> None:
    article = seed_form(dashes=dashes, separator=" ")
    report = newsflag.flag(article.text)

    assert lost(article, report) == [], "no sentence of the article may be lost"
    assert missed(article, report, promo=True) == [], "all four promos must be found"
