"""Evidence into verdicts: the layer that judges a segment alone, and the networks that judge it in context.

Scoring is numpy alone: a few matrix products for a whole batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, TypeAlias

import numpy as np

from newsflag._exact import product
from newsflag._text import Bools, Floats
from newsflag.evidence import N_INSERTIONS, Own
from newsflag.evidence.hashing import weigh
from newsflag.kinds import KINDS
from newsflag.model.pages import PageModel
from newsflag.model.store import Model

CLIP: Final = 4.0
"""Standardised inputs are cut off here: nothing far outside the training data weighs without bound."""

STEPS: Final = 16
"""Midpoints of the path along which :func:`attribute` averages gradients. At 16 the part that is left
unexplained stays under 1 % of the log-odds for nearly all segments; it is given as its own reason."""

_TOGETHER: Final = 1024  # rows that are looked at in one go, about: fewer take longer each

N_KINDS: Final = len(KINDS)
FLOOR: Final = 1e-4
"""Least probability of a first verdict that the second network is told of."""
TOLD_SCALE: Final = 1.5

Layers: TypeAlias = Sequence[tuple[Floats, Floats]]


class Scaled(Protocol):
    """What a model says of its inputs' mean and scale, and of its log-odds' calibration."""

    @property
    def mean(self) -> Floats: ...
    @property
    def scale(self) -> Floats: ...
    @property
    def calibration(self) -> Floats: ...


def softmax(logits: Floats) -> Floats:
    """Probabilities of logits along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float32)


def sigmoid(log_odds: Floats) -> Floats:
    """Probability of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))), np.float32)


def alone_logits(own: Own, model: Model) -> Floats:
    """Logits of every kind from the segment's own text, shape (segments, kinds)."""
    n = len(own.surface)
    return np.asarray(
        weigh(own.characters, model.alone_hashed, n)
        + weigh(own.words, model.alone_hashed, n)
        + product(own.alone, model.alone_surface)
        + model.alone_bias,
        np.float32,
    )


def standardise(values: Floats, model: Scaled) -> Floats:
    """Inputs as the network was trained on them."""
    scaled = (values - model.mean) / model.scale
    return np.asarray(np.clip(scaled, -CLIP, CLIP, out=scaled), np.float32)


def forward(values: Floats, layers: Layers) -> Floats:
    """Logits of the kinds: ReLU layers, the last one linear."""
    for weights, bias in layers[:-1]:
        values = np.maximum(product(values, weights) + bias, 0)
    weights, bias = layers[-1]
    return np.asarray(product(values, weights) + bias, np.float32)


def told(logits: Floats) -> Floats:
    """A first verdict as the second network is told of it: scaled log-probabilities with a floor."""
    return np.asarray(np.log(np.maximum(softmax(logits), FLOOR)) / TOLD_SCALE, np.float32)


def second_inputs(scaled: Floats, first_logits: Floats, verdicts: Floats) -> Floats:
    """All that the second network sees: own evidence, own first verdict, the neighbours' first verdicts."""
    return np.concatenate((scaled, told(first_logits), verdicts), axis=1)


def insertion_log_odds(logits: Floats) -> Floats:
    """Log-odds of any insertion kind against any kept kind."""
    kept, inserted = logits[..., : N_KINDS - N_INSERTIONS], logits[..., N_KINDS - N_INSERTIONS :]
    return np.asarray(_log_sum(inserted) - _log_sum(kept), np.float32)


def _log_sum(logits: Floats) -> Floats:
    top = logits.max(axis=-1)
    return np.asarray(top + np.log(np.exp(logits - top[..., None]).sum(axis=-1)), np.float32)


def calibrated(logits: Floats, model: Scaled) -> tuple[Floats, Floats]:
    """Calibrated probability of every kind, and the log-odds of an insertion that they agree with.

    The shares within the kept kinds and within the insertion kinds stay as
    the network gives them; how much goes to either side is calibrated by
    Platt scaling (Platt 1999) on held-out publishers.
    """
    slope, intercept = model.calibration
    log_odds = insertion_log_odds(logits) * slope + intercept
    share = sigmoid(log_odds)
    cut = N_KINDS - N_INSERTIONS
    kinds = np.concatenate(
        (
            softmax(logits[:, :cut]) * (1 - share)[:, None],
            softmax(logits[:, cut:]) * share[:, None],
        ),
        axis=1,
    )
    return np.asarray(kinds, np.float32), np.asarray(log_odds, np.float32)


