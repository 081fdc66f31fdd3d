"""newsflag's steps in a datatrove pipeline: run by an executor with two tasks, and alone."""

from __future__ import annotations

import gzip
import json
import pickle
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import newsflag
from newsflag.comparison import overview

pytest.importorskip("datatrove")

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter

from newsflag.integrations import datatrove as adapter
from newsflag.integrations.datatrove import NewsflagAnnotator, NewsflagFilter, NewsflagStripper

TEXTS: Final = (
    "Ferry to run all winter\n\nThe board voted on Monday.\n\nREAD MORE: Ten tricks for a flat belly",
    "READ MORE: Ten tricks for a flat belly\n\nSign up to our morning letter & never miss a thing",
    "The council met on Monday to talk about the roof of the school.",
    "Die Brücke bleibt bis zum Frühjahr gesperrt.\n\nLesen Sie auch: Zehn Brücken, die Sie sehen müssen",
)
PAGE: Final = "<h1>Roof</h1><p>The school gets a new roof.</p><p><a href=/x>READ MORE: Ten roofs to see</a></p>"
BROKEN: Final = {"deny_patterns": (r"(a|a)*\d",), "pattern_seconds": 0.05}  # never comes to an end with …
LONG: Final = "a" * 400  # … this


def documents(*texts: Any) -> list[Any]:
    return [Document(text=text, id=str(number)) for number, text in enumerate(texts or TEXTS)]


