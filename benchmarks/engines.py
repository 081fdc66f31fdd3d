"""Measure how many articles an hour engines do with newsflag, by the number of their workers, and what memory it takes.

``python benchmarks/engines.py`` prints Markdown. README.md in this folder says what each figure is.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

# Comes first: it sets numpy to one thread, since a worker is a core.
from speed import CASES, articles, blocks, peak, timed

import newsflag
from newsflag.errors import NewsflagError

WARM: Final = 256
"""Articles flagged before the clock runs: workers have started and read the model by then."""

FIRST: Final = 1_000
"""Article at which memory is looked at first."""

CORPUS: Final = 100_000_000
MACHINES: Final = 64
"""What is reckoned on paper: so many articles, on so many machines like this one."""

Run = Callable[[Sequence[str]], int]
"""Flags all texts and gives the number of flags, so that every report has been looked at."""


def flags_of(texts: Sequence[str], n_jobs: int) -> int:
    """Flag texts with ``pipe``."""
    return sum(len(report.flags) for report in newsflag.pipe(texts, explain=False, n_jobs=n_jobs))


@contextlib.contextmanager
def joblib_loky(workers: int) -> Iterator[Run]:
    """``pipe`` in this process, or with joblib's processes."""
    yield lambda texts: flags_of(texts, workers)


@contextlib.contextmanager
def joblib_threading(workers: int) -> Iterator[Run]:
    """``pipe`` with joblib's threads."""
    import joblib

    with joblib.parallel_config("threading"):
        yield lambda texts: flags_of(texts, workers)


@contextlib.contextmanager
def _dask(workers: int) -> Iterator[Any]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextlib.contextmanager
def joblib_dask(workers: int) -> Iterator[Run]:
    """``pipe`` with joblib's workers on a Dask cluster of this machine."""
    import joblib

    with _dask(workers), joblib.parallel_config("dask"):
        # With one worker, too, the work is to be done there.
        yield lambda texts: flags_of(texts, max(workers, 2))


@contextlib.contextmanager
def frame_dask(workers: int) -> Iterator[Run]:
    """``flag_frame`` of a Dask frame, on a cluster of this machine."""
    import dask.dataframe as dd
    import pandas as pd

    def run(texts: Sequence[str]) -> int:
        frame = dd.from_pandas(pd.DataFrame({"text": texts}), npartitions=4 * workers)
        return int(newsflag.flag_frame(frame, explain=False)["newsflag_flags"].sum().compute())

    with _dask(workers):
        yield run


@contextlib.contextmanager
def frame_ray(workers: int) -> Iterator[Run]:
    """``flag_frame`` of a Ray Dataset."""
    import pandas as pd
    import ray

    ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    ray.data.DataContext.get_current().enable_progress_bars = False

    def run(texts: Sequence[str]) -> int:
        frame = ray.data.from_pandas(pd.DataFrame({"text": texts})).repartition(4 * workers)
        return int(newsflag.flag_frame(frame, explain=False).sum("newsflag_flags"))

    try:
        yield run
    finally:
        ray.shutdown()


@contextlib.contextmanager
def frame_spark(workers: int) -> Iterator[Run]:
    """``flag_frame`` of a Spark frame, on local[workers]."""
    import pandas as pd
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # of the workers
    builder = SparkSession.builder.master(f"local[{workers}]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.execution.arrow.pyspark.enabled", "true")
    builder = builder.config("spark.executorEnv.OMP_NUM_THREADS", "1").config("spark.driver.memory", "2g")
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")

    def run(texts: Sequence[str]) -> int:
        frame = session.createDataFrame(pd.DataFrame({"text": texts})).repartition(4 * workers)
        return int(newsflag.flag_frame(frame, explain=False).groupBy().sum("newsflag_flags").collect()[0][0])

    try:
        yield run
    finally:
        session.stop()


ENGINES: Final[dict[str, Callable[[int], contextlib.AbstractContextManager[Run]]]] = {
    "pipe": joblib_loky,
    "pipe, joblib's threads": joblib_threading,
    "pipe, joblib on Dask": joblib_dask,
    "flag_frame on Dask": frame_dask,
    "flag_frame on Ray": frame_ray,
    "flag_frame on Spark": frame_spark,
}


