"""newsflag for Spark: the columns that a frame gets, as Spark writes them.

Frames are flagged by :func:`newsflag.flag_frame`. Its workers are sent what was asked for, and no model: each
of their processes reads the one that is installed there, once.

>>> spark_schema("segments", prefix="")[:47]
'article BIGINT NOT NULL, start BIGINT NOT NULL,'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from newsflag.errors import ConfigError
from newsflag.integrations._columns import PREFIX, Column, Task, columns, flag_arrow

if TYPE_CHECKING:
    import pyarrow as pa

_SQL: Final = {str: "STRING", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN"}


def spark_schema(output: str = "article", *, on_error: str = "raise", prefix: str = PREFIX) -> str:
    """The columns that are added to a frame, in Spark's language of schemas.

    Parameters
    ----------
    output : {"article", "segments"}
    on_error : {"raise", "yield"}
    prefix : str
        As for :func:`newsflag.flag_frame`.

    Returns
    -------
    str
        What Spark's ``StructType.fromDDL`` reads, and ``mapInPandas`` takes as its schema.
    """
    return ", ".join(_written(column) for column in columns(output, on_error=on_error, prefix=prefix))


def _written(column: Column) -> str:
    simple = column.name.isascii() and column.name.isidentifier()
    name = column.name if simple else f"`{column.name.replace('`', '``')}`"
    return f"{name} {_SQL[column.type]}{'' if column.nullable else ' NOT NULL'}"


SPARK_SCHEMA: Final = spark_schema()
"""The columns that ``output="article"`` adds to a frame."""


def flag(frame: Any, task: Task) -> Any:
    """Flag a frame when Spark computes it."""
    from pyspark.sql import types

    try:
        import pyarrow  # noqa: F401, ICN001 - its workers do
    except ImportError as error:
        raise ImportError("flag_frame on a Spark frame needs pyarrow: pip install 'newsflag[spark]'") from error
    task.alone("Spark", "set its number of cores or executors, and repartition the frame")
    stay = task.check(frame.columns)
    for name in frame.columns:
        if "." in name or "`" in name:
            raise ConfigError(
                f"the column {name!r} has a dot or a backtick in its name, which Spark's mapInArrow can't take: "
                "rename it before, for instance with withColumnRenamed"
            )
    task.flagger()  # a model that can't be read is an error here and not in a worker
    sorts = {str: types.StringType, int: types.LongType, float: types.DoubleType, bool: types.BooleanType}
    schema = types.StructType(
        [
            *(frame.schema.fields[place] for place in stay),
            *(types.StructField(column.name, sorts[column.type](), column.nullable) for column in task.columns),
        ]
    )
    # In Arrow rather than in pandas: the other columns come through as they are, whole numbers with gaps too.
    return frame.mapInArrow(_work(task), schema)


def _work(task: Task) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        from pyspark import TaskContext

        context = TaskContext.get()
        # As Spark's monotonically_increasing_id: nobody knows how many rows the partitions before it have.
        first = (0 if context is None else context.partitionId()) << 33
        for batch in batches:
            made = flag_arrow(task, pa.Table.from_batches([batch]), first)
            first += batch.num_rows
            yield from made.combine_chunks().to_batches()

    return work


__all__ = ["SPARK_SCHEMA", "spark_schema"]
