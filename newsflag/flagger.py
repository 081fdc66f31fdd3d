"""Text comes in, a report goes out: the stages in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from newsflag import _text as t
from newsflag._text import Batch, Doubles, Floats, make_batch
from newsflag.config import Config
from newsflag.errors import ConfigError, InputError
from newsflag.evidence import N_INSERTIONS, inputs, own_evidence
from newsflag.evidence.context import verdict_evidence
from newsflag.evidence.topic import topic_evidence
from newsflag.explain import sentence
from newsflag.kinds import KINDS, SCORES
from newsflag.model import network
from newsflag.model.store import Model, load
from newsflag.reasons import SEPARATOR_LOG_ODDS, explain_segments, separator_reasons
from newsflag.report import Flag, ReadOnly, Reason, Report, Segment, Verdict
from newsflag.segmentation import segment
from newsflag.segmentation.lines import Spans

BATCH_CHARACTERS: Final = 1_000_000
"""A batch is closed when it holds so many characters, whatever the batch size: it bounds memory."""

_CUT: Final = len(KINDS) - N_INSERTIONS
_ONLY_MARKS: Final = (
    t.DASH,
    t.BULLET,
    t.OPERATOR,
    t.ARROW,
    t.SLASH,
    t.HASH,
    t.PERIOD,
    t.APOSTROPHE,
    t.OTHER,
    t.ELLIPSIS,
)
_SOLID: Final = np.ones(256, bool)
_SOLID[[*_ONLY_MARKS, t.SPACE, t.NEWLINE]] = False
_SEPARATOR_KINDS: Final = (0.0025 / (len(KINDS) - 1), 0.9975)


class Flagger:
    """Splits articles into their own text and what was set into it.

    Parameters
    ----------
    config : Config, optional
    model : str or Path or Model, optional
        Name of a shipped model or a model's file; by default the splitter.
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
        self, config: Config | None = None, *, model: str | Path | Model | None = None, **options: Any
    ) -> None:
        self.config = Config.of(config, options)
        self.model = model if isinstance(model, Model) else load(model)

    def __repr__(self) -> str:
        return f"Flagger({self.config!r}, model={self.model.name!r})"

    @property
    def threshold(self) -> float:
        """The ``insertion`` score from which a segment counts as an insertion, 0…1."""
        return self.model.threshold if self.config.threshold is None else self.config.threshold

    def flag(self, text: str) -> Report:
        """Report on one article; see :func:`newsflag.flag`."""
        _check(text)
        return self._reports([text])[0]

    def clean(self, text: str) -> str:
        """The article's own text; see :func:`newsflag.clean`."""
        return self.flag(text).body

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

    def _reports(self, texts: Sequence[str]) -> list[Report]:
        batch = make_batch(texts)
        spans = segment(batch, self.config.sentences)
        model = self.model
        name = f"{model.name} {model.version} ({model.digest})"
        if not len(spans):
            zero = dict.fromkeys(SCORES, 0.0)
            return [Report(text, (), (), "", zero, self.threshold, name) for text in texts]
        own = own_evidence(batch, spans)
        alone = network.alone_logits(own, model)
        alone_kinds = network.softmax(alone)
        topic = topic_evidence(batch, spans, own.tokens, model.idf)
        scaled = network.standardise(inputs(own.surface, topic, alone_kinds, spans, own.tokens), model)
        first = network.forward(scaled, model.first)
        verdicts = verdict_evidence(network.softmax(first), own.surface, spans, own.tokens)
        logits = network.forward(network.second_inputs(scaled, first, verdicts), model.second)
        kinds, log_odds = network.calibrated(logits, model)
        separators = np.flatnonzero(_separators(batch, spans))
        kinds[separators] = _SEPARATOR_KINDS[0]
        kinds[separators, KINDS.index("interface")] = _SEPARATOR_KINDS[1]
        log_odds[separators] = SEPARATOR_LOG_ODDS
        scores = _scores(log_odds, network.wording_log_odds(own, model), topic, model)
        reasons: list[tuple[Reason, ...]] = [()] * len(spans)
        if self.config.explain:
            reasons = explain_segments(
                batch, spans, own, alone, scaled, verdicts, log_odds, model, self.config.max_reasons
            )
            for number in separators.tolist():
                reasons[number] = separator_reasons(int(spans.start[number]), int(spans.end[number]))
        return self._assemble(texts, batch, spans, kinds, scores, alone_kinds, reasons, name)

    def _assemble(
        self,
        texts: Sequence[str],
        batch: Batch,
        spans: Spans,
        kinds: Floats,
        scores: Doubles,
        alone_kinds: Floats,
        reasons: Sequence[tuple[Reason, ...]],
        name: str,
    ) -> list[Report]:
        threshold = self.threshold
        # float64 from here on, so that the probabilities still add up after printing.
        shares = kinds.astype(np.float64)
        inserted = scores[:, 0] >= threshold
        best = np.where(inserted, shares[:, _CUT:].argmax(1) + _CUT, shares[:, :_CUT].argmax(1))
        alone_share = np.minimum(alone_kinds[:, _CUT:].sum(1), 1)  # float32 shares may add up to a hair more
        alone_best = np.where(
            alone_share >= threshold, alone_kinds[:, _CUT:].argmax(1) + _CUT, alone_kinds[:, :_CUT].argmax(1)
        )
        offset = batch.doc_start[spans.doc]
        rows = list(
            zip(
                (spans.start - offset).tolist(),
                (spans.end - offset).tolist(),
                best.tolist(),
                shares.tolist(),
                scores.tolist(),
                alone_best.tolist(),
                alone_share.tolist(),
                reasons,
                offset.tolist(),
                strict=True,
            )
        )
        first = np.searchsorted(spans.doc, np.arange(batch.n_docs + 1)).tolist()
        size = (spans.end - spans.start).astype(np.float64)
        means = _means(scores, size, first)
        reports = []
        for number, text in enumerate(texts):
            low, high = first[number], first[number + 1]
            segments = tuple(
                Segment(
                    start,
                    end,
                    text[start:end],
                    KINDS[kind],
                    ReadOnly(zip(KINDS, shares_, strict=True)),
                    ReadOnly(zip(SCORES, scores_, strict=True)),
                    Verdict(KINDS[alone_kind], alone_insertion),
                    _shifted(why, back) if why else (),
                )
                for start, end, kind, shares_, scores_, alone_kind, alone_insertion, why, back in rows[low:high]
            )
            flags = tuple(
                Flag(part.kind, part, row[4][0], threshold, sentence(part))
                for part, row in zip(segments, rows[low:high], strict=True)
                if row[2] >= _CUT and any(map(str.isalnum, part.text))
            )
            body = _body(text, segments, spans.gap[low:high].tolist(), self.config)
            reports.append(
                Report(text, segments, flags, body, ReadOnly(zip(SCORES, means[number], strict=True)), threshold, name)
            )
        return reports


