"""An article's verdicts as numbers, and the parts of its report that are built of them when they are asked for.

A report is hundreds of small objects, of which most users look at a few. To build all of them at once took a seventh
of the time that flagging takes, and as long again for a report that came from another process.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from newsflag._readonly import ReadOnly
from newsflag._reason_table import ReasonTable
from newsflag._text import Doubles, Ints
from newsflag.errors import InputError
from newsflag.explain import score_sentence, sentence
from newsflag.kinds import ARTICLE_SCORES, INSERTION_KINDS, KINDS, SCORES
from newsflag.report import Flag, Markup, Reason, Segment, Technique, Title, Verdict

PLACES: Final = ("start", "end", "kind", "gap", "alone")
"""What a draft knows of a segment in whole numbers: offsets, places in :data:`newsflag.KINDS`, the break before it."""

_LAYOUT: Final = hashlib.blake2b(repr((KINDS, SCORES, PLACES)).encode("utf-8"), digest_size=8).hexdigest()
"""What the columns of a draft mean: it is sent along, and must be the same where it is received."""

_SHARES: Final = (len(KINDS), len(KINDS) + len(SCORES))
_REST: Final = SCORES[1:]
_MISINFORMATION: Final = ARTICLE_SCORES[0]
_TEXT_FLAGS: Final = ("sensational", "persuasion")
_ALONE_FLAGS: Final = ("clickbait", *_TEXT_FLAGS)
_NOTHING: Final[ReadOnly[tuple[Reason, ...]]] = ReadOnly()


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all reports of a batch.

    Parameters
    ----------
    threshold : float
        Of insertions.
    thresholds : mapping of str to float
        Of the scores that are flagged of the article's own text.
    kept : tuple of int
        Places in :data:`newsflag.KINDS` of the kinds that stay in the body.
    page : bool
        Whether the texts are of pages.
    model : str
        Names and versions of the models.
    """

    threshold: float
    thresholds: Mapping[str, float]
    kept: tuple[int, ...]
    page: bool
    model: str

    def __reduce__(self) -> tuple[Any, ...]:
        return _terms, (_LAYOUT, self.threshold, self.thresholds, self.kept, self.page, self.model)


def _terms(layout: object, *rest: Any) -> Terms:
    if layout != _LAYOUT:
        raise InputError(
            "the report was pickled by another version of newsflag, which this one can't read; "
            "to keep reports use Report.to_json"
        )
    return Terms(*rest)


