"""Web pages into text: decoding, parsing, the visible text a block a line, and what a page says of itself.

Needs the ``html`` extra; nothing is imported from it before a page is read.
"""

from __future__ import annotations

from newsflag.markup.decoding import decode
from newsflag.markup.hints import Hints
from newsflag.markup.page import Page, read_page
from newsflag.markup.paths import Paths

__all__ = ["Hints", "Page", "Paths", "decode", "read_page"]
