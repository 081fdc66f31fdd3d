"""The pages in docs: they build without a warning, their code runs, and what they say of code and models is so."""

from __future__ import annotations

import ast
import importlib
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from _shown import Shell, commands, run_blocks, typed, without_comment

import newsflag
from newsflag.cli import main
from newsflag.markup.parser import parse
from newsflag.model.scores import HEADS
from newsflag.training.scores import USED

ROOT: Final = Path(__file__).parent.parent
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted(DOCS.glob("*.md"))
LINK: Final = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
FILE: Final = re.compile(r"`((?:newsflag|benchmarks|models|tests|docs)/[\w/.-]+\.(?:py|md|json))`")
ROW: Final = re.compile(r"^\| `([\w.]+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
# What the page on how it works must account for: everything between a text and its report.
EXPLAINED: Final = (
    *("segmentation", "evidence", "model", "matching", "scoring", "splitting", "marking", "assembly", "flagger"),
    *("language", "signals", "reasons", "wording_reasons", "explain", "markup", "_exact"),
)
# What the pages type: the status it ends with, and expressions that what it prints and complains of must match;
# or why it is left out.
_FETCHES: Final = "fetches packages; that the wheel installs and runs is tested in test_wheel.py"
_CORPUS: Final = "takes a folder of labelled articles, which is not here, and hours"
TYPED: Final[dict[tuple[str, str], tuple[int, str, str] | str]] = {
    ("how-good", "python benchmarks/evaluate.py --data CORPUS --models FOLDS"): _CORPUS,
    ("how-good", "python benchmarks/pages.py --data CORPUS --models FOLDS"): _CORPUS,
    ("how-good", "python benchmarks/scores.py --data CORPUS --models FOLDS"): _CORPUS,
    ("how-good", "python benchmarks/speed.py"): "measures the machine, which takes minutes",
    ("pages", "pip install '.[html]'"): _FETCHES,
    ("pages", "newsflag check page.html"): (1, r"page\.html: 13 flagged .*> teaser ", ""),
    ("pages", "newsflag check --jsonl pages/"): (
        1,
        r'\{"file": "pages/night-train\.html", .*"markup": .*\n\{"file": "pages/river-otters\.html", .*\}\n$',
        "",
    ),
    ("pages", "newsflag clean --keep title page.html"): (
        0,
        r"Tarnmouth council votes to rebuild the swing bridge\n(?!.*READ MORE).*\n$",
        "",
    ),
    ("pages", "curl -s https://example.org/ | newsflag check --html -"): (1, "stdin|-: 13 flagged ", ""),
    ("recipes", "newsflag clean articles/ -o cleaned/"): (0, "$", r"newsflag: 14 articles written to cleaned/?\n$"),
    ("recipes", "newsflag --version"): (0, rf"newsflag {re.escape(newsflag.__version__)}\n$", ""),
    ("recipes", "newsflag models"): (0, r"splitter .*\nscores .*\npages .*\n$", ""),
    ("tour", "pip install ."): _FETCHES,
    ("tour", "pip install '.[html,pandas,plot]'"): _FETCHES,
    ("tour", "newsflag check notebooks/articles"): (
        1,
        r"notebooks/articles/council-budget\.txt: .*\n14 articles, \d+ of them with flags, \d+ flags in all\n$",
        "",
    ),
    ("tour", "newsflag clean notebooks/articles -o cleaned"): (
        0,
        "$",
        r"newsflag: 14 articles written to cleaned\n$",
    ),
    ("tour", "newsflag report notebooks/articles -o out.html"): (0, "$", r"newsflag: out\.html: 14 articles\n$"),
    ("what-it-finds", "newsflag check article.txt"): (1, r"article\.txt: 3 flagged \(8 segments", ""),
    ("what-it-finds", 'newsflag explain article.txt --find "fisherman"'): (
        0,
        r"article\.txt: segment 6 of 8, .*You won't believe what this fisherman found in his net",
        "",
    ),
    ("what-it-finds", "newsflag clean article.txt"): (0, r"Harbour town(?!.*fisherman).*regatta in August\.\n$", ""),
    ("what-it-finds", "newsflag report articles/ -o out.html"): (0, "$", r"newsflag: out\.html: 14 articles\n$"),
}


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def lines_of(page: Path) -> list[str]:
    """What a page's console blocks type, and what its table says to use."""
    return typed(page) + re.findall(r"^\| .*? \| `(newsflag .+?)` \|$", text_of(page), re.MULTILINE)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation as HTML; made with every warning as an error."""
    out = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-c", "docs", "-d", str(out / "trees")]
    done = subprocess.run([*command, ".", str(out / "html")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out / "html" / "docs"


def test_the_documentation_builds_without_a_warning(built: Path) -> None:
    for page in (*DOCS.glob("*.md"), *DOCS.glob("reference/*.md")):
        assert (built / page.relative_to(DOCS)).with_suffix(".html").is_file(), page


def test_the_reference_has_every_public_name_and_what_is_said_of_it(built: Path) -> None:
    text = "".join(page.read_text("utf-8") for page in sorted((built / "reference").glob("*.html")))
    entries = dict(re.findall(r'id="newsflag\.(\w+)">.*?</dt>\s*<dd>(.*?)</dd>', text, re.DOTALL))
    for name in newsflag.__all__:
        if name != "__version__":
            assert re.sub(r"<[^>]+>", "", entries[name]).strip(), name


def test_the_built_pages_load_nothing_from_elsewhere(built: Path) -> None:
    for page in built.rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|link|iframe)[^>]*?(?:src|href)="([^"]+)"', page.read_text("utf-8"))
        assert not [target for target in loaded if target.startswith(("http:", "https:", "//"))], page


def test_every_page_is_listed_and_the_list_and_the_menu_have_one_order() -> None:
    index = (DOCS / "index.md").read_text("utf-8")
    menu = [line for block in re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL) for line in block.split()]
    listed = [target.removesuffix(".md") for target in re.findall(r"^\d+\. \[[^]]+\]\((.+?)\)", index, re.MULTILINE)]
    assert listed == [entry for entry in menu if entry in listed]
    assert {page.stem for page in PAGES} - {"index"} <= set(menu)
    linked = {target.removesuffix(".md") for target in LINK.findall(index)}
    assert {page.stem for page in PAGES} - {"index"} <= linked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs_from_top_to_bottom(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = page.read_text("utf-8").count("```python\n")
    assert run_blocks(page) == shown
    if page.stem in {"adding-a-head", "concepts", "pages", "recipes", "sklearn", "tour"}:
        assert shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    for name in FILE.findall(text_of(page)):
        assert name == "models/NAME.json" or (ROOT / name).is_file(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_that_a_page_shows_are_there(page: Path) -> None:
    assert commands(page) <= set(main.commands)
    shown = re.findall(
        r"newsflag (\w+)((?: [^`\n#|>]*)?)", "\n".join(re.findall(r"\$ .*|`newsflag .+?`", text_of(page)))
    )
    for command, arguments in shown:
        allowed = {name for each in main.commands[command].params for name in (*each.opts, *each.secondary_opts)}
        assert set(re.findall(r"(?<= )--?[a-z][\w-]*", arguments)) <= allowed, (command, arguments)


def first_article() -> str:
    """The article in docs/what-it-finds.md: it is set in lines there; its paragraphs are lines."""
    [shown] = re.findall(r"```text\n(.*?)```", text_of(DOCS / "what-it-finds.md"), re.DOTALL)
    return "\n\n".join(" ".join(part.split()) for part in shown.split("\n\n")).strip()


def test_every_line_that_a_page_types_is_run_or_left_out_for_a_reason() -> None:
    assert [(page.stem, without_comment(line)) for page in PAGES for line in lines_of(page)] == list(TYPED)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("page", [page for page in PAGES if lines_of(page)], ids=lambda page: page.name)
def test_what_a_page_types_does_what_is_said_of_it(page: Path, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.stand_in("curl", "cat page.html")  # nothing is fetched
    if page.stem == "what-it-finds":
        (shell.folder / "article.txt").write_text(first_article(), encoding="utf-8")
    for line in lines_of(page):
        expected = TYPED[page.stem, without_comment(line)]
        if isinstance(expected, str):
            continue
        done = shell.run(line)
        status, out, complaint = expected
        assert (line, done.returncode) == (line, status), done.stderr
        assert re.match(complaint or "$", done.stderr), (line, done.stderr)
        assert re.match(out, done.stdout, re.DOTALL), (line, done.stdout[:500])
    for made in shell.folder.glob("cleaned*"):
        assert len(list(made.iterdir())) == 14
    for made in shell.folder.glob("out.html"):
        assert made.read_text("utf-8").count('<details class="nf-article"') == 14


def test_the_benchmarks_that_are_left_out_are_there_and_take_what_is_shown() -> None:
    shown = [line.split() for _, line in TYPED if line.startswith("python ")]
    assert shown
    for _, script, *arguments in shown:
        code = text_of(ROOT / script)
        assert all(f'"{each}"' in code for each in arguments if each.startswith("--")), script


# How it works


def is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def numbers() -> Iterator[tuple[str, Any]]:
    """Every number that is ``Final`` at the top of a module between a text and its report, by its name there."""
    package = ROOT / "newsflag"
    for part in EXPLAINED:
        files = sorted((package / part).rglob("*.py")) if (package / part).is_dir() else [package / f"{part}.py"]
        for file in files:
            name = ".".join(file.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
            module = importlib.import_module(f"newsflag.{name}")
            for node in ast.parse(file.read_text("utf-8")).body:
                if isinstance(node, ast.AnnAssign) and "Final" in ast.unparse(node.annotation):
                    constant = ast.unparse(node.target)
                    value = getattr(module, constant)
                    if is_number(value) or (isinstance(value, tuple) and value and all(map(is_number, value))):
                        yield f"{name}.{constant}", value


def test_how_it_works_names_every_constant_with_the_codes_value_and_where_it_comes_from() -> None:
    text = text_of(DOCS / "how-it-works.md")
    rows = ROW.findall(text[text.index("## Constants in the code") :])
    told = {name: ast.literal_eval(value) for name, value, _, _ in rows}
    assert len(told) == len(rows)
    expected = dict(numbers())
    assert len(expected) > 100
    assert sorted(set(expected) - set(told)) == []
    for name, value in told.items():
        module, _, constant = name.rpartition(".")
        assert value == getattr(importlib.import_module(f"newsflag.{module}"), constant), name
    sorts = set(re.findall(r"^- \*\*(\w+)\*\*", text, re.MULTILINE))
    for name, _, what, source in rows:
        assert what, name
        assert re.match(r"\w+", source)[0] in {*sorts, "as"}, name  # type: ignore[index]


def test_how_it_works_has_the_models_thresholds() -> None:
    text = text_of(DOCS / "how-it-works.md")
    told = {
        name: float(value) for name, value in re.findall(r"^\| `(\w+)` threshold \| ([\d.]+) \|", text, re.MULTILINE)
    }
    splitter, scores, pages = (record(name) for name in ("splitter", "scores", "pages"))
    assert told == {"splitter": splitter["threshold"], "pages": pages["threshold"], **scores["thresholds"]}
    assert set(scores["shrinkage"].values()) == {
        float(re.findall(r"^\| shrinkage \| ([\d.]+) \|", text, re.MULTILINE)[0])
    }


def test_the_stages_are_drawn_as_they_are_told_and_the_drawing_says_so_in_words() -> None:
    text = text_of(DOCS / "how-it-works.md")
    table = text[text.index("| stage |") : text.index("\n\n", text.index("| stage |"))]
    stages = [[cell.strip() for cell in row.split("|")[1:3]] for row in table.splitlines()[2:]]
    space = "{http://www.w3.org/2000/svg}"
    drawing = ET.parse(DOCS / "stages.svg").getroot()  # noqa: S314 - our own file
    drawn = [each.text or "" for each in drawing.iter(f"{space}text")]
    names = [name.removesuffix(" (pages only)") for name in drawn]
    assert [name for name in names if name in {stage for stage, _ in stages}] == [stage for stage, _ in stages]
    title, description = (drawing.find(f"{space}{tag}") for tag in ("title", "desc"))
    assert title is not None
    assert description is not None
    assert all(f"{stage} (" in (description.text or "") for stage, _ in stages)
    shown = re.findall(r"`([\w.]+)`", " ".join(modules for _, modules in stages))
    shown += [name for line in drawn if re.fullmatch(r"[a-z_.]+(, [a-z_.]+)*", line) for name in line.split(", ")]
    for name in shown:
        importlib.import_module(f"newsflag.{name}")
    assert {name.split(".")[0] for name in shown} >= set(EXPLAINED) - {"model", "_exact"}


# How good it is


def record(model: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((ROOT / "models" / f"{model}.json").read_text("utf-8"))
    return facts


def measured(model: str, name: str) -> tuple[float, float, float]:
    """Value and interval of a figure in a model's record."""
    metrics = record(model)["metrics"]
    if name in metrics:
        value, low, high = metrics[name]
        return value, low, high
    section, _, figure = name.partition(" / ")
    found = metrics[section][figure]
    return found["value"], found["low"], found["high"]


def tables(page: Path) -> Iterator[tuple[list[str], list[list[str]]]]:
    """The tables of a page, each its header and its rows."""
    for block in re.findall(r"^\|.*(?:\n\|.*)+", text_of(page), re.MULTILINE):
        header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines())
        yield header, rows


