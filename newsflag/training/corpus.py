"""The training set: every way in which users meet an article, made of the labelled corpus."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from newsflag.kinds import KINDS
from newsflag.training import data as d
from newsflag.training.augmentation import BODY, TEASER, Donor, broken, flatten, kept_only, set_in
from newsflag.training.data import OUTSIDE, UNKNOWN, Article, publisher_of, read_rows
from newsflag.training.publishers import publisher_key

FOLDS: Final = 5
_PROMO_LABEL: Final = {
    "teaser": TEASER,
    "cta": KINDS.index("call_to_action"),
    "boilerplate": OUTSIDE,
    "ad_marker": KINDS.index("advertisement"),
}
_EDGE: Final = 300
"""Lines of a whole page kept before the first and after the last line of its article."""

# Headline sets whose lines serve as teasers, with how many of each are drawn at most.
_HEADLINES: Final = {
    "webis_clickbait17": 1500,
    "stop_clickbait": 1500,
    "chumbox_outbrain": 1200,
    "ta1c_es": 800,
    "advertorial_nl": 500,
    "clickid_id": 300,
}


_CASELESS: Final = ("ar", "fa", "he", "hi", "ja", "ko", "th", "zh")
"""Languages whose scripts tell a body line from a headline by neither case nor, often, marks."""


def fold_of(publisher: str, folds: int = FOLDS) -> int:
    """Fold of a publisher: a hash, so that it is the same in every data set and run."""
    return int.from_bytes(hashlib.blake2b(publisher.encode(), digest_size=4).digest(), "big") % folds


@dataclasses.dataclass(frozen=True, slots=True)
class Corpus:
    """Articles with the fold and the weight of each, and single lines that belong to no publisher.

    Parameters
    ----------
    articles : tuple of Article
    folds : tuple of int
    weights : tuple of float
    lines : tuple of (str, int)
        Text and label; they train the layer that judges a segment alone, of every fold.
    """

    articles: tuple[Article, ...]
    folds: tuple[int, ...]
    weights: tuple[float, ...]
    lines: tuple[tuple[str, int], ...]


def donors_of(articles: Iterable[Article]) -> list[Donor]:
    """The real teasers of the given articles: teaser lines of four words or more."""
    seen = set()
    donors = []
    for article in articles:
        for line, label in zip(article.lines, article.labels, strict=True):
            words = len(line.split()) if article.language not in ("ja", "zh") else len(line) // 3
            if label == TEASER and 4 <= words <= 60 and line not in seen:
                seen.add(line)
                donors.append(Donor(line, article.language, article.publisher, TEASER))
    return donors


def headline_donors(data: Path, rng: np.random.Generator) -> list[Donor]:
    """Headlines of the style sets and of the pages, as further teasers."""
    donors = []
    for name, most in _HEADLINES.items():
        rows = [
            row for row in read_rows(data / "style" / "train" / f"{name}.jsonl.gz") if 20 <= len(row["text"]) <= 300
        ]
        for number in rng.permutation(len(rows))[:most].tolist():
            row = rows[number]
            donors.append(
                Donor(" ".join(row["text"].split()), row.get("lang") or "en", f"{name}-{number % 97}", TEASER)
            )
    donors += _with_decks(data, 600, rng)
    for name in ("gold", "silver"):
        donors.extend(
            Donor(row["title"], row["language"], publisher_of(row), TEASER)
            for row in read_rows(data / "articles" / f"{name}.jsonl.gz")
            if row["title"] and len(row["title"]) >= 20
        )
    return donors


def read_articles(data: Path) -> list[Article]:
    """All articles whose lines were read one by one."""
    return d.gold_windows(data) + d.silver_windows(data) + d.raw_articles(data) + d.written_articles()


def donors_by_fold(read: Iterable[Article], data: Path, rng: np.random.Generator) -> dict[int, list[Donor]]:
    """Teasers to set in, by the fold of their publisher: real ones, three times as often, and headlines."""
    by_fold: dict[int, list[Donor]] = {fold: [] for fold in range(FOLDS)}
    for donor in donors_of(read) * 3 + headline_donors(data, rng):
        by_fold[fold_of(donor.publisher)].append(donor)
    return by_fold


def _with_decks(data: Path, most: int, rng: np.random.Generator) -> list[Donor]:
    """Headlines that run on into their story's first sentence, as teasers with a line of text do."""
    donors = []
    rows = [row for row in read_rows(data / "style" / "train" / "article_bias_en.jsonl.gz") if row["title"]]
    for number in rng.permutation(len(rows))[:most].tolist():
        row = rows[number]
        opening = " ".join(row["text"].split())[:400].split(". ")[0]
        if 40 <= len(opening) <= 180 and len(row["title"]) >= 20:
            joint = str(rng.choice([". ", "? ", ": ", " \u2013 ", ", "]))
            end = str(rng.choice(["", "", ".", "…"]))
            text = opening + end if rng.random() < 0.3 else f"{row['title'].rstrip('.?!')}{joint}{opening}{end}"
            donors.append(Donor(text, "en", publisher_key(row["site"]), TEASER))
    return donors


