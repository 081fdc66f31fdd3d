"""Evidence into verdicts: what the arithmetic promises, on a small network and on the shipped one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from newsflag._text import Floats, make_batch
from newsflag.evidence import INPUT_COLUMNS, N_INSERTIONS, inputs, own_evidence
from newsflag.evidence.context import VERDICT_COLUMNS, verdict_evidence
from newsflag.evidence.topic import topic_evidence
from newsflag.kinds import KINDS
from newsflag.model import network
from newsflag.model.store import Model, load
from newsflag.segmentation.lines import split_lines

N_INPUTS = len(INPUT_COLUMNS)
CUT = len(KINDS) - N_INSERTIONS

ARTICLE = """\
Ferry to the islands runs again after storm
The ferry between Norholm and the outer islands is running again, the harbour office said on Tuesday morning.
READ MORE: Seven beaches you have never heard of
Photo: Harbour office
"We have lost four days," said the captain, who has sailed the route for nineteen years and more.
Sign up for our newsletter
***
"""


@pytest.fixture(scope="module")
def model(make_model: Callable[..., Model]) -> Model:
    return make_model()


def drawn(n: int = 20) -> Floats:
    return np.random.default_rng(6).standard_normal((n, N_INPUTS)).astype(np.float32)


def drawn_verdicts(n: int = 20) -> Floats:
    values: Floats = np.random.default_rng(7).standard_normal((n, len(VERDICT_COLUMNS)), np.float32)
    return np.asarray(values / 2, np.float32)


def log_odds_of(scaled: Floats, verdicts: Floats, model: Model) -> Floats:
    first = network.forward(scaled, model.first)
    logits = network.forward(network.second_inputs(scaled, first, verdicts), model.second)
    return network.calibrated(logits, model)[1]


def seen(model: Model) -> tuple[Floats, Floats]:
    """What the second network sees of the article."""
    batch = make_batch([ARTICLE])
    spans = split_lines(batch)
    own = own_evidence(batch, spans)
    alone = network.softmax(network.alone_logits(own, model))
    topic = topic_evidence(batch, spans, own.tokens, model.idf)
    scaled = network.standardise(inputs(own.surface, topic, alone, spans, own.tokens), model)
    kinds = network.softmax(network.forward(scaled, model.first))
    return scaled, verdict_evidence(kinds, own.surface, spans, own.tokens)


def test_softmax_adds_up() -> None:
    shares = network.softmax(drawn())
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert (shares > 0).all()


@pytest.mark.parametrize("size", [1e3, 1e30, -1e30])
def test_softmax_is_stable(size: float) -> None:
    logits = np.array([[size, size - abs(size), size], [size, size, size]], np.float32)
    with np.errstate(all="raise", under="ignore"):
        shares = network.softmax(logits)
    assert np.allclose(shares, [[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]], atol=1e-6)


def test_softmax_ignores_what_is_added_to_all() -> None:
    logits = drawn()
    assert np.allclose(network.softmax(logits), network.softmax(logits + 100), atol=1e-5)


def test_sigmoid_never_overflows() -> None:
    with np.errstate(all="raise"):
        low, half, high = network.sigmoid(np.array([-1e30, 0, 1e30], np.float32))
    assert 0 < low < 1e-12
    assert half == 0.5
    assert high == 1


def test_insertion_log_odds_are_those_of_the_kinds() -> None:
    logits = drawn()[:, : len(KINDS)] * 3
    shares = network.softmax(logits).astype(np.float64)
    expected = np.log(shares[:, CUT:].sum(axis=1) / shares[:, :CUT].sum(axis=1))
    assert np.allclose(network.insertion_log_odds(logits), expected, atol=1e-4)


def test_insertion_log_odds_stay_finite() -> None:
    logits = np.zeros((2, len(KINDS)), np.float32)
    logits[0, 0] = logits[1, -1] = 1e4
    with np.errstate(all="raise", under="ignore"):
        low, high = network.insertion_log_odds(logits)
    assert low == pytest.approx(-1e4, rel=1e-3)
    assert high == pytest.approx(1e4, rel=1e-3)


@pytest.mark.parametrize("calibration", [(1.0, 0.0), (0.6, -1.5), (2.5, 4.0)])
@pytest.mark.parametrize("size", [1, 20, 1000])
def test_calibrated_kinds_agree_with_their_log_odds(
    model: Model, calibration: tuple[float, float], size: float
) -> None:
    model = dataclasses.replace(model, calibration=np.array(calibration, np.float32))
    logits = drawn()[:, : len(KINDS)] * size
    kinds, log_odds = network.calibrated(logits, model)
    assert np.isfinite(log_odds).all()
    assert ((kinds >= 0) & (kinds <= 1)).all()
    assert np.allclose(kinds.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(kinds[:, CUT:].sum(axis=1), network.sigmoid(log_odds), atol=1e-5)


def test_calibration_leaves_the_order_within_either_side(model: Model) -> None:
    logits = drawn()[:, : len(KINDS)]
    kinds, _ = network.calibrated(logits, model)
    for side in (slice(None, CUT), slice(CUT, None)):
        assert (kinds[:, side].argmax(axis=1) == logits[:, side].argmax(axis=1)).all()


def test_a_plain_calibration_is_the_softmax(model: Model) -> None:
    logits = drawn()[:, : len(KINDS)]
    kinds, _ = network.calibrated(logits, dataclasses.replace(model, calibration=np.array([1, 0], np.float32)))
    assert np.allclose(kinds, network.softmax(logits), atol=1e-5)


def test_standardised_inputs_are_bounded_and_the_given_ones_stay(model: Model) -> None:
    values = drawn() * 1e6
    before = values.copy()
    scaled = network.standardise(values, model)
    assert np.abs(scaled).max() <= network.CLIP
    assert (values == before).all()
    assert np.allclose(network.standardise(model.mean[None, :] + model.scale, model), 1, atol=1e-3)


@pytest.mark.parametrize("widths", [(16, 12), (1, 40), (48, 1)])
def test_contributions_and_prior_add_up_to_the_log_odds(
    make_model: Callable[..., Model], widths: tuple[int, int]
) -> None:
    model = make_model(widths)
    scaled, verdicts = drawn(), drawn_verdicts()
    contributions, of_verdicts, prior = network.attribute(scaled, verdicts, model)
    assert contributions.shape == scaled.shape
    assert of_verdicts.shape == verdicts.shape
    total = contributions.sum(axis=1) + of_verdicts.sum(axis=1) + prior
    assert np.abs(total - log_odds_of(scaled, verdicts, model)).max() < 0.05


def test_at_the_baseline_nothing_contributes(model: Model) -> None:
    scaled, verdicts = model.baseline[None, :N_INPUTS].copy(), model.baseline[None, N_INPUTS:].copy()
    contributions, of_verdicts, prior = network.attribute(scaled, verdicts, model)
    assert not contributions.any()
    assert not of_verdicts.any()
    assert prior == pytest.approx(float(log_odds_of(scaled, verdicts, model)[0]), abs=1e-4)


def test_an_input_as_in_the_baseline_contributes_nothing(model: Model) -> None:
    scaled, verdicts = drawn(), drawn_verdicts()
    scaled[:, 7] = model.baseline[7]
    verdicts[:, 2] = model.baseline[N_INPUTS + 2]
    contributions, of_verdicts, _ = network.attribute(scaled, verdicts, model)
    assert not contributions[:, 7].any()
    assert not of_verdicts[:, 2].any()


def test_an_unused_input_contributes_nothing(model: Model) -> None:
    networks: dict[str, Any] = {}
    for name in ("first", "second"):
        (weights, bias), last = getattr(model, name)
        weights = weights.copy()
        weights[3] = 0
        networks[name] = ((weights, bias), last)
    contributions, _, _ = network.attribute(drawn(), drawn_verdicts(), dataclasses.replace(model, **networks))
    assert not contributions[:, 3].any()
    assert contributions[:, 4].any()


def test_the_shipped_models_reasons_add_up() -> None:
    model = load()
    scaled, verdicts = seen(model)
    log_odds = log_odds_of(scaled, verdicts, model)
    contributions, of_verdicts, prior = network.attribute(scaled, verdicts, model)
    rest = np.abs(contributions.sum(axis=1) + of_verdicts.sum(axis=1) + prior - log_odds)
    assert (rest <= 0.05 * np.abs(log_odds) + 0.25).all()


def test_verdicts_do_not_depend_on_each_other(model: Model) -> None:
    scaled, verdicts = seen(model)
    together = log_odds_of(scaled, verdicts, model)
    one_by_one = [log_odds_of(scaled[n : n + 1], verdicts[n : n + 1], model)[0] for n in range(len(scaled))]
    assert np.allclose(together, one_by_one, atol=1e-4)
