"""Measure how well newsflag finds the article in a web page, on publishers that it was not trained on.

``python benchmarks/pages.py --data CORPUS --models FOLDS`` prints Markdown. README.md in
this folder says how the splits work and what each figure is.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import gzip
import hashlib
import itertools
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

# One core is what the figures are given for. Must be set before numpy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import evaluate
import numpy as np
from _measures import Interval, Rows, bootstrap, mean_scores, overlap
from _page_peers import PAGE_PEERS, Answer, PagePeer, ask, quiet, versions
from evaluate import (
    FOUND,
    OURS,
    SEED,
    Floats,
    UsageError,
    add_common_options,
    comparison,
    conclude,
    data_hash,
    donors_for,
    metrics_of,
    said,
    said_range,
    say,
    table,
)
from speed import timed

import newsflag
from newsflag import Flagger, training
from newsflag.errors import NewsflagError
from newsflag.kinds import KINDS
from newsflag.marking import Pages
from newsflag.markup.page import Page, read_page
from newsflag.markup.parser import parse
from newsflag.model import pages as page_models
from newsflag.model.pages import PageModel
from newsflag.model.store import Model
from newsflag.splitting import split
from newsflag.training import fold_models
from newsflag.training.augmentation import BODY, TEASER, Donor
from newsflag.training.corpus import FOLDS, fold_of
from newsflag.training.data import OUTSIDE, UNKNOWN, gold_windows, publisher_of, raw_articles, read_rows, silver_windows
from newsflag.training.pages import TITLE, LabelledPage, fit, gather, labelled_pages, set_in, training_pages
from newsflag.training.views import align, decode

DRAWS: Final = 3
"""Made pages of each held-out page."""

ROUNDS: Final = 3
"""In which the systems take turns when they are timed."""

TRAFILATURA: Final = "trafilatura"

FLOORS: Final[dict[tuple[str, str], float]] = {
    ("fundus", "F1"): 0.96,
    ("fundus", "F1 lead over the best peer"): 0.015,
    ("readability", "F1 lead over trafilatura"): 0.01,
    ("body", "all pages together: precision"): 0.97,
    ("body", "all pages together: recall"): 0.96,
    ("body", "mean of the pages: precision"): 0.97,
    ("body", "mean of the pages: recall"): 0.96,
    ("silver", "accuracy lead over trafilatura"): 0.0001,  # more than a tie, as the table prints it
    ("speed", "`clean_html` against trafilatura"): 2.5,
}
"""What a release must reach; never lowered without saying so in the changelog."""

TITLES: Final = {
    "fundus": "News pages (Fundus): word 4-grams against gold",
    "readability": "Pages of all sorts (Readability): word 4-grams against gold",
    "body": "Body characters of the pages of both",
    "silver": "Pages of trafilatura's evaluation: strings that must and must not be kept",
    "found": "Bare teasers set into pages",
    "speed": "Pages a second, on one core",
    "parsers": "Parsers: milliseconds a page",
}
_TIMES: Final = ("speed", "parsers")
_ARTICLE: Final = tuple(KINDS.index(kind) for kind in ("body", "heading", "standfirst"))

# What a model of pages is made with, beside the splitters and the data: a change makes a cached one worthless.
_CODE: Final = (
    "_text.py",
    "kinds.py",
    "marking.py",
    "splitting.py",
    "evidence/*.py",
    "markup/*.py",
    "model/network.py",
    "segmentation/*.py",
    "training/*.py",
)

Row = dict[str, Any]


class Figure(evaluate.Figure):
    """One measured figure, with the floors of this benchmark."""

    __slots__ = ()

    @property
    def floor(self) -> float | None:
        """What it must reach; only our own figures have one."""
        return FLOORS.get((self.section, self.name)) if self.system == OURS else None


# ---------------------------------------------------------------- the models


def fold_flaggers(data: Path, folder: Path, views: Path | None) -> tuple[Flagger, ...]:
    """A flagger a fold, whose models were fitted without it; what the folder lacks is fitted and left there.

    The splitter of a fold is the one that lacks it. The model of pages learns from the pages of the other folds,
    and from what splitters say of them that lack both the page's fold and the fold measured.
    """
    pairs = list(itertools.combinations(range(FOLDS), 2))
    splitters = fold_models(data, folder, [*((fold,) for fold in range(FOLDS)), *pairs], views, n_jobs=1)
    if len({splitter.digest for splitter in splitters.values()}) < len(splitters):
        raise UsageError(
            f"two splitters in {folder} are the same one: a model was trained on what it would be measured on"
        )
    labelled = functools.cache(lambda: training_pages(data))  # read when a model has to be fitted, once
    flaggers = []
    for fold in range(FOLDS):
        lacking = {other: splitters[min(fold, other), max(fold, other)] for other in range(FOLDS) if other != fold}
        facts = facts_of(data, lacking)
        place = folder / f"pages-fold{fold}"
        model = cached(place, facts)
        if model is None:
            say(f"fitting {place}")
            model = fitted(labelled(), fold, lacking)
            model = dataclasses.replace(model, training={**model.training, **facts})
            page_models.save(model, place)
            model = page_models.load(place / f"{page_models.NAME}.json")  # as it is stored: rounded, with its digest
        flaggers.append(Flagger(model=splitters[(fold,)], pages=model, explain=False))
    return tuple(flaggers)


def facts_of(data: Path, lacking: Mapping[int, Model]) -> dict[str, Any]:
    """What a fold's model of pages is made from, for its record; a page's fold gives the splitter that judges it."""
    total = hashlib.sha256()
    package = Path(newsflag.__file__).parent
    for pattern in _CODE:
        for path in sorted(package.glob(pattern)):
            total.update(path.relative_to(package).as_posix().encode())
            total.update(path.read_bytes())
    return {
        "splitters": {str(fold): splitter.digest for fold, splitter in lacking.items()},
        "data_sha256": training.data_hash(data),
        "code_sha256": total.hexdigest(),
    }


def cached(place: Path, facts: Mapping[str, Any]) -> PageModel | None:
    """The model that a folder holds, if it is made from just this."""
    try:
        model = page_models.load(place / f"{page_models.NAME}.json")
    except NewsflagError:  # missing, or of other settings
        return None
    return model if all(model.training.get(name) == value for name, value in facts.items()) else None


def fitted(pages: Sequence[LabelledPage], fold: int, lacking: Mapping[int, Model]) -> PageModel:
    """The model of pages without a fold."""
    rest = [page for page in pages if fold_of(page.publisher) != fold]
    return fit(gather(rest, lacking.__getitem__), (fold,), n_jobs=1)


# ---------------------------------------------------------------- texts against gold


def html_of(row: Row, data: Path) -> str:
    """A row's page."""
    return decode(gzip.decompress((data / "articles" / row["html"]).read_bytes()))


