"""What a page of Markdown shows: its Python, run, and its commands, run in a shell."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
_BLOCK: Final = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CONSOLE: Final = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMAND: Final = re.compile(r"^(?:\$ |.*\| )?newsflag (\w+)", re.MULTILINE)


def run_blocks(page: Path) -> int:
    """Run a page's blocks from top to bottom in one namespace, those with prompts as doctests; give their number."""
    text = page.read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": page.stem}
    blocks = list(_BLOCK.finditer(text))
    for match in blocks:
        block = match[1]
        line = text[: match.start(1)].count("\n")
        if ">>>" in block:
            where = f"{page.name}:{line + 1}"
            test = doctest.DocTestParser().get_doctest(block, names, where, page.name, line)
            results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, clear_globs=False)
            assert results.failed == 0, where
            names.update(test.globs)
        else:
            # With its line numbers, so that a failure points at the page.
            exec(compile("\n" * line + block, page.name, "exec"), names)  # noqa: S102 - our own page
    return len(blocks)


def commands(page: Path) -> set[str]:
    """The commands of newsflag that a page shows."""
    return set(_COMMAND.findall(page.read_text(encoding="utf-8")))


def typed(page: Path) -> list[str]:
    """Every line that a page's console blocks type, as it stands there, in their order."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in _CONSOLE.findall(text) for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def without_comment(line: str) -> str:
    """A line as a table of expectations names it."""
    return line.partition(" #")[0].rstrip()


class Shell:
    """Bash in a folder with the files that our pages name: article.txt, articles/, page.html, pages/ and notebooks/.

    The ``newsflag`` that is run is the one under test.

    Parameters
    ----------
    folder : Path
        An empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self._bin = folder / "bin"
        docs, articles = ROOT / "docs", ROOT / "notebooks" / "articles"
        self.folder.mkdir()
        shutil.copy(docs / "example.txt", self.folder / "article.txt")
        shutil.copy(docs / "example.html", self.folder / "page.html")
        shutil.copytree(articles, self.folder / "articles")
        shutil.copytree(articles, self.folder / "notebooks" / "articles")
        (self.folder / "pages").mkdir()
        for page in articles.glob("*.html"):
            shutil.copy(page, self.folder / "pages")
        self._bin.mkdir()
        self.stand_in("newsflag", f'exec "{sys.executable}" -m newsflag "$@"')

    def stand_in(self, name: str, script: str) -> None:
        """Put a program first on the PATH."""
        program = self._bin / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)

    def run(self, line: str, *, folder: Path | None = None, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run a line as it stands, with ``changes`` of the environment; it fails where a part of a pipe does."""
        environment = {
            # Without what make tells those that it runs: these tests may be among them.
            **{name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")},
            "PATH": os.pathsep.join((str(self._bin), os.environ.get("PATH", os.defpath))),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            "COLUMNS": "100",
            **changes,
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-o", "pipefail", "-c", line],
            cwd=folder or self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
