"""The caller's own lists, and the options beside them: what is refused, what is met, and what comes of it."""

from __future__ import annotations

import dataclasses
import pickle
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import newsflag
from newsflag import Config, ConfigError, PatternTimeoutError, Report
from newsflag.config import FLAGGED_SCORES
from newsflag.kinds import INSERTION_KINDS, KEPT_KINDS
from newsflag.matching import Lists, Match, make_lists

LINES: Final = (
    "The harbour board of Norrholm has agreed to build a new quay for the island ferry, it said on Tuesday.",
    "Work on the quay is to begin in April and to last until the autumn, as the old timber is rotten.",
    "READ MORE: Eleven tricks for a flat belly",
    "The ferry lands at the fishing pier while the quay is rebuilt, and lorries take the route by Sandvik.",
)
ARTICLE: Final = "\n\n".join(LINES)
BODY: Final = LINES[1]
PROMO: Final = LINES[2]
EXACT: Final = ("allow", "deny")
PATTERNS: Final = ("allow_patterns", "deny_patterns")
FIELDS: Final = (*EXACT, *PATTERNS)
# Nothing but insertions is flagged.
SILENT: Final = dict.fromkeys(FLAGGED_SCORES, 1.0)
CATASTROPHIC: Final = (r"(a|aa)+$", r"(a|a)*$")
LONG_RUN: Final = "a" * 60 + "b"

relaxed = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])


def of(report: Report, text: str) -> newsflag.Segment:
    """The one segment of this text."""
    (found,) = (segment for segment in report.segments if segment.text == text)
    return found


def flagged(report: Report, segment: newsflag.Segment) -> list[newsflag.Flag]:
    """Flags of the segment."""
    return [flag for flag in report.flags if flag.segment == segment]


def lists(**fields: Any) -> Lists:
    """Lists of the given fields."""
    return make_lists(**{**dict.fromkeys(FIELDS, ()), "seconds": 0.1, **fields})


# Lists that are refused


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", ["Advertisement", 5, None, 0.5])
def test_texts_come_in_a_tuple(field: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"{field} is .* must be a tuple of str, for instance \('.*',\)") as caught:
        Config.of(None, {field: value})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", ["", " ", "\n\t\u00a0"])
def test_an_empty_entry_is_refused(field: str, value: str) -> None:
    with pytest.raises(ConfigError, match=rf"{field} holds .* empty entry") as caught:
        Config.of(None, {field: ("Advertisement", value)})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [5, None, b"Advertisement", ("Advertisement",), True])
def test_an_entry_that_is_no_text_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"{field} holds .* nothing but str") as caught:
        Config.of(None, {field: ("Advertisement", value)})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("field", FIELDS)
def test_bytes_are_no_list_of_texts(field: str) -> None:
    with pytest.raises(ConfigError, match=field):
        Config.of(None, {field: b"Advertisement"})


@pytest.mark.parametrize("field", PATTERNS)
@pytest.mark.parametrize(
    "pattern",
    ["(", "[a-", "*", "a)", "(?P<name", "(?P=name)", "\\", "x{99999999999}", r"\p{Nothing}", "(?(2)a|b)"],
)
def test_a_pattern_that_cannot_be_compiled_is_refused(field: str, pattern: str) -> None:
    with pytest.raises(ConfigError, match=rf"{field} holds .* no regular expression: .+") as caught:
        Config.of(None, {field: ("fine", pattern)})
    assert repr(pattern) in str(caught.value)


@pytest.mark.parametrize("pattern", ["(?V0)(?V1)x", "(?L)(?u)x"])
def test_a_pattern_of_contradicting_flags_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError, match="allow_patterns holds"):
        Config(allow_patterns=(pattern,))


def test_a_long_pattern_does_not_flood_the_message() -> None:
    with pytest.raises(ConfigError) as caught:
        Config(deny_patterns=("(" + "ab" * 5000,))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("field", EXACT)
def test_an_exact_entry_need_not_be_an_expression(field: str) -> None:
    assert getattr(Config.of(None, {field: ("(advert",)}), field) == ("(advert",)


