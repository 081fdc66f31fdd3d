"""The pictures of the documentation: what stands in them is what newsflag gives. No browser is needed."""

from __future__ import annotations

import html
import os
import re
import runpy
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import newsflag
from newsflag.rendering import to_terminal

for name in ("nbclient", "nbformat", "ipykernel", "PIL", "selectolax"):
    pytest.importorskip(name)

DOCS: Final = Path(__file__).parent.parent / "docs"
SCRIPT: Final[dict[str, Any]] = runpy.run_path(str(DOCS / "screenshots.py"))
VIEWS: Final[dict[str, Any]] = SCRIPT["VIEWS"]
main: Final[Callable[[list[str]], None]] = SCRIPT["main"]
article: Final[Callable[[], str]] = SCRIPT["article"]
spans: Final[Callable[[str], str]] = SCRIPT["spans"]


def bare(page: str) -> str:
    """What a page says, without its elements."""
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "", page, flags=re.DOTALL))


def test_a_page_stands_beside_its_report() -> None:
    page = (DOCS / "example.html").read_text("utf-8")
    made = VIEWS["example"].make()
    assert f'<iframe srcdoc="{html.escape(page)}"></iframe>' in made
    assert newsflag.flag_html(page)._repr_html_() in made


# What the notebook machinery warns of is not ours to mend.
@pytest.mark.filterwarnings("default")
def test_a_notebooks_cells_are_run_and_show_their_report() -> None:
    made = VIEWS["notebook"].make()
    assert re.findall(r'<pre class="prompt(?: output)?">(.*?)</pre>', made) == ["[1]:", "[2]:", "[2]:"]
    assert [html.unescape(source) for source in re.findall(r'<pre class="input">(.*?)</pre>', made, re.DOTALL)] == [
        'import newsflag\n\ntext = open("article.txt", encoding="utf-8").read()',
        "newsflag.flag(text)",
    ]
    assert newsflag.flag(article())._repr_html_() in made


def test_the_report_page_is_the_commands_own_with_one_article_open() -> None:
    made = VIEWS["report"].make()
    assert made.startswith("<!doctype html>")
    assert re.findall(r'<details class="nf-article" id="article-(\d)"( open)?>', made) == [
        ("1", " open"),
        ("2", ""),
        ("3", ""),
        ("4", ""),
    ]
    for each in SCRIPT["ARTICLES"]:
        assert f"articles/{each}" in made
    assert "Crane drivers at Port Skerrow walk out for a second week" in bare(made)


def test_the_terminal_shows_the_listing_in_colour() -> None:
    made = VIEWS["terminal"].make()
    listing = to_terminal(newsflag.flag(article()), name="article.txt", width=SCRIPT["COLUMNS"])
    assert f"$ newsflag check article.txt\n{listing}" in bare(made)
    assert '<span style="color:#ff8f85"><span style="font-weight:bold">&gt; teaser' in made
    assert made.count("<span") == made.count("</span>") > 10
    assert "\x1b" not in made


def test_a_code_that_the_frame_does_not_know_is_no_style_left_out() -> None:
    assert spans("a <b>\x1b[1mc\x1b[0m") == 'a &lt;b&gt;<span style="font-weight:bold">c</span>'
    with pytest.raises(KeyError, match="95"):
        spans("\x1b[95mbright")


@pytest.mark.parametrize("name", VIEWS)
def test_the_picture_is_there_and_small(name: str) -> None:
    data = (DOCS / f"{name}.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    scale = SCRIPT["SCALE"]
    assert struct.unpack(">II", data[16:24]) == (VIEWS[name].width * scale, VIEWS[name].height * scale)
    assert len(data) < 250_000


def program(path: Path, *lines: str) -> Path:
    """A stand-in for the browser."""
    path.write_text("\n".join((f"#!{sys.executable}", "import pathlib, sys", *lines, "")), "utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
def test_one_picture_is_made_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    browser = program(
        tmp_path / "browser",
        "from PIL import Image",
        "[out] = [each[13:] for each in sys.argv if each.startswith('--screenshot=')]",
        "assert 'READ MORE' in pathlib.Path(sys.argv[-1].removeprefix('file://')).read_text('utf-8')",
        "Image.new('RGB', (30, 20), 'teal').save(out)",
    )
    main(["--only", "terminal", "--browser", str(browser), "--out", str(tmp_path / "new" / "folder")])
    [made] = (tmp_path / "new" / "folder").iterdir()
    assert made.name == "terminal.png"
    assert struct.unpack(">II", made.read_bytes()[16:24]) == (30, 20)
    assert str(made) in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
def test_a_browser_that_makes_no_picture_leaves_the_old_one(tmp_path: Path) -> None:
    browser = program(tmp_path / "browser", "sys.exit('no screen')")
    old = tmp_path / "terminal.png"
    old.write_bytes(b"old")
    with pytest.raises(SystemExit, match=r"made no picture.*\n.*no screen"):
        main(["--only", "terminal", "--browser", str(browser), "--out", str(tmp_path)])
    assert old.read_bytes() == b"old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["browser", "terminal.png"]


def test_a_browser_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--browser", "no-such-browser", "--out", str(tmp_path / "never")])
    assert "no-such-browser: install Chromium" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
