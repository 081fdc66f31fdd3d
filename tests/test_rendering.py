"""Reports in words, on a terminal and in HTML."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import pytest
from _outline import Outline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsflag.explain import CUES, sentence, sentence_for
from newsflag.kinds import INSERTION_KINDS, KINDS, SCORES
from newsflag.rendering import to_detail, to_html, to_terminal
from newsflag.report import Flag, Markup, Reason, Report, Segment, Verdict

any_text = st.text(st.characters(exclude_categories=()), max_size=80)
relaxed = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


def odd_report(text: str, kind: str) -> Report:
    """One segment over the whole of a text, flagged."""
    reasons = (Reason("words", 2.0, 0, len(text)), Reason("length", -0.5))
    segment = Segment(
        0, len(text), text, kind, dict.fromkeys(KINDS, 1 / 12), {"insertion": 0.9}, Verdict(kind, 0.8), reasons
    )
    flags = (Flag(kind, segment, 0.9, 0.5, sentence(segment)),) if segment.is_insertion else ()
    return Report(text, (segment,), flags, "", dict.fromkeys(SCORES, 0.5), 0.5, "handmade 1 (0)")


# Sentences


@pytest.mark.parametrize("contribution", [1.5, -1.5])
@pytest.mark.parametrize("cue", [*CUES, "something_new"])
def test_every_cue_has_a_sentence(cue: str, contribution: float) -> None:
    text = "Read more about the bridge"
    for reason in (Reason(cue, contribution), Reason(cue, contribution, 0, 9)):
        result = sentence_for(reason, text)
        assert re.fullmatch(r"[A-Z][^{}]+: [+-]1\.50\.", result), result


def test_both_sides_of_a_cue_read_differently() -> None:
    assert all(inserted != article for inserted, article in CUES.values())


def test_a_sentence_quotes_its_evidence() -> None:
    assert "(“Read more”)" in sentence_for(Reason("words", 1.0, 0, 9), "Read more about it")
    assert "(“Read more”)" in sentence_for(Reason("words", 1.0, 100, 109), "Read more about it", offset=100)
    assert "“" not in sentence_for(Reason("words", 1.0, 0, 9), "Read more about it", offset=100)
    assert "“" not in sentence_for(Reason("words", 1.0), "Read more about it")


def test_long_evidence_is_shortened() -> None:
    result = sentence_for(Reason("words", 1.0, 0, 5000), "word " * 1000)
    assert len(result) < 120
    assert "…”" in result


def test_the_strongest_reasons_are_named_first(report: Report) -> None:
    promo = report.segments[3]
    assert sentence(promo) == (
        "Taken for a call to action, as its wording (“Sign”) is that of insertions "
        "and what stands before it points to an insertion."
    )


def test_a_strong_reason_against_the_verdict_is_named() -> None:
    reasons = (Reason("words", 2.0), Reason("topic_overlap", -1.5), Reason("length", -0.1))
    segment = Segment(0, 4, "Text", "teaser", {}, {"insertion": 0.6}, Verdict("teaser", 0.6), reasons)
    assert sentence(segment).endswith(", although it is about what the article is about.")


@pytest.mark.parametrize("reasons", [(), (Reason("words", -2.0),), (Reason("words", 0.0),)])
def test_without_reasons_for_the_verdict_the_score_is_named(reasons: tuple[Reason, ...]) -> None:
    segment = Segment(0, 4, "Text", "teaser", {}, {"insertion": 0.6}, Verdict("teaser", 0.6), reasons)
    assert sentence(segment) == "Taken for a teaser with an insertion score of 0.60."


@relaxed
@given(
    st.sampled_from([*KINDS, "new_kind"]),
    st.lists(st.builds(Reason, st.sampled_from([*CUES, "new_cue", "{quote}", ""]), st.floats(-9, 9)), max_size=8),
)
def test_a_segment_has_exactly_one_sentence(kind: str, reasons: list[Reason]) -> None:
    segment = Segment(0, 4, "Text", kind, {}, {"insertion": 0.5}, Verdict(kind, 0.5), tuple(reasons))
    result = sentence(segment)
    assert result.startswith(("Taken for ", "Kept as "))
    assert result.endswith(".")
    assert "\n" not in result


# Terminal


def test_a_listing_shows_every_segment(report: Report) -> None:
    listing = to_terminal(report, name="bridge.txt", width=100)
    for segment in report.segments:
        assert f"{segment.start}-{segment.end}" in listing
        assert segment.kind in listing
    assert listing.startswith("bridge.txt: 1 flagged (5 segments; handmade 1 (0), threshold 0.50)\n")


def test_a_listing_reads_without_colour(report: Report) -> None:
    listing = to_terminal(report, width=100)
    assert "\x1b" not in listing
    marked = [line for line in listing.splitlines() if line.startswith("> ")]
    assert any("***" in line for line in marked)
    assert "Sign up to our <b>morning</b> letter & never miss a thing" in " ".join(" ".join(marked).split())
    assert "Taken for a call to action" in " ".join(marked)
    assert not any("bridge" in line for line in marked)


def flagged_for_wording(report: Report) -> Report:
    """The same with its last line, which is the article's own, flagged for two scores."""
    line = report.segments[-1]
    flags = (Flag("sensational", line, 0.97, 0.95, "Loaded."), Flag("persuasion", line, 0.96, 0.95, "Pushing."))
    return dataclasses.replace(report, flags=(*report.flags, *flags))


