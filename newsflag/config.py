"""The one config object: how an article is split, judged and explained."""

from __future__ import annotations

import dataclasses
import numbers
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from newsflag._readonly import ReadOnly
from newsflag.errors import ConfigError
from newsflag.kinds import ARTICLE_SCORES, KEPT_KINDS, KINDS, SCORES
from newsflag.matching import check_pattern

SENTENCE_MODES: Final = ("auto", "always", "never")
FLAGGED_SCORES: Final = (*SCORES[1:], *ARTICLE_SCORES)
"""Scores that have a threshold for flags of their own; ``insertion`` has :attr:`Config.threshold`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Options of a :class:`~newsflag.Flagger`; every one has a working default.

    Parameters
    ----------
    threshold : float, optional
        A segment is an insertion when its ``insertion`` score is at least this,
        0…1. ``None`` takes the threshold stored in the model, which was chosen
        on training folds to keep the article's body first.
    keep : tuple of str
        Insertion kinds that :func:`newsflag.clean` keeps all the same, for
        instance ``("caption",)``; and ``"title"``, which the body of a page has only then, as
        :attr:`Report.title <newsflag.Report>` has it anyway.
    drop : tuple of str
        Article kinds that :func:`newsflag.clean` leaves out all the same, for
        instance ``("title", "standfirst")``. ``body`` can't be dropped.
    sentences : {"auto", "always", "never"}
        When lines are split into sentences: only where a line looks flattened
        (several paragraphs run together), in every line, or nowhere.
    explain : bool
        Whether segments carry reasons. ``False`` skips their cost.
    thresholds : mapping of str to float
        Score from which the article's own text is flagged, 0…1, for any of ``off_topic, clickbait, sensational,
        persuasion, misinformation``; the others keep the model's own, chosen on training folds for a
        precision that its card states. 1 flags nothing but certainty. ``clickbait`` and ``off_topic`` are flagged of
        titles (and clickbait of a text of one segment), the others of any part of the article's own text.
    language : str, optional
        ISO 639 code of the articles' language, such as ``"de"``; by default it is detected.
    allow, deny : tuple of str
        Segments whose text is exactly one of these (white space aside) are kept, or are insertions, whatever the
        model says. ``allow`` goes first.
    allow_patterns, deny_patterns : tuple of str
        The same for segments in which a regular expression is found.
    pattern_seconds : float
        Longest time that one expression may take on one segment; one that takes longer raises
        :class:`~newsflag.PatternTimeoutError`.
    max_reasons : int
        How many reasons a kind or a score has at most, the strongest first; the
        rest is summed up in one closing reason, so that they still add up.

    Raises
    ------
    ConfigError
        When a value is not allowed or two of them contradict each other.

    Examples
    --------
    >>> from newsflag import Config
    >>> Config(threshold=0.9, keep=("caption",)).threshold
    0.9
    >>> Config(threshold=2)
    Traceback (most recent call last):
        ...
    newsflag.errors.ConfigError: threshold is 2, but must be a number from 0 to 1; without one the model's own holds
    """

    threshold: float | None = None
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    sentences: Literal["auto", "always", "never"] = "auto"
    explain: bool = True
    max_reasons: int = 6
    thresholds: Mapping[str, float] = dataclasses.field(default_factory=ReadOnly)
    language: str | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    allow_patterns: tuple[str, ...] = ()
    deny_patterns: tuple[str, ...] = ()
    pattern_seconds: float = 0.1

    def __post_init__(self) -> None:
        self._check_splitting()
        object.__setattr__(self, "thresholds", _thresholds(self.thresholds))
        if self.language is not None and not (isinstance(self.language, str) and _CODE.fullmatch(self.language)):
            raise ConfigError(
                f"language is {self.language!r}, but must be an ISO 639 code such as 'en' or 'de', or None to detect it"
            )
        for field in ("allow", "deny", "allow_patterns", "deny_patterns"):
            object.__setattr__(self, field, _texts(field, getattr(self, field)))
        for field in ("allow_patterns", "deny_patterns"):
            for pattern in getattr(self, field):
                check_pattern(field, pattern)
        seconds = self.pattern_seconds
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= _LONGEST:
            raise ConfigError(f"pattern_seconds is {seconds!r}, but must be a number above 0 and up to {_LONGEST}")

    def _check_splitting(self) -> None:
        if self.threshold is not None and not _is_share(self.threshold):
            raise ConfigError(
                f"threshold is {self.threshold!r}, but must be a number from 0 to 1; without one the model's own holds"
            )
        if self.threshold is not None:
            object.__setattr__(self, "threshold", float(self.threshold))
        for field in ("keep", "drop"):
            object.__setattr__(self, field, _kinds(field, getattr(self, field)))
        both = [kind for kind in self.keep if kind in self.drop]
        if both:
            raise ConfigError(f"keep and drop both name {both[0]!r}: leave it out of one of them")
        if "body" in self.drop:
            raise ConfigError("drop names 'body', but the article's body is never dropped")
        needless = [kind for kind in self.keep if kind in KEPT_KINDS and kind != "title"]
        if needless:
            unless = "" if needless[0] == "body" else " unless drop names it"
            raise ConfigError(f"keep names {needless[0]!r}, which is always kept{unless}: leave it out")
        wasted = [kind for kind in self.drop if kind not in KEPT_KINDS]
        if wasted:
            raise ConfigError(f"drop names {wasted[0]!r}, which is always dropped unless keep names it")
        check_choice("sentences", self.sentences, SENTENCE_MODES)
        if not isinstance(self.explain, bool):
            raise ConfigError(f"explain is {self.explain!r}, but must be True or False")
        check_whole("max_reasons", self.max_reasons)

    @classmethod
    def of(cls, config: Config | None, options: dict[str, Any]) -> Config:
        """Make one config of a given one and keyword options on top of it."""
        if config is None:
            config = cls()
        elif not isinstance(config, Config):
            raise ConfigError(f"config is a {type(config).__name__}, but must be a newsflag.Config or None")
        known = [field.name for field in dataclasses.fields(cls)]
        for name in options:
            if name not in known:
                raise ConfigError(f"unknown option {name!r}; the options are {', '.join(known)}")
        return dataclasses.replace(config, **options) if options else config

    def keeps(self, kind: str, *, page: bool = False) -> bool:
        """Whether a segment of this kind stays in the cleaned text, of an article or of a page."""
        if page and kind == "title":
            return kind in self.keep
        return kind in self.keep or (kind in KEPT_KINDS and kind not in self.drop)


