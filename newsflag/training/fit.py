"""Fitting the splitter: the layer that judges a segment alone, the network that judges it in context.

Whatever a fold's model is made of (document frequencies, both layers,
calibration, threshold) sees only the articles of the other folds.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import warnings
from collections.abc import Sequence
from typing import Any, Final

import joblib
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from newsflag._text import Batch, Bools, Floats, Ints, make_batch
from newsflag.evidence import ALONE_COLUMNS, INPUT_COLUMNS, N_INSERTIONS, inputs
from newsflag.evidence.context import verdict_evidence
from newsflag.evidence.hashing import BUCKETS
from newsflag.evidence.rows import WORDING_SCALE, hashed_rows
from newsflag.evidence.surface import surface_evidence
from newsflag.evidence.tokens import Tokens, tokenize
from newsflag.evidence.topic import IDF_BUCKETS, idf_bucket, topic_evidence
from newsflag.kinds import KINDS
from newsflag.model.network import CLIP, calibrated, forward, insertion_log_odds, second_inputs, softmax
from newsflag.model.store import Model, settings_of_code
from newsflag.segmentation import segment
from newsflag.segmentation.lines import Spans
from newsflag.training.corpus import FOLDS, Corpus
from newsflag.training.data import OUTSIDE, UNKNOWN

N_KINDS: Final = len(KINDS)
CUT: Final = N_KINDS - N_INSERTIONS

# Every constant below was chosen by the experiments logged in
# benchmarks/EXPERIMENTS.md, on publisher-grouped folds.
READ_SOURCES: Final = ("gold", "silver", "raw", "written")
ALONE_C: Final = 0.7
ALONE_ITERATIONS: Final = 45
HIDDEN: Final = 64
ENSEMBLE: Final = 3
EPOCHS: Final = 10
EPOCHS_SECOND: Final = 8
PROBES: Final = 2
"""Folds that calibration and threshold are chosen on, each judged by networks that did not see it."""
ALPHA: Final = 1.0
MADE_WEIGHT: Final = 0.4
SCALE_FLOOR: Final = 0.35
"""Least standard deviation an input is divided by: a rare yes/no input must not shout."""
KEEP_TARGET: Final = 0.99
"""Share of the kept kinds' characters that the threshold keeps on held-out training publishers."""


@dataclasses.dataclass(slots=True, eq=False)
class Prepared:
    """The training set as arrays; one row a segment unless said otherwise.

    Parameters
    ----------
    text : int64 array
        Number of each segment's text among the distinct texts.
    hashed : sparse matrix, shape (distinct texts, BUCKETS + alone columns)
    lines : sparse matrix, shape (lines, BUCKETS + alone columns)
        Of the corpus' single lines.
    line_label : int64 array
    """

    batch: Batch
    spans: Spans
    tokens: Tokens
    surface: Floats
    label: Ints
    fold: Ints
    weight: Floats
    source: npt.NDArray[np.str_]
    text: Ints
    hashed: Any
    lines: Any
    line_label: Ints


def segment_labels(corpus: Corpus, batch: Batch, spans: Spans) -> Ints:
    """Label of each segment: that of the lines which hold four fifths of its characters, else unknown."""
    by_character = np.full(len(batch.codes) + 1, UNKNOWN - 1, np.int16)
    for article, begin in zip(corpus.articles, batch.doc_start.tolist(), strict=False):
        at = begin
        for glue, line, label in zip(article.glue, article.lines, article.labels, strict=True):
            at += len(glue)
            by_character[at : at + len(line)] = label
            at += len(line)
    labels = np.full(len(spans), UNKNOWN, np.int64)
    middle = (spans.start + spans.end) // 2
    ends = np.stack([by_character[spans.start], by_character[middle], by_character[spans.end - 1]])
    same = (ends[0] == ends[1]) & (ends[1] == ends[2])
    labels[same] = ends[0][same]
    for number in np.flatnonzero(~same).tolist():
        part = by_character[spans.start[number] : spans.end[number]]
        values, times = np.unique(part[part >= UNKNOWN], return_counts=True)
        if len(values) and times.max() >= 0.8 * times.sum():
            labels[number] = values[times.argmax()]
    labels[labels < UNKNOWN] = UNKNOWN
    return labels


