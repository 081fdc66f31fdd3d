"""Measure the splitter on publishers that it was not trained on, beside its peers.

``python benchmarks/evaluate.py --data CORPUS`` prints Markdown. README.md in
this folder says how the splits work and what each figure is.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import gzip
import hashlib
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

# One core is what the figures are given for. Must be set before numpy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
from _curves import Curve, Point, add_curves
from _measures import (
    Interval,
    Rows,
    average_precision,
    bootstrap,
    calibration_bins,
    calibration_error,
    f1_at,
    mean_scores,
    overlap,
    share_kept,
)
from _peers import PEERS, Peer, ask

from newsflag import Flagger
from newsflag.errors import NewsflagError
from newsflag.kinds import INSERTION_KINDS, KEPT_KINDS, KINDS, PROMO_KINDS
from newsflag.model.store import load, save
from newsflag.report import Report, Segment
from newsflag.training.augmentation import FORMS, TEASER, Donor, flatten, kept_only, set_in
from newsflag.training.corpus import FOLDS, donors_of, fold_of
from newsflag.training.data import Article, gold_windows, publisher_of, raw_articles, read_rows, silver_windows
from newsflag.training.views import EXTRACTORS, decode, write_views

SEED: Final = 7
"""Of everything that is drawn."""

FOUND: Final = 0.8
"""Share of a teaser's characters that must be in insertions for it to count as found."""

OURS: Final = "newsflag"
ALONE: Final = "newsflag, each segment alone"

FLOORS: Final[dict[tuple[str, str], float]] = {
    ("gold", "insertion AP"): 0.965,
    ("gold", "insertion F1"): 0.90,
    ("gold", "kept kinds' characters kept"): 0.993,
    ("gold", "promo F1"): 0.80,
    ("raw", "insertion AP"): 0.93,
    ("raw", "insertion F1"): 0.85,
    ("raw", "kept kinds' characters kept"): 0.995,
    ("raw", "promo F1"): 0.85,
    ("clean", "gold: characters kept"): 0.999,
    ("clean", "raw: characters kept"): 0.999,
    ("clean", "both: characters kept"): 0.999,
    ("teasers", "mean: found"): 0.95,
    ("teasers", "mean: body characters kept"): 0.998,
    ("flattened", "mean: found"): 0.80,
    ("flattened", "mean: body characters kept"): 0.99,
    ("extractors", "html_text: F1 after"): 0.93,
    ("extractors", "trafilatura: F1 gain"): 0.015,
    **{("extractors", f"{name}: F1 gain"): 0.0 for name in EXTRACTORS if name != "trafilatura"},
}
"""What a release must reach; never lowered without saying so in the changelog."""

TITLES: Final = {
    "gold": "Annotated pages as plain text, a line a line",
    "raw": "Plain-text articles as users hold them, a blank line between lines",
    "languages": "The same two by language",
    "clean": "Articles with nothing to remove",
    "teasers": "Teasers set into clean articles",
    "flattened": "Teasers set into clean articles, flattened to one line",
    "extractors": "`clean` behind extractors: word 4-grams against gold",
}
CURVES: Final = {"gold": "annotated pages", "raw": "plain-text articles"}
"""What the curves of the sections over lines are of."""

THRESHOLDS: Final = tuple(round(0.02 * step, 2) for step in range(1, 50))
"""For which the curves say what is found and lost."""

_KEPT: Final = tuple(KINDS.index(kind) for kind in KEPT_KINDS)
_PROMO: Final = tuple(KINDS.index(kind) for kind in PROMO_KINDS)
_MOST_LOST: Final = 0.5  # a line is an insertion when at least so much of it is in insertion segments

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class UsageError(Exception):
    """What the caller gave can't be measured."""


# ---------------------------------------------------------------- figures


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Parameters
    ----------
    section : str
        A key of :data:`TITLES`.
    name : str
    system : str
        Whose figure it is.
    pages : int
        How many pages it is measured on.
    interval : Interval
    """

    section: str
    name: str
    system: str
    pages: int
    interval: Interval

    @property
    def floor(self) -> float | None:
        """What it must reach; only our own figures have one."""
        return FLOORS.get((self.section, self.name)) if self.system == OURS else None

    @property
    def met(self) -> bool | None:
        """Whether the floor is reached, unrounded; None without a floor."""
        return None if self.floor is None else self.interval.value >= self.floor

    def to_dict(self) -> dict[str, Any]:
        """Plain data; what can't be measured is None."""
        plain = {
            name: None if math.isnan(value) else value
            for name, value in zip(("value", "low", "high"), self.interval, strict=True)
        }
        return {
            "section": self.section,
            "figure": self.name,
            "system": self.system,
            "pages": self.pages,
            **plain,
            "floor": self.floor,
            "met": self.met,
        }


