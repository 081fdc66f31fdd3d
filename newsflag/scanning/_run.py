"""A scan: records in, reports through :meth:`Flagger.pipe`, rows and rejects out, a chunk at a time."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import newsflag
from newsflag import _flagger
from newsflag._files import cause
from newsflag.article import Article
from newsflag.config import Config, check_choice, check_jobs, check_whole
from newsflag.errors import ConfigError, Failure
from newsflag.flagger import Flagger
from newsflag.report import Report
from newsflag.scanning._inputs import ScanError, Source, find, shown
from newsflag.scanning._readers import Fields, Reader, Record, WholeError
from newsflag.scanning._state import DIGEST, Done, Ids, State
from newsflag.scanning._streams import DamagedError, zstandard
from newsflag.scanning._writers import OUTPUTS, OWN, Lines, Writer, open_writer, plain, pyarrow, row_of

MAX_RECORD_BYTES: Final = 16_000_000
"""Bytes that a record may have."""

CHECKPOINT: Final = 1_000
"""Records after which what is done is put on the disk: so many are done again after a scan was ended."""

_CHUNK_BYTES: Final = 32_000_000
"""Text after which that is done anyway: what is written of a chunk is held in memory for Parquet."""

DUPLICATES: Final = ("reject", "keep")
"""What is done with an id that was met before."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a scan has done.

    Parameters
    ----------
    sources : int
        Files of records and folders of texts.
    articles : int
        Reported on and written.
    flags : dict of str to int
        How many there are of each kind.
    bytes : int
        Of the articles' texts, as UTF-8.
    rejects : int
        Records that are no articles.
    failures : tuple of str
        Why something could not be read to its end, a line each. The same scan, run again, goes on there.
    done_before : int
        Of the articles those that earlier runs did.
    seconds : float
        That this run took.

    Examples
    --------
    >>> Summary(1, 3, {"teaser": 2}, 18_000, 1, (), 0, 2.0).status
    1
    """

    sources: int
    articles: int
    flags: dict[str, int]
    bytes: int
    rejects: int
    failures: tuple[str, ...]
    done_before: int
    seconds: float

    @property
    def status(self) -> int:
        """0 when all records were done, 1 when some were rejected, 2 when a source could not be read to its end."""
        return 2 if self.failures else int(self.rejects > 0)

    def to_dict(self) -> dict[str, Any]:
        """What ``summary.json`` holds: nothing that differs between runs over the same files."""
        told = dataclasses.asdict(self)
        return {name: told[name] for name in ("sources", "articles", "flags", "bytes", "rejects", "failures")}


def scan(
    paths: str | Path | Sequence[str | Path],
    out: str | Path,
    config: Config | None = None,
    *,
    model: str | Path | None = None,
    text: str = "text",
    id: str | None = None,
    title: str | None = None,
    html: bool = False,
    keep_fields: Sequence[str] = (),
    output: Literal["article", "report", "clean"] = "article",
    format: str | None = None,
    n_jobs: int = 1,
    batch_size: int = 64,
    duplicates: Literal["reject", "keep"] = "reject",
    max_record_bytes: int = MAX_RECORD_BYTES,
    checkpoint: int = CHECKPOINT,
    overwrite: bool = False,
    say: Callable[[str], None] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Summary:
    """Flag every article in files of records, and write what was found to a folder.

    A scan that is ended at any moment goes on where it was when it is run again with the same arguments, and what it
    writes is then the same to the byte.

    Parameters
    ----------
    paths : path or sequence of paths
        JSON lines, CSV, TSV (each also ``.gz`` and ``.zst``), Parquet, texts and web pages, and folders of these. The
        texts and pages of a folder, each an article, are one source.
    out : path
        The folder to be written to: for each source a file named as it is, beside it ``….rejects.jsonl`` where
        records were rejected, and ``summary.json``.
    config, model, **options
        As for :func:`newsflag.flag`; ``explain=False`` is faster.
    text, id, title : str
        Fields with the article, its id (by default ``id`` where there is one, else its place, ``file:number``) and
        its title.
    html : bool
        Whether the articles are web pages.
    keep_fields : sequence of str
        Fields that are carried to the output.
    output : {"article", "report", "clean"}
        What is written of each article: its body, flags and overview; the whole of :meth:`newsflag.Report.to_dict`;
        its body alone.
    format : {"jsonl", "jsonl.gz", "jsonl.zst", "parquet"}, optional
        By default what ``out`` ends with, else what is read.
    n_jobs, batch_size : int
        As for :func:`newsflag.pipe`; what is written does not depend on them.
    duplicates : {"reject", "keep"}
        What becomes of a record whose id was met before in this scan. To reject it costs about 100 bytes of memory and
        16 on the disk for each id.
    max_record_bytes : int
        A record with more is rejected.
    checkpoint : int
        Records after which what is done is put on the disk.
    overwrite : bool
        Write over what an earlier scan wrote. An unfinished scan with the same arguments is gone on with all the same.
    say : callable, optional
        Told in one line what can't be read, and of each source the first record that is rejected, when it is met.
    on_progress : callable, optional
        Told now and then how many bytes were read, and how many there are.

    Returns
    -------
    Summary

    Raises
    ------
    ScanError
        When the scan can't begin, or can't write: the message says what to do.
    ConfigError
        When an option is unknown or not allowed.
    ImportError
        When a package for a format is missing.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> row = {"id": "a1", "text": "The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly"}
    >>> _ = (folder / "news.jsonl").write_text(json.dumps(row) + "\\n")
    >>> summary = scan(folder / "news.jsonl", folder / "out", output="clean", explain=False)
    >>> summary.articles, summary.flags, summary.status
    (1, {'teaser': 1}, 0)
    >>> (folder / "out" / "news.jsonl").read_text()
    '{"id": "a1", "body": "The council met on Monday."}\\n'
    """
    begun = time.monotonic()
    config = Config.of(config, options)
    kept = tuple(keep_fields)
    _check(output, kept, duplicates, html=html, title=title)
    check_jobs(n_jobs)
    for name, value in (
        ("batch_size", batch_size),
        ("max_record_bytes", max_record_bytes),
        ("checkpoint", checkpoint),
    ):
        check_whole(name, value)
    out = Path(out)
    failures: list[str] = []
    say = say or (lambda _: None)

    def fail(message: str) -> None:
        failures.append(message)
        say(message)

    sources = find([paths] if isinstance(paths, str | Path) else paths, out, format, fail, say)
    if any(source.kind == "parquet" or source.format == "parquet" for source in sources):
        pyarrow()
    if any(".zst" in (source.packing, Path(source.format).suffix) for source in sources):
        zstandard()
    flagger = _flagger(config, model, {})
    arguments = {
        "newsflag": newsflag.__version__,
        "models": [flagger.model.digest, flagger.scores.digest],
        "config": repr(config),
        "text": text,
        "id": id,
        "title": title,
        "html": html,
        "keep": list(kept),
        "output": output,
        "format": format,
        "duplicates": duplicates,
        "max_record_bytes": max_record_bytes,
        "checkpoint": checkpoint,
    }
    state = State(out)
    try:
        with state.lock():
            known = state.begin(arguments, sources, overwrite=overwrite)
            before = sum(done.articles for done in known.values())
            fields = Fields(text, id, title, kept, html, max_record_bytes)
            ids = Ids(state.ids, sum(done.ids for done in known.values())) if duplicates == "reject" else None
            work = _Work(state, known, fields, ids, output, checkpoint, fail, say, on_progress)
            try:
                entries = work.entries(sources)
                reported = _reported(entries, flagger, n_jobs, batch_size)
                with contextlib.closing(reported):
                    for found, entry in reported:
                        work.take(found, entry)
            finally:
                work.close()
            summary = _summary(sources, known, failures, before, time.monotonic() - begun)
            state.publish_summary(summary.to_dict())
            if not failures:
                state.finish(arguments)
    except OSError as error:
        # Those of reading are met where they happen; this is one of writing.
        where = error.filename or out
        raise ScanError(
            f"{shown(where)}: {cause(error)}; when that is put right run the same command again: "
            "it goes on where it was"
        ) from error
    return summary


def _check(output: str, kept: Sequence[str], duplicates: str, *, html: bool, title: str | None) -> None:
    check_choice("output", output, OUTPUTS)
    check_choice("duplicates", duplicates, DUPLICATES)
    taken = [name for name in kept if name in OWN[output]]
    if taken:
        raise ConfigError(f"the field {taken[0]!r} can't be kept: the output has a field of this name of its own")
    if len(set(kept)) < len(kept):
        raise ConfigError(f"a field is to be kept twice: {', '.join(kept)}")
    if html and title is not None:
        raise ConfigError("a web page brings its title itself: leave out either html or title")


def _summary(
    sources: Sequence[Source], known: dict[Path, Done], failures: Sequence[str], before: int, seconds: float
) -> Summary:
    flags: Counter[str] = Counter()
    for done in known.values():
        flags.update(done.flags)
    return Summary(
        len(sources),
        sum(done.articles for done in known.values()),
        dict(sorted(flags.items())),
        sum(done.bytes for done in known.values()),
        sum(done.rejected for done in known.values()),
        tuple(failures),
        before,
        seconds,
    )


@dataclasses.dataclass(slots=True)
class _Entry:
    """What goes beside a text through the pipe: its record, or that its source is at its end."""

    job: _Job
    record: Record | None = None
    failure: str | None = None
    is_page: bool = False


@dataclasses.dataclass(slots=True)
class _Job:
    """One source on its way: its reader runs ahead of its writers."""

    source: Source
    done: Done
    reader: Reader
    writer: Writer | None = None
    rejects: Lines | None = None
    flags: Counter[str] = dataclasses.field(default_factory=Counter)
    saved: Done = dataclasses.field(default_factory=Done)
    """What is on the disk."""


class _Work:
    """Reads and writes; between the two the articles are reported on, somewhere else and some of them at once."""

    def __init__(
        self,
        state: State,
        known: dict[Path, Done],
        fields: Fields,
        ids: Ids | None,
        output: str,
        checkpoint: int,
        fail: Callable[[str], None],
        say: Callable[[str], None],
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        self._state = state
        self._known = known
        self._fields = fields
        self._ids = ids
        self._output = output
        self._checkpoint = checkpoint
        self._fail = fail
        self._say = say
        self._on_progress = on_progress
        self._open: deque[_Job] = deque()
        self._digests: list[bytes] = []

    # Reading

    def entries(self, sources: Sequence[Source]) -> Iterator[_Entry]:
        """Every record of every source that is not done, and at the end of each source an entry without one."""
        total = sum(source.size for source in sources)
        behind = 0
        for source in sources:
            done = self._known[source.output]
            if done.read:
                writer = self._writer(source, done, self._reader(source, done))
                if done.published:
                    writer.tidy()  # an earlier run may have been ended just before
                else:
                    self._publish(source, done, writer)
            elif source.missing:
                self._fail(f"{source.shown}: {source.missing}")
            else:
                job = _Job(
                    source, done, self._reader(source, done), flags=Counter(done.flags), saved=dataclasses.replace(done)
                )
                self._open.append(job)
                for entry in self._of_job(job):
                    if self._on_progress is not None:
                        self._on_progress(behind + min(job.reader.read, source.size), total)
                    yield entry
            behind += source.size
            if self._on_progress is not None:
                self._on_progress(behind, total)

    def _reader(self, source: Source, done: Done) -> Reader:
        exact = source.format == "parquet"
        return Reader(source, dataclasses.replace(self._fields, exact=exact), done.number, done.position)

    def _of_job(self, job: _Job) -> Iterator[_Entry]:
        source = job.source
        number, position = job.done.number, job.done.position
        in_chunk = size = 0
        met: list[bytes] = []  # ids since the last chunk
        failure = None
        is_page = self._fields.html
        last: Record | None = None
        try:
            for record in job.reader:
                number, position = record.number, record.position
                in_chunk += 1
                size += record.size
                self._meet(record, met)
                if in_chunk >= self._checkpoint or size >= _CHUNK_BYTES:
                    record.ends_chunk = True
                    in_chunk = size = 0
                    met = []
                is_page = record.is_page
                yield _Entry(job, record, is_page=is_page)
        except DamagedError as error:
            last = _at_end(source, number, position, f"the file is cut off or damaged after record {number} ({error})")
        except WholeError as error:
            last = _at_end(source, 0, 0, f"the file is rejected whole: {error}")
        except OSError as error:
            failure = f"{source.shown}: {cause(error)}"
            for digest in met:  # their records are not done
                if self._ids is not None:
                    self._ids.forget(digest)
        if last is not None:
            yield _Entry(job, last, is_page=is_page)
        yield _Entry(job, failure=failure, is_page=is_page)

    def _meet(self, record: Record, met: list[bytes]) -> None:
        """Reject a record whose id was met before; those that we made ourselves are no ids of anybody's."""
        if self._ids is None or record.id is None or record.reason is not None or record.id == record.place:
            return
        digest = hashlib.blake2b(record.id.encode("utf-8"), digest_size=DIGEST).digest()
        if self._ids.take(digest):
            record.digest = digest
            met.append(digest)
        else:
            record.reason = "duplicate: this id was met before"

    # Writing

    def take(self, found: Report | Failure, entry: _Entry) -> None:
        """Write what was made of a record."""
        job, record = entry.job, entry.record
        if record is None:
            self._end(job, entry.failure)
            return
        if job.writer is None:
            job.writer = self._writer(job.source, job.done, job.reader)
        if job.rejects is None:
            job.rejects = Lines(self._state.rejects(job.source), job.done.rejects)
        done = job.done
        reason = record.reason
        if reason is None and isinstance(found, Failure):
            reason = str(found.error)
        if reason is None and isinstance(found, Report):
            kept = record.kept
            if not (job.reader.fields.exact and job.reader.types):
                kept = {name: plain(value) for name, value in kept.items()}
            job.writer.write(row_of(found, self._output, record.id or record.place, record.place, kept))
            done.articles += 1
            done.bytes += record.size
            job.flags.update(flag.kind for flag in found.flags)
        else:
            told: dict[str, Any] = {"file": job.source.name, "number": record.number}
            told.update([record.where])
            job.rejects.write({**told, "id": record.id, "reason": reason})
            if not done.rejected:
                where = shown(self._state.out / job.source.rejects)
                self._say(f"{job.source.shown}: record {record.number} is rejected: {reason}; all such are in {where}")
            done.rejected += 1
        if record.digest is not None and self._ids is not None:
            self._digests.append(record.digest)
        done.number, done.position = record.number, record.position
        if record.ends_chunk:
            self._commit(job)

    def _commit(self, job: _Job, *, last: bool = False) -> None:
        """Put on the disk what was done since the last time, and only then note that it is done."""
        done = job.done
        if job.writer is not None:
            job.writer.commit(last=last)
            done.output = job.writer.size
        if job.rejects is not None:
            job.rejects.commit()
            done.rejects = job.rejects.size
        if self._ids is not None and self._digests:
            for digest in self._digests:
                self._ids.write(digest)
            self._ids.commit()
            done.ids += len(self._digests)
            self._digests = []
        done.flags = dict(sorted(job.flags.items()))
        done.read = last
        self._state.save(job.source, done)
        job.saved = dataclasses.replace(done)

    def _end(self, job: _Job, failure: str | None) -> None:
        if failure is not None:
            self._fail(failure)
            self._digests = []
            self._known[job.source.output] = job.saved
            self._give_up(job)
            return
        if job.writer is None:
            job.writer = self._writer(job.source, job.done, job.reader)
        self._commit(job, last=True)
        job.writer.close()
        if job.rejects is not None:
            job.rejects.close()
        self._open.remove(job)
        self._publish(job.source, job.done, job.writer)

    def _writer(self, source: Source, done: Done, reader: Reader) -> Writer:
        kept = {name: reader.types.get(name) for name in self._fields.kept}
        return open_writer(self._state.part(source), done.output, self._output, source.format, kept)

    def _publish(self, source: Source, done: Done, writer: Writer) -> None:
        """Put a finished output and its rejects in their places; can be done again from any point on."""
        target = self._state.out / source.rejects
        if done.rejects:
            Lines(self._state.rejects(source)).publish(target)
        else:
            target.unlink(missing_ok=True)  # of an earlier scan that is written over
        writer.publish(self._state.out / source.output)
        done.published = True
        self._state.save(source, done)
        writer.tidy()

    def _give_up(self, job: _Job) -> None:
        for writer in (job.writer, job.rejects):
            if writer is not None:
                writer.close()
        self._open.remove(job)

    def close(self) -> None:
        """Let go of all files."""
        for job in list(self._open):
            self._give_up(job)
        if self._ids is not None:
            self._ids.close()


