"""Make the pictures of the documentation, each of what newsflag really prints, in a frame drawn here.

    python docs/screenshots.py [--only NAME]… [--browser PROGRAM] [--out FOLDER]

- ``example``: the page docs/example.html and beside it its report
- ``notebook``: two cells, run, with the article in docs/what-it-finds.md, and the report that they show
- ``report``: the page that ``newsflag report`` writes of some of notebooks/articles, one of them opened
- ``terminal``: what ``newsflag check`` lists of the article in docs/what-it-finds.md, in colour

Needs the ``dev`` extra and Chromium, or a browser that takes the same options. Nothing is fetched.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import nbclient
import nbformat
from PIL import Image

import newsflag
from newsflag._atomic import write_bytes

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
SECONDS: Final = 120  # until a browser or a cell that hangs is given up
WIDE: Final = 820  # pixels, about what code hosts give to a README
SCALE: Final = 1.5  # dots to a pixel, for screens that have more of them
COLUMNS: Final = 100  # cells in a row of the terminal
LISTED: Final = "newsflag check article.txt"
REPORTED: Final = "newsflag report articles/ -o out.html"
CELLS: Final = ('import newsflag\n\ntext = open("article.txt", encoding="utf-8").read()', "newsflag.flag(text)")
# So few that the table and the first of them, opened, fit into a picture.
ARTICLES: Final = ("harbour-strike.txt", "night-train.html", "stadtrat-freibad.txt", "tap-water-panic.txt")
OPTIONS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-lcd-text",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The codes of the 16-colour terminal that listings use, in colours that read well on the dark ground below.
CODES: Final = {
    "1": "font-weight:bold",
    "2": "color:#9aa4af",
    "31": "color:#ff8f85",
    "33": "color:#e8bd4f",
    "35": "color:#d7aefb",
    "36": "color:#66d3df",
}
_CODE: Final = re.compile(r"\x1b\[([\d;]*)m")

# Reports are shown in light colours whatever the system's are.
_START: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>{style}</style>
<body data-jp-theme-light="true">
"""
# Both at a size at which they stand side by side.
_BESIDE: Final = """
  body { margin: 0; display: flex; gap: 12px; padding: 12px; background: #d8dee4; height: 100vh; }
  body, body > * { box-sizing: border-box; }
  body > * { overflow: hidden; border: 0; background: #fff; }
  iframe { flex: none; width: 740px; zoom: .45; }
  main { flex: 1; font: 11px/1.45 Helvetica, Arial, sans-serif; }
"""
_NOTEBOOK: Final = """
  body { margin: 0; padding: 12px 12px 0 0; background: #fff; font: 13px/1.4 Helvetica, Arial, sans-serif; }
  section { display: grid; grid-template-columns: 52px minmax(0, 1fr); gap: 4px 8px; margin-bottom: 10px; }
  pre { margin: 0; padding: 6px 0; font: 13px/1.4 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
  .prompt { text-align: right; color: #307fc1; }
  .output { color: #bf5b3d; }
  .input { padding: 6px 8px; border: 1px solid #d0d0d0; background: #f7f7f7; }
"""
_TERMINAL: Final = """
  body { margin: 0; padding: 14px 16px; background: #1c2128; color: #e6edf3; }
  pre { margin: 0; font: 13px/1.4 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
  b { color: #7ee787; }
"""


def example() -> str:
    """Set a page and its report side by side."""
    page = (HERE / "example.html").read_text(encoding="utf-8")
    report = newsflag.flag_html(page)._repr_html_()
    start = _START.format(title="A page and its report", style=_BESIDE)
    return f'{start}<iframe srcdoc="{html.escape(page)}"></iframe>\n<main>{report}</main>\n</body>\n</html>\n'


def article() -> str:
    """The first article in docs/what-it-finds.md, which is set in lines there; its paragraphs are lines."""
    [shown] = re.findall(r"```text\n(.*?)```", (HERE / "what-it-finds.md").read_text(encoding="utf-8"), re.DOTALL)
    return "\n\n".join(" ".join(part.split()) for part in shown.split("\n\n")) + "\n"


