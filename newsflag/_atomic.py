"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file; where that fails, whatever was there before is left as it was.

    Raises
    ------
    OSError
        When it can't be written.
    """
    with replacing(path) as file:
        file.write(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which takes its place when all is written."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".newsflag-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        # mkstemp makes files for their owner alone; this is what any other new file is given.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


__all__ = ["replacing", "write_bytes"]
