"""What is to be scanned: files of records, and folders of texts and pages, each with the file that is made of it."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from newsflag._files import PAGES, SUFFIXES, File, cause, identity, shown, told, walk
from newsflag.errors import NewsflagError
from newsflag.scanning._streams import PACKERS

FORMATS: Final = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet")
"""What outputs are written as."""

STATE: Final = ".newsflag-scan"
"""The folder, in the one that is written to, that says how far a scan has come."""

_LINES: Final = (".json", ".jsonl", ".ndjson")
_TABLES: Final = (".csv", ".tsv")
_PARQUET: Final = (".parquet", ".pq")
READ: Final = "JSON lines, CSV and TSV (also .gz and .zst), Parquet, texts and web pages"


class ScanError(NewsflagError):
    """A scan can't begin, or can't go on; says what to do."""


@dataclasses.dataclass(slots=True)
class Source:
    """A file of records, or the texts and pages of a folder, and what is made of it.

    Parameters
    ----------
    name : str
        How its records' places begin: its path within the folder that was named, else its name.
    shown : str
        What it is called in messages.
    kind : {"lines", "table", "parquet", "texts"}
    files : list of File
        The one file, or those with a text each.
    packing : str
        ``".gz"``, ``".zst"`` or nothing.
    suffix : str
        The file's own, without that of the packing.
    output : Path
        Within the folder that is written to.
    rejects : Path
        The same for the records that are rejected.
    format : str
        One of :data:`FORMATS`.
    size : int
        Bytes of its files.
    stamp : str
        Changes when one of its files does.
    missing : str
        Why it can't be read, if that is known.
    """

    name: str
    shown: str
    kind: str
    files: list[File]
    packing: str = ""
    suffix: str = ""
    output: Path = Path()
    rejects: Path = Path()
    format: str = "jsonl"
    size: int = 0
    stamp: str = ""
    missing: str = ""


def find(
    paths: Sequence[str | Path], out: Path, format: str | None, fail: Callable[[str], None], say: Callable[[str], None]
) -> list[Source]:
    """Every source that is named, in order, each with its output.

    Raises
    ------
    ScanError
        When two of them would be written to one file, or one over what is read.
    """
    if format is not None and format not in FORMATS:
        raise ScanError(f"format is {format!r}, but must be one of {', '.join(FORMATS)}")
    wanted = format or next((each for each in FORMATS if out.name.endswith(f".{each}")), None)
    found: list[Source] = []
    for path in paths:
        if str(path) == "-":
            raise ScanError("scan does not read standard input: it could not go on where it was ended; name a file")
        found += _of_folder(str(path), out, fail, say) if Path(path).is_dir() else [_of_file(Path(path))]
    for source in found:
        _stamp(source)
        _aim(source, wanted)
    _check(found, out)
    return found


def _of_file(path: Path) -> Source:
    file: File = (path, Path(path.name), None)
    kind, packing, suffix = _kind(path)
    if kind is None:
        raise ScanError(f"{shown(path)}: scan reads {READ}; this name has no suffix of any of them")
    return Source(told(Path(path.name)), shown(path), kind, [file], packing, suffix)


def _of_folder(folder: str, out: Path, fail: Callable[[str], None], say: Callable[[str], None]) -> list[Source]:
    if identity(folder) == identity(out):
        raise ScanError(f"{shown(out)}: is read, and can't be written to as well; name another folder")
    found: list[Source] = []
    texts: list[File] = []
    skipped = 0
    for file in walk(folder, out, fail):
        path, inner, _ = file
        kind, packing, suffix = _kind(Path(path))
        if kind is None or not Path(path).is_file():
            skipped += 1
        elif kind == "texts":
            texts.append(file)
        else:
            found.append(Source(told(inner), shown(path), kind, [file], packing, suffix))
    if texts:
        # Texts and pages are judged by different models, each together.
        texts.sort(key=lambda file: is_page(file[1]))
        found.append(Source(told(Path(Path(folder).resolve().name or "texts")), shown(folder), "texts", texts))
    if skipped:
        say(f"{shown(folder)}: files skipped: {skipped} (scan reads {READ})")
    if not found:
        fail(f"{shown(folder)}: no files to scan")
    return found


def is_page(path: Path) -> bool:
    """Whether a file is a web page by its name."""
    return path.suffix.lower() in PAGES


def _kind(path: Path) -> tuple[str | None, str, str]:
    packing = path.suffix.lower()
    suffix = Path(path.stem).suffix.lower() if packing in PACKERS else packing
    packing = packing if packing in PACKERS else ""
    if suffix in _LINES:
        return "lines", packing, suffix
    if suffix in _TABLES:
        return "table", packing, suffix
    if suffix in _PARQUET and not packing:
        return "parquet", packing, suffix
    if suffix in (*SUFFIXES, *PAGES) and not packing:
        return "texts", packing, suffix
    return None, packing, suffix


def _stamp(source: Source) -> None:
    """Note what tells a changed file: size and time of change."""
    digest = hashlib.sha256()
    for path, inner, folder in source.files:
        try:
            status = os.stat(path)  # noqa: PTH116, it takes any name
        except (OSError, ValueError) as error:
            if folder is None or source.kind != "texts":
                source.missing = cause(error)
            continue
        source.size += status.st_size
        digest.update(
            f"{inner.as_posix()}\0{status.st_size}\0{status.st_mtime_ns}\0".encode("utf-8", "surrogateescape")
        )
    source.stamp = digest.hexdigest()


def _aim(source: Source, format: str | None) -> None:
    path = Path(source.name)
    own = "parquet" if source.kind == "parquet" else f"jsonl{source.packing}"
    source.format = format or own
    stem = path.name
    for suffix in (source.packing, source.suffix):
        if suffix:
            stem = stem[: -len(suffix)]
    stem = stem or path.name
    source.output = path.with_name(f"{stem}.{source.format}")
    source.rejects = path.with_name(f"{stem}.rejects.jsonl")


def _check(found: Sequence[Source], out: Path) -> None:
    read = set(_identities(found)) - {None}
    taken: dict[str, Source] = {}
    for source in found:
        for target in (source.output, source.rejects):
            name = os.path.normcase(target)
            if name in taken:
                raise ScanError(
                    f"{source.shown} and {taken[name].shown} would both be written to {shown(out / target)}: "
                    "scan them into different folders"
                )
            taken[name] = source
            if identity(out / target) in read:
                raise ScanError(f"{shown(out / target)}: would overwrite what is read; name another folder")


def _identities(found: Sequence[Source]) -> Iterator[tuple[int, int] | None]:
    for source in found:
        for path, _, _ in source.files:
            yield identity(path)


__all__ = ["FORMATS", "READ", "STATE", "ScanError", "Source", "find", "is_page", "shown"]
