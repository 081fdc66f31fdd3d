"""Line-structured text into one segment a line, for whole batches at once."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import numpy.typing as npt

from newsflag._text import NEWLINE, SPACE, Batch, Bools, Ints

DOC_START: Final = 0
SAME_LINE: Final = 1
NEW_LINE: Final = 2
BLANK_LINE: Final = 3


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """The segments of a batch.

    Parameters
    ----------
    start, end : int64 array, shape (segments,)
        Half-open offsets into the batch's text; sorted, not overlapping, no
        white space at either end.
    doc : int64 array, shape (segments,)
        Number of the text that each segment belongs to.
    gap : int8 array, shape (segments,)
        What stands before the segment: 0 the text's beginning, 1 nothing or
        white space in the same line, 2 a line break, 3 a blank line.
    lead_in : bool array, shape (segments,), optional
        Whether the segment opens with a stock phrase such as "Read more:" or
        is a label such as "Advertisement"; None before lead-ins were looked for.
    """

    start: Ints
    end: Ints
    doc: Ints
    gap: npt.NDArray[np.int8]
    lead_in: Bools | None = None

    def __len__(self) -> int:
        return len(self.start)


def whole_texts(batch: Batch) -> Spans:
    """One segment a text, blank or not, as it is."""
    n = batch.n_docs
    return Spans(batch.doc_start[:-1].copy(), batch.doc_start[1:] - 1, np.arange(n), np.zeros(n, np.int8))


def split_lines(batch: Batch) -> Spans:
    """One segment a non-blank line, from its first to its last non-blank character."""
    classes = batch.classes
    newline = classes == NEWLINE
    carriage = np.flatnonzero((batch.codes[:-1] == 0x0D) & (batch.codes[1:] == 0x0A))
    newline[carriage] = False  # CRLF is one break
    newline[batch.doc_start[1:-1] - 1] = True  # a text that ends in a lone CR still ends there
    solid = np.flatnonzero((classes != SPACE) & (classes != NEWLINE))
    if not len(solid):
        empty = np.zeros(0, np.int64)
        return Spans(empty, empty, empty, np.zeros(0, np.int8))
    breaks_before = np.cumsum(newline, dtype=np.int32)[solid]
    step = np.diff(breaks_before)
    cut = np.flatnonzero(step)
    start = solid[np.concatenate(([0], cut + 1))]
    end = solid[np.concatenate((cut, [len(solid) - 1]))] + 1
    doc = np.searchsorted(batch.doc_start, start, side="right") - 1
    gap = np.empty(len(start), np.int8)
    gap[0] = DOC_START
    gap[1:] = np.where(step[cut] > 1, BLANK_LINE, NEW_LINE)
    gap[1:][doc[1:] != doc[:-1]] = DOC_START
    return Spans(start, end, doc, gap)


def split_spans(spans: Spans, batch: Batch, cuts: Ints) -> Spans:
    """Cut segments further, each cut moved on to the next non-blank character.

    Cuts that fall between segments or at their beginnings change nothing.
    """
    if not len(cuts):
        return spans
    solid = np.flatnonzero((batch.classes != SPACE) & (batch.classes != NEWLINE))
    at = np.searchsorted(solid, cuts)
    cuts = np.setdiff1d(solid[at[at < len(solid)]], spans.start)
    owner = np.searchsorted(spans.start, cuts, side="right") - 1
    inside = cuts < spans.end[owner]
    cuts, owner = cuts[inside], owner[inside]
    start = np.concatenate((spans.start, cuts))
    order = np.argsort(start, kind="stable")
    start = start[order]
    doc = np.concatenate((spans.doc, spans.doc[owner]))[order]
    gap = np.concatenate((spans.gap, np.full(len(cuts), SAME_LINE, np.int8)))[order]
    end = np.concatenate((spans.end, spans.end[owner]))[order]
    # A segment that is cut ends at its last non-blank character before the cut.
    inner = np.flatnonzero(gap[1:] == SAME_LINE)
    end[inner] = solid[np.searchsorted(solid, start[inner + 1]) - 1] + 1
    return Spans(start, end, doc, gap)


__all__ = ["Spans", "split_lines", "split_spans"]
