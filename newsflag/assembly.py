"""Verdicts into reports: the arrays of a batch by article, with its title and what the article says of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from newsflag._draft import Draft, Terms
from newsflag._exact import Running
from newsflag._readonly import ReadOnly
from newsflag._reason_table import ReasonTable
from newsflag._text import Doubles, Ints
from newsflag.evidence import N_INSERTIONS
from newsflag.kinds import ARTICLE_SCORES, KINDS, SCORES, TECHNIQUES
from newsflag.marking import Pages
from newsflag.markup.links import targets
from newsflag.markup.paths import Paths
from newsflag.matching import Match
from newsflag.model import network
from newsflag.model.scores import HEADS, WORDING_SCORES, ScoreModel
from newsflag.report import Markup, Reason, Report, Technique, Title, built_by
from newsflag.scoring import Scored
from newsflag.signals import SIGNALS
from newsflag.splitting import Split

_CUT: Final = len(KINDS) - N_INSERTIONS
_REST: Final = SCORES[1:]
_MISINFORMATION: Final = ARTICLE_SCORES[0]
_TECHNIQUES: Final = [HEADS.index(name) for name in TECHNIQUES]
_QUOTED: Final = HEADS.index("quoted")
_PERSUASION: Final = _REST.index("persuasion")
_NOTHING: Final[ReadOnly[tuple[Reason, ...]]] = ReadOnly()
_LIKELY: Final = 0.5  # probability from which a technique is named


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Assembly:
    """Arrays of a batch into reports."""

    terms: Terms
    model: ScoreModel
    texts: Sequence[str]
    languages: Sequence[str]
    found: Split
    kind: Ints
    matches: Mapping[int, Match]
    why: ReasonTable | None
    scored: Scored
    told: list[ReasonTable] | None
    of_style: list[tuple[Reason, ...]] | None
    pages: Pages | None = None

    def reports(self) -> list[Report]:
        """One for each text."""
        found, scored = self.found, self.scored
        spans, laid = found.spans, scored.evidence.laid
        # Rows of the segments among those laid out with titles.
        place = np.flatnonzero(~laid.given)
        rest = 1 / (1 + np.exp(-scored.log_odds))
        scores = np.column_stack((found.insertion, rest[place]))
        alone = network.softmax(found.alone)
        alone_share = np.minimum(alone[:, _CUT:].sum(1), 1)  # float32 shares may add up to a hair more
        alone_best = np.where(
            alone_share >= self.terms.threshold, alone[:, _CUT:].argmax(1) + _CUT, alone[:, :_CUT].argmax(1)
        )
        offset = found.batch.doc_start[spans.doc]
        first = np.searchsorted(spans.doc, np.arange(found.batch.n_docs + 1)).tolist()
        places = np.stack((spans.start - offset, spans.end - offset, self.kind, spans.gap, alone_best), axis=1)
        # float64 from here on, so that the probabilities still add up after printing.
        shares = np.column_stack((found.kinds.astype(np.float64), scores, alone_share))
        means = _means(scores, (spans.end - spans.start).astype(np.float64), first)
        techniques = self._techniques()
        markups = self._markups()
        shift = _begins(scored).tolist()
        matches: list[list[int]] = [[] for _ in self.texts]
        for at in self.matches:
            matches[int(spans.doc[at])].append(at)
        reports = []
        for number, text in enumerate(self.texts):
            low, high = first[number], first[number + 1]
            rows = range(place[low], place[low] + high - low) if high > low else range(0)
            article = float(1 / (1 + np.exp(-scored.article[number]))) if high > low else 0.0
            draft = Draft(
                self.terms,
                text,
                self.languages[number],
                # Copies: a view would keep the whole batch for as long as a report is kept.
                places[low:high].copy(),
                shares[low:high].copy(),
                self.why and self.why.part(low, high, int(found.batch.doc_start[number])),
                {at - low: self._met(at) for at in matches[number]},
                self.told and [reasons.part(rows.start, rows.stop) for reasons in self.told],
                {row - rows.start: _moved(techniques[row], shift[number]) for row in rows if row in techniques},
                markups[low:high],
                self._title(number, rest, techniques, shift[number]),
                ReadOnly({**dict(zip(SCORES, means[number], strict=True)), _MISINFORMATION: article}),
                ReadOnly(zip(SIGNALS, self._signals(number, high > low), strict=True)),
                ReadOnly(self.model.supported(self.languages[number])),
                _shifted(self.of_style[number], shift[number]) if self.of_style and high > low else (),
            )
            reports.append(built_by(draft))
        return reports

    def _markups(self) -> list[Markup]:
        """Where in their pages the segments stand; none of plain text."""
        marked, pages = self.found.marked, self.pages
        if marked is None or pages is None:
            return []
        tree = marked.seen.tree
        first_block = np.cumsum([0, *map(len, pages.pages)])
        doc = self.found.spans.doc
        blocks = (tree.block - first_block[doc]).tolist()
        owners = (tree.owner - tree.first_of[tree.owner]).tolist()
        paths = [Paths(page) for page in pages.pages]
        addresses = [url or page.hints.canonical for page, url in zip(pages.pages, pages.urls, strict=True)]
        return [
            Markup(
                pages.pages[number].tag[owner],
                paths[number].path(owner),
                share,
                *targets(pages.pages[number].hrefs[block], addresses[number], pages.pages[number].hints.base),
            )
            for number, owner, block, share in zip(doc.tolist(), owners, blocks, tree.linked.tolist(), strict=True)
        ]

    def _signals(self, number: int, some: bool) -> list[float | None]:
        """Signals of an article; None where there is nothing to measure."""
        if not some:
            return [None] * len(SIGNALS)
        return [None if value != value else value for value in self.scored.signals[number].tolist()]  # noqa: PLR0124 - nan

    def _met(self, number: int) -> Reason:
        """The reason that a list of the caller's gives."""
        match, spans = self.matches[number], self.found.spans
        start = int(spans.start[number] - self.found.batch.doc_start[spans.doc[number]])
        return Reason(f"{match.side}_list", 0.0, start + match.start, start + match.end)

    def _reasons(self, row: int, shift: int = 0) -> ReadOnly[tuple[Reason, ...]]:
        if self.told is None:
            return _NOTHING
        return ReadOnly(
            {name: _shifted(reasons.of(row), shift) for name, reasons in zip(_REST, self.told, strict=True)}
        )

    def _title(
        self, number: int, rest: Doubles, techniques: dict[int, tuple[Technique, ...]], shift: int
    ) -> Title | None:
        """The article's headline: the given one, else its own."""
        laid = self.scored.evidence.laid
        row = int(laid.title[number])
        if row < 0:
            return None
        begin, end = int(laid.spans.start[row]), int(laid.spans.end[row])
        given = bool(laid.given[row])
        text = laid.batch.text[begin:end]
        return Title(
            text,
            None if given else begin - shift,
            None if given else end - shift,
            ReadOnly(zip(_REST, rest[row].tolist(), strict=True)),
            self._reasons(row, 0 if given else begin - shift),
            tuple(
                dataclasses.replace(each, start=None, end=None) if given else _moved((each,), shift)[0]
                for each in techniques.get(row, ())
            ),
        )

    def _techniques(self) -> dict[int, tuple[Technique, ...]]:
        """Techniques that sentences seem to use, by laid-out segment; offsets into the scored batch."""
        scored = self.scored
        sentences = scored.evidence.sentences
        pushes = scored.tone[:, WORDING_SCORES.index("persuasion")] > 0
        pushes &= scored.log_odds[sentences.segment, _PERSUASION] > 0
        likely = 1 / (1 + np.exp(-scored.heads[:, _TECHNIQUES].astype(np.float64)))
        found: dict[int, tuple[Technique, ...]] = {}
        for row in np.flatnonzero(pushes & (likely.max(1) >= _LIKELY)).tolist():
            voice = "quoted" if scored.heads[row, _QUOTED] > 0 else "author"
            start, end = int(sentences.start[row]), int(sentences.end[row])
            segment = int(sentences.segment[row])
            named = tuple(
                Technique(name, value, start, end, voice)
                for name, value in zip(TECHNIQUES, likely[row].tolist(), strict=True)
                if value >= _LIKELY
            )
            found[segment] = (*found.get(segment, ()), *named)
        return found


