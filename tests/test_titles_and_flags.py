"""Titles, scores and why, flags, signals, languages: what a report says beyond where the insertions are."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import newsflag
from newsflag import Flag, Flagger, InputError, Reason, Report, Segment, Title
from newsflag.config import FLAGGED_SCORES
from newsflag.kinds import ARTICLE_SCORES, INSERTION_KINDS, KEPT_KINDS, SCORES, TECHNIQUES
from newsflag.model import scores as score_models
from newsflag.signals import SIGNALS

REST: Final = SCORES[1:]
SENTENCE_FLAGS: Final = ("sensational", "persuasion")
SHARES: Final = (
    "quotes",
    "attribution",
    "emotional_tone",
    "persuasive_tone",
    "title_representativeness",
    "promos",
)
SURROGATE_PAIR: Final = re.compile("([\ud800-\udbff])([\udc00-\udfff])")

QUAY_TITLE: Final = "Ferry to Norrholm gets new quay"
QUAY: Final = """\
The harbour board of Norrholm has agreed to build a new quay for the island ferry. Work on the quay is to begin in \
April and to last until the autumn, the board said on Tuesday.

“The old quay was built in 1931 and its timber is rotten,” said harbour master Ida Lundqvist. Two of the piers had \
given way in the storm of last winter.

The ferry will land at the fishing pier while the quay is rebuilt. Lorries of more than seven tonnes can't use the \
pier and have to take the route by Sandvik.

The board expects a cost of four million crowns, half of which the county pays. A first plan had been turned down two \
years ago because of the seal colony nearby."""
BOWLS_TITLE: Final = "Potter wins prize for glazes made of ash"
BOWLS: Final = """\
The potter Marek Dolny has won this year's craft prize for bowls with glazes that he makes of wood ash. The jury \
praised the deep green of his celadon bowls.

Dolny collects the ash from bakeries whose ovens burn beech and oak. He sieves it, washes it for weeks and mixes it \
with clay from a brickyard.

“Every oven gives another colour,” he said at the ceremony in the town hall. He fires his kiln only four times a year.

The prize is worth ten thousand euros. An exhibition of the bowls opens in the museum of applied arts in June.

Dolny learned his trade from his grandmother, who made jugs and roof tiles. He has been running the workshop alone \
since her death."""
RANT: Final = """\
They lie to you, and they have lied to you for years! This disgusting swindle by a corrupt clique of traitors will \
destroy our beloved country unless every true patriot wakes up today.

You won't believe what these monsters are hiding from your children. Nobody dares to say it, but everyone knows that \
the horrifying truth is coming out at last!"""
PROMO: Final = "READ MORE: Eleven tricks for a flat belly"
BAIT: Final = "You won't believe what this doctor found in her kitchen"
MIXED: Final = f"{QUAY_TITLE}\n\n{QUAY}\n\n{PROMO}\n\n***\n\n{RANT}"
GERMAN_TITLE: Final = "Gemeinderat beschließt nach langem Streit den Haushalt für das kommende Jahr"
ARTICLES: Final = {"quay": QUAY, "bowls": BOWLS, "rant": RANT, "mixed": MIXED, "titled": f"{BOWLS_TITLE}\n\n{BOWLS}"}

# The first call loads the model: no deadline on single examples.
relaxed = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])

# All code points, lone surrogates included, which hypothesis leaves out by default.
any_char = st.characters(exclude_categories=())
odd_char = st.sampled_from(
    [
        *"\n\r\t -•*_|.?!:;…\"'“”«»()[]aZ0",
        "\u00a0",  # no-break space
        "\u2028",  # line separator
        "\x85",  # next line
        "\x1c",  # file separator, a line break to str.splitlines
        "\x00",
        "\u200b",  # zero-width space, not blank
        "\u0301",  # combining acute
        "\ud83d",  # lone surrogates
        "\ude00",
        "😀",
        "İ",  # lower-cases to two code points
        "א",
        "中",
        "。",
        "०",
    ]
)
pieces = st.one_of(
    st.sampled_from([line for text in ARTICLES.values() for line in text.split("\n\n")]),
    st.sampled_from([PROMO, BAIT, GERMAN_TITLE, "Advertisement", "***", "By Ida Lundqvist", "Photo: harbour board"]),
    st.text(any_char, max_size=40),
    st.text(odd_char, max_size=40),
)
breaks = st.sampled_from(["\n\n", "\n", "\r\n", " ", "\u2028", "\n-\n"])


