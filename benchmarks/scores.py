"""Measure the scores on sources, publishers, passages and sets that they were not trained on.

``python benchmarks/scores.py --data CORPUS --models DIR`` prints Markdown. README.md in
this folder says how the splits work and what each figure is.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

# One core is what the figures are given for. Must be set before numpy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
from _curves import Curve, add_curves
from _measures import Interval, auc, bootstrap, calibration_bins, calibration_error, f1_at
from speed import look

from newsflag import Flagger
from newsflag.kinds import TECHNIQUES
from newsflag.language import BUCKETS, UNDETERMINED, detect
from newsflag.model.scores import HIDDEN, STYLE_COLUMNS, ScoreModel, settings_of_code
from newsflag.model.scores import load as load_scores
from newsflag.model.scores import save as save_scores
from newsflag.model.store import Model, load
from newsflag.scoring import gather, lay_out, off_topic_log_odds, score
from newsflag.splitting import split
from newsflag.training import judged, offtopic, style
from newsflag.training import scores as fitting
from newsflag.training.corpus import FOLDS
from newsflag.training.data import read_rows
from newsflag.training.embedding import Embedding, embed
from newsflag.training.heads import features, platt, sigmoid
from newsflag.training.languages import SCALE, fit_languages, matrix, samples

HELD_OUT: Final = 0
"""Fifth of Webis-17 and of CLICK-ID that is measured on."""

CALIBRATION: Final = "calibration error: "
"""What the names of such figures begin with."""

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Labels = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, with what it must reach: at least, or with ``less`` at most.

    ``bins`` is what :func:`calibration_bins` gives, of errors of calibration.
    """

    name: str
    rows: int
    interval: Interval
    floor: float | None = None
    less: bool = False
    bins: tuple[tuple[float, ...], ...] = ()

    @property
    def met(self) -> bool | None:
        """Whether the floor is reached; None without one."""
        if self.floor is None:
            return None
        value = self.interval.value
        return value <= self.floor if self.less else value >= self.floor


def of_auc(name: str, truth: Labels, score: Doubles, groups: Sequence[str], floor: float | None = None) -> Figure:
    """AUC with its interval over groups."""
    truth, score = np.asarray(truth, bool), np.asarray(score, np.float64)
    return Figure(name, len(truth), bootstrap(lambda rows: auc(truth[rows], score[rows]), groups), floor)


def of_calibration(name: str, truth: Doubles, score: Doubles, groups: Sequence[str]) -> Figure:
    """Expected calibration error with its interval; a graded truth is compared by its mean."""
    graded = np.asarray(truth, np.float64)

    def measure(rows: npt.NDArray[np.int64]) -> float:
        return calibration_error(graded[rows], score[rows])

    interval = bootstrap(measure, groups, resamples=200)
    bins = tuple(map(tuple, calibration_bins(graded, score).tolist()))
    return Figure(f"{CALIBRATION}{name}", len(graded), interval, 0.05, less=True, bins=bins)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class World:
    """What every measurement needs."""

    data: Path
    splitters: list[Model]
    embedding: Embedding
    sets: fitting.Sets


def measured_ids(data: Path) -> set[str]:
    """Ids of rows that are measured on and of the articles that they come from: words are embedded without them."""
    folder = data / "style" / "train"
    gone: set[str] = set()
    for row in read_rows(folder / "wording_en.jsonl.gz"):
        gone |= {row["id"], row["passage"]}
    for name in ("horne2017", "hyperpartisan_byarticle", "fakenews_es"):
        gone |= {row["id"] for row in read_rows(folder / f"{name}.jsonl.gz")}
    for name in ("webis_clickbait17", "clickid_id"):
        gone |= {row["id"] for row in read_rows(folder / f"{name}.jsonl.gz") if judged.fifth(row["id"]) == HELD_OUT}
    return gone | {row["id"] for row in read_rows(folder / "ta1c_es.jsonl.gz") if row["split"] != "train"}


