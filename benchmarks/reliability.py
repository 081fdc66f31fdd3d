"""Measure whether a classifier of articles does better on unseen publishers when newsflag cleans its texts first.

``python benchmarks/reliability.py`` prints Markdown: one table on a corpus of our own, and with
``--data CORPUS`` on other people's sets too. README.md in this folder says what each row is.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

# One core is what is taken. Must be set before numpy is imported.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
from _measures import Interval, auc, bootstrap
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold

from newsflag.errors import NewsflagError
from newsflag.sklearn import ArticleCleaner
from newsflag.training.data import read_rows
from newsflag.training.publishers import publisher_key

CORPUS: Final = Path(__file__).resolve().parents[1] / "notebooks" / "reliability.jsonl"
FOLDS: Final = 5
SEEDS: Final = 5
"""Divisions into folds that each figure is the mean of."""

MOST: Final = 60
"""Articles taken of a publisher where a few publishers would be most of the set."""

LEAST: Final = 20
"""Articles that a publisher must have to be learned from as one of a few."""

DRAWS: Final = 40
"""Choices of a few publishers to learn from, where there are too many to take all."""

Bools = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Measure = Callable[[Rows], float]
Split = tuple[Rows, Rows]
"""Rows to learn from, and rows to measure on."""


class Terms(NamedTuple):
    """What a text is known by: runs of at most ``longest`` words, in at least ``least`` texts learned from."""

    longest: int
    least: int


WORDS: Final = Terms(longest=1, least=1)  # TfidfVectorizer as it comes
PAIRS: Final = Terms(longest=2, least=2)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Articles with a label each, and how they are divided.

    Each plan is a list of splits whose scores are ranked together; the measures are means over plans.
    """

    name: str
    texts: list[str]
    truth: Bools
    publishers: list[str]
    plans: list[list[Split]]
    terms: Terms = PAIRS
    gold: list[str] | None = None
    """The texts without their insertions, where these are known."""


@dataclasses.dataclass(frozen=True, slots=True)
class Gain:
    """One measure on the texts as they are and on cleaned ones, and the difference."""

    plain: float
    cleaned: float
    gain: Interval


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """What one cleaner does to one task, by each of :data:`MEASURES`."""

    name: str
    cleaner: str
    articles: int
    publishers: int
    gains: dict[str, Gain]


# ---------------------------------------------------------------- how it is measured


def counts(texts: Sequence[str], terms: Terms) -> Any:
    """How often each text has each term, as a sparse matrix; counted once for all splits."""
    return CountVectorizer(ngram_range=(1, terms.longest)).fit_transform(texts)


def scores(counted: Any, truth: Bools, plans: Sequence[Sequence[Split]], terms: Terms) -> Doubles:
    """Probabilities by TF-IDF and logistic regression.

    Parameters
    ----------
    counted : sparse matrix, shape (texts, terms)
        From :func:`counts`; of terms only those that the rows learned from have are used, so that the result is
        that of ``TfidfVectorizer`` fitted on them.
    truth : bool array, shape (texts,)
    plans : sequence of sequences of splits
    terms : Terms

    Returns
    -------
    float array, shape (plans, texts)
        ``nan`` for a text that the plan doesn't measure on.
    """
    found = np.full((len(plans), len(truth)), np.nan)
    for line, plan in zip(found, plans, strict=True):
        for train, test in plan:
            known = np.flatnonzero(counted[train].getnnz(axis=0) >= terms.least)
            weight = TfidfTransformer()
            learned = weight.fit_transform(counted[train][:, known])
            # Balanced: where whole publishers are left out, how many of either label remain says what was left out.
            model = LogisticRegression(max_iter=1000, class_weight="balanced").fit(learned, truth[train])
            line[test] = model.predict_proba(weight.transform(counted[test][:, known]))[:, 1]
    return found


def accuracy(truth: Bools, score: Doubles) -> float:
    """Share of scores on the right side of 0.5."""
    return float(((score >= 0.5) == truth).mean()) if len(truth) else float("nan")


MEASURES: Final[dict[str, Callable[[Bools, Doubles], float]]] = {"AUC": auc, "accuracy": accuracy}


WITHOUT: Final = {"newsflag": "what newsflag flags", "chance": "as much at random", "gold": "the insertions (gold)"}
"""What each cleaner leaves out, in the table's words."""


def mean_over_plans(measure: Callable[[Bools, Doubles], float], truth: Bools, score: Doubles, rows: Rows) -> float:
    """Mean over plans of a measure on those of the rows that the plan measures on; plans that can't tell left out."""
    drawn = score[:, rows]
    values = [measure(truth[rows[there]], line[there]) for line, there in zip(drawn, ~np.isnan(drawn), strict=True)]
    told = [value for value in values if not np.isnan(value)]
    return float(np.mean(told)) if told else float("nan")