@st.composite
def articles(draw: st.DrawFn) -> str:
    """A text of known lines, odd characters and breaks."""
    return "".join(piece + draw(breaks) for piece in draw(st.lists(pieces, max_size=8)))


texts = st.one_of(articles(), st.text(any_char, max_size=120), st.text(odd_char, max_size=120))
titles = st.one_of(st.none(), pieces, st.sampled_from([QUAY_TITLE, BOWLS_TITLE, "", " ", "\n", "-", "\u200b"]))


def log_odds(share: float) -> float:
    """Logit of a share that is neither 0 nor 1."""
    return math.log(share) - math.log1p(-share)


def adds_up(reasons: tuple[Reason, ...], score: float) -> bool:
    """Whether the reasons' contributions are the score's log-odds."""
    return math.isclose(math.fsum(reason.contribution for reason in reasons), log_odds(score), abs_tol=1e-3)


def lie_within(reasons: tuple[Reason, ...], start: int, end: int) -> bool:
    """Whether each reason has no span or one of at least a character in these bounds."""
    return all(
        (reason.start is None and reason.end is None)
        or (reason.start is not None and reason.end is not None and start <= reason.start < reason.end <= end)
        for reason in reasons
    )


def is_wordy(segment: Segment) -> bool:
    """Whether there is a letter or a digit."""
    return any(char.isalnum() for char in segment.text)


def in_range(scores: Mapping[str, float]) -> bool:
    """Whether all of them are 0…1; nan is not."""
    return all(0 <= score <= 1 for score in scores.values())


def parted(text: str) -> str:
    """The text without surrogates in a row, which JSON reads as one character."""
    return SURROGATE_PAIR.sub(r"\1 \2", text)


# What is no title


@pytest.mark.parametrize("title", [b"bytes", 5, 0, False, ["a", "list"], (), Path("file.txt")])
@pytest.mark.parametrize("text", [QUAY, "", " \n"])
def test_a_title_that_is_no_text_is_refused(text: str, title: Any) -> None:
    with pytest.raises(InputError, match="title must be a str or None") as caught:
        newsflag.flag(text, title=title)
    assert type(title).__name__ in str(caught.value)
    with pytest.raises(InputError, match="title must be"):
        Flagger().flag(text, title=title)


@pytest.mark.parametrize("title", ["", " ", "\n\t\u00a0\u2028"])
@pytest.mark.parametrize("text", [QUAY, MIXED, "", " \n"])
def test_a_blank_title_is_none(text: str, title: str) -> None:
    assert newsflag.flag(text, title=title) == newsflag.flag(text)


def test_a_str_subclass_is_a_title() -> None:
    class Text(str):
        __slots__ = ()

    assert newsflag.flag(QUAY, title=Text(QUAY_TITLE)) == newsflag.flag(QUAY, title=QUAY_TITLE)


# Where the title comes from


def test_a_title_given_is_judged() -> None:
    title = newsflag.flag(QUAY, title=QUAY_TITLE).title
    assert isinstance(title, newsflag.Title)
    assert (title.text, title.start, title.end) == (QUAY_TITLE, None, None)
    assert tuple(title.scores) == REST
    assert in_range(title.scores)


def test_a_title_given_goes_before_the_texts_own() -> None:
    report = newsflag.flag(f"{BOWLS_TITLE}\n\n{BOWLS}", title=BAIT)
    assert report.title is not None
    assert (report.title.text, report.title.start, report.title.end) == (BAIT, None, None)
    assert report.segments[0].text == BOWLS_TITLE


def test_white_space_in_a_title_given_does_not_matter() -> None:
    title = QUAY_TITLE.replace(" ", " \n\u00a0")
    assert newsflag.flag(QUAY, title=f"  {title}\t") == newsflag.flag(QUAY, title=QUAY_TITLE)


def test_the_texts_own_title_is_found() -> None:
    report = newsflag.flag(f"{BOWLS_TITLE}\n\n{BOWLS}")
    assert report.segments[0].kind == "title"
    assert report.title is not None
    assert (report.title.text, report.title.start, report.title.end) == (BOWLS_TITLE, 0, len(BOWLS_TITLE))


def test_without_any_there_is_no_title() -> None:
    report = newsflag.flag(QUAY)
    assert all(segment.kind != "title" for segment in report.segments)
    assert report.title is None


@relaxed
@given(texts)
@example(MIXED)
@example(BAIT)
def test_without_one_given_the_title_is_the_first_segment_of_that_kind(text: str) -> None:
    report = newsflag.flag(text)
    own = next((segment for segment in report.segments if segment.kind == "title"), None)
    if own is None:
        assert report.title is None
    else:
        assert report.title is not None
        assert (report.title.text, report.title.start, report.title.end) == (own.text, own.start, own.end)
        assert report.title.scores == {name: own.scores[name] for name in REST}
        assert report.title.techniques == own.techniques


