"""Train what finds sentences in flattened text: Punkt parameters and gap weights.

``python -m newsflag.training.punkt --data DIR --out models/`` reads the article
pages and style texts under DIR and writes ``sentences.json`` and
``sentences.npz``. Nobody labels anything: the line breaks of real articles,
taken out and to be found again, are the supervision. The run is deterministic.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import random
import re
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from newsflag.segmentation._boundaries import (
    CLOSERS,
    END_MARKS,
    HABIT_BITS,
    N_HABITS,
    SECOND_BITS,
    Gaps,
    describe,
    find_gaps,
    second_look,
)
from newsflag.segmentation.sentences import FORMAT, array_hash

BITS: Final = 18
EPOCHS: Final = {"": 3, "en": 1, "de": 3}
# Share of full stops taken out, so that whole sentences stand in for headlines; one is drawn for each article.
UNMARKED: Final = (0.0, 0.0, 0.05, 0.2)
INVERSE_REGULARISATION: Final = 0.03
ITERATIONS: Final = 100
# Log odds from which a gap is a boundary; a lower one finds more and cuts more sentences in two.
THRESHOLD: Final = 1.5
# Style texts whose publishers also stand in the pages we measure on.
MEASURED_SITES: Final = (
    "salon", "associated press", "washington free beacon", "yahoo", "breitbart", "washington post", "intercept",
    "politico", "tmz", "buzzfeed", "the nation", "occupy democrats", "business insider", "aclu", "seattle times",
    "independent", "daily star", "cnet", "medium", "ars technica", "atlas obscura", "citylab",
)  # fmt: skip
# Common knowledge that Punkt does not learn from this much text.
_ABBREVIATIONS_TEXT: Final = (
    "feb apr jul aug sep sept oct nov dec st blvd jr sr inc corp ltd co vs etc approx est dept univ u.s u.k u.n "
    "e.u d.c l.a n.y a.m p.m e.g i.e z.b u.a d.h u.u o.ä s.o s.u v.a i.d.r bzw usw ca evtl ggf inkl exkl str nr "
    "bd hrsg jh jhd mio mrd tsd ing dipl chr geb gest vgl sog ff p.ex p.e núm av dra dña ud uds ee.uu dott avv ul "
    "tzw np itd m.in r.p.a bros conn calif tenn ala ariz ark colo fla minn okla "
)
ABBREVIATIONS: Final = frozenset(_ABBREVIATIONS_TEXT.split())
WORDY: Final = frozenset(("body", "heading", "title", "standfirst", "teaser", "caption"))

_ENDED: Final = re.compile(rf"[{re.escape(END_MARKS)}][{re.escape(CLOSERS)}]*$")
_SPACES: Final = re.compile(r"\s+")


@dataclasses.dataclass(slots=True)
class Article:
    """Lines of one article, whether each may serve as a source of negatives, and where it's from."""

    publisher: str
    language: str
    lines: list[str]
    wordy: list[bool]


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def clean(text: str) -> str:
    """One line's text as it stands in a flattened article."""
    return _SPACES.sub(" ", text).strip()


