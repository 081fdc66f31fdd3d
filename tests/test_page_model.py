"""What is peculiar to the model of pages: its inputs, its hidden layer, its threshold."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _model_files import edit, refused_by

from newsflag import Flagger, ModelError
from newsflag.evidence.markup import NAME_BUCKETS, PAGE_COLUMNS
from newsflag.kinds import KINDS
from newsflag.model.pages import PageModel, load, save, shipped

PAGE = """\
<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<h1>Ferry to the islands runs again after storm</h1>
<p>The ferry between Norholm and the outer islands is running again, the harbour office said on Tuesday morning.
<p><a href="/beaches">Seven beaches you have never heard of</a>
<p>"We have lost four days," said the captain, who has sailed the route for nineteen years and more.
"""


@pytest.fixture(scope="module")
def model(make_pages: Callable[..., PageModel]) -> PageModel:
    return make_pages()


@pytest.fixture
def saved(model: PageModel, tmp_path: Path) -> Path:
    return save(model, tmp_path)


@pytest.mark.parametrize("width", [1, 16, 33])
def test_the_hidden_layer_may_have_any_width(make_pages: Callable[..., PageModel], tmp_path: Path, width: int) -> None:
    back = load(save(make_pages(width), tmp_path))
    (weights_0, bias_0), (weights_1, bias_1) = back.layers
    assert weights_0.shape == (len(PAGE_COLUMNS), width)
    assert weights_1.shape == (width, len(KINDS))
    assert (bias_0.shape, bias_1.shape) == ((width,), (len(KINDS),))


@pytest.mark.parametrize("value", [0, -3, 16.0, "16", True, None, [16]])
def test_a_width_that_is_none(saved: Path, value: Any) -> None:
    edit(saved, lambda facts: facts.update(width=value))
    refused_by(load, saved, "width", repr(value))


@pytest.mark.parametrize("value", [15, 17, 10**9])
def test_a_width_of_other_arrays(saved: Path, value: int) -> None:
    edit(saved, lambda facts: facts.update(width=value))
    refused_by(load, saved, "weights_0", str(value))


def test_other_inputs(saved: Path) -> None:
    edit(saved, lambda facts: facts["page_columns"].__setitem__(3, "tag_marquee"))
    refused_by(load, saved, "page_columns", "number 3", "tag_marquee", PAGE_COLUMNS[3])
    edit(saved, lambda facts: facts.update(page_columns=[*PAGE_COLUMNS, "tag_marquee"]))
    refused_by(load, saved, "page_columns", str(len(PAGE_COLUMNS) + 1))


def test_a_record_without_inputs_is_of_another_sort(saved: Path) -> None:
    edit(saved, lambda facts: facts.pop("page_columns"))
    refused_by(load, saved, "another sort")


def test_a_folder_is_no_file(saved: Path) -> None:
    with pytest.raises(ModelError, match="can't be read"):
        load(saved.parent)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"threshold": 2.0}, "threshold"),
        ({"bias_0": np.zeros(15, np.float32)}, "weights_0"),
        ({"weights_1": np.zeros((15, len(KINDS)), np.float32)}, "weights_1"),
        ({"names_far": np.zeros((NAME_BUCKETS, 1), np.float32)}, "names_far"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(
    model: PageModel, tmp_path: Path, changes: dict[str, Any], word: str
) -> None:
    with pytest.raises(ModelError, match=word):
        save(dataclasses.replace(model, **changes), tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_shipped_model() -> None:
    model = shipped()
    assert 0 < model.threshold < 1
    assert model.calibration[0] > 0, "more log-odds by the network are more by the page"
    assert np.abs(model.names_near).sum() > 0


# A model of one's own


def test_the_threshold_is_the_callers_or_the_models(model: PageModel) -> None:
    assert Flagger(pages=dataclasses.replace(model, threshold=0.31)).page_threshold == 0.31
    assert Flagger(pages=model, threshold=0.2).page_threshold == 0.2
    assert Flagger().page_threshold == shipped().threshold


def test_the_threshold_of_a_page_is_the_page_models(model: PageModel) -> None:
    flagger = Flagger(pages=dataclasses.replace(model, threshold=0.31))
    assert flagger.flag_html(PAGE).threshold == 0.31
    assert flagger.flag("The council met on Monday.").threshold == flagger.model.threshold


def test_a_threshold_of_zero_flags_all_and_one_of_one_nothing(model: PageModel) -> None:
    for threshold, inserted in ((0.0, True), (1.0, False)):
        report = Flagger(pages=dataclasses.replace(model, threshold=threshold)).flag_html(PAGE)
        assert {segment.is_insertion for segment in report.segments} == {inserted}


def test_another_model_of_pages_changes_no_plain_text(model: PageModel) -> None:
    text = Flagger().flag_html(PAGE).text
    assert Flagger(pages=model).flag(text) == Flagger().flag(text)
    assert Flagger(pages=model).flag_html(PAGE) != Flagger().flag_html(PAGE)
