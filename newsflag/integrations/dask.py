"""newsflag for Dask: the columns that a frame gets, as an empty frame of pandas.

Frames are flagged by :func:`newsflag.flag_frame`. Workers are sent what was asked for, and no model: each of
their processes reads the one that is installed there, once.

>>> from newsflag.integrations.dask import META
>>> META["newsflag_insertion"].dtype
dtype('float64')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsflag.integrations._columns import PREFIX, Task

if TYPE_CHECKING:
    META: Any
    """The columns that ``output="article"`` adds to a frame."""


def dask_meta(output: str = "article", *, on_error: str = "raise", prefix: str = PREFIX) -> Any:
    """The columns that are added to a frame whose texts have pandas' own type for texts.

    Parameters
    ----------
    output : {"article", "segments"}
    on_error : {"raise", "yield"}
    prefix : str
        As for :func:`newsflag.flag_frame`.

    Returns
    -------
    pandas.DataFrame
        Without rows.
    """
    from newsflag.integrations.pandas import flag_part  # isort: skip - it tells what is missing

    import pandas as pd

    task = Task(output=output, on_error=on_error, prefix=prefix)
    empty = pd.DataFrame({"text": pd.Series([], dtype=str)})
    return flag_part(empty, task)[[column.name for column in task.columns]]


def flag(frame: Any, task: Task) -> Any:
    """Flag a frame when Dask computes it."""
    from dask.dataframe.dispatch import make_meta

    from newsflag.integrations.pandas import flag_part

    task.alone("Dask", "start as many workers as you want, and repartition the frame")
    meta = flag_part(make_meta(frame), task)
    task.flagger()  # a model that can't be read is an error here and not in a worker
    return frame.map_partitions(_flag, task=task, meta=meta)


def _flag(part: Any, *, task: Task, partition_info: dict[str, Any] | None = None) -> Any:
    from newsflag.integrations.pandas import flag_part

    # Nobody knows how many rows the partitions before it have: as Spark's monotonically_increasing_id.
    number = 0 if partition_info is None else partition_info["number"]
    return flag_part(part, task, number << 33)


def __getattr__(name: str) -> Any:
    if name != "META":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = dask_meta()  # made when it is first asked for: it needs pandas
    return globals()[name]


__all__ = ["META", "dask_meta"]
