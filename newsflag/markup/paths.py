"""Where an element stands in its page, as a CSS selector."""

from __future__ import annotations

import re
from typing import Final

from newsflag.markup.page import Page

DEEPEST: Final = 100
"""Steps of a path at most; that of an element further down begins where these do, and may match others too."""

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_ODD: Final = re.compile(r"([^A-Za-z0-9_-])")


class Paths:
    """CSS paths of a page's elements.

    A path begins at the nearest element with an id of its own, or at the root,
    and goes down child by child. It holds for the page as parsed by HTML's
    rules, scripts not run.

    Examples
    --------
    >>> from newsflag.markup import read_page
    >>> page = read_page("<div id=story><p>One.</p><p>Two.</p></div>")
    >>> [Paths(page).path(owner) for owner in page.owner]
    ['#story > p:nth-of-type(1)', '#story > p:nth-of-type(2)']
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        rank: list[int] = []
        count: dict[tuple[int, str], int] = {}
        for parent, tag in zip(page.parent, page.tag, strict=True):
            count[parent, tag] = number = count.get((parent, tag), 0) + 1
            rank.append(number)
        self._rank, self._count = rank, count
        self._known: dict[int, str] = {}

    def path(self, element: int) -> str:
        """The path of an element, by its number in the page."""
        if element not in self._known:
            page = self._page
            steps: list[str] = []
            node = element
            while node >= 0 and len(steps) < DEEPEST:
                if _PLAIN.fullmatch(page.ids[node]):
                    steps.append(f"#{page.ids[node]}")
                    break
                step = _ODD.sub(r"\\\1", page.tag[node])
                if self._count[page.parent[node], page.tag[node]] > 1:
                    step += f":nth-of-type({self._rank[node]})"
                steps.append(step)
                node = page.parent[node]
            self._known[element] = " > ".join(reversed(steps))
        return self._known[element]


__all__ = ["DEEPEST", "Paths"]
