"""One segment in full for the terminal: its text, all its evidence, and what stands around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from newsflag._words import label
from newsflag.explain import sentence, sentence_for
from newsflag.kinds import INSERTION_KINDS
from newsflag.rendering._columns import BOLD, DIM, one_line, shortened, style_of, styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from newsflag.report import Reason, Report, Segment

_AROUND: Final = 2  # neighbours on either side
_BAR: Final = 20  # cells of a bar
_LEAST_WIDTH: Final = 40
_LEAST_SHARE: Final = 0.005  # of a kind's probability, from which it is listed
_MOST_TEXT: Final = 4000  # characters of the segment that are shown


def to_detail(report: Report, segment: Segment, *, name: str = "", color: bool = False, width: int = 80) -> str:
    """Explain one segment of a report in full.

    Its text; the verdict in one sentence, and what its wording is flagged for; the probability of each kind, alone and
    in context; each score with all its reasons and what they contribute, in log-odds; persuasion techniques; where it
    stands in a page; its neighbours.

    Parameters
    ----------
    report : Report
    segment : Segment
        One of the report's.
    name : str
        What the text is called, e.g. its file.
    color : bool
        Whether ANSI codes are used.
    width : int
        Cells in a row.
    """
    width = max(width, _LEAST_WIDTH)
    number = report.segments.index(segment)
    place = f"segment {number + 1} of {len(report.segments)}, characters {segment.start}-{segment.end}"
    rows = [styled(f"{one_line(name)}: {place}" if name else place, BOLD, color=color)]
    text = segment.text if len(segment.text) <= _MOST_TEXT else f"{segment.text[:_MOST_TEXT]}…"
    style = style_of(segment.kind) if segment.is_insertion else ""
    rows += [styled(f"  {row}", style, color=color and bool(style)) for row in wrapped(one_line(text), width - 2)]
    rows += ["", *wrapped(one_line(sentence(segment)), width), *_flags(report, segment, width=width), ""]
    rows += _kinds(report, segment, color=color)
    rows += _scores(report, segment, width=width, color=color)
    for technique in segment.techniques:
        said = one_line(report.text[technique.start : technique.end])
        rows.append(
            f"technique {_words(technique.name)} {technique.score:.2f} ({technique.voice}): "
            f"{shortened(said, max(width - 40, _LEAST_WIDTH))}"
        )
    if segment.markup is not None:
        rows += [
            "",
            f"in the page: <{one_line(segment.markup.tag)}>, {segment.markup.link_share:.0%} of it linked",
            f"  {one_line(segment.markup.path)}",
            *(f"  link to {one_line(href)}" for href in segment.markup.hrefs),
        ]
    rows += ["", styled("Around it", BOLD, color=color), *_neighbours(report, number, width=width, color=color)]
    return "\n".join(rows)


def _flags(report: Report, segment: Segment, *, width: int) -> Iterator[str]:
    """What it is flagged for beside being an insertion, which the verdict says."""
    for flag in report.flags:
        if flag.segment is not None and flag.segment.start == segment.start and flag.kind not in INSERTION_KINDS:
            told = f"Flagged for {_words(flag.kind)} {flag.score:.2f}, threshold {flag.threshold:.2f}: {flag.reason}"
            yield from wrapped(one_line(told), width)


def _kinds(report: Report, segment: Segment, *, color: bool) -> Iterator[str]:
    alone = segment.alone
    told = f"insertion {segment.scores['insertion']:.3f}, threshold {report.threshold:.2f}"
    yield f"{told}; by itself it would be {_words(alone.kind)} {alone.insertion:.3f}"
    ranked = sorted(segment.kinds.items(), key=lambda item: -item[1])
    for kind, share in ranked:
        if share >= _LEAST_SHARE:
            yield styled(f"  {_words(kind):16} {share:.3f} {_bar(share)}", "" if share > 0.5 else DIM, color=color)


def _scores(report: Report, segment: Segment, *, width: int, color: bool) -> Iterator[str]:
    why: Mapping[str, Sequence[Reason]] = {"insertion": segment.reasons, **segment.why}
    for score, value in segment.scores.items():
        reasons = why.get(score, ())
        total = sum(reason.contribution for reason in reasons)
        summed = f" = log-odds {total:+.2f}" if reasons else ""
        unsure = "" if report.supported.get(score, True) else " (no evidence for this language)"
        yield ""
        yield styled(f"{_words(score)} {value:.3f}{summed}{unsure}", BOLD, color=color)
        most = max((abs(reason.contribution) for reason in reasons), default=1.0)
        for reason in reasons:
            yield from _reason(reason, report, score, most, width=width)


def _reason(reason: Reason, report: Report, score: str, most: float, *, width: int) -> Iterator[str]:
    bar = _bar(abs(reason.contribution) / most, _BAR // 2)
    facts = f"  {reason.contribution:+6.2f} {bar:{_BAR // 2}} "
    told = sentence_for(reason, report.text, score=score).rpartition(":")[0]
    where = "" if reason.start is None else f" [{reason.start}-{reason.end}]"
    lines = list(wrapped(f"{reason.cue}: {one_line(told)}{where}", max(width - len(facts), _LEAST_WIDTH)))
    yield f"{facts}{lines[0]}"
    for line in lines[1:]:
        yield f"{' ' * len(facts)}{line}"


def _neighbours(report: Report, number: int, *, width: int, color: bool) -> Iterator[str]:
    first = max(number - _AROUND, 0)
    for place, segment in enumerate(report.segments[first : number + _AROUND + 1], first):
        mark = "> " if place == number else "  "
        facts = f"{mark}{_words(segment.kind):14}  {segment.scores['insertion']:.2f}  {segment.start}-{segment.end}  "
        line = f"{facts}{shortened(segment.text, max(width - len(facts), _LEAST_WIDTH // 2))}"
        yield styled(line, BOLD if place == number else DIM, color=color)


def _bar(share: float, width: int = _BAR) -> str:
    return "█" * round(share * width)


def _words(name: str) -> str:
    return one_line(label(name))


__all__ = ["to_detail"]
