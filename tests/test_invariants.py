"""What holds for every text, however odd: properties, checked on generated input."""

from __future__ import annotations

import json
import math
import pickle
import re
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import newsflag
from newsflag.kinds import ARTICLE_SCORES, INSERTION_KINDS, KEPT_KINDS, KINDS, SCORES

CASES: Final = Path(__file__).parent / "cases"
SURROGATE_PAIR: Final = re.compile("([\ud800-\udbff])([\udc00-\udfff])")

# Scoring is fast, but the first call loads the model: no deadline on single examples.
relaxed = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])


def known_lines() -> list[str]:
    """Lines of the test articles, so that generated articles also hold real prose."""
    return [
        line[1]
        for name in ("in_the_wild", "synthetic", "negative")
        for case in json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
        for line in case["lines"]
    ]


# All code points, lone surrogates included, which hypothesis leaves out by default.
any_char = st.characters(exclude_categories=())
odd_char = st.sampled_from(
    [
        *"\n\r\t -•*_|.?!:;…\"'“”«»()[]",
        "\u00a0",  # no-break space
        "\u3000",  # ideographic space
        "\u2028",  # line separator
        "\x85",  # next line
        "\x1c",  # file separator, a line break to str.splitlines
        "\x00",
        "\u200b",  # zero-width space, not blank
        "\u200f",  # right-to-left mark
        "\ufeff",  # byte-order mark
        "\u0301",  # combining acute
        "\ud83d",  # lone surrogates
        "\ude00",
        "😀",
        "👩",
        "\u200d",  # joins two emoji
        "🚀",
        "\U000e0001",
        "ß",
        "İ",  # lower-cases to two code points
        "א",
        "ع",
        "中",
        "。",
        "한",
        "०",
    ]
)
separators = st.sampled_from(
    [
        "\n",
        "\n\n",
        "\r\n",
        "\r\n\r\n",
        "\r",
        " ",
        "\u00a0",
        "\t",
        "\n\u00a0\n",
        "\n-\n",
        "\n***\n",
        "\n•\n",
        "\u2028",
        "\x85",
    ]
)
pieces = st.one_of(
    st.sampled_from(known_lines()),
    st.text(any_char, max_size=40),
    st.text(odd_char, max_size=40),
    st.sampled_from(["READ MORE:", "Related: ", "Advertisement", "-", "1.", "«", "?", "...", "Lesen Sie auch: "]),
)


@st.composite
def articles(draw: st.DrawFn) -> str:
    """A text of known lines, odd characters and odd breaks."""
    parts = []
    for piece in draw(st.lists(pieces, max_size=12)):
        parts += [piece, draw(separators)]
    return "".join(parts)


texts = st.one_of(articles(), st.text(any_char, max_size=200), st.text(odd_char, max_size=200))


def solid(text: str) -> str:
    """The text without its blanks."""
    return "".join(text.split())


# Segments


@relaxed
@given(texts)
@example("")
@example(" \r\n\t\u00a0")
@example("-")
@example("\ud800")
@example("a\r\nb\rc\nd")
def test_segments_are_sorted_slices_that_cover_every_nonblank_character(text: str) -> None:
    report = newsflag.flag(text, explain=False)
    assert report.text == text
    end = 0
    for segment in report.segments:
        assert end <= segment.start < segment.end <= len(text)
        assert text[segment.start : segment.end] == segment.text
        assert solid(segment.text), "a segment is never blank"
        assert solid(text[end : segment.start]) == "", "nothing but blanks between segments"
        end = segment.end
    assert solid(text[end:]) == ""


@relaxed
@given(texts)
def test_kept_text_is_the_kept_segments(text: str) -> None:
    report = newsflag.flag(text, explain=False)
    kept = "".join(segment.text for segment in report.segments if not segment.is_insertion)
    assert solid(report.body) == solid(kept)
    assert newsflag.clean(text) == report.body
    assert report.insertions == tuple(segment for segment in report.segments if segment.is_insertion)


# Numbers


@relaxed
@given(texts)
def test_probabilities_and_scores_are_in_range(text: str) -> None:
    report = newsflag.flag(text, explain=False)
    assert 0 <= report.threshold <= 1
    assert set(report.scores) == {*SCORES, *ARTICLE_SCORES}
    for segment in report.segments:
        assert segment.kind in KINDS
        assert tuple(segment.kinds) == KINDS
        assert all(0 <= share <= 1 for share in segment.kinds.values())
        assert math.isclose(math.fsum(segment.kinds.values()), 1, abs_tol=1e-6)
        assert set(segment.scores) == set(SCORES)
        assert all(0 <= score <= 1 for score in segment.scores.values())
        assert segment.alone.kind in KINDS
        assert 0 <= segment.alone.insertion <= 1
    assert all(0 <= score <= 1 for score in report.scores.values())


