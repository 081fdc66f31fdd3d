"""Records of every format, one after the other, from any place on; and why a record is none.

A reader never stops at a bad record. It raises
:class:`~newsflag.scanning._streams.DamagedError` where a file can't be read any
further, and OSError where the system can't.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from newsflag._files import cause, told
from newsflag._words import counted
from newsflag.scanning._inputs import Source, is_page
from newsflag.scanning._streams import DamagedError, lines, skip, unpacked

_ROWS: Final = 64  # of Parquet, read at once
_PAGE_BUFFER: Final = 1 << 20  # bytes of a column of Parquet that are read ahead
_MARK: Final = b"\xef\xbb\xbf"  # UTF-8's byte order mark
_MOST_NAMES: Final = 10  # fields that a message names
_HALF: Final = re.compile("[\ud800-\udfff]")

DELIMITERS: Final = {".csv": ",", ".tsv": "\t"}


@dataclasses.dataclass(frozen=True, slots=True)
class Fields:
    """Which fields of a record are read.

    Parameters
    ----------
    text : str
    id, title : str or None
        Without a name for the id it is ``id`` where there is one.
    kept : tuple of str
        Carried to the output.
    html : bool
        Whether the text is a web page.
    most : int
        Bytes that a record may have.
    exact : bool
        Whether values of Parquet are kept as they are, to be written as Parquet.
    """

    text: str
    id: str | None
    title: str | None
    kept: tuple[str, ...]
    html: bool
    most: int
    exact: bool = False


@dataclasses.dataclass(slots=True)
class Record:
    """An article on its way through a scan, or the reason why it is none."""

    place: str
    number: int
    """Which record of its file, from 1; of JSON lines the line."""
    where: tuple[str, int]
    """``offset`` in bytes, or ``row``."""
    position: int
    """From where its reader goes on after it."""
    content: str | bytes | None = None
    size: int = 0
    is_page: bool = False
    id: str | None = None
    """Its own; None where it has none."""
    title: str | None = None
    kept: dict[str, Any] = dataclasses.field(default_factory=dict)
    reason: str | None = None
    digest: bytes | None = None
    ends_chunk: bool = False


class BadError(Exception):
    """A record is no article; says why."""


class WholeError(Exception):
    """No record of a file can be read; says why."""


@dataclasses.dataclass(slots=True)
class Reader:
    """Reads one source from a place on.

    Parameters
    ----------
    source : Source
    fields : Fields
    number, position : int
        Of the last record that was done in an earlier run.
    """

    source: Source
    fields: Fields
    number: int = 0
    position: int = 0
    read: int = 0
    """Bytes of the source that were read so far, for a progress bar."""
    types: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Of the kept columns of Parquet."""

    def __iter__(self) -> Iterator[Record]:
        """Records in their order."""
        if self.source.kind == "texts":
            return self._texts()
        kinds = {"lines": self._lines, "table": self._table, "parquet": self._parquet}
        return kinds[self.source.kind]()

    # JSON lines

    def _lines(self) -> Iterator[Record]:
        path, packing, most = self.source.files[0][0], self.source.packing, self.fields.most
        with Path(path).open("rb", buffering=0) as file:
            stream = unpacked(file, packing)
            number, position = self.number, self.position
            skip(stream, position, packing)
            for size, line in lines(stream, most):
                number += 1
                start, position = position, position + size
                self.read = file.tell()
                bare = line
                if start == 0 and line is not None:
                    bare = line.removeprefix(_MARK)
                if bare is not None and not bare.strip():
                    continue  # a blank line holds no record
                record = self._record(number, ("offset", start), position)
                if bare is None:
                    record.reason = _too_long(size, most)
                else:
                    self._fill(record, functools.partial(_object, bare))
                yield record

    # CSV

    def _table(self) -> Iterator[Record]:
        path, packing, most = self.source.files[0][0], self.source.packing, self.fields.most
        # One of Python's own bounds, the same for all readers; ours is checked below.
        csv.field_size_limit(max(csv.field_size_limit(), most))
        with Path(path).open("rb", buffering=0) as file:
            stream = unpacked(file, packing)
            feed = _Feed(stream, most)
            table = csv.reader(feed, delimiter=DELIMITERS[self.source.suffix], strict=True)
            header = _header(table)
            if header is None:
                return
            self._need(header)
            number, position = self.number, max(self.position, feed.position)
            skip(stream, position - feed.position, packing)
            feed.position = position
            while True:
                start = feed.position
                feed.begin()
                row: list[str] = []
                bad = None
                try:
                    row = next(table)
                except StopIteration:
                    break
                except csv.Error as error:
                    bad = f"not CSV: {error}"
                except _TooLongError:
                    feed.pass_over()
                    bad = _too_long(feed.size, most)
                self.read = file.tell()
                if not row and bad is None:
                    continue  # a blank line holds no record
                number += 1
                record = self._record(number, ("offset", start), feed.position)
                if bad is None and len(row) != len(header):
                    bad = f"{counted(len(row), 'field')}, but the header has {len(header)}"
                if bad is None:
                    self._fill(record, functools.partial(_named_fields, header, row))
                else:
                    record.reason = bad
                yield record

    # Parquet

    def _parquet(self) -> Iterator[Record]:
        try:
            import pyarrow as pa
            import pyarrow.compute as pc
            from pyarrow import parquet
        except ImportError as error:
            raise ImportError("scan of Parquet needs pyarrow: pip install 'newsflag[scan]'") from error
        path = self.source.files[0][0]
        with Path(path).open("rb") as file:
            try:
                table = parquet.ParquetFile(file, buffer_size=_PAGE_BUFFER)
                schema = table.schema_arrow
            except (pa.ArrowException, OSError) as error:
                raise _whole(error) from error
            self._need(schema.names)
            kind = schema.field(self.fields.text).type
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            if not any(str(kind) == name for name in _STRINGS):
                raise WholeError(f"column {self.fields.text!r} holds {kind}, but must hold strings")
            self.types = {name: schema.field(name).type for name in self.fields.kept}
            wanted = [name for name in schema.names if name in self._wanted(schema.names)]
            first = 0
            for group in range(table.num_row_groups):
                rows = table.metadata.row_group(group).num_rows
                if first + rows > self.number:
                    yield from self._group(pa, pc, table, group, wanted, first)
                first += rows
                self.read = self.source.size * first // max(table.metadata.num_rows, 1)

    def _group(self, pa: Any, pc: Any, table: Any, group: int, wanted: Sequence[str], number: int) -> Iterator[Record]:
        """Records of a row group; they are read in the same steps wherever a run begins."""
        batches = table.iter_batches(batch_size=_ROWS, row_groups=[group], columns=wanted, use_threads=False)
        while True:
            try:
                batch = next(batches)
            except StopIteration:
                return
            except (pa.ArrowException, OSError) as error:
                raise _damaged(error) from error
            columns = {name: batch.column(place) for place, name in enumerate(batch.schema.names)}
            texts = columns[self.fields.text]
            if pa.types.is_dictionary(texts.type):
                texts = texts.dictionary_decode()
            as_bytes = str(texts.type) in _BINARY and self.fields.html
            texts = texts.cast(pa.large_binary())
            sizes = pc.binary_length(texts).to_pylist()
            for row, size in enumerate(sizes):
                number += 1
                if number <= self.number:
                    continue
                record = self._record(number, ("row", number - 1), number)
                if size is not None and size > self.fields.most:
                    record.reason = _too_long(size, self.fields.most)
                else:
                    self._fill(record, functools.partial(self._row, columns, texts, row, as_bytes=as_bytes))
                yield record

    def _row(self, columns: Mapping[str, Any], texts: Any, row: int, *, as_bytes: bool) -> dict[str, Any]:
        import pyarrow as pa

        found: dict[str, Any] = {}
        for name, column in columns.items():
            if name == self.fields.text:
                data = texts[row].as_py()
                found[name] = data if as_bytes or data is None else _decoded(data)
            elif self.fields.exact and name in self.fields.kept and name not in (self.fields.id, self.fields.title):
                # pyarrow can't make a column of values that are lists or maps and None: of those, a column each.
                found[name] = column.slice(row, 1) if pa.types.is_nested(column.type) else column[row]
            else:
                try:
                    found[name] = column[row].as_py()
                except ValueError as error:  # a string that is no UTF-8 among them
                    raise BadError(f"field {name!r} can't be read: {error}") from error
        return found

    # Texts and pages, a file each

    def _texts(self) -> Iterator[Record]:
        for number, (path, inner, _) in enumerate(self.source.files[self.number :], self.number + 1):
            place = told(inner)
            record = Record(place, number, ("offset", 0), number, id=place)
            record.is_page = self.fields.html or is_page(inner)
            try:
                self._read_text(record, path)
            except BadError as error:
                record.reason = str(error)
            except OSError as error:
                if self.source.files[0][2] is None:
                    raise
                record.reason = f"can't be read: {cause(error)}"
            yield record

    # What they have in common

    def _record(self, number: int, where: tuple[str, int], position: int) -> Record:
        return Record(f"{self.source.name}:{number}", number, where, position, is_page=self.fields.html)

    def _wanted(self, names: Sequence[str]) -> set[str]:
        fields = self.fields
        id_ = fields.id or ("id" if "id" in names else None)
        return {fields.text, *fields.kept, *(name for name in (id_, fields.title) if name is not None)}

    def _need(self, names: Sequence[str]) -> None:
        """Refuse a table without a column that is named."""
        doubled = [name for name in self._wanted(names) if names.count(name) > 1]
        if doubled:
            raise WholeError(f"there are several columns {doubled[0]!r}")
        for name in sorted(self._wanted(names)):
            if name not in names:
                raise WholeError(f"no column {name!r}; there {_named(names)}")

    def _fill(self, record: Record, read: Callable[[], Mapping[str, Any]]) -> None:
        """Fill in what a record holds, or why it is no article."""
        try:
            self._take(record, read())
        except BadError as error:
            record.reason = str(error)

    def _take(self, record: Record, row: Mapping[str, Any]) -> None:
        fields = self.fields
        record.id = _id(row, fields.id)
        record.kept = {name: row.get(name) for name in fields.kept}
        if fields.text not in row:
            raise BadError(f"no field {fields.text!r}; there {_named(list(row))}")
        content = row[fields.text]
        if content is None:
            raise BadError(f"no text: field {fields.text!r} is null")
        if not isinstance(content, str | bytes):
            raise BadError(f"field {fields.text!r} is {_told(content)}, but must be a string")
        title = None if fields.title is None else row.get(fields.title)
        if title is not None and not isinstance(title, str):
            raise BadError(f"field {fields.title!r} is {_told(title)}, but must be a string")
        told = json.dumps(record.kept, ensure_ascii=False) if self.source.kind == "lines" else None
        for text in (content, title, told):
            if isinstance(text, str) and _HALF.search(text):
                raise BadError("holds half of a surrogate pair, which is no character")
        record.size = len(content) if isinstance(content, bytes) else len(content.encode("utf-8"))
        record.content, record.title = content, title

    def _read_text(self, record: Record, path: str | Path) -> None:
        with Path(path).open("rb") as file:
            data = file.read(self.fields.most + 1)
        self.read += len(data)
        if len(data) > self.fields.most:
            raise BadError(_too_long(None, self.fields.most))
        if not record.is_page and b"\0" in data:
            raise BadError("not a text file")
        record.content = data if record.is_page else _decoded(data.removeprefix(_MARK))
        record.size = len(data)


