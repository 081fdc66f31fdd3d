"""Files in, files out: what the command reads and writes."""

from __future__ import annotations

import codecs
import dataclasses
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from newsflag._atomic import write_bytes
from newsflag._files import PAGES, SUFFIXES, File, cause, identity, shown, walk
from newsflag._words import counted

# UTF-16's marks begin those of little-endian UTF-32.
_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


class UnreadableError(Exception):
    """What was named can't be read as text; says why."""


class _NotTextError(UnreadableError):
    """The bytes are no text in any encoding."""


class _NotUtf8Error(UnreadableError):
    """The bytes are not UTF-8; they may be text in another encoding."""


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """What was read from a file: text, or a page's bytes.

    Parameters
    ----------
    content : str or bytes
        Bytes are a web page's.
    name : str
        What it is called in messages.
    inner : Path
        Its path within the folder that was named, else its name.
    """

    content: str | bytes
    name: str
    inner: Path

    @property
    def is_page(self) -> bool:
        """Whether it is a web page."""
        return isinstance(self.content, bytes)


@dataclasses.dataclass
class Reading:
    """Reads sources one by one, and remembers whether one of them failed."""

    html: bool = False
    failed: bool = False

    def files(self, sources: Sequence[str], *, without: Path | None = None) -> list[File]:
        """Every file that the sources name; of folders, those that are not in the folder ``without``."""
        found: list[File] = []
        for source in sources:
            if source != "-" and os.path.isdir(source):  # noqa: PTH112, it takes any name
                inside = list(walk(source, without, self.fail))
                found += inside
                if not inside:
                    self._folder_done(source, 0, 0)
            else:
                name = "stdin" if source == "-" else os.path.basename(source)  # noqa: PTH119, as above
                found.append((source, Path(name), None))
        return found

    def articles(self, files: Sequence[File]) -> Iterator[Article | None]:
        """Read each file in its turn; None for one that is no article.

        Whatever in a folder is no text is skipped, and counted when the folder is done. An article in another encoding
        is named instead: it would be missed.
        """
        read = skipped = failed = 0
        for number, (source, inner, folder) in enumerate(files):
            content = None
            try:
                if folder is None or self._is_wanted(Path(source)):
                    content = self._content(source)
                else:
                    skipped += 1
            except UnreadableError as error:
                if folder is not None and _is_foreign(Path(source), error):
                    skipped += 1
                else:
                    failed += 1
                    self.fail(f"{shown(source)}: {error}")
            read += content is not None
            yield None if content is None else Article(content, shown(source), inner)
            if folder is not None and (number + 1 == len(files) or files[number + 1][2] != folder):
                self._folder_done(folder, read + failed, skipped)
                read = skipped = failed = 0

    def _folder_done(self, folder: str, found: int, skipped: int) -> None:
        if skipped:
            why = "not UTF-8 text, or not .txt, .md, .text or .html"
            complain(f"{shown(folder)}: {counted(skipped, 'file')} skipped ({why})")
        if not found:
            self.fail(f"{shown(folder)}: no text files")

    def _is_wanted(self, path: Path) -> bool:
        return path.suffix.lower() in (*SUFFIXES, *PAGES) and path.is_file()

    def _content(self, source: str | Path) -> str | bytes:
        data = _bytes(source)
        return data if self.html or Path(source).suffix.lower() in PAGES else _decoded(data)

    def fail(self, message: str) -> None:
        """Say that a source could not be done; the others are done all the same."""
        self.failed = True
        complain(message)


def _is_foreign(path: Path, error: UnreadableError) -> bool:
    """Whether a file in a folder that can't be read is none of its articles: binary, or not named as text."""
    return isinstance(error, _NotTextError) or (isinstance(error, _NotUtf8Error) and not path.suffix)


def _decoded(data: bytes) -> str:
    if b"\0" in data and not data.startswith(_MARKS):
        raise _NotTextError("not a text file")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _NotUtf8Error(f"not UTF-8 text (byte {error.start})") from error
    return text.removeprefix("\ufeff")


def _bytes(source: str | Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except (OSError, ValueError) as error:
        raise UnreadableError(cause(error)) from error


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and the folders that it needs.

    Raises
    ------
    FailureError
        Where it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
    except (OSError, ValueError) as error:
        raise FailureError(f"{shown(path)}: {cause(error)}") from error


def read_from(files: Sequence[File]) -> set[tuple[int, int] | None]:
    """Identities of the files that are read: what must not be overwritten."""
    return {identity(source) for source, _, _ in files if source != "-"} - {None}


class FailureError(click.ClickException):
    """Ends the command with status 2 and one line on stderr."""

    exit_code = 2

    def show(self, file: object = None) -> None:  # noqa: ARG002, click's own signature
        """Print the line."""
        complain(self.message)


def complain(message: str) -> None:
    """Print one line on stderr."""
    line = " ".join(message.split())
    click.echo(f"newsflag: {line}", err=True)


__all__ = ["Article", "FailureError", "Reading", "UnreadableError", "complain", "read_from", "write"]
