"""The same page as other users meet it: extractors, alignment, publishers."""

from __future__ import annotations

import gzip
import importlib
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsflag.training.publishers import publisher_key
from newsflag.training.views import (
    EXTRACTORS,
    OUTSIDE,
    align,
    decode,
    gold_f1,
    make_view,
    overlap,
    page_labels,
    text_lines,
    write_views,
)

LINES = [
    "Home",
    "Sport",
    "Ferry to the islands runs again",
    "The ferry to the outer islands took up service on Thursday after eleven days.",
    "Share",
    "A storm had torn the pier's planks away, and a diver found the piles unharmed.",
    "Read more: What became of the lighthouse keeper",
    "The first boat carried letters, flour and a brass band.",
    "Share",
    "Contact",
]
LABELS = [
    OUTSIDE,
    OUTSIDE,
    "title",
    "body",
    "interface",
    "body",
    "teaser",
    "body",
    "call_to_action",
    OUTSIDE,
]

HTML = f"""<!DOCTYPE html><html><head><title>Islands</title><script>var x = "no text";</script></head><body>
<ul><li>{LINES[0]}</li><li>{LINES[1]}</li></ul>
<article><h1>{LINES[2]}</h1><p>The ferry to the <b>outer islands</b> took up service
on Thursday after eleven days.</p><div>{LINES[4]}</div><p>{LINES[5]}</p><p>{LINES[6]}</p><p>{LINES[7]}</p></article>
<div>{LINES[8]}</div><footer>{LINES[9]}</footer></body></html>"""


def page() -> dict[str, object]:
    in_gold = ["no", "no", "no", "yes", "no", "yes", "no", "yes", "no", "no"]
    kinds = [None, None, "title", None, "interface", None, "teaser", None, "call_to_action", None]
    lines = [
        {"text": text, "in_gold": gold, **({"kind": kind} if kind else {})}
        for text, gold, kind in zip(LINES, in_gold, kinds, strict=True)
    ]
    return {
        "id": "made-up-1",
        "source": "made-up",
        "domain": "islands.example",
        "url": "https://islands.example/ferry",
        "language": "en",
        "html": "html/made-up-1.html.gz",
        "annotated": True,
        "region": [3, 7],
        "window": [2, 8],
        "lines": lines,
    }


class TestAlign:
    def test_same_lines_keep_their_labels(self) -> None:
        assert align("\n".join(LINES), LINES, LABELS) == LABELS

    def test_white_space_bullets_pipes_and_case_do_not_matter(self) -> None:
        view = [f"  * {LINES[0]}", f"- {LINES[1]} |", *(f"| {line.replace(' ', '  ').upper()} |" for line in LINES[2:])]
        assert align("\n\n".join(view), LINES, LABELS) == LABELS

    def test_numbers_of_a_list_do_not_matter(self) -> None:
        assert align(f"12. {LINES[3]}\n o {LINES[6]}", LINES, LABELS) == ["body", "teaser"]

    def test_merged_lines_take_the_label_of_most_characters(self) -> None:
        assert align(f"{LINES[3]} {LINES[4]}\n{LINES[5]} {LINES[6]}", LINES, LABELS) == ["body", None]

    def test_split_lines_take_the_label_of_their_line(self) -> None:
        assert (
            align("A storm had\ntorn the pier's planks away, and\na diver found the piles unharmed.", LINES, LABELS)
            == ["body"] * 3
        )

    def test_lines_that_the_page_has_not_are_unknown(self) -> None:
        assert align(f"Islands, a made-up paper\n{LINES[3]}\nNobody wrote this line", LINES, LABELS) == [
            None,
            "body",
            None,
        ]

    def test_repeated_lines_are_placed_by_their_neighbours(self) -> None:
        assert align(f"{LINES[3]}\nShare\n{LINES[5]}", LINES, LABELS)[1] == "interface"
        assert align(f"{LINES[7]}\nShare\nContact", LINES, LABELS)[1] == "call_to_action"

    def test_repeated_lines_without_neighbours_are_unknown(self) -> None:
        assert align("Share", LINES, LABELS) == [None]

    def test_lines_out_of_order_are_found(self) -> None:
        assert align(f"{LINES[5]}\n{LINES[7]}\n{LINES[2]}", LINES, LABELS) == ["body", "body", "title"]

    def test_slightly_changed_lines_are_found_between_their_neighbours(self) -> None:
        changed = LINES[5].replace("a diver", "[1] a diver")
        assert align(f"{LINES[3]}\n{changed}\n{LINES[7]}", LINES, LABELS) == ["body"] * 3

    def test_short_lines_are_not_found_inside_words(self) -> None:
        assert align("port", LINES, LABELS) == [None]

    def test_scripts_without_spaces(self) -> None:
        lines = ["島への船が再び動き始めた。", "続きを読む", "最初の船は手紙と小麦粉を運んだ。"]
        labels = ["body", "call_to_action", "body"]
        assert align(f"{lines[0]}\n・{lines[1]}\n{lines[2]}", lines, labels) == labels

    @pytest.mark.parametrize("text", ["", "\n \n", "---\n***"])
    def test_nothing_to_label(self, text: str) -> None:
        assert align(text, LINES, LABELS) == [None] * len(text_lines(text))

    def test_page_without_lines(self) -> None:
        assert align("A line", [], []) == [None]

    @given(st.text(max_size=200), st.lists(st.text(max_size=40), max_size=6))
    def test_one_label_a_line_whatever_comes(self, text: str, lines: list[str]) -> None:
        answer = align(text, lines, ["body"] * len(lines))
        assert len(answer) == len(text_lines(text))
        assert set(answer) <= {"body", None}

    @given(st.permutations(range(len(LINES))))
    def test_no_line_ever_gets_a_label_that_its_words_never_have(self, order: list[int]) -> None:
        answer = align("\n".join(LINES[number] for number in order), LINES, LABELS)
        for number, label in zip(order, answer, strict=True):
            assert label is None or label in {
                other for line, other in zip(LINES, LABELS, strict=True) if line == LINES[number]
            }


