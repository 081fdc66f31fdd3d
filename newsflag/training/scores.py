"""Fitting the scores' model: every head, its calibration, its thresholds.

Whatever is measured by ``benchmarks/scores.py`` is fitted there by the same
functions on what is left when the measured part is taken out.
"""

from __future__ import annotations

import dataclasses
import functools
import random
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from newsflag._text import Doubles, make_batch
from newsflag.kinds import SCORES, TECHNIQUES
from newsflag.model.scores import (
    HEADS,
    LANGUAGE_HEADS,
    NAME,
    PHRASE_HEADS,
    STYLE_COLUMNS,
    WORDING_SCORES,
    OffTopic,
    ScoreModel,
    settings_of_code,
)
from newsflag.model.store import Model
from newsflag.scoring import off_topic_log_odds
from newsflag.segmentation import segment
from newsflag.training import judged, offtopic, style
from newsflag.training.data import pages, read_rows, truth
from newsflag.training.embedding import Embedding, embed
from newsflag.training.heads import Layer, Rows, features, fit_layer, join, platt, rescaled, sigmoid, tables
from newsflag.training.languages import fit_languages, samples

# Chosen by the experiments logged in benchmarks/EXPERIMENTS.md.
PENALTIES: Final = {"clickbait": 0.25, "clickbait_es": 1.0, "clickbait_id": 0.3, "sensational": 0.2}
"""``C`` of the logistic regression of each head."""
SENTENCE_PENALTY: Final = 0.1
"""Of the others."""
SHAPE_SCALE: Final = {"clickbait": 0.4, "sensational": 0.4}
"""How much the shape of a line may say: little, as it differs from outlet to outlet and from set to set."""
HEADLINE_WEIGHT: Final = 2.0
WRITTEN_WEIGHT: Final = 0.5
TEASER_WEIGHT: Final = 2.0
CLICKBAIT_FACTORS: Final = {"teasers": 0.25, "written": 0.5}
"""What is left of these sets' weights for clickbait: they mark something a little different from its judges."""
OPINION_WEIGHT: Final = 0.2
FOLDS: Final = 5

# Outlets, or sections, that mostly hold opinion, and agencies and their like that mostly don't: sentences of the
# former are, on average, more loaded. A weak label, weighing a fifth of a read one.
OPINIONATED: Final = frozenset(
    (
        "CNN - Editorial",
        "Daily Beast",
        "Daily Kos",
        "Daily Mail",
        "Guest Writer - Right",
        "Media Matters",
        "New York Magazine",
        "New York Times - Opinion",
        "Newsmax",
        "Salon",
        "The Daily Caller",
        "The Dispatch",
        "The Epoch Times",
        "Vanity Fair",
        "Washington Free Beacon",
    )
)
SOBER: Final = frozenset(("Associated Press", "Axios", "Bloomberg", "CNBC", "NPR Online News", "Reuters", "USA TODAY"))
_SENTENCES: Final = 25  # of one article at most
_LENGTHS: Final = (30, 400)

PRECISION: Final = {
    "off_topic": 0.95,
    "clickbait": 0.9,
    "sensational": 0.95,
    "persuasion": 0.95,
    "misinformation": 0.8,
}
"""Precision that the default thresholds are chosen for, on training folds."""
LEAST_THRESHOLD: Final = {
    "off_topic": 0.9,
    "clickbait": 0.75,
    "sensational": 0.95,
    "persuasion": 0.95,
    "misinformation": 0.75,
}
"""No default is lower: loaded sentences are rarer in ordinary news than among the judged ones, and a false alarm on
sober text costs more than a loaded sentence that is only scored."""
BODY_CLICKBAIT: Final = 0.05
"""Mean clickbait score that the sentences of agencies and their like are brought to."""
UNSUPPORTED: Final = 0.4
"""What is left of a score's distance from its base in a language that it has no evidence for."""


