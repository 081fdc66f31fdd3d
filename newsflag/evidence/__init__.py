"""Segments into evidence: wording, surface and topic of each, and its context."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from newsflag._text import Batch, Floats
from newsflag.evidence import context, surface, topic
from newsflag.evidence.hashing import Block, character_blocks, word_blocks
from newsflag.evidence.tokens import Tokens, tokenize
from newsflag.kinds import INSERTION_KINDS, KINDS
from newsflag.segmentation.lines import Spans

_IN_DOCUMENT: Final = ("blank_before", "blank_after", "same_line_before", "same_line_after")
ALONE_COLUMNS: Final = tuple(name for name in surface.COLUMNS if name not in _IN_DOCUMENT)
"""Surface columns that depend on nothing but the segment's own text."""

INPUT_COLUMNS: Final = (
    *surface.COLUMNS,
    *(f"topic_{name}" for name in topic.COLUMNS),
    *(f"alone_{kind}" for kind in KINDS),
    *(f"place_{name}" for name in context.PLACE_COLUMNS),
    *(
        f"{side}{step}_{name}"
        for step in range(1, context.REACH + 1)
        for side in ("before", "after")
        for name in context.NEIGHBOUR_COLUMNS
    ),
)
"""Names of the inputs of the layer that judges a segment in context."""

N_INSERTIONS: Final = len(INSERTION_KINDS)
_ALONE: Final = [surface.COLUMNS.index(name) for name in ALONE_COLUMNS]
_FLOOR: Final = 1e-4
"""Least probability of a kind that the context layer is told of; keeps its logarithm bounded."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Own:
    """What each segment shows by itself, before any model has looked at it."""

    tokens: Tokens
    surface: Floats
    characters: list[Block]
    words: list[Block]

    @property
    def alone(self) -> Floats:
        """The surface columns named by :data:`ALONE_COLUMNS`."""
        return self.surface[:, _ALONE]


def own_evidence(batch: Batch, spans: Spans) -> Own:
    """Look at each segment by itself."""
    tokens = tokenize(batch, spans)
    return Own(
        tokens,
        surface.surface_evidence(batch, spans, tokens),
        character_blocks(batch, spans),
        word_blocks(spans, tokens),
    )


def inputs(surface_: Floats, topic_: Floats, kinds: Floats, spans: Spans, tokens: Tokens) -> Floats:
    """Everything the context layer sees of each segment, shape (segments, ``INPUT_COLUMNS``).

    Parameters
    ----------
    surface_, topic_ : float32 arrays, shape (segments, …)
    kinds : float32 array, shape (segments, kinds)
        Each segment's verdict alone, as probabilities.
    """
    insertion = kinds[:, -N_INSERTIONS:].sum(1)
    shown = context.neighbour_evidence(np.sqrt(kinds), surface_, topic_, spans)
    return np.concatenate(
        (
            surface_,
            topic_,
            np.log(np.maximum(kinds, _FLOOR)) / 3,
            context.place_evidence(insertion, surface_, spans, tokens),
            context.around(shown, spans),
        ),
        axis=1,
        dtype=np.float32,
    )


__all__ = ["ALONE_COLUMNS", "INPUT_COLUMNS", "Own", "inputs", "own_evidence"]
