"""The command: what it prints, how it ends, and what it says of files it can't read."""

from __future__ import annotations

import json
import os
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


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("", True), ("1", False)])
def test_colour_on_a_terminal(seed: Path, root: Path, no_color: str | None, coloured: bool) -> None:
    import pty

    env = {**os.environ, "PYTHONPATH": str(root), "TERM": "xterm"}
    env.pop("NO_COLOR", None)
    if no_color is not None:
        env["NO_COLOR"] = no_color
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "newsflag", "check", seed], stdout=theirs, env=env) as process:
        os.close(theirs)
        output = b""
        try:
            while chunk := os.read(ours, 65536):
                output += chunk
        except OSError:  # how Linux ends a pseudo-terminal whose other side has closed
            pass
    os.close(ours)
    assert process.returncode == FLAGGED
    assert (b"\x1b[" in output) == coloured


# Files that can't be read


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "bad.txt: no such file or directory"),
        (b"\x89PNG\r\n\x00\x01", "bad.txt: not a text file"),
        ("Straße".encode("latin-1"), "bad.txt: not UTF-8 text (byte 4)"),
        ("Brücke".encode("utf-16"), "bad.txt: not a text file"),
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
    write("d/old.txt", "Straße".encode("latin-1"))
    result = run("check", "d")
    assert result.exit_code == FLAGGED
    assert result.stderr == "newsflag: d: 3 files skipped (not UTF-8 text, or not .txt, .md, .text or .html)\n"


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


# What is wrong with the call


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["check", "--threshold", "2", "a.txt"], "threshold is 2.0"),
        (["check", "--threshold", "nan", "a.txt"], "threshold is nan"),
        (["check", "--threshold", "high", "a.txt"], "high"),
        (["check", "--model", "nowhere", "a.txt"], "nowhere"),
        (["check", "--model", "a.txt", "a.txt"], "a.txt"),
        (["clean", "--keep", "advert", "a.txt"], "advertisement"),
        (["clean", "--drop", "body", "a.txt"], "never dropped"),
        (["check"], "FILE"),
        (["clean"], "FILE"),
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
@pytest.mark.parametrize("options", [["check"], ["check", "--jsonl"], ["clean"]])
def test_a_closed_pipe_is_no_error(seed: Path, root: Path, options: list[str]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "newsflag", *options, str(seed)],
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
