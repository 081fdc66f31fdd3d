"""newsflag as a component of a spaCy pipeline.

>>> import spacy
>>> nlp = spacy.blank("en")
>>> component = nlp.add_pipe("newsflag", config={"explain": False})
>>> doc = nlp("The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly")
>>> [(span.label_, span.text) for span in doc.spans["newsflag"]]
[('body', 'The council met on Monday.\\n\\n'), ('teaser', 'READ MORE: Ten tricks for a flat belly')]
>>> doc._.newsflag.body
'The council met on Monday.'

spaCy finds the component by itself where newsflag is installed; importing this
module does the same.
"""

# No `from __future__ import annotations`: spaCy looks at the annotations of factories, and some of its versions can't
# read them as text.

import dataclasses
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from newsflag import _flagger
from newsflag.config import Config
from newsflag.errors import ConfigError
from newsflag.kinds import KINDS, SCORES
from newsflag.report import Report

try:
    from spacy.language import Language
    from spacy.tokens import Doc, Span, SpanGroup
    from spacy.util import raise_error
except ImportError as error:
    raise ImportError("newsflag.integrations.spacy needs spaCy: pip install 'newsflag[spacy]'") from error

if TYPE_CHECKING:
    from newsflag.flagger import Flagger  # spaCy imports this module with every pipeline: it must be light

FACTORY: Final = "newsflag"
"""Name of the factory, of the extension ``doc._.newsflag``, and of the place in ``doc.user_data``."""

_SETTINGS: Final = "settings.json"


class NewsflagComponent:
    """Sets ``doc.spans["newsflag"]`` and ``doc._.newsflag``; made by ``nlp.add_pipe("newsflag")``.

    Parameters
    ----------
    name : str
        Its name in the pipeline.
    config : Config, optional
    spans_key : str
        Where in ``doc.spans`` the segments go.
    model : str, optional
        Name or file of another model than the one that is shipped.
    **options
        Fields of :class:`newsflag.Config`, on top of ``config``.

    Attributes
    ----------
    config : Config

    Notes
    -----
    ``doc._.newsflag`` is the report, the very one that ``newsflag.flag(doc.text)`` gives; None where the component has
    not run on this text. What is stored, in ``doc.user_data``, is plain data, so that it goes with the Doc through
    ``to_bytes``, worker processes, and ``DocBin(store_user_data=True)``; the report is made of it anew whenever it is
    asked for: keep it in a variable.

    ``doc.spans["newsflag"]`` has a span for every segment, labelled with its kind. Tokens and segments may have
    different ends, so every token goes to the segment that it shares most characters with, the first of them in a tie;
    a token between two segments, which is white space, goes to the one before it. No token is lost or in two spans:
    one after another, the spans are the text. A segment that no token goes to, being a part of one, has no span;
    ``span.id_`` is the segment's number in ``report.segments``. The group's ``attrs`` hold plain data that any DocBin
    stores: ``model``, ``threshold``, and under ``scores`` for each score a list with a value a span.

    Errors go to spaCy's error handler, as everywhere: it raises them unless it was set to something else, such as
    ``spacy.util.ignore_error``; then ``nlp.pipe`` leaves out the Doc.

    Examples
    --------
    >>> import spacy
    >>> doc = spacy.blank("en")("It rained.\\n\\nREAD MORE: Ten tricks for a flat belly")
    >>> group = NewsflagComponent(threshold=0.9)(doc).spans["newsflag"]
    >>> group.attrs["threshold"], [score > 0.9 for score in group.attrs["scores"]["insertion"]]
    (0.9, [False, True])
    """

    def __init__(
        self,
        name: str = FACTORY,
        config: Config | None = None,
        *,
        spans_key: str = FACTORY,
        model: str | None = None,
        **options: Any,
    ) -> None:
        self.name = name
        self.error_handler: Callable[..., Any] = raise_error
        self._set(Config.of(config, options), spans_key, model)

    def _set(self, config: Config, spans_key: object, model: object) -> None:
        if not isinstance(spans_key, str) or not spans_key:
            raise ConfigError(f"spans_key is {spans_key!r}, but must be a str such as {FACTORY!r}")
        if model is not None and not isinstance(model, str):
            raise ConfigError(f"model is {model!r}, but must be a model's name or the path of its JSON file")
        _flagger(config, model, {})  # says at once whether all is well
        self.config, self.spans_key, self.model = config, spans_key, model

    @property
    def _judge(self) -> "Flagger":
        # One a process, wherever this was sent.
        return _flagger(self.config, self.model, {})

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels that spans may have, :data:`newsflag.KINDS`."""
        return KINDS

    def __call__(self, doc: Doc) -> Doc:
        """Report on one Doc, and set what is found."""
        return self._put(doc, self._judge.flag(doc.text))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """Report on many Docs, ``batch_size`` of them together; they come in their order."""
        pairs = ((doc.text, doc) for doc in stream)
        for found, doc in self._judge.pipe(pairs, as_tuples=True, batch_size=batch_size, on_error="yield"):
            if isinstance(found, Report):
                yield self._put(doc, found)
            else:
                self.error_handler(self.name, self, [doc], found.error)

    def _put(self, doc: Doc, report: Report) -> Doc:
        doc.user_data[FACTORY] = report.to_dict()
        doc.spans[self.spans_key] = _group(doc, report, self.spans_key)
        return doc

    def set_error_handler(self, error_handler: Callable[..., Any]) -> None:
        """Take another error handler, as spaCy's own components do."""
        self.error_handler = error_handler

    def get_error_handler(self) -> Callable[..., Any]:
        """The error handler."""
        return self.error_handler

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:  # noqa: ARG002 - spaCy's own signature
        """The settings as JSON; never the model."""
        settings = {**_plain(self.config), "spans_key": self.spans_key, "model": self.model}
        return json.dumps(settings).encode("utf-8")

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "NewsflagComponent":  # noqa: ARG002
        """Take the settings that :meth:`to_bytes` gave."""
        settings = json.loads(data)
        spans_key, model = settings.pop("spans_key"), settings.pop("model")
        self._set(Config.of(None, settings), spans_key, model)
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the settings into a folder; never the model."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _SETTINGS).write_bytes(self.to_bytes(exclude=exclude))

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "NewsflagComponent":
        """Take the settings that :meth:`to_disk` wrote."""
        return self.from_bytes((Path(path) / _SETTINGS).read_bytes(), exclude=exclude)


