"""Where a line break was lost although no end mark stands there.

Flattened text glues headlines, sub-headings and captions to the sentence that
follows them. Every place where that can have happened is a *gap*: a token
without an end mark, perhaps a separator token such as ``-`` or ``•``, then a
token that starts like a sentence does. A linear layer over hashed evidence,
trained on real line breaks (:mod:`newsflag.training.punkt`), judges the gaps.
Everything is computed with array arithmetic over all gaps of a text at once,
so that the cost per gap is that of a few table look-ups.
"""

from __future__ import annotations

import functools
import re
import zlib
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

END_MARKS: Final = ".!?…。！？؟۔।॥"
"""Marks that close a sentence, in the scripts we know of."""

CLOSERS: Final = "\"'”’“»«)]}›」』）】》〉*"
"""Characters that may follow an end mark and still belong to its sentence."""

OPENERS: Final = "\"'“‘„«»([{‹「『（【《〈¿¡‚”’"

SEPARATORS: Final = {
    **dict.fromkeys(("-", "‐", "‑"), 1),
    **dict.fromkeys(("–", "—", "―", "--", "−"), 2),
    **dict.fromkeys(("•", "●", "▪", "◦", "‣", "■", "□", "►", "▶", "▸", "➤", "➡", "→", "·", "∙", "◆", "★", "☆"), 3),
    **dict.fromkeys(("|", "¦", "/", "//", "||"), 4),
    **dict.fromkeys(("*", "+", ">", ">>", "»", "»»", "~"), 5),
}
"""Tokens that separate list entries, by class; runs of three or more are class 6."""

_RULE: Final = re.compile(r"([-‐‑–—―_=*~#.•·+])\1{2,}|__|\*\*|\* \* \*")
_TOKEN: Final = re.compile(r"\S+")
_EDGES: Final = END_MARKS + CLOSERS + OPENERS + ",:;"
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)

IntArray = NDArray[np.int64]

# Shapes of a token, stripped of punctuation at its edges.
NOTHING, LOWER, TITLE, UPPER, LETTER, DIGITS, MIXED_DIGITS, MIXED, CASELESS, PUNCT = range(10)
# What closes a token.
T_NONE, T_COMMA, T_COLON, T_SEMI, T_END, T_CLOSER, T_END_CLOSER, T_HYPHEN = range(8)
# What opens a token.
L_NONE, L_QUOTE, L_BRACKET, L_TAG = range(4)


class Token(NamedTuple):
    """What the evidence needs to know about one distinct token."""

    word: int
    surface: int
    suffix: int
    shape: int
    tail: int
    head: int
    separator: int
    length: int


@functools.lru_cache(maxsize=1 << 15)
def describe(token: str) -> Token:
    """Describe a token: hashes of its word, its shape, and the marks around it."""
    core = token.strip(_EDGES)
    separator = SEPARATORS.get(token, 0)
    if not separator and not core[:1].isalnum() and _RULE.fullmatch(token):
        separator = 6
    if core:
        lower = core.lower()
        word, surface, suffix = _crc(lower), _crc(core), _crc(lower[-3:])
    else:
        word = surface = suffix = _crc(token)
    return Token(word, surface, suffix, _shape(core), _tail(token), _head(token), separator, min(len(core), 63))


def _crc(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _shape(core: str) -> int:  # noqa: PLR0911 - one return for each shape
    if core.isalpha() and core.isascii():  # most words, without a loop over their letters
        if core.islower():
            return LOWER
        if core[0].isupper() and core[1:].islower():
            return TITLE
    if not core or not any(c.isalnum() for c in core):
        return PUNCT
    if any(c.isdigit() for c in core):
        return MIXED_DIGITS if any(c.isalpha() for c in core) else DIGITS
    if core.islower():
        return LOWER
    letters = [c for c in core if c.isalpha()]
    if not letters or not (core[0].isupper() or core[0].islower() or any(c.isupper() for c in letters)):
        return CASELESS
    if core.isupper():
        return LETTER if len(letters) == 1 else UPPER
    if core[0].isupper() and core[1:].islower():
        return TITLE
    return MIXED


def _tail(token: str) -> int:
    last = token[-1]
    if last in END_MARKS:
        return T_END
    if last == ",":
        return T_COMMA
    if last == ":":
        return T_COLON
    if last == ";":
        return T_SEMI
    if last in CLOSERS:
        return T_END_CLOSER if token.rstrip(CLOSERS)[-1:] in tuple(END_MARKS) else T_CLOSER
    return T_HYPHEN if last in "-–—/" else T_NONE


def _head(token: str) -> int:
    first = token[0]
    if first in "([{（【":
        return L_BRACKET
    if first in OPENERS:
        return L_QUOTE
    return L_TAG if first in "#@" else L_NONE


class Gaps(NamedTuple):
    """The gaps of a text and their evidence.

    ``starts`` holds the offset at which a new segment would begin, ``separators``
    the offset of the separator token before it (-1 without one), ``features``
    one row of table addresses for each gap, ``facts`` what :func:`second_look`
    needs: the class of the separator and the shape of the token after it.
    """

    starts: IntArray
    separators: IntArray
    features: IntArray
    facts: IntArray


def _bucket(values: IntArray) -> IntArray:
    """Put counts into classes that grow with the count."""
    edges = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 14, 18, 23, 31, 46])
    return np.searchsorted(edges, values, side="right").astype(np.int64)