@pytest.mark.parametrize(
    "function", [newsflag.flag, newsflag.clean, lambda text, **options: newsflag.pipe([text], **options)]
)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"allow": PROMO}, "allow is"),
        ({"deny_patterns": ("(",)}, "deny_patterns holds"),
        ({"thresholds": {"insertion": 0.5}}, "for insertion use threshold"),
        ({"language": "English"}, "language is"),
        ({"pattern_seconds": 0}, "pattern_seconds is"),
    ],
)
def test_every_function_refuses_what_the_config_refuses(
    function: Callable[..., Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        function(ARTICLE, **options)


# Other options that are refused


@pytest.mark.parametrize(
    "value", [0, 0.0, -1, -0.1, True, False, 60.5, 1e9, 10**400, float("nan"), float("inf"), "1", None]
)
def test_pattern_seconds_is_a_number_of_seconds(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"pattern_seconds is .* above 0 and up to 60") as caught:
        Config(pattern_seconds=value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", [1e-3, 0.5, 1, 60, 60.0])
def test_pattern_seconds_up_to_a_minute_will_do(value: float) -> None:
    assert Config(pattern_seconds=value).pattern_seconds == value


@pytest.mark.parametrize(
    "value", ["", "e", "EN", "En", "english", "eng ", "en\n", "de-DE", "zh_CN", "e1", "éé", 5, b"en", True]
)
def test_a_language_is_an_iso_639_code(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"language is .* ISO 639 code such as 'en' or 'de', or None") as caught:
        Config(language=value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", ["en", "de", "xx", "und", "ceb", None])
def test_every_code_will_do_as_language(value: str | None) -> None:
    assert Config(language=value).language == value


@pytest.mark.parametrize("value", [None, 0.5, "clickbait", ("clickbait",), [("clickbait", 0.5)], {"clickbait"}])
def test_thresholds_are_a_mapping(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"thresholds is .* must be a mapping such as \{'clickbait': 0\.8\}"):
        Config(thresholds=value)


@pytest.mark.parametrize("score", ["bait", "Clickbait", "", "title", "body", 5, None, ("clickbait",)])
def test_an_unknown_score_is_refused_with_the_list_of_scores(score: Any) -> None:
    with pytest.raises(ConfigError, match="thresholds names") as caught:
        Config(thresholds={"clickbait": 0.5, score: 0.5})
    message = str(caught.value)
    assert repr(score) in message
    assert all(name in message for name in FLAGGED_SCORES)
    assert "use threshold" not in message


def test_a_threshold_for_insertion_is_pointed_to_its_own_option() -> None:
    with pytest.raises(ConfigError, match=r"thresholds names 'insertion'.*; for insertion use threshold$"):
        Config(thresholds={"insertion": 0.5})


@pytest.mark.parametrize("score", FLAGGED_SCORES)
@pytest.mark.parametrize(
    "value", [-0.1, 1.1, 2, 10**400, float("nan"), float("inf"), "0.5", True, False, None, [0.5], 1j]
)
def test_each_of_the_thresholds_is_a_number_from_0_to_1(score: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        Config(thresholds={score: value})
    message = str(caught.value)
    assert message.startswith(f"thresholds[{score!r}] is {value!r}, ")
    assert message.endswith("from 0 to 1")


@pytest.mark.parametrize("value", [0, 1, 0.25, np.float32(0.25), np.int64(1)])
def test_every_kind_of_number_will_do_in_thresholds(value: Any) -> None:
    threshold = Config(thresholds={"persuasion": value}).thresholds["persuasion"]
    assert type(threshold) is float
    assert threshold == value


# Configs as values


def test_lists_and_thresholds_are_empty_by_default() -> None:
    config = Config()
    assert [getattr(config, field) for field in FIELDS] == [(), (), (), ()]
    assert (config.thresholds, config.language) == ({}, None)
    assert not make_lists(config.allow, config.deny, config.allow_patterns, config.deny_patterns, 1)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"allow": ["a", "b"]}, {"allow": ("a", "b")}),
        ({"deny_patterns": iter(["a+"])}, {"deny_patterns": ("a+",)}),
        ({"thresholds": {"persuasion": 1, "clickbait": 0.5}}, {"thresholds": {"clickbait": 0.5, "persuasion": 1.0}}),
        ({"thresholds": {}}, {}),
        ({"pattern_seconds": 1}, {"pattern_seconds": 1.0}),
        ({"language": None}, {}),
    ],
)
def test_equal_configs_compare_and_hash_equal(one: Any, two: Any) -> None:
    first, second = Config(**one), Config(**two)
    assert first == second
    assert hash(first) == hash(second)


@pytest.mark.parametrize(
    "options",
    [
        {"allow": ("a",)},
        {"deny": ("a",)},
        {"allow_patterns": ("a",)},
        {"deny_patterns": ("a",)},
        {"thresholds": {"clickbait": 0.5}},
        {"language": "de"},
        {"pattern_seconds": 1},
    ],
)
def test_every_field_tells_configs_apart(options: Any) -> None:
    config = Config(**options)
    assert config != Config()
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    assert hash(again) == hash(config)
    assert dataclasses.replace(config) == config


def test_a_config_does_not_follow_what_it_was_made_from() -> None:
    texts, thresholds = [PROMO], {"clickbait": 0.5}
    given: Any = {"allow": texts, "thresholds": thresholds}
    config = Config(**given)
    texts.append("more")
    thresholds["clickbait"] = 0.1
    assert config == Config(allow=(PROMO,), thresholds={"clickbait": 0.5})
    with pytest.raises(TypeError, match="can't be changed"):
        config.thresholds["clickbait"] = 0.1  # type: ignore[index]


# What is met


def test_without_lists_nothing_is_met() -> None:
    assert not lists()
    assert lists().match(PROMO) is None


@pytest.mark.parametrize("field", FIELDS)
def test_lists_are_true_with_any_entry(field: str) -> None:
    assert lists(**{field: ("a",)})


@pytest.mark.parametrize("side", EXACT)
@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("Read more here", "Read  more\there"),
        ("  Read more here \n", "Read more here"),
        ("Read\nmore\u00a0here", "Read more here"),
        ("Read more here", "Read more\u2028here"),
    ],
)
def test_exact_entries_are_met_white_space_aside(side: str, entry: str, text: str) -> None:
    found = lists(**{side: (entry,)}).match(text)
    assert found is not None
    assert (found.side, found.entry, found.start, found.end) == (side, "Read more here", 0, len(text))


