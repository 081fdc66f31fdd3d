"""A report as a fragment of HTML, for notebooks and pages."""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING, Final

from newsflag._words import counted, found, label
from newsflag.explain import sentence, sentence_for
from newsflag.kinds import INSERTION_KINDS, KINDS
from newsflag.rendering._around import runs, summary
from newsflag.rendering._palette import DARK, LIGHT, STRONG
from newsflag.rendering._visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsflag.report import Flag, Reason, Report, Segment

_OPEN_FLAGS: Final = 12  # flags are listed at once up to so many, folded from there
_SHOWN: Final = 90  # characters of a flagged segment in the list of flags
_HOVERED: Final = 4  # reasons that are shown on hover
_LEAST_WIDTH: Final = 0.004  # of the strip, so that a short insertion is seen


def _variables(colors: Mapping[str, str]) -> str:
    return "".join(f"--nf-{name}:{color};" for name, color in colors.items())


# Colours are variables, set once for light and once for dark: by the reader's
# system, or by the theme that JupyterLab and VS Code write on the page's body.
_THEME: Final = (
    f".newsflag{{{_variables(LIGHT)}color-scheme:light dark}}"
    f"@media(prefers-color-scheme:dark){{.newsflag{{{_variables(DARK)}}}}}"
    f'[data-jp-theme-light="true"] .newsflag,.vscode-light .newsflag{{{_variables(LIGHT)}color-scheme:light}}'
    f'[data-jp-theme-light="false"] .newsflag,.vscode-dark .newsflag{{{_variables(DARK)}color-scheme:dark}}'
)
STYLE: Final = (
    _THEME + ".newsflag{color:var(--nf-text);background:var(--nf-ground);padding:.75em 1em;line-height:1.5;"
    "overflow-wrap:break-word}"
    ".newsflag .nf-facts,.newsflag .nf-why{color:var(--nf-dim)}"
    ".newsflag .nf-scores{display:flex;flex-wrap:wrap;gap:.1em 1.5em;margin:.3em 0;padding:0;list-style:none}"
    ".newsflag .nf-bar{display:inline-block;vertical-align:middle;width:4em;height:.6em;margin:0 .4em;"
    "border:1px solid var(--nf-line);border-radius:2px;overflow:hidden}"
    ".newsflag .nf-bar i{display:block;height:100%;background:var(--nf-bar)}"
    ".newsflag .nf-strip{display:flex;height:.8em;margin:.5em 0;border:1px solid var(--nf-line);border-radius:3px;"
    "overflow:hidden}"
    + "".join(f".newsflag .nf-strip .nf-{kind}{{background:{STRONG[kind]}}}" for kind in INSERTION_KINDS)
    + ".newsflag .nf-text{white-space:pre-wrap;margin:.5em 0}"
    ".newsflag mark,.newsflag .nf-chip{color:inherit;background:var(--nf-other);border-bottom:1px solid currentColor;"
    "border-radius:3px;padding:.1em .25em}"
    + "".join(
        f".newsflag mark.nf-{kind},.newsflag .nf-chip.nf-{kind}{{background:var(--nf-{kind})}}"
        for kind in INSERTION_KINDS
    )
    + ".newsflag mark b,.newsflag .nf-style b{font-size:.75em;margin-right:.5em;white-space:nowrap;user-select:none}"
    ".newsflag mark u{text-decoration-style:dotted;text-underline-offset:.15em}"
    ".newsflag .nf-style{border-bottom:2px dotted currentColor}"
    ".newsflag .nf-title,.newsflag .nf-heading{font-weight:bold}"
    ".newsflag .nf-standfirst{font-style:italic}"
    ".newsflag ol.nf-flags{margin:.3em 0;padding-left:1.6em}"
    ".newsflag ol.nf-flags li{margin:.15em 0}"
    ".newsflag summary{cursor:pointer}"
    ".newsflag .nf-scroll{overflow-x:auto}"
    ".newsflag table{border-collapse:collapse;color:inherit;font-size:.9em}"
    ".newsflag th,.newsflag td{border:1px solid var(--nf-line);padding:.25em .5em;text-align:left;vertical-align:top;"
    "white-space:nowrap}"
    ".newsflag td.nf-wide{white-space:normal;min-width:18em;max-width:36em}"
    ".newsflag td ul{margin:0;padding-left:1.2em}"
    ".newsflag td .nf-bar{width:2em;margin-left:0}"
    "@media print{.newsflag mark,.newsflag .nf-bar i,.newsflag .nf-strip span,.newsflag .nf-chip{"
    "print-color-adjust:exact;-webkit-print-color-adjust:exact}}"
)


