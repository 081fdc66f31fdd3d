"""Scores: titles are laid before their texts, and each score is what its heads say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pytest

import newsflag
from newsflag import Flagger
from newsflag._text import Doubles, Ints, make_batch
from newsflag.evidence.tokens import tokenize
from newsflag.evidence.topic import IDF_BUCKETS, is_long
from newsflag.kinds import ARTICLE_SCORES, KINDS, SCORES
from newsflag.model.scores import HEADS, LANGUAGE_HEADS, STYLE_COLUMNS, WORDING_SCORES, ScoreModel
from newsflag.model.store import Model
from newsflag.scoring import TITLE, Laid, Scored, gather, lay_out, score
from newsflag.segmentation.lines import DOC_START, NEW_LINE, split_lines
from newsflag.signals import SIGNALS

EVEN = np.ones(IDF_BUCKETS, np.float32)  # every word is as telling as any other
FLAGGED = (*SCORES[1:], *ARTICLE_SCORES)
REST = SCORES[1:]
CLICKBAIT = REST.index("clickbait")
OFF_TOPIC = REST.index("off_topic")

LONG = (
    "The harbour office of Norholm said on Tuesday that the ferry to the outer islands would sail again, "
    "four days after the storm had damaged the pier. Nobody on the islands had expected it! “We baked our own "
    "bread,” the teacher of Lund said, and laughed. Is the pier safe? The office did not say."
)
LATER = (
    "Captain Ingrid Solberg, who has sailed the route for nineteen years, said the ferry "
    "had never before been tied up for so long after a storm. You will not believe what she saw on the pier."
)
SPANISH = "El alcalde dijo que el nuevo puente sobre el río abrirá el próximo martes para todos los vecinos del barrio."
TEXTS = [
    f"Ferry sails again\n\n{LONG}\n\nREAD MORE: Seven beaches\n***\n{LATER}",
    LATER,
    "",
    "***",
    f"{SPANISH}\r\n{SPANISH}\r\n",
    "新しい橋が完成した。\n市長は火曜日に発表した。\n写真：市役所",
    f"\n\n{LATER}\n{LONG}",
    "!!!\n---\n12",
]
TITLES = ["Ferry sails\nagain", None, "Nothing to see here", "Stars", "  El puente ", "", "Captain\u2028Solberg", None]
LANGUAGES = ["en", "en", "en", "en", "es", "ja", "sw", "und"]


@pytest.fixture(scope="module")
def model(make_scores: Callable[..., ScoreModel]) -> ScoreModel:
    return make_scores(
        large=True,
        # Own weight, weight of the others, what is usual, intercept.
        tone=np.array([[1, 0.4, -0.5, 0.2], [0.7, 0.3, 0, -0.4], [0.8, -0.2, 0.3, 0.1]], np.float32),
        languages=dict.fromkeys(FLAGGED, ()),
        bases={name: -1.5 + 0.2 * number for number, name in enumerate(FLAGGED)},
    )


@pytest.fixture(scope="module")
def flagger(make_model: Callable[..., Model], model: ScoreModel) -> Flagger:
    """Nothing but drawn weights."""
    return Flagger(model=make_model(), scores=model)


def laid(texts: Sequence[str], titles: Sequence[str | None], kinds: Sequence[str] | None = None) -> Laid:
    """Texts laid out, a segment a line, all of them body unless it is said otherwise."""
    batch = make_batch(texts)
    spans = split_lines(batch)
    kind = np.zeros(len(spans), np.int64) if kinds is None else np.array([KINDS.index(each) for each in kinds])
    return lay_out(texts, titles, batch, spans, tokenize(batch, spans), kind)


def judge(
    model: ScoreModel,
    texts: Sequence[str],
    titles: Sequence[str | None] | None = None,
    languages: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
) -> Scored:
    """All scores of some texts."""
    languages = languages or ["en"] * len(texts)
    evidence = gather(laid(texts, titles or [None] * len(texts), kinds), languages, EVEN, None, None)
    return score(evidence, languages, model)


def shares(log_odds: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def lines(layout: Laid, doc: int) -> list[str]:
    """Segments of an article."""
    rows = np.flatnonzero(layout.spans.doc == doc)
    return [layout.batch.text[layout.spans.start[row] : layout.spans.end[row]] for row in rows]


# Titles


@pytest.mark.parametrize("empty", [None, ""])
def test_without_titles_nothing_is_touched(empty: str | None) -> None:
    batch = make_batch(TEXTS)
    spans = split_lines(batch)
    tokens = tokenize(batch, spans)
    kind = np.zeros(len(spans), np.int64)
    out = lay_out(TEXTS, [empty] * len(TEXTS), batch, spans, tokens, kind)
    assert out.batch is batch
    assert out.spans is spans
    assert out.tokens is tokens
    assert out.kind is kind
    assert not out.given.any()
    assert (out.title == -1).all()


def test_blank_titles_are_none() -> None:
    out, plain = laid(TEXTS, [" \n\t"] * len(TEXTS)), laid(TEXTS, [None] * len(TEXTS))
    assert not out.given.any()
    assert out.batch.text == plain.batch.text
    assert (out.spans.start == plain.spans.start).all()


def test_each_given_title_comes_first() -> None:
    out, plain = laid(TEXTS, TITLES), laid(TEXTS, [None] * len(TEXTS))
    for number, title in enumerate(TITLES):
        lead = [" ".join(title.split())] if title else []
        assert lines(out, number) == lead + lines(plain, number)
        rows = out.spans.doc == number
        assert out.given[rows].tolist() == [True] * len(lead) + [False] * len(lines(plain, number))
        first = int(np.argmax(rows))
        assert out.title[number] == (first if lead else -1)


def test_what_is_laid_out_is_sorted_and_apart() -> None:
    spans = laid(TEXTS, TITLES).spans
    assert (spans.start < spans.end).all()
    assert (spans.end[:-1] < spans.start[1:]).all()
    assert (np.diff(spans.doc) >= 0).all()


def test_words_stay_with_their_segments() -> None:
    out, plain = laid(TEXTS, TITLES), laid(TEXTS, [None] * len(TEXTS))
    ours = np.flatnonzero(~out.given[out.tokens.segment])
    assert out.tokens.hash[ours].tolist() == plain.tokens.hash.tolist()
    place = np.flatnonzero(~out.given)
    assert out.tokens.segment[ours].tolist() == place[plain.tokens.segment].tolist()


def test_breaks_and_kinds_stay_with_their_segments() -> None:
    kinds = ["title", "body", "teaser", "interface", "body"]
    out = laid(TEXTS[:1], ["A given title"], kinds)
    assert [KINDS[kind] for kind in out.kind.tolist()] == ["title", *kinds]
    plain = laid(TEXTS[:1], [None], kinds)
    assert out.spans.gap.tolist() == [DOC_START, NEW_LINE, *plain.spans.gap[1:].tolist()]


def test_lead_ins_stay_with_their_segments() -> None:
    batch = make_batch(TEXTS[:1])
    spans = split_lines(batch)
    known = dataclasses.replace(spans, lead_in=np.array([False, False, True, False, False]))
    kind = np.zeros(len(spans), np.int64)
    out = lay_out(TEXTS[:1], ["A given title"], batch, known, tokenize(batch, known), kind)
    assert out.spans.lead_in is not None
    assert out.spans.lead_in.tolist() == [False, False, False, True, False, False]
    assert laid(TEXTS[:1], ["A given title"]).spans.lead_in is None


def test_the_own_title_is_the_first_one_unless_another_is_given() -> None:
    kinds = ["body", "title", "title", "body", "body"]
    assert laid(TEXTS[:1], [None], kinds).title.tolist() == [1]
    assert laid(TEXTS[:1], ["A given title"], kinds).title.tolist() == [0]
    two = laid([TEXTS[0], TEXTS[0]], [None, "A given title"], kinds * 2)
    assert two.title.tolist() == [1, 5]
    two = laid([TEXTS[0], TEXTS[0]], ["A given title", None], kinds * 2)
    assert two.title.tolist() == [0, 7]
    assert two.kind[two.title].tolist() == [TITLE, TITLE]


# Independence


@pytest.mark.parametrize("titles", [[None] * len(TEXTS), TITLES, TITLES[::-1]])
def test_scores_do_not_depend_on_the_rest_of_the_batch(model: ScoreModel, titles: list[str | None]) -> None:
    model = dataclasses.replace(model, languages=dict.fromkeys(FLAGGED, ("en", "es")))
    together = judge(model, TEXTS, titles, LANGUAGES)
    doc = together.evidence.laid.spans.doc
    for number, (text, title, language) in enumerate(zip(TEXTS, titles, LANGUAGES, strict=True)):
        if not text and not title:
            continue
        alone = judge(model, [text], [title], [language])
        assert np.array_equal(together.log_odds[doc == number], alone.log_odds), text
        assert together.article[number] == alone.article[0], text
        assert np.array_equal(together.signals[number], alone.signals[0], equal_nan=True), text
        assert np.array_equal(together.style[number], alone.style[0]), text


def test_reports_do_not_depend_on_the_rest_of_the_batch(flagger: Flagger) -> None:
    titled = [(text, title) for text, title in zip(TEXTS, TITLES, strict=True) if text]
    reports = flagger._reports([text for text, _ in titled], [title for _, title in titled])
    assert reports == [flagger.flag(text, title=title) for text, title in titled]


def test_scoring_is_repeatable(model: ScoreModel) -> None:
    first, again = judge(model, TEXTS, TITLES, LANGUAGES), judge(model, TEXTS, TITLES, LANGUAGES)
    assert (first.log_odds == again.log_odds).all()
    assert (first.article == again.article).all()


# What came out


def test_shapes(model: ScoreModel) -> None:
    out = judge(model, TEXTS, TITLES, LANGUAGES)
    n, n_sentences = len(out.evidence.laid.spans), len(out.evidence.sentences)
    assert out.heads.shape == (n_sentences, len(HEADS))
    assert out.wording.shape == (n_sentences, len(WORDING_SCORES))
    assert out.strongest.shape == out.others.shape == (n, len(WORDING_SCORES))
    assert out.log_odds.shape == (n, len(REST))
    assert out.signals.shape == (len(TEXTS), len(SIGNALS))
    assert out.style.shape == (len(TEXTS), len(STYLE_COLUMNS))
    assert out.article.shape == (len(TEXTS),)
    for array in (out.heads, out.wording, out.others, out.log_odds, out.style, out.article):
        assert np.isfinite(array).all()


def test_the_strongest_sentence_is_the_one_with_the_highest_log_odds(model: ScoreModel) -> None:
    out = judge(model, TEXTS, TITLES, LANGUAGES)
    sentences = out.evidence.sentences
    several = 0
    for segment in range(len(out.evidence.laid.spans)):
        low, high = sentences.first[segment], sentences.first[segment + 1]
        several += high - low > 1
        for number in range(len(WORDING_SCORES)):
            strongest = out.strongest[segment, number]
            assert low <= strongest < high
            assert out.wording[strongest, number] == out.wording[low:high, number].max()
    assert several >= 2


def test_log_odds_are_bounded_however_great_the_weights_are(model: ScoreModel) -> None:
    wild = dataclasses.replace(
        model,
        words=model.words * 1000,
        off_second=model.off_second * 1000,
        article_weights=model.article_weights * 1000,
    )
    out = judge(wild, TEXTS, TITLES, LANGUAGES)
    assert np.abs(out.log_odds).max() <= 12
    assert np.abs(out.article).max() <= 12
    assert np.abs(out.log_odds).max() > 11


def test_a_line_without_words_baits_nobody(model: ScoreModel) -> None:
    loud = dataclasses.replace(model, bias=model.bias + 9)
    out = judge(loud, [f"{LONG}\n***\n!!! ?\n{LATER}", "— — —"])
    clickbait = shares(out.log_odds)[:, CLICKBAIT]
    assert (clickbait[[1, 2, 4]] < 0.01).all()
    assert (clickbait[[0, 3]] > 0.5).all()
    assert (shares(out.log_odds)[[1, 2, 4]][:, 2:] < 0.01).all()


@pytest.mark.parametrize("line", ["***", "— — —", "???", "!!! … !!!"])
def test_the_shipped_scores_of_a_line_without_words(line: str) -> None:
    report = newsflag.flag(f"{LONG}\n\n{line}\n\n{LATER}", language="en")
    (part,) = (part for part in report.segments if part.text == line)
    assert part.scores["clickbait"] < 0.05


@pytest.mark.parametrize("text", [LONG, "***", "Ferry", SPANISH])
def test_a_text_of_a_single_segment_has_the_base_rate_as_off_topic(model: ScoreModel, text: str) -> None:
    out = judge(model, [text, TEXTS[0]])
    assert out.log_odds[0, OFF_TOPIC] == pytest.approx(model.bases["off_topic"])
    assert out.log_odds[1, OFF_TOPIC] != pytest.approx(model.bases["off_topic"])


def test_the_base_rate_in_a_report() -> None:
    report = newsflag.flag(LATER, language="en", sentences="never")
    base = 1 / (1 + np.exp(-Flagger().scores.bases["off_topic"]))
    assert [part.scores["off_topic"] for part in report.segments] == [pytest.approx(base)]


def test_a_line_with_a_given_title_is_not_alone(model: ScoreModel) -> None:
    out = judge(model, [LATER], ["The captain tells"])
    assert (np.abs(out.log_odds[:, OFF_TOPIC] - model.bases["off_topic"]) > 1e-6).all()


# Languages


def test_scores_are_nearer_to_the_base_in_an_unsupported_language(model: ScoreModel) -> None:
    # Neither of the two has lists of cues or heads of its own.
    model = dataclasses.replace(model, languages=dict.fromkeys(FLAGGED, ("sw",)))
    sure, unsure = (judge(model, TEXTS, TITLES, [code] * len(TEXTS)) for code in ("sw", "zu"))
    bases = np.array([model.bases[name] for name in REST])
    assert np.allclose(unsure.log_odds - bases, (sure.log_odds - bases) * 0.25, atol=1e-6)
    base = model.bases["misinformation"]
    assert np.allclose(unsure.article - base, (sure.article - base) * 0.25, atol=1e-6)
    assert (np.abs(unsure.log_odds - bases) <= np.abs(sure.log_odds - bases)).all()


def test_each_score_has_languages_and_shrinkage_of_its_own(model: ScoreModel) -> None:
    languages = {**dict.fromkeys(FLAGGED, ()), "sensational": ("sw",)}
    shrinkage = {**dict.fromkeys(FLAGGED, 0.5), "sensational": 0.0}
    model = dataclasses.replace(model, languages=languages, shrinkage=shrinkage)
    sure, unsure = (judge(model, TEXTS, TITLES, [code] * len(TEXTS)) for code in ("sw", "zu"))
    number = REST.index("sensational")
    assert np.allclose(unsure.log_odds[:, number], model.bases["sensational"])
    others = [column for column in range(len(REST)) if column != number]
    assert np.allclose(unsure.log_odds[:, others], sure.log_odds[:, others])


def test_the_shipped_scores_in_a_language_without_evidence() -> None:
    flagger = Flagger()
    text = f"{LONG}\n\n{LATER}"
    unsupported = [name for name in REST if not flagger.scores.supports(name, "zu")]
    assert unsupported
    report = newsflag.flag(text, language="zu")
    for name in unsupported:
        assert not report.supported[name]
        bound = 12 + abs(flagger.scores.bases[name])
        for part in report.segments:
            value = np.log(part.scores[name] / (1 - part.scores[name]))
            assert abs(value - flagger.scores.bases[name]) <= bound * flagger.scores.shrinkage[name] + 1e-6


@pytest.mark.parametrize(("name", "code"), LANGUAGE_HEADS)
def test_a_language_with_a_head_of_its_own_is_judged_by_it(model: ScoreModel, name: str, code: str) -> None:
    out = judge(model, [LONG, LATER], languages=[code, "zu"])
    doc = out.evidence.laid.spans.doc[out.evidence.sentences.segment]
    column = WORDING_SCORES.index(name)
    own = HEADS.index(LANGUAGE_HEADS[name, code])
    assert (out.wording[doc == 0, column] == out.heads[doc == 0, own]).all()
    assert (out.wording[doc == 1, column] == out.heads[doc == 1, column]).all()


# The rest of the article


def test_a_segment_alone_is_measured_against_the_usual(model: ScoreModel) -> None:
    out = judge(model, [LATER])
    assert out.others[0] == pytest.approx(model.tone[:, 2])
    own = out.wording[out.strongest[0], np.arange(len(WORDING_SCORES))]
    assert out.log_odds[0, 1:] == pytest.approx(own * model.tone[:, 0] + model.tone[:, 3], abs=1e-5)


def test_of_two_segments_each_is_the_others_rest(model: ScoreModel) -> None:
    out = judge(model, [f"{LONG}\n{LATER}"])
    own = out.wording[out.strongest, np.arange(len(WORDING_SCORES))]
    assert np.allclose(out.others, own[::-1], atol=1e-5)


def test_only_body_paragraphs_among_others_bait_as_paragraphs(model: ScoreModel) -> None:
    kinds = ["title", "body", "teaser", "body", "body", "body"]
    texts = [f"Ferry sails again\n{LONG}\n{LATER}\nIt rained\n{LATER}", LONG]
    plain = judge(dataclasses.replace(model, paragraph=np.zeros(1, np.float32)), texts, kinds=kinds)
    moved = judge(dataclasses.replace(model, paragraph=np.full(1, -2, np.float32)), texts, kinds=kinds)
    difference = moved.log_odds - plain.log_odds
    assert difference[:, CLICKBAIT] == pytest.approx([0, -2, 0, 0, -2, 0], abs=1e-5)
    assert np.allclose(np.delete(difference, CLICKBAIT, axis=1), 0)
    layout = plain.evidence.laid
    assert is_long(layout.batch, layout.spans).tolist() == [False, True, True, False, True, True]


def test_what_is_set_in_does_not_weigh_in_the_articles_style(model: ScoreModel) -> None:
    text, inserted = f"{LONG}\n{LATER}", "You must see this: “Unbelievable!”"
    plain = judge(model, [text])
    out = judge(model, [f"{text}\n{inserted}"], kinds=["body", "body", "advertisement"])
    assert np.allclose(out.style, plain.style, atol=1e-5)
    assert out.article == pytest.approx(plain.article, abs=1e-5)
    promos = SIGNALS.index("promos")
    assert np.allclose(np.delete(out.signals, promos), np.delete(plain.signals, promos), equal_nan=True)
    share = len(inserted) / (len(inserted) + len(LONG) + len(LATER))
    assert out.signals[0, promos] == pytest.approx(share)


def test_a_title_does_not_weigh_in_the_articles_style(model: ScoreModel) -> None:
    plain, titled = judge(model, [f"{LONG}\n{LATER}"]), judge(model, [f"{LONG}\n{LATER}"], ["You must see this!"])
    assert np.allclose(titled.style, plain.style, atol=1e-5)
    represented = SIGNALS.index("title_representativeness")
    assert np.isnan(plain.signals[0, represented])
    assert 0 <= titled.signals[0, represented] <= 1


def test_scores_of_a_report_are_shares(flagger: Flagger) -> None:
    for text, title in zip(TEXTS, TITLES, strict=True):
        report = flagger.flag(text, title=title)
        found = [*report.scores.values(), *(value for part in report.segments for value in part.scores.values())]
        assert all(0 <= value <= 1 for value in found)
        assert tuple(report.scores) == (*SCORES, *ARTICLE_SCORES)


def test_numbers_of_kinds_are_whole(model: ScoreModel) -> None:
    kind: Ints = judge(model, TEXTS, TITLES, LANGUAGES).evidence.laid.kind
    assert kind.dtype == np.int64
