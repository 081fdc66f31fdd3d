"""Markup as evidence: where segments stand in their page's tree, and what stands around them there."""

from __future__ import annotations

import collections
import dataclasses
import math
import zlib
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import pytest
from _trees import Node, trees
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsflag._text import Batch, Floats, make_batch
from newsflag.evidence import N_INSERTIONS, Own, own_evidence
from newsflag.evidence.markup import (
    CHAIN,
    FAR,
    LEVELS,
    MARKUP_COLUMNS,
    NAME_BUCKETS,
    NAME_SCALE,
    NEAR,
    PAGE_COLUMNS,
    PULL,
    PULLED,
    TAGS,
    TREE_COLUMNS,
    _name_buckets,
    page_inputs,
    weigh_names,
)
from newsflag.evidence.surface import COLUMNS as SURFACE
from newsflag.kinds import KINDS
from newsflag.marking import Pages, Seen, mark, see
from newsflag.markup import Page, read_page
from newsflag.markup.page import LANDMARKS
from newsflag.model import network
from newsflag.model.pages import PageModel, shipped
from newsflag.segmentation import segment
from newsflag.segmentation.lines import Spans

relaxed = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

LONG = "The ferry between Norholm and the outer islands is running again, the harbour office said, on day {}."
STORY = "".join(f"<p>{LONG.format(number)}</p>" for number in range(5))
NEWS = f"""\
<title>Ferry to the islands runs again</title>
<nav><ul><li><a href="/">Home</a><li><a href="/sport">Sport</a></ul></nav>
<main><article class="story mainText" id="a1"><h1>Ferry to the islands runs again</h1>{STORY}
<p><a href="https://other.org/beaches">Seven beaches you have never heard of</a></p></article>
<aside class="related-links"><h2>Related</h2><ul><li><a href="/a">One</a><li><a href="/b">Two</a></ul></aside></main>
<footer>© <b>Us</b></footer>
"""


@dataclasses.dataclass(frozen=True)
class Look:
    """Pages, and what is seen of them where each segment's kind is drawn by its text."""

    pages: Pages
    batch: Batch
    spans: Spans
    own: Own
    kinds: Floats
    log_odds: Floats
    seen: Seen

    def column(self, name: str) -> list[float]:
        values = np.concatenate((self.seen.markup, self.seen.around), axis=1)
        found: list[float] = values[:, (*MARKUP_COLUMNS, *TREE_COLUMNS).index(name)].tolist()
        return found

    def by_text(self, name: str) -> dict[str, float]:
        return dict(zip(self.texts, self.column(name), strict=True))

    @property
    def texts(self) -> list[str]:
        return [
            self.batch.text[at:end] for at, end in zip(self.spans.start.tolist(), self.spans.end.tolist(), strict=True)
        ]


def look(*htmls: str, urls: Sequence[str | None] | None = None, sentences: str = "never") -> Look:
    pages = Pages([read_page(html) for html in htmls], urls or [None] * len(htmls))
    batch = make_batch([page.text for page in pages.pages])
    spans = segment(batch, sentences)
    own = own_evidence(batch, spans)
    kinds = np.zeros((len(spans), len(KINDS)), np.float32)
    for number, (start, end) in enumerate(zip(spans.start.tolist(), spans.end.tolist(), strict=True)):
        draw = np.random.default_rng(zlib.crc32(batch.text[start:end].encode()))
        kinds[number] = draw.dirichlet(np.ones(len(KINDS)))
    inserted = kinds[:, -N_INSERTIONS:].sum(1)
    log_odds = np.asarray(np.log(inserted / (1 - inserted)), np.float32)
    return Look(pages, batch, spans, own, kinds, log_odds, see(pages, batch, spans, own, kinds))


# Columns


