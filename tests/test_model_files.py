"""The files of every sort of model: what goes out comes back, and whatever is not ours is refused in plain words."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from _model_files import edit, npy, put, refused_by, repack

from newsflag import ConfigError, Flagger, ModelError, ModelNotFoundError
from newsflag.config import FLAGGED_SCORES
from newsflag.model import files, pages, scores, store
from newsflag.model.pages import PageModel
from newsflag.model.scores import ScoreModel
from newsflag.model.store import Model

AnyModel: TypeAlias = Model | ScoreModel | PageModel


@dataclasses.dataclass(frozen=True, eq=False)
class Sort:
    """A sort of model: what it is called, made, saved and read by, and what it holds.

    Its arrays go by the part that they play here: a ``small`` one, a ``plain`` one of one dimension, a ``matrix``,
    a ``big`` table that is stored as float16. Facts that tell the sort are its ``marks``; ``valid`` has values
    of facts that would do if they had been saved.
    """

    name: str
    keyword: str
    attribute: str
    make: str
    save: Callable[[Any, Any], Path]
    load: Callable[..., AnyModel]
    arrays: dict[str, str]
    scales: tuple[str, ...]
    facts: tuple[str, ...]
    marks: tuple[str, ...]
    settings: dict[str, Any]
    valid: dict[str, Any]
    largest: int

    def flagger(self, given: Any) -> Flagger:
        """A flagger with a model of this sort, or what is given as one."""
        return Flagger(**{self.keyword: given})

    def of(self, flagger: Flagger) -> Any:
        """The model of this sort that a flagger has."""
        return getattr(flagger, self.attribute)


FACTS = ("arrays", "digest", "file", "metrics", "name", "settings", "training", "version")
SPLITTER = Sort(
    *("splitter", "model", "model", "make_model", store.save, store.load),
    {"small": "calibration", "plain": "mean", "matrix": "alone_surface", "big": "idf"},
    ("scale",),
    (*FACTS, "columns", "surface_columns", "widths", "threshold", "kinds"),
    ("kinds",),
    store.settings_of_code(),
    {"threshold": 0.51},
    10_000_000,
)
SCORES = Sort(
    *("scores", "scores", "scores", "make_scores", scores.save, scores.load),
    {"small": "paragraph", "plain": "bias", "matrix": "shape", "big": "words"},
    ("off_scale", "article_scale"),
    (*FACTS, "detected", "bases", "shrinkage", "languages", "thresholds"),
    ("languages", "thresholds"),
    scores.settings_of_code(),
    {
        "thresholds": dict.fromkeys(FLAGGED_SCORES, 0.1),
        "bases": dict.fromkeys(FLAGGED_SCORES, 0),
        "shrinkage": dict.fromkeys(FLAGGED_SCORES, 1),
        "languages": {score: ["en"] for score in FLAGGED_SCORES},
    },
    20_000_000,
)
PAGES = Sort(
    *("pages", "pages", "page_model", "make_pages", pages.save, pages.load),
    {"small": "calibration", "plain": "mean", "matrix": "weights_1", "big": "names_near"},
    ("scale",),
    (*FACTS, "width", "threshold", "page_columns"),
    ("page_columns",),
    pages.settings_of_code(),
    {"threshold": 0.51},
    1_000_000,
)
SORTS = (SPLITTER, SCORES, PAGES)
PAGE = """\
<title>Ferry runs again</title><h1>Ferry to the islands runs again after storm</h1>
<p>The ferry between Norholm and the outer islands is running again, the harbour office said on Tuesday morning.
<p><a href="/beaches">Seven beaches you have never heard of</a>
<p>"We have lost four days," said the captain, who has sailed the route for nineteen years and more.
"""


def each(names: Callable[[Sort], Iterable[str]]) -> pytest.MarkDecorator:
    """A test for each of some names of each sort."""
    pairs = [pytest.param(sort, name, id=f"{sort.name}-{name}") for sort in SORTS for name in names(sort)]
    return pytest.mark.parametrize(("sort", "name"), pairs, indirect=["sort"])


@pytest.fixture(params=SORTS, ids=[sort.name for sort in SORTS])
def sort(request: pytest.FixtureRequest) -> Sort:
    chosen: Sort = request.param
    return chosen


@pytest.fixture(scope="module")
def drawn(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[Sort, tuple[AnyModel, Path]]:
    """A model of each sort, and its file, which no test may change."""
    models = {sort: request.getfixturevalue(sort.make)() for sort in SORTS}
    return {sort: (model, sort.save(model, tmp_path_factory.mktemp(sort.name))) for sort, model in models.items()}


@pytest.fixture
def model(sort: Sort, drawn: dict[Sort, tuple[AnyModel, Path]]) -> AnyModel:
    return drawn[sort][0]


@pytest.fixture
def saved(sort: Sort, drawn: dict[Sort, tuple[AnyModel, Path]]) -> Path:
    """A saved model that no test may change."""
    return drawn[sort][1]


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Iterator[Path]:
    """A saved model to be damaged."""
    for file in (saved, saved.with_suffix(".npz")):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    yield tmp_path / saved.name
    # Megabytes that pytest would keep for every test.
    npz = (tmp_path / saved.name).with_suffix(".npz")
    if npz.is_file():
        npz.unlink()


@pytest.fixture
def refused(sort: Sort) -> Callable[..., None]:
    """Loading fails with a message that names the file and holds the words."""
    return lambda path, *words: refused_by(sort.load, path, *words)


Refused: TypeAlias = Callable[..., None]


def array_of(model: AnyModel, sort: Sort, part: str) -> Any:
    return getattr(model, sort.arrays[part])


def arrays_in(value: Any) -> Iterator[Any]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from arrays_in(item)


def flagger_with(sort: Sort, given: object) -> Flagger:
    """A flagger that is given a model of this sort, or where it lies."""
    options: dict[str, Any] = {sort.keyword: given}
    return Flagger(**options)


# Out and back


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, np.ndarray):
        return theirs.dtype == np.float32 and theirs.shape == ours.shape and bool((ours == theirs).all())
    if isinstance(ours, tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool(ours == theirs)


def test_what_goes_out_comes_back(sort: Sort, model: AnyModel, saved: Path) -> None:
    back = sort.load(saved)
    for field in dataclasses.fields(model):
        theirs = getattr(back, field.name)
        if field.name == "digest":
            assert len(theirs) == 8
            assert int(theirs, 16) >= 0
        else:
            assert same(getattr(model, field.name), theirs), field.name


def test_saving_what_was_loaded_gives_the_same_bytes(sort: Sort, saved: Path, tmp_path: Path) -> None:
    again = sort.save(sort.load(saved), tmp_path / "new" / "folder")
    assert again.read_bytes() == saved.read_bytes()
    assert again.with_suffix(".npz").read_bytes() == saved.with_suffix(".npz").read_bytes()
    assert sorted(file.name for file in again.parent.iterdir()) == ["drawn.json", "drawn.npz"]


def test_weights_that_are_all_but_zero_are_stored_as_zeros(tmp_path: Path) -> None:
    model = Flagger().model
    weights, bias = (array.copy() for array in model.second[0])
    weights[:2, 0] = 1e-40, -1e-40  # subnormal: processors are slow with them
    weights[2, 0] = 1e-20
    path = store.save(dataclasses.replace(model, second=((weights, bias), *model.second[1:])), tmp_path)
    stored = store.load(path).second[0][0]
    assert stored[:2, 0].tolist() == [0, 0]
    assert np.array_equal(stored[2:], weights[2:])


def test_numpy_reads_the_arrays_without_pickle(sort: Sort, model: AnyModel, saved: Path) -> None:
    with np.load(saved.with_suffix(".npz"), allow_pickle=False) as arrays:
        assert (arrays[sort.arrays["small"]] == array_of(model, sort, "small")).all()
        assert arrays[sort.arrays["big"]].dtype == np.float16
        assert arrays[sort.arrays["plain"]].dtype == np.float32


def test_a_changed_weight_changes_the_digest(sort: Sort, model: AnyModel, saved: Path, tmp_path: Path) -> None:
    changes: Any = {sort.arrays["plain"]: array_of(model, sort, "plain") + 1}
    assert sort.load(sort.save(dataclasses.replace(model, **changes), tmp_path)).digest != sort.load(saved).digest


def test_loaded_arrays_are_read_only(sort: Sort, saved: Path) -> None:
    back = sort.load(saved)
    found = [array for field in dataclasses.fields(back) for array in arrays_in(getattr(back, field.name))]
    assert len(found) > 5
    for array in found:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_model_is_found_by_either_of_its_files(sort: Sort, saved: Path) -> None:
    for path in (saved, str(saved), saved.with_suffix(".npz"), str(saved.with_suffix(".npz"))):
        assert sort.load(path).name == "drawn"


def test_a_flagger_takes_a_model_or_its_file(sort: Sort, saved: Path) -> None:
    flaggers = [flagger_with(sort, given) for given in (sort.load(saved), saved, str(saved))]
    assert all(sort.of(flagger).name == "drawn" for flagger in flaggers)
    reports = [flagger.flag_html(PAGE) for flagger in flaggers]
    assert reports[0] == reports[1] == reports[2] != Flagger().flag_html(PAGE)


@pytest.mark.parametrize("value", [3, b"splitter", ["splitter"], True])
def test_a_model_is_given_as_itself_or_by_its_file(sort: Sort, value: Any) -> None:
    with pytest.raises(ConfigError, match=type(value).__name__):
        sort.load(value)
    with pytest.raises(ConfigError, match=type(value).__name__):
        sort.of(sort.flagger(value))


# Shipped models


def test_the_shipped_model_is_read_once(sort: Sort) -> None:
    assert sort.load().name == sort.name
    assert sort.of(Flagger()) is sort.of(Flagger(explain=False)) is sort.load()


def test_the_shipped_files_are_small(sort: Sort, root: Path) -> None:
    assert sum((root / "models" / f"{sort.name}.{end}").stat().st_size for end in ("json", "npz")) < sort.largest


# Files that are not there, or not whole


@pytest.mark.parametrize("name", ["nosuch", "../splitter", "nosuch.json", "nosuch/model.json"])
def test_unknown_files(sort: Sort, name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="splitter"):
        sort.load(name)


@pytest.mark.parametrize("name", ["", "a" * 5000, "a\0b"])
def test_names_of_no_file(sort: Sort, name: str) -> None:
    with pytest.raises(ModelError):
        sort.load(name)


def test_missing_files(sort: Sort, copy: Path) -> None:
    copy.with_suffix(".npz").unlink()
    with pytest.raises(ModelNotFoundError, match=r"drawn\.npz"):
        sort.load(copy)
    copy.unlink()
    with pytest.raises(ModelNotFoundError, match=r"drawn\.json"):
        sort.load(copy)


def test_a_folder_in_place_of_a_file(copy: Path, refused: Refused) -> None:
    copy.with_suffix(".npz").unlink()
    copy.with_suffix(".npz").mkdir()
    refused(copy, "can't be read")


@pytest.mark.parametrize("size", [0, 1, 1000, -1])
def test_a_truncated_npz(copy: Path, refused: Refused, size: int) -> None:
    npz = copy.with_suffix(".npz")
    npz.write_bytes(npz.read_bytes()[:size])
    refused(copy, "cut off", "npz")


@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 0.999999])
def test_a_flipped_byte(copy: Path, refused: Refused, place: float) -> None:
    npz = copy.with_suffix(".npz")
    content = bytearray(npz.read_bytes())
    content[int(place * len(content))] ^= 0x10
    npz.write_bytes(content)
    refused(copy, "SHA-256", "npz")


def test_an_npz_that_is_no_zip(copy: Path, refused: Refused) -> None:
    content = b"PK but no more than that"
    copy.with_suffix(".npz").write_bytes(content)
    record = {"name": "drawn.npz", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    edit(copy, lambda facts: facts.update(file=record))
    refused(copy, "damaged")


# Arrays that are not ours, behind a right hash


def test_a_flipped_weight(sort: Sort, model: AnyModel, copy: Path, refused: Refused) -> None:
    repack(copy, put(sort.arrays["plain"], npy(array_of(model, sort, "plain") + np.float32(1))))
    refused(copy, "digest")


def test_a_missing_array(sort: Sort, copy: Path, refused: Refused) -> None:
    repack(copy, lambda members: members.pop(f"{sort.arrays['plain']}.npy"))
    refused(copy, sort.arrays["plain"])


def test_an_array_too_many(copy: Path, refused: Refused) -> None:
    repack(copy, put("extra", npy(np.zeros(3, np.float32))))
    refused(copy, "extra")


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", "<i4", "<U1", "<M8[s]", "?"])
def test_a_wrong_dtype(sort: Sort, model: AnyModel, copy: Path, refused: Refused, dtype: str) -> None:
    repack(copy, put(sort.arrays["small"], npy(np.zeros(array_of(model, sort, "small").shape, dtype))))
    refused(copy, sort.arrays["small"], "float32")


@pytest.mark.parametrize("shape", [(), (0,), (3,), (1, 1), (2, 1), (1, 2)])
def test_a_wrong_shape(sort: Sort, copy: Path, refused: Refused, shape: tuple[int, ...]) -> None:
    repack(copy, put(sort.arrays["small"], npy(np.zeros(shape, np.float32))))
    refused(copy, sort.arrays["small"])


def test_an_object_array_is_never_unpickled(sort: Sort, model: AnyModel, copy: Path, refused: Refused) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("unpickled",))

    trap = np.array([Trap()] * len(array_of(model, sort, "small")), object)
    repack(copy, put(sort.arrays["small"], npy(trap, pickled=True)))
    refused(copy, sort.arrays["small"], "object")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("part", ["small", "big"])
def test_a_value_that_is_not_finite(
    sort: Sort, model: AnyModel, copy: Path, refused: Refused, part: str, value: float
) -> None:
    array = array_of(model, sort, part).astype("<f2" if part == "big" else "<f4")
    array[-1] = value
    repack(copy, put(sort.arrays[part], npy(array)))
    refused(copy, sort.arrays[part], "finite")


@each(lambda sort: sort.scales)
def test_a_scale_of_zero(sort: Sort, model: AnyModel, copy: Path, refused: Refused, name: str) -> None:
    changes: Any = {name: np.zeros_like(getattr(model, name))}
    repack(copy, put(name, npy(changes[name])))
    refused(copy, name, "above 0")
    with pytest.raises(ModelError, match=f"{name} must be above 0"):
        sort.save(dataclasses.replace(model, **changes), copy.parent)


def test_an_array_by_columns(sort: Sort, model: AnyModel, copy: Path, refused: Refused) -> None:
    repack(copy, put(sort.arrays["matrix"], npy(np.asfortranarray(array_of(model, sort, "matrix")))))
    refused(copy, sort.arrays["matrix"])


def test_another_npy_format(sort: Sort, model: AnyModel, copy: Path, refused: Refused) -> None:
    repack(copy, put(sort.arrays["plain"], npy(array_of(model, sort, "plain"), version=(2, 0))))
    refused(copy, sort.arrays["plain"])


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff{", b"no array"])
def test_a_garbled_array(sort: Sort, copy: Path, refused: Refused, content: bytes) -> None:
    repack(copy, put(sort.arrays["plain"], content))
    refused(copy)


def test_a_header_that_asks_for_too_much(sort: Sort, model: AnyModel, copy: Path, refused: Refused) -> None:
    array, lie = array_of(model, sort, "plain"), b"(9999999999,)"
    shape = str(array.shape).encode()
    content = npy(array).replace(shape, lie, 1).replace(b" " * (len(lie) - len(shape)) + b"\n", b"\n", 1)
    repack(copy, put(sort.arrays["plain"], content))
    refused(copy, sort.arrays["plain"], "shape (9999999999,)")


def test_an_array_that_unpacks_to_far_too_much(sort: Sort, copy: Path, refused: Refused) -> None:
    repack(copy, put(sort.arrays["plain"], bytes(50_000_000)), zipfile.ZIP_DEFLATED)
    refused(copy, "too large")


# Records that are not ours


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\xfa", b"[" * 100_000, b"no json", b'{"package": "newsflag"', b'{"package": "newsflag", "a"'],
)
def test_what_is_not_json(copy: Path, refused: Refused, content: bytes) -> None:
    copy.write_bytes(content)
    refused(copy, "not JSON")


@pytest.mark.parametrize("content", ["null", "[]", "3", "{}", '{"package": "other"}', '{"kinds": []}', '"newsflag"'])
def test_foreign_json(copy: Path, refused: Refused, content: str) -> None:
    copy.write_text(content)
    refused(copy, "not a newsflag model")


def test_json_that_is_far_too_large(copy: Path, refused: Refused) -> None:
    copy.write_bytes(b" " * 5_000_000)
    refused(copy, "larger than")


def test_a_newer_format(sort: Sort, copy: Path, refused: Refused) -> None:
    edit(copy, lambda facts: facts.update({"format": files.FORMAT + 1, sort.marks[0]: "from the future"}))
    refused(copy, "newer", "upgrade")


@pytest.mark.parametrize("version", [0, -1, None, "2", 2.0, True, [2]])
def test_no_format_of_ours(copy: Path, refused: Refused, version: Any) -> None:
    edit(copy, lambda facts: facts.update(format=version))
    refused(copy, "format", repr(version))


@each(lambda sort: [*sort.settings, "extra"])
def test_other_settings(sort: Sort, copy: Path, refused: Refused, name: str) -> None:
    edit(copy, lambda facts: facts["settings"].update({name: 77}))
    refused(copy, "settings", f"{name}: 77 instead of")
    if name in sort.settings:
        edit(copy, lambda facts: facts["settings"].pop(name))
        refused(copy, "settings", f"{name}: None instead of")


@each(lambda sort: sort.facts)
def test_a_missing_fact(sort: Sort, copy: Path, refused: Refused, name: str) -> None:
    edit(copy, lambda facts: facts.pop(name))
    refused(copy, *(() if name in sort.marks else (name,)))


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [[]], {"mean": 1}, -1, 1e400, [1e9, 1e9], [10**12, 10**12]])
@each(lambda sort: sort.facts)
def test_a_fact_of_a_wrong_sort(copy: Path, refused: Refused, name: str, value: Any) -> None:
    before = json.loads(copy.read_text("utf-8"))
    assert before[name] != value
    edit(copy, lambda facts: facts.update({name: value}))
    refused(copy)


@pytest.mark.parametrize("name", ["../drawn.npz", "/etc/passwd", "..", "", "a\\b", 3, None])
def test_arrays_that_lie_elsewhere(copy: Path, refused: Refused, name: Any) -> None:
    edit(copy, lambda facts: facts["file"].update(name=name))
    refused(copy)


@pytest.mark.parametrize("value", [-0.1, 1.1, "0.5", True, None, float("nan"), float("inf")])
@pytest.mark.parametrize("sort", [SPLITTER, PAGES], indirect=True, ids=lambda sort: sort.name)
def test_a_threshold_out_of_range(copy: Path, refused: Refused, value: Any) -> None:
    edit(copy, lambda facts: facts.update(threshold=value))
    refused(copy, "threshold", repr(value))


HAND: dict[str, Any] = {"metrics": {}, "version": "2", "name": "other", "note": "by hand", "seal": None}


@each(lambda sort: [*HAND, *sort.valid])
def test_a_fact_changed_by_hand(sort: Sort, copy: Path, refused: Refused, name: str) -> None:
    sort.load(copy)
    edit(copy, lambda facts: facts.update({name: {**HAND, **sort.valid}[name]}))
    refused(copy, "seal")


# Models of another sort


@each(lambda sort: [other.name for other in SORTS if other is not sort])
def test_a_model_of_another_sort(
    sort: Sort, name: str, refused: Refused, root: Path, drawn: dict[Sort, tuple[AnyModel, Path]]
) -> None:
    [drawn_path] = [path for other, (_, path) in drawn.items() if other.name == name]
    for path in (root / "models" / f"{name}.json", drawn_path):
        for given in (path, path.with_suffix(".npz")):
            refused(given, "another sort")
        with pytest.raises(ModelError, match="another sort"):
            getattr(flagger_with(sort, str(path)), sort.attribute)


# What is not saved


def saving(sort: Sort, model: AnyModel, folder: Path, word: str, **changes: Any) -> None:
    """Saving fails with a message that holds the word, and writes nothing."""
    before = sorted(folder.iterdir())
    with pytest.raises(ModelError, match=word):
        sort.save(dataclasses.replace(model, **changes), folder)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("name", "../up", "name"),
        ("name", "", "name"),
        ("name", "n" * 65, "name"),
        ("version", 1, "version"),
        ("settings", {}, "settings"),
        ("metrics", {"f1": float("nan")}, "JSON"),
        ("metrics", {"f1": {1, 2}}, "JSON"),
        ("training", {"note": "\ud800"}, "JSON"),
        ("training", {"notes": "long " * 1_000_000}, "bytes"),
    ],
)
def test_a_record_that_could_not_be_read_is_not_saved(
    sort: Sort, model: AnyModel, tmp_path: Path, field: str, value: Any, word: str
) -> None:
    saving(sort, model, tmp_path, word, **{field: value})


@pytest.mark.parametrize(
    ("part", "change", "word"),
    [
        ("plain", lambda _: np.zeros(3, np.float32), "{name}"),
        ("plain", lambda array: array * np.nan, "{name}.*finite"),
        ("small", lambda array: np.full(array.shape, "one"), "array"),
        ("big", lambda array: np.full(array.shape, 1e6), "{name}.*float16"),
        ("big", lambda _: np.zeros((2, 2)), "{name}"),
    ],
    ids=["size", "nan", "text", "too large for float16", "shape"],
)
def test_arrays_that_could_not_be_read_are_not_saved(
    sort: Sort, model: AnyModel, tmp_path: Path, part: str, change: Callable[[Any], Any], word: str
) -> None:
    name = sort.arrays[part]
    saving(sort, model, tmp_path, word.format(name=name), **{name: change(getattr(model, name))})


def test_a_failed_save_leaves_the_old_model(sort: Sort, model: AnyModel, copy: Path) -> None:
    name = sort.arrays["small"]
    saving(sort, model, copy.parent, "finite", **{name: getattr(model, name) * np.inf})
    assert sort.load(copy).name == "drawn"