HABIT_BITS: Final = 16
N_HABITS: Final = 3


def habit_address(words: IntArray) -> IntArray:
    """Where the habits of words stand in their table."""
    return words & ((1 << HABIT_BITS) - 1)


def find_gaps(text: str, bits: int, habits: NDArray[np.uint8]) -> Gaps:
    """Find the gaps of a text and address their evidence in a table of ``2**bits`` weights.

    ``habits`` has three rows of ``2**16`` classes, by word: how often it is
    written lower-case inside sentences, how often it ends a sentence or line,
    how often it begins one. Class 0 means that nothing is known.
    """
    spans = [match.span() for match in _TOKEN.finditer(text)]
    empty = np.zeros(0, np.int64)
    nothing = Gaps(empty, empty, np.zeros((0, 1), np.int64), np.zeros((0, 2), np.int64))
    if len(spans) < 2:
        return nothing
    known: dict[str, int] = {}
    rows: list[Token] = []
    ids = np.empty(len(spans), np.int64)
    for i, (a, b) in enumerate(spans):
        token = text[a:b]
        number = known.get(token)
        if number is None:
            number = known[token] = len(rows)
            rows.append(describe(token[:400]))
        ids[i] = number
    table = np.array(rows, np.int64)
    start = np.array([a for a, _ in spans], np.int64)
    # Separators are looked through: the evidence is that of the tokens around them.
    solid = np.flatnonzero(table[ids, 6] == 0)
    n = len(solid)
    if n < 2:
        return nothing
    tok = table[ids[solid]]
    word, surface, suffix, shape, tail, head, _, length = tok.T
    sep_class = np.zeros(n, np.int64)  # of the separator before solid token i
    sep_at = np.full(n, -1, np.int64)
    separated = np.flatnonzero(np.diff(solid, prepend=-1) > 1)
    sep_class[separated] = table[ids[solid[separated] - 1], 6]
    previous = np.where(separated > 0, solid[separated - 1], -1)
    sep_at[separated] = start[previous + 1]

    ended = (tail == T_END) | (tail == T_END_CLOSER)
    upper = (shape == TITLE) | (shape == UPPER) | (shape == LETTER) | (shape == MIXED)
    can_start = upper | (shape == DIGITS) | (shape == MIXED_DIGITS) | (shape == CASELESS) & (sep_class > 0)
    before = np.arange(n) - 1
    gap = can_start & (before >= 0) & (~ended[before] | (sep_class > 0)) | (sep_class >= 3) & (before >= 0)
    nxt = np.flatnonzero(gap)
    if not len(nxt):
        return nothing
    prv = nxt - 1

    pad = 4

    def at(values: IntArray, where: IntArray, fill: int = 0) -> IntArray:
        return np.concatenate([np.full(pad, fill), values, np.full(pad, fill)])[where + pad]

    # Distances in tokens to the end marks around the gap.
    index = np.arange(n)
    breaks = ended | (np.concatenate([sep_class[1:], [0]]) > 0)
    last_end = np.maximum.accumulate(np.where(breaks, index, -1))
    since = prv - np.where(prv > 0, at(last_end, prv - 1, -1), -1)
    next_end = np.minimum.accumulate(np.where(breaks, index, n)[::-1])[::-1]
    until = next_end[nxt] - nxt + 1
    until_ended = np.where(next_end[nxt] < n, 1, 0)
    capitals = np.concatenate([[0], np.cumsum(upper)])
    run_capitals = capitals[prv + 1] - capitals[prv + 1 - since]
    run_share = np.minimum(4, run_capitals * 5 // np.maximum(since, 1))
    stop = np.minimum(nxt + 6, n)
    ahead_share = np.minimum(4, (capitals[stop] - capitals[nxt]) * 5 // np.maximum(stop - nxt, 1))

    # What the rest of the text says about the words at the gap.
    lower = shape == LOWER
    lower_words = np.unique(word[lower])
    lower_else = np.isin(word[nxt], lower_words).astype(np.int64)
    prev_lower_else = np.isin(word[prv], lower_words).astype(np.int64)
    inside = np.zeros(n, bool)
    inside[1:] = upper[1:] & ~ended[:-1] & (lower[:-1]) & (tail[:-1] == T_NONE) & (sep_class[1:] == 0)
    seen, counts = np.unique(surface[inside], return_counts=True)
    place = np.minimum(np.searchsorted(seen, surface[nxt]), max(len(seen) - 1, 0))
    inside_count = np.zeros(len(nxt), np.int64)
    if len(seen):
        inside_count = np.where(seen[place] == surface[nxt], counts[place], 0)
    inside_count = np.minimum(2, np.maximum(0, inside_count - inside[nxt]))
    opens = np.zeros(n, bool)
    opens[1:] = ended[:-1] & upper[1:]
    opens_else = np.isin(surface[nxt], np.unique(surface[opens])).astype(np.int64)
    pair = word[:-1] * 4294967291 + word[1:]
    pairs, pair_counts = np.unique(pair, return_counts=True)
    pair_else = np.minimum(2, pair_counts[np.searchsorted(pairs, pair[prv])] - 1)
    has_next = nxt + 1 < n
    ahead = pair[np.minimum(nxt, n - 2)]
    ahead_else = np.where(has_next, np.minimum(2, pair_counts[np.searchsorted(pairs, ahead)] - 1), 0)
    twin = (word[prv] == word[nxt]).astype(np.int64)
    lower_total = int(lower.sum())
    capital_rate = min(7, int(8 * capitals[-1] / max(1, capitals[-1] + lower_total) * 1.5))
    habit = np.full(len(nxt), capital_rate, np.int64)
    sep = sep_class[nxt]
    per_class = np.bincount(sep_class, minlength=8)
    strong = np.bincount(sep_class[1:][ended[:-1]], minlength=8) if n > 1 else per_class
    sep_count, sep_strong = np.minimum(4, per_class[sep]), np.minimum(3, strong[sep])
    sep_count, sep_strong = np.where(sep > 0, sep_count, 0), np.where(sep > 0, sep_strong, 0)

    w0, w1, w2, wb = word[prv], word[nxt], at(word, nxt + 1), at(word, prv - 1)
    s0, s1, s2, s3, sb = shape[prv], shape[nxt], at(shape, nxt + 1), at(shape, nxt + 2), at(shape, prv - 1)
    t0, t1, h1 = tail[prv], tail[nxt], head[nxt]
    h0 = head[prv]
    d0, d1 = _bucket(since), _bucket(until) * 2 + until_ended
    around = (s0 * 16 + s1) * 8 + t0
    seps = (sep * 8 + sep_count) * 4 + sep_strong
    none = np.where(sep > 0, 1, 0)
    first = prv - since + 1  # where the piece before the gap begins
    first_word, first_shape = word[first], shape[first]
    comma_sum = np.concatenate([[0], np.cumsum(tail == T_COMMA)])
    commas = np.minimum(3, comma_sum[prv + 1] - comma_sum[first])
    w3 = at(word, nxt + 2)
    doc1 = (lower_else * 3 + inside_count) * 2 + opens_else
    casing, ends, begins = habits[:, habit_address(word)].astype(np.int64)
    c1, e0, b1, c2 = casing[nxt], ends[prv], begins[nxt], at(casing, nxt + 1)
    c0, eb = casing[prv], at(ends, prv - 1)
    columns: list[tuple[IntArray, ...]] = [
        (w0, none),
        (w1, none),
        (w0, w1),
        (suffix[prv], s0),
        (suffix[nxt], s1),
        (w0, s1, t0),
        (w1, s0, t0),
        (w2, s1),
        (wb, s0),
        (w1, w2),
        (wb, w0),
        (around, h1),
        (around, s2 * 16 + s3),
        (around, sb, s2),
        (habit, around),
        (d0, none),
        (d1, none),
        (d0, d1),
        (d0, around),
        (d1, s1 * 16 + s2),
        (d0, run_share),
        (run_share, ahead_share, habit),
        (doc1, s1, habit),
        (doc1, around),
        (doc1, w1),
        (prev_lower_else, s0, t0),
        (pair_else, s0, s1),
        (ahead_else, s1, s2),
        (twin, s1),
        (seps,),
        (seps, t0 * 16 + s1),
        (seps, d0),
        (np.minimum(length[prv], 15), s0, habit),
        (np.minimum(length[nxt], 15), s1, habit),
        (t1, s1, s2),
        (h0, h1, t0, s1),
        (t0, none, lower_else),
        (first_word, np.minimum(d0, 12)),
        (first_word, w1),
        (first_shape, d0, s1),
        (commas, d0, s1),
        (w2, w1, s0),
        (w3, s1, s2),
        (suffix[prv], suffix[nxt]),
        (s0, w1, w2),
        (at(word, prv - 2), none),
        (at(word, prv - 3), none),
        (w3,),
        (at(word, nxt + 3),),
        (at(shape, prv - 2), sb, s0, s1),
        (c1, s1, habit),
        (c1, e0, s0 * 16 + s1),
        (c1, b1, s1),
        (c1, b1, e0),
        (e0, s0, t0),
        (e0, eb, s0),
        (e0, c0, s0),
        (e0, d0, s1),
        (e0, w1),
        (c1, w0),
        (b1, w0),
        (c1, c2, s1 * 16 + s2),
        (c1, e0, d0),
        (c1, e0, d1),
        (c1, e0, lower_else),
        (c1, e0, run_share, ahead_share),
        (first_shape, casing[first], c1, s1),
    ]
    features = _addresses(columns, bits)
    return Gaps(start[solid[nxt]], sep_at[nxt], features, np.stack([sep, s1], axis=1))


SECOND_BITS: Final = 13


def second_look(gaps: Gaps, scores: NDArray[np.float32]) -> IntArray:
    """Address the evidence that the first verdicts are for each other, one row for each gap.

    Two breaks are seldom near each other, and the separators of a list are alike.
    (Also tried, and worse on unseen publishers: the best rival between the same
    two end marks, and how many breaks the text seems to have lost.)
    """
    n = len(scores)
    if not n:
        return np.zeros((0, 1), np.int64)
    sep, following = gaps.facts.T
    level = np.clip(np.floor(scores.astype(np.float64) * 2), -8, 8).astype(np.int64) + 8
    fine = np.clip(np.floor(scores.astype(np.float64) * 4), -16, 20).astype(np.int64) + 16
    distance = np.minimum(3, np.diff(gaps.starts) // 20)
    before, near_before = np.concatenate([[0], level[:-1]]), np.concatenate([[3], distance])
    after, near_after = np.concatenate([level[1:], [0]]), np.concatenate([distance, [3]])
    per_class = np.bincount(sep, minlength=8)
    accepted = np.bincount(sep, weights=scores > 0.5, minlength=8)
    share = np.minimum(4, (accepted * 4 // np.maximum(per_class, 1)).astype(np.int64))[sep]
    alike = np.where(sep == 0, 0, 1 + share * 4 + np.minimum(3, per_class[sep] - 1))
    columns: list[tuple[IntArray, ...]] = [
        (fine,),
        (level, before, near_before),
        (level, after, near_after),
        (level, alike, sep),
        (alike, following),
    ]
    return _addresses(columns, SECOND_BITS)


def _addresses(columns: list[tuple[IntArray, ...]], bits: int) -> IntArray:
    """Hash columns of evidence to addresses in a table of ``2**bits`` weights."""
    rows = len(columns[0][0])
    out = np.empty((rows, len(columns)), np.int64)
    shift = np.uint64(64 - bits)
    with np.errstate(over="ignore"):
        for number, parts in enumerate(columns):
            mixed = np.full(rows, number + 1, np.uint64) * _GOLDEN
            for part in parts:
                mixed = (mixed ^ part.astype(np.uint64)) * _MIX
                mixed ^= mixed >> np.uint64(31)
            out[:, number] = (mixed * _GOLDEN >> shift).astype(np.int64)
    return out
