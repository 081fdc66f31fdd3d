"""Markup: where in a page's tree each segment stands, what it links to, and what stands beside it there.

Columns of :data:`MARKUP_COLUMNS` depend on the page alone; those of
:data:`TREE_COLUMNS` also on verdicts about its segments, and are made anew for
each network. All of it is arithmetic on arrays over a whole batch; elements
are numbered in document order, so that a subtree is a range.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import itertools
import re
import zlib
from collections.abc import Callable, Hashable, Sequence
from typing import Final

import numpy as np

from newsflag._exact import Running
from newsflag._text import Batch, Bools, Doubles, Floats, Ints
from newsflag.evidence.hashing import add_rows
from newsflag.evidence.surface import COLUMNS as SURFACE
from newsflag.kinds import KINDS
from newsflag.markup.links import address, same_site
from newsflag.markup.page import LANDMARKS, Page
from newsflag.segmentation.lines import Spans

TAGS: Final = (
    *("p", "li", "h1", "h2", "h3", "h4", "div", "span", "a", "td", "figcaption", "blockquote", "button", "dt", "dd"),
    *("th", "section", "article", "label", "body", "time", "header", "br", "pre", "ul", "summary", "main"),
)
LEVELS: Final = 5
"""Ancestors of a segment whose share of the text is looked at, itself included."""
PULL: Final = 0.75
"""What is left of a paragraph's weight one level up, when the article's container is looked for; as in the family of
Readability (Arc90, 2009), where a paragraph's score goes half to its grandparent."""
PULLED: Final = 8
CHAIN: Final = 8
"""Elements around the container that are told apart; further out all are the same."""

MARKUP_COLUMNS: Final = (
    *(f"tag_{tag}" for tag in TAGS),
    "tag_other",
    *(f"within_{tag}" for tag in LANDMARKS),
    *("depth", "linked", "all_linked", "strong", "emphasised", "links", "has_links", "same_site", "other_site"),
    *("to_itself", "same_parent_before", "same_parent_after", "far_before", "far_after", "siblings", "like_siblings"),
    *("is_title", "like_title", "is_description", "body_given", "in_given_body", "copies"),
    *("path_group", "names_group", "parent_group"),
)
TREE_COLUMNS: Final = (
    *("in_container", "up_to_container", "down_from_container", "text_before", "text_after"),
    *(f"mass_{level}" for level in range(LEVELS)),
    *(f"linked_{level}" for level in range(1, LEVELS)),
    *(f"insertion_{level}" for level in range(LEVELS)),
    *(f"path_{name}" for name in ("insertion", "linked", "chars", "ends")),
    *(f"names_{name}" for name in ("insertion", "linked", "chars", "ends")),
    *(f"parent_{name}" for name in ("insertion", "linked", "chars", "ends")),
    *("path_mass", "names_mass", "parent_mass"),
)

