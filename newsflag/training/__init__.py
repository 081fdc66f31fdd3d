"""Training: the corpus, what is made of it, and the fitting. Needs scikit-learn; scoring never does."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsflag.model.store import Model

__all__ = ["main"]


def main(data: Path, out: Path, *, views: Path | None = None, n_jobs: int = 2, only: str | None = None) -> None:
    """Rebuild the shipped models from their training data.

    Parameters
    ----------
    data : Path
        Corpus folder with ``articles/`` and ``style/`` in it.
    out : Path
        Folder for ``splitter.json``, ``splitter.npz``, ``scores.json`` and ``scores.npz``.
    views : Path, optional
        Folder of the extractors' views of the pages; made where it is missing, in a temporary folder by default.
    n_jobs : int
        Processes that share the work.
    only : {"splitter", "scores"}, optional
        Make one of the two. The scores alone are fitted beside the splitter that ``out`` holds.

    Raises
    ------
    FileNotFoundError
        When the corpus is not there.
    """
    from newsflag.model.store import load

    record = {"data_sha256": data_hash(data)}
    if only != "scores":
        _make_splitter(data, out, views, n_jobs, record)
    if only != "splitter":
        _make_scores(data, out, load(out / "splitter.json"), record)


def _make_splitter(data: Path, out: Path, views: Path | None, n_jobs: int, record: dict[str, str]) -> None:
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
    fitter = Fitter(corpus, n_jobs=n_jobs)
    model = fitter.fit()
    training = {
        "articles": len(corpus.articles),
        "publishers": len({article.publisher for article in corpus.articles}),
        "segments": len(fitter.prepared.spans),
        **record,
    }
    _tell(save(dataclasses.replace(model, training=training), out), f"threshold {model.threshold}", begun)


def _make_scores(data: Path, out: Path, splitter: Model, record: dict[str, str]) -> None:
    from newsflag.model.scores import save
    from newsflag.training.scores import fit

    begun = time.monotonic()
    model = fit(data, splitter, {"splitter": splitter.digest, **record})
    _tell(save(model, out), f"thresholds {model.thresholds}", begun)


def _tell(path: Path, what: str, begun: float) -> None:
    minutes = (time.monotonic() - begun) / 60
    today = dt.datetime.now(dt.timezone.utc).date()
    print(f"{path}: {what}, {minutes:.1f} minutes, {today}")


def data_hash(data: Path) -> str:
    """SHA-256 over the names and contents of a corpus folder's data files, and of our own lines and labels."""
    from newsflag.training.data import LABELS, WRITTEN

    total = hashlib.sha256()
    for folder, pattern in ((data, "*/**/*.jsonl.gz"), (WRITTEN, "*.jsonl"), (LABELS, "*.jsonl")):
        for path in sorted(folder.glob(pattern)):
            total.update(path.relative_to(folder).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()
