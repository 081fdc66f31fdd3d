"""Pages into text: what is shown and what is not, where blocks stand, how bytes are decoded, what pages hint at."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsflag.errors import InputError
from newsflag.markup import Page, Paths, decode, read_page
from newsflag.markup.page import BLOCKS, HIDDEN, LANDMARKS, SPACED
from newsflag.markup.paths import DEEPEST

lexbor: Final = pytest.importorskip("selectolax.lexbor")
pytest.importorskip("w3lib")

relaxed = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def text(html: str) -> str:
    return read_page(html).text


def lines(html: str) -> list[str]:
    page = read_page(html)
    return page.text.split("\n") if len(page) else []


def paths(html: str) -> list[str]:
    page = read_page(html)
    finder = Paths(page)
    return [finder.path(owner) for owner in page.owner]


# What is shown


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>let it = '<p>rain';</script>",
        "<style>p { color: red }</style>",
        "<template><p>rain</p></template>",
        "<!-- rain -->",
        "<!-- rain > -- ! -->",
        "<?xml rain ?>",
        "<div hidden>rain<p>rain</div>",
        "<div hidden=''>rain</div>",
        "<div hidden=until-found>rain</div>",
        "<p style='display:none'>rain",
        "<p style='color: red; DISPLAY : NONE !important'>rain",
        "<span style='visibility: hidden'>rain</span>",
        "<table><tr style='visibility:collapse'><td>rain</table>",
        "<div style='content-visibility: hidden'>rain</div>",
        "<noscript>rain<img src=x></noscript>",
        "<noframes>rain</noframes>",
        "<iframe src=x>rain</iframe>",
        "<object data=x>rain</object>",
        "<video src=x>rain</video>",
        "<audio src=x>rain</audio>",
        "<canvas>rain</canvas>",
        "<dialog>rain</dialog>",
        "<datalist><option>rain</datalist>",
        "<svg><title>rain</title><text>rain</text></svg>",
        "<svg><foreignObject><p>rain</p></foreignObject></svg>",
        "<input value=rain placeholder=rain>",
        "<img alt=rain title=rain>",
        "<p title=rain>",
        "<title>rain</title>",
    ],
)
def test_what_browsers_do_not_show_is_no_text(hidden: str) -> None:
    assert lines(f"<body><p>Before</p>{hidden}</p></div><p>After</p>") == ["Before", "After"]


@pytest.mark.parametrize(
    "shown",
    [
        "<dialog open>Rain</dialog>",
        "<details><summary>Rain</summary></details>",
        "<p style='-webkit-backface-visibility: hidden; backface-visibility:hidden'>Rain",
        "<p style='--display: none'>Rain",
        "<p style='display: block'>Rain",
        "<p style=''>Rain",
        "<p aria-hidden=true>Rain",
        "<p class='hidden'>Rain",
        "<blockquote>Rain</blockquote>",
        "<button>Rain</button>",
        "<textarea>Rain</textarea>",
        "<select><option>Rain</select>",
        "<math><mi>Rain</mi></math>",
        "<rain-drop>Rain</rain-drop>",
        "<o:p>Rain</o:p>",
        "<blink>Rain</blink>",
        "<marquee>Rain</marquee>",
        "<p>R<b>a</b><i>i</i><!-- -->n",
        "<p>R<script>x</script>ain",
        "<p>R<svg><path d=''></svg>ain",
        "R<wbr>ain",
        "<p hidden>Sun</p><p>Rain",
    ],
)
def test_what_browsers_show_is_text(shown: str) -> None:
    assert lines(f"<body>{shown}") == ["Rain"]


@pytest.mark.parametrize(
    "html",
    [
        "<body><noscript>Switch it on</noscript><p>Rain",
        "<head><noscript><link href=x><style>p {}</style></noscript></head><p>Rain",
        pytest.param(
            "<head><noscript><p>Switch it on</p></noscript></head><p>Rain",
            marks=pytest.mark.xfail(strict=True, reason="parsed as without scripts, where a <p> ends the head"),
        ),
    ],
)
def test_noscript_is_not_shown(html: str) -> None:
    assert lines(html) == ["Rain"]


@pytest.mark.parametrize(
    "html", ["", " \n", "<p>", "<!-- -->", "<html><body></body></html>", "<p>&nbsp;</p>", "\ufeff"]
)
def test_pages_without_text(html: str) -> None:
    page = read_page(html)
    assert page.text.strip("\ufeff") == ""
    assert len(page) == len(page.owner) == len(page.hrefs) == (1 if page.text else 0)


def test_a_frameset_has_no_text_of_its_own() -> None:
    page = read_page("<title>Old</title><frameset cols=1><frame src=a><noframes><p>Rain</noframes></frameset>")
    assert page.text == ""
    assert "frameset" in page.tag
    assert page.hints.titles == ("Old",)


# Blocks


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("One", ["One"]),
        ("One<p>Two</p>Three", ["One", "Two", "Three"]),
        ("<div>One<div>Two</div>Three</div>Four", ["One", "Two", "Three", "Four"]),
        ("One<br>Two<br/><br>\n<br>Three<br>", ["One", "Two", "Three"]),
        ("<p>One<hr>Two", ["One", "Two"]),
        ("<p>One<br></p><br><p>Two", ["One", "Two"]),
        ("<span>One</span> <span>Two</span>", ["One Two"]),
        ("<span>One</span><span>Two</span>", ["OneTwo"]),
        ("<ul><li>One<li>Two<ul><li>Three</ul>Four</ul>", ["One", "Two", "Three", "Four"]),
        ("<dl><dt>One<dd>Two<dd>Three</dl>", ["One", "Two", "Three"]),
        ("<table><caption>One<tr><th>Two<td>Three</table>", ["One", "Two", "Three"]),
        ("<table>Two<tr><td>Three</table>", ["Two", "Three"]),  # what no cell holds goes before the table
        ("<table><tr><td><p>One<td>Two</table>", ["One", "Two"]),
        ("<figure><img src=x><figcaption>One</figcaption></figure>Two", ["One", "Two"]),
        ("<select><option>One<option>Two</select>", ["One", "Two"]),
        ("<details><summary>One</summary>Two</details>", ["One", "Two"]),
        ("<a href=x><h2>One</h2><p>Two</p></a>Three", ["One", "Two", "Three"]),
        ("<b>One<p>Two</b>Three</p>", ["One", "TwoThree"]),
        ("<i>One<div>Two</i>Three</div>Four", ["One", "TwoThree", "Four"]),
        ("<p>One</i></div></section>Two", ["OneTwo"]),
        ("<p>One<p>Two<div>Three", ["One", "Two", "Three"]),
        ("One</p>Two", ["One", "Two"]),  # a stray </p> is an empty paragraph
        ("<div>One</span></ul>Two", ["OneTwo"]),
        ("<h1>One<h2>Two", ["One", "Two"]),
        ("<p>One<", ["One<"]),
        ("<p>One<p class='x", ["One"]),
        ("<p>1 < 2 && 3>2", ["1 < 2 && 3>2"]),
        ("<td>One<td>Two", ["OneTwo"]),  # cells outside of a table are no elements
        ("<x-card>One</x-card><x-card>Two<p>Three</x-card>", ["OneTwo", "Three"]),
        ("<center>One</center><font>Two</font>", ["One", "Two"]),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", ["漢kan"]),
        ("<plaintext>One</p>", ["One</p>"]),
    ],
)
def test_blocks(html: str, expected: list[str]) -> None:
    assert lines(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p> One \n\t two  </p>", ["One two"]),
        ("<p>One\u00a0two&nbsp;&nbsp;three", ["One two three"]),
        ("<p>One\u2028two\x85three\x1cfour\x0bfive", ["One two three four five"]),
        ("<pre>One\n  two\n\n\tthree  \n</pre>", ["One", "  two", "\tthree"]),
        ("<pre>One\r\ntwo\rthree</pre>", ["One", "two", "three"]),
        ("<pre>One\u2028two\x85three</pre>", ["One", "two", "three"]),
        ("<pre>One <b>two\nthree</b> four</pre>five\nsix", ["One two", "three four", "five six"]),
        ("<pre>One\n<div>two\nthree</div>four\nfive</pre>", ["One", "two three", "four", "five"]),
        ("<textarea>\nOne\ntwo</textarea>", ["One", "two"]),
        ("<xmp>One <b>\ntwo</xmp>", ["One <b>", "two"]),
        ("<listing>One\ntwo</listing>", ["One", "two"]),
    ],
)
def test_white_space(html: str, expected: list[str]) -> None:
    assert lines(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("&amp;lt; &lt;b&gt; &copy &eacute;&#233;&#xE9;", "&lt; <b> © ééé"),
        ("caf&eacute &notit; &nosuch;", "café ¬it; &nosuch;"),
        ("&#147;One&#148; &#x80;", "“One” €"),  # as browsers read what was meant as windows-1252
        ("&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd"),
        ("so&shy;ft", "so\u00adft"),
        ("\u200bOne\u200d\ufefftwo", "\u200bOne\u200d\ufefftwo"),
        ("&#8203;", "\u200b"),
        ("\u202bאבג\u202c 😀👩\u200d🚀", "\u202bאבג\u202c 😀👩\u200d🚀"),
        ("One\x00two", "Onetwo"),
    ],
)
def test_characters(html: str, expected: str) -> None:
    assert text(f"<p>{html}</p>") == expected


def test_surrogates_are_the_character_that_they_make_and_nothing_alone() -> None:
    assert text("<p>a\ud83d\ude00b") == "a😀b"
    assert text("<p>a\ud83db\ude00") == "a\ufffdb\ufffd"


def test_starts_are_offsets_of_the_blocks() -> None:
    page = read_page("<h1>Größe 😀</h1><pre>One\n two</pre><p>Three<br>four")
    assert page.text == "Größe 😀\nOne\n two\nThree\nfour"
    assert page.start == [0, 8, 12, 17, 23]
    assert [page.tag[owner] for owner in page.owner] == ["h1", "pre", "pre", "p", "p"]


# Links and emphasis


def test_characters_inside_of_links_bold_and_italics_are_counted_without_white_space() -> None:
    page = read_page("<p>One <a href=/x>two  <b>three</b></a> <em>four <cite>five</cite></em> <strong>six</strong></p>")
    assert page.solid == [22]
    assert page.linked == [8]
    assert page.strong == [8]
    assert page.emphasised == [8]
    assert page.hrefs == [("/x",)]


def test_a_link_around_blocks_links_each_of_them() -> None:
    page = read_page("<a href=/x><h3>One</h3><p>Two</p></a><p>Three")
    assert page.linked == [3, 3, 0]
    assert page.hrefs == [("/x",), ("/x",), ()]


def test_links_do_not_nest() -> None:
    page = read_page("<p><a href=/x>One <a href=/y>two</a> three")
    assert page.linked == [6]
    assert page.hrefs == [("/x", "/y")]


def test_each_target_is_named_once_in_its_block() -> None:
    page = read_page("<p><a href=/x>One</a> <a href=/y>two</a> <a href=/x>three</a><p><a href=/x>Four</a>")
    assert page.hrefs == [("/x", "/y"), ("/x",)]


def test_targets_stand_as_they_stand_in_the_page() -> None:
    page = read_page("<base href=https://b.example><p><a href=' ../x?a=1&amp;b=2#c '>One</a>")
    assert page.hrefs == [(" ../x?a=1&b=2#c ",)]


@pytest.mark.parametrize("link", ["<a href=/x></a>", "<a href=/x> </a>", "<a href=/x><img alt=One></a>"])
def test_links_without_text_are_none(link: str) -> None:
    page = read_page(f"<p>One {link} two")
    assert page.linked == [0]
    assert page.hrefs == [()]


def test_anchors_are_no_links_and_links_by_script_are() -> None:
    assert read_page("<p><a name=top>One</a> two").linked == [0]
    assert read_page("<p><a onclick=go()>One</a> two").linked == [3]


def test_each_line_of_preformatted_text_has_its_own_links() -> None:
    page = read_page("<pre>One\n<a href=/x>two\nthree</a> four\n<b>five</b></pre>")
    assert page.hrefs == [(), ("/x",), ("/x",), ()]
    assert page.linked == [0, 3, 5, 0]
    assert page.solid == [3, 3, 9, 4]
    assert page.strong == [0, 0, 0, 4]


# Elements


def test_elements_are_numbered_in_document_order() -> None:
    page = read_page("<head><title>T</title></head><body><nav><p>One</p></nav><script>x</script><p>Two")
    assert page.tag == ["html", "head", "body", "nav", "p", "script", "p"]
    assert page.parent == [-1, 0, 0, 2, 3, 2, 2]
    assert page.depth == [0, 1, 1, 2, 3, 2, 2]
    assert page.last == [7, 2, 7, 5, 5, 6, 7]
    assert page.owner == [4, 6]


def test_names_are_class_and_id() -> None:
    page = read_page("<div class='Teaser box' id=t1><p class>One<p id=x>Two<p class=y>Three")
    assert page.names[2:] == ["", "Teaser box t1", "", "x", "y "]


@pytest.mark.parametrize(
    ("html", "landmarks"),
    [
        ("<main><article><p>One", {"main", "article"}),
        ("<div role=main><p>One", {"main"}),
        ("<div role=navigation><ul><li>One", {"nav", "ul"}),
        ("<div role=contentinfo>One", {"footer"}),
        ("<div role=complementary><form><button>One", {"aside", "form", "button"}),
        ("<figure><figcaption>One", {"figure", "figcaption"}),
        ("<table><tr><td>One", {"table"}),
        ("<nav></nav><p>One", set()),
        ("<div role=nonsense>One", set()),
    ],
)
def test_landmarks_hold_for_all_that_stands_in_them(html: str, landmarks: set[str]) -> None:
    page = read_page(html)
    bits = page.within[page.owner[0]]
    assert {name for number, name in enumerate(LANDMARKS) if bits >> number & 1} == landmarks


# What holds for every page


def is_closed(node: Any) -> bool:
    """Whether what an element holds is not shown."""
    attributes = node.attributes
    style = re.sub(r"\s", "", attributes.get("style") or "").lower().split(";")
    return (
        node.tag in HIDDEN
        or "hidden" in attributes
        or (node.tag == "dialog" and "open" not in attributes)
        or bool({"display:none", "visibility:hidden"} & set(style))
    )


def elements(tree: Any) -> list[Any]:
    """All elements of a small page that are not inside of closed ones, in document order."""
    found: list[Any] = []

    def visit(node: Any) -> None:
        found.append(node)
        if not is_closed(node):
            for child in node.iter(include_text=False):
                if child.tag[0] not in "-!":
                    visit(child)

    visit(tree.root)
    return found


def shown_lines(tree: Any) -> list[str]:
    """Lines of a small page whose line breaks are nowhere shown: U+0000, which no page holds, stands for a break."""
    parts: list[str] = []

    def visit(node: Any) -> None:
        if node.tag == "-text":
            parts.append(node.text_content or "")
            return
        if node.tag[0] in "-!" or is_closed(node):
            return
        parts.append("\0" * (node.tag in BLOCKS))
        for child in node.iter(include_text=True):
            visit(child)
        parts.append("\0" * (node.tag in BLOCKS))

    visit(tree.root)
    return [" ".join(line.split()) for line in "".join(parts).split("\0") if line.strip()]


def check(page: Page) -> None:
    """The page's arrays agree with each other."""
    blocks = page.text.split("\n") if page.text else []
    columns = (page.start, page.owner, page.linked, page.strong, page.emphasised, page.solid, page.hrefs)
    assert {len(column) for column in columns} == {len(page)} == {len(blocks)}
    at = 0
    for start, line, solid, linked, strong, emphasised, hrefs in zip(
        page.start, blocks, page.solid, page.linked, page.strong, page.emphasised, page.hrefs, strict=True
    ):
        assert start == at
        assert line.strip()
        assert line == line.rstrip()
        assert len(line.splitlines()) == 1
        at += len(line) + 1
        assert solid == len("".join(line.split()))
        assert all(0 <= part <= solid for part in (linked, strong, emphasised))
        assert len(set(hrefs)) == len(hrefs)
        assert all(hrefs)
        assert not hrefs or linked
    size = len(page.tag)
    rows = (page.parent, page.last, page.names, page.ids, page.within, page.depth)
    assert {len(row) for row in rows} == {size}
    assert page.parent[:1] == [-1]
    assert all(0 <= parent < number for number, parent in enumerate(page.parent) if number)
    assert all(page.depth[n] == page.depth[parent] + 1 for n, parent in enumerate(page.parent) if n)
    assert all(page.within[parent] & ~page.within[n] == 0 for n, parent in enumerate(page.parent) if n)
    # A subtree reaches as far as its last descendant.
    last = list(range(1, size + 1))
    for number in range(size - 1, 0, -1):
        last[page.parent[number]] = max(last[page.parent[number]], last[number])
    assert page.last == last
    assert all(page.tag[owner] in BLOCKS for owner in page.owner)
    ids = [id_ for id_ in page.ids if id_]
    assert len(set(ids)) == len(ids)


