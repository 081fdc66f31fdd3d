"""The same page as other users meet it: plain text of well-known extractors, with labels.

A labelled page is a list of lines, one a block. What users hold is the output
of some extractor: lines merged or split, white space changed, bullets added,
parts missing. :func:`align` carries the labels over, so that the model learns
from and is measured on such texts too.

None of the extractors is needed to run newsflag, nor installed with it.
"""

from __future__ import annotations

import argparse
import bisect
import difflib
import gzip
import importlib
import itertools
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from newsflag.training.data import AFTER, BEFORE, read_rows

OUTSIDE: Final = "outside"
"""Label of a line that is certainly not part of the article, but of no known kind."""

COVER: Final = 0.8
"""Share of a line's characters that must come from page lines of one label."""

_MAX_PLACES: Final = 64  # a line that stands in the page more often is placed by its first ones
_MAX_PRODUCT: Final = 1_000_000  # difflib is quadratic: tokens of the view times tokens of the page
_SHORT: Final = 12  # letters and digits; a shorter line must be a whole page line to be found word for word
_CHANCE: Final = 6  # letters and digits; shorter common runs of two differing texts mean nothing


# ---------------------------------------------------------------- extractors


def _imported(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"this view of a page needs {package}: pip install {package}") from error


def _trafilatura(html: str, _url: str) -> str:
    # The URL is not handed over: trafilatura answers None for some of those of saved pages.
    return _imported("trafilatura", "trafilatura").extract(html) or ""


def _readability(html: str, _url: str) -> str:
    document = _imported("readability", "readability-lxml").Document(html)
    return _block_text(document.summary())


def _resiliparse(html: str, _url: str) -> str:
    extract = _imported("resiliparse.extract.html2text", "resiliparse").extract_plain_text
    return str(extract(html, main_content=True))


def _html_text(html: str, _url: str) -> str:
    return str(_imported("html_text", "html-text").extract_text(html))


def _inscriptis(html: str, _url: str) -> str:
    return str(_imported("inscriptis", "inscriptis").get_text(html))


EXTRACTORS: Final[dict[str, Callable[[str, str], str]]] = {
    "trafilatura": _trafilatura,
    "readability": _readability,
    "resiliparse": _resiliparse,
    "html_text": _html_text,
    "inscriptis": _inscriptis,
}
"""HTML and URL to plain text, by name: three that look for the article, two that give the whole page.

Raises
------
ImportError
    When called and the package is missing, with the line that installs it.
"""

_BLOCKS: Final = frozenset(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section summary "
    "table tbody td tfoot th thead tr ul".split()
)
_HIDDEN: Final = frozenset("head noscript script style template".split())


def _block_text(html: str) -> str:
    """Text of an HTML fragment, one block a line."""
    root = _imported("lxml.html", "lxml").fromstring(html or "<p></p>")
    parts: list[str] = []

    def walk(node: Any) -> None:
        tag = node.tag if isinstance(node.tag, str) else None  # comments have none
        if tag is not None and tag not in _HIDDEN:
            block = tag in _BLOCKS
            parts.append("\n" if block else "")
            parts.append(" ".join(_keep_edges(node.text)))
            for child in node:
                walk(child)
            parts.append("\n" if block else "")
        parts.append(" ".join(_keep_edges(node.tail)))

    walk(root)
    lines = ("".join(parts)).split("\n")
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def _keep_edges(text: str | None) -> list[str]:
    # White space inside HTML text counts as one blank, at its edges too.
    if not text:
        return []
    words = text.split()
    return [""] * text[0].isspace() + words + [""] * (bool(words) and text[-1].isspace())


