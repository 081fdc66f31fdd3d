"""The report page in a real browser: accessibility, sorting, folding, printing.

Needs Chromium and the extra ``browser`` (playwright, which drives it, and a package that carries axe-core); where one
of them is missing these tests are skipped, and what can be checked without a browser is in test_report_page.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import newsflag
from newsflag.rendering import to_page

sync_api = pytest.importorskip("playwright.sync_api", reason="needs pip install 'newsflag[browser]'")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs pip install 'newsflag[browser]'")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    # What the driver's machinery warns of is not ours to mend.
    pytest.mark.filterwarnings("default"),
]

HOSTILE = (
    "The council met.\n\n</div></details><script>document.title = 'taken'</script>\n\nREAD MORE: <img src=x onerror=y>"
)


@pytest.fixture(scope="module")
def page_file(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of texts and pages of our own."""
    paths = sorted((root / "notebooks" / "articles").iterdir())
    reports = [
        (newsflag.flag_html(path.read_bytes()) if path.suffix == ".html" else newsflag.flag(path.read_text("utf-8")))
        for path in paths
    ]
    pairs = [*zip(reports, (path.name for path in paths), strict=True), (newsflag.flag(HOSTILE), "<b>hostile</b>.txt")]
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(to_page(pairs), "utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium."""
    with sync_api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Any, page_file: Path) -> Iterator[Any]:
    """The report, open; whatever the browser complains of fails the test."""
    context = browser.new_context()
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: complaints.append(request.url) if request.url != page_file.as_uri() else None)
    opened.goto(page_file.as_uri())
    yield opened
    context.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("unfolded", [True, False])
@pytest.mark.parametrize("width", [1200, 360])
def test_axe_finds_nothing(browser: Any, page_file: Path, scheme: str, unfolded: bool, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(page_file.as_uri())
    if unfolded:
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    # What is folded has no place on the screen, which axe takes for one thing lying on another.
    options = {} if unfolded else {"rules": {"color-contrast": {"enabled": False}}}
    results = axe.Axe().run(page, options=options)
    assert len(results.response["passes"]) > 20
    assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in results.response["violations"]] == []
    context.close()


def test_a_click_sorts_and_another_turns_it_round(page: Any) -> None:
    def column(number: int) -> list[str]:
        return list(page.locator(f".nf-summary tbody tr > :nth-child({number})").all_inner_texts())

    flags = sorted(map(int, column(2)), reverse=True)
    page.get_by_role("button", name="flags").click()
    assert list(map(int, column(2))) == flags
    assert page.locator("th[aria-sort=descending]").count() == 1
    page.get_by_role("button", name="flags").press("Enter")  # with the keyboard too
    assert list(map(int, column(2))) == flags[::-1]
    page.get_by_role("button", name="article", exact=True).click()
    assert column(1)[0].startswith("<b>hostile</b>.txt")


def test_a_link_opens_its_article(page: Any) -> None:
    article = page.locator(".nf-article").last
    assert not article.locator(".nf-text").is_visible()
    page.get_by_role("link", name="<b>hostile</b>.txt").click()
    assert article.locator(".nf-text").is_visible()
    assert "<script>document.title" in article.locator(".nf-text").inner_text()
    assert page.title() == "newsflag report"


def test_buttons_open_and_close_all(page: Any) -> None:
    page.get_by_role("button", name="Open all").click()
    assert page.locator(".nf-article:not([open])").count() == 0
    page.get_by_role("button", name="Close all").click()
    assert page.locator(".nf-article[open]").count() == 0


def test_without_scripts_all_is_there(browser: Any, page_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.locator(".nf-tools").is_hidden()
    assert page.locator(".nf-summary tbody tr").count() == page.locator(".nf-article").count() > 10
    page.locator(".nf-article summary").first.click()
    assert page.locator(".nf-article .nf-text").first.is_visible()
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_on_paper_every_article_is_open(browser: Any, page_file: Path, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(page_file.as_uri())
    folded = page.pdf()
    page.emulate_media(media="print")
    if scripts:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
    else:
        assert page.locator(".nf-article .nf-text").last.bounding_box()["height"] > 0
    assert len(folded) > 50_000
    context.close()