def check_paths(html: str, page: Page) -> None:
    """Every element of a small page is the one that its path finds."""
    tree = lexbor.LexborHTMLParser(html)
    expected = elements(tree)
    assert page.tag == [node.tag for node in expected]
    finder = Paths(page)
    # The root owns no text, and drawings may hold elements of its name.
    for number, node in list(enumerate(expected))[1:]:
        found = tree.css(finder.path(number))
        assert [each.mem_id for each in found] == [node.mem_id], finder.path(number)


words: Final = st.text(
    st.sampled_from([*"ab \n\t.<>&;\"'", "é", "\u00a0", "\u200b", "\x85", "\u2028", "中", "😀", "\x1f"])
)
tags: Final = st.sampled_from(
    [
        *("p", "div", "span", "a", "b", "em", "i", "li", "ul", "h1", "h2", "br", "hr", "table", "tr", "td", "section"),
        *("article", "nav", "figure", "figcaption", "button", "form", "select", "option", "dl", "dt", "dd", "script"),
        *("style", "template", "svg", "math", "title", "noscript", "iframe", "dialog", "details", "o:p", "x-y", "font"),
        *("body", "html", "head", "frameset", "caption", "center", "address", "ruby", "rt", "nobr", "input", "img"),
    ]
)
attributes: Final = st.sampled_from(
    [
        *("", "", "", " id=x", " id=X", " id=y", " id='a b'", " id=1", " id='é'", " class='one two'", " href=/x"),
        *(" href=/y", " name=z", " hidden", " style='display:none'", " style='color:red'", " role=main", " open"),
    ]
)
any_tags: Final = st.one_of(tags, st.sampled_from(sorted(BLOCKS | HIDDEN | SPACED)))


