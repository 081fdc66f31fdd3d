"""Rows of what was found, written in chunks that are on the disk whole before the next one begins."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from newsflag.comparison import COLUMNS, overview
from newsflag.kinds import ARTICLE_SCORES, SCORES
from newsflag.report import Flag, Report
from newsflag.scanning._streams import zstandard

OUTPUTS: Final = ("article", "report", "clean")
"""What is written of each article."""

OWN: Final = {
    "article": ("id", "place", "body", "flags", "overview"),
    "report": ("id", "place", "report"),
    "clean": ("id", "body"),
}
"""The columns that each output has beside the fields that are kept."""

_GZIP: Final = 31  # zlib's code for: with gzip's header and checksum, without name and time
_LEVEL: Final = 6
_ROWS: Final = 64  # of Parquet, turned into columns at once

_FLAG: Final = ("kind", "start", "end", "text", "score", "threshold", "reason")
_TEXTS: Final = ("kind", "text", "reason", "title", "language")
_NUMBERS: Final = ("kept", "promos", *SCORES, *ARTICLE_SCORES, "score", "threshold")


def row_of(report: Report, output: str, id_: str, place: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """One article's row."""
    row: dict[str, Any] = {"id": id_}
    if output != "clean":
        row["place"] = place
    row.update(kept)
    if output == "report":
        row["report"] = report.to_dict()
        return row
    row["body"] = report.body
    if output == "article":
        row["flags"] = [_flag(flag) for flag in report.flags]
        row["overview"] = overview(report)
    return row


def _flag(flag: Flag) -> dict[str, Any]:
    segment = flag.segment
    at = (None, None, None) if segment is None else (segment.start, segment.end, segment.text)
    return dict(zip(_FLAG, (flag.kind, *at, flag.score, flag.threshold, flag.reason), strict=True))


def line_of(row: Mapping[str, Any]) -> bytes:
    """A row as a line of JSON."""
    return f"{json.dumps(row, ensure_ascii=False, allow_nan=False)}\n".encode()


def plain(value: Any) -> Any:
    """A kept value as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


class Writer(Protocol):
    """Takes rows, and puts them on the disk a chunk at a time."""

    size: int
    """What :meth:`commit` has put on the disk: bytes, or parts."""

    def write(self, row: Mapping[str, Any]) -> None:
        """Take a row."""

    def commit(self, *, last: bool = False) -> None:
        """Put the chunk on the disk."""

    def close(self) -> None:
        """Let go of the file; what was not committed is of no account."""

    def publish(self, target: Path) -> None:
        """Put the finished file in its place."""

    def tidy(self) -> None:
        """Remove what is no longer needed once the file is in its place."""


class _File:
    """A file that grows, from the size that it had when it was last known to be whole."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self.size = size

    def append(self, data: bytes) -> None:
        """Write bytes at the end."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("r+b" if self.path.exists() else "wb")
            self._file.truncate(self.size)
            self._file.seek(self.size)
        self._file.write(data)

    def sync(self) -> None:
        """See that all of it is on the disk."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self.size = self._file.tell()

    def close(self) -> None:
        """Close it; what is still to be written may be lost, as on a full disk."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()


class Lines:
    """JSON lines; packed, every chunk is a member (of gzip) or a frame (of zstd) of its own."""

    def __init__(self, path: Path, size: int = 0, packing: str = "") -> None:
        self._file = _File(path, size)
        self._packing = packing
        self._packer: Any = None
        self.size = size

    def write(self, row: Mapping[str, Any]) -> None:
        """Take a row."""
        self.write_line(line_of(row))

    def write_line(self, line: bytes) -> None:
        """Take a line."""
        if self._packing:
            if self._packer is None:
                self._packer = self._new_packer()
            line = self._packer.compress(line)
        self._file.append(line)

    def _new_packer(self) -> Any:
        if self._packing == ".gz":
            return zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        return zstandard().ZstdCompressor(write_checksum=True).compressobj()

    def commit(self, *, last: bool = False) -> None:
        """Put the chunk on the disk."""
        if last and not self.size and self._packer is None and self._packing:
            self._packer = self._new_packer()  # a packed file without a member is none
        if self._packer is not None:
            self._file.append(self._packer.flush())
            self._packer = None
        if last:
            self._file.append(b"")  # an empty file is a file too
        self._file.sync()
        self.size = self._file.size

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def publish(self, target: Path) -> None:
        """Put the finished file in its place, unless it is there already."""
        if self._file.path.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            self._file.path.replace(target)

    def tidy(self) -> None:
        """Nothing is left."""


def pyarrow() -> Any:
    """The package, or what to do where it is missing."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError("scan to Parquet needs pyarrow: pip install 'newsflag[scan]'") from error
    return pyarrow


