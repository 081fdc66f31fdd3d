"""Finds what does not belong in a news article, plain text or web page.

>>> import newsflag
>>> text = "The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly"
>>> newsflag.clean(text)
'The council met on Monday.'
>>> [flag.segment.text for flag in newsflag.flag(text).flags]
['READ MORE: Ten tricks for a flat belly']

Everything named in ``__all__`` is loaded when it is first used, so that
importing newsflag costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import Literal, TypeVar

    from newsflag.article import Article
    from newsflag.comparison import compare
    from newsflag.config import Config
    from newsflag.errors import (
        ConfigError,
        Failure,
        InputError,
        ModelError,
        ModelNotFoundError,
        NewsflagError,
        PatternTimeoutError,
    )
    from newsflag.flagger import Flagger
    from newsflag.frames import flag_frame
    from newsflag.kinds import ARTICLE_SCORES, INSERTION_KINDS, KEPT_KINDS, KINDS, PROMO_KINDS, SCORES, TECHNIQUES
    from newsflag.report import Flag, Link, Markup, Reason, Report, Segment, Technique, Title, Verdict
    from newsflag.signals import SIGNALS

    Context = TypeVar("Context")

__version__ = "0.1.0"

# Where each public name is defined.
_HOMES: Final = {
    "ARTICLE_SCORES": "kinds",
    "Article": "article",
    "Config": "config",
    "ConfigError": "errors",
    "Failure": "errors",
    "Flag": "report",
    "Flagger": "flagger",
    "INSERTION_KINDS": "kinds",
    "InputError": "errors",
    "KEPT_KINDS": "kinds",
    "KINDS": "kinds",
    "Link": "report",
    "Markup": "report",
    "ModelError": "errors",
    "ModelNotFoundError": "errors",
    "NewsflagError": "errors",
    "PROMO_KINDS": "kinds",
    "PatternTimeoutError": "errors",
    "Reason": "report",
    "Report": "report",
    "SCORES": "kinds",
    "SIGNALS": "signals",
    "Segment": "report",
    "TECHNIQUES": "kinds",
    "Technique": "report",
    "Title": "report",
    "Verdict": "report",
    "compare": "comparison",
    "flag_frame": "frames",
}
# The flaggers behind the functions below, by config and model.
_flaggers: Final[dict[tuple[Config, str | Path | None], Flagger]] = {}
_MAX_FLAGGERS: Final = 16


def flag(
    text: str,
    config: Config | None = None,
    *,
    title: str | None = None,
    model: str | Path | None = None,
    **options: Any,
) -> Report:
    """Split an article into segments and say of each what it is.

    Parameters
    ----------
    text : str
        The article's plain text, as it is: it is never altered.
    config : Config, optional
        How it is split, judged and explained.
    title : str, optional
        The article's headline, where it is not part of the text: it is judged too, and what the text is about is
        measured against it.
    model : str or Path, optional
        Name or file of another model than the one that is shipped.
    **options
        Fields of :class:`Config`, on top of ``config``.

    Raises
    ------
    InputError
        When ``text`` or ``title`` is not a str.
    ConfigError
        When an option is unknown or not allowed.
    ModelError
        When the model can't be read.

    Examples
    --------
    >>> report = flag("The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly")
    >>> [(segment.kind, segment.start, segment.end) for segment in report.segments]
    [('body', 0, 26), ('teaser', 28, 66)]
    """
    return _flagger(config, model, options).flag(text, title=title)


def clean(text: str, config: Config | None = None, *, model: str | Path | None = None, **options: Any) -> str:
    """Give an article's own text: what :func:`flag` keeps, with its paragraph breaks as they were.

    The parameters and errors are those of :func:`flag`.

    Examples
    --------
    >>> clean("The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly")
    'The council met on Monday.'
    """
    return _flagger(config, model, options).clean(text)


def flag_html(
    html: str | bytes,
    config: Config | None = None,
    *,
    url: str | None = None,
    model: str | Path | None = None,
    **options: Any,
) -> Report:
    """Split a web page into the article's own text and everything else: teasers, navigation, comments, footer.

    The report's text is the page's visible text, one block a line; each segment says where in the page it stands
    (:class:`Markup`). Scripts are not run and style sheets are not read.

    Parameters
    ----------
    html : str or bytes
        The page or a part of it, however broken. Bytes are decoded by byte order mark, as UTF-8, by what the page
        declares, or by what they look like.
    config, model, **options
        As for :func:`flag`.
    url : str, optional
        The page's address: links are told apart by it. By default the one that the page says of itself.

    Raises
    ------
    ImportError
        Without the ``html`` extra, with the line that installs it.
    InputError
        When ``html`` is neither str nor bytes, or the bytes of something else than a page, such as a PDF.
    ConfigError, ModelError
        As for :func:`flag`.

    Examples
    --------
    >>> page = "<h1>Bridge</h1><p>The council met on Monday.</p><p>READ MORE: <a href=/x>Ten tricks</a></p>"
    >>> report = flag_html(page)
    >>> [(segment.kind, segment.markup.path) for segment in report.segments][-1]
    ('teaser', 'html > body > p:nth-of-type(2)')
    """
    return _flagger(config, model, options).flag_html(html, url=url)


def clean_html(
    html: str | bytes,
    config: Config | None = None,
    *,
    url: str | None = None,
    model: str | Path | None = None,
    **options: Any,
) -> str:
    """Give the body of the article in a web page, one block a line.

    The parameters and errors are those of :func:`flag_html`. The title is left out; ``keep=("title",)`` keeps it.

    Examples
    --------
    >>> page = "<nav><a href=/>Home</a></nav><p>The council met on Monday, and the mayor spoke of the bridge.</p>"
    >>> clean_html(page)
    'The council met on Monday, and the mayor spoke of the bridge.'
    """
    return _flagger(config, model, options).clean_html(html, url=url)


@overload
def pipe(
    texts: Iterable[str | bytes | Article],
    config: Config | None = None,
    *,
    model: str | Path | None = None,
    batch_size: int = 64,
    n_jobs: int = 1,
    as_tuples: Literal[False] = False,
    input: Literal["text", "html"] = "text",
    on_error: Literal["raise"] = "raise",
    **options: Any,
) -> Iterator[Report]: ...


@overload
def pipe(
    texts: Iterable[tuple[str | bytes | Article, Context]],
    config: Config | None = None,
    *,
    model: str | Path | None = None,
    batch_size: int = 64,
    n_jobs: int = 1,
    as_tuples: Literal[True],
    input: Literal["text", "html"] = "text",
    on_error: Literal["raise"] = "raise",
    **options: Any,
) -> Iterator[tuple[Report, Context]]: ...


@overload
def pipe(
    texts: Iterable[object],
    config: Config | None = None,
    *,
    model: str | Path | None = None,
    batch_size: int = 64,
    n_jobs: int = 1,
    as_tuples: Literal[False] = False,
    input: Literal["text", "html"] = "text",
    on_error: Literal["yield"],
    **options: Any,
) -> Iterator[Report | Failure]: ...


@overload
def pipe(
    texts: Iterable[tuple[object, Context]],
    config: Config | None = None,
    *,
    model: str | Path | None = None,
    batch_size: int = 64,
    n_jobs: int = 1,
    as_tuples: Literal[True],
    input: Literal["text", "html"] = "text",
    on_error: Literal["yield"],
    **options: Any,
) -> Iterator[tuple[Report | Failure, Context]]: ...


def pipe(
    texts: Iterable[Any],
    config: Config | None = None,
    *,
    model: str | Path | None = None,
    batch_size: int = 64,
    n_jobs: int = 1,
    as_tuples: bool = False,
    input: Literal["text", "html"] = "text",
    on_error: Literal["raise", "yield"] = "raise",
    **options: Any,
) -> Iterator[Any]:
    """Flag many articles; their reports come in the order of the texts.

    Parameters
    ----------
    texts : iterable of str
        Read as needed, never all at once. With ``as_tuples``, pairs of a
        text and anything that goes with it. An :class:`Article` is a text with its title or address.
    config, model, **options
        As for :func:`flag`.
    batch_size : int
        How many texts are scored together. It changes the speed, and nothing else: every report is, to the bit, the one
        that :func:`flag` gives.
    n_jobs : int
        How many workers share the work; -1 for as many as there are cores. With more than one, joblib runs them: as
        processes on this machine, or wherever ``joblib.parallel_config(backend=…)`` says (threads, Dask, Ray,
        Spark). The model is read once by each worker, and workers of one machine share it in memory.
    as_tuples : bool
        Take pairs ``(text, context)`` and give pairs ``(report, context)``.
    input : {"text", "html"}
        What the texts are: plain text, or web pages (str or bytes) as for :func:`flag_html`.
    on_error : {"raise", "yield"}
        What is done with an article that is no text, or fails in any other way: raise the error when its turn comes, or
        give a :class:`Failure` in the place of its report and go on.

    Notes
    -----
    No more is read than keeps the workers busy (four batches a worker), whatever the number of articles, and when what
    comes out is not taken, the workers wait. The iterator can be closed at any time: what is under way is given up.

    Examples
    --------
    >>> [len(report.segments) for report in pipe(["One.\\n\\nTwo.", ""])]
    [2, 0]
    >>> [context for report, context in pipe([("One.", 1), ("Two.", 2)], as_tuples=True)]
    [1, 2]
    """
    flagger = _flagger(config, model, options)
    reports: Iterator[Any] = flagger.pipe(
        texts, batch_size=batch_size, n_jobs=n_jobs, as_tuples=as_tuples, input=input, on_error=on_error
    )
    return reports


def _flagger(config: Config | None, model: str | Path | None, options: dict[str, Any]) -> Flagger:
    """Make the flagger for these options, or take the one made before."""
    from newsflag.config import Config
    from newsflag.flagger import Flagger

    key = (Config.of(config, options), model)
    if key not in _flaggers:
        while len(_flaggers) >= _MAX_FLAGGERS:
            _flaggers.pop(next(iter(_flaggers)), None)
        _flaggers[key] = Flagger(key[0], model=model)
    return _flaggers[key]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'newsflag' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"newsflag.{_HOMES[name]}"), name)
    globals()[name] = value  # the next look-up finds it at once
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "ARTICLE_SCORES",
    "INSERTION_KINDS",
    "KEPT_KINDS",
    "KINDS",
    "PROMO_KINDS",
    "SCORES",
    "SIGNALS",
    "TECHNIQUES",
    "Article",
    "Config",
    "ConfigError",
    "Failure",
    "Flag",
    "Flagger",
    "InputError",
    "Link",
    "Markup",
    "ModelError",
    "ModelNotFoundError",
    "NewsflagError",
    "PatternTimeoutError",
    "Reason",
    "Report",
    "Segment",
    "Technique",
    "Title",
    "Verdict",
    "__version__",
    "clean",
    "clean_html",
    "compare",
    "flag",
    "flag_frame",
    "flag_html",
    "pipe",
]
