"""The splitter's model: everything that splitting needs, and its files.

How models are stored is said in :mod:`newsflag.model.files`.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from newsflag._resources import models_folder
from newsflag._text import N_CLASSES, Floats
from newsflag.errors import ConfigError, ModelError, ModelNotFoundError
from newsflag.evidence import ALONE_COLUMNS, INPUT_COLUMNS, context, hashing, topic
from newsflag.kinds import KINDS
from newsflag.model.files import (
    FORMAT,
    Layout,
    check_record,
    is_name,
    is_share,
    listed,
    models_in,
    read,
    refuse_other,
    stored,
    write,
)

DEFAULT: Final = "splitter"
"""Name of the model that is used when none is named."""

_FACT: Final = "kinds"  # what only a splitter's record has
_HALF: Final = ("idf", "alone_hashed")  # big tables, stored as float16
_NETWORKS: Final = ("first", "second")
_LAYERS: Final = 2  # a hidden one and the kinds' logits


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Everything that scoring needs.

    Parameters
    ----------
    name, version, digest : str
        ``digest`` is the first eight hexadecimal digits of the arrays' SHA-256.
    idf : float32 array, shape (IDF_BUCKETS,)
        How telling each hashed word is, 0…1.
    alone_hashed, alone_surface, alone_bias : float32 arrays
        The layer that judges a segment alone: shapes (BUCKETS, kinds), (alone columns, kinds), (kinds,).
    mean, scale : float32 arrays, shape (inputs,)
        Standardisation of the networks' inputs.
    baseline : float32 array, shape (inputs + verdict columns,)
        The typical paragraph that reasons are measured against, standardised.
    first, second : tuple of (weights, bias)
        Layers of the two networks in context; the last one of each gives the kinds' logits. The second one
        also sees the first one's verdicts on the segment and on its neighbours.
    calibration : float32 array, shape (2,)
        Slope and intercept of the insertion log-odds.
    threshold : float
        ``insertion`` score from which a segment is an insertion, 0…1.
    columns, surface_columns : tuple of str
        Names of the inputs of the network and of the layer that judges alone.
    settings : mapping
        Constants that the evidence was made with.
    metrics, training : mapping
        What was measured, and on what.

    Notes
    -----
    The big tables (``idf``, ``alone_hashed``) are stored as
    float16: they come back as they went out only if they were rounded to it.
    Loaded arrays are read-only, since a shipped model is shared.
    """

    name: str
    version: str
    digest: str
    idf: Floats
    alone_hashed: Floats
    alone_surface: Floats
    alone_bias: Floats
    mean: Floats
    scale: Floats
    first: tuple[tuple[Floats, Floats], ...]
    second: tuple[tuple[Floats, Floats], ...]
    baseline: Floats
    calibration: Floats
    threshold: float
    columns: tuple[str, ...]
    surface_columns: tuple[str, ...]
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any]
    training: Mapping[str, Any]


def settings_of_code() -> dict[str, Any]:
    """Constants of the evidence, which a model must agree with; as they come back from JSON."""
    return {
        "buckets": hashing.BUCKETS,
        "head": hashing.HEAD,
        "tail": hashing.TAIL,
        "orders": list(hashing.ORDERS),
        "head_words": hashing.HEAD_WORDS,
        "tail_words": hashing.TAIL_WORDS,
        "idf_buckets": topic.IDF_BUCKETS,
        "long": topic.LONG,
        "reach": context.REACH,
        "far": context.FAR,
        "window": context.WINDOW,
        "verdict_columns": list(context.VERDICT_COLUMNS),
        "classes": N_CLASSES,
    }


def _layouts(widths: list[int]) -> dict[str, Layout]:
    """Shape of every array, given the width of each network's hidden layer."""
    kinds, alone, n_inputs = len(KINDS), len(ALONE_COLUMNS), len(INPUT_COLUMNS)
    shapes: dict[str, tuple[int, ...]] = {
        "idf": (topic.IDF_BUCKETS,),
        "alone_hashed": (hashing.BUCKETS, kinds),
        "alone_surface": (alone, kinds),
        "alone_bias": (kinds,),
        "mean": (n_inputs,),
        "scale": (n_inputs,),
        "baseline": (n_inputs + len(context.VERDICT_COLUMNS),),
        "calibration": (2,),
    }
    sees = (n_inputs, n_inputs + kinds + len(context.VERDICT_COLUMNS))
    for network, left, width in zip(_NETWORKS, sees, widths, strict=True):
        shapes |= {
            f"{network}_weights_0": (left, width),
            f"{network}_bias_0": (width,),
            f"{network}_weights_1": (width, kinds),
            f"{network}_bias_1": (kinds,),
        }
    return {name: Layout(shape, half=name in _HALF) for name, shape in shapes.items()}


def _arrays(model: Model) -> dict[str, Any]:
    """Every array of a model."""
    arrays: dict[str, Any] = {
        field.name: getattr(model, field.name) for field in dataclasses.fields(model) if field.name in _FIXED
    }
    for network in _NETWORKS:
        for number, (weights, bias) in enumerate(getattr(model, network)):
            arrays[f"{network}_weights_{number}"] = weights
            arrays[f"{network}_bias_{number}"] = bias
    return arrays


