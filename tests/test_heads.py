"""Training the heads on a small scale: what is learned, what is left out, and that the shipped tables say the same."""

from __future__ import annotations

import json

import numpy as np
import pytest

from newsflag._text import make_batch
from newsflag.evidence.tokens import tokenize
from newsflag.model.scores import HEADS, shipped
from newsflag.scoring import gather, lay_out, sentence_log_odds
from newsflag.segmentation.lines import split_lines
from newsflag.training import judged
from newsflag.training.data import WRITTEN
from newsflag.training.embedding import Embedding, embed, lay_whole
from newsflag.training.heads import Rows, features, fit_layer, join, platt, tables
from newsflag.training.scores import Tone, choose_threshold, fit_tone, passages
from newsflag.training.style import fit_style

LOUD = ["What a disgrace this bridge is!", "A shameful and outrageous bridge!", "This outrageous mess of a pier!"] * 4
CALM = ["The bridge opens on Monday.", "The pier was built last year.", "The mess of nets was cleared."] * 4
STORY = (
    "In the morning the pilot Ingrid Solberg met the harbour master. Later that day Ingrid Solberg sailed. "
    "People say that Solberg knows the harbour. The harbour knows Solberg, and Solberg knows the pier. "
    "At noon the master told Ingrid that the pier was closed, and Ingrid said that the harbour was open. "
) * 4


@pytest.fixture(scope="module")
def embedding() -> Embedding:
    return embed([*LOUD, *CALM, STORY])


def rows(texts: list[str], value: float, source: str = "one") -> Rows:
    n = len(texts)
    return Rows(texts, ["en"] * n, [source] * n, texts, {"loud": np.full(n, value)}, np.ones(n))


def test_rows_of_sets_with_other_targets_are_joined() -> None:
    other = Rows(["x"], ["de"], ["two"], ["g"], {"calm": np.array([1.0])}, np.ones(1))
    both = join([rows(["a", "b"], 1.0), other])
    assert both.targets["loud"][:2].tolist() == [1.0, 1.0]
    assert np.isnan(both.targets["loud"][2])
    assert np.isnan(both.targets["calm"][:2]).all()
    assert both.take(np.array([False, True, True])).texts == ["b", "x"]


def test_names_are_found_in_running_text_and_left_out(embedding: Embedding) -> None:
    _, _, tokens = lay_whole(["Solberg harbour Ingrid pier"])
    assert embedding.is_name(tokens.hash).tolist() == [True, False, True, False]
    named, plain = features(["Solberg sailed", "Ingrid sailed"], ["en", "en"], embedding)
    assert (named != plain).nnz == 0


def test_a_head_learns_what_is_loud(embedding: Embedding) -> None:
    both = join([rows(LOUD, 1.0), rows(CALM, 0.0)])
    values = features(both.texts, both.languages, embedding)
    layer = fit_layer(values, both.targets["loud"], both.weights, both.sources, "one", 1.0)
    loud, calm = layer.log_odds(features(["What a disgrace!", "The pier opens."], ["en", "en"], embedding))
    assert loud > 0 > calm


def test_a_set_of_another_scale_does_not_move_the_main_one(embedding: Embedding) -> None:
    main = [rows(LOUD, 1.0), rows(CALM, 0.0)]
    harsh = rows([f"{text} Truly." for text in CALM], 1.0, source="two")
    both = join([*main, harsh])
    values = features(both.texts, both.languages, embedding)
    layer = fit_layer(values, both.targets["loud"], both.weights, both.sources, "one", 1.0)
    assert layer.log_odds(features(CALM[:1], ["en"], embedding))[0] < 0