def measure(engine: str, workers: int, number: int) -> tuple[float, int]:
    """Seconds and flags of so many articles; workers have started before."""
    texts = list(itertools.islice(articles(blocks(CASES)), number))
    with ENGINES[engine](workers) as run:
        run(texts[:WARM])
        flags = 0

        def work() -> None:
            nonlocal flags
            flags = run(texts)

        return timed(work), flags


def memory(n_jobs: int, number: int) -> tuple[float, float]:
    """Peak memory of all processes in MB at the thousandth article and at the last."""
    peaks = []
    stream = newsflag.pipe(itertools.islice(articles(blocks(CASES), seed=1), number), explain=False, n_jobs=n_jobs)
    for at, _ in enumerate(stream, start=1):
        if at in (FIRST, number):
            peaks.append(peak() + _peak_of_children())
    return peaks[0], peaks[-1]


def _peak_of_children() -> float:
    """Peak memory of this process's workers in MB, pages that they share counted for each."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            fields = dict(line.split(":", 1) for line in status.read_text("utf-8").splitlines() if ":" in line)
            if int(fields["PPid"]) == os.getpid() and "VmHWM" in fields:
                total += int(fields["VmHWM"].split()[0])
    return total * 1024 / 1e6


def apart(*arguments: object) -> Any:
    """A measurement in a fresh Python: engines leave threads, settings and memory behind."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - this file
    if done.returncode:
        raise ChildProcessError((done.stderr.strip().splitlines() or ["Python gave no reason"])[-1])
    return json.loads(done.stdout.splitlines()[-1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 measured, 2 error."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--articles", type=int, default=20_000, help="articles to measure throughput on")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="numbers of workers")
    parser.add_argument("--only", nargs="+", choices=list(ENGINES), default=list(ENGINES), help="which engines")
    parser.add_argument("--memory", type=int, metavar="N", help=f"measure memory at articles {FIRST:,} and N too")
    parser.add_argument("--json", type=Path, help="file to write all figures to")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one is not None:
        what, *rest = json.loads(options.one)
        print(json.dumps(memory(*rest) if what == "memory" else measure(*rest)))
        return 0
    rows: list[dict[str, Any]] = []
    begun = time.perf_counter()
    try:
        for engine in options.only:
            for workers in options.workers:
                seconds, flags = apart("speed", engine, workers, options.articles)
                rows.append({"engine": engine, "workers": workers, "seconds": seconds, "flags": flags})
                print(f"{engine}, {workers}: {seconds:.1f} s", file=sys.stderr, flush=True)
        peaks = {n: apart("memory", n, options.memory) for n in options.workers} if options.memory else {}
    except (ChildProcessError, NewsflagError) as error:
        print(f"engines.py: {error}", file=sys.stderr)
        return 2
    print(f"# Throughput, {os.cpu_count()} cores\n\n{options.articles:,} articles of 6 kB, made of our own.\n")
    print("| engine | workers | articles a second | against one worker | flags |\n| --- | --- | --- | --- | --- |")
    for row in rows:
        one = next((r["seconds"] for r in rows if r["engine"] == row["engine"] and r["workers"] == 1), None)
        gain = "" if one is None else f"{one / row['seconds']:.2f}"
        rate = options.articles / row["seconds"]
        print(f"| {row['engine']} | {row['workers']} | {rate:.0f} | {gain} | {row['flags']} |")
    print(f"\nOn paper, {CORPUS:,} articles on {MACHINES} such machines, at the rate of the most workers:\n")
    print("| engine | hours | core hours |\n| --- | --- | --- |")
    most = max(options.workers)
    for row in rows:
        if row["workers"] == most:
            hours = CORPUS * row["seconds"] / options.articles / MACHINES / 3600
            print(f"| {row['engine']} | {hours:.2f} | {hours * MACHINES * most:.0f} |")
    for workers, (early, late) in peaks.items():
        print(
            f"\nPeak memory, {workers} worker{'s' if workers > 1 else ''}: {early:.0f} MB at article {FIRST:,}, "
            f"{late:.0f} MB at article {options.memory:,} ({late / early - 1:+.1%})."
        )
    if options.json:
        told = {"articles": options.articles, "rows": rows, "memory": peaks}
        options.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    print(f"{time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
