"""Runs the notebooks in place and leaves nothing in them that differs from machine to machine.

    python notebooks/execute.py [NOTEBOOK…]

Without names all notebooks of this folder are run. They are kept with their outputs, without times of execution,
versions of kernel and language, and paths of the machine. A cell tagged ``volatile`` prints something that is never
the same twice, such as a time: where nothing but its digits differ it keeps the output it had.
"""

from __future__ import annotations

import asyncio
import base64
import copy
import os
import re
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

# Lists the fonts where that was not done before: a kernel would say so on stderr where it takes long.
import matplotlib.font_manager  # noqa: F401
import nbclient
import nbformat

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
SECONDS: Final = 300  # for one cell

_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*(?:e[+-]?\d+)?")
_BLANKS: Final = re.compile(r"[ \t]+")
_SIGNATURE: Final = 8  # bytes at the head of a PNG
_ANCILLARY: Final = (b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf")


def run(path: Path) -> Any:
    """Run a notebook from top to bottom, in its folder, and give it tidied.

    Parameters
    ----------
    path : Path
        It is read, not written.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        When a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    before = copy.deepcopy(notebook)
    client = nbclient.NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(client.async_execute(env=_environment(folder)))
    _tidy(notebook)
    for old, new in zip(before.cells, notebook.cells, strict=True):
        if is_volatile(new) and shown(old) == shown(new):
            new.outputs = old.outputs
    return notebook


def is_volatile(cell: Any) -> bool:
    """Whether what a cell prints is never the same twice."""
    return "volatile" in cell.metadata.get("tags", [])


def shown(cell: Any) -> list[tuple[str, dict[str, str | None]]]:
    """What a cell shows, an output a row: its type, and by MIME type its text with digits and blanks masked.

    The text of pictures is None: what they look like is a matter of the library that draws them.
    """
    rows = []
    for output in cell.get("outputs", []):
        parts = {output.name: output.text} if output.output_type == "stream" else dict(output.get("data", {}))
        masked = {mime: None if mime.startswith("image/") else mask(str(text)) for mime, text in parts.items()}
        rows.append((output.output_type, masked))
    return rows


def mask(text: str) -> str:
    """Text with every number as ``#`` and every run of blanks as one.

    >>> mask("characters  1145 to 1275:   0.98")
    'characters # to #: #'
    """
    return _BLANKS.sub(" ", _NUMBER.sub("#", text))


def main(names: list[str]) -> None:
    """Run the notebooks and write them back."""
    for path in [Path(name) for name in names] or sorted(HERE.glob("*.ipynb")):
        nbformat.write(run(path), path)  # type: ignore[no-untyped-call]
        print(path.name)


def _environment(folder: str) -> dict[str, str]:
    """The process's own, with newsflag found in this repo, the user's set-up left out and warnings shown."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONWARNINGS", "MPLBACKEND")}
    search = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
    settings = {"PYTHONPATH": search, "PYTHONHASHSEED": "0", "COLUMNS": "110"}
    # An empty file of settings, and not a folder of its own: matplotlib would list all fonts anew for every notebook.
    plain = Path(folder, "matplotlibrc")
    plain.touch()
    return {**environment, **settings, "IPYTHONDIR": folder, "MATPLOTLIBRC": str(plain)}


def _tidy(notebook: Any) -> None:
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type != "code":
            continue
        cell.outputs = _joined(cell.outputs)
        for output in cell.outputs:
            if output.output_type == "stream":
                output.text = _without_paths(output.text)
                continue
            output.metadata = {}
            if "text/html" in output.get("data", {}):
                output.data.pop("text/plain", None)  # the same once more, and of a report much longer
            for mime, content in output.get("data", {}).items():
                if mime == "image/png":
                    output.data[mime] = _bare(content)
                elif isinstance(content, str):
                    output.data[mime] = _without_paths(content)


def _joined(outputs: list[Any]) -> list[Any]:
    """Outputs with what was printed in one go in one piece: it comes in as many as it happens to."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _without_paths(text: str) -> str:
    for path, short in ((ROOT, ".."), (Path(tempfile.gettempdir()), "…"), (Path.home(), "~")):
        if path != Path(path.anchor):
            text = text.replace(f"{path}{os.sep}", f"{short}/").replace(str(path), short)
    return text


def _bare(content: str) -> str:
    """A PNG without the chunks that say when and by what it was made."""
    data = base64.b64decode(content)
    parts = [data[:_SIGNATURE]]
    at = _SIGNATURE
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        end = at + size + 12  # length, name and checksum
        if data[at + 4 : at + 8] not in _ANCILLARY:
            parts.append(data[at:end])
        at = end
    return base64.b64encode(b"".join(parts)).decode("ascii")


__all__ = ["is_volatile", "main", "mask", "run", "shown"]

if __name__ == "__main__":
    main(sys.argv[1:])
