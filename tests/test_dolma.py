"""Attributes for the dolma toolkit: a row a line with its own id, spans as newsflag.flag gives them, whole files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from joblib import parallel_config

import newsflag
from newsflag.comparison import overview
from newsflag.integrations.dolma import SHARES, Written, attributes, write_attributes
from newsflag.kinds import ARTICLE_SCORES, KINDS, SCORES

TEXTS: Final = (
    "Ferry to run all winter\n\nThe board voted on Monday.\n\nREAD MORE: Ten tricks for a flat belly",
    "",
    "The mayor 😀 spoke of “rain”.\n\nSign up to our morning letter & never miss a thing",
    "Die Brücke bleibt bis zum Frühjahr gesperrt.",
)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A made-up corpus: its folder of documents."""
    folder = tmp_path / "corpus" / "documents"
    (folder / "2024").mkdir(parents=True)
    lines = [{"id": f"é{number}", "text": text, "source": "press"} for number, text in enumerate(TEXTS)]
    write(folder / "2024" / "part-0.jsonl.gz", lines)
    write(folder / "part-1.jsonl", [{"text": TEXTS[0], "id": "one", "metadata": {"url": None}}])
    return folder


def write(path: Path, lines: list[Any]) -> None:
    """Write lines, those that are not str as JSON."""
    data = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def rows(path: Path) -> list[Any]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in data.splitlines()]


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_files_lie_beside_the_documents_under_the_same_names(corpus: Path) -> None:
    target = corpus.parent / "attributes" / "newsflag"
    written = write_attributes(corpus)
    assert written == [Written(target / "2024" / "part-0.jsonl.gz", 4), Written(target / "part-1.jsonl", 1)]
    assert names(corpus.parent / "attributes") == {"newsflag/2024/part-0.jsonl.gz", "newsflag/part-1.jsonl"}


def test_every_line_has_its_row_with_its_id_and_what_flag_finds(corpus: Path) -> None:
    first, second = write_attributes(corpus)
    expected = [
        {"id": f"é{number}", "source": "press", "attributes": attributes(newsflag.flag(text))}
        for number, text in enumerate(TEXTS)
    ]
    assert rows(first.path) == expected
    assert rows(second.path) == [{"id": "one", "attributes": attributes(newsflag.flag(TEXTS[0]))}]


@pytest.mark.parametrize("text", TEXTS)
def test_spans_are_the_segments_and_the_whole_text(text: str) -> None:
    report = newsflag.flag(text)
    found = attributes(report, "mine")
    by_kind = [(kind, *span) for kind in KINDS for span in found[f"mine__kind__{kind}"]]
    assert sorted(by_kind, key=lambda each: each[1]) == [
        (segment.kind, segment.start, segment.end, segment.kinds[segment.kind]) for segment in report.segments
    ]
    for score in SCORES:
        assert found[f"mine__score__{score}"] == [[s.start, s.end, s.scores[score]] for s in report.segments]
        assert [text[start:end] for start, end, _ in found[f"mine__score__{score}"]] == [
            segment.text for segment in report.segments
        ]
    row = overview(report)
    for what in (*SCORES, *ARTICLE_SCORES, *SHARES):
        assert found[f"mine__article__{what}"] == [[0, len(text), row[what]]]
    assert len(found) == len(KINDS) + 2 * len(SCORES) + len(ARTICLE_SCORES) + len(SHARES)
    assert all(len(name.split("__")) == 3 for name in found)  # dolma takes names apart into three


def test_batches_and_workers_change_nothing_not_even_the_packed_bytes(corpus: Path) -> None:
    write_attributes(corpus)
    target = corpus.parent / "attributes" / "newsflag" / "2024" / "part-0.jsonl.gz"
    before = target.read_bytes()
    write_attributes(corpus, existing="replace", batch_size=1)
    assert target.read_bytes() == before
    with parallel_config(backend="threading"):  # no processes are left behind
        write_attributes(corpus, existing="replace", batch_size=2, n_jobs=2)
    assert target.read_bytes() == before


def test_options_and_the_name_are_used(corpus: Path) -> None:
    [written] = write_attributes(corpus / "part-1.jsonl", name="strict_1", allow=("The board voted on Monday.",))
    assert written.path == corpus.parent / "attributes" / "strict_1" / "part-1.jsonl"
    report = newsflag.flag(TEXTS[0], allow=("The board voted on Monday.",))
    assert rows(written.path)[0]["attributes"] == attributes(report, "strict_1")