def at_random(texts: Sequence[str], cleaned: Sequence[str]) -> list[str]:
    """Texts without one run of words, drawn at random, as long as what cleaning took away: shorter, not cleaner."""
    random = np.random.default_rng(0)
    rest = []
    for text, clean in zip(texts, cleaned, strict=True):
        words = text.split()
        gone = max(len(words) - len(clean.split()), 0)
        start = int(random.integers(len(words) - gone + 1))
        rest.append(" ".join(words[:start] + words[start + gone :]))
    return rest


def figures(task: Task) -> Iterator[Figure]:
    """What newsflag, chance and, where it is known, gold do to a task."""
    plain = scores(counts(task.texts, task.terms), task.truth, task.plans, task.terms)
    clean = ArticleCleaner().transform(task.texts).tolist()
    cleaners = {"newsflag": clean, "chance": at_random(task.texts, clean)}
    if task.gold is not None:
        cleaners["gold"] = task.gold
    # Publishers that are only learned from are not drawn.
    tested = np.flatnonzero(~np.isnan(plain).all(axis=0))
    groups = [task.publishers[row] for row in tested]
    truth, plain = task.truth[tested], plain[:, tested]
    every = np.arange(len(tested))
    for cleaner, texts in cleaners.items():
        score = scores(counts(texts, task.terms), task.truth, task.plans, task.terms)[:, tested]
        gains = {}
        for name, measure in MEASURES.items():
            before, after = (functools.partial(mean_over_plans, measure, truth, each) for each in (plain, score))

            def gain(rows: Rows, before: Measure = before, after: Measure = after) -> float:
                return after(rows) - before(rows)

            gains[name] = Gain(before(every), after(every), bootstrap(gain, groups))
        yield Figure(task.name, cleaner, len(tested), len(set(groups)), gains)


# ---------------------------------------------------------------- how articles are divided


def folds(truth: Bools, publishers: Sequence[str] | None) -> list[list[Split]]:
    """:data:`SEEDS` divisions into folds, each fold a plan of its own; publishers are kept whole if they are given.

    Scores of different folds are not ranked together: with whole publishers left out, what a fold's model takes for the
    usual depends on which ones, and a ranking over all folds would measure that.
    """
    plans = []
    for seed in range(SEEDS):
        splitter: Any = (StratifiedKFold if publishers is None else GroupKFold)(FOLDS, shuffle=True, random_state=seed)
        plans += [[split] for split in splitter.split(truth, truth, publishers)]
    return plans


def each_left_out(publishers: Sequence[str]) -> list[list[Split]]:
    """One plan: every publisher judged by what is learned from all others.

    A publisher of ours has one label, so that the scores of all have to be ranked together.
    """
    owner = np.array(publishers)
    return [[(np.flatnonzero(owner != name), np.flatnonzero(owner == name)) for name in sorted(set(publishers))]]


def few(
    truth: Bools, publishers: Sequence[str], number: int, draws: int | None = None, least: int = 1
) -> list[list[Split]]:
    """Plans that each learn from a few publishers of either label, and measure on all others.

    Parameters
    ----------
    truth : bool array, shape (texts,)
    publishers : sequence of str
        A publisher counts as of the label that most of its articles have.
    number : int
        Publishers of each label that are learned from.
    draws : int, optional
        How many choices are drawn; all by default.
    least : int
        Articles that a publisher must have to be learned from.

    Returns
    -------
    list of plans
    """
    owner = np.array(publishers)
    sides: dict[bool, list[str]] = {False: [], True: []}
    for publisher, size in sorted(Counter(publishers).items()):
        if size >= least:
            sides[bool(truth[owner == publisher].mean() > 0.5)].append(publisher)
    if draws is None:
        chosen = [
            one + other
            for one, other in itertools.product(*(itertools.combinations(side, number) for side in sides.values()))
        ]
    else:
        random = np.random.default_rng(0)
        chosen = [
            tuple(name for side in sides.values() for name in random.choice(side, number, replace=False).tolist())
            for _ in range(draws)
        ]
    learned = [np.isin(owner, names) for names in chosen]
    return [[(np.flatnonzero(rows), np.flatnonzero(~rows))] for rows in learned]


# ---------------------------------------------------------------- articles


