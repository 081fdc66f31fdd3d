"""Texts as sparse rows, for fitting: each text's own evidence, every feature in a column of its own.

Nothing that scores imports this module, as scoring needs no sparse matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import scipy.sparse as sp

from newsflag._text import make_batch
from newsflag.evidence import own_evidence
from newsflag.evidence.hashing import BUCKETS, Block, counts
from newsflag.segmentation import mark_lead_ins
from newsflag.segmentation.leadins import find_lead_ins
from newsflag.segmentation.lines import whole_texts

WORDING_SCALE: Final = 3.0
"""How much larger than the surface columns the hashed features stand, so that one penalty suits both."""


def hashed_rows(texts: Sequence[str]) -> Any:
    """Wording of each text as a sparse row: hashed features, then :data:`ALONE_COLUMNS`.

    Parameters
    ----------
    texts : sequence of str
        At least one; each is taken as a single segment.

    Returns
    -------
    float32 CSR matrix, shape (texts, BUCKETS + alone columns)
    """
    parts = []
    for low in range(0, len(texts), 20_000):
        batch = make_batch(texts[low : low + 20_000])
        n = batch.n_docs
        spans = mark_lead_ins(whole_texts(batch), find_lead_ins(batch.text))
        own = own_evidence(batch, spans)
        wording = _rows(own.characters, n) + _rows(own.words, n)
        parts.append(sp.hstack([wording, sp.csr_matrix(own.alone)], format="csr", dtype=np.float32))
    return sp.vstack(parts, format="csr")


def _rows(blocks: Sequence[Block], n: int) -> Any:
    segment = np.concatenate([block.segment for block in blocks])
    bucket = np.concatenate([block.bucket for block in blocks])
    value = (WORDING_SCALE / np.sqrt(counts(list(blocks), n)))[segment]
    return sp.csr_matrix((value.astype(np.float32), (segment, bucket)), shape=(n, BUCKETS))


__all__ = ["WORDING_SCALE", "hashed_rows"]
