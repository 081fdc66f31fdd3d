"""Lead-ins inside a paragraph: ``READ MORE:`` with its headline, ``Advertisement`` and their like.

A lead-in counts only where it can't be part of the running text: at the
beginning of a line, after an end mark, in capitals, or, if the phrase is
unmistakable, capitalised and closed by a colon. So "you can read more about
this" is left alone. Most lines hold none: the search looks for colons and a
few fixed words first and costs next to nothing where there are none.
"""

from __future__ import annotations

import re
from typing import Final

from newsflag._text import NEWLINES
from newsflag.segmentation._boundaries import CLOSERS, OPENERS

# Phrases closed by a colon. Most were seen before teasers and calls to action
# of training pages; their translations complete the list.
_CLEAR: Final = (
    # English
    "read more", "read also", "also read", "read next", "read on", "read the full story", "read the full article",
    "read full story", "more to read", "more on this story", "more on this", "more on this topic", "see also",
    "see more",
    "watch also", "watch more", "watch now", "watch the video", "watch video", "watch below", "watch live",
    "listen now", "listen to the podcast", "related article", "related articles", "related story", "related stories",
    "related coverage", "related content", "related news", "related links", "related video", "related posts",
    "related post", "you may also like", "you might also like", "you may also be interested in",
    "recommended for you", "recommended reading", "recommended stories", "editor's picks", "editors' picks",
    "editor’s picks", "editors’ picks", "don't miss", "don’t miss", "must read", "must watch", "further reading",
    "more from", "more news", "more stories", "most read", "trending now", "up next", "check out", "learn more",
    "find out more", "click here", "continue reading", "full story", "full coverage", "sign up here", "sign up",
    "subscribe now", "subscribe here", "just watched", "photo gallery", "photos gallery", "in pictures",
    "live updates",
    "follow live", "read here", "read it here", "also see", "also watch", "also on",
    # German
    "lesen sie auch", "lesen sie mehr", "lesen sie hier", "lesen sie dazu", "lesen sie dazu auch", "lesen sie weiter",
    "lesen sie außerdem", "lesen sie ausserdem", "lest auch", "lies auch", "lest hier", "lies hier", "lies mehr",
    "mehr lesen", "mehr dazu", "mehr zum thema", "mehr zu diesem thema", "mehr zum hintergrund", "mehr erfahren",
    "mehr informationen", "weiterlesen", "auch interessant", "auch lesenswert", "lesenswert", "lesetipp",
    "das könnte sie auch interessieren", "das könnte sie interessieren", "das könnte dich auch interessieren",
    "das könnte dich interessieren", "passend dazu", "passend zum thema", "zum thema", "siehe auch", "sehen sie auch",
    "sehen sie hier", "sehen sie im video", "im video", "hören sie auch", "hintergrund dazu", "verwandte artikel",
    "verwandte themen", "ähnliche artikel", "ähnliche beiträge", "weitere artikel", "weitere beiträge",
    "weitere informationen", "weitere nachrichten", "unser lesetipp", "unsere empfehlung", "empfehlung der redaktion",
    "jetzt anmelden", "hier anmelden", "jetzt lesen", "hier lesen", "video zum thema", "meistgelesen", "lesetipps",
    "mehr nachrichten", "mehr aus", "alle infos", "alle entwicklungen im liveticker",
    # French
    "lire aussi", "à lire aussi", "a lire aussi", "lire également", "à lire également", "lire la suite", "à lire",
    "voir aussi", "à voir aussi", "voir également", "à découvrir", "à découvrir aussi", "à écouter",
    "sur le même sujet",
    "pour aller plus loin", "en savoir plus", "lisez aussi", "relire", "notre dossier", "retrouvez aussi",
    # Spanish, Catalan, Galician
    "lee también", "lea también", "leer también", "le puede interesar", "te puede interesar", "puede interesarle",
    "también te puede interesar", "también lea", "también lee", "lee más", "lea más", "leer más", "lee además",
    "vea también", "ver también", "mira también", "ver más", "más información", "más sobre esto", "puedes ver",
    "puedes leer", "noticias relacionadas", "notas relacionadas", "noticia relacionada", "nota relacionada",
    "artículo relacionado", "artículos relacionados", "relacionado", "relacionada", "relacionadas", "no te pierdas",
    "sigue leyendo", "contenido relacionado", "recomendamos", "te recomendamos", "le recomendamos", "llegeix també",
    # Portuguese
    "leia também", "leia mais", "leia ainda", "veja também", "veja mais", "saiba mais", "confira também",
    "confira", "ler mais", "leia a seguir", "notícias relacionadas", "relacionadas", "ouça também", "assista também",
    # Italian
    "leggi anche", "leggi di più", "leggi pure", "leggi l'articolo", "leggi l’articolo", "guarda anche", "vedi anche",
    "ti potrebbe interessare", "potrebbe interessarti", "potrebbe interessarti anche", "approfondisci",
    "per approfondire",
    # Dutch, Nordic
    "lees ook", "lees meer", "lees verder", "bekijk ook", "zie ook", "les også", "les mer", "se også", "læs også",
    "læs mere", "läs också", "läs även", "läs mer", "se även", "lue myös", "lue lisää", "katso myös", "lesa einnig",
    # Polish, Czech, Slovak, Slovene, Croatian, Hungarian, Romanian, Baltic
    "czytaj także", "czytaj też", "czytaj również", "czytaj więcej", "czytaj dalej", "zobacz także", "zobacz też",
    "zobacz również", "zobacz więcej", "przeczytaj także", "przeczytaj też", "przeczytaj również", "polecamy",
    "čtěte také", "čtěte též", "čtěte více", "přečtěte si také", "mohlo by vás zajímat", "čítajte aj", "čítajte tiež",
    "preberite še", "preberite tudi", "pročitajte i", "pročitajte još", "pročitajte više", "olvasta már",
    "ez is érdekelheti", "kapcsolódó cikk", "citește și", "citeşte şi", "citiți și", "vezi și", "skaitykite taip pat",
    "taip pat skaitykite", "lasi arī", "loe ka", "lue myös",
    # Russian, Ukrainian, Bulgarian, Greek
    "читайте также", "читайте ещё", "читайте еще", "читать также", "смотрите также", "подробнее", "по теме",
    "материалы по теме", "читайте також", "читайте більше", "дивіться також", "прочетете още", "вижте още",
    "διαβάστε επίσης", "διαβάστε ακόμη", "δείτε επίσης", "διαβάστε περισσότερα",
    # Turkish, Indonesian, Vietnamese, Swahili, Hindi, Arabic, Chinese, Japanese, Korean
    "ayrıca okuyun", "devamını oku", "ilgili haber", "ilginizi çekebilir", "bunlar da ilginizi çekebilir",
    "baca juga",
    "simak juga", "lihat juga", "xem thêm", "đọc thêm", "soma pia", "यह भी पढ़ें", "ये भी पढ़ें",
    "इसे भी पढ़ें", "اقرأ أيضا", "اقرأ أيضًا",
    "اقرأ أيضاً", "شاهد أيضا", "延伸阅读", "延伸閱讀", "相关阅读", "相關新聞", "更多新闻", "関連記事",
    "あわせて読みたい", "관련기사",
)  # fmt: skip
# Words that running text uses too: these need a boundary before them, or capitals.
_VAGUE: Final = (
    "related", "more", "watch", "read", "listen", "video", "videos", "photos", "gallery", "podcast", "recommended",
    "trending", "popular", "exclusive", "explainer", "next", "previous", "opinion", "subscribe", "advertisement",
    "sponsored", "tipp", "mehr", "anzeige", "werbung", "hintergrund", "fotos", "bilder", "bildergalerie",
    "fotostrecke",
    "lea", "lee", "mira", "mire", "vea", "galería", "publicidad", "leia", "veja", "publicidade", "leggi",
    "guarda", "pubblicità",
    "publicité", "vidéo", "en images", "reklama", "zobacz", "czytaj", "advertentie", "annons",
)  # fmt: skip
# Labels that need no colon, standing between two sentences. The first word must be in _WORDS.
_LABELS: Final = (
    "ADVERTISEMENT", "Advertisement", "Advertisements", "Article continues below", "Story continues below",
    "Article continues after this ad", "Story continues below advertisement", "Story continues after advertisement",
    "Story Continues Below", "Article Continues Below", "JUST WATCHED", "MUST WATCH", "MUST READ", "READ MORE",
    "Read More",
    "READ ALSO", "ALSO READ", "SEE ALSO", "RELATED ARTICLES", "RELATED STORIES", "CONTINUE READING",
    "Continue Reading",
    "Continue reading", "LEARN MORE", "Learn More", "Learn more", "WATCH NOW", "WATCH MORE", "Anzeige",
    "ANZEIGE", "Werbung",
    "WERBUNG", "LESEN SIE AUCH", "Lesen Sie auch", "MEHR ZUM THEMA", "Mehr zum Thema", "Mehr lesen", "Mehr erfahren",
    "Publicidad", "PUBLICIDAD", "Publicité", "PUBLICITÉ", "PUBLICIDADE", "Publicidade", "Pubblicità", "PUBBLICITÀ",
    "CONTINUA DEPOIS DA PUBLICIDADE", "Reklama", "REKLAMA", "LEGGI ANCHE", "LEIA TAMBÉM", "LEE TAMBIÉN", "LIRE AUSSI",
    "CZYTAJ TAKŻE", "Реклама", "РЕКЛАМА",
)  # fmt: skip

