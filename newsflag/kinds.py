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

ARTICLE_SCORES: Final = ("misinformation",)
"""Scores that only a whole article has, each calibrated to 0…1."""

TECHNIQUES: Final = (
    "loaded_language",
    "name_calling",
    "exaggeration_minimisation",
    "doubt",
    "appeal_to_fear",
    "flag_waving",
)
"""Persuasion techniques that are told apart, named as in SemEval-2020 task 11 (Da San Martino et al. 2020);
the other eight of its names have too few examples to be learned and count only towards ``persuasion``."""

__all__ = ["ARTICLE_SCORES", "INSERTION_KINDS", "KEPT_KINDS", "KINDS", "PROMO_KINDS", "SCORES", "TECHNIQUES"]