def read_articles(data: Path) -> tuple[list[Article], dict[str, list[str]]]:
    """Read training articles and, by language, headlines to set in between their lines."""
    pages = data / "articles"
    held_domains = {row["domain"] for row in read_rows(pages / "gold.jsonl.gz")} - {""}
    held_texts = {clean(line["text"]) for row in read_rows(pages / "raw.jsonl.gz") for line in row["lines"]}
    held_texts = {text for text in held_texts if len(text) > 120}
    articles: list[Article] = []
    headlines: dict[str, list[str]] = defaultdict(list)
    for row in read_rows(pages / "silver.jsonl.gz"):
        if row["domain"] in held_domains:
            continue
        lines: list[str] = []
        wordy: list[bool] = []
        first, last = row["window"] if row["annotated"] else row["region"]
        for number, line in enumerate(row["lines"]):
            text = clean(line["text"])
            if not text:
                continue
            kind = line.get("kind") or {"yes": "body", "heading": "heading"}.get(line["in_gold"], "")
            if first <= number <= last:
                lines.append(text)
                wordy.append(kind in WORDY and len(text.split()) >= 3)
            elif line["link"] > 0.8 and 5 <= len(text.split()) <= 18 and line["tag"] in ("h2", "h3", "h4", "p", "a"):
                headlines[row["language"]].append(text)
            if kind == "teaser" and 4 <= len(text.split()) <= 30:
                headlines[row["language"]].append(text)
        if len(lines) >= 4:
            articles.append(Article(row["domain"], row["language"], lines, wordy))
    style = data / "style" / "train"
    sources = (("article_bias_en", "en", 3000), ("news_raw_promo_en", "en", 1200), ("fakenews_es", "es", 500))
    for name, language, limit in sources:
        taken = 0
        for row in read_rows(style / f"{name}.jsonl.gz"):
            site = (row.get("site") or name).lower()
            if any(held in site for held in MEASURED_SITES):
                continue
            lines = [clean(line) for line in row["text"].splitlines() if line.strip()]
            if any(line in held_texts for line in lines) or len(lines) < 4 or len(row["text"]) > 9000:
                continue
            title = clean(row.get("title") or "")
            if title and title != lines[0]:
                if taken % 2:
                    lines.insert(0, title)
                headlines[language].append(title)
            articles.append(Article(site, language, lines, [True] * len(lines)))
            taken += 1
            if taken == limit:
                break
    for name, language, limit in (
        ("ta1c_es", "es", 1500),
        ("webis_clickbait17", "en", 3000),
        ("advertorial_nl", "nl", 1000),
    ):
        for number, row in enumerate(read_rows(style / f"{name}.jsonl.gz")):
            if number == limit:
                break
            text = clean(row["text"])
            if "http" not in text and not text.startswith(("RT", "@")):
                headlines[language].append(text)
    return articles, {language: sorted(set(texts)) for language, texts in headlines.items()}


_LEADS: Final = {
    "en": ("READ MORE:", "Read more:", "Read also:", "Related:", "SEE ALSO:", "MORE:", "Watch:", "Learn more",
           "Advertisement"),
    "de": ("Lesen Sie auch:", "Mehr zum Thema:", "Auch interessant:", "Lesen Sie hier:", "Anzeige", "Mehr lesen"),
    "es": ("Lee también:", "Lea también:", "Leer más:", "Publicidad"),
    "fr": ("Lire aussi :", "À lire aussi :", "Publicité"),
    "pl": ("Czytaj także:", "Zobacz też:", "Reklama"),
}  # fmt: skip
_PARTS: Final = ("-", "-", "-", "•", "*", "|", "–", "—", "***", "___", "·", "►")


def flatten(
    article: Article, headlines: Sequence[str], rng: random.Random
) -> tuple[str, set[int], list[tuple[int, int]]]:
    """Join an article's lines with spaces, with strange headlines set in.

    Returns the text, the offsets where lines began, and the spans whose inner
    gaps are known to be none.
    """
    pieces = list(zip(article.lines, article.wordy, strict=True))
    part = rng.choice(_PARTS) if rng.random() < 0.45 else ""
    if headlines and len(pieces) > 3:
        leads = _LEADS.get(article.language, ()) if rng.random() < 0.3 else ()
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            place = rng.randrange(1, len(pieces) + 1)
            block: list[tuple[str, bool]] = []
            for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
                if part:
                    block.append((part, False))
                lead = rng.choice(leads) + " " if leads and rng.random() < 0.7 else ""
                headline = rng.choice(headlines)
                if rng.random() < 0.1:
                    headline = headline.upper()
                block.append((lead + headline, True))
            if part and rng.random() < 0.3:
                block.append((part, False))
            pieces[place:place] = block
    if rng.random() < 0.15:
        # Every line break of some tools becomes a mark.
        mark = rng.choice(("|", "-", "•", "–"))
        pieces = [piece for pair in pieces for piece in (pair, (mark, False))]
    unmarked = rng.choice(UNMARKED)
    out: list[str] = []
    begins: set[int] = set()
    known: list[tuple[int, int]] = []
    at = 0
    for piece, wordy in pieces:
        text = piece
        begins.add(at)
        if wordy and unmarked:
            text, inner = _without_marks(text, unmarked, rng)
            begins.update(at + offset for offset in inner)
        if wordy:
            known.append((at, at + len(text)))
        out.append(text)
        at += len(text) + 1
    return " ".join(out), begins, known


_MARK: Final = re.compile(r"(?<=[^\W\d_]{3})\.(?P<close>[”\"’]?)(?=\s+[^\W\d_a-z]|$)")


