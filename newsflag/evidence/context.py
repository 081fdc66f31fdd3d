"""Context: what stands around each segment, and where in the article it stands."""

from __future__ import annotations

from typing import Final

import numpy as np

from newsflag._exact import Running
from newsflag._text import Doubles, Floats, Ints
from newsflag.evidence.surface import COLUMNS as SURFACE
from newsflag.evidence.tokens import Tokens
from newsflag.evidence.topic import COLUMNS as TOPIC
from newsflag.evidence.topic import nearest_long
from newsflag.kinds import KEPT_KINDS, KINDS
from newsflag.segmentation.lines import Spans

REACH: Final = 4
"""Neighbours on either side whose evidence a segment sees."""

_CARRIED: Final = (
    "log_chars",
    "long_160",
    "ends_sentence",
    "first_lower",
    "title_words",
    "blank_before",
    "digit_share",
)
_CARRIED_TOPIC: Final = ("cosine", "known_share_long")

FAR: Final = 6
"""Neighbours on either side whose first verdicts a segment sees."""

WINDOW: Final = 8
"""Segments on either side over which first verdicts are averaged."""

_SHOWN: Final = (*(f"is_{kind}" for kind in KINDS), "insertion", "log_chars")
VERDICT_COLUMNS: Final = (
    "mean",
    "near",
    "earlier",
    "later",
    "same_opening",
    "same_closing",
    *(f"{side}{step}_{name}" for step in range(1, FAR + 1) for side in ("before", "after") for name in _SHOWN),
)
NEIGHBOUR_COLUMNS: Final = (*(f"is_{kind}" for kind in KINDS), *_CARRIED, *_CARRIED_TOPIC, "there")
PLACE_COLUMNS: Final = (
    "log_segments",
    "share_before",
    "log_before",
    "log_after",
    "long_share",
    "log_to_long_before",
    "log_to_long_after",
    "log_longs_before",
    "log_longs_after",
    "no_long_before",
    "no_long_after",
    "length_to_median",
    "like_before",
    "like_after",
    "opening_shared",
    "closing_shared",
    "ends_share",
    "gap_share",
    "same_line_share",
    "mean_insertion",
    "near_insertion",
    "before_insertion",
    "after_insertion",
)


def neighbour_evidence(kinds: Floats, surface: Floats, topic: Floats, spans: Spans) -> Floats:
    """What each segment shows its neighbours, shape (segments, columns)."""
    carried = surface[:, [SURFACE.index(name) for name in _CARRIED]]
    carried_topic = topic[:, [TOPIC.index(name) for name in _CARRIED_TOPIC]]
    there = np.ones((len(spans), 1), np.float32)
    return np.concatenate((kinds, carried, carried_topic, there), axis=1, dtype=np.float32)


def around(values: Floats, spans: Spans, reach: int = REACH) -> Floats:
    """Rows of the ``reach`` segments before and after each, nearest first; zeros beyond the article.

    Shape (segments, 2 * reach * columns): 1 before, 1 after, 2 before, ...
    """
    n, width = values.shape
    out = np.zeros((n, 2 * reach, width), np.float32)
    for step in range(1, reach + 1):
        if step >= n:
            break
        same = spans.doc[step:] == spans.doc[:-step]
        out[step:, 2 * step - 2][same] = values[:-step][same]
        out[:-step, 2 * step - 1][same] = values[step:][same]
    return out.reshape(n, -1)