def running_texts(data: Path, without: Collection[str] = ()) -> list[str]:
    """Unlabelled text that words are embedded with.

    Parameters
    ----------
    without : collection of str
        Ids of rows that are measured on, and of the articles these come from.
    """
    folder = data / "style" / "train"
    gone = set(without)
    texts = []
    for name in ("article_bias_en", "news_raw_promo_en", "horne2017", "hyperpartisan_byarticle", "fakenews_es"):
        rows = [row for row in read_rows(folder / f"{name}.jsonl.gz") if row["id"] not in gone]
        texts += [f"{row.get('title') or ''} . {row['text']}" for row in rows]
    # Pages of many languages, German above all: the article's lines, never the teasers that are measured on.
    texts += ["\n".join(line["text"] for line in row["lines"] if truth(line) == 0) for _, row, _ in pages(data)]
    for name in ("webis_clickbait17", "ta1c_es", "clickid_id", "chumbox_outbrain", "advertorial_nl", "wording_en"):
        texts += [row["text"] for row in read_rows(folder / f"{name}.jsonl.gz") if row["id"] not in gone]
    return texts


def opinion(data: Path, without: Collection[str]) -> Rows:
    """Sentences of opinionated and of sober outlets."""
    rows = [
        row
        for row in read_rows(data / "style" / "train" / "article_bias_en.jsonl.gz")
        if row["site"] in OPINIONATED | SOBER and row["id"] not in without
    ]
    batch = make_batch([row["text"] for row in rows])
    spans = segment(batch, "always")
    taken = [0] * len(rows)
    order = list(range(len(spans)))
    random.Random(1).shuffle(order)
    places = []
    for place in order:
        doc, size = int(spans.doc[place]), int(spans.end[place] - spans.start[place])
        if taken[doc] < _SENTENCES and _LENGTHS[0] <= size <= _LENGTHS[1]:
            taken[doc] += 1
            places.append(place)
    places.sort()
    loaded = np.array([float(rows[spans.doc[place]]["site"] in OPINIONATED) for place in places])
    return Rows(
        [batch.text[spans.start[place] : spans.end[place]] for place in places],
        ["en"] * len(places),
        ["opinion"] * len(places),
        [rows[spans.doc[place]]["id"] for place in places],
        {"sensational": loaded, "persuasion": loaded},
        np.full(len(places), OPINION_WEIGHT),
    )


def weighted(rows: Rows, weight: float) -> Rows:
    """The same rows, each counting so much."""
    return dataclasses.replace(rows, weights=np.full(len(rows), weight))


@dataclasses.dataclass(frozen=True, eq=False)  # without slots, for what is cached
class Sets:
    """Everything judged, with its features."""

    rows: Rows
    values: Any

    def of(self, head: str, keep: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.bool_]:
        """Rows that are judged for a head."""
        some = ~np.isnan(self.rows.targets[head])
        return some if keep is None else some & keep

    @functools.cached_property
    def source(self) -> npt.NDArray[np.str_]:
        """Set of each row."""
        return np.array(self.rows.sources)

    @functools.cached_property
    def group(self) -> npt.NDArray[np.str_]:
        """What must not be split, of each row."""
        return np.array(self.rows.groups)


def load_sets(data: Path, embedding: Embedding) -> Sets:
    """Read every set and make its features."""
    sentences = judged.wording(data)
    parts = [
        judged.webis(data),
        judged.ta1c(data, "train"),
        judged.ta1c(data, "validation"),
        judged.clickid(data),
        weighted(judged.labelled_headlines(data), HEADLINE_WEIGHT),
        weighted(judged.written_wording(), WRITTEN_WEIGHT),
        sentences,
        judged.labelled_sentences(data),
        judged.labelled_spanish(data),
        weighted(judged.teasers(data)[0], TEASER_WEIGHT),
        opinion(data, set(sentences.groups)),
    ]
    parts[2] = dataclasses.replace(parts[2], sources=["ta1c_validation"] * len(parts[2]))
    rows = join(parts)
    return Sets(rows, features(rows.texts, rows.languages, embedding))


USED: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "clickbait": ("webis", ("labelled_headlines", "written", "teasers")),
    "clickbait_es": ("ta1c", ("ta1c_validation", "labelled_spanish")),
    "clickbait_id": ("clickid", ()),
    "sensational": ("wording", ("labelled_sentences", "labelled_headlines", "written", "opinion", "teasers")),
    "persuasion": ("wording", ("labelled_sentences", "written", "opinion")),
    **dict.fromkeys(("quoted", "vague_source", *TECHNIQUES), ("wording", ("labelled_sentences", "written"))),
}
"""For each head the set whose scale it answers in, and the other sets that it learns from."""


