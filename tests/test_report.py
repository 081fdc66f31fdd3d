"""Results: frozen, comparable, picklable, and plain data without loss."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import subprocess
import sys
from typing import Any

import pytest

from newsflag import InputError
from newsflag.kinds import KINDS, SCORES
from newsflag.report import REPORT_FORMAT, Reason, Report, Segment, Verdict


def empty_report() -> Report:
    return Report("", (), (), "", dict.fromkeys(SCORES, 0.0), 0.5, "handmade 1 (0)")


def test_a_report_survives_its_dictionary(report: Report) -> None:
    again = Report.from_dict(report.to_dict())
    assert again == report
    assert hash(again) == hash(report)
    assert again.flags[0].segment is again.segments[3]


def test_a_report_survives_json(report: Report) -> None:
    assert Report.from_dict(json.loads(report.to_json())) == report
    assert json.loads(report.to_json(indent=2)) == json.loads(report.to_json())


def test_json_of_a_lone_surrogate_can_be_written_to_a_file() -> None:
    text = "a\ud83d"
    segment = Segment(0, 2, text, "body", {}, {"insertion": 0.1}, Verdict("body", 0.1))
    report = Report(text, (segment,), (), text, {}, 0.5, "handmade 1 (0)")
    payload = report.to_json().encode("utf-8")
    assert Report.from_dict(json.loads(payload)) == report


def test_to_dict_is_plain_data(report: Report) -> None:
    def check(value: Any) -> None:
        assert type(value) in (str, int, float, list, dict, type(None)), value
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            check(part)

    data = report.to_dict()
    check(data)
    assert data == json.loads(json.dumps(data))


def test_to_dict_shares_nothing_with_the_report(report: Report) -> None:
    before = copy.deepcopy(report)
    data = report.to_dict()
    data["segments"][0]["kinds"]["body"] = 7
    data["segments"][0]["reasons"].clear()
    data["scores"].clear()
    assert report == before


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_results_survive_pickling(report: Report, protocol: int) -> None:
    # Protocols below 2 know no slots.
    if protocol >= 2:
        again = pickle.loads(pickle.dumps(report, protocol))
        assert again == report
        with pytest.raises(TypeError):
            again.segments[0].kinds["body"] = 1.0


def test_results_survive_copying(report: Report) -> None:
    assert copy.copy(report) == report
    assert copy.deepcopy(report) == report
    moved = dataclasses.replace(report.segments[0], kind="heading")
    assert moved.kinds == report.segments[0].kinds
    assert dataclasses.asdict(report)["segments"][0]["kinds"] == report.segments[0].kinds


def test_fields_are_frozen(report: Report) -> None:
    segment = report.segments[0]
    for result in (report, segment, segment.alone, segment.reasons[0], report.flags[0]):
        field = dataclasses.fields(result)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, field, "x")


@pytest.mark.parametrize(
    "change",
    [
        lambda mapping: mapping.__setitem__("body", 1.0),
        lambda mapping: mapping.__delitem__("insertion"),
        lambda mapping: mapping.__ior__({"body": 1.0}),
        lambda mapping: mapping.clear(),
        lambda mapping: mapping.pop("insertion"),
        lambda mapping: mapping.popitem(),
        lambda mapping: mapping.setdefault("more", 1.0),
        lambda mapping: mapping.update(body=1.0),
    ],
)
def test_mappings_are_frozen(report: Report, change: Any) -> None:
    before = copy.deepcopy(report)
    for mapping in (report.scores, report.segments[0].scores, report.segments[0].kinds):
        with pytest.raises(TypeError, match="can't be changed"):
            change(mapping)
    assert report == before


def test_a_segment_does_not_change_with_the_dict_it_was_made_of() -> None:
    scores = {"insertion": 0.5}
    segment = Segment(0, 1, "a", "body", {}, scores, Verdict("body", 0.5))
    scores["insertion"] = 0.9
    assert segment.scores == {"insertion": 0.5}


def test_results_are_compared_by_value(report: Report) -> None:
    segment = report.segments[0]
    assert dataclasses.replace(segment) == segment
    assert dataclasses.replace(segment, scores={**segment.scores, "insertion": 0.05}) != segment
    assert len({segment, dataclasses.replace(segment), report.segments[1]}) == 2


def test_insertions_are_the_segments_of_insertion_kinds(report: Report) -> None:
    assert [segment.kind for segment in report.insertions] == ["interface", "call_to_action"]
    assert [segment.is_promo for segment in report.insertions] == [False, True]


@pytest.mark.parametrize("data", [None, [], "report", {}, {"text": "a"}])
def test_what_is_no_report_is_refused(data: Any) -> None:
    with pytest.raises(InputError, match=r"Report\.to_dict"):
        Report.from_dict(data)


def test_a_newer_format_is_refused(report: Report) -> None:
    with pytest.raises(InputError, match=f"format {REPORT_FORMAT + 1}"):
        Report.from_dict({**report.to_dict(), "format": REPORT_FORMAT + 1})


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.pop("text"),
        lambda data: data.update(text=5),
        lambda data: data.update(segments=None),
        lambda data: data.update(scores=[1, 2]),
        lambda data: data["segments"][0].update(end=10**6),
        lambda data: data["segments"][0].update(start=-1),
        lambda data: data["segments"][0].update(start="0"),
        lambda data: data["segments"][0].pop("kinds"),
        lambda data: data["segments"][0].update(alone="body"),
        lambda data: data["segments"][0]["reasons"][0].pop("cue"),
        lambda data: data["flags"][0].update(segment=99),
        lambda data: data["flags"][0].pop("reason"),
    ],
)
def test_damaged_data_is_refused(report: Report, damage: Any) -> None:
    data = report.to_dict()
    damage(data)
    with pytest.raises(InputError, match="incomplete or of the wrong shape"):
        Report.from_dict(data)


def test_more_keys_than_needed_do_no_harm(report: Report) -> None:
    # `newsflag check --json` adds the file's name.
    assert Report.from_dict({**report.to_dict(), "file": "a.txt"}) == report


# pandas


def test_a_frame_has_a_row_for_every_segment(report: Report) -> None:
    pytest.importorskip("pandas")
    frame = report.to_frame()
    assert list(frame["text"]) == [segment.text for segment in report.segments]
    assert list(frame["insertion"]) == [segment.scores["insertion"] for segment in report.segments]
    assert list(frame["p_body"]) == [segment.kinds["body"] for segment in report.segments]


def test_the_frame_of_an_empty_report_has_all_columns(report: Report) -> None:
    pytest.importorskip("pandas")
    frame = empty_report().to_frame()
    assert len(frame) == 0
    assert list(frame.columns) == list(report.to_frame().columns)
    assert set(KINDS) == {name[2:] for name in frame.columns if name.startswith("p_")}


def test_without_pandas_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "from newsflag import Report\n"
        "try: Report('', (), (), '', {}, 0.5, 'm').to_frame()\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'newsflag[pandas]'" in done.stdout


def test_a_notebook_shows_the_report(report: Report) -> None:
    assert "call to action" in report._repr_html_()


def test_a_reason_may_stand_nowhere() -> None:
    assert Reason("prior", 0.5) == Reason("prior", 0.5, None, None)
