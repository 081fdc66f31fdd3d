"""Make docs/example.png: the page docs/example.html and beside it what newsflag says of it.

    python docs/screenshots.py [--browser PROGRAM] [--out FILE]

Needs the ``html`` extra and Chromium, or a browser that takes the same options. Nothing is fetched.
"""

from __future__ import annotations

import argparse
import html
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import newsflag

HERE = Path(__file__).parent
SIZE = (1060, 910)
SECONDS = 120  # until a browser that hangs is given up
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-lcd-text",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Both at a size at which they stand side by side; the report in light colours whatever the system's are.
VIEW = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>A page and its report</title>
<style>
  body {{ margin: 0; display: flex; gap: 12px; padding: 12px; background: #d8dee4; }}
  body > * {{ box-sizing: border-box; height: {height}px; overflow: hidden; border: 0; background: #fff; }}
  iframe {{ flex: none; width: 740px; height: calc({height}px / .45); zoom: .45; }}
  main {{ flex: 1; font: 11px/1.45 Helvetica, Arial, sans-serif; }}
</style>
<body data-jp-theme-light="true">
<iframe srcdoc="{page}"></iframe>
<main>{report}</main>
</body>
</html>
"""


def view(page: str) -> str:
    """Set a page and its report side by side."""
    report = newsflag.flag_html(page)._repr_html_()
    return VIEW.format(height=SIZE[1] - 24, page=html.escape(page), report=report)


def shoot(browser: str, source: Path, out: Path) -> None:
    """Let the browser write a picture of a file."""
    out.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        options = (f"--user-data-dir={profile}", f"--window-size={SIZE[0]},{SIZE[1]}", f"--screenshot={out.resolve()}")
        done = subprocess.run(  # noqa: S603 - the browser that was asked for
            [browser, *OPTIONS, *options, source.resolve().as_uri()],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    if not out.is_file():
        sys.exit(f"{browser} made no picture (status {done.returncode}):\n{done.stderr.strip()}")


def main() -> None:
    """Make the picture."""
    parser = argparse.ArgumentParser(description="Make docs/example.png from docs/example.html.")
    parser.add_argument("--browser", default="chromium", help="Chromium's program; by default chromium on the PATH")
    parser.add_argument("--out", type=Path, default=HERE / "example.png", help="by default docs/example.png")
    asked = parser.parse_args()
    browser = shutil.which(asked.browser)
    if browser is None:
        parser.error(f"there is no program {asked.browser}: install Chromium, or name a browser like it with --browser")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "view.html"
        source.write_text(view((HERE / "example.html").read_text(encoding="utf-8")), encoding="utf-8")
        shoot(browser, source, asked.out)
    print(f"{asked.out}: {asked.out.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