class TestPageLabels:
    def test_annotated_window(self) -> None:
        assert page_labels(page()) == LABELS

    def test_gold_region_reaches_three_lines_before_and_five_after(self) -> None:
        lines = [{"text": "x", "in_gold": "yes"} for _ in range(20)]
        labels = page_labels({"lines": lines, "region": [8, 9], "annotated": True})
        assert labels == [None] * 5 + ["body"] * 10 + [None] * 5

    def test_page_that_nobody_read(self) -> None:
        lines = [
            {"text": "x", "in_gold": gold} for gold in ("no", "unclear", "yes", "heading", "no", "separator", "unclear")
        ]
        labels = page_labels({"lines": lines, "window": [2, 6], "region": [2, 4], "annotated": False})
        assert labels == [OUTSIDE, None, "body", "heading", None, None, None]


class TestExtractors:
    @pytest.mark.parametrize("name", EXTRACTORS)
    def test_body_is_there_and_labelled(self, name: str) -> None:
        pytest.importorskip(name)
        view = make_view(page(), HTML.encode(), name)
        assert set(view) == {"id", "domain", "language", "source", "text", "labels"}
        lines = text_lines(view["text"])
        assert len(lines) == len(view["labels"])
        found = {line.strip(" *-"): label for line, label in zip(lines, view["labels"], strict=True)}
        for text, label in zip(LINES, LABELS, strict=True):
            if text in found and LINES.count(text) == 1:
                assert found[text] == label
        assert "no text" not in view["text"]
        assert found[LINES[5]] == "body"

    def test_failing_extractor_gives_an_empty_view(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_html: str, _url: str) -> str:
            raise RuntimeError("no article")

        monkeypatch.setitem(EXTRACTORS, "html_text", fail)
        view = make_view(page(), HTML.encode(), "html_text")
        assert (view["text"], view["labels"]) == ("", [])

    @pytest.mark.parametrize(
        ("name", "module", "package"),
        [
            ("trafilatura", "trafilatura", "trafilatura"),
            ("readability", "readability", "readability-lxml"),
            ("resiliparse", "resiliparse.extract.html2text", "resiliparse"),
            ("html_text", "html_text", "html-text"),
            ("inscriptis", "inscriptis", "inscriptis"),
        ],
    )
    def test_missing_package_names_its_pip_line(
        self, name: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(ImportError, match=f"pip install {package}"):
            make_view(page(), HTML.encode(), name)

    def test_extractors_are_imported_late(self) -> None:
        source = Path(importlib.import_module("newsflag.training.views").__file__ or "").read_text(encoding="utf-8")
        for module in ("trafilatura", "readability", "resiliparse", "html_text", "inscriptis", "lxml"):
            assert f"\nimport {module}" not in source
            assert f"\nfrom {module}" not in source

    def test_corpus_is_written_the_same_twice(self, tmp_path: Path) -> None:
        for module in ("joblib", *EXTRACTORS):
            pytest.importorskip(module)
        articles = tmp_path / "corpus" / "articles"
        (articles / "html").mkdir(parents=True)
        (articles / "html" / "made-up-1.html.gz").write_bytes(gzip.compress(HTML.encode()))
        for name in ("gold", "silver"):
            (articles / f"{name}.jsonl.gz").write_bytes(gzip.compress(json.dumps(page()).encode() + b"\n"))
        first = write_views(tmp_path / "corpus", tmp_path / "one")
        second = write_views(tmp_path / "corpus", tmp_path / "two")
        assert [path.name for path in first] == [f"{name}.jsonl.gz" for name in EXTRACTORS]
        for one, two in zip(first, second, strict=True):
            assert one.read_bytes() == two.read_bytes()
            assert len(gzip.decompress(one.read_bytes()).splitlines()) == 2


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Fähre".encode(), "Fähre"),
        ('<meta charset="iso-8859-1">Fähre – heute'.encode("windows-1252"), '<meta charset="iso-8859-1">Fähre – heute'),
        ("<meta charset=no-such>Fähre".encode("latin-1"), "<meta charset=no-such>F\ufffdhre"),
        ("Fähre".encode("latin-1"), "F\ufffdhre"),
    ],
)
def test_decode(data: bytes, text: str) -> None:
    assert decode(data) == text