@pytest.mark.parametrize(
    "text", ["Read more", "read more here", "Read more here.", "Read morehere", "So: Read more here"]
)
def test_exact_entries_are_met_by_nothing_else(text: str) -> None:
    assert lists(allow=("Read more here",), deny=("Read more here",)).match(text) is None


@pytest.mark.parametrize("side", EXACT)
@pytest.mark.parametrize(
    ("pattern", "span"),
    [("tricks", (7, 13)), (r"\d+", (4, 6)), ("^Top", (0, 3)), (r"\p{Lu}", (0, 1)), ("(?i)BELLY$", (25, 30))],
)
def test_expressions_are_searched_for(side: str, pattern: str, span: tuple[int, int]) -> None:
    text = "Top 10 tricks for a flat belly"
    found = lists(**{f"{side}_patterns": ("nowhere", pattern)}).match(text)
    assert found == Match(side, pattern, *span)  # type: ignore[arg-type]
    assert lists(**{f"{side}_patterns": ("tricks$", "^tricks", "TRICKS")}).match(text) is None


@pytest.mark.parametrize("allow", [{"allow": (PROMO,)}, {"allow_patterns": ("READ MORE",)}])
@pytest.mark.parametrize("deny", [{"deny": (PROMO,)}, {"deny_patterns": ("tricks",)}])
def test_allow_goes_before_deny(allow: dict[str, Any], deny: dict[str, Any]) -> None:
    found = lists(**allow, **deny).match(PROMO)
    assert found is not None
    assert found.side == "allow"


@relaxed
@given(st.text(max_size=60), st.text(max_size=60))
def test_an_exact_entry_is_met_just_when_the_words_are_the_same(entry: str, text: str) -> None:
    for other in (text, f" {entry} ", "\u3000".join(entry.split(" "))):
        found = lists(deny=(entry,)).match(other)
        assert (found is not None) == (entry.split() == other.split())
        assert found is None or (found.start, found.end) == (0, len(other))


# What comes of it


def test_the_article_is_judged_as_these_tests_need_it() -> None:
    report = newsflag.flag(ARTICLE)
    assert of(report, PROMO).is_insertion
    assert not of(report, BODY).is_insertion