class _TooLongError(Exception):
    """A record of CSV has more bytes than it may."""


class _Feed:
    """Lines for the reader of CSV, counted. What is no UTF-8 passes and is found in its field."""

    def __init__(self, stream: Any, most: int) -> None:
        self._lines = lines(stream, most, self._count)
        self._most = most
        self._is_quoted = False
        self.position = 0
        self.size = 0

    def begin(self) -> None:
        """Begin a record."""
        self.size = 0
        self._is_quoted = False

    def _count(self, piece: bytes) -> None:
        self._is_quoted ^= piece.count(b'"') % 2 == 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        first = self.position == 0
        line = self._next()
        if line is None or self.size > self._most:
            raise _TooLongError
        return (line.removeprefix(_MARK) if first else line).decode("utf-8", "surrogateescape")

    def _next(self) -> bytes | None:
        size, line = next(self._lines)
        self.position += size
        self.size += size
        if line is not None:
            self._count(line)
        return line

    def pass_over(self) -> None:
        """Go to the end of a record that is too long: the end of the first line with all quotes closed."""
        with contextlib.suppress(StopIteration):
            while self._is_quoted:
                self._next()


def _header(table: Iterator[list[str]]) -> list[str] | None:
    """The first row with something in it."""
    try:
        header = next((row for row in table if row), None)
        return None if header is None else [_utf8(name) for name in header]
    except _TooLongError as error:
        raise WholeError("the header can't be read: it is too long") from error
    except (csv.Error, BadError) as error:
        raise WholeError(f"the header can't be read: {error}") from error


