"""Text comes in, a report goes out: the stages in their order."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from newsflag._readonly import ReadOnly
from newsflag._text import Doubles, Ints
from newsflag.config import Config
from newsflag.errors import ConfigError, InputError
from newsflag.evidence import N_INSERTIONS
from newsflag.explain import score_sentence, sentence
from newsflag.kinds import ARTICLE_SCORES, KINDS, SCORES, TECHNIQUES
from newsflag.language import UNDETERMINED, detect
from newsflag.matching import Match, make_lists
from newsflag.model import network
from newsflag.model import scores as score_models
from newsflag.model.scores import HEADS, ScoreModel
from newsflag.model.store import Model, load
from newsflag.reasons import explain_segments, separator_reasons
from newsflag.report import Flag, Reason, Report, Segment, Technique, Title, Verdict
from newsflag.scoring import Laid, Scored, gather, lay_out, score
from newsflag.signals import SIGNALS
from newsflag.splitting import Split, split
from newsflag.wording_reasons import explain_scores, explain_style

BATCH_CHARACTERS: Final = 1_000_000
"""A batch is closed when it holds so many characters, whatever the batch size: it bounds memory."""

_CUT: Final = len(KINDS) - N_INSERTIONS
_REST: Final = SCORES[1:]
_MISINFORMATION: Final = ARTICLE_SCORES[0]
_TITLE_FLAGS: Final = _REST
_TEXT_FLAGS: Final = ("sensational", "persuasion")
_ALONE_FLAGS: Final = ("clickbait", *_TEXT_FLAGS)
_TECHNIQUES: Final = [HEADS.index(name) for name in TECHNIQUES]
_QUOTED: Final = HEADS.index("quoted")
_PERSUASION: Final = _REST.index("persuasion")
_NOTHING: Final[ReadOnly[tuple[Reason, ...]]] = ReadOnly()
_LIKELY: Final = 0.5  # probability from which a technique is named


class Flagger:
    """Splits articles into their own text and what was set into it.

    Parameters
    ----------
    config : Config, optional
    model : str or Path or Model, optional
        Name of a shipped model or a model's file; by default the splitter.
    scores : str or Path or ScoreModel, optional
        Another model of the scores than the one that is shipped, or its file.
    **options
        Fields of :class:`newsflag.Config`, on top of ``config``.

    Raises
    ------
    ConfigError
        When an option is unknown or not allowed.
    ModelError
        When the model can't be read.

    Examples
    --------
    >>> from newsflag import Flagger
    >>> flagger = Flagger(explain=False)
    >>> flagger.clean("The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly")
    'The council met on Monday.'
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        model: str | Path | Model | None = None,
        scores: str | Path | ScoreModel | None = None,
        **options: Any,
    ) -> None:
        self.config = Config.of(config, options)
        self.model = model if isinstance(model, Model) else load(model)
        if scores is None:
            scores = score_models.shipped()
        self.scores = scores if isinstance(scores, ScoreModel) else score_models.load(scores)
        config = self.config
        self._lists = make_lists(
            config.allow, config.deny, config.allow_patterns, config.deny_patterns, config.pattern_seconds
        )
        self._thresholds = {**self.scores.thresholds, **config.thresholds}

    def __repr__(self) -> str:
        return f"Flagger({self.config!r}, model={self.model.name!r})"

    @property
    def threshold(self) -> float:
        """The ``insertion`` score from which a segment counts as an insertion, 0…1."""
        return self.model.threshold if self.config.threshold is None else self.config.threshold

    @property
    def thresholds(self) -> dict[str, float]:
        """For each score with flags of its own, the value from which the article's own text is flagged, 0…1."""
        return dict(self._thresholds)

    def flag(self, text: str, *, title: str | None = None) -> Report:
        """Report on one article; see :func:`newsflag.flag`."""
        _check(text)
        _check_title(title)
        return self._reports([text], [title])[0]

    def clean(self, text: str) -> str:
        """The article's own text; see :func:`newsflag.clean`."""
        _check(text)
        found = split([text], self.config.sentences, self.model)
        if found is None:
            return ""
        kind, _ = self._kinds(found)
        spans = found.spans
        parts = zip(spans.start.tolist(), spans.end.tolist(), [KINDS[each] for each in kind.tolist()], strict=True)
        return _body(text, list(parts), spans.gap.tolist(), self.config)

    def pipe(
        self, texts: Iterable[Any], *, batch_size: int = 64, n_jobs: int = 1, as_tuples: bool = False
    ) -> Iterator[Any]:
        """Reports of many articles in their order; see :func:`newsflag.pipe`."""
        if isinstance(texts, str | bytes) or not hasattr(texts, "__iter__"):
            raise InputError(
                f"pipe takes an iterable of texts, but got {type(texts).__name__}; "
                "for a single text use flag, or put it in a list"
            )
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise ConfigError(f"batch_size is {batch_size!r}, but must be a whole number of at least 1")
        if isinstance(n_jobs, bool) or not isinstance(n_jobs, int) or n_jobs == 0:
            raise ConfigError(f"n_jobs is {n_jobs!r}, but must be a whole number: 1, 2, …, or -1 for all cores")
        return self._pipe(texts, batch_size, n_jobs, as_tuples)

    def _pipe(self, texts: Iterable[Any], batch_size: int, n_jobs: int, as_tuples: bool) -> Iterator[Any]:
        batches = _batches(_pairs(texts) if as_tuples else ((text, None) for text in texts), batch_size)
        if n_jobs == 1:
            answers = ((self._reports(part), contexts) for part, contexts in batches)
        else:
            from joblib import Parallel, delayed

            answers = Parallel(n_jobs=n_jobs, return_as="generator")(
                delayed(_work)(self, part, contexts) for part, contexts in batches
            )
        for reports, contexts in answers:
            if as_tuples:
                yield from zip(reports, contexts, strict=True)
            else:
                yield from reports

    def _reports(self, texts: Sequence[str], titles: Sequence[str | None] | None = None) -> list[Report]:
        titles = titles or [None] * len(texts)
        name = f"{self.model.name} {self.model.version} ({self.model.digest})"
        found = split(texts, self.config.sentences, self.model)
        if found is None:
            return [self._empty(text, title, name) for text, title in zip(texts, titles, strict=True)]
        kind, matches = self._kinds(found)
        laid = lay_out(texts, titles, found.batch, found.spans, found.own.tokens, kind)
        languages = self._languages(laid)
        same = laid.batch is found.batch
        evidence = gather(
            laid,
            languages,
            self.model.idf,
            found.topic if same else None,
            found.own.surface if same else None,
        )
        scored = score(evidence, languages, self.scores)
        why = self._why(found, matches)
        told = None
        if self.config.explain:
            shift = _shift_of_segments(scored)
            told = explain_scores(scored, languages, self.scores, self.config.max_reasons, shift)
        of_style = explain_style(scored, languages, self.scores) if self.config.explain else None
        return _Assembly(self, texts, languages, found, kind, why, scored, told, of_style, name).reports()

    def _empty(self, text: str, title: str | None, name: str) -> Report:
        """Report on nothing but white space; a title beside it is judged all the same."""
        scores = dict.fromkeys((*SCORES, *ARTICLE_SCORES), 0.0)
        own = None
        language = self.config.language or UNDETERMINED
        if title and title.strip():
            whole = self.flag(" ".join(title.split()))
            language = whole.language
            own = _title_of(whole)
        return Report(
            text,
            (),
            (),
            "",
            scores,
            self.threshold,
            name,
            own,
            language,
            {score: self.scores.supports(score, language) for score in self.scores.languages},
            dict.fromkeys(SIGNALS),
        )

    def _kinds(self, found: Split) -> tuple[Ints, dict[int, Match]]:
        """Kind of every segment, and what the caller's lists decided of it."""
        kind = found.best(self.threshold)
        matches = self._matches(found)
        for number, match in matches.items():
            shares = found.kinds[number]
            kind[number] = shares[_CUT:].argmax() + _CUT if match.side == "deny" else shares[:_CUT].argmax()
        return kind, matches

    def _languages(self, laid: Laid) -> list[str]:
        """Language of each text: the config's, else what its title and its first words tell."""
        n_docs = laid.batch.n_docs
        if self.config.language is not None:
            return [self.config.language] * n_docs
        model = self.scores
        doc = laid.spans.doc[laid.tokens.segment]
        return detect(laid.batch, laid.tokens, doc, n_docs, model.language, model.language_bias, model.detected)

    def _matches(self, found: Split) -> dict[int, Match]:
        """Segments that the caller's lists decide."""
        if not self._lists:
            return {}
        text = found.batch.text
        places = zip(found.spans.start.tolist(), found.spans.end.tolist(), strict=True)
        matches = ((number, self._lists.match(text[start:end])) for number, (start, end) in enumerate(places))
        return {number: match for number, match in matches if match is not None}

    def _why(self, found: Split, matches: dict[int, Match]) -> list[tuple[Reason, ...]]:
        """Reasons of every segment's kind, offsets into the batch's text."""
        spans = found.spans
        reasons: list[tuple[Reason, ...]] = [()] * len(spans)
        if self.config.explain:
            reasons = explain_segments(
                found.batch,
                spans,
                found.own,
                found.alone,
                found.scaled,
                found.verdicts,
                found.log_odds,
                self.model,
                self.config.max_reasons,
            )
            for number in found.separators.tolist():
                reasons[number] = separator_reasons(int(spans.start[number]), int(spans.end[number]))
        for number, match in matches.items():
            start = int(spans.start[number])
            met = Reason(f"{match.side}_list", 0.0, start + match.start, start + match.end)
            reasons[number] = (met, *reasons[number])
        return reasons


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Assembly:
    """Arrays of a batch into reports."""

    flagger: Flagger
    texts: Sequence[str]
    languages: Sequence[str]
    found: Split
    kind: Ints
    why: list[tuple[Reason, ...]]
    scored: Scored
    told: list[list[tuple[Reason, ...]]] | None
    of_style: list[tuple[Reason, ...]] | None
    name: str

    def reports(self) -> list[Report]:
        """One for each text."""
        found, scored = self.found, self.scored
        spans, laid = found.spans, scored.evidence.laid
        threshold = self.flagger.threshold
        # Rows of the segments among those laid out with titles.
        place = np.flatnonzero(~laid.given)
        rest = 1 / (1 + np.exp(-scored.log_odds))
        scores = np.column_stack((found.insertion, rest[place]))
        alone = network.softmax(found.alone)
        alone_share = np.minimum(alone[:, _CUT:].sum(1), 1)  # float32 shares may add up to a hair more
        alone_best = np.where(alone_share >= threshold, alone[:, _CUT:].argmax(1) + _CUT, alone[:, :_CUT].argmax(1))
        offset = found.batch.doc_start[spans.doc]
        first = np.searchsorted(spans.doc, np.arange(found.batch.n_docs + 1)).tolist()
        means = _means(scores, (spans.end - spans.start).astype(np.float64), first)
        techniques = self._techniques()
        rows = list(
            zip(
                (spans.start - offset).tolist(),
                (spans.end - offset).tolist(),
                self.kind.tolist(),
                # float64 from here on, so that the probabilities still add up after printing.
                found.kinds.astype(np.float64).tolist(),
                scores.tolist(),
                alone_best.tolist(),
                alone_share.tolist(),
                self.why,
                offset.tolist(),
                place.tolist(),
                strict=True,
            )
        )
        shift = self._shifts()
        reports = []
        for number, text in enumerate(self.texts):
            low, high = first[number], first[number + 1]
            segments = tuple(
                Segment(
                    start,
                    end,
                    text[start:end],
                    KINDS[kind],
                    ReadOnly(zip(KINDS, shares, strict=True)),
                    ReadOnly(zip(SCORES, values, strict=True)),
                    Verdict(KINDS[alone_kind], alone_insertion),
                    _shifted(why, back) if why else (),
                    self._reasons(row),
                    _moved(techniques[row], shift[number]) if row in techniques else (),
                )
                for start, end, kind, shares, values, alone_kind, alone_insertion, why, back, row in rows[low:high]
            )
            title = self._title(number, rest, techniques, shift[number])
            article = float(1 / (1 + np.exp(-scored.article[number]))) if high > low else 0.0
            of_style = _shifted(self.of_style[number], shift[number]) if self.of_style and high > low else ()
            values = {**dict(zip(SCORES, means[number], strict=True)), _MISINFORMATION: article}
            reports.append(
                Report(
                    text,
                    segments,
                    self._flags(text, segments, title, article, of_style),
                    _body(
                        text,
                        [(part.start, part.end, part.kind) for part in segments],
                        spans.gap[low:high].tolist(),
                        self.flagger.config,
                    ),
                    ReadOnly(values),
                    threshold,
                    self.name,
                    title,
                    self.languages[number],
                    ReadOnly(
                        {
                            name: self.flagger.scores.supports(name, self.languages[number])
                            for name in self.flagger.scores.languages
                        }
                    ),
                    ReadOnly(zip(SIGNALS, self._signals(number, high > low), strict=True)),
                    ReadOnly({_MISINFORMATION: of_style} if of_style else {}),
                )
            )
        return reports

    def _signals(self, number: int, some: bool) -> list[float | None]:
        """Signals of an article; None where there is nothing to measure."""
        if not some:
            return [None] * len(SIGNALS)
        return [None if value != value else value for value in self.scored.signals[number].tolist()]  # noqa: PLR0124 - nan

    def _shifts(self) -> list[int]:
        """What to take off an offset into the scored batch to get one into each text."""
        return [int(value) for value in _begins(self.scored)]

    def _reasons(self, row: int, shift: int = 0) -> ReadOnly[tuple[Reason, ...]]:
        if self.told is None:
            return _NOTHING
        if not shift:
            return ReadOnly(zip(_REST, [reasons[row] for reasons in self.told], strict=True))
        return ReadOnly({name: _shifted(reasons[row], shift) for name, reasons in zip(_REST, self.told, strict=True)})

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
        own, intercept = (float(self.flagger.scores.tone[2, column]) for column in (0, 3))
        pushes = scored.wording[:, 2] * own + intercept > 0
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

    def _flags(
        self,
        text: str,
        segments: tuple[Segment, ...],
        title: Title | None,
        article: float,
        of_style: tuple[Reason, ...],
    ) -> tuple[Flag, ...]:
        """What a user may act on: insertions, and what of the article's own text reaches a threshold."""
        flags = []
        thresholds = self.flagger.thresholds
        own_title = None
        for part in segments:
            if not any(map(str.isalnum, part.text)):
                continue
            if part.is_insertion:
                flags.append(Flag(part.kind, part, part.scores["insertion"], self.flagger.threshold, sentence(part)))
                continue
            if title is not None and title.start == part.start:
                own_title = part
                continue
            # Within an article nothing baits into it; a text of one line may be a headline.
            for name in _ALONE_FLAGS if len(segments) == 1 else _TEXT_FLAGS:
                value = part.scores[name]
                if value >= thresholds[name]:
                    reason = score_sentence(name, value, part.why.get(name, ()), part.text, offset=part.start)
                    flags.append(Flag(name, part, value, thresholds[name], reason))
        if title is not None and any(map(str.isalnum, title.text)):
            for name in _TITLE_FLAGS:
                value = title.scores[name]
                # A headline alone has nothing that it could be off.
                if value >= thresholds[name] and (name != "off_topic" or len(segments) > (own_title is not None)):
                    reason = score_sentence(name, value, title.why.get(name, ()), title.text)
                    flags.append(Flag(name, own_title, value, thresholds[name], f"Title: {reason}"))
        threshold = thresholds[_MISINFORMATION]
        if article >= threshold and not all(part.is_insertion for part in segments):
            reason = score_sentence(_MISINFORMATION, article, of_style, text)
            flags.append(Flag(_MISINFORMATION, _heaviest(segments, of_style), article, threshold, reason))
        return tuple(flags)


