"""Measures of the benchmarks: pure functions of arrays, with their definitions.

``overlap`` (word 4-grams of one page against gold) lives with the views of a
page, :mod:`newsflag.training.views`, and is handed on from here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from newsflag.training.views import gold_f1, overlap

Numbers: TypeAlias = Sequence[float] | Sequence[bool] | npt.NDArray[np.float64] | npt.NDArray[np.bool_]
Rows: TypeAlias = npt.NDArray[np.int64]

RESAMPLES: Final = 1000
"""Enough for the second digit of a 95 % interval; more only costs time."""


class Scores(NamedTuple):
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float
    f1: float


class Interval(NamedTuple):
    """A figure with its bootstrap interval."""

    value: float
    low: float
    high: float


def harmonic(precision: float, recall: float) -> float:
    """F1 of a precision and a recall; 0 when both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def gold_scores(pages: Iterable[tuple[str, str]]) -> Scores:
    """Word 4-gram scores over pages.

    Precision and recall are averaged over pages, F1 is that of the means, as
    in Zyte's article-extraction-benchmark. An empty answer to a page that has
    gold counts as 0 in both.

    Parameters
    ----------
    pages : iterable of (text, gold)

    Returns
    -------
    Scores
    """
    return mean_scores([overlap(text, gold) for text, gold in pages])


def mean_scores(pages: Sequence[tuple[float, float]] | npt.NDArray[np.float64]) -> Scores:
    """Mean precision, mean recall and the F1 of the two, of (precision, recall) a page."""
    if not len(pages):
        raise ValueError("there is no page to measure")
    precision, recall = np.asarray(pages, np.float64).mean(axis=0).tolist()
    return Scores(precision, recall, harmonic(precision, recall))


def average_precision(truth: Numbers, score: Numbers) -> float:
    """Area under the precision-recall steps, equal scores taken at once.

    The sum over thresholds of precision times the gain in recall, as
    scikit-learn's ``average_precision_score``; not interpolated.

    Parameters
    ----------
    truth : sequence of bool
    score : sequence of float
        Higher means rather true.

    Returns
    -------
    float
        ``nan`` when nothing is true.
    """
    true, scores = _pair(truth, score)
    order = np.argsort(-scores, kind="stable")
    true, scores = true[order], scores[order]
    if not true.any():
        return float("nan")
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    hits = np.cumsum(true)[last]
    precision = hits / (last + 1)
    recall = hits / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def f1_at(truth: Numbers, score: Numbers, threshold: float = 0.5) -> Scores:
    """Scores of calling everything true that scores at least ``threshold``.

    With ``truth`` and ``score`` both boolean, the scores of a plain decision.
    Nothing called true gives a precision of 0.
    """
    true, scores = _pair(truth, score)
    called = scores >= threshold
    hits = float((called & true).sum())
    precision = hits / called.sum() if called.any() else 0.0
    recall = hits / true.sum() if true.any() else 0.0
    return Scores(float(precision), float(recall), harmonic(float(precision), float(recall)))


def share_kept(characters: Numbers, kept: Numbers, counts: Numbers | None = None) -> float:
    """Share of characters that are kept, among the lines that count.

    Parameters
    ----------
    characters : sequence of int
        Length of each line.
    kept : sequence of bool
        Whether it is kept.
    counts : sequence of bool, optional
        Which lines count, e.g. those of a kept kind; all by default.

    Returns
    -------
    float
        ``nan`` when no character counts.
    """
    kept_lines, sizes = _pair(kept, characters)
    if counts is not None:
        among, _ = _pair(counts, characters)
        kept_lines, sizes = kept_lines[among], sizes[among]
    total = sizes.sum()
    return float(sizes[kept_lines].sum() / total) if total else float("nan")


