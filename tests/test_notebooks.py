"""The notebooks run from top to bottom, and are kept with the outputs that running them gives."""

from __future__ import annotations

import functools
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("matplotlib")
pytest.importorskip("pandas")
pytest.importorskip("selectolax")

HERE: Final = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS: Final = sorted(HERE.glob("*.ipynb"))
PATH: Final = re.compile(r"""(?:^|[\s"'(=:])(?:/\w[\w.-]*){2}|\b[A-Z]:\\""")
"""An absolute path, here or on Windows."""
each_notebook: Final = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
TOOL: Final = runpy.run_path(str(HERE / "execute.py"))
run: Final[Callable[[Path], Any]] = functools.cache(TOOL["run"])
shown, is_volatile, mask = TOOL["shown"], TOOL["is_volatile"], TOOL["mask"]


def read(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 4


@each_notebook
# What the notebook machinery warns of is not ours to mend.
@pytest.mark.filterwarnings("default")
def test_notebook_runs_without_a_warning(path: Path) -> None:
    found = outputs(run(path))
    assert found
    assert [output for output in found if output.output_type == "error"] == []
    assert [output.text for output in found if output.output_type == "stream" and output.name == "stderr"] == []


@each_notebook
@pytest.mark.filterwarnings("default")
def test_kept_outputs_are_what_running_gives(path: Path) -> None:
    kept, new = read(path).cells, run(path).cells
    assert [cell.source for cell in kept] == [cell.source for cell in new]
    for before, after in zip(kept, new, strict=True):
        if before.cell_type != "code":
            continue
        assert before.execution_count == after.execution_count
        if is_volatile(before):
            assert [(kind, list(parts)) for kind, parts in shown(before)] == [
                (kind, list(parts)) for kind, parts in shown(after)
            ]
        else:
            assert shown(before) == shown(after), f"run notebooks/execute.py {path.name}, and look at what changed"


@each_notebook
def test_notebook_holds_nothing_of_the_machine_it_ran_on(path: Path) -> None:
    notebook = read(path)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}
    for output in outputs(notebook):
        parts = [output.text] if output.output_type == "stream" else output.data.values()
        assert [PATH.findall(part) for part in parts if PATH.search(part)] == []


@each_notebook
def test_notebook_is_written_as_the_tool_writes_it(path: Path) -> None:
    notebook = read(path)
    assert path.read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("0.98 of 12", "# of #"),
        ("1,234.5 and 1e-05", "# and #"),
        ("a   b\tc\nd", "a b c\nd"),
        ("no figures", "no figures"),
    ],
)
def test_numbers_and_blanks_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
