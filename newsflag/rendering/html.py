"""A report as a fragment of HTML, for notebooks and pages."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from newsflag.explain import sentence, sentence_for
from newsflag.kinds import INSERTION_KINDS
from newsflag.rendering._around import runs, summary
from newsflag.rendering._visible import visible

if TYPE_CHECKING:
    from newsflag.report import Report, Segment

# Colours are variables, set once for light and once for dark: by the reader's
# system, or by the theme that JupyterLab and VS Code write on the page's body.
# All pairs of text and ground have a contrast of at least 4.5 to 1.
_LIGHT: Final = (
    "--nf-text:#1f2328;--nf-dim:#59636e;--nf-line:#d1d9e0;--nf-ground:#fff;"
    "--nf-teaser:#ffe3e0;--nf-advertisement:#f6e3ff;--nf-call_to_action:#fff1c2;--nf-rest:#dff2f6;"
)
_DARK: Final = (
    "--nf-text:#e6edf3;--nf-dim:#9198a1;--nf-line:#3d444d;--nf-ground:#0d1117;"
    "--nf-teaser:#5c1f1c;--nf-advertisement:#4a2560;--nf-call_to_action:#524000;--nf-rest:#173f49;"
)
_STYLE: Final = (
    f".newsflag{{{_LIGHT}color-scheme:light dark;color:var(--nf-text);background:var(--nf-ground);"
    "padding:.75em 1em;line-height:1.5;overflow-wrap:break-word}"
    f"@media(prefers-color-scheme:dark){{.newsflag{{{_DARK}}}}}"
    f'[data-jp-theme-light="true"] .newsflag,.vscode-light .newsflag{{{_LIGHT}color-scheme:light}}'
    f'[data-jp-theme-light="false"] .newsflag,.vscode-dark .newsflag{{{_DARK}color-scheme:dark}}'
    ".newsflag .nf-facts,.newsflag .nf-why{color:var(--nf-dim)}"
    ".newsflag .nf-text{white-space:pre-wrap;margin:.5em 0}"
    ".newsflag mark{color:inherit;background:var(--nf-rest);border-bottom:1px solid currentColor;"
    "border-radius:3px;padding:.1em .25em}"
    ".newsflag mark.nf-teaser{background:var(--nf-teaser)}"
    ".newsflag mark.nf-advertisement{background:var(--nf-advertisement)}"
    ".newsflag mark.nf-call_to_action{background:var(--nf-call_to_action)}"
    ".newsflag mark b{font-size:.75em;margin-right:.5em;white-space:nowrap;user-select:none}"
    ".newsflag summary{cursor:pointer}"
    ".newsflag table{border-collapse:collapse;color:inherit;font-size:.9em}"
    ".newsflag th,.newsflag td{border:1px solid var(--nf-line);padding:.25em .5em;text-align:left;vertical-align:top;"
    "white-space:nowrap}"
    ".newsflag td:nth-child(n+6){white-space:normal;min-width:16em;max-width:32em}"
    ".newsflag ul{margin:0;padding-left:1.2em}"
)


def to_html(report: Report) -> str:
    """Show an article with its insertions marked, and a table of every segment with its reasons.

    Of a page, what stands around the article (menus, comments, footer) is folded.

    The fragment is complete in itself: one ``<div>`` with its style sheet, no
    scripts, nothing fetched. Whatever the article holds is escaped.

    Examples
    --------
    >>> from newsflag import Report
    >>> to_html(Report("", (), (), "", {}, 0.5, "splitter 1")).startswith('<div class="newsflag">')
    True
    """
    n_flags = len(report.flags)
    found = f"{n_flags} flagged" if n_flags else "nothing flagged"
    segments = f"{len(report.segments)} segment{'' if len(report.segments) == 1 else 's'}"
    shown = ", ".join(f"{_label(name)} {value:.2f}" for name, value in report.scores.items() if name != "insertion")
    scores = f'<div class="nf-facts">{_escaped(report.language)}; {_escaped(shown)}</div>' if report.segments else ""
    return (
        f'<div class="newsflag"><style>{_STYLE}</style>'
        f"<div><strong>{found}</strong> "
        f'<span class="nf-facts">in {segments}; {_escaped(report.model)}, threshold {report.threshold:.2f}</span></div>'
        f"{scores}"
        f'<div class="nf-text" dir="auto">{_article(report)}</div>'
        f"{_table(report)}</div>"
    )


def _article(report: Report) -> str:
    parts = []
    end = 0
    for folded, segments in runs(report):
        if folded:
            parts.append(_escaped(report.text[end : segments[0].start]))
            end = segments[-1].end
            # With the line break behind them: in front of text it would show as a blank line.
            tail = "\n" if report.text.startswith("\n", end) else ""
            parts.append(_folded(report, segments, tail))
            end += len(tail)
        elif segments:
            parts.append(_marked(report, segments, end))
            end = segments[-1].end
    parts.append(_escaped(report.text[end:]))
    return "".join(parts)


def _folded(report: Report, segments: tuple[Segment, ...], tail: str) -> str:
    summed_up = f'<summary class="nf-facts">{_escaped(summary(segments, _label))}</summary>'
    return f"<details>{summed_up}{_marked(report, segments, segments[0].start)}{tail}</details>"


def _marked(report: Report, segments: tuple[Segment, ...], end: int) -> str:
    """The segments and the text between them, from an offset on."""
    parts = []
    for segment in segments:
        parts.append(_escaped(report.text[end : segment.start]))
        text = _escaped(segment.text)
        parts.append(_mark(segment, text) if segment.is_insertion else text)
        end = segment.end
    return "".join(parts)


def _mark(segment: Segment, text: str) -> str:
    label = f"{_label(segment.kind)} {segment.scores['insertion']:.2f}"
    why = sentence(segment) if segment.reasons else label
    return f'<mark class="nf-{_class(segment.kind)}" title="{_escaped(why)}"><b>{_escaped(label)}</b>{text}</mark>'


def _table(report: Report) -> str:
    if not report.segments:
        return ""
    head = "".join(f"<th>{name}</th>" for name in ("kind", "insertion", "alone", "scores", "span", "text", "reasons"))
    rows = "".join(_row(report, segment) for segment in report.segments)
    return (
        "<details><summary>Segments and reasons</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _row(report: Report, segment: Segment) -> str:
    reasons = "".join(f"<li>{_escaped(sentence_for(reason, report.text))}</li>" for reason in segment.reasons)
    kind = _escaped(_label(segment.kind))
    cells = (
        f"<strong>{kind}</strong>" if segment.is_insertion else kind,
        f"{segment.scores['insertion']:.3f}",
        f"{_escaped(_label(segment.alone.kind))} {segment.alone.insertion:.3f}",
        ", ".join(
            f"{_escaped(_label(name))} {value:.2f}" for name, value in segment.scores.items() if name != "insertion"
        ),
        f"{segment.start}–{segment.end}",
        f'<span dir="auto">{_escaped(segment.text)}</span>',
        f'<ul class="nf-why">{reasons}</ul>' if reasons else "",
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _label(kind: str) -> str:
    return kind.replace("_", " ")


def _class(kind: str) -> str:
    # A report may come from data: only known kinds get into an attribute.
    return kind if kind in INSERTION_KINDS else "unknown"


def _escaped(text: str) -> str:
    return html.escape(visible(text))


__all__ = ["to_html"]