def view_articles(paths: Sequence[Path]) -> list[Article]:
    """Pages as the plain-text extractors give them, aligned to the pages' labels."""
    number = {kind: place for place, kind in enumerate(KINDS)} | {"outside": OUTSIDE}
    articles = []
    for path in paths:
        name = path.name.split(".")[0]
        for rank, row in enumerate(read_rows(path)):
            if (name == "inscriptis" and rank % 2) or (name == "html_text" and not rank % 2):
                continue  # the two give nearly the same text: half of the pages each
            pieces = row["text"].split("\n")
            lines: list[str] = []
            glue: list[str] = []
            blank = False
            for piece in pieces:
                if not piece.strip():
                    blank = True
                    continue
                glue.append("" if not lines else "\n\n" if blank else "\n")
                lines.append(piece.strip())
                blank = False
            labels = [UNKNOWN if label is None else number[label] for label in row["labels"]]
            inside = [place for place, label in enumerate(labels) if label not in (UNKNOWN, OUTSIDE)]
            if not inside:
                continue
            low, high = max(0, inside[0] - _EDGE), inside[-1] + _EDGE + 1
            articles.append(
                Article(
                    row["id"], f"view:{name}", publisher_of(row), row["language"],
                    tuple(lines[low:high]), tuple(labels[low:high]), ("", *glue[low + 1 : high]),
                )
            )  # fmt: skip
    return articles


def weak_articles(data: Path) -> list[Article]:
    """Raw articles with insertions found by line patterns: the found lines and the long paragraphs count."""
    articles = []
    for row in read_rows(data / "style" / "train" / "news_raw_promo_en.jsonl.gz"):
        lines, labels, at = [], [], 0
        for line in row["text"].split("\n"):
            start, end = at, at + len(line)
            at = end + 1
            if not line.strip():
                continue
            label = BODY if len(line) >= 160 else UNKNOWN
            for first, last, kind in row["spans"]:
                overlap = min(end, last) - max(start, first)
                if overlap >= 0.8 * len(line.strip()):
                    label = _PROMO_LABEL[kind]
                elif overlap > 0:
                    label = UNKNOWN
            lines.append(line)
            labels.append(label)
        if len(lines) > 3:
            articles.append(d.make_article(row["id"], "weak", publisher_key(row["site"]), "en", lines, labels, "\n\n"))
    return articles


def plain_articles(data: Path, most: int, rng: np.random.Generator) -> list[Article]:
    """Plain news bodies: their long paragraphs count as body, the rest is unknown."""
    rows = [
        row
        for row in read_rows(data / "style" / "train" / "article_bias_en.jsonl.gz")
        if 4 <= row["text"].count("\n") < 60
    ]
    articles = []
    for number in rng.permutation(len(rows))[:most].tolist():
        row = rows[number]
        lines = row["text"].split("\n")
        labels = [BODY if len(line) >= 160 else UNKNOWN for line in lines]
        glue = "\n" if number % 2 else "\n\n"
        articles.append(d.make_article(row["id"], "plain", publisher_key(row["site"]), "en", lines, labels, glue))
    return [article for article in articles if article.lines]


def build(data: Path, view_paths: Sequence[Path], *, seed: int = 0, quick: bool = False) -> Corpus:
    """Gather the training set.

    Parameters
    ----------
    data : Path
        Corpus folder.
    view_paths : sequence of Path
        Files made by :func:`newsflag.training.views.write_views`; may be empty.
    seed : int
        Of everything that is drawn.
    quick : bool
        Leave the made articles out, for a first look.
    """
    rng = np.random.default_rng(seed)
    raw = d.raw_articles(data)
    read = read_articles(data)
    groups: list[tuple[float, list[Article]]] = [(1.0, read)]
    if not quick:
        by_fold = donors_by_fold(read, data, rng)
        plain = plain_articles(data, 1200, rng)
        clean = [kept for article in read if (kept := kept_only(article))]
        hosts = clean + [host for article in plain if (host := kept_only(article))][:500]
        made = [
            set_in(host, by_fold[fold_of(host.publisher)], rng)
            for host in hosts
            for _ in range(2 if host.source.startswith("gold") else 1)
        ]
        flat = [flatten(article) for article in [*made[::2], *raw, *clean[::2], *(article for article in read[::3])]]
        short = [article for article in clean if article.language in _CASELESS] + made[3::6]
        groups += [
            (0.8, [broken(article, rng) for article in short]),
            (1.0, view_articles(view_paths)),
            (0.3, weak_articles(data)),
            (0.3, plain),
            (0.8, clean),
            (1.2, made),
            (0.8, flat),
        ]
    articles = tuple(article for _, group in groups for article in group)
    weights = tuple(weight for weight, group in groups for _ in group)
    folds = tuple(fold_of(article.publisher) for article in articles)
    return Corpus(articles, folds, weights, tuple(d.written_lines()))


__all__ = ["FOLDS", "Corpus", "build", "donors_of", "fold_of"]
