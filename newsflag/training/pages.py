"""Fitting the model of pages: markup beside the text's verdicts, on whole pages.

The network learns from the splitter's verdicts on publishers that the splitter
did not see: for every fold it needs a splitter that was fitted without it.
Constants were chosen by the experiments logged in benchmarks/EXPERIMENTS.md.
"""

from __future__ import annotations

import dataclasses
import gzip
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from newsflag._text import Bools, Floats, Ints
from newsflag.evidence.markup import NAME_BUCKETS, NAME_SCALE, Names, page_inputs
from newsflag.kinds import KINDS
from newsflag.marking import Pages, see
from newsflag.markup.page import Page, read_page
from newsflag.model import network
from newsflag.model.pages import NAME, PageModel, settings_of_code
from newsflag.model.store import Model
from newsflag.splitting import split
from newsflag.training.augmentation import BODY, TEASER, Donor
from newsflag.training.corpus import FOLDS, donors_by_fold, fold_of, read_articles
from newsflag.training.data import OUTSIDE, UNKNOWN, publisher_of, read_rows
from newsflag.training.fit import CUT, N_KINDS, SCALE_FLOOR, fit_nets, platt
from newsflag.training.views import OUTSIDE as OUTSIDE_NAME
from newsflag.training.views import align, decode, page_labels

EPOCHS: Final = 8
ALPHA: Final = 0.5
NAMES_C: Final = 0.3
NAMES_ITERATIONS: Final = 40
OUTSIDE_WEIGHT: Final = 0.7
WHOLE_WEIGHT: Final = 2.0
"""How much more a page counts whose article is wholly known."""
MADE_WEIGHT: Final = 0.4
DRAWS: Final = 2
"""Made pages of each page."""
NEW_WEIGHT: Final = 2.0
"""How much more the segments that make a made page count than its others."""


SLACK: Final = 0.0005
TITLE: Final = KINDS.index("title")
_NUMBER: Final = {kind: number for number, kind in enumerate(KINDS)} | {OUTSIDE_NAME: OUTSIDE}
_LONG: Final = 60  # characters of a paragraph that a teaser is set behind
LINKED_TEASERS: Final = 0.25
"""Share of the teasers set in that are linked."""
_LINKED_SHARE: Final = 12  # one body paragraph in so many is linked as a whole


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class LabelledPage:
    """A page whose blocks have labels.

    Parameters
    ----------
    page : Page
    url : str or None
    publisher, language : str
    labels : tuple of int
        For each block: index into :data:`newsflag.KINDS`, or :data:`~newsflag.training.data.UNKNOWN` or ``OUTSIDE``.
    whole : bool
        Whether all of the article is known: what the labels leave open is not in it.
    made : tuple of int
        Blocks that were changed on purpose; none on a page as it is.
    """

    page: Page
    url: str | None
    publisher: str
    language: str
    labels: tuple[int, ...]
    whole: bool
    made: tuple[int, ...] = ()


def labelled_pages(data: Path) -> list[LabelledPage]:
    """Every page of the corpus that has text, with the labels of its lines carried over to its blocks."""
    found = []
    for name in ("gold", "silver"):
        for row in read_rows(data / "articles" / f"{name}.jsonl.gz"):
            page = read_page(decode(gzip.decompress((data / "articles" / row["html"]).read_bytes())))
            if len(page):
                labels = tuple(_labels(page, row))
                whole = row.get("gold") is not None
                found.append(LabelledPage(page, row["url"], publisher_of(row), row["language"], labels, whole))
    return found


def _labels(page: Page, row: dict[str, Any]) -> list[int]:
    lines = [line["text"] for line in row["lines"]]
    labels = [UNKNOWN if label is None else _NUMBER[label] for label in align(page.text, lines, page_labels(row))]
    if row.get("gold") is None:
        return labels
    # What the gold body leaves out is no part of it, also where no reader said what it is.
    left_out = align(page.text, lines, ["no" if line["in_gold"] == "no" else None for line in row["lines"]])
    return [OUTSIDE if label == UNKNOWN and out == "no" else label for label, out in zip(labels, left_out, strict=True)]


# ---------------------------------------------------------------- made pages


