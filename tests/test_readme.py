"""What the README shows works as shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from _shown import commands, run_blocks

from newsflag.cli import main
from newsflag.kinds import KINDS


@pytest.fixture
def readme(root: Path) -> str:
    """The README's text."""
    return (root / "README.md").read_text(encoding="utf-8")


def test_python_blocks_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert run_blocks(root / "README.md")


def test_the_table_names_every_kind(readme: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)
    assert tuple(rows) == KINDS


def test_commands_shown_exist(root: Path) -> None:
    shown = commands(root / "README.md")
    assert shown
    assert shown <= set(main.commands)


def test_files_linked_exist(readme: str, root: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (root / target).exists(), target
