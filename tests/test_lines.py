"""Lines into segments, a whole batch at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsflag._text import make_batch
from newsflag.segmentation.lines import BLANK_LINE, DOC_START, NEW_LINE, SAME_LINE, Spans, split_lines, split_spans

# What ends a line, what is blank, and what is neither though it looks like it.
char = st.one_of(
    st.sampled_from([*"ab.\n\r\t ", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\u2029"]),
    st.sampled_from(["\u00a0", "\u3000", "\u200b", "\ufeff", "新", "😀", "\ud83d", "\x00"]),
)
texts_strategy = st.lists(st.text(char, max_size=24), max_size=5)

Row = tuple[int, str, int]  # number of the text, the segment, the gap before it


def rows(texts: list[str], spans: Spans) -> list[Row]:
    text = "\n".join(texts)
    return [
        (doc, text[start:end], gap)
        for start, end, doc, gap in zip(
            spans.start.tolist(), spans.end.tolist(), spans.doc.tolist(), spans.gap.tolist(), strict=True
        )
    ]


def lines(*texts: str) -> list[Row]:
    return rows(list(texts), split_lines(make_batch(texts)))


def cut(text: str, *places: int) -> list[Row]:
    batch = make_batch([text])
    return rows([text], split_spans(split_lines(batch), batch, np.array(places, np.int64)))


def reference(texts: list[str]) -> list[Row]:
    """The same by the standard library, a text and a line at a time."""
    found: list[Row] = []
    for doc, text in enumerate(texts):
        gap = DOC_START
        for line in text.splitlines():
            if line.strip():
                found.append((doc, line.strip(), gap))
                gap = NEW_LINE
            elif gap != DOC_START:
                gap = BLANK_LINE
    return found


def test_a_segment_a_line() -> None:
    assert lines("One\nTwo") == [(0, "One", DOC_START), (0, "Two", NEW_LINE)]


@pytest.mark.parametrize(
    "blank", ["\n\n", "\n\n\n\n", "\n \n", "\n\u00a0\t\n", "\r\n\r\n", "\r\r", "\u2028\u2028", "\n\r"]
)
def test_blank_lines(blank: str) -> None:
    assert lines(f"One{blank}Two") == [(0, "One", DOC_START), (0, "Two", BLANK_LINE)]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", " \n ", " \r\n\t"])
def test_every_line_end_is_one_break(end: str) -> None:
    assert lines(f"One{end}Two") == [(0, "One", DOC_START), (0, "Two", NEW_LINE)]


def test_no_break_spaces_are_blank_at_the_ends_and_kept_inside() -> None:
    assert lines("\u00a0 10\u00a0km \u00a0") == [(0, "10\u00a0km", DOC_START)]


def test_zero_width_characters_are_not_blank() -> None:
    assert lines("\u200b") == [(0, "\u200b", DOC_START)]


def test_leading_blank_lines_are_the_texts_beginning() -> None:
    assert lines("\n\n One") == [(0, "One", DOC_START)]


def test_texts_of_a_batch_stay_apart() -> None:
    assert lines("One\n\nTwo", "Three") == [(0, "One", DOC_START), (0, "Two", BLANK_LINE), (1, "Three", DOC_START)]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n", "\n\n", "\u2028", "\x85"])
def test_a_break_at_a_texts_end_does_not_reach_the_next(end: str) -> None:
    assert lines(f"One{end}", f"Two{end}Three") == [
        (0, "One", DOC_START),
        (1, "Two", DOC_START),
        (1, "Three", BLANK_LINE if end == "\n\n" else NEW_LINE),
    ]


@pytest.mark.parametrize("texts", [[], [""], ["", ""], [" \n\u00a0", "", "\r"]])
def test_nothing_to_split(texts: list[str]) -> None:
    assert lines(*texts) == []


def test_empty_texts_keep_their_numbers() -> None:
    assert lines("", "One", "", "\n", "Two", "") == [(1, "One", DOC_START), (4, "Two", DOC_START)]


@settings(deadline=None)
@given(texts_strategy)
@example(["a\r", "\nb"])
@example(["a\r", "", "b"])
@example(["\r", "\r\n", "a\r\nb"])
@example(["\ud83d", "\ude00"])
def test_agrees_with_splitlines(texts: list[str]) -> None:
    assert lines(*texts) == reference(texts)


def test_cuts_move_on_to_the_next_character() -> None:
    assert cut("One. Two.\nThree.", 4) == [(0, "One.", DOC_START), (0, "Two.", SAME_LINE), (0, "Three.", NEW_LINE)]
    assert cut("One. Two.\nThree.", 5) == cut("One. Two.\nThree.", 4)


def test_cuts_need_no_space() -> None:
    assert cut("第一句。第二句。", 4) == [(0, "第一句。", DOC_START), (0, "第二句。", SAME_LINE)]


@pytest.mark.parametrize("places", [(), (0,), (9,), (10,), (15,), (9, 10, 15)])
def test_cuts_between_segments_change_nothing(places: tuple[int, ...]) -> None:
    text = "One. Two.\nThree"
    assert cut(text, *places) == lines(text)


def test_cuts_may_come_twice_and_in_any_order() -> None:
    assert cut("a b c d", 4, 2, 4, 3) == [
        (0, "a", DOC_START),
        (0, "b", SAME_LINE),
        (0, "c d", SAME_LINE),
    ]


@settings(deadline=None)
@given(texts_strategy, st.data())
def test_cutting_loses_nothing(texts: list[str], data: st.DataObject) -> None:
    batch = make_batch(texts)
    whole = split_lines(batch)
    length = len(batch.text)
    places = data.draw(st.lists(st.integers(0, length), max_size=8)) if length else []
    spans = split_spans(whole, batch, np.array(places, np.int64))
    parts = rows(texts, spans)
    # Segments are in order, none is empty, none overlaps, and none has white space at its ends.
    assert (spans.start < spans.end).all()
    assert (spans.end[:-1] <= spans.start[1:]).all()
    assert all(part == part.strip() for _, part, _ in parts)
    # Every line is there as before, but for where it was cut.
    assert "".join("".join(part.split()) for _, part, _ in parts) == "".join(
        "".join(part.split()) for _, part, _ in rows(texts, whole)
    )
    assert [row[::2] for row in parts if row[2] != SAME_LINE] == [row[::2] for row in rows(texts, whole)]
    assert set(whole.start.tolist()) <= set(spans.start.tolist())
