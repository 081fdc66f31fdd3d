"""Pages of random trees, for tests of what is made of markup."""

from __future__ import annotations

import dataclasses
from typing import Final

from hypothesis import strategies as st

TEXTS: Final = (
    "Home",
    "Read more",
    "The ferry is running again, the harbour office said.",
    "The ferry between Norholm and the outer islands is running again, the harbour office said on Tuesday morning.",
    "Engineers found cracks in its piers, and so the old bridge stays shut until spring. Nobody knows who is to pay.",
)


@dataclasses.dataclass(frozen=True)
class Node:
    """An element: its tag, its classes, what stands in it."""

    tag: str
    classes: str
    children: tuple[Node | str, ...]
    href: str = ""

    def html(self) -> str:
        inner = "".join(child if isinstance(child, str) else child.html() for child in self.children)
        inner = f'<a href="{self.href}">{inner}</a>' if self.href else inner
        return f'<{self.tag} class="{self.classes}">{inner}</{self.tag}>'


_classes = st.sampled_from(("", "story", "story-text lead", "readMore box2", "ad"))
_hrefs = st.sampled_from(("", "", "", "/a", "https://other.org/b"))
_texts = st.sampled_from(TEXTS)
leaves = st.builds(Node, st.sampled_from(("p", "h2", "figcaption", "blockquote")), _classes, st.tuples(_texts), _hrefs)
trees = st.recursive(
    leaves,
    lambda inner: st.builds(
        Node,
        st.sampled_from(("div", "section", "article", "aside")),
        _classes,
        st.lists(st.one_of(inner, inner, _texts), min_size=1, max_size=4).map(tuple),
    ),
    max_leaves=10,
)


__all__ = ["TEXTS", "Node", "leaves", "trees"]