def test_a_listing_tells_the_scores_that_wording_is_flagged_for(report: Report) -> None:
    listing = to_terminal(flagged_for_wording(report), width=200)
    assert listing.splitlines()[-1].endswith("  sensational 0.97: Loaded. persuasion 0.96: Pushing.")
    assert "call_to_action 0.96: " not in listing  # its row has the score


def test_a_detail_tells_what_wording_is_flagged_for(report: Report) -> None:
    flagged = flagged_for_wording(report)
    detail = to_detail(flagged, flagged.segments[-1], width=120)
    rows = detail.splitlines()
    place = next(number for number, row in enumerate(rows) if row.startswith("Kept as the article's own text"))
    assert rows[place + 1 : place + 4] == [
        "Flagged for sensational 0.97, threshold 0.95: Loaded.",
        "Flagged for persuasion 0.96, threshold 0.95: Pushing.",
        "",
    ]
    for other in flagged.segments[:-1]:
        assert "Flagged for" not in to_detail(flagged, other, width=120)


def test_colour_adds_codes_and_changes_no_character(report: Report) -> None:
    coloured = to_terminal(report, width=100, color=True)
    assert coloured != to_terminal(report, width=100)
    assert re.sub(r"\x1b\[\d+m", "", coloured) == to_terminal(report, width=100)
    # No style leaks into the next line.
    assert all(line.count("\x1b[0m") and line.endswith("\x1b[0m") for line in coloured.splitlines()[1:])


@pytest.mark.parametrize("width", [1, 40, 80, 120])
def test_rows_fit_the_width_where_they_can(report: Report, width: int) -> None:
    rows = to_terminal(report, width=width).splitlines()[1:]
    widest = max(width, 57)  # what the columns need, and a little text
    assert all(len(row) <= widest for row in rows), rows


def test_wide_characters_take_two_cells(make_report: Callable[..., Report]) -> None:
    report = make_report(("teaser", "続きを読む" * 30))
    rows = to_terminal(report, width=60).splitlines()[1:]
    text_rows = [row for row in rows if "続" in row or "読" in row]
    assert len(text_rows) > 5
    assert all(sum(2 if ord(char) > 0x2E80 else 1 for char in row) <= 60 for row in text_rows)


def test_an_article_cannot_command_the_terminal(make_report: Callable[..., Report]) -> None:
    listing = to_terminal(make_report(("teaser", "a\x1b[2Jb\x07c\u202ed\x9be"), ("body", "f\x1bg")), name="x\x1b[1m\ny")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", listing)
    assert r"a\x1b[2Jb\x07c\u202ed\x9be" in listing


def test_a_huge_segment_is_cut_short(make_report: Callable[..., Report]) -> None:
    listing = to_terminal(make_report(("teaser", "word " * 400_000 + "end"), ("body", "x" * 1_000_000)))
    assert len(listing) < 4_000
    assert "2000003 characters in all" in listing


@relaxed
@given(any_text.filter(str.strip), st.sampled_from(KINDS), st.integers(1, 100))
def test_any_text_can_be_listed(text: str, kind: str, width: int) -> None:
    for color in (True, False):
        to_terminal(odd_report(text, kind), width=width, color=color).encode("utf-8")


# HTML


# None of them can fetch or run anything.
ATTRIBUTES = {"aria-hidden", "aria-label", "class", "dir", "open", "role", "scope", "style", "tabindex", "title"}


def test_html_shows_the_whole_article(report: Report) -> None:
    outline = Outline(to_html(report))
    for segment in report.segments:
        assert segment.text in outline.text
    assert outline.tags.count("mark") == len(report.insertions)