@st.composite
def trees(draw: st.DrawFn, names: st.SearchStrategy[str] = tags, depth: int = 4) -> str:
    """Elements within elements, closed as they were opened; the parser may still see them otherwise."""
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        if not depth or draw(st.booleans()):
            parts.append(draw(words))
        else:
            tag = draw(names)
            inside = draw(trees(names, depth - 1))
            parts.append(f"<{tag}{draw(attributes)}>{inside}</{tag}>")
    return "".join(parts)


@st.composite
def soups(draw: st.DrawFn, names: st.SearchStrategy[str] = tags) -> str:
    """Tags in any order, opened and closed or not, comments and scraps of tags."""
    token = st.one_of(
        words,
        st.builds("<{}{}>".format, names, attributes),
        st.builds("</{}>".format, names),
        st.sampled_from(["<!-- c -->", "<!--", "-->", "<!doctype html>", "<", "</", "<p", "&amp;", "&nbsp;", "&#13;"]),
    )
    return "".join(draw(st.lists(token, max_size=25)))


@relaxed
@given(st.one_of(trees(), soups()))
@example("<p id=x>a<div hidden><p id=x>b</div>")
@example("<svg><g id=x></g></svg><p id=x>a")
@example("<div id=x>a</div><div id=X>b</div>")
@example("<div><o:p><p>a</p></o:p><o:p><p>b</p></o:p></div>")
def test_small_pages_are_read_like_the_tree_says(html: str) -> None:
    page = read_page(html)
    check(page)
    check_paths(html, page)
    assert (page.text.split("\n") if page.text else []) == shown_lines(lexbor.LexborHTMLParser(html))


