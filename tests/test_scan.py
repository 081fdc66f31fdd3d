"""``newsflag scan``: what it reads and writes, what it rejects, and that it goes on wherever it was ended."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import joblib
import pytest
from _shown import ROOT, Shell
from click.testing import CliRunner, Result

import newsflag
from newsflag.cli import main
from newsflag.errors import ConfigError
from newsflag.flagger import Flagger
from newsflag.scanning import ScanError, Summary, _readers, _streams, scan

PROMO: Final = "READ MORE: Ten tricks for a flat belly"
SNOW: Final = "It snowed in the valley on Monday and the school stayed shut."
CHECKPOINT: Final = 4
Row = dict[str, Any]


def article(number: int) -> str:
    return f"The council met on day {number} and talked about the bridge.\n\n{PROMO}"


def rows(number: int = 10) -> list[Row]:
    return [{"id": f"a{each}", "text": article(each), "date": f"May {each + 1}"} for each in range(number)]


def jsonl(items: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def table(items: Sequence[Mapping[str, Any]], delimiter: str = ",") -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(items[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(items)
    return file.getvalue().encode()


def zstd(data: bytes) -> bytes:
    packed: bytes = pytest.importorskip("zstandard").compress(data)
    return packed


def parquet(items: Sequence[Mapping[str, Any]], rows_of_a_group: int = 3, **types: Any) -> bytes:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet as pq

    columns = {name: pa.array([item[name] for item in items], types.get(name)) for name in items[0]}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, row_group_size=rows_of_a_group)
    return file.getvalue()


MADE: Final[dict[str, Callable[[list[Row]], bytes]]] = {
    "news.jsonl": jsonl,
    "news.json": jsonl,
    "news.jsonl.gz": lambda items: gzip.compress(jsonl(items[:3])) + gzip.compress(jsonl(items[3:])) + b"\0" * 9,
    "news.jsonl.zst": lambda items: zstd(jsonl(items[:3])) + zstd(jsonl(items[3:])),
    "news.csv": table,
    "news.tsv": lambda items: table(items, "\t"),
    "news.csv.gz": lambda items: gzip.compress(table(items)),
    "news.csv.zst": lambda items: zstd(table(items)),
    "news.parquet": parquet,
}


def read(path: Path) -> list[Row]:
    """The rows of an output."""
    if path.suffix == ".parquet":
        from pyarrow import parquet as pq

        found: list[Row] = pq.read_table(path).to_pylist()
        return found
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    if path.suffix == ".zst":
        import zstandard

        data = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
    return [json.loads(line) for line in data.decode().split("\n")[:-1]]


def reasons(out: Path, name: str = "news") -> list[str]:
    return [row["reason"] for row in read(out / f"{name}.rejects.jsonl")]


def written(out: Path) -> dict[str, bytes]:
    """What a scan wrote, without its state."""
    files = (path for path in out.rglob("*") if path.is_file() and ".newsflag-scan" not in path.parts)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def out(here: Path) -> Path:
    return here / "out"


def put(path: str, data: bytes) -> Path:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return target


def scanned(path: Any, out: Path, **options: Any) -> Summary:
    return scan(path, out, **{"explain": False, "checkpoint": CHECKPOINT, **options})


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["scan", *map(str, arguments)], catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


# What is written


def test_an_article_is_a_line_with_its_body_flags_and_overview(out: Path) -> None:
    path = put("news.jsonl", jsonl(rows(1)))
    summary = scanned(path, out)
    [row] = read(out / "news.jsonl")
    assert list(row) == ["id", "place", "body", "flags", "overview"]
    assert (row["id"], row["place"]) == ("a0", "news.jsonl:1")
    assert row["body"] == newsflag.clean(article(0))
    [flag] = row["flags"]
    assert (flag["kind"], flag["text"]) == ("teaser", PROMO)
    assert article(0)[flag["start"] : flag["end"]] == PROMO
    assert row["overview"]["n_teaser"] == 1
    assert (summary.articles, summary.flags, summary.rejects, summary.status) == (1, {"teaser": 1}, 0, 0)
    assert summary.bytes == len(article(0).encode())
    assert not (out / "news.rejects.jsonl").exists()


def test_a_report_is_all_of_it_and_the_same_to_the_bit_as_alone(out: Path) -> None:
    path = put("news.jsonl", jsonl(rows()))
    scanned(path, out, output="report", explain=True)
    for number, row in enumerate(read(out / "news.jsonl")):
        assert newsflag.Report.from_dict(row["report"]) == newsflag.flag(article(number))


def test_clean_is_the_id_and_the_body(out: Path) -> None:
    path = put("news.jsonl", jsonl(rows(2)))
    scanned(path, out, output="clean")
    assert read(out / "news.jsonl") == [{"id": f"a{n}", "body": newsflag.clean(article(n))} for n in range(2)]


@pytest.mark.parametrize("name", MADE)
def test_every_format_is_read_to_the_same_end(name: str, out: Path) -> None:
    scanned(put("news.jsonl", jsonl(rows())), Path("expected"), keep_fields=["date"], format="jsonl")
    scanned(put(name, MADE[name](rows())), out, keep_fields=["date"], format="jsonl")
    expected = [{**row, "place": f"{name}:{number}"} for number, row in enumerate(read(Path("expected/news.jsonl")), 1)]
    assert read(out / "news.jsonl") == expected
    assert len(expected) == 10


@pytest.mark.parametrize("format", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
@pytest.mark.parametrize("output", ["article", "clean"])
def test_every_format_is_written_alike(format: str, output: str, out: Path) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow")
    if format == "jsonl.zst":
        pytest.importorskip("zstandard")
    path = put("news.csv", table(rows()))
    scanned(path, Path("expected"), output=output, keep_fields=["date"])
    scanned(path, out, output=output, keep_fields=["date"], format=format)
    assert read(out / f"news.{format}") == read(Path("expected/news.jsonl"))


def test_a_report_in_parquet_is_a_string_of_json(out: Path) -> None:
    pytest.importorskip("pyarrow")
    scanned(put("news.csv", table(rows(1))), out, output="report", format="parquet")
    [row] = read(out / "news.parquet")
    assert newsflag.Report.from_dict(json.loads(row["report"])) == newsflag.flag(article(0), explain=False)


def test_the_format_is_that_of_what_is_read_or_of_the_folders_name(here: Path) -> None:
    path = put("news.jsonl.gz", gzip.compress(jsonl(rows(1))))
    scanned(path, here / "out")
    assert (here / "out" / "news.jsonl.gz").is_file()
    scanned(path, here / "plain.jsonl")
    assert len(read(here / "plain.jsonl" / "news.jsonl")) == 1


def test_kept_columns_of_parquet_stay_what_they_are(out: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    items = [{"id": 7, "text": article(0), "n": 3, "share": float("nan"), "when": 1}]
    path = put("news.parquet", parquet(items, n=pa.int16(), when=pa.timestamp("ns")))
    scanned(path, out, keep_fields=["n", "share", "when"])
    from pyarrow import parquet as pq

    schema = pq.read_schema(out / "news.parquet")
    assert [str(schema.field(name).type) for name in ("id", "n", "share", "when")] == [
        "string",
        "int16",
        "double",
        "timestamp[ns]",
    ]
    items[0]["when"] = 1_000
    put("more.parquet", parquet(items, n=pa.int16(), when=pa.timestamp("ns")))
    scanned("more.parquet", Path("lines"), keep_fields=["n", "share", "when"], format="jsonl")
    [row] = read(Path("lines/more.jsonl"))
    assert (row["id"], row["n"], row["share"], row["when"]) == ("7", 3, None, "1970-01-01T00:00:00.000001")


def test_kept_fields_of_lines_become_strings_in_parquet(out: Path) -> None:
    pytest.importorskip("pyarrow")
    items = [{"text": "Rain.", "x": each} for each in ("a", 1, None, {"b": [2]})]
    scanned(put("news.jsonl", jsonl(items)), out, keep_fields=["x"], format="parquet")
    assert [row["x"] for row in read(out / "news.parquet")] == ["a", "1", None, '{"b": [2]}']


def test_a_title_beside_the_text_is_judged_with_it(out: Path) -> None:
    items: list[Row] = [
        {"text": article(n), "head": f"You won't believe what the council did on day {n}"} for n in range(3)
    ]
    items[1]["head"] = None
    path = put("news.jsonl", jsonl([*items, {"text": "Rain.", "head": 5}]))
    scanned(path, out, title="head", output="report", batch_size=2)
    found = [newsflag.Report.from_dict(row["report"]) for row in read(out / "news.jsonl")]
    assert found == [newsflag.flag(item["text"], title=item["head"], explain=False) for item in items]
    assert reasons(out) == ["field 'head' is a number, but must be a string"]


def test_ids_are_strings_and_by_default_the_place(out: Path) -> None:
    items: list[Row] = [
        {"text": "Rain.", "id": 5},
        {"text": "Rain.", "id": None},
        {"text": "Rain."},
        {"text": "Rain.", "url": "u"},
    ]
    scanned(put("news.jsonl", jsonl(items)), out)
    assert [row["id"] for row in read(out / "news.jsonl")] == ["5", "news.jsonl:2", "news.jsonl:3", "news.jsonl:4"]
    scanned("news.jsonl", Path("named"), id="url")
    assert [row["id"] for row in read(Path("named/news.jsonl"))] == ["u"]
    assert reasons(Path("named")) == ["no id: field 'url' is missing"] * 3


def test_a_folder_is_mirrored_and_its_texts_are_one_source(here: Path, out: Path) -> None:
    pytest.importorskip("selectolax")
    put("crawl/b/news.jsonl", jsonl(rows(2)))
    put("crawl/z.txt", article(1).encode())
    put(
        "crawl/a.html", b"<html><body><article><h1>Bridge</h1><p>The council met on Monday.</p></article></body></html>"
    )
    put("crawl/sub/c.txt", article(2).encode())
    put("crawl/photo.jpg", b"\xff\xd8")
    put("crawl/.hidden.txt", b"x")
    told: list[str] = []
    summary = scanned(here / "crawl", out, say=told.append)
    assert [row["id"] for row in read(out / "crawl.jsonl")] == ["z.txt", "sub/c.txt", "a.html"]
    assert "The council met on Monday." in read(out / "crawl.jsonl")[2]["body"]
    assert [row["place"] for row in read(out / "b" / "news.jsonl")] == ["b/news.jsonl:1", "b/news.jsonl:2"]
    assert (summary.sources, summary.articles, summary.status) == (2, 5, 0)
    [line] = told
    assert line.startswith(f"{here / 'crawl'}: files skipped: 1 (scan reads JSON lines, ")


@pytest.mark.parametrize("name", ["news.jsonl", "news.parquet"])
def test_a_field_can_hold_web_pages(name: str, out: Path) -> None:
    pytest.importorskip("selectolax")
    page = "<html><meta charset=iso-8859-1><body><article><p>Der Rat tagte in Köln.</p></article></body></html>"
    items: list[Row] = [{"text": page}, {"text": None}]
    data = jsonl(items) if name == "news.jsonl" else parquet([{"text": page.encode("latin-1")}, items[1]])
    scanned(put(name, data), out, html=True, output="clean", format="jsonl")
    assert [row["body"].strip() for row in read(out / "news.jsonl")] == [newsflag.clean_html(page).strip()]
    assert reasons(out) == ["no text: field 'text' is null"]


def test_neither_workers_nor_batches_change_a_byte(here: Path) -> None:
    path = put("news.jsonl", jsonl(rows(30)))
    scanned(path, here / "one")
    with joblib.parallel_config(backend="threading"):
        scanned(path, here / "two", n_jobs=2, batch_size=3)
    assert written(here / "one") == written(here / "two")


# What is no article


BAD: Final = {
    "not JSON": (b'{"text": "Rain."', "not JSON: "),
    "not UTF-8": (b'{"text": "Caf\xe9"}', "not UTF-8 (byte 13)"),
    "no field": (b'{"body": "Rain.", "n": 1}', "no field 'text'; there are 'body', 'n'"),
    "no fields": (b"{}", "no field 'text'; there are none"),
    "no string": (b'{"text": ["Rain."]}', "field 'text' is an array, but must be a string"),
    "null": (b'{"text": null}', "no text: field 'text' is null"),
    "no object": (b'["Rain."]', "the line is an array, but must be an object"),
    "no number": (b'{"text": "Rain.", "n": NaN}', "not JSON: NaN is no number"),
    "too deep": (b"[" * 100_000, "not JSON: "),
    "too many digits": (b'{"text": "Rain.", "n": ' + b"1" * 5_000 + b"}", "not JSON: "),
    "half a pair": (b'{"text": "\\ud83d"}', "holds half of a surrogate pair"),
    "half a pair kept": (b'{"text": "Rain.", "date": "\\ud83d"}', "holds half of a surrogate pair"),
    "an id that is none": (b'{"text": "Rain.", "id": 1.5}', "field 'id' is a number, but an id must be"),
    "an id with half a pair": (b'{"text": "Rain.", "id": "\\ud83d"}', "the id holds half of a surrogate pair"),
    "too long": (b'{"text": "' + b"x" * 200_000 + b'"}', "the record has 200013 bytes, more than the 150000 bytes"),
    "duplicate": (b'{"id": "a0", "text": "Rain."}', "duplicate: this id was met before"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_record_is_rejected_with_its_place_and_stops_nothing(bad: str, out: Path) -> None:
    line, reason = BAD[bad]
    first, second = (jsonl([row]) for row in rows(2))
    summary = scanned(
        put("news.jsonl", first + line + b"\n" + second), out, keep_fields=["date"], max_record_bytes=150_000
    )
    assert [row["id"] for row in read(out / "news.jsonl")] == ["a0", "a1"]
    [reject] = read(out / "news.rejects.jsonl")
    assert list(reject) == ["file", "number", "offset", "id", "reason"]
    assert (reject["file"], reject["number"], reject["offset"]) == ("news.jsonl", 2, len(first))
    assert reject["reason"].startswith(reason), reject["reason"]
    assert (summary.articles, summary.rejects, summary.status) == (2, 1, 1)


def test_a_rejected_record_is_named_by_its_id(out: Path) -> None:
    scanned(put("news.jsonl", b'{"id": "x", "text": 5}\n'), out)
    assert read(out / "news.rejects.jsonl")[0]["id"] == "x"


def test_an_article_that_fails_is_rejected(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Flagger._reports

    def fails(self: Flagger, texts: Sequence[str], *rest: Any, **named: Any) -> Any:
        if any("day 3" in text for text in texts):
            raise newsflag.PatternTimeoutError("an expression took too long")
        return whole(self, texts, *rest, **named)

    monkeypatch.setattr(Flagger, "_reports", fails)
    scanned(put("news.jsonl", jsonl(rows(6))), out)
    assert [row["id"] for row in read(out / "news.jsonl")] == ["a0", "a1", "a2", "a4", "a5"]
    assert [(row["id"], row["reason"]) for row in read(out / "news.rejects.jsonl")] == [
        ("a3", "an expression took too long")
    ]


def test_duplicates_are_found_between_sources_and_can_be_kept(here: Path, out: Path) -> None:
    put("a.jsonl", jsonl(rows(2)))
    put("b.jsonl", jsonl(rows(3)))
    summary = scanned(["a.jsonl", "b.jsonl"], out)
    assert [row["id"] for row in read(out / "b.jsonl")] == ["a2"]
    assert (summary.articles, summary.rejects) == (3, 2)
    assert scanned(["a.jsonl", "b.jsonl"], here / "all", duplicates="keep").articles == 5


def test_the_first_with_an_id_is_the_first_that_is_an_article(out: Path) -> None:
    items: list[Row] = [{"id": "x", "text": None}, {"id": "x", "text": SNOW}, {"id": "x", "text": "Rain."}]
    scanned(put("news.jsonl", jsonl(items)), out, output="clean")
    assert read(out / "news.jsonl") == [{"id": "x", "body": SNOW}]
    assert [reason.partition(":")[0] for reason in reasons(out)] == ["no text", "duplicate"]


def test_a_record_that_is_too_long_is_never_held_whole() -> None:
    class Endless(io.RawIOBase):
        left = 40_000_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            size = min(len(buffer), self.left)
            buffer[:size] = b"x" * size
            self.left -= size
            return size

    tracemalloc.start()
    try:
        [(size, line)] = _streams.lines(io.BufferedReader(Endless()), 100_000)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert (size, line) == (40_000_000, None)


def test_memory_does_not_grow_with_the_records(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = newsflag.flag(article(0), explain=False)
    # The reports are made elsewhere; without them the test takes seconds.
    monkeypatch.setattr(Flagger, "_reports", lambda _, texts: [report for _ in texts])
    peaks = []
    for number in (500, 1_000, 5_000):
        lines = (json.dumps({"text": article(each)}).encode() + b"\nbad\n" for each in range(number))
        path = put(f"{number}.jsonl", b"".join(lines))
        tracemalloc.start()
        scanned(path, here / f"out-{number}", checkpoint=500, output="clean")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 500_000


@pytest.mark.usefixtures("here")
def test_a_line_of_just_the_size_that_is_allowed_is_read() -> None:
    path = put("lines", b"12345\n123456\n12345")
    with path.open("rb") as stream:
        found = list(_streams.lines(stream, 5))
    assert found == [(6, b"12345\n"), (7, None), (5, b"12345")]


def test_a_mark_blank_lines_and_a_last_line_without_end_are_no_matter(out: Path) -> None:
    data = b"\xef\xbb\xbf" + jsonl(rows(1)) + b"\r\n \n" + jsonl(rows(2)[1:]).rstrip()
    scanned(put("news.jsonl", data), out)
    assert [row["place"] for row in read(out / "news.jsonl")] == ["news.jsonl:1", "news.jsonl:4"]
    scanned(put("news.csv", b"\xef\xbb\xbftext,id\nRain.,1\n\nSnow.,2"), Path("table"))
    assert [row["id"] for row in read(Path("table/news.jsonl"))] == ["1", "2"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"x,y,z\n", "3 fields, but the header has 2"),
        (b"x\n", "1 field, but the header has 2"),
        (b'x,"a"b\n', "not CSV: "),
        (b"x,Caf\xe9\n", "not UTF-8"),
        (b'x,"' + b"line\n" * 50 + b'"\n', "the record has "),
        (b"x," + b"y" * 300 + b"\n", "the record has 303 bytes, more than the 200"),
        (b"1,Snow.\n", "duplicate: "),
    ],
)
def test_bad_records_of_a_table_are_rejected(bad: bytes, reason: str, out: Path) -> None:
    before = b'id,text\n1,"Rain,\nand ""snow""."\n'
    scanned(put("news.csv", before + bad + f"2,{SNOW}\n".encode()), out, max_record_bytes=200, output="clean")
    found = read(out / "news.jsonl")
    assert found == [{"id": "1", "body": newsflag.clean('Rain,\nand "snow".')}, {"id": "2", "body": SNOW}]
    first = read(out / "news.rejects.jsonl")[0]
    assert (first["number"], first["offset"]) == (2, len(before))
    assert first["reason"].startswith(reason), first["reason"]


def test_a_quote_that_is_never_closed_is_rejected(out: Path) -> None:
    scanned(put("news.csv", b'id,text\n1,Rain.\n2,"Snow.\n'), out)
    assert reasons(out) == ["not CSV: unexpected end of data"]


@pytest.mark.parametrize("name", ["news.csv", "news.parquet"])
def test_a_table_without_the_column_is_rejected_whole(name: str, out: Path) -> None:
    items: list[Row] = [{"id": "1", "body": "Rain."}]
    summary = scanned(put(name, table(items) if name == "news.csv" else parquet(items)), out, format="jsonl")
    assert reasons(out) == ["the file is rejected whole: no column 'text'; there are 'id', 'body'"]
    assert read(out / "news.jsonl") == []
    assert summary.status == 1


def test_a_column_of_something_else_is_rejected_whole(out: Path) -> None:
    scanned(put("news.parquet", parquet([{"text": 5}])), out)
    assert reasons(out) == ["the file is rejected whole: column 'text' holds int64, but must hold strings"]


def test_bad_rows_of_parquet_are_rejected(out: Path) -> None:
    items: list[Row] = [{"text": b"Rain."}, {"text": b"Caf\xe9"}, {"text": None}, {"text": b"x" * 99}]
    scanned(put("news.parquet", parquet(items)), out, max_record_bytes=50)
    assert [(row["number"], row["row"], row["reason"]) for row in read(out / "news.rejects.jsonl")] == [
        (2, 1, "not UTF-8 (byte 3)"),
        (3, 2, "no text: field 'text' is null"),
        (4, 3, "the record has 99 bytes, more than the 50 bytes that are allowed"),
    ]


@pytest.mark.parametrize("name", ["news.jsonl.gz", "news.jsonl.zst", "news.csv.gz"])
def test_of_a_file_that_is_cut_off_what_is_readable_is_kept(name: str, out: Path) -> None:
    draw = random.Random(5)  # noqa: S311 - nothing to keep secret
    items = [{"id": str(n), "text": f"Day {n}: {draw.getrandbits(24_000):x}"} for n in range(60)]
    whole = MADE[name](items)
    path = put(name, whole[: len(whole) * 9 // 10])
    summary = scanned(path, out, format="jsonl")
    found = read(out / "news.jsonl")
    assert [row["id"] for row in found] == [str(n) for n in range(len(found))]
    assert 20 < len(found) < 60
    [reject] = read(out / "news.rejects.jsonl")
    assert reject["number"] == len(found) + 1
    assert reject["reason"] == f"the file is cut off or damaged after record {len(found)} (it ends too early)"
    assert (summary.status, summary.failures) == (1, ())


@pytest.mark.parametrize("name", ["news.jsonl.gz", "news.jsonl.zst"])
def test_of_a_file_with_a_damaged_tail_what_is_readable_is_kept(name: str, out: Path) -> None:
    whole = bytearray(MADE[name](rows()))
    whole[-30:-20] = b"\xff" * 10
    scanned(put(name, bytes(whole)), out, format="jsonl")
    assert len(read(out / "news.jsonl")) >= 3
    assert re.match(r"the file is cut off or damaged after record \d+ \(", reasons(out)[-1])


def test_what_is_not_packed_at_all_is_damaged_from_the_start(out: Path) -> None:
    scanned(put("news.jsonl.gz", b"no gzip"), out)
    assert reasons(out)[0].startswith("the file is cut off or damaged after record 0 (")
    assert gzip.decompress((out / "news.jsonl.gz").read_bytes()) == b""


def test_parquet_that_is_cut_off_is_rejected_whole(out: Path) -> None:
    summary = scanned(put("news.parquet", parquet(rows())[:-20]), out)
    assert reasons(out)[0].startswith("the file is rejected whole: no Parquet that can be read: ")
    assert read(out / "news.parquet") == []
    assert summary.status == 1


def test_parquet_that_is_damaged_within_is_kept_up_to_there(out: Path) -> None:
    whole = bytearray(parquet(rows(9)))
    middle = len(whole) // 4
    whole[middle : middle + 250] = b"\xff" * 250
    scanned(put("news.parquet", bytes(whole)), out, format="jsonl")
    found = read(out / "news.jsonl")
    assert [row["id"] for row in found] == [f"a{n}" for n in range(len(found))]
    assert f"damaged after record {len(found)} (" in reasons(out)[-1]


@pytest.mark.parametrize("name", [name for name in MADE if name != "news.parquet"])
def test_an_empty_file_makes_an_empty_output(name: str, out: Path) -> None:
    if name.endswith(".zst"):
        pytest.importorskip("zstandard")
    summary = scanned(put(name, b""), out, format="jsonl.gz")
    assert read(out / "news.jsonl.gz") == []
    assert (summary.articles, summary.status) == (0, 0)


def test_a_text_that_can_not_be_read_is_one_record_of_its_folder(here: Path, out: Path) -> None:
    put("texts/a.txt", b"Caf\xe9")
    put("texts/b.txt", f"\ufeff{SNOW}".encode())
    put("texts/c.txt", b"x" * 199)
    put("texts/d", b"a\0b")
    scanned(here / "texts", out, max_record_bytes=100, output="clean")
    assert read(out / "texts.jsonl") == [{"id": "b.txt", "body": SNOW}]
    assert [(row["id"], row["reason"]) for row in read(out / "texts.rejects.jsonl")] == [
        ("a.txt", "not UTF-8 (byte 3)"),
        ("c.txt", "the record has more than the 100 bytes that are allowed"),
        ("d", "not a text file"),
    ]


# What stops a scan before it begins


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": "all"}, "output is 'all', but must be one of article, report, clean"),
        ({"duplicates": "drop"}, "duplicates is 'drop'"),
        ({"keep_fields": ["body"]}, "the field 'body' can't be kept"),
        ({"keep_fields": ["x", "x"]}, "a field is to be kept twice"),
        ({"html": True, "title": "head"}, "a web page brings its title itself"),
        ({"checkpoint": 0}, "checkpoint is 0"),
        ({"n_jobs": 0}, "n_jobs is 0"),
        ({"treshold": 1}, "unknown option 'treshold'"),
    ],
)
def test_wrong_options_are_refused(options: Row, message: str, out: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        scan(put("news.jsonl", jsonl(rows(1))), out, **options)
    assert not out.exists()


def test_what_can_not_be_meant_is_refused_before_anything_is_written(here: Path, out: Path) -> None:
    put("news.jsonl", jsonl(rows(1)))
    put("news.csv", table(rows(1)))
    put("photo.jpg", b"x")
    put("a/news.rejects.jsonl", b"")
    for paths, target, message in (
        (["news.jsonl", "news.csv"], out, r"would both be written to .*news\.jsonl"),
        (["news.jsonl", "a/news.rejects.jsonl"], out, r"would both be written to .*news\.rejects\.jsonl"),
        (["news.jsonl"], here, r"would overwrite what is read"),
        ([here], here, r"is read, and can't be written to as well"),
        (["-"], out, r"does not read standard input"),
        (["photo.jpg"], out, r"photo\.jpg: scan reads JSON lines, "),
    ):
        with pytest.raises(ScanError, match=message):
            scanned(paths, target)
    with pytest.raises(ScanError, match=r"format is 'xml', but must be one of jsonl, "):
        scanned("news.jsonl", out, format="xml")
    assert not out.exists()
    assert sorted(path.name for path in here.iterdir()) == ["a", "news.csv", "news.jsonl", "photo.jpg"]


def test_what_is_there_is_not_written_over_unless_that_is_said(out: Path) -> None:
    path = put("news.jsonl", jsonl(rows(1)) + b"bad\n")
    put("out/news.jsonl", b"mine")
    with pytest.raises(ScanError, match=r"out/news\.jsonl: is there already; name another folder, or add --overwrite"):
        scanned(path, out)
    assert [(path.name, path.read_bytes()) for path in out.iterdir()] == [("news.jsonl", b"mine")]
    scanned(path, out, overwrite=True)
    assert len(read(out / "news.jsonl")) == 1
    put("news.jsonl", jsonl(rows(2)))
    assert scanned(path, out, overwrite=True).articles == 2
    assert not (out / "news.rejects.jsonl").exists()


def test_other_arguments_and_other_files_are_refused_with_what_to_do(out: Path) -> None:
    path = put("news.jsonl", jsonl(rows(2)))
    scanned(path, out)
    with pytest.raises(
        ScanError, match=r"holds a finished scan with other arguments \(output was 'article', is 'clean'"
    ):
        scanned(path, out, output="clean")
    put("news.jsonl", jsonl(rows(3)))
    with pytest.raises(ScanError, match=r"news\.jsonl: is not what it was when .* was begun .*add --overwrite"):
        scanned(path, out)
    assert scanned(path, out, output="clean", overwrite=True).articles == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locks of folders")
def test_two_scans_do_not_write_to_one_folder(out: Path) -> None:
    import fcntl

    path = put("news.jsonl", jsonl(rows(1)))
    out.mkdir()
    folder = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with pytest.raises(ScanError, match="another scan is writing to it"):
            scanned(path, out)
    finally:
        os.close(folder)
    assert scanned(path, out).articles == 1


@pytest.mark.parametrize(("name", "package"), [("news.parquet", "pyarrow.parquet"), ("news.jsonl.zst", "zstandard")])
def test_a_missing_package_is_named_with_how_to_get_it(
    name: str, package: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    put(name, b"x")
    result = run(name, "-o", out)
    assert result.exit_code == 2
    assert result.stderr.endswith("pip install 'newsflag[scan]'\n")
    assert not out.exists()


# Going on


def test_a_finished_scan_has_nothing_to_do_and_new_files_are_added(here: Path, out: Path) -> None:
    put("news/a.jsonl", jsonl(rows(3)))
    scanned(here / "news", out)
    before = (out / "a.jsonl").stat().st_mtime_ns
    put("news/b.jsonl", jsonl([{"id": "a0", "text": "Rain."}, {"id": "b", "text": "Rain."}]))
    summary = scanned(here / "news", out)
    assert (summary.articles, summary.done_before, summary.rejects) == (4, 3, 1)
    assert (out / "a.jsonl").stat().st_mtime_ns == before


def test_a_source_that_can_not_be_read_stops_no_other_and_is_done_the_next_time(out: Path) -> None:
    put("b.jsonl", jsonl(rows(2)))
    put("empty/.hidden.txt", b"")
    result = run("a.jsonl", "b.jsonl", "empty", "-o", out)
    assert result.exit_code == 2
    assert "newsflag: a.jsonl: no such file or directory\n" in result.stderr
    assert "newsflag: empty: no text files\n" not in result.stderr
    assert "newsflag: empty: no files to scan\n" in result.stderr
    assert len(read(out / "b.jsonl")) == 2
    assert json.loads((out / "summary.json").read_bytes())["failures"][0].startswith("empty: no ")
    put("a.jsonl", jsonl(rows(5)[3:]))
    result = run("a.jsonl", "b.jsonl", "-o", out)
    assert result.exit_code == 0
    assert len(read(out / "a.jsonl")) == 2


@pytest.mark.parametrize("after", [0, 3, 4, 5, 9])
def test_an_error_of_reading_half_way_is_told_and_gone_on_from(
    after: int, here: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a.jsonl", jsonl(rows(10)))
    put("b.jsonl", jsonl(rows(12)[10:]))
    whole = _streams.lines

    def breaks(*arguments: Any) -> Iterator[Any]:
        for number, line in enumerate(whole(*arguments)):
            if number == after:
                raise OSError(errno.EIO, "Input/output error")
            yield line

    with monkeypatch.context() as patched:
        patched.setattr(_readers, "lines", breaks)
        summary = scanned(["a.jsonl"], out)
    assert summary.failures == ("a.jsonl: input/output error",)
    assert (summary.status, summary.articles) == (2, after // CHECKPOINT * CHECKPOINT)
    scanned(["a.jsonl", "b.jsonl"], out)
    scanned(["a.jsonl", "b.jsonl"], here / "undisturbed")
    assert written(out) == written(here / "undisturbed")


@pytest.mark.parametrize("call", range(1, 9))
def test_a_full_disk_ends_a_scan_that_can_be_gone_on_with(
    call: int, here: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put("news.jsonl", b"bad\n" + jsonl(rows(10)))
    sync, left = os.fsync, call

    def full(file: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(file)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        result = run(path, "-o", out, "--checkpoint", str(CHECKPOINT))
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == (
        f"newsflag: {out}: no space left on device; when that is put right run the same command again: "
        "it goes on where it was"
    )
    assert not (out / "news.jsonl").exists()
    scanned(path, out)
    scanned(path, here / "undisturbed")
    assert written(out) == written(here / "undisturbed")


def test_a_part_that_was_shortened_is_not_gone_on_with(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("news.jsonl", jsonl(rows(10)))
    whole, calls = _streams.lines, 0

    def breaks(*arguments: Any) -> Iterator[Any]:
        nonlocal calls
        for line in whole(*arguments):
            calls += 1
            if calls == 6:
                raise OSError(errno.EIO, "Input/output error")
            yield line

    with monkeypatch.context() as patched:
        patched.setattr(_readers, "lines", breaks)
        assert scanned(path, out).articles == CHECKPOINT
    part = out / ".newsflag-scan" / "parts" / "news.jsonl"
    part.write_bytes(part.read_bytes()[:50])
    with pytest.raises(ScanError, match=r"parts/news\.jsonl: holds less than it did; put it back, or name"):
        scanned(path, out)
    assert scanned(path, out, overwrite=True).articles == 10


_ENDED: Final = """
import contextlib, os, signal, sys
import newsflag.flagger
from newsflag import scanning
from newsflag.cli import main

