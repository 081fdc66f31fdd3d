"""What words are like, learned from unlabelled text.

A few thousand labelled sentences hold only a small part of a language's loaded
words. Words that stand in like places are alike: what is learned of one is
carried to the others by vectors from the singular value decomposition of their
pointwise mutual information (Levy, Goldberg & Dagan 2015). A linear layer over
sums of such vectors is a linear layer over words, so that the vectors are not
shipped: what they say of each word goes into its row of the table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

from newsflag import _text as t
from newsflag._text import Bools, Floats, Ints, make_batch
from newsflag.evidence.tokens import Hashes, Tokens, tokenize
from newsflag.segmentation.lines import Spans, whole_texts

WORDS: Final = 40_000
DIMENSIONS: Final = 300
WINDOW: Final = 5
POWER: Final = 0.5
"""Of the singular values (Levy, Goldberg & Dagan 2015, 3.3)."""
SMOOTHING: Final = 0.75
"""Of context counts (Mikolov et al. 2013; Levy, Goldberg & Dagan 2015, 3.2)."""
FREQUENT: Final = 1e-3
"""Share of all words at which one weighs half as much as a rare one (Arora, Liang & Ma 2017)."""
NAME_SHARE: Final = 0.85
"""Share of capitals, away from the beginnings of sentences, from which a word is a name."""
_LEAST_SEEN: Final = 3
_RUNNING: Final = 80  # words from which a text is running text
_CHUNK: Final = 2000
_STARTS: Final = (t.PERIOD, t.EXCLAMATION, t.QUESTION, t.ELLIPSIS, t.COLON, t.OPENING_QUOTE, t.STRAIGHT_QUOTE)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Vectors of words, and which words are names.

    Parameters
    ----------
    hash : uint64 array, shape (words,)
        Sorted.
    vectors : float32 array, shape (words, DIMENSIONS)
        Of length 1, times how much the word weighs.
    names : uint64 array
        Sorted hashes of words that are names: of people, places, publishers, months.
    """

    hash: Hashes
    vectors: Floats
    names: Hashes

    def row(self, hashes: Hashes) -> Ints:
        """Row of each word, -1 for one without a vector."""
        place = np.searchsorted(self.hash, hashes)
        place[place == len(self.hash)] = 0
        return np.where(self.hash[place] == hashes, place, -1)

    def is_name(self, hashes: Hashes) -> Bools:
        """Which words are names."""
        return np.isin(hashes, self.names)


def lay_whole(texts: list[str]) -> tuple[t.Batch, Spans, Tokens]:
    """Texts as one segment each."""
    batch = make_batch(texts)
    spans = whole_texts(batch)
    return batch, spans, tokenize(batch, spans)


def embed(texts: Iterable[str], *, seed: int = 0) -> Embedding:
    """Learn vectors of words from running text."""
    everything = [text for text in texts if text.strip()]
    hashes, docs, capital, opening = [], [], [], []
    for low in range(0, len(everything), _CHUNK):
        batch, _, tokens = lay_whole(everything[low : low + _CHUNK])
        hashes.append(tokens.hash)
        docs.append(tokens.segment + low)
        capital.append(tokens.shape == t.UPPER)
        before = batch.classes[np.maximum(tokens.start - 2, 0)]
        opening.append(np.isin(before, _STARTS) | (np.diff(tokens.segment, prepend=-1) != 0))
    doc = np.concatenate(docs)
    words, inverse, times = np.unique(np.concatenate(hashes), return_inverse=True, return_counts=True)
    # Only running text says what is a name: headlines may be in title case throughout.
    length = np.bincount(doc, minlength=len(everything))
    inside = ~np.concatenate(opening) & (length[doc] >= _RUNNING)
    seen = np.bincount(inverse[inside], minlength=len(words))
    upper = np.bincount(inverse[inside], np.concatenate(capital)[inside], minlength=len(words))
    names = words[(seen >= _LEAST_SEEN) & (upper >= NAME_SHARE * seen)]
    top = np.sort(np.argsort(-times, kind="stable")[:WORDS])
    rank = np.full(len(words), -1)
    rank[top] = np.arange(len(top))
    mutual = _mutual_information(rank[inverse], doc, len(top))
    size = min(DIMENSIONS, len(top) - 1)
    left, values, _ = randomized_svd(mutual, n_components=size, n_iter=5, random_state=seed)
    vectors = left * values**POWER
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    share = times[top] / times.sum()
    vectors *= (FREQUENT / (FREQUENT + share))[:, None]
    return Embedding(words[top], vectors.astype(np.float32), names)


def _mutual_information(word: Ints, doc: Ints, n: int) -> Any:
    """Positive pointwise mutual information of words within a window, nearer ones counting more."""
    total = sp.csr_matrix((n, n), dtype=np.float32)
    for step in range(1, WINDOW + 1):
        left, right = word[:-step], word[step:]
        both = (left >= 0) & (right >= 0) & (doc[:-step] == doc[step:])
        ones = np.full(int(both.sum()), 1 / step, np.float32)
        total = total + sp.coo_matrix((ones, (left[both], right[both])), shape=(n, n)).tocsr()
    total = (total + total.T).tocoo()
    sums = np.asarray(total.sum(axis=1)).ravel()
    context = sums**SMOOTHING / (sums**SMOOTHING).sum()
    information = np.log(total.data / (sums[total.row] * context[total.col])) - np.log(2)
    some = information > 0
    return sp.csr_matrix(
        (information[some].astype(np.float32), (total.row[some], total.col[some])), shape=(n, n), dtype=np.float32
    )


__all__ = ["Embedding", "embed", "lay_whole"]