@relaxed
@given(st.one_of(trees(any_tags), soups(any_tags)))
@example("<pre>a\n<textarea>\nb</textarea>\r\n</pre>")
@example("<pre>&#13;<b>&#10;</b></pre>")
def test_pages_of_any_elements_hold_together(html: str) -> None:
    page = read_page(html)
    check(page)
    check_paths(html, page)


@relaxed
@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_a_page(html: str) -> None:
    check(read_page(html))


@relaxed
@given(st.one_of(trees(), soups()))
def test_reading_twice_gives_the_same(html: str) -> None:
    one, two = read_page(html), read_page(html)
    assert (one.text, one.owner, one.hrefs, one.tag, one.last) == (two.text, two.owner, two.hrefs, two.tag, two.last)


# Paths


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("One", ["html > body"]),
        ("<p>One", ["html > body > p"]),
        ("<p>One<p>Two", ["html > body > p:nth-of-type(1)", "html > body > p:nth-of-type(2)"]),
        ("<p hidden>No<p>One", ["html > body > p:nth-of-type(2)"]),
        ("<p hidden>No<div>One</div><p>Two", ["html > body > div", "html > body > p:nth-of-type(2)"]),
        ("<div id=story><p>One", ["#story > p"]),
        ("<div id=a-1_B>One", ["#a-1_B"]),
        ("<div id=1a>One", ["html > body > div"]),
        ("<div id='a b'>One", ["html > body > div"]),
        ("<div id=a.b>One", ["html > body > div"]),
        ("<div id='é'>One", ["html > body > div"]),
        ("<div id=''>One", ["html > body > div"]),
        ("<div id=x>One</div><p id=x>Two", ["html > body > div", "html > body > p"]),
        ("<o:p><p>One</p></o:p>", [r"html > body > o\:p > p"]),
        ("<x-1.a><p>One</p></x-1.a>", [r"html > body > x-1\.a > p"]),
        ("<table><td>One", ["html > body > table > tbody > tr > td"]),
        ("<math><mi></mi><mi><p>One</p></mi></math>", ["html > body > math > mi:nth-of-type(2) > p"]),
    ],
)
def test_paths(html: str, expected: list[str]) -> None:
    assert paths(html) == expected
    check_paths(html, read_page(html))


