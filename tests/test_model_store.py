"""The model's files: what goes out comes back, and nothing else is believed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _model_files import edit, npy, put, refused_by, repack

from newsflag import ConfigError, ModelError, ModelNotFoundError
from newsflag.evidence.topic import IDF_BUCKETS
from newsflag.model import store
from newsflag.model.store import Model, installed, load, save


@pytest.fixture(scope="module")
def model(make_model: Callable[..., Model]) -> Model:
    return make_model()


@pytest.fixture(scope="module")
def saved(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model that no test may change."""
    return save(model, tmp_path_factory.mktemp("saved"))


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    """A saved model to be damaged."""
    for file in (saved, saved.with_suffix(".npz")):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path / saved.name


def refused(path: Path, *words: str) -> None:
    """Loading fails with a message that names the file and holds the words."""
    refused_by(load, path, *words)


def test_what_goes_out_comes_back(model: Model, saved: Path) -> None:
    back = load(saved)
    for field in dataclasses.fields(Model):
        ours, theirs = getattr(model, field.name), getattr(back, field.name)
        if field.name == "digest":
            assert len(theirs) == 8
            assert int(theirs, 16) >= 0
        elif field.name in ("first", "second"):
            for layer, other in zip(ours, theirs, strict=True):
                for one, two in zip(layer, other, strict=True):
                    assert two.dtype == np.float32
                    assert (one == two).all()
        elif isinstance(ours, np.ndarray):
            assert theirs.dtype == np.float32, field.name
            assert (ours == theirs).all(), field.name
        else:
            assert ours == theirs, field.name


def test_saving_what_was_loaded_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    again = save(load(saved), tmp_path / "new" / "folder")
    assert again.read_bytes() == saved.read_bytes()
    assert again.with_suffix(".npz").read_bytes() == saved.with_suffix(".npz").read_bytes()
    assert sorted(file.name for file in again.parent.iterdir()) == ["drawn.json", "drawn.npz"]


def test_numpy_reads_the_arrays_without_pickle(model: Model, saved: Path) -> None:
    with np.load(saved.with_suffix(".npz"), allow_pickle=False) as arrays:
        assert (arrays["mean"] == model.mean).all()
        assert arrays["idf"].dtype == np.float16


def test_a_changed_weight_changes_the_digest(model: Model, saved: Path, tmp_path: Path) -> None:
    other = dataclasses.replace(model, mean=model.mean + 1)
    assert load(save(other, tmp_path)).digest != load(saved).digest


