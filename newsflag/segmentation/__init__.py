"""Text into segments: lines, sentences where lines were lost, and inline lead-ins."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from newsflag._text import Batch
from newsflag.segmentation.leadins import find_lead_ins
from newsflag.segmentation.lines import Spans, split_lines, split_spans
from newsflag.segmentation.sentences import ALONE_CHARS, CJK_WEIGHT, FLAT_CHARS, looks_flattened, sentence_starts


def segment(batch: Batch, sentences: str = "auto") -> Spans:
    """Split a batch of texts into segments.

    Parameters
    ----------
    batch : Batch
    sentences : {"auto", "always", "never"}
        Which lines are split into sentences, see :class:`newsflag.Config`.

    Returns
    -------
    Spans
        Sorted, not overlapping, covering every non-blank character.
    """
    spans = split_lines(batch)
    if not len(spans):
        return spans
    # Text by text: what is looked for looks ahead, and must not see another article.
    begin = batch.doc_start.tolist()
    lead_ins = [
        (start + first, start + last)
        for start, end in itertools.pairwise(begin)
        for first, last in find_lead_ins(batch.text[start : end - 1])
    ]
    if sentences != "never":
        cuts = [offset for span in lead_ins for offset in span]
        cuts += _sentence_cuts(batch.text, spans, always=sentences == "always")
        spans = split_spans(spans, batch, np.array(cuts, np.int64))
    return mark_lead_ins(spans, lead_ins)


def mark_lead_ins(spans: Spans, lead_ins: Sequence[tuple[int, int]]) -> Spans:
    """Say which segments a lead-in opens; a bullet or bracket before it is part of it."""
    starts = np.array([start for start, _ in lead_ins], np.int64)
    return dataclasses.replace(spans, lead_in=np.isin(spans.start, starts))


def _sentence_cuts(text: str, spans: Spans, *, always: bool) -> list[int]:
    size = spans.end - spans.start
    # A text of one line has lost its lines sooner than a line among others.
    lonely = np.bincount(spans.doc)[spans.doc] == 1
    least = np.where(lonely, ALONE_CHARS, FLAT_CHARS) / CJK_WEIGHT
    candidates = np.arange(len(spans)) if always else np.flatnonzero(size >= least)
    cuts: list[int] = []
    for number in candidates.tolist():
        start, end = int(spans.start[number]), int(spans.end[number])
        line = text[start:end]
        if always or looks_flattened(line, alone=bool(lonely[number])):
            cuts += [start + offset for offset in sentence_starts(line)]
    return cuts


__all__ = ["Spans", "mark_lead_ins", "segment"]