def notebook() -> str:
    """Run the cells in a kernel, and set them and what they show in a frame like Jupyter's."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]  # type: ignore[no-untyped-call]
    book = nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "article.txt").write_text(article(), encoding="utf-8")
        client = nbclient.NotebookClient(
            book,
            timeout=SECONDS,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": folder}},
        )
        asyncio.run(client.async_execute())
    start = _START.format(title="A report in a notebook", style=_NOTEBOOK)
    return f"{start}{''.join(map(_cell, book.cells))}</body>\n</html>\n"


def _cell(cell: Any) -> str:
    prompt = f"[{cell.execution_count}]:"
    parts = [f'<pre class="prompt">{prompt}</pre><pre class="input">{html.escape(cell.source)}</pre>']
    parts += [
        f'<pre class="prompt output">{prompt}</pre><div>{output.data["text/html"]}</div>' for output in cell.outputs
    ]
    return f"<section>{''.join(parts)}</section>\n"


def report() -> str:
    """Take the page that the command writes, with its first article opened and the list of flags there closed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "articles").mkdir()
        for each in ARTICLES:
            shutil.copy(ROOT / "notebooks" / "articles" / each, folder / "articles")
        run(REPORTED, folder)
        page = (folder / "out.html").read_text(encoding="utf-8")
    for found, put in (
        ('<html lang="en">', '<html lang="en" data-jp-theme-light="true">'),
        ('<details class="nf-article" id="article-1">', '<details class="nf-article" id="article-1" open>'),
        ("<details open><summary>What was flagged", "<details><summary>What was flagged"),
    ):
        if found not in page:
            sys.exit(f"the report page has changed: it lacks {found}")
        page = page.replace(found, put, 1)
    return page


def terminal() -> str:
    """Set the command and its listing in a frame like a terminal's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "article.txt").write_text(article(), encoding="utf-8")
        listing = spans(run(f"{LISTED} --color", Path(folder)))
    start = _START.format(title="A listing on the terminal", style=_TERMINAL)
    return f"{start}<pre><b>$</b> {LISTED}\n{listing}</pre>\n</body>\n</html>\n"


def run(command: str, folder: Path) -> str:
    """Run a command of ours in a folder, and give what it prints on a terminal of the width that is shown."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", *command.split()],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "COLUMNS": str(COLUMNS), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{command} ended with status {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout


def spans(text: str) -> str:
    r"""Turn a terminal's codes into elements.

    >>> spans("\x1b[31m\x1b[1m> a\x1b[0m & b")
    '<span style="color:#ff8f85"><span style="font-weight:bold">&gt; a</span></span> &amp; b'
    """
    parts = []
    n_open = 0
    for number, part in enumerate(_CODE.split(text)):
        if number % 2 == 0:
            parts.append(html.escape(part, quote=False))
        elif part == "0":
            parts.append("</span>" * n_open)
            n_open = 0
        else:
            parts.append(f'<span style="{CODES[part]}">')
            n_open += 1
    return "".join(parts)


class View(NamedTuple):
    """What makes a picture's HTML, and its width and height in pixels."""

    make: Callable[[], str]
    width: int
    height: int


VIEWS: Final = {
    "example": View(example, 1060, 880),
    "notebook": View(notebook, WIDE, 800),
    "report": View(report, 1080, 1190),
    "terminal": View(terminal, WIDE, 426),
}


def shoot(browser: str, view: View, out: Path) -> None:
    """Let the browser write a picture of a view; where it fails, the old one is left as it was."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, picture = folder / "view.html", folder / "view.png"
        source.write_text(view.make(), encoding="utf-8")
        options = (
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={view.width},{view.height}",
            f"--force-device-scale-factor={SCALE}",
            f"--screenshot={picture}",
        )
        done = subprocess.run(  # noqa: S603 - the browser that was asked for
            [browser, *OPTIONS, *options, source.as_uri()],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
        if not picture.is_file():
            sys.exit(f"{browser} made no picture (status {done.returncode}):\n{done.stderr.strip()}")
        write_bytes(out, smaller(picture))


def smaller(picture: Path) -> bytes:
    """A picture with no more colours than a palette holds: less than half as large, and hardly seen."""
    packed = io.BytesIO()
    with Image.open(picture) as opened:
        opened.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description="Make the pictures of the documentation.")
    parser.add_argument("--only", action="append", choices=VIEWS, help="this one alone; may be repeated")
    parser.add_argument("--browser", default="chromium", help="Chromium's program; by default chromium on the PATH")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the pictures, made if need be; default docs")
    asked = parser.parse_args(arguments)
    browser = shutil.which(asked.browser)
    if browser is None:
        parser.error(f"there is no program {asked.browser}: install Chromium, or name a browser like it with --browser")
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in asked.only or VIEWS:
        out = asked.out / f"{name}.png"
        shoot(browser, VIEWS[name], out)
        print(f"{out}: {out.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
