"""A web page into its visible text, one block a line, and the tree that the blocks stand in.

The walk over the tree is iterative and sees every node once, so that neither
depth nor size of a page matters to it. What a browser does not show (scripts,
styles, templates, comments, elements with ``hidden`` or ``display: none``) is
not text. Style sheets are not read.
"""

from __future__ import annotations

import collections
import dataclasses
import re
from typing import Any, Final

from newsflag.markup.hints import Hints, read_hints
from newsflag.markup.parser import parse

BLOCKS: Final = frozenset(
    "address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html iframe legend li listing main "
    "menu nav ol optgroup option p plaintext pre search section select summary table tbody td textarea tfoot th "
    "thead tr ul xmp".split()
)
"""Elements that browsers start a new line for (HTML standard, rendering, "flow content"), and the cells and controls
that stand apart on a page."""

HIDDEN: Final = frozenset(
    "area audio base canvas datalist embed frame head iframe link map meta noembed noframes noscript object param rp "
    "script source style svg template title track video".split()
)
"""Elements whose content browsers don't show as text, or show only where they can't do better."""

SPACED: Final = frozenset(("listing", "plaintext", "pre", "textarea", "xmp"))
"""Elements whose line breaks are shown."""

LANDMARKS: Final = (
    "article",
    "main",
    "nav",
    "header",
    "footer",
    "aside",
    "figure",
    "form",
    "ul",
    "ol",
    "table",
    "blockquote",
    "section",
    "figcaption",
    "dl",
    "button",
)
"""Elements that mean something for all that stands in them, by their bit in :attr:`Page.within`."""

_BIT: Final = {tag: 1 << number for number, tag in enumerate(LANDMARKS)}
_ROLES: Final = {
    "main": _BIT["main"],
    "article": _BIT["article"],
    "navigation": _BIT["nav"],
    "banner": _BIT["header"],
    "contentinfo": _BIT["footer"],
    "complementary": _BIT["aside"],
    "form": _BIT["form"],
    "search": _BIT["form"],
    "button": _BIT["button"],
}
"""Landmark roles (WAI-ARIA 1.2) that say the same as an element."""

_STRONG: Final = frozenset(("b", "strong"))
_EMPHASISED: Final = frozenset(("em", "i", "cite"))
_INVISIBLE: Final = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|(?:content-)?visibility\s*:\s*(?:hidden|collapse))", re.IGNORECASE
)
"""Not ``backface-visibility``, which hides nothing that faces the reader."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page's text and where in the tree it stands.

    Parameters
    ----------
    text : str
        The visible text, one block a line.
    hints : Hints
        What the page says about its article; may be wrong.
    start : list of int
        Offset of each block in the text.
    owner : list of int
        The element of each block: the innermost block-level one around it.
    linked, strong, emphasised : list of int
        Characters of each block inside links, bold, italics; white space aside.
    solid : list of int
        Characters of each block, white space aside.
    hrefs : list of tuple of str
        Targets of the links in each block, as they stand in the page.
    parent, last : list of int
        For each element: its parent (-1 at the root), and the first element behind its subtree; elements are
        numbered in document order.
    tag, names, ids : list of str
        For each element: its tag, its class and id, and its id if no other element has it, shown or not.
    within, depth : list of int
        For each element: bits of the :data:`LANDMARKS` that it is or stands in; elements around it.
    """

    text: str
    hints: Hints
    start: list[int]
    owner: list[int]
    linked: list[int]
    strong: list[int]
    emphasised: list[int]
    solid: list[int]
    hrefs: list[tuple[str, ...]]
    parent: list[int]
    last: list[int]
    tag: list[str]
    names: list[str]
    ids: list[str]
    within: list[int]
    depth: list[int]

    def __len__(self) -> int:
        return len(self.start)


