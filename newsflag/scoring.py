"""Evidence into scores: what each segment, each title and each article is like.

One framework for all heads: evidence is computed once for every sentence, each
head is a column of the same tables, and what a head says of sentences is
joined, set beside the rest of the article, and calibrated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np

from newsflag._exact import product
from newsflag._text import Batch, Bools, Doubles, Floats, Ints, make_batch
from newsflag.evidence import cues
from newsflag.evidence.hashing import Block, add_rows, counts
from newsflag.evidence.relation import COLUMNS as RELATION
from newsflag.evidence.relation import relation_evidence
from newsflag.evidence.surface import surface_evidence
from newsflag.evidence.tokens import Tokens, tokenize
from newsflag.evidence.topic import is_long, topic_evidence
from newsflag.evidence.wording import (
    Sentences,
    shape_evidence,
    split_sentences,
    stem_hashes,
    wording_blocks,
)
from newsflag.kinds import KEPT_KINDS, KINDS, PROMO_KINDS, SCORES
from newsflag.model.network import CLIP
from newsflag.model.scores import HEADS, LANGUAGE_HEADS, WORDING_SCORES, OffTopic, ScoreModel
from newsflag.segmentation.lines import DOC_START, NEW_LINE, Spans
from newsflag.signals import SIGNALS, Own, signal_values

TITLE: Final = KINDS.index("title")
_PROMO: Final = [KINDS.index(kind) for kind in PROMO_KINDS]
_MOST: Final = 12.0  # log-odds; beyond it a probability is 0 or 1 to five digits
_HIGH: Final = 0.9  # quantile of an article's sentences that stands for its strongest ones


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Articles laid out for scoring: as they are, or each with its given title as a first segment.

    Parameters
    ----------
    batch, spans, tokens
    kind : int64 array, shape (segments,)
        Index into :data:`newsflag.KINDS`.
    given : bool array, shape (segments,)
        Segments that are titles given beside the text.
    title : int64 array, shape (articles,)
        Segment that is each article's title, given or found; -1 where there is none.
    """

    batch: Batch
    spans: Spans
    tokens: Tokens
    kind: Ints
    given: Bools
    title: Ints


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that the heads look at.

    Parameters
    ----------
    words, phrases
        Hashed wording of each sentence.
    size : float32 array, shape (sentences,)
        Square root of the number of its hashed features.
    shape : float32 array, shape (sentences, wording columns)
    relation : float32 array, shape (segments, relation columns)
    """

    laid: Laid
    sentences: Sentences
    found: cues.Found
    words: Block
    phrases: list[Block]
    size: Floats
    shape: Floats
    relation: Floats


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What came out, with what reasons are made of.

    Parameters
    ----------
    heads : float32 array, shape (sentences, HEADS)
        Log-odds.
    wording : float32 array, shape (sentences, wording scores)
        Log-odds by the head that answers for the article's language.
    tone : float32 array, shape (sentences, wording scores)
        The same as a segment of this one sentence would have them, surroundings left out.
    strongest : int64 array, shape (segments, wording scores)
        The sentence that speaks for each segment.
    others : float32 array, shape (segments, wording scores)
        What the article's other segments are like, as log-odds; the usual where there are none.
    log_odds : float64 array, shape (segments, scores but insertion)
        Calibrated, in the order of :data:`newsflag.SCORES`, drawn towards the base where a language has no evidence.
    signals : float64 array, shape (articles, SIGNALS)
    style : float64 array, shape (articles, STYLE_COLUMNS)
    article : float64 array, shape (articles,)
        Log-odds of the misinformation score.
    """

    evidence: Evidence
    heads: Floats
    wording: Floats
    tone: Floats
    strongest: Ints
    others: Floats
    log_odds: Doubles
    signals: Doubles
    style: Doubles
    article: Doubles


def lay_out(
    texts: Sequence[str], titles: Sequence[str | None], batch: Batch, spans: Spans, tokens: Tokens, kind: Ints
) -> Laid:
    """Set each given title before its text; without one nothing is touched."""
    title = np.full(batch.n_docs, -1)
    own = np.flatnonzero(kind == TITLE)
    title[spans.doc[own[::-1]]] = own[::-1]
    if not any(titles):
        return Laid(batch, spans, tokens, kind, np.zeros(len(spans), bool), title)
    lead = [" ".join(title.split()) if title else "" for title in titles]
    joined = make_batch([f"{line}\n{text}" if line else text for line, text in zip(lead, texts, strict=True)])
    has = np.array([bool(line) for line in lead])
    size = np.array([len(line) for line in lead])
    shift = (joined.doc_start[:-1] - batch.doc_start[:-1] + np.where(has, size + 1, 0))[spans.doc]
    docs = np.flatnonzero(has)
    doc = np.concatenate((docs, spans.doc))
    given = np.arange(len(doc)) < len(docs)
    order = np.lexsort((~given, doc))
    gap = spans.gap.copy()
    gap[(gap == DOC_START) & has[spans.doc]] = NEW_LINE
    lead_in = None
    if spans.lead_in is not None:
        lead_in = np.concatenate((np.zeros(len(docs), bool), spans.lead_in))[order]
    laid = Spans(
        np.concatenate((joined.doc_start[:-1][docs], spans.start + shift))[order],
        np.concatenate((joined.doc_start[:-1][docs] + size[docs], spans.end + shift))[order],
        doc[order],
        np.concatenate((np.full(len(docs), DOC_START, np.int8), gap))[order],
        lead_in,
    )
    kind = np.concatenate((np.full(len(docs), TITLE), kind))[order]
    given = given[order]
    place = np.flatnonzero(~given)
    title = np.where(title >= 0, place[np.maximum(title, 0)] if len(place) else -1, -1)
    title[laid.doc[given]] = np.flatnonzero(given)
    return Laid(joined, laid, tokenize(joined, laid), kind, given, title)


