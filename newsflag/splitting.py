"""Segments and evidence into kinds: the splitter as one pure function."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np

from newsflag import _text as t
from newsflag._text import Batch, Floats, Ints, make_batch
from newsflag.evidence import N_INSERTIONS, Own, inputs, own_evidence
from newsflag.evidence.context import verdict_evidence
from newsflag.evidence.topic import topic_evidence
from newsflag.kinds import KINDS
from newsflag.marking import Marked, Pages, mark
from newsflag.model import network
from newsflag.model.pages import PageModel
from newsflag.model.store import Model
from newsflag.reasons import SEPARATOR_LOG_ODDS
from newsflag.segmentation import segment
from newsflag.segmentation.lines import Spans

_CUT: Final = len(KINDS) - N_INSERTIONS
_ONLY_MARKS: Final = (
    t.DASH,
    t.BULLET,
    t.OPERATOR,
    t.ARROW,
    t.SLASH,
    t.HASH,
    t.PERIOD,
    t.APOSTROPHE,
    t.OTHER,
    t.ELLIPSIS,
)
_SOLID: Final = np.ones(256, bool)
_SOLID[[*_ONLY_MARKS, t.SPACE, t.NEWLINE]] = False
_SEPARATOR_KINDS: Final = (0.0025 / (len(KINDS) - 1), 0.9975)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What the splitter makes of a batch.

    Parameters
    ----------
    own, topic : evidence, as reasons and scores need it too
    alone : float32 array, shape (segments, kinds)
        Logits without context.
    scaled, verdicts : float32 arrays
        What the networks saw.
    kinds : float32 array, shape (segments, kinds)
        Calibrated probabilities.
    log_odds : float32 array, shape (segments,)
        Of an insertion.
    separators : int64 array
        Segments of nothing but dashes, bullets, stars and the like.
    text_log_odds : float32 array, shape (segments,)
        Of an insertion by the text alone: the same as ``log_odds`` where there is no markup.
    marked : Marked or None
        What the markup made of it, for texts of pages.
    """

    batch: Batch
    spans: Spans
    own: Own
    topic: Floats
    alone: Floats
    scaled: Floats
    verdicts: Floats
    kinds: Floats
    log_odds: Floats
    separators: Ints
    text_log_odds: Floats
    marked: Marked | None = None

    def best(self, threshold: float) -> Ints:
        """Kind of each segment: the best insertion kind from the threshold on, else the best kept kind."""
        inserted = self.insertion >= threshold
        best = np.where(inserted, self.kinds[:, _CUT:].argmax(1) + _CUT, self.kinds[:, :_CUT].argmax(1))
        return np.asarray(best, np.int64)

    @property
    def insertion(self) -> t.Doubles:
        """Score of each segment, 0…1."""
        return np.asarray(1 / (1 + np.exp(-self.log_odds.astype(np.float64))))


def split(
    texts: Sequence[str],
    sentences: str,
    model: Model,
    pages: Pages | None = None,
    page_model: PageModel | None = None,
) -> Split | None:
    """Split texts and judge every segment; None where there is nothing but white space.

    Parameters
    ----------
    texts : sequence of str
    sentences : str
        See :class:`newsflag.Config`.
    model : Model
    pages, page_model : optional
        The pages that the texts were read from, and what judges by their markup.
    """
    batch = make_batch(texts)
    spans = segment(batch, sentences)
    if not len(spans):
        return None
    own = own_evidence(batch, spans)
    alone = network.alone_logits(own, model)
    topic = topic_evidence(batch, spans, own.tokens, model.idf)
    evidence = inputs(own.surface, topic, network.softmax(alone), spans, own.tokens)
    scaled = network.standardise(evidence, model)
    first = network.forward(scaled, model.first)
    verdicts = verdict_evidence(network.softmax(first), own.surface, spans, own.tokens)
    logits = network.forward(network.second_inputs(scaled, first, verdicts), model.second)
    kinds, log_odds = network.calibrated(logits, model)
    text_log_odds, marked = log_odds, None
    if pages is not None and page_model is not None:
        marked = mark(pages, batch, spans, own, kinds, log_odds, page_model)
        kinds, log_odds = marked.kinds.copy(), marked.log_odds.copy()
    separators = np.flatnonzero(_separators(batch, spans))
    kinds[separators] = _SEPARATOR_KINDS[0]
    kinds[separators, KINDS.index("interface")] = _SEPARATOR_KINDS[1]
    log_odds[separators] = SEPARATOR_LOG_ODDS
    return Split(batch, spans, own, topic, alone, scaled, verdicts, kinds, log_odds, separators, text_log_odds, marked)


def _separators(batch: Batch, spans: Spans) -> t.Bools:
    solid = np.flatnonzero(_SOLID[batch.classes])
    return np.asarray(np.diff(np.searchsorted(solid, np.append(spans.start, len(batch.classes)))) == 0)


__all__ = ["Split", "split"]