@pytest.mark.parametrize(
    ("options", "span"),
    [
        ({"allow": (PROMO,)}, (0, len(PROMO))),
        ({"allow": (PROMO.replace(" ", "\n "),)}, (0, len(PROMO))),
        ({"allow_patterns": (r"Eleven\s+tricks",)}, (11, 24)),
        ({"allow_patterns": ("MORE",), "deny": (PROMO,)}, (5, 9)),
    ],
)
def test_an_allowed_promo_is_kept(options: Any, span: tuple[int, int]) -> None:
    report = newsflag.flag(ARTICLE, thresholds=SILENT, **options)
    promo = of(report, PROMO)
    assert promo.kind in KEPT_KINDS
    assert report.flags == ()
    assert report.insertions == ()
    assert report.body == newsflag.clean(ARTICLE, **options) == ARTICLE
    first = promo.reasons[0]
    assert first.cue == "allow_list"
    assert (first.start, first.end) == (promo.start + span[0], promo.start + span[1])


@pytest.mark.parametrize(
    ("options", "span"),
    [
        ({"deny": (BODY,)}, (0, len(BODY))),
        ({"deny": (f"  {BODY}\n",)}, (0, len(BODY))),
        ({"deny_patterns": ("quay .* April",)}, (12, 37)),
        ({"deny_patterns": ("^Work on",), "allow": (PROMO,)}, (0, 7)),
    ],
)
@pytest.mark.parametrize("explain", [True, False])
def test_a_denied_line_is_an_insertion(options: Any, span: tuple[int, int], explain: bool) -> None:
    report = newsflag.flag(ARTICLE, explain=explain, **options)
    line = of(report, BODY)
    assert line.kind in INSERTION_KINDS
    assert line in report.insertions
    assert BODY not in report.body
    cleaned = newsflag.clean(ARTICLE, **options)
    assert BODY not in cleaned
    assert LINES[0] in cleaned
    (flag,) = flagged(report, line)
    assert flag.kind == line.kind
    assert "deny list" in flag.reason
    assert f"“{BODY[span[0] : span[1]][:40]}" in flag.reason
    first = line.reasons[0]
    assert first.cue == "deny_list"
    assert (first.start, first.end) == (line.start + span[0], line.start + span[1])


@pytest.mark.parametrize("options", [{"allow": (PROMO,)}, {"deny": (BODY,)}, {"deny_patterns": ("quay",)}])
def test_lists_leave_scores_and_the_sum_of_reasons_alone(options: Any) -> None:
    before, after = newsflag.flag(ARTICLE), newsflag.flag(ARTICLE, **options)
    for old, new in zip(before.segments, after.segments, strict=True):
        assert (old.start, old.end, old.kinds, old.scores["insertion"]) == (
            new.start,
            new.end,
            new.kinds,
            new.scores["insertion"],
        )
        listed = [reason for reason in new.reasons if reason.cue in ("allow_list", "deny_list")]
        assert all(reason.contribution == 0 for reason in listed)
        assert [reason for reason in new.reasons if reason not in listed] == list(old.reasons)


def test_what_is_on_no_list_is_judged_as_before() -> None:
    before, after = newsflag.flag(ARTICLE), newsflag.flag(ARTICLE, deny=(BODY,), allow_patterns=("nowhere",))
    kinds = [(old.kind, new.kind) for old, new in zip(before.segments, after.segments, strict=True) if new.text != BODY]
    assert all(old == new for old, new in kinds)


def test_a_line_without_words_can_be_allowed_and_denied() -> None:
    text = f"{LINES[0]}\n\n***\n\n{LINES[1]}"
    assert newsflag.clean(text) == f"{LINES[0]}\n\n{LINES[1]}"
    assert newsflag.clean(text, allow=("***",)) == text
    assert newsflag.clean(text, deny_patterns=(r"^\W+$",)) == f"{LINES[0]}\n\n{LINES[1]}"


def test_a_kept_kind_may_still_be_dropped() -> None:
    # An allowed line is one of the article's own; which of these are dropped is said elsewhere.
    report = newsflag.flag(ARTICLE, allow=(PROMO,), drop=("heading", "title", "standfirst"))
    assert (PROMO in report.body) == (of(report, PROMO).kind == "body")


def test_all_may_be_denied() -> None:
    report = newsflag.flag(ARTICLE, deny_patterns=(r"\w",), thresholds=SILENT)
    assert report.insertions == report.segments
    assert report.body == newsflag.clean(ARTICLE, deny_patterns=(r"\w",)) == ""
    assert [flag.segment for flag in report.flags] == list(report.segments)