def to_html(report: Report) -> str:
    """Show an article with its segments marked by kind, what was flagged and why, and a table of all reasons.

    Of a page, what stands around the article (menus, comments, footer) is folded.

    The fragment is complete in itself: one ``<div>`` with its style sheet, no
    scripts, nothing fetched. Whatever the article holds is escaped. It reads
    without colour (kinds are named), in light and in dark.

    Examples
    --------
    >>> from newsflag import Report
    >>> to_html(Report("", (), (), "", {}, 0.5, "splitter 1")).startswith('<div class="newsflag">')
    True
    """
    return f'<div class="newsflag"><style>{STYLE}</style>{fragment(report)}</div>'


def fragment(report: Report) -> str:
    """What :func:`to_html` shows, without the style sheet and the element around it."""
    return (
        f"<div><strong>{found(report)}</strong> "
        f'<span class="nf-facts">in {counted(len(report.segments), "segment")}; {escaped(report.model)}, '
        f"threshold {report.threshold:.2f}</span></div>"
        f"{_scores(report)}{_strip(report)}{_flags(report)}"
        f'<div class="nf-text" dir="auto">{_article(report)}</div>'
        f"{_table(report)}"
    )


# The whole article


def _scores(report: Report) -> str:
    if not report.segments:
        return ""
    unknown = report.language == "und"
    items = [f"<li>language {'unknown' if unknown else escaped(report.language)}</li>"]
    for name, value in report.scores.items():
        if name != "insertion":
            unsure = "" if report.supported.get(name, True) else " (no evidence for this language)"
            shown = "style of unreliable sources" if name == "misinformation" else label(name)
            items.append(f"<li>{escaped(shown)}{bar(value)}{value:.2f}{unsure}</li>")
    return f'<ul class="nf-scores nf-facts">{"".join(items)}</ul>'


def bar(value: float) -> str:
    """A score as a bar, beside its number."""
    return (
        f'<span class="nf-bar" aria-hidden="true"><i style="width:{100 * min(max(value, 0.0), 1.0):.0f}%"></i></span>'
    )


def _strip(report: Report) -> str:
    """The insertions along the article's length: where they stand, at a glance; the words below say it too."""
    total = sum(len(segment.text) for segment in report.segments)
    if not any(segment.is_insertion for segment in report.segments):
        return ""
    parts = []
    kept = 0
    for segment in report.segments:
        if segment.is_insertion:
            if kept:
                parts.append(f'<span style="flex:{kept / total:.4f}"></span>')
            share = max(len(segment.text) / total, _LEAST_WIDTH)
            parts.append(f'<span class="nf-{_class(segment.kind)}" style="flex:{share:.4f}"></span>')
            kept = 0
        else:
            kept += len(segment.text)
    if kept:
        parts.append(f'<span style="flex:{kept / total:.4f}"></span>')
    return f'<div class="nf-strip" aria-hidden="true">{"".join(parts)}</div>{_legend(report)}'


def _legend(report: Report) -> str:
    number = Counter(segment.kind for segment in report.segments if segment.is_insertion)
    chips = (f'<span class="nf-chip nf-{_class(kind)}">{n} {escaped(label(kind))}</span>' for kind, n in number.items())
    return f"<div>{' '.join(chips)}</div>"


def _flags(report: Report) -> str:
    if not report.flags:
        return ""
    items = "".join(map(_flag, report.flags))
    unfolded = " open" if len(report.flags) <= _OPEN_FLAGS else ""
    return f'<details{unfolded}><summary>What was flagged, and why</summary><ol class="nf-flags">{items}</ol></details>'


def _flag(flag: Flag) -> str:
    shown = ""
    if flag.segment is not None:
        text = " ".join(flag.segment.text[: 2 * _SHOWN].split())
        cut = text if len(text) <= _SHOWN and len(flag.segment.text) <= 2 * _SHOWN else f"{text[:_SHOWN].rstrip()}…"
        shown = f' <q dir="auto">{escaped(cut)}</q>'
    return (
        f'<li><span class="nf-chip nf-{_class(flag.kind)}">{escaped(label(flag.kind))} {flag.score:.2f}</span>{shown} '
        f'<span class="nf-why">{escaped(flag.reason)}</span></li>'
    )


# Its text


def _article(report: Report) -> str:
    of_style: dict[int, list[Flag]] = {}
    for flag in report.flags:
        if flag.segment is not None and flag.kind not in INSERTION_KINDS:
            of_style.setdefault(flag.segment.start, []).append(flag)
    parts = []
    end = 0
    for folded, segments in runs(report):
        if folded:
            parts.append(escaped(report.text[end : segments[0].start]))
            end = segments[-1].end
            # With the line break behind them: in front of text it would show as a blank line.
            tail = "\n" if report.text.startswith("\n", end) else ""
            parts.append(_folded(report, segments, tail))
            end += len(tail)
        elif segments:
            parts.append(_marked(report, segments, end, of_style))
            end = segments[-1].end
    parts.append(escaped(report.text[end:]))
    return "".join(parts)


def _folded(report: Report, segments: tuple[Segment, ...], tail: str) -> str:
    summed_up = f'<summary class="nf-facts">{escaped(summary(segments, label))}</summary>'
    return f"<details>{summed_up}{_marked(report, segments, segments[0].start, {})}{tail}</details>"