def set_in(
    source: LabelledPage, donors: Sequence[Donor], rng: np.random.Generator, *, linked_share: float = LINKED_TEASERS
) -> LabelledPage | None:
    """A page with teasers between its paragraphs, and some of its paragraphs linked as a whole.

    Where a teaser stands in a paragraph's own markup the text must speak, and
    a link round a paragraph does not make it a teaser; pages as they are hold
    too few of either. So that a link does not speak for the article either, a
    share of the teasers is linked. None where the page has too few paragraphs.
    """
    page, lines = source.page, source.page.text.split("\n")
    long = [number for number, label in enumerate(source.labels) if label == BODY and len(lines[number]) > _LONG]
    alone = [
        number
        for number in long[:-1]
        if page.tag[page.owner[number]] in ("p", "div", "li", "section")
        and page.owner[number] not in (*page.owner[max(number - 1, 0) : number], *page.owner[number + 1 : number + 2])
    ]
    if len(alone) < 3:
        return None
    own = [donor for donor in donors if donor.publisher != source.publisher]
    fitting = [donor for donor in own if donor.language == source.language] or [
        donor for donor in own if donor.language == "en"
    ]
    if not fitting:
        return None
    behind = sorted(rng.choice(alone, size=min(3, len(alone) // 3 + 1), replace=False).tolist())
    made = page
    labels = list(source.labels)
    for number in reversed(behind):
        text = fitting[int(rng.integers(len(fitting)))].text
        href = f"/news/{number}" if rng.random() < linked_share else ""
        made = insert_block(made, number, " ".join(text.split()), strong=rng.random() < 0.2, href=href)
        labels.insert(number + 1, TEASER)
    new = [number + 1 + shift for shift, number in enumerate(behind)]
    lines = made.text.split("\n")
    body = [number for number, label in enumerate(labels) if label == BODY and len(lines[number]) > _LONG]
    linked = rng.choice(body, size=max(1, len(body) // _LINKED_SHARE), replace=False).tolist()
    target = "/source/{}" if rng.random() < 0.5 else "https://example.org/report/{}"
    shares = list(made.linked)
    hrefs = list(made.hrefs)
    for number in linked:
        shares[number] = made.solid[number]
        hrefs[number] = hrefs[number] or (target.format(number),)
    made = dataclasses.replace(made, linked=shares, hrefs=hrefs)
    return dataclasses.replace(source, page=made, labels=tuple(labels), made=tuple(sorted({*new, *linked})))


def insert_block(page: Page, block: int, text: str, *, strong: bool = False, href: str = "") -> Page:
    """A page with one more element behind that of a block: the same tag and classes, another text, a link or none."""
    owner = page.owner[block]
    at = page.last[owner]

    def moved(numbers: Sequence[int]) -> list[int]:
        return [number + (number >= at) for number in numbers]

    def with_one(values: Sequence[Any], place: int, value: Any) -> list[Any]:
        return [*values[:place], value, *values[place:]]

    around = set()
    node = page.parent[owner]
    while node >= 0:
        around.add(node)
        node = page.parent[node]
    last = [end + (end > at or (end == at and number in around)) for number, end in enumerate(page.last)]
    lines = page.text.split("\n")
    lines.insert(block + 1, text)
    size = len("".join(text.split()))
    start = np.cumsum([0, *(len(line) + 1 for line in lines)])[:-1].tolist()
    here = block + 1
    return dataclasses.replace(
        page,
        text="\n".join(lines),
        start=start,
        owner=with_one(moved(page.owner), here, at),
        linked=with_one(page.linked, here, size if href else 0),
        strong=with_one(page.strong, here, size if strong else 0),
        emphasised=with_one(page.emphasised, here, 0),
        solid=with_one(page.solid, here, size),
        hrefs=with_one(page.hrefs, here, (href,) if href else ()),
        parent=with_one(moved(page.parent), at, page.parent[owner]),
        last=with_one(last, at, at + 1),
        tag=with_one(page.tag, at, page.tag[owner]),
        names=with_one(page.names, at, page.names[owner]),
        ids=with_one(page.ids, at, ""),
        within=with_one(page.within, at, page.within[owner]),
        depth=with_one(page.depth, at, page.depth[owner]),
    )


def training_pages(data: Path, *, seed: int = 0) -> list[LabelledPage]:
    """Every labelled page, and made ones; hosts and donors of a made page are of the same fold."""
    pages = labelled_pages(data)
    rng = np.random.default_rng(seed)
    donors = donors_by_fold(read_articles(data), data, rng)
    made = [set_in(page, donors[fold_of(page.publisher)], rng) for page in pages for _ in range(DRAWS)]
    return [*pages, *(page for page in made if page is not None)]


# ---------------------------------------------------------------- rows


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Segments of pages as arrays, one row a segment."""

    kinds: Floats
    log_odds: Floats
    surface: Floats
    markup: Floats
    around: Floats
    names: Any
    label: Ints
    fold: Ints
    page: Ints
    size: Ints
    weight: Floats
    made: Bools
    whole: Bools

    def inputs(self, near: Floats, far: Floats) -> Floats:
        """What the network sees."""
        names = np.asarray(self.names @ np.concatenate((near, far)), np.float32)
        return page_inputs(self.kinds, self.log_odds, self.surface, self.markup, self.around, names)


def gather(pages: Sequence[LabelledPage], splitter: Callable[[int], Model]) -> Rows:
    """Look at pages; ``splitter`` gives a model that was fitted without the publishers of a fold."""
    parts: list[tuple[Any, ...]] = []
    for number, page in enumerate(pages):
        fold = fold_of(page.publisher)
        model = splitter(fold)
        found = split([page.page.text], "never", model)
        assert found is not None  # noqa: S101 - a labelled page has text
        seen = see(Pages([page.page], [page.url]), found.batch, found.spans, found.own, found.kinds)
        n = len(found.spans)
        label = np.array(page.labels, np.int64)[seen.tree.block]
        made = np.isin(seen.tree.block, page.made)
        size = found.spans.end - found.spans.start
        # All of a page together weighs as the root of its segments does; paragraphs weigh more than scraps.
        weight = np.minimum(np.sqrt(size) / 8, 2) / np.sqrt(n)
        weight *= np.where(label == OUTSIDE, OUTSIDE_WEIGHT, 1) * (WHOLE_WEIGHT if page.whole else 1)
        if page.made:
            weight *= np.where(made, NEW_WEIGHT, 1) * MADE_WEIGHT
        parts.append(
            (
                found.kinds,
                found.log_odds,
                found.own.surface,
                seen.markup,
                seen.around,
                name_rows(seen.names),
                label,
                np.full(n, fold),
                np.full(n, number),
                size,
                weight.astype(np.float32),
                np.full(n, bool(page.made)),
                np.full(n, page.whole),
            )
        )
    columns = list(zip(*parts, strict=True))
    return Rows(*(sp.vstack(part, format="csr") if sp.issparse(part[0]) else np.concatenate(part) for part in columns))


def name_rows(names: Names) -> Any:
    """Names as a sparse matrix that does, times two tables one above the other, what ``weigh_names`` does with them."""
    shape = (names.n_names + 1, NAME_BUCKETS)
    words = sp.csr_matrix((np.ones(len(names.owner), np.float32), (names.owner, names.bucket)), shape=shape)

    def around(ids: Ints) -> Any:
        rows = np.repeat(np.arange(len(ids)), ids.shape[1])
        chosen = sp.csr_matrix((np.ones(ids.size, np.float32), (rows, ids.ravel())), shape=(len(ids), shape[0]))
        return chosen @ words

    scale = sp.diags(NAME_SCALE / np.sqrt(names.count))
    return (scale @ sp.hstack([around(names.near), around(names.far)], format="csr")).tocsr().astype(np.float32)


# ---------------------------------------------------------------- fitting


def fit(rows: Rows, left_out: Sequence[int] = (), *, n_jobs: int = 2, seed: int = 0) -> PageModel:
    """Fit the model on all folds but those left out."""
    inner = [fold for fold in range(FOLDS) if fold not in left_out]
    use = ~np.isin(rows.fold, left_out) & (rows.label != UNKNOWN)
    label = rows.label.copy()
    outside = label == OUTSIDE  # certainly an insertion: of the kind that its text suggests
    label[outside] = CUT + rows.kinds[outside, CUT:].argmax(1)

    # Tables of names, once for use and once without each fold: the network
    # learns from what they say of publishers unseen.
    parts = [use, *(use & (rows.fold != fold) for fold in inner)]
    tables = joblib.Parallel(n_jobs=n_jobs)(
        joblib.delayed(_name_tables)(rows, label, part & ~rows.made) for part in parts
    )
    near, far = tables[0]
    values = rows.inputs(near, far)
    for fold, (near_without, far_without) in zip(inner, tables[1:], strict=True):
        here = rows.fold == fold
        values[here, -N_KINDS:] = np.asarray(rows.names[here] @ np.concatenate((near_without, far_without)), np.float32)
    mean = values[use].mean(0)
    scale = np.maximum(values[use].std(0), SCALE_FLOOR)
    scaled = np.clip((values - mean) / scale, -network.CLIP, network.CLIP).astype(np.float32)
    del values
    layers = fit_nets(scaled, parts, label, rows.weight, seed=seed, epochs=EPOCHS, alpha=ALPHA, n_jobs=n_jobs)
    paragraph = use & (label == BODY) & (rows.size > 160) & ~rows.made
    (weights_0, bias_0), (weights_1, bias_1) = layers[0]
    model = PageModel(
        name=NAME,
        version="1",
        digest="",
        names_near=near,
        names_far=far,
        mean=mean,
        scale=scale,
        baseline=scaled[paragraph].mean(0),
        weights_0=weights_0,
        bias_0=bias_0,
        weights_1=weights_1,
        bias_1=bias_1,
        calibration=np.array([1, 0], np.float32),
        threshold=0.5,
        settings=settings_of_code(),
        metrics={},
        training={"segments": int(use.sum())},
    )
    # Calibration and threshold: on publishers that the networks did not see, pages as they are.
    judged = np.zeros((len(label), N_KINDS), np.float32)
    for fold, each in zip(inner, layers[1:], strict=True):
        here = use & (rows.fold == fold) & ~rows.made
        judged[here] = network.forward(scaled[here], each)
    held = np.flatnonzero(use & ~rows.made)
    inserted = label[held] >= CUT
    model = dataclasses.replace(model, calibration=platt(network.insertion_log_odds(judged[held]), inserted))
    share = network.calibrated(judged[held], model)[0][:, CUT:].sum(1)
    # A title stands beside a page's body, not in it: it is neither kept nor lost.
    own = rows.whole[held] & (label[held] != TITLE)
    at = held[own]
    return dataclasses.replace(
        model, threshold=choose_page_threshold(share[own], ~inserted[own], rows.size[at], rows.page[at])
    )


def _name_tables(rows: Rows, label: Ints, use: Bools) -> tuple[Floats, Floats]:
    """What names add to the text's verdicts, of the elements right around and of those further out."""
    text = sp.csr_matrix(np.log(np.maximum(rows.kinds[use], 1e-4)) / 3)
    layer = LogisticRegression(C=NAMES_C, max_iter=NAMES_ITERATIONS, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is part of the penalty
        layer.fit(sp.hstack([rows.names[use], text], format="csr"), label[use], sample_weight=rows.weight[use])
    weights = np.zeros((2 * NAME_BUCKETS, N_KINDS), np.float16)
    weights[:, layer.classes_] = layer.coef_.T[: 2 * NAME_BUCKETS]
    table = weights.astype(np.float32)
    return table[:NAME_BUCKETS], table[NAME_BUCKETS:]


def choose_page_threshold(share: Floats, kept: Bools, size: Ints, page: Ints) -> float:
    """The threshold at which the kept characters of pages are nearest to their articles, which must be wholly known.

    Precision and recall are means over pages, as in the benchmarks; of the thresholds that come within
    :data:`SLACK` of the best F1 the highest, which keeps most.
    """
    _, page = np.unique(page, return_inverse=True)
    article = np.maximum(np.bincount(page, size * kept), 1)
    scores = {}
    for threshold in np.arange(0.2, 0.9, 0.01).round(2).tolist():
        left = share < threshold
        common = np.bincount(page, size * (left & kept))
        precision = (common / np.maximum(np.bincount(page, size * left), 1)).mean()
        recall = (common / article).mean()
        scores[threshold] = 2 * precision * recall / max(precision + recall, 1e-9)
    best = max(scores.values())
    return float(max(threshold for threshold, score in scores.items() if score >= best - SLACK))


__all__ = ["LabelledPage", "Rows", "fit", "gather", "insert_block", "labelled_pages", "set_in", "training_pages"]
