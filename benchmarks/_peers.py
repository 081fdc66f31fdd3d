"""What others say to the same plain-text lines: which of them to keep.

jusText, Resiliparse and trafilatura read HTML, so each line is handed to them
as a bare ``<p>``: no links, no classes, no nesting, just as little as newsflag
sees. That is not what they are made for, and says nothing about how they do
on real HTML.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import html
import importlib
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

Peer: TypeAlias = Callable[[Sequence[str], str], list[bool]]
"""Lines and their language (ISO 639-1) to one ``keep`` a line."""

_C4_WORDS: Final = 5
_C4_ENDS: Final = (".", "!", "?", '"', "”")

# A control character is no HTML; what is left of a line must still be a line.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

_STOPLISTS: Final = {
    "af": "Afrikaans",
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "gl": "Galician",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ko": "Korean",
    "lb": "Luxembourgish",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mk": "Macedonian",
    "ms": "Malay",
    "nb": "Norwegian_Bokmal",
    "nl": "Dutch",
    "nn": "Norwegian_Nynorsk",
    "no": "Norwegian_Bokmal",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sq": "Albanian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One peer's answer to one page.

    Parameters
    ----------
    keep : list of bool
        One a line.
    failed : bool
        The peer raised or found nothing, so everything is kept.
    """

    keep: list[bool]
    failed: bool


def ask(peer: Peer, lines: Sequence[str], language: str) -> Answer:
    """Let a peer judge a page; where it fails everything is kept, and that is said."""
    try:
        keep = peer(lines, language)
    except ImportError:
        raise
    except Exception:  # noqa: BLE001 - whatever a parser of others raises on a page is a failure on that page
        return Answer([True] * len(lines), failed=True)
    if not any(keep):
        return Answer([True] * len(lines), failed=True)
    return Answer(keep, failed=False)


def c4(lines: Sequence[str], language: str) -> list[bool]:  # noqa: ARG001 - a Peer
    """The end-mark rule of C4: keep lines that end like a sentence and have five words.

    Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a
    Unified Text-to-Text Transformer", JMLR 21(140), section 2.2: only lines
    that end in a period, exclamation mark, question mark or end quotation
    mark, and have at least five words. Lines that end in three dots are
    dropped too, as in its published code. The rule is made for English; no
    marks of other scripts are added.
    """
    return [
        line.rstrip().endswith(_C4_ENDS) and not line.rstrip().endswith("...") and len(line.split()) >= _C4_WORDS
        for line in lines
    ]


def justext(lines: Sequence[str], language: str) -> list[bool]:
    """The verdict of jusText in context (``class_type``), with the stop words of the language.

    A language without a list is judged as its documentation advises: no stop
    words asked for.
    """
    module = _imported("justext", "justext")
    words = _stop_words(_STOPLISTS.get(language, ""))
    options = {} if words else {"stopwords_low": 0.0, "stopwords_high": 0.0}
    keep = [False] * len(lines)
    for paragraph in module.justext(_page(lines), words, **options):
        place = re.search(r"/p(?:\[(\d+)\])?$", paragraph.xpath)
        if place and not paragraph.is_boilerplate:
            keep[int(place[1] or 1) - 1] = True
    return keep


def resiliparse(lines: Sequence[str], language: str) -> list[bool]:  # noqa: ARG001 - a Peer
    """The lines that Resiliparse's main-content extraction leaves."""
    module = _imported("resiliparse.extract.html2text", "resiliparse")
    return _surviving(lines, module.extract_plain_text(_page(lines), main_content=True))


def trafilatura(lines: Sequence[str], language: str) -> list[bool]:  # noqa: ARG001 - a Peer
    """The lines that trafilatura leaves, at its default settings."""
    module = _imported("trafilatura", "trafilatura")
    return _surviving(lines, module.extract(_page(lines)) or "")


PEERS: Final[dict[str, Peer]] = {
    "C4 end-mark rule": c4,
    "jusText": justext,
    "Resiliparse": resiliparse,
    "trafilatura": trafilatura,
}
"""All peers by the name that the tables give them."""


def _page(lines: Sequence[str]) -> str:
    paragraphs = "\n".join(f"<p>{html.escape(_CONTROL.sub(' ', line))}</p>" for line in lines)
    head = '<head><meta charset="utf-8"><title></title></head>'
    return f"<!DOCTYPE html>\n<html>{head}\n<body>\n{paragraphs}\n</body></html>"


def _surviving(lines: Sequence[str], text: str) -> list[bool]:
    """Which lines stand in an answer, in order; white space doesn't count."""
    given = [_plain(line) for line in lines]
    left = [plain for line in text.split("\n") if (plain := _plain(line))]
    keep = [False] * len(lines)
    for block in difflib.SequenceMatcher(None, given, left, autojunk=False).get_matching_blocks():
        keep[block.a : block.a + block.size] = [True] * block.size
    return keep


def _plain(line: str) -> str:
    return " ".join(_CONTROL.sub(" ", line).split())


@functools.cache
def _stop_words(name: str) -> frozenset[str]:
    return frozenset(_imported("justext", "justext").get_stoplist(name)) if name else frozenset()


def _imported(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"this comparison needs {package}: pip install {package}") from error


__all__ = ["PEERS", "Answer", "Peer", "ask", "c4", "justext", "resiliparse", "trafilatura"]