def test_every_column_has_a_name_and_its_range() -> None:
    seen = look(NEWS, f"<div>{STORY}</div>")
    assert seen.seen.markup.shape == (len(seen.spans), len(MARKUP_COLUMNS))
    assert seen.seen.around.shape == (len(seen.spans), len(TREE_COLUMNS))
    assert len(set(PAGE_COLUMNS)) == len(PAGE_COLUMNS)
    yes_or_no = {*MARKUP_COLUMNS[: len(TAGS) + 1 + len(LANDMARKS)], "all_linked", "has_links", "to_itself"}
    yes_or_no |= {"same_parent_before", "same_parent_after", "is_title", "like_title", "is_description"}
    yes_or_no |= {"body_given", "in_given_body", "in_container"}
    at_most = {"depth": 2.0, "up_to_container": 2.0, "down_from_container": 2.0, "far_before": 2.0, "far_after": 2.0}
    counts = ("links", "siblings", "copies", "path_group", "names_group", "parent_group")
    free = {*counts, *(f"{group}_chars" for group in ("path", "names", "parent"))}
    for name in (*MARKUP_COLUMNS, *TREE_COLUMNS):
        values = np.array(seen.column(name))
        assert np.isfinite(values).all(), name
        if name in yes_or_no:
            assert set(values) <= {0, 1}, name
        elif name not in free:
            assert values.min() + (name == "depth") >= -1e-6, name
            assert values.max() <= at_most.get(name, 1) + 1e-6, name
    tags = np.array([seen.column(f"tag_{tag}") for tag in (*TAGS, "other")])
    assert (tags.sum(0) == 1).all()


def test_what_the_network_sees_is_in_the_order_of_its_names(make_pages: Callable[..., PageModel]) -> None:
    seen = look(NEWS)
    names = weigh_names(seen.seen.names, *np.ones((2, NAME_BUCKETS, len(KINDS)), np.float32))
    values = page_inputs(seen.kinds, seen.log_odds, seen.own.surface, seen.seen.markup, seen.seen.around, names)
    assert values.shape == (len(seen.spans), len(PAGE_COLUMNS))
    expected: dict[str, Any] = {
        "text_body": np.log(np.maximum(seen.kinds[:, KINDS.index("body")], 1e-4)) / 3,
        "text_insertion": seen.log_odds / 4,
        "shape_n_commas": seen.own.surface[:, SURFACE.index("n_commas")],
        "markup_linked": seen.column("linked"),
        "tree_mass_2": seen.column("mass_2"),
        f"names_{KINDS[-1]}": names[:, -1],
    }
    for name, column in expected.items():
        assert np.allclose(values[:, PAGE_COLUMNS.index(name)], column), name
    model = make_pages()
    marked = mark(seen.pages, seen.batch, seen.spans, seen.own, seen.kinds, seen.log_odds, model)
    names = weigh_names(seen.seen.names, model.names_near, model.names_far)
    values = page_inputs(seen.kinds, seen.log_odds, seen.own.surface, seen.seen.markup, seen.seen.around, names)
    assert np.array_equal(marked.scaled, network.standardise(values, model))


def test_tags_landmarks_and_depth() -> None:
    seen = look(NEWS)
    assert seen.by_text("tag_li")["Sport"] == seen.by_text("within_nav")["Sport"] == 1
    assert seen.by_text("within_aside")["One"] == seen.by_text("within_main")["One"] == 1
    assert seen.by_text("within_article")["One"] == 0
    assert seen.by_text("tag_other")["© Us"] == seen.by_text("within_footer")["© Us"] == 1
    # Within html, body, nav, ul: the li is the fifth.
    assert seen.by_text("depth")["Sport"] == pytest.approx(4 / 10 - 1)


def test_shares_of_links_and_emphasis_are_those_of_the_block() -> None:
    seen = look("<p><a href=/x>abcd</a> <b>ef</b> <i>gh</i></p><p><a href=/x>all of it</a></p>")
    assert seen.column("linked") == [0.5, 1]
    assert seen.column("all_linked") == [0, 1]
    assert seen.column("strong") == seen.column("emphasised") == [0.25, 0]


def test_neighbours_and_siblings() -> None:
    seen = look("<div><p>one<p>two<h2>three</h2></div><div><div><div>four</div></div></div>")
    assert seen.column("same_parent_before") == [0, 1, 1, 0]
    assert seen.column("same_parent_after") == [1, 1, 0, 0]
    assert seen.column("far_before") == [2, 0, 0, 0.5]
    assert seen.column("far_after") == [0, 0, 0.5, 2]
    assert seen.column("siblings") == pytest.approx([math.log1p(3) / 2] * 3 + [math.log1p(1) / 2])
    assert seen.column("like_siblings") == pytest.approx([2 / 3, 2 / 3, 1 / 3, 1])


# Links, copies, hints