def test_attributes_that_are_there_are_refused_kept_or_replaced(corpus: Path) -> None:
    write_attributes(corpus / "part-1.jsonl")
    target = corpus.parent / "attributes" / "newsflag" / "part-1.jsonl"
    target.write_text("mine\n")
    with pytest.raises(FileExistsError, match=r"part-1\.jsonl is there already: set existing to 'keep' or 'replace'"):
        write_attributes(corpus)
    assert names(corpus.parent / "attributes") == {"newsflag/part-1.jsonl"}
    assert [written.path.name for written in write_attributes(corpus, existing="keep")] == ["part-0.jsonl.gz"]
    assert target.read_text() == "mine\n"
    assert len(write_attributes(corpus, existing="replace")) == 2
    assert rows(target)[0]["id"] == "one"


@pytest.mark.parametrize("on_error", ["raise", "yield"])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"part-2\.jsonl, line 2: no JSON: "),
        ("", r"part-2\.jsonl, line 2: no JSON: "),
        ("[1]", r"part-2\.jsonl, line 2: a document must be a JSON object, but this is of type list"),
        (
            '{"text": "It rained."}',
            "line 2: a document must have an id that is a str, but this has None",
        ),
        ('{"id": 7, "text": "It rained."}', r"line 2: a document must have an id that is a str, but this has 7"),
    ],
)
def test_a_line_that_is_no_document_is_always_refused(corpus: Path, line: str, message: str, on_error: Any) -> None:
    # No row could stand for it: the mixer compares ids line by line.
    write(corpus / "part-2.jsonl", [{"id": "1", "text": "It rained."}, line])
    with pytest.raises(newsflag.InputError, match=message):
        write_attributes(corpus / "part-2.jsonl", on_error=on_error, batch_size=1)
    assert not names(corpus.parent / "attributes")  # not even hidden ones


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"id": "2", "text": None}, r"line 2: a text must be a str, but got NoneType"),
        ({"id": "2", "title": "Rain"}, r"line 2: a document must have a text, but this has only id, title"),
    ],
)
def test_a_document_without_a_text_is_refused_or_has_a_row_without_attributes(
    corpus: Path, document: dict[str, Any], message: str
) -> None:
    path = corpus / "part-2.jsonl"
    write(path, [{"id": "1", "text": "It rained."}, document, {"id": "3", "text": "It snowed."}])
    with pytest.raises(newsflag.InputError, match=message):
        write_attributes(path)
    assert not names(corpus.parent / "attributes")
    [written] = write_attributes(path, on_error="yield")
    assert written == Written(written.path, 3, ((2, "a text must be a str, but got NoneType"),))
    assert [(row["id"], bool(row["attributes"])) for row in rows(written.path)] == [
        ("1", True),
        ("2", False),
        ("3", True),
    ]


def test_a_damaged_file_is_named_with_the_last_good_line(corpus: Path) -> None:
    path = corpus / "2024" / "part-0.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(newsflag.InputError, match=r"part-0\.jsonl\.gz: damaged after line \d: "):
        write_attributes(corpus)
    assert not names(corpus.parent / "attributes")


def test_what_is_no_file_of_documents_is_named(corpus: Path, tmp_path: Path) -> None:
    (corpus / ".hidden").write_text("x")
    write_attributes(corpus, name="first")
    (corpus / "README.md").write_text("x")
    with pytest.raises(newsflag.InputError, match=r"README\.md: files of documents must end in one of \.jsonl, "):
        write_attributes(corpus)
    elsewhere = tmp_path / "part-0.jsonl"
    write(elsewhere, [{"id": "1", "text": "It rained."}])
    with pytest.raises(newsflag.InputError, match="lies in no folder named 'documents'"):
        write_attributes(elsewhere)
    with pytest.raises(FileNotFoundError, match="no documents there"):
        write_attributes(tmp_path / "documents")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "my__name"}, "name is 'my__name', but must be letters and digits"),
        ({"name": "../up"}, r"name is '\.\./up', but must be"),
        ({"existing": "skip"}, "existing is 'skip', but must be one of raise, keep, replace"),
        ({"on_error": "skip"}, "on_error is 'skip', but must be one of raise, yield"),
        ({"treshold": 0.5}, "unknown option 'treshold'"),
    ],
)
def test_an_option_that_is_not_allowed_is_named(
    write_it: Callable[..., Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(newsflag.ConfigError, match=message):
        write_it(**options)


@pytest.fixture
def write_it(corpus: Path) -> Callable[..., Any]:
    return lambda **options: write_attributes(corpus, **options)
