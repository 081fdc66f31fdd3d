"""A report as bytes and back, for its way between processes.

pickle takes long over the thousands of small objects that a report is made of, so that sending one would cost a third
of making it: it goes as tuples, lists and dicts.
"""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Mapping, Sequence
from typing import Any

from newsflag._readonly import ReadOnly
from newsflag.report import Flag, Reason, Report, Segment, Technique, Title, Verdict


def pack(report: Report) -> bytes:
    """A report's fields as bytes."""
    place = {segment.start: number for number, segment in enumerate(report.segments)}
    title = report.title
    fields = {
        **{name: getattr(report, name) for name in ("text", "body", "threshold", "model", "language")},
        **{name: dict(getattr(report, name)) for name in ("scores", "supported", "signals")},
        "why": _rows_by_score(report.why),
        "segments": [
            (
                *(each.start, each.end, each.kind, dict(each.kinds), dict(each.scores)),
                *(each.alone.kind, each.alone.insertion, _rows(each.reasons), _rows_by_score(each.why)),
                *(_techniques(each), each.markup),
            )
            for each in report.segments
        ],
        "title": title
        and (title.text, title.start, title.end, dict(title.scores), _rows_by_score(title.why), _techniques(title)),
        "flags": [
            (each.kind, each.segment and place[each.segment.start], each.score, each.threshold, each.reason)
            for each in report.flags
        ],
    }
    return pickle.dumps(fields, pickle.HIGHEST_PROTOCOL)


def unpack(sent: bytes) -> dict[str, Any]:
    """A report's fields of what :func:`pack` made."""
    fields: dict[str, Any] = pickle.loads(sent)  # noqa: S301 - part of what pickle is reading already
    text = fields["text"]
    segments = tuple(
        Segment(
            *(start, end, text[start:end], kind, ReadOnly(kinds), ReadOnly(scores), Verdict(alone, insertion)),
            *(_reasons(reasons), _reasons_by_score(why), tuple(Technique(*row) for row in techniques), markup),
        )
        for start, end, kind, kinds, scores, alone, insertion, reasons, why, techniques, markup in fields["segments"]
    )
    title = fields["title"]
    if title is not None:
        line, start, end, scores, why, techniques = title
        used = tuple(Technique(*row) for row in techniques)
        title = Title(line, start, end, ReadOnly(scores), _reasons_by_score(why), used)
    return {
        **fields,
        **{name: ReadOnly(fields[name]) for name in ("scores", "supported", "signals")},
        "why": _reasons_by_score(fields["why"]),
        "segments": segments,
        "title": title,
        "flags": tuple(Flag(kind, None if at is None else segments[at], *rest) for kind, at, *rest in fields["flags"]),
    }


def _rows(reasons: Sequence[Reason]) -> list[tuple[Any, ...]]:
    return [(each.cue, each.contribution, each.start, each.end) for each in reasons]


def _rows_by_score(why: Mapping[str, tuple[Reason, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    return {score: _rows(reasons) for score, reasons in why.items()}


def _reasons(rows: Sequence[tuple[Any, ...]]) -> tuple[Reason, ...]:
    return tuple(Reason(*row) for row in rows)


def _reasons_by_score(rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> ReadOnly[tuple[Reason, ...]]:
    return ReadOnly({score: _reasons(reasons) for score, reasons in rows.items()})


def _techniques(holder: Segment | Title) -> list[tuple[Any, ...]]:
    return [dataclasses.astuple(each) for each in holder.techniques]


__all__ = ["pack", "unpack"]