def _begins(scored: Scored) -> Ints:
    """Where each text begins in the scored batch, behind its given title."""
    laid = scored.evidence.laid
    begin = laid.batch.doc_start[:-1].copy()
    rows = np.flatnonzero(laid.given)
    begin[laid.spans.doc[rows]] = laid.spans.end[rows] + 1
    return np.asarray(begin, np.int64)


def _shift_of_segments(scored: Scored) -> Ints:
    """What to take off an offset into the scored batch: a given title counts from its own beginning."""
    laid = scored.evidence.laid
    return np.asarray(np.where(laid.given, laid.spans.start, _begins(scored)[laid.spans.doc]), np.int64)


def _heaviest(segments: tuple[Segment, ...], of_style: tuple[Reason, ...]) -> Segment:
    """The segment that weighs most in the article's style; where nothing is explained, the most loaded one."""
    for reason in of_style:
        if reason.start is not None:
            for part in segments:
                if part.start <= reason.start < part.end:
                    return part
    return max(segments, key=lambda part: (not part.is_insertion, part.scores["sensational"]))


def _title_of(report: Report) -> Title:
    """A headline that was flagged as a text of its own, as a title."""
    strongest = max(report.segments, key=lambda part: part.end - part.start)
    scores = {name: strongest.scores[name] for name in _REST}
    techniques = tuple(dataclasses.replace(each, start=None, end=None) for each in strongest.techniques)
    return Title(report.text, None, None, scores, strongest.why, techniques)