@relaxed
@given(texts, titles)
@example("", QUAY_TITLE)
@example(MIXED, BAIT)
@example("\n\nOne.", "-")
def test_a_title_given_moves_nothing(text: str, title: str | None) -> None:
    plain, report = newsflag.flag(text, explain=False), newsflag.flag(text, title=title, explain=False)
    assert report.text == text
    assert (report.body, report.threshold, report.model) == (plain.body, plain.threshold, plain.model)
    end = 0
    for segment, other in zip(report.segments, plain.segments, strict=True):
        assert end <= segment.start < segment.end <= len(text)
        assert text[segment.start : segment.end] == segment.text
        assert (segment.start, segment.end, segment.text) == (other.start, other.end, other.text)
        assert (segment.kind, segment.kinds, segment.alone) == (other.kind, other.kinds, other.alone)
        assert segment.scores["insertion"] == other.scores["insertion"]
        end = segment.end


@relaxed
@given(texts, titles)
def test_a_title_given_is_the_reports(text: str, title: str | None) -> None:
    report = newsflag.flag(text, title=title, explain=False)
    if title is not None and title.split():
        assert report.title is not None
        assert (report.title.text, report.title.start, report.title.end) == (" ".join(title.split()), None, None)
    else:
        assert report.title == newsflag.flag(text, explain=False).title


# Odd pairs of text and title


@pytest.mark.parametrize("text", ["", " ", " \n\u00a0\n"])
def test_a_title_beside_white_space_is_judged_all_the_same(text: str) -> None:
    report = newsflag.flag(text, title=BAIT)
    assert (report.text, report.segments, report.body) == (text, (), "")
    assert {(flag.kind, flag.segment) for flag in report.flags} == {("clickbait", None)}
    assert set(report.scores) == {*SCORES, *ARTICLE_SCORES}
    assert set(report.scores.values()) == {0.0}
    assert set(report.signals.values()) == {None}
    title = report.title
    assert title is not None
    assert (title.text, title.start, title.end) == (BAIT, None, None)
    assert in_range(title.scores)
    assert all(adds_up(title.why[name], title.scores[name]) for name in REST)
    assert all(lie_within(title.why[name], 0, len(BAIT)) for name in REST)
    assert newsflag.flag(text, title=BAIT, explain=False).title == Title(BAIT, None, None, title.scores)


@pytest.mark.parametrize("title", [f"   \n\n  {BAIT}", BAIT.replace(" ", "     ")])
def test_spans_fit_a_title_beside_white_space(title: str) -> None:
    report = newsflag.flag("", title=title)
    assert report.title == newsflag.flag("", title=BAIT).title


def test_a_headline_alone_is_a_text() -> None:
    report = newsflag.flag(BAIT)
    (segment,) = report.segments
    assert (segment.start, segment.end, segment.text) == (0, len(BAIT), BAIT)
    assert set(report.scores) == {*SCORES, *ARTICLE_SCORES}
    assert in_range(report.scores)


def test_a_headline_alone_has_nothing_that_it_could_be_off() -> None:
    for line in (BAIT, QUAY_TITLE, BOWLS_TITLE):
        report = newsflag.flag(line, thresholds={"off_topic": 0.0})
        assert "off_topic" not in {flag.kind for flag in report.flags}


def test_the_same_headline_in_the_text_and_beside_it() -> None:
    report = newsflag.flag(QUAY_TITLE, title=QUAY_TITLE)
    assert report.title is not None
    assert report.title.start is None
    assert [segment.text for segment in report.segments] == [QUAY_TITLE]


# What a title is about


def test_another_articles_title_is_further_off() -> None:
    def off(title: str, text: str) -> float:
        report = newsflag.flag(text, title=title)
        assert report.title is not None
        return report.title.scores["off_topic"]

    assert off(BOWLS_TITLE, QUAY) > off(QUAY_TITLE, QUAY)
    assert off(QUAY_TITLE, BOWLS) > off(BOWLS_TITLE, BOWLS)
    # The same where it stands in the text, as far as it is taken for a title there.
    assert off(BOWLS_TITLE, QUAY) > off(BOWLS_TITLE, BOWLS)