def _marked(report: Report, segments: Iterable[Segment], end: int, of_style: Mapping[int, Sequence[Flag]]) -> str:
    """The segments and the text between them, from an offset on."""
    parts = []
    for segment in segments:
        parts.append(escaped(report.text[end : segment.start]))
        if segment.is_insertion:
            parts.append(_mark(segment))
        else:
            parts.append(_kept(segment, of_style.get(segment.start, ())))
        end = segment.end
    return "".join(parts)


def _mark(segment: Segment) -> str:
    shown = f"{label(segment.kind)} {segment.scores['insertion']:.2f}"
    return (
        f'<mark class="nf-{_class(segment.kind)}" title="{escaped(_hover(segment))}"><b>{escaped(shown)}</b>'
        f"{_evidence(segment)}</mark>"
    )


def _kept(segment: Segment, flags: Sequence[Flag]) -> str:
    """A part of the article: its kind shows in its type, and what was flagged of its style is underlined."""
    text = escaped(segment.text)
    hover = f' title="{escaped(_hover(segment, flags))}"' if segment.reasons or flags else ""
    style = f' class="nf-{segment.kind}"' if segment.kind in KINDS and segment.kind != "body" else ""
    if not flags:
        return f"<span{style}{hover}>{text}</span>" if style or hover else text
    shown = ", ".join(f"{label(flag.kind)} {flag.score:.2f}" for flag in flags)
    return f'<span class="nf-style"{hover}><b>{escaped(shown)}</b>{text}</span>'


def _hover(segment: Segment, flags: Sequence[Flag] = ()) -> str:
    """The verdict and its strongest reasons, a line each."""
    verdict = sentence(segment) if segment.reasons else f"{label(segment.kind)} {segment.scores['insertion']:.2f}"
    lines = [*(flag.reason for flag in flags), verdict]
    if segment.is_insertion:
        lines += [sentence_for(reason, segment.text, offset=segment.start) for reason in segment.reasons[:_HOVERED]]
    return "\n".join(lines)


def _evidence(segment: Segment) -> str:
    """An insertion's text with the words that its reasons point at underlined."""
    spans = sorted({span for reason in segment.reasons if (span := _within(reason, segment))})
    parts = []
    end = segment.start
    for low, high in spans:
        if low >= end:
            text = segment.text[low - segment.start : high - segment.start]
            parts += [escaped(segment.text[end - segment.start : low - segment.start]), f"<u>{escaped(text)}</u>"]
            end = high
    parts.append(escaped(segment.text[end - segment.start :]))
    return "".join(parts)


def _within(reason: Reason, segment: Segment) -> tuple[int, int] | None:
    """Its evidence, where that is a part of the segment, and has words in it."""
    start, end = reason.start, reason.end
    if start is None or end is None or not segment.start <= start < end <= segment.end:
        return None
    part = segment.text[start - segment.start : end - segment.start]
    return (start, end) if end - start < segment.end - segment.start and any(map(str.isalnum, part)) else None


# Its table


def _table(report: Report) -> str:
    if not report.segments:
        return ""
    names = ("kind", "insertion", "alone", "other scores", "span", "text", "reasons")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = "".join(_row(report, segment) for segment in report.segments)
    return (
        '<details><summary>Segments and reasons</summary><div class="nf-scroll" tabindex="0" role="group" '
        'aria-label="Segments and reasons">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _row(report: Report, segment: Segment) -> str:
    reasons = "".join(f"<li>{escaped(sentence_for(reason, report.text))}</li>" for reason in segment.reasons)
    kind = escaped(label(segment.kind))
    insertion = segment.scores["insertion"]
    others = [
        f"<div>{bar(value)}{escaped(label(name))} {value:.2f}</div>"
        for name, value in segment.scores.items()
        if name != "insertion"
    ]
    cells = (
        ("", f"<strong>{kind}</strong>" if segment.is_insertion else kind),
        ("", f"{bar(insertion)}{insertion:.3f}"),
        ("", f"{escaped(label(segment.alone.kind))} {segment.alone.insertion:.3f}"),
        ("", "".join(others)),
        ("", f"{segment.start}–{segment.end}"),
        (' class="nf-wide"', f'<span dir="auto">{escaped(segment.text)}</span>'),
        (' class="nf-wide"', f'<ul class="nf-why">{reasons}</ul>' if reasons else ""),
    )
    return f"<tr>{''.join(f'<td{attributes}>{cell}</td>' for attributes, cell in cells)}</tr>"


# Words


def _class(kind: str) -> str:
    # A report may come from data: only known kinds get into an attribute.
    return kind if kind in INSERTION_KINDS else "unknown"


def escaped(text: str) -> str:
    """Text as HTML shows it, whatever it holds."""
    return html.escape(visible(text))


__all__ = ["STYLE", "bar", "escaped", "fragment", "to_html"]