# ---------------------------------------------------------------- verdicts about lines


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The lines of many pages, separator lines and lines of unknown kind left out.

    Parameters
    ----------
    publisher, language : sequence of str
        One a line, as all that follows.
    label : int array
        Index into the kinds.
    size : float array
        Characters.
    page : int array
        Number of the line's page.
    place : list of (int, int)
        Page and line number, for the verdicts.
    """

    publisher: list[str]
    language: list[str]
    label: Ints
    size: Floats
    page: Ints
    place: list[tuple[int, int]]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """One system's verdicts about :class:`Lines`.

    Parameters
    ----------
    inserted : bool array
    lost : float array
        Share of each line's characters that the system removes.
    score : float array, optional
        Insertion score, for systems that have one.
    kind : int array, optional
        Index into the kinds, for systems that name one.
    """

    inserted: Bools
    lost: Floats
    score: Floats | None = None
    kind: Ints | None = None


def is_separator(line: str) -> bool:
    """Whether a line has neither letter nor digit: everyone's easy win, so it is not measured."""
    return not any(map(str.isalnum, line))


def lines_of(articles: Sequence[Article]) -> Lines:
    """The lines that are measured."""
    rows = [
        (article, page, number)
        for page, article in enumerate(articles)
        for number, (line, label) in enumerate(zip(article.lines, article.labels, strict=True))
        if 0 <= label < len(KINDS) and not is_separator(line)
    ]
    return Lines(
        [article.publisher for article, _, _ in rows],
        [article.language for article, _, _ in rows],
        np.array([article.labels[number] for article, _, number in rows], np.int64),
        np.array([len(article.lines[number]) for article, _, number in rows], np.float64),
        np.array([page for _, page, _ in rows], np.int64),
        [(page, number) for _, page, number in rows],
    )


def pieces(article: Article, segments: Sequence[Segment]) -> list[list[tuple[Segment, int]]]:
    """For each line of an article the segments that touch it, each with the characters they share."""
    found: list[list[tuple[Segment, int]]] = []
    at, first = 0, 0
    for glue, line in zip(article.glue, article.lines, strict=True):
        start = at + len(glue)
        at = start + len(line)
        while first < len(segments) and segments[first].end <= start:
            first += 1
        touching = []
        number = first
        while number < len(segments) and segments[number].start < at:
            part = segments[number]
            touching.append((part, min(part.end, at) - max(part.start, start)))
            number += 1
        found.append(touching)
    return found


def judged(lines: Lines, articles: Sequence[Article], reports: Sequence[Report], *, alone: bool = False) -> Verdicts:
    """Our verdicts about lines, from those about segments.

    A line's score is the mean of its segments' scores, weighted by the
    characters they have in it; it is an insertion when at least half of these
    are in insertions; its kind is the one with most of them.
    """
    touching = [pieces(article, report.segments) for article, report in zip(articles, reports, strict=True)]
    scores, lost, kinds = [], [], []
    for page, number in lines.place:
        total, score, gone = 0, 0.0, 0
        by_kind = [0] * len(KINDS)
        for part, size in touching[page][number]:
            kind = part.alone.kind if alone else part.kind
            total += size
            score += size * (part.alone.insertion if alone else part.scores["insertion"])
            gone += size * (kind in INSERTION_KINDS)
            by_kind[KINDS.index(kind)] += size
        if not total:
            raise AssertionError(f"no segment covers line {number} of {articles[page].id}")
        scores.append(score / total)
        lost.append(gone / total)
        kinds.append(by_kind.index(max(by_kind)))
    gone_share = np.array(lost, np.float64)
    return Verdicts(gone_share >= _MOST_LOST, gone_share, np.array(scores, np.float64), np.array(kinds, np.int64))


def asked(lines: Lines, articles: Sequence[Article], peer: Peer) -> tuple[Verdicts, int]:
    """A peer's verdicts about lines, and on how many pages it failed."""
    answers = [ask(peer, article.lines, article.language) for article in articles]
    inserted = np.array([not answers[page].keep[number] for page, number in lines.place], np.bool_)
    return Verdicts(inserted, inserted.astype(np.float64)), sum(answer.failed for answer in answers)


