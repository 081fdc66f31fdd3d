"""Where links lead: addresses, and which of them belong to one site."""

from __future__ import annotations

import functools
import re
from typing import Final
from urllib.parse import urljoin

SECOND_LEVEL: Final = frozenset("co com org net gov gob gv ac or ne edu nom mil".split())
"""Second-level domains under a country's that many owners share, as far as news sites use them."""

# RFC 3986, appendix B, without what is of no interest here; other schemes than the web's have no host.
_ADDRESS: Final = re.compile(
    r"\s*(?:(?:https?:)?//(?:[^/?#@\s]*@)?(?P<host>[^/?#:\s]*)(?::\d*)?|(?![a-z][a-z0-9+.-]*:))(?P<path>[^?#\s]*)",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=8192)  # menus come again on every page of a site
def address(url: str) -> tuple[str, str]:
    """Host (without ``www.``, lower case) and path of an address; empty where it has none.

    Examples
    --------
    >>> address("https://www.example.org/news/?page=2")
    ('example.org', '/news')
    >>> address("mailto:news@example.org")
    ('', '')
    """
    found = _ADDRESS.match(url)
    if found is None:
        return "", ""
    return (found["host"] or "").lower().removeprefix("www."), found["path"].rstrip("/")


def same_site(host: str, other: str) -> bool:
    """Whether two hosts have one owner; a link without a host stays on its page's site.

    Examples
    --------
    >>> same_site("example.co.uk", "news.example.co.uk"), same_site("example.co.uk", "other.co.uk")
    (True, False)
    """
    return not host or not other or host == other or _registered(host) == _registered(other)


def _registered(host: str) -> list[str]:
    """The labels that an owner registered: those of ``bbc.co.uk`` in ``news.bbc.co.uk``."""
    labels = host.split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVEL
    return labels[-3 if shared else -2 :]


def targets(hrefs: tuple[str, ...], url: str, base: str = "") -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Targets of links, absolute where the page allows it, and whether each leads to the page's own site.

    Parameters
    ----------
    hrefs : tuple of str
    url : str
        The page's address, or nothing.
    base : str
        What its links are relative to, as the page says.
    """
    host = address(url)[0]
    full = tuple(_absolute(href, _absolute(base, url)) for href in hrefs)
    there = [address(href)[0] for href in full]
    # Of a page whose address is unknown, links that name a host are taken for links to other sites.
    return full, tuple(not other or (bool(host) and same_site(host, other)) for other in there)


def _absolute(href: str, base: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:  # no address, whatever it is
        return href


__all__ = ["SECOND_LEVEL", "address", "same_site", "targets"]
