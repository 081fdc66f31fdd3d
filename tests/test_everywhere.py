"""However an article comes to newsflag, what it gets is the same, to the bit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import joblib
import pytest
from _shown import ROOT

import newsflag
from newsflag import Report
from newsflag.comparison import COLUMNS, overview
from newsflag.frames import flag_frame
from newsflag.kinds import SCORES

pytestmark = [
    # Ray gives its defaults to settings of its own that it has deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context"),
    # Said whenever Spark looks for pandas; what is tested here passes through Arrow.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]

FILES: Final = sorted((ROOT / "notebooks" / "articles").glob("*.txt"))
TEXTS: Final = {path.name: path.read_text("utf-8") for path in FILES}
BATCH: Final = 5  # no divisor of the number of articles


class Seen(NamedTuple):
    """What one way tells of an article; what it does not tell is None."""

    body: str | None = None
    row: dict[str, Any] | None = None
    segments: tuple[tuple[Any, ...], ...] | None = None
    report: Report | None = None


Way = Callable[[Path], dict[str, Seen]]
"""Flags all articles, with a folder to write to."""


def of_report(report: Report) -> Seen:
    parts = tuple((part.start, part.end, part.kind, *part.scores.values()) for part in report.segments)
    return Seen(report.body, overview(report), parts, report)


def of_reports(reports: Iterable[Report]) -> dict[str, Seen]:
    return {name: of_report(report) for name, report in zip(TEXTS, reports, strict=True)}


def without_reasons(found: dict[str, Seen]) -> dict[str, Seen]:
    """What commands tell has reasons too, which are not compared."""
    return {name: seen._replace(report=None) for name, seen in found.items()}


def of_frames(make: Callable[[], Any], rows_of: Callable[[Any], list[dict[str, Any]]]) -> dict[str, Seen]:
    articles = rows_of(flag_frame(make(), explain=False, batch_size=BATCH))
    parts = rows_of(flag_frame(make(), output="segments", explain=False, batch_size=BATCH))
    found = {}
    for row in articles:
        mine = [part for part in parts if part["name"] == row["name"]]
        told = ("newsflag_start", "newsflag_end", "newsflag_kind", *(f"newsflag_{score}" for score in SCORES))
        found[row["name"]] = Seen(
            row["newsflag_body"],
            {name: present(row[f"newsflag_{name}"]) for name in COLUMNS},
            tuple(sorted(tuple(part[name] for name in told) for part in mine)),
        )
    return found


def present(value: Any) -> Any:
    """A value, None where it is missing in whatever way the engine has of saying so."""
    return None if value != value else value  # noqa: PLR0124 - nan


def table() -> dict[str, list[str]]:
    return {"name": list(TEXTS), "text": list(TEXTS.values())}


def with_pipe(n_jobs: int, backend: str = "loky") -> Way:
    def way(_: Path) -> dict[str, Seen]:
        with joblib.parallel_config(backend):
            return of_reports(newsflag.pipe(TEXTS.values(), explain=False, n_jobs=n_jobs, batch_size=BATCH))

    return way


def with_pandas(_: Path) -> dict[str, Seen]:
    pd = pytest.importorskip("pandas")
    return of_frames(lambda: pd.DataFrame(table()), lambda frame: frame.astype(object).to_dict("records"))


def with_polars(_: Path) -> dict[str, Seen]:
    pl = pytest.importorskip("polars")
    return of_frames(lambda: pl.DataFrame(table()), lambda frame: frame.to_dicts())


def with_spark(_: Path) -> dict[str, Seen]:
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark runs in a JVM: needs java")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
        try:
            rows = list(zip(*table().values(), strict=True))
            return of_frames(
                lambda: session.createDataFrame(rows, "name STRING, text STRING").repartition(3),
                lambda frame: [row.asDict() for row in frame.collect()],
            )
        finally:
            session.stop()


def with_dask(_: Path) -> dict[str, Seen]:
    dd = pytest.importorskip("dask.dataframe")
    pd = pytest.importorskip("pandas")
    return of_frames(
        lambda: dd.from_pandas(pd.DataFrame(table()), npartitions=3),
        lambda frame: frame.compute(scheduler="threads").astype(object).to_dict("records"),
    )


def with_ray(_: Path) -> dict[str, Seen]:
    ray = pytest.importorskip("ray")
    data = pytest.importorskip("ray.data")
    pd = pytest.importorskip("pandas")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        data.DataContext.get_current().enable_progress_bars = False
        return of_frames(lambda: data.from_pandas(pd.DataFrame(table())).repartition(3), lambda frame: frame.take_all())
    finally:
        ray.shutdown()


def with_datasets(_: Path) -> dict[str, Seen]:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    return of_frames(lambda: datasets.Dataset.from_dict(table()), lambda frame: frame.to_list())


def with_spacy(_: Path) -> dict[str, Seen]:
    spacy = pytest.importorskip("spacy")
    pytest.importorskip("newsflag.integrations.spacy")
    nlp = spacy.blank("en")
    nlp.add_pipe("newsflag", config={"explain": False})
    return of_reports(doc._.newsflag for doc in nlp.pipe(TEXTS.values(), batch_size=BATCH))


def with_datatrove(_: Path) -> dict[str, Seen]:
    data = pytest.importorskip("datatrove.data")
    from newsflag.integrations.datatrove import NewsflagAnnotator, NewsflagStripper

    def documents() -> list[Any]:
        return [data.Document(text=text, id=name) for name, text in TEXTS.items()]

    bodies = [document.text for document in NewsflagStripper().run(documents())]
    annotator = NewsflagAnnotator(content="report", explain=False, batch_size=BATCH)
    reports = [Report.from_dict(document.metadata["newsflag"]) for document in annotator.run(documents())]
    assert bodies == [report.body for report in reports]
    return of_reports(reports)


def with_command(_: Path) -> dict[str, Seen]:
    command = [sys.executable, "-m", "newsflag", "check", "--jsonl", *map(str, FILES)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.stderr == b""
    rows = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    assert [Path(row["file"]).name for row in rows] == list(TEXTS)
    return without_reasons(of_reports(Report.from_dict(row) for row in rows))


def with_clean_command(_: Path) -> dict[str, Seen]:
    return {
        name: Seen(
            subprocess.run([sys.executable, "-m", "newsflag", "clean", str(path)], capture_output=True, check=True)
            .stdout.decode("utf-8")
            .removesuffix("\n")
        )
        for name, path in zip(list(TEXTS)[:2], FILES, strict=False)
    }


def with_scan(folder: Path) -> dict[str, Seen]:
    source, out = folder / "news.jsonl", folder / "out"
    source.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in TEXTS.items()), "utf-8")
    command = [sys.executable, "-m", "newsflag", "scan", str(source), "-o", str(out), "--output", "report"]
    subprocess.run([*command, "--jobs", "2"], capture_output=True, check=True)
    rows = [json.loads(line) for line in (out / "news.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == list(TEXTS)
    return without_reasons(of_reports(Report.from_dict(row.get("report", row)) for row in rows))


def with_sklearn(_: Path) -> dict[str, Seen]:
    pytest.importorskip("sklearn")
    from newsflag.sklearn import ArticleCleaner

    cleaned = ArticleCleaner(n_jobs=2).transform(list(TEXTS.values()))
    return {name: Seen(body) for name, body in zip(TEXTS, cleaned, strict=True)}


WAYS: Final[dict[str, Way]] = {
    "pipe": with_pipe(1),
    "pipe in processes": with_pipe(2),
    "pipe in threads": with_pipe(2, "threading"),
    "pandas": with_pandas,
    "polars": with_polars,
    "Spark": with_spark,
    "Dask": with_dask,
    "Ray": with_ray,
    "datasets": with_datasets,
    "spaCy": with_spacy,
    "datatrove": with_datatrove,
    "scikit-learn": with_sklearn,
    "newsflag check": with_command,
    "newsflag clean": with_clean_command,
    "newsflag scan": with_scan,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_what_flag_gives(way: str, tmp_path: Path) -> None:
    found = WAYS[way](tmp_path)
    assert found
    for name, seen in found.items():
        expected = of_report(newsflag.flag(TEXTS[name], explain=False))
        for field, value in zip(Seen._fields, seen, strict=True):
            assert value is None or value == getattr(expected, field), (name, field)
    if not way.endswith("clean"):
        assert list(found) == list(TEXTS) or sorted(found) == sorted(TEXTS)