_FIXED: Final = frozenset(name for name in _layouts([1, 1]) if not name.startswith(_NETWORKS))


def save(model: Model, folder: str | Path) -> Path:
    """Write a model's two files, each of them whole or not at all.

    Parameters
    ----------
    model : Model
        Its ``digest`` is not used but made anew.
    folder : str or Path
        Where to; made if it isn't there.

    Returns
    -------
    Path
        Of the JSON file.

    Raises
    ------
    ModelError
        When the model could not be loaded again: an array has a wrong shape
        or holds a value that is not finite, it was made for other settings
        than the running code's, or its record can't be written as JSON.
    """
    if len(model.first) != _LAYERS or len(model.second) != _LAYERS:
        raise ModelError(f"model {model.name!r} can't be saved: each of its networks must have {_LAYERS} layers")
    arrays = stored(model.name, _arrays(model), _layouts([1, 1]))
    facts = {
        "version": model.version,
        "kinds": list(KINDS),
        "settings": dict(model.settings),
        "columns": list(model.columns),
        "surface_columns": list(model.surface_columns),
        "widths": [int(arrays[f"{network}_weights_0"].shape[-1]) for network in _NETWORKS],
        "threshold": float(model.threshold),
        "metrics": dict(model.metrics),
        "training": dict(model.training),
    }
    return write(folder, model.name, facts, arrays, _check_facts)


def installed() -> list[str]:
    """Names of the shipped splitters."""
    return [path.stem for path in models_in(models_folder(), _FACT)]


def load(model: str | Path | None = None) -> Model:
    """Read a model and check it.

    Parameters
    ----------
    model : str or Path, optional
        Name of a shipped model, path of a model's JSON file, or a folder that
        holds one model; the splitter by default. Shipped models are read once.

    Raises
    ------
    ModelNotFoundError
        When there is no model of that name or no such file.
    ModelError
        When a file is damaged, foreign, or of a newer format.

    Examples
    --------
    >>> load("splitter").name
    'splitter'
    """
    if model is None:
        return _shipped(DEFAULT)
    if not isinstance(model, str | Path):
        raise ConfigError(f"model is a {type(model).__name__}, but must be a model's name or the path of its JSON file")
    # A shipped name stays that, whatever the working directory holds.
    if isinstance(model, str) and is_name(model) and (models_folder() / f"{model}.json").is_file():
        names = installed()
        if model in names:
            return _shipped(model)
    path = Path(model)
    if str(model) and os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for names that are too long
        found = models_in(path, _FACT)
        if not found:
            raise ModelNotFoundError(f"folder {path} holds no model")
        if len(found) > 1:
            names = [each.name for each in found]
            raise ModelNotFoundError(f"folder {path} holds {len(found)} models, name one of its files: {listed(names)}")
        return _read(found[0])
    if path.suffix == ".npz":
        path = path.with_suffix(".json")
    if path.suffix == ".json" or len(path.parts) > 1 or isinstance(model, Path):
        return _read(path)
    raise ModelNotFoundError(
        f"no model is named {model!r}; there are: {listed(installed())}. Or give the path of a model's JSON file"
    )


@functools.cache
def _shipped(name: str) -> Model:
    return _read(models_folder() / f"{name}.json")


def _read(path: Path) -> Model:
    facts, found = read(path, _check_facts)
    arrays: dict[str, Any] = dict(found)
    networks: dict[str, Any] = {
        network: tuple(
            (arrays.pop(f"{network}_weights_{n}"), arrays.pop(f"{network}_bias_{n}")) for n in range(_LAYERS)
        )
        for network in _NETWORKS
    }
    return Model(
        name=facts["name"],
        version=facts["version"],
        digest=facts["digest"],
        threshold=float(facts["threshold"]),
        columns=tuple(facts["columns"]),
        surface_columns=tuple(facts["surface_columns"]),
        settings=facts["settings"],
        metrics=facts["metrics"],
        training=facts["training"],
        **networks,
        **arrays,
    )


def _check_facts(where: str, facts: Mapping[str, Any]) -> dict[str, Layout]:
    if _FACT not in facts and ("thresholds" in facts or "page_columns" in facts):
        raise ModelError(f"{where} is a model of another sort: splitting needs one that was trained for it")
    for field, ours in (
        ("kinds", list(KINDS)),
        ("settings", settings_of_code()),
        ("columns", list(INPUT_COLUMNS)),
        ("surface_columns", list(ALONE_COLUMNS)),
    ):
        refuse_other(where, field, facts[field], ours)
    check_record(where, facts)
    threshold = facts["threshold"]
    if not is_share(threshold):
        raise ModelError(f"{where}: threshold is {threshold!r}, but must be a number from 0 to 1")
    widths = facts["widths"]
    if (
        not isinstance(widths, list)
        or len(widths) != len(_NETWORKS)
        or not all(type(n) is int and n > 0 for n in widths)
    ):
        raise ModelError(f"{where}: widths must be the sizes of {len(_NETWORKS)} hidden layers, but is {widths!r:.80}")
    return _layouts(widths)


__all__ = ["DEFAULT", "FORMAT", "Model", "installed", "load", "save", "settings_of_code"]
