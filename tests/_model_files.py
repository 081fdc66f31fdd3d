"""Damaging the files of a saved model, for the tests of every sort of model."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from newsflag import ModelError

Facts: TypeAlias = dict[str, Any]
Members: TypeAlias = dict[str, bytes]


def edit(path: Path, change: Callable[[Facts], object]) -> None:
    """Change the JSON file."""
    facts = json.loads(path.read_text("utf-8"))
    change(facts)
    path.write_text(json.dumps(facts), "utf-8")


def repack(path: Path, change: Callable[[Members], object], compression: int = zipfile.ZIP_STORED) -> None:
    """Change the npz's members and the JSON's record of the file, so that size and hash are right."""
    npz = path.with_suffix(".npz")
    with zipfile.ZipFile(npz) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(npz, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    content = npz.read_bytes()
    record = {"name": npz.name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    edit(path, lambda facts: facts.update(file=record))


def npy(array: Any, *, pickled: bool = False, version: tuple[int, int] = (1, 0)) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, np.asarray(array), version=version, allow_pickle=pickled)
    return content.getvalue()


def put(name: str, content: bytes) -> Callable[[Members], object]:
    return lambda members: members.update({f"{name}.npy": content})


def refused_by(load: Callable[[Path], object], path: Path, *words: str) -> None:
    """Loading fails with a message that names the file and holds the words."""
    with pytest.raises(ModelError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path.with_suffix("")) in message
    for word in words:
        assert word in message