def off_topic(world: World) -> Iterator[Figure]:
    """Five folds by the article's publisher; document frequencies are those of the fold's splitter."""
    kept: list[tuple[offtopic.Pairs, Bools, Doubles]] = []
    for fold, splitter in enumerate(world.splitters):
        found = offtopic.pairs(world.data, splitter.idf)
        held = found.fold == fold
        head, _ = fitting.fit_off_topic(found, ~held)
        kept.append((found, held, sigmoid(off_topic_log_odds(found.values[held], head).astype(np.float64))))
    task = np.concatenate([found.task[held] for found, held, _ in kept])
    foreign = np.concatenate([found.foreign[held] for found, held, _ in kept])
    groups = np.concatenate([found.publisher[held] for found, held, _ in kept])
    score = np.concatenate([score for *_, score in kept])
    for name, what, floor in (
        ("headline", "off_topic: headline and body belong together or not, AUC", 0.98),
        ("transplanted", "off_topic: teasers set in against own paragraphs and headings, AUC", 0.97),
        ("related", "off_topic: annotated teasers, unrelated against related, AUC", 0.80),
    ):
        some = task == name
        yield of_auc(what, foreign[some], score[some], groups[some].tolist(), floor)
    some = task != "headline"
    yield of_calibration("off_topic", foreign[some].astype(float), score[some], groups[some].tolist())


def clickbait(world: World) -> Iterator[Figure]:
    """Webis-17 and CLICK-ID without a fifth, TA1C without its validation part, stop_clickbait never seen."""
    sets, source = world.sets, world.sets.source
    target = sets.rows.targets["clickbait"]
    fifth = np.array([judged.fifth(group) for group in sets.rows.groups])
    keep = ~(np.isin(source, ("webis", "clickid")) & (fifth == HELD_OUT)) & (source != "ta1c_validation")
    head = fitting.calibrated_head(sets, "clickbait", keep)
    rows = np.flatnonzero((source == "webis") & ~keep)
    score, truth = sigmoid(head.log_odds(sets.values[rows])), target[rows]
    groups = [sets.rows.groups[row] for row in rows.tolist()]
    squares = (score - truth) ** 2
    interval = bootstrap(lambda drawn: float(squares[drawn].mean()), groups)
    yield Figure("clickbait: Webis-17, a fifth held out, mean squared error", len(rows), interval, 0.0315, less=True)
    yield of_auc("clickbait: Webis-17, a fifth held out, AUC", truth >= 0.5, score, groups)
    other = list(read_rows(world.data / "style" / "train" / "stop_clickbait.jsonl.gz"))
    texts = features([row["text"] for row in other], ["en"] * len(other), world.embedding)
    yield of_auc(
        "clickbait: stop_clickbait, left out, AUC",
        np.array([row["label"] == 1 or row["label"] == "1" for row in other]),
        head.log_odds(texts),
        [row["id"] for row in other],
        0.965,
    )
    yield of_calibration("clickbait (Webis-17)", truth, score, groups)
    for name, part, what, floor in (
        ("clickbait_es", "ta1c_validation", "clickbait: ta1c_es, official validation part, F1", 0.74),
        ("clickbait_id", "clickid", "clickbait: clickid_id, a fifth held out, F1", 0.75),
    ):
        own, log_odds = fitting.out_of_fold(sets, name, keep)
        threshold = best_threshold(target[own] >= 0.5, log_odds)
        slope, intercept = platt(log_odds, target[own])
        rows = np.flatnonzero((source == part) & ~keep)
        raw, truth = fitting.fit_head(sets, name, keep).log_odds(sets.values[rows]), target[rows]
        groups = [sets.rows.groups[row] for row in rows.tolist()]
        found = raw >= threshold
        yield Figure(what, len(rows), bootstrap(f1_of(truth >= 0.5, found), groups), floor)
        yield of_auc(what.replace("F1", "AUC"), truth >= 0.5, raw, groups)
        yield of_calibration(name, truth, sigmoid(raw * slope + intercept), groups)


def f1_of(truth: Bools, found: Bools) -> Callable[[npt.NDArray[np.int64]], float]:
    """F1 of drawn rows."""
    return lambda rows: f1_at(truth[rows], found[rows]).f1


def best_threshold(truth: Bools, score: Doubles) -> float:
    """Threshold of best F1."""
    candidates = np.unique(np.quantile(score, np.linspace(0.05, 0.95, 91)))
    return float(candidates[int(np.argmax([f1_at(truth, score >= each).f1 for each in candidates]))])


