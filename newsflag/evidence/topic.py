"""Topic: how the words of a segment relate to the rest of its article."""

from __future__ import annotations

from typing import Final

import numpy as np

from newsflag import _text as t
from newsflag._text import Batch, Floats
from newsflag.evidence.hashing import whole_hashes
from newsflag.evidence.tokens import Tokens
from newsflag.segmentation.lines import Spans

IDF_BUCKETS: Final = 1 << 16
LONG: Final = 120  # characters from which a line counts as a paragraph, CJK characters counted 2.5 times

COLUMNS: Final = (
    "known_share",
    "known_share_long",
    "rare_known",
    "cosine",
    "cosine_before",
    "cosine_after",
    "title_overlap",
    "names_known",
    "mean_idf",
    "repeated",
    "repeats_title",
)


def idf_bucket(tokens: Tokens) -> t.Ints:
    """Row of the document-frequency table for each word."""
    buckets: t.Ints = (tokens.hash >> np.uint64(40) & np.uint64(IDF_BUCKETS - 1)).astype(np.int64)
    return buckets


def topic_evidence(batch: Batch, spans: Spans, tokens: Tokens, idf: Floats) -> Floats:
    """One row a segment, one column a name of :data:`COLUMNS`."""
    n = len(spans)
    out = np.zeros((n, len(COLUMNS)), np.float32)
    weight = idf[idf_bucket(tokens)]
    doc = spans.doc[tokens.segment]
    # Bag of words: one entry for each distinct word of a segment.
    word_key = tokens.hash ^ (doc.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    _, word = np.unique(word_key, return_inverse=True)
    n_words = int(word.max(initial=-1)) + 1
    entry, at, times = np.unique(tokens.segment * n_words + word, return_index=True, return_counts=True)
    segment, word = entry // n_words, entry % n_words
    w = weight[at]
    upper = tokens.shape[at] == t.UPPER
    long = is_long(batch, spans)

    def total(values: Floats) -> Floats:
        return np.bincount(segment, values, minlength=n).astype(np.float32)

    spread = np.bincount(word, minlength=n_words)  # segments that hold the word
    spread_long = np.bincount(word, long[segment], minlength=n_words)
    elsewhere = (spread[word] > 1).astype(np.float32)
    elsewhere_long = (spread_long[word] - long[segment] > 0).astype(np.float32)
    mass = np.maximum(total(w), 1e-6)
    rare = np.where(w > 0.5, w, 0).astype(np.float32)

    # Cosine with the sum of the article's other paragraphs.
    tf = np.log1p(times).astype(np.float32) * w
    centre = np.bincount(word, tf * long[segment], minlength=n_words).astype(np.float32)
    others = centre[word] - np.where(long[segment], tf, 0)
    norm = np.sqrt(np.maximum(total(tf * tf), 1e-9))
    centre_norm = _doc_norm(centre, word, spans.doc[segment], batch.n_docs)[spans.doc]
    cosine = total(tf * others) / (norm * np.maximum(centre_norm, 1e-6))

    before, after = nearest_long(spans, long)
    columns = [
        total(w * elsewhere) / mass,
        total(w * elsewhere_long) / mass,
        total(rare * elsewhere_long) / np.maximum(total(rare), 1e-6),
        cosine * 3,
        _shared(entry, segment, word, w, n_words, before) / mass,
        _shared(entry, segment, word, w, n_words, after) / mass,
        _shared(entry, segment, word, w, n_words, _first_of_doc(spans)) / mass,
        total(upper * elsewhere_long) / np.maximum(total(upper.astype(np.float32)), 1),
        mass / np.maximum(np.bincount(segment, minlength=n), 1) * 1.5 - 1,
    ]
    out[:, : len(columns)] = np.stack(columns, axis=1)
    # Whole segments that stand more than once in the article.
    sums = whole_hashes(tokens)
    filled = np.diff(tokens.first) > 0
    _, key, times = np.unique(sums + spans.doc.astype(np.uint64), return_inverse=True, return_counts=True)
    out[:, -2] = (times[key] > 1) & filled
    first = _first_of_doc(spans)
    out[:, -1] = (sums == sums[first]) & (first != np.arange(n))
    return out


def is_long(batch: Batch, spans: Spans) -> t.Bools:
    """Which segments count as paragraphs of the article."""
    size = (spans.end - spans.start).astype(np.float32)
    return np.asarray(size * (1 + 1.5 * _share(batch, spans)) >= LONG)


def _share(batch: Batch, spans: Spans) -> Floats:
    """Share of CJK characters in each segment."""
    if not (batch.classes == t.CJK).any():
        return np.zeros(len(spans), np.float32)
    total = np.zeros(len(batch.codes) + 1, np.int64)
    np.cumsum(batch.classes == t.CJK, out=total[1:])
    return ((total[spans.end] - total[spans.start]) / (spans.end - spans.start)).astype(np.float32)


def _first_of_doc(spans: Spans) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.searchsorted(spans.doc, spans.doc, side="left")


def nearest_long(spans: Spans, long: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[t.Ints, t.Ints]:
    """Number of the nearest long segment before and after each in the same article, -1 where none."""
    n = len(spans)
    number = np.arange(n)
    before = np.full(n, -1)
    before[1:] = np.maximum.accumulate(np.where(long, number, -1))[:-1]
    after = np.full(n, n)
    after[:-1] = np.minimum.accumulate(np.where(long, number, n)[::-1])[::-1][1:]
    before[(before >= 0) & (spans.doc[before] != spans.doc)] = -1
    after[after == n] = -1
    after[(after >= 0) & (spans.doc[after] != spans.doc)] = -1
    return before, after


def _doc_norm(centre: Floats, word: t.Ints, doc: t.Ints, n_docs: int) -> Floats:
    """Length of each article's vector of words; 0 for an article without words."""
    owner = np.zeros(len(centre), np.int64)
    owner[word] = doc
    return np.sqrt(np.bincount(owner, centre * centre, minlength=n_docs)).astype(np.float32)


def _shared(entry: t.Ints, segment: t.Ints, word: t.Ints, w: Floats, n_words: int, other: t.Ints) -> Floats:
    """Weight of the words that each segment shares with the segment named for it (none where that is itself or -1)."""
    target = other[segment]
    key = target * n_words + word
    found = np.searchsorted(entry, key)
    found[found == len(entry)] = 0
    hit = (entry[found] == key) & (target >= 0) & (target != segment)
    return np.bincount(segment, w * hit, minlength=len(other)).astype(np.float32)


__all__ = ["COLUMNS", "IDF_BUCKETS", "LONG", "idf_bucket", "is_long", "nearest_long", "topic_evidence"]
