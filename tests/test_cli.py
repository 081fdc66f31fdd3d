"""The command: what it prints, how it ends, and what it says of files it can't read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

import newsflag
from newsflag.cli import CLEAN, FAILED, FLAGGED, main

PROMO: Final = "The council met on Monday.\n\nREAD MORE: Ten tricks for a flat belly\n"
BODY: Final = (
    "The council of Hollerbach voted on Monday to repair the old bridge over the river. It will take two years.\n\n"
    "Mayor Ute Brandis said the town had put money aside for it since the flood. Nobody spoke against the plan.\n"
)

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    runner = CliRunner()

    def invoke(*args: str | Path, stdin: str | bytes | None = None) -> Result:
        result = runner.invoke(main, [str(arg) for arg in args], input=stdin, catch_exceptions=False)
        assert "Traceback" not in result.output
        return result

    return invoke


def write(path: str, content: str | bytes = PROMO) -> Path:
    """Write a file below the current folder, byte for byte."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return target


# check


def test_an_article_with_a_promo_is_listed(run: Run) -> None:
    write("a.txt")
    result = run("check", "a.txt")
    assert result.exit_code == FLAGGED
    assert result.stdout.startswith("a.txt: 1 flagged (2 segments; ")
    assert "READ MORE: Ten tricks for a flat belly" in result.stdout
    assert "28-66" in result.stdout
    assert result.stderr == ""


def test_an_article_without_a_promo_exits_with_0(run: Run) -> None:
    write("a.txt", BODY)
    result = run("check", "a.txt")
    assert result.exit_code == CLEAN
    assert result.stdout.startswith("a.txt: nothing flagged (2 segments; ")


def test_the_seed_is_listed_with_its_four_promos(run: Run, seed: Path) -> None:
    result = run("check", seed)
    assert result.exit_code == FLAGGED
    for text in ("Ukraine puts robot dog", "Acre exchanged", "Brazil could expand", "Brazil reveals"):
        assert any(line.startswith("> teaser") and text in line for line in result.stdout.splitlines())


def test_standard_input_is_read(run: Run) -> None:
    result = run("check", "-", stdin=PROMO)
    assert result.exit_code == FLAGGED
    assert result.stdout.startswith("-: 1 flagged")


def test_an_empty_file_has_nothing_to_flag(run: Run) -> None:
    write("a.txt", "")
    write("b.txt", "\n \t\r\n")
    result = run("check", "a.txt", "b.txt")
    assert result.exit_code == CLEAN
    assert result.stdout.count("nothing flagged (no text; ") == 2


def test_json_is_one_array_with_a_report_for_each_file(run: Run) -> None:
    write("a.txt")
    write("b.txt", BODY)
    result = run("check", "--json", "a.txt", "b.txt")
    assert result.exit_code == FLAGGED
    rows = json.loads(result.stdout)
    assert [row["file"] for row in rows] == ["a.txt", "b.txt"]
    for row, text in zip(rows, (PROMO, BODY), strict=True):
        read, alone = newsflag.Report.from_dict(row), newsflag.flag(text)
        # Scores of a batch differ from those of a single text in the last digits.
        assert [(s.start, s.end, s.kind) for s in read.segments] == [(s.start, s.end, s.kind) for s in alone.segments]
        assert read.body == alone.body


def test_jsonl_is_a_line_for_each_file(run: Run) -> None:
    write("a.txt")
    write("b.txt", "")
    result = run("check", "--jsonl", "a.txt", "b.txt")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["file"], len(row["flags"])) for row in rows] == [("a.txt", 1), ("b.txt", 0)]


def test_json_of_no_readable_file_is_an_empty_array(run: Run) -> None:
    result = run("check", "--json", "nowhere.txt")
    assert result.exit_code == FAILED
    assert json.loads(result.stdout) == []


def test_the_threshold_decides(run: Run) -> None:
    write("a.txt", BODY)
    assert run("check", "--threshold", "0", "a.txt").exit_code == FLAGGED
    assert run("check", "--threshold", "1", "a.txt").exit_code == CLEAN


# Colour


