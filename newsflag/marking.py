"""The stage that pages have and plain texts lack: what the markup makes of the text's verdicts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from newsflag._text import Batch, Floats
from newsflag.evidence import N_INSERTIONS, Own
from newsflag.evidence.markup import (
    Names,
    Tree,
    markup_evidence,
    name_evidence,
    page_inputs,
    plant,
    tree_evidence,
    weigh_names,
)
from newsflag.markup.page import Page
from newsflag.model import network
from newsflag.model.pages import PageModel
from newsflag.segmentation.lines import Spans


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """The pages that a batch of texts was read from.

    Parameters
    ----------
    pages : sequence of Page
    urls : sequence of str or None
        Their addresses, where they are known.
    """

    pages: Sequence[Page]
    urls: Sequence[str | None]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the markup shows, before the page's model has looked at it.

    Parameters
    ----------
    tree : Tree
    markup, around : float32 arrays, shape (segments, …)
        Columns of :data:`~newsflag.evidence.markup.MARKUP_COLUMNS` and of ``TREE_COLUMNS``.
    names : Names
    """

    tree: Tree
    markup: Floats
    around: Floats
    names: Names


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """What came out, with what reasons are made of.

    Parameters
    ----------
    seen : Seen
    scaled : float32 array, shape (segments, PAGE_COLUMNS)
        What the network saw.
    kinds, log_odds : float32 arrays, shapes (segments, kinds), (segments,)
        Calibrated.
    """

    seen: Seen
    scaled: Floats
    kinds: Floats
    log_odds: Floats


def see(given: Pages, batch: Batch, spans: Spans, own: Own, kinds: Floats) -> Seen:
    """Look at the markup around each segment; ``kinds`` is what the text alone says."""
    tree = plant(given.pages, batch, spans)
    return Seen(
        tree,
        markup_evidence(tree, given.pages, given.urls, spans),
        tree_evidence(tree, kinds[:, -N_INSERTIONS:].sum(1), own.surface, spans),
        name_evidence(tree, given.pages),
    )


def mark(
    given: Pages, batch: Batch, spans: Spans, own: Own, kinds: Floats, log_odds: Floats, model: PageModel
) -> Marked:
    """Judge the segments of pages anew, by their markup beside the text's verdicts."""
    seen = see(given, batch, spans, own, kinds)
    names = weigh_names(seen.names, model.names_near, model.names_far)
    values = page_inputs(kinds, log_odds, own.surface, seen.markup, seen.around, names)
    scaled = network.standardise(values, model)
    judged = network.calibrated(network.forward(scaled, model.layers), model)
    return Marked(seen, scaled, *judged)


__all__ = ["Marked", "Pages", "Seen", "mark", "see"]
