"""What stands around the article in a page: menus, comments, footers, summed up so that the article is seen."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from newsflag.report import Report, Segment

_MOST: Final = 3  # of them in a row are shown as they are


def runs(report: Report) -> Iterator[tuple[bool, tuple[Segment, ...]]]:
    """Give the segments in their order, in runs, and whether a run is better summed up.

    That is so in pages only, for more than three insertions in a row before the article's first line or after its
    last one, of which none is flagged; its title parts such runs. Where nothing was kept there is no article that
    they could stand around.
    """
    kept = [segment.start for segment in report.segments if not segment.is_insertion and segment.kind != "title"]
    if not kept or all(segment.markup is None for segment in report.segments):
        yield False, report.segments
        return
    flagged = {flag.segment.start for flag in report.flags if flag.segment is not None}

    def is_around(segment: Segment) -> bool:
        within = kept[0] < segment.start < kept[-1]
        return segment.is_insertion and not within and segment.start not in flagged

    for around, run in itertools.groupby(report.segments, key=is_around):
        segments = tuple(run)
        yield around and len(segments) > _MOST, segments


def summary(segments: tuple[Segment, ...], label: Callable[[str], str]) -> str:
    """Say how many there are and of what kinds, the most frequent first; the result is not escaped."""
    kinds = Counter(segment.kind for segment in segments).most_common()
    return f"{len(segments)} lines around the article ({', '.join(f'{n} {label(kind)}' for kind, n in kinds)})"


__all__ = ["runs", "summary"]
