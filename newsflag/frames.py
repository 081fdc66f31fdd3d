"""Flag a column of texts in a data frame of any of seven engines; a frame of the same sort comes back.

Which engine it is, is told by the name of the module that the frame's class is from: no engine is imported here that
the caller has not imported.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from newsflag.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from newsflag.config import Config

Frame = TypeVar("Frame")

# Package and class of a frame, and the module in newsflag.integrations that deals with it.
_ENGINES: Final = {
    ("pandas", "DataFrame"): "pandas",
    ("polars", "DataFrame"): "polars",
    ("polars", "LazyFrame"): "polars",
    ("pyspark", "DataFrame"): "spark",
    ("dask", "DataFrame"): "dask",
    ("dask_expr", "DataFrame"): "dask",  # before 2025
    ("ray", "Dataset"): "ray",
    ("datasets", "Dataset"): "datasets",
    ("datasets", "DatasetDict"): "datasets",
    ("datasets", "IterableDataset"): "datasets",
    ("datasets", "IterableDatasetDict"): "datasets",
}


def flag_frame(
    frame: Frame,
    text: Any = "text",
    *,
    output: Literal["article", "segments"] = "article",
    title: Any = None,
    input: Literal["text", "html"] = "text",
    config: Config | None = None,
    model: str | Path | None = None,
    n_jobs: int = 1,
    batch_size: int = 64,
    on_error: Literal["raise", "yield"] = "raise",
    prefix: str = "newsflag_",
    keep: Iterable[Any] | None = None,
    **options: Any,
) -> Frame:
    """Flag the texts in a column of a frame.

    Parameters
    ----------
    frame : object
        A DataFrame of pandas, polars, Spark or Dask; a LazyFrame of polars; a Dataset of Ray; a Dataset, DatasetDict
        or one of the iterable ones of Hugging Face. It is not altered. LazyFrames, Spark, Dask, Ray and iterable
        datasets are not computed before you ask for it.
    text : str
        The column with the texts. Missing ones (None, NaN, null) stay missing.
    output : {"article", "segments"}
        With ``"article"`` the frame as it is, and columns added to it: ``body`` (the clean text), ``error`` (only
        with ``on_error="yield"``), and those of :func:`newsflag.comparison.overview`; a missing text has missing
        values. With ``"segments"`` a row a segment: the columns that are kept, then ``article`` (the place of the
        article in the frame, from 0), ``error`` (as before), ``start, end, text, kind``, the scores, ``flagged``
        (whether any flag stands in it) and ``reason`` (why, where it is flagged and ``explain`` is on); a missing
        text has no row.
    title : str, optional
        The column with headlines, where they are not part of the texts.
    input : {"text", "html"}
        What the texts are: plain text, or web pages (str or bytes).
    config, model, **options
        As for :func:`newsflag.flag`; but as ``keep`` names columns here, kinds to be kept go into ``config``. The file
        of a model of your own must be there for every worker.
    n_jobs : int
        How many workers share the work; -1 for as many as there are cores. Spark, Dask and Ray do that themselves, and
        an iterable dataset is flagged by whoever reads it.
    batch_size : int
        How many texts are scored together. It changes the speed, and nothing else.
    on_error : {"raise", "yield"}
        What is done with a text that is none, or fails in another way: raise, or go on with its error in a column;
        then a failed article has one row in ``"segments"`` too, with nothing but its error.
    prefix : str
        What the names of the added columns begin with.
    keep : iterable of str, optional
        For ``output="segments"`` the columns that are repeated for every segment of an article; by default all but
        the text.

    Returns
    -------
    frame of the same sort
        A pandas frame keeps its index, repeated for segments.

    Raises
    ------
    ConfigError
        When a column is not there or would be overwritten, or an option is unknown or not allowed.
    InputError
        When ``frame`` is none of these; or a text is no str, with ``on_error="raise"``.
    ModelError
        When the model can't be read.

    Examples
    --------
    >>> import pandas as pd
    >>> from newsflag.frames import flag_frame
    >>> frame = pd.DataFrame({"text": ["The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly", None]})
    >>> flag_frame(frame)["newsflag_n_teaser"].tolist()
    [1, <NA>]
    >>> flag_frame(frame, output="segments", prefix="", explain=False)["kind"].tolist()
    ['body', 'teaser']
    """
    engine = importlib.import_module(f"newsflag.integrations.{_engine(frame)}")
    from newsflag.config import Config
    from newsflag.integrations._columns import Task

    task = Task(
        text=text,
        output=output,
        title=title,
        input=input,
        config=Config.of(config, options),
        model=model,
        n_jobs=n_jobs,
        batch_size=batch_size,
        on_error=on_error,
        prefix=prefix,
        keep=keep,  # type: ignore[arg-type]  # any iterable will do, and is checked there
    )
    made: Frame = engine.flag(frame, task)
    return made


def _engine(frame: object) -> str:
    """The module that deals with a frame, or with what it is derived from."""
    for cls in type(frame).__mro__:
        package = cls.__module__.partition(".")[0]
        # The pandas that is part of Spark has names like the other one's and works in another way.
        if (package, cls.__name__) in _ENGINES and not cls.__module__.startswith("pyspark.pandas"):
            return _ENGINES[package, cls.__name__]
    name = f"{type(frame).__module__.partition('.')[0]}.{type(frame).__name__}"
    raise InputError(
        "flag_frame takes a DataFrame of pandas, polars, Spark or Dask, a LazyFrame of polars, a Dataset of Ray, or a "
        f"Dataset, DatasetDict or IterableDataset of Hugging Face, but got {name}{_hint(frame)}"
    )


def _hint(frame: object) -> str:
    if type(frame).__module__.startswith("pyspark.pandas"):
        return "; use its to_spark()"
    if type(frame).__name__ == "Series":
        return "; make a frame of it with to_frame(), or give its values to newsflag.pipe"
    if hasattr(frame, "to_pandas"):
        return "; use its to_pandas()"
    return "; for texts of another sort there is newsflag.pipe"


__all__ = ["flag_frame"]