_TAG: Final = {tag: number for number, tag in enumerate(TAGS)}
_NOT_LETTERS: Final = re.compile(r"[\W_]+")
_NOT_LETTERS_OR_BREAKS: Final = re.compile(r"[^\w\n]+|_+")


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The trees of a batch of pages as arrays, elements of all pages numbered through.

    Parameters
    ----------
    parent, last, depth : int64 arrays, shape (elements,)
        As in :class:`~newsflag.markup.page.Page`.
    first_of : int64 array, shape (elements,)
        The root of each element's page.
    block : int64 array, shape (segments,)
        Number of the block that holds each segment.
    owner : int64 array, shape (segments,)
        Element that each segment stands in.
    linked : float32 array, shape (segments,)
        Share of each segment's block that stands in links.
    path, names, siblings : int64 arrays, shape (segments,)
        Group of the segments with the same way down to them, with the same classes, with the same parent.
    """

    parent: Ints
    last: Ints
    depth: Ints
    first_of: Ints
    block: Ints
    owner: Ints
    linked: Floats
    path: Ints
    names: Ints
    siblings: Ints


def plant(pages: Sequence[Page], batch: Batch, spans: Spans) -> Tree:
    """Trees of pages whose texts are a batch."""
    sizes = [len(page.tag) for page in pages]
    first = np.concatenate(([0], np.cumsum(sizes)))[:-1]
    parent = np.concatenate([np.array(page.parent, np.int64) + at for page, at in zip(pages, first, strict=True)])
    last = np.concatenate([np.array(page.last, np.int64) + at for page, at in zip(pages, first, strict=True)])
    depth = np.concatenate([np.array(page.depth, np.int64) for page in pages])
    first_of = np.repeat(first, sizes)
    parent = np.maximum(parent, first_of)  # a root is its own parent
    begin = np.concatenate(
        [np.array(page.start, np.int64) + at for page, at in zip(pages, batch.doc_start, strict=False)]
    )
    block = np.searchsorted(begin, spans.start, side="right") - 1
    block_owner = np.concatenate([np.array(page.owner, np.int64) + at for page, at in zip(pages, first, strict=True)])
    owner = block_owner[block]
    solid = np.maximum(_joined([page.solid for page in pages]), 1)
    up, higher = parent[owner], parent[parent[owner]]
    tag = list(itertools.chain.from_iterable(page.tag for page in pages))
    name = list(itertools.chain.from_iterable(page.names for page in pages))
    kinds, _ = _numbered((owner, up, higher), len(tag), lambda node: (tag[node], *name[node].split(maxsplit=1)[:1]))
    names, _ = _numbered((owner, up), len(tag), name.__getitem__)
    path = _group(spans.doc, kinds[owner], kinds[up], kinds[higher])
    return Tree(
        parent,
        last,
        depth,
        first_of,
        block,
        owner,
        (_joined([page.linked for page in pages]) / solid)[block].astype(np.float32),
        path,
        _group(spans.doc, kinds[owner], names[owner], names[up]),
        _group(up),
    )


def _numbered(nodes: Sequence[Ints], n_nodes: int, key: Callable[[int], Hashable]) -> tuple[Ints, list[Hashable]]:
    """A number for each distinct key of the elements named, by element, and the keys; other elements have 0."""
    known: dict[Hashable, int] = {}
    numbers = np.zeros(n_nodes, np.int64)
    needed = np.unique(np.concatenate(nodes))
    numbers[needed] = [known.setdefault(key(node), len(known)) for node in needed.tolist()]
    return numbers, list(known)


def _joined(columns: Sequence[Sequence[int]]) -> Doubles:
    return np.concatenate([np.array(column, np.float64) for column in columns])


def _group(*keys: Ints) -> Ints:
    """Number of each row's group: rows with the same keys."""
    code = keys[0].astype(np.int64)
    for key in keys[1:]:
        code = np.unique(code, return_inverse=True)[1] * (int(key.max(initial=0)) + 1) + key
    return np.asarray(np.unique(code, return_inverse=True)[1], np.int64)


def markup_evidence(tree: Tree, pages: Sequence[Page], urls: Sequence[str | None], spans: Spans) -> Floats:
    """What the markup says of each segment by itself, shape (segments, ``MARKUP_COLUMNS``)."""
    owner, block = tree.owner, tree.block
    tag = np.array([_TAG.get(tag, len(TAGS)) for page in pages for tag in page.tag], np.int64)
    within = np.array([bits for page in pages for bits in page.within], np.int64)[owner]
    solid = np.maximum(_joined([page.solid for page in pages]), 1)
    strong = (_joined([page.strong for page in pages]) / solid)[block]
    emphasised = (_joined([page.emphasised for page in pages]) / solid)[block]
    links = np.array(
        [
            _targets(hrefs, address(url or page.hints.canonical))
            for page, url in zip(pages, urls, strict=True)
            for hrefs in page.hrefs
        ],
        np.float64,
    ).reshape(-1, 4)[block]
    said = np.concatenate([_said(page) for page in pages])[block]
    up = tree.parent[owner]
    n = len(spans)
    tags = np.zeros((n, len(TAGS) + 1))
    tags[np.arange(n), tag[owner]] = 1
    landmarks = (within[:, None] >> np.arange(len(LANDMARKS))) & 1
    # Siblings: elements with the same parent; alike: with the same tag too.
    children = np.bincount(tree.parent, minlength=len(tree.parent))
    alike_key = _group(tree.parent, tag)
    alike = np.bincount(alike_key)[alike_key]
    near = spans.doc[1:] == spans.doc[:-1]
    together = np.zeros(n + 1, bool)
    together[1:-1] = near & (up[1:] == up[:-1])
    apart = np.full(n + 1, 4.0)
    apart[1:-1] = np.where(near, np.abs(tree.depth[owner][1:] - tree.depth[owner][:-1]), 4)
    columns = [
        np.minimum(tree.depth[owner], 30) / 10 - 1,
        tree.linked,
        tree.linked > 0.8,
        strong,
        emphasised,
        np.log1p(links[:, 0]),
        links[:, 0] > 0,
        links[:, 1],
        links[:, 2],
        links[:, 3],
        together[:-1],
        together[1:],
        np.minimum(apart[:-1], 4) / 2,
        np.minimum(apart[1:], 4) / 2,
        np.log1p(children[up]) / 2,
        alike[owner] / np.maximum(children[up], 1),
        *said.T,
        np.log1p(_copies(pages)[block] - 1),
        *(np.log1p(np.bincount(group)[group]) / 2 for group in (tree.path, tree.names, tree.siblings)),
    ]
    return np.concatenate((tags, landmarks, np.stack(columns, axis=1)), axis=1, dtype=np.float32)


