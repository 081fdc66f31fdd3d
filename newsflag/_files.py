"""Files by their names: which are articles and pages, what a folder holds, and how a name is printed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

import click

SUFFIXES: Final = ("", ".md", ".text", ".txt")
"""Suffixes of the text files that are read in a folder."""

PAGES: Final = (".htm", ".html", ".xhtml")
"""Suffixes of files that are web pages."""

File: TypeAlias = tuple[str | Path, Path, str | None]
"""A file or ``"-"``, its path within the folder that was named (else its name), and that folder."""


def walk(folder: str, without: str | Path | None, fail: Callable[[str], None]) -> Iterator[File]:
    """All files in a folder and its folders in a fixed order; hidden ones and those in ``without`` are left out.

    What can't be read is told to ``fail``.
    """

    def unreadable(error: OSError) -> None:
        fail(f"{shown(error.filename)}: {cause(error)}")

    left_out = None if without is None else identity(without)
    for base, folders, names in os.walk(folder, onerror=unreadable):
        inner = (name for name in folders if not name.startswith("."))
        folders[:] = sorted(name for name in inner if left_out is None or identity(Path(base, name)) != left_out)
        for name in sorted(names):
            if not name.startswith("."):
                path = Path(base, name)
                yield path, path.relative_to(folder), folder


def identity(path: str | Path) -> tuple[int, int] | None:
    """Device and number of a file or folder, by whatever name; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116, it takes any name
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def cause(error: OSError | ValueError) -> str:
    """Why a file could not be read or written, to go on after its name."""
    why = error.strerror if isinstance(error, OSError) else None
    return (why or str(error)).lower()


def told(path: Path) -> str:
    """A path as it is written into files: with slashes, and with escapes where it is no UTF-8."""
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shown(path: str | Path) -> str:
    """A path as it can be printed."""
    return click.format_filename(path)


__all__ = ["PAGES", "SUFFIXES", "File", "cause", "identity", "shown", "told", "walk"]
