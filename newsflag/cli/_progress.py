"""A progress bar on a terminal, for work that takes more than a second."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

_DELAY: Final = 1.0  # seconds of work before it shows

Item = TypeVar("Item")


class Progress:
    """Counts files on stderr where that is a terminal; elsewhere it does nothing.

    Parameters
    ----------
    total : int
        How many files there are.
    """

    def __init__(self, total: int) -> None:
        self._bar = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit="file", delay=_DELAY, leave=False, file=sys.stderr, dynamic_ncols=True)

    def count(self, items: Iterable[Item]) -> Iterator[Item]:
        """Give the items on, and count each when the next one is asked for."""
        with contextlib.closing(self):
            for item in items:
                yield item
                if self._bar is not None:
                    self._bar.update()

    def clear(self) -> None:
        """Take the bar from the screen before something else is written to it; it comes back by itself."""
        if self._bar is not None:
            self._bar.clear()

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()


__all__ = ["Progress"]