_E: Final = r".!?…。！？؟۔।"
_CLOSE: Final = re.escape(CLOSERS)
_OPEN: Final = re.escape(OPENERS)


_PHRASES: Final = {**dict.fromkeys(_VAGUE, False), **dict.fromkeys(_CLEAR, True)}
"""Phrases before a colon, and whether they are unmistakable."""
_MOST_WORDS: Final = max(len(phrase.split()) for phrase in _PHRASES)
_LAST_WORDS: Final = frozenset(phrase.split()[-1] for phrase in _PHRASES)
_LONGEST: Final = max(len(phrase) for phrase in _PHRASES) + 2
_COLON: Final = re.compile("[:：]")
_WORD: Final = re.compile(r"[^\s(\[“„«»\"|>•*_.!?…。！？]+")
# The first words of labels: a pattern that only holds fixed words is searched quickly.
_LONGEST_FIRST: Final = sorted(_LABELS, key=lambda label: (-len(label), label))
_FIRST: Final = re.compile("|".join(dict.fromkeys(re.escape(label.split()[0]) for label in _LONGEST_FIRST)))
_LABEL: Final = re.compile("(?:" + "|".join(map(re.escape, _LONGEST_FIRST)) + r")(?!\w)")
# What may stand between an end mark and the lead-in: closing quotes, bullets, brackets.
_BOUNDARY: Final = re.compile(rf"(?:^|[\n\r]|[{_E}][{_CLOSE}]*\s+|[。！？」』）])[\s{_OPEN}>•●▪►▶➤→|*_\-–—:]*\Z")
_LEAD_MARKS: Final = re.compile(r"[(\[>•●▪►▶➤→|*\-–—]+[ \xa0]*\Z")
_STOP: Final = re.compile(
    rf"(?P<line>[\n\r])|(?P<word>\w*)[{_E}](?![\w])[{_E}{_CLOSE}]*"
    # The text's last end mark ends a sentence like any other.
    rf"(?:\s+(?=[{_OPEN}]*[^\W_a-zß-öø-ÿа-я])|(?=\s*\Z))|[。！？][{_CLOSE}]*"
)
_LINE_END: Final = re.compile(rf"[ \t\xa0]*(?:[{NEWLINES}]|\Z)")
_NEXT: Final = re.compile(rf"\s*[:：]?\s*(?=[{_OPEN}]*[^\W_])")
REACH: Final = 400
HEADLINE: Final = 180


