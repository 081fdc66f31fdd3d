"""The scores' model: a layer for each head over one table of hashed wording, and its files.

How models are stored is said in :mod:`newsflag.model.files`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from newsflag import language
from newsflag._resources import models_folder
from newsflag._text import Doubles, Floats
from newsflag.errors import ModelError
from newsflag.evidence import cues, relation, wording
from newsflag.kinds import ARTICLE_SCORES, SCORES, TECHNIQUES
from newsflag.model.files import Layout, check_record, is_share, read_given, refuse_other, stored, write

NAME: Final = "scores"
"""Name of the shipped model."""

WORDING_SCORES: Final = ("clickbait", "sensational", "persuasion")
"""Scores that are made of a segment's wording, sentence by sentence."""

LANGUAGE_HEADS: Final = {("clickbait", "es"): "clickbait_es", ("clickbait", "id"): "clickbait_id"}
"""Heads that answer for a score in one language, where a set of that language taught them."""

PHRASE_HEADS: Final = (*WORDING_SCORES, "quoted", "vague_source", *LANGUAGE_HEADS.values())
"""Heads that look at phrases too: the techniques have too few examples for them."""

HEADS: Final = (*PHRASE_HEADS, *TECHNIQUES)
"""Columns of the tables: what is asked of each sentence."""

HIDDEN: Final = 24
"""Width of the off-topic head's hidden layer."""

STYLE_COLUMNS: Final = (
    "clickbait_mean",
    "sensational_mean",
    "sensational_high",
    "persuasion_mean",
    "persuasion_high",
    "emotional_tone",
    "persuasive_tone",
    "certainty",
)
"""What the article's own style is judged by: no word, no name, no topic. Quotes, attribution, citations and figures
are told as signals but do not weigh: what they say in one set they do not say in the others."""

_HALF: Final = ("words", "phrases", "language")  # big tables, stored as float16


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OffTopic:
    """The off-topic head: one hidden layer over the columns of :mod:`newsflag.evidence.relation`.

    Parameters
    ----------
    off_mean, off_scale : float32 arrays, shape (relation columns,)
    off_first, off_first_bias : float32 arrays, shapes (relation columns, HIDDEN), (HIDDEN,)
    off_second, off_second_bias : float32 arrays, shapes (HIDDEN,), (1,)
    """

    off_mean: Floats
    off_scale: Floats
    off_first: Floats
    off_first_bias: Floats
    off_second: Floats
    off_second_bias: Floats


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ScoreModel(OffTopic):
    """Everything that the scores need beside the splitter, the off-topic head with it.

    Parameters
    ----------
    name, version, digest : str
        ``digest`` is the first eight hexadecimal digits of the arrays' SHA-256.
    words, phrases, shape, bias : float32 arrays
        The heads over each sentence: shapes (WORD_BUCKETS, heads), (PHRASE_BUCKETS, heads with phrases),
        (wording columns, heads), (heads,).
    tone : float32 array, shape (wording scores, 4)
        Weight of a segment's own log-odds, weight of the article's other segments', what the latter are
        measured against, and the intercept: the calibrated log-odds of each wording score.
    paragraph : float32 array, shape (1,)
        Added to the clickbait log-odds of a body paragraph among others: the head learns from headlines, and
        what would bait as one does not within an article.
    article_mean, article_scale, article_weights, article_bias : float32 arrays
        The article's style: a logistic layer over :data:`STYLE_COLUMNS`.
    language, language_bias : float32 arrays, shapes (language.BUCKETS, languages), (languages,)
        The layer that tells languages apart.
    detected : tuple of str
        ISO 639-1 codes of its columns.
    thresholds : mapping of str to float
        Score from which the article's own text is flagged, by score, 0…1.
    languages : mapping of str to tuple of str
        Languages that each score has evidence for, as ISO 639-1 codes.
    bases : mapping of str to float
        Log-odds that a score is drawn towards in other languages.
    shrinkage : mapping of str to float
        Share of the way from there to the score that is left, 0…1.
    settings, metrics, training : mapping
        Constants that the evidence was made with, what was measured, and on what.
    """

    name: str
    version: str
    digest: str
    words: Floats
    phrases: Floats
    shape: Floats
    bias: Floats
    tone: Floats
    paragraph: Floats
    article_mean: Floats
    article_scale: Floats
    article_weights: Floats
    article_bias: Floats
    language: Floats
    language_bias: Floats
    detected: tuple[str, ...]
    thresholds: Mapping[str, float]
    languages: Mapping[str, tuple[str, ...]]
    bases: Mapping[str, float]
    shrinkage: Mapping[str, float]
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any]
    training: Mapping[str, Any]

    def supports(self, score: str, code: str) -> bool:
        """Whether a score has evidence for a language; those that name none have it for all."""
        return not self.languages[score] or code in self.languages[score]

    def supported(self, code: str) -> dict[str, bool]:
        """For every score whether it has evidence for a language."""
        return {score: self.supports(score, code) for score in self.languages}

    def kept(self, score: str, codes: Sequence[str]) -> Doubles:
        """What is left of a score's distance from its base in each of these languages, 0…1."""
        return np.array([1.0 if self.supports(score, code) else self.shrinkage[score] for code in codes])


