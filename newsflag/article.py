"""An article with what is known of it beside its text."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """What :func:`newsflag.pipe` takes where a text alone does not say all.

    Parameters
    ----------
    text : str or bytes
        The text, or with ``input="html"`` the page.
    title : str, optional
        The headline, where it is not part of the text; as for :func:`newsflag.flag`. Pages have their own.
    url : str, optional
        The page's address; as for :func:`newsflag.flag_html`.

    Examples
    --------
    >>> import newsflag
    >>> article = Article("The council met on Monday.", title="Council meets")
    >>> [report] = newsflag.pipe([article])
    >>> report.title.text
    'Council meets'
    """

    text: str | bytes
    title: str | None = None
    url: str | None = None


__all__ = ["Article"]