def _target(head: str) -> str:
    """Judgement that a head is fitted on: those of one language learn what the general one does."""
    return next((score for (score, _), name in LANGUAGE_HEADS.items() if name == head), head)


def fit_head(sets: Sets, head: str, keep: npt.NDArray[np.bool_]) -> Layer:
    """Fit one head on the rows that are kept."""
    main, others = USED[head]
    target = _target(head)
    rows = np.flatnonzero(sets.of(target, keep) & np.isin(sets.source, (main, *others)))
    sources = sets.source[rows]
    weights = sets.rows.weights[rows]
    if head == "clickbait":
        weights = weights * np.array([CLICKBAIT_FACTORS.get(source, 1.0) for source in sources.tolist()])
    if head == "clickbait_es":
        sources = np.where(sources == "ta1c_validation", main, sources)
    return fit_layer(
        sets.values[rows],
        sets.rows.targets[target][rows],
        weights,
        sources.tolist(),
        main,
        PENALTIES.get(head, SENTENCE_PENALTY),
        SHAPE_SCALE.get(head, 1.0),
        phrases=head in PHRASE_HEADS,
    )


def out_of_fold(sets: Sets, head: str, keep: npt.NDArray[np.bool_], folds: int = FOLDS) -> tuple[Any, Doubles]:
    """Rows of a head's main set that are kept, and log-odds by layers that did not see their group."""
    main, _ = USED[head]
    target = _target(head)
    rows = np.flatnonzero(sets.of(target, keep) & (sets.source == main))
    part = np.array([judged.fifth(f"fold {group}") % folds for group in sets.group[rows].tolist()])
    log_odds = np.zeros(len(rows))
    for fold in range(folds):
        gone = np.zeros(len(sets.rows), bool)
        gone[rows[part == fold]] = True
        # The same group may stand in other sets too.
        gone |= np.isin(sets.group, np.unique(sets.group[rows[part == fold]]))
        log_odds[part == fold] = fit_head(sets, head, keep & ~gone).log_odds(sets.values[rows[part == fold]])
    return rows, log_odds


def calibrated_head(sets: Sets, head: str, keep: npt.NDArray[np.bool_]) -> Layer:
    """A head whose log-odds are calibrated on rows of its main set that it did not see."""
    target = _target(head)
    rows, log_odds = out_of_fold(sets, head, keep)
    return rescaled(fit_head(sets, head, keep), *platt(log_odds, sets.rows.targets[target][rows]))


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """How a score is made of a segment's own log-odds and the others' of its article."""

    own: float
    others: float
    usual: float
    intercept: float

    def log_odds(self, own: Doubles, others: Doubles) -> Doubles:
        """Calibrated log-odds."""
        return np.asarray(own * self.own + (others - self.usual) * self.others + self.intercept)

    @property
    def row(self) -> list[float]:
        """As the model stores it."""
        return [self.own, self.others, self.usual, self.intercept]


def passages(groups: Sequence[str], log_odds: Doubles, target: Doubles, *, seed: int = 0) -> tuple[Doubles, ...]:
    """Segments of one to four consecutive sentences of a passage: own and others' log-odds, and whether any is true.

    Paragraphs have no labels of their own; this is what they are made of.
    """
    draw = random.Random(seed)
    own, others, truth = [], [], []
    names = np.asarray(groups)
    for name in dict.fromkeys(groups):
        rows = np.flatnonzero(names == name)
        cuts, place = [], 0
        while place < len(rows):
            size = draw.choice((1, 1, 1, 2, 3, 4))
            cuts.append(rows[place : place + size])
            place += size
        for number, part in enumerate(cuts):
            rest = [log_odds[cut].max() for other, cut in enumerate(cuts) if other != number]
            own.append(log_odds[part].max())
            others.append(np.mean(rest) if rest else np.nan)
            truth.append(target[part].max())
    usual = np.nanmean(others)
    return np.array(own), np.where(np.isnan(others), usual, others), np.array(truth), np.array(usual)