def _upper_next(text: str, at: int) -> bool:
    """Whether a sentence can begin at this offset."""
    letter = next((c for c in text[at : at + 8] if c.isalnum()), "")
    return bool(letter) and not letter.islower()


def _in_capitals(phrase: str) -> bool:
    return phrase.isupper() and sum(c.isalpha() for c in phrase) >= 4


def _phrase_before(text: str, colon: int) -> tuple[int, bool] | None:
    """Where the known phrase before a colon begins, and whether it is unmistakable."""
    last = text[max(0, colon - 24) : colon].split()
    if not last or last[-1].lower().lstrip("([|>•*") not in _LAST_WORDS:
        return None
    words = [match.span() for match in _WORD.finditer(text, max(0, colon - _LONGEST), colon)]
    if not words or colon - words[-1][1] > 1:
        return None
    best = None
    for begin, _ in words[: -_MOST_WORDS - 1 : -1]:
        phrase = " ".join(text[begin : words[-1][1]].lower().split())
        clear = _PHRASES.get(phrase)
        if clear is not None and (begin == 0 or not (text[begin - 1].isalnum() or text[begin - 1] == "_")):
            best = begin, clear
    return best


def _bounded(text: str, start: int) -> bool:
    """Whether a line or a sentence can begin at this offset."""
    return start == 0 or _BOUNDARY.search(text, max(0, start - 12), start) is not None