def test_a_paragraph_of_another_article_is_further_off() -> None:
    stray = BOWLS.split("\n\n", maxsplit=1)[0]
    report = newsflag.flag(f"{QUAY}\n\n{stray}")
    *own, last = report.segments
    assert last.text == stray
    assert last.scores["off_topic"] > max(segment.scores["off_topic"] for segment in own)


# Scores


@pytest.mark.parametrize("text", ARTICLES.values(), ids=ARTICLES)
@pytest.mark.parametrize("title", [None, QUAY_TITLE, BAIT])
def test_an_article_has_every_score(text: str, title: str | None) -> None:
    report = newsflag.flag(text, title=title)
    assert tuple(report.scores) == (*SCORES, "misinformation")
    assert in_range(report.scores)
    size = sum(segment.end - segment.start for segment in report.segments)
    for name in SCORES:
        mean = math.fsum(part.scores[name] * (part.end - part.start) for part in report.segments) / size
        assert math.isclose(report.scores[name], mean, abs_tol=1e-6)


@relaxed
@given(texts, titles)
@example("***", "***")
@example("\ud800", "\ud800")
def test_scores_are_in_range(text: str, title: str | None) -> None:
    report = newsflag.flag(text, title=title, explain=False)
    assert tuple(report.scores) == (*SCORES, *ARTICLE_SCORES)
    assert in_range(report.scores)
    for segment in report.segments:
        assert tuple(segment.scores) == SCORES
        assert in_range(segment.scores)
    if report.title is not None:
        assert tuple(report.title.scores) == REST
        assert in_range(report.title.scores)


@relaxed
@given(texts, titles)
@example(MIXED, BAIT)
def test_techniques_lie_where_they_are_used(text: str, title: str | None) -> None:
    report = newsflag.flag(text, title=title, explain=False)
    for segment in report.segments:
        for technique in segment.techniques:
            assert technique.start is not None
            assert technique.end is not None
            assert segment.start <= technique.start < technique.end <= segment.end
    named = [technique for segment in report.segments for technique in segment.techniques]
    if report.title is not None:
        named += report.title.techniques
        for technique in report.title.techniques:
            assert (technique.start is None) == (report.title.start is None)
    for technique in named:
        assert technique.name in TECHNIQUES
        assert 0 <= technique.score <= 1
        assert technique.voice in ("author", "quoted")


# Why


def check_why(report: Report) -> None:
    """The reasons of all scores add up and lie where they should."""
    for segment in report.segments:
        assert set(segment.why) == set(REST)
        for name, reasons in segment.why.items():
            assert reasons
            assert adds_up(reasons, segment.scores[name])
            assert lie_within(reasons, segment.start, segment.end)
    if report.title is not None:
        assert set(report.title.why) == set(REST)
        for name, reasons in report.title.why.items():
            assert reasons
            assert adds_up(reasons, report.title.scores[name])
            assert lie_within(reasons, 0, len(report.title.text))
    if report.segments:
        assert set(report.why) == set(ARTICLE_SCORES)
        for name, reasons in report.why.items():
            assert adds_up(reasons, report.scores[name])
            assert lie_within(reasons, 0, len(report.text))
    else:
        assert report.why == {}


@pytest.mark.parametrize("text", ARTICLES.values(), ids=ARTICLES)
@pytest.mark.parametrize("title", [None, QUAY_TITLE, BAIT])
@pytest.mark.parametrize(
    "options", [{}, {"max_reasons": 1}, {"max_reasons": 3}, {"language": "xx"}, {"language": "es"}]
)
def test_reasons_add_up_to_the_log_odds_of_their_score(text: str, title: str | None, options: dict[str, Any]) -> None:
    report = newsflag.flag(text, title=title, **options)
    check_why(report)
    most = options.get("max_reasons", 6)
    for segment in report.segments:
        assert all(len(reasons) <= most + 1 for reasons in segment.why.values())
        assert all(reasons[-1].cue == "rest" for reasons in segment.why.values())


@relaxed
@given(texts, titles)
@example(" ", f" {BAIT.replace(' ', '  ')}")
def test_reasons_of_any_text_add_up(text: str, title: str | None) -> None:
    check_why(newsflag.flag(text, title=title))


def test_words_that_weigh_are_pointed_at() -> None:
    report = newsflag.flag(RANT, title=BAIT)
    assert report.title is not None
    for name in ("clickbait", "sensational", "persuasion"):
        assert any(reason.start is not None for reason in report.title.why[name])
        assert any(reason.start is not None for segment in report.segments for reason in segment.why[name])
    for segment in report.segments:
        for reason in segment.why["sensational"]:
            if reason.cue == "words" and reason.start is not None:
                assert RANT[reason.start : reason.end].strip()
    assert any(reason.start is not None for reason in report.why["misinformation"])


