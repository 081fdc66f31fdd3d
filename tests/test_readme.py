"""What the README shows works as shown: its Python, and every command as it stands there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from _shown import ROOT, Shell, run_blocks, typed, without_comment

import newsflag
from newsflag.kinds import KINDS

README: Final = ROOT / "README.md"
TEXT: Final = README.read_text(encoding="utf-8")
TYPED: Final = typed(README)
MAKE: Final = [line for line in TYPED if line.startswith("make ")]
INLINE: Final = re.findall(r"`((?:newsflag|make|pip) [^`]+)`", TEXT)
LEFT_OUT: Final = {
    "pip install .": "fetches packages; that the wheel installs and runs is tested in test_wheel.py",
    "pip install '.[html]'": "as the line above",
    "newsflag train": "takes a folder of labelled articles, which is not here, and an hour",
}
needs_bash: Final = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
needs_make: Final = pytest.mark.skipif(
    shutil.which("bash") is None or shutil.which("make") is None, reason="needs bash and make"
)


class Expected(NamedTuple):
    """How a command ends, and expressions that what it prints and complains of must match."""

    status: int
    out: str
    err: str = ""


# By the lines without their comments; what they write is looked at below.
EXPECTED: Final = {
    "newsflag check article.txt": Expected(
        1,
        r"article\.txt: 7 flagged .*\n> teaser +0\.\d\d +456-502  READ MORE: Ten islands.*\n> +Taken for a teaser, as ",
    ),
    "newsflag check --jsonl articles/": Expected(1, r'\{"file": "articles/council-budget\.txt", '),
    "newsflag check page.html": Expected(1, r"page\.html: 13 flagged .*> teaser .*READ MORE: Storm tears"),
    "newsflag report articles/ -o out.html": Expected(0, r"$", r"newsflag: out\.html: 14 articles\n$"),
    'newsflag explain article.txt --find "read more"': Expected(
        0, r"article\.txt: segment 7 of 13, characters 456-502\n  READ MORE: Ten islands"
    ),
    "newsflag clean article.txt": Expected(0, r"Ferry to Larkholm will sail all winter\n\nThe ferry between Marlow"),
    "newsflag clean articles/ -o clean/": Expected(0, r"$", r"newsflag: 14 articles written to clean/?\n$"),
    "cat article.txt | newsflag clean | wc -w": Expected(0, r" *\d+\n$"),
    "newsflag scan articles/ -o scanned/": Expected(0, r"$", r"newsflag: scanned/?: 14 articles, .* 0 rejects; "),
    "newsflag models scores": Expected(0, r"# Model card: scores\n"),
}


def test_python_blocks_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert run_blocks(README)


def test_the_table_names_every_kind() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)) == KINDS


# Its commands


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell in a folder of its own."""
    return Shell(tmp_path_factory.mktemp("shell"))


@pytest.fixture(scope="module")
def ran(shell: Shell) -> dict[str, subprocess.CompletedProcess[str]]:
    """What each line did: all were run in one folder, in the order in which they stand."""
    return {without_comment(line): shell.run(line) for line in TYPED if line not in MAKE}


def test_every_command_is_run_or_left_out_for_a_reason() -> None:
    assert [without_comment(line) for line in TYPED] == ["make demo", "make test", *EXPECTED]
    named = [line for line in INLINE if line not in LEFT_OUT and not line.startswith("make ")]
    assert named == ["newsflag completion bash"]
    assert set(LEFT_OUT) <= set(INLINE)


@needs_bash
@pytest.mark.parametrize("line", EXPECTED)
def test_a_command_does_what_is_said_of_it(line: str, ran: dict[str, subprocess.CompletedProcess[str]]) -> None:
    done, expected = ran[line], EXPECTED[line]
    assert re.match(expected.err or "$", done.stderr), done.stderr
    assert done.returncode == expected.status
    assert re.match(expected.out, done.stdout, re.DOTALL), done.stdout[:500]


@needs_bash
def test_a_folder_gives_a_report_a_line(shell: Shell, ran: dict[str, subprocess.CompletedProcess[str]]) -> None:
    reports = [json.loads(line) for line in ran["newsflag check --jsonl articles/"].stdout.splitlines()]
    files = sorted(path.name for path in (shell.folder / "articles").iterdir())
    assert [report["file"] for report in reports] == [f"articles/{name}" for name in files]
    for report in reports:
        data = {key: value for key, value in report.items() if key != "file"}
        assert newsflag.Report.from_dict(data).to_dict() == data


