"""Measure how fast newsflag is and what memory it takes, on texts of our own.

``python benchmarks/speed.py`` prints Markdown. README.md in this folder says
what each figure is.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

# One core is what the figures are given for. Must be set before numpy is imported.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import newsflag
from newsflag.errors import NewsflagError

CASES: Final = Path(__file__).resolve().parents[1] / "tests" / "cases"
ARTICLES: Final = 2000
SIZE: Final = 6000
"""Bytes of UTF-8 that an article has at least."""

ROUNDS: Final = 5
WARM: Final = 200
"""Articles flagged one by one, after as many to warm up."""

STARTS: Final = 9
"""Fresh Pythons started for each start figure."""

FEW: Final = 2000
"""Articles after which memory should have stopped growing."""

HEAVY: Final = ("sklearn", "nltk", "scipy", "pandas")


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One figure, with the bound it must keep if there is one."""

    name: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None without one."""
        if self.least is not None:
            return self.value >= self.least
        return None if self.most is None else self.value <= self.most


# ---------------------------------------------------------------- texts


def blocks(folder: Path) -> list[str]:
    """The test articles that have line breaks, as texts."""
    texts = []
    for path in sorted(folder.glob("*.json")):
        for case in json.loads(path.read_text("utf-8")):
            if "\n" not in case["separator"]:
                continue  # flattened on purpose: measured by itself
            text = ""
            for number, (_, line, *rest) in enumerate(case["lines"]):
                glue = (rest[0] if rest else {}).get("glue", case["separator"])
                text += (glue if number else "") + line
            texts.append(text)
    if not texts:
        raise FileNotFoundError(f"{folder} holds no test articles: run this in a checkout of the repo")
    return texts


def articles(texts: Sequence[str], seed: int = 0) -> Iterator[str]:
    """Articles without end, each of test articles drawn anew until it has :data:`SIZE` bytes."""
    draw = random.Random(seed)  # noqa: S311 - nothing to keep secret
    while True:
        parts: list[str] = []
        size = 0
        while size < SIZE:
            lines = draw.choice(texts).split("\n")
            # Cut where the size is reached, so that articles have like sizes.
            for line in lines:
                parts.append(line)
                size += len(line.encode("utf-8", "surrogatepass")) + 1
                if size >= SIZE:
                    break
            else:
                parts.append("")
        yield "\n".join(parts)


def n_bytes(texts: Iterable[str]) -> int:
    """Size of texts as UTF-8."""
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)


# ---------------------------------------------------------------- figures


def timed(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def look(report: newsflag.Report) -> object:
    """Look at a report: its parts are built when they are asked for."""
    return report.segments, report.flags, report.body


def _pipe(texts: Sequence[str], model: str | None) -> None:
    for report in newsflag.pipe(texts, model=model, explain=False):
        look(report)


def _words(texts: Sequence[str]) -> None:
    for text in texts:
        re.findall(r"\w+", text.lower())


def throughput(texts: Sequence[str], model: str | None) -> Iterator[Figure]:
    """``pipe`` against a plain regular expression, in turns."""
    megabytes = n_bytes(texts) / 1e6
    _pipe(texts[:100], model)  # warm
    rounds = [(timed(lambda: _words(texts)), timed(lambda: _pipe(texts, model))) for _ in range(ROUNDS)]
    # The ratio first: it says the same on every machine.
    ratio = statistics.median(regex / pipe for regex, pipe in rounds)
    yield Figure("`pipe` against `re.findall`", ratio, "", least=0.15)
    yield Figure(r"`re.findall(r'\w+', text.lower())`", megabytes / statistics.median(r for r, _ in rounds), "MB/s")
    yield Figure("`pipe`, explain=False", megabytes / statistics.median(p for _, p in rounds), "MB/s")
    flat = [" ".join(text.split()) for text in texts[:200]]
    _pipe(flat[:20], model)
    megabytes = n_bytes(flat) / 1e6
    yield Figure("`pipe`, explain=False, flattened texts", megabytes / timed(lambda: _pipe(flat, model)), "MB/s")


def latency(texts: Sequence[str], model: str | None) -> Iterator[Figure]:
    """One article at a time, warm."""
    for explain, most in ((False, 2.0), (True, None)):
        for text in texts[:WARM]:
            newsflag.flag(text, model=model, explain=explain)
        seconds = [
            timed(lambda: look(newsflag.flag(text, model=model, explain=explain)))  # noqa: B023 - called at once
            for text in texts[WARM : 2 * WARM]
        ]
        yield Figure(f"`flag` of a 6 kB article, explain={explain}", statistics.median(seconds) * 1e3, "ms", most=most)


_FIRST: Final = """
import json, sys, time
text, model = json.load(sys.stdin)
start = time.perf_counter()
import newsflag
report = newsflag.flag(text, model=model)
report.segments, report.flags, report.body
print(time.perf_counter() - start)
print(" ".join(name for name in {heavy!r} if name in sys.modules))
"""
_IMPORT: Final = """
import sys
import newsflag
print(" ".join(name for name in {heavy!r} if name in sys.modules))
"""


def starts(text: str, model: str | None) -> Iterator[Figure]:
    """Import and first article, each in a fresh Python."""
    bare, imports, first = [], [], []
    given = json.dumps([text, model])
    loaded: set[str] = set()
    for _ in range(STARTS):
        # In turns, so that whatever else the machine does falls on all of them.
        bare.append(timed(lambda: _python("import sys")))
        start = time.perf_counter()
        loaded.update(_python(_IMPORT.format(heavy=HEAVY)).split())
        imports.append(time.perf_counter() - start)
        seconds, _, names = _python(_FIRST.format(heavy=HEAVY), given).partition("\n")
        first.append(float(seconds))
        loaded.update(names.split())
    over = statistics.median(imports) - statistics.median(bare)
    yield Figure("`import newsflag` over bare Python", over * 1e3, "ms", most=100)
    yield Figure("import and first `flag` in a fresh Python", statistics.median(first), "s", most=0.5)
    yield Figure(f"of {', '.join(HEAVY)}: imported by then", len(loaded), "modules", most=0)


def _python(code: str, given: str = "") -> str:
    done = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    if done.returncode:
        raise ChildProcessError((done.stderr.strip().splitlines() or ["Python gave no reason"])[-1])
    return done.stdout


def memory(texts: Sequence[str], model: str | None, many: int) -> Iterator[Figure]:
    """Peak memory after :data:`FEW` and after many articles, no two of them drawn alike."""
    stream = newsflag.pipe(itertools.islice(articles(texts, seed=1), many), model=model, explain=False)
    peaks = []
    for number, _ in enumerate(stream, start=1):
        if number in (FEW, many):
            peaks.append(peak())
    for number, megabytes in zip((FEW, many), peaks, strict=True):
        yield Figure(f"peak memory after {number:,} articles", megabytes, "MB")
    # Flat but for what the allocator scatters; over 100,000 articles a leak of 100 bytes each would show.
    yield Figure("peak memory, growth", peaks[1] - peaks[0], "MB", most=8)


def peak() -> float:
    """The process's peak memory so far, in MB."""
    try:
        import resource
    except ImportError as error:
        raise ImportError("--memory needs Python's resource module, which this system lacks") from error
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6  # bytes there, kibibytes elsewhere


