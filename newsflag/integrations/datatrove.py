"""newsflag as steps of a datatrove pipeline: annotate documents, strip them to their body, filter them.

>>> from datatrove.data import Document
>>> from newsflag.integrations.datatrove import NewsflagAnnotator, NewsflagStripper
>>> text = "The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly"
>>> documents = NewsflagAnnotator().run([Document(text=text, id="1")])
>>> [document] = NewsflagStripper().run(documents)
>>> document.text, document.metadata["newsflag"]["n_teaser"]
('The council met on Monday.', 1)

A step holds nothing but its settings, so that it costs nothing to send to tasks;
each process reads the models once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from newsflag import _flagger
from newsflag.comparison import overview
from newsflag.config import Config, check_choice, check_whole
from newsflag.errors import ConfigError, Failure, NewsflagError
from newsflag.flagger import INPUTS, ON_ERROR, Flagger
from newsflag.report import Report

try:
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.filters.base_filter import BaseFilter
    from datatrove.utils.batching import batched
    from datatrove.utils.typeshelper import StatHints
except ImportError as error:
    raise ImportError("newsflag.integrations.datatrove needs datatrove: pip install 'newsflag[datatrove]'") from error

if TYPE_CHECKING:
    from datatrove.data import Document
    from datatrove.pipeline.writers.disk_base import DiskWriter

KEY: Final = "newsflag"
"""Where in a document's metadata :class:`NewsflagAnnotator` puts what it found."""

CONTENTS: Final = ("overview", "report")
"""What :class:`NewsflagAnnotator` can put there."""


class _Judge:
    """The settings that all steps share, and the flagger of this process for them."""

    def __init__(
        self, config: Config | None, options: dict[str, Any], model: str | Path | None, input: str, on_error: str
    ) -> None:
        check_choice("input", input, INPUTS)
        check_choice("on_error", on_error, ON_ERROR)
        self.config = Config.of(config, options)
        self.model = model
        self.input: Any = input
        self.on_error = on_error
        flagger = self.flagger  # says at once whether all is well
        if input == "html":
            flagger.clean_html("")  # and here if a package is missing

    @property
    def flagger(self) -> Flagger:
        return _flagger(self.config, self.model, {})

    def pipe(self, documents: Iterable[Document], batch_size: int) -> Iterator[tuple[Report | Failure, Document]]:
        """Reports of documents; an error is raised here, where the document's id can be told."""
        pairs = ((document.text, document) for document in documents)
        answers = self.flagger.pipe(pairs, as_tuples=True, batch_size=batch_size, input=self.input, on_error="yield")
        for found, document in answers:
            if isinstance(found, Failure) and self.on_error == "raise":
                raise _placed(found.error, document)
            yield found, document


class _Step(PipelineStep):  # type: ignore[misc]
    """Passes on every document, with what its report brings about."""

    type = "newsflag"

    def __init__(self, judge: _Judge, batch_size: int, key: str) -> None:
        super().__init__()
        check_whole("batch_size", batch_size)
        self.batch_size = batch_size
        self.key = key
        self._judge = judge

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Document]:  # noqa: ARG002
        """Go through documents; called by the executor."""
        for batch in batched(_counted(self, data), self.batch_size):
            with self.track_time("batch"):
                answers = list(self._judge.pipe(batch, self.batch_size))
            for found, document in answers:
                if isinstance(found, Report):
                    self._apply(found, document)
                else:
                    self.stat_update("failed")
                    document.metadata[f"{self.key}_error"] = str(found.error)
                self.stat_update(StatHints.forwarded)
                yield document

    def _apply(self, report: Report, document: Document) -> None:
        raise NotImplementedError


class NewsflagAnnotator(_Step):
    """Puts what was found into the documents' metadata; texts stay as they are.

    Parameters
    ----------
    config : Config, optional
    content : {"overview", "report"}
        A flat mapping as :func:`newsflag.comparison.overview` gives it, or the whole report as plain data, for
        :meth:`newsflag.Report.from_dict`.
    key : str
        Where in the metadata it goes.
    input : {"text", "html"}
        What the documents' texts are: plain text or web pages.
    batch_size : int
        How many documents are scored together.
    on_error : {"raise", "yield"}
        What becomes of a document that can't be reported on: raise, which ends the task, or pass it on with the
        reason in ``metadata[f"{key}_error"]``; the stat ``failed`` counts them.
    model : str or Path, optional
        Name or file of another model than the one that is shipped.
    **options
        Fields of :class:`newsflag.Config`, on top of ``config``.

    Raises
    ------
    ConfigError
        When an option is unknown or not allowed.

    Examples
    --------
    >>> from datatrove.data import Document
    >>> [document] = NewsflagAnnotator().run([Document(text="READ MORE: Ten tricks for a flat belly", id="1")])
    >>> document.metadata["newsflag"]["promos"]
    1.0
    """

    name = "annotator"

    def __init__(
        self,
        config: Config | None = None,
        *,
        content: Literal["overview", "report"] = "overview",
        key: str = KEY,
        input: Literal["text", "html"] = "text",
        batch_size: int = 64,
        on_error: Literal["raise", "yield"] = "raise",
        model: str | Path | None = None,
        **options: Any,
    ) -> None:
        check_choice("content", content, CONTENTS)
        if not isinstance(key, str) or not key:
            raise ConfigError(f"key is {key!r}, but must be a str such as {KEY!r}")
        super().__init__(_Judge(config, options, model, input, on_error), batch_size, key)
        self.content = content

    def _apply(self, report: Report, document: Document) -> None:
        document.metadata[self.key] = overview(report) if self.content == "overview" else report.to_dict()