def lines(folder: Path) -> dict[str, Any]:
    """What was written, by the documents' ids."""
    files = sorted(folder.glob("*.jsonl.gz"))
    rows = [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    return {row["id"]: row for row in rows}


def test_two_tasks_annotate_filter_and_strip(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(2):  # a file a task
        rows = [{"id": f"{number}-{place}", "text": text} for place, text in enumerate(TEXTS)]
        (source / f"{number}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    executor = LocalPipelineExecutor(
        [
            JsonlReader(str(source)),
            NewsflagAnnotator(content="report", batch_size=3),
            NewsflagFilter(
                max_promos=0.7, batch_size=2, exclusion_writer=JsonlWriter(str(tmp_path / "out" / "dropped"))
            ),
            NewsflagStripper(),
            JsonlWriter(str(tmp_path / "out" / "kept")),
        ],
        tasks=2,
        workers=2,
        logging_dir=str(tmp_path / "logs"),
    )
    stats = executor.run()
    kept, dropped = lines(tmp_path / "out" / "kept"), lines(tmp_path / "out" / "dropped")
    reports = {f"{number}-{place}": newsflag.flag(text) for number in range(2) for place, text in enumerate(TEXTS)}
    assert set(dropped) == {"0-1", "1-1"}
    assert set(kept) | set(dropped) == set(reports)
    for name, row in {**kept, **dropped}.items():
        assert newsflag.Report.from_dict(row["metadata"]["newsflag"]) == reports[name]
    for name, row in kept.items():
        assert row["text"] == newsflag.clean(reports[name].text)
    for name, row in dropped.items():
        assert row["metadata"]["filter_reason"] == "promos"
        assert row["text"] == reports[name].text
    annotator, chosen, stripper = stats.stats[1:4]
    assert (annotator["total"].total, annotator["forwarded"].total) == (8, 8)
    assert (chosen["dropped"].total, chosen["dropped_promos"].total) == (2, 2)
    assert stripper["characters_removed"].total == sum(
        len(reports[name].text) - len(kept[name]["text"]) for name in kept
    )


def test_the_overview_is_what_compare_has_in_a_row() -> None:
    for document in NewsflagAnnotator(key="found").run(documents()):
        assert document.metadata == {"found": overview(newsflag.flag(document.text))}


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_results_are_the_same_whatever_the_batch(batch_size: int) -> None:
    annotated = list(NewsflagAnnotator(content="report", batch_size=batch_size).run(documents()))
    assert [document.metadata["newsflag"] for document in annotated] == [newsflag.flag(t).to_dict() for t in TEXTS]
    kept = NewsflagFilter(0.3, batch_size=batch_size).run(documents())
    expected = [text for text in TEXTS if overview(newsflag.flag(text))["promos"] <= 0.3]
    assert [document.text for document in kept] == expected


def test_pages_are_read_as_pages() -> None:
    report = newsflag.flag_html(PAGE)
    [annotated] = NewsflagAnnotator(content="report", input="html").run(documents(PAGE))
    assert newsflag.Report.from_dict(annotated.metadata["newsflag"]) == report
    [stripped] = NewsflagStripper(input="html").run(documents(PAGE))
    assert stripped.text == newsflag.clean_html(PAGE) == "The school gets a new roof."
    promos = overview(report)["promos"]
    assert list(NewsflagFilter(promos, input="html").run(documents(PAGE)))
    assert not list(NewsflagFilter(promos / 2, input="html").run(documents(PAGE)))


def test_options_are_passed_on() -> None:
    [stripped] = NewsflagStripper(newsflag.Config(allow=("READ MORE: Ten roofs to see",)), threshold=0.9).run(
        documents("The school gets a new roof.\n\nREAD MORE: Ten roofs to see")
    )
    assert stripped.text == "The school gets a new roof.\n\nREAD MORE: Ten roofs to see"
    [annotated] = NewsflagAnnotator(content="report", language="de").run(documents(TEXTS[0]))
    assert annotated.metadata["newsflag"] == newsflag.flag(TEXTS[0], language="de").to_dict()


def test_a_document_without_its_own_text_is_passed_on_and_counted() -> None:
    step = NewsflagStripper()
    assert [document.text for document in step.run(documents(TEXTS[1]))] == [""]
    assert step.stats["emptied"].total == 1
    assert step.stats["characters_removed"].total == len(TEXTS[1])


def test_an_error_is_raised_with_the_documents_id() -> None:
    for step in (NewsflagAnnotator(), NewsflagStripper(), NewsflagFilter()):
        with pytest.raises(newsflag.InputError, match="document '1': a text must be a str, but got NoneType"):
            list(step.run(documents("The council met.", None)))
    with pytest.raises(newsflag.PatternTimeoutError, match="document '0': "):
        list(NewsflagStripper(**BROKEN).run(documents(LONG)))  # type: ignore[arg-type]


def test_with_yield_a_document_that_fails_is_passed_on_or_dropped_with_the_reason(tmp_path: Path) -> None:
    why = "a text must be a str, but got NoneType"
    for step in (NewsflagAnnotator(on_error="yield"), NewsflagStripper(on_error="yield")):
        good, bad = step.run(documents("The council met.", None))
        assert (good.text, bad.text) == ("The council met.", None)
        assert bad.metadata == {"newsflag_error": why}
        assert step.stats["failed"].total == 1
    step = NewsflagFilter(on_error="yield", exclusion_writer=JsonlWriter(str(tmp_path)), **BROKEN)  # type: ignore[arg-type]
    assert [document.id for document in step.run(documents("The council met.", LONG))] == ["0"]
    row = lines(tmp_path)["1"]
    assert row["metadata"]["filter_reason"] == "newsflag_error"
    assert "took more than" in row["metadata"]["newsflag_error"]
    assert row["text"] == LONG


def test_a_step_is_sent_without_the_models() -> None:
    for step in (NewsflagAnnotator(), NewsflagStripper(), NewsflagFilter()):
        assert len(pickle.dumps(step)) < 5000


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NewsflagAnnotator(content="all"), "content is 'all', but must be one of overview, report"),  # type: ignore[arg-type]
        (lambda: NewsflagAnnotator(key=""), "key is '', but must be a str"),
        (lambda: NewsflagAnnotator(batch_size=0), "batch_size is 0"),
        (lambda: NewsflagAnnotator(treshold=0.5), "unknown option 'treshold'"),
        (lambda: NewsflagStripper(input="pdf"), "input is 'pdf', but must be one of text, html"),  # type: ignore[arg-type]
        (lambda: NewsflagStripper(on_error="skip"), "on_error is 'skip', but must be one of raise, yield"),  # type: ignore[arg-type]
        (lambda: NewsflagFilter(2), "max_promos is 2, but must be a number from 0 to 1"),
        (lambda: NewsflagFilter(batch_size=0), "batch_size is 0"),
    ],
)
def test_an_option_that_is_not_allowed_is_named(make: Any, message: str) -> None:
    with pytest.raises(newsflag.ConfigError, match=message):
        make()


def test_what_pages_need_is_asked_for_before_the_pipeline_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "selectolax", None)
    monkeypatch.setitem(sys.modules, "selectolax.lexbor", None)
    for make in (NewsflagAnnotator, NewsflagStripper, NewsflagFilter):
        with pytest.raises(ImportError, match=r"pip install 'newsflag\[html\]'"):
            make(input="html")


def test_without_datatrove_the_line_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, adapter.__name__)
    monkeypatch.setitem(sys.modules, "datatrove.pipeline.base", None)
    with pytest.raises(ImportError, match=r"needs datatrove: pip install 'newsflag\[datatrove\]'"):
        __import__(adapter.__name__)
