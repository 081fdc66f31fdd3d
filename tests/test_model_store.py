"""What is peculiar to the splitter's model: its names, its folders, its kinds and networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from _model_files import edit, refused_by

from newsflag import ModelError, ModelNotFoundError
from newsflag.model.store import Model, installed, load, save


@pytest.fixture(scope="module")
def model(make_model: Callable[..., Model]) -> Model:
    return make_model()


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    return save(model, tmp_path)


def test_a_model_is_found_by_its_folder(saved: Path) -> None:
    assert load(saved.parent).name == load(str(saved.parent)).name == "drawn"


def test_a_name_that_is_empty() -> None:
    with pytest.raises(ModelNotFoundError, match="splitter"):
        load("")


def test_folders_without_or_with_several_models(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "notes.json").write_text("{}")
    with pytest.raises(ModelNotFoundError, match="no model"):
        load(folder)
    for name in ("one", "two"):
        (folder / f"{name}.json").write_bytes(saved.read_bytes())
    with pytest.raises(ModelNotFoundError, match=r"one\.json, two\.json"):
        load(folder)


@pytest.mark.parametrize("make", ["make_scores", "make_pages"])
def test_a_folder_with_a_model_of_another_sort_alone(make: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    from newsflag.model import pages, scores

    {"make_scores": scores, "make_pages": pages}[make].save(request.getfixturevalue(make)(), tmp_path)
    with pytest.raises(ModelNotFoundError, match="no model"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["scores", "pages", "sentences"])
def test_models_of_another_sort_are_not_offered(name: str) -> None:
    assert name not in installed()
    with pytest.raises(ModelNotFoundError, match="splitter"):
        load(name)


def test_the_shipped_model_goes_by_its_name() -> None:
    assert "splitter" in installed()
    assert load("splitter") is load()


def test_a_shipped_name_is_not_shadowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "splitter").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load("splitter").name == "splitter"


def test_other_kinds(saved: Path) -> None:
    edit(saved, lambda facts: facts["kinds"].__setitem__(1, "headline"))
    refused_by(load, saved, "kinds", "'headline'", "'heading'")


def test_other_columns(saved: Path) -> None:
    edit(saved, lambda facts: facts["columns"].pop())
    refused_by(load, saved, "columns")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"first": ()}, "layers"),
        ({"first": ((1.0, 2.0), (3.0, 4.0))}, "first_"),
        ({"threshold": 2.0}, "threshold"),
        ({"columns": ("one",)}, "columns"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(
    model: Model, tmp_path: Path, changes: dict[str, Any], word: str
) -> None:
    with pytest.raises(ModelError, match=word):
        save(dataclasses.replace(model, **changes), tmp_path)
    assert not list(tmp_path.iterdir())
