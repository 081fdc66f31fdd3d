"""Training on pages: made pages are pages, and what the fitting sees is what scoring sees."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from _trees import Node, trees
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsflag.evidence.markup import NAME_BUCKETS, PAGE_COLUMNS, name_evidence, plant, weigh_names
from newsflag.kinds import KINDS
from newsflag.marking import Pages
from newsflag.markup import Page, read_page
from newsflag.model import pages, store
from newsflag.splitting import Split, split
from newsflag.training.augmentation import BODY, TEASER, Donor
from newsflag.training.corpus import FOLDS, fold_of
from newsflag.training.data import OUTSIDE, UNKNOWN
from newsflag.training.pages import (
    LabelledPage,
    Rows,
    choose_page_threshold,
    fit,
    gather,
    insert_block,
    name_rows,
    set_in,
)

SENTENCE = "The council of the old town met on Monday to speak about the harbour and the price of fish, number {}."
STORY = "".join(f"<p class='story-text'>{SENTENCE.format(number)}</p>" for number in range(8))
HTML = f"<body><div id=top><a href=/>Home</a></div><div class=body><h1>Harbour</h1>{STORY}</div><p>Foot</p></body>"
DONORS = [Donor(f"Ten tricks for a flat belly, part {number}", "en", "elsewhere", TEASER) for number in range(9)]


def found_in(page: Page) -> Split:
    found = split([page.text], "never", store.load())
    assert found is not None
    return found


def labelled(html: str = HTML, publisher: str = "here") -> LabelledPage:
    page = read_page(html)
    labels = tuple(BODY if line.startswith("The council") else UNKNOWN for line in page.text.split("\n"))
    return LabelledPage(page, None, publisher, "en", labels, whole=True)


@pytest.mark.parametrize("place", [0, 3, 7])
@pytest.mark.parametrize("href", ["", "/news/1"])
def test_a_block_set_in_is_as_if_it_had_been_written_there(place: int, href: str) -> None:
    text = "Acre exchanged for horses?"
    written = SENTENCE.format(place) + "</p>"
    block = f"<a href={href}>{text}</a>" if href else text
    html = HTML.replace(written, f"{written}<p class='story-text'>{block}</p>")
    page = read_page(HTML)
    made = insert_block(page, page.text.split("\n").index(SENTENCE.format(place)), text, href=href)
    # A link is an element, which the set-in block has no need of.
    ours, theirs = made, read_page(html.replace("<a href=/news/1>", "").replace("?</a>", "?") if href else html)
    for field in dataclasses.fields(Page):
        if field.name not in ("linked", "hrefs"):
            assert getattr(ours, field.name) == getattr(theirs, field.name), field.name
    assert made.linked == read_page(html).linked
    assert made.hrefs == read_page(html).hrefs


def leaves_in(tree: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Where the elements stand that hold nothing but text."""
    for number, child in enumerate(tree.children):
        if isinstance(child, Node):
            inner = child.children
            yield from (
                [(*path, number)] if all(isinstance(each, str) for each in inner) else leaves_in(child, (*path, number))
            )


def rewritten(tree: Node, path: tuple[int, ...], text: str, new: str | None) -> Node:
    """A tree with another text in one element, and perhaps a new element like it behind that."""
    at, *deeper = path
    child = tree.children[at]
    assert isinstance(child, Node)
    if deeper:
        put = [rewritten(child, tuple(deeper), text, new)]
    else:
        put = [dataclasses.replace(child, children=(text,))]
        put += [] if new is None else [Node(child.tag, child.classes, (new,))]
    return dataclasses.replace(tree, children=(*tree.children[:at], *put, *tree.children[at + 1 :]))


@given(trees, st.data())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_blocks_set_in_anywhere_make_the_page_that_would_have_been_read(tree: Node, data: st.DataObject) -> None:
    host = written = Node("div", "", (tree,))
    places = list(leaves_in(host))
    chosen = data.draw(st.lists(st.sampled_from(places), unique=True, max_size=3)) if places else []
    for path in sorted(chosen, reverse=True):
        host = rewritten(host, path, f"Chosen {path}", None)
        written = rewritten(written, path, f"Chosen {path}", f"New {path}")
    made = read_page(host.html())
    for path in chosen:
        made = insert_block(made, made.text.split("\n").index(f"Chosen {path}"), f"New {path}")
    assert dataclasses.asdict(made) == dataclasses.asdict(read_page(written.html()))


def test_a_block_set_in_may_be_bold() -> None:
    made = insert_block(read_page("<p>One<p>Two"), 0, "Ten tricks", strong=True)
    assert (made.strong, made.linked, made.solid) == ([0, 9, 0], [0, 0, 0], [3, 9, 3])


