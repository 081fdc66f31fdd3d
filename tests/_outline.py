"""What a piece of HTML is made of, and that its tags are closed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

VOID: Final = ("br", "hr", "img", "meta")


class Outline(HTMLParser):
    """Checks that tags are closed, and gathers them with their text, titles, ids, links and attributes.

    Parameters
    ----------
    html : str
    void : tuple of str
        Elements without an end that may stand in it.
    """

    def __init__(self, html: str, void: tuple[str, ...] = ()) -> None:
        super().__init__(convert_charrefs=True)
        self.void = void
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.texts: dict[str, list[str]] = {}
        self.titles: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.void:
            assert tag not in VOID
            self.open.append(tag)
        self.attributes |= {name for name, _ in attrs}
        for name, value in attrs:
            if not value:
                continue
            if name == "title":
                self.titles.append(value)
            elif name == "id":
                self.ids.append(value)
            elif name in ("href", "src", "aria-labelledby"):
                self.links.append(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)