def place_evidence(insertion: Floats, surface: Floats, spans: Spans, tokens: Tokens) -> Floats:
    """Where each segment stands and what the article is like, one column a name of :data:`PLACE_COLUMNS`."""
    n = len(spans)
    doc = spans.doc
    start = np.searchsorted(doc, doc, side="left")
    stop = np.searchsorted(doc, doc, side="right")
    number = np.arange(n)
    count = (stop - start).astype(np.float32)
    before = (number - start).astype(np.float32)
    after = (stop - 1 - number).astype(np.float32)

    def mean_between(running: Running, low: Ints, high: Ints, otherwise: float) -> Doubles:
        size = high - low
        return np.where(size > 0, running.between(low, high) / np.maximum(size, 1), otherwise)

    long = surface[:, SURFACE.index("long_160")] > 0
    longs = Running(long)
    long_before, long_after = nearest_long(spans, long)
    chars = surface[:, SURFACE.index("log_chars")]
    n_long = longs.between(start, stop)
    long_chars = Running(np.where(long, chars, 0)).between(start, stop)
    typical = np.where(n_long > 0, long_chars / np.maximum(n_long, 1), 1.3)
    ends = Running(surface[:, SURFACE.index("ends_sentence")])
    gaps = Running(surface[:, SURFACE.index("blank_before")])
    glued = Running(surface[:, SURFACE.index("same_line_before")])
    total = Running(insertion)
    step = np.abs(np.diff(chars, append=chars[-1:]))
    like_after = np.where(after > 0, np.exp(-step), 0)
    like_before = np.zeros(n)
    like_before[1:] = like_after[:-1]
    columns = [
        np.log1p(count) - 3,
        before / np.maximum(count - 1, 1),
        np.minimum(np.log1p(before), 4) - 1,
        np.minimum(np.log1p(after), 4) - 1,
        n_long / count,
        np.where(long_before >= 0, np.minimum(np.log1p(number - long_before), 4), 4) / 2,
        np.where(long_after >= 0, np.minimum(np.log1p(np.maximum(long_after - number, 0)), 4), 4) / 2,
        np.log1p(longs.between(start, number)) - 1,
        np.log1p(longs.between(number + 1, stop)) - 1,
        long_before < 0,
        long_after < 0,
        chars - typical,
        like_before,
        like_after,
        np.log1p(_sharing(tokens, spans, first=True)),
        np.log1p(_sharing(tokens, spans, first=False)),
        mean_between(ends, start, stop, 0),
        mean_between(gaps, start, stop, 0),
        mean_between(glued, start, stop, 0),
        mean_between(total, start, stop, 0),
        mean_between(total, np.maximum(start, number - 6), np.minimum(stop, number + 7), 0),
        mean_between(total, start, number, 1),
        mean_between(total, number + 1, stop, 1),
    ]
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)


def verdict_evidence(kinds: Floats, surface: Floats, spans: Spans, tokens: Tokens) -> Floats:
    """What first verdicts say of each segment's surroundings, one column a name of :data:`VERDICT_COLUMNS`.

    Stacking verdicts on the verdicts of the neighbours is the auto-context of
    Tu & Bai (2010): it lets a run of promos carry its weaker members.
    """
    insertion = kinds[:, len(KEPT_KINDS) :].sum(1)
    n = len(spans)
    start = np.searchsorted(spans.doc, spans.doc, side="left")
    stop = np.searchsorted(spans.doc, spans.doc, side="right")
    number = np.arange(n)
    total = Running(insertion)

    def mean_between(low: Ints, high: Ints, otherwise: float) -> Doubles:
        size = high - low
        return np.where(size > 0, total.between(low, high) / np.maximum(size, 1), otherwise)

    size = surface[:, SURFACE.index("log_chars")]
    shown = np.concatenate((np.sqrt(kinds), insertion[:, None], np.minimum(size, 2)[:, None]), axis=1)
    columns = [
        mean_between(start, stop, 0),
        mean_between(np.maximum(start, number - WINDOW), np.minimum(stop, number + WINDOW + 1), 0),
        mean_between(start, number, 1),
        mean_between(number + 1, stop, 1),
        _mean_of_alike(insertion, tokens, spans, first=True),
        _mean_of_alike(insertion, tokens, spans, first=False),
    ]
    summary = np.stack(columns, axis=1)
    return np.asarray(np.concatenate((summary, around(shown.astype(np.float32), spans, FAR)), axis=1) * 2, np.float32)


def _mean_of_alike(values: Floats, tokens: Tokens, spans: Spans, *, first: bool) -> Doubles:
    """Mean value of the article's other segments with the same first (or last) word; its own where there are none."""
    some, group, times = _alike(tokens, spans, first=first)
    out = values.astype(np.float64)
    if len(some):
        total = np.bincount(group, values[some])
        others = times[group] - 1
        out[some] = np.where(others > 0, (total[group] - values[some]) / np.maximum(others, 1), values[some])
    return out


def _sharing(tokens: Tokens, spans: Spans, *, first: bool) -> Ints:
    """How many other segments of the article begin (or end) with the same word."""
    some, group, times = _alike(tokens, spans, first=first)
    out = np.zeros(len(spans), np.int64)
    if len(some):
        out[some] = times[group] - 1
    return out


def _alike(tokens: Tokens, spans: Spans, *, first: bool) -> tuple[Ints, Ints, Ints]:
    """Segments that have words, the group of each by its first (or last) word, and the groups' sizes."""
    some = np.flatnonzero(np.diff(tokens.first) > 0)
    if not len(some):
        return some, some, some
    word = tokens.hash[tokens.first[:-1][some] if first else tokens.first[1:][some] - 1]
    key = word + spans.doc[some].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    _, group, times = np.unique(key, return_inverse=True, return_counts=True)
    return some, group, times


__all__ = [
    "NEIGHBOUR_COLUMNS",
    "PLACE_COLUMNS",
    "REACH",
    "VERDICT_COLUMNS",
    "around",
    "neighbour_evidence",
    "place_evidence",
    "verdict_evidence",
]