@needs_bash
def test_the_report_is_a_page_with_a_table_and_every_article(
    shell: Shell, ran: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    assert ran
    page = (shell.folder / "out.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert page.count('<th scope="row">') == page.count('<details class="nf-article"') == 14


@needs_bash
def test_cleaned_is_what_clean_gives_and_what_was_read_is_as_it_was(
    shell: Shell, ran: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    text = (ROOT / "docs" / "example.txt").read_text("utf-8")
    cleaned = newsflag.clean(text)
    # The command ends its output with a line break, as every file of text does.
    assert ran["newsflag clean article.txt"].stdout.rstrip("\n") == cleaned.rstrip("\n")
    assert "READ MORE" not in cleaned
    assert int(ran["cat article.txt | newsflag clean | wc -w"].stdout) == len(cleaned.split()) < len(text.split())
    assert (shell.folder / "article.txt").read_text("utf-8") == text
    articles, into = shell.folder / "articles", shell.folder / "clean"
    files = sorted(path.name for path in articles.iterdir())
    assert sorted(path.name for path in into.iterdir()) == [Path(name).with_suffix(".txt").name for name in files]
    for name in files:
        original = (ROOT / "notebooks" / "articles" / name).read_bytes()
        assert (articles / name).read_bytes() == original
        body = newsflag.clean_html(original) if name.endswith(".html") else newsflag.clean(original.decode())
        assert (into / name).with_suffix(".txt").read_text("utf-8").rstrip("\n") == body.rstrip("\n")


@needs_bash
def test_the_card_is_the_models_own(ran: dict[str, subprocess.CompletedProcess[str]]) -> None:
    assert ran["newsflag models scores"].stdout == (ROOT / "models" / "scores.md").read_text("utf-8")


@needs_bash
def test_check_ends_as_the_readme_says(shell: Shell) -> None:
    (shell.folder / "short.txt").write_text("The council met on Monday.\n", encoding="utf-8")
    assert shell.run("newsflag check short.txt").returncode == 0
    done = shell.run("newsflag check gone.txt article.txt")
    assert (done.returncode, done.stderr.splitlines()) == (2, ["newsflag: gone.txt: no such file or directory"])
    assert "article.txt: 7 flagged" in done.stdout


@needs_bash
def test_the_script_for_completion_completes(shell: Shell) -> None:
    [line] = [each for each in INLINE if each.startswith("newsflag completion ")]
    assert shell.run(line).stderr == ""
    # What bash does when the key is pressed after these words.
    pressed = "COMP_WORDS=(newsflag {0}); COMP_CWORD=1; _newsflag_completion newsflag; echo ${{COMPREPLY[*]}}"
    done = shell.run(f'eval "$({line})" && complete -p newsflag && {pressed.format("exp")}')
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["complete -o nosort -F _newsflag_completion newsflag", "explain"]


# make, with an environment that is there already: what sets it up fetches packages


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A folder that make takes for its environment; its Python says what it was asked to run, and runs newsflag."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    run = f'test "$2" = pytest || exec "{sys.executable}" "$@"'
    python.write_text(f'#!/bin/sh\n{run}\necho "asked: $@"\n', encoding="utf-8")
    python.chmod(0o755)
    for stamp in (".core", ".dev"):
        (tmp_path / stamp).touch()
    return tmp_path


@needs_make
def test_make_demo_flags_the_article_that_the_project_started_from(shell: Shell, environment: Path) -> None:
    [line] = [each for each in MAKE if without_comment(each) == "make demo"]
    done = shell.run(line, folder=ROOT, MAKEFLAGS=f" -- VENV={environment}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "fadd692d6bccfef8.txt: 4 flagged" in done.stdout
    assert "\x1b[31m" in done.stdout


@needs_make
def test_make_test_runs_the_tests(shell: Shell, environment: Path) -> None:
    [line] = [each for each in MAKE if without_comment(each) == "make test"]
    done = shell.run(line, folder=ROOT, MAKEFLAGS=f" -- VENV={environment}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("asked: -m pytest\n")


@needs_make
@pytest.mark.parametrize(
    ("target", "steps"),
    [
        ("demo", ["-m venv", "--editable .\n", "-m newsflag check --color"]),
        ("test", ["-m venv", "--editable .\n", "--editable '.[dev,bench]'", "-m pytest"]),
        ("lint", ["-m venv", "--editable .\n", "--editable '.[dev,bench]'", "ruff check", "ruff format", "mypy"]),
        ("pictures", ["-m venv", "--editable .\n", "--editable '.[dev,bench]'", "docs/screenshots.py"]),
        ("train", ["-m venv", "--editable .\n", "--editable '.[train]'", '-m newsflag train --data "corpus"']),
        ("bench", ["-m venv", "--editable .\n", "--editable '.[bench]'", 'benchmarks/evaluate.py --data "corpus"']),
    ],
)
def test_make_sets_up_what_it_needs_first(target: str, steps: list[str], shell: Shell, tmp_path: Path) -> None:
    """Nothing is run: make says what it would do where nothing is set up yet."""
    done = shell.run(f"make -n {target} DATA=corpus VENV={tmp_path / 'new'}", folder=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    places = [done.stdout.find(step) for step in steps]
    assert -1 not in places, done.stdout
    assert places == sorted(places)
    assert not (tmp_path / "new").exists()


def test_every_target_that_is_named_is_tried() -> None:
    named = {line.split()[1] for line in (*MAKE, *INLINE) if line.startswith("make ")}
    assert named == {"demo", "test", "lint", "train", "bench"}
