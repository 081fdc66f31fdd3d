"""Data frames in, data frames out: pandas and polars."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest

import newsflag
from newsflag.comparison import COLUMNS, overview
from newsflag.frames import flag_frame
from newsflag.integrations._columns import Task, columns

pd = pytest.importorskip("pandas")

TEXTS: Final = (
    "Council votes to mend the bridge\n\nThe council met on Monday and voted to mend it.\n\nREAD MORE: Ten tricks",
    None,
    "The ferry to Holm will stop at noon.\n\nPhoto: Ida Berg\n\nSign up now for our free newsletter!",
    "   \n",
    "Die Brücke bleibt bis Freitag gesperrt, sagte die Stadt am Montag.\n\nMehr zum Thema: Die schönsten Brücken",
    "You won't believe what this baker found in his oven!!! These greedy traitors will ruin us all.",
)
TITLES: Final = ("Bridge to be mended", "Nothing", None, "Blank", "Brücke gesperrt", "Bread prices rise")
PAGES: Final = (
    "<nav><a href=/>Home</a></nav><h1>Bridge</h1><p>The council met on Monday.</p><p>READ MORE: <a href=/x>Ten</a></p>",
    None,
    b"<p>The ferry to Holm will stop at noon, the harbour master said.</p>",
)


def articles(texts: Iterable[Any] = TEXTS, prefix: str = "newsflag_", **options: Any) -> list[dict[str, Any]]:
    """What must be added for every text, as flag tells it of each of them by itself."""
    rows = []
    for text in texts:
        if text is None:
            rows.append(dict.fromkeys([f"{prefix}{name}" for name in ("body", *COLUMNS)]))
            continue
        report = newsflag.flag(text, **options)
        rows.append({f"{prefix}{name}": value for name, value in {"body": report.body, **overview(report)}.items()})
    return rows


def segments(texts: Iterable[Any] = TEXTS, prefix: str = "newsflag_", **options: Any) -> list[dict[str, Any]]:
    """The row of every segment."""
    rows = []
    for place, text in enumerate(texts):
        report = None if text is None else newsflag.flag(text, **options)
        for segment in () if report is None else report.segments:
            flags = [flag for flag in report.flags if flag.segment == segment]  # type: ignore[union-attr]
            reason = " ".join(flag.reason for flag in flags) if flags and options.get("explain", True) else None
            row = {
                "article": place,
                "start": segment.start,
                "end": segment.end,
                "text": segment.text,
                "kind": segment.kind,
                **segment.scores,
                "flagged": bool(flags),
                "reason": reason,
            }
            rows.append({f"{prefix}{name}": value for name, value in row.items()})
    return rows


def records(frame: Any) -> list[dict[str, Any]]:
    """The rows of a pandas frame, None where a value is missing."""
    made: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return made


def added(frame: Any, prefix: str = "newsflag_") -> list[dict[str, Any]]:
    return records(frame[[name for name in frame.columns if str(name).startswith(prefix)]])


@pytest.fixture
def frame() -> Any:
    return pd.DataFrame(
        {"id": [f"a{n}" for n in range(len(TEXTS))], "text": TEXTS, "read": [1, 2, 3, 4, 5, 6]},
        index=[7, 7, 8, 9, 10, 11],
    )


# The columns


def test_the_columns_of_an_article_are_the_body_and_those_of_a_comparison() -> None:
    assert [column.name for column in columns(prefix="")] == ["body", *COLUMNS]
    assert [column.name for column in columns(prefix="", on_error="yield")] == ["body", "error", *COLUMNS]


def test_the_types_of_the_columns_are_those_of_the_values() -> None:
    report = newsflag.flag(TEXTS[0] or "")
    values = {"body": report.body, **overview(report)}
    assert {column.name: column.type for column in columns(prefix="")} == {
        name: type(value) for name, value in values.items()
    }
    [first, *_] = segments([TEXTS[4]], prefix="")
    told = {column.name: column for column in columns("segments", prefix="")}
    assert list(told) == list(first)
    for name, value in first.items():
        assert told[name].type is type(value) or (value is None and told[name].nullable), name


# pandas


def test_what_is_added_is_what_flag_says_of_each_article(frame: Any) -> None:
    made = flag_frame(frame)
    assert added(made) == articles()
    pd.testing.assert_frame_equal(made[list(frame.columns)], frame)
    assert list(made.columns) == [*frame.columns, *(column.name for column in columns())]


def test_the_frame_given_is_not_altered(frame: Any) -> None:
    before = frame.copy(deep=True)
    flag_frame(frame)
    flag_frame(frame, output="segments")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("options", [{}, {"explain": False}, {"threshold": 0.9}, {"sentences": "never"}])
def test_segments_have_a_row_each_with_what_is_kept_beside_them(frame: Any, options: dict[str, Any]) -> None:
    made = flag_frame(frame, output="segments", **options)
    expected = segments(**options)
    assert added(made) == expected
    assert any(row["newsflag_flagged"] for row in expected)
    assert made["id"].tolist() == [f"a{row['newsflag_article']}" for row in expected]
    assert made.index.tolist() == [frame.index[row["newsflag_article"]] for row in expected]
    assert list(made.columns) == ["id", "read", *(column.name for column in columns("segments"))]


def test_keep_names_the_columns_that_are_repeated_in_its_order(frame: Any) -> None:
    made = flag_frame(frame, output="segments", keep=["read", "text"])
    assert list(made.columns)[:3] == ["read", "text", "newsflag_article"]
    assert made["text"].tolist() == [TEXTS[place] for place in made["newsflag_article"]]
    assert flag_frame(frame, output="segments", keep=()).columns[0] == "newsflag_article"
    assert added(flag_frame(frame, output="segments", keep=())) == segments()


@pytest.mark.parametrize("options", [{"batch_size": 1}, {"batch_size": 3}, {"n_jobs": 2, "batch_size": 2}])
def test_the_size_of_batches_and_the_number_of_workers_change_nothing(frame: Any, options: dict[str, Any]) -> None:
    pd.testing.assert_frame_equal(flag_frame(frame, **options), flag_frame(frame), check_exact=True)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_titles_in_a_column_of_their_own_are_judged_with_the_text(frame: Any, n_jobs: int) -> None:
    frame["headline"] = TITLES
    made = flag_frame(frame, title="headline", n_jobs=n_jobs, batch_size=2)
    for row, text, title in zip(added(made), TEXTS, TITLES, strict=True):
        assert row == articles([text], title=title)[0]
    rows = added(flag_frame(frame, title="headline", output="segments"))
    assert [row["newsflag_off_topic"] for row in rows if row["newsflag_article"] == 4] == [
        segment.scores["off_topic"] for segment in newsflag.flag(TEXTS[4] or "", title=TITLES[4]).segments
    ]


def test_pages_are_read_as_pages() -> None:
    pytest.importorskip("selectolax")
    made = flag_frame(pd.DataFrame({"page": PAGES}), "page", input="html", prefix="")
    reports = [None if page is None else newsflag.flag_html(page) for page in PAGES]
    assert records(made[["body", *COLUMNS]]) == [
        dict.fromkeys(("body", *COLUMNS)) if report is None else {"body": report.body, **overview(report)}
        for report in reports
    ]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT], ids=["None", "nan", "NA", "NaT"])
def test_whatever_stands_for_a_missing_text_stays_missing(missing: Any) -> None:
    frame = pd.DataFrame({"text": pd.Series([TEXTS[0], missing, TEXTS[2]], dtype=object)})
    assert added(flag_frame(frame)) == articles([TEXTS[0], None, TEXTS[2]])
    assert added(flag_frame(frame, output="segments")) == segments([TEXTS[0], None, TEXTS[2]])


def test_a_frame_of_nothing_but_missing_texts_needs_no_model() -> None:
    made = flag_frame(pd.DataFrame({"text": [None, float("nan")]}))
    assert added(made) == articles([None, None])
    assert len(flag_frame(pd.DataFrame({"text": [None]}), output="segments")) == 0


@pytest.mark.parametrize("dtype", ["object", "str", "string", "category", "string[pyarrow]", "arrow", "large"])
def test_every_type_of_texts_gives_the_same_values(dtype: str) -> None:
    kind: Any = dtype
    if dtype in ("string[pyarrow]", "arrow", "large"):
        pa = pytest.importorskip("pyarrow")
        kind = {"arrow": pd.ArrowDtype(pa.string()), "large": pd.ArrowDtype(pa.large_string())}.get(dtype, dtype)
    texts = pd.Series(TEXTS, dtype=object)
    texts = texts.astype(kind) if dtype != "str" else pd.Series(list(TEXTS))
    frame = pd.DataFrame({"text": texts})
    for output, expected in (("article", articles()), ("segments", segments())):
        made = flag_frame(frame, output=output)  # type: ignore[arg-type]
        assert added(made) == expected
        strings = made["newsflag_body" if output == "article" else "newsflag_kind"].dtype
        inner = texts.dtype.categories.dtype if dtype == "category" else texts.dtype
        assert strings == (inner if inner.type is str else object)


@pytest.mark.parametrize("output", ["article", "segments"])
@pytest.mark.parametrize("on_error", ["raise", "yield"])
def test_an_empty_frame_has_the_columns_and_types_of_a_full_one(frame: Any, output: Any, on_error: Any) -> None:
    full = flag_frame(frame, output=output, on_error=on_error)
    empty = flag_frame(frame.iloc[:0], output=output, on_error=on_error)
    assert len(empty) == 0
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)
    for column in columns(output, on_error=on_error):
        kind = full[column.name].dtype
        if column.type is float:
            assert kind == "float64"
        elif column.type is int:
            assert kind == ("Int64" if column.nullable else "int64")
        elif column.type is bool:
            assert kind == ("boolean" if column.nullable else "bool")


def test_the_types_do_not_depend_on_whether_a_text_is_missing(frame: Any) -> None:
    some, all_there = flag_frame(frame), flag_frame(frame[frame["text"].notna()])
    pd.testing.assert_series_equal(some.dtypes, all_there.dtypes)


def test_a_str_that_arrow_can_not_hold_is_no_trouble_among_objects() -> None:
    text = "The council met \ud800 on Monday.\n\nREAD MORE: Ten tricks"
    frame = pd.DataFrame({"text": pd.Series([text], dtype=object)})
    assert added(flag_frame(frame)) == articles([text])


def test_indexes_of_several_levels_and_labels_that_are_no_str_are_kept() -> None:
    index = pd.MultiIndex.from_tuples([("x", 1), ("x", 1), ("y", 2)], names=["paper", "day"])
    frame = pd.DataFrame({0: [TEXTS[0], None, TEXTS[2]], 1: [1, 2, 3]}, index=index)
    frame.columns.name = "field"
    frame.attrs["source"] = "desk"
    made = flag_frame(frame, 0, output="segments")
    assert made.index.names == ["paper", "day"]
    assert made.columns[0] == 1
    assert made.columns.name == "field"
    assert made.attrs == {"source": "desk"}
    assert added(made) == segments([TEXTS[0], None, TEXTS[2]])
    assert list(flag_frame(frame, 0).columns)[:2] == [0, 1]


def test_columns_of_the_same_name_are_kept_unless_they_are_the_texts() -> None:
    frame = pd.DataFrame([[TEXTS[0], 1, 2]], columns=["text", "n", "n"])
    assert list(flag_frame(frame, output="segments").columns)[:3] == ["n", "n", "newsflag_article"]
    assert list(flag_frame(frame).columns)[:4] == ["text", "n", "n", "newsflag_body"]
    twice = pd.DataFrame([["One.", "Two."]], columns=["text", "text"])
    with pytest.raises(newsflag.ConfigError, match="text names 'text', but 2 columns have that name"):
        flag_frame(twice)


def test_columns_of_several_levels_are_refused_with_what_to_do() -> None:
    frame = pd.DataFrame([["One."]], columns=pd.MultiIndex.from_tuples([("a", "text")]))
    with pytest.raises(newsflag.ConfigError, match=r"2 levels.*to_flat_index"):
        flag_frame(frame, ("a", "text"))


def test_a_frame_of_a_class_derived_from_pandas_own_stays_one() -> None:
    class Desk(pd.DataFrame):  # type: ignore[name-defined,misc]  # pandas ships no types
        @property
        def _constructor(self) -> Any:
            return Desk

    assert type(flag_frame(Desk({"text": ["One."]}))) is Desk


# What is refused


def test_a_missing_column_is_named_with_those_that_there_are(frame: Any) -> None:
    with pytest.raises(newsflag.ConfigError, match=r"text names 'body', .* it has 'id', 'text', 'read'$"):
        flag_frame(frame, "body")
    with pytest.raises(newsflag.ConfigError, match="title names 'headline'"):
        flag_frame(frame, title="headline")
    with pytest.raises(newsflag.ConfigError, match=r"keep names 'caption', .*; kinds that stay .*Config\(keep=…\)"):
        flag_frame(frame, output="segments", keep=["caption"])
    with pytest.raises(newsflag.ConfigError, match="it has no columns"):
        flag_frame(pd.DataFrame())


def test_kinds_are_kept_by_the_config(frame: Any) -> None:
    made = flag_frame(frame, config=newsflag.Config(keep=("caption",)))
    assert added(made) == articles(config=newsflag.Config(keep=("caption",)))
    assert "Ida Berg" in made["newsflag_body"].iloc[2]
    with pytest.raises(newsflag.ConfigError, match=r"output='article' keeps them all; kinds .*Config\(keep=…\)"):
        flag_frame(frame, keep=("caption",))


@pytest.mark.parametrize("output", ["article", "segments"])
def test_a_column_that_would_be_overwritten_is_refused(frame: Any, output: Any) -> None:
    name = "newsflag_persuasion"
    frame[name] = 1.0
    with pytest.raises(newsflag.ConfigError, match=f"has a column '{name}' already: set prefix"):
        flag_frame(frame, output=output)
    again = flag_frame(frame, output=output, prefix="own_")
    assert added(again, "own_") == (articles if output == "article" else segments)(prefix="own_")
    assert len(flag_frame(frame, output="segments", keep=["id"])) == len(segments())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"output": "rows"}, "output is 'rows', but must be one of article, segments"),
        ({"input": "pdf"}, "input is 'pdf', but must be one of text, html"),
        ({"on_error": "skip"}, "on_error is 'skip', but must be one of raise, yield"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"n_jobs": 0}, "n_jobs is 0"),
        ({"prefix": None}, "prefix is None, but must be a str"),
        ({"keep": "id", "output": "segments"}, "keep is 'id', but must be a list of columns"),
        ({"input": "html", "title": "id"}, "title goes with input='text'"),
        ({"treshold": 0.5}, "unknown option 'treshold'"),
        ({"threshold": 2}, "threshold is 2"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_option_that_is_not_allowed_is_told(frame: Any, options: dict[str, Any], told: str) -> None:
    with pytest.raises(newsflag.ConfigError, match=told):
        flag_frame(frame, **options)


def test_what_is_no_frame_is_told_with_what_would_do() -> None:
    with pytest.raises(newsflag.InputError, match=r"but got pandas.Series; make a frame of it with to_frame\(\)"):
        flag_frame(pd.Series(["One."]))
    with pytest.raises(newsflag.InputError, match=r"but got builtins.list; .* newsflag.pipe"):
        flag_frame(["One."])
    for module, told in (
        ("modin.pandas", r"but got modin.DataFrame; use its to_pandas\(\)"),
        ("pyspark.pandas.frame", "to_spark"),
    ):
        foreign = type("DataFrame", (), {"__module__": module, "to_pandas": None})
        with pytest.raises(newsflag.InputError, match=told):
            flag_frame(foreign())


def test_a_model_that_is_not_there_is_told() -> None:
    with pytest.raises(newsflag.ModelNotFoundError):
        flag_frame(pd.DataFrame({"text": ["One."]}), model="no-such-model")


# Texts that are none


def test_a_text_that_is_none_is_told_by_its_place_in_the_frame() -> None:
    frame = pd.DataFrame({"text": pd.Series([None, "One.", 17], dtype=object)})
    with pytest.raises(newsflag.InputError, match=r"^article 2: a text must be a str, but got int"):
        flag_frame(frame)


@pytest.mark.parametrize("titled", [False, True])
def test_errors_go_into_a_column_where_that_is_asked_for(titled: bool) -> None:
    frame = pd.DataFrame({"text": pd.Series([TEXTS[0], None, 17, TEXTS[2]], dtype=object), "title": None})
    options: dict[str, Any] = {"on_error": "yield", "title": "title" if titled else None}
    good = [TEXTS[0], None, None, TEXTS[2]]
    made = flag_frame(frame, **options)
    error = "a text must be a str, but got int"
    assert records(made[["newsflag_error"]]) == [{"newsflag_error": each} for each in (None, None, error, None)]
    assert added(made.drop(columns="newsflag_error")) == articles(good)
    parts = added(flag_frame(frame, output="segments", **options))
    failed = [row for row in parts if row["newsflag_error"] is not None]
    assert [{name: value for name, value in row.items() if value is not None} for row in failed] == [
        {"newsflag_article": 2, "newsflag_error": error}
    ]
    rest = [{name: value for name, value in row.items() if name != "newsflag_error"} for row in parts]
    assert [row for row in rest if row["newsflag_article"] != 2] == segments(good)


def test_a_title_that_is_none_fails_like_a_text() -> None:
    frame = pd.DataFrame({"text": ["One."], "title": [5]})
    with pytest.raises(newsflag.InputError, match=r"^article 0: a title must be a str"):
        flag_frame(frame, title="title")


# The accessor


def test_frames_and_series_have_a_newsflag_of_their_own_once_it_is_imported(frame: Any) -> None:
    import newsflag.integrations.pandas

    pd.testing.assert_frame_equal(frame.newsflag.flag(explain=False), flag_frame(frame, explain=False))
    made = frame["text"].newsflag.clean(drop=("title",))
    expected = [None if text is None else newsflag.clean(text, drop=("title",)) for text in TEXTS]
    assert [row["text"] for row in records(made.to_frame())] == expected
    assert made.index.equals(frame.index)
    assert (made.name, made.dtype) == ("text", frame["text"].dtype)
    reports = frame["text"].newsflag.flag(n_jobs=2, batch_size=1)
    assert reports.tolist() == [None if text is None else newsflag.flag(text) for text in TEXTS]
    assert reports.index.equals(frame.index)
    [failure] = pd.Series([5]).newsflag.flag(on_error="yield")
    assert isinstance(failure, newsflag.Failure)
    with pytest.raises(newsflag.InputError, match=r"^article 1: a text must be a str"):
        pd.Series(["One.", 5]).newsflag.clean()


def test_pages_in_a_series_are_cleaned_as_pages() -> None:
    pytest.importorskip("selectolax")
    import newsflag.integrations.pandas

    made = pd.Series(PAGES, dtype=object).newsflag.clean(input="html")
    assert made.tolist() == [None if page is None else newsflag.clean_html(page) for page in PAGES]


# What is loaded


def test_no_engine_is_imported_that_the_caller_did_not_import() -> None:
    code = (
        "import sys\n"
        "from newsflag.frames import flag_frame\n"
        "assert 'numpy' not in sys.modules\n"
        "import pandas\n"
        "before = {name.partition('.')[0] for name in sys.modules}\n"
        "flag_frame(pandas.DataFrame({'text': ['One.']}))\n"
        "print(sorted(({name.partition('.')[0] for name in sys.modules} - before) & "
        "{'polars', 'pyspark', 'dask', 'ray', 'datasets'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


def test_without_pandas_the_line_that_installs_it_is_told() -> None:
    code = (
        "import sys\n"
        "sys.modules['pandas'] = None\n"
        "from newsflag.integrations import dask, datasets, polars, ray, spark\n"
        "for use in (lambda: dask.META, lambda: __import__('newsflag.integrations.pandas')):\n"
        "    try:\n"
        "        use()\n"
        "    except ImportError as error:\n"
        "        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    told = "newsflag.integrations.pandas needs pandas: pip install 'newsflag[pandas]'\n"
    assert (done.stdout, done.returncode) == (2 * told, 0), done.stderr


@pytest.mark.parametrize("titled", [False, True])
def test_no_more_is_read_once_an_article_has_failed(titled: bool) -> None:
    n_read = 0

    def texts() -> Iterator[Any]:
        nonlocal n_read
        for n_read in range(1000):
            yield 17 if n_read == 3 else "One."

    told = Task(batch_size=2, title="title" if titled else None).told(
        texts(), itertools.repeat(None) if titled else None
    )
    with pytest.raises(newsflag.InputError, match=r"^article 3: "):
        list(told)
    assert n_read < 10


def test_threads_that_ask_at_the_same_time_get_one_flagger() -> None:
    from concurrent.futures import ThreadPoolExecutor

    task = Task(config=newsflag.Config(max_reasons=3, explain=False))
    with ThreadPoolExecutor(4) as threads:
        flaggers = list(threads.map(lambda _: task.flagger(), range(8)))
    assert len({id(flagger) for flagger in flaggers}) == 1


# polars


def test_a_polars_frame_gets_what_flag_says_of_each_article() -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"id": range(len(TEXTS)), "text": TEXTS})
    made = flag_frame(frame)
    assert made.select(frame.columns).equals(frame)
    assert made.drop(frame.columns).to_dicts() == articles()
    types = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean}
    assert dict(made.drop(frame.columns).schema) == {column.name: types[column.type] for column in columns()}
    parts = flag_frame(frame, output="segments")
    expected = segments()
    assert parts.drop("id").to_dicts() == expected
    assert parts["id"].to_list() == [row["newsflag_article"] for row in expected]
    assert flag_frame(frame, output="segments", keep=()).to_dicts() == expected
    assert flag_frame(frame, output="segments", keep=["text", "id"]).columns[:2] == ["text", "id"]


def test_every_type_of_polars_texts_gives_the_same_values() -> None:
    pl = pytest.importorskip("polars")
    for kind in (pl.String, pl.Categorical, pl.Enum(sorted({text for text in TEXTS if text is not None}))):
        frame = pl.DataFrame({"text": pl.Series(TEXTS, dtype=pl.String).cast(kind)})
        assert flag_frame(frame).drop("text").to_dicts() == articles()
    nothing = pl.DataFrame({"text": [None, None]})
    assert nothing.schema["text"] == pl.Null
    assert flag_frame(nothing).drop("text").to_dicts() == articles([None, None])


def test_pages_and_titles_and_errors_in_a_polars_frame() -> None:
    pl = pytest.importorskip("polars")
    pytest.importorskip("selectolax")
    pages = [None if page is None else page if isinstance(page, bytes) else page.encode() for page in PAGES]
    made = flag_frame(pl.DataFrame({"page": pages}), "page", input="html", prefix="")
    assert made["body"].to_list() == [None if page is None else newsflag.flag_html(page).body for page in pages]
    titled = flag_frame(pl.DataFrame({"text": TEXTS, "headline": TITLES}), title="headline", prefix="")
    assert titled["title"].to_list() == [
        None if text is None else getattr(newsflag.flag(text, title=title).title, "text", None)
        for text, title in zip(TEXTS, TITLES, strict=True)
    ]
    failed = flag_frame(pl.DataFrame({"text": [1, None]}), on_error="yield")
    assert failed["newsflag_error"].to_list() == ["a text must be a str, but got int", None]


@pytest.mark.parametrize("output", ["article", "segments"])
def test_an_empty_polars_frame_has_the_columns_and_types_of_a_full_one(output: Any) -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"id": range(len(TEXTS)), "text": TEXTS})
    assert flag_frame(frame.clear(), output=output).schema == flag_frame(frame, output=output).schema


@pytest.mark.parametrize("output", ["article", "segments"])
def test_a_lazy_frame_is_flagged_when_it_is_collected(output: Any) -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"id": range(len(TEXTS)), "text": TEXTS})
    eager = flag_frame(frame, output=output)
    lazy = flag_frame(frame.lazy(), output=output)
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect_schema() == eager.schema
    assert lazy.collect().equals(eager)
    # What is asked of it afterwards is not asked of the frame before it.
    some = lazy.filter(pl.col("newsflag_insertion") > 0.3).select("newsflag_insertion").head(3)
    assert some.collect().equals(eager.filter(pl.col("newsflag_insertion") > 0.3).select("newsflag_insertion").head(3))
    assert lazy.select("id").collect().equals(eager.select("id"))
    with pytest.raises(newsflag.ConfigError, match="text names 'body'"):
        flag_frame(frame.lazy(), "body", output=output)
    with pytest.raises(newsflag.ModelNotFoundError):
        flag_frame(frame.lazy(), model="no-such-model", output=output)


def test_a_polars_column_that_would_be_overwritten_is_refused() -> None:
    pl = pytest.importorskip("polars")
    with pytest.raises(newsflag.ConfigError, match="set prefix"):
        flag_frame(pl.DataFrame({"text": ["One."], "newsflag_kind": [1]}), output="segments")
