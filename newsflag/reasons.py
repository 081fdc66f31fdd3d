"""Contributions of hundreds of inputs into a handful of reasons, with the evidence's place in the text."""

from __future__ import annotations

import functools
from typing import Final

import numpy as np

from newsflag import _text as t
from newsflag._exact import grouped, whole
from newsflag._reason_table import NOWHERE, ReasonRows, ReasonTable
from newsflag._text import Batch, Floats, Ints
from newsflag.evidence import INPUT_COLUMNS, N_INSERTIONS, Own
from newsflag.evidence.context import VERDICT_COLUMNS
from newsflag.evidence.markup import PAGE_COLUMNS
from newsflag.evidence.surface import COLUMNS as SURFACE
from newsflag.kinds import KINDS
from newsflag.model.network import attribute, attribute_page, softmax
from newsflag.model.pages import PageModel
from newsflag.model.store import Model
from newsflag.segmentation.lines import Spans

# Surface and place columns by the cue that they are evidence for; neighbours,
# topic and wording go by their prefix. Cues are explained in newsflag.explain.
_SURFACE_CUES: Final = {
    "length": ("log_chars", "log_words", "long_80", "long_160", "long_320", "word_length"),
    "casing": ("upper_share", "title_words", "upper_words", "first_upper", "first_lower"),
    "digits": ("digit_share", "digit_words", "first_digit", "last_digit", "n_money"),
    "question": ("last_question", "n_questions"),
    "exclamation": ("last_exclamation", "n_exclamations"),
    "quotes": ("first_quote", "last_quote", "n_quotes", "n_apostrophes"),
    "lead_in": ("known_lead_in", "colon_early", "words_before_colon", "n_colons", "last_colon"),
    "separator": (
        "no_words",
        "mark_share",
        "first_mark",
        "last_mark",
        "n_bullets",
        "n_dashes",
        "n_arrows",
        "n_slashes",
        "n_symbols",
        "n_handles",
        "n_rights",
    ),
    "position": ("blank_before", "blank_after", "same_line_before", "same_line_after"),
}
_PLACE_CUES: Final = {
    "list": ("like_before", "like_after", "opening_shared", "closing_shared"),
    "document": ("long_share", "ends_share", "gap_share", "same_line_share", "mean_insertion", "log_segments"),
    "neighbours_before": ("before_insertion",),
    "neighbours_after": ("after_insertion", "near_insertion"),
    "length": ("length_to_median",),
}
_VERDICT_CUES: Final = {
    "mean": "document",
    "near": "neighbours_after",
    "earlier": "neighbours_before",
    "later": "neighbours_after",
    "same_opening": "list",
    "same_closing": "list",
}
_TOPIC_CUES: Final = {"title_overlap": ("title_overlap",), "repetition": ("repeated", "repeats_title")}

_MARKUP_CUES: Final = {
    "links": ("linked", "all_linked", "links", "has_links", "same_site", "other_site", "to_itself"),
    "repetition": ("copies",),
    "siblings": (
        *("same_parent_before", "same_parent_after", "far_before", "far_after", "siblings", "like_siblings"),
        *("path_group", "names_group", "parent_group"),
    ),
    "page_hints": ("is_title", "like_title", "is_description", "body_given", "in_given_body"),
}

_MOST_WORDS: Final = 5  # of a segment that are named as its telling ones: what fits into a sentence

SEPARATOR_LOG_ODDS: Final = 6.0
"""Log-odds of a line of nothing but dashes, bullets or stars being an insertion: certain enough for
any threshold a user would set, and still a finite sum of reasons."""