@pytest.mark.parametrize("html", ["", '<link rel="canonical" href="https://www.example.org/news/a/">'])
def test_where_links_lead(html: str) -> None:
    targets = {
        "relative": "/sport",
        "whole": "https://example.org/sport",
        "subdomain": "//shop.example.org/x",
        "elsewhere": "https://example.com/",
        "anchor": "#comments",
        "itself": "https://example.org/news/a?page=2",
    }
    html += "".join(f"<p><a href='{href}'>{text}</a>" for text, href in targets.items())
    html += "<p>none<p><a href=/1>b</a> <a href=https://example.com/>both</a>"
    seen = look(html, urls=[None if "canonical" in html else "https://www.example.org/news/a/"])
    same, other, itself = (seen.by_text(name) for name in ("same_site", "other_site", "to_itself"))
    assert [text for text in seen.texts if same[text] == 1] == ["relative", "whole", "subdomain", "itself"]
    assert [text for text in seen.texts if other[text] == 1] == ["elsewhere"]
    assert [text for text in seen.texts if itself[text]] == ["anchor", "itself"]
    assert same["b both"] == other["b both"] == 0.5
    assert seen.by_text("links")["b both"] == pytest.approx(math.log1p(2))
    assert [text for text in seen.texts if not seen.by_text("has_links")[text]] == ["none"]


def test_copies_are_counted_in_a_page_alone() -> None:
    seen = look("<p>Share<p>once<p>Share<p>Share", "<p>Share")
    assert seen.column("copies") == pytest.approx([math.log1p(2), 0, math.log1p(2), math.log1p(2), 0])


def test_what_the_page_says_of_its_article() -> None:
    title = "Ferry to the islands runs again"
    body = "".join(f"&lt;p&gt;{LONG.format(number)}&lt;/p&gt;" for number in range(3))
    html = f"""\
<title>{title}</title><meta property="og:description" content="{LONG.format(0)}">
<script type="application/ld+json">{{"articleBody": "{body.replace("&lt;", "<").replace("&gt;", ">")}"}}</script>
<h1>FERRY to the Islands runs again!</h1><p>{title}, at last<p>{LONG.format(0)}<p>{LONG.format(1)}<p>{LONG.format(9)}
<p>Ferry"""
    seen = look(html)
    assert seen.column("is_title") == [1, 0, 0, 0, 0, 0]
    assert seen.column("like_title") == [1, 1, 0, 0, 0, 0]
    assert seen.column("is_description")[2:5] == [1, 1, 1], "the first sixty letters are enough"
    assert seen.column("is_description")[5] == 0
    assert seen.column("body_given") == [1] * 6
    assert seen.column("in_given_body") == [0, 0, 1, 1, 0, 0]


def test_a_page_that_says_nothing_of_its_article() -> None:
    seen = look(f"<p>{LONG}<p>One")
    for name in ("is_title", "like_title", "is_description", "body_given", "in_given_body"):
        assert seen.column(name) == [0, 0]


# The tree


def rises(page: Page, node: int, levels: int) -> int:
    for _ in range(levels):
        node = max(page.parent[node], 0)  # a root stands in itself
    return node


def chain(page: Page, node: int) -> list[int]:
    found = [node]
    while page.parent[found[-1]] >= 0:
        found.append(page.parent[found[-1]])
    return found


def slow_container(page: Page, owner: list[int], weight: list[float]) -> list[tuple[float, float, float]]:
    score: dict[int, float] = collections.defaultdict(float)
    for level in range(PULLED):
        step: dict[int, float] = collections.defaultdict(float)
        for node, each in zip(owner, weight, strict=True):
            step[rises(page, node, level)] += each * PULL**level
        for node, each in step.items():
            score[node] += each
    best = min(node for node, each in score.items() if each == max(score.values()))
    found = []
    for node in owner:
        levels = [level for level in range(CHAIN) if rises(page, best, level) in chain(page, node)]
        up = min(levels, default=CHAIN)
        meet = page.depth[rises(page, best, up)] if levels else 0
        found.append((float(up == 0), min(up, 6) / 3, min(page.depth[node] - meet, 8) / 4))
    return found