@dataclasses.dataclass(slots=True, eq=False)
class Draft:
    """One article's verdicts; :meth:`build` makes a report's field of them.

    It stays with the report, for it is what the report is sent as.

    Parameters
    ----------
    terms : Terms
    text, language : str
    places : int64 array, shape (segments, PLACES)
    shares : float64 array, shape (segments, kinds + scores + 1)
        Probabilities of kinds, scores, and the insertion score without context.
    of_kind : ReasonTable or None
        Reasons of every segment's kind.
    met : mapping of int to Reason
        Reasons that come of the caller's own lists, by the segment's number.
    of_scores : list of ReasonTable or None
        For each score but ``insertion`` the reasons of every segment.
    techniques : mapping of int to tuple of Technique
        By the segment's number.
    markups : sequence of Markup
        Of a page's segments.
    title : Title or None
    scores, signals, supported : mapping of str
    of_style : tuple of Reason
        Reasons of the misinformation score.
    """

    terms: Terms
    text: str
    language: str
    places: Ints
    shares: Doubles
    of_kind: ReasonTable | None
    met: Mapping[int, Reason]
    of_scores: list[ReasonTable] | None
    techniques: Mapping[int, tuple[Technique, ...]]
    markups: Sequence[Markup]
    title: Title | None
    scores: ReadOnly[float]
    signals: ReadOnly[float | None]
    supported: ReadOnly[bool]
    of_style: tuple[Reason, ...]
    _made: dict[int, Segment] = dataclasses.field(init=False, default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        numbers = (self.places.astype("<i8").tobytes(), self.shares.astype("<f8").tobytes())
        return _received, (
            *(self.terms, self.text, self.language, *numbers, self.of_kind, self.met, self.of_scores),
            *(self.techniques, self.markups, self.title, self.scores, self.signals, self.supported, self.of_style),
        )

    def build(self, field: str) -> Any:
        """One field of the report."""
        match field:
            case "segments":
                return self._segments()
            case "flags":
                return self._flags()
            case "body":
                return body_of(self.text, self.places[:, : PLACES.index("gap") + 1], self.terms.kept)
            case "threshold" | "model":
                return getattr(self.terms, field)
            case "why":
                return ReadOnly({_MISINFORMATION: self.of_style} if self.of_style else {})
        return getattr(self, field)

    def _segments(self) -> tuple[Segment, ...]:
        n = len(self.places)
        of_kind = [()] * n if self.of_kind is None else self.of_kind.all()
        of_scores = [()] * n if self.of_scores is None else zip(*[table.all() for table in self.of_scores], strict=True)
        rows = zip(range(n), self.places.tolist(), self.shares.tolist(), of_kind, of_scores, strict=True)
        return tuple([self._made.get(row[0]) or self._make(*row) for row in rows])

    def _segment(self, number: int) -> Segment:
        """One of them; the same object whoever asks, so that a flag's segment is one of the report's."""
        return self._made.get(number) or self._make(
            number,
            self.places[number].tolist(),
            self.shares[number].tolist(),
            () if self.of_kind is None else self.of_kind.of(number),
            () if self.of_scores is None else tuple(table.of(number) for table in self.of_scores),
        )

    def _make(
        self,
        number: int,
        places: list[int],
        shares: list[float],
        of_kind: tuple[Reason, ...],
        of_scores: tuple[tuple[Reason, ...], ...],
    ) -> Segment:
        start, end, kind, _, alone = places
        made = Segment(
            start,
            end,
            self.text[start:end],
            KINDS[kind],
            ReadOnly(zip(KINDS, shares[: _SHARES[0]], strict=True)),
            ReadOnly(zip(SCORES, shares[_SHARES[0] : _SHARES[1]], strict=True)),
            Verdict(KINDS[alone], shares[-1]),
            (self.met[number], *of_kind) if number in self.met else of_kind,
            ReadOnly(zip(_REST, of_scores, strict=True)) if of_scores else _NOTHING,
            self.techniques.get(number, ()),
            self.markups[number] if self.markups else None,
        )
        return self._made.setdefault(number, made)  # another thread's, if that was faster

    def _flags(self) -> tuple[Flag, ...]:
        """What a user may act on: insertions, and what of the article's own text reaches a threshold."""
        flags = []
        text, title, terms = self.text, self.title, self.terms
        thresholds = terms.thresholds
        own_title = None
        places = self.places.tolist()
        kinds = [KINDS[place[2]] for place in places]
        scores = self.shares[:, _SHARES[0] : _SHARES[1]].tolist()
        # What stands around a page's article is not set into it.
        kept = [
            place[0]
            for place, kind in zip(places, kinds, strict=True)
            if kind not in INSERTION_KINDS and kind != "title"
        ]
        low, high = (kept[0], kept[-1]) if kept else (len(text), len(text))
        # Within an article nothing baits into it; a text of one line may be a headline.
        own = _ALONE_FLAGS if len(places) == 1 else _TEXT_FLAGS
        for number, ((start, end, *_), kind) in enumerate(zip(places, kinds, strict=True)):
            if not any(map(str.isalnum, text[start:end])):
                continue
            if kind in INSERTION_KINDS:
                if not terms.page or low < start < high:
                    part = self._segment(number)
                    flags.append(Flag(kind, part, part.scores["insertion"], terms.threshold, sentence(part)))
                continue
            if title is not None and title.start == start:
                own_title = self._segment(number)
                continue
            for name in own:
                value = scores[number][SCORES.index(name)]
                if value >= thresholds[name]:
                    part = self._segment(number)
                    reason = score_sentence(name, value, part.why.get(name, ()), part.text, offset=start)
                    flags.append(Flag(name, part, value, thresholds[name], reason))
        if title is not None and any(map(str.isalnum, title.text)):
            for name in _REST:
                value = title.scores[name]
                # A headline alone has nothing that it could be off.
                if value >= thresholds[name] and (name != "off_topic" or len(places) > (own_title is not None)):
                    reason = score_sentence(name, value, title.why.get(name, ()), title.text)
                    flags.append(Flag(name, own_title, value, thresholds[name], f"Title: {reason}"))
        article, threshold = self.scores[_MISINFORMATION], thresholds[_MISINFORMATION]
        if article >= threshold and not all(kind in INSERTION_KINDS for kind in kinds):
            reason = score_sentence(_MISINFORMATION, article, self.of_style, text)
            flags.append(Flag(_MISINFORMATION, self._heaviest(kinds), article, threshold, reason))
        return tuple(flags)

    def _heaviest(self, kinds: list[str]) -> Segment:
        """The segment that weighs most in the article's style; where nothing is explained, the most loaded one."""
        for reason in self.of_style:
            if reason.start is not None:
                inside = np.flatnonzero((self.places[:, 0] <= reason.start) & (reason.start < self.places[:, 1]))
                if len(inside):
                    return self._segment(int(inside[0]))
        loaded = self.shares[:, _SHARES[0] + SCORES.index("sensational")].tolist()
        number = max(range(len(kinds)), key=lambda number: (kinds[number] not in INSERTION_KINDS, loaded[number]))
        return self._segment(number)


def body_of(text: str, segments: Ints, kept: Sequence[int]) -> str:
    """The kept of segments, with breaks as in the source; over a removed one the stronger break.

    Parameters
    ----------
    text : str
    segments : int64 array, shape (segments, 4)
        Start, end, place of the kind in :data:`newsflag.KINDS`, break before it.
    kept : sequence of int
        Places of kinds.
    """
    parts: list[str] = []
    strongest = -1
    glue = ""
    last = 0
    for number, (start, end, kind, gap) in enumerate(segments.tolist()):
        if number and gap > strongest:
            strongest = gap
            glue = text[last:start]
        last = end
        if kind not in kept:
            continue
        if parts:
            parts.append(glue)
        parts.append(text[start:end])
        strongest, glue = -1, ""
    return "".join(parts)


def _received(terms: Terms, text: str, language: str, places: bytes, shares: bytes, *rest: Any) -> Draft:
    whole = np.frombuffer(places, "<i8").astype(np.int64).reshape(-1, len(PLACES))
    real = np.frombuffer(shares, "<f8").astype(np.float64).reshape(-1, _SHARES[1] + 1)
    return Draft(terms, text, language, whole, real, *rest)


__all__ = ["PLACES", "Draft", "Terms", "body_of"]