def line_figures(section: str, system: str, lines: Lines, verdicts: Verdicts, prefix: str = "") -> Iterator[Figure]:
    """Every figure that a system's verdicts about lines allow."""
    truth = np.asarray(~np.isin(lines.label, _KEPT))
    promo = np.isin(lines.label, _PROMO)
    inserted, score, kind = verdicts.inserted, verdicts.score, verdicts.kind
    measures: dict[str, Callable[[Rows], float]] = {}
    if score is not None:
        measures["insertion AP"] = lambda rows: average_precision(truth[rows], score[rows])
    measures["insertion F1"] = lambda rows: f1_at(truth[rows], inserted[rows]).f1
    measures["insertion precision"] = lambda rows: f1_at(truth[rows], inserted[rows]).precision
    measures["insertion recall"] = lambda rows: f1_at(truth[rows], inserted[rows]).recall
    kept_kinds = np.flatnonzero(~truth)
    left = lines.size * (1 - verdicts.lost)

    def kept(rows: Rows) -> float:
        rows = rows[~truth[rows]]
        return _ratio(left[rows].sum(), lines.size[rows].sum())

    if verdicts.score is None:  # whole lines: what a peer is given, the measure of its tests gives too
        assert math.isclose(share_kept(lines.size, ~inserted, ~truth), kept(kept_kinds), abs_tol=1e-9)
    measures["kept kinds' characters kept"] = kept
    if kind is not None:
        called = np.isin(kind, _PROMO)
        measures["promo F1"] = lambda rows: f1_at(promo[rows], called[rows]).f1
        measures["accuracy over 12 kinds"] = lambda rows: float((kind[rows] == lines.label[rows]).mean())
    if score is not None:
        measures["insertion ECE"] = lambda rows: calibration_error(truth[rows], score[rows])
    pages = len(np.unique(lines.page))
    for name, measure in measures.items():
        yield Figure(section, prefix + name, system, pages, bootstrap(measure, lines.publisher))


def language_figures(section: str, lines: Lines, verdicts: Verdicts) -> Iterator[Figure]:
    """Our main figures for English, German and the rest."""
    language = np.array(lines.language)
    wanted = ("insertion AP", "insertion F1", "kept kinds' characters kept")
    for name, rows in (
        ("English", language == "en"),
        ("German", language == "de"),
        ("other languages", (language != "en") & (language != "de")),
    ):
        numbers = np.flatnonzero(rows)
        if not len(numbers):
            continue
        assert verdicts.score is not None
        part = Lines(
            [lines.publisher[number] for number in numbers],
            [lines.language[number] for number in numbers],
            lines.label[numbers],
            lines.size[numbers],
            lines.page[numbers],
            [lines.place[number] for number in numbers],
        )
        some = Verdicts(verdicts.inserted[numbers], verdicts.lost[numbers], verdicts.score[numbers])
        for figure in line_figures("languages", OURS, part, some, prefix=f"{section}, {name}: "):
            if figure.name.endswith(wanted):
                yield figure


def curve(name: str, lines: Lines, verdicts: Verdicts) -> Curve:
    """How scores of lines stand to the truth, and what every threshold would find and lose.

    A line goes, here, when its score reaches the threshold, wherever its segments' kinds would put it.
    """
    assert verdicts.score is not None
    truth = np.asarray(~np.isin(lines.label, _KEPT))
    points = []
    for threshold in THRESHOLDS:
        gone = verdicts.score >= threshold
        scores = f1_at(truth, gone)
        kept = _ratio(lines.size[~truth & ~gone].sum(), lines.size[~truth].sum())
        points.append(Point(threshold, scores.precision, scores.recall, kept))
    bins = tuple(map(tuple, calibration_bins(truth, verdicts.score).tolist()))
    return Curve(name, len(truth), bins, tuple(points))


# ---------------------------------------------------------------- the parts of the table