def _check(text: object) -> None:
    if not isinstance(text, str):
        hint = "; decode it first, for instance text.decode('utf-8')" if isinstance(text, bytes | bytearray) else ""
        raise InputError(f"a text must be a str, but got {type(text).__name__}{hint}")


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


def _separators(batch: Batch, spans: Spans) -> t.Bools:
    """Segments of nothing but dashes, bullets, stars and the like."""
    solid = np.flatnonzero(_SOLID[batch.classes])
    return np.asarray(np.diff(np.searchsorted(solid, np.append(spans.start, len(batch.classes)))) == 0)


def _scores(log_odds: Floats, wording: Floats, topic: Floats, model: Model) -> Doubles:
    """Scores in the order of :data:`SCORES`, as float64 for printing, shape (segments, scores)."""
    heads = 1 / (1 + np.exp(-np.clip(wording.astype(np.float64), -30, 30)))
    off_topic = 1 / (1 + np.exp(-np.clip(topic @ model.off_topic[:-1] + model.off_topic[-1], -30, 30)))
    insertion = 1 / (1 + np.exp(-log_odds.astype(np.float64)))
    return np.column_stack((insertion, off_topic.astype(np.float64), heads))


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


def _body(text: str, segments: tuple[Segment, ...], gaps: list[int], config: Config) -> str:
    """The kept segments with the breaks between them as in the source; over a removed one the stronger break."""
    parts: list[str] = []
    strongest = -1
    glue = ""
    for number, (part, gap) in enumerate(zip(segments, gaps, strict=True)):
        if number and gap > strongest:
            strongest = gap
            glue = text[segments[number - 1].end : part.start]
        if not config.keeps(part.kind):
            continue
        if parts:
            parts.append(glue)
        parts.append(part.text)
        strongest, glue = -1, ""
    return "".join(parts)


__all__ = ["BATCH_CHARACTERS", "Flagger"]
