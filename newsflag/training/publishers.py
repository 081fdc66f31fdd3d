"""Publishers by one key, however a data set spells them.

Articles of one publisher share phrases ("Read more", "Sign up for …") that a
model would otherwise know from training when it is measured. Splitting by key
rather than by spelling keeps each publisher on one side. Where in doubt two
publishers are taken for one: that costs nothing but a slightly coarser split.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from newsflag.markup.links import SECOND_LEVEL

# Top-level domains of more than two letters, as far as news sites use them; any two letters count as a country.
_TOP: Final = frozenset(
    "com org net info news blog dev tech media world space online site app edu gov int biz name press today live "
    "global cloud io tv".split()
)

_HOSTS: Final = {
    "abcnews.go.com": "abcnews",
    "jamaica.gleaner.com": "jamaicagleaner",
    "go.com": "abcnews",
}

# Left: what remains of a name or domain after tidying. Columnists stand for
# the outlet that their columns were read in.
_ALIASES: Final = {
    "abc": "abcnews",
    "ap": "apnews",
    "apfactcheck": "apnews",
    "associatedpress": "apnews",
    "buzzfeednews": "buzzfeed",
    "christiansciencemonitor": "csmonitor",
    "cnnpolitics": "cnn",
    "detroitnews": "detnews",
    "dhzonline": "deutschehandwerkszeitung",
    "fox": "foxnews",
    "huffingtonpost": "huffpost",
    "independentjournalreview": "ijr",
    "kyffhaeusernachrichten": "nnzonline",
    "msnbc": "nbcnews",
    "nbc": "nbcnews",
    "newyorkmagazine": "nymag",
    "newyorktimes": "nytimes",
    "nyt": "nytimes",
    "pbsnewshour": "pbs",
    "pewresearchcenter": "pewresearch",
    "wallstreetjournal": "wsj",
    "washingtonfreebeacon": "freebeacon",
    "yahoonews": "yahoo",
    "yahoothe360": "yahoo",
    "zdfheute": "zdf",
    "iwrpressedienst": "iwr",
    # columnists
    "bretstephens": "nytimes",
    "carolcostello": "cnn",
    "davidbrooks": "nytimes",
    "davidleonhardt": "nytimes",
    "frankbruni": "nytimes",
    "gailcollins": "nytimes",
    "georgewill": "nationalreview",
    "guestwriterright": "nationalreview",
    "howardkurtz": "cnn",
    "johnboehner": "cnn",
    "johnfund": "nationalreview",
    "jonterbush": "week",
    "juanwilliams": "foxnews",
    "julianzelizer": "cnn",
    "michaelbarone": "townhall",
    "mittromney": "cnn",
    "nicholaskristof": "nytimes",
    "patbuchanan": "townhall",
    "paulryan": "usatoday",
    "williambennett": "cnn",
    "allysiafinley": "cnn",  # filed under a columnist's name, but with CNN's page furniture
}

_DOMAIN: Final = re.compile(
    r"(?:[a-z]+://)?(?:[^\s/@]*@)?((?:[\w-]+\.)+[\w-]*\w)\.?(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE
)
_NOTE: Final = re.compile(r"\s*\([^)]*\)\s*$")
_SECTION: Final = re.compile(
    r"(?:\s+[-–|]\s+(?:news|editorial|opinion|opinion/editorial)|\s+(?:editorial|online news|online))\s*$",
    re.IGNORECASE,
)


def publisher_key(name: str) -> str:
    """Key of a publisher.

    Parameters
    ----------
    name : str
        A domain, a URL or the name of a site.

    Returns
    -------
    str
        Lower-case letters and digits; empty for an empty name.

    Examples
    --------
    >>> [publisher_key(name) for name in ("edition.cnn.com", "CNN (Web News)", "CNN - Editorial")]
    ['cnn', 'cnn', 'cnn']
    >>> publisher_key("New York Times - News") == publisher_key("https://www.nytimes.com/2020/01/01/x.html")
    True
    """
    name = name.strip()
    domain = _DOMAIN.fullmatch(name)
    if domain:
        host = domain[1].lower().removeprefix("www.")
        if host in _HOSTS:
            return _HOSTS[host]
        key = _squeeze(_registered(host))
    else:
        tidy = _SECTION.sub("", _NOTE.sub("", name))
        key = _squeeze(tidy)
    # "The Atlantic" and theatlantic.com; a rest of three letters would say too little
    if key.startswith("the") and len(key) >= 7:
        key = key[3:]
    return _ALIASES.get(key, key)


def _registered(host: str) -> str:
    """The label that its owner registered: ``bbc`` of ``news.bbc.co.uk``."""
    labels = host.split(".")
    while len(labels) > 1 and not _is_top(labels[-1]):
        labels.pop()  # parts of a path that were glued to the domain
    if len(labels) > 1:
        country = len(labels[-1]) == 2
        labels.pop()
        if country and len(labels) > 1 and labels[-1] in SECOND_LEVEL:
            labels.pop()
    return labels[-1]


def _is_top(label: str) -> bool:
    return label in _TOP or (len(label) == 2 and label.isalpha())


def _squeeze(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).casefold()))


__all__ = ["publisher_key"]
