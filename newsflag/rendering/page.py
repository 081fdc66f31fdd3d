"""Reports of one or many articles as a web page that is complete in itself."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

import newsflag
from newsflag._words import counted, found
from newsflag.comparison import overview
from newsflag.rendering.html import STYLE, bar, escaped, fragment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from newsflag.report import Report

_STYLE: Final = STYLE + (
    "body{margin:0;font:1rem/1.5 system-ui,sans-serif}"
    "body.newsflag{padding:0}"
    ".nf-page{max-width:76rem;margin:0 auto;padding:1rem}"
    ".nf-skip{position:absolute;left:-100vw}"
    ".nf-skip:focus{left:1rem;top:1rem;background:var(--nf-ground);padding:.5em 1em;border:2px solid currentColor}"
    ".newsflag a{color:inherit}"
    ".newsflag h1{font-size:1.6rem;margin:.3em 0}"
    ".newsflag h2{font-size:1.2rem;margin:1.2em 0 .4em}"
    ".newsflag caption{text-align:left;color:var(--nf-dim);padding:.25em 0}"
    ".newsflag .nf-summary{width:100%;font-size:.82em}"
    ".newsflag .nf-summary th,.newsflag .nf-summary td{white-space:normal}"
    ".newsflag .nf-summary th .nf-facts{font-weight:normal}"
    ".newsflag .nf-summary td.nf-number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
    ".newsflag th button{font:inherit;font-weight:bold;color:inherit;background:none;border:0;padding:0;cursor:pointer;"
    "text-align:left}"
    '.newsflag th[aria-sort="ascending"] button::after{content:" ▲"}'
    '.newsflag th[aria-sort="descending"] button::after{content:" ▼"}'
    ".newsflag :focus-visible{outline:3px solid var(--nf-bar);outline-offset:2px}"
    ".newsflag .nf-article{border:1px solid var(--nf-line);border-radius:6px;margin:.75em 0;padding:.5em 1em}"
    ".newsflag .nf-article>summary h3{display:inline;font-size:1rem;overflow-wrap:anywhere}"
    ".newsflag .nf-tools button{font:inherit;color:inherit;background:none;border:1px solid currentColor;"
    "border-radius:4px;padding:.2em .8em;cursor:pointer}"
    ".newsflag footer{color:var(--nf-dim);margin:2em 0 1em}"
    # On paper everything is open; ::details-content where there is no script that opens it.
    "@media print{.nf-skip,.nf-tools{display:none}details::details-content{content-visibility:visible;display:block;"
    "block-size:auto}.newsflag .nf-article{border:0;padding:0;break-before:auto}tr,li{break-inside:avoid}}"
)

# Sorts the table, opens and closes the articles, and opens an article that is linked to. Without it all is readable.
_SCRIPT: Final = """
"use strict";
const table = document.querySelector(".nf-summary");
const articles = [...document.querySelectorAll(".nf-article")];
const value = (row, column) => {
  const cell = row.cells[column];
  return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent;
};
const sort = (head, column) => {
  const number = "number" in head.dataset;
  const now = head.getAttribute("aria-sort");
  // Numbers begin with the largest, names with the first letter.
  const falling = now === "none" ? number : now === "ascending";
  for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", falling ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows];
  rows.sort((one, two) => {
    const a = value(one, column), b = value(two, column);
    return (falling ? -1 : 1) * (number ? a - b : a.localeCompare(b));
  });
  table.tBodies[0].append(...rows);
};
[...table.tHead.rows[0].cells].forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  head.setAttribute("aria-sort", "none");
  button.addEventListener("click", () => sort(head, column));
});
const tools = document.querySelector(".nf-tools");
if (tools) {
  tools.hidden = false;
  const [open, close] = tools.querySelectorAll("button");
  open.addEventListener("click", () => articles.forEach((each) => { each.open = true; }));
  close.addEventListener("click", () => articles.forEach((each) => { each.open = false; }));
}
const show = () => {
  const article = articles.find((each) => "#" + each.id === location.hash);
  if (article) { article.open = true; article.scrollIntoView(); article.querySelector("summary").focus(); }
};
addEventListener("hashchange", show);
show();
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach((each) => { each.open = true; });
});
addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));
"""

# Header, whether it is a number, key of the overview.
_COLUMNS: Final = (
    ("article", False, ""),
    ("flags", True, "flags"),
    ("insertions", True, "inserted"),
    ("promos", True, "promos"),
    ("clickbait", True, "clickbait"),
    ("sensational", True, "sensational"),
    ("persuasion", True, "persuasion"),
    ("off topic", True, "off_topic"),
    ("unreliable style", True, "misinformation"),
    ("characters", True, "characters"),
    ("language", False, "language"),
)
_COUNTS: Final = ("flags", "characters")


def to_page(reports: Iterable[tuple[Report, str]], *, title: str = "newsflag report") -> str:
    """Make one HTML page of one or many reports: a table to compare them, and every article, folded.

    The page is complete in itself: nothing is fetched, and its content security policy lets no other script run than
    the one that sorts its table. It reads, and prints, without that too. Whatever an article holds is escaped.

    Parameters
    ----------
    reports : iterable of pairs (Report, str)
        Reports and what each article is called, for instance its file.
    title : str
        Of the page.

    Examples
    --------
    >>> import newsflag
    >>> page = to_page([(newsflag.flag("The council met on Monday."), "council.txt")])
    >>> page.startswith("<!doctype html>") and "council.txt" in page
    True
    """
    rows, articles = [], []
    n_flags = 0
    pairs = list(reports)
    for number, (report, name) in enumerate(pairs, 1):
        n_flags += len(report.flags)
        rows.append(_row(report, name, number))
        articles.append(_article(report, name, number, unfolded=len(pairs) == 1))
    head = "".join(f'<th scope="col"{" data-number" if number else ""}>{name}</th>' for name, number, _ in _COLUMNS)
    models = ", ".join(dict.fromkeys(report.model for report, _ in pairs))
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    buttons = " ".join(f'<button type="button">{name}</button>' for name in ("Open all", "Close all"))
    tools = f'<p class="nf-tools" hidden>{buttons}</p>'
    flagged = counted(n_flags, "flag") if n_flags else "nothing flagged"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="newsflag {newsflag.__version__}">\n'
        f"<title>{escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        '<body class="newsflag">\n<a class="nf-skip" href="#articles">Skip to the articles</a>\n<div class="nf-page">\n'
        f"<header><h1>{escaped(title)}</h1>\n"
        f"<p>{counted(len(pairs), 'article')}, {flagged}. A flag is something set into an article that is no part of "
        "it, or wording that reached a threshold; it says nothing of whether the article is true.</p></header>\n"
        '<main>\n<section aria-labelledby="summary"><h2 id="summary">Summary</h2>\n'
        '<div class="nf-scroll" tabindex="0" role="region" aria-label="Table of articles">'
        '<table class="nf-summary"><caption>Insertions and promos are shares of the characters, the other scores '
        f"go from 0 to 1.</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody></table></div>"
        "</section>\n"
        f'<section id="articles" tabindex="-1" aria-labelledby="each"><h2 id="each">Articles</h2>\n'
        f"{tools if len(pairs) > 1 else ''}\n{''.join(articles)}</section>\n</main>\n"
        f"<footer>Made with newsflag {newsflag.__version__}; {escaped(models)}</footer>\n</div>\n"
        f"<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _row(report: Report, name: str, number: int) -> str:
    values = overview(report)
    values["inserted"] = 1 - values["kept"] if report.segments else 0.0
    cells = [f'<th scope="row"><a href="#article-{number}" dir="auto">{escaped(name)}</a>{_titled(values, name)}</th>']
    cells += [_cell(values[key], is_number=is_number, is_count=key in _COUNTS) for _, is_number, key in _COLUMNS[1:]]
    return f"<tr>{''.join(cells)}</tr>\n"


def _titled(values: dict[str, Any], name: str) -> str:
    title = values["title"]
    return f'<div class="nf-facts" dir="auto">{escaped(title)}</div>' if title and title != name else ""


def _cell(value: Any, *, is_number: bool, is_count: bool) -> str:
    if not is_number:
        return f"<td>{escaped(str(value))}</td>"
    if value is None:
        return '<td class="nf-number" data-value="-1">–</td>'
    shown = f"{value:,}" if is_count else f"{bar(value)}{value:.2f}"
    return f'<td class="nf-number" data-value="{value:.6g}">{shown}</td>'


def _article(report: Report, name: str, number: int, *, unfolded: bool) -> str:
    return (
        f'<details class="nf-article" id="article-{number}"{" open" if unfolded else ""}>'
        f'<summary><h3 dir="auto">{escaped(name)}</h3> <span class="nf-facts">{found(report)}</span></summary>'
        f"<article>{fragment(report)}</article></details>\n"
    )


__all__ = ["to_page"]
