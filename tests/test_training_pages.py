"""Training on pages: made pages are pages, and what the fitting sees is what scoring sees."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from newsflag.evidence import N_INSERTIONS
from newsflag.evidence.markup import NAME_BUCKETS, PAGE_COLUMNS, name_evidence, plant, tree_evidence, weigh_names
from newsflag.kinds import KINDS
from newsflag.marking import Pages, mark
from newsflag.markup import Page, read_page
from newsflag.model import network, pages, store
from newsflag.splitting import Split, split
from newsflag.training.augmentation import BODY, TEASER, Donor
from newsflag.training.data import UNKNOWN
from newsflag.training.pages import LabelledPage, choose_page_threshold, insert_block, name_rows, set_in

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


def test_fitting_sees_names_as_scoring_does() -> None:
    page = read_page(HTML)
    found = found_in(page)
    names = name_evidence(plant([page], found.batch, found.spans), [page])
    near, far = np.random.default_rng(2).normal(size=(2, NAME_BUCKETS, 3)).astype(np.float32)
    ours = weigh_names(names, near, far)
    assert np.abs(ours).max() > 0
    assert np.allclose(ours, name_rows(names) @ np.concatenate((near, far)), atol=1e-4)


def test_what_elements_hold_is_summed_over_their_subtrees() -> None:
    page = read_page(HTML)
    found = found_in(page)
    tree = plant([page], found.batch, found.spans)
    insertion = np.linspace(0, 1, len(found.spans)).astype(np.float32)
    columns = tree_evidence(tree, insertion, found.own.surface, found.spans)
    names = [name.removeprefix("tree_") for name in PAGE_COLUMNS if name.startswith("tree_")]
    kept = (found.spans.end - found.spans.start) * (1 - insertion)
    for level in range(3):
        for row, owner in enumerate(tree.owner.tolist()):
            node = owner
            for _ in range(level):
                node = int(tree.parent[node])
            inside = (tree.owner >= node) & (tree.owner < tree.last[node])
            share = columns[row, names.index(f"mass_{level}")]
            assert share == pytest.approx(kept[inside].sum() / kept.sum(), abs=1e-4)
    story = [row for row, owner in enumerate(tree.owner.tolist()) if page.names[owner].startswith("story-text")]
    assert (columns[story, names.index("up_to_container")] == 0).all()


def test_contributions_of_the_markup_add_up() -> None:
    page = read_page(HTML)
    found = found_in(page)
    model = pages.shipped()
    marked = mark(Pages([page], [None]), found.batch, found.spans, found.own, found.kinds, found.log_odds, model)
    assert marked.scaled.shape == (len(found.spans), len(PAGE_COLUMNS))
    assert np.allclose(marked.kinds.sum(1), 1, atol=1e-4)
    assert np.allclose(marked.kinds[:, -N_INSERTIONS:].sum(1), network.sigmoid(marked.log_odds), atol=1e-4)
    at_baseline = network.calibrated(network.forward(model.baseline[None], model.layers), model)[1]
    total = network.attribute_page(marked.scaled, model).sum(1)
    assert np.allclose(total, marked.log_odds - at_baseline, rtol=0.05, atol=0.1)
    assert marked.kinds.shape[1] == len(KINDS)
