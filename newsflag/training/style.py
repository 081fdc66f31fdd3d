"""Fitting the misinformation score: how unreliable sources write, whatever about."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from newsflag._text import Doubles, Ints
from newsflag.model.network import CLIP
from newsflag.model.scores import ScoreModel
from newsflag.model.store import Model
from newsflag.scoring import gather, lay_out, score
from newsflag.splitting import split
from newsflag.training.data import WRITTEN, read_lines, read_rows

SETS: Final = ("horne2017", "hyperpartisan", "fakenews_es")
PENALTY: Final = 0.003
SCALE_FLOOR: Final = 1e-3
_BATCH: Final = 64


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Articles:
    """Articles with a label of the source that they come from.

    Parameters
    ----------
    unreliable : int64 array
        1 for fake and satire (horne2017), hyperpartisan, fake (fakenews_es), and ours in that style.
    source : str array
        Set that each is from.
    """

    texts: list[str]
    titles: list[str | None]
    languages: list[str]
    unreliable: Ints
    source: npt.NDArray[np.str_]


def articles(data: Path) -> Articles:
    """The three sets, and pairs of articles on the same made-up story that we wrote ourselves."""
    rows: list[tuple[str, str | None, str, int, str]] = []
    folder = data / "style" / "train"
    rows += [
        (row["text"], row["title"], "en", int(row["label"] != "real"), "horne2017")
        for row in read_rows(folder / "horne2017.jsonl.gz")
    ]
    rows += [
        (row["text"], row["title"], "en", int(row["label"]), "hyperpartisan")
        for row in read_rows(folder / "hyperpartisan_byarticle.jsonl.gz")
    ]
    rows += [
        (row["text"], row["title"], "es", int(row["label"]), "fakenews_es")
        for row in read_rows(folder / "fakenews_es.jsonl.gz")
    ]
    rows += [
        (row["text"], row["title"], row["language"], int(row["style"] == "unreliable"), "written")
        for row in read_lines(WRITTEN / "styles.jsonl")
    ]
    rows = [row for row in rows if row[0].strip()]
    return Articles(
        [row[0] for row in rows],
        [row[1] or None for row in rows],
        [row[2] for row in rows],
        np.array([row[3] for row in rows]),
        np.array([row[4] for row in rows]),
    )


def style_rows(found: Articles, splitter: Model, model: ScoreModel) -> Doubles:
    """Style evidence of each article, shape (articles, STYLE_COLUMNS)."""
    parts = []
    for low in range(0, len(found.texts), _BATCH):
        texts, titles = found.texts[low : low + _BATCH], found.titles[low : low + _BATCH]
        languages = found.languages[low : low + _BATCH]
        looked = split(texts, "auto", splitter)
        if looked is None:
            raise ValueError("an article holds nothing but white space")
        kind = looked.best(splitter.threshold)
        laid = lay_out(texts, titles, looked.batch, looked.spans, looked.own.tokens, kind)
        parts.append(score(gather(laid, languages, splitter.idf, None, None), languages, model).style)
    return np.concatenate(parts)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Style:
    """The fitted layer, as the model stores it."""

    mean: Doubles
    scale: Doubles
    weights: Doubles
    bias: float

    def log_odds(self, values: Doubles) -> Doubles:
        """Log-odds of each article."""
        scaled = np.clip((values - self.mean) / self.scale, -CLIP, CLIP)
        return np.asarray(scaled @ self.weights + self.bias)


def balance(unreliable: Ints, source: npt.NDArray[np.str_]) -> Doubles:
    """Weights by which each set, and each side of it, counts the same.

    How many unreliable articles a set holds is its makers' choice; the score
    answers for an article that is as likely to be from either side.
    """
    weight = np.zeros(len(source))
    for name in np.unique(source):
        for label in (0, 1):
            side = (source == name) & (unreliable == label)
            weight[side] = 1 / max(int(side.sum()), 1)
    return np.asarray(weight / weight.mean(), np.float64)


def fit_style(values: Doubles, unreliable: Ints, source: Sequence[str], penalty: float = PENALTY) -> Style:
    """Fit the layer; each set and each side of it counts the same, and only differences within a set count.

    Each set is centred on its own means first: what sets one set apart from
    another is no style of unreliable sources.
    """
    names = np.asarray(source)
    weight = balance(unreliable, names)
    centred = values.copy()
    means = []
    for name in sorted(set(source)):
        some = names == name
        sides = [some & (unreliable == label) for label in (0, 1)]
        middle = np.mean([values[side].mean(0) for side in sides if side.any()], axis=0)
        centred[some] -= middle
        means.append(middle)
    scale = np.maximum(centred.std(0), SCALE_FLOOR)
    scaled = np.clip(centred / scale, -CLIP, CLIP)
    layer = LogisticRegression(C=penalty, max_iter=500)
    layer.fit(scaled, unreliable, sample_weight=weight)
    return Style(np.mean(means, axis=0), scale, layer.coef_[0], float(layer.intercept_[0]))


__all__ = ["PENALTY", "SETS", "Articles", "Style", "articles", "balance", "fit_style", "style_rows"]