def test_the_shipped_tables_say_what_the_layers_say(embedding: Embedding) -> None:
    both = join([rows(LOUD, 1.0), rows(CALM, 0.0)])
    values = features(both.texts, both.languages, embedding)
    layer = fit_layer(values, both.targets["loud"], both.weights, both.sources, "one", 1.0)
    words, phrases, shape, bias = tables([layer] * len(HEADS), embedding)
    batch = make_batch(CALM[:3])
    spans = split_lines(batch)
    tokens = tokenize(batch, spans)
    laid = lay_out(CALM[:3], [None] * 3, batch, spans, tokens, np.zeros(3, np.int64))
    evidence = gather(laid, ["en"] * 3, np.ones(1 << 16, np.float32), None, None)
    import dataclasses

    model = dataclasses.replace(shipped(), words=words, phrases=phrases, shape=shape, bias=bias)
    told = sentence_log_odds(evidence, model)[:, 0]
    assert told == pytest.approx(layer.log_odds(features(CALM[:3], ["en"] * 3, embedding)), abs=0.05)


def test_calibration_recovers_the_share_of_each_score() -> None:
    draw = np.random.default_rng(1)
    log_odds = draw.normal(0, 2, 4000)
    truth = (draw.random(4000) < 1 / (1 + np.exp(-(0.5 * log_odds - 1)))).astype(float)
    slope, intercept = platt(log_odds, truth)
    assert slope == pytest.approx(0.5, abs=0.08)
    assert intercept == pytest.approx(-1, abs=0.12)


def test_passages_are_cut_into_segments_that_are_true_if_any_sentence_is() -> None:
    groups = ["p"] * 6 + ["q"] * 6
    log_odds = np.linspace(-1, 1, 12)
    target = (np.arange(12) % 3 == 0).astype(float)
    own, others, truth, usual = passages(groups, log_odds, target)
    assert len(own) == len(others) == len(truth) <= 12
    assert set(truth.tolist()) <= {0.0, 1.0}
    assert own.max() == 1
    assert np.isfinite(usual)


def test_a_tone_never_counts_loud_surroundings_against_a_segment() -> None:
    draw = np.random.default_rng(2)
    groups = [f"p{number // 10}" for number in range(400)]
    log_odds = draw.normal(0, 1, 400)
    tone = fit_tone(groups, log_odds, (log_odds + draw.normal(0, 1, 400) > 0).astype(float))
    assert tone.own > 0
    assert tone.others >= 0
    assert Tone(2, 0, 0, 1).log_odds(np.array([1.0]), np.array([9.0])).tolist() == [3.0]


def test_a_threshold_is_the_least_that_reaches_the_precision() -> None:
    score = np.repeat([0.96, 0.905, 0.2], 100)
    truth = np.repeat([1, 0, 0], 100)
    assert choose_threshold("sensational", score, truth) == 0.95
    assert choose_threshold("misinformation", score, truth) == 0.91
    assert choose_threshold("clickbait", score, np.zeros(300)) == 0.97


def test_what_sets_one_set_apart_from_another_is_no_style() -> None:
    draw = np.random.default_rng(3)
    loud = draw.integers(0, 2, 400)
    source = np.array(["a"] * 200 + ["b"] * 200)
    values = np.column_stack((loud + draw.normal(0, 0.5, 400), (source == "a") * 50.0 + draw.normal(0, 1, 400)))
    layer = fit_style(values, loud, source.tolist(), penalty=1.0)
    assert layer.weights[0] > 5 * abs(layer.weights[1])


def test_our_own_lines_say_what_they_are() -> None:
    lines = [json.loads(line) for line in (WRITTEN / "wording.jsonl").read_text("utf-8").splitlines()]
    assert len({line["text"] for line in lines}) == len(lines)
    for line in lines:
        assert line["type"] in ("headline", "sentence")
        assert line["text"].strip() == line["text"] != ""
        if line["type"] == "headline":
            assert 0 <= line["clickbait"] <= 10
        else:
            assert line["voice"] in ("a", "q")
            assert line["sensational"] in (0, 1, 2)
    assert len(judged.written_wording()) == len(lines)
    styles = [json.loads(line) for line in (WRITTEN / "styles.jsonl").read_text("utf-8").splitlines()]
    assert {row["style"] for row in styles} == {"reliable", "unreliable"}
    assert len(styles) == 2 * len({row["story"] for row in styles})


def test_labels_are_places_without_texts() -> None:
    for path in sorted(judged.LABELS.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            assert not {"text", "title"} & set(row), path.name
            assert all(not isinstance(value, str) or len(value) < 60 for value in row.values()), path.name
