"""A report as a listing for the terminal, one row a segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from newsflag._words import counted, found
from newsflag.kinds import INSERTION_KINDS
from newsflag.rendering._around import runs, summary
from newsflag.rendering._columns import BOLD, DIM, one_line, shortened, style_of, styled, wrapped
from newsflag.rendering._visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsflag.report import Flag, Report, Segment

_MISINFORMATION: Final = "misinformation"
_SHOWN: Final = ("clickbait", "sensational", "persuasion")

_FOLDED: Final = "  …  "
_MARK: Final = "> "  # an insertion is marked, so that the listing reads without colour too
_LEAST_TEXT: Final = 24  # cells for the text at least, however narrow the terminal
_MOST_ROWS: Final = 12  # rows of one segment's text at most


def to_terminal(report: Report, *, name: str = "", color: bool = False, width: int = 80) -> str:
    """List the segments of a report: what is flagged in full and why, the rest in short.

    Of a page, what stands around the article (menus, comments, footer) is summed up in a row.

    Parameters
    ----------
    report : Report
    name : str
        What the text is called, e.g. its file.
    color : bool
        Whether ANSI codes set the insertions off and dim the rest. Without
        them they are set off by a ``>``.
    width : int
        Cells in a row.

    Examples
    --------
    >>> from newsflag import Report
    >>> print(to_terminal(Report("", (), (), "", {}, 0.5, "splitter 1"), name="empty.txt"))
    empty.txt: nothing flagged (no text; splitter 1, threshold 0.50)
    """
    rows = [_heading(report, name, color=color)]
    if report.segments and _MISINFORMATION in report.scores:
        rows += [styled(row, DIM, color=color) for row in wrapped(_scores(report), width)]
    if report.title is not None and report.title.start is None:
        rows += list(_title(report, width=width, color=color))
    if report.segments:
        parts = list(runs(report))
        listed = [segment for folded, segments in parts if not folded for segment in segments]
        kind_width = max(len(_kind(segment)) for segment in listed)
        span_width = max(len(_span(segment)) for segment in listed)
        indent = len(_MARK) + kind_width + 2 + len("0.00") + 2 + span_width + 2
        room = max(width - indent, _LEAST_TEXT)
        reasons: dict[int, str] = {}
        for flag in report.flags:
            if flag.segment is not None:
                told = reasons.get(flag.segment.start)
                reasons[flag.segment.start] = _reason(flag) if told is None else f"{told} {_reason(flag)}"
        for folded, segments in parts:
            if folded:
                rows += _summed_up(segments, width=width, color=color)
                continue
            for segment in segments:
                score = segment.scores["insertion"]
                facts = f"{_kind(segment):{kind_width}}  {score:4.2f}  {_span(segment):>{span_width}}  "
                if segment.start in reasons:
                    rows += _flagged(segment, facts, reasons[segment.start], indent=indent, room=room, color=color)
                else:
                    mark = _MARK if segment.is_insertion else " " * len(_MARK)
                    style = style_of(segment.kind) if segment.is_insertion else DIM
                    rows.append(styled(f"{mark}{facts}{shortened(segment.text, room)}", style, color=color))
    return "\n".join(rows)


def _heading(report: Report, name: str, *, color: bool) -> str:
    flagged = found(report)
    of = counted(len(report.segments), "segment") if report.segments else "no text"
    title = f"{one_line(name)}: {flagged}" if name else flagged
    return f"{styled(title, BOLD, color=color)} ({of}; {visible(report.model)}, threshold {report.threshold:.2f})"


def _scores(report: Report) -> str:
    """The article's own scores in words; they are about its style, never about its truth."""
    language = "language unknown" if report.language == "und" else f"language {visible(report.language)}"
    shown = ", ".join(f"{name} {report.scores[name]:.2f}" for name in _SHOWN if name in report.scores)
    style = f"style of unreliable sources {report.scores[_MISINFORMATION]:.2f}"
    unsure = [name for name, known in report.supported.items() if not known]
    note = f" (no evidence for this language: {', '.join(map(visible, unsure))})" if unsure else ""
    return f"{language}; {shown}; {style}{note}"


def _title(report: Report, *, width: int, color: bool) -> Iterator[str]:
    """The title that was given beside the text."""
    title = report.title
    if title is None:
        return
    shown = ", ".join(f"{name} {value:.2f}" for name, value in title.scores.items())
    yield shortened(f"title: {title.text}", width)
    yield styled(f"  {shown}", DIM, color=color)
    for flag in report.flags:
        if flag.segment is None:
            for row in wrapped(one_line(flag.reason), width - 2):
                yield f"{_MARK}{row}"


def _reason(flag: Flag) -> str:
    """Why, and for wording the score that was reached: the row has the insertion score alone."""
    return flag.reason if flag.kind in INSERTION_KINDS else f"{flag.kind} {flag.score:.2f}: {flag.reason}"


def _flagged(segment: Segment, facts: str, reason: str, *, indent: int, room: int, color: bool) -> Iterator[str]:
    style = style_of(segment.kind)
    # Cut before it is wrapped: a segment may be megabytes long.
    most = 4 * _MOST_ROWS * room
    lines = list(wrapped(one_line(segment.text[:most]), room))
    if len(lines) > _MOST_ROWS or len(segment.text) > most:
        lines = [*lines[: _MOST_ROWS - 1], f"… ({len(segment.text)} characters in all)"]
    strong = style + BOLD if segment.is_promo else style
    yield styled(_MARK + facts, strong, color=color) + styled(lines[0], style, color=color)
    margin = styled(_MARK, style, color=color) + " " * (indent - len(_MARK))
    for line in lines[1:]:
        yield margin + styled(line, style, color=color)
    for line in wrapped(one_line(reason), room - 2):
        yield f"{margin}  {styled(line, DIM, color=color)}"


def _summed_up(segments: tuple[Segment, ...], *, width: int, color: bool) -> Iterator[str]:
    start = _FOLDED
    for row in wrapped(one_line(summary(segments, str)), max(width - len(_FOLDED), _LEAST_TEXT)):
        yield styled(start + row, DIM, color=color)
        start = " " * len(_FOLDED)


def _kind(segment: Segment) -> str:
    return visible(segment.kind)


def _span(segment: Segment) -> str:
    return f"{segment.start}-{segment.end}"


__all__ = ["to_terminal"]