def test_html_names_the_kinds_in_words(report: Report) -> None:
    outline = Outline(to_html(report))
    assert "call to action 0.96" in outline.text
    assert "interface 0.96" in outline.text


def test_html_carries_the_reasons(report: Report) -> None:
    outline = Outline(to_html(report))
    hover = next(title for title in outline.titles if title.startswith(sentence(report.segments[3])))
    for reason in report.segments[3].reasons:
        assert sentence_for(reason, report.text) in hover
    assert any(title.startswith(sentence(report.segments[1])) for title in outline.titles)
    assert "details" in outline.tags
    for reason in report.segments[3].reasons:
        assert sentence_for(reason, report.text) in outline.text


def test_html_is_complete_in_itself(report: Report) -> None:
    html = to_html(report)
    outline = Outline(html)
    assert not {"script", "link", "img", "iframe"} & set(outline.tags)
    assert outline.attributes <= ATTRIBUTES
    assert "url(" not in html
    assert "://" not in html


def test_html_knows_light_and_dark(report: Report) -> None:
    html = to_html(report)
    assert "prefers-color-scheme:dark" in html
    assert "data-jp-theme-light" in html


def contrast(one: str, two: str) -> float:
    """Contrast of two colours by the Web Content Accessibility Guidelines."""

    def luminance(colour: str) -> float:
        digits = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
        shares = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_html_colours_have_enough_contrast(report: Report, theme: int) -> None:
    names = re.findall(r"--nf-([a-z_]+):#([0-9a-f]+)", to_html(report))
    each = len(names) // 4  # light and dark, each by the system and by the notebook's theme
    colours = dict(names[theme * each : (theme + 1) * each])
    for ground in ("ground", *INSERTION_KINDS):
        assert contrast(colours["text"], colours[ground]) >= 4.5
    assert contrast(colours["dim"], colours["ground"]) >= 4.5


@relaxed
@given(any_text.filter(str.strip), st.sampled_from(KINDS))
def test_any_text_is_escaped(text: str, kind: str) -> None:
    for odd in (text, f"<script>alert(1)</script>{text}", f'"><img src=x onerror=y>{text}</div></details>'):
        html = to_html(odd_report(odd, kind))
        html.encode("utf-8")
        outline = Outline(html)
        assert set(outline.tags) <= {
            *("div", "style", "strong", "span", "mark", "b", "details", "summary"),
            *("table", "thead", "tbody", "tr", "th", "td", "ul", "li", "ol", "i", "u", "q"),
        }
        assert outline.tags.count("mark") == (kind in INSERTION_KINDS)


def test_an_unknown_kind_cannot_get_out_of_its_attribute() -> None:
    # Reports can be read from data, which may hold anything.
    report = odd_report("text", "body")
    kind = '"><script>'
    segment = Segment(0, 4, "text", kind, {}, {"insertion": 0.9}, Verdict(kind, 0.9))
    html = to_html(Report("text", (segment,), (), "", {}, 0.5, "<script>"))
    assert "script" not in Outline(html).tags
    assert "script" not in Outline(to_html(report)).tags


# Pages

MENU = [("interface", f"Menu {number}") for number in range(20)]
ARTICLE = [
    ("body", "The old bridge over the Lenne stays shut until spring, the town said."),
    *[("teaser", f"Read more: trick {number}") for number in range(5)],
    ("body", "Engineers found cracks in two of its seven piers."),
]
FOOT = [
    *[("teaser", f"Other story {number}") for number in range(9)],
    *[("call_to_action", f"Sign in {number}") for number in range(4)],
    ("metadata", "© The Gazette"),
]


@pytest.fixture
def make_page(make_report: Callable[..., Report]) -> Callable[..., Report]:
    """Build a page's report, in which what stands around the article is not flagged."""

    def make(*parts: tuple[str, str]) -> Report:
        report = make_report(*parts)
        marked = tuple(
            dataclasses.replace(each, markup=Markup("p", "html > body > p", 0.0)) for each in report.segments
        )
        kept = [each.start for each in marked if not each.is_insertion and each.kind != "title"]
        flags = tuple(
            dataclasses.replace(flag, segment=next(each for each in marked if each.start == flag.segment.start))
            for flag in report.flags
            if flag.segment is not None and kept and kept[0] < flag.segment.start < kept[-1]
        )
        return dataclasses.replace(report, segments=marked, flags=flags)

    return make


