"""Fitting the layer that tells languages apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from newsflag._text import Floats
from newsflag.language import BUCKETS, UNDETERMINED, language_features
from newsflag.training.data import WRITTEN, read_lines, read_rows
from newsflag.training.embedding import lay_whole

PENALTY: Final = 30.0
SCALE: Final = 3.0
MOST: Final = 3000
"""Texts of one language at most."""
_LEAST: Final = 12  # characters
_CHUNK: Final = 5000
# Armenian, Bengali, Gurmukhi, Gujarati, Tamil, Telugu, Kannada, Malayalam, Sinhala, Lao, Tibetan, Burmese, Georgian,
# Ethiopic, Khmer.
_FOREIGN: Final = (
    *((0x0531, 0x0588), (0x0985, 0x09BA), (0x0A05, 0x0A3A), (0x0A85, 0x0ABA), (0x0B85, 0x0BBA), (0x0C05, 0x0C3A)),
    *((0x0C85, 0x0CBA), (0x0D05, 0x0D3A), (0x0D85, 0x0DC7), (0x0E81, 0x0EB1), (0x0F40, 0x0F6D), (0x1000, 0x102B)),
    *((0x10D0, 0x10FB), (0x1200, 0x1357), (0x1780, 0x17B4)),
)
_FOREIGN_TEXTS: Final = 40  # of each


def samples(data: Path) -> list[tuple[str, str]]:
    """Texts with their languages: our own lines and articles, and the corpus' sets of one language."""
    found: list[tuple[str, str]] = []
    rows = [*read_lines(WRITTEN / "lines.jsonl"), *read_lines(WRITTEN / "wording.jsonl")]
    found += [(row["text"], row["language"]) for row in rows]
    for row in read_lines(WRITTEN / "articles.jsonl"):
        found += [(text, row["language"]) for _, text in row["lines"]]
    for row in read_lines(WRITTEN / "styles.jsonl"):
        found += [(text, row["language"]) for text in row["text"].split("\n\n")]
    folder = data / "style" / "train"
    for name, language in (
        ("webis_clickbait17", "en"),
        ("ta1c_es", "es"),
        ("clickid_id", "id"),
        ("advertorial_nl", "nl"),
        ("fakenews_es", "es"),
    ):
        found += [(row["text"][:300], language) for row in read_rows(folder / f"{name}.jsonl.gz")]
    for row in read_rows(folder / "article_bias_en.jsonl.gz"):
        lines = [line for line in row["text"].split("\n") if len(line) > _LEAST]
        found += [(line[:200], "en") for line in lines[1:4]]
    known = {language for _, language in found}
    for name in ("gold", "silver"):
        for row in read_rows(data / "articles" / f"{name}.jsonl.gz"):
            if row["language"] in known:
                body = [line["text"] for line in row["lines"] if line["in_gold"] == "yes"]
                found += [(text[:300], row["language"]) for text in body[:6]]
    some = [(text, language) for text, language in found if len(text) >= _LEAST]
    draw = np.random.default_rng(0)
    taken: dict[str, int] = {}
    chosen = []
    for place in draw.permutation(len(some)).tolist():
        text, language = some[place]
        if taken.get(language, 0) < MOST:
            taken[language] = taken.get(language, 0) + 1
            chosen.append((text, language))
    return chosen + _foreign(draw)


def _foreign(draw: np.random.Generator) -> list[tuple[str, str]]:
    """Letters of scripts that none of our languages is written in, drawn into words: nothing to be guessed from."""
    found = []
    for first, last in _FOREIGN:
        letters = [chr(code) for code in range(first, last) if chr(code).isalpha()]
        for _ in range(_FOREIGN_TEXTS):
            words = ["".join(draw.choice(letters, int(draw.integers(1, 9)))) for _ in range(int(draw.integers(4, 20)))]
            found.append((" ".join(words), UNDETERMINED))
    return found


def matrix(texts: Sequence[str]) -> Any:
    """Hashed words of each text, a sparse row each."""
    parts = []
    for low in range(0, len(texts), _CHUNK):
        batch, spans, tokens = lay_whole(list(texts[low : low + _CHUNK]))
        n = len(spans)
        bucket, owner = language_features(batch, tokens, tokens.segment)
        number = np.maximum(np.bincount(owner, minlength=n), 1)
        value = (SCALE / np.sqrt(number))[owner]
        parts.append(sp.csr_matrix((value, (owner, bucket)), shape=(n, BUCKETS)))
    return sp.vstack(parts, format="csr")


def fit_languages(found: Sequence[tuple[str, str]]) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Table, bias and the codes of its columns."""
    layer = LogisticRegression(C=PENALTY, max_iter=300, class_weight="balanced")
    layer.fit(matrix([text for text, _ in found]), [language for _, language in found])
    table = (layer.coef_.T * SCALE).astype(np.float16).astype(np.float32)
    return table, layer.intercept_.astype(np.float32), tuple(str(code) for code in layer.classes_)


__all__ = ["fit_languages", "matrix", "samples"]
