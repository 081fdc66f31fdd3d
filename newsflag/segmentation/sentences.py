"""Flattened lines into sentences: where newlines were lost, find where segments begin.

Three kinds of places count: after an end mark, where nltk's Punkt decides with
parameters of our own (``models/sentences.json``); at separators such as ``-``
or ``•`` that part list entries; and where a headline without an end mark is
glued to what follows, which a trained layer judges (see ``_boundaries``).
Offsets are code points of the line as given; the line is never altered.
"""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from newsflag._resources import models_folder
from newsflag.errors import ModelError, ModelNotFoundError
from newsflag.segmentation._boundaries import (
    CLOSERS,
    END_MARKS,
    HABIT_BITS,
    N_HABITS,
    OPENERS,
    SECOND_BITS,
    describe,
    find_gaps,
    second_look,
)

if TYPE_CHECKING:
    from nltk.tokenize.punkt import PunktSentenceTokenizer

FORMAT: Final = 1
# A line is taken for flattened from this length and number of sentence ends.
# Swept 1000-2200 characters and 5-12 ends on silver pages: at 1500 and 9, 0.14 %
# of their 27,900 real paragraphs would be split, and 86 % of their articles are
# caught when joined to one line (what is missed is short); on the unseen gold
# pages 0.27 % and 90 %, on raw articles 0.05 % and 100 %. At 1000 three to five
# times as many paragraphs would be split for 6 % more articles.
FLAT_CHARS: Final = 1500
FLAT_ENDS: Final = 9
# A text that is one line only has no paragraph to compare it with; it is
# flattened or a single paragraph, and splitting the latter costs little.
ALONE_CHARS: Final = 600
ALONE_ENDS: Final = 4
# A Chinese or Japanese character says as much as this many Latin ones. Swept
# 2-3: 58, 75, 83 % of joined articles in these scripts are caught.
CJK_WEIGHT: Final = 3.0
CHUNK: Final = 1 << 18
# Classes of newsflag.training.punkt.habit_classes: 85 % lower-case, 3 % at the beginning.
MOSTLY_LOWER: Final = 4
OFTEN_FIRST: Final = 4

_EDGES: Final = END_MARKS + CLOSERS + OPENERS + ",:;"
# A name follows these; no sentence ends with them.
_TITLES_TEXT: Final = (
    "mr mrs ms dr prof rev rep reps sen sens gov gen lt col capt sgt maj adm hon messrs sr sra srta mme mlle vs "
)
_TITLES: Final = frozenset(_TITLES_TEXT.split())

_LATIN_ENDS: Final = ".!?…؟۔।॥"
_WIDE_ENDS: Final = "。！？"
_CLOSE: Final = re.escape(CLOSERS)
# An end mark with its closing quotes, then white space, then the next token.
# The bounds keep long runs of marks from costing quadratic time.
_END: Final = re.compile(rf"(?<![{_LATIN_ENDS}])[{_LATIN_ENDS}][{_LATIN_ENDS}{_CLOSE}]{{0,20}}\s+(?=(\S{{1,60}}))")
_WIDE_END: Final = re.compile(rf"[{_WIDE_ENDS}][{_WIDE_ENDS}{_CLOSE}]*\s*(?=\S)")
_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CJK_GAP: Final = re.compile(rf"(?<=[{_CJK}])\s+(?=[{_CJK}「『【])")
_CJK_CHAR: Final = re.compile(f"[{_CJK}]")
# An end mark glued to the next sentence: "both sides.Another point".
_GLUED_END: Final = re.compile(r"(?<=[^\W\d_A-Z]{3})[.!?…][”’\"»)]*(?=[“„«\"]?[A-ZÀ-ÖØ-Þ][^\W\d_A-Z]+[\s,])")
# Bullets have no use inside a sentence, unlike dashes and bars.
_BULLET: Final = re.compile(r"(?<=\s)[•●▪◦‣■►▶▸➤](?=\s+(\S))")
_SENTENCE_END: Final = re.compile(rf"[{_LATIN_ENDS}][{_CLOSE}]*(?=\s|$)|[{_WIDE_ENDS}]")


