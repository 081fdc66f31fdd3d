"""Attributes as the dolma toolkit reads them: files beside the documents, a row for every line.

Documents lie as JSON lines below a folder ``documents``; the attributes go below
``attributes`` and the name beside it, in files of the same names::

    corpus/documents/2024/part-0.jsonl.gz
    corpus/attributes/newsflag/2024/part-0.jsonl.gz

Nothing of dolma's is needed to write them.

>>> import json, tempfile
>>> from pathlib import Path
>>> from newsflag.integrations.dolma import write_attributes
>>> folder = Path(tempfile.mkdtemp()) / "documents"
>>> folder.mkdir()
>>> row = {"id": "1", "text": "The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly"}
>>> _ = (folder / "part-0.jsonl").write_text(json.dumps(row) + "\\n")
>>> [written] = write_attributes(folder)
>>> json.loads(written.path.read_text())["attributes"]["newsflag__kind__teaser"][0][:2]
[28, 66]
"""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, Literal

from newsflag import _flagger
from newsflag._atomic import replacing
from newsflag.comparison import overview
from newsflag.config import Config, check_choice
from newsflag.errors import ConfigError, Failure, InputError
from newsflag.flagger import ON_ERROR, Flagger
from newsflag.kinds import ARTICLE_SCORES, KINDS, SCORES
from newsflag.report import Report

SUFFIXES: Final = (".jsonl", ".json", ".jsonl.gz", ".json.gz")
"""Suffixes of files with documents."""

EXISTING: Final = ("raise", "keep", "replace")
"""What may become of attributes that are there already."""

SHARES: Final = ("kept", "promos")
"""Shares of an article's characters that are written beside its scores; see :func:`newsflag.comparison.overview`."""

_DOCUMENTS: Final = "documents"
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """A file of attributes that was written.

    Parameters
    ----------
    path : Path
    rows : int
        How many it has: as many as the documents' file has lines.
    failed : tuple of (int, str)
        Lines, counted from 1, whose document could not be reported on, and why: their rows have no attributes.
    """

    path: Path
    rows: int
    failed: tuple[tuple[int, str], ...] = ()


def attributes(report: Report, name: str = "newsflag") -> dict[str, list[list[Any]]]:
    """Give a report as dolma's attributes.

    Parameters
    ----------
    report : Report
    name : str
        What their names begin with.

    Returns
    -------
    dict of str to list of lists
        Each list is ``[start, end, score]``. Offsets count code points, half-open, as the report's do. There are

        - ``NAME__kind__KIND`` for each of :data:`newsflag.KINDS`: the segments of that kind, with its probability;
        - ``NAME__score__SCORE`` for each of :data:`newsflag.SCORES`: all segments, with that score;
        - ``NAME__article__WHAT``: one span, the whole text, with the article's score (each of
          :data:`newsflag.SCORES` and :data:`newsflag.ARTICLE_SCORES`) or share (:data:`SHARES`).

        Every name is there in every row, with an empty list where there is nothing. Names have three parts, as dolma
        takes its own apart into experiment, tagger and type.

    Examples
    --------
    >>> import newsflag
    >>> found = attributes(newsflag.flag("The council met.\\n\\nREAD MORE: Ten tricks for a flat belly"))
    >>> [span[:2] for span in found["newsflag__score__insertion"]]
    [[0, 16], [18, 56]]
    >>> found["newsflag__kind__caption"], found["newsflag__article__kept"]
    ([], [[0, 56, 0.2962962962962963]])
    """
    found: dict[str, list[list[Any]]] = {f"{name}__kind__{kind}": [] for kind in KINDS}
    for segment in report.segments:
        found[f"{name}__kind__{segment.kind}"].append([segment.start, segment.end, segment.kinds[segment.kind]])
    for score in SCORES:
        found[f"{name}__score__{score}"] = [[each.start, each.end, each.scores[score]] for each in report.segments]
    row = overview(report)
    for what in (*SCORES, *ARTICLE_SCORES, *SHARES):
        found[f"{name}__article__{what}"] = [[0, len(report.text), row[what]]]
    return found


