"""The results: reasons, verdicts, segments, flags, and the report that holds them.

All of them are frozen, comparable and picklable; a report turns into plain
data and back without loss.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

from newsflag.errors import InputError
from newsflag.kinds import INSERTION_KINDS, KINDS, PROMO_KINDS, SCORES

if TYPE_CHECKING:
    import pandas as pd

REPORT_FORMAT: Final = 1
"""Version of the dictionary that :meth:`Report.to_dict` gives."""


class ReadOnly(dict[str, float]):
    """A dict that can't be changed, so that the results that hold it can't be either.

    A subclass rather than a ``MappingProxyType``, since that can be neither
    pickled nor written as JSON.
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("newsflag's results can't be changed; take a copy with dict(…)")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return ReadOnly, (dict(self),)

    def __copy__(self) -> ReadOnly:
        return self

    def __deepcopy__(self, _: object) -> ReadOnly:
        return self


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence and what it added to the verdict.

    Parameters
    ----------
    cue : str
        Name of the evidence; :mod:`newsflag.explain` lists them.
    contribution : float
        What it added to the log-odds of the segment being an insertion;
        negative speaks for the article's own text. The contributions of a
        segment's reasons add up to the log-odds of its ``insertion`` score.
    start, end : int or None
        Where in the text the evidence stands (code points), if it stands
        somewhere.
    """

    cue: str
    contribution: float
    start: int | None = None
    end: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """A kind and an ``insertion`` score, 0…1."""

    kind: str
    insertion: float


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the article's text with what newsflag thinks of it.

    Parameters
    ----------
    start, end : int
        Half-open code-point offsets into the report's text.
    text : str
        ``report.text[start:end]``, unaltered.
    kind : str
        The verdict in context, one of :data:`newsflag.KINDS`.
    kinds : mapping of str to float
        Calibrated probability of every kind; they add up to 1.
    scores : mapping of str to float
        ``insertion, off_topic, clickbait, sensational, persuasion``, 0…1.
    alone : Verdict
        The verdict without context: from the segment's own words and shape.
    reasons : tuple of Reason
        Why; empty with ``explain=False``.
    """

    start: int
    end: int
    text: str
    kind: str
    kinds: Mapping[str, float]
    scores: Mapping[str, float]
    alone: Verdict
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        if type(self.kinds) is not ReadOnly:
            object.__setattr__(self, "kinds", ReadOnly(self.kinds))
        if type(self.scores) is not ReadOnly:
            object.__setattr__(self, "scores", ReadOnly(self.scores))

    def __hash__(self) -> int:
        return hash((self.start, self.end, self.text, self.kind))

    @property
    def is_insertion(self) -> bool:
        """Whether the segment is not part of the article."""
        return self.kind in INSERTION_KINDS

    @property
    def is_promo(self) -> bool:
        """Whether the segment is a teaser, an advertisement or a call to action."""
        return self.kind in PROMO_KINDS