@pytest.mark.parametrize(
    "other",
    [
        "<p id=x>Two",
        "<p id=X>Two",  # the same to selectors in a page without a doctype
        "<div hidden><p id=x>Two</div>",
        "<svg><g id=x></g></svg>",
        "<noscript><p id=x>Two</p></noscript>",
        "<img id=x>",
    ],
)
def test_ids_that_another_element_has_too_begin_no_path(other: str) -> None:
    html = f"<body><div>{other}</div><p id=x>One"
    assert paths(html)[-1] == "html > body > p"
    check_paths(html, read_page(html))


def test_ids_in_templates_are_of_another_document() -> None:
    html = "<body><template><p id=x>Two</p></template><p id=x>One"
    assert paths(html) == ["#x"]
    check_paths(html, read_page(html))


def test_paths_of_elements_far_down_are_cut() -> None:
    [path] = paths("<div>" * 300 + "One")
    assert path.split(" > ") == ["div"] * DEEPEST
    [path] = paths("<div>" * 300 + "<div id=x><p>One")
    assert path == "#x > p"


# Size


def test_100_000_elements_within_each_other_inline() -> None:
    page = read_page("<span>" * 100_000 + "One")
    assert page.text == "One"
    assert max(page.depth) == 100_001
    assert Paths(page).path(len(page.tag) - 1).count("span") == DEEPEST


