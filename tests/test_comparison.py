"""Reports side by side, and along their length."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import newsflag
from newsflag.comparison import COLUMNS, overview
from newsflag.errors import ConfigError, InputError
from newsflag.kinds import INSERTION_KINDS, SCORES
from newsflag.report import Report

pd = pytest.importorskip("pandas")

TEXTS = {
    "promo": "The council met on Monday.\n\nREAD MORE: Ten tricks for a flat belly",
    "plain": "The council met on Monday.\n\nIt voted on the bridge.",
    "empty": "",
}


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {name: newsflag.flag(text) for name, text in TEXTS.items()}


def test_each_article_is_a_row(reports: dict[str, Report]) -> None:
    frame = newsflag.compare(reports)
    assert list(frame.index) == list(TEXTS)
    assert frame.index.name == "article"
    assert tuple(frame.columns) == COLUMNS
    for name, report in reports.items():
        row = frame.loc[name]
        assert row["flags"] == len(report.flags)
        assert row["segments"] == len(report.segments)
        for score, value in report.scores.items():
            assert row[score] == value
        for kind in INSERTION_KINDS:
            assert row[f"n_{kind}"] == sum(segment.kind == kind for segment in report.segments)


def test_shares_are_of_the_characters(reports: dict[str, Report]) -> None:
    row = overview(reports["promo"])
    assert row["characters"] == 26 + 38
    assert row["promos"] == 38 / 64
    assert row["kept"] == 26 / 64
    assert overview(reports["empty"])["kept"] == 0


def test_reports_come_named_in_three_ways(reports: dict[str, Report]) -> None:
    frame = newsflag.compare(reports)
    pairs: Iterator[Any] = ((report, name) for name, report in reports.items())
    assert newsflag.compare(pairs).equals(frame)
    piped = newsflag.pipe([(text, name) for name, text in TEXTS.items()], as_tuples=True)
    assert list(newsflag.compare(piped).index) == list(TEXTS)
    assert list(newsflag.compare(list(reports.values())).index) == [0, 1, 2]


def test_of_no_report_a_frame_is_made_too() -> None:
    assert newsflag.compare([]).shape == (0, len(COLUMNS))


def test_a_row_can_be_written_as_json(reports: dict[str, Report]) -> None:
    assert json.loads(json.dumps(overview(reports["promo"])))["n_teaser"] == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("text", "item 0 is str"),
        (["text"], "item 0 is str"),
        (3, "got int"),
        ({"a": "text"}, "item 0 is str"),
        ([("report", "name")], "item 0 is str"),
    ],
)
def test_what_is_no_report_is_refused(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        newsflag.compare(given)


def test_a_single_report_is_told_to_go_into_a_list(reports: dict[str, Report]) -> None:
    with pytest.raises(InputError, match="in a list"):
        newsflag.compare(reports["plain"])  # type: ignore[arg-type]


# Plots


@pytest.fixture
def figure() -> Iterator[Any]:
    """Matplotlib without a screen; figures are closed afterwards."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    yield plt
    plt.close("all")


@pytest.mark.usefixtures("figure")
def test_a_plot_has_a_strip_of_segments_and_a_line_a_score(reports: dict[str, Report]) -> None:
    ax: Any = reports["promo"].plot()
    [strip_of_body, strip_of_teaser] = ax.collections
    for strip, segment in zip((strip_of_body, strip_of_teaser), reports["promo"].segments, strict=True):
        [path] = strip.get_paths()
        assert path.get_extents().intervalx.tolist() == [segment.start, segment.end]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend[:3] == ["insertion", "clickbait", "sensational"]
    assert {"body (1)", "teaser (1)"} <= set(legend)
    values = ax.lines[0].get_ydata()
    assert list(values) == [score for each in reports["promo"].segments for score in [each.scores["insertion"]] * 2]
    ax.figure.canvas.draw()


def test_a_plot_goes_where_it_is_told(figure: Any, reports: dict[str, Report]) -> None:
    _, axes = figure.subplots(2)
    assert reports["plain"].plot(SCORES, ax=axes[1]) is axes[1]
    assert len(axes[1].lines) == len(SCORES) + 1
    assert not axes[0].lines
    reports["plain"].plot("clickbait", ax=axes[0])
    assert len(axes[0].lines) == 2


@pytest.mark.usefixtures("figure")
def test_every_kind_and_nothing_at_all_can_be_plotted(make_report: Callable[..., Report]) -> None:
    for report in (make_report(*((kind, f"Text {kind}") for kind in newsflag.KINDS)), newsflag.flag("")):
        ax = report.plot()
        assert len(ax.collections) == len({segment.kind for segment in report.segments})
        ax.figure.canvas.draw()


@pytest.mark.usefixtures("figure")
def test_an_unknown_score_is_refused(reports: dict[str, Report]) -> None:
    with pytest.raises(ConfigError, match=r"bait.*insertion, off_topic"):
        reports["plain"].plot(["bait"])


@pytest.mark.parametrize(
    ("package", "code", "line"),
    [
        ("pandas", "newsflag.compare([])", "pip install 'newsflag[pandas]'"),
        ("matplotlib", "newsflag.flag('One.').plot()", "pip install 'newsflag[plot]'"),
    ],
)
def test_a_missing_package_is_named_with_the_line_that_installs_it(
    root: Path, package: str, code: str, line: str
) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; import newsflag; {code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 1
    assert line in done.stderr.splitlines()[-1]
