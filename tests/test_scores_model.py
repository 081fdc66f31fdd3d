"""What is peculiar to the scores' model: thresholds, languages and bases by score."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from _model_files import edit, refused_by

from newsflag import Flagger, ModelError
from newsflag.kinds import ARTICLE_SCORES, SCORES
from newsflag.model.scores import HEADS, ScoreModel, load, save, shipped

FLAGGED = (*SCORES[1:], *ARTICLE_SCORES)
ARTICLE = """\
Ferry to the islands runs again after storm
The ferry between Norholm and the outer islands is running again, the harbour office said on Tuesday morning.
"We have lost four days," said the captain, who has sailed the route for nineteen years and more.
***
"""


@pytest.fixture(scope="module")
def model(make_scores: Callable[..., ScoreModel]) -> ScoreModel:
    return make_scores()


@pytest.fixture(scope="module")
def saved(model: ScoreModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model that no test may change."""
    return save(model, tmp_path_factory.mktemp("saved"))


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    """A record to be changed; its arrays are not looked at before it is found to be right."""
    return Path(shutil.copy(saved, tmp_path))


def refused(path: Path, *words: str) -> None:
    """Loading fails with a message that names the file and holds the words."""
    refused_by(load, path, *words)


def test_support_for_languages(model: ScoreModel) -> None:
    assert model.supports("clickbait", "en")
    assert not model.supports("clickbait", "xx")
    assert model.supports("off_topic", "xx")


def test_a_folder_is_no_file(saved: Path) -> None:
    with pytest.raises(ModelError, match="can't be read"):
        load(saved.parent)


# Records that are not ours


@pytest.mark.parametrize(
    ("name", "value"),
    [("heads", list(HEADS[1:])), ("cue_languages", ["tlh"])],
)
def test_other_settings(copy: Path, name: str, value: Any) -> None:
    edit(copy, lambda facts: facts["settings"].update({name: value}))
    refused(copy, "settings", name)


@pytest.mark.parametrize("field", ["thresholds", "languages"])
def test_a_record_without_thresholds_or_languages_is_of_another_sort(copy: Path, field: str) -> None:
    edit(copy, lambda facts: facts.pop(field))
    refused(copy, "another sort")


@pytest.mark.parametrize("field", ["thresholds", "languages", "bases", "shrinkage"])
def test_a_score_too_few_or_too_many(copy: Path, field: str) -> None:
    before = copy.read_bytes()
    edit(copy, lambda facts: facts[field].pop("clickbait"))
    refused(copy, field, "clickbait")
    copy.write_bytes(before)
    edit(copy, lambda facts: facts[field].update(insertion=0.5))
    refused(copy, field)


@pytest.mark.parametrize("value", [-0.1, 1.1, "0.5", True, None, float("nan"), float("inf")])
@pytest.mark.parametrize("field", ["thresholds", "shrinkage"])
def test_a_share_out_of_range(copy: Path, field: str, value: Any) -> None:
    edit(copy, lambda facts: facts[field].update(sensational=value))
    refused(copy, field, "sensational", repr(value))


@pytest.mark.parametrize("value", [-31, 1e9, "0.5", None, float("nan"), float("-inf")])
def test_a_base_out_of_range(copy: Path, value: Any) -> None:
    edit(copy, lambda facts: facts["bases"].update(persuasion=value))
    refused(copy, "bases", "persuasion", repr(value))


@pytest.mark.parametrize("value", ["en", None, 3, [3], {"en": 1}, [["en"]]])
def test_languages_that_are_none(copy: Path, value: Any) -> None:
    edit(copy, lambda facts: facts["languages"].update(clickbait=value))
    refused(copy, "languages", "clickbait")


# What is not saved


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"thresholds": {}}, "thresholds"),
        ({"thresholds": dict.fromkeys(FLAGGED, 2.0)}, "thresholds"),
        ({"shrinkage": dict.fromkeys(FLAGGED, -0.5)}, "shrinkage"),
        ({"bases": dict.fromkeys(FLAGGED, 99.0)}, "bases"),
        ({"languages": {"clickbait": ("en",)}}, "languages"),
        ({"languages": dict.fromkeys(FLAGGED, (3,))}, "languages"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(
    model: ScoreModel, tmp_path: Path, changes: dict[str, Any], word: str
) -> None:
    with pytest.raises(ModelError, match=word):
        save(dataclasses.replace(model, **changes), tmp_path)
    assert not list(tmp_path.iterdir())


# The shipped model


def test_the_shipped_model_names_every_score() -> None:
    model = shipped()
    for facts in (model.thresholds, model.languages, model.bases, model.shrinkage):
        assert set(facts) == set(FLAGGED)
    for score, codes in model.languages.items():
        assert set(codes) <= set(model.detected), score
        assert len(set(codes)) == len(codes), score
    assert all(model.supports(score, "en") for score in FLAGGED)
    assert (model.off_scale > 0).all()


# A model of one's own


def test_a_flagger_goes_by_its_model(model: ScoreModel) -> None:
    flagger = Flagger(scores=model)
    assert flagger.thresholds == dict(model.thresholds)
    report = flagger.flag(ARTICLE, title="The islands wait")
    assert report.supported == dict.fromkeys(FLAGGED, True)
    assert report.scores != Flagger().flag(ARTICLE, title="The islands wait").scores


def test_thresholds_of_the_caller_go_before_those_of_the_model(model: ScoreModel) -> None:
    flagger = Flagger(scores=model, thresholds={"clickbait": 0.9})
    assert flagger.thresholds == {**model.thresholds, "clickbait": 0.9}


def test_other_scores_change_no_kind(model: ScoreModel) -> None:
    ours, theirs = Flagger(scores=model).flag(ARTICLE), Flagger().flag(ARTICLE)
    assert [part.kind for part in ours.segments] == [part.kind for part in theirs.segments]
    assert [part.reasons for part in ours.segments] == [part.reasons for part in theirs.segments]
    assert ours.body == theirs.body
