"""Many reports in one table, a row an article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from newsflag.errors import InputError
from newsflag.kinds import ARTICLE_SCORES, INSERTION_KINDS, SCORES
from newsflag.report import Report

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = (
    *("title", "language", "characters", "segments", "flags", "kept", "promos"),
    *SCORES,
    *ARTICLE_SCORES,
    *(f"n_{kind}" for kind in INSERTION_KINDS),
)
"""Columns of :func:`newsflag.compare`, in their order."""


def overview(report: Report) -> dict[str, Any]:
    """One article in a row.

    Returns
    -------
    dict
        ``title`` (str or None); ``language``; ``characters`` of its segments; how many ``segments`` and ``flags``;
        ``kept`` and ``promos``, shares of the characters in kept kinds and in promos, 0…1; the article's scores,
        0…1, None where it has none; for every kind of insertion how many segments it has, such as ``n_teaser``.

    Examples
    --------
    >>> import newsflag
    >>> row = overview(newsflag.flag("The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly"))
    >>> row["flags"], row["n_teaser"], row["characters"]
    (1, 1, 64)
    """
    total = kept = promos = 0
    for segment in report.segments:
        size = segment.end - segment.start
        total += size
        kept += 0 if segment.is_insertion else size
        promos += size if segment.is_promo else 0
    number = Counter(segment.kind for segment in report.segments)
    return {
        "title": None if report.title is None else report.title.text,
        "language": report.language,
        "characters": total,
        "segments": len(report.segments),
        "flags": len(report.flags),
        "kept": kept / max(total, 1),
        "promos": promos / max(total, 1),
        **{name: report.scores.get(name) for name in (*SCORES, *ARTICLE_SCORES)},
        **{f"n_{kind}": number[kind] for kind in INSERTION_KINDS},
    }


def compare(reports: Iterable[Report | tuple[Report, Any]] | Mapping[Any, Report]) -> pd.DataFrame:
    """Set reports side by side: a frame with one row an article.

    Parameters
    ----------
    reports : iterable of Report, or of pairs (Report, name), or mapping of name to Report
        What :func:`newsflag.pipe` gives, with ``as_tuples`` or without. Names become the index.

    Returns
    -------
    pandas.DataFrame
        The columns are those of :func:`newsflag.comparison.overview`: ``title, language, characters, segments,
        flags``, ``kept`` and ``promos`` (shares of the characters, 0…1), the article's scores, and how many
        segments each kind of insertion has (``n_teaser`` …).

    Raises
    ------
    InputError
        When something else than a report is given.
    ImportError
        When pandas is not installed.

    Examples
    --------
    >>> import newsflag
    >>> texts = {"short": "The council met on Monday.", "long": "It voted.\\n\\nREAD MORE: Ten tricks for a flat belly"}
    >>> frame = newsflag.compare({name: newsflag.flag(text) for name, text in texts.items()})
    >>> frame["n_teaser"].to_dict()
    {'short': 0, 'long': 1}
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError("compare needs pandas: pip install 'newsflag[pandas]'") from error
    names, rows = [], []
    for number, (name, report) in enumerate(_named(reports)):
        if not isinstance(report, Report):
            raise InputError(
                f"compare takes reports, pairs (report, name), or a mapping of names to reports; "
                f"item {number} is {type(report).__name__}"
            )
        names.append(name)
        rows.append(overview(report))
    return pd.DataFrame(rows, index=pd.Index(names, name="article"), columns=list(COLUMNS))


def _named(reports: object) -> Iterable[tuple[Any, Any]]:
    if isinstance(reports, Mapping):
        return reports.items()
    if isinstance(reports, Report) or not isinstance(reports, Iterable):
        hint = "; put a single report in a list" if isinstance(reports, Report) else ""
        raise InputError(f"compare takes an iterable of reports, but got {type(reports).__name__}{hint}")
    return (
        (item[1], item[0]) if isinstance(item, tuple) and len(item) == 2 else (number, item)
        for number, item in enumerate(reports)
    )


__all__ = ["COLUMNS", "compare", "overview"]
