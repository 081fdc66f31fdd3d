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
    from collections.abc import Sequence

    from newsflag.model.store import Model
    from newsflag.training.corpus import Corpus

__all__ = ["main"]


def main(
    data: Path,
    out: Path,
    *,
    views: Path | None = None,
    n_jobs: int = 2,
    only: str | None = None,
    folds: Path | None = None,
) -> None:
    """Rebuild the shipped models from their training data.

    Parameters
    ----------
    data : Path
        Corpus folder with ``articles/`` and ``style/`` in it.
    out : Path
        Folder for the models' files.
    views : Path, optional
        Folder of the extractors' views of the pages; made where it is missing, in a temporary folder by default.
    n_jobs : int
        Processes that share the work.
    only : {"splitter", "scores", "pages"}, optional
        Make one of them. The scores alone are fitted beside the splitter that ``out`` holds.
    folds : Path, optional
        Folder of splitters that lack a fold of the publishers each, as :func:`fold_models`
        leaves them; the model of pages is fitted on what these say. Made where they are missing, in a temporary
        folder by default.

    Raises
    ------
    FileNotFoundError
        When the corpus is not there.
    """
    from newsflag.model.store import load

    record = {"data_sha256": data_hash(data)}
    if only in (None, "splitter"):
        _make_splitter(data, out, views, n_jobs, record)
    if only in (None, "scores"):
        _make_scores(data, out, load(out / "splitter.json"), record)
    if only in (None, "pages"):
        _make_pages(data, out, folds, views, n_jobs, record)


def _make_splitter(data: Path, out: Path, views: Path | None, n_jobs: int, record: dict[str, str]) -> None:
    from newsflag.model.store import save
    from newsflag.training.fit import Fitter

    begun = time.monotonic()
    corpus = corpus_of(data, views, n_jobs=n_jobs)
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


def _make_pages(
    data: Path, out: Path, folds: Path | None, views: Path | None, n_jobs: int, record: dict[str, str]
) -> None:
    from newsflag.model.pages import save
    from newsflag.training.corpus import FOLDS
    from newsflag.training.pages import fit, gather, training_pages

    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        splitters = fold_models(data, folds or Path(scratch), [(fold,) for fold in range(FOLDS)], views, n_jobs=n_jobs)
        pages = training_pages(data)
        rows = gather(pages, lambda fold: splitters[fold,])
    model = fit(rows, n_jobs=n_jobs)
    training = {
        "pages": sum(not page.made for page in pages),
        "made_pages": sum(bool(page.made) for page in pages),
        "publishers": len({page.publisher for page in pages}),
        "splitters": [splitters[fold,].digest for fold in range(FOLDS)],
        **model.training,
        **record,
    }
    _tell(save(dataclasses.replace(model, training=training), out), f"threshold {model.threshold}", begun)


def corpus_of(data: Path, views: Path | None = None, *, n_jobs: int = 2) -> Corpus:
    """The splitter's training set; the extractors' views of the pages are made where they are missing."""
    from newsflag.training.corpus import build
    from newsflag.training.views import write_views

    with tempfile.TemporaryDirectory() as scratch:
        folder = views or Path(scratch)
        if not any(folder.glob("*.jsonl.gz")):
            write_views(data, folder, n_jobs=n_jobs)
        return build(data, sorted(folder.glob("*.jsonl.gz")))


def fold_models(
    data: Path,
    folder: Path,
    left_out: Sequence[tuple[int, ...]],
    views: Path | None = None,
    *,
    n_jobs: int = 2,
) -> dict[tuple[int, ...], Model]:
    """Splitters that lack the publishers of some folds; what the folder has not yet is fitted and left there.

    The one without the folds 0 and 3 lies in ``fold0-3``.
    """
    from newsflag.model.store import load, save
    from newsflag.training.fit import Fitter

    places = {folds: folder / ("fold" + "-".join(map(str, folds))) for folds in left_out}
    missing = [folds for folds, place in places.items() if not place.is_dir()]
    if missing:
        fitter = Fitter(corpus_of(data, views, n_jobs=n_jobs), n_jobs=n_jobs)
        for folds in missing:
            save(fitter.fit(folds), places[folds])
    return {folds: load(place) for folds, place in places.items()}


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