class NewsflagStripper(_Step):
    """Makes each document's text its body: what :func:`newsflag.clean` gives.

    Parameters
    ----------
    config : Config, optional
    input : {"text", "html"}
        What the documents' texts are; of pages the article's text is left.
    batch_size : int
        How many documents are scored together.
    on_error : {"raise", "yield"}
        What becomes of a document that can't be cleaned: raise, which ends the task, or pass it on as it was with
        the reason in ``metadata["newsflag_error"]``; the stat ``failed`` counts them.
    model : str or Path, optional
        Name or file of another model than the one that is shipped.
    **options
        Fields of :class:`newsflag.Config`, on top of ``config``; ``explain`` makes no difference here, and is off.

    Raises
    ------
    ConfigError
        When an option is unknown or not allowed.

    Notes
    -----
    The stat ``characters_removed`` has how many characters a document has lost, and ``emptied`` how many documents
    have none left; they are passed on all the same.

    Examples
    --------
    >>> from datatrove.data import Document
    >>> text = "The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly"
    >>> step = NewsflagStripper()
    >>> [document.text for document in step.run([Document(text=text, id="1")])]
    ['The council met on Monday.']
    >>> step.stats["characters_removed"].total
    40
    """

    name = "stripper"

    def __init__(
        self,
        config: Config | None = None,
        *,
        input: Literal["text", "html"] = "text",
        batch_size: int = 64,
        on_error: Literal["raise", "yield"] = "raise",
        model: str | Path | None = None,
        **options: Any,
    ) -> None:
        super().__init__(_Judge(config, {**options, "explain": False}, model, input, on_error), batch_size, KEY)

    def _apply(self, report: Report, document: Document) -> None:
        self.stat_update("characters_removed", value=len(document.text) - len(report.body))
        if not report.body:
            self.stat_update("emptied")
        document.text = report.body


class NewsflagFilter(BaseFilter):  # type: ignore[misc]
    """Drops documents with too large a share of promos.

    Parameters
    ----------
    max_promos : float
        A document is dropped when its share of characters in promos is above this, 0…1; the reason is ``promos``.
    config : Config, optional
    exclusion_writer : datatrove's DiskWriter, optional
        Writes the documents that are dropped, with ``filter_reason`` in their metadata.
    input : {"text", "html"}
        What the documents' texts are.
    batch_size : int
        How many documents are scored together.
    on_error : {"raise", "yield"}
        What becomes of a document that can't be judged: raise, which ends the task, or drop it with
        ``newsflag_error`` as the reason, and what it was in ``metadata["newsflag_error"]``.
    model : str or Path, optional
        Name or file of another model than the one that is shipped.
    **options
        Fields of :class:`newsflag.Config`, on top of ``config``; ``explain`` makes no difference here, and is off.

    Raises
    ------
    ConfigError
        When an option is unknown or not allowed.

    Examples
    --------
    >>> from datatrove.data import Document
    >>> step = NewsflagFilter(max_promos=0.5)
    >>> texts = ["The council met on Monday.", "READ MORE: Ten tricks for a flat belly"]
    >>> [document.text for document in step.run([Document(text=text, id="") for text in texts])]
    ['The council met on Monday.']
    """

    name = "newsflag"

    def __init__(
        self,
        max_promos: float = 0.5,
        config: Config | None = None,
        *,
        exclusion_writer: DiskWriter | None = None,
        input: Literal["text", "html"] = "text",
        batch_size: int = 64,
        on_error: Literal["raise", "yield"] = "raise",
        model: str | Path | None = None,
        **options: Any,
    ) -> None:
        check_whole("batch_size", batch_size)
        super().__init__(exclusion_writer, batch_size)
        if isinstance(max_promos, bool) or not isinstance(max_promos, int | float) or not 0 <= max_promos <= 1:
            raise ConfigError(f"max_promos is {max_promos!r}, but must be a number from 0 to 1")
        self.max_promos = max_promos
        self._judge = _Judge(config, {**options, "explain": False}, model, input, on_error)

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Whether a document is kept, or that it is not and the reason."""
        [kept] = self.filter_batch([doc])
        return kept

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        """The same for many documents."""
        return [self._kept(found, document) for found, document in self._judge.pipe(batch, self.batch_size)]

    def _kept(self, found: Report | Failure, document: Document) -> bool | tuple[bool, str]:
        if isinstance(found, Failure):
            document.metadata[f"{KEY}_error"] = str(found.error)
            return False, f"{KEY}_error"
        return True if overview(found)["promos"] <= self.max_promos else (False, "promos")


def _counted(step: PipelineStep, data: Iterable[Document] | None) -> Iterator[Document]:
    for document in data or ():
        step.stat_update(StatHints.total)
        yield document


def _placed(error: NewsflagError, document: Document) -> NewsflagError:
    """The error with the document's id before its message."""
    return error.at(f"document {document.id!r}")


__all__ = ["CONTENTS", "KEY", "NewsflagAnnotator", "NewsflagFilter", "NewsflagStripper"]