class _Blocks:
    """Collects text runs into blocks."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.start: list[int] = []
        self.owner: list[int] = []
        self.counts: list[list[int]] = [[], [], [], []]
        self.hrefs: list[tuple[str, ...]] = []
        self.at = 0
        self.runs: list[tuple[str, int, str]] = []

    def close(self, owner: int, *, spaced: bool) -> None:
        """End the block that is being collected; a call for nothing costs more than to see that there is nothing."""
        for runs in _lines(self.runs) if spaced else (self.runs,):
            whole = "".join(run[0] for run in runs)
            line = whole.rstrip() if spaced else " ".join(whole.split())
            if not line:
                continue
            sizes = [0, 0, 0, 0]
            targets = []
            for part, mark, href in runs:
                size = len("".join(part.split()))
                sizes[0] += size
                if mark:
                    for bit in (1, 2, 3):
                        if mark & (1 << bit):
                            sizes[bit] += size
                if href and size:
                    targets.append(href)
            self.lines.append(line)
            self.start.append(self.at)
            self.at += len(line) + 1
            self.owner.append(owner)
            for column, size in zip(self.counts, sizes, strict=True):
                column.append(size)
            self.hrefs.append(tuple(dict.fromkeys(targets)))
        self.runs = []


def _lines(runs: list[tuple[str, int, str]]) -> list[list[tuple[str, int, str]]]:
    """Runs of a block whose line breaks are shown, by line."""
    lines: list[list[tuple[str, int, str]]] = [[]]
    for part, mark, href in runs:
        first, *others = f"{part}.".splitlines()  # the mark shows whether a line break ends it
        lines[-1].append((first, mark, href))
        lines += [[(other, mark, href)] for other in others]
        last = lines[-1].pop()
        lines[-1].append((last[0][:-1], mark, href))
    return lines


def read_page(html: str) -> Page:
    """Read a page.

    Parameters
    ----------
    html : str
        A whole page or a fragment of one; however broken, the parser makes a tree of it as browsers do.

    Raises
    ------
    ImportError
        Without the ``html`` extra.

    Examples
    --------
    >>> page = read_page("<nav><a href='/'>Home</a></nav><p>It <b>rained</b>.<br>All day.")
    >>> page.text
    'Home\\nIt rained.\\nAll day.'
    """
    tree = parse(html)
    hints = read_hints(tree)
    blocks = _Blocks()
    parents: list[int] = []
    last: list[int] = []
    tags: list[str] = []
    names: list[str] = []
    ids: list[str] = []
    within: list[int] = []
    depths: list[int] = []
    root = tree.root
    # An entry of the stack is a node to enter with what it inherits, or the number of an element to leave.
    stack: list[Any] = [] if root is None else [(root, -1, -1, 0, 0, "")]
    while stack:
        entry = stack.pop()
        if entry.__class__ is int:
            last[entry] = len(tags)
            if blocks.runs and tags[entry] in BLOCKS:
                blocks.close(entry, spaced=tags[entry] in SPACED)
            continue
        node, parent, owner, mark, bits, href = entry
        tag = node.tag
        if tag == "-text":
            text = node.text_content
            # Blanks between blocks are nothing; most text nodes are such.
            if text and (blocks.runs or not text.isspace()):
                blocks.runs.append((text, mark, href))
            continue
        if not tag or tag[0] in "-!":
            continue
        attributes = node.attributes
        number = len(tags)
        parents.append(parent)
        depths.append(depths[parent] + 1 if parent >= 0 else 0)
        last.append(number + 1)
        tags.append(tag)
        if attributes:
            id_ = attributes.get("id") or ""
            class_ = attributes.get("class")
            names.append(f"{class_} {id_}" if class_ else id_)
            ids.append(id_)
            style = attributes.get("style")
            if "hidden" in attributes or (style and _INVISIBLE.search(style)):
                within.append(bits)
                continue
            role = attributes.get("role")
            if role:
                bits |= _ROLES.get(role, 0)
        else:
            names.append("")
            ids.append("")
        bits |= _BIT.get(tag, 0)
        within.append(bits)
        if tag in HIDDEN or (tag == "dialog" and "open" not in attributes):
            continue
        if tag in BLOCKS:
            # What stood before it in its parent block is a block of its own.
            if blocks.runs:
                blocks.close(owner, spaced=owner >= 0 and tags[owner] in SPACED)
            if tag == "br":
                continue
            owner = number
        elif tag == "a":
            href = attributes.get("href") or ""
            if href or not attributes.get("name"):
                mark |= 2
        elif tag in _STRONG:
            mark |= 4
        elif tag in _EMPHASISED:
            mark |= 8
        stack.append(number)
        child = node.last_child
        while child is not None:
            stack.append((child, number, owner, mark, bits, href))
            child = child.prev
    # Upper and lower case are the same to selectors in pages without a doctype.
    times = collections.Counter((node.attributes.get("id") or "").lower() for node in tree.css("[id]"))
    ids = [id_ if times[id_.lower()] == 1 else "" for id_ in ids]
    return Page(
        "\n".join(blocks.lines),
        hints,
        blocks.start,
        blocks.owner,
        blocks.counts[1],
        blocks.counts[2],
        blocks.counts[3],
        blocks.counts[0],
        blocks.hrefs,
        parents,
        last,
        tags,
        names,
        ids,
        within,
        depths,
    )


__all__ = ["BLOCKS", "HIDDEN", "LANDMARKS", "Page", "read_page"]