def teasers(world: World) -> Iterator[Figure]:
    """Annotated teasers by publisher: the heads are fitted without the fold's publishers."""
    rows, marks = judged.teasers(world.data)
    values = features(rows.texts, rows.languages, world.embedding)
    fold = np.array([judged.fifth(group) for group in rows.groups])
    score = np.zeros((len(rows), 2))
    groups = world.sets.group
    for number in range(FOLDS):
        held = fold == number
        keep = ~np.isin(groups, np.unique(np.array(rows.groups)[held]))
        for column, name in enumerate(("clickbait", "sensational")):
            score[held, column] = fitting.fit_head(world.sets, name, keep).log_odds(values[held])
    some = (marks == 0) | (marks == 2)
    joint = score.mean(axis=1)  # a mark says both at once: how enticing and how lurid
    part = [rows.groups[row] for row in np.flatnonzero(some).tolist()]
    what = "annotated teasers, marked 2 against marked 0, AUC"
    yield of_auc(f"clickbait or sensational: {what}", marks[some] == 2, joint[some], part, 0.85)
    yield of_auc(f"clickbait alone: {what}", marks[some] == 2, score[some, 0], part)
    yield of_auc(f"sensational alone: {what}", marks[some] == 2, score[some, 1], part)


def wording(world: World) -> Iterator[Figure]:
    """wording_en by passage; BABE never seen."""
    sets = world.sets
    everything = np.ones(len(sets.rows), bool)
    babe = list(read_rows(world.data / "style" / "measure" / "babe.jsonl.gz"))
    foreign = features([row["text"] for row in babe], ["en"] * len(babe), world.embedding)
    floors = {"sensational": 0.78, "persuasion": 0.78}
    for head in ("sensational", "persuasion", "quoted", "vague_source", *TECHNIQUES):
        rows, log_odds = fitting.out_of_fold(sets, head, everything)
        groups = [sets.rows.groups[row] for row in rows.tolist()]
        truth = sets.rows.targets[head][rows]
        if head in floors:
            score = crossed_tone(groups, log_odds, truth)
            yield of_auc(f"{head}: wording_en, unseen passages, AUC", truth, score, groups, floors[head])
            yield of_auc(f"{head}: the same, each sentence by itself, AUC", truth, log_odds, groups)
            yield of_calibration(f"{head} (wording_en)", truth, sigmoid(score), groups)
        else:
            yield of_auc(f"{head}: wording_en, unseen passages, AUC", truth, log_odds, groups)
        if head == "sensational":
            score = fitting.fit_head(sets, head, everything).log_odds(foreign)
            labels = np.array([row["label"] for row in babe])
            topics = [row["topic"] for row in babe]
            yield of_auc("sensational: BABE, left out, AUC", labels, score, topics, 0.78)


def crossed_tone(groups: Sequence[str], log_odds: Doubles, truth: Doubles) -> Doubles:
    """Calibrated log-odds of sentences among those of their passage, the layer fitted on other passages."""
    names = np.array(groups)
    total, size = {}, {}
    for name in dict.fromkeys(groups):
        some = names == name
        total[name], size[name] = float(log_odds[some].sum()), int(some.sum())
    others = np.array(
        [(total[name] - value) / max(size[name] - 1, 1) for name, value in zip(groups, log_odds.tolist(), strict=True)]
    )
    fold = np.array([judged.fifth(f"tone {name}") for name in groups])
    score = np.zeros(len(groups))
    for number in range(FOLDS):
        held = fold == number
        rest = [name for name, gone in zip(groups, held.tolist(), strict=True) if not gone]
        tone = fitting.fit_tone(rest, log_odds[~held], truth[~held])
        score[held] = tone.log_odds(log_odds[held], others[held])
    return score