def write_attributes(
    documents: str | Path,
    config: Config | None = None,
    *,
    name: str = "newsflag",
    existing: Literal["raise", "keep", "replace"] = "raise",
    batch_size: int = 64,
    n_jobs: int = 1,
    on_error: Literal["raise", "yield"] = "raise",
    model: str | Path | None = None,
    **options: Any,
) -> list[Written]:
    """Write attributes beside documents, a file a file and a row a line.

    Parameters
    ----------
    documents : str or Path
        A folder with documents or one file of them; a part of its path must be named ``documents``. In a folder,
        every file that is not hidden must end in one of :data:`SUFFIXES`.
    config : Config, optional
    name : str
        What the folder is called and the attributes' names begin with.
    existing : {"raise", "keep", "replace"}
        What becomes of attributes that are there already. Files appear when they are complete, so that with
        ``"keep"`` a run goes on where one was stopped.
    batch_size, n_jobs
        As for :func:`newsflag.pipe`.
    on_error : {"raise", "yield"}
        What becomes of a document that can't be reported on, for instance as its text is null: raise, or write a row
        without attributes for it.
    model : str or Path, optional
        Name or file of another model than the one that is shipped.
    **options
        Fields of :class:`newsflag.Config`, on top of ``config``; ``explain`` makes no difference here, and is off
        unless it is asked for.

    Returns
    -------
    list of Written
        The files that were written, in their order.

    Raises
    ------
    ConfigError
        When an option is unknown or not allowed.
    InputError
        When a line is no document, a document can't be reported on, or a file can't be unpacked; the message begins
        with the file and the line, and nothing is left of that file's attributes.
    FileNotFoundError
        When there are no documents.
    FileExistsError
        When there are attributes already, before anything is read.

    Notes
    -----
    dolma's mixer reads documents and attributes side by side, a line of the one with a line of the other, and stops
    where their ids differ. So there is a row for each line, always with the line's own id, and no line is passed over.
    A line that is no JSON object with a str ``id`` can have no such row, and the mixer itself could not read it: it is
    refused whatever ``on_error`` is.

    To have the mixer take out what is of some kind, ask for ``"span": "$.attributes.newsflag__kind__teaser"`` with
    ``"min_score": 0``: the kind was decided, and its probability may be small.
    """
    check_choice("existing", existing, EXISTING)
    check_choice("on_error", on_error, ON_ERROR)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(
            f"name is {name!r}, but must be letters and digits that single underscores may join, such as 'newsflag'"
        )
    if config is None:
        options.setdefault("explain", False)
    flagger = _flagger(Config.of(config, options), model, {})
    wanted = [(path, _beside(path, name)) for path in _files(Path(documents))]
    there = [target for _, target in wanted if target.exists()]
    if there and existing == "raise":
        raise FileExistsError(f"{there[0]} is there already: set existing to 'keep' or 'replace', or take another name")
    written = []
    for path, target in wanted:
        if existing != "keep" or target not in there:
            target.parent.mkdir(parents=True, exist_ok=True)
            pipe: dict[str, Any] = {"batch_size": batch_size, "n_jobs": n_jobs}
            written.append(_write(path, target, flagger, name, on_error, pipe))
    return written


def _files(documents: Path) -> list[Path]:
    if documents.is_file():
        found = [documents]
    else:
        inner = (path for path in sorted(documents.rglob("*")) if path.is_file())
        found = [path for path in inner if not any(part.startswith(".") for part in path.relative_to(documents).parts)]
    if not found:
        raise FileNotFoundError(f"{documents}: no documents there")
    for path in found:
        if not path.name.endswith(SUFFIXES):
            raise InputError(f"{path}: files of documents must end in one of {', '.join(SUFFIXES)}")
    return found


def _beside(path: Path, name: str) -> Path:
    """Where the attributes of a file go: the innermost folder ``documents`` is exchanged."""
    parts = path.parts
    places = [number for number, part in enumerate(parts[:-1]) if part == _DOCUMENTS]
    if not places:
        raise InputError(f"{path} lies in no folder named {_DOCUMENTS!r}, beside which its attributes could go")
    return Path(*parts[: places[-1]], "attributes", name, *parts[places[-1] + 1 :])


def _write(path: Path, target: Path, flagger: Flagger, name: str, on_error: str, options: dict[str, Any]) -> Written:
    rows = 0
    failed = []
    pairs = _documents(path, needs_text=on_error == "raise")
    answers: Any = flagger.pipe(pairs, as_tuples=True, on_error="yield", **options)
    with _packed(target) as file, contextlib.closing(answers):
        for found, (line, row) in answers:
            rows += 1
            values = {}
            if isinstance(found, Failure):
                if on_error == "raise":
                    raise found.error.at(f"{path}, line {line}")
                failed.append((line, str(found.error)))
            else:
                values = attributes(found, name)
            file.write(json.dumps({**row, "attributes": values}, separators=(",", ":")).encode("ascii") + b"\n")
    return Written(target, rows, tuple(failed))


def _documents(path: Path, *, needs_text: bool) -> Iterator[tuple[Any, tuple[int, dict[str, str]]]]:
    """Texts with the number of their line, and what their row begins with."""
    for number, line in enumerate(_lines(path), 1):
        where = f"{path}, line {number}"
        try:
            document = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: no JSON: {error}") from error
        if not isinstance(document, dict):
            raise InputError(
                f"{where}: a document must be a JSON object, but this is of type {type(document).__name__}"
            )
        if not isinstance(document.get("id"), str):
            raise InputError(f"{where}: a document must have an id that is a str, but this has {document.get('id')!r}")
        if needs_text and "text" not in document:
            raise InputError(f"{where}: a document must have a text, but this has only {', '.join(document)}")
        row = {"id": document["id"]}
        if isinstance(document.get("source"), str):  # dolma's own rows have it too
            row["source"] = document["source"]
        yield document.get("text"), (number, row)


def _lines(path: Path) -> Iterator[bytes]:
    number = 0
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        try:
            for line in file:
                number += 1
                yield line
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(f"{path}: damaged after line {number}: {error}") from error


@contextlib.contextmanager
def _packed(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, packed as its name says, that takes its place when all is written."""
    with replacing(path) as file:
        if path.suffix == ".gz":
            # Neither time nor name: the same documents make the same file.
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                yield packed  # type: ignore[misc]  # it writes bytes like any file
        else:
            yield file


__all__ = ["EXISTING", "SHARES", "SUFFIXES", "Written", "attributes", "write_attributes"]
