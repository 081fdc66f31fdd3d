"""What several renderers and the command say in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsflag.report import Report


def counted(number: int, noun: str) -> str:
    """Say how many of something there are.

    >>> counted(1, "segment"), counted(2, "segment")
    ('1 segment', '2 segments')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def found(report: Report) -> str:
    """Say how many flags there are."""
    return f"{len(report.flags)} flagged" if report.flags else "nothing flagged"


def label(kind: str) -> str:
    """Give a kind's or score's name in words.

    >>> label("call_to_action")
    'call to action'
    """
    return kind.replace("_", " ")


__all__ = ["counted", "found", "label"]
