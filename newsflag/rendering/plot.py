"""A report as a strip along the article's length, with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from newsflag._words import label
from newsflag.errors import ConfigError
from newsflag.kinds import INSERTION_KINDS, KINDS, SCORES
from newsflag.rendering._palette import STRONG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from newsflag.report import Report

# Told apart without colour too.
_HATCHES: Final = dict(zip(INSERTION_KINDS, ("///", "xxx", "\\\\\\", "...", "---", "+++", "ooo", "|||"), strict=True))
_LINES: Final = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)))
_STRIP: Final = (-0.3, 0.22)  # foot and height, below the scores
_SIZE: Final = (10.0, 3.2)  # inches


def plot(
    report: Report, scores: Sequence[str] = ("insertion", "clickbait", "sensational"), ax: Axes | None = None
) -> Axes:
    """Draw a report; see :meth:`newsflag.Report.plot`."""
    try:
        from matplotlib import pyplot as plt
        from matplotlib.patches import Patch
    except ImportError as error:
        raise ImportError("Report.plot needs matplotlib: pip install 'newsflag[plot]'") from error
    if isinstance(scores, str):
        scores = (scores,)
    for score in scores:
        if score not in SCORES:
            raise ConfigError(f"scores names {score!r}, which is not a score; the scores are {', '.join(SCORES)}")
    if ax is None:
        _, ax = plt.subplots(figsize=_SIZE, layout="constrained")
    segments = report.segments
    edges = [edge for segment in segments for edge in (segment.start, segment.end)]
    for number, score in enumerate(scores):
        values = [segment.scores[score] for segment in segments for _ in range(2)]
        style = _LINES[number % len(_LINES)]
        ax.plot(edges, values, linestyle=style, linewidth=1.4, color=f"C{number}", label=score)
    patches = []
    for kind in KINDS:
        spans = [(segment.start, segment.end - segment.start) for segment in segments if segment.kind == kind]
        if spans:
            hatch = _HATCHES.get(kind)
            ax.broken_barh(spans, _STRIP, facecolor=STRONG[kind], edgecolor="white", linewidth=0.4, hatch=hatch)
            shown = f"{label(kind)} ({len(spans)})"
            patches.append(Patch(facecolor=STRONG[kind], edgecolor="white", hatch=hatch, label=shown))
    ax.axhline(report.threshold, color="0.5", linewidth=0.8, linestyle=(0, (1, 2)), label="threshold of insertion")
    ax.set_xlim(0, max(len(report.text), 1))
    ax.set_ylim(_STRIP[0] - 0.04, 1.04)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.set_xlabel("characters")
    ax.set_ylabel("score")
    ax.spines[["top", "right"]].set_visible(False)
    lines = ax.get_legend_handles_labels()[0]
    ax.legend(handles=[*lines, *patches], loc="upper left", bbox_to_anchor=(1.0, 1.02), frameon=False, fontsize="small")
    return ax


__all__ = ["plot"]