def slow_tree_evidence(seen: Look) -> dict[str, list[float]]:
    """What ``tree_evidence`` gives of a single page, element by element."""
    [page] = seen.pages.pages
    owner = seen.seen.tree.owner.tolist()
    rows = range(len(owner))
    size = (seen.spans.end - seen.spans.start).astype(float)
    insertion = seen.kinds[:, -N_INSERTIONS:].sum(1)
    linked = seen.seen.tree.linked
    kept = size * (1 - insertion)
    surface = {name: seen.own.surface[:, SURFACE.index(name)] for name in ("log_chars", "ends_sentence", "long_80")}
    whole = max(kept.sum(), 1)
    container = slow_container(page, owner, (kept * (1 - linked) * np.where(surface["long_80"] > 0, 1, 0.1)).tolist())
    first = [(tag, *names.split()[:1]) for tag, names in zip(page.tag, page.names, strict=True)]
    keys: dict[str, Callable[[int], Hashable]] = {
        "path": lambda node: tuple(first[rises(page, node, level)] for level in range(3)),
        "names": lambda node: (first[node], page.names[node], page.names[rises(page, node, 1)]),
        "parent": lambda node: rises(page, node, 1),
    }
    out: dict[str, list[float]] = collections.defaultdict(list)
    for row in rows:
        for name, value in zip(TREE_COLUMNS[:3], container[row], strict=True):
            out[name].append(value)
        out["text_before"].append(kept[:row].sum() / whole)
        out["text_after"].append(1 - kept[: row + 1].sum() / whole)
        for level in range(LEVELS):
            node = rises(page, owner[row], level)
            inside = [other for other in rows if node in chain(page, owner[other])]
            out[f"mass_{level}"].append(kept[inside].sum() / whole)
            out[f"linked_{level}"].append((size * linked)[inside].sum() / size[inside].sum())
            out[f"insertion_{level}"].append(1 - kept[inside].sum() / size[inside].sum())
        for name, key in keys.items():
            group = [other for other in rows if key(owner[other]) == key(owner[row])]
            out[f"{name}_insertion"].append(insertion[group].mean())
            out[f"{name}_linked"].append(linked[group].mean())
            out[f"{name}_chars"].append(surface["log_chars"][group].mean())
            out[f"{name}_ends"].append(surface["ends_sentence"][group].mean())
            out[f"{name}_mass"].append(kept[group].sum() / whole)
            out[f"{name}_group"].append(math.log1p(len(group)) / 2)
    del out["linked_0"]
    return out


@given(trees)
@relaxed
def test_the_tree_is_summed_up_as_element_by_element(tree: Node) -> None:
    seen = look(tree.html())
    slow = slow_tree_evidence(seen)
    assert set(TREE_COLUMNS) < set(slow)
    for name, values in slow.items():
        assert seen.column(name) == pytest.approx(values, abs=1e-5), name


def test_a_subtree_without_text_and_nested_elements_deeper_than_the_levels() -> None:
    deep = "<div>" * 12 + f"<p>{LONG}</p>" + "</div>" * 12
    seen = look(f"<div><div></div></div>{deep}<p>One</p>")
    for name, values in slow_tree_evidence(seen).items():
        assert seen.column(name) == pytest.approx(values, abs=1e-5), name


def test_the_container_is_the_element_with_the_paragraphs() -> None:
    wrapped = f"<div><div><main><div class=story>{STORY}</div><aside><p>Two</p></aside></main><p>Foot</p></div></div>"
    seen = look(wrapped)
    foot, two = (seen.texts.index(text) for text in ("Foot", "Two"))
    assert seen.column("in_container") == [1] * 5 + [0] * 2
    assert seen.column("up_to_container")[two] == pytest.approx(1 / 3)
    assert seen.column("down_from_container")[two] == pytest.approx(2 / 4)
    assert seen.column("up_to_container")[foot] == pytest.approx(2 / 3)
    assert seen.column("down_from_container")[foot] == pytest.approx(1 / 4)


def test_linked_paragraphs_make_no_container() -> None:
    listed = "".join(f"<p><a href=/{number}>{LONG.format(number)}</a></p>" for number in range(20, 32))
    seen = look(f"<div><div><div><div>{STORY}</div><section>{listed}</section></div></div></div>")
    assert seen.column("in_container") == [1] * 5 + [0] * 12


def test_segments_of_a_block_share_its_place() -> None:
    text = "The ferry runs again. The captain was glad of it. Nobody else was."
    seen = look(f"<div><p>{text}</p><p>One</p></div>", sentences="always")
    assert len(seen.spans) == 4
    assert (seen.seen.tree.owner[:3] == seen.seen.tree.owner[0]).all()
    for name in ("linked", "tag_p", "depth", "mass_0", "copies", "path_insertion"):
        assert len(set(seen.column(name)[:3])) == 1, name