# ---------------------------------------------------------------- command line


def markdown(figures: Sequence[Figure]) -> str:
    """Figures as a table."""
    lines = ["| figure | value | bound | kept |", "| --- | --- | --- | --- |"]
    for figure in figures:
        bound = "" if figure.least is None else f"at least {figure.least:g}"
        bound = bound if figure.most is None else f"at most {figure.most:g}"
        kept = {None: "", True: "yes", False: "**no**"}[figure.met]
        lines.append(f"| {figure.name} | {figure.value:.3g} {figure.unit} | {bound} | {kept} |".replace("  ", " "))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 measured, 1 a bound is broken with ``--strict``, 2 error."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--model", help="name or file of another model than the shipped one")
    parser.add_argument("--articles", type=int, default=ARTICLES, help="articles to measure throughput on")
    parser.add_argument(
        "--memory",
        type=int,
        metavar="N",
        help=f"measure memory after {FEW:,} and after N articles too (100,000 take minutes)",
    )
    parser.add_argument("--json", type=Path, help="file to write all figures to")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a bound is broken")
    options = parser.parse_args(arguments)
    if options.articles < 2 * WARM:
        parser.error(f"--articles must be at least {2 * WARM}")
    if options.memory is not None and options.memory <= FEW:
        parser.error(f"--memory must be more than {FEW}")
    figures: list[Figure] = []
    try:
        cases = blocks(CASES)
        if options.memory is not None:  # before anything else has raised the peak
            figures += memory(cases, options.model, options.memory)
        texts = list(itertools.islice(articles(cases), options.articles))
        figures = [
            *throughput(texts, options.model),
            *latency(texts, options.model),
            *starts(texts[0], options.model),
            *figures,
        ]
    except (FileNotFoundError, ChildProcessError, ImportError, NewsflagError) as error:
        print(f"speed.py: {error}", file=sys.stderr)
        return 2
    total = n_bytes(texts)
    print("# Speed, on one core\n")
    print(f"{len(texts):,} articles of our own, {total / 1e6:.1f} MB, {total / len(texts) / 1e3:.1f} kB on average.\n")
    print(markdown(figures))
    if options.json:
        rows: list[dict[str, Any]] = [{**dataclasses.asdict(figure), "met": figure.met} for figure in figures]
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({"bytes": total, "figures": rows}, indent=1) + "\n", "utf-8")
    return int(options.strict and any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
