"""The words of newsflag: the kinds a segment can have and the scores it carries.

The kinds were fixed by the annotation guide behind the training pages; their
order is the order of every probability vector in the package and in the model
files, so it is part of the model format.
"""

from __future__ import annotations

from typing import Final

KINDS: Final = (
    "body",
    "heading",
    "title",
    "standfirst",
    "teaser",
    "advertisement",
    "call_to_action",
    "caption",
    "metadata",
    "interface",
    "embed",
    "other",
)
"""Every kind of segment, in the order of all probability vectors."""

KEPT_KINDS: Final = KINDS[:4]
"""Kinds that belong to the article: what :func:`newsflag.clean` keeps."""

INSERTION_KINDS: Final = KINDS[4:]
"""Kinds that stand in the article's text without belonging to it."""

PROMO_KINDS: Final = ("teaser", "advertisement", "call_to_action")
"""Insertions that want something from the reader: a click, a purchase, a sign-up."""

SCORES: Final = ("insertion", "off_topic", "clickbait", "sensational", "persuasion")
"""Every score of a segment, each calibrated to 0…1."""

__all__ = ["INSERTION_KINDS", "KEPT_KINDS", "KINDS", "PROMO_KINDS", "SCORES"]
