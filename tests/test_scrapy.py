"""newsflag as an item pipeline: a real crawl of a site on this machine, items of every sort, and what is refused."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

import newsflag
from newsflag.comparison import overview

pytest.importorskip("scrapy")

from scrapy import Field, Item
from scrapy.exceptions import DropItem
from scrapy.settings import Settings

from newsflag.integrations import scrapy as adapter
from newsflag.integrations.scrapy import NewsflagPipeline

TEXT: Final = "Ferry to run all winter\n\nThe board voted on Monday.\n\nREAD MORE: Ten tricks for a flat belly"
PROMOS: Final = "READ MORE: Ten tricks for a flat belly\n\nSign up to our morning letter & never miss a thing"
PAGES: Final = {
    "ferry.html": (
        "<html><head><title>Ferry</title></head><body><h1>Ferry to run all winter</h1>"
        "<p>The harbour board voted on Monday to keep the boats running.</p>"
        "<p>Fares stay as they are, the board said.</p>"
        "<p><a href='/belly.html'>READ MORE: Ten tricks for a flat belly</a></p></body></html>"
    ),
    "belly.html": (
        "<html><body><p>READ MORE: Ten tricks for a flat belly</p>"
        "<p>Sign up to our morning letter &amp; never miss a thing</p></body></html>"
    ),
}
SPIDER: Final = """
import json, sys
import scrapy
from scrapy.crawler import CrawlerProcess

class Site(scrapy.Spider):
    name = "site"

    async def start(self):
        for name in {names!r}:
            yield scrapy.Request({base!r} + name)

    def parse(self, response):
        yield {{"url": response.url, "html": response.body}}
        yield {{"text": response.css("p::text").get()}}

process = CrawlerProcess({settings!r})
crawler = process.create_crawler(Site)
process.crawl(crawler)
process.start()
stats = {{name: value for name, value in crawler.stats.get_stats().items() if isinstance(value, (int, str))}}
print(json.dumps(stats))
"""


class Stats(dict[str, int]):
    """Counts as Scrapy's collector does."""

    def inc_value(self, name: str, number: int) -> None:
        self[name] = self.get(name, 0) + number


class Article(Item):  # type: ignore[misc]
    text = Field()
    newsflag = Field()
    clean_text = Field()


class Bare(Item):  # type: ignore[misc]
    text = Field()


@dataclasses.dataclass
class Record:
    text: Any
    newsflag: Any = None
    clean_text: str = ""


