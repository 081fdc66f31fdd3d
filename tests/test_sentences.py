"""Flattened lines: which lines count as flattened, and where their segments begin."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsflag.errors import ModelError, ModelNotFoundError
from newsflag.segmentation.sentences import SentenceModel, looks_flattened, sentence_starts, shipped_model
from newsflag.training import punkt as training

MODELS = Path(__file__).resolve().parents[1] / "models"
HARD = "Ab. -•*_|!?…。！？«»“”()\t\xa0\u3000\u200f\u0301中文العربيةहिन्दी।😀\ud800\n:1"


def pieces(line: str) -> list[str]:
    """The segments of a line."""
    edges = [0, *sentence_starts(line), len(line)]
    return [line[a:b].strip() for a, b in itertools.pairwise(edges)]


@settings(deadline=None, max_examples=150)
@given(st.text(st.sampled_from(HARD), max_size=120) | st.text(max_size=60))
def test_starts_are_sorted_inside_and_never_blank(line: str) -> None:
    starts = sentence_starts(line)
    assert starts == sorted(set(starts))
    assert all(0 < start < len(line) and not line[start].isspace() for start in starts)
    assert all(line[:start].strip() for start in starts)


@pytest.mark.parametrize(
    "line",
    [
        "It rained all day. Nobody came to the fair. The mayor went home!",
        "Es regnete den ganzen Tag. Niemand kam zum Fest. Der Bürgermeister ging heim!",
        "今天下了一整天的雨。没有人来参加集市。市长回家了！",
        "वह घर गया। बारिश हो रही थी। कोई नहीं आया।",
        "هل جاء الوزير؟ لم يأت أحد. عاد الجميع إلى بيوتهم.",
    ],
)
def test_every_script_ends_its_sentences(line: str) -> None:
    assert len(pieces(line)) == 3


@pytest.mark.parametrize(
    "line",
    [
        "On Monday Mr. Miller of the U.S. Senate met Dr. Jane Doe and Gov. Lee in Rome.",
        "Am 3. Oktober traf Dr. Huber bzw. Prof. Maier die Gäste in der 2. Etage.",
        '"We are ready!" said the captain, who had waited for an hour.',
        "The minister - a friend of the mayor - said on Tuesday that he would not go.",
        "Der Minister – ein Freund des Bürgermeisters – sagte am Dienstag, er gehe nicht.",
        "WASHINGTON (AP) - President Miller said on Tuesday that he would not go to Rome.",
    ],
)
def test_one_sentence_stays_one(line: str) -> None:
    assert pieces(line) == [line]


def test_separators_are_segments_of_their_own() -> None:
    line = "The talks went on. • Ten castles to see in your life • Why your cat hates Mondays • The vote is next week."
    assert pieces(line).count("•") == 3


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        (
            (
                "The council met on Monday and spoke of the new bridge for hours. Mayor under pressure over the bridge "
                "However, it is open who will build it. The mayor has promised an answer by the end of the year."
            ),
            "Mayor under pressure over the bridge",
        ),
        (
            (
                "Der Rat tagte am Montag und sprach stundenlang über die neue Brücke. Streit um die neue Brücke "
                "Die Bürgermeisterin weiß nicht, wer sie baut. Die Stadt will bald eine Antwort geben."
            ),
            "Streit um die neue Brücke",
        ),
        pytest.param(
            (
                "Der Rat tagte am Montag und sprach stundenlang über die neue Brücke. Streit um die neue Brücke "
                "Nach der Sitzung blieb offen, wer sie baut. Die Stadt will bald eine Antwort geben."
            ),
            "Streit um die neue Brücke",
            marks=pytest.mark.xfail(strict=True, reason="a preposition after a noun is too often no new sentence"),
        ),
        pytest.param(
            "The council met on Monday and spoke about the bridge for hours. A bridge that nobody wants to pay for "
            "Another question is who will build it. The mayor has promised an answer by the end of the year.",
            "A bridge that nobody wants to pay for",
            marks=pytest.mark.xfail(strict=True, reason="a sentence-like headline that ends in a preposition"),
        ),
    ],
)
def test_a_headline_without_an_end_mark_is_cut_off(line: str, headline: str) -> None:
    assert headline in pieces(line)


def test_a_glued_end_mark_is_found() -> None:
    assert pieces("They agreed on both sides.Another point was left open.")[1].startswith("Another")


@pytest.mark.parametrize("alone", [False, True])
def test_a_paragraph_is_not_flattened_and_an_article_is(alone: bool) -> None:
    sentence = "The council met on Monday and spoke about the new bridge for several hours. "
    assert not looks_flattened(sentence * (3 if alone else 8), alone=alone)
    assert looks_flattened(sentence * (10 if alone else 40), alone=alone)
    assert looks_flattened("今天下了一整天的雨，没有人来参加集市。" * 60, alone=alone)
    assert not looks_flattened("word " * 2000, alone=alone)


@pytest.mark.parametrize("unit", ["a", "!", ". ", "a. ", "- ", "中", "。", '"', "A ", "Read more: "])
def test_long_lines_take_linear_time(unit: str) -> None:
    line = unit * (1_000_000 // len(unit))
    begin = time.perf_counter()
    sentence_starts(line)
    assert time.perf_counter() - begin < 10


def test_chunks_do_not_change_the_result_much() -> None:
    paragraph = "The council met on Monday. Nobody had asked for it. The mayor said that the bridge was needed. "
    starts = sentence_starts(paragraph * 6000)
    assert abs(len(starts) - (3 * 6000 - 1)) <= 5


def test_starts_do_not_depend_on_what_was_asked_before() -> None:
    line = "He went to the U.S. Senate on Jan. 3 and spoke. The hall was empty."
    first = sentence_starts(line)
    sentence_starts("Something else. Entirely different.")
    assert sentence_starts(line) == first == sentence_starts(line, SentenceModel.load(MODELS))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("sentences.json", "sentences.npz"):
        shutil.copy(MODELS / name, tmp_path / name)
    return tmp_path


def test_missing_and_damaged_models_are_refused(copy: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        SentenceModel.load(copy / "nowhere")
    content = (copy / "sentences.npz").read_bytes()
    (copy / "sentences.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError):
        SentenceModel.load(copy)
    (copy / "sentences.npz").write_bytes(content)
    facts = json.loads((copy / "sentences.json").read_text("utf-8"))
    no_number: dict[str, object] = {"gaps": {**facts["gaps"], "bias": float("nan")}}
    changes: list[dict[str, object]] = [{"format": 99}, {"gaps": {}}, {"punkt": None}, no_number]
    for change in changes:
        (copy / "sentences.json").write_text(json.dumps({**facts, **change}), "utf-8")
        with pytest.raises(ModelError):
            SentenceModel.load(copy)
    (copy / "sentences.json").write_text("[1, 2", "utf-8")
    with pytest.raises(ModelError):
        SentenceModel.load(copy)


def test_changed_weights_are_noticed(copy: Path) -> None:
    with np.load(copy / "sentences.npz") as arrays:
        parts = dict(arrays)
    parts["weights"] = -parts["weights"]
    np.savez_compressed(copy / "sentences.npz", allow_pickle=False, **parts)
    with pytest.raises(ModelError, match="hash"):
        SentenceModel.load(copy)


def test_the_shipped_model_is_small_and_loaded_once() -> None:
    assert sum((MODELS / name).stat().st_size for name in ("sentences.json", "sentences.npz")) < 1_000_000
    assert shipped_model() is shipped_model()


def test_training_names_a_missing_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert training.main(["--data", str(tmp_path / "absent"), "--out", str(tmp_path)]) == 2
    assert "absent" in capsys.readouterr().err
