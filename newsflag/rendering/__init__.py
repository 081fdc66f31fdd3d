"""Reports made visible: for a terminal and for a notebook."""

from newsflag.rendering.html import to_html
from newsflag.rendering.terminal import to_terminal

__all__ = ["to_html", "to_terminal"]