def answers_to(
    rows: Sequence[Row], data: Path, flaggers: Sequence[Flagger], peers: Mapping[str, PagePeer]
) -> dict[str, list[Answer]]:
    """What each system makes of each page."""
    answers: dict[str, list[Answer]] = {name: [] for name in (OURS, *peers)}
    for row in rows:
        html = html_of(row, data)
        answers[OURS].append(Answer(flaggers[fold_of(publisher_of(row))].clean_html(html)))
        with quiet():
            for name, peer in peers.items():
                answers[name].append(ask(peer, html, row["url"], row["language"]))
    return answers


def failures_of(section: str, answers: Mapping[str, Sequence[Answer]]) -> dict[str, dict[str, int]]:
    """How often each system raised, and gave no text at all."""
    return {
        f"{section}: {name}": {
            "raised": sum(answer.raised for answer in given),
            "empty": sum(not answer.text.strip() for answer in given),
        }
        for name, given in answers.items()
    }


def text_section(section: str, rows: Sequence[Row], answers: Mapping[str, Sequence[Answer]]) -> Iterator[Figure]:
    """Word 4-grams of every system, and how far we are ahead of others on the same pages."""
    golds = ["\n".join(part["text"] for part in row["gold"]) for row in rows]
    publishers = [publisher_of(row) for row in rows]
    pairs = {
        name: np.array([overlap(answer.text, gold) for answer, gold in zip(given, golds, strict=True)], np.float64)
        for name, given in answers.items()
    }  # pages × (precision, recall)
    for name, scores in pairs.items():
        for number, what in enumerate(("precision", "recall", "F1")):

            def one(rows: Rows, number: int = number, scores: Floats = scores) -> float:
                return mean_scores(scores[rows])[number]

            yield Figure(section, what, name, len(rows), bootstrap(one, publishers))
    rivals = {name: scores for name, scores in pairs.items() if name != OURS}
    if not rivals:
        return
    best = max(rivals, key=lambda name: mean_scores(rivals[name]).f1)
    for what, other in (("the best peer", best), (TRAFILATURA, TRAFILATURA)):

        def lead(rows: Rows, other: str = other) -> float:
            return mean_scores(pairs[OURS][rows]).f1 - mean_scores(pairs[other][rows]).f1

        yield Figure(section, f"F1 lead over {what}", OURS, len(rows), bootstrap(lead, publishers))