def _without_marks(text: str, rate: float, rng: random.Random) -> tuple[str, list[int]]:
    """Take some full stops out; returns the text and the offsets where sentences begin without one before them."""
    out: list[str] = []
    inner: list[int] = []
    at = length = 0
    for mark in _MARK.finditer(text):
        if rng.random() > rate:
            continue
        piece = text[at : mark.start()] + mark["close"]
        out.append(piece)
        length += len(piece)
        at = mark.end()
        if at < len(text):
            inner.append(length + len(text[at:]) - len(text[at:].lstrip()))
    return "".join(out) + text[at:], inner


def count_habits(articles: Sequence[Article]) -> NDArray[np.int64]:
    """Count how words are written: lower-case inside, capitalised inside, all, before an end, at a beginning."""
    size = 1 << HABIT_BITS
    counts = np.zeros((5, size), np.int64)
    cache: dict[str, tuple[int, int, bool]] = {}
    columns: list[list[int]] = [[] for _ in range(5)]
    for article in articles:
        for line, wordy in zip(article.lines, article.wordy, strict=True):
            if not wordy:
                continue
            fresh = True
            previous = -1
            for token in line.split():
                known = cache.get(token)
                if known is None:
                    facts = describe(token)
                    known = cache[token] = (facts.word & (size - 1), facts.shape, facts.tail in (4, 6))
                word, shape, ended = known
                if shape == 9:
                    continue
                columns[2].append(word)
                if fresh:
                    columns[4].append(word)
                elif shape == 1:
                    columns[0].append(word)
                elif shape in (2, 3, 4, 7):
                    columns[1].append(word)
                if ended:
                    columns[3].append(word)
                fresh, previous = ended, word
            if previous >= 0 and not fresh:
                columns[3].append(previous)
    for row, words in enumerate(columns):
        counts[row] = np.bincount(np.array(words, np.int64), minlength=size)
    return counts