def _targets(hrefs: tuple[str, ...], here: tuple[str, str]) -> tuple[float, float, float, float]:
    """Number of links; share to the same site, to other sites; whether one leads to the page itself."""
    if not hrefs:
        return 0, 0, 0, 0
    same = other = itself = 0
    for href in hrefs:
        if href.startswith("#"):
            itself = 1
            continue
        if href.startswith("/") and not href.startswith("//"):  # most links, told apart without more ado
            same += 1
            itself |= bool(here[1]) and href.startswith(here[1]) and address(href)[1] == here[1]
            continue
        host, path = address(href)
        if same_site(here[0], host):
            same += 1
            itself |= bool(path) and path == here[1]
        else:
            other += 1
    return len(hrefs), same / len(hrefs), other / len(hrefs), itself


def _copies(pages: Sequence[Page]) -> Ints:
    """How often the text of each block stands in its page."""
    counts: list[int] = []
    for page in pages:
        lines = page.text.split("\n") if len(page) else []
        times = collections.Counter(lines)
        counts += [times[line] for line in lines]
    return np.array(counts, np.int64)


def _said(page: Page) -> Doubles:
    """How each block stands to what the page says about its article, shape (blocks, 5)."""
    out = np.zeros((len(page), 5))
    titles = [_squeezed(title) for title in page.hints.titles[:_MOST_HINTS]]
    titles = [title for title in titles if len(title) > 4]
    descriptions = [text for text in map(_squeezed, page.hints.descriptions[:_MOST_HINTS]) if len(text) > 20]
    body = _squeezed(_TAGGED.sub(" ", page.hints.body[:_LONGEST_HINT]))
    out[:, 3] = len(body) > 200
    if not (titles or descriptions or body):
        return out
    for number, text in enumerate(_NOT_LETTERS_OR_BREAKS.sub("", page.text.casefold()).split("\n")):
        size = len(text)
        if size < 5:
            continue
        if size < 300:
            out[number, 0] = text in titles
            out[number, 1] = size > 14 and any(text in title or title in text for title in titles)
        if descriptions and size > 20:
            out[number, 2] = any(text in told or told in text or text[:60] == told[:60] for told in descriptions)
        if body and size > 11:
            out[number, 4] = text in body
    return out


# Every line is looked up in these: bounds on them keep the cost linear.
_MOST_HINTS: Final = 10
_LONGEST_HINT: Final = 200_000  # characters; no article is longer
_TAGGED: Final = re.compile(r"<[^<>]{0,500}>|&[#\w]{1,10};")


def _squeezed(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())