@pytest.mark.parametrize("seed", range(5))
def test_what_was_there_keeps_its_label(seed: int) -> None:
    source = labelled()
    made = set_in(source, DONORS, np.random.default_rng(seed))
    assert made is not None
    before = list(zip(source.page.text.split("\n"), source.labels, strict=True))
    after = list(zip(made.page.text.split("\n"), made.labels, strict=True))
    assert [pair for pair in after if pair[1] != TEASER] == before
    for (_, label), (_, following) in itertools.pairwise(after):
        assert following != TEASER or label == BODY
    assert after[-2] == before[-2], "nothing is set behind the last paragraph"
    assert (made.publisher, made.language, made.whole) == (source.publisher, source.language, source.whole)


def test_teasers_are_another_publishers_in_the_pages_language_or_in_english() -> None:
    donors = [
        Donor("Our own teaser", "en", "here", TEASER),
        Donor("Another publisher's", "en", "there", TEASER),
        Donor("Zehn Tricks", "de", "dort", TEASER),
    ]
    for language, expected in (("en", "Another publisher's"), ("de", "Zehn Tricks"), ("fr", "Another publisher's")):
        made = set_in(dataclasses.replace(labelled(), language=language), donors, np.random.default_rng(1))
        assert made is not None
        lines = zip(made.page.text.split("\n"), made.labels, strict=True)
        assert {line for line, label in lines if label == TEASER} == {expected}
    only_german = [donor for donor in donors if donor.language == "de"]
    assert set_in(labelled(), only_german, np.random.default_rng(1)) is None


def test_made_pages_have_teasers_and_linked_paragraphs() -> None:
    source = labelled()
    made = set_in(source, DONORS, np.random.default_rng(1), linked_share=0)
    assert made is not None
    lines = made.page.text.split("\n")
    teasers = [number for number, label in enumerate(made.labels) if label == TEASER]
    assert len(made.labels) == len(made.page) == len(lines)
    assert [lines[number] for number in teasers if not lines[number].startswith("Ten tricks")] == []
    assert len(teasers) == len(lines) - len(source.page)
    linked = [number for number in made.made if number not in teasers]
    assert all(made.labels[number] == BODY and made.page.linked[number] == made.page.solid[number] for number in linked)
    assert set(made.made) == {*teasers, *linked}
    assert not any(made.page.linked[number] for number in teasers)
    again = set_in(source, DONORS, np.random.default_rng(1), linked_share=0)
    assert again is not None
    assert again.page.text == made.page.text
    all_linked = set_in(source, DONORS, np.random.default_rng(1), linked_share=1)
    assert all_linked is not None
    assert all(all_linked.page.linked[n] for n, label in enumerate(all_linked.labels) if label == TEASER)


def test_pages_with_few_paragraphs_or_no_fitting_donor_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    assert set_in(labelled("<p>One.</p>"), DONORS, rng) is None
    assert set_in(labelled(publisher="elsewhere"), DONORS, rng) is None


def test_the_threshold_is_where_kept_text_is_nearest_to_the_article() -> None:
    share = np.array([0.1, 0.3, 0.6, 0.9, 0.2, 0.7], np.float32)
    kept = np.array([True, True, True, False, True, False])
    size, page = np.full(6, 100), np.array([0, 0, 0, 0, 1, 1])
    assert 0.6 < choose_page_threshold(share, kept, size, page) <= 0.7


def test_pages_weigh_alike_in_the_threshold_whatever_their_size() -> None:
    # The long page's article is lost up to 0.6, from there on the short one's insertion is kept.
    share, kept = np.array([0.6, 0.1, 0.5], np.float32), np.array([True, True, False])
    for size in (np.array([1000, 10, 10]), np.array([10, 1000, 1000])):
        assert choose_page_threshold(share, kept, size, np.array([7, 3, 3])) == 0.89


@pytest.mark.parametrize(("second", "expected"), [(False, 0.71), (True, 0.89)])
def test_of_thresholds_that_do_equally_well_the_highest_is_taken(second: bool, expected: float) -> None:
    share, kept = np.array([0.1, 0.715], np.float32), np.array([True, second])
    assert choose_page_threshold(share, kept, np.array([900, 100]), np.array([0, 0])) == expected


def test_fitting_sees_names_as_scoring_does() -> None:
    page = read_page(HTML)
    found = found_in(page)
    names = name_evidence(plant([page], found.batch, found.spans), [page])
    near, far = np.random.default_rng(2).normal(size=(2, NAME_BUCKETS, 3)).astype(np.float32)
    ours = weigh_names(names, near, far)
    assert np.abs(ours).max() > 0
    assert np.allclose(ours, name_rows(names) @ np.concatenate((near, far)), atol=1e-4)


# Fitting

HOSTS = 4 * 3 * FOLDS


def publisher(fold: int) -> str:
    return next(name for name in map("site{}".format, itertools.count()) if fold_of(name) == fold)