def _check(text: object) -> None:
    if not isinstance(text, str):
        hint = "; decode it first, for instance text.decode('utf-8')" if isinstance(text, bytes | bytearray) else ""
        raise InputError(f"a text must be a str, but got {type(text).__name__}{hint}")


def _check_title(title: object) -> None:
    if title is not None and not isinstance(title, str):
        raise InputError(f"a title must be a str or None, but got {type(title).__name__}")


def _pairs(items: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for item in items:
        if not isinstance(item, tuple) or len(item) != 2:
            raise InputError(f"with as_tuples=True pipe takes pairs (text, context), but got {type(item).__name__}")
        yield item


def _batches(pairs: Iterable[tuple[str, Any]], size: int) -> Iterator[tuple[list[str], list[Any]]]:
    texts: list[str] = []
    contexts: list[Any] = []
    characters = 0
    for text, context in pairs:
        _check(text)
        texts.append(text)
        contexts.append(context)
        characters += len(text)
        if len(texts) == size or characters >= BATCH_CHARACTERS:
            yield texts, contexts
            texts, contexts, characters = [], [], 0
    if texts:
        yield texts, contexts


def _work(flagger: Flagger, texts: list[str], contexts: list[Any]) -> tuple[list[Report], list[Any]]:
    return flagger._reports(texts), contexts  # noqa: SLF001 - the module's own class, in another process


def _means(scores: Doubles, size: Doubles, first: list[int]) -> list[list[float]]:
    """Scores of each article: the mean over its segments, weighted by their characters."""
    total = np.zeros((len(size) + 1, scores.shape[1]))
    np.cumsum(scores * size[:, None], axis=0, out=total[1:])
    weight = np.concatenate(([0.0], np.cumsum(size)))
    low, high = np.array(first[:-1]), np.array(first[1:])
    characters = np.maximum(weight[high] - weight[low], 1)
    means: list[list[float]] = np.clip((total[high] - total[low]) / characters[:, None], 0, 1).tolist()
    return means


def _shifted(reasons: tuple[Reason, ...], offset: int) -> tuple[Reason, ...]:
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


def _body(text: str, segments: Sequence[tuple[int, int, str]], gaps: list[int], config: Config) -> str:
    """The kept of segments (start, end, kind), with breaks as in the source; over a removed one the stronger break."""
    parts: list[str] = []
    strongest = -1
    glue = ""
    last = 0
    for number, ((start, end, kind), gap) in enumerate(zip(segments, gaps, strict=True)):
        if number and gap > strongest:
            strongest = gap
            glue = text[last:start]
        last = end
        if not config.keeps(kind):
            continue
        if parts:
            parts.append(glue)
        parts.append(text[start:end])
        strongest, glue = -1, ""
    return "".join(parts)


__all__ = ["BATCH_CHARACTERS", "Flagger"]