def gather(laid: Laid, languages: Sequence[str], idf: Floats, topic: Floats | None, surface: Floats | None) -> Evidence:
    """Look at every sentence once.

    Parameters
    ----------
    languages : sequence of str
        Of each article.
    idf : float32 array, shape (IDF_BUCKETS,)
    topic, surface : float32 arrays, shape (segments, …), optional
        Where they are known already.
    """
    batch, spans, tokens = laid.batch, laid.spans, laid.tokens
    sentences = split_sentences(batch, spans, tokens)
    code = np.array([cues.code(language) for language in languages], np.int64)
    found = cues.find(tokens, sentences.word, code[spans.doc[sentences.segment]])
    stems = stem_hashes(batch, tokens)
    words, phrases = wording_blocks(batch, sentences, tokens, stems)
    if topic is None:
        topic = topic_evidence(batch, spans, tokens, idf)
    if surface is None:
        surface = surface_evidence(batch, spans, tokens)
    return Evidence(
        laid,
        sentences,
        found,
        words,
        phrases,
        np.sqrt(counts([words, *phrases], len(sentences))),
        shape_evidence(batch, sentences, tokens, found),
        relation_evidence(batch, spans, tokens, stems, topic, surface, idf),
    )


def score(evidence: Evidence, languages: Sequence[str], model: ScoreModel) -> Scored:
    """Judge sentences, segments and articles."""
    laid, sentences = evidence.laid, evidence.sentences
    spans = laid.spans
    n, n_docs = len(spans), laid.batch.n_docs
    heads = sentence_log_odds(evidence, model)
    rows = np.arange(len(sentences))[:, None]
    wording = heads[rows, answering_heads(languages)[spans.doc[sentences.segment]]]
    strongest = _strongest(wording, sentences)
    own = wording[strongest, np.arange(len(WORDING_SCORES))]
    others = _others(own, spans, model.tone[:, 2])
    weight_own, weight_others, usual, intercept = model.tone.T
    calibrated = own * weight_own + (others - usual) * weight_others + intercept
    single = np.bincount(spans.doc, minlength=n_docs)[spans.doc] == 1
    paragraphs = is_long(laid.batch, spans) & (laid.kind == 0) & ~single
    calibrated[:, 0] += np.where(paragraphs, model.paragraph[0], 0)
    log_odds = np.empty((n, len(SCORES) - 1))
    log_odds[:, 0] = off_topic_log_odds(evidence.relation, model)
    log_odds[:, 1:] = calibrated
    # A line without words baits nobody; a line alone has nothing that it could be off.
    wordless = np.diff(np.searchsorted(laid.tokens.segment, np.arange(n + 1))) == 0
    log_odds[wordless, 1:] = -_MOST / 2
    log_odds[single, 0] = model.bases["off_topic"]
    bases = np.array([model.bases[name] for name in SCORES[1:]])
    kept = np.stack([model.kept(name, languages) for name in SCORES[1:]], axis=1)[spans.doc]
    log_odds = bases + (np.clip(log_odds, -_MOST, _MOST) - bases) * kept
    kinds_kept = laid.kind < len(KEPT_KINDS)
    is_title = np.zeros(n, bool)
    is_title[laid.title[laid.title >= 0]] = True
    mine = Own((kinds_kept & ~is_title)[sentences.segment], spans.doc[sentences.segment], n_docs)
    # What weighs in a sentence is the same as in a segment of one sentence.
    tone = wording * weight_own + intercept
    signals = signal_values(
        laid.batch,
        spans,
        sentences,
        evidence.found,
        mine,
        (tone[:, 1], tone[:, 2]),
        _represented(evidence, laid.title),
        np.isin(laid.kind, _PROMO),
    )
    style = _style(wording, mine, signals)
    weighed = (standardised_style(style, model) * model.article_weights).sum(axis=1)
    article = np.clip(weighed + model.article_bias[0], -_MOST, _MOST).astype(np.float64)
    base = model.bases["misinformation"]
    article = base + (article - base) * model.kept("misinformation", languages)
    return Scored(evidence, heads, wording, tone, strongest, others, log_odds, signals, style, article)


