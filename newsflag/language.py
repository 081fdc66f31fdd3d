"""Which language a text is in: a linear layer over its first words, hashed.

The table is part of the scores' model and knows the languages of our training
texts. A library that knows a hundred (py3langid) was tried: it takes half a
second to load and a third of a millisecond an article, and is no better on
these languages, see ``benchmarks/EXPERIMENTS.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from newsflag import _text as t
from newsflag._text import Batch, Floats, Ints
from newsflag.evidence.hashing import add_rows
from newsflag.evidence.tokens import FNV, Hashes, Tokens, salted
from newsflag.evidence.wording import affix_hashes

BUCKETS: Final = 1 << 12
WORDS: Final = 60
CHARACTERS: Final = 240
"""Words and characters of a text that are looked at, from its first word on."""
ORDERS: Final = (1, 2, 3)
"""Of the n-grams of characters within words and at their edges."""
UNDETERMINED: Final = "und"
"""ISO 639-2 code of a language that is not known."""
SURE: Final = 0.5
"""Probability that a language must have."""

_MASK: Final = np.uint64(BUCKETS - 1)
_BLANK: Final = 0x20
_LETTERS: Final = np.zeros(256, bool)
_LETTERS[[t.LOWER, t.UPPER, t.CASELESS, t.CJK, t.MARK]] = True


def language_features(batch: Batch, tokens: Tokens, doc: Ints) -> tuple[Ints, Ints]:
    """Buckets of each text's first words, their beginnings and ends, its first characters, and the text of each.

    Parameters
    ----------
    doc : int64 array, shape (tokens,)
        Text of each word; sorted.
    """
    letters = np.flatnonzero(tokens.shape != t.DIGIT)
    of_letters = doc[letters]
    rank = np.arange(len(letters)) - np.searchsorted(of_letters, of_letters)
    use = letters[rank < WORDS]
    owner = of_letters[rank < WORDS]
    hashes = (
        salted(tokens.hash[use], 21),
        salted(affix_hashes(batch, tokens, use, end=False), 22),
        salted(affix_hashes(batch, tokens, use, end=True), 23),
    )
    opening = np.flatnonzero(np.diff(owner, prepend=-1))
    texts = owner[opening]
    stop = np.searchsorted(doc, texts, side="right")
    grams, gram_owner = _grams(batch, tokens, tokens.start[use[opening]], stop, texts)
    bucket = np.concatenate([(each & _MASK).astype(np.int64) for each in (*hashes, grams)])
    return bucket, np.concatenate((*(owner,) * len(hashes), gram_owner))


def _grams(batch: Batch, tokens: Tokens, start: Ints, stop: Ints, doc: Ints) -> tuple[Hashes, Ints]:
    """N-grams of each text's first characters; a blank stands for whatever is between words.

    ``stop`` is the token at which each text is over.
    """
    if not len(start):
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    # Up to the last word of the text that begins within reach.
    end = tokens.end[np.minimum(np.searchsorted(tokens.start, start + CHARACTERS), stop) - 1]
    # A blank before each text, one after it.
    length = end - start + 2
    left = np.cumsum(length) - length
    place = np.arange(int(length.sum())) - np.repeat(left, length) + np.repeat(start, length) - 1
    inside = np.clip(place, 0, len(batch.codes) - 1)
    codes = np.where(_LETTERS[batch.classes[inside]], batch.folded[inside], _BLANK).astype(np.uint64)
    codes[left] = codes[left + length - 1] = _BLANK
    owner = np.repeat(doc, length)
    hashes, owners = [], []
    rolled = np.zeros(len(codes), np.uint64)
    for order in range(1, max(ORDERS) + 1):
        rolled = rolled[: len(codes) - order + 1] * FNV + codes[order - 1 :]
        same = owner[: len(rolled)] == owner[order - 1 :]
        solid = codes[: len(rolled)] != _BLANK
        if order > 1:
            # Blanks only at the edges.
            solid |= codes[order - 1 :] != _BLANK
            for within in range(1, order - 1):
                solid &= codes[within : within + len(rolled)] != _BLANK
        keep = same & solid
        hashes.append(salted(rolled[keep], 24 + order))
        owners.append(owner[: len(rolled)][keep])
    return np.concatenate(hashes), np.concatenate(owners)


def detect(
    batch: Batch, tokens: Tokens, doc: Ints, n_docs: int, table: Floats, bias: Floats, codes: Sequence[str]
) -> list[str]:
    """Language of each text as its ISO 639-1 code, :data:`UNDETERMINED` where no language is likely enough.

    Parameters
    ----------
    doc : int64 array, shape (tokens,)
        Text of each word; sorted.
    table, bias : float32 arrays, shapes (BUCKETS, languages) and (languages,)
    codes : sequence of str
        Of the columns.
    """
    bucket, owner = language_features(batch, tokens, doc)
    total = np.zeros((n_docs, table.shape[1]), np.float32)
    order = np.argsort(owner, kind="stable")
    add_rows(total, owner[order], bucket[order], table)
    number = np.bincount(owner, minlength=n_docs)
    logits = total / np.sqrt(np.maximum(number, 1))[:, None] + bias
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    best = shares.argmax(axis=1)
    sure = (number > 0) & (shares[np.arange(n_docs), best] >= SURE)
    return [codes[at] if known else UNDETERMINED for at, known in zip(best.tolist(), sure.tolist(), strict=True)]


__all__ = ["BUCKETS", "SURE", "UNDETERMINED", "WORDS", "detect", "language_features"]