def decode(data: bytes) -> str:
    """HTML bytes as text: UTF-8 if they are, else by what the page says or looks like."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    named = re.search(rb"charset\s*=\s*[\"']?\s*([\w-]+)", data[:4096], re.IGNORECASE)
    name = named[1].decode("ascii", "replace").lower() if named else "utf-8"
    if name in ("iso-8859-1", "latin-1", "ascii"):
        name = "windows-1252"  # what browsers take these for
    try:
        return data.decode(name, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


# ---------------------------------------------------------------- labels of a page


def page_labels(page: Mapping[str, Any]) -> list[str | None]:
    """What is known about each line of a labelled page.

    Parameters
    ----------
    page : mapping
        A row of ``gold.jsonl.gz`` or ``silver.jsonl.gz``.

    Returns
    -------
    list of str or None
        A kind, :data:`OUTSIDE`, or ``None`` where nothing is certain.
    """
    lines = page["lines"]
    window = page.get("window")
    region = page.get("region")
    if window is not None:
        first, last = window
    elif region is not None:
        first, last = region[0] - BEFORE, region[1] + AFTER
    else:
        return [line.get("kind") for line in lines]
    return [_line_label(line, inside=first <= number <= last) for number, line in enumerate(lines)]


def _line_label(line: Mapping[str, Any], *, inside: bool) -> str | None:
    in_gold = line["in_gold"]
    if in_gold == "separator":
        return None
    kind = line.get("kind")
    if kind is not None:
        return str(kind)
    if inside:
        # "no" without a kind: a page that nobody read, where the guess is not worth a label.
        return {"yes": "body", "heading": "heading"}.get(in_gold)
    # Gold text far from the article is a repeat of it, in a teaser or a share link: not certain.
    return OUTSIDE if in_gold == "no" else None


# ---------------------------------------------------------------- alignment


_TOKEN: Final = re.compile(r"(?!\W|_)[\u2e80-\u9fff\uac00-\ud7af]|[^\W_\u2e80-\u9fff\uac00-\ud7af]+")

_NUMBERED: Final = re.compile(r"\s*(?:\d+[.)]|o)\s")


def _tokens(text: str) -> list[str]:
    # Letters and digits alone, case folded: what all extractors leave as it was.
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def text_lines(text: str) -> list[str]:
    r"""Give the non-blank lines of a text, in order; lines end at ``\n``."""
    return [line for line in text.split("\n") if line.strip()]


class _Page:
    """A page's lines end to end, letters and digits alone."""

    def __init__(self, lines: Sequence[str], labels: Sequence[str | None]) -> None:
        self.starts: list[int] = []  # of the lines that have letters or digits
        self.labels: list[str | None] = []
        self.whole: dict[str, list[int]] = defaultdict(list)
        self.tokens: list[str] = []
        squeezed = []
        at = 0
        for line, label in zip(lines, labels, strict=True):
            tokens = _tokens(line)
            if tokens:
                self.tokens += tokens
                squeezed.append("".join(tokens))
                self.starts.append(at)
                self.labels.append(label)
                self.whole[squeezed[-1]].append(at)
                at += len(squeezed[-1])
        self.text = "".join(squeezed)
        self.token_starts = [0, *itertools.accumulate(map(len, self.tokens))]

    def places(self, line: str) -> list[int]:
        """Offsets where a line stands word for word, across line ends too if it is long enough."""
        if not line:
            return []
        if len(line) < _SHORT:
            return self.whole.get(line, [])[:_MAX_PLACES]
        found: list[int] = []
        at = self.text.find(line)
        while at >= 0 and len(found) < _MAX_PLACES:
            found.append(at)
            at = self.text.find(line, at + 1)
        return found

    def shares(self, start: int, end: int) -> Counter[str | None]:
        """How many characters of a stretch each label has."""
        shares: Counter[str | None] = Counter()
        index = bisect.bisect_right(self.starts, start) - 1
        while start < end:
            stop = min(end, self.starts[index + 1]) if index + 1 < len(self.starts) else end
            shares[self.labels[index]] += stop - start
            start = stop
            index += 1
        return shares

    def label(self, start: int, size: int) -> str | None:
        """Label of a view line that stands at an offset."""
        return _winner(self.shares(start, start + size), size)


