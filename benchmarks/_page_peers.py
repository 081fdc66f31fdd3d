"""What others make of the same web pages: the plain text of the article's body.

Each peer is asked for the body alone, without comments, title or metadata, as
its documentation advises; why a setting was chosen is said with it. Pages come
as decoded text and nothing is fetched from the network.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from _peers import _STOPLISTS, _imported, _stop_words

from newsflag.training.views import _block_text

PagePeer: TypeAlias = Callable[[str, str | None, str], str]
"""A page's HTML, its address and its language (ISO 639-1) to the article's body."""

_NOWHERE: Final = "https://news.invalid/article"
"""Address of pages that have none, for the peer that insists on one."""


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One peer's answer to one page.

    Parameters
    ----------
    text : str
        Empty where the peer raised or found nothing.
    raised : bool
    """

    text: str
    raised: bool = False


def ask(peer: PagePeer, html: str, url: str | None, language: str) -> Answer:
    """Let a peer read a page; where it raises, its answer is an empty text, and that is said."""
    try:
        return Answer(peer(html, url, language) or "")
    except Exception:  # noqa: BLE001 - whatever a parser of others raises on a page is a failure on that page
        return Answer("", raised=True)


def trafilatura(html: str, url: str | None, language: str) -> str:  # noqa: ARG001 - a PagePeer
    """Trafilatura's balanced mode. Readers' comments, which it adds by default, are no body."""
    return _imported("trafilatura", "trafilatura").extract(html, include_comments=False) or ""


def trafilatura_precision(html: str, url: str | None, language: str) -> str:  # noqa: ARG001 - a PagePeer
    """Trafilatura, "less text but correct extraction"."""
    return _imported("trafilatura", "trafilatura").extract(html, include_comments=False, favor_precision=True) or ""


def trafilatura_recall(html: str, url: str | None, language: str) -> str:  # noqa: ARG001 - a PagePeer
    """Trafilatura, "when unsure, prefer more text"."""
    return _imported("trafilatura", "trafilatura").extract(html, include_comments=False, favor_recall=True) or ""


def readability(html: str, url: str | None, language: str) -> str:  # noqa: ARG001 - a PagePeer
    """The article's element that readability-lxml finds, as text with one block a line: it gives HTML alone."""
    return _block_text(_imported("readability", "readability-lxml").Document(html).summary(html_partial=True))


def resiliparse(html: str, url: str | None, language: str) -> str:  # noqa: ARG001 - a PagePeer
    """Resiliparse's main content. What it adds by default is switched off.

    That is images' descriptions, list bullets, comment sections and post metadata: none of it is body.
    """
    module = _imported("resiliparse.extract.html2text", "resiliparse")
    return str(
        module.extract_plain_text(
            html, main_content=True, alt_texts=False, list_bullets=False, comments=False, post_meta=False
        )
    )


def justext(html: str, url: str | None, language: str) -> str:  # noqa: ARG001 - a PagePeer
    """Paragraphs that jusText calls good, with the stop words of the page's language.

    A language without a list is judged as its documentation advises: no stop words asked for.
    """
    words = _stop_words(_STOPLISTS.get(language, ""))
    options = {} if words else {"stopwords_low": 0.0, "stopwords_high": 0.0}
    # Bytes: lxml refuses text that declares an encoding.
    data = html.encode("utf-8", "replace")
    paragraphs = _imported("justext", "justext").justext(data, words, encoding="utf-8", **options)
    return "\n".join(paragraph.text for paragraph in paragraphs if not paragraph.is_boilerplate)


def newspaper(html: str, url: str | None, language: str) -> str:
    """The text of newspaper4k, told the page's language, which it needs for its stop words.

    Images are not fetched: the text is the same, and the pages' sites are left alone. Chinese, Japanese, Hindi and
    Korean need packages or data of their own, and pages in them fail where these are missing.
    """
    module = _imported("newspaper", "newspaper4k")
    known = _imported("newspaper.languages", "newspaper4k").get_available_languages()
    options = {"language": language} if language in known else {}
    article = module.Article(url or _NOWHERE, fetch_images=False, **options)
    article.download(input_html=html)
    article.parse()
    return str(article.text)


def goose(html: str, url: str | None, language: str) -> str:  # noqa: ARG001 - a PagePeer
    """The cleaned text of goose3, its stop words chosen by the language that the page declares: its default.

    Told our guess instead it does no better on news and worse on the rest.
    """
    return str(_imported("goose3", "goose3").Goose({"use_meta_language": True}).extract(raw_html=html).cleaned_text)


def boilerpy3(html: str, url: str | None, language: str) -> str:  # noqa: ARG001 - a PagePeer
    """The extractor of boilerpy3 that is "tuned towards news articles"."""
    extractors = _imported("boilerpy3.extractors", "boilerpy3")
    return str(extractors.ArticleExtractor(raise_on_failure=False).get_content(html))


PAGE_PEERS: Final[dict[str, PagePeer]] = {
    "trafilatura": trafilatura,
    "trafilatura, precision": trafilatura_precision,
    "trafilatura, recall": trafilatura_recall,
    "readability-lxml": readability,
    "Resiliparse": resiliparse,
    "jusText": justext,
    "newspaper4k": newspaper,
    "goose3": goose,
    "boilerpy3": boilerpy3,
}
"""All peers by the name that the tables give them."""

_MODULES: Final = {
    "trafilatura": "trafilatura",
    "readability-lxml": "readability",
    "resiliparse": "resiliparse",
    "justext": "justext",
    "newspaper4k": "newspaper",
    "goose3": "goose3",
    "boilerpy3": "boilerpy3",
    "lxml": "lxml",
}
"""Packages of the peers, and of the parsers compared, by what each is imported as."""


def versions(packages: Sequence[str] = (*_MODULES,)) -> dict[str, str]:
    """The peers' versions.

    Raises
    ------
    ImportError
        When one is missing, with the line that installs it.
    """
    for package in packages:
        _imported(_MODULES[package], package)
    return {package: importlib.metadata.version(package) for package in packages}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what peers print, log and warn of to themselves: some do it on every second page."""
    level = logging.root.manager.disable
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(level)


__all__ = ["PAGE_PEERS", "Answer", "PagePeer", "ask", "quiet", "versions"]