def settings_of_code() -> dict[str, Any]:
    """Constants of the evidence, which a model must agree with; as they come back from JSON."""
    return {
        "heads": list(HEADS),
        "wording_columns": list(wording.COLUMNS),
        "relation_columns": list(relation.COLUMNS),
        "style_columns": list(STYLE_COLUMNS),
        "word_buckets": wording.WORD_BUCKETS,
        "phrase_buckets": wording.PHRASE_BUCKETS,
        "whole": wording.WHOLE,
        "least": wording.LEAST,
        "stem": wording.STEM,
        "affix": wording.AFFIX,
        "language_buckets": language.BUCKETS,
        "language_words": language.WORDS,
        "language_characters": language.CHARACTERS,
        "content": relation.CONTENT,
        "cue_languages": list(cues.languages()),
    }


def _layouts(n_languages: int) -> dict[str, Layout]:
    heads, related, style = len(HEADS), len(relation.COLUMNS), len(STYLE_COLUMNS)
    shapes: dict[str, tuple[int, ...]] = {
        "words": (wording.WORD_BUCKETS, heads),
        "phrases": (wording.PHRASE_BUCKETS, len(PHRASE_HEADS)),
        "shape": (len(wording.COLUMNS), heads),
        "bias": (heads,),
        "tone": (len(WORDING_SCORES), 4),
        "paragraph": (1,),
        "off_mean": (related,),
        "off_scale": (related,),
        "off_first": (related, HIDDEN),
        "off_first_bias": (HIDDEN,),
        "off_second": (HIDDEN,),
        "off_second_bias": (1,),
        "article_mean": (style,),
        "article_scale": (style,),
        "article_weights": (style,),
        "article_bias": (1,),
        "language": (language.BUCKETS, n_languages),
        "language_bias": (n_languages,),
    }
    return {name: Layout(shape, half=name in _HALF) for name, shape in shapes.items()}


_FLAGGED: Final = (*SCORES[1:], *ARTICLE_SCORES)
"""Scores that have a threshold of their own; the splitter's model has that of ``insertion``."""


def save(model: ScoreModel, folder: str | Path) -> Path:
    """Write the model's two files; see :func:`newsflag.model.files.write` for what is refused."""
    layouts = _layouts(len(model.detected))
    arrays = stored(model.name, {name: getattr(model, name) for name in layouts}, layouts)
    facts = {
        "version": model.version,
        "detected": list(model.detected),
        "thresholds": dict(model.thresholds),
        "languages": {score: list(codes) for score, codes in model.languages.items()},
        "bases": dict(model.bases),
        "shrinkage": dict(model.shrinkage),
        "settings": dict(model.settings),
        "metrics": dict(model.metrics),
        "training": dict(model.training),
    }
    return write(folder, model.name, facts, arrays, _check_facts)


@functools.cache
def shipped() -> ScoreModel:
    """The shipped model, read once."""
    return load(models_folder() / f"{NAME}.json")


def load(path: str | Path | None = None) -> ScoreModel:
    """Read a scores' model, the shipped one by default, and check it.

    Raises
    ------
    ModelNotFoundError
        When there is no such file.
    ModelError
        When a file is damaged, foreign, or of a newer format.
    """
    if path is None:
        return shipped()
    facts, arrays = read_given(path, "scores", "ScoreModel", _check_facts)
    return ScoreModel(
        name=facts["name"],
        version=facts["version"],
        digest=facts["digest"],
        detected=tuple(facts["detected"]),
        thresholds=facts["thresholds"],
        languages={score: tuple(codes) for score, codes in facts["languages"].items()},
        bases=facts["bases"],
        shrinkage=facts["shrinkage"],
        settings=facts["settings"],
        metrics=facts["metrics"],
        training=facts["training"],
        **arrays,
    )


def _check_facts(where: str, facts: Mapping[str, Any]) -> dict[str, Layout]:
    if "thresholds" not in facts or "languages" not in facts:
        raise ModelError(f"{where} is a model of another sort: the scores need one that was trained for them")
    refuse_other(where, "settings", facts["settings"], settings_of_code())
    check_record(where, facts)
    for field in ("thresholds", "languages", "bases", "shrinkage"):
        if not isinstance(facts[field], dict) or set(facts[field]) != set(_FLAGGED):
            raise ModelError(f"{where}: {field} must name each of {', '.join(_FLAGGED)}")
    for field in ("thresholds", "shrinkage"):
        for score, value in facts[field].items():
            if not is_share(value):
                raise ModelError(f"{where}: {field} of {score} is {value!r}, but must be a number from 0 to 1")
    for score, value in facts["bases"].items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not -30 < value < 30:
            raise ModelError(f"{where}: bases of {score} is {value!r}, but must be log-odds")
    for score, codes in facts["languages"].items():
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise ModelError(f"{where}: languages of {score} is {codes!r:.60}, but must be a list of codes")
    detected = facts["detected"]
    if not isinstance(detected, list) or not detected or not all(isinstance(code, str) for code in detected):
        raise ModelError(f"{where}: detected is {detected!r:.60}, but must be a list of language codes")
    return _layouts(len(detected))


__all__ = [
    "HEADS",
    "HIDDEN",
    "LANGUAGE_HEADS",
    "NAME",
    "PHRASE_HEADS",
    "STYLE_COLUMNS",
    "WORDING_SCORES",
    "OffTopic",
    "ScoreModel",
    "load",
    "save",
    "settings_of_code",
    "shipped",
]
