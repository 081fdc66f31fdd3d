"""The lines and articles that we wrote ourselves for training."""

from __future__ import annotations

import collections
import json
from typing import Any

import numpy as np
import pytest

from newsflag.kinds import INSERTION_KINDS, KINDS
from newsflag.training.data import WRITTEN, written_articles, written_lines


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (WRITTEN / "lines.jsonl").read_text("utf-8").splitlines()]


def test_every_line_is_one_tidy_line_of_a_known_kind(lines: list[dict[str, Any]]) -> None:
    for row in lines:
        assert row["kind"] in KINDS
        assert row["text"] == " ".join(row["text"].split()) != ""


def test_no_line_is_written_twice_for_a_kind(lines: list[dict[str, Any]]) -> None:
    times = collections.Counter((row["language"], row["kind"], row["text"]) for row in lines)
    assert [line for line, n in times.items() if n > 1] == []


def test_every_language_has_insertions_and_lines_that_stay(lines: list[dict[str, Any]]) -> None:
    kinds: dict[str, set[str]] = collections.defaultdict(set)
    for row in lines:
        kinds[row["language"]].add(row["kind"])
    assert len(kinds) > 30
    for language, found in kinds.items():
        assert {"body", "heading", "teaser", "call_to_action", "caption", "interface", "metadata"} <= found, language


def test_articles_are_articles() -> None:
    articles = written_articles()
    assert len({article.id for article in articles}) == len(articles) > 100
    for article in articles:
        kinds = [KINDS[label] for label in article.labels]
        assert kinds.count("body") >= 2, article.id
        assert set(INSERTION_KINDS) & set(kinds), article.id
        assert article.publisher == article.id


def test_labels_name_the_kinds(lines: list[dict[str, Any]]) -> None:
    labels = np.array([label for _, label in written_lines()])
    assert [KINDS[label] for label in labels] == [row["kind"] for row in lines]