def test_the_figures_are_those_in_the_models_records() -> None:
    n_figures = 0
    for header, rows in tables(DOCS / "how-good.md"):
        where = re.fullmatch(r"in `(\w+)\.json`", header[-1])
        if where is None:
            continue
        for *cells, quoted in rows:
            name = quoted.strip("`")
            n_figures += 1
            gains = header[1:3] == ["before", "after"]
            if gains:
                ends = [f"{measured(where[1], f'{name} {when}')[0]:.4f}" for when in ("before", "after")]
                assert ends == cells[1:3], name
            value, low, high = measured(where[1], f"{name} gain" if gains else name)
            shown, interval = cells[-2:]
            assert shown == (f"{value:+.4f}" if shown[0] in "+-" else f"{value:.4f}"), name
            assert interval == f"{low:.4f} to {high:.4f}", name
    assert n_figures > 45


def test_other_tools_figures_are_those_of_the_card() -> None:
    card = list(tables(ROOT / "models" / "splitter.md"))
    [ours] = [rows for header, rows in tables(DOCS / "how-good.md") if header[0] == "tool"]
    [theirs] = [rows for header, rows in card if header[0].startswith("on the same lines")]
    assert ours == theirs
    speed = re.findall(r"[\d.]+ pages a second|trafilatura (?:read )?[\d.]+\d", text_of(ROOT / "models" / "pages.md"))
    assert speed == ["105 pages a second", "trafilatura 55.3"]
    assert "105 pages a second" in " ".join(text_of(DOCS / "how-good.md").split())
    assert "trafilatura read 55.3" in " ".join(text_of(DOCS / "how-good.md").split())