def fit_tone(groups: Sequence[str], log_odds: Doubles, target: Doubles) -> Tone:
    """Fit own and others' weight on passages by heads that did not see them."""
    own, others, truth, usual = passages(groups, log_odds, target)
    layer = LogisticRegression(C=10).fit(np.column_stack((own, others - usual)), truth)
    (a, b), c = layer.coef_[0].tolist(), float(layer.intercept_[0])
    return Tone(a, max(b, 0.0), float(usual), c)


def choose_threshold(name: str, score: Doubles, truth: npt.NDArray[Any]) -> float:
    """Least threshold, in hundredths, from which on the wanted precision is reached; 0.97 where it never is."""
    for threshold in np.arange(LEAST_THRESHOLD[name], 0.97, 0.01):
        found = score >= threshold
        if found.sum() >= 20 and truth[found].mean() >= PRECISION[name]:
            return round(float(threshold), 2)
    return 0.97


def fit_wording(
    sets: Sets, embedding: Embedding, keep: npt.NDArray[np.bool_]
) -> tuple[dict[str, Any], dict[str, tuple[Doubles, npt.NDArray[Any]]]]:
    """Tables and tone of the model, and held-out scores that thresholds are chosen on."""
    layers, tones, held = {}, [], {}
    for head in HEADS:
        if head in ("sensational", "persuasion"):
            rows, log_odds = out_of_fold(sets, head, keep)
            layers[head] = fit_head(sets, head, keep)
            groups, target = sets.group[rows].tolist(), sets.rows.targets[head][rows]
            tone = fit_tone(groups, log_odds, target)
            own, others, truth, _ = passages(groups, log_odds, target)
            held[head] = sigmoid(tone.log_odds(own, others)), truth
            tones.append(tone)
        elif head == "clickbait":
            rows, log_odds = out_of_fold(sets, head, keep)
            slope, intercept = platt(log_odds, sets.rows.targets[head][rows])
            layers[head] = rescaled(fit_head(sets, head, keep), slope, intercept)
            held[head] = sigmoid(log_odds * slope + intercept), sets.rows.targets[head][rows] >= 0.5
            tones.append(Tone(1.0, 0.0, 0.0, 0.0))
        else:
            layers[head] = calibrated_head(sets, head, keep)
    # Sentences of agencies bait nobody: how much lower they must come out than the head has them.
    sober = (sets.source == "opinion") & (sets.rows.targets["sensational"] == 0) & keep
    paragraph = _offset(layers["clickbait"].log_odds(sets.values[np.flatnonzero(sober)]), BODY_CLICKBAIT)
    words, phrases, shape, bias = tables([layers[head] for head in HEADS], embedding)
    arrays = {
        "words": words,
        "phrases": phrases,
        "shape": shape,
        "bias": bias,
        "tone": np.array([tone.row for tone in tones], np.float32),
        "paragraph": np.array([paragraph], np.float32),
    }
    return arrays, held


def _offset(log_odds: Doubles, mean: float) -> float:
    """What to add to log-odds so that the mean probability is the wanted one."""
    low, high = -10.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(log_odds + middle).mean() < mean else (low, middle)
    return middle


def fit_off_topic(found: offtopic.Pairs, rows: npt.NDArray[np.bool_]) -> tuple[OffTopic, Doubles]:
    """The calibrated head, and its out-of-fold scores of the rows."""
    log_odds = np.zeros(len(rows))
    for fold in np.unique(found.fold[rows]):
        held = rows & (found.fold == fold)
        head = offtopic.fit_off_topic(found, rows & (found.fold != fold))
        log_odds[held] = off_topic_log_odds(found.values[held], head)
    # Calibrated on the two tasks of lines within a text; each counts the same.
    some = rows & (found.task != "headline")
    slope, intercept = platt(log_odds[some], found.foreign[some].astype(float))
    head = offtopic.calibrated(offtopic.fit_off_topic(found, rows), slope, intercept)
    return head, sigmoid(log_odds * slope + intercept)


