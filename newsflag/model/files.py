"""The files of every model: arrays as npz, everything else as JSON, both checked before use.

A model is two files, ``NAME.json`` and ``NAME.npz``. The JSON names the format's
version, what the model is made for, the shape and type of every array, and the
npz's size and SHA-256. Nothing is unpickled, and no array is read before its
size and type are known to be right.

The npz is an uncompressed zip: weights hardly compress, the wheel compresses
anyway, and so the same model is the same bytes with every zlib there is.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from newsflag._atomic import write_bytes
from newsflag._resources import models_folder
from newsflag._text import Floats
from newsflag.errors import ConfigError, ModelError, ModelNotFoundError

FORMAT: Final = 2
"""Version of the file format; a file with a higher one comes from a newer newsflag."""

PACKAGE: Final = "newsflag"
LEAST: Final = 1e-30
"""Smaller values are stored as zeros. Training shrinks the weights of idle units to subnormal numbers, which add
nothing to any sum, but with which processors take a hundred times as long."""
_MOST_JSON: Final = 4_000_000  # bytes
_MOST_NPZ: Final = 64_000_000  # bytes
_HEADER: Final = 1024  # bytes that the header of a stored array may take
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # of models and of their files
_STAMP: Final = (1980, 1, 1, 0, 0, 0)  # the same arrays always make the same file
AGAIN: Final = "install newsflag again, or train the model again"


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """Shape of a stored array, and whether it is one of the big tables that are stored as float16."""

    shape: tuple[int, ...]
    half: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type that the array is stored as; little-endian on every machine."""
        return np.dtype("<f2" if self.half else "<f4")

    @property
    def size(self) -> int:
        """Bytes that the array's values take."""
        total = self.dtype.itemsize
        for length in self.shape:
            total *= length
        return total


Layouts: TypeAlias = Mapping[str, Layout]
Check: TypeAlias = Callable[[str, Mapping[str, Any]], Layouts]
"""Checks all that can be known of a model without its arrays, and says how they must be."""


def is_name(name: object) -> bool:
    """Whether a model or one of its files may be called so."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def stored(name: str, arrays: Mapping[str, Any], layouts: Layouts) -> dict[str, Any]:
    """Arrays of the named model as the types that they are stored as, with nothing that is all but zero."""
    try:
        with np.errstate(over="ignore"):  # _check_arrays finds what is too large for float16
            found = {each: np.ascontiguousarray(array, layouts[each].dtype) for each, array in arrays.items()}
    except (TypeError, ValueError) as error:
        raise ModelError(f"{_unsaved(name)}: it holds an array that is not one of numbers ({error})") from error
    for each, array in found.items():
        if array.dtype.itemsize > 2:  # float16 has no such numbers
            found[each] = np.where(np.abs(array) < LEAST, array.dtype.type(0), array)
    return found


def _unsaved(name: str) -> str:
    return f"model {name!r} can't be saved"


def write(folder: str | Path, name: str, facts: Mapping[str, Any], arrays: Mapping[str, Any], check: Check) -> Path:
    """Write a model's two files, each of them whole or not at all.

    Parameters
    ----------
    folder : str or Path
        Where to; made if it isn't there.
    name : str
    facts : mapping
        What the JSON says beside what is added here.
    arrays : mapping
        As they are stored.
    check : callable
        What loading will check: what could not be loaded is not written.

    Raises
    ------
    ModelError
        When the model could not be loaded again.
    """
    folder = Path(folder)
    where = _unsaved(name)
    if not is_name(f"{name}.json"):
        raise ModelError(f"{where}: a name is made of letters, digits, '.', '_' and '-', at most 59 of them")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for member_name, array in sorted(arrays.items()):
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{member_name}.npy", _STAMP)
            info.create_system = 3  # Unix, wherever it is written
            info.external_attr = 0o644 << 16
            archive.writestr(info, member.getvalue())
    npz = content.getvalue()
    told = {
        **facts,
        "format": FORMAT,
        "package": PACKAGE,
        "name": name,
        "digest": _digest(arrays),
        "arrays": {each: {"dtype": array.dtype.name, "shape": list(array.shape)} for each, array in arrays.items()},
        "file": {"name": f"{name}.npz", "size": len(npz), "sha256": hashlib.sha256(npz).hexdigest()},
    }
    try:
        told["seal"] = _seal(told)
        text = json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"
        encoded = text.encode()
    except (TypeError, ValueError) as error:
        raise ModelError(f"{where}: what it records of itself can't be written as JSON ({error})") from error
    if len(encoded) > _MOST_JSON:
        raise ModelError(f"{where}: its record takes {len(encoded)} bytes, more than the {_MOST_JSON} allowed")
    _check(where, told, check)
    _check_arrays(where, arrays, told)
    folder.mkdir(parents=True, exist_ok=True)
    # Should the second write fail, the first file's hash is not the one that
    # the old JSON names, and loading says so.
    write_bytes(folder / f"{name}.npz", npz)
    path = folder / f"{name}.json"
    write_bytes(path, encoded)
    return path


def read(path: Path, check: Check) -> tuple[dict[str, Any], dict[str, Floats]]:
    """Read a model's facts and arrays, as float32 and read-only, and check both.

    Raises
    ------
    ModelNotFoundError
        When there is no such file.
    ModelError
        When a file is damaged, foreign, or of a newer format.
    """
    content = _bytes(path, _MOST_JSON)
    try:
        facts = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"model file {path} is not JSON ({error}): {AGAIN}") from error
    if not isinstance(facts, dict) or facts.get("package") != PACKAGE:
        raise ModelError(f"{path} is not a newsflag model: give the JSON file that was saved with one")
    try:
        arrays = _arrays(path, facts, _check(f"model {path}", facts, check))
    except ModelError:
        raise
    except Exception as error:
        # Whatever else can be wrong with a file, the user is told which file it is.
        raise ModelError(f"model {path} is damaged ({error!r}): {AGAIN}") from error
    if facts.get("seal") != _seal(facts):
        raise ModelError(f"the record of model {path} was changed after it was saved (its seal differs): {AGAIN}")
    return facts, arrays


def read_given(given: object, option: str, sort: str, check: Check) -> tuple[dict[str, Any], dict[str, Floats]]:
    """Read the model that a caller gave for an option, by either of its files.

    Raises
    ------
    ConfigError
        When it is no path; else as :func:`read`.
    """
    if not isinstance(given, str | Path):
        raise ConfigError(f"{option} is a {type(given).__name__}, but must be a {sort} or the path of its JSON file")
    path = Path(given)
    return read(path.with_suffix(".json") if path.suffix == ".npz" else path, check)


def models_in(folder: Path, fact: str) -> list[Path]:
    """JSON files of a folder that belong to models that record this fact: other files may lie there too."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            facts = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(facts, dict) and facts.get("package") == PACKAGE and fact in facts:
            found.append(path)
    return found


