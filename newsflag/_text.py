"""Text as arrays: code points, character classes and lower case, for whole batches at once.

Everything that looks at characters does it here or on the arrays made here, so
that no stage loops over characters in Python.
"""

from __future__ import annotations

import dataclasses
import functools
import unicodedata
from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Bools: TypeAlias = npt.NDArray[np.bool_]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Codes: TypeAlias = npt.NDArray[np.uint32]
Doubles: TypeAlias = npt.NDArray[np.float64]
Floats: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.int64]

# One class a character; the numbers are columns of the count matrix in
# evidence.surface and therefore part of the model format.
(
    OTHER,
    LOWER,
    UPPER,
    CASELESS,
    CJK,
    DIGIT,
    MARK,
    SPACE,
    NEWLINE,
    PERIOD,
    EXCLAMATION,
    QUESTION,
    ELLIPSIS,
    COMMA,
    SEMICOLON,
    COLON,
    OPENING_QUOTE,
    CLOSING_QUOTE,
    STRAIGHT_QUOTE,
    APOSTROPHE,
    OPENING_BRACKET,
    CLOSING_BRACKET,
    DASH,
    BULLET,
    SLASH,
    ARROW,
    AT,
    HASH,
    CURRENCY,
    PERCENT,
    RIGHTS,
    OPERATOR,
    SYMBOL,
) = range(33)
N_CLASSES: Final = 33

NEWLINES: Final = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"  # what str.splitlines splits at
_SINGLE: Final = {
    PERIOD: ".。．｡।۔",
    EXCLAMATION: "!！¡",
    QUESTION: "?？؟¿",
    ELLIPSIS: "…",
    COMMA: ",、，،",
    SEMICOLON: ";；؛",
    COLON: ":：",
    OPENING_QUOTE: "“„‚«「『《〈",
    CLOSING_QUOTE: "”」』》〉",
    STRAIGHT_QUOTE: '"＂',
    APOSTROPHE: "'’‘`´",
    DASH: "-–—―‐‑‒−",
    BULLET: "|•·●■▪◦‣∙○□◆★☆▸‧│¦",
    SLASH: "/\\",
    ARROW: "><›»→▶►↓↑←‹➔▼▲➤",
    AT: "@",
    HASH: "#",
    PERCENT: "%‰",
    RIGHTS: "©®™",
    OPERATOR: "*_+=~^&",
}
_BY_CATEGORY: Final = {
    "Ll": LOWER,
    "Lu": UPPER,
    "Lt": UPPER,
    "Lo": CASELESS,
    "Lm": CASELESS,
    "Nd": DIGIT,
    "Nl": DIGIT,
    "No": DIGIT,
    "Mn": MARK,
    "Mc": MARK,
    "Me": MARK,
    "Ps": OPENING_BRACKET,
    "Pe": CLOSING_BRACKET,
    "Sc": CURRENCY,
    "So": SYMBOL,
    "Sk": SYMBOL,
}
# Scripts written without spaces between words: each character is a token of its own.
_CJK_RANGES: Final = (
    (0x2E80, 0x2FDF),
    (0x3040, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
)

DOC_BREAK: Final = "\n"
"""What stands between the texts of a batch."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Texts laid end to end, with their characters as arrays.

    Parameters
    ----------
    text : str
        The texts, joined by :data:`DOC_BREAK`.
    codes : uint32 array, shape (characters,)
    classes : uint8 array, shape (characters,)
        Class of each character, see the constants of this module.
    folded : uint32 array, shape (characters,)
        Lower-cased code points (one to one), every digit folded to ``0``.
    doc_start : int64 array, shape (documents + 1,)
        Where each text begins in ``text``; the last entry is one past the end
        of a break after the last text.
    """

    text: str
    codes: Codes
    classes: Bytes
    folded: Codes
    doc_start: Ints

    @property
    def n_docs(self) -> int:
        """Number of texts."""
        return len(self.doc_start) - 1


@functools.cache
def _tables() -> tuple[Bytes, Codes]:
    """Character class and folded code of every code point of the basic plane."""
    classes = np.zeros(0x10000, np.uint8)
    folded = np.arange(0x10000, dtype=np.uint32)
    by_category = _BY_CATEGORY
    category = unicodedata.category
    for code in range(0x10000):
        char = chr(code)
        kind = category(char)
        classes[code] = by_category.get(kind, OTHER)
        if kind in ("Lu", "Lt"):
            lower = char.lower()
            if len(lower) == 1:
                folded[code] = ord(lower)
        elif kind == "Nd":
            folded[code] = 0x30
        if char.isspace():
            classes[code] = SPACE
    for first, last in _CJK_RANGES:
        part = classes[first : last + 1]
        part[(part == CASELESS) | (part == SYMBOL)] = CJK
    for kind_id, chars in _SINGLE.items():
        classes[[ord(char) for char in chars]] = kind_id
    classes[[ord(char) for char in NEWLINES]] = NEWLINE
    folded[classes == SPACE] = 0x20
    return classes, folded


def make_batch(texts: Sequence[str]) -> Batch:
    """Lay texts end to end and look their characters up."""
    text = DOC_BREAK.join(texts)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    doc_start = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(lengths + 1, out=doc_start[1:])
    class_table, fold_table = _tables()
    basic = codes if not len(codes) or codes.max() < 0x10000 else np.minimum(codes, 0xFFFF)
    classes = class_table[basic]
    folded = fold_table[basic]
    if basic is not codes:
        astral = codes >= 0x10000
        high = codes[astral]
        # Beyond the basic plane: ideographs, emoji and pictographs, historic scripts.
        classes[astral] = np.where(
            high >= 0x20000, np.where(high < 0x40000, CJK, OTHER), np.where(high >= 0x1F000, SYMBOL, CASELESS)
        )
        folded[astral] = high
    return Batch(text, codes, classes, folded, doc_start)


__all__ = ["N_CLASSES", "Batch", "make_batch"]
