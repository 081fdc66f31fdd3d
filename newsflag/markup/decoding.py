"""Bytes of a page into text."""

from __future__ import annotations

from typing import Final

from newsflag.errors import InputError
from newsflag.markup.parser import HINT

_SEVEN_BITS: Final = ("iso-2022-", "iso2022", "hz", "utf-7", "utf7")
"""Encodings whose bytes look like plain ASCII, so that valid UTF-8 says nothing."""


def decode(data: bytes) -> str:
    """Decode a page.

    In this order: a byte order mark; UTF-8 if the bytes are valid UTF-8, whatever the page says of itself (text in
    another encoding hardly ever is, and declarations are often left over); the encoding that the page declares, as
    browsers read the label (``latin-1`` means ``windows-1252``); what the bytes look like. Bytes that don't fit
    become U+FFFD, as in browsers.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    ImportError
        Without the ``html`` extra.
    InputError
        When the bytes are none of a page, for instance an image's.

    Examples
    --------
    >>> decode("<meta charset=iso-8859-1><p>Café".encode("latin-1"))
    '<meta charset=iso-8859-1><p>Café'
    """
    try:
        from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding, to_unicode
    except ImportError as error:
        raise ImportError(HINT) from error
    encoding, mark = read_bom(data)
    if encoding is not None and mark is not None:
        return str(to_unicode(data[len(mark) :], encoding))
    for signature, what in _OTHERS.items():
        if data.startswith(signature):
            raise InputError(f"the bytes are those of {what}, but must be those of an HTML page")
    declared = html_body_declared_encoding(data)
    if declared is None or not (declared.startswith(_SEVEN_BITS) and data.isascii()):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    # A page whose declaration could be read is in no encoding of two-byte units.
    if declared is not None and not declared.startswith(("utf-16", "utf-32")):
        try:
            return str(to_unicode(data, declared))
        except (LookupError, UnicodeError):
            pass  # one of Python's codecs that are no encodings of text, such as "base64"
    try:
        from charset_normalizer import from_bytes
    except ImportError as error:
        raise ImportError(HINT) from error
    best = from_bytes(_beginning(data)).best()
    guessed = resolve_encoding(best.encoding if best is not None else "windows-1252")
    return str(to_unicode(data, guessed or "windows-1252"))


def _beginning(data: bytes) -> bytes:
    """What an encoding is guessed from: up to a character that in no encoding is a part of another one."""
    head = data[:_LOOKED_AT]
    end = max(head.rfind(mark) for mark in (b"<", b"\n", b" "))
    return head if len(data) <= _LOOKED_AT or end < _LOOKED_AT // 2 else head[:end]


_LOOKED_AT: Final = 200_000  # bytes that an undeclared encoding is guessed from
_OTHERS: Final = {
    b"%PDF-": "a PDF",
    b"\x89PNG\r\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive (decompress it first)",
}
"""First bytes of files that are taken for pages by mistake."""

__all__ = ["decode"]