@pytest.mark.parametrize(
    ("options", "no_color", "coloured"),
    [
        ([], None, False),  # the runner's output is no terminal
        (["--color"], None, True),
        (["--color"], "1", True),  # said here and now, it counts more than the environment
        (["--no-color"], None, False),
    ],
)
def test_colour(
    run: Run, monkeypatch: pytest.MonkeyPatch, options: list[str], no_color: str | None, coloured: bool
) -> None:
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    write("a.txt")
    assert ("\x1b[" in run("check", *options, "a.txt").stdout) == coloured


def on_a_terminal(*args: str | Path, streams: tuple[str, ...], env: dict[str, str]) -> tuple[int, bytes]:
    """Run newsflag with some of its streams a terminal; the status, and what the terminal was sent."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    stdin, stdout, stderr = (
        theirs if each in streams else subprocess.DEVNULL for each in ("stdin", "stdout", "stderr")
    )
    command = [sys.executable, *args]
    with subprocess.Popen(command, env=env, stdin=stdin, stdout=stdout, stderr=stderr) as process:
        os.close(theirs)
        output = b""
        try:
            while chunk := os.read(ours, 65536):
                output += chunk
        except OSError:  # how Linux ends a pseudo-terminal whose other side has closed
            pass
    os.close(ours)
    return process.returncode, output


@pytest.fixture
def terminal_env(root: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a plain terminal."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    return {**os.environ, "PYTHONPATH": str(root), "TERM": "xterm", "COLUMNS": "80"}


needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@needs_terminal
@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("", True), ("1", False)])
@pytest.mark.parametrize("command", ["check", "explain"])
def test_colour_on_a_terminal(
    seed: Path, terminal_env: dict[str, str], no_color: str | None, coloured: bool, command: str
) -> None:
    if no_color is not None:
        terminal_env["NO_COLOR"] = no_color
    status, output = on_a_terminal("-m", "newsflag", command, seed, streams=("stdout",), env=terminal_env)
    assert status == (FLAGGED if command == "check" else CLEAN)
    assert (b"\x1b[" in output) == coloured


@needs_terminal
@pytest.mark.parametrize("command", ["check", "clean"])
def test_nothing_named_and_nothing_piped_is_asked_about(terminal_env: dict[str, str], command: str) -> None:
    status, output = on_a_terminal("-m", "newsflag", command, streams=("stdin", "stderr"), env=terminal_env)
    assert status == FAILED
    assert b"which article?" in output


@needs_terminal
@pytest.mark.parametrize("delay", [0.0, 1000.0])
def test_a_progress_bar_shows_on_a_terminal_after_a_while(
    tmp_path: Path, terminal_env: dict[str, str], delay: float
) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(PROMO, "utf-8")
    code = (
        "from newsflag.cli import _progress, main\n"
        f"_progress._DELAY = {delay}\n"
        f"main(['clean', {str(tmp_path)!r}, '-o', {str(tmp_path / 'out')!r}])"
    )
    status, output = on_a_terminal("-c", code, streams=("stderr",), env=terminal_env)
    assert status == CLEAN
    assert (b"/3" in output) == (delay == 0.0)
    assert b"3 articles written" in output


def test_there_is_no_progress_bar_in_a_pipe(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from newsflag.cli import _progress

    monkeypatch.setattr(_progress, "_DELAY", 0.0)
    write("d/a.txt")
    assert run("check", "d").stderr == ""


# Files that can't be read


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "bad.txt: no such file or directory"),
        (b"\x89PNG\r\n\x00\x01", "bad.txt: not a text file"),
        ("Straße".encode("latin-1"), "bad.txt: not UTF-8 text (byte 4)"),
        ("Brücke".encode("utf-16"), "bad.txt: not UTF-8 text (byte 0)"),
        ("Brücke".encode("utf-16-le"), "bad.txt: not a text file"),
        (b"\xed\xa0\x80", "bad.txt: not UTF-8 text (byte 0)"),
    ],
)
def test_a_bad_file_is_named_in_one_line_and_the_others_are_done(run: Run, content: bytes | None, message: str) -> None:
    if content is not None:
        write("bad.txt", content)
    write("a.txt")
    write("b.txt", BODY)
    result = run("check", "a.txt", "bad.txt", "b.txt")
    assert result.exit_code == FAILED
    assert result.stderr == f"newsflag: {message}\n"
    assert "a.txt: 1 flagged" in result.stdout
    assert "b.txt: nothing flagged" in result.stdout
    assert run("clean", "bad.txt").exit_code == FAILED
    assert run("clean", "bad.txt").stderr == f"newsflag: {message}\n"
    assert run("clean", "bad.txt").stdout == ""


def test_a_name_that_cannot_be_one_is_an_error_like_any_other(run: Run) -> None:
    result = run("check", "a\0b", "x" * 5000)
    assert result.exit_code == FAILED
    assert len(result.stderr.splitlines()) == 2


def test_a_byte_order_mark_is_no_part_of_the_text(run: Run) -> None:
    write("a.txt", b"\xef\xbb\xbf" + PROMO.encode("utf-8"))
    [row] = json.loads(run("check", "--json", "a.txt").stdout)
    assert row["text"] == PROMO


def test_line_breaks_are_left_as_they_are(run: Run) -> None:
    text = PROMO.replace("\n", "\r\n")
    write("a.txt", text)
    [row] = json.loads(run("check", "--json", "a.txt").stdout)
    assert row["text"] == text


# Folders


def test_a_folder_is_walked_in_order(run: Run) -> None:
    for name in ("d/b.txt", "d/a.md", "d/c/README", "d/c/x.TXT", "d/z.text"):
        write(name)
    write("d/.hidden")
    write("d/.git/config.txt")
    rows = json.loads(run("check", "--json", "d").stdout)
    names = [Path(row["file"]).as_posix() for row in rows]
    assert names == ["d/a.md", "d/b.txt", "d/z.text", "d/c/README", "d/c/x.TXT"]


def test_what_is_no_text_in_a_folder_is_skipped_and_counted(run: Run) -> None:
    write("d/a.txt")
    write("d/photo.jpg", b"\xff\xd8\xff\xe0")
    write("d/blob", b"\0\1\2")
    write("d/blob.txt", "Brücke".encode("utf-16-le"))
    write("d/old", "Straße".encode("latin-1"))
    write("d/old.csv", "Straße".encode("latin-1"))
    result = run("check", "d")
    assert result.exit_code == FLAGGED
    assert result.stderr == "newsflag: d: 5 files skipped (not UTF-8 text, or not .txt, .md, .text or .html)\n"


@pytest.mark.parametrize(
    ("suffix", "content", "byte"),
    [
        (".txt", "Öl: die Straße".encode("latin-1"), 0),
        (".MD", "Straße".encode("latin-1"), 4),
        (".text", b"\xff\xfe" + "Brücke".encode("utf-16-le"), 0),
        (".txt", b"\xfe\xff" + "Brücke".encode("utf-16-be"), 0),
        (".txt", b"\xff\xfe\0\0" + "Brücke".encode("utf-32-le"), 0),
        (".txt", b"\0\0\xfe\xff" + "Brücke".encode("utf-32-be"), 2),
    ],
)
@pytest.mark.parametrize("command", ["check", "clean", "report"])
def test_an_article_in_another_encoding_is_named_in_a_folder_as_by_itself(
    run: Run, command: str, suffix: str, content: bytes, byte: int
) -> None:
    write("d/a.txt")
    bad = write(f"d/b{suffix}", content)
    write("d/c.txt", BODY)
    write("d/photo.jpg", b"\xff\xd8\xff\xe0")
    out = {"check": [], "clean": ["-o", "out"], "report": ["-o", "out.html"]}[command]
    result = run(command, "d", *out)
    assert result.exit_code == FAILED
    told = f"newsflag: {bad}: not UTF-8 text (byte {byte})"
    assert result.stderr.splitlines()[0] == told
    assert "d: 1 file skipped" in result.stderr
    assert told in run(command, bad, *out).stderr
    if command == "check":
        assert "2 articles, 1 of them with flags" in result.stdout
    else:
        assert "2 articles" in result.stderr.splitlines()[-1]


def test_a_folder_of_nothing_but_articles_in_another_encoding_is_not_said_to_have_none(run: Run) -> None:
    write("d/old.txt", "Straße".encode("latin-1"))
    result = run("check", "d")
    assert result.exit_code == FAILED
    assert result.stderr == f"newsflag: {Path('d/old.txt')}: not UTF-8 text (byte 4)\n"


def test_an_empty_folder_and_one_without_text_are_told_alike(run: Run) -> None:
    Path("d").mkdir()
    write("e/a.png", b"\x89PNG")
    result = run("check", "d", "e")
    assert result.exit_code == FAILED
    assert [line for line in result.stderr.splitlines() if "skipped" not in line] == [
        "newsflag: d: no text files",
        "newsflag: e: no text files",
    ]


def test_a_folder_is_summed_up(run: Run) -> None:
    write("d/a.txt")
    write("d/b.txt", BODY)
    assert run("check", "d").stdout.endswith("\n\n2 articles, 1 of them with flags, 1 flags in all\n")
    assert "in all" not in run("check", "d/a.txt").stdout


def test_a_folder_without_text_is_an_error(run: Run) -> None:
    Path("d").mkdir()
    result = run("check", "d")
    assert result.exit_code == FAILED
    assert result.stderr == "newsflag: d: no text files\n"


# clean


def test_clean_prints_the_kept_text(run: Run) -> None:
    write("a.txt")
    result = run("clean", "a.txt")
    assert result.exit_code == CLEAN
    assert result.stdout == "The council met on Monday.\n"


def test_clean_reads_standard_input(run: Run) -> None:
    assert run("clean", "-", stdin=PROMO).stdout == "The council met on Monday.\n"


def test_clean_leaves_line_breaks_as_they_are(run: Run) -> None:
    text = BODY.replace("\n", "\r\n")
    result = run("clean", write("a.txt", text))
    assert result.stdout_bytes.rstrip() == text.encode("utf-8").rstrip()


def test_clean_of_nothing_prints_nothing(run: Run) -> None:
    assert run("clean", "-", stdin="").stdout == ""


def test_clean_keeps_and_drops_kinds(run: Run) -> None:
    write("a.txt")
    everything = [option for kind in newsflag.INSERTION_KINDS for option in ("--keep", kind)]
    assert run("clean", *everything, "a.txt").stdout.strip() == PROMO.strip()
    assert run("clean", "--drop", "title", "a.txt").exit_code == CLEAN


def test_without_a_file_clean_reads_standard_input(run: Run) -> None:
    assert run("clean", stdin=PROMO).stdout == "The council met on Monday.\n"
    assert run("check", stdin=PROMO).stdout.startswith("-: 1 flagged")


def test_one_article_is_written_to_a_file(run: Run) -> None:
    write("a.txt")
    result = run("clean", "a.txt", "-o", "new/b.txt")
    assert (result.exit_code, result.stdout, result.stderr) == (CLEAN, "", "")
    assert Path("new/b.txt").read_bytes() == b"The council met on Monday.\n"
    assert [path.name for path in Path("new").iterdir()] == ["b.txt"]


@pytest.mark.parametrize("there", [True, False])
def test_one_article_goes_into_a_folder_that_is_there_or_ends_with_a_slash(run: Run, there: bool) -> None:
    write("a.txt")
    if there:
        Path("new").mkdir()
    result = run("clean", "a.txt", "-o", "new" if there else "new/")
    assert (result.exit_code, result.stdout, result.stderr) == (CLEAN, "", "")
    assert Path("new/a.txt").read_bytes() == b"The council met on Monday.\n"


def test_a_slash_behind_a_file_makes_no_folder_of_it(run: Run) -> None:
    write("a.txt")
    write("file", "x")
    result = run("clean", "a.txt", "-o", "file/")
    assert result.exit_code == FAILED
    assert len(result.stderr.splitlines()) == 1
    assert Path("file").read_text("utf-8") == "x"


@pytest.mark.parametrize("sources", [[], ["-"], ["a.txt", "-"]])
def test_standard_input_has_no_name_in_a_folder(run: Run, sources: list[str]) -> None:
    write("a.txt")
    result = run("clean", *sources, "-o", "new/", stdin=PROMO)
    assert result.exit_code == FAILED
    assert "standard input gives no name for a file in a folder: add -o FOLDER/NAME" in result.stderr
    assert not Path("new").exists()
    assert run("clean", "-o", "new/b.txt", stdin=PROMO).exit_code == CLEAN
    assert Path("new/b.txt").read_bytes() == b"The council met on Monday.\n"


def test_a_folder_is_cleaned_into_another(run: Run) -> None:
    write("d/a.txt")
    write("d/c/b.txt", BODY)
    write("d/page.html", "<h1>Bridge</h1><p>The council met on Monday, and the mayor spoke of the bridge.</p>")
    write("d/photo.jpg", b"\xff\xd8\xff\xe0")
    result = run("clean", "d", "-o", "out")
    assert result.exit_code == CLEAN
    assert result.stderr.splitlines()[-1] == "newsflag: 3 articles written to out"
    written = sorted(path.relative_to("out").as_posix() for path in Path("out").rglob("*") if path.is_file())
    assert written == ["a.txt", "c/b.txt", "page.txt"]
    assert Path("out/a.txt").read_text("utf-8") == "The council met on Monday.\n"
    assert Path("out/c/b.txt").read_text("utf-8") == BODY
    assert "The council met" in Path("out/page.txt").read_text("utf-8")


def test_cleaning_again_into_a_folder_within_does_not_clean_what_was_cleaned(run: Run) -> None:
    write("d/a.txt")
    for _ in range(2):
        assert run("clean", "d", "-o", "d/clean").exit_code == CLEAN
    assert sorted(path.as_posix() for path in Path("d").rglob("*.txt")) == ["d/a.txt", "d/clean/a.txt"]


def test_what_was_read_is_never_overwritten(run: Run) -> None:
    write("d/a.txt")
    write("d/b.txt", BODY)
    for args in (["d", "-o", "d"], ["d/a.txt", "-o", "d/a.txt"], ["d/a.txt", "-o", "d"]):
        result = run("clean", *args)
        assert result.exit_code == FAILED
        assert "would overwrite what was read" in result.stderr
    assert run("report", "d", "-o", "d/a.txt").exit_code == FAILED
    # Nor by another article of the same name.
    write("other/b.txt")
    assert "would overwrite what was read" in run("clean", "other/b.txt", "d/b.txt", "-o", "d").stderr
    assert Path("d/a.txt").read_text("utf-8") == PROMO
    assert Path("d/b.txt").read_text("utf-8") == BODY


def test_two_articles_for_one_place_are_told_and_the_first_is_kept(run: Run) -> None:
    write("d/a.html", "<p>The council met on Monday, and the mayor spoke of the bridge for an hour.</p>")
    write("d/a.txt", BODY)
    result = run("clean", "d", "-o", "out")
    assert result.exit_code == FAILED
    assert "another article is written to" in result.stderr
    assert "The council met" in Path("out/a.txt").read_text("utf-8")


def test_a_place_that_cannot_be_written_to_is_an_error(run: Run) -> None:
    write("a.txt")
    write("file", "x")
    for args in (["clean", "a.txt", "-o", "file/b.txt"], ["report", "a.txt", "-o", "file/b.html"]):
        result = run(*args)
        assert result.exit_code == FAILED
        assert result.stderr.startswith("newsflag: file/b.")
        assert len(result.stderr.splitlines()) == 1
    assert Path("file").read_text("utf-8") == "x"


# report


def test_a_report_is_one_page_of_all_articles(run: Run) -> None:
    write("d/a.txt")
    write("d/b.txt", BODY)
    result = run("report", "d", "-o", "out/report.html", "--title", "Monday & <Tuesday>")
    assert (result.exit_code, result.stdout) == (CLEAN, "")
    assert result.stderr == "newsflag: out/report.html: 2 articles\n"
    page = Path("out/report.html").read_text("utf-8")
    assert "<title>Monday &amp; &lt;Tuesday&gt;</title>" in page
    for name in ("d/a.txt", "d/b.txt"):
        assert page.count(f">{name}<") == 2
    assert "READ MORE: Ten tricks for a flat belly" in page


def test_a_report_goes_to_standard_output(run: Run) -> None:
    result = run("report", "-", "-o", "-", stdin=PROMO)
    assert result.stdout.startswith("<!doctype html>")
    assert result.stdout.endswith("</html>\n")


def test_a_report_of_nothing_readable_is_not_written(run: Run) -> None:
    result = run("report", "nowhere.txt", "-o", "out.html")
    assert result.exit_code == FAILED
    assert not Path("out.html").exists()


# explain


def test_a_segment_is_explained_in_full(run: Run, seed: Path) -> None:
    result = run("explain", seed, "--find", "robot DOG")
    assert result.exit_code == CLEAN
    report = newsflag.flag(seed.read_bytes().decode("utf-8"), max_reasons=1000)
    segment = report.flags[0].segment
    assert segment is not None
    shown = " ".join(result.stdout.split())
    assert segment.text in shown
    assert f"characters {segment.start}-{segment.end}" in shown
    for reasons in (segment.reasons, *segment.why.values()):
        assert reasons
        for reason in reasons:
            assert f"{reason.contribution:+.2f}" in shown
            assert f"{reason.cue}:" in shown
    place = report.segments.index(segment)
    for neighbour in report.segments[place - 2 : place + 3]:
        assert f"{neighbour.start}-{neighbour.end}" in shown


def test_a_segment_is_found_by_its_place(run: Run, seed: Path) -> None:
    assert run("explain", seed, "--at", "1145").stdout == run("explain", seed, "--find", "robot dog").stdout
    for at in ("1144", "-1", "999999"):
        result = run("explain", seed, "--at", at)
        assert result.exit_code == FAILED
        assert f"no segment stands at {at}" in result.stderr


def test_every_flagged_segment_is_explained_without_a_choice(run: Run, seed: Path) -> None:
    rows = [json.loads(line) for line in run("explain", seed, "--json").stdout.splitlines()]
    assert len(rows) == 4
    for row in rows:
        assert row["kind"] == "teaser"
        assert len(row["reasons"]) > 15
    assert run("explain", seed).stdout.count("Around it") == 4


def test_what_cannot_be_explained_is_said(run: Run) -> None:
    write("a.txt", BODY)
    result = run("explain", "a.txt")
    assert result.exit_code == FAILED
    assert "nothing was flagged" in result.stderr
    assert "no segment holds 'xyz'" in run("explain", "a.txt", "--find", "xyz").stderr
    assert "is a folder" in run("explain", ".").stderr


def test_a_line_of_the_article_that_is_flagged_is_said_to_be(run: Run) -> None:
    write("a.txt", BODY + "\nA shocking, disgusting and outrageous betrayal by corrupt traitors horrified the town!\n")
    [row] = json.loads(run("check", "--json", "a.txt").stdout)
    [flag] = [flag for flag in row["flags"] if flag["kind"] == "sensational"]
    shown = " ".join(run("check", "a.txt").stdout.replace("\n> ", "\n").split())
    assert f"sensational {flag['score']:.2f}: {' '.join(flag['reason'].split())}" in shown
    shown = " ".join(run("explain", "a.txt").stdout.split())
    assert f"Flagged for sensational {flag['score']:.2f}, threshold {flag['threshold']:.2f}: " in shown


def test_a_segment_of_a_page_says_where_it_stands(run: Run) -> None:
    page = "<h1>Bridge</h1><p>The council met on Monday.</p><p>READ MORE: <a href=/x>Ten tricks</a></p>"
    shown = run("explain", "--html", "--find", "ten tricks", stdin=page).stdout
    assert "html > body > p:nth-of-type(2)" in shown
    assert "link to /x" in shown


# models


def test_the_models_are_listed(run: Run) -> None:
    lines = run("models").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["splitter", "scores", "pages", "sentences"]
    rows = json.loads(run("models", "--json").stdout)
    assert f"splitter {rows[0]['version']} ({rows[0]['digest']})" == newsflag.flag("One.").model
    for row in rows:
        assert row["size"] == sum((Path(row["folder"]) / name).stat().st_size for name in row["files"])


@pytest.mark.parametrize("name", ["splitter", "scores", "pages", "sentences"])
def test_every_model_has_a_card(run: Run, name: str) -> None:
    card = run("models", name).stdout
    assert card.startswith("# Model card: ")
    assert "must not be used" in card


# Help and completion


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_with_examples_that_name_its_options(run: Run, name: str) -> None:
    shown = run(name, "--help").stdout
    if name != "train":
        examples = shown.partition("Examples:\n")[2].partition("\n\n")[0]
        assert f"newsflag {name}" in examples
    summary = next(line for line in run("--help").stdout.splitlines() if line.strip().startswith(f"{name} "))
    assert not summary.endswith("...")


def test_exit_codes_are_in_the_help(run: Run) -> None:
    shown = " ".join(run("--help").stdout.split())
    for code in (CLEAN, FLAGGED, FAILED, 130, 141):
        assert re.search(rf"\b{code} \w+", shown.partition("Exit codes:")[2]), code


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_a_shell_gets_its_completion_script(run: Run, shell: str) -> None:
    assert "_NEWSFLAG_COMPLETE" in run("completion", shell).stdout


def test_completion_knows_commands_kinds_and_models(root: Path) -> None:
    def completed(words: str) -> list[str]:
        env = {
            **os.environ,
            "_NEWSFLAG_COMPLETE": "bash_complete",
            "COMP_WORDS": f"newsflag {words}",
            "COMP_CWORD": str(len(words.split())),
        }
        code = "from newsflag.cli import main; main(prog_name='newsflag')"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, env=env, check=True
        )
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completed("ex") == ["explain"]
    assert "call_to_action" in completed("clean --keep cal")
    assert completed("models sp") == ["splitter"]


# What is wrong with the call


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["check", "--threshold", "2", "a.txt"], "threshold is 2.0"),
        (["check", "--threshold", "64", "a.txt"], "from 0 to 1; without one the model's own holds"),
        (["check", "--threshold", "nan", "a.txt"], "threshold is nan"),
        (["check", "--threshold", "high", "a.txt"], "high"),
        (["check", "--model", "nowhere", "a.txt"], "nowhere"),
        (["check", "--model", "a.txt", "a.txt"], "a.txt"),
        (["clean", "--keep", "advert", "a.txt"], "advertisement"),
        (["clean", "--drop", "body", "a.txt"], "never dropped"),
        (["clean", "--keep", "body", "a.txt"], "always kept: leave it out"),
        (["clean", "a.txt", "b.txt"], "add -o FOLDER"),
        (["clean", "."], "add -o FOLDER"),
        (["report", "a.txt"], "--out"),
        (["explain", "a.txt", "--at", "1", "--find", "x"], "--at and --find"),
        (["models", "splitters"], "splitters"),
        (["completion", "tcsh"], "tcsh"),
        (["train"], "--data"),
        (["chekc"], "chekc"),
    ],
)
def test_a_wrong_call_exits_with_2_and_says_why(run: Run, args: list[str], message: str) -> None:
    write("a.txt")
    result = run(*args)
    assert result.exit_code == FAILED
    assert message in result.stderr.splitlines()[-1]


def test_training_passes_its_folders_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from newsflag import training

    calls: list[tuple[Path, Path, str | None, Path | None]] = []
    monkeypatch.setattr(training, "main", lambda data, out, only, folds: calls.append((data, out, only, folds)))
    Path("texts").mkdir()
    assert run("train", "--data", "texts", "--out", "new").exit_code == CLEAN
    assert run("train", "--data", "texts", "--only", "scores", "--folds", "f").exit_code == CLEAN
    assert calls == [(Path("texts"), Path("new"), None, None), (Path("texts"), Path("models"), "scores", Path("f"))]


def test_an_interrupted_run_does_not_look_like_a_finding(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Path) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "read_bytes", interrupted)
    assert run("check", "a.txt").exit_code == 130


# As a process


def test_the_module_runs_as_the_command(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "newsflag", "--version"], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout == f"newsflag {newsflag.__version__}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end differently there")
@pytest.mark.parametrize(
    "options", [["check"], ["check", "--jsonl"], ["clean"], ["report", "-o", "-"], ["explain"], ["models", "scores"]]
)
def test_a_closed_pipe_is_no_error(seed: Path, root: Path, options: list[str]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "newsflag", *options, *([] if "models" in options else [str(seed)])],
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        cwd=root,
    )
    os.close(theirs)
    assert done.stderr == ""
    assert done.returncode == 141


def test_a_terminal_without_the_characters_gets_escapes(seed: Path, root: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "newsflag", "check", str(seed)], capture_output=True, check=False, cwd=root, env=env
    )
    assert done.returncode == FLAGGED
    assert done.stderr == b""
    assert rb"\u2026" in done.stdout
