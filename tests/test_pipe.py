"""Many articles: in order, with little in memory, each error told of its article, the models lent to the workers."""

from __future__ import annotations

import copy
import dataclasses
import gc
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import pandas as pd
import pytest

import newsflag
from newsflag import Failure, Flagger, InputError, NewsflagError, PatternTimeoutError, Report, _parallel

TEXTS: Final = [
    "The council met on Monday.\n\nREAD MORE: Ten tricks for a flat belly",
    "",
    "The ferry to the outer islands sails again.\n\nSign up to our newsletter\n\nIt had been closed for a year.",
    "Advertisement",
    'A bridge was opened in Tarnmouth.\n\nPhotograph: Ines Haldon\n\nThe mayor spoke. "It took nine years," she said.',
]
BACKENDS: Final = ["loky", "threading", "multiprocessing"]
each_backend: Final = pytest.mark.parametrize("backend", BACKENDS)
processes: Final = pytest.mark.parametrize("backend", ["loky", "threading"])


def texts(number: int) -> Iterator[str]:
    return (f"{TEXTS[at % len(TEXTS)]}\n\nNumber {at}." for at in range(number))


# In order, the same


@each_backend
# It forks, which Python warns of where there are threads; whoever asks for this backend asks for that.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_any_backend_gives_what_single_calls_give(backend: str) -> None:
    expected = [newsflag.flag(text) for text in texts(40)]
    with joblib.parallel_config(backend):
        assert list(newsflag.pipe(texts(40), n_jobs=2, batch_size=3)) == expected


def test_a_backend_is_taken_from_where_pipe_was_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with joblib.parallel_config("threading"):
        reports = newsflag.pipe(texts(3), n_jobs=2, batch_size=1)
    assert next(reports) == newsflag.flag(next(texts(1)))
    assert list(tmp_path.glob("newsflag-*")) == []  # threads need no copy of the model
    assert len(list(reports)) == 2


@processes
def test_pages_are_shared_out_too(backend: str) -> None:
    pages: list[str | bytes] = [f"<h1>Bridge</h1><p>{text}</p>" for text in texts(7)]
    pages[3] = pages[3].encode()  # type: ignore[union-attr]
    with joblib.parallel_config(backend):
        found = list(newsflag.pipe(pages, input="html", n_jobs=2, batch_size=2))
    assert found == [newsflag.flag_html(page) for page in pages]


def test_what_goes_with_a_text_is_sent_to_nobody() -> None:
    class Unsent:
        def __reduce__(self) -> Any:
            raise AssertionError("pickled")

    contexts = [Unsent() for _ in range(9)]
    pairs = zip(texts(9), contexts, strict=True)
    found = list(newsflag.pipe(pairs, as_tuples=True, n_jobs=2, batch_size=2))
    assert [context for _, context in found] == contexts
    assert [report.text for report, _ in found] == list(texts(9))


def test_titles_and_addresses_come_with_their_articles() -> None:
    titled = [
        newsflag.Article(text, title=title) for text, title in zip(texts(5), ["A", None, "Ferry", "", "B"], strict=True)
    ]
    for n_jobs in (1, 2):
        found = list(newsflag.pipe([*titled, "No title."], n_jobs=n_jobs, batch_size=2))
        assert found == [*(newsflag.flag(each.text, title=each.title) for each in titled), newsflag.flag("No title.")]  # type: ignore[arg-type]
    page, url = "<h1>Roof</h1><p>The school.</p><p><a href=/x>Read more</a></p>", "https://www.haldon-post.example/roof"
    [report] = newsflag.pipe([newsflag.Article(page, url=url)], input="html")
    assert report == newsflag.flag_html(page, url=url)
    assert report.links[0].href == "https://www.haldon-post.example/x"


def test_what_is_wrong_with_an_article_is_told_of_it() -> None:
    wrong: list[Any] = [newsflag.Article("One.", title=3), newsflag.Article(None)]  # type: ignore[arg-type]
    assert [type(each) for each in newsflag.pipe(wrong, on_error="yield")] == [Failure, Failure]
    [failure] = newsflag.pipe([newsflag.Article("<p>x", title="T")], input="html", on_error="yield")
    assert "a page has its title in itself" in str(failure)