def test_loaded_arrays_are_read_only(saved: Path) -> None:
    back = load(saved)
    for array in (back.idf, back.mean, back.first[0][0], back.second[1][1]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_model_is_found_by_any_of_its_paths(saved: Path) -> None:
    for path in (saved, str(saved), saved.with_suffix(".npz"), saved.parent, str(saved.parent)):
        assert load(path).name == "drawn"


@pytest.mark.parametrize("name", ["nosuch", "", "../splitter", "nosuch.json", "a" * 5000, "a\0b", "nosuch/model.json"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(name)
    if "\0" not in name and len(name) < 100:
        assert isinstance(caught.value, ModelNotFoundError)
        assert "splitter" in str(caught.value)


@pytest.mark.parametrize("value", [3, b"splitter", ["splitter"], True])
def test_a_model_is_named_by_a_string_or_path(value: Any) -> None:
    with pytest.raises(ConfigError, match=type(value).__name__):
        load(value)


def test_folders_without_or_with_several_models(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("{}")
    with pytest.raises(ModelNotFoundError, match="no model"):
        load(tmp_path)
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_bytes(saved.read_bytes())
    with pytest.raises(ModelNotFoundError, match=r"one\.json, two\.json"):
        load(tmp_path)


def test_missing_files(copy: Path) -> None:
    copy.with_suffix(".npz").unlink()
    with pytest.raises(ModelNotFoundError, match=r"drawn\.npz"):
        load(copy)
    copy.unlink()
    with pytest.raises(ModelNotFoundError, match=r"drawn\.json"):
        load(copy)


def test_a_folder_in_place_of_a_file(copy: Path) -> None:
    copy.with_suffix(".npz").unlink()
    copy.with_suffix(".npz").mkdir()
    refused(copy, "can't be read")


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


def test_a_flipped_weight_behind_a_right_hash(copy: Path, model: Model) -> None:
    mean = model.mean.copy()
    mean[0] += 1
    repack(copy, put("mean", npy(mean)))
    refused(copy, "digest")


def test_an_npz_that_is_no_zip(copy: Path) -> None:
    content = b"PK but no more than that"
    copy.with_suffix(".npz").write_bytes(content)
    record = {"name": "drawn.npz", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    edit(copy, lambda facts: facts.update(file=record))
    refused(copy, "damaged")


def test_a_missing_array(copy: Path) -> None:
    repack(copy, lambda members: members.pop("mean.npy"))
    refused(copy, "mean")


def test_an_array_too_many(copy: Path, model: Model) -> None:
    repack(copy, put("extra", npy(model.mean)))
    refused(copy, "extra")


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", "<i4", "<U1", "<M8[s]", "?"])
def test_a_wrong_dtype(copy: Path, dtype: str) -> None:
    repack(copy, put("calibration", npy(np.zeros(2, dtype))))
    refused(copy, "calibration", "float32")


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (1, 2)])
def test_a_wrong_shape(copy: Path, shape: tuple[int, ...]) -> None:
    repack(copy, put("calibration", npy(np.zeros(shape, np.float32))))
    refused(copy, "calibration")


def test_an_object_array_is_never_unpickled(copy: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("unpickled",))

    repack(copy, put("calibration", npy(np.array([Trap(), Trap()], object), pickled=True)))
    refused(copy, "calibration", "object")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["calibration", "idf"])
def test_a_value_that_is_not_finite(copy: Path, model: Model, name: str, value: float) -> None:
    array = getattr(model, name).astype("<f2" if name == "idf" else "<f4")
    array[-1] = value
    repack(copy, put(name, npy(array)))
    refused(copy, name, "finite")


def test_a_scale_of_zero(copy: Path, model: Model) -> None:
    repack(copy, put("scale", npy(np.zeros_like(model.scale))))
    refused(copy, "scale")


def test_an_array_by_columns(copy: Path, model: Model) -> None:
    repack(copy, put("alone_surface", npy(np.asfortranarray(model.alone_surface))))
    refused(copy, "alone_surface")


def test_another_npy_format(copy: Path, model: Model) -> None:
    repack(copy, put("mean", npy(model.mean, version=(2, 0))))
    refused(copy, "mean")


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff{", b"no array"])
def test_a_garbled_array(copy: Path, content: bytes) -> None:
    repack(copy, put("mean", content))
    refused(copy)


def test_a_header_that_asks_for_too_much(copy: Path, model: Model) -> None:
    shape, lie = str(model.mean.shape).encode(), b"(9999999999,)"
    content = npy(model.mean)
    content = content.replace(shape + b" " * (len(lie) - len(shape)), lie)
    content = content.replace(shape, lie) if lie not in content else content
    repack(copy, put("mean", content))
    refused(copy)


def test_an_array_that_unpacks_to_far_too_much(copy: Path) -> None:
    repack(copy, put("mean", bytes(50_000_000)), zipfile.ZIP_DEFLATED)
    refused(copy, "too large")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe\xfa", b"[" * 100_000, b"no json", b'{"package": "newsflag", "kinds"']
)
def test_what_is_not_json(copy: Path, content: bytes) -> None:
    copy.write_bytes(content)
    refused(copy, "not JSON")


@pytest.mark.parametrize("content", ["null", "[]", "3", "{}", '{"package": "other"}', '{"kinds": []}', '"newsflag"'])
def test_foreign_json(copy: Path, content: str) -> None:
    copy.write_text(content)
    refused(copy, "not a newsflag model")


def test_json_that_is_far_too_large(copy: Path) -> None:
    copy.write_bytes(b" " * 5_000_000)
    refused(copy, "larger than")


def test_a_newer_format(copy: Path) -> None:
    edit(copy, lambda facts: facts.update(format=store.FORMAT + 1, kinds=["from", "the", "future"]))
    refused(copy, "newer", "upgrade")


@pytest.mark.parametrize("version", [0, -1, None, "1", 1.0, True, [1]])
def test_no_format_of_ours(copy: Path, version: Any) -> None:
    edit(copy, lambda facts: facts.update(format=version))
    refused(copy, "format", repr(version))


def test_other_kinds(copy: Path) -> None:
    edit(copy, lambda facts: facts["kinds"].__setitem__(1, "headline"))
    refused(copy, "kinds", "'headline'", "'heading'")


def test_other_settings(copy: Path) -> None:
    edit(copy, lambda facts: facts["settings"].update(reach=77))
    refused(copy, "settings", "reach", "77")


def test_other_columns(copy: Path) -> None:
    edit(copy, lambda facts: facts["columns"].pop())
    refused(copy, "columns")


FACTS = (
    *("digest", "kinds", "settings", "columns", "surface_columns", "widths"),
    *("threshold", "metrics", "training", "arrays", "file", "name", "version"),
)


@pytest.mark.parametrize("field", [name for name in FACTS if name != "kinds"])
def test_a_missing_fact(copy: Path, field: str) -> None:
    edit(copy, lambda facts: facts.pop(field))
    refused(copy, field)


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [[]], {"mean": 1}, -1, 1e400, [1e9, 1e9], [10**12, 10**12]])
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


@pytest.mark.parametrize("value", [-0.1, 1.1, "0.5", True, float("nan"), float("inf")])
def test_a_threshold_out_of_range(copy: Path, value: Any) -> None:
    edit(copy, lambda facts: facts.update(threshold=value))
    refused(copy, "threshold")


@pytest.mark.parametrize("change", [{"threshold": 0.51}, {"metrics": {}}, {"version": "2"}, {"seal": None}])
def test_a_fact_changed_by_hand(copy: Path, change: dict[str, Any]) -> None:
    load(copy)
    edit(copy, lambda facts: facts.update(change))
    refused(copy, "seal")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"name": "../up"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "n" * 65}, "name"),
        ({"mean": np.zeros(3, np.float32)}, "mean"),
        ({"calibration": np.array([1, np.nan])}, "finite"),
        ({"calibration": np.array(["one", "two"])}, "array"),
        ({"idf": np.full(IDF_BUCKETS, 1e6)}, "float16"),
        ({"first": ()}, "layers"),
        ({"first": ((1.0, 2.0), (3.0, 4.0))}, "first_"),
        ({"threshold": 2.0}, "threshold"),
        ({"settings": {}}, "settings"),
        ({"columns": ("one",)}, "columns"),
        ({"metrics": {"f1": float("nan")}}, "JSON"),
        ({"metrics": {"f1": {1, 2}}}, "JSON"),
        ({"training": {"note": "\ud800"}}, "JSON"),
        ({"training": {"notes": "long " * 1_000_000}}, "bytes"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(
    model: Model, tmp_path: Path, changes: dict[str, Any], word: str
) -> None:
    with pytest.raises(ModelError, match=word):
        save(dataclasses.replace(model, **changes), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_failed_save_leaves_the_old_model(model: Model, copy: Path) -> None:
    with pytest.raises(ModelError):
        save(dataclasses.replace(model, calibration=np.array([np.inf, 0])), copy.parent)
    assert load(copy).name == "drawn"
    assert len(list(copy.parent.iterdir())) == 2


def test_the_shipped_model(root: Path) -> None:
    assert "splitter" in installed()
    model = load()
    assert load("splitter") is model
    assert model.name == "splitter"
    files = [root / "models" / f"splitter.{ending}" for ending in ("json", "npz")]
    assert sum(file.stat().st_size for file in files) < 10_000_000


def test_a_shipped_name_is_not_shadowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "splitter").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load("splitter").name == "splitter"
