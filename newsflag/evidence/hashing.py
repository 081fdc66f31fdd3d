"""Wording: hashed character n-grams and words at each segment's two ends.

Only the first :data:`HEAD` and last :data:`TAIL` characters and a few words at
either end are looked at: that is where lead-ins, datelines, end marks and
credits stand, it bounds the cost of long paragraphs, and what a long paragraph
is *about* is the business of :mod:`newsflag.evidence.topic`.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from newsflag._text import Batch, Floats, Ints
from newsflag.evidence.tokens import FNV, Hashes, Tokens, pair, salted, spread
from newsflag.segmentation.lines import Spans

BUCKETS: Final = 1 << 17
HEAD: Final = 64
TAIL: Final = 32
ORDERS: Final = (3, 4, 5)
HEAD_WORDS: Final = 12
TAIL_WORDS: Final = 6
_BEGIN: Final = 1  # control characters: code points that no text of interest holds
_END: Final = 2
_CUT: Final = 3
_MASK: Final = np.uint64(BUCKETS - 1)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Hashed features of one sort, sorted by segment.

    Parameters
    ----------
    bucket : int64 array, shape (features,)
        Row of the weight table.
    segment, start, end : int64 array, shape (features,)
        Segment that the feature belongs to, and where in the batch's text it stands.
    """

    bucket: Ints
    segment: Ints
    start: Ints
    end: Ints


def character_blocks(batch: Batch, spans: Spans) -> list[Block]:
    """Character n-grams of orders :data:`ORDERS` at both ends of each segment, a block an order."""
    n = len(spans)
    long = np.flatnonzero(spans.end - spans.start > HEAD)
    tail_start = np.maximum(spans.end[long] - TAIL, spans.start[long] + HEAD)
    owner = np.concatenate((np.arange(n), long))
    order = np.argsort(owner, kind="stable")
    owner = owner[order]
    piece_start = np.concatenate((spans.start, tail_start))[order]
    piece_end = np.concatenate((np.minimum(spans.end, spans.start + HEAD), spans.end[long]))[order]
    # Each piece is laid out between two sentinels that say whether the
    # segment begins or ends there or was cut.
    length = piece_end - piece_start + 2
    right = np.cumsum(length)
    left = right - length
    total = int(right[-1]) if n else 0
    number = np.arange(total)
    place = number + np.repeat(piece_start - 1 - left, length)
    codes = batch.folded[np.clip(place, 0, len(batch.folded) - 1)].astype(np.uint64)
    codes[left] = np.where(piece_start == spans.start[owner], _BEGIN, _CUT)
    codes[right - 1] = np.where(piece_end == spans.end[owner], _END, _CUT)
    to_end = np.repeat(right, length) - number  # characters left in the piece, itself included
    segment = np.repeat(owner, length)
    hashes = codes
    blocks = []
    for k in range(2, max(ORDERS) + 1):
        hashes = hashes[: total - k + 1] * FNV + codes[k - 1 :]
        if k in ORDERS:
            keep = np.flatnonzero(to_end[: total - k + 1] >= k)
            bucket = spread(hashes[keep] + np.uint64(k)) & _MASK
            start = place[keep]
            blocks.append(Block(bucket.astype(np.int64), segment[keep], start, start + k))
    return blocks


def word_blocks(spans: Spans, tokens: Tokens) -> list[Block]:
    """Words, word pairs, opening words, the last word, and the whole of a short line."""
    count = np.diff(tokens.first)
    rank = np.arange(len(tokens.hash)) - tokens.first[tokens.segment]
    back = count[tokens.segment] - 1 - rank
    near = (rank < HEAD_WORDS) | (back < TAIL_WORDS)
    h, start, end = tokens.hash, tokens.start, tokens.end

    def block(hashes: Hashes, segment: Ints, begin: Ints, stop: Ints) -> Block:
        return Block((hashes & _MASK).astype(np.int64), segment, begin, stop)

    def single(at: Ints, salt: int) -> Block:
        return block(salted(h[at], salt), tokens.segment[at], start[at], end[at])

    def double(at: Ints, salt: int) -> Block:
        return block(pair(h[at], h[at + 1], salt), tokens.segment[at], start[at], end[at + 1])

    short = np.flatnonzero((count > 0) & (count <= HEAD_WORDS))
    lines = whole_hashes(tokens)[short]
    return [
        single(np.flatnonzero(near), 1),
        double(np.flatnonzero(near & (back > 0)), 2),
        single(np.flatnonzero(rank == 0), 3),
        double(np.flatnonzero((rank == 0) & (back > 0)), 4),
        single(np.flatnonzero(back == 0), 5),
        block(salted(lines, 7), short, spans.start[short], spans.end[short]),
    ]


def whole_hashes(tokens: Tokens) -> Hashes:
    """One hash for all words of each segment in order; 0 for a segment without words."""
    n = len(tokens.first) - 1
    sums = np.zeros(n, np.uint64)
    filled = np.diff(tokens.first) > 0
    if filled.any():
        rank = np.arange(len(tokens.hash)) - tokens.first[tokens.segment]
        weights = rank.astype(np.uint64) * np.uint64(2) + np.uint64(1)
        sums[filled] = np.add.reduceat(tokens.hash * weights, tokens.first[:-1][filled])
    return sums


def counts(blocks: list[Block], n: int) -> Floats:
    """How many features of the blocks each of ``n`` segments has, at least 1."""
    total = np.zeros(n, np.int64)
    for block in blocks:
        total += np.bincount(block.segment, minlength=n)
    return np.maximum(total, 1).astype(np.float32)


def weigh(blocks: list[Block], table: Floats, n: int) -> Floats:
    """Sum of each segment's rows of a weight table, divided by the square root of their number.

    Shape (n, columns of the table).
    """
    out = np.zeros((n, table.shape[1]), np.float32)
    for block in blocks:
        add_rows(out, block.segment, block.bucket, table)
    out /= np.sqrt(counts(blocks, n))[:, None]
    return out


def add_rows(out: Floats, owner: Ints, bucket: Ints, table: Floats) -> None:
    """Add the rows of a weight table that features name to the rows of those that have them; owners are sorted."""
    if len(owner):
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        # take with "clip" is twice as fast as fancy indexing; the buckets are in range.
        rows = np.take(table, bucket, axis=0, mode="clip")
        out[owner[first]] += np.add.reduceat(rows, first, axis=0)


__all__ = ["BUCKETS", "Block", "add_rows", "character_blocks", "counts", "weigh", "whole_hashes", "word_blocks"]