def _at_end(source: Source, number: int, position: int, reason: str) -> Record:
    """A last record that stands for whatever can't be read."""
    where = ("offset", position) if source.kind in {"lines", "table"} else ("row", number)
    return Record(source.name, number + 1, where, position, reason=reason)


# Articles to reports


def _reported(
    entries: Iterable[_Entry], flagger: Flagger, n_jobs: int, batch_size: int
) -> Generator[tuple[Report | Failure, _Entry], None, None]:
    """Reports in the order of the entries: texts together, and pages.

    What is no article goes through as well, as None: so order and memory stay as they are whatever is read.
    """
    for is_page, run in itertools.groupby(entries, key=lambda entry: entry.is_page):
        yield from flagger.pipe(
            ((_article(entry), entry) for entry in run),
            as_tuples=True,
            n_jobs=n_jobs,
            batch_size=batch_size,
            input="html" if is_page else "text",
            on_error="yield",
        )


def _article(entry: _Entry) -> Article | None:
    """What is to be reported on; the record need not hold it any longer."""
    record = entry.record
    if record is None or record.reason is not None or record.content is None:
        return None
    content, record.content = record.content, None
    return Article(content, record.title)


__all__ = ["CHECKPOINT", "DUPLICATES", "MAX_RECORD_BYTES", "ScanError", "Summary", "scan"]
