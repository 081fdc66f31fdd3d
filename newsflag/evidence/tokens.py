"""The words of a batch, hashed, with the segment each stands in."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import numpy.typing as npt

from newsflag._text import CASELESS, CJK, DIGIT, LOWER, MARK, UPPER, Batch, Bytes, Ints
from newsflag.segmentation.lines import Spans

Hashes = npt.NDArray[np.uint64]

# Odd multipliers of a polynomial rolling hash modulo 2**64 (Karp & Rabin 1987)
# and of the finaliser that spreads it (the golden-ratio constant of Fibonacci
# hashing, Knuth TAOCP 3, 6.4). They are part of the model format.
_BASE: Final = np.uint64(0x9E3779B97F4A7C15 | 1)
_SPREAD: Final = np.uint64(0xFF51AFD7ED558CCD)

FNV: Final = np.uint64(0x100000001B3)
"""Multiplier of every rolling hash of characters or words but a word's own: the FNV-1 prime (Fowler, Noll, Vo)."""

_LONGEST: Final = 48  # characters of a word that count; the rest is cut


def spread(hashes: Hashes) -> Hashes:
    """Mix the bits of each hash, so that any of them can serve as a bucket number."""
    hashes = hashes * _SPREAD
    hashes ^= hashes >> np.uint64(32)
    return hashes


def _powers(n: int) -> Hashes:
    powers = np.empty(n, np.uint64)
    powers[0] = 1
    with np.errstate(over="ignore"):
        powers[1:] = _BASE
        np.multiply.accumulate(powers, out=powers)
    return powers


_POWERS: Final = _powers(_LONGEST + 1)

_WORD_CLASS: Final = np.zeros(256, bool)
_WORD_CLASS[[LOWER, UPPER, CASELESS, CJK, DIGIT, MARK]] = True


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """The words of a batch's segments.

    Parameters
    ----------
    start, end : int64 array, shape (tokens,)
        Half-open offsets into the batch's text.
    hash : uint64 array, shape (tokens,)
        Hash of the lower-cased word, digits folded to 0.
    segment : int64 array, shape (tokens,)
        Number of the segment each word begins in.
    first : int64 array, shape (segments + 1,)
        Number of each segment's first word; the words of segment ``i`` are
        ``first[i]:first[i + 1]``.
    shape : uint8 array, shape (tokens,)
        Class of the word's first character.
    """

    start: Ints
    end: Ints
    hash: Hashes
    segment: Ints
    first: Ints
    shape: Bytes


def tokenize(batch: Batch, spans: Spans) -> Tokens:
    """Find the words: runs of letters, digits and marks; each CJK character by itself."""
    classes = batch.classes
    word = _WORD_CLASS[classes]
    begins = word.copy()
    begins[1:] &= ~word[:-1]
    cjk = classes == CJK
    if cjk.any():
        begins |= cjk
        begins[1:] |= word[1:] & cjk[:-1]
    begins[spans.start] |= word[spans.start]
    chars = np.flatnonzero(word)
    is_first = begins[chars]
    first_char = np.flatnonzero(is_first)
    start = chars[first_char]
    if not len(start):
        none = np.zeros(0, np.int64)
        return Tokens(
            none, none, none.astype(np.uint64), none, np.zeros(len(spans) + 1, np.int64), none.astype(np.uint8)
        )
    length = np.diff(first_char, append=len(chars))
    place = np.arange(len(chars)) - np.repeat(first_char, length)
    np.minimum(place, _LONGEST, out=place)
    # Past the longest length every character weighs the same power, so that
    # the rest still counts, though in any order.
    values = (batch.folded[chars].astype(np.uint64) + np.uint64(1)) * _POWERS[place]
    hashes = spread(np.add.reduceat(values, first_char))
    segment = np.searchsorted(spans.start, start, side="right") - 1
    first = np.searchsorted(start, np.append(spans.start, len(classes) + 1))
    return Tokens(start, start + length, hashes, segment, first, classes[start])


def _salt(number: int) -> np.uint64:
    salt: np.uint64 = np.uint64(number * int(_BASE) % 2**64)
    return salt


def pair(left: Hashes, right: Hashes, salt: int) -> Hashes:
    """Hash of two hashes in order, kept apart from others by a salt."""
    return spread(left * np.uint64(3) + right * np.uint64(5) + _salt(salt))


def salted(hashes: Hashes, salt: int) -> Hashes:
    """The same hashes in a space of their own."""
    return spread(hashes + _salt(salt))


__all__ = ["FNV", "Hashes", "Tokens", "pair", "salted", "spread", "tokenize"]