def test_blocks_within_each_other() -> None:
    # The parser takes time by the square of the depth.
    page = read_page("<div>a" * 20_000 + "</div>b" * 20_000)
    assert len(page) == 40_000
    assert page.text == "a\n" * 20_000 + "b\n" * 19_999 + "b"
    assert page.last[2] == 20_003


def test_200_000_siblings() -> None:
    page = read_page("<p>One</p>" * 200_000)
    assert len(page) == 200_000
    assert page.text.count("\n") == 199_999
    assert Paths(page).path(page.owner[-1]) == "html > body > p:nth-of-type(200000)"


def test_20_megabytes_of_paragraphs() -> None:
    html = f"<p>{'The council met on Monday. ' * 75}<a href=/x>More</a></p>" * 10_000
    assert len(html) > 20_000_000
    page = read_page(html)
    assert len(page) == 10_000
    assert page.linked == [4] * 10_000


def test_20_megabytes_in_one_block() -> None:
    page = read_page("<p>" + "The council met on Monday. " * 750_000)
    assert len(page) == 1
    assert page.solid == [22 * 750_000]


@pytest.mark.parametrize("name", ["class", "id", "href", "style", "role", "x"])
def test_attributes_of_a_million_characters(name: str) -> None:
    html = f"<p {name}='{'a ' * 500_000}'><a href='{'b' * 1_000_000}'>One</a>"
    page = read_page(html)
    assert page.text == "One"
    assert page.hrefs == [("b" * 1_000_000,)]
    assert paths(html) == ["html > body > p"]


@pytest.mark.parametrize(
    "piece", ["<b>", "<a href=x>", "</b>", "<!--", "<", "&", "<svg>", "<template>", "<table>", "]]>"]
)
def test_scraps_many_times_over(piece: str) -> None:
    check(read_page(piece * 5_000 + "One"))


