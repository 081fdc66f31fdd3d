"""Text in the columns of a terminal: widths, wrapping, colour."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from newsflag.rendering._visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

# Select Graphic Rendition codes of the 16-colour terminal, which follow the
# user's own light or dark palette.
_RESET: Final = "\x1b[0m"
BOLD: Final = "\x1b[1m"
DIM: Final = "\x1b[2m"
_KIND_STYLES: Final = {"teaser": "\x1b[31m", "advertisement": "\x1b[35m", "call_to_action": "\x1b[33m"}
_OTHER_STYLE: Final = "\x1b[36m"


def style_of(kind: str) -> str:
    """The colour of a kind of insertion."""
    return _KIND_STYLES.get(kind, _OTHER_STYLE)


def styled(text: str, style: str, *, color: bool) -> str:
    """Text in a style, where there is colour."""
    return f"{style}{text}{_RESET}" if color else text


def one_line(text: str) -> str:
    """Text with its white space made single blanks, and nothing in it that a terminal obeys."""
    return visible(" ".join(text.split()))


def cells(text: str) -> int:
    """Width on the terminal: wide characters take two cells, marks none."""
    if text.isascii():
        return len(text)
    return sum(map(_cells_of, text))


def _cells_of(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _head(text: str, room: int) -> str:
    """Give the longest beginning that fits into the room, at least one character."""
    used = 0
    for place, char in enumerate(text):
        used += _cells_of(char)
        if used > room and place:
            return text[:place]
    return text


def shortened(text: str, room: int) -> str:
    """The beginning of a text in one line of at most so many cells."""
    line = one_line(text[: 4 * room])
    if cells(line) <= room and len(text) <= 4 * room:
        return line
    return _head(line, room - 1).rstrip() + "…"


def wrapped(line: str, room: int) -> Iterator[str]:
    """Break a line at its blanks, and within a word only where it alone is too long."""
    row, used = "", 0
    for word in re.findall(r"\S+", line):
        part = word
        if row and used + 1 + cells(part) > room:
            yield row
            row, used = "", 0
        while cells(part) > room:
            head = _head(part, room)
            if head == part:
                break
            yield head
            part = part[len(head) :]
        row = f"{row} {part}" if row else part
        used = cells(row)
    yield row


__all__ = ["BOLD", "DIM", "cells", "one_line", "shortened", "style_of", "styled", "wrapped"]
