"""Wording: what each sentence of a segment says and how, for the scores.

The splitter looks at a segment's two ends (:mod:`newsflag.evidence.hashing`);
the scores read all of it, a sentence at a time, so that one loaded sentence in
a long paragraph is found, and can be pointed at.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from newsflag import _text as t
from newsflag._text import Batch, Floats, Ints
from newsflag.evidence import cues
from newsflag.evidence.hashing import Block
from newsflag.evidence.surface import class_counts
from newsflag.evidence.tokens import FNV, Hashes, Tokens, pair, salted
from newsflag.segmentation.lines import Spans

WORD_BUCKETS: Final = 1 << 17
PHRASE_BUCKETS: Final = 1 << 17
WHOLE: Final = 200
"""Segments of at most so many characters are read as one: headlines, teasers, most sentences."""
LEAST: Final = 20
"""Characters that a sentence has at least; what ends sooner ("Mr. ", "No. ") goes with what follows."""
STEM: Final = 5
"""Characters of a word that its stem has: a language-free stand-in for lemmas."""
AFFIX: Final = 3
"""Characters of a word's beginning and end that are features of their own: what it is derived from and how."""

_ENDS: Final = np.zeros(256, bool)
_ENDS[[t.PERIOD, t.EXCLAMATION, t.QUESTION, t.ELLIPSIS]] = True
_CLOSES: Final = np.zeros(256, bool)
_CLOSES[[t.CLOSING_QUOTE, t.STRAIGHT_QUOTE, t.APOSTROPHE, t.CLOSING_BRACKET]] = True
_LOW_CLOSING: Final = 0x201C
_GUILLEMET_CLOSING: Final = 0xBB
_GAP: Final = np.zeros(256, bool)
_GAP[[t.SPACE, t.NEWLINE]] = True
_ABBREVIATION: Final = 3
"""A capitalised word of at most so many letters before a full stop is taken for an abbreviation."""

SHAPE_COLUMNS: Final = (
    "log_words",
    "question",
    "exclamation",
    "ellipsis",
    "quotes",
    "upper_words",
    "digit_words",
    "first_digit",
    "colon",
    "commas",
    "dashes",
)
COLUMNS: Final = (*SHAPE_COLUMNS, *(f"cue_{name}" for name in cues.CUES))


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """The sentences of a batch's segments.

    Parameters
    ----------
    start, end : int64 array, shape (sentences,)
        Half-open offsets into the batch's text.
    segment : int64 array, shape (sentences,)
        Segment of each; sorted.
    first : int64 array, shape (segments + 1,)
        Number of each segment's first sentence.
    word : int64 array, shape (tokens,)
        Sentence of each word.
    """

    start: Ints
    end: Ints
    segment: Ints
    first: Ints
    word: Ints

    def __len__(self) -> int:
        return len(self.start)


def split_sentences(batch: Batch, spans: Spans, tokens: Tokens, whole: int = WHOLE) -> Sentences:
    """Cut segments of more than ``whole`` characters after their end marks.

    A rule, not the splitter of :mod:`newsflag.segmentation.sentences`: a cut
    too many or too few costs little here, and every text passes through.
    """
    n = len(spans)
    classes = batch.classes
    ends = _ENDS[classes]
    # In „…“ the mark that opens elsewhere closes, and in «…» one that counts as an arrow.
    late = (batch.codes == _LOW_CLOSING) | (batch.codes == _GUILLEMET_CLOSING)
    late[:-1] &= _GAP[classes[1:]]
    closes = _CLOSES[classes] | late
    # Last character of each run of end marks and of the closing marks after it.
    tail = ends.copy()
    for _ in range(2):
        tail[1:] |= tail[:-1] & closes[1:]
    at = np.flatnonzero(tail[:-1] & ~tail[1:]) if len(tail) else np.zeros(0, np.int64)
    owner = np.searchsorted(spans.start, at, side="right") - 1
    inside = (owner >= 0) & (at + 1 < spans.end[owner]) & ((spans.end - spans.start)[owner] > whole)
    at, owner = at[inside], owner[inside]
    # The next word begins after a blank (or at once, in scripts without blanks).
    follows = at + 1
    following = np.searchsorted(tokens.start, at, side="right")
    known = following < len(tokens.start)
    if not known.any():
        at, owner, follows, following = at[:0], owner[:0], follows[:0], following[:0]
        known = known[:0]
    begin = tokens.start[np.minimum(following, max(len(tokens.start) - 1, 0))] if len(at) else at
    blank = _GAP[classes[follows]]
    shape = classes[begin]
    cut = known & (blank | (classes[at] == t.CJK) | (shape == t.CJK)) & (shape != t.LOWER)
    before = following - 1
    short = (tokens.end - tokens.start)[before] <= _ABBREVIATION
    abbreviation = short & (tokens.shape[before] == t.UPPER) & (classes[at] == t.PERIOD)
    cut &= ~abbreviation & (begin < spans.end[owner])
    # An opening quotation mark goes with the sentence that it opens.
    place, owner = _far_apart(np.where(blank, at + 2, at + 1)[cut], owner[cut], spans)
    start = np.sort(np.concatenate((spans.start, place)))
    segment = np.searchsorted(spans.start, start, side="right") - 1
    end = np.minimum(np.append(start[1:], np.iinfo(np.int64).max), spans.end[segment])
    word = np.searchsorted(start, tokens.start, side="right") - 1
    first = np.searchsorted(segment, np.arange(n + 1))
    return Sentences(start, end, segment, first, word)