def tree_evidence(tree: Tree, insertion: Floats, surface: Floats, spans: Spans) -> Floats:
    """What verdicts say of each segment's surroundings in the tree, shape (segments, ``TREE_COLUMNS``).

    Parameters
    ----------
    insertion : float32 array, shape (segments,)
        Probability of an insertion by the verdicts so far.
    """
    owner = tree.owner
    n_nodes = len(tree.parent)
    size = (spans.end - spans.start).astype(np.float64)
    paragraph = surface[:, SURFACE.index("long_80")] > 0
    kept = size * (1 - insertion)
    weight = kept * (1 - tree.linked) * np.where(paragraph, 1, 0.1)
    # A node's sum over its subtree, for every node, by differences of a running sum.
    own = np.stack([np.bincount(owner, each, n_nodes) for each in (kept, size, size * tree.linked)])
    nodes = np.arange(n_nodes)
    total = np.stack([Running(each).between(nodes, tree.last) for each in own])
    root = tree.first_of[owner]
    all_kept = np.maximum(total[0][root], 1)
    columns = [*_container(tree, weight, root)]
    first = np.searchsorted(spans.doc, spans.doc, side="left")
    before = Running(kept).between(first, np.arange(len(kept)))
    columns += [before / all_kept, 1 - (before + kept) / all_kept]
    masses, linked, inserted = [], [], []
    node = owner
    for level in range(LEVELS):
        characters = np.maximum(total[1][node], 1)
        masses.append(total[0][node] / all_kept)
        inserted.append(1 - total[0][node] / characters)
        if level:
            linked.append(total[2][node] / characters)
        node = tree.parent[node]
    columns += [*masses, *linked, *inserted]
    values = (
        insertion,
        tree.linked,
        surface[:, SURFACE.index("log_chars")],
        surface[:, SURFACE.index("ends_sentence")],
    )
    for group in (tree.path, tree.names, tree.siblings):
        times = np.bincount(group)
        columns += [(np.bincount(group, value) / times)[group] for value in values]
    columns += [np.bincount(group, kept)[group] / all_kept for group in (tree.path, tree.names, tree.siblings)]
    return np.stack(columns, axis=1).astype(np.float32)


def _container(tree: Tree, weight: Doubles, root: Ints) -> tuple[Bools, Doubles, Doubles]:
    """How each segment stands to the element that holds most of the article: inside, levels up, levels down."""
    n_nodes = len(tree.parent)
    score = np.zeros(n_nodes)
    node, pull = tree.owner, 1.0
    for _ in range(PULLED):
        score += np.bincount(node, weight * pull, n_nodes)
        node = np.where(tree.parent[node] == node, node, tree.parent[node])
        pull *= PULL
    roots = np.flatnonzero(tree.first_of == np.arange(n_nodes))
    top = np.maximum.reduceat(score, roots)
    page = np.cumsum(tree.first_of == np.arange(n_nodes)) - 1
    hits = np.flatnonzero(score == top[page])
    best = hits[np.unique(page[hits], return_index=True)[1]]
    # Levels from the container up to the lowest element that holds both it and the segment.
    up = np.full(len(tree.owner), CHAIN, np.float64)
    meet = tree.depth[root].copy()
    here = page[tree.owner]
    ring = best
    for level in range(CHAIN):
        around = ring[here]
        inside = (up == CHAIN) & (around <= tree.owner) & (tree.owner < tree.last[around])
        up[inside] = level
        meet[inside] = tree.depth[around][inside]
        ring = tree.parent[ring]
    down = tree.depth[tree.owner] - meet
    return up == 0, np.minimum(up, 6) / 3, np.minimum(down, 8) / 4


# ---------------------------------------------------------------- names of elements

NAME_BUCKETS: Final = 1024
NEAR: Final = 2
"""Elements around a segment, the innermost first, whose names are looked at by themselves."""
FAR: Final = 4
"""Elements around those, whose names are looked at together."""
NAME_SCALE: Final = 1.5
"""How much larger than one a segment's hashed names stand together, so that one penalty suits them and the rest."""