def listed(names: list[str]) -> str:
    """Names with commas between them."""
    return ", ".join(names) or "none"


def refuse_other(where: str, field: str, theirs: object, ours: dict[str, Any] | list[str]) -> None:
    """Raise where a model was made for other names or constants than the running code's."""
    if theirs != ours:
        raise ModelError(
            f"{where} was made for other {field} than this newsflag has ({_difference(theirs, ours)}): "
            "train it again, or use the newsflag that it was made with"
        )


def check_record(where: str, facts: Mapping[str, Any]) -> None:
    """Check what every model says of itself."""
    for field in ("name", "version", "digest"):
        if not isinstance(facts[field], str):
            raise ModelError(f"{where}: {field} is {facts[field]!r}, but must be a string")
    for field in ("metrics", "training"):
        if not isinstance(facts[field], dict):
            raise ModelError(f"{where}: {field} must be an object")


def is_share(value: object) -> bool:
    """Whether a value from JSON is a number from 0 to 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _check(where: str, facts: Mapping[str, Any], check: Check) -> Layouts:
    version = facts.get("format")
    if type(version) is not int or version != FORMAT:
        newer = type(version) is int and version > FORMAT
        advice = "upgrade it (pip install -U newsflag)" if newer else AGAIN
        age = "is newer: it has" if newer else "has"
        raise ModelError(f"{where} {age} format {version!r}, and this newsflag reads format {FORMAT}: {advice}")
    layouts = check(where, facts)
    declared = facts["arrays"]
    odd = set(declared) ^ set(layouts)
    if odd:
        raise ModelError(f"{where}: arrays are missing or not known: {listed(sorted(odd))}")
    for name, layout in layouts.items():
        must = {"dtype": layout.dtype.name, "shape": list(layout.shape)}
        if declared[name] != must:
            raise ModelError(f"{where}: array {name} is {declared[name]!r}, but must be {must!r}")
    needed = sum(layout.size for layout in layouts.values())
    if needed > _MOST_NPZ:
        raise ModelError(f"{where}: its arrays take {needed} bytes, more than the {_MOST_NPZ} allowed")
    return layouts


def _arrays(path: Path, facts: Mapping[str, Any], layouts: Layouts) -> dict[str, Floats]:
    """Read the arrays of a model whose facts are checked."""
    name = facts["file"]["name"]
    if not is_name(name):
        raise ModelError(f"model {path} names {name!r:.80} as the file of its arrays, but it must lie beside it")
    file = path.parent / name
    content = _bytes(file, _MOST_NPZ)
    where = f"model file {file}"
    if len(content) != facts["file"]["size"]:
        raise ModelError(
            f"{where} is cut off or not the one that {path.name} belongs to: it has {len(content)} bytes "
            f"instead of {facts['file']['size']!r}; {AGAIN}"
        )
    if hashlib.sha256(content).hexdigest() != facts["file"]["sha256"]:
        raise ModelError(f"{where} is damaged or not the one that {path.name} belongs to (SHA-256 differs): {AGAIN}")
    found = _unpack(where, content, layouts)
    _check_arrays(where, found, facts)
    arrays: dict[str, Any] = {each: array.astype(np.float32) for each, array in found.items()}
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


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


def _bytes(path: Path, most: int) -> bytes:
    """Content of a file, if it has a sensible size."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelNotFoundError(
            f"there is no model file {path}; models that come with newsflag: "
            f"{listed([each.stem for each in models_in(models_folder(), 'format')])}"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"model file {path} can't be read ({error})") from error
    if len(content) > most:
        raise ModelError(f"model file {path} is larger than {most} bytes: it is not one of ours")
    return content