def attribute(scaled: Floats, verdicts: Floats, model: Model) -> tuple[Floats, Floats, float]:
    """What each input adds to the calibrated log-odds, and what the baseline has.

    Integrated gradients (Sundararajan, Taly & Yan 2017) through both networks,
    from the typical body paragraph to the segment.

    Returns
    -------
    contributions : float32 array, shape (segments, inputs)
    of_verdicts : float32 array, shape (segments, verdict columns)
    prior : float
        Log-odds at the baseline; prior and contributions add up to each
        segment's log-odds but for the error of the sum over :data:`STEPS`.
    """
    slope, intercept = (float(value) for value in model.calibration)
    n_inputs = scaled.shape[1]
    baseline, base_verdicts = model.baseline[None, :n_inputs], model.baseline[None, n_inputs:]
    step, step_verdicts = scaled - baseline, verdicts - base_verdicts
    # What stands before the first bend is linear, on the way there and on the way back: only what lies between is
    # looked at point by point.
    weights, bias = model.first[0]
    start, way = product(baseline, weights) + bias, product(step, weights)
    joined, joined_bias = model.second[0]
    of_inputs, of_told, of_others = np.split(joined, [n_inputs, n_inputs + N_KINDS])
    second_start = product(baseline, of_inputs) + product(base_verdicts, of_others) + joined_bias
    second_way = product(step, of_inputs) + product(step_verdicts, of_others)
    to_first, to_second = np.zeros_like(way), np.zeros_like(second_way)
    for parts in _parts(len(scaled)):
        first, first_open = _traced(_along(start, way, parts), model.first)
        known = _along(second_start, second_way, parts)
        logits, second_open = _traced(known + product(told(first), of_told), model.second)
        gradient = _back(_sides(logits), second_open, model.second)
        # Through the first verdict: told() is a scaled log-softmax, flat below its floor.
        shares = softmax(first)
        own = np.where(shares > FLOOR, product(gradient, of_told.T), 0)
        own = np.asarray(own / TOLD_SCALE, np.float32)
        own -= shares * own.sum(axis=1, keepdims=True)
        _add_up(to_first, _back(own, first_open, model.first))
        _add_up(to_second, gradient)
    total = product(to_second, of_inputs.T) + product(to_first, weights.T)
    total_verdicts = product(to_second, of_others.T)
    at_baseline = second_inputs(baseline, forward(baseline, model.first), base_verdicts)
    prior = float(insertion_log_odds(forward(at_baseline, model.second))[0]) * slope + intercept
    return (
        np.asarray(total / STEPS * step * slope, np.float32),
        np.asarray(total_verdicts / STEPS * step_verdicts * slope, np.float32),
        prior,
    )


def attribute_page(scaled: Floats, model: PageModel) -> Floats:
    """What each input adds to the calibrated log-odds of a page's segments, shape (segments, inputs).

    Integrated gradients as in :func:`attribute`, from the typical body paragraph.
    """
    step = scaled - model.baseline
    weights, bias = model.layers[0]
    start, way = product(model.baseline[None], weights) + bias, product(step, weights)
    total = np.zeros_like(way)
    for parts in _parts(len(scaled)):
        logits, passed = _traced(_along(start, way, parts), model.layers)
        _add_up(total, _back(_sides(logits), passed, model.layers))
    return np.asarray(product(total, weights.T) / STEPS * step * float(model.calibration[0]), np.float32)


def _sides(logits: Floats) -> Floats:
    """Gradient of the log-odds of an insertion by the logits."""
    cut = N_KINDS - N_INSERTIONS
    return np.concatenate((-softmax(logits[:, :cut]), softmax(logits[:, cut:])), axis=1)


def _parts(n: int) -> list[Floats]:
    """The midpoints of the path in groups: those of few rows are looked at together."""
    middle = np.asarray((np.arange(STEPS) + 0.5) / STEPS, np.float32)
    return np.array_split(middle, min(STEPS, -(-STEPS * n // _TOGETHER)))


def _along(start: Floats, way: Floats, parts: Floats) -> Floats:
    """All rows at each point of the path, one point after the other."""
    return np.asarray((start + way * parts[:, None, None]).reshape(-1, way.shape[1]), np.float32)


def _add_up(total: Floats, rows: Floats) -> None:
    """Add what was found at each point, one after the other, so that it does not matter how many come together."""
    for each in rows.reshape(-1, *total.shape):
        total += each


def _traced(sums: Floats, layers: Layers) -> tuple[Floats, list[Bools]]:
    """Logits from what the first layer adds up to, and which units of each hidden layer are open."""
    passed = []
    for weights, bias in layers[1:]:
        passed.append(sums > 0)
        sums = product(np.maximum(sums, 0), weights) + bias
    return np.asarray(sums, np.float32), passed


def _back(gradient: Floats, passed: list[Bools], layers: Layers) -> Floats:
    """Gradient by the logits carried back to what the first layer adds up to."""
    for (weights, _), open_ in zip(layers[:0:-1], passed[::-1], strict=True):
        gradient = product(gradient, weights.T) * open_
    return gradient


__all__ = [
    "alone_logits",
    "attribute",
    "attribute_page",
    "calibrated",
    "forward",
    "insertion_log_odds",
    "second_inputs",
    "sigmoid",
    "softmax",
    "standardise",
]