# Little at a time


@pytest.mark.parametrize("n_jobs", [1, 2])
@processes
def test_no_more_is_read_than_keeps_the_workers_busy(backend: str, n_jobs: int) -> None:
    taken = 0

    def source() -> Iterator[str]:
        nonlocal taken
        for text in texts(1000):
            taken += 1
            yield text

    with joblib.parallel_config(backend):
        reports = newsflag.pipe(source(), n_jobs=n_jobs, batch_size=2, explain=False)
        assert taken == 0
        for number in range(1, 60):
            next(reports)
            # Two rounds of two batches a worker; with one worker a batch.
            assert taken <= number + 2 * (8 * n_jobs if n_jobs > 1 else 1)
        reports.close()  # type: ignore[attr-defined]


@processes
def test_closing_ends_the_work_and_clears_up(backend: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with joblib.parallel_config(backend):
        reports = newsflag.pipe(texts(500), n_jobs=2, batch_size=2, explain=False)
        next(reports)
        assert len(list(tmp_path.glob("newsflag-*"))) == (backend != "threading")
        assert len(_parallel._lent) == 1
        reports.close()  # type: ignore[attr-defined]
        assert list(tmp_path.glob("newsflag-*")) == []
        assert not _parallel._lent
        # And the next call works.
        assert len(list(newsflag.pipe(texts(5), n_jobs=2, batch_size=2, explain=False))) == 5
    assert list(tmp_path.glob("newsflag-*")) == []


def _note(loan: _parallel.Loan, number: int) -> int:
    loan.take()
    Path(os.environ["NOTES"], str(number)).touch()
    return number


def test_what_is_called_off_is_not_begun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTES", str(tmp_path))
    flagger = Flagger(explain=False)
    with _parallel.lend(flagger, flagger._recipe(), shared_memory=True) as loan, joblib.parallel_config("threading"):
        before = loan.is_called_off
        found = _parallel.in_order(_note, loan, range(100), 2, _parallel.backend_in_use())
        assert next(found) == 0
        found.close()
        assert (before, loan.is_called_off) == (False, True)
    assert len(list(tmp_path.iterdir())) <= 8  # two rounds


def test_an_iterator_that_is_let_go_clears_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    reports = newsflag.pipe(texts(100), n_jobs=2, batch_size=2, explain=False)
    next(reports)
    del reports
    gc.collect()
    assert list(tmp_path.glob("newsflag-*")) == []


def test_an_error_of_the_source_comes_through() -> None:
    def source() -> Iterator[str]:
        yield from texts(3)
        raise OSError("the disk is gone")

    for n_jobs in (1, 2):
        with pytest.raises(OSError, match="the disk is gone"):
            list(newsflag.pipe(source(), n_jobs=n_jobs, batch_size=1, explain=False))


# Errors


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_a_failure_stands_in_the_place_of_its_report(n_jobs: int, batch_size: int) -> None:
    articles: list[object] = [*texts(2), None, *texts(2), b"bytes", 3.5, "The end."]
    found = list(newsflag.pipe(articles, on_error="yield", n_jobs=n_jobs, batch_size=batch_size, explain=False))
    assert len(found) == len(articles)
    for number, (article, told) in enumerate(zip(articles, found, strict=True)):
        if isinstance(article, str):
            assert told == newsflag.flag(article, explain=False)
        else:
            assert isinstance(told, Failure)
            assert told.index == number
            assert isinstance(told.error, InputError)
            assert str(told).startswith(f"article {number}: a text must be a str, but got {type(article).__name__}")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_names_its_article_and_comes_when_its_turn_has_come(n_jobs: int) -> None:
    reports = newsflag.pipe([*texts(4), 7], n_jobs=n_jobs, batch_size=2)  # type: ignore[list-item]
    assert [next(reports).text for _ in range(4)] == list(texts(4))
    with pytest.raises(InputError, match=r"^article 4: a text must be a str, but got int"):
        next(reports)


def test_contexts_stay_with_their_articles_where_some_fail() -> None:
    pairs = [("One.", "a"), (None, "b"), ("Two.", "c")]
    found = list(newsflag.pipe(pairs, as_tuples=True, on_error="yield"))
    assert [context for _, context in found] == ["a", "b", "c"]
    assert [isinstance(told, Failure) for told, _ in found] == [False, True, False]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_one_article_that_fails_in_the_making_takes_no_other_with_it(n_jobs: int) -> None:
    slow = "a" * 5000 + "!"
    config = newsflag.Config(deny_patterns=(r"^(a|aa)+$",), pattern_seconds=0.05, explain=False)
    found = list(newsflag.pipe(["One.", slow, "Two."], config, on_error="yield", n_jobs=n_jobs))
    assert [type(told) for told in found] == [Report, Failure, Report]
    assert isinstance(found[1], Failure)
    assert isinstance(found[1].error, PatternTimeoutError)
    assert found[0] == newsflag.flag("One.", config)
    with pytest.raises(PatternTimeoutError, match=r"^article 1: "):
        list(newsflag.pipe(["One.", slow, "Two."], config, n_jobs=n_jobs))


def test_an_error_of_another_sort_is_told_and_kept_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    flagger = Flagger(explain=False)
    reports = flagger._reports

    def fail(articles: list[str], *rest: Any) -> list[Report]:
        if any("bomb" in article for article in articles):
            raise ZeroDivisionError("by nought")
        return reports(articles, *rest)

    monkeypatch.setattr(flagger, "_reports", fail)
    one, two, three = flagger.pipe(["One.", "A bomb.", "Three."], on_error="yield")
    assert (one.text, three.text) == ("One.", "Three.")
    assert str(two) == "article 1: ZeroDivisionError: by nought"
    assert isinstance(two.error.__cause__, ZeroDivisionError)
    with pytest.raises(NewsflagError, match="article 1: ZeroDivisionError") as caught:
        list(flagger.pipe(["One.", "A bomb."]))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("on_error", ["skip", None, "Raise"])
def test_an_unknown_way_with_errors_is_refused_at_once(on_error: Any) -> None:
    with pytest.raises(newsflag.ConfigError, match=r"on_error is .* must be one of raise, yield"):
        newsflag.pipe([], on_error=on_error)


@pytest.mark.parametrize("as_tuples", [False, True])
def test_a_mapping_or_a_frame_is_refused_at_once_with_what_to_give(as_tuples: bool) -> None:
    # Walked, they would give their keys and the names of their columns.
    frame = pd.DataFrame({"text": TEXTS})
    with pytest.raises(InputError, match=r"iterable of texts, but got dict; give its values, .* texts\.values\(\)$"):
        newsflag.pipe({"a": TEXTS[0]}, as_tuples=as_tuples)  # type: ignore[call-overload]
    with pytest.raises(InputError, match=r"but got DataFrame; .* frame\['text'\], or use newsflag\.flag_frame$"):
        newsflag.pipe(frame, as_tuples=as_tuples)  # type: ignore[call-overload]


def test_values_and_columns_are_texts_whatever_their_labels() -> None:
    expected = [newsflag.flag(text) for text in TEXTS[:2]]
    assert list(newsflag.pipe({"a": TEXTS[0], "b": TEXTS[1]}.values())) == expected
    assert list(newsflag.pipe(pd.DataFrame({"text": TEXTS[:2]})["text"])) == expected
    assert list(newsflag.pipe(pd.Series(TEXTS[:2], index=["columns", "rows"]))) == expected


def test_a_failure_can_be_sent() -> None:
    failure = Failure(3, InputError("a text must be a str"))
    again = pickle.loads(pickle.dumps(failure))
    assert (again.index, str(again), type(again.error)) == (3, str(failure), InputError)


# The models


def _addresses(loan: _parallel.Loan, _: int) -> tuple[int, bool, bool, str]:
    flagger = loan.take()
    again = loan.take()
    table = flagger.model.alone_hashed
    maps = Path("/proc/self/maps")
    return os.getpid(), flagger is again, table.flags.writeable, maps.read_text("utf-8") if maps.exists() else ""


def test_workers_map_the_models_arrays_and_read_them_once() -> None:
    flagger = Flagger(explain=False)
    with _parallel.lend(flagger, flagger._recipe(), shared_memory=False) as loan:
        assert loan.take() is flagger  # in this process there is nothing to read
        found = list(_parallel.in_order(_addresses, loan, range(6), 2, _parallel.backend_in_use()))
        assert os.getpid() not in {pid for pid, *_ in found}
        for _, once, writeable, maps in found:
            assert once
            assert not writeable
            assert not maps or loan.folder in maps
        size = Path(loan.folder, "flagger.arrays").stat().st_size
        assert size > sum(table.nbytes for table in (flagger.model.alone_hashed, flagger.scores.words))
        assert len(pickle.dumps(loan)) < 10_000
    assert not Path(loan.folder).exists()


def test_what_is_mapped_is_the_same() -> None:
    flagger = Flagger(deny_patterns=("^Read on",), threshold=0.7)
    with _parallel.lend(flagger, flagger._recipe(), shared_memory=False) as loan:
        again = _parallel._read(Path(loan.folder))
    assert again.config == flagger.config
    assert np.array_equal(again.model.alone_hashed, flagger.model.alone_hashed)
    assert [again.flag(text) for text in TEXTS] == [flagger.flag(text) for text in TEXTS]


def test_a_worker_that_does_not_reach_the_folder_makes_the_flagger_itself(tmp_path: Path) -> None:
    flagger = Flagger(threshold=0.9, explain=False)
    loan = _parallel.Loan("far", str(tmp_path / "elsewhere"), 0, flagger._recipe())
    try:
        taken = loan.take()
    finally:
        _parallel._lent.pop("far")
    assert taken is not flagger
    assert taken.threshold == 0.9
    assert taken.flag(TEXTS[0]) == flagger.flag(TEXTS[0])


_KILLED: Final = """
import multiprocessing, os, signal, newsflag

if __name__ == "__main__":
    for _ in newsflag.pipe(["The council met on Monday."] * 6, batch_size=1, n_jobs=2, explain=False):
        for worker in multiprocessing.active_children():  # they would wait five minutes for more to do
            worker.terminate()
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_nothing_is_left_behind_by_a_process_that_is_killed(tmp_path: Path) -> None:
    lent = tmp_path / "temporary"
    lent.mkdir()
    (tmp_path / "killed.py").write_text(_KILLED, "utf-8")
    command = [sys.executable, str(tmp_path / "killed.py")]
    done = subprocess.run(
        command,
        env={**os.environ, "TMPDIR": str(lent)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    until = time.monotonic() + 60
    while list(lent.glob("newsflag-*")) and time.monotonic() < until:
        time.sleep(0.1)  # the watchman takes it away when all have gone
    assert not list(lent.glob("newsflag-*"))


@pytest.mark.parametrize("name", ["tür", "long" * 50], ids=["letters that are no ASCII", "long"])
def test_the_temporary_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder = tmp_path / name / name / name
    folder.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    flagger = Flagger(explain=False)
    with _parallel.lend(flagger, flagger._recipe(), shared_memory=False) as loan:
        assert [each.name for each in folder.iterdir()] == [Path(loan.folder).name]
    assert not list(folder.iterdir())


def test_a_recipe_holds_no_model_that_is_shipped() -> None:
    assert len(pickle.dumps(Flagger()._recipe())) < 5_000


def test_workers_keep_few_flaggers() -> None:
    before = dict(_parallel._lent)
    try:
        for number in range(10):
            _parallel.Loan(f"test {number}", "", 0, Flagger).take()
        assert len(_parallel._lent) <= 4
    finally:
        _parallel._lent.clear()
        _parallel._lent.update(before)


# Endings


def _failing() -> Iterator[str]:
    yield from texts(50)
    raise ValueError("the source is at its end")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_was_read_before_the_source_failed_is_given(n_jobs: int) -> None:
    reports = newsflag.pipe(_failing(), n_jobs=n_jobs, batch_size=8, explain=False)
    assert [next(reports).text for _ in range(50)] == list(texts(50))
    with pytest.raises(ValueError, match="the source is at its end"):
        next(reports)


_LEFT: Final = """
import newsflag

if __name__ == "__main__":
    reports = newsflag.pipe(["The council met on Monday."] * 200, batch_size=4, n_jobs=2, explain=False)
    next(reports)
"""
_WORKER_KILLED: Final = """
import multiprocessing, os, signal, newsflag

if __name__ == "__main__":
    try:
        for _ in newsflag.pipe(["The council met on Monday."] * 2000, batch_size=4, n_jobs=2, explain=False):
            for worker in multiprocessing.active_children():
                os.kill(worker.pid, signal.SIGKILL)
    except newsflag.NewsflagError as error:
        print(error)
"""
_ORPHANED: Final = """
import os, signal
from newsflag import Flagger, _parallel

def at_work(loan, part):
    loan.take()
    return os.getpid()

if __name__ == "__main__":
    flagger = Flagger(explain=False)
    with _parallel.lend(flagger, flagger._recipe(), shared_memory=False) as loan:
        for pid in _parallel.in_order(at_work, loan, range(8), 2, _parallel.backend_in_use()):
            print(pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def _run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(code, "utf-8")
    command = [sys.executable, str(folder / "script.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_pipe_that_nobody_has_closed_ends_in_silence(tmp_path: Path) -> None:
    done = _run(_LEFT, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_the_end_of_a_worker_is_told(tmp_path: Path) -> None:
    assert "a worker process was ended from outside" in _run(_WORKER_KILLED, tmp_path).stdout


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(_ORPHANED, "utf-8")
    with (tmp_path / "pids").open("w") as told:  # no pipe, which would stay open as long as any of them
        subprocess.run([sys.executable, str(tmp_path / "script.py")], stdout=told, stderr=told, check=False)
    workers = {int(pid) for pid in (tmp_path / "pids").read_text("utf-8").split()}
    assert workers
    until = time.monotonic() + 60
    while any(map(_runs, workers)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(_runs, workers))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # One that has ended is still listed where nobody has asked for its status.
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()  # ended just now, or a system without /proc


# Blank ones

BAIT: Final = "You won't BELIEVE what this SHOCKING trick does to your belly"
PAGE: Final = f"<title>{BAIT}</title><body></body>"


@pytest.mark.parametrize("explain", [True, False])
@pytest.mark.parametrize("blank", ["", " \n\t", newsflag.Article("", title=BAIT), newsflag.Article("  ", title=" ")])
def test_a_blank_article_gets_the_same_beside_others_and_alone(blank: Any, explain: bool) -> None:
    alone = next(newsflag.pipe([blank], explain=explain))
    assert next(newsflag.pipe([blank, TEXTS[0]], explain=explain)) == alone
    assert (alone.segments, alone.body) == ((), "")
    titled = isinstance(blank, newsflag.Article) and blank.title == BAIT
    assert (alone.title is not None) == titled
    assert ("clickbait" in {flag.kind for flag in alone.flags}) == titled


def test_a_blank_page_gets_the_same_beside_others_and_alone() -> None:
    pytest.importorskip("selectolax")
    alone = newsflag.flag_html(PAGE)
    assert next(newsflag.pipe([PAGE, "<p>The council met on Monday.</p>"], input="html")) == alone
    assert alone.title is not None
    assert alone.title.text == BAIT


# Reports on their way


@pytest.mark.parametrize("explain", [True, False])
def test_a_report_is_built_field_by_field_when_it_is_looked_at(explain: bool) -> None:
    report = newsflag.flag(TEXTS[2], title="A ferry", explain=explain)
    sent = pickle.loads(pickle.dumps(report))
    for each in (report, sent):
        assert each.body
        with pytest.raises(AttributeError):
            object.__getattribute__(each, "segments")
        assert each.segments is each.segments
    assert sent == report


def test_the_segment_of_a_flag_is_one_of_the_reports() -> None:
    report = newsflag.flag("The council met on Monday.\n\nREAD MORE: Ten tricks for a flat belly")
    (flag,) = report.flags
    assert flag.segment is report.segments[-1]


def test_a_report_keeps_no_other_article_of_its_batch() -> None:
    report = next(newsflag.pipe([TEXTS[2], *TEXTS]))
    assert len(pickle.dumps(report)) < len(pickle.dumps(newsflag.flag(TEXTS[2]))) + 100


def test_a_report_is_always_sent_as_the_same_bytes() -> None:
    code = "import newsflag, pickle, sys; sys.stdout.buffer.write(pickle.dumps(newsflag.flag(sys.argv[1])))"
    sent = [
        subprocess.run(
            [sys.executable, "-c", code, TEXTS[2]], env={**os.environ, "PYTHONHASHSEED": seed}, stdout=-1, check=True
        ).stdout
        for seed in "123"
    ]
    assert len({*sent, pickle.dumps(pickle.loads(sent[0]))}) == 1


def test_a_report_of_another_version_is_not_misread(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = pickle.dumps(newsflag.flag(TEXTS[0]))
    monkeypatch.setattr("newsflag._draft._LAYOUT", "another")
    with pytest.raises(InputError, match="another version of newsflag"):
        pickle.loads(sent)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sourced(newsflag.Segment):
    source: str = "wire"


def test_a_subclass_keeps_its_fields_when_it_is_sent() -> None:
    segment = newsflag.flag(TEXTS[0]).segments[0]
    fields = {field.name: getattr(segment, field.name) for field in dataclasses.fields(segment)}
    sourced = Sourced(**fields, source="mine")
    for each in (pickle.loads(pickle.dumps(sourced)), copy.copy(sourced)):
        assert each == sourced
        assert each.source == "mine"


def test_what_goes_wrong_while_a_field_is_built_does_not_pass_for_its_absence() -> None:
    class Broken:
        def build(self, field: str) -> object:
            return field.nothing  # type: ignore[attr-defined]

    report = newsflag.report.built_by(Broken())
    with pytest.raises(RuntimeError, match=r"the report's segments can't be built: .*'nothing'"):
        _ = report.insertions


def test_a_report_of_ones_own_making_can_be_sent() -> None:
    report = newsflag.Report.from_dict(newsflag.flag(TEXTS[2], title="A ferry").to_dict())
    assert pickle.loads(pickle.dumps(report)) == report
    assert copy.deepcopy(report) == report


@pytest.mark.parametrize("use", [repr, hash, newsflag.Report.to_dict, lambda report: report.insertions])
def test_a_sent_report_does_what_any_report_does(use: Callable[[Report], object]) -> None:
    report = newsflag.flag(TEXTS[2], title="A ferry")
    assert use(pickle.loads(pickle.dumps(report))) == use(report)


def test_a_sent_report_goes_on_as_it_came() -> None:
    report = newsflag.flag_html("<h1>Bridge</h1><p>The council met.</p><p><a href=/x>Read more: Ten tricks</a></p>")
    sent = pickle.loads(pickle.dumps(report))
    assert pickle.loads(pickle.dumps(sent)) == report
    assert sent.links == report.links


def test_a_report_has_no_other_attributes_for_having_been_sent() -> None:
    sent = pickle.loads(pickle.dumps(newsflag.flag(TEXTS[0])))
    with pytest.raises(AttributeError, match="'Report' object has no attribute 'segment'"):
        sent.segment  # noqa: B018 - asked for


def test_threads_may_look_at_a_sent_report_at_once() -> None:
    report = newsflag.flag(TEXTS[2])
    for _ in range(20):
        sent = pickle.loads(pickle.dumps(report))
        start = threading.Barrier(4)
        seen: list[bool] = []

        def look(sent: Report = sent, start: threading.Barrier = start, seen: list[bool] = seen) -> None:
            start.wait()
            seen.append(sent.segments == report.segments and sent.why == report.why)

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [True] * 4
