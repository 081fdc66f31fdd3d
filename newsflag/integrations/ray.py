"""newsflag for Ray; see :func:`newsflag.flag_frame`.

Workers are sent what was asked for, and no model: each of their processes reads the one that is installed there, once.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from newsflag.integrations._columns import Task, flag_arrow

if TYPE_CHECKING:
    import pyarrow as pa


def flag(frame: Any, task: Task) -> Any:
    """Flag a dataset when Ray computes it."""
    task.alone("Ray", "give it more CPUs, and repartition the dataset")
    # Ray's rows have no numbers, so that there is no place to tell.
    task = dataclasses.replace(task, placed=False)
    schema = frame.schema(fetch_if_missing=False)
    if schema is not None:  # else it would have to be computed: then the first batch is checked
        task.check(schema.names)
    task.flagger()  # a model that can't be read is an error here and not in a worker
    return frame.map_batches(
        _flag,
        fn_kwargs={"task": task},
        batch_format="pyarrow",
        batch_size=task.batch_size,
    )


def _flag(table: pa.Table, *, task: Task) -> pa.Table:
    return flag_arrow(task, table)


__all__: list[str] = []