with contextlib.suppress(ImportError):  # here, where calls are not counted yet
    import pyarrow.parquet

left, folder = int(sys.argv[1]), os.path.dirname(scanning.__file__)

def count(frame, event, argument):
    global left
    if frame.f_code.co_filename.startswith(folder):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(count)
try:
    main(sys.argv[2:])
finally:
    sys.setprofile(None)
    print(-left)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
@pytest.mark.parametrize(
    ("seed", "format"), [(1, "jsonl"), (2, "jsonl.gz"), (3, "parquet")], ids=["jsonl", "gzip", "parquet"]
)
def test_a_scan_killed_at_any_moment_goes_on_to_the_same_bytes(seed: int, format: str, here: Path, out: Path) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow")
    draw = random.Random(seed)  # noqa: S311 - nothing to keep secret
    bad = [b"bad\n", b'{"id": "a1", "text": "Again."}\n', b'{"text": null}\n']
    lines = [line + b"\n" for line in jsonl(rows(40)).splitlines()] + bad * 3
    draw.shuffle(lines)
    put("a.jsonl", b"".join(lines))
    put("b.csv", table([{"id": f"b{n}", "text": article(n), "date": n} for n in range(15)]))
    put("c/one.txt", article(1).encode())
    put("empty.jsonl", b"")
    sources = ["a.jsonl", "b.csv", "c", "empty.jsonl"]
    options = ["--checkpoint", "5", "--batch-size", "4", "--keep", "date", "--format", format]

    def ended(at: int, folder: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", _ENDED, str(at), "scan", *sources, "-o", str(folder), *options]
        return subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)

    undisturbed = ended(0, here / "undisturbed")
    assert undisturbed.returncode == 1, undisturbed.stderr
    calls = int(undisturbed.stdout)
    late = here / "late"
    assert ended(calls - draw.randrange(1, 200), late).returncode == -signal.SIGKILL
    assert ended(draw.randrange(1, calls), out).returncode == -signal.SIGKILL
    for folder in (late, out):
        done = ended(0, folder)
        assert done.returncode == 1, done.stderr
        assert written(folder) == written(here / "undisturbed")
    assert len(read(out / f"a.{format}")) == 40
    assert not list((out / ".newsflag-scan" / "parts").rglob("*.*"))