def prepare(corpus: Corpus) -> Prepared:
    """Turn the training set into arrays."""
    batch = make_batch([article.text for article in corpus.articles])
    spans = segment(batch)
    tokens = tokenize(batch, spans)
    distinct: dict[str, int] = {}
    number = [
        distinct.setdefault(batch.text[start:end], len(distinct))
        for start, end in zip(spans.start.tolist(), spans.end.tolist(), strict=True)
    ]
    return Prepared(
        batch,
        spans,
        tokens,
        surface_evidence(batch, spans, tokens),
        segment_labels(corpus, batch, spans),
        np.array(corpus.folds)[spans.doc],
        np.array(corpus.weights, np.float32)[spans.doc],
        np.array([article.source for article in corpus.articles])[spans.doc],
        np.array(number),
        hashed_rows(list(distinct)),
        hashed_rows([text for text, _ in corpus.lines]),
        np.array([label for _, label in corpus.lines]),
    )


def _alone(prepared: Prepared, left_out: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Coefficients (features, kinds) and intercepts of the layer that judges a segment alone."""
    rows = np.flatnonzero(
        np.isin(prepared.source, READ_SOURCES)
        & (prepared.label >= 0)
        & (prepared.label != OUTSIDE)
        & ~np.isin(prepared.fold, left_out)
    )
    # A text that stands in many articles counts once for each kind it was given.
    key = prepared.text[rows] * (N_KINDS + 1) + prepared.label[rows]
    rows = rows[np.unique(key, return_index=True)[1]]
    values = sp.vstack([prepared.hashed[prepared.text[rows]], prepared.lines], format="csr")
    label = np.concatenate((prepared.label[rows], prepared.line_label))
    scale = rarity(values)
    layer = LogisticRegression(C=ALONE_C, max_iter=ALONE_ITERATIONS, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is part of the penalty
        layer.fit(values @ sp.diags(scale, format="csr", dtype=np.float32), label)
    weights = np.zeros((prepared.hashed.shape[1], N_KINDS), np.float32)
    bias = np.full(N_KINDS, -12.0, np.float32)  # a kind that the rows don't hold
    weights[:, layer.classes_] = layer.coef_.T * scale[:, None]
    bias[layer.classes_] = layer.intercept_
    return weights, bias


def rarity(values: Any) -> Floats:
    """What each feature is multiplied by before it is fitted: inverse document frequency, 1 on average.

    Frequent n-grams are penalised more than rare ones (Sparck Jones 1972). The
    factor goes into the weights, so scoring knows nothing of it.
    """
    n = values.shape[0]
    seen = np.bincount(values.indices, minlength=values.shape[1])[:BUCKETS]
    idf = np.log((n + 1) / (seen + 1))
    scale = np.ones(values.shape[1], np.float32)
    scale[:BUCKETS] = idf / idf[seen > 0].mean()
    return scale


def _alone_kinds(prepared: Prepared, weights: Floats, bias: Floats) -> Floats:
    logits = prepared.hashed @ weights + bias
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(shifted / shifted.sum(1, keepdims=True), np.float16)


def _pair(prepared: Prepared, left_out: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
    weights, bias = _alone(prepared, left_out)
    return weights, bias, _alone_kinds(prepared, weights, bias)


def document_frequencies(prepared: Prepared, rows: npt.NDArray[np.bool_]) -> Floats:
    """How telling each hashed word is: log inverse document frequency, scaled to 0…1."""
    used = rows[prepared.tokens.segment]
    doc = prepared.spans.doc[prepared.tokens.segment][used]
    pairs = np.unique(doc * IDF_BUCKETS + idf_bucket(prepared.tokens)[used])
    seen = np.bincount(pairs % IDF_BUCKETS, minlength=IDF_BUCKETS)
    n = len(np.unique(doc))
    return np.asarray(np.clip(np.log((n + 1) / (seen + 1)) / np.log(n + 1), 0, 1), np.float16).astype(np.float32)


@dataclasses.dataclass(slots=True, eq=False)
class _Sample:
    """Rows that train the network, with the labels and weights they train with."""

    rows: Ints
    label: Ints
    weight: Floats


def _sample(prepared: Prepared, kinds: Floats, left_out: tuple[int, ...], seed: int) -> _Sample:
    rng = np.random.default_rng(seed)
    label, source = prepared.label, prepared.source
    read = np.isin(source, READ_SOURCES)
    size = prepared.spans.end - prepared.spans.start
    # Long paragraphs abound and teach little after the first thousands.
    chance = np.where((label == 0) & (size > 160) & ~read, 0.3, 1.0)
    chance *= np.where(read, 1.0, 0.6)
    draw = rng.random(len(label)) < chance
    rows = np.flatnonzero((label >= 0) & draw & ~np.isin(prepared.fold, left_out))
    weight = prepared.weight[rows] * np.where(read[rows], 1.0, MADE_WEIGHT)
    known = label[rows].copy()
    outside = known == OUTSIDE  # certainly an insertion: of the kind that its wording suggests
    known[outside] = CUT + kinds[rows[outside], CUT:].argmax(1)
    return _Sample(rows, known, np.asarray(weight / weight.mean(), np.float32))


Layers = list[tuple[Floats, Floats]]


def _side_by_side(nets: Sequence[Layers]) -> Layers:
    """Several nets as one of their summed width; their logits are averaged."""
    return [
        (np.concatenate([net[0][0] for net in nets], axis=1), np.concatenate([net[0][1] for net in nets])),
        (np.concatenate([net[1][0] for net in nets]) / len(nets), np.mean([net[1][1] for net in nets], axis=0)),
    ]


def fit_net(
    values: Floats, rows: Bools, label: Ints, weight: Floats, seed: int, epochs: int, alpha: float = ALPHA
) -> Layers:
    """A net of one hidden layer, fitted on some of the rows; its logits are those of all kinds."""
    net = MLPClassifier(
        (HIDDEN,), alpha=alpha, batch_size=256, learning_rate_init=1e-3, max_iter=epochs, random_state=seed
    )
    weight = weight[rows]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is set, not found
        net.fit(values[rows], label[rows], sample_weight=weight / weight.mean())
    second = np.zeros((HIDDEN, N_KINDS), np.float32)
    second_bias = np.full(N_KINDS, -12.0, np.float32)  # a kind that the rows don't hold
    second[:, net.classes_] = net.coefs_[1]
    second_bias[net.classes_] = net.intercepts_[1]
    return [(net.coefs_[0].astype(np.float32), net.intercepts_[0].astype(np.float32)), (second, second_bias)]


def fit_nets(
    values: Floats,
    parts: Sequence[Bools],
    label: Ints,
    weight: Floats,
    *,
    seed: int,
    epochs: int,
    alpha: float = ALPHA,
    n_jobs: int = 2,
) -> list[Layers]:
    """A network for each part of the rows, each of :data:`ENSEMBLE` nets side by side."""
    nets = joblib.Parallel(n_jobs=n_jobs, max_nbytes="10M")(
        joblib.delayed(fit_net)(values, part, label, weight, seed * 100 + number, epochs, alpha)
        for part in parts
        for number in range(ENSEMBLE)
    )
    return [_side_by_side(nets[number : number + ENSEMBLE]) for number in range(0, len(nets), ENSEMBLE)]


def platt(log_odds: Floats, inserted: npt.NDArray[Any]) -> Floats:
    """Slope and intercept that calibrate the log-odds of an insertion (Platt 1999)."""
    fitted = LogisticRegression(C=1e6).fit(log_odds[:, None], inserted)
    return np.array([fitted.coef_[0, 0], fitted.intercept_[0]], np.float32)


class Fitter:
    """Fits models on a prepared corpus; what several models share is fitted once.

    Parameters
    ----------
    corpus : Corpus
    n_jobs : int
    seed : int
    """

    def __init__(self, corpus: Corpus, *, n_jobs: int = 2, seed: int = 0, name: str = "splitter") -> None:
        self.prepared = prepare(corpus)
        self.n_jobs = n_jobs
        self.seed = seed
        self.name = name
        self._alones: dict[tuple[int, ...], tuple[Floats, Floats, Floats]] = {}

    def alone(self, *wanted: tuple[int, ...]) -> None:
        """Fit the layers that judge a segment alone, without the folds of each tuple."""
        missing = [left_out for left_out in wanted if left_out not in self._alones]
        found = joblib.Parallel(n_jobs=self.n_jobs, max_nbytes="10M")(
            joblib.delayed(_pair)(self.prepared, left_out) for left_out in missing
        )
        self._alones.update(zip(missing, found, strict=True))

    def kinds(self, left_out: tuple[int, ...]) -> Floats:
        """Verdict alone of every segment, always by a layer that did not see its publisher."""
        out = np.zeros((len(self.prepared.spans), N_KINDS), np.float32)
        for fold in range(FOLDS):
            rows = self.prepared.fold == fold
            key = tuple(sorted({*left_out, fold}))
            out[rows] = self._alones[key][2][self.prepared.text[rows]]
        return out

    def fit(self, left_out: tuple[int, ...] = ()) -> Model:
        """Fit one model on all folds but those left out."""
        inner = [fold for fold in range(FOLDS) if fold not in left_out]
        self.alone(left_out, *(tuple(sorted({*left_out, fold})) for fold in inner))
        prepared = self.prepared
        kinds = self.kinds(left_out)
        train = ~np.isin(prepared.fold, left_out)
        idf = document_frequencies(prepared, train)
        topic = topic_evidence(prepared.batch, prepared.spans, prepared.tokens, idf)
        values = inputs(prepared.surface, topic, kinds, prepared.spans, prepared.tokens)
        sample = _sample(prepared, kinds, left_out, self.seed)
        mean = values[sample.rows].mean(0)
        scale = np.maximum(values[sample.rows].std(0), SCALE_FLOOR)
        scaled = np.clip((values - mean) / scale, -CLIP, CLIP)
        del values

        # The first network, once for use and once without each fold, so that
        # the second one learns from first verdicts on publishers unseen.
        fold = prepared.fold[sample.rows]
        everything = np.ones(len(fold), bool)
        learnt = functools.partial(
            fit_nets, label=sample.label, weight=sample.weight, seed=self.seed, n_jobs=self.n_jobs
        )
        first = learnt(scaled[sample.rows], [everything, *(fold != out for out in inner)], epochs=EPOCHS)
        logits = forward(scaled, first[0])
        for out, layers in zip(inner, first[1:], strict=True):
            rows = prepared.fold == out
            logits[rows] = forward(scaled[rows], layers)
        verdicts = verdict_evidence(softmax(logits), prepared.surface, prepared.spans, prepared.tokens)
        joined = second_inputs(scaled, logits, verdicts)
        # The second network likewise: without two of the folds for calibration.
        probes = [fold != out for out in inner[:PROBES]]
        second = learnt(joined[sample.rows], [everything, *probes], epochs=EPOCHS_SECOND)

        weights, bias, _ = self._alones[left_out]
        weights = weights.copy()
        weights[:BUCKETS] *= WORDING_SCALE
        paragraph = sample.rows[(sample.label == 0) & (prepared.spans.end - prepared.spans.start > 160)[sample.rows]]
        model = Model(
            name=self.name,
            version="1",
            digest="",
            idf=idf,
            alone_hashed=weights[:BUCKETS].astype(np.float16).astype(np.float32),
            alone_surface=weights[BUCKETS:],
            alone_bias=bias,
            mean=mean,
            scale=scale,
            first=tuple(first[0]),
            second=tuple(second[0]),
            baseline=np.concatenate((scaled[paragraph].mean(0), verdicts[paragraph].mean(0))).astype(np.float32),
            calibration=np.array([1, 0], np.float32),
            threshold=0.5,
            columns=INPUT_COLUMNS,
            surface_columns=ALONE_COLUMNS,
            settings=settings_of_code(),
            metrics={},
            training={},
        )
        held = [
            np.flatnonzero((prepared.fold == out) & (prepared.label >= 0) & np.isin(prepared.source, READ_SOURCES))
            for out in inner[:PROBES]
        ]
        judged = [forward(joined[rows], layers) for rows, layers in zip(held, second[1:], strict=True)]
        return self._calibrate(model, np.concatenate(held), np.concatenate(judged))

    def _calibrate(self, model: Model, rows: Ints, logits: Floats) -> Model:
        """Platt scaling and threshold on verdicts about unseen publishers."""
        label = self.prepared.label[rows]
        inserted = (label >= CUT).astype(int)
        odds = insertion_log_odds(logits)
        model = dataclasses.replace(model, calibration=platt(odds, inserted))
        share = calibrated(logits, model)[0][:, CUT:].sum(1)
        size = (self.prepared.spans.end - self.prepared.spans.start)[rows]
        return dataclasses.replace(model, threshold=choose_threshold(share, inserted, size))


def choose_threshold(share: Floats, inserted: Ints, size: Ints) -> float:
    """The threshold of best F1 among those that keep :data:`KEEP_TARGET` of the article's characters.

    Never below 0.5: where insertion and article are equally likely the text stays.
    """
    best, best_f1 = 0.5, -1.0
    kept_size = size * (inserted == 0)
    for threshold in np.arange(0.5, 0.9, 0.01):
        found = share >= threshold
        hits = float((found & (inserted == 1)).sum())
        f1 = 2 * hits / max(found.sum() + inserted.sum(), 1)
        kept = 1 - float(kept_size[found].sum()) / max(float(kept_size.sum()), 1)
        if kept >= KEEP_TARGET and f1 > best_f1:
            best, best_f1 = float(threshold), f1
    return round(best if best_f1 >= 0 else 0.9, 2)


def cross_fit(fitter: Fitter, folds: Sequence[int] = range(FOLDS)) -> list[Model]:
    """One model a fold, fitted without that fold's publishers."""
    fitter.alone(*((fold,) for fold in range(FOLDS)), *itertools.combinations(range(FOLDS), 2))
    return [fitter.fit((fold,)) for fold in folds]


__all__ = ["Fitter", "Prepared", "cross_fit", "prepare"]
