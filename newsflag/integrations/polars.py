"""newsflag for polars; see :func:`newsflag.flag_frame`."""

from __future__ import annotations

import functools
from typing import Any

from newsflag.integrations._columns import Task


def flag(frame: Any, task: Task) -> Any:
    """Flag a DataFrame at once, or a LazyFrame when it is collected."""
    import polars as pl

    if not isinstance(frame, pl.LazyFrame):
        return _flag(frame, task)
    empty = pl.DataFrame(schema=frame.collect_schema())
    # Told now, so that a wrong column is an error here and not when all is collected.
    schema = _flag(empty, task).schema
    task.flagger()  # nor a model that can't be read
    return frame.map_batches(
        functools.partial(_flag, task=task),
        schema=schema,
        # Rows and columns that are dropped later must be there for now: a row becomes several.
        predicate_pushdown=False,
        projection_pushdown=False,
        slice_pushdown=False,
    )


def _flag(frame: Any, task: Task) -> Any:
    import polars as pl

    types: dict[type, Any] = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean}
    stay = task.check(frame.columns)
    rows = task.rows(frame[task.text], None if task.title is None else frame[task.title])
    added = [pl.Series(column.name, rows.added[column.name], dtype=types[column.type]) for column in task.columns]
    if task.output == "article":
        return frame.with_columns(added)
    places = pl.Series(rows.places, dtype=pl.Int64)
    return pl.DataFrame([*(frame[:, place].gather(places) for place in stay), *added])


__all__: list[str] = []