@relaxed
@given(texts, titles)
@example(MIXED, BAIT)
@example(" ", BAIT)
def test_explaining_changes_no_score(text: str, title: str | None) -> None:
    explained, plain = newsflag.flag(text, title=title), newsflag.flag(text, title=title, explain=False)
    assert plain.scores == explained.scores
    assert plain.signals == explained.signals
    assert plain.why == {}
    for one, two in zip(explained.segments, plain.segments, strict=True):
        assert (one.scores, one.kinds, one.techniques) == (two.scores, two.kinds, two.techniques)
        assert two.why == {}
    assert (explained.title is None) == (plain.title is None)
    if explained.title is not None and plain.title is not None:
        assert dataclasses.replace(explained.title, why={}) == plain.title
    assert [(flag.kind, flag.score) for flag in explained.flags] == [(flag.kind, flag.score) for flag in plain.flags]


# Flags


def kinds_of(report: Report, segment: Segment) -> list[str]:
    """Kinds of the segment's own flags; the whole article's may point at it too."""
    return [flag.kind for flag in report.flags if flag.segment == segment and flag.kind not in ARTICLE_SCORES]


def check_flag(flag: Flag, report: Report) -> None:
    """A flag says what it is about, and holds what it says."""
    assert 0 <= flag.threshold <= 1
    assert flag.reason.endswith(".")
    assert flag.segment is None or flag.segment in report.segments
    if flag.kind in INSERTION_KINDS:
        assert flag.segment is not None
        assert (flag.kind, flag.threshold) == (flag.segment.kind, report.threshold)
        assert flag.score == flag.segment.scores["insertion"]
        return
    assert flag.kind in FLAGGED_SCORES
    assert flag.score >= flag.threshold
    if flag.kind in ARTICLE_SCORES:
        assert flag.segment is not None
        assert flag.score == report.scores[flag.kind]
    elif flag.segment is None:
        assert report.title is not None
        assert flag.score == report.title.scores[flag.kind]
    else:
        assert flag.segment.kind in KEPT_KINDS
        assert flag.score == flag.segment.scores[flag.kind]


@pytest.mark.parametrize("score", SENTENCE_FLAGS)
@pytest.mark.parametrize("text", ARTICLES.values(), ids=ARTICLES)
@pytest.mark.parametrize("title", [None, BAIT])
def test_a_threshold_of_0_flags_all_that_is_kept_and_1_nothing(score: str, text: str, title: str | None) -> None:
    low = newsflag.flag(text, title=title, thresholds={score: 0.0})
    kept = [segment for segment in low.segments if not segment.is_insertion and is_wordy(segment)]
    assert kept
    assert all(kinds_of(low, segment).count(score) == 1 for segment in kept)
    beside = [flag for flag in low.flags if flag.kind == score and flag.segment is None]
    assert len(beside) == (title is not None)
    assert len([flag for flag in low.flags if flag.kind == score]) == len(kept) + len(beside)
    assert {flag.threshold for flag in low.flags if flag.kind == score} == {0.0}
    high = newsflag.flag(text, title=title, thresholds={score: 1.0})
    assert score not in {flag.kind for flag in high.flags}


def test_bait_is_flagged_in_titles_and_in_lines_alone() -> None:
    # Within an article nothing baits into it.
    options: Any = {"thresholds": {"clickbait": 0.0}}
    for text in ARTICLES.values():
        report = newsflag.flag(text, **options)
        own = [flag.segment for flag in report.flags if flag.kind == "clickbait"]
        assert own == [segment for segment in report.segments if segment.kind == "title"][:1]
        beside = newsflag.flag(text, title=BAIT, **options)
        assert [flag.segment for flag in beside.flags if flag.kind == "clickbait"] == [None]
    for line in (BAIT, QUAY_TITLE, QUAY.split("\n\n", maxsplit=1)[0]):
        report = newsflag.flag(line, **options)
        assert [flag.segment for flag in report.flags if flag.kind == "clickbait"] == list(report.segments)
    for text in (*ARTICLES.values(), BAIT):
        for title in (None, BAIT):
            report = newsflag.flag(text, title=title, thresholds={"clickbait": 1.0})
            assert "clickbait" not in {flag.kind for flag in report.flags}