# Decoding


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_byte_order_marks_go_before_all_else_and_are_dropped(encoding: str) -> None:
    html = "<meta charset=windows-1251><p>Größe 😀"
    assert decode(f"\ufeff{html}".encode(encoding)) == html


@pytest.mark.parametrize(
    "declaration",
    [
        "<meta charset={}>",
        "<META CHARSET='{}'>",
        '<meta http-equiv="Content-Type" content="text/html; charset={}">',
        "<meta content='text/html;charset={}' http-equiv=content-type>",
        "<?xml version='1.0' encoding='{}'?>",
    ],
)
def test_declarations_are_read(declaration: str) -> None:
    html = f"{declaration.format('koi8-r')}<p>Мост закрыт"
    assert decode(html.encode("koi8-r")) == html


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("windows-1252", "„Größe“ – 5 €"),
        ("windows-1250", "Žluťoučký kůň"),
        ("iso-8859-2", "Žluťoučký kůň"),
        ("windows-1251", "Мост закрыт"),
        ("koi8-r", "Мост закрыт"),
        ("iso-8859-7", "Η γέφυρα"),
        ("windows-1255", "הגשר סגור"),
        ("windows-1256", "الجسر مغلق"),
        ("shift_jis", "橋は春まで閉鎖されます。"),
        ("euc-jp", "橋は春まで閉鎖されます。"),
        ("iso-2022-jp", "橋は春まで閉鎖されます。"),
        ("gb2312", "大桥关闭到春天。"),
        ("gb18030", "大桥关闭到春天。𠀀"),
        ("big5", "大橋關閉到春天。"),
        ("euc-kr", "다리는 봄까지 닫힙니다."),
    ],
)
def test_declared_encodings(encoding: str, words: str) -> None:
    html = f"<meta charset={encoding}><p>{words}"
    assert decode(html.encode(encoding)) == html


@pytest.mark.parametrize("label", ["iso-8859-1", "latin1", "us-ascii", "ISO_8859-1"])
def test_latin_1_means_windows_1252(label: str) -> None:
    html = f"<meta charset={label}><p>„Größe“ – 5 €"
    assert decode(html.encode("windows-1252")) == html


@pytest.mark.parametrize(
    "label", ["iso-8859-1", "windows-1251", "shift_jis", "iso-2022-jp", "utf-16", "klingon", "base64", ""]
)
def test_valid_utf_8_is_that_whatever_it_declares(label: str) -> None:
    html = f"<meta charset={label}><p>Größe, 橋, мост"
    assert decode(html.encode()) == html


def test_broken_utf_8_that_is_declared_loses_no_more_than_what_is_broken() -> None:
    assert decode("<meta charset=utf-8><p>Größe".encode() + b"\xff\xc3") == "<meta charset=utf-8><p>Größe\ufffd\ufffd"


russian: Final = "Мэр города сообщил в понедельник, что старый мост останется закрытым до весны. "
german: Final = "Der Bürgermeister sagte, die Brücke über den Fluss müsse größer werden, wofür Geld fehle. "


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("windows-1251", russian * 5),
        ("windows-1252", german * 5),
        ("shift_jis", "橋は春まで閉鎖されます。市長は月曜日に語った。" * 5),
        ("utf-16-le", german * 5),
    ],
)
def test_undeclared_encodings_are_guessed(encoding: str, words: str) -> None:
    html = f"<p>{words}</p>"
    assert decode(html.encode(encoding)) == html


@pytest.mark.parametrize("shift", range(3))
def test_guessing_cuts_no_character_in_two(shift: int) -> None:
    html = "x" * shift + "<p>橋は春まで閉鎖されます。市長は月曜日に語った。</p>" * 6_000
    assert decode(html.encode("shift_jis")) == html


@pytest.mark.parametrize(
    "label", ["klingon", "base64", "rot13", "zlib", "hex", "idna", "undefined", "utf-16", "x" * 500]
)
def test_labels_that_name_no_encoding_count_as_none(label: str) -> None:
    html = f"<meta charset={label}><p>{russian * 5}"
    assert decode(html.encode("windows-1251")) == html


@pytest.mark.parametrize("data", [b"", b"<p>One", b" \n"])
def test_plain_bytes(data: bytes) -> None:
    assert decode(data) == data.decode()