def written_page(number: int) -> LabelledPage:
    paragraphs = [f"{SENTENCE.format(number * 10 + each)} {SENTENCE.format(each)}" for each in range(6)]
    parts = [
        ("<nav class=menu><a href=/>{}</a></nav>", "Home", "interface"),
        ("<h1>{}</h1>", f"Harbour council meets again, part {number}", "title"),
        *(("<p class=story-text>{}</p>", text, "body") for text in paragraphs[:3]),
        ("<div class=related><a href=/1>{}</a></div>", f"Ten tricks for a flat belly, part {number}", "teaser"),
        *(("<p class=story-text>{}</p>", text, "body") for text in paragraphs[3:]),
        ("<div class=box>{}</div>", "Sign up to our letter and never miss a thing", "outside"),
        ("<footer>{}</footer>", "© 2024 The Harbour Post", "unknown"),
    ]
    page = read_page("<div class=page>" + "".join(html.format(text) for html, text, _ in parts) + "</div>")
    assert page.text.split("\n") == [text for _, text, _ in parts]
    known = {kind: at for at, kind in enumerate(KINDS)} | {"outside": OUTSIDE, "unknown": UNKNOWN}
    labels = tuple(known[kind] for _, _, kind in parts)
    return LabelledPage(page, None, publisher(number % FOLDS), "en", labels, whole=number % 2 == 0)


@pytest.fixture(scope="module")
def rows() -> Rows:
    hosts = [written_page(number) for number in range(HOSTS)]
    made = [set_in(host, DONORS, np.random.default_rng(3)) for host in hosts[::3]]
    return gather([*hosts, *(page for page in made if page is not None)], lambda _: store.load())


def test_rows_hold_each_segment_with_what_is_known_of_it(rows: Rows) -> None:
    for field in dataclasses.fields(Rows):
        assert getattr(rows, field.name).shape[0] == len(rows.label), field.name
    assert set(rows.page) == set(range(HOSTS + HOSTS // 3))
    assert set(rows.fold) == set(range(FOLDS))
    first = written_page(0)
    assert rows.label[rows.page == 0].tolist() == list(first.labels)
    assert rows.size[rows.page == 0].tolist() == [len(line) for line in first.page.text.split("\n")]
    assert (rows.made == (rows.page >= HOSTS)).all()
    assert rows.whole[rows.page == 0].all()
    assert not rows.whole[rows.page == 1].any()
    assert (rows.weight > 0).all()
    near, far = np.zeros((2, NAME_BUCKETS, len(KINDS)), np.float32)
    assert rows.inputs(near, far).shape == (len(rows.label), len(PAGE_COLUMNS))


def test_a_page_wholly_known_weighs_more_and_a_made_one_less(rows: Rows) -> None:
    def weight(number: int) -> float:
        return float(rows.weight[(rows.page == number) & (rows.label == BODY)].mean())

    assert weight(0) > weight(1)
    assert weight(HOSTS) < weight(0)


def test_rows_are_judged_by_a_splitter_that_did_not_see_their_publisher() -> None:
    asked: list[int] = []

    def splitter(fold: int) -> store.Model:
        asked.append(fold)
        return store.load()

    gather([written_page(number) for number in range(FOLDS)], splitter)
    assert asked == [fold_of(publisher(number)) for number in range(FOLDS)]


@pytest.fixture(scope="module")
def fitted(rows: Rows) -> pages.PageModel:
    return fit(rows, n_jobs=1)


def test_a_fitted_model_can_be_saved_and_tells_what_it_learnt(fitted: pages.PageModel, tmp_path: Path) -> None:
    model = pages.load(pages.save(fitted, tmp_path))
    assert (model.names_near == fitted.names_near).all()
    assert (model.calibration == fitted.calibration).all()
    assert 0.2 <= model.threshold < 0.9
    page = written_page(99)
    found = split([page.page.text], "never", store.load(), Pages([page.page], [None]), model)
    assert found is not None
    best = found.best(model.threshold).tolist()
    assert [best[row] for row, label in enumerate(page.labels) if label == BODY] == [BODY] * 6
    assert found.insertion[page.labels.index(TEASER)] > max(found.insertion[2:5])


def test_the_same_seed_gives_the_same_model(rows: Rows, fitted: pages.PageModel, tmp_path: Path) -> None:
    again = fit(rows, n_jobs=1)
    one, other = (pages.load(pages.save(model, tmp_path / name)) for name, model in (("a", fitted), ("b", again)))
    assert one.digest == other.digest
    assert one.threshold == other.threshold


def test_a_fold_left_out_has_no_say(rows: Rows, tmp_path: Path) -> None:
    away = rows.fold == 2
    other = dataclasses.replace(
        rows,
        label=np.where(away, KINDS.index("caption"), rows.label),
        log_odds=np.where(away, 9, rows.log_odds).astype(np.float32),
        size=np.where(away, 9999, rows.size),
        weight=np.where(away, 7, rows.weight).astype(np.float32),
    )
    models = [fit(each, [2], n_jobs=1) for each in (rows, other)]
    one, two = (pages.load(pages.save(model, tmp_path / str(number))) for number, model in enumerate(models))
    assert one.digest == two.digest
    assert one.threshold == two.threshold
    assert one.training == two.training
