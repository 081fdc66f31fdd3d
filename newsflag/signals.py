"""Credibility signals: what a reader can check in an article's own text.

Names follow the W3C Credible Web group's draft "Credibility Signals" (2019)
and the indicators of the Credibility Coalition (Zhang et al. 2018) where these
have one: title representativeness, quotes, citation of organisations and
studies, calibration of confidence, emotionally charged tone, number of ads and
social calls. A signal is a count of something, not a judgement.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from newsflag import _text as t
from newsflag._text import Batch, Bools, Doubles, Floats, Ints
from newsflag.evidence import cues
from newsflag.evidence.wording import Sentences
from newsflag.segmentation.lines import SAME_LINE, Spans

_PER_100: Final = (
    ("citations", "named"),
    ("vague_sources", "vague"),
    ("hedges", "hedges"),
    ("certainty", "certainty"),
    ("superlatives", "superlatives"),
    ("second_person", "second_person"),
)
SIGNALS: Final = (
    "quotes",
    "attribution",
    *(name for name, _ in _PER_100),
    "emotional_tone",
    "persuasive_tone",
    "title_representativeness",
    "promos",
)
"""Every signal: ``quotes`` is the share of the article's own characters inside quotation marks;
``attribution`` the share of its sentences that are quoted or attributed to someone;
``citations``, ``vague_sources``, ``hedges``, ``certainty``, ``superlatives`` and ``second_person`` are cues per
100 words; ``emotional_tone`` and ``persuasive_tone`` the shares of its sentences that are rather sensational and
rather persuasive than not; ``title_representativeness`` the share of the title's content words that the text takes
up; ``promos`` the share of all characters that are in promos."""

_QUOTES: Final = np.zeros(256, bool)
_QUOTES[[t.OPENING_QUOTE, t.CLOSING_QUOTE, t.STRAIGHT_QUOTE]] = True
_CLOSING_GUILLEMET: Final = 0xBB  # counted as an arrow elsewhere


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Own:
    """The part of each article that signals are about: its own sentences.

    Parameters
    ----------
    kept : bool array, shape (sentences,)
        Sentences of kept segments, titles left out.
    doc : int64 array, shape (sentences,)
    n_docs : int
    """

    kept: Bools
    doc: Ints
    n_docs: int

    def total(self, values: Floats | Doubles | Bools | Ints) -> Doubles:
        """Sum of a value over each article's own sentences."""
        return np.asarray(np.bincount(self.doc[self.kept], values[self.kept], minlength=self.n_docs), np.float64)

    @property
    def sentences(self) -> Doubles:
        """How many there are, at least 1."""
        return np.maximum(np.bincount(self.doc[self.kept], minlength=self.n_docs), 1).astype(np.float64)


def signal_values(
    batch: Batch,
    spans: Spans,
    sentences: Sentences,
    found: cues.Found,
    own: Own,
    tone: tuple[Floats, Floats],
    represented: Doubles,
    promo: Bools,
) -> Doubles:
    """One row an article, one column a name of :data:`SIGNALS`.

    Parameters
    ----------
    tone : pair of float32 arrays, shape (sentences,)
        Log-odds of sensational and of persuasive wording.
    represented : float64 array, shape (articles,)
        Of the title, 0…1; nan where there is none.
    promo : bool array, shape (segments,)
    """
    n = len(sentences)
    quoted = _quoted(batch, sentences, spans)
    size = (sentences.end - sentences.start).astype(np.float64)
    words = np.maximum(own.total(np.bincount(sentences.word, minlength=n)), 1)
    by_cue = found.counts(n)
    attributed = (by_cue[:, cues.CUES.index("attribution")] > 0) | (quoted > 0.5 * size) | (quoted >= 20)
    characters = np.bincount(spans.doc, spans.end - spans.start, minlength=own.n_docs)
    promos = np.bincount(spans.doc, (spans.end - spans.start) * promo, minlength=own.n_docs)
    columns = [
        own.total(quoted) / np.maximum(own.total(size), 1),
        own.total(attributed) / own.sentences,
        *(100 * own.total(by_cue[:, cues.CUES.index(cue)]) / words for _, cue in _PER_100),
        own.total(tone[0] > 0) / own.sentences,
        own.total(tone[1] > 0) / own.sentences,
        represented,
        promos / np.maximum(characters, 1),
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _quoted(batch: Batch, sentences: Sentences, spans: Spans) -> Doubles:
    """Characters of each sentence that are inside quotation marks, which open and close in turn within a line."""
    mark = _QUOTES[batch.classes] | (batch.codes == _CLOSING_GUILLEMET)
    at = np.flatnonzero(mark)
    if not len(at):
        return np.zeros(len(sentences))
    total = np.zeros(len(mark) + 1, np.int64)
    np.cumsum(mark, out=total[1:])
    # Segments that follow in the same line go on with the quotation: lines are what counts.
    begins = np.flatnonzero(spans.gap != SAME_LINE)
    line = np.searchsorted(begins, np.arange(len(spans)), side="right") - 1
    line_start = spans.start[begins][line]
    line_end = np.append(spans.end[begins[1:] - 1], spans.end[-1])[line]
    owner = np.searchsorted(spans.start, at, side="right") - 1
    opens = (total[at] - total[line_start[owner]]) % 2 == 0
    stop = np.minimum(np.append(at[1:], len(mark)), line_end[owner])
    inside = np.zeros(len(mark) + 1, np.int64)
    np.add.at(inside, at[opens], 1)
    np.add.at(inside, np.maximum(stop[opens], at[opens]), -1)
    running = np.zeros(len(mark) + 2, np.int64)
    np.cumsum(np.cumsum(inside), out=running[1:])
    return (running[sentences.end] - running[sentences.start]).astype(np.float64)


__all__ = ["SIGNALS", "Own", "signal_values"]