@relaxed
@given(st.binary(), st.sampled_from([b"", b"<meta charset=latin1>", b"<meta charset=gbk>", b"<meta charset=utf-7>"]))
def test_any_bytes_are_decoded(data: bytes, declaration: bytes) -> None:
    check(read_page(decode(declaration + b"<p>" + data)))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG image"),
        (b"GIF89a\x01\x00", "a GIF image"),
        (b"PK\x03\x04\x14\x00", "a zip archive"),
        (gzip.compress(b"<p>One"), "a gzip archive (decompress it first)"),
    ],
)
def test_other_files_are_refused_by_name(data: bytes, what: str) -> None:
    with pytest.raises(
        InputError, match=re.escape(f"the bytes are those of {what}, but must be those of an HTML page")
    ):
        decode(data)


# Hints


def linked_data(*items: object) -> str:
    return "".join(f"<script type='application/ld+json'>{json.dumps(item)}</script>" for item in items)


def test_titles_come_once_each_and_squeezed() -> None:
    hints = read_page(
        "<title>Bridge shut | The Hollerbach Post</title><meta property=og:title content='Bridge  shut '>"
        "<meta name=twitter:title content='Bridge shut'>"
        + linked_data({"headline": "Bridge shut"}, {"headline": "Old"})
    ).hints
    assert hints.titles == ("Bridge shut", "Bridge shut | The Hollerbach Post", "Old")


def test_the_title_of_a_drawing_is_not_the_pages() -> None:
    assert read_page("<svg><g><title>Menu</title></g></svg><p>One").hints.titles == ()
    assert read_page("<body><svg><title>Menu</title></svg><title>Bridge</title>").hints.titles == ("Bridge",)


def test_descriptions() -> None:
    hints = read_page(
        "<meta name=Description content='One &amp; two'><meta property=og:description content=Three>"
    ).hints
    assert hints.descriptions == ("One & two", "Three")


@pytest.mark.parametrize(
    ("html", "canonical"),
    [
        ("<link rel=canonical href=' https://a.example/x '>", "https://a.example/x"),
        ("<meta property=og:url content=https://a.example/y>", "https://a.example/y"),
        ("<meta property=og:url content=/y><link rel=canonical href=/x>", "/x"),
        ("<link rel=canonical><link rel=alternate href=/z>", ""),
        ("<p>One", ""),
    ],
)
def test_the_address_that_a_page_gives_itself(html: str, canonical: str) -> None:
    assert read_page(html).hints.canonical == canonical


@pytest.mark.parametrize(
    "data",
    [
        {"@type": "NewsArticle", "articleBody": "The council met."},
        [{"@type": "Person"}, {"articleBody": "The council met."}],
        {"@graph": [{"@type": "WebSite"}, {"@type": "NewsArticle", "articleBody": "The council met."}]},
        {"mainEntity": {"deep": [[{"articleBody": "The council met."}]]}},
        {"articleBody": "The council met.", "hasPart": {"articleBody": "Short."}},
    ],
)
def test_the_body_for_search_engines_is_found_at_any_depth(data: object) -> None:
    assert read_page(linked_data(data)).hints.body == "The council met."


@pytest.mark.parametrize(
    "script",
    [
        "",
        "{",
        "{'articleBody': 'single quotes'}",
        '{"articleBody": "cut o',
        "// {}",
        "<!-- {} -->",
        "null",
        "3",
        '"articleBody"',
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        "1" * 100_000,
        '{"articleBody": 3, "headline": null, "description": []}',
        '{"articleBody": ["One"], "headline": {"@value": "One"}}',
    ],
)
def test_broken_data_for_search_engines_is_no_hint(script: str) -> None:
    page = read_page(f"<script type=application/ld+json>{script}</script><p>One")
    assert page.text == "One"
    assert page.hints.body == ""
    assert page.hints.titles == ()


def test_line_breaks_within_strings_are_forgiven() -> None:
    page = read_page('<script type=application/ld+json>{"articleBody": "One\ntwo"}</script>')
    assert page.hints.body == "One\ntwo"


def test_data_of_another_article_does_not_hide_the_longest_body() -> None:
    page = read_page(
        linked_data({"articleBody": "Short."})
        + "<script type=application/ld+json>{</script>"
        + linked_data({"articleBody": "Longer one."})
    )
    assert page.hints.body == "Longer one."