# Batches


@given(st.lists(trees, min_size=1, max_size=3))
@relaxed
def test_pages_in_a_batch_are_seen_as_each_alone(batch: list[Node]) -> None:
    htmls = [tree.html() for tree in batch]
    alone = [look(html) for html in htmls]
    together = look(*htmls)
    assert np.array_equal(together.seen.markup, np.concatenate([one.seen.markup for one in alone]))
    assert np.allclose(together.seen.around, np.concatenate([one.seen.around for one in alone]), atol=1e-5)
    near, far = np.random.default_rng(1).standard_normal((2, NAME_BUCKETS, 3), np.float32)
    parts = [weigh_names(one.seen.names, near, far) for one in alone]
    assert np.allclose(weigh_names(together.seen.names, near, far), np.concatenate(parts), atol=1e-5)


def test_pages_without_text_change_nothing(make_pages: Callable[..., PageModel]) -> None:
    model = make_pages()

    def judged(seen: Look) -> Any:
        return mark(seen.pages, seen.batch, seen.spans, seen.own, seen.kinds, seen.log_odds, model).log_odds

    alone = np.concatenate((judged(look(NEWS)), judged(look(STORY))))
    for htmls in ((NEWS, STORY), ("", NEWS, "<div></div>", STORY, "")):
        assert np.allclose(judged(look(*htmls)), alone, atol=1e-4)


def test_pages_have_their_own_address() -> None:
    html = "<p><a href=https://example.org/x>x</a>"
    seen = look(html, html, urls=["https://example.org/", "https://example.com/"])
    assert seen.column("same_site") == [1, 0]


# Names of elements


def buckets(*words: str) -> tuple[int, ...]:
    return tuple(sorted({zlib.crc32(word.encode()) % NAME_BUCKETS for word in words}))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("story", ("story",)),
        ("story-text", ("story", "text", "story text")),
        ("readMore", ("read", "more", "read more")),
        ("READ_MORE", ("read", "more", "read more")),
        ("col6 col12", ("col", "col col")),
        ("a1", ()),
        ("x story", ("story", "x story")),
        ("q" * 24, ("q" * 24,)),
        ("q" * 25, ()),
        ("", ()),
        ("123 --", ()),
    ],
)
def test_words_of_names(names: str, words: tuple[str, ...]) -> None:
    assert _name_buckets(names) == buckets(*words)


@given(trees)
@relaxed
def test_names_weigh_what_their_words_do_together(tree: Node) -> None:
    seen = look(f"<html class=no-js><body class=news>{tree.html()}")
    [page] = seen.pages.pages
    near, far = np.random.default_rng(2).standard_normal((2, NAME_BUCKETS, 3), np.float32)
    found = weigh_names(seen.seen.names, near, far)
    for row, owner in enumerate(seen.seen.tree.owner.tolist()):
        around = [_name_buckets(page.names[node]) for node in chain(page, owner)[: NEAR + FAR]]
        total = sum((near[list(each)].sum(0) for each in around[:NEAR]), np.zeros(3))
        total = sum((far[list(each)].sum(0) for each in around[NEAR:]), total)
        count = max(sum(map(len, around)), 1)
        assert found[row] == pytest.approx(total * NAME_SCALE / math.sqrt(count), abs=1e-4)


# Reasons


@pytest.mark.parametrize("make", ["drawn", "shipped"])
def test_contributions_add_up_to_the_log_odds(make: str, make_pages: Callable[..., PageModel]) -> None:
    model = shipped() if make == "shipped" else make_pages()
    seen = look(NEWS)
    marked = mark(seen.pages, seen.batch, seen.spans, seen.own, seen.kinds, seen.log_odds, model)
    assert np.allclose(marked.kinds.sum(1), 1, atol=1e-4)
    assert np.allclose(marked.kinds[:, -N_INSERTIONS:].sum(1), network.sigmoid(marked.log_odds), atol=1e-4)
    added = network.attribute_page(marked.scaled, model)
    assert added.shape == marked.scaled.shape
    before = network.calibrated(network.forward(model.baseline[None], model.layers), model)[1]
    error = np.abs(added.sum(1) - (marked.log_odds - before))
    assert (error <= 0.02 * np.abs(added).sum(1)).all()
    assert np.allclose(network.attribute_page(model.baseline[None], model), 0)
