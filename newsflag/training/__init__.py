"""Training: the corpus, what is made of it, and the fitting. Needs scikit-learn; scoring never does."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import tempfile
import time
from pathlib import Path

__all__ = ["main"]


def main(data: Path, out: Path, *, views: Path | None = None, n_jobs: int = 2) -> None:
    """Rebuild the shipped splitter from its training data.

    Parameters
    ----------
    data : Path
        Corpus folder with ``articles/`` and ``style/`` in it.
    out : Path
        Folder for ``splitter.json`` and ``splitter.npz``.
    views : Path, optional
        Folder of the extractors' views of the pages; made where it is missing, in a temporary folder by default.
    n_jobs : int
        Processes that share the work.

    Raises
    ------
    FileNotFoundError
        When the corpus is not there.
    """
    from newsflag.model.store import save
    from newsflag.training.corpus import build
    from newsflag.training.fit import Fitter
    from newsflag.training.views import write_views

    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = views or Path(scratch)
        if not any(folder.glob("*.jsonl.gz")):
            write_views(data, folder, n_jobs=n_jobs)
        corpus = build(data, sorted(folder.glob("*.jsonl.gz")))
    fitter = Fitter(corpus, data / "style", n_jobs=n_jobs)
    model = fitter.fit()
    record = {
        "articles": len(corpus.articles),
        "publishers": len({article.publisher for article in corpus.articles}),
        "segments": len(fitter.prepared.spans),
        "data_sha256": data_hash(data),
    }
    save(dataclasses.replace(model, training=record), out)
    minutes = (time.monotonic() - begun) / 60
    today = dt.datetime.now(dt.timezone.utc).date()
    print(f"{out / 'splitter.json'}: threshold {model.threshold}, {minutes:.1f} minutes, {today}")


def data_hash(data: Path) -> str:
    """SHA-256 over the names and contents of a corpus folder's data files and of our own."""
    from newsflag.training.data import WRITTEN

    total = hashlib.sha256()
    for folder, pattern in ((data, "*/**/*.jsonl.gz"), (WRITTEN, "*.jsonl")):
        for path in sorted(folder.glob(pattern)):
            total.update(path.relative_to(folder).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()
