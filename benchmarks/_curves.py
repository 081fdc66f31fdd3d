"""Curves of scores that the benchmarks leave in a file: numbers alone, no texts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

_DIGITS = 4


class Point(NamedTuple):
    """What a threshold would do: precision and recall of what goes, and the share of the article's characters kept."""

    threshold: float
    precision: float
    recall: float
    kept: float


class Curve(NamedTuple):
    """How a score stands to the truth.

    Parameters
    ----------
    name : str
    items : int
        How many were measured.
    bins : tuple of (mean score, mean truth, items)
        By rising score.
    thresholds : tuple of Point
        By rising threshold; empty where none decides anything.
    """

    name: str
    items: int
    bins: tuple[tuple[float, ...], ...]
    thresholds: tuple[Point, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data, rounded to four digits."""
        return {
            "items": self.items,
            "bins": [[round(value, _DIGITS) for value in row] for row in self.bins],
            "thresholds": [[round(value, _DIGITS) for value in point] for point in self.thresholds],
        }


def add_curves(path: Path, curves: Iterable[Curve]) -> None:
    """Put curves into a JSON file, in the place of those of the same names; others stay."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known |= {curve.name: curve.to_dict() for curve in curves}
    lines = (f"{json.dumps(name)}: {json.dumps(known[name])}" for name in sorted(known))
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


__all__ = ["Curve", "Point", "add_curves"]