def misinformation(world: World, splitter: Model) -> Iterator[Figure]:
    """Each set left out: the layer learns from the others, and the heads without its sentences and headlines."""
    articles = style.articles(world.data)
    source = articles.source
    passages = world.sets.group
    own = {
        "hyperpartisan": np.char.startswith(passages, "hp-"),
        "fakenews_es": np.char.startswith(passages, "fakenews_es:"),
    }
    everything = np.zeros(len(passages), bool)
    values: dict[str, Doubles] = {}
    for name in style.SETS:
        gone = own.get(name, everything)
        key = name if gone.any() else "all"
        if key not in values:
            values[key] = style.style_rows(articles, splitter, provisional(world, ~gone))
        values[name] = values[key]
    areas, scores, truths, groups = [], [], [], []
    for name in style.SETS:
        out = source == name
        layer = style.fit_style(values[name][~out], articles.unreliable[~out], source[~out].tolist())
        log_odds = layer.log_odds(values[name])
        # Calibrated as far as the other sets can: on what each of them says of the others.
        rest = [other for other in style.SETS if other != name]
        inner, truth, origin = [], [], []
        for other in rest:
            inside = out | (source == other)
            probe = style.fit_style(values[name][~inside], articles.unreliable[~inside], source[~inside].tolist())
            inner.append(probe.log_odds(values[name][source == other]))
            truth.append(articles.unreliable[source == other])
            origin.append(source[source == other])
        labels = np.concatenate(truth)
        weight = style.balance(labels, np.concatenate(origin))
        slope, intercept = platt(np.concatenate(inner), labels.astype(float), weight)
        score = sigmoid(log_odds[out] * max(slope, 0) + intercept)
        ids = [f"{name}-{number}" for number in range(int(out.sum()))]
        figure = of_auc(f"misinformation: {name} left out, AUC", articles.unreliable[out], score, ids)
        areas.append(figure.interval)
        scores.append(score)
        truths.append(articles.unreliable[out].astype(float))
        groups += ids
        yield figure
    mean = Interval(*(float(np.mean([getattr(area, field) for area in areas])) for field in Interval._fields))
    yield Figure("misinformation: mean of the sets left out, AUC", len(groups), mean, 0.70)
    yield of_calibration("misinformation (sets left out)", np.concatenate(truths), np.concatenate(scores), groups)


def provisional(world: World, keep: Bools) -> ScoreModel:
    """A model whose wording heads are fitted on some of the rows; its other heads say nothing."""
    arrays, _ = fitting.fit_wording(world.sets, world.embedding, keep)
    related = len(offtopic.COLUMNS)
    names = ("off_topic", "clickbait", "sensational", "persuasion", "misinformation")
    return ScoreModel(
        name="provisional",
        version="0",
        digest="",
        **arrays,
        off_mean=np.zeros(related, np.float32),
        off_scale=np.ones(related, np.float32),
        off_first=np.zeros((related, HIDDEN), np.float32),
        off_first_bias=np.zeros(HIDDEN, np.float32),
        off_second=np.zeros(HIDDEN, np.float32),
        off_second_bias=np.zeros(1, np.float32),
        article_mean=np.zeros(len(STYLE_COLUMNS), np.float32),
        article_scale=np.ones(len(STYLE_COLUMNS), np.float32),
        article_weights=np.zeros(len(STYLE_COLUMNS), np.float32),
        article_bias=np.zeros(1, np.float32),
        language=np.zeros((BUCKETS, 1), np.float32),
        language_bias=np.zeros(1, np.float32),
        detected=("en",),
        thresholds=dict.fromkeys(names, 0.5),
        languages=dict.fromkeys(names, ()),
        bases=dict.fromkeys(names, 0.0),
        shrinkage=dict.fromkeys(names, 1.0),
        settings=settings_of_code(),
        metrics={},
        training={},
    )


def languages(data: Path) -> Iterator[Figure]:
    """Languages told apart, a fifth of the texts held out."""
    found = samples(data)
    held = np.array([judged.fifth(text) == HELD_OUT for text, _ in found])
    table, bias, codes = fit_languages([sample for sample, out in zip(found, held, strict=True) if not out])
    rest = [
        sample
        for sample, out in zip(found, held, strict=True)
        if out and len(sample[0]) >= 25 and sample[1] != UNDETERMINED
    ]
    logits = matrix([text for text, _ in rest]) @ (table / SCALE) + bias
    right = np.array([codes[best] for best in logits.argmax(axis=1)]) == np.array([code for _, code in rest])
    long = np.array([len(text) >= 150 for text, _ in rest])
    for what, some in (("texts of at least 25 characters", np.ones(len(rest), bool)), ("of at least 150", long)):
        hits = right[some]
        rows = [str(number) for number in range(len(hits))]
        interval = bootstrap(lambda drawn, hits=hits: float(hits[drawn].mean()), rows, resamples=200)  # type: ignore[misc]
        yield Figure(f"language: {len(set(codes) - {UNDETERMINED})} languages, {what}, accuracy", len(hits), interval)