def calibration_bins(truth: Numbers, score: Numbers, bins: int = 15) -> npt.NDArray[np.float64]:
    """Mean score and mean truth of equal-mass bins.

    Items are ranked by score and cut into ``bins`` runs of (nearly) the same
    number; a cut that would part equal scores moves behind them. Equal-mass
    bins say more than equal-width ones where most scores lie near 0 and 1, as
    they do here.

    Parameters
    ----------
    truth : sequence of bool or float
        Yes and no, or graded judgements, 0…1.
    score : sequence of float
        Probabilities.
    bins : int

    Returns
    -------
    float array, bins × 3
        Mean score, share of true (mean judgement) and number of items, by rising score.
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}, but must be at least 1")
    _, scores = _pair(truth, score)
    true = np.asarray(truth, np.float64)
    if not len(scores):
        return np.zeros((0, 3))
    order = np.argsort(scores, kind="stable")
    true, scores = true[order], scores[order]
    wanted = np.arange(1, bins) * len(scores) // bins
    wanted = wanted[wanted > 0]
    cuts = np.unique(np.searchsorted(scores, scores[wanted - 1], side="right"))
    starts = np.unique(np.concatenate(([0], cuts[cuts < len(scores)]))).astype(np.int64)
    size = np.diff(np.append(starts, len(scores))).astype(np.float64)
    return np.stack((np.add.reduceat(scores, starts) / size, np.add.reduceat(true, starts) / size, size), axis=1)


def calibration_error(truth: Numbers, score: Numbers, bins: int = 15) -> float:
    """Expected calibration error: the mean over items of ``|mean truth − mean score|`` of their bin.

    Parameters
    ----------
    truth, score, bins
        As for :func:`calibration_bins`.

    Returns
    -------
    float
        0…1; ``nan`` of nothing.
    """
    found = calibration_bins(truth, score, bins)
    if not len(found):
        return float("nan")
    mean_score, mean_truth, size = found.T
    return float(np.abs(mean_truth - mean_score) @ size / size.sum())


def auc(truth: Numbers, score: Numbers) -> float:
    """Area under the ROC curve, ties counting half; nan where one side is missing."""
    true, scores = _pair(truth, score)
    n_true, n_false = int(true.sum()), int((~true).sum())
    if not n_true or not n_false:
        return float("nan")
    _, inverse, times = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(times) - (times - 1) / 2)[inverse]
    return float((rank[true].sum() - n_true * (n_true + 1) / 2) / (n_true * n_false))


def bootstrap(
    measure: Callable[[Rows], float],
    groups: Sequence[Hashable],
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """A figure with its cluster-bootstrap interval over publishers.

    Lines of a page, and pages of a publisher, resemble each other: drawing
    lines would make intervals far too narrow, so whole publishers are drawn,
    with replacement, as many as there are. The interval is the percentile one.

    Parameters
    ----------
    measure : callable
        From row numbers (repeated as drawn) to the figure.
    groups : sequence
        The publisher of each row.
    level : float
        Coverage, 0…1.
    resamples : int
    seed : int

    Returns
    -------
    Interval
        The figure of all rows, and the interval's ends; resamples that give
        ``nan`` are left out.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, but must lie between 0 and 1")
    numbers: dict[Hashable, int] = {}
    owner = np.array([numbers.setdefault(group, len(numbers)) for group in groups], np.int64)
    if not len(owner):
        raise ValueError("there is no row to draw")
    order = np.argsort(owner, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(owner))[:-1])
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        picks = random.integers(len(members), size=len(members))
        drawn.append(measure(np.concatenate([members[pick] for pick in picks])))
    tail = (1 - level) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail]).tolist()
    return Interval(float(measure(np.arange(len(owner)))), low, high)


def groups_folds(publishers: Sequence[str], n: int) -> Rows:
    """Number of the fold that each row belongs to, publishers kept whole.

    Publishers go largest first (then by name) to the fold with the fewest rows
    so far, so that folds are of like size and the same on every machine.

    Parameters
    ----------
    publishers : sequence of str
        The publisher of each row.
    n : int
        Number of folds.

    Returns
    -------
    int array
        0…n-1, one a row.

    Raises
    ------
    ValueError
        When there are fewer publishers than folds.

    Examples
    --------
    >>> groups_folds(["a", "b", "a", "c"], 2).tolist()
    [0, 1, 0, 1]
    """
    sizes = Counter(publishers)
    if n < 2 or len(sizes) < n:
        raise ValueError(f"{len(sizes)} publishers can't make {n} folds: it takes 2 folds and a publisher for each")
    filled = [0] * n
    fold = {}
    for publisher in sorted(sizes, key=lambda name: (-sizes[name], name)):
        fold[publisher] = filled.index(min(filled))
        filled[fold[publisher]] += sizes[publisher]
    return np.array([fold[publisher] for publisher in publishers], np.int64)


def _pair(truth: Numbers, score: Numbers) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    true, scores = np.asarray(truth, np.bool_), np.asarray(score, np.float64)
    if true.shape != scores.shape or true.ndim != 1:
        raise ValueError(f"two columns of one length are needed, but these have shapes {true.shape} and {scores.shape}")
    if np.isnan(scores).any():
        raise ValueError("a score is not a number")
    return true, scores


__all__ = [
    "Interval",
    "Scores",
    "auc",
    "average_precision",
    "bootstrap",
    "calibration_bins",
    "calibration_error",
    "f1_at",
    "gold_f1",
    "gold_scores",
    "groups_folds",
    "harmonic",
    "mean_scores",
    "overlap",
    "share_kept",
]
