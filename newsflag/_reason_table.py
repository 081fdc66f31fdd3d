"""Reasons of many segments as arrays: each is made when it is looked at, and they are sent as they are."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, Final

import numpy as np

from newsflag._text import Doubles, Ints
from newsflag.report import Reason

NOWHERE: Final = -1
"""Start of a reason without a place."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class ReasonRows:
    """Reasons in any order, each with the segment that owns it; columns as those of :class:`ReasonTable`."""

    owner: Ints
    cue: Ints
    value: Doubles
    start: Ints
    end: Ints

    def taken(self, places: Ints) -> ReasonRows:
        """Those at some places, in this order."""
        return ReasonRows(
            self.owner[places], self.cue[places], self.value[places], self.start[places], self.end[places]
        )

    def joined(self, others: ReasonRows) -> ReasonRows:
        """These, and others behind them."""
        return ReasonRows(
            np.concatenate((self.owner, others.owner)),
            np.concatenate((self.cue, others.cue)),
            np.concatenate((self.value, others.value)),
            np.concatenate((self.start, others.start)),
            np.concatenate((self.end, others.end)),
        )

    def table(self, cues: tuple[str, ...], n: int) -> ReasonTable:
        """The reasons of so many segments; those of one stay in their order."""
        rows = self.taken(np.argsort(self.owner, kind="stable"))
        first = np.searchsorted(rows.owner, np.arange(n + 1))
        return ReasonTable(cues, first, rows.cue, rows.value, rows.start, rows.end)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class ReasonTable:
    """Reasons of segments, one after the other.

    Parameters
    ----------
    cues : tuple of str
    first : integer array, shape (segments + 1,)
        Where each segment's reasons begin.
    cue : integer array, shape (reasons,)
        Index into ``cues``.
    value : float64 array, shape (reasons,)
        Contributions.
    start, end : integer arrays, shape (reasons,)
        Places in the text; :data:`NOWHERE` without one.
    """

    cues: tuple[str, ...]
    first: Ints
    cue: Ints
    value: Doubles
    start: Ints
    end: Ints

    def of(self, number: int) -> tuple[Reason, ...]:
        """Reasons of a segment."""
        low, high = self.first[number : number + 2].tolist()
        return tuple(self._made(low, high))

    def all(self) -> list[tuple[Reason, ...]]:
        """Reasons of every segment."""
        first = self.first.tolist()
        made = self._made(0, first[-1])
        return [tuple(made[low:high]) for low, high in itertools.pairwise(first)]

    def _made(self, low: int, high: int) -> list[Reason]:
        columns = (self.cue, self.value, self.start, self.end)
        return [
            Reason(self.cues[cue], value) if start == NOWHERE else Reason(self.cues[cue], value, start, end)
            for cue, value, start, end in zip(*(each[low:high].tolist() for each in columns), strict=True)
        ]

    def part(self, low: int, high: int, offset: int = 0) -> ReasonTable:
        """Reasons of some of the segments, their places counted from an offset; a copy."""
        first = self.first[low : high + 1]
        rows = slice(int(first[0]), int(first[-1]))
        start, end = self.start[rows], self.end[rows]
        has = start != NOWHERE
        return ReasonTable(
            self.cues,
            first - rows.start,
            self.cue[rows].copy(),
            self.value[rows].copy(),
            np.where(has, start - offset, NOWHERE),
            np.where(has, end - offset, NOWHERE),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        whole = np.concatenate((self.first, self.cue, self.start, self.end)).astype("<i4")
        return _received, (self.cues, whole.tobytes(), self.value.astype("<f8").tobytes())


def _received(cues: tuple[str, ...], whole: bytes, value: bytes) -> ReasonTable:
    values = np.frombuffer(value, "<f8").astype(np.float64)
    numbers = np.frombuffer(whole, "<i4").astype(np.int64)
    first, cue, start, end = np.split(numbers, len(numbers) - len(values) * np.array([3, 2, 1]))
    return ReasonTable(cues, first, cue, values, start, end)


__all__ = ["NOWHERE", "ReasonRows", "ReasonTable"]