def _far_apart(place: Ints, owner: Ints, spans: Spans) -> tuple[Ints, Ints]:
    """Cuts that lie at least :data:`LEAST` characters behind the one before them, or behind the segment's beginning."""
    last, kept = -1, []
    # Few end marks are nearer than that: only these are looked at one by one.
    before = np.concatenate(([-1], place[:-1]))
    near = place - np.maximum(before, spans.start[owner]) < LEAST
    if not near.any():
        return place, owner
    for number, (at, begin) in enumerate(zip(place.tolist(), spans.start[owner].tolist(), strict=True)):
        if at - max(last, begin) >= LEAST:
            kept.append(number)
            last = at
    return place[kept], owner[kept]


def wording_blocks(batch: Batch, sentences: Sentences, tokens: Tokens, stems: Hashes) -> tuple[Block, list[Block]]:
    """Hashed words, for the table of words; pairs, stems, affixes and openings, for the table of phrases.

    Words have a table of their own, as each of them carries what was learned
    of its neighbours in other texts too, not only in labelled ones.
    """
    h, start, end, owner = tokens.hash, tokens.start, tokens.end, sentences.word
    number = np.arange(len(h))
    same = owner[1:] == owner[:-1]
    double = np.flatnonzero(same)
    opening = np.flatnonzero(np.diff(owner, prepend=-1))
    two = opening[np.append(same, False)[opening]]

    def block(hashes: Hashes, buckets: int, at: Ints, stop: Ints) -> Block:
        return Block((hashes & np.uint64(buckets - 1)).astype(np.int64), owner[at], start[at], end[stop])

    return block(salted(h, 11), WORD_BUCKETS, number, number), [
        block(pair(h[double], h[double + 1], 12), PHRASE_BUCKETS, double, double + 1),
        block(salted(stems, 13), PHRASE_BUCKETS, number, number),
        block(salted(affix_hashes(batch, tokens, number, end=False), 17), PHRASE_BUCKETS, number, number),
        block(salted(affix_hashes(batch, tokens, number, end=True), 18), PHRASE_BUCKETS, number, number),
        block(salted(h[opening], 14), PHRASE_BUCKETS, opening, opening),
        block(pair(h[two], h[two + 1], 15), PHRASE_BUCKETS, two, two + 1),
    ]


def shape_evidence(batch: Batch, sentences: Sentences, tokens: Tokens, found: cues.Found) -> Floats:
    """Shape and cues of each sentence, one column a name of :data:`COLUMNS`."""
    n = len(sentences)
    classes = batch.classes
    counts = class_counts(batch, sentences.start)
    words = np.bincount(sentences.word, minlength=n).astype(np.float32)
    capitals = (tokens.shape == t.UPPER) & (classes[tokens.end - 1] == t.UPPER) & (tokens.end - tokens.start > 2)
    digits = tokens.shape == t.DIGIT
    opening = np.flatnonzero(np.diff(sentences.word, prepend=-1))
    first_digit = np.zeros(n, np.float32)
    first_digit[sentences.word[opening]] = digits[opening]
    quotes = counts[:, [t.OPENING_QUOTE, t.CLOSING_QUOTE, t.STRAIGHT_QUOTE]].sum(1)
    shape = [
        np.log1p(words) - 2.5,
        np.minimum(counts[:, t.QUESTION], 2),
        np.minimum(counts[:, t.EXCLAMATION], 2),
        np.minimum(counts[:, t.ELLIPSIS], 1),
        np.minimum(quotes, 2) / 2,
        np.minimum(np.bincount(sentences.word, capitals, minlength=n), 4) / 2,
        np.bincount(sentences.word, digits, minlength=n) / np.maximum(words, 1) * 4,
        first_digit,
        np.minimum(counts[:, t.COLON], 1),
        np.minimum(counts[:, t.COMMA], 4) / 2,
        np.minimum(counts[:, t.DASH], 2) / 2,
    ]
    return np.concatenate((np.stack(shape, axis=1), np.log1p(found.counts(n))), axis=1, dtype=np.float32)


def stem_hashes(batch: Batch, tokens: Tokens) -> Hashes:
    """Hash of each word's first :data:`STEM` characters."""
    return _rolled(batch, tokens.start, tokens.end, STEM)


def affix_hashes(batch: Batch, tokens: Tokens, at: Ints, *, end: bool) -> Hashes:
    """Hash of the first, or the last, :data:`AFFIX` characters of some of the words."""
    start = np.maximum(tokens.end[at] - AFFIX, tokens.start[at]) if end else tokens.start[at]
    return _rolled(batch, start, tokens.end[at], AFFIX)


def _rolled(batch: Batch, start: Ints, end: Ints, most: int) -> Hashes:
    """Hash of the first characters from each start, up to an end."""
    size = end - start
    last = len(batch.folded) - 1
    out = np.zeros(len(size), np.uint64)
    for place in range(most):
        rolled = out * FNV + batch.folded[np.minimum(start + place, last)]
        out = np.where(size > place, rolled, out)
    return out


__all__ = [
    "COLUMNS",
    "PHRASE_BUCKETS",
    "WORD_BUCKETS",
    "Sentences",
    "affix_hashes",
    "shape_evidence",
    "split_sentences",
    "stem_hashes",
    "wording_blocks",
]