_CODE: Final = re.compile(r"[a-z]{2,3}")  # ISO 639
_LONGEST: Final = 60  # seconds


def _thresholds(value: object) -> ReadOnly[float]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"thresholds is {value!r}, but must be a mapping such as {{'clickbait': 0.8}}")
    for score, threshold in value.items():
        if score not in FLAGGED_SCORES:
            hint = "; for insertion use threshold" if score == "insertion" else ""
            raise ConfigError(
                f"thresholds names {score!r}, which is not a score with flags; these are "
                f"{', '.join(FLAGGED_SCORES)}{hint}"
            )
        if not _is_share(threshold):
            raise ConfigError(f"thresholds[{score!r}] is {threshold!r}, but must be a number from 0 to 1")
    # In the scores' own order: equal configs compare and hash equal.
    return ReadOnly({score: float(value[score]) for score in FLAGGED_SCORES if score in value})


def _texts(field: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ConfigError(f"{field} is {value!r}, but must be a tuple of str, for instance ({str(value)!r},)")
    texts = tuple(value)
    for text in texts:
        if not isinstance(text, str):
            raise ConfigError(f"{field} holds {text!r}, but must hold nothing but str")
        if not text.strip():
            raise ConfigError(f"{field} holds {text!r}, but an empty entry would match nothing or everything")
    return texts


def check_choice(name: str, value: object, allowed: Sequence[str]) -> None:
    """Refuse what is none of the names allowed."""
    if value not in allowed:
        raise ConfigError(f"{name} is {value!r}, but must be one of {', '.join(allowed)}")


def check_whole(name: str, value: object) -> None:
    """Refuse a number that is not whole, or below 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{name} is {value!r}, but must be a whole number of at least 1")


def check_jobs(n_jobs: object) -> None:
    """Refuse what is no number of processes."""
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int) or n_jobs == 0:
        raise ConfigError(f"n_jobs is {n_jobs!r}, but must be a whole number: 1, 2, …, or -1 for all cores")


def _is_share(value: object) -> bool:
    # Every real number will do, numpy's too; nan is not within any bounds.
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    return bool(0 <= value <= 1)  # type: ignore[operator]  # int does not know that it compares with Real


def _kinds(field: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        example = value if isinstance(value, str) else KINDS[-1]
        raise ConfigError(f"{field} is {value!r}, but must be a tuple of kinds, for instance ({example!r},)")
    kinds = tuple(value)
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(f"{field} names {kind!r}, which is not a kind; the kinds are {', '.join(KINDS)}")
    # In the kinds' own order, each once: equal configs compare equal.
    return tuple(kind for kind in KINDS if kind in kinds)


__all__ = ["FLAGGED_SCORES", "SENTENCE_MODES", "Config", "check_choice", "check_jobs", "check_whole"]