def standardised_style(style: Doubles, model: ScoreModel) -> Floats:
    """What the article's style is judged by, on one scale."""
    scaled = (style - model.article_mean) / model.article_scale
    return np.asarray(np.clip(scaled, -CLIP, CLIP), np.float32)


def sentence_log_odds(evidence: Evidence, model: ScoreModel) -> Floats:
    """Log-odds of every head for each sentence, shape (sentences, HEADS)."""
    n = len(evidence.sentences)
    total = np.zeros((n, model.words.shape[1]), np.float32)
    add_rows(total, evidence.words.segment, evidence.words.bucket, model.words)
    of_phrases = total[:, : model.phrases.shape[1]]  # a view: these heads come first
    for block in evidence.phrases:
        add_rows(of_phrases, block.segment, block.bucket, model.phrases)
    return np.asarray(total / evidence.size[:, None] + product(evidence.shape, model.shape) + model.bias, np.float32)


def answering_heads(languages: Sequence[str]) -> Ints:
    """Column of the head that answers for each wording score in each language, shape (languages, wording scores)."""
    heads = [[LANGUAGE_HEADS.get((name, language), name) for name in WORDING_SCORES] for language in languages]
    return np.array([[HEADS.index(head) for head in row] for row in heads], np.int64)


def _strongest(wording: Floats, sentences: Sentences) -> Ints:
    """Sentence of each segment with the highest log-odds, for each wording score."""
    columns = []
    for column in wording.T:
        order = np.lexsort((column, sentences.segment))
        columns.append(order[sentences.first[1:] - 1])
    return np.stack(columns, axis=1)


def _others(own: Floats, spans: Spans, usual: Floats) -> Floats:
    """Mean log-odds of each article's other segments, weighted by length; the usual where there are none."""
    size = np.sqrt(spans.end - spans.start).astype(np.float64)
    n_docs = int(spans.doc[-1]) + 1
    weight = np.bincount(spans.doc, size, minlength=n_docs)[spans.doc] - size
    out = np.empty_like(own)
    for number, column in enumerate(own.T):
        total = np.bincount(spans.doc, column * size, minlength=n_docs)[spans.doc] - column * size
        out[:, number] = np.where(weight > 0.5, total / np.maximum(weight, 1), usual[number])
    return out


def standardised_relation(relation: Floats, model: OffTopic) -> Floats:
    """Evidence of the off-topic head on one scale."""
    return np.asarray(np.clip((relation - model.off_mean) / model.off_scale, -CLIP, CLIP), np.float32)


def off_topic_log_odds(relation: Floats, model: OffTopic) -> Floats:
    """Log-odds of the off-topic score for each segment."""
    hidden = np.maximum(product(standardised_relation(relation, model), model.off_first) + model.off_first_bias, 0)
    return np.asarray((hidden * model.off_second).sum(axis=1) + model.off_second_bias[0], np.float32)


def _represented(evidence: Evidence, title: Ints) -> Doubles:
    """Share of each title's content words that the text takes up, nan where there is no title."""
    known = 1 - evidence.relation[:, RELATION.index("rare_missing")]
    return np.where(title >= 0, known[np.maximum(title, 0)], np.nan).astype(np.float64)


def _style(wording: Floats, mine: Own, signals: Doubles) -> Doubles:
    """What the article's style is judged by, one column a name of ``STYLE_COLUMNS``."""
    clickbait, sensational, persuasion = wording.T
    columns = [
        mine.total(clickbait) / mine.sentences,
        mine.total(sensational) / mine.sentences,
        _quantile(sensational, mine),
        mine.total(persuasion) / mine.sentences,
        _quantile(persuasion, mine),
        *(signals[:, SIGNALS.index(name)] for name in ("emotional_tone", "persuasive_tone", "certainty")),
    ]
    return np.stack(columns, axis=1)


def _quantile(values: Floats, mine: Own) -> Doubles:
    """High quantile of a value over each article's own sentences; 0 where there are none."""
    rows = np.flatnonzero(mine.kept)
    out = np.zeros(mine.n_docs)
    if len(rows):
        rows = rows[np.lexsort((values[rows], mine.doc[rows]))]
        first = np.searchsorted(mine.doc[rows], np.arange(mine.n_docs + 1))
        size = np.diff(first)
        place = first[:-1] + np.minimum((size * _HIGH).astype(np.int64), np.maximum(size - 1, 0))
        out = np.where(size > 0, values[rows[np.minimum(place, len(rows) - 1)]], 0.0)
    return out


__all__ = [
    "Evidence",
    "Laid",
    "Scored",
    "answering_heads",
    "gather",
    "lay_out",
    "off_topic_log_odds",
    "score",
    "sentence_log_odds",
    "standardised_relation",
    "standardised_style",
]