@relaxed
@given(texts, st.one_of(st.none(), st.floats(0, 1)))
def test_a_segment_is_an_insertion_from_the_threshold_on(text: str, threshold: float | None) -> None:
    report = newsflag.flag(text, threshold=threshold, explain=False)
    assert threshold is None or report.threshold == threshold
    for segment in report.segments:
        expected = INSERTION_KINDS if segment.scores["insertion"] >= report.threshold else KEPT_KINDS
        assert segment.kind in expected


@relaxed
@given(texts)
def test_reasons_add_up_to_the_log_odds_of_the_insertion_score(text: str) -> None:
    for segment in newsflag.flag(text).segments:
        assert segment.reasons
        total = math.fsum(reason.contribution for reason in segment.reasons)
        score = segment.scores["insertion"]
        assert math.isclose(1 / (1 + math.exp(-max(-700.0, min(700.0, total)))), score, abs_tol=1e-3)
        # Nearer to 0 and 1 the score itself is too coarse to give its log-odds back.
        if 1e-9 < score < 1 - 1e-9:
            assert math.isclose(total, math.log(score) - math.log1p(-score), abs_tol=1e-3)


@relaxed
@given(texts)
def test_evidence_spans_lie_in_the_text(text: str) -> None:
    for segment in newsflag.flag(text).segments:
        for reason in segment.reasons:
            assert (reason.start is None) == (reason.end is None)
            if reason.start is not None and reason.end is not None:
                assert 0 <= reason.start < reason.end <= len(text)


@relaxed
@given(texts, st.integers(1, 4))
def test_max_reasons_leaves_the_strongest_and_one_for_the_rest(text: str, most: int) -> None:
    few = newsflag.flag(text, max_reasons=most)
    for segment in few.segments:
        assert len(segment.reasons) <= most + 1


@relaxed
@given(texts)
def test_explaining_changes_no_verdict(text: str) -> None:
    explained, plain = newsflag.flag(text), newsflag.flag(text, explain=False)
    assert [(s.start, s.end, s.kind, s.scores) for s in explained.segments] == [
        (s.start, s.end, s.kind, s.scores) for s in plain.segments
    ]
    assert all(segment.reasons == () for segment in plain.segments)


# Flags


@relaxed
@given(texts)
def test_one_flag_for_every_insertion_that_holds_a_letter_or_digit(text: str) -> None:
    report = newsflag.flag(text)
    wordy = [segment for segment in report.insertions if any(char.isalnum() for char in segment.text)]
    flags = [flag for flag in report.flags if flag.kind in INSERTION_KINDS]
    assert [flag.segment for flag in flags] == wordy
    for flag in flags:
        assert flag.segment is not None
        assert flag.kind == flag.segment.kind
        assert flag.score == flag.segment.scores["insertion"]
        assert flag.threshold == report.threshold
        assert flag.reason


# Results as data


@relaxed
@given(texts)
def test_report_survives_its_dictionary(text: str) -> None:
    report = newsflag.flag(text)
    again = newsflag.Report.from_dict(report.to_dict())
    assert again == report
    assert hash(again) == hash(report)


@relaxed
@given(texts)
@example("\ud83d \ude00")
def test_report_survives_json(text: str) -> None:
    # JSON has one spelling for an astral character and for its two surrogates
    # in a row, and reads both as the character: such a pair is parted here.
    report = newsflag.flag(SURROGATE_PAIR.sub(r"\1 \2", text))
    payload = report.to_json()
    payload.encode("utf-8")
    assert newsflag.Report.from_dict(json.loads(payload)) == report


@relaxed
@given(texts)
def test_report_survives_pickling(text: str) -> None:
    report = newsflag.flag(text)
    assert pickle.loads(pickle.dumps(report)) == report


# Batches


@relaxed
@example(["Advertisement\u2028\n", "0"], 2)  # a line separator ends a label's line
@example(["A", "0A"], 2)  # the next text begins with a number
@given(st.lists(texts, max_size=6), st.integers(1, 4))
def test_a_batch_gives_what_single_calls_give(batch: list[str], size: int) -> None:
    reports = list(newsflag.pipe(batch, batch_size=size))
    assert reports == [newsflag.flag(text) for text in batch]  # to the bit, reasons and all


@relaxed
@given(texts)
def test_the_same_text_gives_the_same_report(text: str) -> None:
    assert newsflag.flag(text) == newsflag.flag(text)