def process(item: Any, stats: Stats | None = None, **settings: Any) -> Any:
    return asyncio.run(NewsflagPipeline(settings, stats).process_item(item))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Address of a made-up site."""
    folder = tmp_path / "site"
    folder.mkdir()
    for name, page in PAGES.items():
        (folder / name).write_text(page, encoding="utf-8")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("reactor", ["asyncioreactor.AsyncioSelectorReactor", "selectreactor.SelectReactor"])
def test_a_crawl_adds_to_items_drops_those_full_of_promos_and_counts(site: str, tmp_path: Path, reactor: str) -> None:
    out = tmp_path / "items.jsonl"
    settings = {
        "ITEM_PIPELINES": {"newsflag.integrations.scrapy.NewsflagPipeline": 300},
        "FEEDS": {str(out): {"format": "jsonlines", "fields": ["url", "text", "newsflag", "clean_text", "report"]}},
        "TWISTED_REACTOR": f"twisted.internet.{reactor}",
        "TELNETCONSOLE_ENABLED": False,
        "NEWSFLAG_FIELD": "html",
        "NEWSFLAG_INPUT": "html",
        "NEWSFLAG_MAX_PROMOS": 0.5,
        "NEWSFLAG_CONFIG": {"explain": False},
        "NEWSFLAG_ADDS": {"newsflag": "overview", "clean_text": "body", "report": "report"},
    }
    code = SPIDER.format(names=list(PAGES), base=site, settings=settings)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    items = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    [page] = [item for item in items if "url" in item]
    assert len(items) == 3  # the two of another sort have passed as they were
    assert all(set(item) == {"text"} for item in items if item is not page)
    report = newsflag.flag_html(PAGES["ferry.html"].encode(), url=f"{site}ferry.html", explain=False)
    assert newsflag.Report.from_dict(page["report"]) == report
    assert page["newsflag"] == overview(report)
    assert page["clean_text"] == report.body != ""
    [dropped] = [line for line in done.stderr.splitlines() if "Dropped:" in line]
    share = overview(newsflag.flag_html(PAGES["belly.html"]))["promos"]
    assert f"promos are {share:.3f} of its text, above NEWSFLAG_MAX_PROMOS 0.5" in dropped
    stats = json.loads(done.stdout)
    assert {name: stats[name] for name in stats if name.startswith("newsflag/")} == {
        "newsflag/items": 2,
        "newsflag/dropped": 1,
        "newsflag/without_field": 2,
        "newsflag/flags": len(report.flags),
        **{
            f"newsflag/segments/{kind}": sum(segment.kind == kind for segment in report.segments)
            for kind in {segment.kind for segment in report.segments}
        },
    }


@pytest.mark.parametrize("make", [dict, Article, Record], ids=["dict", "Item", "dataclass"])
def test_items_of_every_sort_get_what_flag_finds(make: Any) -> None:
    stats = Stats()
    item = make(text=TEXT)
    assert process(item, stats) is item
    report = newsflag.flag(TEXT)
    found = item.__dict__ if make is Record else dict(item)
    assert found == {"text": TEXT, "newsflag": overview(report), "clean_text": report.body}
    assert stats["newsflag/items"] == 1
    assert stats["newsflag/flags"] == len(report.flags) > 0


def test_single_entries_can_be_added() -> None:
    item = process({"text": TEXT}, NEWSFLAG_ADDS={"share": "promos", "language": "language"})
    row = overview(newsflag.flag(TEXT))
    assert item == {"text": TEXT, "share": row["promos"], "language": "en"}


def test_only_items_above_the_share_are_dropped() -> None:
    share = overview(newsflag.flag(PROMOS))["promos"]
    assert process({"text": PROMOS}, NEWSFLAG_MAX_PROMOS=share)["newsflag"]["promos"] == share
    item = {"text": PROMOS}
    with pytest.raises(DropItem, match="promos are"):
        process(item, NEWSFLAG_MAX_PROMOS=share - 1e-6)
    assert item == {"text": PROMOS}


def test_a_field_with_none_in_it_is_no_field() -> None:
    stats = Stats()
    item = {"text": None}
    process(item, stats)
    assert item == {"text": None}
    assert stats == {"newsflag/without_field": 1}


@pytest.mark.parametrize("value", [3, b"bytes"])
def test_a_field_that_holds_no_text_is_refused_and_counted(value: Any) -> None:
    stats = Stats()
    with pytest.raises(newsflag.InputError, match="a text must be a str"):
        process({"text": value}, stats)
    assert stats == {"newsflag/errors": 1}


def test_a_class_without_the_field_to_be_set_is_named() -> None:
    item = Bare(text=TEXT)
    with pytest.raises(newsflag.InputError, match="Bare has no field 'newsflag': declare it there, or name another"):
        process(item)
    assert dict(item) == {"text": TEXT}


def test_settings_typed_on_the_command_line_are_read() -> None:
    typed = {"NEWSFLAG_CONFIG": '{"explain": false}', "NEWSFLAG_ADDS": '{"all": "report"}', "NEWSFLAG_MAX_PROMOS": "1"}

    class Crawler:
        settings = Settings(typed)
        stats = Stats()

    item = asyncio.run(NewsflagPipeline.from_crawler(Crawler()).process_item({"text": TEXT}))
    assert newsflag.Report.from_dict(item["all"]) == newsflag.flag(TEXT, explain=False)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("NEWSFLAG_FEILD", "text", "unknown setting NEWSFLAG_FEILD; newsflag's are NEWSFLAG_FIELD, "),
        ("NEWSFLAG_FIELD", 3, "NEWSFLAG_FIELD is 3, but must be the name of a field, such as 'text'"),
        ("NEWSFLAG_INPUT", "pdf", "NEWSFLAG_INPUT is 'pdf', but must be one of text, html"),
        ("NEWSFLAG_ADDS", {"x": "y"}, "NEWSFLAG_ADDS sets 'x' to 'y', but can set it to one of body, overview, report"),
        ("NEWSFLAG_ADDS", ["x"], r"NEWSFLAG_ADDS is \['x'\], but must be a mapping"),
        ("NEWSFLAG_MAX_PROMOS", "lots", "NEWSFLAG_MAX_PROMOS is 'lots', but must be a number from 0 to 1"),
        ("NEWSFLAG_MAX_PROMOS", True, "NEWSFLAG_MAX_PROMOS is True"),
        ("NEWSFLAG_CONFIG", {"threshold": 2}, "threshold is 2, but must be"),
        ("NEWSFLAG_CONFIG", "x", "NEWSFLAG_CONFIG is 'x', but must be a mapping"),
    ],
)
def test_a_setting_that_is_not_allowed_is_named(name: str, value: Any, message: str) -> None:
    with pytest.raises(newsflag.ConfigError, match=message):
        NewsflagPipeline({name: value})


def test_what_pages_need_is_asked_for_before_the_crawl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "selectolax", None)
    monkeypatch.setitem(sys.modules, "selectolax.lexbor", None)
    with pytest.raises(ImportError, match=r"pip install 'newsflag\[html\]'"):
        NewsflagPipeline({"NEWSFLAG_INPUT": "html"})


def test_without_scrapy_the_line_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, adapter.__name__)
    monkeypatch.setitem(sys.modules, "scrapy.exceptions", None)
    with pytest.raises(ImportError, match=r"needs Scrapy: pip install 'newsflag\[scrapy\]'"):
        __import__(adapter.__name__)