# ---------------------------------------------------------------- strings that must and must not be kept


def silver_section(rows: Sequence[Row], answers: Mapping[str, Sequence[Answer]]) -> Iterator[Figure]:
    """Strings published with the pages, of the text and of what surrounds it, white space collapsed."""
    publishers = [publisher_of(row) for row in rows]
    counts = {
        name: np.array(
            [string_counts(answer.text, row) for answer, row in zip(given, rows, strict=True)],
            np.float64,
        )
        for name, given in answers.items()
    }  # pages × (kept, wanted, left out, unwanted)

    def accuracy(rows: Rows, name: str) -> float:
        kept, wanted, left_out, unwanted = counts[name][rows].sum(0)
        return float((kept + left_out) / (wanted + unwanted))

    def precision(rows: Rows, name: str) -> float:
        kept, _, left_out, unwanted = counts[name][rows].sum(0)
        return float(kept / (kept + unwanted - left_out))

    def recall(rows: Rows, name: str) -> float:
        kept, wanted, *_ = counts[name][rows].sum(0)
        return float(kept / wanted)

    def lead(rows: Rows, name: str) -> float:
        return accuracy(rows, OURS) - accuracy(rows, name)

    for name in counts:
        for measure in (accuracy, precision, recall):
            interval = bootstrap(functools.partial(measure, name=name), publishers)
            yield Figure("silver", measure.__name__, name, len(rows), interval)
    rivals = [name for name in counts if name != OURS]
    if rivals:
        everything = np.arange(len(rows))
        best = max(rivals, key=lambda name: accuracy(everything, name))
        for what, name in (("the best peer", best), (TRAFILATURA, TRAFILATURA)):
            interval = bootstrap(functools.partial(lead, name=name), publishers)
            yield Figure("silver", f"accuracy lead over {what}", OURS, len(rows), interval)


def string_counts(text: str, row: Row) -> tuple[int, int, int, int]:
    """Wanted strings kept and in all, unwanted ones left out and in all."""
    text = _squeezed(text)
    kept = [_squeezed(part) in text for part in row["must_contain"] or ()]
    left_out = [_squeezed(part) not in text for part in row["must_not_contain"] or ()]
    return sum(kept), len(kept), sum(left_out), len(left_out)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


# ---------------------------------------------------------------- characters of blocks


def kept_of(flagger: Flagger, page: Page) -> tuple[Floats, Floats]:
    """Characters of each block that the cleaned text has, and that segments have at all."""
    found = split([page.text], flagger.config.sentences, flagger.model, Pages([page], [None]), flagger.page_model)
    if found is None:
        return np.zeros(len(page)), np.zeros(len(page))
    spans = found.spans
    block = np.searchsorted(page.start, spans.start, side="right") - 1
    size = (spans.end - spans.start).astype(np.float64)
    keeps = np.array([flagger.config.keeps(kind, page=True) for kind in KINDS])
    kept = keeps[found.best(flagger.page_threshold)]
    of_kept, of_all = (np.bincount(block, weights, len(page)).astype(np.float64) for weights in (size * kept, size))
    return of_kept, of_all