def find_lead_ins(text: str) -> list[tuple[int, int]]:
    """Spans of the lead-ins of a text with what they lead into, ``(start, end)``.

    The text may hold many lines; a span never crosses a line break. Spans are
    sorted and don't overlap.
    """
    begins: dict[int, tuple[int, bool]] = {}  # start -> (end of the phrase, whether a headline follows)
    for match in _COLON.finditer(text):
        colon = match.start()
        found = _phrase_before(text, colon)
        if found is None or text.startswith("//", colon + 1):
            continue
        start, clear = found
        if text[start].islower():
            continue
        if clear or _in_capitals(text[start:colon]) or _bounded(text, start):
            begins[_with_marks(text, start)] = (colon + 1, True)
    for match in _FIRST.finditer(text):
        at = match.start()
        label = _LABEL.match(text, at)
        if label is None or (at and text[at - 1].isalnum()):
            continue
        end = label.end()
        if _LINE_END.match(text, end):
            # A label that has its line to itself, or ends it.
            if _bounded(text, at):
                begins.setdefault(_with_marks(text, at), (end, False))
            continue
        follows = _NEXT.match(text, end)
        if follows is None or ":" in follows[0] or "：" in follows[0]:
            continue
        if _upper_next(text, follows.end()) and _bounded(text, at):
            begins.setdefault(_with_marks(text, at), (end, label[0].lower() in _LEADING))
    spans: list[tuple[int, int]] = []
    order = sorted(begins)
    for number, start in enumerate(order):
        phrase_end, headline = begins[start]
        limit = order[number + 1] if number + 1 < len(order) else len(text)
        if phrase_end <= limit:
            spans.append((start, _end(text, start, phrase_end, limit) if headline else phrase_end))
    return spans


# Labels with a headline of their own; the others stand alone.
_LEADING: Final = frozenset(
    label.lower()
    for label in (
        "READ MORE", "Read More", "READ ALSO", "ALSO READ", "SEE ALSO", "JUST WATCHED", "WATCH NOW",
        "LESEN SIE AUCH", "MUST READ",
        "MUST WATCH", "MEHR ZUM THEMA", "LEGGI ANCHE", "LEIA TAMBÉM", "LEE TAMBIÉN", "LIRE AUSSI",
        "CZYTAJ TAKŻE", "WATCH MORE",
    )
)  # fmt: skip


def _with_marks(text: str, start: int) -> int:
    """Take bullets and brackets before the phrase along."""
    marks = _LEAD_MARKS.search(text, max(0, start - 6), start)
    if marks is None:
        return start
    begin = marks.start()
    return begin if begin == 0 or text[begin - 1].isspace() else start


def _end(text: str, start: int, begin: int, limit: int) -> int:
    """Where what a lead-in leads into ends: at a sentence's end, a line's end, or a glued boundary."""
    while begin < limit and text[begin] in " \t\xa0\u202f\u3000":
        begin += 1
    stop = min(limit, begin + REACH)
    bracket = {"(": ")", "[": "]"}.get(text[start])
    if bracket:
        closed = text.find(bracket, begin, stop)
        if closed >= 0 and text.find("\n", begin, closed) < 0:
            return closed + 1
    end = -1
    marked = False
    for match in _STOP.finditer(text, begin, stop):
        word = match["word"]
        if match["line"] is not None:
            end = match.start()
            break
        if not word or (len(word) > 1 and word.lower() not in _SHORT):
            end, marked = match.end(), True
            break
    if end < 0:
        line = text.find("\n", begin, limit)
        end = limit if line < 0 else line
    piece = text[begin : min(end, stop)]
    # A short piece that fills its line is a headline and no more.
    glued = _glued(piece) if len(piece) > (60 if marked else HEADLINE) else 0
    return begin + glued if glued else end


_SHORT_TEXT: Final = "mr mrs ms dr st vs prof gen sen rep gov jr sr no nr ca bzw str hr fr inc co corp ltd "
_SHORT: Final = frozenset(_SHORT_TEXT.split())
GLUED_SCORE: Final = 0.0


def _glued(piece: str) -> int:
    """Offset of the likeliest glued boundary of a piece that begins with a headline, or 0."""
    from newsflag.segmentation.sentences import shipped_model

    starts, _separators, scores = shipped_model().gap_scores(piece)
    # Three words at least make a headline.
    third = re.match(r"\s*(?:\S+\s+){3}", piece)
    if third is None or not len(starts):
        return 0
    allowed = starts >= third.end()
    if not allowed.any():
        return 0
    best = scores[allowed].argmax()
    return int(starts[allowed][best]) if scores[allowed][best] > GLUED_SCORE else 0


def lead_in_starts(line: str) -> list[int]:
    """Offsets at which a lead-in begins inside a line, or the text resumes after one.

    Examples
    --------
    >>> lead_in_starts("The vote is on Monday. READ MORE: What the vote means. The minister said so.")
    [23, 55]
    >>> lead_in_starts("On the site you can read more about this: it is long.")
    []
    """
    starts: set[int] = set()
    for start, end in find_lead_ins(line):
        if line[:start].strip():
            starts.add(start)
        resume = end
        while resume < len(line) and line[resume].isspace():
            resume += 1
        if resume < len(line):
            starts.add(resume)
    return sorted(starts)


__all__ = ["find_lead_ins", "lead_in_starts"]
