"""Why a score is what it is: the words, the marks and the surroundings that weigh, as reasons that add up."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from newsflag._exact import grouped, product
from newsflag._reason_table import NOWHERE, ReasonRows, ReasonTable
from newsflag._text import Doubles, Floats, Ints
from newsflag.evidence.cues import CUES
from newsflag.evidence.relation import COLUMNS as RELATION
from newsflag.evidence.relation import SIZE_COLUMNS
from newsflag.evidence.wording import COLUMNS, SHAPE_COLUMNS
from newsflag.kinds import KEPT_KINDS, SCORES, TECHNIQUES
from newsflag.model.scores import HEADS, STYLE_COLUMNS, WORDING_SCORES, ScoreModel
from newsflag.report import Reason
from newsflag.scoring import Scored, answering_heads, standardised_relation, standardised_style

STEPS: Final = 8
"""Midpoints of the path along which gradients are averaged (Sundararajan, Taly & Yan 2017)."""
MOST_WORDS: Final = 3
"""Words that are pointed at for one score."""
MOST_SENTENCES: Final = 3
"""Sentences that are pointed at for the article's style."""
_LEAST: Final = 0.05  # log-odds; what weighs less is part of the rest

_SHAPE_CUES: Final = {
    "log_words": "length",
    "question": "question",
    "exclamation": "exclamation",
    "ellipsis": "ellipsis",
    "quotes": "quotes",
    "upper_words": "casing",
    "digit_words": "digits",
    "first_digit": "digits",
    "colon": "punctuation",
    "commas": "punctuation",
    "dashes": "punctuation",
}
_RELATION_CUES: Final = {
    "names_known": "names",
    "names_missing": "names",
    **dict.fromkeys(SIZE_COLUMNS, "length"),
    "log_content": "length",
    "no_content": "length",
    "paragraphs": "length",
    "mean_idf": "length",
}

_STYLE_CUES: Final = {
    "clickbait_mean": "clickbait",
    "sensational_mean": "sensational",
    "sensational_high": "sensational",
    "persuasion_mean": "persuasion",
    "persuasion_high": "persuasion",
    "emotional_tone": "sensational",
    "persuasive_tone": "persuasion",
    "certainty": "certainty",
}


def explain_scores(
    scored: Scored, languages: list[str], model: ScoreModel, most: int, shift: Ints
) -> list[ReasonTable]:
    """Reasons of every score but ``insertion`` for every segment, the strongest first.

    The contributions of a score's reasons add up to its log-odds.

    Parameters
    ----------
    scored : Scored
    languages : list of str
        Of each article.
    model : ScoreModel
    most : int
        Reasons of one score at most, the rest not counted.
    shift : int64 array, shape (segments,)
        What to take off offsets into the batch's text.

    Returns
    -------
    list of ReasonTable
        For each of ``SCORES[1:]``, the reasons of each segment.
    """
    spans = scored.evidence.laid.spans
    factor = np.stack([model.kept(name, languages) for name in SCORES[1:]], axis=1)[spans.doc]
    result = [_explain_off_topic(scored, factor[:, 0], model, most)]
    places = _cue_places(scored, shift)
    for number, name in enumerate(WORDING_SCORES):
        result.append(
            _explain_wording(scored, number, name, languages, factor[:, number + 1], model, most, shift, places)
        )
    return result


def _explain_off_topic(scored: Scored, factor: Doubles, model: ScoreModel, most: int) -> ReasonTable:
    values = standardised_relation(scored.evidence.relation, model)
    # The first layer is linear on the way there and on the way back: which units are open differs from point to point.
    way = product(values, model.off_first)
    open_share = sum(way * ((step + 0.5) / STEPS) + model.off_first_bias > 0 for step in range(STEPS)) / STEPS
    parts = values * product(open_share * model.off_second, model.off_first.T) * factor[:, None]
    cues, sums = _summed(parts, [_RELATION_CUES.get(name, "shared_words") for name in RELATION])
    return _listed(sums, cues, scored.log_odds[:, 0], most)