def body_section(
    rows: Sequence[Row], pages: Sequence[LabelledPage | None], htmls: Sequence[str], flaggers: Sequence[Flagger]
) -> Iterator[Figure]:
    """Characters kept of the article's blocks and of the others; titles are neither."""
    sums = []
    for row, page, html in zip(rows, pages, htmls, strict=True):
        if page is None:  # nothing of it is kept, all of the article lost
            sums.append((0.0, 0.0, float(sum(len(part["text"]) for part in row["gold"]))))
            continue
        flagger = flaggers[fold_of(page.publisher)]
        kept, size = kept_of(flagger, page.page)
        # What is measured is what users get.
        segments = flagger.flag_html(html).segments
        assert kept.sum() == sum(len(each.text) for each in segments if flagger.config.keeps(each.kind, page=True))
        label = np.array(page.labels if row["region"] is not None else labels_by_gold(page.page, row))
        own = np.isin(label, _ARTICLE)
        counts = (label != UNKNOWN) & (label != TITLE)
        sums.append((float(kept[own].sum()), float(kept[counts].sum()), float(size[own].sum())))
    common, left, wanted = np.array(sums, np.float64).T
    assert wanted.all()
    publishers = [publisher_of(row) for row in rows]
    for name, part, whole in (("precision", common, left), ("recall", common, wanted)):

        def pooled(rows: Rows, part: Floats = part, whole: Floats = whole) -> float:
            return float(part[rows].sum() / whole[rows].sum())

        def mean(rows: Rows, part: Floats = part, whole: Floats = whole) -> float:
            return float((part[rows] / np.maximum(whole[rows], 1)).mean())

        yield Figure("body", f"all pages together: {name}", OURS, len(pages), bootstrap(pooled, publishers))
        yield Figure("body", f"mean of the pages: {name}", OURS, len(pages), bootstrap(mean, publishers))


def labels_by_gold(page: Page, row: Row) -> list[int]:
    """Labels of a page too short to have a region of its own: its gold text is all that is known of it."""
    known = {"yes": BODY, "heading": BODY, "no": OUTSIDE}
    lines = [line["text"] for line in row["lines"]]
    return [
        known.get(str(given), UNKNOWN) for given in align(page.text, lines, [one["in_gold"] for one in row["lines"]])
    ]


def found_section(
    pages: Sequence[LabelledPage], flaggers: Sequence[Flagger], donors: Sequence[Donor]
) -> Iterator[Figure]:
    """Teasers in a paragraph's own markup, and paragraphs linked as a whole, set into pages."""
    by_fold: list[list[Donor]] = [[] for _ in flaggers]
    for donor in donors:
        by_fold[fold_of(donor.publisher)].append(donor)
    sums, publishers = [], []
    for number, host in enumerate(pages):
        fold = fold_of(host.publisher)
        # Seeded by place, so that a changed page changes no other one.
        draws = [
            set_in(host, by_fold[fold], np.random.default_rng([SEED, draw, number]), linked_share=0)
            for draw in range(DRAWS)
        ]
        made = [page for page in draws if page is not None]
        if made:
            sums.append(np.sum([set_in_counts(page, flaggers[fold]) for page in made], axis=0))
            publishers.append(host.publisher)
    counts = np.array(sums, np.float64)

    def rate(rows: Rows, part: int) -> float:
        total = counts[rows].sum(0)
        return float(total[2 * part] / total[2 * part + 1])

    for part, what in enumerate(("teasers found", "paragraphs linked as a whole, kept", "body characters kept")):
        interval = bootstrap(functools.partial(rate, part=part), publishers)
        yield Figure("found", what, OURS, DRAWS * len(counts), interval)


def set_in_counts(made: LabelledPage, flagger: Flagger) -> Floats:
    """Of a made page: teasers found and set in, linked paragraphs kept and all, body characters kept and all."""
    kept, size = kept_of(flagger, made.page)
    label = np.array(made.labels)
    changed = np.isin(np.arange(len(label)), made.made)
    teaser, linked, body = changed & (label == TEASER), changed & (label == BODY), label == BODY
    return np.array(
        (
            (size - kept >= FOUND * size)[teaser].sum(),
            teaser.sum(),
            (kept >= FOUND * size)[linked].sum(),
            linked.sum(),
            kept[body].sum(),
            size[body].sum(),
        ),
        np.float64,
    )


# ---------------------------------------------------------------- times