def test_off_topic_is_flagged_of_titles_only() -> None:
    options: Any = {"thresholds": {"off_topic": 0.0}}
    for text in ARTICLES.values():
        own = newsflag.flag(text, **options)
        assert [flag.segment for flag in own.flags if flag.kind == "off_topic"] == [
            segment for segment in own.segments if segment.kind == "title"
        ][:1]
        beside = newsflag.flag(text, title=BOWLS_TITLE, **options)
        assert [flag.segment for flag in beside.flags if flag.kind == "off_topic"] == [None]
        none = newsflag.flag(text, title=BOWLS_TITLE, thresholds={"off_topic": 1.0})
        assert "off_topic" not in {flag.kind for flag in none.flags}


@pytest.mark.parametrize("explain", [True, False])
def test_the_whole_article_is_flagged_once(explain: bool) -> None:
    for text in ARTICLES.values():
        report = newsflag.flag(text, thresholds={"misinformation": 0.0}, explain=explain)
        (flag,) = [flag for flag in report.flags if flag.kind == "misinformation"]
        check_flag(flag, report)
        assert flag.segment is not None
        assert not flag.segment.is_insertion
        none = newsflag.flag(text, thresholds={"misinformation": 1.0}, explain=explain)
        assert "misinformation" not in {flag.kind for flag in none.flags}


def test_a_title_flag_says_so() -> None:
    report = newsflag.flag(QUAY, title=BAIT, thresholds=dict.fromkeys(FLAGGED_SCORES, 0.0))
    of_title = [flag for flag in report.flags if flag.segment is None]
    assert {flag.kind for flag in of_title} == set(REST)
    assert all(flag.reason.startswith("Title: ") for flag in of_title)
    assert not any(flag.reason.startswith("Title: ") for flag in report.flags if flag.segment is not None)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, None])
def test_insertions_have_one_flag_each_whatever_the_thresholds(value: float | None) -> None:
    thresholds = {} if value is None else dict.fromkeys(FLAGGED_SCORES, value)
    for text in (MIXED, PROMO, f"{QUAY}\n\n{PROMO}", f"{PROMO}\n\n{QUAY}\n\nPhoto: harbour board"):
        for title in (None, BAIT):
            report = newsflag.flag(text, title=title, thresholds=thresholds)
            assert report.insertions
            for segment in report.insertions:
                assert kinds_of(report, segment) == ([segment.kind] if is_wordy(segment) else [])


def test_thresholds_leave_scores_and_kinds_alone() -> None:
    default = newsflag.flag(MIXED, title=BAIT)
    for value in (0.0, 0.3, 1.0):
        other = newsflag.flag(MIXED, title=BAIT, thresholds=dict.fromkeys(FLAGGED_SCORES, value))
        assert dataclasses.replace(other, flags=default.flags) == default


def test_a_score_without_a_threshold_keeps_the_models_own() -> None:
    own = Flagger().thresholds
    assert set(own) == set(FLAGGED_SCORES)
    assert all(0 <= value <= 1 for value in own.values())
    assert Flagger(thresholds={"persuasion": 0.25}).thresholds == {**own, "persuasion": 0.25}
    report = newsflag.flag(MIXED, title=BAIT, thresholds={"persuasion": 0.0})
    for flag in report.flags:
        if flag.kind in own:
            assert flag.threshold == (0.0 if flag.kind == "persuasion" else own[flag.kind])


@relaxed
@given(texts, titles, st.dictionaries(st.sampled_from(FLAGGED_SCORES), st.floats(0, 1)))
@example(MIXED, BAIT, dict.fromkeys(FLAGGED_SCORES, 0.0))
@example("", BAIT, dict.fromkeys(FLAGGED_SCORES, 0.0))
@example("***", "***", dict.fromkeys(FLAGGED_SCORES, 0.0))
@example(PROMO, None, dict.fromkeys(FLAGGED_SCORES, 0.0))
def test_flags_are_what_reaches_its_threshold(text: str, title: str | None, thresholds: dict[str, float]) -> None:
    report = newsflag.flag(text, title=title, thresholds=thresholds)
    limits = Flagger(thresholds=thresholds).thresholds
    for flag in report.flags:
        check_flag(flag, report)
        assert flag.kind in INSERTION_KINDS or flag.threshold == limits[flag.kind]
    for segment in report.segments:
        kinds = kinds_of(report, segment)
        assert len(kinds) == len(set(kinds))
        if segment.is_insertion:
            assert kinds == ([segment.kind] if is_wordy(segment) else [])
        elif is_wordy(segment):
            reached = {name for name in SENTENCE_FLAGS if segment.scores[name] >= limits[name]}
            assert reached == set(kinds) & set(SENTENCE_FLAGS)
            assert set(kinds) <= set(REST)