def test_all_ways_in_agree() -> None:
    options: Any = {"allow": (PROMO,), "deny_patterns": ("Sandvik",), "thresholds": {"sensational": 0.5}}
    report = newsflag.flag(ARTICLE, **options)
    assert newsflag.flag(ARTICLE, Config(**options)) == report
    assert newsflag.Flagger(**options).flag(ARTICLE) == report
    assert newsflag.clean(ARTICLE, **options) == report.body == "\n\n".join(LINES[:3])
    other = "\n\n".join(LINES[::-1])
    for together, text in zip(newsflag.pipe([other, "", ARTICLE], **options), [other, "", ARTICLE], strict=True):
        alone = newsflag.flag(text, **options)
        assert together.body == alone.body
        assert [(each.start, each.kind) for each in together.segments] == [
            (each.start, each.kind) for each in alone.segments
        ]
        listed = [each.reasons[0] for each in together.segments if each.reasons[0].cue.endswith("_list")]
        assert listed == [each.reasons[0] for each in alone.segments if each.reasons[0].cue.endswith("_list")]


def test_a_listed_report_survives_json_and_pickling() -> None:
    report = newsflag.flag(ARTICLE, allow=(PROMO,), deny=(BODY,))
    assert Report.from_dict(report.to_dict()) == report
    assert pickle.loads(pickle.dumps(report)) == report


@relaxed
@given(st.lists(st.sampled_from([*LINES, "***", "2", "Ad", "…"]), max_size=6), st.sampled_from(LINES), st.booleans())
def test_lists_decide_wherever_a_line_stands(parts: list[str], line: str, allowed: bool) -> None:
    options: Any = {"allow" if allowed else "deny": (line,)}
    report = newsflag.flag("\n\n".join([*parts, line]), explain=False, **options)
    found = [segment for segment in report.segments if segment.text == line]
    assert found
    assert all(segment.is_insertion is not allowed for segment in found)


# Expressions that take too long


@pytest.mark.parametrize("pattern", CATASTROPHIC)
@pytest.mark.parametrize("field", PATTERNS)
def test_a_pattern_without_end_is_stopped(field: str, pattern: str) -> None:
    newsflag.flag(LONG_RUN)  # the model is loaded
    ways: list[Callable[..., object]] = [
        newsflag.flag,
        newsflag.clean,
        lambda text, **options: list(newsflag.pipe([BODY, text], **options)),
    ]
    for way in ways:
        before = time.perf_counter()
        with pytest.raises(PatternTimeoutError) as caught:
            way(LONG_RUN, **{field: (pattern,)})
        assert time.perf_counter() - before < 1
        message = str(caught.value)
        told = f"{field}: the expression {pattern!r} took more than 0.1 seconds"
        assert message.removeprefix("article 1: ").startswith(told)
        assert "a" * 40 in message
        assert "pattern_seconds" in message


def test_a_harmless_looking_pattern_ends_one_way_or_another() -> None:
    # The regex package sees through this one, which keeps the standard library busy for years.
    before = time.perf_counter()
    try:
        assert newsflag.flag(LONG_RUN, deny_patterns=(r"(a+)+$",)).segments
    except PatternTimeoutError as error:
        assert "(a+)+$" in str(error)  # noqa: PT017 - either will do
    assert time.perf_counter() - before < 5


def test_the_bound_is_the_configs() -> None:
    with pytest.raises(PatternTimeoutError, match=r"took more than 0\.01 seconds"):
        newsflag.flag(LONG_RUN, deny_patterns=(CATASTROPHIC[0],), pattern_seconds=0.01)


def test_an_exact_entry_goes_before_a_pattern_without_end() -> None:
    assert newsflag.clean(LONG_RUN, allow=(LONG_RUN,), allow_patterns=CATASTROPHIC) == LONG_RUN


def test_a_timeout_is_caught_by_what_it_is() -> None:
    assert issubclass(PatternTimeoutError, TimeoutError)
    assert issubclass(PatternTimeoutError, newsflag.NewsflagError)
    again = pickle.loads(pickle.dumps(PatternTimeoutError("too long")))
    assert type(again) is PatternTimeoutError
    assert str(again) == "too long"
