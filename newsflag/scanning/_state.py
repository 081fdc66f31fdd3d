"""How far a scan has come, in a folder beside what it writes: enough to go on after it was ended at any moment."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from newsflag._atomic import write_bytes
from newsflag.scanning._inputs import STATE, ScanError, Source, shown
from newsflag.scanning._writers import Lines, is_whole

DIGEST: Final = 16
"""Bytes that are kept of an id."""


@dataclasses.dataclass(slots=True)
class Done:
    """What is done of one source; all of it is on the disk.

    Parameters
    ----------
    stamp : str
        Of the source: whether it is still the same.
    number, position : int
        Of the last record.
    output, rejects : int
        Sizes: bytes, or parts.
    ids : int
        Digests of ids that were written.
    articles, bytes, rejected : int
    flags : dict of str to int
    read : bool
        Whether all of it is read.
    published : bool
        Whether its output is in its place.
    """

    stamp: str = ""
    number: int = 0
    position: int = 0
    output: int = 0
    rejects: int = 0
    ids: int = 0
    articles: int = 0
    bytes: int = 0
    rejected: int = 0
    flags: dict[str, int] = dataclasses.field(default_factory=dict)
    read: bool = False
    published: bool = False


class State:
    """The folder with the state of a scan.

    Parameters
    ----------
    out : Path
        The folder that is written to.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out / STATE
        self._run = self.folder / "run.json"
        self.ids = self.folder / "ids"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """See to it that no other scan writes here; the system ends a lock with its process."""
        self.out.mkdir(parents=True, exist_ok=True)
        if sys.platform == "win32":  # it has no locks of folders
            yield
            return
        folder = os.open(self.out, os.O_RDONLY)
        try:
            _lock(folder, self.out)
            yield
        finally:
            os.close(folder)

    def begin(self, arguments: Mapping[str, Any], sources: list[Source], *, overwrite: bool) -> dict[Path, Done]:
        """What is done of each source; nothing where a scan begins.

        Raises
        ------
        ScanError
            When what is there must not be gone on with or written over.
        """
        try:
            run = self._read(self._run)
            done = {} if run is None else {source.output: self._read_done(source) for source in sources}
        except ScanError:
            if not overwrite:
                raise
            run, done = None, {}
        if overwrite and run is not None and (run["finished"] or self._differs(run, arguments, sources, done)):
            run = None
        if run is None:
            if not overwrite:
                self._refuse_outputs(sources)
            self._start(arguments, overwrite=overwrite)
            return {source.output: Done(source.stamp) for source in sources}
        why = self._differs(run, arguments, sources, done)
        if why:
            raise ScanError(why)
        if not run["overwrite"]:
            self._refuse_outputs([source for source in sources if done[source.output] is None])
        for left in self.folder.rglob(".newsflag-*"):
            left.unlink(missing_ok=True)  # a state that was being written when the scan was ended
        self._note(arguments, overwrite=run["overwrite"], finished=False)
        return {source.output: done[source.output] or Done(source.stamp) for source in sources}

    def _differs(
        self, run: Mapping[str, Any], arguments: Mapping[str, Any], sources: list[Source], done: dict[Path, Done | None]
    ) -> str:
        """Why a scan can't be gone on with, and what to do; empty where it can."""
        remedy = "or name another folder, or add --overwrite to begin anew"
        what = "a finished" if run["finished"] else "an unfinished"
        for name in {**run["arguments"], **arguments}:
            before, now = run["arguments"].get(name), arguments.get(name)
            if before != now:
                return (
                    f"{shown(self.out)}: holds {what} scan with other arguments ({name} was {before!r}, is {now!r}); "
                    f"run it with those, {remedy}"
                )
        for source in sources:
            known = done[source.output]
            if known is not None and known.stamp != source.stamp and not source.missing:
                return (
                    f"{source.shown}: is not what it was when {shown(self.out / source.output)} was begun "
                    f"(its name, size or time of change differs); put it back, {remedy}"
                )
        parts = [part for source in sources for part in self._parts(source, done[source.output])]
        parts.append((self.ids, sum(known.ids * DIGEST for known in done.values() if known), "ids"))
        for source in sources:
            known, target = done[source.output], self.out / source.output
            # Of Parquet only that it is there: its parts are counted, not its bytes.
            least = 0 if known is None or source.format == "parquet" else known.output
            if known is not None and known.published and not (target.exists() and target.stat().st_size >= least):
                return f"{shown(target)}: is gone, or holds less than was written; put it back, {remedy}"
        for path, size, form in parts:
            if not is_whole(path, size, form):
                return f"{shown(path)}: holds less than it did; put it back, {remedy}"
        return ""

    def _parts(self, source: Source, done: Done | None) -> Iterator[tuple[Path, int, str]]:
        """What must be there of a source that is not in its place, with its size and format."""
        if done is None or done.published:
            return
        for path, target, size, form in (
            (self.part(source), source.output, done.output, source.format),
            (self.rejects(source), source.rejects, done.rejects, "jsonl"),
        ):
            # What was read to its end may have been put in its place, and only that not noted any more.
            if not (done.read and not path.exists() and (self.out / target).exists()):
                yield path, size, form

    def _refuse_outputs(self, sources: list[Source]) -> None:
        for source in sources:
            for target in (source.output, source.rejects):
                if (self.out / target).exists():
                    raise ScanError(
                        f"{shown(self.out / target)}: is there already; name another folder, or add --overwrite"
                    )

    def _start(self, arguments: Mapping[str, Any], *, overwrite: bool) -> None:
        # The first to go: without it the rest is of no account.
        self._run.unlink(missing_ok=True)
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir()
        self._note(arguments, overwrite=overwrite, finished=False)

    def _note(self, arguments: Mapping[str, Any], *, overwrite: bool, finished: bool) -> None:
        told = {"arguments": arguments, "overwrite": overwrite, "finished": finished}
        write_bytes(self._run, _json(told))

    def finish(self, arguments: Mapping[str, Any]) -> None:
        """Note that all is done."""
        run = self._read(self._run) or {}
        self._note(arguments, overwrite=bool(run.get("overwrite")), finished=True)

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise ScanError(f"{shown(path)}: is damaged; add --overwrite to begin anew") from error
        return found

    def _read_done(self, source: Source) -> Done | None:
        found = self._read(self._file(source))
        return None if found is None else Done(**found)

    def _file(self, source: Source) -> Path:
        return self.folder / "done" / f"{source.output}.json"

    def part(self, source: Source) -> Path:
        """Where a source's output grows."""
        return self.folder / "parts" / source.output

    def rejects(self, source: Source) -> Path:
        """Where a source's rejects grow."""
        return self.folder / "parts" / source.rejects

    def save(self, source: Source, done: Done) -> None:
        """Note what is done of a source."""
        path = self._file(source)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, _json(dataclasses.asdict(done)))

    def publish_summary(self, told: Mapping[str, Any]) -> None:
        """Write the summary beside the outputs."""
        path = self.folder / "summary.json"
        write_bytes(path, json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")
        path.replace(self.out / "summary.json")


class Ids:
    """Which ids were met: a digest of each in memory, and on the disk for a run that goes on.

    A digest takes about 100 bytes of memory and 16 of the disk.
    """

    def __init__(self, path: Path, number: int) -> None:
        self._seen: set[bytes] = set()
        if number:
            with path.open("rb") as file:
                self._seen.update(file.read(DIGEST) for _ in range(number))
        self._file = Lines(path, number * DIGEST)

    def take(self, digest: bytes) -> bool:
        """Whether an id is new; from now on it is known."""
        before = len(self._seen)
        self._seen.add(digest)
        return len(self._seen) > before

    def forget(self, digest: bytes) -> None:
        """An id's record is not done after all."""
        self._seen.discard(digest)

    def write(self, digest: bytes) -> None:
        """Note an id whose record is done."""
        self._file.write_line(digest)

    def commit(self) -> None:
        """Put what was noted on the disk."""
        self._file.commit()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told).encode()


def _lock(folder: int, out: Path) -> None:
    import fcntl

    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ScanError(f"{shown(out)}: another scan is writing to it; wait for its end") from error
    except OSError:
        pass  # a file system without locks


__all__ = ["DIGEST", "Done", "Ids", "State"]