@dataclasses.dataclass(frozen=True, slots=True)
class Panel:
    """The models of all folds: each page goes to the one that has not seen its publisher."""

    flaggers: tuple[Flagger, ...]

    def reports(self, texts: Sequence[tuple[str, str]]) -> list[Report]:
        """Reports of (publisher, text) pairs, in their order."""
        answers: dict[int, Report] = {}
        by_fold: list[list[int]] = [[] for _ in self.flaggers]
        for number, (publisher, _) in enumerate(texts):
            by_fold[fold_of(publisher)].append(number)
        for flagger, numbers in zip(self.flaggers, by_fold, strict=True):
            answers.update(zip(numbers, flagger.pipe([texts[number][1] for number in numbers]), strict=True))
        return [answers[number] for number in range(len(texts))]

    def on(self, articles: Sequence[Article]) -> list[Report]:
        """Reports of articles, in their order."""
        return self.reports([(article.publisher, article.text) for article in articles])


def line_section(
    section: str,
    panel: Panel,
    articles: Sequence[Article],
    peers: Mapping[str, Peer],
    failures: dict[str, int],
    curves: list[Curve],
) -> Iterator[Figure]:
    """Figures over lines, of newsflag and of its peers; our curves go into ``curves``."""
    lines = lines_of(articles)
    reports = panel.on(articles)
    ours = judged(lines, articles, reports)
    curves.append(curve(f"insertion ({CURVES[section]})", lines, ours))
    yield from line_figures(section, OURS, lines, ours)
    yield from line_figures(section, ALONE, lines, judged(lines, articles, reports, alone=True))
    for name, peer in peers.items():
        verdicts, failures[f"{section}: {name}"] = asked(lines, articles, peer)
        yield from line_figures(section, name, lines, verdicts)
    yield from language_figures(section, lines, ours)


def clean_section(panel: Panel, by_source: Mapping[str, Sequence[Article]]) -> Iterator[Figure]:
    """Articles without their insertions: nothing may go."""
    groups = {
        name: [kept for article in articles if (kept := kept_only(article))] for name, articles in by_source.items()
    }
    groups["both"] = [article for articles in groups.values() for article in articles]
    for name, articles in groups.items():
        sums = np.array([kept_characters(*pair) for pair in zip(articles, panel.on(articles), strict=True)], np.float64)
        publishers = [article.publisher for article in articles]

        def share(rows: Rows, sums: Floats = sums) -> float:
            return _ratio(*sums[rows].sum(0))

        def untouched(rows: Rows, sums: Floats = sums) -> float:
            return float((sums[rows, 0] == sums[rows, 1]).mean())

        yield Figure("clean", f"{name}: characters kept", OURS, len(articles), bootstrap(share, publishers))
        yield Figure("clean", f"{name}: articles left whole", OURS, len(articles), bootstrap(untouched, publishers))


def kept_characters(article: Article, report: Report) -> tuple[float, float]:
    """Characters of an article's kept kinds: how many are kept, and how many there are."""
    kept = total = 0.0
    for line, label, touching in zip(article.lines, article.labels, pieces(article, report.segments), strict=True):
        if label in _KEPT:
            kept += len(line) * (1 - _lost(touching))
            total += len(line)
    return kept, total


def teaser_section(section: str, panel: Panel, hosts: Sequence[Article], donors: Sequence[Donor]) -> Iterator[Figure]:
    """Teasers set into clean articles, each form of setting in turn; flattened if the section says so."""
    by_fold: list[list[Donor]] = [[] for _ in range(FOLDS)]
    for donor in donors:
        by_fold[fold_of(donor.publisher)].append(donor)
    texts = {donor.text for donor in donors}
    sums = []
    for rank, form in enumerate(FORMS):
        made = []
        for number, host in enumerate(hosts):
            # Seeded by place, so that a changed page changes no other one.
            rng = np.random.default_rng([SEED, rank, number])
            article = set_in(host, by_fold[fold_of(host.publisher)], rng, form)
            made.append(flatten(article) if section == "flattened" else article)
        reports = panel.on(made)
        headers = form == "header"
        sums.append([set_in_counts(*pair, texts if headers else None) for pair in zip(made, reports, strict=True)])
    # hosts × forms × (found, teasers, kept, body characters)
    counts = np.array(sums, np.float64).transpose(1, 0, 2)
    publishers = [host.publisher for host in hosts]

    def rate(rows: Rows, part: int, form: int | None) -> float:
        total = counts[rows].sum(0)
        rates = total[:, 2 * part] / total[:, 2 * part + 1]
        return float(rates.mean() if form is None else rates[form])

    for form_number, name in (*enumerate(FORMS), (None, "mean")):
        for part, what in enumerate(("found", "body characters kept")):
            measure = functools.partial(rate, part=part, form=form_number)
            pages = len(hosts) * (len(FORMS) if form_number is None else 1)
            yield Figure(section, f"{name}: {what}", OURS, pages, bootstrap(measure, publishers))


