"""Frames of the engines that share out work: Spark, Dask, Ray, and the datasets of Hugging Face, all really run."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from _shown import ROOT, run_blocks
from test_frames import PAGES, TEXTS, TITLES, articles, records, segments

import newsflag
from newsflag.frames import flag_frame
from newsflag.integrations._columns import Task, columns, flag_arrow

pytestmark = [
    # Ray gives its defaults to settings of its own that it has deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context"),
    # Said whenever Spark looks for pandas; what is tested here passes through Arrow.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]

PAGE: Final = ROOT / "docs" / "frames.md"
MIXED: Final = (TEXTS[0], None, TEXTS[2])  # none of them fails; see the engines for those that do
ADDED: Final = [column.name for column in columns()]


def run_recipe(engine: str, folder: Path) -> None:
    """Run what the page on frames shows of an engine."""
    blocks = re.findall(rf"^```python {engine}\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    page = folder / PAGE.name
    page.write_text("\n".join(f"```python\n{block}```\n" for block in blocks), encoding="utf-8")
    assert run_blocks(page) == len(blocks) > 0


def of(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def without_place(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "newsflag_article"} for row in rows]


def test_every_recipe_of_the_page_is_run_here_or_with_the_pages() -> None:
    tags = re.findall(r"^```python(.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert {tag.strip() for tag in tags} == {"", "polars", "spark", "dask", "ray", "datasets"}


def test_the_recipe_for_polars_runs(tmp_path: Path) -> None:
    pytest.importorskip("polars")
    run_recipe("polars", tmp_path)


def test_what_is_sent_to_workers_is_small() -> None:
    task = Task(config=newsflag.Config(deny=("Advertisement",)))
    assert len(pickle.dumps(task)) < 2000
    assert pickle.loads(pickle.dumps(task)) == task


def test_a_process_reads_the_models_once_whatever_the_number_of_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    pa = pytest.importorskip("pyarrow")
    made = []
    init = newsflag.Flagger.__init__

    def counted(self: newsflag.Flagger, *given: Any, **options: Any) -> None:
        made.append(self)
        init(self, *given, **options)

    monkeypatch.setattr(newsflag.Flagger, "__init__", counted)
    for text in MIXED:
        task = pickle.loads(pickle.dumps(Task(config=newsflag.Config(max_reasons=2))))
        flag_arrow(task, pa.table({"text": [text]}))
    assert len(made) == 1


# Spark


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    pytest.importorskip("pyarrow")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark runs in a JVM: needs java")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = (
            sql.SparkSession.builder.master("local[2]")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            # Half of the time goes into compiling what runs once.
            .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
            .config("spark.sql.codegen.wholeStage", "false")
            .getOrCreate()
        )
        yield session
        session.stop()


@pytest.fixture(scope="module")
def spark_frame(spark: Any) -> Any:
    rows = [
        (number, text, title, None if number % 2 else 2**53 + 1)
        for number, (text, title) in enumerate(zip(TEXTS, TITLES, strict=True))
    ]
    frame = spark.createDataFrame(rows, "id INT, text STRING, headline STRING, big BIGINT")
    assert frame.rdd.getNumPartitions() == 2
    return frame


def test_a_spark_frame_gets_what_flag_says_of_each_article(spark_frame: Any) -> None:
    made = flag_frame(spark_frame)
    rows = sorted((row.asDict() for row in made.collect()), key=lambda row: row["id"])
    assert [of(row, ADDED) for row in rows] == articles()
    # What was there is as it was: numbers that no float64 holds, and gaps among them.
    assert [row["big"] for row in rows] == [None if number % 2 else 2**53 + 1 for number in range(len(TEXTS))]
    assert made.columns == [*spark_frame.columns, *ADDED]


def test_spark_segments_have_a_row_each(spark_frame: Any) -> None:
    made = flag_frame(spark_frame, output="segments", keep=["id"], explain=False)
    rows = [row.asDict() for row in made.collect()]
    by_article: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_article.setdefault(row["id"], []).append(row)
    names = [column.name for column in columns("segments")]
    assert made.columns == ["id", *names]
    assert [
        of(row, names[1:])
        for number in sorted(by_article)
        for row in sorted(by_article[number], key=lambda row: row["newsflag_start"])
    ] == without_place(segments(explain=False))
    # Places tell the articles apart, whatever the partition.
    places = {row["id"]: row["newsflag_article"] for row in rows}
    assert len(set(places.values())) == len(places) == len(by_article)


def test_the_schema_is_the_one_that_is_exported(spark: Any, spark_frame: Any) -> None:
    from newsflag.integrations.spark import SPARK_SCHEMA, spark_schema

    def read(schema: str) -> Any:
        return spark.createDataFrame([], schema).schema.fields

    assert flag_frame(spark_frame).schema.fields[4:] == read(SPARK_SCHEMA)
    options: dict[str, Any] = {"output": "segments", "prefix": "on the page: ", "on_error": "yield"}
    assert flag_frame(spark_frame, keep=(), **options).schema.fields == read(spark_schema(**options))


def test_titles_pages_and_errors_on_spark(spark: Any, spark_frame: Any) -> None:
    rows = flag_frame(spark_frame, title="headline").where("id = 4").collect()
    [expected] = articles([TEXTS[4]], title=TITLES[4])
    assert [of(row.asDict(), ADDED) for row in rows] == [expected]
    pages = [(page.encode() if isinstance(page, str) else page,) for page in PAGES]
    made = flag_frame(spark.createDataFrame(pages, "page BINARY").coalesce(1), "page", input="html", prefix="")
    assert [row["body"] for row in made.select("body").collect()] == [
        None if page is None else newsflag.flag_html(page).body for [page] in pages
    ]
    numbers = spark.createDataFrame([(17,)], "text INT")
    [row] = flag_frame(numbers, on_error="yield").collect()
    assert row["newsflag_error"] == "a text must be a str, but got int"


def test_what_spark_can_not_do_is_told_before_it_starts(spark_frame: Any) -> None:
    with pytest.raises(newsflag.ConfigError, match=r"text names 'body'.* it has 'id', 'text'"):
        flag_frame(spark_frame, "body")
    with pytest.raises(newsflag.ConfigError, match="n_jobs is 2, but Spark shares out the work itself"):
        flag_frame(spark_frame, n_jobs=2)
    with pytest.raises(newsflag.ConfigError, match=r"the column 'a\.b' has a dot or a backtick in its name"):
        flag_frame(spark_frame.withColumnRenamed("id", "a.b"))
    with pytest.raises(newsflag.ModelNotFoundError):
        flag_frame(spark_frame, model="no-such-model")


def test_the_recipe_for_spark_runs(spark: Any, tmp_path: Path) -> None:
    assert spark.sparkContext.master == "local[2]"
    run_recipe("spark", tmp_path)


# Dask


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("dask.dataframe")
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as started,
        distributed.Client(started) as client,
    ):
        yield client


def counting() -> None:
    """Count, in a worker, how often a flagger is made."""
    made: list[int] = []
    init = newsflag.Flagger.__init__

    def counted(self: newsflag.Flagger, *given: Any, **options: Any) -> None:
        made.append(1)
        init(self, *given, **options)

    newsflag.Flagger.__init__ = counted  # type: ignore[method-assign]
    newsflag.made_in_this_process = made


def counted() -> int:
    return len(newsflag.made_in_this_process)


@pytest.fixture
def dask_frame() -> Any:
    dd = pytest.importorskip("dask.dataframe")
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"id": range(len(TEXTS)), "text": TEXTS, "headline": TITLES}, index=list("aabcde"))
    return dd.from_pandas(frame, npartitions=3)


def test_a_dask_frame_gets_what_it_gets_in_pandas(cluster: Any, dask_frame: Any) -> None:
    import pandas as pd

    assert len(cluster.scheduler_info()["workers"]) == 2
    whole = dask_frame.compute()
    for options in ({}, {"title": "headline"}, {"output": "segments", "on_error": "yield"}):
        made = flag_frame(dask_frame, **options)  # type: ignore[arg-type]
        expected = flag_frame(whole, **options)  # type: ignore[arg-type]
        drop = ["newsflag_article"] if "output" in options else []
        done = made.compute()
        pd.testing.assert_frame_equal(done.drop(columns=drop), expected.drop(columns=drop), check_exact=True)
        pd.testing.assert_series_equal(made.dtypes, done.dtypes)
        assert made.divisions == dask_frame.divisions
    assert records(flag_frame(dask_frame).compute()[ADDED]) == articles()


def test_dask_segments_tell_their_articles_apart(cluster: Any, dask_frame: Any) -> None:
    assert cluster.status == "running"
    made = flag_frame(dask_frame, output="segments").compute()
    assert without_place(records(made[[column.name for column in columns("segments")]])) == without_place(segments())
    assert made.groupby("id")["newsflag_article"].nunique().eq(1).all()
    assert made["newsflag_article"].nunique() == made["id"].nunique()
    assert made["newsflag_article"].is_monotonic_increasing


def test_each_dask_worker_reads_the_models_once(cluster: Any, dask_frame: Any) -> None:
    cluster.run(counting)
    parts = dask_frame.repartition(npartitions=5)
    config = newsflag.Config(max_reasons=4)
    assert len(flag_frame(parts, config=config).compute()) == len(TEXTS)
    times = cluster.run(counted)
    assert set(times.values()) <= {0, 1}
    assert sum(times.values()) > 0


def test_the_columns_that_dask_is_told_of_are_those_that_are_exported(dask_frame: Any) -> None:
    from newsflag.integrations.dask import META, dask_meta

    assert list(META.columns) == ADDED
    strings = dask_frame["text"].dtype
    own = flag_frame(dask_frame)[ADDED].dtypes
    assert [kind for name, kind in own.items() if META[name].dtype != kind] in ([], [strings] * 3)
    assert list(dask_meta("segments", prefix="").columns) == [column.name for column in columns("segments", prefix="")]


def test_what_dask_can_not_do_is_told_before_it_starts(dask_frame: Any) -> None:
    with pytest.raises(newsflag.ConfigError, match="text names 'body'"):
        flag_frame(dask_frame, "body")
    with pytest.raises(newsflag.ConfigError, match="n_jobs is -1, but Dask shares out the work itself"):
        flag_frame(dask_frame, n_jobs=-1)
    with pytest.raises(newsflag.ModelNotFoundError):
        flag_frame(dask_frame, model="no-such-model")


def test_the_recipe_for_dask_runs(cluster: Any, tmp_path: Path) -> None:
    assert cluster.status == "running"
    run_recipe("dask", tmp_path)


# Ray


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield ray
    ray.shutdown()


def test_a_ray_dataset_gets_what_flag_says_of_each_article(ray: Any) -> None:
    items = [{"id": number, "text": text} for number, text in enumerate(TEXTS)]
    data = ray.data.from_items(items, override_num_blocks=3)
    rows = sorted(flag_frame(data, batch_size=2).take_all(), key=lambda row: row["id"])
    assert [of(row, ADDED) for row in rows] == articles()
    assert [of(row, ["id", "text"]) for row in rows] == items
    parts = flag_frame(data, output="segments").take_all()
    names = [column.name for column in columns("segments", placed=False)]
    assert list(parts[0]) == ["id", *names]
    parts.sort(key=lambda row: (row["id"], row["newsflag_start"]))
    assert [of(row, names) for row in parts] == without_place(segments())


def test_titles_pages_and_errors_on_ray(ray: Any) -> None:
    pd = pytest.importorskip("pandas")
    data = ray.data.from_pandas(pd.DataFrame({"text": TEXTS[4:], "headline": TITLES[4:]}))
    rows = flag_frame(data, title="headline").take_all()
    expected = [articles([text], title=title)[0] for text, title in zip(TEXTS[4:], TITLES[4:], strict=True)]
    assert [of(row, ADDED) for row in rows] == expected
    pages = [{"page": page.encode() if isinstance(page, str) else page} for page in PAGES]
    made = flag_frame(ray.data.from_items(pages, override_num_blocks=1), "page", input="html").take_all()
    assert [row["newsflag_body"] for row in made] == [
        None if page is None else newsflag.flag_html(page).body for page in PAGES
    ]
    failed = flag_frame(ray.data.from_items([{"text": 17}]), on_error="yield").take_all()
    assert [row["newsflag_error"] for row in failed] == ["a text must be a str, but got int"]


def test_what_ray_can_not_do_is_told_before_it_starts(ray: Any) -> None:
    data = ray.data.from_items([{"text": "One."}]).materialize()
    with pytest.raises(newsflag.ConfigError, match=r"text names 'body'.* it has 'text'"):
        flag_frame(data, "body")
    with pytest.raises(newsflag.ConfigError, match="n_jobs is 2, but Ray shares out the work itself"):
        flag_frame(data, n_jobs=2)
    with pytest.raises(newsflag.ModelNotFoundError):
        flag_frame(data, model="no-such-model")


def test_the_recipe_for_ray_runs(ray: Any, tmp_path: Path) -> None:
    assert ray.is_initialized()
    run_recipe("ray", tmp_path)


# Hugging Face


@pytest.fixture
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()
    return datasets


@pytest.fixture
def stored(datasets: Any, tmp_path: Path) -> Any:
    """A dataset in a file, as those that are cached are."""
    file = tmp_path / "articles.jsonl"
    rows = ({"id": n, "text": text, "headline": TITLES[n]} for n, text in enumerate(TEXTS))
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return datasets.load_dataset("json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))


def test_a_dataset_gets_what_flag_says_of_each_article(stored: Any) -> None:
    made = flag_frame(stored, batch_size=4)
    assert [of(row, ADDED) for row in made] == articles()
    assert made.column_names == [*stored.column_names, *ADDED]
    assert made.select_columns(stored.column_names).to_list() == stored.to_list()
    parts = flag_frame(stored, output="segments", keep=["id"], batch_size=2)
    names = [column.name for column in columns("segments")]
    assert parts.column_names == ["id", *names]
    assert [of(row, names) for row in parts] == segments()
    assert parts["id"][:] == parts["newsflag_article"][:]


def test_the_same_call_is_found_in_the_cache_and_another_is_not(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    rows = Task.rows

    def counted(self: Task, *given: Any, **options: Any) -> Any:
        calls.append(1)
        return rows(self, *given, **options)

    monkeypatch.setattr(Task, "rows", counted)

    def computed(**options: Any) -> bool:
        before = len(calls)
        flag_frame(stored, **options)
        return len(calls) > before

    assert computed()
    assert not computed()
    assert not computed(batch_size=3)
    assert not computed(config=newsflag.Config())
    assert not computed(thresholds={})
    others: list[dict[str, Any]] = [
        {"explain": False},
        {"thresholds": {"clickbait": 0.9, "persuasion": 0.5}},
        {"output": "segments"},
        {"output": "segments", "keep": ["id"]},
        {"prefix": ""},
        {"title": "headline"},
        {"on_error": "yield"},
    ]
    assert [computed(**options) for options in others] == [True] * len(others)
    assert [computed(**options) for options in others] == [False] * len(others)
    assert not computed(thresholds={"persuasion": 0.5, "clickbait": 0.9})


def test_processes_share_the_work_on_a_dataset(stored: Any) -> None:
    made = flag_frame(stored, n_jobs=2, batch_size=2, output="segments")
    names = [column.name for column in columns("segments")]
    assert [of(row, names) for row in made] == segments()


def test_every_split_and_every_iterable_one_is_flagged(datasets: Any, stored: Any) -> None:
    both = datasets.DatasetDict({"train": stored, "test": stored.select([0])})
    made = flag_frame(both)
    assert isinstance(made, datasets.DatasetDict)
    assert made["test"].to_list() == made["train"].select([0]).to_list() == flag_frame(stored).select([0]).to_list()
    streams = datasets.IterableDatasetDict({"train": stored.to_iterable_dataset()})
    assert list(flag_frame(streams)["train"]) == made["train"].to_list()


@pytest.mark.parametrize("known", [True, False])
def test_an_iterable_dataset_is_flagged_as_it_is_read(datasets: Any, stored: Any, known: bool) -> None:
    n_read = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal n_read
        for number, text in enumerate(TEXTS):
            n_read += 1
            yield {"id": number, "text": text, "headline": TITLES[number]}

    data = stored.to_iterable_dataset() if known else datasets.IterableDataset.from_generator(rows)
    for options in ({}, {"output": "segments"}, {"output": "segments", "keep": ["text"]}, {"title": "headline"}):
        made = flag_frame(data, batch_size=2, **options)
        assert n_read == 0
        assert list(made) == flag_frame(stored, **options).to_list()
        n_read = 0
    wrong = (lambda: flag_frame(data, "body")) if known else (lambda: list(flag_frame(data, "body")))
    with pytest.raises(newsflag.ConfigError, match="text names 'body'"):
        wrong()


def test_features_formats_and_empty_datasets_are_kept(datasets: Any, stored: Any) -> None:
    classes = datasets.ClassLabel(names=["town", "sport"])
    data = stored.add_column("class", [0, 1, 0, 1, 0, 1]).cast_column("class", classes)
    made = flag_frame(data.with_format("numpy"))
    assert made.features["class"] == classes
    assert made.format["type"] == "numpy"
    assert made.with_format(None)["newsflag_body"][:] == [row["newsflag_body"] for row in articles()]
    both: tuple[dict[str, Any], ...] = ({}, {"output": "segments"})
    for options in both:
        full = flag_frame(data, **options)
        empty = flag_frame(data.select([]), **options)
        assert (len(empty), empty.features) == (0, full.features)
    nothing = flag_frame(data.select([1]), output="segments")
    assert (len(nothing), nothing.features["newsflag_kind"]) == (0, datasets.Value("string"))


def test_an_error_names_the_place_in_the_whole_dataset(datasets: Any) -> None:
    data = datasets.Dataset.from_dict({"text": [1, 2, None, 3]})
    with pytest.raises(newsflag.InputError, match=r"^article 3: a text must be a str, but got int"):
        flag_frame(data.select([2, 2, 2, 3]), batch_size=1)
    made = flag_frame(data, on_error="yield", batch_size=2)
    assert [row is None for row in made["newsflag_error"]] == [False, False, True, False]


def test_the_recipe_for_datasets_runs(datasets: Any, tmp_path: Path) -> None:
    assert tmp_path in datasets.config.HF_DATASETS_CACHE.parents
    run_recipe("datasets", tmp_path)