def habit_classes(counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Put the counts of :func:`count_habits` into classes 1 to 7, 0 where too little is known."""
    lower, capital, total, end, begin = counts.astype(np.float64)
    out = np.zeros((N_HABITS, counts.shape[1]), np.uint8)
    edges = np.array([0.03, 0.15, 0.5, 0.85, 0.97, 0.995])
    share = (lower + 0.2) / (lower + capital + 0.4)
    out[0] = np.where(lower + capital >= 3, 1 + np.searchsorted(edges, share), 0)
    rates = np.array([0.002, 0.01, 0.03, 0.08, 0.16, 0.3])
    for row, part in ((1, end), (2, begin)):
        out[row] = np.where(total >= 6, 1 + np.searchsorted(rates, (part + 0.05) / (total + 1)), 0)
    return out


def gap_labels(
    gaps: Gaps, begins: set[int], known: list[tuple[int, int]]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Whether each gap is a line break, and whether that is known."""
    labels = np.fromiter((int(s) in begins for s in gaps.starts), np.int64, len(gaps.starts))
    edges = np.array([edge for span in known for edge in span] or [0, 0], np.int64)
    inside = np.searchsorted(edges, gaps.starts, side="right") % 2 == 1
    return labels, (labels == 1) | inside


@dataclasses.dataclass(slots=True)
class Layers:
    """What training gives: weights of the first and the second look, and habits of words."""

    weights: NDArray[np.float32]
    bias: float
    second: NDArray[np.float32]
    second_bias: float
    habits: NDArray[np.uint8]


def fit_layer(rows: NDArray[Any], labels: NDArray[np.int64], bits: int, c: float) -> tuple[NDArray[np.float32], float]:
    """Logistic regression over hashed addresses."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    n, k = rows.shape
    matrix = csr_matrix((np.ones(n * k, np.float32), rows.ravel(), np.arange(0, n * k + 1, k)), shape=(n, 1 << bits))
    model = LogisticRegression(C=c, max_iter=ITERATIONS, tol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the number of iterations is meant to be the limit
        model.fit(matrix, labels)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def train_gaps(
    articles: Sequence[Article], headlines: dict[str, list[str]], *, bits: int = BITS, seed: int = 7
) -> Layers:
    """Fit the layers over gaps."""
    # The habits an article is judged with come from the other half of the
    # articles: its own line ends would give the answer away for rare words.
    halves = [count_habits(articles[part::2]) for part in (0, 1)]
    tables = [habit_classes(half) for half in halves]
    rng = random.Random(seed)
    parts: tuple[list[tuple[Gaps, NDArray[np.int64], NDArray[np.bool_]]], ...] = ([], [])
    for epoch in range(max(EPOCHS.values())):
        for number, article in enumerate(articles):
            if epoch >= EPOCHS.get(article.language, EPOCHS[""]):
                continue
            text, begins, known = flatten(article, headlines.get(article.language, ()), rng)
            gaps = find_gaps(text, bits, tables[1 - number % 2])
            if len(gaps.starts):
                gaps = gaps._replace(features=gaps.features.astype(np.int32))
                parts[number % 2].append((gaps, *gap_labels(gaps, begins, known)))
    # The second look is trained on verdicts about articles that the first look
    # was not trained on.
    rows = [np.concatenate([gaps.features[keep] for gaps, _, keep in part]) for part in parts]
    truth = [np.concatenate([labels[keep] for _, labels, keep in part]) for part in parts]
    looks: list[NDArray[np.int64]] = []
    look_truth: list[NDArray[np.int64]] = []
    for part in (0, 1):
        weights, bias = fit_layer(rows[1 - part], truth[1 - part], bits, INVERSE_REGULARISATION)
        for gaps, labels, keep in parts[part]:
            scores = weights[gaps.features].sum(axis=1, dtype=np.float32) + np.float32(bias)
            looks.append(second_look(gaps, scores)[keep])
            look_truth.append(labels[keep])
    all_looks, all_truth = np.concatenate(looks), np.concatenate(look_truth)
    second, second_bias = fit_layer(all_looks, all_truth, SECOND_BITS, INVERSE_REGULARISATION)
    weights, bias = fit_layer(np.concatenate(rows), np.concatenate(truth), bits, INVERSE_REGULARISATION)
    return Layers(weights, bias, second, second_bias, habit_classes(halves[0] + halves[1]))


def train_punkt(articles: Sequence[Article]) -> dict[str, Any]:
    """Train Punkt on the articles; returns its parameters as plain data."""
    from nltk.tokenize.punkt import PunktTrainer

    trainer = PunktTrainer(verbose=False)
    counts: Counter[str] = Counter()
    for article in articles:
        text = "\n".join(line for line in article.lines if _ENDED.search(line))
        trainer.train(text, finalize=False)
        counts.update(re.findall(r"\w+", text.lower()))
    trainer.finalize_training()
    params = trainer.get_params()
    orthography: dict[str, list[str]] = defaultdict(list)
    for word, flag in params.ortho_context.items():
        # Rare words prove little and would fill the file.
        if flag and counts[word] >= 12:
            orthography[str(flag)].append(word)
    return {
        "abbreviations": sorted(params.abbrev_types | ABBREVIATIONS),
        "collocations": sorted([a, b] for a, b in params.collocations),
        "starters": sorted(params.sent_starters),
        "orthography": {flag: sorted(words) for flag, words in sorted(orthography.items())},
    }


def save(out: Path, punkt: dict[str, Any], layers: Layers, threshold: float, about: dict[str, Any]) -> None:
    """Write ``sentences.json`` and ``sentences.npz``."""
    scale, second_scale = (float(np.abs(weights).max()) / 127 for weights in (layers.weights, layers.second))
    weights = np.round(layers.weights / scale).astype(np.int8)
    second = np.round(layers.second / second_scale).astype(np.int8)
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out / "sentences.npz", allow_pickle=False, weights=weights, second=second, habits=layers.habits)
    gaps = {
        "bits": int(np.log2(len(weights))),
        "scale": scale,
        "bias": layers.bias,
        "second_scale": second_scale,
        "second_bias": layers.second_bias,
        "threshold": threshold,
        "sha256": array_hash(weights, second, layers.habits),
    }
    facts = {"format": FORMAT, "about": about, "gaps": gaps, "punkt": punkt}
    (out / "sentences.json").write_text(json.dumps(facts, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m newsflag.training.punkt", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="holds articles/ and style/train/")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the model files go")
    args = parser.parse_args(argv)
    for needed in (args.data, args.data / "articles" / "silver.jsonl.gz", args.data / "style" / "train"):
        if not needed.exists():
            print(f"{parser.prog}: {needed} does not exist", file=sys.stderr)
            return 2
    articles, headlines = read_articles(args.data)
    punkt = train_punkt(articles)
    layers = train_gaps(articles, headlines)
    languages = Counter(article.language for article in articles)
    about = {"articles": len(articles), "languages": dict(languages.most_common())}
    save(args.out, punkt, layers, THRESHOLD, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