def test_figures_in_prose_are_those_in_the_models_records() -> None:
    concepts = " ".join(text_of(DOCS / "concepts.md").split())
    kept, recall, precision, f1 = (
        measured("splitter", f"gold / {name}")[0]
        for name in ("kept kinds' characters kept", "insertion recall", "insertion precision", "insertion F1")
    )
    assert f"{kept:.1%} of the article's characters are kept".replace("%", " %") in concepts
    assert f"{recall:.0%} of insertion lines are found".replace("%", " %") in concepts
    assert f"and {precision:.0%} of the lines taken for insertions are".replace("%", " %") in concepts
    assert f"insertion F1 from 0.76 to {f1:.2f}" in concepts
    limits = text_of(DOCS / "not-for.md")
    assert (
        f"{measured('scores', 'misinformation: mean of the sets left out, AUC')[0]:.2f} AUC on sets left out" in limits
    )


# What else is told


def test_the_table_of_kinds_names_every_kind_and_the_table_of_scores_every_score() -> None:
    kinds = re.findall(r"^\| `(\w+)` \|", text_of(DOCS / "what-it-finds.md"), re.MULTILINE)
    assert tuple(kinds) == newsflag.KINDS
    scores = re.findall(r"^\| `(\w+)` \|", text_of(DOCS / "concepts.md"), re.MULTILINE)
    assert tuple(scores) == (*newsflag.SCORES, *newsflag.ARTICLE_SCORES)