def _difference(theirs: object, ours: dict[str, Any] | list[str]) -> str:
    """A few words on where two settings or lists of names part."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        odd = sorted(str(key) for key in {*theirs, *ours} if theirs.get(key) != ours.get(key))
        return listed([f"{key}: {theirs.get(key)!r:.40} instead of {ours.get(key)!r:.40}" for key in odd[:4]])
    if isinstance(theirs, list) and isinstance(ours, list):
        for number, (one, other) in enumerate(zip(theirs, ours, strict=False)):
            if one != other:
                return f"number {number}: {one!r:.40} instead of {other!r}"
        return f"{len(theirs)} instead of {len(ours)}"
    return f"{type(theirs).__name__} instead of {type(ours).__name__}"


def _unpack(where: str, content: bytes, layouts: Layouts) -> dict[str, Any]:
    """Read the arrays of an npz.

    Not by np.load, which allocates whatever an array's header asks for: here
    header and size must be those expected before the values are looked at.
    """
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: info for info in archive.infolist()}
        if len(members) != len(archive.infolist()) or set(members) != {f"{name}.npy" for name in layouts}:
            odd = sorted(set(members) ^ {f"{name}.npy" for name in layouts})
            raise ModelError(f"{where}: arrays are missing, not known or there twice: {listed(odd)}")
        for name, layout in layouts.items():
            info = members[f"{name}.npy"]
            size = layout.size
            if info.compress_type != zipfile.ZIP_STORED or info.file_size > size + _HEADER:
                raise ModelError(f"{where}: array {name} is compressed or too large, as we never store it")
            raw = archive.read(info)
            header = io.BytesIO(raw)
            if np.lib.format.read_magic(header) != (1, 0):
                raise ModelError(f"{where}: array {name} is stored in a format that is not ours")
            found, by_column, dtype = np.lib.format.read_array_header_1_0(header)
            if found != layout.shape or by_column or dtype != layout.dtype:
                raise ModelError(
                    f"{where}: array {name} is {dtype} of shape {found}, "
                    f"but must be {layout.dtype} of shape {layout.shape}"
                )
            begin = header.tell()
            if len(raw) - begin != size:
                raise ModelError(f"{where}: array {name} has {len(raw) - begin} bytes instead of {size}")
            arrays[name] = np.frombuffer(raw, layout.dtype, offset=begin).reshape(layout.shape)
    return arrays


def _check_arrays(where: str, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Check the values of arrays whose shapes and types are known to be right."""
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ModelError(f"{where}: array {name} holds a value that is not finite (or too large for {array.dtype})")
    for name in ("scale", "off_scale", "article_scale"):
        if name in arrays and not (arrays[name] > 0).all():
            raise ModelError(f"{where}: {name} must be above 0 everywhere")
    if _digest(arrays) != facts["digest"]:
        raise ModelError(f"{where}: its arrays don't have the digest {facts['digest']} that its JSON names; {AGAIN}")


__all__ = [
    "AGAIN",
    "FORMAT",
    "PACKAGE",
    "Check",
    "Layout",
    "Layouts",
    "check_record",
    "is_name",
    "is_share",
    "listed",
    "models_in",
    "read",
    "read_given",
    "refuse_other",
    "stored",
    "write",
]
