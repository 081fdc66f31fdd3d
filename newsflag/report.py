"""The results: reasons, verdicts, segments, flags, and the report that holds them.

All of them are frozen, comparable and picklable; a report turns into plain
data and back without loss.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from newsflag._readonly import ReadOnly
from newsflag.errors import InputError
from newsflag.kinds import INSERTION_KINDS, KINDS, PROMO_KINDS, SCORES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SHOWN: Final = 50  # characters of a segment's text in its repr

REPORT_FORMAT: Final = 2
"""Version of the dictionary that :meth:`Report.to_dict` gives."""


class _Plain:
    """A result that is sent as the values of its fields: dataclasses' own way looks the fields up for every object."""

    __slots__ = ()
    __match_args__: tuple[str, ...]

    def __reduce_ex__(self, protocol: Any) -> Any:
        if type(self).__module__ != __name__:
            return super().__reduce_ex__(protocol)  # a subclass of somebody's may have fields of its own
        return type(self), tuple([getattr(self, name) for name in self.__match_args__])


@dataclasses.dataclass(frozen=True, slots=True)
class Reason(_Plain):
    """One piece of evidence and what it added to the verdict.

    Parameters
    ----------
    cue : str
        Name of the evidence; :mod:`newsflag.explain` lists them.
    contribution : float
        What it added to the log-odds of the score that it is a reason for;
        negative speaks against it, for an insertion: for the article's own
        text. The contributions of a score's reasons add up to its log-odds.
    start, end : int or None
        Where in the text the evidence stands (code points), if it stands
        somewhere.
    """

    cue: str
    contribution: float
    start: int | None = None
    end: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict(_Plain):
    """A kind and an ``insertion`` score, 0…1."""

    kind: str
    insertion: float


@dataclasses.dataclass(frozen=True, slots=True)
class Technique(_Plain):
    """A persuasion technique that a sentence seems to use.

    Parameters
    ----------
    name : str
        One of :data:`newsflag.TECHNIQUES`.
    score : float
        How likely a reader would name it, 0…1.
    start, end : int or None
        The sentence, as offsets into the text; None in a title that was given beside the text.
    voice : str
        ``"author"``, or ``"quoted"`` where the words are someone else's.
    """

    name: str
    score: float
    start: int | None
    end: int | None
    voice: str


