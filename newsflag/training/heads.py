"""Fitting the heads over sentences: clickbait, sensational, persuasion, techniques, voice, vague sources."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from newsflag._text import Bools, Doubles, Floats, Ints
from newsflag.evidence import cues
from newsflag.evidence.hashing import counts
from newsflag.evidence.tokens import salted
from newsflag.evidence.wording import (
    COLUMNS,
    PHRASE_BUCKETS,
    WORD_BUCKETS,
    shape_evidence,
    split_sentences,
    stem_hashes,
    wording_blocks,
)
from newsflag.model.scores import PHRASE_HEADS
from newsflag.training.embedding import Embedding, lay_whole

# Chosen by the experiments logged in benchmarks/EXPERIMENTS.md.
HASHED_SCALE: Final = 3.0
"""How much larger than the columns of shape the hashed features stand, so that one penalty suits both."""
VECTOR_SCALE: Final = 3.6
SOURCE_SCALE: Final = 5.0
"""Of the columns that say which set a row is from: each set has its own scale of judgement, nearly unpenalised."""
SHAPE: Final = slice(WORD_BUCKETS + PHRASE_BUCKETS, WORD_BUCKETS + PHRASE_BUCKETS + len(COLUMNS))
"""Columns of shape among the features."""
_CHUNK: Final = 20_000


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Labelled sentences and headlines.

    Parameters
    ----------
    texts, languages, sources, groups : list of str
        ``sources`` names the set, ``groups`` what must not be split: passage, publisher, pair.
    targets : dict of str to float64 array
        For each head the judgement of each row, 0…1; nan where there is none.
    weights : float64 array
    """

    texts: list[str]
    languages: list[str]
    sources: list[str]
    groups: list[str]
    targets: dict[str, Doubles]
    weights: Doubles

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, keep: Bools | Ints) -> Rows:
        """Some of the rows."""
        places = np.flatnonzero(keep) if np.asarray(keep).dtype == bool else np.asarray(keep)

        def part(values: list[str]) -> list[str]:
            return [values[place] for place in places.tolist()]

        return Rows(
            part(self.texts),
            part(self.languages),
            part(self.sources),
            part(self.groups),
            {head: values[places] for head, values in self.targets.items()},
            self.weights[places],
        )


def join(parts: Sequence[Rows]) -> Rows:
    """Rows of several sets."""
    heads = sorted({head for part in parts for head in part.targets})
    return Rows(
        [text for part in parts for text in part.texts],
        [language for part in parts for language in part.languages],
        [source for part in parts for source in part.sources],
        [group for part in parts for group in part.groups],
        {
            head: np.concatenate([part.targets.get(head, np.full(len(part), np.nan)) for part in parts])
            for head in heads
        },
        np.concatenate([part.weights for part in parts]),
    )


