"""What a page of Markdown shows: its Python, run, and its commands."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any, Final

_BLOCK: Final = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
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