def set_in_counts(article: Article, report: Report, only: set[str] | None) -> tuple[float, float, float, float]:
    """Teasers found and set in, body characters kept and all, of a made article.

    ``only`` names the lines that count as teasers, where not all do: a header
    over a list comes from a stock that training knows too, so finding it is no feat.
    """
    found = teasers = 0
    for line, label, touching in zip(article.lines, article.labels, pieces(article, report.segments), strict=True):
        if label != TEASER or (only is not None and line not in only):
            continue
        teasers += 1
        found += _lost(touching) >= FOUND
    kept, body = kept_characters(article, report)
    return found, teasers, kept, body


def donors_for(articles: Sequence[Article], everything: Iterable[Article]) -> list[Donor]:
    """Real teasers of the given articles that no article of another fold holds too."""
    folds: dict[str, set[int]] = {}
    for article in everything:
        for line in article.lines:
            folds.setdefault(line, set()).add(fold_of(article.publisher))
    return [donor for donor in donors_of(articles) if len(folds.get(donor.text, ())) <= 1]


def extractor_section(panel: Panel, data: Path, views: Path | None) -> Iterator[Figure]:
    """4-gram scores of extractors' output before and after ``clean``."""
    rows = [row for row in read_rows(data / "articles" / "gold.jsonl.gz") if row["annotated"]]
    golds = ["\n".join(part["text"] for part in row["gold"]) for row in rows]
    publishers = [publisher_of(row) for row in rows]
    for name in EXTRACTORS:
        texts = _view_texts(name, rows, data, views)
        cleaned = [report.body for report in panel.reports(list(zip(publishers, texts, strict=True)))]
        pairs = np.array(
            [
                [overlap(text, gold), overlap(clean, gold)]
                for text, clean, gold in zip(texts, cleaned, golds, strict=True)
            ],
            np.float64,
        )  # pages × (before, after) × (precision, recall)
        for number, what in enumerate(("precision", "recall", "F1")):

            def before(rows: Rows, number: int = number, pairs: Floats = pairs) -> float:
                return mean_scores(pairs[rows, 0])[number]

            def after(rows: Rows, number: int = number, pairs: Floats = pairs) -> float:
                return mean_scores(pairs[rows, 1])[number]

            def gain(rows: Rows, number: int = number, pairs: Floats = pairs) -> float:
                return mean_scores(pairs[rows, 1])[number] - mean_scores(pairs[rows, 0])[number]

            for when, measure in (("before", before), ("after", after), ("gain", gain)):
                interval = bootstrap(measure, publishers)
                yield Figure("extractors", f"{name}: {what} {when}", OURS, len(rows), interval)


def _view_texts(name: str, rows: Sequence[Mapping[str, Any]], data: Path, views: Path | None) -> list[str]:
    """What an extractor makes of each page: from the cached file, else made now."""
    if views is not None:
        made = {row["id"]: row["text"] for row in read_rows(views / f"{name}.jsonl.gz")}
        lacking = [row["id"] for row in rows if row["id"] not in made]
        if lacking:
            raise UsageError(f"{views / name}.jsonl.gz lacks page {lacking[0]}: delete the folder to have it made anew")
        return [made[row["id"]] for row in rows]
    texts = []
    for row in rows:
        html = decode(gzip.decompress((data / "articles" / row["html"]).read_bytes()))
        try:
            texts.append(EXTRACTORS[name](html, row["url"]))
        except ImportError:
            raise
        except Exception:  # noqa: BLE001 - as in make_view: an extractor that fails on a page gives no text
            texts.append("")
    return texts


def _lost(touching: Sequence[tuple[Segment, int]]) -> float:
    return _ratio(sum(size for part, size in touching if part.is_insertion), sum(size for _, size in touching))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


# ---------------------------------------------------------------- the models