def _explain_wording(
    scored: Scored,
    number: int,
    name: str,
    languages: list[str],
    factor: Doubles,
    model: ScoreModel,
    most: int,
    shift: Ints,
    places: _CuePlaces,
) -> ReasonTable:
    evidence = scored.evidence
    spans = evidence.laid.spans
    own_weight, others_weight, usual, _ = model.tone[number].tolist()
    best = scored.strongest[:, number]
    head = answering_heads(languages)[spans.doc, number]  # of each segment
    scale = own_weight * factor
    # Shape and cues of the sentence that speaks for the segment.
    shape = evidence.shape[best] * model.shape.T[head] * scale[:, None]
    cues, sums = _summed(
        shape, [_SHAPE_CUES[column] if column in SHAPE_COLUMNS else column.removeprefix("cue_") for column in COLUMNS]
    )
    surroundings = ((scored.others[:, number] - usual) * others_weight * factor)[:, None]
    cues, sums = (*cues, "surroundings"), np.concatenate((sums, surroundings), axis=1)
    persuasion = name == "persuasion"
    found, weight, start, end, technique = _words(scored, best, head, scale, model, persuasion=persuasion)
    named = np.where(weight > 0, technique, len(TECHNIQUES)) if persuasion else np.full(len(found), len(TECHNIQUES))
    words = ReasonRows(found, named + len(cues), weight, start - shift[found], end - shift[found])
    return _listed(sums, cues, scored.log_odds[:, number + 1], most, words, places, best)


def _words(
    scored: Scored, best: Ints, head: Ints, scale: Doubles, model: ScoreModel, *, persuasion: bool
) -> tuple[Ints, Doubles, Ints, Ints, Ints]:
    """The words that weigh most in each segment's strongest sentence, with the technique each speaks for most."""
    evidence = scored.evidence
    tokens, sentences = evidence.laid.tokens, evidence.sentences
    speaks = np.zeros(len(sentences), bool)
    speaks[best] = True
    mine = speaks[sentences.word]
    segment_of = sentences.segment[sentences.word]
    columns = [HEADS.index(name) for name in TECHNIQUES]
    weight = np.zeros(len(tokens.start))
    kinds = np.zeros((len(tokens.start), len(columns)), np.float32)
    blocks = [(evidence.words, model.words), *((block, model.phrases) for block in evidence.phrases)]
    for block, table in blocks:
        use = np.flatnonzero(speaks[block.segment])
        if not len(use):
            continue
        first = np.searchsorted(tokens.start, block.start[use])
        last = np.searchsorted(tokens.end, block.end[use])
        value = table[block.bucket[use], head[sentences.segment[block.segment[use]]]].astype(np.float64)
        double = last > first
        value = np.where(double, value / 2, value)
        weight += np.bincount(first, value, minlength=len(weight))
        if double.any():
            weight += np.bincount(last[double], value[double], minlength=len(weight))
        if persuasion and table is model.words:
            # Phrases say nothing of techniques; a block holds one feature a word at most.
            kinds[first] += table[block.bucket[use]][:, columns]
    weight = weight / evidence.size[sentences.word] * scale[segment_of]
    candidates = np.flatnonzero(mine & (np.abs(weight) >= _LEAST))
    order = candidates[np.lexsort((-np.abs(weight[candidates]), segment_of[candidates]))]
    owner = segment_of[order]
    order = order[_ranks(owner) < MOST_WORDS]
    return segment_of[order], weight[order], tokens.start[order], tokens.end[order], kinds[order].argmax(1)


class _CuePlaces(NamedTuple):
    """Where the first cue of each sort stands in each sentence, by ``sentence * len(CUES) + cue``, sorted."""

    key: Ints
    start: Ints
    end: Ints


def _cue_places(scored: Scored, shift: Ints) -> _CuePlaces:
    found = scored.evidence.found
    key, first = np.unique(found.sentence * len(CUES) + found.cue, return_index=True)
    back = shift[scored.evidence.sentences.segment[found.sentence[first]]]
    return _CuePlaces(key, found.start[first] - back, found.end[first] - back)


def _ranks(owner: Ints) -> Ints:
    """How many others of the same owner stand before each, in a row sorted by owner."""
    return np.arange(len(owner)) - np.searchsorted(owner, owner)


def _summed(parts: Floats | Doubles, names: list[str]) -> tuple[tuple[str, ...], Doubles]:
    """Contributions summed up by cue."""
    cues = tuple(sorted(set(names)))
    matrix = np.zeros((len(names), len(cues)))
    matrix[np.arange(len(names)), [cues.index(name) for name in names]] = 1
    return cues, grouped(parts, matrix)