# Languages


def test_the_language_is_detected() -> None:
    assert newsflag.flag(QUAY).language == "en"
    assert newsflag.flag(f"Der {GERMAN_TITLE}. {GERMAN_TITLE}, sagte der Bürgermeister am Dienstag.").language == "de"
    assert newsflag.flag("***").language == newsflag.flag("").language == newsflag.flag("12").language == "und"


@pytest.mark.parametrize("text", ["", " \n", "12 / 31", "***"])
def test_the_title_tells_the_language_of_a_text_without_words(text: str) -> None:
    assert newsflag.flag(text, title=GERMAN_TITLE).language == "de"


@pytest.mark.parametrize("language", ["de", "en", "xx", "und"])
@pytest.mark.parametrize("text", [QUAY, "", "***"])
@pytest.mark.parametrize("title", [None, GERMAN_TITLE])
def test_the_language_given_is_taken(language: str, text: str, title: str | None) -> None:
    assert newsflag.flag(text, title=title, language=language).language == language


@pytest.mark.parametrize("language", ["en", "de", "sw", "xx", "und"])
@pytest.mark.parametrize("text", [QUAY, ""])
def test_what_is_supported_is_what_the_model_lists(language: str, text: str) -> None:
    listed = score_models.shipped().languages
    report = newsflag.flag(text, title=BAIT, language=language)
    assert set(report.supported) == set(FLAGGED_SCORES)
    assert report.supported == {name: not codes or language in codes for name, codes in listed.items()}


def test_english_is_supported_and_no_language_at_all_is_not() -> None:
    listed = {name for name, codes in score_models.shipped().languages.items() if codes}
    assert listed
    assert all(newsflag.flag(QUAY, language="en").supported.values())
    report = newsflag.flag(QUAY, language="xx")
    assert {name for name, yes in report.supported.items() if not yes} == listed


@pytest.mark.parametrize("text", ARTICLES.values(), ids=ARTICLES)
def test_a_score_without_evidence_for_the_language_is_drawn_towards_its_base(text: str) -> None:
    model = score_models.shipped()
    bold = dataclasses.replace(model, shrinkage=dict.fromkeys(model.shrinkage, 1.0))
    shy = dataclasses.replace(model, shrinkage=dict.fromkeys(model.shrinkage, 0.0))

    def values(scores: score_models.ScoreModel, language: str) -> list[tuple[str, float]]:
        report = Flagger(language=language, scores=scores).flag(text, title=BAIT)
        assert report.title is not None
        found = [
            (name, each[name]) for each in (report.title.scores, *(s.scores for s in report.segments)) for name in REST
        ]
        return [*found, ("misinformation", report.scores["misinformation"])]

    triples = zip(values(model, "xx"), values(bold, "xx"), values(shy, "xx"), strict=True)
    for (name, value), (_, full), (_, nothing) in triples:
        kept = model.shrinkage[name] if model.languages[name] else 1.0
        base = model.bases[name]
        assert math.isclose(log_odds(value) - base, kept * (log_odds(full) - base), abs_tol=1e-4)
        if model.languages[name]:
            assert abs(log_odds(value) - base) <= abs(log_odds(full) - base) + 1e-9
            assert math.isclose(log_odds(nothing), base, abs_tol=1e-6)
    # Where there is evidence, nothing is drawn anywhere.
    assert values(model, "en") == values(bold, "en") == values(shy, "en")


# Signals


@pytest.mark.parametrize("text", ARTICLES.values(), ids=ARTICLES)
def test_signals_are_named_and_measured(text: str) -> None:
    signals = newsflag.flag(text, title=QUAY_TITLE).signals
    assert tuple(signals) == newsflag.SIGNALS == SIGNALS
    assert all(value is not None for value in signals.values())


@relaxed
@given(texts, titles)
@example(MIXED, BAIT)
@example("»", None)
@example("“" * 5, "“")
def test_signals_are_finite_or_none(text: str, title: str | None) -> None:
    report = newsflag.flag(text, title=title, explain=False)
    assert tuple(report.signals) == SIGNALS
    for name, value in report.signals.items():
        if value is None:
            assert name == "title_representativeness" or not report.segments
        else:
            assert type(value) is float
            assert math.isfinite(value)
            assert value >= 0
            assert name not in SHARES or value <= 1 + 1e-6
    if report.segments:
        assert (report.signals["title_representativeness"] is None) == (report.title is None)
    else:
        assert set(report.signals.values()) == {None}


def measured(text: str, name: str, title: str | None = None) -> float:
    """A signal that is there."""
    value = newsflag.flag(text, title=title, language="en").signals[name]
    assert value is not None
    return value


