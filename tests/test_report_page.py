"""The report page: what it holds, that nothing gets out of its place, and that it needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

import pytest
from _outline import Outline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsflag.rendering import to_page
from newsflag.report import Report


def outline(html: str) -> Outline:
    return Outline(html, void=("meta",))


def test_every_article_has_a_row_that_leads_to_it(report: Report, make_report: Callable[..., Report]) -> None:
    names = ["b.txt", "a.txt", "empty.txt"]
    empty = Report("", (), (), "", {}, 0.5, "handmade 1 (0)")
    reports = (report, make_report(("body", "All is well.")), empty)
    page = outline(to_page(zip(reports, names, strict=True), title="Today"))
    assert page.texts["title"] == page.texts["h1"] == ["Today"]
    assert page.texts["a"][1:] == names == page.texts["h3"]
    targets = [link.removeprefix("#") for link in page.links]
    assert set(targets) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("details") >= 2


def test_the_page_has_landmarks_headings_and_a_language(report: Report) -> None:
    html = to_page([(report, "a.txt"), (report, "b.txt")])
    page = outline(html)
    for tag in ("header", "main", "footer", "h1", "caption", "title"):
        assert page.tags.count(tag) == 1, tag
    assert '<html lang="en">' in html
    assert html.count('scope="col"') >= 11
    assert html.count('scope="row"') == 2
    assert page.texts["a"][0] == "Skip to the articles"


def test_one_article_stands_open_and_many_are_folded(report: Report) -> None:
    assert '<details class="nf-article" id="article-1" open>' in to_page([(report, "a")])
    assert not re.search(r'class="nf-article"[^>]* open', to_page([(report, "a"), (report, "b")]))


def test_nothing_is_fetched_and_no_script_but_ours_may_run(report: Report) -> None:
    html = to_page([(report, "a.txt")])
    page = outline(html)
    [script] = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in html
    assert not {"link", "img", "iframe", "object", "form"} & set(page.tags)
    assert not {"src", "action", "onclick", "onload"} & page.attributes
    assert all(link.startswith("#") or link in page.ids for link in page.links)
    assert "url(" not in html
    assert "://" not in html


def test_of_no_article_a_page_is_made_too() -> None:
    page = outline(to_page([]))
    assert "0 articles" in "".join(page.texts["p"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_names_and_titles_are_escaped(make_report: Callable[..., Report], text: str) -> None:
    for odd in (text, f"<script>{text}", f'"><img src=x onerror=y>{text}</h3></details>'):
        html = to_page([(make_report(("teaser", odd.strip() or "x")), odd)], title=odd)
        html.encode("utf-8")
        page = outline(html)
        assert page.tags.count("script") == 1
        assert "img" not in page.tags
        assert not any(name.startswith("on") for name in page.attributes)


@pytest.mark.parametrize("n", [1, 3])
def test_the_page_says_how_many(report: Report, n: int) -> None:
    text = "".join(outline(to_page([(report, str(each)) for each in range(n)])).texts["p"])
    assert f"{n} article{'s' if n > 1 else ''}, {n} flag{'s' if n > 1 else ''}." in text