def align(text: str, lines: Sequence[str], labels: Sequence[str | None]) -> list[str | None]:
    r"""Carry the labels of a page's lines over to a plain-text view of the page.

    Parameters
    ----------
    text : str
        What an extractor made of the page.
    lines : sequence of str
        The page's own lines, in order.
    labels : sequence of str or None
        Their labels, see :func:`page_labels`.

    Returns
    -------
    list of str or None
        One label a non-blank line of the text (see :func:`text_lines`):
        that of the page lines which at least :data:`COVER` of its letters and
        digits come from; ``None`` where there is no such label, where it is
        ``None`` itself, or where the line is not found.

    Notes
    -----
    Only letters and digits are compared. Lines that stand in the page word for
    word are placed first, as the heaviest chain of places in the page's order;
    what lies between two of them is compared token by token; what is left then
    takes the label of the places elsewhere that read the same, if they agree.

    Examples
    --------
    >>> page = ["Fares will rise in May.", "The council voted 9 to 2.", "Sign up for our letter"]
    >>> labels = ["body", "body", "call_to_action"]
    >>> align("Fares will rise in May. The council voted 9 to 2.\n\n* Sign up for our letter", page, labels)
    ['body', 'call_to_action']
    """
    page = _Page(lines, labels)
    view = []
    places = []
    for line in text_lines(text):
        tokens = _tokens(line)
        found = page.places("".join(tokens))
        if not found and _NUMBERED.match(line):  # a list item's "12. " or "o " is in no page line
            found = page.places("".join(tokens[1:]))
            tokens = tokens[1:]
        view.append(tokens)
        places.append(found)
    squeezed = ["".join(tokens) for tokens in view]
    chain = _chain(squeezed, places)
    answer: list[str | None] = [None] * len(view)
    last, end = -1, 0
    for place in range(len(chain) + 1):
        number, start = chain[place] if place < len(chain) else (len(view), len(page.text))
        if number - last > 1:
            answer[last + 1 : number] = _compare(page, view[last + 1 : number], end, start)
        if number < len(view):
            size = len(squeezed[number])
            after = chain[place + 1][1] if place + 1 < len(chain) else len(page.text)
            answer[number] = _settle(page, start, size, places[number], end, after)
            end = start + size
        last = number
    placed = dict(chain)
    for number, line in enumerate(squeezed):
        if answer[number] is None and number not in placed:
            elsewhere = {page.label(start, len(line)) for start in places[number]}
            answer[number] = elsewhere.pop() if len(elsewhere) == 1 else None
    return answer