@dataclasses.dataclass(frozen=True, slots=True)
class Markup(_Plain):
    """Where in a page a segment stands.

    Parameters
    ----------
    tag : str
        The innermost block-level element around it.
    path : str
        CSS selector of that element, in the page as HTML's rules parse it, scripts not run.
    link_share : float
        Share of its characters that stand in links, 0…1.
    hrefs : tuple of str
        Targets of these links, each once; absolute where the page's address is known.
    same_site : tuple of bool
        Whether each of them leads to the page's own site.
    """

    tag: str
    path: str
    link_share: float
    hrefs: tuple[str, ...] = ()
    same_site: tuple[bool, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Link(_Plain):
    """A link in a page.

    Parameters
    ----------
    segment : Segment
        Where it stands.
    href : str
        Where it leads.
    same_site : bool
        Whether that is the page's own site.
    """

    segment: Segment
    href: str
    same_site: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Title(_Plain):
    """The article's headline and how it is worded.

    Parameters
    ----------
    text : str
    start, end : int or None
        Where it stands in the text; None when it was given beside it.
    scores : mapping of str to float
        ``off_topic, clickbait, sensational, persuasion``, 0…1; ``off_topic`` says
        how little the text takes up what the headline says.
    why : mapping of str to tuple of Reason
        Reasons of each of these scores; offsets into the title's own text. Empty with ``explain=False``.
    techniques : tuple of Technique
    """

    text: str
    start: int | None
    end: int | None
    scores: Mapping[str, float]
    why: Mapping[str, tuple[Reason, ...]] = dataclasses.field(default_factory=ReadOnly)
    techniques: tuple[Technique, ...] = ()

    def __post_init__(self) -> None:
        _freeze(self, "scores", "why")

    def __hash__(self) -> int:
        return hash((self.text, self.start, self.end))


@dataclasses.dataclass(frozen=True, slots=True)
class Segment(_Plain):
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
        Why it was given its kind; empty with ``explain=False``, but for what the caller's own lists decided.
    why : mapping of str to tuple of Reason
        Reasons of each other score; empty with ``explain=False``.
    techniques : tuple of Technique
        Persuasion techniques that its sentences seem to use.
    markup : Markup or None
        Where it stands in the page; None in plain text.
    """

    start: int
    end: int
    text: str
    kind: str
    kinds: Mapping[str, float]
    scores: Mapping[str, float]
    alone: Verdict
    reasons: tuple[Reason, ...] = ()
    why: Mapping[str, tuple[Reason, ...]] = dataclasses.field(default_factory=ReadOnly)
    techniques: tuple[Technique, ...] = ()
    markup: Markup | None = None

    def __post_init__(self) -> None:
        _freeze(self, "kinds", "scores", "why")

    def __hash__(self) -> int:
        return hash((self.start, self.end, self.text, self.kind))

    def __repr__(self) -> str:
        shown = self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}…"
        return f"<Segment {self.start}-{self.end} {self.kind} {self.scores.get('insertion', math.nan):.2f}: {shown!r}>"

    @property
    def is_insertion(self) -> bool:
        """Whether the segment is not part of the article."""
        return self.kind in INSERTION_KINDS

    @property
    def is_promo(self) -> bool:
        """Whether the segment is a teaser, an advertisement or a call to action."""
        return self.kind in PROMO_KINDS


@dataclasses.dataclass(frozen=True, slots=True)
class Flag(_Plain):
    """Something in the article that a user may act on.

    Parameters
    ----------
    kind : str
        The kind of insertion found, or the score that the article's own text reached: ``clickbait``,
        ``sensational``, ``persuasion``, ``off_topic`` (of the title), ``misinformation`` (of the whole article).
    segment : Segment or None
        Where it stands; for the whole article the segment that weighs most; None for a title that was given beside
        the text.
    score, threshold : float
        The score and what it had to reach, 0…1.
    reason : str
        Why, in one sentence.
    """

    kind: str
    segment: Segment | None
    score: float
    threshold: float
    reason: str


class Builder(Protocol):
    """What a report's fields can be built by."""

    def build(self, field: str) -> Any:
        """One field of the report."""


class _Late:
    """A result whose fields are built when they are first asked for, where a builder made it."""

    __slots__ = ("_builder",)
    _builder: Builder

    def __reduce_ex__(self, protocol: Any) -> Any:
        try:
            return built_by, (self._builder,)
        except AttributeError:
            return super().__reduce_ex__(protocol)


@dataclasses.dataclass(frozen=True, slots=True)
class Report(_Late):
    """Everything newsflag found out about one article.

    Parameters
    ----------
    text : str
        The text as given, never altered; of a page its visible text, one block a line.
    segments : tuple of Segment
        Sorted, not overlapping, covering every non-blank character of the text.
    flags : tuple of Flag
        The insertions that hold at least one letter or digit, and whatever of the article's own text, its title
        or the whole reaches the threshold of a score. In a page, what stands before the article's first line and
        after its last one (navigation, comments, footer) is an insertion, but flagged is only what was set into
        the article.
    body : str
        The kept text: body, heading, title and standfirst (or what the config
        asks for), with its paragraph breaks as in the source. A page's title is left out, as ``title`` has it.
    scores : mapping of str to float
        The article's own scores, 0…1: for each of :data:`newsflag.SCORES` the mean over its
        segments, weighted by their characters, and ``misinformation``: how much the article's own text is
        written in the style of unreliable sources. It is about style, never about truth.
    threshold : float
        The insertion threshold that was used, 0…1.
    model : str
        Name and version of the model, e.g. ``"splitter 1 (3f2a9c1d)"``.
    title : Title or None
        The headline: the one that was given, else the text's own where it has one.
    language : str
        ISO 639-1 code, detected or given; ``"und"`` where there are too few letters to tell.
    supported : mapping of str to bool
        Whether a score has evidence for the language; where not, it is drawn towards its base rate.
    signals : mapping of str to float or None
        What a reader can check, see :data:`newsflag.SIGNALS`; None where there is nothing to measure.
    why : mapping of str to tuple of Reason
        Reasons of the article's ``misinformation`` score: what weighs, and the sentences that weigh most.

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
    title: Title | None = None
    language: str = "und"
    supported: Mapping[str, bool] = dataclasses.field(default_factory=ReadOnly)
    signals: Mapping[str, float | None] = dataclasses.field(default_factory=ReadOnly)
    why: Mapping[str, tuple[Reason, ...]] = dataclasses.field(default_factory=ReadOnly)

    def __post_init__(self) -> None:
        _freeze(self, "scores", "supported", "signals", "why")

    if not TYPE_CHECKING:  # else every name would pass for an attribute

        def __getattr__(self, name: str) -> Any:
            # Only asked for what is not there: a field that has not been built yet, or what a report hasn't got.
            if name in _REPORT_FIELDS:
                builder = object.__getattribute__(self, "_builder")
                try:
                    value = builder.build(name)
                except AttributeError as error:  # it would pass for the want of a field
                    raise RuntimeError(f"the report's {name} can't be built: {error}") from error
                object.__setattr__(self, name, value)
                return value
            return object.__getattribute__(self, name)  # says what is wanting, here or within a property

    def __hash__(self) -> int:
        return hash((self.text, self.segments, self.model))

    def __repr__(self) -> str:
        # In full it would be pages long: to_dict has it all.
        flags, segments = len(self.flags), len(self.segments)
        return (
            f"<Report: {flags} flagged in {segments} segments, {len(self.text)} characters, language {self.language}>"
        )

    @property
    def insertions(self) -> tuple[Segment, ...]:
        """The segments that are not part of the article."""
        return tuple(segment for segment in self.segments if segment.is_insertion)

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of a page in their order, each once an element; none in plain text."""
        found: dict[tuple[str, str], Link] = {}
        for segment in self.segments:
            if segment.markup is not None:
                for href, same in zip(segment.markup.hrefs, segment.markup.same_site, strict=True):
                    # Segments of one element all have its links.
                    found.setdefault((segment.markup.path, href), Link(segment, href, same))
        return tuple(found.values())

    def to_dict(self) -> dict[str, Any]:
        """Plain data (str, int, float, None, list, dict), without loss; see :meth:`from_dict`."""
        place = {segment.start: number for number, segment in enumerate(self.segments)}
        return {
            "format": REPORT_FORMAT,
            "model": self.model,
            "threshold": self.threshold,
            "scores": dict(self.scores),
            "language": self.language,
            "supported": dict(self.supported),
            "signals": dict(self.signals),
            "why": _told(self.why),
            "title": None
            if self.title is None
            else {
                "text": self.title.text,
                "start": self.title.start,
                "end": self.title.end,
                "scores": dict(self.title.scores),
                "why": _told(self.title.why),
                "techniques": [_technique_row(each) for each in self.title.techniques],
            },
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
                    "reasons": [_row(reason) for reason in segment.reasons],
                    "why": _told(segment.why),
                    "techniques": [_technique_row(each) for each in segment.techniques],
                    **_markup_row(segment.markup),
                }
                for segment in self.segments
            ],
            "flags": [
                {
                    "kind": flag.kind,
                    "segment": None if flag.segment is None else place[flag.segment.start],
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
                    segment=None if item["segment"] is None else segments[item["segment"]],
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
                title=None if data["title"] is None else _title(data["title"]),
                language=data["language"],
                supported=data["supported"],
                signals=data["signals"],
                why=_believed(data["why"]),
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

    def plot(
        self, scores: Sequence[str] = ("insertion", "clickbait", "sensational"), *, ax: Axes | None = None
    ) -> Axes:
        """Draw the article as a strip of segments by kind, and above it scores along its length.

        Parameters
        ----------
        scores : sequence of str
            Which of :data:`newsflag.SCORES`.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            Its x axis counts characters of the text, its y axis is the scores' 0 to 1.

        Raises
        ------
        ConfigError
            When a score is unknown.
        ImportError
            When matplotlib is not installed.
        """
        from newsflag.rendering.plot import plot

        return plot(self, scores, ax)

    def _repr_html_(self) -> str:
        from newsflag.rendering.html import to_html

        return to_html(self)


def built_by(builder: Builder) -> Report:
    """A report whose fields are built when they are first asked for."""
    report = object.__new__(Report)
    object.__setattr__(report, "_builder", builder)
    return report


_REPORT_FIELDS: Final = frozenset(field.name for field in dataclasses.fields(Report))


def _markup_row(markup: Markup | None) -> dict[str, Any]:
    """Nothing for plain text, whose reports are as they were before there were pages."""
    if markup is None:
        return {}
    row = {**dataclasses.asdict(markup), "hrefs": list(markup.hrefs), "same_site": list(markup.same_site)}
    return {"markup": row}


def _markup(item: Mapping[str, Any] | None) -> Markup | None:
    if item is None:
        return None
    return Markup(**{**item, "hrefs": tuple(item["hrefs"]), "same_site": tuple(item["same_site"])})


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
        reasons=tuple(_reason(reason) for reason in item["reasons"]),
        why=_believed(item["why"]),
        techniques=tuple(_technique(each) for each in item["techniques"]),
        markup=_markup(item.get("markup")),
    )


def _title(item: Mapping[str, Any]) -> Title:
    return Title(
        text=item["text"],
        start=item["start"],
        end=item["end"],
        scores=item["scores"],
        why=_believed(item["why"]),
        techniques=tuple(_technique(each) for each in item["techniques"]),
    )


def _technique_row(technique: Technique) -> dict[str, Any]:
    return {
        "name": technique.name,
        "score": technique.score,
        "start": technique.start,
        "end": technique.end,
        "voice": technique.voice,
    }


def _technique(item: Mapping[str, Any]) -> Technique:
    return Technique(item["name"], item["score"], item["start"], item["end"], item["voice"])


def _row(reason: Reason) -> dict[str, Any]:
    return {"cue": reason.cue, "contribution": reason.contribution, "start": reason.start, "end": reason.end}


def _reason(item: Mapping[str, Any]) -> Reason:
    return Reason(item["cue"], item["contribution"], item["start"], item["end"])


def _told(why: Mapping[str, tuple[Reason, ...]]) -> dict[str, list[dict[str, Any]]]:
    return {score: [_row(reason) for reason in reasons] for score, reasons in why.items()}


def _believed(data: Mapping[str, Any]) -> dict[str, tuple[Reason, ...]]:
    return {score: tuple(_reason(item) for item in items) for score, items in data.items()}


def _freeze(result: object, *fields: str) -> None:
    for field in fields:
        value = getattr(result, field)
        if type(value) is not ReadOnly:
            object.__setattr__(result, field, ReadOnly(value))


__all__ = ["REPORT_FORMAT", "Flag", "Link", "Markup", "Reason", "Report", "Segment", "Technique", "Title", "Verdict"]
