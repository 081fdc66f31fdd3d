"""What a page says about its own article: titles, a canonical address, the body for search engines.

Publishers fill these in by hand, by template or not at all: they are evidence
beside other evidence, and never taken over as they are.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any, Final

_MOST: Final = 2_000_000  # characters of JSON-LD that are read; more is no article
_TITLES: Final = ("og:title", "twitter:title")
_DESCRIPTIONS: Final = ("og:description", "description", "twitter:description")


@dataclasses.dataclass(frozen=True, slots=True)
class Hints:
    """What a page says about its article; empty where it says nothing.

    Parameters
    ----------
    titles : tuple of str
        Of the window, of link previews, of search engines; each once.
    descriptions : tuple of str
    canonical : str
        The page's address.
    base : str
        What its links are relative to, where that is not its address.
    body : str
        The article's text for search engines (schema.org ``articleBody``).
    """

    titles: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    canonical: str = ""
    base: str = ""
    body: str = ""


def read_hints(tree: Any) -> Hints:
    """Read the hints of a parsed page."""
    titles: list[str] = []
    descriptions: list[str] = []
    bodies: list[str] = []
    canonical = address = ""
    for node in tree.css("meta[content]"):
        found = node.attributes
        name = (found.get("property") or found.get("name") or "").lower()
        content = found.get("content") or ""
        if name in _TITLES:
            titles.append(content)
        elif name in _DESCRIPTIONS:
            descriptions.append(content)
        elif name == "og:url":
            address = content
    for node in tree.css("title:not(svg title)"):
        titles.append(node.text())
        break
    for node in tree.css('link[rel="canonical"][href]'):
        canonical = node.attributes.get("href") or ""
        break
    base = ""
    for node in tree.css("base[href]"):
        base = node.attributes.get("href") or ""
        break
    for node in tree.css('script[type="application/ld+json"]'):
        for item in _items(node.text()):
            titles += _texts(item, "headline")
            descriptions += _texts(item, "description") if "articleBody" in item else []
            bodies += _texts(item, "articleBody")
    return Hints(
        _each_once(titles),
        _each_once(descriptions),
        canonical.strip() or address.strip(),
        base.strip(),
        max(bodies, key=len, default=""),
    )


def _items(text: str) -> Iterator[dict[str, Any]]:
    """All objects in a JSON-LD script, at any depth."""
    if len(text) > _MOST:
        return
    try:
        left: list[Any] = [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        return
    while left:
        item = left.pop()
        if isinstance(item, dict):
            yield item
            left += item.values()
        elif isinstance(item, list):
            left += item


def _texts(item: dict[str, Any], name: str) -> list[str]:
    value = item.get(name)
    return [value] if isinstance(value, str) else []


def _each_once(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(joined for text in texts if (joined := " ".join(text.split()))))


__all__ = ["Hints", "read_hints"]