@dataclasses.dataclass(frozen=True, slots=True)
class Flag:
    """Something in the article that a user may act on.

    Parameters
    ----------
    kind : str
        The kind of insertion found.
    segment : Segment
        Where it stands.
    score, threshold : float
        The segment's ``insertion`` score and what it had to reach, 0…1.
    reason : str
        Why, in one sentence.
    """

    kind: str
    segment: Segment
    score: float
    threshold: float
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """Everything newsflag found out about one article.

    Parameters
    ----------
    text : str
        The text as given, never altered.
    segments : tuple of Segment
        Sorted, not overlapping, covering every non-blank character of the text.
    flags : tuple of Flag
        The insertions that hold at least one letter or digit.
    body : str
        The kept text: body, heading, title and standfirst (or what the config
        asks for), with its paragraph breaks as in the source.
    scores : mapping of str to float
        The article's own scores: for each of :data:`newsflag.SCORES` the mean over its
        segments, weighted by their characters, 0…1.
    threshold : float
        The insertion threshold that was used, 0…1.
    model : str
        Name and version of the model, e.g. ``"splitter 1 (3f2a9c1d)"``.

    Examples
    --------
    >>> import newsflag
    >>> report = newsflag.flag("The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly")
    >>> [segment.text for segment in report.insertions]
    ['READ MORE: Ten tricks for a flat belly']
    >>> newsflag.Report.from_dict(report.to_dict()) == report
    True
    """

    text: str
    segments: tuple[Segment, ...]
    flags: tuple[Flag, ...]
    body: str
    scores: Mapping[str, float]
    threshold: float
    model: str

    def __post_init__(self) -> None:
        if type(self.scores) is not ReadOnly:
            object.__setattr__(self, "scores", ReadOnly(self.scores))

    def __hash__(self) -> int:
        return hash((self.text, self.segments, self.model))

    @property
    def insertions(self) -> tuple[Segment, ...]:
        """The segments that are not part of the article."""
        return tuple(segment for segment in self.segments if segment.is_insertion)

    def to_dict(self) -> dict[str, Any]:
        """Plain data (str, int, float, None, list, dict), without loss; see :meth:`from_dict`."""
        place = {segment.start: number for number, segment in enumerate(self.segments)}
        return {
            "format": REPORT_FORMAT,
            "model": self.model,
            "threshold": self.threshold,
            "scores": dict(self.scores),
            "text": self.text,
            "body": self.body,
            # A segment's text is left out: text[start:end] says it.
            "segments": [
                {
                    "start": segment.start,
                    "end": segment.end,
                    "kind": segment.kind,
                    "kinds": dict(segment.kinds),
                    "scores": dict(segment.scores),
                    "alone": {"kind": segment.alone.kind, "insertion": segment.alone.insertion},
                    "reasons": [
                        {
                            "cue": reason.cue,
                            "contribution": reason.contribution,
                            "start": reason.start,
                            "end": reason.end,
                        }
                        for reason in segment.reasons
                    ],
                }
                for segment in self.segments
            ],
            "flags": [
                {
                    "kind": flag.kind,
                    "segment": place[flag.segment.start],
                    "score": flag.score,
                    "threshold": flag.threshold,
                    "reason": flag.reason,
                }
                for flag in self.flags
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Rebuild a report from :meth:`to_dict`.

        Raises
        ------
        InputError
            When the data is not a report, or one of a newer format.
        """
        if not isinstance(data, Mapping) or "format" not in data:
            raise InputError("from_dict needs the dictionary that Report.to_dict gives; this is none")
        if data["format"] != REPORT_FORMAT:
            raise InputError(f"report has format {data['format']!r}, this newsflag reads format {REPORT_FORMAT}")
        try:
            text = data["text"]
            segments = tuple(_segment(text, item) for item in data["segments"])
            flags = tuple(
                Flag(
                    kind=item["kind"],
                    segment=segments[item["segment"]],
                    score=item["score"],
                    threshold=item["threshold"],
                    reason=item["reason"],
                )
                for item in data["flags"]
            )
            return cls(
                text=text,
                segments=segments,
                flags=flags,
                body=data["body"],
                scores=data["scores"],
                threshold=data["threshold"],
                model=data["model"],
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"report data is incomplete or of the wrong shape: {error!r}") from error

    def to_json(self, *, indent: int | None = None) -> str:
        """:meth:`to_dict` as JSON text; ``Report.from_dict(json.loads(…))`` reads it back."""
        # ASCII output: a lone surrogate in the text survives as an escape and
        # can be written to a UTF-8 file.
        return json.dumps(self.to_dict(), indent=indent)

    def to_frame(self) -> pd.DataFrame:
        """One row a segment: ``start, end, kind``, the scores, the kinds' probabilities, ``text``.

        Raises
        ------
        ImportError
            When pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("Report.to_frame needs pandas: pip install 'newsflag[pandas]'") from error
        rows = [
            {
                "start": segment.start,
                "end": segment.end,
                "kind": segment.kind,
                **segment.scores,
                "alone_kind": segment.alone.kind,
                "alone_insertion": segment.alone.insertion,
                **{f"p_{kind}": share for kind, share in segment.kinds.items()},
                "text": segment.text,
            }
            for segment in self.segments
        ]
        # Named even where there is no row, so that an empty report has them too.
        columns = [
            *("start", "end", "kind"),
            *SCORES,
            *("alone_kind", "alone_insertion"),
            *(f"p_{kind}" for kind in KINDS),
            "text",
        ]
        return pd.DataFrame(rows, columns=columns)

    def _repr_html_(self) -> str:
        from newsflag.rendering import to_html

        return to_html(self)


def _segment(text: str, item: Mapping[str, Any]) -> Segment:
    start, end = item["start"], item["end"]
    if not 0 <= start < end <= len(text):
        raise ValueError(f"segment {start}:{end} does not lie in the text")
    return Segment(
        start=start,
        end=end,
        text=text[start:end],
        kind=item["kind"],
        kinds=item["kinds"],
        scores=item["scores"],
        alone=Verdict(kind=item["alone"]["kind"], insertion=item["alone"]["insertion"]),
        reasons=tuple(
            Reason(
                cue=reason["cue"],
                contribution=reason["contribution"],
                start=reason["start"],
                end=reason["end"],
            )
            for reason in item["reasons"]
        ),
    )


__all__ = ["REPORT_FORMAT", "Flag", "Reason", "Report", "Segment", "Verdict"]