@functools.cache
def _cues() -> tuple[tuple[str, ...], Floats]:
    """Names of all cues and the matrix that sums inputs up by cue, shape (inputs, cues)."""
    by_column = {f"topic_{name}": cue for cue, names in _TOPIC_CUES.items() for name in names}
    by_column |= {f"place_{name}": cue for cue, names in _PLACE_CUES.items() for name in names}
    by_column |= {name: cue for cue, names in _SURFACE_CUES.items() for name in names}

    def cue(column: str) -> str:
        if column in by_column:
            return by_column[column]
        if column in SURFACE:
            return "end_mark"
        prefix = column.split("_", maxsplit=1)[0].rstrip("0123456789")
        return {
            "alone": "words",
            "topic": "topic_overlap",
            "place": "position",
            "before": "neighbours_before",
            "after": "neighbours_after",
        }[prefix]

    named = [cue(column) for column in INPUT_COLUMNS]
    named += [_VERDICT_CUES.get(column) or cue(column) for column in VERDICT_COLUMNS]
    cues = tuple(sorted(set(named)))
    matrix = np.zeros((len(named), len(cues)), np.float32)
    matrix[np.arange(len(named)), [cues.index(name) for name in named]] = 1
    return cues, matrix


@functools.cache
def _page_cues() -> tuple[tuple[str, ...], Floats]:
    """Names of the markup's cues and the matrix that sums inputs up by cue, shape (inputs, cues).

    What the text says goes by the text's own cues.
    """
    by_column = {name: cue for cue, names in _MARKUP_CUES.items() for name in names}

    def cue(column: str) -> str | None:
        part, name = column.split("_", maxsplit=1)
        if part == "names":
            return "class_names"
        if part == "markup":
            return by_column.get(name, "element")
        if part == "tree":
            return "siblings" if name.startswith(("path_", "names_", "parent_")) else "container"
        return None

    named = [cue(column) for column in PAGE_COLUMNS]
    cues = tuple(sorted({name for name in named if name is not None}))
    matrix = np.array([[name == each for each in cues] for name in named], np.float32)
    return cues, matrix


def explain_segments(
    batch: Batch,
    spans: Spans,
    own: Own,
    alone: Floats,
    scaled: Floats,
    verdicts: Floats,
    log_odds: Floats,
    model: Model,
    most: int,
    separators: Ints,
    marked: tuple[Floats, PageModel] | None = None,
) -> ReasonTable:
    """Reasons of every segment, the strongest first; their contributions add up to its log-odds.

    Offsets are into the batch's text. ``separators`` are segments of nothing but marks, which is the reason.
    ``marked`` is what the network of pages saw, and its model: the cues of the text weigh what they weigh without
    markup, those of the markup come to them, and how the page tempers what the text says is part of the rest.
    """
    contributions, of_verdicts, prior = attribute(scaled, verdicts, model)
    cues, matrix = _cues()
    sums = grouped(np.concatenate((contributions, of_verdicts), axis=1), matrix)
    if marked is not None:
        page_cues, page_matrix = _page_cues()
        sums = np.concatenate((sums, grouped(attribute_page(*marked), page_matrix)), axis=1)
        cues += page_cues
    # The prior is a reason of its own where there is room for one; else it is part of the rest.
    strongest = np.argsort(-np.abs(sums), axis=1, kind="stable")[:, : max(most - 1, 1)]
    word_start, word_end = _telling_words(spans, own, alone, sums[:, cues.index("words")] >= 0, model)
    n = len(spans)
    starts, ends = np.full((2, n, len(cues)), NOWHERE)
    for cue, (first, last) in {**_places(batch, spans), "words": (word_start, word_end)}.items():
        at, stands = cues.index(cue), last > first
        starts[stands, at], ends[stands, at] = first[stands], last[stands]
    values = np.take_along_axis(sums, strongest, 1)
    if most > 1:
        values = np.concatenate((values, np.full((n, 1), prior)), axis=1)
    left = log_odds.astype(np.float64)
    for column in values.T:  # one after the other, as a reader would add them up
        left -= column
    value = np.concatenate((values, left[:, None]), axis=1)
    named = (*cues, "prior", "rest", "separator")
    code, start, end = np.full((3, *value.shape), NOWHERE)
    own = strongest.shape[1]
    code[:, :own], code[:, own:-1], code[:, -1] = strongest, named.index("prior"), named.index("rest")
    start[:, :own] = np.take_along_axis(starts, strongest, 1)
    end[:, :own] = np.take_along_axis(ends, strongest, 1)
    kept = np.ones(code.shape, bool)
    kept[separators, 1:] = False
    code[separators, 0], value[separators, 0] = named.index("separator"), SEPARATOR_LOG_ODDS
    start[separators, 0], end[separators, 0] = spans.start[separators], spans.end[separators]
    rows = ReasonRows(np.nonzero(kept)[0], code[kept], value[kept], start[kept], end[kept])
    return rows.table(named, n)


