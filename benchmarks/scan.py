"""Measure how fast ``newsflag scan`` is beside ``pipe``, and kill it at random moments.

``python benchmarks/scan.py`` prints Markdown: articles a second of ``pipe`` and
of ``scan`` to every format, peak memory, and of scans that are killed whether
they end with the same bytes as one that is not. A scan's time includes the start
of its process, so few articles make it look slow.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import speed  # sets the number of threads; must come before numpy

import newsflag

ARTICLES: Final = 100_000
KILLS: Final = 10
FORMATS: Final = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet")
SEED: Final = 7

_PEAK: Final = """
import resource, sys
from newsflag.cli import main
try:
    main(sys.argv[1:])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def made(number: int) -> Iterator[str]:
    """Articles of 6 kB."""
    return itertools.islice(speed.articles(speed.blocks(speed.CASES)), number)


def write(path: Path, number: int) -> int:
    """Write articles as JSON lines; give their size."""
    size = 0
    with path.open("w", encoding="utf-8") as file:
        for place, text in enumerate(made(number)):
            size += len(text.encode("utf-8"))
            file.write(json.dumps({"id": f"a{place}", "text": text}, ensure_ascii=False) + "\n")
    return size


def command(source: Path, out: Path, jobs: int, *options: str) -> list[str]:
    """A scan in a process of its own, which prints its peak memory."""
    arguments = ["scan", str(source), "-o", str(out), "--jobs", str(jobs), *options]
    return [sys.executable, "-c", _PEAK, *arguments]


def scanned(source: Path, out: Path, jobs: int, *options: str) -> tuple[float, float]:
    """Seconds and peak memory in MB of a scan."""
    start = time.perf_counter()
    done = subprocess.run(command(source, out, jobs, *options), capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    seconds = time.perf_counter() - start
    if done.returncode:
        raise ChildProcessError(done.stderr.strip())
    return seconds, int(done.stdout.split()[-1]) * (1 if sys.platform == "darwin" else 1024) / 1e6


def piped(number: int, jobs: int) -> float:
    """Seconds of ``pipe`` over as many articles."""
    start = time.perf_counter()
    for report in newsflag.pipe(made(number), n_jobs=jobs, explain=False):
        speed.look(report)
    return time.perf_counter() - start


def content(out: Path) -> dict[str, bytes]:
    """What a scan wrote, without its state."""
    files = (path for path in out.rglob("*") if path.is_file() and ".newsflag-scan" not in path.parts)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def killed(source: Path, folder: Path, jobs: int, kills: int, format: str) -> tuple[int, bool]:
    """Kill a scan at random moments, run it to its end, and begin anew, until so many kills have met one that ran.

    Returns
    -------
    tuple
        How many scans that were killed came to their end, and whether each wrote the same as one that was not killed.
    """
    draw = random.Random(SEED)  # noqa: S311 - nothing to keep secret
    options = ("--format", format, "--checkpoint", "100")
    seconds, _ = scanned(source, folder / "whole", jobs, *options)
    whole = content(folder / "whole")
    out = folder / "killed"
    met = ends = 0
    alike = True
    while True:
        process = subprocess.Popen(  # noqa: S603 - our own code
            command(source, out, jobs, *options), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            # Of what a whole scan takes, so that some are killed as they begin, and some several times.
            process.wait(draw.uniform(0, seconds) if met < kills else None)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            met += 1
            continue
        ends += 1
        alike = alike and content(out) == whole
        if met == kills:
            return ends, alike
        shutil.rmtree(out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 measured, 1 a killed scan ended with other bytes, 2 error."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--articles", type=int, default=ARTICLES, help="articles to measure speed on")
    parser.add_argument("--kills", type=int, default=KILLS, help="how often a scan is killed, for each format")
    parser.add_argument("--killed-articles", type=int, default=3_000, help="articles of the scans that are killed")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS, help="what is written")
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the work")
    options = parser.parse_args(arguments)
    same = True
    with tempfile.TemporaryDirectory(prefix="newsflag-scan-") as name:
        folder = Path(name)
        source = folder / "news.jsonl"
        size = write(source, options.articles)
        print(f"# Scan, {options.jobs} process(es)\n")
        print(f"{options.articles:,} articles of our own, {size / 1e6:.1f} MB.\n")
        print("| | articles a second | of pipe | peak memory |\n| --- | ---: | ---: | ---: |")
        seconds = piped(options.articles, options.jobs)
        print(f"| `pipe`, explain=False | {options.articles / seconds:.0f} | 1.00 | |", flush=True)
        try:
            for form in options.formats:
                took, peak = scanned(source, folder / f"out.{form}", options.jobs, "--format", form)
                rate = options.articles / took
                print(f"| scan to {form} | {rate:.0f} | {seconds / took:.2f} | {peak:.0f} MB |", flush=True)
            print("\n| scans to | kills | scans that ended | the same bytes in the end |\n| --- | ---: | ---: | --- |")
            fewer = folder / "fewer.jsonl"
            write(fewer, options.killed_articles)
            for form in options.formats if options.kills else ():
                ends, alike = killed(fewer, folder / f"kills-{form}", options.jobs, options.kills, form)
                same = same and alike
                print(f"| {form} | {options.kills} | {ends} | {'yes' if alike else '**no**'} |", flush=True)
        except ChildProcessError as error:
            print(f"scan.py: {error}", file=sys.stderr)
            return 2
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