def features(texts: Sequence[str], languages: Sequence[str], embedding: Embedding) -> Any:
    """Each text as one sentence: hashed words, hashed phrases, shape, vectors; a sparse row each.

    Names are left out: a head that learns them learns topics and publishers.
    """
    tidy = [" ".join(text.split()) or "-" for text in texts]
    parts = []
    for low in range(0, len(tidy), _CHUNK):
        batch, spans, tokens = lay_whole(tidy[low : low + _CHUNK])
        n = batch.n_docs
        sentences = split_sentences(batch, spans, tokens, whole=len(batch.text))
        code = np.array([cues.code(language) for language in languages[low : low + _CHUNK]], np.int64)
        found = cues.find(tokens, sentences.word, code)
        words, phrases = wording_blocks(batch, sentences, tokens, stem_hashes(batch, tokens))
        size = np.sqrt(counts([words, *phrases], n))
        name = embedding.is_name(tokens.hash)
        named = np.concatenate(([0], np.cumsum(name)))
        tables = []
        for blocks, width in (([words], WORD_BUCKETS), (phrases, PHRASE_BUCKETS)):
            segment = np.concatenate([block.segment for block in blocks])
            bucket = np.concatenate([block.bucket for block in blocks])
            first = np.searchsorted(tokens.start, np.concatenate([block.start for block in blocks]))
            last = np.searchsorted(tokens.end, np.concatenate([block.end for block in blocks]))
            plain = named[last + 1] == named[first]
            value = (HASHED_SCALE / size)[segment]
            tables.append(
                sp.csr_matrix((value[plain].astype(np.float32), (segment[plain], bucket[plain])), shape=(n, width))
            )
        row = embedding.row(tokens.hash)
        some = (row >= 0) & ~name
        bag = sp.csr_matrix(
            (np.ones(int(some.sum()), np.float32), (tokens.segment[some], row[some])),
            shape=(n, len(embedding.hash)),
        )
        vectors = (bag @ embedding.vectors) * (VECTOR_SCALE / size)[:, None]
        shape = shape_evidence(batch, sentences, tokens, found)
        parts.append(sp.hstack([*tables, sp.csr_matrix(shape), sp.csr_matrix(vectors)], format="csr"))
    return sp.vstack(parts, format="csr")


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One fitted head: coefficients over :func:`features`, and the intercept of the set that counts."""

    weights: Floats
    bias: float

    def log_odds(self, values: Any) -> Doubles:
        """Log-odds of each row of features."""
        return np.asarray(values @ self.weights + self.bias, np.float64)


def fit_layer(
    values: Any,
    target: Doubles,
    weight: Doubles,
    sources: Sequence[str],
    main: str,
    penalty: float,
    shape_scale: float = 1.0,
    *,
    phrases: bool = True,
) -> Layer:
    """Fit a head on graded judgements.

    Parameters
    ----------
    values : sparse matrix
        Of :func:`features`.
    target : float64 array
        Judgement of each row, 0…1: it counts as that much of a yes and the rest of a no.
    weight : float64 array
    sources : sequence of str
        Set of each row; each but ``main`` has an intercept of its own, as sets differ in what they call much.
    main : str
        Set whose scale the head answers in.
    penalty : float
        ``C`` of the logistic regression.
    shape_scale : float
        How large the columns of shape stand: what length and marks say holds within a set rather than between sets.
    phrases : bool
        Whether phrases are looked at beside words.
    """
    scale = np.ones(values.shape[1], np.float32)
    scale[SHAPE] = shape_scale
    if not phrases:
        scale[WORD_BUCKETS : SHAPE.start] = 0
    values = values @ sp.diags(scale, format="csr", dtype=np.float32)
    names = sorted(set(sources) - {main})
    column = {name: number for number, name in enumerate(names)}
    marked = [(row, column[name]) for row, name in enumerate(sources) if name != main]
    owner = sp.csr_matrix(
        (
            np.full(len(marked), SOURCE_SCALE, np.float32),
            ([row for row, _ in marked], [place for _, place in marked]),
        ),
        shape=(len(target), max(len(names), 1)),
    )
    whole = sp.hstack([values, owner], format="csr")
    twice = sp.vstack([whole, whole], format="csr")
    answer = np.concatenate((np.ones(len(target)), np.zeros(len(target))))
    share = np.concatenate((target, 1 - target)) * np.concatenate((weight, weight))
    some = share > 0
    layer = LogisticRegression(C=penalty, max_iter=300).fit(twice[some], answer[some], sample_weight=share[some])
    weights = layer.coef_[0][: values.shape[1]] * scale
    return Layer(weights.astype(np.float32), float(layer.intercept_[0]))


def rescaled(layer: Layer, slope: float, intercept: float) -> Layer:
    """The layer with Platt scaling (Platt 1999) worked in."""
    return Layer((layer.weights * slope).astype(np.float32), layer.bias * slope + intercept)


def sigmoid(log_odds: Doubles) -> Doubles:
    """Probability of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


def platt(log_odds: Doubles, target: Doubles, weight: Doubles | None = None) -> tuple[float, float]:
    """Slope and intercept that turn log-odds into probabilities of a graded target."""
    counts = np.ones(len(target)) if weight is None else weight
    twice = np.concatenate((log_odds, log_odds))[:, None]
    answer = np.concatenate((np.ones(len(target)), np.zeros(len(target))))
    layer = LogisticRegression(C=1e6).fit(
        twice, answer, sample_weight=np.concatenate((target * counts, (1 - target) * counts))
    )
    return float(layer.coef_[0, 0]), float(layer.intercept_[0])


def tables(layers: Sequence[Layer], embedding: Embedding) -> tuple[Floats, Floats, Floats, Floats]:
    """Words, phrases, shape and bias of the shipped model: what vectors say of a word goes into its row."""
    weights = np.stack([layer.weights for layer in layers], axis=1)
    words = weights[:WORD_BUCKETS] * HASHED_SCALE
    of_words = embedding.vectors @ weights[SHAPE.stop :] * VECTOR_SCALE
    known = ~embedding.is_name(embedding.hash)
    bucket = (salted(embedding.hash, 11) & np.uint64(WORD_BUCKETS - 1)).astype(np.int64)
    np.add.at(words, bucket[known], of_words[known])
    return (
        _half(words),
        _half(weights[WORD_BUCKETS : SHAPE.start, : len(PHRASE_HEADS)] * HASHED_SCALE),
        weights[SHAPE].astype(np.float32),
        np.array([layer.bias for layer in layers], np.float32),
    )


def _half(values: npt.NDArray[Any]) -> Floats:
    """Rounded to float16, as which the table is stored."""
    return values.astype(np.float16).astype(np.float32)


__all__ = ["Layer", "Rows", "features", "fit_layer", "join", "platt", "rescaled", "sigmoid", "tables"]
