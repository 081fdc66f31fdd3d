"""What the README shows works as shown."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import pytest

from newsflag.cli import main
from newsflag.kinds import KINDS


@pytest.fixture
def readme(root: Path) -> str:
    """The README's text."""
    return (root / "README.md").read_text(encoding="utf-8")


def test_python_blocks_run(readme: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    assert blocks
    monkeypatch.chdir(root)
    names: dict[str, Any] = {"__name__": "readme"}
    for block in blocks:
        line = readme[: readme.index(block)].count("\n")
        if ">>>" in block:
            test = doctest.DocTestParser().get_doctest(block, names, f"README.md:{line + 1}", "README.md", line)
            results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, clear_globs=False)
            assert results.failed == 0
            names.update(test.globs)
        else:
            # With its line numbers, so that a failure points at the README.
            exec(compile("\n" * line + block, "README.md", "exec"), names)  # noqa: S102


def test_the_table_names_every_kind(readme: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)
    assert tuple(rows) == KINDS


def test_commands_shown_exist(readme: str) -> None:
    shown = set(re.findall(r"^(?:\$ |.*\| )?newsflag (\w+)", readme, re.MULTILINE))
    assert shown
    assert shown <= set(main.commands)


def test_files_linked_exist(readme: str, root: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (root / target).exists(), target