class TestOverlap:
    def test_counts_shingles_as_often_as_they_occur(self) -> None:
        assert overlap("a b c d a b c d", "a b c d") == (0.2, 1.0)

    def test_short_texts_are_one_shingle(self) -> None:
        assert overlap("a b", "a b") == (1.0, 1.0)
        assert overlap("a b", "a b c d") == (0.0, 0.0)

    def test_empty(self) -> None:
        assert overlap("", "") == overlap("...", "!") == (1.0, 1.0)
        assert overlap("", "a") == overlap("a", "") == (0.0, 0.0)

    def test_f1(self) -> None:
        assert gold_f1("a b c d e", "a b c d") == pytest.approx(2 / 3)
        assert gold_f1("a", "b") == 0


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (["edition.cnn.com", "CNN (Web News)", "CNN - Editorial", "Julian Zelizer"], "cnn"),
        (["USA TODAY", "usatoday.com", "https://eu.usatoday.com/story/1.html", "Paul Ryan"], "usatoday"),
        (
            ["New York Times - News", "New York Times - Opinion", "New York Times (Online News)", "www.nytimes.com"],
            "nytimes",
        ),
        (["ABC News", "abcnews.go.com"], "abcnews"),
        (["Associated Press", "AP Fact Check", "apnews.com"], "apnews"),
        (["NPR Online News", "NPR Editorial ", "npr.org"], "npr"),
        (["Salon", "salon.com"], "salon"),
        (["The Atlantic", "theatlantic.com"], "atlantic"),
        (["The Intercept", "theintercept.com"], "intercept"),
        (["Washington Free Beacon", "freebeacon.com"], "freebeacon"),
        (["PBS NewsHour", "pbs.org"], "pbs"),
        (["NBCNews.com", "NBC (Web News)", "MSNBC"], "nbcnews"),
        (["Yahoo! News", "Yahoo! The 360", "yahoo.com", "yahoo.co.jp"], "yahoo"),
        (["news.bbc.co.uk", "bbc.com"], "bbc"),
        (["gofeminin.de", "gofeminin.de.abnehmen"], "gofeminin"),
        (["El País", "elpais.com"], "elpais"),
        (["be.ch"], "be"),
        ([""], ""),
    ],
)
def test_publishers_have_one_key(names: list[str], key: str) -> None:
    assert {publisher_key(name) for name in names} == {key}


@given(st.text(max_size=40))
def test_publisher_key_takes_any_text(name: str) -> None:
    assert all(char.isalnum() for char in publisher_key(name))