def cost(root: Path) -> Iterator[Figure]:
    """Time of splitting and all scores, and of whole reports without reasons, against that of splitting alone."""
    text = next((root / "seeds").glob("*.txt")).read_text(encoding="utf-8")
    flagger = Flagger(explain=False)
    batch = [text] * 32
    model, scores = flagger.model, flagger.scores

    def judge() -> None:
        found = split(batch, "auto", model)
        if found is None:
            raise ValueError("the seed article is blank")
        tokens = found.own.tokens
        laid = lay_out(batch, [None] * len(batch), found.batch, found.spans, tokens, found.best(flagger.threshold))
        doc = found.spans.doc[tokens.segment]
        spoken = detect(found.batch, tokens, doc, len(batch), scores.language, scores.language_bias, scores.detected)
        score(gather(laid, spoken, model.idf, found.topic, found.own.surface), spoken, scores)

    steps: tuple[Callable[[], object], ...] = (
        lambda: split(batch, "auto", model),
        judge,
        lambda: list(map(look, flagger.pipe(batch))),
    )
    times = np.zeros((31, len(steps)))
    for run in range(len(times)):
        for number, step in enumerate(steps):
            begun = time.perf_counter()
            step()
            times[run, number] = time.perf_counter() - begun
    for number, what, floor in ((1, "splitting and all scores", 2.0), (2, "whole reports", None)):
        low, value, high = np.quantile(times[1:, number] / times[1:, 0], [0.1, 0.5, 0.9]).tolist()
        yield Figure(f"cost: {what} against splitting alone", 32, Interval(value, low, high), floor, less=True)


def table(figures: Sequence[Figure]) -> str:
    """Markdown table."""
    lines = ["| figure | rows | value | 95 % interval | floor | reached |", "|---|---|---|---|---|---|"]
    for figure in figures:
        sign = "≤ " if figure.less else ""
        floor = "" if figure.floor is None else f"{sign}{figure.floor:g}"
        met = {None: "", True: "yes", False: "NO"}[figure.met]
        value, low, high = figure.interval
        lines.append(f"| {figure.name} | {figure.rows} | {value:.4f} | {low:.4f} to {high:.4f} | {floor} | {met} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the scores.")
    parser.add_argument("--data", type=Path, required=True, help="corpus folder with articles/ and style/ in it")
    parser.add_argument("--models", type=Path, required=True, help="folder with the splitter's fold0 … fold4")
    parser.add_argument("--json", type=Path, help="write every figure there too")
    parser.add_argument("--record", type=Path, help="write the figures into this scores model's record")
    parser.add_argument("--curves", type=Path, help="JSON file to add the bins of the errors of calibration to")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a floor is missed")
    options = parser.parse_args(arguments)
    try:
        splitters = [load(options.models / f"fold{fold}") for fold in range(FOLDS)]
        embedding = embed(fitting.running_texts(options.data, measured_ids(options.data)))
        world = World(options.data, splitters, embedding, fitting.load_sets(options.data, embedding))
    except (OSError, ValueError) as error:
        print(f"scores.py: {error}", file=sys.stderr)
        return 2
    figures = [
        *off_topic(world),
        *clickbait(world),
        *teasers(world),
        *wording(world),
        *misinformation(world, load()),
        *languages(options.data),
        *cost(Path(__file__).parents[1]),
    ]
    print(table(figures))
    rows: list[dict[str, Any]] = [
        {
            "name": figure.name,
            "rows": figure.rows,
            "value": figure.interval.value,
            "low": figure.interval.low,
            "high": figure.interval.high,
            "floor": figure.floor,
            "met": figure.met,
        }
        for figure in figures
    ]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if options.curves:
        curves = [Curve(f.name.removeprefix(CALIBRATION), f.rows, f.bins) for f in figures if f.bins]
        add_curves(options.curves, curves)
    if options.record:
        model = load_scores(options.record)
        metrics = {row["name"]: [round(row[key], 4) for key in ("value", "low", "high")] for row in rows}
        save_scores(dataclasses.replace(model, metrics=metrics), options.record.parent)
    return int(options.strict and any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