def _begins(scored: Scored) -> Ints:
    """Where each text begins in the scored batch, behind its given title."""
    laid = scored.evidence.laid
    begin = laid.batch.doc_start[:-1].copy()
    rows = np.flatnonzero(laid.given)
    begin[laid.spans.doc[rows]] = laid.spans.end[rows] + 1
    return np.asarray(begin, np.int64)


def segment_shifts(scored: Scored) -> Ints:
    """What to take off an offset into the scored batch: a given title counts from its own beginning."""
    laid = scored.evidence.laid
    return np.asarray(np.where(laid.given, laid.spans.start, _begins(scored)[laid.spans.doc]), np.int64)


def _means(scores: Doubles, size: Doubles, first: list[int]) -> list[list[float]]:
    """Scores of each article: the mean over its segments, weighted by their characters."""
    low, high = np.array(first[:-1]), np.array(first[1:])
    total = np.stack([Running(column * size).between(low, high) for column in scores.T], axis=1)
    characters = np.maximum(Running(size).between(low, high), 1)
    means: list[list[float]] = np.clip(total / characters[:, None], 0, 1).tolist()
    return means


def _shifted(reasons: tuple[Reason, ...], offset: int) -> tuple[Reason, ...]:
    """Reasons whose places count from an offset."""
    if not offset:
        return reasons
    return tuple(
        reason
        if reason.start is None or reason.end is None
        else Reason(reason.cue, reason.contribution, reason.start - offset, reason.end - offset)
        for reason in reasons
    )


def _moved(techniques: tuple[Technique, ...], offset: int) -> tuple[Technique, ...]:
    return tuple(
        each
        if each.start is None or each.end is None
        else dataclasses.replace(each, start=each.start - offset, end=each.end - offset)
        for each in techniques
    )


__all__ = ["Assembly", "segment_shifts"]
