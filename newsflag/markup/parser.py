"""The HTML parser behind the ``html`` extra: lexbor, as selectolax wraps it.

benchmarks/README.md has the comparison that it was chosen by.
"""

from __future__ import annotations

from typing import Any, Final

HINT: Final = "reading HTML needs selectolax and w3lib: pip install 'newsflag[html]'"


def parse(html: str) -> Any:
    """The tree of a page (``selectolax.lexbor.LexborHTMLParser``).

    Raises
    ------
    ImportError
        Without the ``html`` extra.
    """
    try:
        from selectolax.lexbor import LexborHTMLParser
    except ImportError as error:
        raise ImportError(HINT) from error
    try:
        html.encode("utf-8")
    except UnicodeEncodeError:
        # The parser takes UTF-8: surrogates become the characters that they make in pairs, lone ones U+FFFD.
        html = html.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return LexborHTMLParser(html)


__all__ = ["HINT", "parse"]
