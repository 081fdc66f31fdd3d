"""Shape: what each segment looks like, whatever its words.

Every column is named in :data:`COLUMNS` and scaled to roughly -3…3, so that a
network can take it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from newsflag import _text as t
from newsflag._text import Batch, Floats, Ints
from newsflag.evidence.tokens import Tokens
from newsflag.segmentation.lines import BLANK_LINE, DOC_START, SAME_LINE, Spans

_FIRST_GROUPS: Final = {
    "lower": (t.LOWER,),
    "upper": (t.UPPER,),
    "digit": (t.DIGIT,),
    "quote": (t.OPENING_QUOTE, t.STRAIGHT_QUOTE, t.APOSTROPHE, t.CLOSING_QUOTE),
    "mark": (t.DASH, t.BULLET, t.ARROW, t.OPERATOR, t.SYMBOL, t.SLASH, t.HASH, t.AT, t.RIGHTS),
    "bracket": (t.OPENING_BRACKET,),
}
_LAST_GROUPS: Final = {
    "period": (t.PERIOD,),
    "exclamation": (t.EXCLAMATION,),
    "question": (t.QUESTION,),
    "ellipsis": (t.ELLIPSIS,),
    "colon": (t.COLON,),
    "comma": (t.COMMA, t.SEMICOLON),
    "quote": (t.CLOSING_QUOTE, t.STRAIGHT_QUOTE, t.APOSTROPHE, t.OPENING_QUOTE),
    "bracket": (t.CLOSING_BRACKET,),
    "digit": (t.DIGIT,),
    "mark": (t.DASH, t.BULLET, t.ARROW, t.OPERATOR, t.SYMBOL, t.SLASH),
}
_COUNTED: Final = {
    "periods": (t.PERIOD,),
    "exclamations": (t.EXCLAMATION,),
    "questions": (t.QUESTION,),
    "ellipses": (t.ELLIPSIS,),
    "commas": (t.COMMA,),
    "semicolons": (t.SEMICOLON,),
    "colons": (t.COLON,),
    "quotes": (t.OPENING_QUOTE, t.CLOSING_QUOTE, t.STRAIGHT_QUOTE),
    "apostrophes": (t.APOSTROPHE,),
    "brackets": (t.OPENING_BRACKET, t.CLOSING_BRACKET),
    "dashes": (t.DASH,),
    "bullets": (t.BULLET,),
    "slashes": (t.SLASH,),
    "arrows": (t.ARROW,),
    "handles": (t.AT, t.HASH),
    "money": (t.CURRENCY, t.PERCENT),
    "rights": (t.RIGHTS,),
    "symbols": (t.SYMBOL, t.OPERATOR),
}
_SCRIPTS: Final = {"caseless": (t.CASELESS,), "cjk": (t.CJK,)}

COLUMNS: Final = (
    "log_chars",
    "log_words",
    "long_80",
    "long_160",
    "long_320",
    "word_length",
    "upper_share",
    "digit_share",
    "mark_share",
    "title_words",
    "upper_words",
    "digit_words",
    "no_words",
    "ends_sentence",
    "sentences",
    "blank_before",
    "blank_after",
    "same_line_before",
    "same_line_after",
    "colon_early",
    "words_before_colon",
    "known_lead_in",
    *(f"first_{name}" for name in _FIRST_GROUPS),
    *(f"last_{name}" for name in _LAST_GROUPS),
    *(f"n_{name}" for name in _COUNTED),
    *_SCRIPTS,
)


def _lookup(groups: Mapping[str, tuple[int, ...]]) -> Floats:
    table = np.zeros((t.N_CLASSES, len(groups)), np.float32)
    for column, members in enumerate(groups.values()):
        table[list(members), column] = 1
    return table


_FIRST: Final = _lookup(_FIRST_GROUPS)
_LAST: Final = _lookup(_LAST_GROUPS)
_COUNT: Final = _lookup(_COUNTED)
_SCRIPT: Final = _lookup(_SCRIPTS)
_ENDS: Final = np.zeros(256, bool)
_ENDS[[t.PERIOD, t.EXCLAMATION, t.QUESTION, t.ELLIPSIS]] = True
_CLOSES: Final = np.zeros(256, bool)
_CLOSES[[t.CLOSING_QUOTE, t.STRAIGHT_QUOTE, t.APOSTROPHE, t.CLOSING_BRACKET, t.OPENING_QUOTE]] = True


def class_counts(batch: Batch, start: Ints) -> Floats:
    """How many characters of each class stand from each start to the next one, shape (starts, classes)."""
    begin = int(start[0])
    owner = np.zeros(len(batch.codes) - begin, np.int32)
    owner[start[1:] - begin] = 1
    np.cumsum(owner, out=owner)
    owner *= t.N_CLASSES
    owner += batch.classes[begin:]
    counts = np.bincount(owner, minlength=len(start) * t.N_CLASSES)
    return counts.reshape(len(start), t.N_CLASSES).astype(np.float32)


def surface_evidence(batch: Batch, spans: Spans, tokens: Tokens) -> Floats:
    """One row a segment, one column a name of :data:`COLUMNS`."""
    n = len(spans)
    classes = batch.classes
    counts = class_counts(batch, spans.start)
    size = (spans.end - spans.start).astype(np.float32)
    words = np.diff(tokens.first).astype(np.float32)
    some = np.maximum(words, 1)
    letters = counts[:, [t.LOWER, t.UPPER, t.CASELESS, t.CJK]].sum(1)
    # CJK writes about 2.5 times as much in a character as the Latin script.
    weight = size + 1.5 * counts[:, t.CJK]

    def per_segment(token_values: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
        total = np.zeros(len(token_values) + 1, np.float32)
        np.cumsum(token_values, out=total[1:])
        return total[tokens.first[1:]] - total[tokens.first[:-1]]

    upper_first = tokens.shape == t.UPPER
    # A word in capitals: its first and last characters are, and it has more than one.
    upper_all = upper_first & (classes[tokens.end - 1] == t.UPPER) & (tokens.end - tokens.start > 1)
    digit_first = tokens.shape == t.DIGIT

    last = classes[spans.end - 1]
    before_last = classes[np.maximum(spans.end - 2, spans.start)]
    ends = _ENDS[last] | (_CLOSES[last] & _ENDS[before_last])
    gap_after = np.append(spans.gap[1:], np.int8(DOC_START))

    colon = np.full(n, 1e9, np.float32)
    at = np.flatnonzero(classes == t.COLON)
    if len(at):
        owner = np.searchsorted(spans.start, at, side="right") - 1
        inside = (owner >= 0) & (at < spans.end[owner])
        at, owner = at[inside], owner[inside]
        colon[owner[::-1]] = (at - spans.start[owner])[::-1]

    columns = [
        np.log1p(weight) - 4,
        np.log1p(words) - 2,
        weight > 80,
        weight > 160,
        weight > 320,
        np.minimum(letters / some, 15) / 4 - 1.2,
        counts[:, t.UPPER] / np.maximum(letters, 1) * 2,
        counts[:, t.DIGIT] / size * 3,
        1 - (letters + counts[:, t.DIGIT] + counts[:, t.MARK]) / size,
        per_segment(upper_first) / some * 2 - 0.5,
        per_segment(upper_all) / some * 2,
        per_segment(digit_first) / some * 2,
        words == 0,
        ends,
        np.minimum(counts[:, [t.PERIOD, t.EXCLAMATION, t.QUESTION]].sum(1), 8) / 4,
        spans.gap == BLANK_LINE,
        gap_after == BLANK_LINE,
        spans.gap == SAME_LINE,
        gap_after == SAME_LINE,
        colon < 32,
        np.where(colon < 32, np.minimum(colon, 32) / 16, 0),
        np.zeros(n) if spans.lead_in is None else spans.lead_in,
    ]
    return np.concatenate(
        (
            np.stack([np.asarray(column, np.float32) for column in columns], axis=1),
            _FIRST[classes[spans.start]],
            _LAST[last],
            np.log1p(counts @ _COUNT),
            (counts @ _SCRIPT) / size[:, None],
        ),
        axis=1,
        dtype=np.float32,
    )


__all__ = ["COLUMNS", "surface_evidence"]