def _listed(
    sums: Doubles,
    cues: tuple[str, ...],
    log_odds: Doubles,
    most: int,
    words: ReasonRows | None = None,
    places: _CuePlaces | None = None,
    best: Ints | None = None,
) -> ReasonTable:
    """The strongest reasons of each segment and the rest, so that they add up."""
    n = len(sums)
    room = max(most - 1, 1)  # as for kinds, which have one for the prior
    names = (*cues, *TECHNIQUES, "words", "rest")
    owner, cue = np.nonzero(np.abs(sums) >= _LEAST)
    value = sums[owner, cue]
    start = end = np.full(len(owner), NOWHERE)
    if places is not None and best is not None and len(places.key):
        number = np.array([CUES.index(name) if name in CUES else -1 for name in cues])[cue]
        key = best[owner] * len(CUES) + number
        at = np.minimum(np.searchsorted(places.key, key), len(places.key) - 1)
        there = (number >= 0) & (places.key[at] == key)
        start, end = np.where(there, places.start[at], NOWHERE), np.where(there, places.end[at], NOWHERE)
    rows = ReasonRows(owner, cue, value, start, end)
    if words is not None:
        rows = words.joined(rows)
    rows = rows.taken(np.lexsort((-np.abs(rows.value), rows.owner)))
    rank = _ranks(rows.owner)
    left = log_odds.copy()
    for place in range(room):  # one after the other, as a reader would add them up
        taken = rank == place
        left[rows.owner[taken]] -= rows.value[taken]
    nowhere = np.full(n, NOWHERE)
    rest = ReasonRows(np.arange(n), np.full(n, len(names) - 1), left, nowhere, nowhere)
    return rows.taken(np.flatnonzero(rank < room)).joined(rest).table(names, n)


def explain_style(scored: Scored, languages: list[str], model: ScoreModel) -> list[tuple[Reason, ...]]:
    """Reasons of each article's misinformation score; the sentences that weigh most have their places.

    Offsets are into the batch's text.
    """
    evidence = scored.evidence
    spans, sentences = evidence.laid.spans, evidence.sentences
    factor = model.kept("misinformation", languages)
    parts = standardised_style(scored.style, model) * model.article_weights * factor[:, None]
    # Which sentences make it so: those whose wording is most like that of unreliable sources.
    wording = scored.wording[:, 1] + scored.wording[:, 2]
    inside = ~evidence.laid.given[sentences.segment] & (evidence.laid.kind[sentences.segment] < len(KEPT_KINDS))
    doc = spans.doc[sentences.segment]
    result = []
    ranked = np.flatnonzero(inside)
    ranked = ranked[np.lexsort((-wording[ranked], doc[ranked]))]
    first = np.searchsorted(doc[ranked], np.arange(evidence.laid.batch.n_docs + 1))
    for number in range(evidence.laid.batch.n_docs):
        by_cue: dict[str, float] = {}
        for column, value in zip(STYLE_COLUMNS, parts[number].tolist(), strict=True):
            cue = _STYLE_CUES[column]
            by_cue[cue] = by_cue.get(cue, 0.0) + value
        strongest = ranked[first[number] : first[number + 1]][:MOST_SENTENCES].tolist()
        # The tone's share is told sentence by sentence, each a part as large as its wording is strong.
        tone = by_cue.pop("sensational", 0.0) + by_cue.pop("persuasion", 0.0)
        strength = [max(float(np.exp(min(wording[row], 0))), 1e-3) for row in strongest]
        reasons = [
            Reason("tone", tone * part / sum(strength), int(sentences.start[row]), int(sentences.end[row]))
            for row, part in zip(strongest, strength, strict=True)
        ]
        if not strongest and tone:
            reasons.append(Reason("tone", tone))
        reasons += [Reason(cue, value) for cue, value in by_cue.items()]
        reasons.sort(key=lambda reason: -abs(reason.contribution))
        left = float(scored.article[number]) - sum(reason.contribution for reason in reasons)
        result.append((*reasons, Reason("rest", left)))
    return result


__all__ = ["MOST_SENTENCES", "MOST_WORDS", "STEPS", "explain_scores", "explain_style"]