_BINARY: Final = ("binary", "large_binary", "binary_view")
_STRINGS: Final = ("string", "large_string", "string_view", *_BINARY)


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(line), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise BadError(f"not JSON: {error.msg} (character {error.pos})") from error
    except (ValueError, RecursionError) as error:
        raise BadError(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadError(f"the line is {_told(found)}, but must be an object")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadError(f"not UTF-8 (byte {error.start})") from error


def _named_fields(header: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    return dict(zip(header, map(_utf8, row), strict=True))


def _utf8(field: str) -> str:
    if _HALF.search(field):
        raise BadError("not UTF-8")
    return field


def _id(row: Mapping[str, Any], name: str | None) -> str | None:
    """A record's id as a string; None where it has none and need not have one."""
    if name is None:
        name = "id"
        if row.get(name) is None:
            return None
    elif row.get(name) is None:
        raise BadError(f"no id: field {name!r} is {'null' if name in row else 'missing'}")
    value = row[name]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # as pandas writes whole numbers of which some are missing
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadError(f"field {name!r} is {_told(value)}, but an id must be a string or a whole number")
    if _HALF.search(str(value)):
        raise BadError("the id holds half of a surrogate pair, which is no character")
    return str(value)


def _told(value: object) -> str:
    names = {dict: "an object", list: "an array", bool: "true or false", int: "a number", float: "a number"}
    if value is None:
        return "null"
    return "a string" if isinstance(value, str) else names.get(type(value), type(value).__name__)


def _named(names: Sequence[str]) -> str:
    if not names:
        return "are none"
    rest = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    listed = ", ".join(map(repr, names[:_MOST_NAMES]))
    return f"{'is' if len(names) == 1 else 'are'} {listed}{rest}"


def _too_long(size: int | None, most: int) -> str:
    return f"the record has {'more' if size is None else f'{size} bytes, more'} than the {most} bytes that are allowed"


def _damaged(error: Exception) -> Exception:
    """An error of Arrow's as one of ours; what the system can't do stays as it is."""
    if isinstance(error, OSError) and error.errno is not None:
        return error
    return DamagedError(str(error).splitlines()[0])


def _whole(error: Exception) -> Exception:
    if isinstance(error, OSError) and error.errno is not None:
        return error
    return WholeError(f"no Parquet that can be read: {str(error).splitlines()[0].rstrip('.')}")


__all__ = ["BadError", "Fields", "Reader", "Record", "WholeError"]
