"""Characters that must not reach a screen as they are."""

from __future__ import annotations

import re
from typing import Final

# Control characters (a terminal obeys them), marks that turn the direction of
# all that follows, and lone surrogates (no encoding can write them). Tabs and
# line breaks are left: each renderer has its own way with white space.
_HIDDEN: Final = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Replace what a screen would obey, or could not take, by its escape.

    >>> visible("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    return _HIDDEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


__all__ = ["visible"]