_CAMEL: Final = re.compile(r"([a-z])([A-Z])")
_NAME_WORDS: Final = re.compile(r"[a-z]+")
_LONGEST_NAME: Final = 24  # letters; a longer word is no word


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Words in the class and id of the elements around each segment, hashed.

    Parameters
    ----------
    bucket, owner : int64 arrays, shape (words,)
        Row of the table that each word names, and the distinct name that it stands in; sorted by name.
    n_names : int
        How many distinct names there are; the number itself stands for none.
    near, far : int64 arrays, shapes (segments, NEAR), (segments, FAR)
        Names of the elements around each segment.
    """

    bucket: Ints
    owner: Ints
    n_names: int
    near: Ints
    far: Ints

    @property
    def count(self) -> Floats:
        """How many words stand around each segment, at least 1; shape (segments,)."""
        size = np.bincount(self.owner, minlength=self.n_names + 1)
        return np.asarray(np.maximum(size[self.near].sum(1) + size[self.far].sum(1), 1), np.float32)


def name_evidence(tree: Tree, pages: Sequence[Page]) -> Names:
    """Look up the names around each segment."""
    nodes, inside = [tree.owner], [np.ones(len(tree.owner), bool)]
    for _ in range(1, NEAR + FAR):
        up = tree.parent[nodes[-1]]
        inside.append(inside[-1] & (up != nodes[-1]))
        nodes.append(up)
    name = list(itertools.chain.from_iterable(page.names for page in pages))
    numbers, known = _numbered(nodes, len(tree.parent), name.__getitem__)
    words = [_name_buckets(str(each)) for each in known]
    ids = np.stack([np.where(there, numbers[node], len(known)) for node, there in zip(nodes, inside, strict=True)], 1)
    return Names(
        np.array([bucket for each in words for bucket in each], np.int64),
        np.repeat(np.arange(len(known)), [len(each) for each in words]),
        len(known),
        ids[:, :NEAR],
        ids[:, NEAR:],
    )


def weigh_names(names: Names, near: Floats, far: Floats) -> Floats:
    """What the names around each segment weigh by two tables of shape (NAME_BUCKETS, columns)."""
    total = np.zeros((len(names.near), near.shape[1]), np.float32)
    for table, ids in ((near, names.near), (far, names.far)):
        sums = np.zeros((names.n_names + 1, table.shape[1]), np.float32)
        add_rows(sums, names.owner, names.bucket, table)
        total += sums[ids].sum(1)
    return np.asarray(total * (NAME_SCALE / np.sqrt(names.count))[:, None], np.float32)


@functools.lru_cache(maxsize=65536)
def _name_buckets(names: str) -> tuple[int, ...]:
    """Rows that the words in an element's class and id name, pairs of words too; figures in them say nothing."""
    words = [word for word in _NAME_WORDS.findall(_CAMEL.sub(r"\1 \2", names).lower()) if len(word) <= _LONGEST_NAME]
    found = {word for word in words if len(word) > 1}
    found |= {f"{one} {two}" for one, two in itertools.pairwise(words)}
    return tuple(sorted({zlib.crc32(word.encode()) % NAME_BUCKETS for word in found}))


# ---------------------------------------------------------------- all of it

_SHAPE: Final = (
    *("log_chars", "log_words", "long_80", "long_160", "ends_sentence", "upper_share", "title_words", "digit_share"),
    *("known_lead_in", "n_commas", "first_lower", "no_words", "last_question"),
)
_SHAPE_AT: Final = [SURFACE.index(name) for name in _SHAPE]
PAGE_COLUMNS: Final = (
    *(f"text_{kind}" for kind in KINDS),
    "text_insertion",
    *(f"shape_{name}" for name in _SHAPE),
    *(f"markup_{name}" for name in MARKUP_COLUMNS),
    *(f"tree_{name}" for name in TREE_COLUMNS),
    *(f"names_{kind}" for kind in KINDS),
)
"""Names of the inputs of the network that judges the segments of a page."""

_FLOOR: Final = 1e-4
"""Least probability of a kind that the network is told of; keeps its logarithm bounded."""


def page_inputs(
    kinds: Floats, log_odds: Floats, surface: Floats, markup: Floats, tree: Floats, names: Floats
) -> Floats:
    """Everything that the network sees of each segment, shape (segments, ``PAGE_COLUMNS``).

    Parameters
    ----------
    kinds, log_odds : float32 arrays, shapes (segments, kinds), (segments,)
        What the text alone says.
    surface, markup, tree, names : float32 arrays, shape (segments, …)
    """
    return np.concatenate(
        (
            np.log(np.maximum(kinds, _FLOOR)) / 3,
            log_odds[:, None] / 4,
            surface[:, _SHAPE_AT],
            markup,
            tree,
            names,
        ),
        axis=1,
        dtype=np.float32,
    )


__all__ = [
    "FAR",
    "MARKUP_COLUMNS",
    "NAME_BUCKETS",
    "NEAR",
    "PAGE_COLUMNS",
    "TREE_COLUMNS",
    "Names",
    "Tree",
    "markup_evidence",
    "name_evidence",
    "page_inputs",
    "plant",
    "tree_evidence",
    "weigh_names",
]