def test_signals_measure_what_they_are_named_for() -> None:
    own, other = (measured(QUAY, "title_representativeness", title) for title in (QUAY_TITLE, BOWLS_TITLE))
    assert own > other
    assert 0 < measured(QUAY, "quotes") < 0.5
    assert measured(RANT, "quotes") == 0
    assert measured("The old timber is rotten, said harbour master Ida Lundqvist.", "attribution") == 1
    assert measured("The old timber is rotten.", "attribution") == 0
    assert measured(QUAY, "promos") == 0
    assert measured(f"{QUAY}\n\n{PROMO}", "promos") > 0
    assert measured(RANT, "second_person") > measured(QUAY, "second_person")


# Results as data


def check_round_trip(report: Report) -> None:
    """The report survives its dictionary, JSON and pickling."""
    assert Report.from_dict(report.to_dict()) == report
    payload = report.to_json()
    payload.encode("ascii")
    again = Report.from_dict(json.loads(payload))
    assert again == report
    assert again.title == report.title
    assert hash(again) == hash(report)
    assert again.to_json() == payload
    pickled = pickle.loads(pickle.dumps(report))
    assert pickled == report
    assert hash(pickled) == hash(report)


@pytest.mark.parametrize("text", [*ARTICLES.values(), "", " \n", BAIT])
@pytest.mark.parametrize("title", [None, QUAY_TITLE, BAIT, ""])
@pytest.mark.parametrize("options", [{}, {"explain": False}, {"thresholds": dict.fromkeys(FLAGGED_SCORES, 0.0)}])
def test_a_report_survives_as_data(text: str, title: str | None, options: dict[str, Any]) -> None:
    check_round_trip(newsflag.flag(text, title=title, **options))


@relaxed
@given(texts, titles)
@example("\ud83d \ude00", "\ud83d\n\ude00")
def test_any_report_survives_as_data(text: str, title: str | None) -> None:
    check_round_trip(newsflag.flag(parted(text), title=title if title is None else parted(title)))


def test_what_a_report_holds_can_not_be_changed() -> None:
    report = newsflag.flag(QUAY, title=QUAY_TITLE)
    assert report.title is not None
    held: list[Any] = [report.scores, report.supported, report.signals, report.why]
    held += [report.title.scores, report.title.why, report.segments[0].scores, report.segments[0].why]
    for mapping in held:
        with pytest.raises(TypeError, match="can't be changed"):
            mapping["clickbait"] = 0.5
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.title.text = "Other"  # type: ignore[misc]


# Batches


@relaxed
@given(st.lists(texts, max_size=5))
def test_pipe_one_by_one_gives_just_what_flag_gives(batch: list[str]) -> None:
    assert list(newsflag.pipe(batch, batch_size=1)) == [newsflag.flag(text) for text in batch]


@pytest.mark.parametrize("size", [2, 3, 64])
def test_pipe_in_batches_gives_what_flag_gives(size: int) -> None:
    batch = [*ARTICLES.values(), "", BAIT, " \n", *reversed(ARTICLES.values()), GERMAN_TITLE]
    for together, text in zip(newsflag.pipe(batch, batch_size=size), batch, strict=True):
        alone = newsflag.flag(text)
        assert (together.text, together.body.strip()) == (text, alone.body.strip())
        assert (together.language, together.supported) == (alone.language, alone.supported)
        assert [(each.start, each.end, each.kind) for each in together.segments] == [
            (each.start, each.end, each.kind) for each in alone.segments
        ]
        assert [(flag.kind, flag.segment and flag.segment.start) for flag in together.flags] == [
            (flag.kind, flag.segment and flag.segment.start) for flag in alone.flags
        ]
        # Sums over a larger matrix may differ in the last bits.
        assert together.scores == pytest.approx(dict(alone.scores), abs=1e-5)
        assert together.signals == pytest.approx(dict(alone.signals), abs=1e-5)
        assert (together.title is None) == (alone.title is None)
        if together.title is not None and alone.title is not None:
            assert together.title.scores == pytest.approx(dict(alone.title.scores), abs=1e-5)
        check_why(together)
        for one, two in zip(together.segments, alone.segments, strict=True):
            assert one.scores == pytest.approx(dict(two.scores), abs=1e-5)


def test_a_blank_text_in_a_batch_is_not_flagged() -> None:
    reports = list(newsflag.pipe([QUAY, " "], thresholds={"misinformation": 0.0}))
    assert reports[1].flags == ()
