"""Articles made of real ones: teasers set into clean bodies, and articles flattened to one line.

Hosts and donors of one made article always come from the same fold, so that
whoever splits by fold never trains on a text that measures.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Sequence
from typing import Final

import numpy as np

from newsflag.kinds import KEPT_KINDS, KINDS
from newsflag.training.data import Article

BODY: Final = KINDS.index("body")
HEADING: Final = KINDS.index("heading")
TEASER: Final = KINDS.index("teaser")
INTERFACE: Final = KINDS.index("interface")
_KEPT: Final = frozenset(KINDS.index(kind) for kind in KEPT_KINDS)

FORMS: Final = ("plain", "bullet", "separator", "header", "lead_in")
"""How a made article's teasers are set: nothing around them, a bullet before each, a separator
line before each, a header line above them, a lead-in before each."""

_BULLETS: Final = ("- ", "• ", "* ", "– ", "» ", "> ", "▪ ", "→ ", "+ ", "· ")
_SEPARATORS: Final = ("-", "•", "***", "___", "*", "—", "---", "·")

# Short stock phrases of the trade, by language; what precedes a teaser or stands above a list of them.
_LEAD_INS: Final = {
    "en": ("READ MORE:", "Read more:", "Related:", "RELATED:", "SEE ALSO:", "See also:", "MORE:", "Also read:", "Read also:", "READ ALSO:", "Don't miss:", "Watch:", "WATCH:", "Recommended:", "Now read:", "Further reading:", "More:", "READ NEXT:", "Trending:", "You might like:"),
    "de": ("Lesen Sie auch:", "Mehr zum Thema:", "Auch interessant:", "Lesetipp:", "Lesen Sie mehr:", "Weiterlesen:", "Passend dazu:", "Siehe auch:", "Mehr dazu:", "Interaktiv:", "Video:", "Anzeige:", "LESEN SIE AUCH:", "Das könnte Sie auch interessieren:"),
    "es": ("Lea también:", "Lee también:", "LEER MÁS:", "Te puede interesar:", "Vea también:", "Además:", "Relacionado:", "MÁS INFORMACIÓN:"),
    "fr": ("Lire aussi :", "À lire aussi :", "LIRE AUSSI :", "Voir aussi :", "À voir aussi :", "Notre dossier :", "Pour aller plus loin :"),
    "pt": ("Leia também:", "LEIA TAMBÉM:", "Saiba mais:", "Veja também:", "LEIA MAIS:"),
    "it": ("Leggi anche:", "LEGGI ANCHE:", "Guarda anche:", "Per approfondire:"),
    "pl": ("Czytaj także:", "Zobacz też:", "CZYTAJ TAKŻE:", "Polecamy:", "Przeczytaj:"),
    "nl": ("Lees ook:", "LEES OOK:", "Bekijk ook:"),
    "tr": ("İlgili haber:", "Ayrıca okuyun:"),
    "cs": ("Čtěte také:", "Přečtěte si:"),
    "ru": ("Читайте также:", "Смотрите также:"),
    "ja": ("関連記事:", "【関連】", "あわせて読みたい:"),
    "zh": ("相关阅读：", "延伸阅读："),
    "ar": ("اقرأ أيضا:", "شاهد أيضا:"),
}  # fmt: skip
_HEADERS: Final = {
    "en": ("Related articles", "Read more", "More from this section", "Related stories", "Recommended", "Most read", "You may also like", "Don't miss", "Related", "MORE ON THIS STORY", "Top stories", "Trending", "Editor's picks", "Related Topics", "Read next", "What to read next", "Popular now"),
    "de": ("Mehr zum Thema", "Lesen Sie auch", "Das könnte Sie auch interessieren", "Meistgelesen", "Auch interessant", "Weitere Artikel", "Empfehlungen der Redaktion", "Mehr zum Thema:", "Passend zum Thema", "Weitere Nachrichten"),
    "es": ("Lee también", "Te puede interesar", "Más noticias", "Noticias relacionadas", "Lo más leído"),
    "fr": ("À lire aussi", "Sur le même sujet", "Les plus lus", "Articles liés"),
    "pt": ("Leia também", "Veja também", "Mais lidas", "Notícias relacionadas"),
    "it": ("Leggi anche", "Articoli correlati", "I più letti"),
    "pl": ("Czytaj także", "Polecane", "Zobacz także"),
    "nl": ("Lees ook", "Meest gelezen", "Gerelateerd"),
    "ru": ("Читайте также", "По теме"),
    "ja": ("関連記事", "おすすめ記事", "アクセスランキング"),
    "zh": ("相关新闻", "热门文章"),
    "ar": ("اقرأ أيضا", "مواضيع ذات صلة"),
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Donor:
    """A line that can be set into another article."""

    text: str
    language: str
    publisher: str
    label: int


def kept_only(article: Article) -> Article | None:
    """The article without its insertions; None if that leaves less than three paragraphs."""
    keep = [number for number, label in enumerate(article.labels) if label in (BODY, HEADING)]
    if sum(article.labels[number] == BODY for number in keep) < 3:
        return None
    return dataclasses.replace(
        article,
        source=article.source + "+clean",
        lines=tuple(article.lines[number] for number in keep),
        labels=tuple(article.labels[number] for number in keep),
        glue=tuple("" if not rank else article.glue[1] if len(article.glue) > 1 else "\n" for rank in range(len(keep))),
    )


def set_in(host: Article, donors: Sequence[Donor], rng: np.random.Generator, form: str | None = None) -> Article:
    """Set teasers into a clean article.

    Parameters
    ----------
    host : Article
    donors : sequence of Donor
        Lines to draw from; the host's own language is preferred.
    rng : numpy Generator
    form : str, optional
        One of :data:`FORMS`; drawn anew for every place if not given.
    """
    lines: list[tuple[str, int]] = []
    size = len(host.lines)
    n_places = int(rng.integers(1, 1 + min(4, max(1, size // 4))))
    places = set((rng.choice(max(size - 1, 1), size=min(n_places, max(size - 1, 1)), replace=False) + 1).tolist())
    if rng.random() < 0.3:
        places.add(size)
    own = [
        number
        for number, donor in enumerate(donors)
        if donor.language == host.language and donor.publisher != host.publisher
    ]
    other = [number for number, donor in enumerate(donors) if donor.publisher != host.publisher]
    whole_form = form or (str(rng.choice(FORMS)) if rng.random() < 0.7 else None)
    for number in range(size + 1):
        if number in places:
            pool = own if len(own) > 20 and rng.random() < 0.9 else other
            count = int(rng.choice([1, 1, 1, 2, 3, 4, 5]))
            drawn = [donors[pool[k]] for k in rng.integers(0, len(pool), count)]
            lines.extend(_dress(drawn, whole_form or str(rng.choice(FORMS)), host.language, rng))
        if number < size:
            lines.append((host.lines[number], host.labels[number]))
    breaks = "\n\n" if rng.random() < 0.5 else "\n"
    return dataclasses.replace(
        host,
        source=host.source.removesuffix("+clean") + "+teasers",
        lines=tuple(line for line, _ in lines),
        labels=tuple(label for _, label in lines),
        glue=tuple("" if not rank else breaks for rank in range(len(lines))),
    )


def _dress(drawn: list[Donor], form: str, language: str, rng: np.random.Generator) -> list[tuple[str, int]]:
    lead_ins = _LEAD_INS.get(language, _LEAD_INS["en"])
    headers = _HEADERS.get(language, _HEADERS["en"])
    pairs = [(donor.text, donor.label) for donor in drawn]
    if form == "bullet":
        bullet = str(rng.choice(_BULLETS))
        return [(bullet + text, label) for text, label in pairs]
    if form == "separator":
        mark = str(rng.choice(_SEPARATORS))
        return [line for pair in pairs for line in ((mark, INTERFACE), pair)]
    if form == "header":
        return [(str(rng.choice(headers)), TEASER), *pairs]
    if form == "lead_in":
        lead_in = str(rng.choice(lead_ins))
        return [(f"{lead_in} {text}", TEASER) for text, _ in pairs]
    return pairs


def flatten(article: Article) -> Article:
    """The same article with every line break lost."""
    return dataclasses.replace(
        article,
        source=article.source + "+flat",
        glue=tuple("" if not number else " " for number in range(len(article.lines))),
    )


def broken(article: Article, rng: np.random.Generator) -> Article:
    """The same article in short lines: wrapped at a width, or a clause a line as in blogs and verse.

    Wrapping breaks every line; clauses are made of the body alone, and lose
    most of their marks.
    """
    cjk = article.language in ("ja", "zh", "th")
    wrap = rng.random() < (0.3 if cjk else 0.6)
    width = int(rng.integers(16, 32) if cjk else rng.integers(45, 90))
    lines: list[tuple[str, int]] = []
    for line, label in zip(article.lines, article.labels, strict=True):
        if wrap:
            parts = textwrap.wrap(line, width, break_on_hyphens=False)
        elif label == BODY:
            parts = [part.strip() for part in _CLAUSE.split(line)]
            if rng.random() < 0.7:
                parts = [part.rstrip(_MARKS) for part in parts]
        else:
            parts = [line]
        lines.extend((part, label) for part in parts if part)
    lines = lines[:_MOST_BROKEN]
    return dataclasses.replace(
        article,
        source=article.source + "+broken",
        lines=tuple(line for line, _ in lines),
        labels=tuple(label for _, label in lines),
        glue=tuple("" if not number else "\n" for number in range(len(lines))),
    )


_MARKS: Final = ",;:.，、；：。"
_CLAUSE: Final = re.compile(rf"(?<=[{_MARKS}!?！？])\s+|(?<=[，、；：。！？])")
_MOST_BROKEN: Final = 150


__all__ = ["FORMS", "Donor", "broken", "flatten", "kept_only", "set_in"]