def array_hash(*arrays: NDArray[Any]) -> str:
    """Hash of arrays' content, as the model file names it."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


# A mark that stands by itself between two words, as before the entries of a flattened list.
_LIST_MARK: Final = re.compile(r"(?<!\S)([-–—•·*|▪■●]|\*{2,}|_{2,}|-{2,})\s+(?=\S)")
LONGEST_ITEM: Final = 400
"""Characters of a list's entry at most; the longest teaser of the training pages has about 350."""


class SentenceModel:
    """Punkt parameters and gap weights, read from their files and checked.

    Parameters
    ----------
    facts : Mapping
        The content of ``sentences.json``.
    weights : int8 array, shape (2 ** bits,)
        Weights of the gap layer, in units of the ``scale`` that ``facts`` names.
    second : int8 array, shape (2 ** 13,)
        Weights of the second look, in units of ``second_scale``.
    habits : uint8 array, shape (3, 2 ** 16)
        How words are written, see :func:`newsflag.segmentation._boundaries.find_gaps`.
    """

    def __init__(
        self, facts: Mapping[str, Any], weights: NDArray[Any], second: NDArray[Any], habits: NDArray[Any]
    ) -> None:
        try:
            if facts["format"] != FORMAT:
                raise ModelError(f"sentence model has format {facts['format']!r}, but this newsflag reads {FORMAT}")
            self.bits = int(facts["gaps"]["bits"])
            scale = float(facts["gaps"]["scale"])
            second_scale = float(facts["gaps"]["second_scale"])
            self.bias = float(facts["gaps"]["bias"])
            self.second_bias = float(facts["gaps"]["second_bias"])
            self.threshold = float(facts["gaps"]["threshold"])
            punkt = facts["punkt"]
            self.abbreviations = frozenset(punkt["abbreviations"])
            self.collocations = frozenset((a, b) for a, b in punkt["collocations"])
            self.starters = frozenset(punkt["starters"])
            self.orthography = {word: int(flag) for flag, words in punkt["orthography"].items() for word in words}
            expected = facts["gaps"]["sha256"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError(f"sentence model is damaged: {error!r}") from error
        if not all(map(math.isfinite, (scale, second_scale, self.bias, self.second_bias, self.threshold))):
            raise ModelError("sentence model is damaged: a number in it is not finite")
        if weights.dtype != np.int8 or weights.shape != (1 << self.bits,):
            raise ModelError("sentence model is damaged: its weights have a wrong type or shape")
        if second.dtype != np.int8 or second.shape != (1 << SECOND_BITS,):
            raise ModelError("sentence model is damaged: its second weights have a wrong type or shape")
        if habits.dtype != np.uint8 or habits.shape != (N_HABITS, 1 << HABIT_BITS):
            raise ModelError("sentence model is damaged: its word habits have a wrong type or shape")
        if array_hash(weights, second, habits) != expected:
            raise ModelError("sentence model is damaged: its arrays don't match the hash beside them")
        self.weights = weights.astype(np.float32) * np.float32(scale)
        self.second = second.astype(np.float32) * np.float32(second_scale)
        self.habits = habits

    @classmethod
    def load(cls, directory: Path | None = None) -> SentenceModel:
        """Read the model of a directory; without one, the model shipped."""
        directory = models_folder() if directory is None else directory
        try:
            facts = json.loads((directory / "sentences.json").read_text("utf-8"))
            # Read at once: np.load leaves a damaged file open.
            content = io.BytesIO((directory / "sentences.npz").read_bytes())
            with np.load(content, allow_pickle=False) as arrays:
                weights, second, habits = arrays["weights"], arrays["second"], arrays["habits"]
        except FileNotFoundError as error:
            raise ModelNotFoundError(f"no sentence model in {directory}: {error.filename} is missing") from error
        except Exception as error:
            raise ModelError(f"sentence model in {directory} can't be read: {error}") from error
        return cls(facts, weights, second, habits)

    @functools.cached_property
    def punkt(self) -> PunktSentenceTokenizer:
        """A Punkt tokenizer with our parameters; the first use imports nltk."""
        from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

        params = PunktParameters()
        params.abbrev_types = set(self.abbreviations)
        params.collocations = set(self.collocations)
        params.sent_starters = set(self.starters)
        params.ortho_context.update(self.orthography)
        return PunktSentenceTokenizer(params)

    def gap_scores(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Judge the gaps of a text: their starts, their separators, their log odds."""
        gaps = find_gaps(text, self.bits, self.habits)
        first = self.weights[gaps.features].sum(axis=1, dtype=np.float32) + np.float32(self.bias)
        rows = second_look(gaps, first)
        scores = self.second[rows].sum(axis=1, dtype=np.float32) + np.float32(self.second_bias)
        return gaps.starts, gaps.separators, scores

    @functools.cached_property
    def _decided(self) -> dict[tuple[str, str], bool]:
        return {}

    def ends_sentence(self, token: str, following: str) -> bool:
        """Whether the period that closes ``token`` ends a sentence before ``following``."""
        core = token.strip(_EDGES)
        lower = core.lower()
        if lower in _TITLES or (len(core) <= 4 and core.istitle() and following[:1].isdigit()):
            return False
        doubtful = (
            lower in self.abbreviations or len(core) < 2 or not core.isalpha() or token.endswith("..")
        )  # fmt: skip
        if not doubtful:
            # Punkt's own verdict on an ordinary word, without the cost of asking.
            return (lower, following.strip(_EDGES).lower()) not in self.collocations
        key = (token, following)
        known = self._decided.get(key)
        if known is None:
            if len(self._decided) > 100_000:
                self._decided.clear()
            known = bool(self.punkt.text_contains_sentbreak(f"{token} {following}"))
            short = len(core) < 3 and core.isalnum() and not core.isupper()
            if known and (lower in self.abbreviations or "." in core or short) and token[-1:] not in CLOSERS:
                # Punkt believes too readily that "U.S." or "1." ends a sentence:
                # what follows must be a word that is seldom capitalised otherwise.
                casing, _ends, begins = self.habits[:, describe(following).word & ((1 << HABIT_BITS) - 1)]
                known = casing >= MOSTLY_LOWER and begins >= OFTEN_FIRST
            self._decided[key] = bool(known)
        return bool(known)


@functools.cache
def shipped_model() -> SentenceModel:
    """Load the shipped model once."""
    return SentenceModel.load()


def looks_flattened(line: str, *, alone: bool = False) -> bool:
    """Whether a line holds several paragraphs that lost their line breaks.

    Parameters
    ----------
    line : str
    alone : bool
        Whether the line is all there is of its text: then a shorter one is
        enough.

    Examples
    --------
    >>> looks_flattened("A short line.")
    False
    >>> looks_flattened("This is a sentence of a long article that lost its line breaks, once upon a time. " * 30)
    True
    """
    chars, ends = (ALONE_CHARS, ALONE_ENDS) if alone else (FLAT_CHARS, FLAT_ENDS)
    size = float(len(line))
    if size * CJK_WEIGHT < chars:
        return False
    if size < chars:
        if line.isascii():
            return False
        size += (CJK_WEIGHT - 1) * sum(1 for _ in _CJK_CHAR.finditer(line[:chars]))
        if size < chars:
            return False
    return next(itertools.islice(_SENTENCE_END.finditer(line), ends - 1, None), None) is not None


def sentence_starts(line: str, model: SentenceModel | None = None, *, threshold: float | None = None) -> list[int]:
    """Offsets at which a new segment begins in a flattened line, 0 left out.

    Parameters
    ----------
    line : str
        A line of text; it may hold anything, line breaks included.
    model : SentenceModel, optional
        Another model than the shipped one.
    threshold : float, optional
        Log odds that a boundary without an end mark must have; ``None`` takes
        the model's own.

    Returns
    -------
    list of int
        Sorted offsets of non-blank characters, greater than 0.

    Examples
    --------
    >>> sentence_starts("It rained. Nobody came.")
    [11]
    """
    model = shipped_model() if model is None else model
    threshold = model.threshold if threshold is None else threshold
    starts: set[int] = set()
    begin, ended = 0, False
    while begin < len(line):
        if ended and not line[begin].isspace():
            starts.add(begin)
        stop, ended = _chunk_end(line, begin)
        starts.update(begin + offset for offset in _starts(line[begin:stop], model, threshold))
        begin = stop
    first = len(line) - len(line.lstrip())
    return sorted(offset for offset in starts if offset > first)


def _chunk_end(line: str, begin: int) -> tuple[int, bool]:
    """Where a chunk ends, and whether a sentence ends there: very long lines are worked off in parts."""
    stop = begin + CHUNK
    if stop >= len(line):
        return len(line), False
    tail = line[stop - 4096 : stop]
    found = None
    for found in re.finditer(r"[^\W\d_]{4}[.!?]\s+(?=\S)|[。！？](?=\w)", tail):  # noqa: B007 - the last one is wanted
        pass
    if found is not None:
        return stop - 4096 + found.end(), True
    blank = max(tail.rfind(" "), tail.rfind("\t"), tail.rfind("\xa0"))
    return (stop - 4095 + blank, False) if blank >= 0 else (stop, False)


def _starts(text: str, model: SentenceModel, threshold: float) -> set[int]:
    starts: set[int] = set()
    for match in _END.finditer(text):
        following = match[1]
        letter = next((c for c in following if c.isalnum()), "")
        if letter.islower() or (not letter and following[0] in END_MARKS):
            continue
        if text[match.start()] == "." and letter:
            at = match.start()
            # A run without white space can be of any length: the last 60 characters decide.
            word = text[max(0, at - 60) : at].rsplit(None, 1)[-1:] if at and not text[at - 1].isspace() else []
            tail = match[0].rstrip()
            if not model.ends_sentence((word[0] if word else "") + tail[:10], following):
                continue
        starts.add(match.end())
    if not text.isascii():
        starts.update(match.end() for match in _WIDE_END.finditer(text))
        wide = len(_CJK_CHAR.findall(text))
        if wide:
            gaps = [match.end() for match in _CJK_GAP.finditer(text)]
            if len(gaps) * 8 < wide:
                starts.update(gaps)
        for match in _BULLET.finditer(text):
            starts.update((match.start(), match.start(1)))
    starts.update(match.end() for match in _GLUED_END.finditer(text))
    begins, separators, scores = model.gap_scores(text)
    chosen = scores > threshold
    starts.update(begins[chosen].tolist())
    starts.update(separators[chosen & (separators >= 0)].tolist())
    starts = {offset for offset in starts if offset < len(text) and not text[offset].isspace()}
    return _with_whole_items(text, starts)


def _with_whole_items(text: str, starts: set[int]) -> set[int]:
    """Keep the entries of a list whole: between two marks of the same sort, sentences are not split.

    Two marks that are separators make a list; then every other of the same
    sort that stands before a capital is one too.
    """
    marks: dict[str, list[tuple[int, int]]] = {}
    for match in _LIST_MARK.finditer(text):
        marks.setdefault(match[1], []).append((match.start(1), match.end()))
    for places in marks.values():
        if sum(start in starts for start, _ in places) < 2:
            continue
        listed = [(start, end) for start, end in places if start in starts or not text[end].islower()]
        starts.update(offset for place in listed for offset in place)
        for (_, begin), (stop, _) in itertools.pairwise(listed):
            if stop - begin <= LONGEST_ITEM:
                starts.difference_update([offset for offset in starts if begin < offset < stop])
    return starts


__all__ = ["SentenceModel", "looks_flattened", "sentence_starts", "shipped_model"]
