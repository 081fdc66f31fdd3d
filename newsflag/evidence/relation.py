"""Relation: whether a segment is about what its article is about, for the off-topic score.

Beyond the columns of :mod:`newsflag.evidence.topic`, which the splitter sees
too, words are compared by their stems, so that inflected and compounded forms
meet, and with the single paragraph that is nearest.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from newsflag import _text as t
from newsflag._text import Batch, Bools, Floats, Ints
from newsflag.evidence import surface, topic
from newsflag.evidence.tokens import Hashes, Tokens
from newsflag.segmentation.lines import Spans

_POSITION: Final = ("cosine_before", "cosine_after", "title_overlap", "repeated", "repeats_title")
"""Topic columns that depend on where a segment stands: they mean nothing for a title that is given beside the text."""

TOPIC_COLUMNS: Final = tuple(name for name in topic.COLUMNS if name not in _POSITION)
SIZE_COLUMNS: Final = (
    "log_chars",
    "log_words",
    "ends_sentence",
    "title_words",
    "known_lead_in",
    "word_length",
    "digit_share",
    "upper_share",
    "cjk",
    "caseless",
)
"""Surface columns that say how much can be expected of a segment: three words can hardly share any."""

STEM_COLUMNS: Final = (
    "stems_known",
    "stems_cosine",
    "stems_known_count",
    "nearest_cosine",
    "names_missing",
    "log_content",
    "rare_missing",
    "no_content",
    "paragraphs",
)
COLUMNS: Final = (*TOPIC_COLUMNS, *STEM_COLUMNS, *SIZE_COLUMNS)
CONTENT: Final = 0.35
"""Inverse document frequency, 0…1, from which a word counts as a content word."""

_TOPIC: Final = [topic.COLUMNS.index(name) for name in TOPIC_COLUMNS]
_SIZE: Final = [surface.COLUMNS.index(name) for name in SIZE_COLUMNS]


def relation_evidence(
    batch: Batch, spans: Spans, tokens: Tokens, stems: Hashes, topic_: Floats, surface_: Floats, idf: Floats
) -> Floats:
    """One row a segment, one column a name of :data:`COLUMNS`.

    Parameters
    ----------
    stems : uint64 array, shape (tokens,)
    topic_, surface_ : float32 arrays, shape (segments, …)
    idf : float32 array, shape (IDF_BUCKETS,)
        How telling each hashed word is, 0…1.
    """
    weight = idf[topic.idf_bucket(tokens)]
    long = topic.is_long(batch, spans)
    return np.concatenate(
        (topic_[:, _TOPIC], _by_stems(spans, tokens, stems, weight, long), surface_[:, _SIZE]),
        axis=1,
        dtype=np.float32,
    )


def _by_stems(spans: Spans, tokens: Tokens, stems: Hashes, weight: Floats, long: Bools) -> Floats:
    n = len(spans)
    doc = spans.doc[tokens.segment]
    key = stems ^ (doc.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    _, stem = np.unique(key, return_inverse=True)
    n_stems = int(stem.max(initial=-1)) + 1
    entry, at, times = np.unique(tokens.segment * n_stems + stem, return_index=True, return_counts=True)
    segment, stem = entry // n_stems, entry % n_stems
    w = weight[at]
    content = w >= CONTENT
    upper = (tokens.shape[at] == t.UPPER) & content

    def total(values: Floats) -> Floats:
        return np.bincount(segment, values, minlength=n).astype(np.float32)

    in_long = np.bincount(stem, long[segment], minlength=n_stems)
    elsewhere = (in_long[stem] - long[segment] > 0).astype(np.float32)
    tf = np.log1p(times).astype(np.float32) * w
    centre = np.bincount(stem, tf * long[segment], minlength=n_stems).astype(np.float32)
    others = centre[stem] - np.where(long[segment], tf, 0)
    norm = np.sqrt(np.maximum(total(tf * tf), 1e-9))
    owner = np.zeros(n_stems, np.int64)
    owner[stem] = spans.doc[segment]
    squares = np.bincount(owner, centre * centre, minlength=int(spans.doc[-1]) + 1)
    centre_norm = np.sqrt(np.maximum(squares, 1e-9))[spans.doc]
    n_content = total(content.astype(np.float32))
    columns = [
        total(w * elsewhere) / np.maximum(total(w), 1e-6),
        total(tf * others) / (norm * centre_norm) * 3,
        np.log1p(total(content * elsewhere)),
        _nearest(segment[content], stem[content], tf[content], norm, long) * 3,
        total(upper * (1 - elsewhere)) / np.maximum(total(upper.astype(np.float32)), 1),
        np.log1p(n_content) - 1.5,
        total(content * w * (1 - elsewhere)) / np.maximum(total((content * w).astype(np.float32)), 1e-6),
        n_content == 0,
        np.log1p(np.bincount(spans.doc[long], minlength=int(spans.doc[-1]) + 1)[spans.doc]) / 2,
    ]
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)


def _nearest(segment: Ints, stem: Ints, tf: Floats, norm: Floats, long: Bools) -> Floats:
    """Greatest cosine of each segment with one of its article's other paragraphs, content words alone."""
    n = len(norm)
    out = np.zeros(n, np.float32)
    value = tf / norm[segment]
    order = np.argsort(stem, kind="stable")
    stem, owner, value = stem[order], segment[order], value[order]
    other = np.flatnonzero(long[owner])
    # Every pair of an entry and a paragraph's entry with the same stem.
    first = np.searchsorted(stem[other], stem, side="left")
    last = np.searchsorted(stem[other], stem, side="right")
    times = last - first
    left = np.repeat(np.arange(len(stem)), times)
    within = np.arange(len(left)) - np.repeat(np.cumsum(times) - times, times)
    right = other[np.repeat(first, times) + within]
    apart = owner[left] != owner[right]
    left, right = left[apart], right[apart]
    if len(left):
        key, place = np.unique(owner[left] * n + owner[right], return_inverse=True)
        cosine = np.bincount(place, value[left] * value[right])
        np.maximum.at(out, key // n, cosine.astype(np.float32))
    return out


__all__ = ["COLUMNS", "CONTENT", "SIZE_COLUMNS", "STEM_COLUMNS", "TOPIC_COLUMNS", "relation_evidence"]