def _chain(lines: Sequence[str], places: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Line numbers with one place each, in order on both sides, with the most characters in all."""
    # Heaviest increasing chain: `ends` and `weights` rise together, so that the
    # best chain that ends before a place is found by bisection.
    ends, weights = [0], [0]
    nodes: list[Any] = [None]  # nested (line, place, node before)
    for number, (line, starts) in enumerate(zip(lines, places, strict=True)):
        new = []
        for start in starts:
            best = bisect.bisect_right(ends, start) - 1
            new.append((start + len(line), weights[best] + len(line), (number, start, nodes[best])))
        for end, weight, node in new:
            at = bisect.bisect_right(ends, end)
            if weights[at - 1] >= weight:
                continue
            stop = at
            while stop < len(weights) and weights[stop] <= weight:
                stop += 1
            if ends[at - 1] == end:
                at -= 1
            ends[at:stop], weights[at:stop], nodes[at:stop] = [end], [weight], [node]
    chain = []
    node = nodes[-1]
    while node is not None:
        number, start, node = node
        chain.append((number, start))
    return chain[::-1]


def _settle(page: _Page, start: int, size: int, places: Sequence[int], before: int, after: int) -> str | None:
    """Label of a line that may stand in several places between its neighbours."""
    free = [place for place in places if before <= place and place + size <= after]
    if len(free) > 1:
        touching = [place for place in free if place == before or place + size == after]
        found = {page.label(place, size) for place in touching or free}
        return found.pop() if len(found) == 1 else None
    return page.label(start, size)


def _compare(page: _Page, view: Sequence[Sequence[str]], start: int, end: int) -> list[str | None]:
    """Labels of lines that stand nowhere word for word, from the stretch of the page they must come from."""
    first = bisect.bisect_left(page.token_starts, start)
    last = bisect.bisect_right(page.token_starts, end) - 1
    there = page.tokens[first:last]
    here = [token for tokens in view for token in tokens]
    if not here or not there or len(here) * len(there) > _MAX_PRODUCT:
        return [None] * len(view)
    owner = [number for number, tokens in enumerate(view) for _ in tokens]
    shares: list[Counter[str | None]] = [Counter() for _ in view]
    blocks = difflib.SequenceMatcher(None, there, here, autojunk=False).get_matching_blocks()
    for block in blocks:
        tokens = here[block.b : block.b + block.size]
        if sum(map(len, tokens)) < _CHANCE:
            continue
        owners = owner[block.b : block.b + block.size]
        starts = page.token_starts[first + block.a : first + block.a + block.size]
        for number, token, at in zip(owners, tokens, starts, strict=True):
            shares[number] += page.shares(at, at + len(token))
    return [_winner(share, sum(map(len, tokens))) for share, tokens in zip(shares, view, strict=True)]


def _winner(shares: Mapping[str | None, int], size: int) -> str | None:
    return next((label for label, share in shares.items() if share >= COVER * size), None) if size else None


# ---------------------------------------------------------------- against gold


def overlap(text: str, gold: str, *, size: int = 4) -> tuple[float, float]:
    r"""Precision and recall of a text's word 4-grams against those of the gold text.

    As in Zyte's article-extraction-benchmark: words are ``\w+`` with their
    case, 4-grams are counted as often as they occur, a text of fewer words is
    one shingle. A text without words scores 0 in both, unless gold has none
    either: then 1.

    Parameters
    ----------
    text, gold : str
    size : int
        Words a shingle.

    Returns
    -------
    tuple of float
        Precision, recall.

    Examples
    --------
    >>> overlap("one two three four five", "one two three four")
    (0.5, 1.0)
    """
    here, there = _shingles(text, size), _shingles(gold, size)
    if not here and not there:
        return 1.0, 1.0
    if not here or not there:
        return 0.0, 0.0
    common = (here & there).total()
    return common / here.total(), common / there.total()


def gold_f1(text: str, gold: str, *, size: int = 4) -> float:
    """F1 of :func:`overlap`, for one page alone.

    Over several pages the benchmark averages precision and recall first; do
    that with :func:`overlap`, not with the mean of this.
    """
    precision, recall = overlap(text, gold, size=size)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _shingles(text: str, size: int) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    if not words:
        return Counter()
    return Counter(tuple(words[at : at + size]) for at in range(max(1, len(words) - size + 1)))


# ---------------------------------------------------------------- whole corpora


def make_view(page: Mapping[str, Any], html: bytes, extractor: str) -> dict[str, Any]:
    """One page as one extractor gives it, with labels.

    Parameters
    ----------
    page : mapping
        A row of ``gold.jsonl.gz`` or ``silver.jsonl.gz``.
    html : bytes
        Its HTML.
    extractor : str
        A key of :data:`EXTRACTORS`.

    Returns
    -------
    dict
        ``id, domain, language, source, text, labels``. Where the extractor
        fails or finds nothing, ``text`` is empty.

    Raises
    ------
    ImportError
        When the extractor's package is missing.
    """
    try:
        text = EXTRACTORS[extractor](decode(html), page["url"])
    except ImportError:
        raise
    except Exception:  # noqa: BLE001 - parsers fail in their own ways on real pages; such a page is just no example
        text = ""
    labels = align(text, [line["text"] for line in page["lines"]], page_labels(page))
    return {key: page[key] for key in ("id", "domain", "language", "source")} | {"text": text, "labels": labels}


def write_views(data: Path, out: Path, *, n_jobs: int = 1) -> list[Path]:
    """Write the views of all pages of ``data/articles`` to ``out/<extractor>.jsonl.gz``."""
    joblib = _imported("joblib", "joblib")
    rows = [row for name in ("gold", "silver") for row in read_rows(data / "articles" / f"{name}.jsonl.gz")]
    out.mkdir(parents=True, exist_ok=True)
    parts = [rows[at : at + 25] for at in range(0, len(rows), 25)]
    paths = [out / f"{name}.jsonl.gz" for name in EXTRACTORS]
    files = [gzip.GzipFile(path, "wb", mtime=0) for path in paths]  # no time stamp: same data, same bytes
    run = joblib.Parallel(n_jobs=n_jobs, return_as="generator")
    for made in run(joblib.delayed(_make_views)(part, data / "articles") for part in parts):
        for file, views in zip(files, made, strict=True):
            file.writelines(json.dumps(view).encode() + b"\n" for view in views)
    for file in files:
        file.close()
    return paths


def _make_views(pages: Sequence[Mapping[str, Any]], folder: Path) -> list[list[dict[str, Any]]]:
    htmls = [gzip.decompress((folder / page["html"]).read_bytes()) for page in pages]
    return [
        [make_view(page, html, extractor) for page, html in zip(pages, htmls, strict=True)] for extractor in EXTRACTORS
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """``python -m newsflag.training.views --data CORPUS --out FOLDER``."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="corpus folder with articles/ in it")
    parser.add_argument("--out", type=Path, required=True, help="folder to write <extractor>.jsonl.gz to")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    for path in write_views(options.data, options.out, n_jobs=options.jobs):
        print(path)


__all__ = [
    "EXTRACTORS",
    "OUTSIDE",
    "align",
    "decode",
    "gold_f1",
    "make_view",
    "overlap",
    "page_labels",
    "text_lines",
    "write_views",
]

if __name__ == "__main__":
    main()
