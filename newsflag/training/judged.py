"""Judged sentences and headlines: what the heads learn from, a function a set.

The texts stay in the corpus folder. Labels of our own, made by reading them
there, are kept in ``benchmarks/labels`` as places in those texts; texts of our
own in ``written``.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np

from newsflag._text import Doubles
from newsflag.kinds import TECHNIQUES
from newsflag.training.data import LABELS, WRITTEN, pages, read_lines, read_rows
from newsflag.training.heads import Rows

FIFTHS: Final = 5


def fifth(id: str) -> int:
    """Which fifth of a set a row is in, 0 to 4, by a hash of its id: the same on every machine."""
    return zlib.crc32(id.encode()) % FIFTHS


def _rows(source: str, items: list[tuple[str, str, str, dict[str, float]]], weight: float = 1.0) -> Rows:
    """Rows of (text, language, group, targets)."""
    heads = sorted({head for *_, targets in items for head in targets})
    return Rows(
        [text for text, *_ in items],
        [language for _, language, *_ in items],
        [source] * len(items),
        [group for _, _, group, _ in items],
        {head: np.array([targets.get(head, np.nan) for *_, targets in items]) for head in heads},
        np.full(len(items), weight),
    )


def webis(data: Path) -> Rows:
    """Posts of the Clickbait Challenge 2017 (Potthast et al. 2018), by the mean of five judgements."""
    rows = read_rows(data / "style" / "train" / "webis_clickbait17.jsonl.gz")
    return _rows("webis", [(row["text"], "en", row["id"], {"clickbait": float(row["score"])}) for row in rows])


def ta1c(data: Path, split: str) -> Rows:
    """Spanish teasers (TA1C), one part of them: ``train`` or ``validation``."""
    rows = read_rows(data / "style" / "train" / "ta1c_es.jsonl.gz")
    return _rows(
        "ta1c",
        [(row["text"], "es", row["id"], {"clickbait": float(row["label"])}) for row in rows if row["split"] == split],
    )


def clickid(data: Path) -> Rows:
    """Indonesian headlines (CLICK-ID, William & Sari 2020)."""
    rows = read_rows(data / "style" / "train" / "clickid_id.jsonl.gz")
    return _rows("clickid", [(row["text"], "id", row["id"], {"clickbait": float(row["label"])}) for row in rows])


def _sentence_targets(row: dict[str, Any]) -> dict[str, float]:
    found = row["techniques"]
    return {
        "sensational": float(row["sensational"] >= 1),
        "persuasion": float(bool(found)),
        "quoted": float(row["voice"] == "q"),
        "vague_source": float(row["vague_source"]),
        **{name: float(name in found) for name in TECHNIQUES},
    }


def wording(data: Path) -> Rows:
    """Sentences of passages, read in context by a written guide."""
    rows = read_rows(data / "style" / "train" / "wording_en.jsonl.gz")
    return _rows(
        "wording",
        [(row["text"], "en", row["passage"], _sentence_targets(row)) for row in rows if not row["not_article"]],
    )


def labelled_sentences(data: Path) -> Rows:
    """More such sentences, of other articles, labelled by us."""
    texts = {row["id"]: row["text"] for row in read_rows(data / "style" / "train" / "article_bias_en.jsonl.gz")}
    items = []
    for row in read_lines(LABELS / "sentences.jsonl"):
        if not row.get("not_article"):
            text = texts[row["article"]][row["start"] : row["end"]]
            items.append((text, "en", row["article"], _sentence_targets(row)))
    return _rows("labelled_sentences", items)


def labelled_headlines(data: Path) -> Rows:
    """Headlines and teasers of several sets and languages, labelled by us; never those of stop_clickbait."""
    texts: dict[tuple[str, str], tuple[str, str]] = {}
    for name, field in (("chumbox_outbrain", "text"), ("article_bias_en", "title"), ("webis_clickbait17", "text")):
        for row in read_rows(data / "style" / "train" / f"{name}.jsonl.gz"):
            texts[name, row["id"]] = row[field], f"{name}:{row['id']}"
    texts |= _page_lines(data)
    items = []
    for row in read_lines(LABELS / "headlines.jsonl"):
        text, group = texts[row["set"], row["id"]]
        # Posts of Webis were labelled again only to compare the scales.
        if row["set"] != "webis_clickbait17":
            targets = {"clickbait": row["clickbait"], "sensational": float(row["sensational"] >= 1)}
            items.append((text, row["language"], group, targets))
    return _rows("labelled_headlines", items)


def labelled_spanish(data: Path) -> Rows:
    """Spanish headlines labelled by us as TA1C's readers label."""
    texts = {
        ("fakenews_es", row["id"]): (row["title"] or "", f"fakenews_es:{row['id']}")
        for row in read_rows(data / "style" / "train" / "fakenews_es.jsonl.gz")
    }
    texts |= _page_lines(data)
    items = []
    for row in read_lines(LABELS / "spanish.jsonl"):
        text, group = texts[row["set"], row["id"]]
        items.append((text, "es", group, {"clickbait": float(row["label"])}))
    return _rows("labelled_spanish", items)


def teasers(data: Path) -> tuple[Rows, Doubles]:
    """Teasers of annotated pages with their marks, and the marks: 0 plain, 1 enticing, 2 bait."""
    items, marks = [], []
    for _, row, publisher in pages(data):
        for line in row["lines"]:
            if line.get("sensational") is not None:
                mark = float(line["sensational"])
                targets = {"clickbait": mark / 2}
                if mark != 1:  # enticing says nothing of how loaded it is
                    targets["sensational"] = float(mark == 2)
                items.append((line["text"], row["language"], publisher, targets))
                marks.append(mark)
    return _rows("teasers", items), np.array(marks)


def written_wording() -> Rows:
    """Pairs of lines that we wrote ourselves: the same story, plainly and not."""
    items = []
    for number, row in enumerate(read_lines(WRITTEN / "wording.jsonl")):
        if row["type"] == "headline":
            targets = {"clickbait": row["clickbait"] / 10}
            if "sensational" in row:
                targets["sensational"] = float(row["sensational"] >= 1)
        else:
            targets = _sentence_targets(row)
        items.append((row["text"], row["language"], row.get("pair", f"written-{number}"), targets))
    return _rows("written", items)


def _page_lines(data: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """Text and publisher of every line of every page, by collection and ``page/line``."""
    return {
        (name, f"{row['id']}/{number}"): (line["text"], publisher)
        for name, row, publisher in pages(data)
        for number, line in enumerate(row["lines"])
    }


__all__ = [
    "FIFTHS",
    "LABELS",
    "clickid",
    "fifth",
    "labelled_headlines",
    "labelled_sentences",
    "labelled_spanish",
    "ta1c",
    "teasers",
    "webis",
    "wording",
    "written_wording",
]
