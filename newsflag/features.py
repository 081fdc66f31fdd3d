"""An article as a row of numbers: what a report says, under fixed names, for models and tables.

No number is ever missing, since most models take none that is: what can't be
measured is 0, and :data:`FEATURES` has a column that tells such a 0 from a
measured one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from newsflag._text import Doubles
from newsflag.errors import InputError
from newsflag.kinds import ARTICLE_SCORES, KEPT_KINDS, KINDS, SCORES
from newsflag.report import Report
from newsflag.signals import SIGNALS

QUANTILES: Final = {"median": 0.5, "q90": 0.9, "max": 1.0}
"""Of each score over the segments of an article."""

_TITLE_SCORES: Final = SCORES[1:]
_SIZES: Final = ("characters", "kept_characters", "segments", "insertions", "promos", "flags", "techniques")

FEATURES: Final = (
    *(f"share_{kind}" for kind in KINDS),
    *(f"log_{name}" for name in _SIZES),
    *(f"score_{score}" for score in (*SCORES, *ARTICLE_SCORES)),
    *(f"{score}_{name}" for score in SCORES for name in QUANTILES),
    "has_title",
    *(f"title_{score}" for score in _TITLE_SCORES),
    *(f"signal_{signal}" for signal in SIGNALS),
)
"""Names of the numbers that :func:`article_features` gives, in their order.

``share_KIND`` is the share of the segments' characters that are of a kind, 0…1; they add up to 1.
``log_…`` are ``log(1 + n)`` of how many characters there are in segments, and in kept ones; of how many segments,
insertions, promos and flags there are; and of how often a persuasion technique was named.
``score_SCORE`` are the article's own scores, 0…1.
``SCORE_median``, ``SCORE_q90`` and ``SCORE_max`` are quantiles of a score over the segments, 0…1.
``has_title`` is 1 where there is a title, else 0; ``title_SCORE`` are the title's scores, 0…1, and 0 without one.
``signal_SIGNAL`` are the values of :data:`newsflag.SIGNALS`, and 0 where there is nothing to measure: for
``title_representativeness`` where there is no title, for all of them in an empty article, whose ``log_segments``
is 0."""


def article_features(report: Report) -> Doubles:
    """One article as a row of numbers.

    Parameters
    ----------
    report : Report
        Reasons are not needed: one made with ``explain=False`` gives the same.

    Returns
    -------
    float64 array, shape (features,)
        In the order of :data:`FEATURES`; all of them finite, and all 0 for a text of nothing but white space.

    Raises
    ------
    InputError
        When something else than a report is given.

    Examples
    --------
    >>> import newsflag
    >>> report = newsflag.flag("The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly")
    >>> row = dict(zip(FEATURES, article_features(report)))
    >>> round(float(row["share_teaser"]), 3), float(row["has_title"])
    (0.594, 0.0)
    """
    if not isinstance(report, Report):
        raise InputError(
            f"article_features takes a report, such as newsflag.flag gives, but got {type(report).__name__}"
        )
    return np.fromiter(_values(report), np.float64, len(FEATURES))


def _values(report: Report) -> Iterator[float]:
    segments = report.segments
    characters = dict.fromkeys(KINDS, 0)
    for segment in segments:
        characters[segment.kind] += segment.end - segment.start
    total = sum(characters.values())
    sizes = (
        total,
        sum(characters[kind] for kind in KEPT_KINDS),
        len(segments),
        len(report.insertions),
        sum(segment.is_promo for segment in segments),
        len(report.flags),
        sum(len(segment.techniques) for segment in segments),
    )
    yield from (size / max(total, 1) for size in characters.values())
    yield from map(math.log1p, sizes)
    yield from (report.scores[score] for score in (*SCORES, *ARTICLE_SCORES))
    if segments:
        seen = np.array([[segment.scores[score] for score in SCORES] for segment in segments])
        yield from np.quantile(seen, list(QUANTILES.values()), axis=0).T.ravel().tolist()
    else:
        yield from (0.0,) * (len(SCORES) * len(QUANTILES))
    title = report.title
    yield float(title is not None)
    yield from (0.0 if title is None else title.scores[score] for score in _TITLE_SCORES)
    yield from (report.signals.get(signal) or 0.0 for signal in SIGNALS)


__all__ = ["FEATURES", "QUANTILES", "article_features"]