def in_turns(work: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Seconds that pieces of work take, in rounds, so that whatever else the machine does falls on all of them."""
    rounds = [{name: timed(piece) for name, piece in work.items()} for _ in range(ROUNDS)]
    return {name: [each[name] for each in rounds] for name in work}


def _of_rounds(values: Sequence[float]) -> Interval:
    return Interval(statistics.median(values), min(values), max(values))


def speed_section(htmls: Sequence[str], flagger: Flagger, peers: Mapping[str, PagePeer]) -> Iterator[Figure]:
    """Every way in which we read a page, and peers, on the same pages in turns."""
    full = Flagger(model=flagger.model, pages=flagger.page_model, explain=True)

    def each(read: Callable[[str], object]) -> Callable[[], None]:
        def all_pages() -> None:
            for html in htmls:
                read(html)

        return all_pages

    def piped() -> None:
        for _ in flagger.pipe(htmls, input="html"):
            pass

    ours: dict[str, Callable[[], object]] = {
        "`clean_html`": each(flagger.clean_html),
        "`flag_html`, explain=False": each(flagger.flag_html),
        "`flag_html`, explain=True": each(full.flag_html),
        '`pipe`, input="html", explain=False': piped,
    }
    theirs: dict[str, Callable[[], object]] = {
        name: each(lambda html, peer=peers[name]: peer(html, None, "en"))  # type: ignore[misc]
        for name in (TRAFILATURA, "Resiliparse")
        if name in peers
    }
    for html in htmls[:20]:  # warm
        full.flag_html(html)
        flagger.clean_html(html)
    with quiet():
        seconds = in_turns({**ours, **theirs})
    for name, times in seconds.items():
        interval = _of_rounds([len(htmls) / each_time for each_time in times])
        yield Figure("speed", name, OURS if name in ours else name, len(htmls), interval)
    if theirs:
        ratios = [other / own for other, own in zip(seconds[TRAFILATURA], seconds["`clean_html`"], strict=True)]
        yield Figure("speed", "`clean_html` against trafilatura", OURS, len(htmls), _of_rounds(ratios))


def parser_section(htmls: Sequence[str], *, with_peers: bool) -> Iterator[Figure]:
    """Parsing alone, by ours and by the parsers that it was chosen from, and all our reading of a page."""
    parsers: dict[str, Callable[[str], object]] = {"selectolax (lexbor)": parse}
    if with_peers:
        import lxml.html
        from resiliparse.parse.html import HTMLTree

        def by_lxml(html: str) -> object:
            # Bytes: lxml refuses text that declares an encoding.
            return lxml.html.document_fromstring(
                html.encode("utf-8", "replace"), lxml.html.HTMLParser(encoding="utf-8")
            )

        parsers["lxml (libxml2)"] = by_lxml
        parsers["Resiliparse (lexbor)"] = HTMLTree.parse
    parsers["our `read_page`: parsing, text and tree"] = read_page

    def each(read: Callable[[str], object]) -> Callable[[], None]:
        def all_pages() -> None:
            for html in htmls:
                read(html)

        return all_pages

    with quiet():
        seconds = in_turns({name: each(read) for name, read in parsers.items()})
    for name, times in seconds.items():
        interval = _of_rounds([value * 1e3 / len(htmls) for value in times])
        yield Figure("parsers", name, OURS if name.startswith("our") else name, len(htmls), interval)


# ---------------------------------------------------------------- printing


def markdown(figures: Sequence[evaluate.Figure], failures: Mapping[str, Mapping[str, int]]) -> str:
    """The whole table."""
    parts = []
    for section, title in TITLES.items():
        here = [figure for figure in figures if figure.section == section]
        if not here:
            continue
        timed_section = section in _TIMES
        rows = [
            (
                figure.name,
                str(figure.pages),
                f"{figure.interval.value:.3g}"
                if timed_section
                else said(figure.interval, sign="lead over" in figure.name),
                f"{figure.interval.low:.3g} to {figure.interval.high:.3g}"
                if timed_section
                else said_range(figure.interval),
                "" if figure.floor is None else f"{figure.floor:g}",
                {None: "", True: "yes", False: "**no**"}[figure.met],
            )
            for figure in here
            if timed_section or figure.system == OURS
        ]
        spread = "lowest to highest round" if timed_section else "95 % interval"
        parts += [f"## {title}", table(("figure", "pages", "value", spread, "floor", "reached"), rows)]
        if timed_section:
            continue
        systems = list(dict.fromkeys(figure.system for figure in here))
        if len(systems) > 1:
            shared = {figure.name for figure in here if figure.system != OURS}
            parts.append(comparison([figure for figure in here if figure.name in shared], systems))
            parts.append(f"The best peer is {best_peer(here)}.")
        failed = [
            f"{name.partition(': ')[2]} {n['empty']}" + (f" ({n['raised']} raised an error)" if n["raised"] else "")
            for name, n in failures.items()
            if n["empty"] and name.startswith(f"{section}: ")
        ]
        if failed:
            parts.append(
                "Pages without any text in the answer, which count like all others: " + ", ".join(failed) + "."
            )
    return "\n\n".join(parts)


def best_peer(figures: Sequence[evaluate.Figure]) -> str:
    """The peer that the lead over the best one is measured against."""
    main_figure = {"silver": "accuracy"}.get(figures[0].section, "F1")
    theirs = [figure for figure in figures if figure.name == main_figure and figure.system != OURS]
    return max(theirs, key=lambda figure: figure.interval.value).system


def record(figures: Sequence[evaluate.Figure], path: Path) -> None:
    """Write our figures into a model's record, rounded to four digits; times are a machine's, not the model's."""
    metrics = metrics_of([figure for figure in figures if figure.section not in _TIMES])
    page_models.save(dataclasses.replace(page_models.load(path), metrics=metrics), path.parent)


# ---------------------------------------------------------------- command line


def measure(
    data: Path, flaggers: Sequence[Flagger], peers: Mapping[str, PagePeer]
) -> tuple[list[evaluate.Figure], dict[str, dict[str, int]]]:
    """All figures, and how often each system failed."""
    gold = list(read_rows(data / "articles" / "gold.jsonl.gz"))
    silver = list(read_rows(data / "articles" / "silver.jsonl.gz"))
    failures: dict[str, dict[str, int]] = {}
    figures: list[evaluate.Figure] = []

    def texts(section: str, rows: list[dict[str, Any]]) -> Iterator[Figure]:
        answers = answers_to(rows, data, flaggers, peers)
        failures.update(failures_of(section, answers))
        yield from silver_section(rows, answers) if section == "silver" else text_section(section, rows, answers)

    def set_into_pages() -> Iterator[Figure]:
        everything = [*gold_windows(data), *silver_windows(data), *raw_articles(data)]
        yield from found_section(
            [page for page in pages if page is not None], flaggers, donors_for(everything, everything)
        )

    htmls = [html_of(row, data) for row in gold]
    labelled = iter([page for page in labelled_pages(data) if page.whole])
    # One page has no text to see before its scripts have run.
    pages = [next(labelled) if len(read_page(html)) else None for html in htmls]
    assert next(labelled, None) is None
    # Generators: each is worked off, and timed, when its turn comes.
    for name, section in (
        ("fundus", texts("fundus", [row for row in gold if row["source"] == "fundus"])),
        ("readability", texts("readability", [row for row in gold if row["source"] == "readability"])),
        ("body", body_section(gold, pages, htmls, flaggers)),
        ("silver", texts("silver", silver)),
        ("found", set_into_pages()),
        ("speed", speed_section(htmls, flaggers[0], peers)),
        ("parsers", parser_section(htmls, with_peers=bool(peers))),
    ):
        start = time.perf_counter()
        figures += section
        say(f"{name}: {time.perf_counter() - start:.0f} s")
    return figures, failures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 measured, 1 a floor is missed with ``--strict``, 2 error."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="corpus folder with articles/ (and style/) in it")
    parser.add_argument(
        "--models",
        type=Path,
        required=True,
        help="folder with the splitters fold0 … fold3-4, which lack one fold or two, and the models of pages "
        "pages-fold0 …; what is missing is trained and left there",
    )
    parser.add_argument("--views", type=Path, help="folder with the extractors' cached views, to train splitters with")
    add_common_options(parser)
    options = parser.parse_args(arguments)
    peers = {} if options.no_peers else PAGE_PEERS
    try:
        installed = versions() if peers else {}
        flaggers = fold_flaggers(options.data, options.models, options.views)
        figures, failures = measure(options.data, flaggers, peers)
    except (FileNotFoundError, ImportError, NewsflagError, UsageError) as error:
        print(f"pages.py: {error}", file=sys.stderr)
        return 2
    about: dict[str, Any] = {
        "data": data_hash(options.data),
        "models": [
            {
                "fold": fold,
                "splitter": flagger.model.digest,
                "pages": flagger.page_model.digest,
                "threshold": flagger.page_threshold,
            }
            for fold, flagger in enumerate(flaggers)
        ],
        "peers": installed,
    }
    models = ", ".join(
        f"{one['splitter']} with {one['pages']} (threshold {one['threshold']})" for one in about["models"]
    )
    print(f"# Web pages, cross-validated by publisher\n\nData {about['data']}; fold models {models}.\n")
    if installed:
        print(f"Peers: {', '.join(f'{name} {version}' for name, version in installed.items())}.\n")
    print(markdown(figures, failures))
    return conclude("pages.py", options, about, figures, failures, record)


if __name__ == "__main__":
    sys.exit(main())