def test_the_languages_with_evidence_are_those_of_the_model() -> None:
    text = " ".join(text_of(DOCS / "concepts.md").split())
    for score, languages in record("scores")["languages"].items():
        told = ", ".join(languages) if languages else "any language"
        assert re.search(rf"- `{score}`: {told}(?: -|,|$)", text), score


def test_what_is_found_in_the_first_article_is_what_the_page_says() -> None:
    found = newsflag.flag(first_article()).flags
    assert [flag.kind for flag in found] == ["teaser", "teaser", "call_to_action"]


def test_the_example_page_loses_its_insertions_and_no_paragraph() -> None:
    page = (DOCS / "example.html").read_text("utf-8")
    report = newsflag.flag_html(page)
    teasers = ("READ MORE", "Doctors hate")
    paragraphs = [node.text().strip() for node in parse(page).css(".story-body > p, .story-body > h2")]
    own = [text for text in paragraphs if not text.startswith(teasers)]
    assert len(own) == 13
    assert [line for line in report.body.splitlines() if line in own] == own
    found = [flag.segment.text for flag in report.flags if flag.segment is not None and flag.segment.is_insertion]
    for start in (*teasers, "Sign up to our free newsletter", "Advertisement", "“We have come to the end"):
        assert any(text.startswith(start) for text in found), start


def test_every_head_says_what_it_learns_from() -> None:
    assert set(USED) == set(HEADS)
    text = (DOCS / "adding-a-head.md").read_text("utf-8")
    assert all(f"`{name}`" in text for name in ("HEADS", "USED", "load_sets"))
