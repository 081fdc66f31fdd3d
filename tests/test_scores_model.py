"""The scores' model files: what goes out comes back, and whatever is not ours is refused in plain words."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _model_files import edit, npy, put, refused_by, repack

from newsflag import ConfigError, Flagger, ModelError, ModelNotFoundError
from newsflag.kinds import ARTICLE_SCORES, SCORES
from newsflag.model import files, scores, store
from newsflag.model.scores import HEADS, ScoreModel, load, save, settings_of_code, shipped
from newsflag.model.store import Model

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
def copy(saved: Path, tmp_path: Path) -> Iterator[Path]:
    """A saved model to be damaged."""
    for file in (saved, saved.with_suffix(".npz")):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    yield tmp_path / saved.name
    # Megabytes that pytest would keep for every test.
    (tmp_path / saved.name).with_suffix(".npz").unlink(missing_ok=True)


def refused(path: Path, *words: str) -> None:
    """Loading fails with a message that names the file and holds the words."""
    refused_by(load, path, *words)


# Out and back


def test_what_goes_out_comes_back(model: ScoreModel, saved: Path) -> None:
    back = load(saved)
    for field in dataclasses.fields(ScoreModel):
        ours, theirs = getattr(model, field.name), getattr(back, field.name)
        if field.name == "digest":
            assert len(theirs) == 8
            assert int(theirs, 16) >= 0
        elif isinstance(ours, np.ndarray):
            assert theirs.dtype == np.float32, field.name
            assert theirs.shape == ours.shape, field.name
            assert (ours == theirs).all(), field.name
        else:
            assert ours == theirs, field.name


def test_every_array_of_the_model_has_a_layout(model: ScoreModel) -> None:
    arrays = [field.name for field in dataclasses.fields(model) if isinstance(getattr(model, field.name), np.ndarray)]
    assert sorted(arrays) == sorted(scores._layouts(2))


def test_saving_what_was_loaded_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    again = save(load(saved), tmp_path / "new" / "folder")
    assert again.read_bytes() == saved.read_bytes()
    assert again.with_suffix(".npz").read_bytes() == saved.with_suffix(".npz").read_bytes()
    assert sorted(file.name for file in again.parent.iterdir()) == ["drawn.json", "drawn.npz"]


def test_numpy_reads_the_arrays_without_pickle(model: ScoreModel, saved: Path) -> None:
    with np.load(saved.with_suffix(".npz"), allow_pickle=False) as arrays:
        assert (arrays["tone"] == model.tone).all()
        assert arrays["words"].dtype == arrays["phrases"].dtype == np.float16
        assert arrays["shape"].dtype == np.float32


def test_a_changed_weight_changes_the_digest(model: ScoreModel, saved: Path, tmp_path: Path) -> None:
    other = dataclasses.replace(model, bias=model.bias + 1)
    assert load(save(other, tmp_path)).digest != load(saved).digest


def test_loaded_arrays_are_read_only(saved: Path) -> None:
    back = load(saved)
    for array in (back.words, back.phrases, back.tone, back.off_first):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_path_may_be_a_string(saved: Path) -> None:
    assert load(saved).digest == load(str(saved)).digest


def test_support_for_languages(model: ScoreModel) -> None:
    assert model.supports("clickbait", "en")
    assert not model.supports("clickbait", "xx")
    assert model.supports("off_topic", "xx")


# Files that are not there, or not whole


@pytest.mark.parametrize("name", ["nosuch", "nosuch.json", "nosuch/model.json", "a" * 5000, "a\0b", ""])
def test_unknown_files(name: str) -> None:
    with pytest.raises(ModelError):
        load(name)


def test_missing_files(copy: Path) -> None:
    copy.with_suffix(".npz").unlink()
    with pytest.raises(ModelNotFoundError, match=r"drawn\.npz"):
        load(copy)
    copy.unlink()
    with pytest.raises(ModelNotFoundError, match=r"drawn\.json"):
        load(copy)


def test_a_folder_is_no_file(saved: Path) -> None:
    with pytest.raises(ModelError, match="can't be read"):
        load(saved.parent)


@pytest.mark.parametrize("size", [0, 1, 1000, -1])
def test_a_truncated_npz(copy: Path, size: int) -> None:
    npz = copy.with_suffix(".npz")
    npz.write_bytes(npz.read_bytes()[:size])
    refused(copy, "cut off", "npz")


@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 0.999999])
def test_a_flipped_byte(copy: Path, place: float) -> None:
    npz = copy.with_suffix(".npz")
    content = bytearray(npz.read_bytes())
    content[int(place * len(content))] ^= 0x10
    npz.write_bytes(content)
    refused(copy, "SHA-256", "npz")


def test_a_flipped_weight_behind_a_right_hash(copy: Path, model: ScoreModel) -> None:
    repack(copy, put("bias", npy(model.bias + np.float32(1))))
    refused(copy, "digest")


def test_an_npz_that_is_no_zip(copy: Path) -> None:
    content = b"PK but no more than that"
    copy.with_suffix(".npz").write_bytes(content)
    record = {"name": "drawn.npz", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    edit(copy, lambda facts: facts.update(file=record))
    refused(copy, "damaged")


def test_a_missing_array(copy: Path) -> None:
    repack(copy, lambda members: members.pop("tone.npy"))
    refused(copy, "tone")


def test_an_array_too_many(copy: Path, model: ScoreModel) -> None:
    repack(copy, put("extra", npy(model.bias)))
    refused(copy, "extra")


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", "<i4", "<U1", "?"])
def test_a_wrong_dtype(copy: Path, dtype: str) -> None:
    repack(copy, put("paragraph", npy(np.zeros(1, dtype))))
    refused(copy, "paragraph", "float32")


@pytest.mark.parametrize("shape", [(), (0,), (2,), (1, 1)])
def test_a_wrong_shape(copy: Path, shape: tuple[int, ...]) -> None:
    repack(copy, put("paragraph", npy(np.zeros(shape, np.float32))))
    refused(copy, "paragraph")


def test_an_object_array_is_never_unpickled(copy: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("unpickled",))

    repack(copy, put("paragraph", npy(np.array([Trap()], object), pickled=True)))
    refused(copy, "paragraph", "object")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["tone", "words"])
def test_a_value_that_is_not_finite(copy: Path, model: ScoreModel, name: str, value: float) -> None:
    array = getattr(model, name).astype("<f2" if name == "words" else "<f4")
    array[-1] = value
    repack(copy, put(name, npy(array)))
    refused(copy, name, "finite")


def test_a_scale_of_zero(copy: Path, model: ScoreModel) -> None:
    repack(copy, put("article_scale", npy(np.zeros_like(model.article_scale))))
    refused(copy, "article_scale", "above 0")


def test_an_array_by_columns(copy: Path, model: ScoreModel) -> None:
    repack(copy, put("shape", npy(np.asfortranarray(model.shape))))
    refused(copy, "shape")


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff{", b"no array"])
def test_a_garbled_array(copy: Path, content: bytes) -> None:
    repack(copy, put("bias", content))
    refused(copy)


def test_an_array_that_unpacks_to_far_too_much(copy: Path) -> None:
    repack(copy, put("bias", bytes(50_000_000)), zipfile.ZIP_DEFLATED)
    refused(copy, "too large")


# Records that are not ours


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\xfa", b"[" * 100_000, b"no json", b'{"package": "newsflag"'])
def test_what_is_not_json(copy: Path, content: bytes) -> None:
    copy.write_bytes(content)
    refused(copy, "not JSON")


@pytest.mark.parametrize("content", ["null", "[]", "3", "{}", '{"package": "other"}', '{"heads": []}', '"newsflag"'])
def test_foreign_json(copy: Path, content: str) -> None:
    copy.write_text(content)
    refused(copy, "not a newsflag model")


def test_json_that_is_far_too_large(copy: Path) -> None:
    copy.write_bytes(b" " * 5_000_000)
    refused(copy, "larger than")


def test_a_newer_format(copy: Path) -> None:
    edit(copy, lambda facts: facts.update(format=files.FORMAT + 1, thresholds="from the future"))
    refused(copy, "newer", "upgrade")


@pytest.mark.parametrize("version", [0, -1, None, "2", 2.0, True, [2]])
def test_no_format_of_ours(copy: Path, version: Any) -> None:
    edit(copy, lambda facts: facts.update(format=version))
    refused(copy, "format", repr(version))


@pytest.mark.parametrize(
    ("name", "value"),
    [("whole", 77), ("heads", list(HEADS[1:])), ("word_buckets", 8), ("cue_languages", ["tlh"]), ("extra", 1)],
)
def test_other_settings(copy: Path, name: str, value: Any) -> None:
    edit(copy, lambda facts: facts["settings"].update({name: value}))
    refused(copy, "settings", name)


@pytest.mark.parametrize("name", settings_of_code())
def test_a_missing_setting(copy: Path, name: str) -> None:
    edit(copy, lambda facts: facts["settings"].pop(name))
    refused(copy, "settings", name)


FACTS = (
    *("digest", "settings", "thresholds", "languages", "bases", "shrinkage"),
    *("metrics", "training", "arrays", "file", "name", "version"),
)


@pytest.mark.parametrize("field", FACTS)
def test_a_missing_fact(copy: Path, field: str) -> None:
    edit(copy, lambda facts: facts.pop(field))
    refused(copy, "another sort" if field in ("thresholds", "languages") else field)


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [[]], {"tone": 1}, -1, 1e400, [10**12, 10**12]])
@pytest.mark.parametrize("field", FACTS)
def test_a_fact_of_a_wrong_sort(copy: Path, field: str, value: Any) -> None:
    before = json.loads(copy.read_text("utf-8"))
    assert before[field] != value
    edit(copy, lambda facts: facts.update({field: value}))
    refused(copy)


@pytest.mark.parametrize("name", ["../drawn.npz", "/etc/passwd", "..", "", "a\\b", 3, None])
def test_arrays_that_lie_elsewhere(copy: Path, name: Any) -> None:
    edit(copy, lambda facts: facts["file"].update(name=name))
    refused(copy)


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


@pytest.mark.parametrize(
    "change",
    [
        {"thresholds": dict.fromkeys(FLAGGED, 0.1)},
        {"bases": dict.fromkeys(FLAGGED, 0)},
        {"shrinkage": dict.fromkeys(FLAGGED, 1)},
        {"languages": {score: ["en"] for score in FLAGGED}},
        {"metrics": {}},
        {"version": "2"},
        {"name": "other"},
        {"note": "by hand"},
        {"seal": None},
    ],
)
def test_a_fact_changed_by_hand(copy: Path, change: dict[str, Any]) -> None:
    load(copy)
    edit(copy, lambda facts: facts.update(change))
    refused(copy, "seal")


# Models of the other sort


def test_a_splitter_is_no_model_of_scores(root: Path, make_model: Callable[..., Model], tmp_path: Path) -> None:
    for path in (root / "models" / "splitter.json", store.save(make_model(), tmp_path)):
        refused(path, "another sort")
        with pytest.raises(ModelError, match="another sort"):
            Flagger(scores=path)


def test_a_model_of_scores_is_no_splitter(root: Path, saved: Path) -> None:
    for path in (root / "models" / "scores.json", saved):
        for wrong in (path, str(path), path.with_suffix(".npz")):
            with pytest.raises(ModelError, match=path.stem):
                store.load(wrong)
        with pytest.raises(ModelError, match=path.stem):
            Flagger(model=path)


def test_scores_are_not_offered_as_a_splitter(saved: Path) -> None:
    assert "scores" not in store.installed()
    with pytest.raises(ModelNotFoundError, match="no model"):
        store.load(saved.parent)
    with pytest.raises(ModelNotFoundError, match="splitter"):
        store.load("scores")


# What is not saved


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"name": "../up"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "n" * 65}, "name"),
        ({"bias": np.zeros(3, np.float32)}, "bias"),
        ({"paragraph": np.array([np.nan])}, "finite"),
        ({"words": np.full((2, 2), 1e6)}, "words"),
        ({"article_scale": np.zeros(len(scores.STYLE_COLUMNS))}, "article_scale"),
        ({"thresholds": {}}, "thresholds"),
        ({"thresholds": dict.fromkeys(FLAGGED, 2.0)}, "thresholds"),
        ({"shrinkage": dict.fromkeys(FLAGGED, -0.5)}, "shrinkage"),
        ({"bases": dict.fromkeys(FLAGGED, 99.0)}, "bases"),
        ({"languages": {"clickbait": ("en",)}}, "languages"),
        ({"languages": dict.fromkeys(FLAGGED, (3,))}, "languages"),
        ({"settings": {}}, "settings"),
        ({"version": 1}, "version"),
        ({"metrics": {"f1": float("nan")}}, "JSON"),
        ({"metrics": {"f1": {1, 2}}}, "JSON"),
        ({"training": {"note": "\ud800"}}, "JSON"),
        ({"training": {"notes": "long " * 1_000_000}}, "bytes"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(
    model: ScoreModel, tmp_path: Path, changes: dict[str, Any], word: str
) -> None:
    with pytest.raises(ModelError, match=word):
        save(dataclasses.replace(model, **changes), tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_off_topic_scale_of_zero_is_not_saved(model: ScoreModel, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="off_scale"):
        save(dataclasses.replace(model, off_scale=np.zeros_like(model.off_scale)), tmp_path)


def test_arrays_that_are_not_of_numbers_are_not_saved(model: ScoreModel, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="array"):
        save(dataclasses.replace(model, paragraph=np.array(["one"])), tmp_path)


def test_a_failed_save_leaves_the_old_model(model: ScoreModel, copy: Path) -> None:
    with pytest.raises(ModelError):
        save(dataclasses.replace(model, paragraph=np.array([np.inf])), copy.parent)
    assert load(copy).name == "drawn"
    assert len(list(copy.parent.iterdir())) == 2


# The shipped model


def test_the_shipped_model_is_read_once() -> None:
    assert shipped() is shipped()
    assert Flagger().scores is Flagger(explain=False).scores is shipped()


def test_the_shipped_model_names_every_score() -> None:
    model = shipped()
    assert model.name == scores.NAME
    for facts in (model.thresholds, model.languages, model.bases, model.shrinkage):
        assert set(facts) == set(FLAGGED)
    for score, codes in model.languages.items():
        assert set(codes) <= set(model.detected), score
        assert len(set(codes)) == len(codes), score
    assert all(model.supports(score, "en") for score in FLAGGED)
    assert (model.off_scale > 0).all()


def test_the_shipped_files_are_small(root: Path) -> None:
    assert sum((root / "models" / f"scores.{ending}").stat().st_size for ending in ("json", "npz")) < 20_000_000


# A model of one's own


def test_a_flagger_takes_a_model_or_its_file(model: ScoreModel, saved: Path) -> None:
    reports = []
    for given in (model, saved, str(saved)):
        flagger = Flagger(scores=given)
        assert flagger.scores.name == "drawn"
        assert flagger.thresholds == dict(model.thresholds)
        reports.append(flagger.flag(ARTICLE, title="The islands wait"))
    assert reports[0] == reports[1] == reports[2]
    assert reports[0].supported == dict.fromkeys(FLAGGED, True)
    assert reports[0].scores != Flagger().flag(ARTICLE, title="The islands wait").scores


@pytest.mark.parametrize("value", [3, b"scores", ["scores"], True])
def test_a_model_is_given_as_itself_or_by_its_file(value: Any) -> None:
    with pytest.raises(ConfigError, match=type(value).__name__):
        Flagger(scores=value)


def test_thresholds_of_the_caller_go_before_those_of_the_model(model: ScoreModel) -> None:
    flagger = Flagger(scores=model, thresholds={"clickbait": 0.9})
    assert flagger.thresholds == {**model.thresholds, "clickbait": 0.9}


def test_other_scores_change_no_kind(model: ScoreModel) -> None:
    ours, theirs = Flagger(scores=model).flag(ARTICLE), Flagger().flag(ARTICLE)
    assert [part.kind for part in ours.segments] == [part.kind for part in theirs.segments]
    assert [part.reasons for part in ours.segments] == [part.reasons for part in theirs.segments]
    assert ours.body == theirs.body
