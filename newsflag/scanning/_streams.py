"""Bytes of a file as they are, unpacked where they are packed, and a line at a time with a bound."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

_STEP: Final = 4096
"""Packed bytes taken at once. Few, as some of them may unpack to a thousand times their size; and always as many,
so that of a damaged file the same is read each time."""

_BLOCK: Final = 1 << 16
_GZIP: Final = 31  # zlib's code for: with gzip's header and checksum

PACKERS: Final = {".gz": "gzip", ".zst": "zstd"}
"""Suffixes of packed files, and how they are packed."""


class DamagedError(Exception):
    """What follows in a file can't be read; says why."""


class _Unpacked(io.RawIOBase):
    """What a packed file holds: all of its members, one after the other."""

    def __init__(self, file: BinaryIO, make: Callable[[], Any], errors: tuple[type[Exception], ...]) -> None:
        self._file = file
        self._make = make
        self._errors = errors
        self._unpacker: Any = None
        self._rest = b""
        self._ready = memoryview(b"")
        self._started = False

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is something at hand."""
        while not self._ready:
            if not self._step():
                return 0
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _step(self) -> bool:
        packed = self._rest or self._file.read(_STEP)
        self._rest = b""
        if not packed:
            if self._unpacker is not None:
                raise DamagedError("it ends too early")
            return False
        if self._unpacker is None:
            if self._started:
                packed = packed.lstrip(b"\0")  # tapes and some tools fill up with zeros
                if not packed:
                    return True
            self._unpacker = self._make()
            self._started = True
        try:
            self._ready = memoryview(self._unpacker.decompress(packed))
        except self._errors as error:
            raise DamagedError(str(error)) from error
        if self._unpacker.eof:
            self._rest = self._unpacker.unused_data
            self._unpacker = None
        return True


def zstandard() -> Any:
    """The package, or what to do where it is missing."""
    try:
        import zstandard
    except ImportError as error:
        raise ImportError("scan of .zst files needs zstandard: pip install 'newsflag[scan]'") from error
    return zstandard


def unpacked(file: BinaryIO, packing: str) -> io.BufferedReader:
    """A file's bytes, unpacked if ``packing`` is a suffix in :data:`PACKERS`; it is read as needed."""
    if packing == ".gz":
        return io.BufferedReader(_Unpacked(file, lambda: zlib.decompressobj(_GZIP), (zlib.error,)), _BLOCK)
    if packing == ".zst":
        package = zstandard()
        unpacker = package.ZstdDecompressor()
        return io.BufferedReader(_Unpacked(file, unpacker.decompressobj, (package.ZstdError,)), _BLOCK)
    return io.BufferedReader(file, _BLOCK)  # type: ignore[arg-type]  # a file is read like any raw stream


def skip(stream: io.BufferedReader, size: int, packing: str) -> None:
    """Pass over bytes that were read in an earlier run."""
    if not packing:
        stream.seek(size, os.SEEK_CUR)
        return
    while size and (block := stream.read(min(size, _BLOCK))):
        size -= len(block)


def lines(
    stream: io.BufferedReader, most: int, passed: Callable[[bytes], None] | None = None
) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their sizes in bytes; None for one of more than so many bytes, which is never held whole.

    ``passed`` is told the pieces of such a line.
    """
    while line := stream.readline(most + 1):
        size = len(line)
        if size <= most or line.endswith(b"\n"):
            yield size, line
            continue
        while True:
            if passed is not None:
                passed(line)
            if line.endswith(b"\n") or not (line := stream.readline(_BLOCK)):
                break
            size += len(line)
        yield size, None


__all__ = ["PACKERS", "DamagedError", "lines", "skip", "unpacked", "zstandard"]