def make_component(
    nlp: Language,  # noqa: ARG001 - spaCy's own signature
    name: str,
    spans_key: Any,
    model: Any,
    threshold: Any,
    keep: Any,
    drop: Any,
    sentences: Any,
    explain: Any,
    max_reasons: Any,
    thresholds: Any,
    language: Any,
    allow: Any,
    deny: Any,
    allow_patterns: Any,
    deny_patterns: Any,
    pattern_seconds: Any,
) -> NewsflagComponent:
    """Make the component for ``nlp.add_pipe("newsflag", config=...)``.

    The settings are the fields of :class:`newsflag.Config`, ``spans_key`` and ``model``, as for
    :class:`NewsflagComponent`. They are checked there, which says more than types do.

    Examples
    --------
    >>> import spacy
    >>> spacy.blank("en").add_pipe("newsflag", config={"threshold": 2})
    Traceback (most recent call last):
        ...
    newsflag.errors.ConfigError: threshold is 2, but must be a number from 0 to 1; without one the model's own holds
    """
    return NewsflagComponent(
        name,
        spans_key=spans_key,
        model=model,
        threshold=threshold,
        keep=keep,
        drop=drop,
        sentences=sentences,
        explain=explain,
        max_reasons=max_reasons,
        thresholds=thresholds,
        language=language,
        allow=allow,
        deny=deny,
        allow_patterns=allow_patterns,
        deny_patterns=deny_patterns,
        pattern_seconds=pattern_seconds,
    )


def _plain(config: Config) -> dict[str, Any]:
    """The options as spaCy's config files can hold them."""
    settings: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if field.name == "thresholds":
            value = dict(value)
        settings[field.name] = list(value) if isinstance(value, tuple) else value
    return settings


def _report(doc: Doc) -> Report | None:
    """What ``doc._.newsflag`` is."""
    stored = doc.user_data.get(FACTORY)
    # A Doc that was made of another one may have been given its data, but has not its text.
    return Report.from_dict(stored) if stored is not None and stored["text"] == doc.text else None


def _group(doc: Doc, report: Report, key: str) -> SpanGroup:
    """Spans of the segments, one after another without a gap."""
    spans, shown = [], []
    start = 0
    for number, tokens in itertools.groupby(_owners(doc, report)):
        end = start + len(list(tokens))
        segment = report.segments[number]
        spans.append(Span(doc, start, end, label=segment.kind, span_id=str(number)))
        shown.append(segment)
        start = end
    scores = {score: [segment.scores[score] for segment in shown] for score in SCORES}
    attrs = {"model": report.model, "threshold": report.threshold, "scores": scores}
    return SpanGroup(doc, name=key, attrs=attrs, spans=spans)


def _owners(doc: Doc, report: Report) -> list[int]:
    """For each token the number of the segment that it goes to; none at all for a text without segments."""
    segments = report.segments
    owners: list[int] = []
    if not segments:
        return owners
    first = 0  # of the segments that the next token may share characters with
    for token in doc:
        start, end = token.idx, token.idx + len(token)
        while first < len(segments) and segments[first].end <= start:
            first += 1
        owner, most = owners[-1] if owners else 0, 0
        for number in range(first, len(segments)):
            segment = segments[number]
            if segment.start >= end:
                break
            shared = min(end, segment.end) - max(start, segment.start)
            if shared > most:
                owner, most = number, shared
        owners.append(owner)
    return owners


Doc.set_extension(FACTORY, getter=_report, force=True)  # this module may be read twice
Language.factory(
    FACTORY,
    default_config={"spans_key": FACTORY, "model": None, **_plain(Config())},
    assigns=["doc.spans", "doc._.newsflag"],
    func=make_component,
)

__all__ = ["FACTORY", "NewsflagComponent", "make_component"]
