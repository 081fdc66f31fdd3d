"""newsflag for pandas: importing this gives frames and Series a ``newsflag`` of their own.

>>> import pandas as pd
>>> import newsflag.integrations.pandas
>>> texts = pd.Series(["The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly", None], [17, 18])
>>> texts.newsflag.clean().fillna("-").tolist()
['The council met on Monday.', '-']
>>> texts.to_frame("text").newsflag.flag()["newsflag_flags"].dropna().to_dict()
{17: 1}
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from newsflag.config import Config
from newsflag.errors import ConfigError
from newsflag.frames import flag_frame
from newsflag.integrations._columns import Column, Task

try:
    import pandas as pd
except ImportError as error:
    raise ImportError("newsflag.integrations.pandas needs pandas: pip install 'newsflag[pandas]'") from error


def flag(frame: Any, task: Task) -> Any:
    """Flag a frame, for :func:`newsflag.flag_frame`."""
    return flag_part(frame, task)


def flag_part(frame: Any, task: Task, first: int = 0) -> Any:
    """Flag a frame whose first row is the article of the given number."""
    if frame.columns.nlevels > 1:
        raise ConfigError(
            f"the frame's columns have {frame.columns.nlevels} levels, but must have one: "
            "set frame.columns = frame.columns.to_flat_index()"
        )
    stay = task.check(frame.columns)
    read = [frame[task.text]] if task.title is None else [frame[task.text], frame[task.title]]
    rows = task.rows(*map(values, read), first=first)
    kept = frame if task.output == "article" else frame.iloc[rows.places, stay]
    strings = _strings(read)
    added = {
        column.name: pd.Series(rows.added[column.name], index=kept.index, dtype=_dtype(column, strings))
        for column in task.columns
    }
    made = pd.concat([kept, pd.DataFrame(added, index=kept.index)], axis=1)
    made.columns.name = frame.columns.name
    return made.__finalize__(frame)  # with what was noted on the frame


def values(series: Any) -> Iterator[Any]:
    """The values of a Series, None where one is missing."""
    return (None if no else value for value, no in zip(series, series.isna(), strict=True))


def _strings(read: list[Any]) -> Any:
    """The type of added texts: that of the texts read where they have one, else that of any Python object.

    The types of pandas and Arrow for texts do not hold every str: what a column of objects holds may not fit.
    """
    types = [
        each.dtype.categories.dtype if isinstance(each.dtype, pd.CategoricalDtype) else each.dtype for each in read
    ]
    return types[0] if all(getattr(each, "type", None) is str for each in types) else object


def _dtype(column: Column, strings: Any) -> Any:
    if column.type is str:
        return strings
    if column.type is float:
        return "float64"
    if column.type is bool:
        return "boolean" if column.nullable else "bool"
    return "Int64" if column.nullable else "int64"


@pd.api.extensions.register_dataframe_accessor("newsflag")
class FrameAccessor:
    """``frame.newsflag``, once :mod:`newsflag.integrations.pandas` is imported."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def flag(self, text: Any = "text", **options: Any) -> Any:
        """Flag the texts in a column; :func:`newsflag.flag_frame` tells all options.

        Examples
        --------
        >>> frame = pd.DataFrame({"story": ["The council met on Monday."]})
        >>> frame.newsflag.flag("story", prefix="")["language"].tolist()
        ['en']
        """
        return flag_frame(self._frame, text, **options)


@pd.api.extensions.register_series_accessor("newsflag")
class SeriesAccessor:
    """``series.newsflag``, once :mod:`newsflag.integrations.pandas` is imported."""

    def __init__(self, series: Any) -> None:
        self._series = series

    def clean(
        self,
        config: Config | None = None,
        *,
        input: Literal["text", "html"] = "text",
        model: str | Path | None = None,
        **options: Any,
    ) -> Any:
        """Clean every text, as :func:`newsflag.clean` does.

        Returns
        -------
        Series of str
            With the same index and name; a missing text stays missing. It has the type of the texts where that is
            one of pandas' for texts.

        Raises
        ------
        ConfigError, ModelError
            As for :func:`newsflag.clean`.
        InputError
            When a value is no text; the message begins with its place.

        Examples
        --------
        >>> pd.Series(["The council met.\\n\\nREAD MORE: Ten tricks for a flat belly"]).newsflag.clean().tolist()
        ['The council met.']
        """
        task = Task(input=input, config=Config.of(config, options), model=model)
        flagger = task.flagger()
        clean = flagger.clean if input == "text" else flagger.clean_html
        made = task.each(clean, values(self._series))
        return pd.Series(made, index=self._series.index, name=self._series.name, dtype=_strings([self._series]))

    def flag(
        self,
        config: Config | None = None,
        *,
        input: Literal["text", "html"] = "text",
        model: str | Path | None = None,
        n_jobs: int = 1,
        batch_size: int = 64,
        on_error: Literal["raise", "yield"] = "raise",
        **options: Any,
    ) -> Any:
        """Report on every text, as :func:`newsflag.pipe` does, whose parameters these are.

        Returns
        -------
        Series of object
            A :class:`newsflag.Report` for each text, with the same index and name; None where a text is missing, and
            with ``on_error="yield"`` a :class:`newsflag.Failure` where one fails.

        Examples
        --------
        >>> reports = pd.Series(["The council met.\\n\\nREAD MORE: Ten tricks for a flat belly"]).newsflag.flag()
        >>> [flag.kind for flag in reports[0].flags]
        ['teaser']
        """
        task = Task(
            input=input,
            config=Config.of(config, options),
            model=model,
            n_jobs=n_jobs,
            batch_size=batch_size,
            on_error=on_error,
        )
        made = list(task.told(values(self._series)))
        return pd.Series(made, index=self._series.index, name=self._series.name, dtype=object)


__all__ = ["FrameAccessor", "SeriesAccessor"]
