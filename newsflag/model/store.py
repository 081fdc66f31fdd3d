"""The model and its files: arrays as npz, everything else as JSON, both checked before use.

A model is two files, ``NAME.json`` and ``NAME.npz``. The JSON names the format's
version, the kinds, the settings that the evidence was made with, the shape and
type of every array, and the npz's size and SHA-256. Nothing is unpickled, and
no array is read before its size and type are known to be right.

The npz is an uncompressed zip: weights hardly compress, the wheel compresses
anyway, and so the same model is the same bytes with every zlib there is.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from newsflag._resources import models_folder
from newsflag._text import N_CLASSES, Floats
from newsflag.errors import ConfigError, ModelError, ModelNotFoundError
from newsflag.evidence import ALONE_COLUMNS, INPUT_COLUMNS, context, hashing, topic
from newsflag.kinds import KINDS

FORMAT: Final = 1
"""Version of the file format; a file with a higher one comes from a newer newsflag."""

DEFAULT: Final = "splitter"
"""Name of the model that is used when none is named."""

_PACKAGE: Final = "newsflag"
_HALF: Final = ("idf", "alone_hashed", "head_hashed")  # big tables, stored as float16
_WORDING_SCORES: Final = 3  # clickbait, sensational, persuasion
_MOST_JSON: Final = 4_000_000  # bytes
_MOST_NPZ: Final = 64_000_000  # bytes
_NETWORKS: Final = ("first", "second")
_LAYERS: Final = 2  # a hidden one and the kinds' logits
_HEADER: Final = 1024  # bytes that the header of a stored array may take
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # of models and of their files
_STAMP: Final = (1980, 1, 1, 0, 0, 0)  # the same arrays always make the same file
_AGAIN: Final = "install newsflag again, or train the model again"


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
    head_hashed, head_surface, head_bias : float32 arrays
        The layer of the wording scores: shapes (BUCKETS, 3), (alone columns, 3), (3,).
    off_topic : float32 array, shape (topic columns + 1,)
        The layer of the off-topic score, its bias last.
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
    The big tables (``idf``, ``alone_hashed``, ``head_hashed``) are stored as
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
    head_hashed: Floats
    head_surface: Floats
    head_bias: Floats
    off_topic: Floats
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


def _shapes(widths: list[int]) -> dict[str, tuple[int, ...]]:
    """Shape of every array, given the width of each network's hidden layer."""
    kinds, alone, n_inputs, heads = len(KINDS), len(ALONE_COLUMNS), len(INPUT_COLUMNS), _WORDING_SCORES
    shapes: dict[str, tuple[int, ...]] = {
        "idf": (topic.IDF_BUCKETS,),
        "alone_hashed": (hashing.BUCKETS, kinds),
        "alone_surface": (alone, kinds),
        "alone_bias": (kinds,),
        "head_hashed": (hashing.BUCKETS, heads),
        "head_surface": (alone, heads),
        "head_bias": (heads,),
        "off_topic": (len(topic.COLUMNS) + 1,),
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
    return shapes


def _dtype(name: str) -> np.dtype[Any]:
    """Type that an array is stored as; little-endian on every machine."""
    return np.dtype("<f2" if name in _HALF else "<f4")


def _arrays(model: Model) -> dict[str, Any]:
    """Every array of a model as it is stored."""
    arrays: dict[str, Any] = {
        field.name: getattr(model, field.name) for field in dataclasses.fields(model) if field.name in _FIXED
    }
    for network in _NETWORKS:
        for number, (weights, bias) in enumerate(getattr(model, network)):
            arrays[f"{network}_weights_{number}"] = weights
            arrays[f"{network}_bias_{number}"] = bias
    with np.errstate(over="ignore"):  # _check_arrays finds what is too large for float16
        return {name: np.ascontiguousarray(array, _dtype(name)) for name, array in arrays.items()}


_FIXED: Final = frozenset(name for name in _shapes([1, 1]) if not name.startswith(_NETWORKS))


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
    folder = Path(folder)
    where = f"model {model.name!r} can't be saved"
    if not _NAME.fullmatch(f"{model.name}.json"):
        raise ModelError(f"{where}: a name is made of letters, digits, '.', '_' and '-', at most 59 of them")
    if len(model.first) != _LAYERS or len(model.second) != _LAYERS:
        raise ModelError(f"{where}: each of its networks must have {_LAYERS} layers")
    try:
        arrays = _arrays(model)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{where}: it holds an array that is not one of numbers ({error})") from error
    widths = [int(arrays[f"{network}_weights_0"].shape[-1]) for network in _NETWORKS]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, array in sorted(arrays.items()):
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", _STAMP)
            info.create_system = 3  # Unix, wherever it is written
            info.external_attr = 0o644 << 16
            archive.writestr(info, member.getvalue())
    npz = content.getvalue()
    facts = {
        "format": FORMAT,
        "package": _PACKAGE,
        "name": model.name,
        "version": model.version,
        "digest": _digest(arrays),
        "kinds": list(KINDS),
        "settings": dict(model.settings),
        "columns": list(model.columns),
        "surface_columns": list(model.surface_columns),
        "widths": widths,
        "threshold": float(model.threshold),
        "metrics": dict(model.metrics),
        "training": dict(model.training),
        "arrays": {
            name: {"dtype": array.dtype.name, "shape": list(array.shape)} for name, array in sorted(arrays.items())
        },
        "file": {"name": f"{model.name}.npz", "size": len(npz), "sha256": hashlib.sha256(npz).hexdigest()},
    }
    try:
        facts["seal"] = _seal(facts)
        text = json.dumps(facts, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"
        encoded = text.encode()
    except (TypeError, ValueError) as error:
        raise ModelError(f"{where}: what it records of itself can't be written as JSON ({error})") from error
    # What could not be loaded is not written.
    if len(encoded) > _MOST_JSON:
        raise ModelError(f"{where}: its record takes {len(encoded)} bytes, more than the {_MOST_JSON} allowed")
    _check_facts(where, facts)
    _check_arrays(where, arrays, facts)
    folder.mkdir(parents=True, exist_ok=True)
    # Should the second write fail, the first file's hash is not the one that
    # the old JSON names, and loading says so.
    _write(folder / f"{model.name}.npz", npz)
    path = folder / f"{model.name}.json"
    _write(path, encoded)
    return path


def _write(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _digest(arrays: Mapping[str, Any]) -> str:
    total = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        total.update(name.encode())
        total.update(array.tobytes())
    return total.hexdigest()[:8]


def _seal(facts: Mapping[str, Any]) -> str:
    """SHA-256 of all that the JSON file says, so that no fact of it changes unnoticed."""
    told = {name: fact for name, fact in facts.items() if name != "seal"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, allow_nan=False).encode()).hexdigest()


def installed() -> list[str]:
    """Names of the shipped models."""
    return [path.stem for path in _models_in(models_folder())]


def _models_in(folder: Path) -> list[Path]:
    """JSON files of a folder that belong to models of this module: other files may lie there too."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            facts = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(facts, dict) and facts.get("package") == _PACKAGE and "kinds" in facts:
            found.append(path)
    return found


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
    if isinstance(model, str) and _NAME.fullmatch(model) and (models_folder() / f"{model}.json").is_file():
        names = installed()
        if model in names:
            return _shipped(model)
    path = Path(model)
    if str(model) and os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for names that are too long
        found = _models_in(path)
        if not found:
            raise ModelNotFoundError(f"folder {path} holds no model")
        if len(found) > 1:
            names = [each.name for each in found]
            raise ModelNotFoundError(f"folder {path} holds {len(found)} models, name one of its files: {_list(names)}")
        return _read(found[0])
    if path.suffix == ".npz":
        path = path.with_suffix(".json")
    if path.suffix == ".json" or len(path.parts) > 1 or isinstance(model, Path):
        return _read(path)
    raise ModelNotFoundError(
        f"no model is named {model!r}; there are: {_list(installed())}. Or give the path of a model's JSON file"
    )


def _list(names: list[str]) -> str:
    return ", ".join(names) or "none"


@functools.cache
def _shipped(name: str) -> Model:
    return _read(models_folder() / f"{name}.json")


def _read(path: Path) -> Model:
    content = _bytes(path, _MOST_JSON)
    try:
        facts = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"model file {path} is not JSON ({error}): {_AGAIN}") from error
    if not isinstance(facts, dict) or facts.get("package") != _PACKAGE:
        raise ModelError(f"{path} is not a newsflag model: give the JSON file that was saved with one")
    try:
        _check_facts(f"model {path}", facts)
        model = _build(path, facts)
    except ModelError:
        raise
    except Exception as error:
        # Whatever else can be wrong with a file, the user is told which file it is.
        raise ModelError(f"model {path} is damaged ({error!r}): {_AGAIN}") from error
    if facts.get("seal") != _seal(facts):
        raise ModelError(f"the record of model {path} was changed after it was saved (its seal differs): {_AGAIN}")
    return model


def _bytes(path: Path, most: int) -> bytes:
    """Content of a file, if it has a sensible size."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelNotFoundError(
            f"there is no model file {path}; models that come with newsflag: {_list(installed())}"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"model file {path} can't be read ({error})") from error
    if len(content) > most:
        raise ModelError(f"model file {path} is larger than {most} bytes: it is not one of ours")
    return content


def _check_facts(where: str, facts: Mapping[str, Any]) -> None:
    """Check all that can be known of a model without its arrays."""
    version = facts.get("format")
    if type(version) is not int or version != FORMAT:
        newer = type(version) is int and version > FORMAT
        advice = "upgrade it (pip install -U newsflag)" if newer else _AGAIN
        age = "is newer: it has" if newer else "has"
        raise ModelError(f"{where} {age} format {version!r}, and this newsflag reads format {FORMAT}: {advice}")
    for field, ours in (
        ("kinds", list(KINDS)),
        ("settings", settings_of_code()),
        ("columns", list(INPUT_COLUMNS)),
        ("surface_columns", list(ALONE_COLUMNS)),
    ):
        if facts[field] != ours:
            raise ModelError(
                f"{where} was made for other {field} than this newsflag has ({_difference(facts[field], ours)}): "
                "train it again, or use the newsflag that it was made with"
            )
    for field in ("name", "version", "digest"):
        if not isinstance(facts[field], str):
            raise ModelError(f"{where}: {field} is {facts[field]!r}, but must be a string")
    for field in ("metrics", "training"):
        if not isinstance(facts[field], dict):
            raise ModelError(f"{where}: {field} must be an object")
    threshold = facts["threshold"]
    if not _is_number(threshold) or not 0 <= threshold <= 1:
        raise ModelError(f"{where}: threshold is {threshold!r}, but must be a number from 0 to 1")
    widths = facts["widths"]
    if (
        not isinstance(widths, list)
        or len(widths) != len(_NETWORKS)
        or not all(type(n) is int and n > 0 for n in widths)
    ):
        raise ModelError(f"{where}: widths must be the sizes of {len(_NETWORKS)} hidden layers, but is {widths!r:.80}")
    declared, shapes = facts["arrays"], _shapes(widths)
    odd = set(declared) ^ set(shapes)
    if odd:
        raise ModelError(f"{where}: arrays are missing or not known: {_list(sorted(odd))}")
    for name, shape in shapes.items():
        must = {"dtype": _dtype(name).name, "shape": list(shape)}
        if declared[name] != must:
            raise ModelError(f"{where}: array {name} is {declared[name]!r}, but must be {must!r}")
    needed = sum(_size(name, shape) for name, shape in shapes.items())
    if needed > _MOST_NPZ:
        raise ModelError(f"{where}: its arrays take {needed} bytes, more than the {_MOST_NPZ} allowed")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _difference(theirs: object, ours: dict[str, Any] | list[str]) -> str:
    """A few words on where two settings or lists of names part."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        odd = sorted(str(key) for key in {*theirs, *ours} if theirs.get(key) != ours.get(key))
        return _list([f"{key}: {theirs.get(key)!r:.40} instead of {ours.get(key)!r:.40}" for key in odd[:4]])
    if isinstance(theirs, list) and isinstance(ours, list):
        for number, (one, other) in enumerate(zip(theirs, ours, strict=False)):
            if one != other:
                return f"number {number}: {one!r:.40} instead of {other!r}"
        return f"{len(theirs)} instead of {len(ours)}"
    return f"{type(theirs).__name__} instead of {type(ours).__name__}"


def _size(name: str, shape: tuple[int, ...]) -> int:
    """Bytes that an array's values take."""
    total = _dtype(name).itemsize
    for length in shape:
        total *= length
    return total


def _build(path: Path, facts: dict[str, Any]) -> Model:
    """Read the arrays of a model whose facts are checked."""
    name = facts["file"]["name"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ModelError(f"model {path} names {name!r:.80} as the file of its arrays, but it must lie beside it")
    file = path.parent / name
    content = _bytes(file, _MOST_NPZ)
    where = f"model file {file}"
    if len(content) != facts["file"]["size"]:
        raise ModelError(
            f"{where} is cut off or not the one that {path.name} belongs to: it has {len(content)} bytes "
            f"instead of {facts['file']['size']!r}; {_AGAIN}"
        )
    if hashlib.sha256(content).hexdigest() != facts["file"]["sha256"]:
        raise ModelError(f"{where} is damaged or not the one that {path.name} belongs to (SHA-256 differs): {_AGAIN}")
    stored = _unpack(where, content, _shapes(facts["widths"]))
    _check_arrays(where, stored, facts)
    arrays: dict[str, Any] = {name: array.astype(np.float32) for name, array in stored.items()}
    for array in arrays.values():
        array.setflags(write=False)
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


def _unpack(where: str, content: bytes, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Read the arrays of an npz.

    Not by np.load, which allocates whatever an array's header asks for: here
    header and size must be those expected before the values are looked at.
    """
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: info for info in archive.infolist()}
        if len(members) != len(archive.infolist()) or set(members) != {f"{name}.npy" for name in shapes}:
            odd = sorted(set(members) ^ {f"{name}.npy" for name in shapes})
            raise ModelError(f"{where}: arrays are missing, not known or there twice: {_list(odd)}")
        for name, shape in shapes.items():
            info = members[f"{name}.npy"]
            size = _size(name, shape)
            if info.compress_type != zipfile.ZIP_STORED or info.file_size > size + _HEADER:
                raise ModelError(f"{where}: array {name} is compressed or too large, as we never store it")
            raw = archive.read(info)
            header = io.BytesIO(raw)
            if np.lib.format.read_magic(header) != (1, 0):
                raise ModelError(f"{where}: array {name} is stored in a format that is not ours")
            found, by_column, dtype = np.lib.format.read_array_header_1_0(header)
            if found != shape or by_column or dtype != _dtype(name):
                raise ModelError(
                    f"{where}: array {name} is {dtype} of shape {found}, but must be {_dtype(name)} of shape {shape}"
                )
            begin = header.tell()
            if len(raw) - begin != size:
                raise ModelError(f"{where}: array {name} has {len(raw) - begin} bytes instead of {size}")
            arrays[name] = np.frombuffer(raw, _dtype(name), offset=begin).reshape(shape)
    return arrays


def _check_arrays(where: str, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Check the values of arrays whose shapes and types are known to be right."""
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ModelError(f"{where}: array {name} holds a value that is not finite (or too large for {array.dtype})")
    if not (arrays["scale"] > 0).all():
        raise ModelError(f"{where}: scale must be above 0 everywhere")
    if _digest(arrays) != facts["digest"]:
        raise ModelError(f"{where}: its arrays don't have the digest {facts['digest']} that its JSON names; {_AGAIN}")


__all__ = ["DEFAULT", "FORMAT", "Model", "installed", "load", "save", "settings_of_code"]
