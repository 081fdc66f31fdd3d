"""Cues: words and short phrases of each language that point to a way of writing.

The lists (``lexicon/*.json``, a language a file) were written for newsflag; no
published lexicon went into them. A cue is looked up in the lists of the
article's own language only: "die" is an article in German and a verb in English.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import Final

import numpy as np

from newsflag._text import Ints, make_batch
from newsflag.evidence.tokens import FNV, Hashes, Tokens, tokenize
from newsflag.segmentation.lines import whole_texts

CUES: Final = (
    "attribution",
    "vague",
    "named",
    "hedges",
    "certainty",
    "superlatives",
    "emotive",
    "second_person",
    "forward",
    "urgency",
    "conspiracy",
)
"""Every sort of cue, in the order of all tables."""

LONGEST: Final = 10
"""Words of a phrase at most; a Chinese or Japanese character is a word here."""

_FOLDER: Final = Path(__file__).parent / "lexicon"
_UNKNOWN: Final = -1
_SALT: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Cues in a text: the sentence of each, its number in :data:`CUES`, and where it stands in the batch."""

    sentence: Ints
    cue: Ints
    start: Ints
    end: Ints

    def counts(self, n: int) -> Ints:
        """How often each cue stands in each of ``n`` sentences, shape (n, cues)."""
        number = np.bincount(self.sentence * len(CUES) + self.cue, minlength=n * len(CUES))
        return number.reshape(n, len(CUES))


@functools.cache
def languages() -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that have lists."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def code(language: str) -> int:
    """Number of a language, -1 for one without lists."""
    return languages().index(language) if language in languages() else _UNKNOWN


def find(tokens: Tokens, sentence: Ints, language: Ints) -> Found:
    """Look for every cue of each sentence's language.

    Parameters
    ----------
    sentence : int64 array, shape (tokens,)
        Sentence of each word; a phrase lies within one.
    language : int64 array, shape (sentences,)
        As :func:`code` numbers them.
    """
    parts = []
    salt = (language.astype(np.uint64) + np.uint64(1)) * _SALT
    known = language >= 0
    for size, (keys, cue) in _tables().items():
        n = len(tokens.hash) - size + 1
        if n <= 0:
            continue
        owner = sentence[:n]
        hashes = _rolled(tokens.hash, size) + salt[owner]
        place = np.searchsorted(keys, hashes)
        place[place == len(keys)] = 0
        hit = np.flatnonzero((keys[place] == hashes) & (owner == sentence[size - 1 :]) & known[owner])
        parts.append((owner[hit], cue[place[hit]], tokens.start[hit], tokens.end[hit + size - 1]))
    if not parts:
        none = np.zeros(0, np.int64)
        return Found(none, none, none, none)
    return Found(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _rolled(hashes: Hashes, size: int) -> Hashes:
    """One hash for each run of ``size`` words."""
    n = len(hashes) - size + 1
    out = np.zeros(n, np.uint64)
    for place in range(size):
        out = out * FNV + hashes[place : place + n]
    return out


@functools.cache
def _tables() -> dict[int, tuple[Hashes, Ints]]:
    """For each number of words: sorted hashes of the phrases, and the cue of each."""
    entries: dict[int, dict[int, int]] = {}
    for number, language in enumerate(languages()):
        lists = json.loads((_FOLDER / f"{language}.json").read_text("utf-8"))
        phrases = [(phrase, cue) for cue, name in enumerate(CUES) for phrase in lists[name]]
        batch = make_batch([phrase for phrase, _ in phrases])
        tokens = tokenize(batch, whole_texts(batch))
        for row, (_, cue) in enumerate(phrases):
            words = tokens.hash[tokens.first[row] : tokens.first[row + 1]]
            if 0 < len(words) <= LONGEST:
                key = (int(_rolled(words, len(words))[0]) + (number + 1) * int(_SALT)) % 2**64
                entries.setdefault(len(words), {}).setdefault(key, cue)
    tables = {}
    for size, cues in sorted(entries.items()):
        keys = np.array(sorted(cues), np.uint64)
        tables[size] = keys, np.array([cues[int(key)] for key in keys], np.int64)
    return tables


__all__ = ["CUES", "LONGEST", "Found", "code", "find", "languages"]