def fold_models(data: Path, models: Path | None, views: Path | None, scratch: Path) -> Panel:
    """Flaggers of all folds: read from a folder, else trained (and left there)."""
    folder = models or scratch / "models"
    there = [fold for fold in range(FOLDS) if (folder / f"fold{fold}").is_dir()]
    if not there:
        _fit(data, folder, views or scratch / "views")
    elif len(there) < FOLDS:
        lacking = ", ".join(f"fold{fold}" for fold in range(FOLDS) if fold not in there)
        raise UsageError(
            f"{folder} lacks {lacking}: give a folder with all {FOLDS} models, or an empty one to train them"
        )
    flaggers = tuple(Flagger(model=folder / f"fold{fold}", explain=False) for fold in range(FOLDS))
    if len({flagger.model.digest for flagger in flaggers}) < FOLDS:
        raise UsageError(
            f"two models in {folder} are the same one: a model was trained on what it would be measured on"
        )
    return Panel(flaggers)


def _fit(data: Path, folder: Path, views: Path) -> None:
    from newsflag.training.corpus import build
    from newsflag.training.fit import Fitter, cross_fit

    if not views.is_dir():
        say(f"making the extractors' views in {views}")
        write_views(data, views)
    say(f"training {FOLDS} models into {folder}")
    corpus = build(data, [views / f"{name}.jsonl.gz" for name in sorted(EXTRACTORS)])
    for fold, model in enumerate(cross_fit(Fitter(corpus))):
        save(model, folder / f"fold{fold}")


# ---------------------------------------------------------------- printing


def said(interval: Interval, *, sign: bool = False) -> str:
    """A figure as the tables print it."""
    return "–" if math.isnan(interval.value) else f"{interval.value:{'+' if sign else ''}.4f}"


def said_range(interval: Interval) -> str:
    """Its interval as the tables print it."""
    return "–" if math.isnan(interval.low) else f"{interval.low:.4f} to {interval.high:.4f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def markdown(figures: Sequence[Figure], failures: Mapping[str, int]) -> str:
    """The whole table."""
    parts = []
    for section, title in TITLES.items():
        ours = [figure for figure in figures if figure.section == section and figure.system == OURS]
        if not ours:
            continue
        rows = [
            (
                figure.name,
                str(figure.pages),
                said(figure.interval, sign=figure.name.endswith("gain")),
                said_range(figure.interval),
                "" if figure.floor is None else f"{figure.floor:g}",
                {None: "", True: "yes", False: "**no**"}[figure.met],
            )
            for figure in ours
        ]
        parts += [f"## {title}", table(("figure", "pages", "value", "95 % interval", "floor", "reached"), rows)]
        systems = list(dict.fromkeys(figure.system for figure in figures if figure.section == section))
        if len(systems) > 1:
            parts.append(comparison([figure for figure in figures if figure.section == section], systems))
        failed = [f"{name.partition(': ')[2]} {n}" for name, n in failures.items() if n and name.startswith(section)]
        if failed:
            parts.append(
                "Pages on which a peer failed or found nothing, so that all was kept: " + ", ".join(failed) + "."
            )
    return "\n\n".join(parts)


def comparison(figures: Sequence[Figure], systems: Sequence[str]) -> str:
    """Systems beside each other, a row each."""
    names = list(dict.fromkeys(figure.name for figure in figures))
    cells = {
        (figure.system, figure.name): f"{said(figure.interval)} ({said_range(figure.interval)})" for figure in figures
    }
    rows = [(system, *(cells.get((system, name), "–") for name in names)) for system in systems]
    return table(("system", *names), rows)


def say(text: str) -> None:
    """Tell how far the run is."""
    print(text, file=sys.stderr, flush=True)


def data_hash(data: Path) -> str:
    """Eight digits of the digest of the labelled articles."""
    total = hashlib.sha256()
    for name in ("gold", "silver", "raw"):
        total.update((data / "articles" / f"{name}.jsonl.gz").read_bytes())
    return total.hexdigest()[:8]


def record(figures: Sequence[Figure], path: Path) -> None:
    """Write our figures into a model's record, rounded to four digits."""
    save(dataclasses.replace(load(path), metrics=metrics_of(figures)), path.parent)


def metrics_of(figures: Sequence[Figure]) -> dict[str, dict[str, Any]]:
    """Our figures by section, as a model's record holds them."""
    metrics: dict[str, dict[str, Any]] = {}
    for figure in figures:
        if figure.system == OURS:
            plain = figure.to_dict()
            metrics.setdefault(figure.section, {})[figure.name] = {
                "pages": figure.pages,
                **{key: None if plain[key] is None else round(plain[key], 4) for key in ("value", "low", "high")},
            }
    return metrics


# ---------------------------------------------------------------- command line