class Parquet:
    """Parquet: every chunk with rows is a file of one row group, and all are joined at the end."""

    def __init__(self, path: Path, size: int, output: str, kept: Mapping[str, Any]) -> None:
        import pyarrow as pa

        self._folder = path
        self._pa = pa
        self._schema = _schema(pa, output, kept)
        self._output = output
        self._text = {name for name in kept if kept[name] is None}
        self._rows: list[dict[str, Any]] = []
        self._batches: list[Any] = []
        self.size = size

    def write(self, row: Mapping[str, Any]) -> None:
        """Take a row."""
        row = dict(row)
        if self._output == "report":
            row["report"] = json.dumps(row["report"], ensure_ascii=False, allow_nan=False)
        for name in self._text:
            value = row[name]
            if value is not None and not isinstance(value, str):
                row[name] = json.dumps(value, ensure_ascii=False, allow_nan=False)
        self._rows.append(row)
        if len(self._rows) == _ROWS:
            self._turn()

    def _turn(self) -> None:
        """Turn rows into columns, which take less memory."""
        if self._rows:
            columns = [self._column([row[field.name] for row in self._rows], field.type) for field in self._schema]
            self._batches.append(self._pa.record_batch(columns, schema=self._schema))
            self._rows = []

    def _column(self, values: list[Any], type_: Any) -> Any:
        if isinstance(values[0], self._pa.Array):  # of one value each
            return self._pa.concat_arrays(values)
        return self._pa.array(values, type_)

    def commit(self, *, last: bool = False) -> None:
        """Put the chunk on the disk, as the next part."""
        from pyarrow import parquet

        self._turn()
        # There is always a part: it says what the columns are.
        if self._batches or (last and not self.size):
            table = self._pa.Table.from_batches(self._batches, self._schema)
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._part(self.size).open("wb") as file:
                parquet.write_table(table, file, row_group_size=max(len(table), 1))
                file.flush()
                os.fsync(file.fileno())
            self._batches = []
            self.size += 1

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:08}"

    def close(self) -> None:
        """Nothing is open."""

    def publish(self, target: Path) -> None:
        """Join the parts in the file's place."""
        from pyarrow import parquet

        target.parent.mkdir(parents=True, exist_ok=True)
        joined = self._folder / "joined"
        with self._part(0).open("rb") as first:
            schema = parquet.read_schema(first)
        with joined.open("wb") as file:
            with parquet.ParquetWriter(file, schema) as writer:
                for number in range(self.size):
                    with self._part(number).open("rb") as part:
                        table = parquet.read_table(part)
                    if len(table):
                        writer.write_table(table, row_group_size=len(table))
            file.flush()
            os.fsync(file.fileno())
        joined.replace(target)

    def tidy(self) -> None:
        """Remove the parts."""
        if self._folder.is_dir():
            for part in self._folder.iterdir():
                part.unlink()
            self._folder.rmdir()


def _schema(pa: Any, output: str, kept: Mapping[str, Any]) -> Any:
    """Columns of an output; kept ones without a type of their own are strings."""
    flag = pa.struct([(name, _type(pa, name)) for name in _FLAG])
    nested = {
        "flags": pa.list_(flag),
        "overview": pa.struct([(name, _type(pa, name)) for name in COLUMNS]),
    }
    own = OWN[output]
    first = [name for name in own if name in {"id", "place"}]
    columns = [(name, pa.string()) for name in first]
    columns += [(name, type_ or pa.string()) for name, type_ in kept.items()]
    columns += [(name, nested.get(name, pa.string())) for name in own if name not in first]
    return pa.schema(columns)


def _type(pa: Any, name: str) -> Any:
    if name in _TEXTS:
        return pa.string()
    return pa.float64() if name in _NUMBERS else pa.int64()


def is_whole(path: Path, size: int, format: str) -> bool:
    """Whether at least as much is on the disk as was committed."""
    try:
        return (len(list(path.iterdir())) if format == "parquet" else path.stat().st_size) >= size
    except OSError:
        return size == 0


def open_writer(path: Path, size: int, output: str, format: str, kept: Mapping[str, Any]) -> Writer:
    """The writer of a format, going on where an earlier run ended.

    ``kept`` are the types of columns of Parquet, None for a string's.
    """
    if format == "parquet":
        return Parquet(path, size, output, kept)
    return Lines(path, size, format.removeprefix("jsonl"))


__all__ = ["OUTPUTS", "OWN", "Lines", "Writer", "is_whole", "open_writer", "plain", "pyarrow", "row_of"]