def _telling_words(spans: Spans, own: Own, alone: Floats, wanted: t.Bools, model: Model) -> tuple[Ints, Ints]:
    """The run of a few words that weighs most on the wanted side, for each segment; empty where none does."""
    n = len(spans)
    tokens = own.tokens
    cut = len(KINDS) - N_INSERTIONS
    side = np.concatenate((-softmax(alone[:, :cut]), softmax(alone[:, cut:])), axis=1)
    side *= np.where(wanted, 1, -1)[:, None]
    out_start, out_end = spans.start.copy(), spans.start.copy()
    if not len(tokens.hash):
        return out_start, out_end
    # What a feature weighs goes to the words that it covers, in equal parts.
    total = np.zeros(len(tokens.hash) + 1)
    for block in own.words:
        weight = np.einsum("ij,ij->i", np.take(model.alone_hashed, block.bucket, axis=0), side[block.segment])
        first = np.searchsorted(tokens.start, block.start)
        last = np.searchsorted(tokens.start, block.end)
        weight = whole(weight / np.maximum(last - first, 1))
        total += np.bincount(first, weight, len(total)) - np.bincount(last, weight, len(total))
    each = np.cumsum(total)[:-1]
    sums = np.concatenate(([0.0], np.cumsum(each)))
    end = tokens.first[tokens.segment + 1]
    # For every word the best run that begins with it, then for every segment the best of these.
    place = np.arange(len(each))
    stops = np.minimum(place[:, None] + np.arange(1, _MOST_WORDS + 1), end[:, None])
    runs = sums[stops] - sums[:-1, None]
    longest = runs.argmax(1)
    value = runs[place, longest]
    order = np.lexsort((-place, value, tokens.segment))
    best = order[np.flatnonzero(np.diff(tokens.segment[order], append=n))]
    best = best[value[best] > 0]
    out_start[tokens.segment[best]] = tokens.start[best]
    out_end[tokens.segment[best]] = tokens.end[stops[best, longest[best]] - 1]
    return out_start, out_end


def _places(batch: Batch, spans: Spans) -> dict[str, tuple[Ints, Ints]]:
    """Where the evidence of a cue stands: the end mark, the lead-in's words, the first question mark and so on."""

    def first(kind: int) -> tuple[Ints, Ints]:
        at = np.flatnonzero(batch.classes == kind)
        number = np.searchsorted(at, spans.start)
        found = np.append(at, len(batch.classes))[number]
        inside = found < spans.end
        return np.where(inside, found, spans.start), np.where(inside, found + 1, spans.start)

    colon_start, colon_end = first(t.COLON)
    early = (colon_end - spans.start <= 33) & (colon_end > colon_start)
    return {
        "end_mark": (spans.end - 1, np.where(_is_mark(batch, spans.end - 1), spans.end, spans.end - 1)),
        "lead_in": (spans.start, np.where(early, colon_end, spans.start)),
        "question": first(t.QUESTION),
        "exclamation": first(t.EXCLAMATION),
    }


def _is_mark(batch: Batch, at: Ints) -> t.Bools:
    """Whether the characters at the given places are neither letters nor digits."""
    return ~np.isin(batch.classes[at], (t.LOWER, t.UPPER, t.CASELESS, t.CJK, t.DIGIT, t.MARK))


__all__ = ["SEPARATOR_LOG_ODDS", "explain_segments"]