def _check(data: Path) -> None:
    for name in ("gold", "silver", "raw"):
        path = data / "articles" / f"{name}.jsonl.gz"
        if not path.is_file():
            raise UsageError(f"{path} is missing: --data must name a corpus folder with articles/ in it")


def measure(
    panel: Panel, data: Path, views: Path | None, *, with_peers: bool = True
) -> tuple[list[Figure], dict[str, int], list[Curve]]:
    """All figures, how often each peer failed, and our curves."""
    gold, silver, raw = gold_windows(data), silver_windows(data), raw_articles(data)
    peers = PEERS if with_peers else {}
    failures: dict[str, int] = {}
    hosts = [kept for article in gold if (kept := kept_only(article))]
    everything = [*gold, *silver, *raw]
    # The shipped sentence splitter, which the flattened texts depend on, learnt
    # from silver pages: their teasers would not be new to it.
    unseen = donors_for([*gold, *raw], everything)
    figures: list[Figure] = []
    curves: list[Curve] = []
    # Generators: each is worked off, and timed, when its turn comes.
    for name, section in (
        ("gold", line_section("gold", panel, gold, peers, failures, curves)),
        ("raw", line_section("raw", panel, raw, peers, failures, curves)),
        ("clean", clean_section(panel, {"gold": gold, "raw": raw})),
        ("teasers", teaser_section("teasers", panel, hosts, donors_for(everything, everything))),
        ("flattened", teaser_section("flattened", panel, hosts, unseen)),
        ("extractors", extractor_section(panel, data, views)),
    ):
        start = time.perf_counter()
        figures += section
        say(f"{name}: {time.perf_counter() - start:.0f} s")
    return figures, failures, curves


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add what every benchmark of a model takes."""
    parser.add_argument("--json", type=Path, help="file to write all figures to")
    parser.add_argument("--record", type=Path, metavar="MODEL", help="model JSON file to write our figures into")
    parser.add_argument("--no-peers", action="store_true", help="leave the other tools out")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a floor is missed")


def conclude(
    program: str,
    options: argparse.Namespace,
    about: Mapping[str, Any],
    figures: Sequence[Figure],
    failures: Mapping[str, Any],
    record: Callable[[Sequence[Figure], Path], None],
) -> int:
    """Write what the options ask for; the command's status."""
    if options.json:
        rows = [figure.to_dict() for figure in figures]
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({**about, "figures": rows, "failures": failures}, indent=1) + "\n", "utf-8")
    if options.record:
        try:
            record(figures, options.record)
        except NewsflagError as error:
            print(f"{program}: {error}", file=sys.stderr)
            return 2
    missed = [figure for figure in figures if figure.met is False]
    return int(bool(missed) and options.strict)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 measured, 1 a floor is missed with ``--strict``, 2 error."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="corpus folder with articles/ (and style/) in it")
    parser.add_argument(
        "--models",
        type=Path,
        help=f"folder with fold0 … fold{FOLDS - 1}, models trained without one fold each; trained and left there "
        "if it is empty, trained for this run alone if not given",
    )
    parser.add_argument("--views", type=Path, help="folder with cached views; made and left there if it is not there")
    parser.add_argument("--curves", type=Path, help="JSON file to add our curves to")
    add_common_options(parser)
    options = parser.parse_args(arguments)
    try:
        _check(options.data)
        if options.views and not options.views.is_dir():
            say(f"making the extractors' views in {options.views}")
            write_views(options.data, options.views)
        with tempfile.TemporaryDirectory() as scratch:
            panel = fold_models(options.data, options.models, options.views, Path(scratch))
        figures, failures, curves = measure(panel, options.data, options.views, with_peers=not options.no_peers)
    except (FileNotFoundError, ImportError, NewsflagError, UsageError) as error:
        print(f"evaluate.py: {error}", file=sys.stderr)
        return 2
    about: dict[str, Any] = {
        "data": data_hash(options.data),
        "models": [
            {"fold": fold, "digest": flagger.model.digest, "threshold": flagger.threshold}
            for fold, flagger in enumerate(panel.flaggers)
        ],
    }
    models = ", ".join(f"{model['digest']} (threshold {model['threshold']})" for model in about["models"])
    print(f"# Splitter, cross-validated by publisher\n\nData {about['data']}; fold models {models}.\n")
    print(markdown(figures, failures))
    if options.curves:
        add_curves(options.curves, curves)
    return conclude("evaluate.py", options, about, figures, failures, record)


if __name__ == "__main__":
    sys.exit(main())