def without(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    """A text without some of its spans."""
    ends = [0, *(end for _, end, _ in spans)]
    starts = [*(start for start, _, _ in spans), len(text)]
    return "".join(text[end:start] for end, start in zip(ends, starts, strict=True))


def ours(path: Path = CORPUS) -> Iterator[Task]:
    """The corpus of our own: each publisher left out; and learned from one, two and three of either label."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run this in a checkout of the repo")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    truth = np.array([row["label"] == "unreliable" for row in rows])
    publishers = [row["publisher"] for row in rows]
    texts = [row["text"] for row in rows]
    gold = [without(row["text"], row["spans"]) for row in rows]
    yield Task("ours: each publisher left out", texts, truth, publishers, each_left_out(publishers), WORDS, gold)
    for number in (1, 2, 3):
        plans = few(truth, publishers, number)
        name = f"ours: learned from {number} + {number} publishers"
        yield Task(name, texts, truth, publishers, plans, WORDS, gold)


def theirs(data: Path) -> Iterator[Task]:
    """Sets of other people."""
    folder = data / "style" / "train"
    sets = {
        name: [row for row in read_rows(folder / f"{name}.jsonl.gz") if row["text"].strip()]
        for name in ("hyperpartisan_byarticle", "horne2017", "fakenews_es", "article_bias_en")
    }
    texts = {name: [row["text"] for row in rows] for name, rows in sets.items()}
    partisan = np.array([row["label"] == 1 for row in sets["hyperpartisan_byarticle"]])
    outlets = [publisher_key(row["url"]) for row in sets["hyperpartisan_byarticle"]]
    fake = np.array([row["label"] != "real" for row in sets["horne2017"]])
    alone = [row["id"] for row in sets["horne2017"]]  # its publishers are not known
    yield Task("hyperpartisan", texts["hyperpartisan_byarticle"], partisan, outlets, folds(partisan, outlets))
    yield Task("Horne 2017: fake or satire, publishers not known", texts["horne2017"], fake, alone, folds(fake, None))
    both = [*texts["hyperpartisan_byarticle"], *texts["horne2017"]]
    label, owners = np.concatenate([partisan, fake]), [*outlets, *alone]
    one, other = np.split(np.arange(len(both)), [len(partisan)])
    yield Task("learned from hyperpartisan, measured on Horne", both, label, owners, [[(one, other)]])
    yield Task("learned from Horne, measured on hyperpartisan", both, label, owners, [[(other, one)]])
    spanish = np.array([row["label"] == 1 for row in sets["fakenews_es"]])
    sites = [publisher_key(row["site"]) for row in sets["fakenews_es"]]
    yield Task("Spanish fake news", texts["fakenews_es"], spanish, sites, folds(spanish, sites))
    yield from leaning(sets["article_bias_en"])


def leaning(rows: Sequence[dict[str, Any]]) -> Iterator[Task]:
    """Lean of publishers, at most :data:`MOST` articles of each."""
    members: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        members[publisher_key(row["site"])].append(row)
    random = np.random.default_rng(0)
    drawn = [
        (name, found[pick])
        for name, found in sorted(members.items())
        for pick in sorted(random.permutation(len(found))[:MOST].tolist())
    ]
    for name, kept, true in (
        ("left or right, not centre", ("left", "center", "right"), ("left", "right")),
        ("right, not left", ("left", "right"), ("right",)),
    ):
        taken = [(publisher, row) for publisher, row in drawn if row["label"] in kept]
        texts = [row["text"] for _, row in taken]
        truth = np.array([row["label"] in true for _, row in taken])
        publishers = [publisher for publisher, _ in taken]
        yield Task(f"{name}: unseen publishers", texts, truth, publishers, folds(truth, publishers))
        for number in (1, 2, 4):
            plans = few(truth, publishers, number, DRAWS, LEAST)
            yield Task(f"{name}: learned from {number} + {number} publishers", texts, truth, publishers, plans)
        yield Task(f"{name}: publishers on both sides", texts, truth, publishers, folds(truth, None))


# ---------------------------------------------------------------- command line


def markdown(found: Sequence[Figure]) -> str:
    """Figures as a table."""
    lines = [
        "| task | articles | publishers | without | AUC | gain | accuracy | gain |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for figure in found:
        cells = [figure.name, str(figure.articles), str(figure.publishers), WITHOUT[figure.cleaner]]
        for name in MEASURES:
            value = figure.gains[name]
            cells.append(f"{value.plain:.3f} → {value.cleaned:.3f}")
            cells.append(f"{value.gain.value:+.3f} ({value.gain.low:+.3f} to {value.gain.high:+.3f})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 measured, 2 error."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--data", type=Path, metavar="CORPUS", help="corpus folder with style/ in it, to measure too")
    parser.add_argument("--json", type=Path, help="file to write all figures to")
    options = parser.parse_args(arguments)
    try:
        tasks = [*ours(), *(() if options.data is None else theirs(options.data))]  # read first, so that it fails early
        found = [figure for task in tasks for figure in figures(task)]
    except (FileNotFoundError, NewsflagError) as error:
        print(f"reliability.py: {error}", file=sys.stderr)
        return 2
    print("# A classifier behind newsflag\n")
    print(markdown(found))
    if options.json:
        rows: list[dict[str, Any]] = [dataclasses.asdict(figure) for figure in found]
        for figure, row in zip(found, rows, strict=True):
            for name, value in figure.gains.items():
                row["gains"][name]["gain"] = value.gain._asdict()  # a named tuple is a plain list in JSON
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({"figures": rows}, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
