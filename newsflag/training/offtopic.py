"""Fitting the off-topic head: what belongs to an article beside what belongs to another one."""

from __future__ import annotations

import dataclasses
import random
import warnings
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from newsflag._text import Floats, Ints, make_batch
from newsflag.evidence.relation import COLUMNS, relation_evidence
from newsflag.evidence.surface import surface_evidence
from newsflag.evidence.tokens import tokenize
from newsflag.evidence.topic import topic_evidence
from newsflag.evidence.wording import stem_hashes
from newsflag.kinds import KEPT_KINDS, KINDS
from newsflag.model.network import CLIP
from newsflag.model.scores import HIDDEN, OffTopic
from newsflag.segmentation import mark_lead_ins
from newsflag.segmentation.leadins import find_lead_ins
from newsflag.segmentation.lines import split_lines
from newsflag.training.corpus import fold_of
from newsflag.training.data import AFTER, BEFORE, gold_windows, pages, raw_articles, read_rows, silver_windows
from newsflag.training.publishers import publisher_key

TASKS: Final = ("headline", "transplanted", "related")
"""What is told apart: an article's own headline from another's; its own lines from teasers set in; teasers by
whether a reader found them related."""

SEED: Final = 3
SET_IN: Final = 3  # foreign teasers in an article
_LEAST: Final = 600  # characters of body that an article has at least
_DONORS: Final = 20  # teasers of a language that it takes to draw from
_CHUNK: Final = 200
_EPOCHS: Final = 12
_ALPHA: Final = 1.0
_HEADLINES: Final = 800  # characters of an article whose headline is asked about


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Lines with the article that they stand in.

    Parameters
    ----------
    values : float32 array, shape (lines, relation columns)
    foreign : int64 array, shape (lines,)
        1 for what is about something else.
    task : str array
        One of :data:`TASKS`.
    fold : int64 array
        By the publisher of the article.
    publisher, source : str arrays
    """

    values: Floats
    foreign: Ints
    task: npt.NDArray[np.str_]
    fold: Ints
    publisher: npt.NDArray[np.str_]
    source: npt.NDArray[np.str_]


Asked = dict[int, tuple[int, str]]  # line -> (foreign, task)


def _line(text: str) -> str:
    return " ".join(text.split())


def pairs(data: Path, idf: Floats) -> Pairs:
    """Everything that the head learns from and is measured on."""
    articles = [
        *_headlines(data, random.Random(SEED)),
        *_transplanted(data, random.Random(SEED)),
        *_related(data),
    ]
    values, foreign, task, publisher, source = [], [], [], [], []
    for low in range(0, len(articles), _CHUNK):
        part = articles[low : low + _CHUNK]
        evidence, first = _evidence([text for text, *_ in part], idf)
        for (_, asked, key, origin), begin in zip(part, first, strict=True):
            for line, (label, name) in asked.items():
                values.append(evidence[begin + line])
                foreign.append(label)
                task.append(name)
                publisher.append(key)
                source.append(origin)
    keys = np.array(publisher)
    folds = {key: fold_of(key) for key in set(publisher)}
    return Pairs(
        np.array(values, np.float32),
        np.array(foreign),
        np.array(task),
        np.array([folds[key] for key in publisher]),
        keys,
        np.array(source),
    )


def _evidence(texts: Sequence[str], idf: Floats) -> tuple[Floats, list[int]]:
    batch = make_batch(texts)
    spans = mark_lead_ins(split_lines(batch), find_lead_ins(batch.text))
    tokens = tokenize(batch, spans)
    topic = topic_evidence(batch, spans, tokens, idf)
    surface = surface_evidence(batch, spans, tokens)
    values = relation_evidence(batch, spans, tokens, stem_hashes(batch, tokens), topic, surface, idf)
    return values, np.searchsorted(spans.doc, np.arange(len(texts))).tolist()


def _headlines(data: Path, draw: random.Random) -> list[tuple[str, Asked, str, str]]:
    rows = [
        row
        for row in read_rows(data / "style" / "train" / "article_bias_en.jsonl.gz")
        if row.get("title") and len(row["text"]) > _HEADLINES
    ]
    found = []
    for row in rows:
        body = "\n".join(line.strip() for line in row["text"].split("\n") if line.strip())
        other = rows[draw.randrange(len(rows))]
        key = publisher_key(row["site"])
        found.append((f"{_line(row['title'])}\n{body}", {0: (0, "headline")}, key, "headlines"))
        if other is not row:
            found.append((f"{_line(other['title'])}\n{body}", {0: (1, "headline")}, key, "headlines"))
    return found


def _transplanted(data: Path, draw: random.Random) -> list[tuple[str, Asked, str, str]]:
    articles = gold_windows(data) + silver_windows(data) + raw_articles(data)
    teaser = KINDS.index("teaser")
    donors = defaultdict(list)
    for article in articles:
        for line, label in zip(article.lines, article.labels, strict=True):
            if label == teaser and len(line.split()) >= 4:
                donors[article.language].append((_line(line), article.publisher))
    found = []
    for article in articles:
        own = [
            _line(line)
            for line, label in zip(article.lines, article.labels, strict=True)
            if 0 <= label < len(KEPT_KINDS) and any(map(str.isalnum, line))
        ]
        others = [text for text, publisher in donors[article.language] if publisher != article.publisher]
        if sum(map(len, own)) < _LEAST or len(others) <= _DONORS:
            continue
        lines = [(line, 0) for line in own]
        places = sorted(draw.sample(range(1, len(lines) + 1), min(SET_IN, len(lines))), reverse=True)
        for place, text in zip(places, draw.sample(others, SET_IN), strict=False):
            lines.insert(place, (text, 1))
        asked = {number: (label, "transplanted") for number, (_, label) in enumerate(lines)}
        found.append(("\n".join(line for line, _ in lines), asked, article.publisher, article.source))
    return found


def _related(data: Path) -> list[tuple[str, Asked, str, str]]:
    found = []
    for name, row, key in pages(data):
        lines = row["lines"]
        if name != "raw":
            if not row["annotated"]:
                continue
            first, last = row["region" if name == "gold" else "window"]
            lines = lines[max(0, first - BEFORE) : last + AFTER + 1] if name == "gold" else lines[first : last + 1]
        lines = [line for line in lines if line["text"].strip()]
        asked = {
            number: (int(not line["related"]), "related")
            for number, line in enumerate(lines)
            if line.get("related") is not None
        }
        if asked:
            found.append(("\n".join(_line(line["text"]) for line in lines), asked, key, name))
    return found


def fit_off_topic(found: Pairs, rows: npt.NDArray[np.bool_]) -> OffTopic:
    """Fit the head; each task and each side of it counts the same."""
    weight = np.zeros(len(found.foreign))
    for task in TASKS:
        for label in (0, 1):
            some = rows & (found.task == task) & (found.foreign == label)
            weight[some] = 1 / max(int(some.sum()), 1)
    values, weight = found.values[rows], weight[rows]
    mean, scale = values.mean(0), np.maximum(values.std(0), 1e-3)
    scaled = np.clip((values - mean) / scale, -CLIP, CLIP)
    net = MLPClassifier((HIDDEN,), alpha=_ALPHA, max_iter=_EPOCHS, random_state=SEED, batch_size=256)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is part of the penalty
        net.fit(scaled, found.foreign[rows], sample_weight=weight / weight.mean())
    (first, second), (first_bias, second_bias) = net.coefs_, net.intercepts_
    return OffTopic(
        off_mean=mean.astype(np.float32),
        off_scale=scale.astype(np.float32),
        off_first=first.astype(np.float32),
        off_first_bias=first_bias.astype(np.float32),
        off_second=second[:, 0].astype(np.float32),
        off_second_bias=second_bias.astype(np.float32),
    )


def calibrated(head: OffTopic, slope: float, intercept: float) -> OffTopic:
    """The head with Platt scaling worked into its last layer."""
    return dataclasses.replace(
        head,
        off_second=(head.off_second * slope).astype(np.float32),
        off_second_bias=(head.off_second_bias * slope + intercept).astype(np.float32),
    )


__all__ = ["COLUMNS", "TASKS", "Pairs", "calibrated", "fit_off_topic", "pairs"]