def test_a_finished_output_that_is_gone_or_cut_is_not_passed_over(out: Path) -> None:
    put("news.jsonl", jsonl(rows(3)))
    scan("news.jsonl", out)
    whole = (out / "news.jsonl").read_bytes()
    for wrong in (b"", None):
        (out / "news.jsonl").write_bytes(wrong) if wrong is not None else (out / "news.jsonl").unlink()
        with pytest.raises(ScanError, match=r"news\.jsonl: is gone, or holds less than was written"):
            scan("news.jsonl", out)
    scan("news.jsonl", out, overwrite=True)
    assert (out / "news.jsonl").read_bytes() == whole


def test_columns_of_lists_and_maps_are_kept_with_what_is_missing_in_them(here: Path, out: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {
        "list": pa.array([["x", None], None, []]),
        "nested": pa.array([[["x"], None], [[]], None]),
        "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int64())),
        "struct": pa.array([{"a": 1}, None, {"a": None}]),
    }
    table = pa.table({"id": ["1", "2", "3"], "text": [article(n) for n in range(3)], **columns})
    parquet.write_table(table, here / "news.parquet")
    scan(here / "news.parquet", out, keep_fields=list(columns))
    made = parquet.read_table(out / "news.parquet")
    assert made.select(list(columns)).equals(parquet.read_table(here / "news.parquet").select(list(columns)))


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such names")
def test_a_name_that_is_no_utf_8_is_written_with_escapes(here: Path, out: Path) -> None:
    (here / "d").mkdir()
    Path(os.fsdecode(os.fsencode(here / "d") + b"/bad\xff.txt")).write_text(article(1), "utf-8")
    assert scan(here / "d", out).articles == 1
    assert [row["id"] for row in read(out / "d.jsonl")] == ["bad\\xff.txt"]


def test_a_whole_number_that_was_written_as_a_float_is_an_id(out: Path) -> None:
    put("news.jsonl", b'{"id": 1.0, "text": "The council met."}\n{"id": 1.5, "text": "The council met."}\n')
    scan("news.jsonl", out)
    assert [row["id"] for row in read(out / "news.jsonl")] == ["1"]
    assert "field 'id' is a number" in read(out / "news.rejects.jsonl")[0]["reason"]


# The command


def test_the_command_says_what_it_did(out: Path) -> None:
    put("news.jsonl", jsonl(rows(3)) + b"bad\n")
    result = run("news.jsonl", "-o", out)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert re.fullmatch(
        r"newsflag: news\.jsonl: record 4 is rejected: not JSON.*; "
        rf"all such are in {re.escape(str(out / 'news.rejects.jsonl'))}\n"
        rf"newsflag: {re.escape(str(out))}: 3 articles, 0\.0 MB; 3 flags: 3 teaser; 1 reject; "
        r"\d+\.\d seconds \(\d+ articles a second\)\n",
        result.stderr,
    )
    assert json.loads((out / "summary.json").read_bytes()) == {
        "sources": 1,
        "articles": 3,
        "flags": {"teaser": 3},
        "bytes": sum(len(article(n)) for n in range(3)),
        "rejects": 1,
        "failures": [],
    }
    result = run("news.jsonl", "-o", out)
    assert result.exit_code == 1
    assert "3 articles, 3 of them before" in result.stderr


def test_the_commands_options_are_those_of_the_library(here: Path) -> None:
    put("news.jsonl", jsonl([{"body": article(0), "url": "u", "n": 1}, {"body": article(1), "url": "u", "n": 2}]))
    arguments = ("--text", "body", "--id", "url", "--keep", "n", "--allow-duplicates", "--output", "report")
    assert run("news.jsonl", "-o", "command", *arguments, "--explain", "--threshold", "0.9").exit_code == 0
    options: Row = {"text": "body", "id": "url", "keep_fields": ["n"], "duplicates": "keep", "output": "report"}
    scan("news.jsonl", here / "library", threshold=0.9, **options)
    assert written(here / "command") == written(here / "library")
    assert [row["n"] for row in read(here / "command" / "news.jsonl")] == [1, 2]


def test_progress_is_counted_in_bytes_to_the_end(here: Path, out: Path) -> None:
    a, b = put("a.jsonl", jsonl(rows(5))), put("b.jsonl.gz", gzip.compress(jsonl(rows(5))))
    put("texts/c.txt", b"Rain.")
    seen: list[tuple[int, int]] = []
    scanned([a, b, here / "texts"], out, on_progress=lambda *told: seen.append(told))
    total = a.stat().st_size + b.stat().st_size + 5
    assert seen[-1] == (total, total)
    assert [read for read, _ in seen] == sorted(read for read, _ in seen)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_what_the_page_on_scanning_types_does_what_it_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "scan.md").read_text("utf-8")
    shell = Shell(tmp_path)
    put(f"{shell.folder}/news.jsonl.gz", gzip.compress(jsonl(rows(3))))
    put(f"{shell.folder}/news.csv", table([{"url": n, "body": article(n), "date": n} for n in range(3)]))
    typed = [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert typed
    for line in typed:
        if not line.startswith("pip "):
            done = shell.run(line.partition(" #")[0])
            assert (line, done.returncode) == (line, 0), done.stderr
            assert "0 rejects" in done.stderr
