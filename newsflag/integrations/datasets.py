"""newsflag for the datasets of Hugging Face; see :func:`newsflag.flag_frame`."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import newsflag
from newsflag.integrations._columns import Task, flag_arrow

if TYPE_CHECKING:
    import pyarrow as pa


def flag(data: Any, task: Task) -> Any:
    """Flag a dataset, or every one in a dictionary; iterable ones when they are read."""
    import datasets

    if isinstance(data, dict):
        return type(data)({split: flag(part, task) for split, part in data.items()})
    if isinstance(data, datasets.IterableDataset):
        return _flag_iterable(data, task)
    features = _features(data, task)
    if not len(data):  # map would give it back as it is
        info = data.info.copy()
        info.features = features
        return datasets.Dataset.from_dict({name: [] for name in features}, features, info, data.split)
    made = data.with_format("arrow").map(
        functools.partial(_flag, task=dataclasses.replace(task, n_jobs=1)),  # a worker has none of its own
        with_indices=True,
        batched=True,
        batch_size=task.batch_size,
        features=features,
        num_proc=None if task.n_jobs == 1 else _n_processes(task),
        new_fingerprint=_fingerprint(data, task),
        desc="newsflag",
    )
    had = data.format
    hidden = set(data.column_names) - set(had["columns"])
    columns = [name for name in made.column_names if name not in hidden] if hidden else None
    return made.with_format(had["type"], columns, had["output_all_columns"], **had["format_kwargs"])


def _flag_iterable(data: Any, task: Task) -> Any:
    task.alone("whoever reads an iterable dataset", "give a DataLoader num_workers, for instance")
    known = data.features is not None
    features = _features(data, task) if known else None
    task.flagger()  # a model that can't be read is an error here and not when the dataset is read
    had = data._formatting  # noqa: SLF001 - an iterable dataset tells it to nobody
    # As long as nobody knows the types, those of two batches may differ, which Arrow would not have.
    made = data.with_format("arrow" if known else None).map(
        functools.partial(_flag if known else _flag_plain, task=task),
        with_indices=True,
        batched=True,
        batch_size=task.batch_size,
        features=features,
    )
    if not known and task.output == "segments":
        # What map is given it must give back, as nobody knows its columns.
        added = [column.name for column in task.columns]
        made = made.remove_columns(task.text) if task.keep is None else made.select_columns([*task.keep, *added])
    return made.with_format(None if had is None else had.format_type)


def _flag(table: pa.Table, indices: list[int], *, task: Task) -> pa.Table:
    return flag_arrow(task, table, indices[0])


def _flag_plain(batch: dict[str, list[Any]], indices: list[int], *, task: Task) -> dict[str, list[Any]]:
    task.check(batch)
    rows = task.rows(batch[task.text], None if task.title is None else batch[task.title], first=indices[0])
    return {**{name: [values[place] for place in rows.places] for name, values in batch.items()}, **rows.added}


def _features(data: Any, task: Task) -> Any:
    import datasets

    stay = task.check(data.features)
    types = {str: "string", int: "int64", float: "float64", bool: "bool"}
    names = list(data.features)
    return datasets.Features(
        {
            **{names[place]: data.features[names[place]] for place in stay},
            **{column.name: datasets.Value(types[column.type]) for column in task.columns},
        }
    )


def _fingerprint(data: Any, task: Task) -> str:
    """Told by what makes a difference and nothing else, so that the same call finds what it has made before."""
    from datasets.fingerprint import Hasher

    flagger = task.flagger()
    models = [flagger.model.digest, flagger.scores.digest]
    if task.input == "html":
        models.append(flagger.page_model.digest)
    asked = [task.text, task.output, task.title, task.input, task.on_error, task.prefix, task.keep, task.config]
    told = [data._fingerprint, newsflag.__version__, *models, *map(repr, asked)]  # noqa: SLF001
    made: str = Hasher.hash("\n".join(told))
    return made


def _n_processes(task: Task) -> int:
    from joblib import effective_n_jobs

    n: int = effective_n_jobs(task.n_jobs)
    return n


__all__: list[str] = []