def fit(data: Path, splitter: Model, record: Mapping[str, Any]) -> ScoreModel:
    """Fit the model that is shipped."""
    embedding = embed(running_texts(data))
    sets = load_sets(data, embedding)
    everything = np.ones(len(sets.rows), bool)
    arrays, held = fit_wording(sets, embedding, everything)
    found = offtopic.pairs(data, splitter.idf)
    head, off_topic = fit_off_topic(found, np.ones(len(found.foreign), bool))
    held["off_topic"] = off_topic, found.foreign
    n_style = len(STYLE_COLUMNS)
    language, language_bias, detected = fit_languages(samples(data))
    languages = {
        "off_topic": (),
        "clickbait": _languages(sets, "clickbait"),
        "sensational": _languages(sets, "sensational"),
        "persuasion": _languages(sets, "persuasion"),
        "misinformation": (),
    }
    model = ScoreModel(
        name=NAME,
        version="1",
        digest="",
        **arrays,
        **dataclasses.asdict(head),
        article_mean=np.zeros(n_style, np.float32),
        article_scale=np.ones(n_style, np.float32),
        article_weights=np.zeros(n_style, np.float32),
        article_bias=np.zeros(1, np.float32),
        language=language,
        language_bias=language_bias,
        detected=detected,
        thresholds=dict.fromkeys((*SCORES[1:], "misinformation"), 0.5),
        languages=languages,
        bases=_bases(sets, found),
        shrinkage=dict.fromkeys((*SCORES[1:], "misinformation"), UNSUPPORTED),
        settings=settings_of_code(),
        metrics={},
        training={},
    )
    articles = style.articles(data)
    values = style.style_rows(articles, splitter, model)
    layer, slope, intercept, judged_style = fit_style(values, articles)
    held["misinformation"] = judged_style, articles.unreliable[articles.source != "written"]
    thresholds = {name: choose_threshold(name, *held[name]) for name in held}
    return dataclasses.replace(
        model,
        article_mean=layer.mean.astype(np.float32),
        article_scale=layer.scale.astype(np.float32),
        article_weights=(layer.weights * slope).astype(np.float32),
        article_bias=np.array([layer.bias * slope + intercept], np.float32),
        thresholds=thresholds,
        languages={**languages, "misinformation": tuple(sorted(set(articles.languages)))},
        training={
            **record,
            "rows": {name: int((sets.source == name).sum()) for name in sorted(set(sets.rows.sources))},
            "articles": {name: int((articles.source == name).sum()) for name in sorted(set(articles.source.tolist()))},
            "precision": dict(PRECISION),
        },
    )


def fit_style(values: Doubles, articles: style.Articles) -> tuple[style.Style, float, float, Doubles]:
    """The layer, its calibration on sets left out, and the calibrated scores of the sets left out."""
    source = articles.source
    real = source != "written"
    log_odds = np.zeros(len(values))
    for name in style.SETS:
        out = source == name
        log_odds[out] = style.fit_style(values[~out], articles.unreliable[~out], source[~out].tolist()).log_odds(
            values[out]
        )
    # Where transfer is weak the slope is small: the score stays near the base rate.
    slope, intercept = platt(
        log_odds[real],
        articles.unreliable[real].astype(float),
        style.balance(articles.unreliable[real], source[real]),
    )
    layer = style.fit_style(values, articles.unreliable, source.tolist())
    return layer, slope, intercept, sigmoid(log_odds[real] * slope + intercept)


def _languages(sets: Sets, head: str) -> tuple[str, ...]:
    """Languages with at least 60 judged rows for a head."""
    some = np.array(sets.rows.languages)[sets.of(head)]
    names, times = np.unique(some, return_counts=True)
    return tuple(name for name, number in zip(names.tolist(), times.tolist(), strict=True) if number >= 60)


def _bases(sets: Sets, found: offtopic.Pairs) -> dict[str, float]:
    """Log-odds of the base rate of each score."""

    def odds(share: float) -> float:
        return float(np.log(share / (1 - share)))

    rates = {}
    for head in WORDING_SCORES:
        rows = sets.of(head) & (sets.source == USED[head][0])
        rates[head] = odds(float(sets.rows.targets[head][rows].mean()))
    some = found.task == "transplanted"
    return {"off_topic": odds(float(found.foreign[some].mean())), **rates, "misinformation": odds(0.5)}


__all__ = ["PRECISION", "USED", "Sets", "Tone", "fit", "load_sets", "running_texts"]
