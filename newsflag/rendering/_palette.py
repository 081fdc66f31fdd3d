"""Colours of the kinds, for HTML and for plots."""

from __future__ import annotations

from typing import Final

# Grounds that text is read on: against the text's own colour each has a contrast of at least 4.5 to 1 (WCAG 2.2,
# criterion 1.4.3), and kinds are told by their names too. Insertions are filled, the article's own kinds are not.
LIGHT: Final = {
    "text": "#1f2328",
    "dim": "#59636e",
    "line": "#d1d9e0",
    "ground": "#ffffff",
    "bar": "#6e7781",
    "teaser": "#ffdcd7",
    "advertisement": "#f3dcff",
    "call_to_action": "#ffefb8",
    "caption": "#d3f1ee",
    "metadata": "#dde8f7",
    "interface": "#e6e8eb",
    "embed": "#dcf3d4",
    "other": "#fbe2cc",
}
DARK: Final = {
    "text": "#e6edf3",
    "dim": "#9198a1",
    "line": "#3d444d",
    "ground": "#0d1117",
    "bar": "#848d97",
    "teaser": "#5c1f1c",
    "advertisement": "#4a2560",
    "call_to_action": "#524000",
    "caption": "#0f4743",
    "metadata": "#1d3a5f",
    "interface": "#3a3f47",
    "embed": "#234a1b",
    "other": "#5a3310",
}

# Strong enough to be told apart in thin strips; the promos after Okabe and Ito's palette for colour-blind
# readers (2008), and each with a hatching of its own in plots.
STRONG: Final = {
    "body": "#e4e7eb",
    "heading": "#b6bec8",
    "title": "#8a94a1",
    "standfirst": "#ccd3da",
    "teaser": "#d55e00",
    "advertisement": "#9b59b6",
    "call_to_action": "#e6a700",
    "caption": "#009e73",
    "metadata": "#56b4e9",
    "interface": "#59636e",
    "embed": "#3b7d23",
    "other": "#a05a2c",
}

__all__ = ["DARK", "LIGHT", "STRONG"]