def test_a_listing_sums_up_what_stands_around_the_article(make_page: Callable[..., Report]) -> None:
    listing = to_terminal(make_page(*MENU, ("title", "Bridge shut"), *ARTICLE, *FOOT), width=120)
    rows = listing.splitlines()
    assert rows[1] == "  …  20 lines around the article (20 interface)"
    assert "Bridge shut" in rows[2]
    assert rows[-1] == "  …  14 lines around the article (9 teaser, 4 call_to_action, 1 metadata)"
    assert "Menu" not in listing
    # What was set into the article is listed, however many there are.
    assert all(f"trick {number}" in listing for number in range(5))


def test_html_folds_what_stands_around_the_article(make_page: Callable[..., Report]) -> None:
    report = make_page(*MENU, ("title", "Bridge shut"), *ARTICLE, *FOOT)
    html = to_html(report)
    outline = Outline(html)
    assert outline.tags.count("details") == 4
    assert outline.tags.count("mark") == len(report.insertions)
    assert "14 lines around the article (9 teaser, 4 call to action, 1 metadata)" in outline.text
    folded = re.findall(r"<details>(.*?)</details>", html, re.DOTALL)  # what was flagged stands open
    assert [text.count("<mark") for text in folded] == [20, 14, 0]
    # Nothing is lost, no blank line is added, and the article stands outside.
    text = html.partition('<div class="nf-text"')[2].partition(">")[2].partition("<summary>Segments and")[0]
    shown = re.sub(r"<details><summary.*?</summary>|</details>|<b>.*?</b>|<[^>]+>", "", text)
    assert report.text in shown
    assert not any("piers" in text or "shut" in text for text in folded[:2])
    assert outline.attributes <= ATTRIBUTES


def test_three_lines_are_shown_as_they_are(make_page: Callable[..., Report]) -> None:
    report = make_page(*MENU[:3], *ARTICLE, *FOOT[:3])
    assert "around the article" not in to_terminal(report) + to_html(report)
    report = make_page(*MENU[:4], *ARTICLE, *FOOT[:3])
    assert "4 lines around the article" in to_terminal(report)
    assert "4 lines around the article" in to_html(report)


def test_a_title_parts_what_stands_around_the_article(make_page: Callable[..., Report]) -> None:
    listing = to_terminal(make_page(*MENU[:5], ("title", "Bridge shut"), *MENU[5:12], *ARTICLE), width=120)
    assert re.findall(r"\d+ lines|Bridge", listing) == ["5 lines", "Bridge", "7 lines"]


def test_a_page_without_an_article_and_plain_text_are_listed_in_full(
    make_page: Callable[..., Report], make_report: Callable[..., Report]
) -> None:
    for report in (make_page(*MENU, *FOOT), make_report(*MENU, *ARTICLE, *FOOT)):
        assert "around the article" not in to_terminal(report) + to_html(report)
        # The table, and the flags where there are many.
        assert to_html(report).count("<details>") == 1 + (len(report.flags) > 12)
        assert all(part.text in to_terminal(report, width=120) for part in report.segments)


def test_what_is_flagged_is_never_summed_up(make_page: Callable[..., Report]) -> None:
    report = make_page(*ARTICLE, *FOOT)
    odd = report.segments[-2]
    report = dataclasses.replace(report, flags=(*report.flags, Flag(odd.kind, odd, 0.9, 0.5, "Odd.")))
    listing = to_terminal(report, width=120)
    assert odd.text in listing
    assert "Odd." in listing
    assert "12 lines around the article" in listing


@pytest.mark.parametrize("color", [True, False])
def test_a_sum_is_wrapped(make_page: Callable[..., Report], color: bool) -> None:
    rows = to_terminal(make_page(*ARTICLE, *FOOT), width=40, color=color).splitlines()[-3:]
    assert [re.sub(r"\x1b\[\d+m", "", row) for row in rows] == [
        "  …  14 lines around the article (9",
        "     teaser, 4 call_to_action, 1",
        "     metadata)",
    ]
    assert all(("\x1b[2m" in row) == color for row in rows)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "</details><img src=x>", "a\x1b[2Jb\u202ec"])
def test_what_is_folded_is_escaped(make_page: Callable[..., Report], text: str) -> None:
    report = make_page(*[("interface", text)] * 5, *ARTICLE)
    html = to_html(report)
    assert not {"script", "img"} & set(Outline(html).tags)
    assert not re.search("[\x1b\u202e]", html + to_terminal(report))
