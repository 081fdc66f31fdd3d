"""Reports made visible: on a terminal, in a notebook, as a page, as a plot."""

from newsflag.rendering.detail import to_detail
from newsflag.rendering.html import to_html
from newsflag.rendering.page import to_page
from newsflag.rendering.plot import plot
from newsflag.rendering.terminal import to_terminal

__all__ = ["plot", "to_detail", "to_html", "to_page", "to_terminal"]
