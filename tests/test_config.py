"""A config that can't work is refused when it is made, with what is allowed."""

from __future__ import annotations

import dataclasses
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from newsflag import Config, ConfigError
from newsflag.config import SENTENCE_MODES
from newsflag.kinds import INSERTION_KINDS, KEPT_KINDS, KINDS


def test_defaults_work() -> None:
    config = Config()
    assert config.threshold is None
    assert [kind for kind in KINDS if config.keeps(kind)] == list(KEPT_KINDS)


@pytest.mark.parametrize("value", [-0.1, 1.1, 2, 10**400, float("nan"), float("inf"), "0.5", True, [0.5]])
def test_a_threshold_is_a_number_from_0_to_1(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"threshold is .* from 0 to 1"):
        Config(threshold=value)


def test_a_refused_threshold_tells_how_to_have_the_models_own() -> None:
    # In words that hold on the command line too, where there is no None.
    with pytest.raises(ConfigError, match=r"^threshold is 64, .*; without one the model's own holds$"):
        Config(threshold=64)


@pytest.mark.parametrize("value", [0, 1, 0.25, Fraction(1, 4), np.float32(0.25), np.int64(1)])
def test_every_kind_of_number_will_do_as_threshold(value: Any) -> None:
    threshold = Config(threshold=value).threshold
    assert type(threshold) is float
    assert threshold == value


@pytest.mark.parametrize("field", ["keep", "drop"])
@pytest.mark.parametrize("value", ["caption", "x", 5, None])
def test_kinds_come_in_a_tuple(field: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"{field} is .* must be a tuple of kinds, for instance \('\w+',\)"):
        Config.of(None, {field: value})


@pytest.mark.parametrize("field", ["keep", "drop"])
@pytest.mark.parametrize("value", ["advert", "Body", "", 5, []])
def test_an_unknown_kind_is_refused_with_the_list_of_kinds(field: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.of(None, {field: (value,)})
    assert all(kind in str(caught.value) for kind in KINDS)


def test_kinds_are_kept_and_dropped() -> None:
    config = Config(keep=("caption",), drop=("title",))
    assert [kind for kind in KINDS if config.keeps(kind)] == ["body", "heading", "standfirst", "caption"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep": ("caption",), "drop": ("caption",)}, "both name 'caption'"),
        ({"drop": ("body",)}, "body is never dropped"),
        ({"keep": ("body",)}, "'body', which is always kept: leave it out"),
        ({"keep": ("heading",)}, "'heading', which is always kept unless drop names it: leave it out"),
        ({"drop": ("teaser",)}, "always dropped"),
    ],
)
def test_contradictions_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Config(**options)


def test_the_order_of_kinds_does_not_matter() -> None:
    given: Any = ["embed", "caption", "embed"]
    assert Config(keep=given) == Config(keep=("caption", "embed"))
    assert hash(Config(keep=given)) == hash(Config(keep=("caption", "embed")))
    assert Config(keep=given).keep == ("caption", "embed")


@pytest.mark.parametrize("value", ["sometimes", None, True, []])
def test_an_unknown_sentence_mode_is_refused_with_the_list_of_modes(value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        Config(sentences=value)
    assert all(mode in str(caught.value) for mode in SENTENCE_MODES)


@pytest.mark.parametrize("value", [1, None, "yes"])
def test_explain_is_a_bool(value: Any) -> None:
    with pytest.raises(ConfigError, match="explain is"):
        Config(explain=value)


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", None])
def test_max_reasons_is_a_positive_whole_number(value: Any) -> None:
    with pytest.raises(ConfigError, match="max_reasons is"):
        Config(max_reasons=value)


def test_options_come_on_top_of_a_config() -> None:
    config = Config(threshold=0.9, explain=False)
    assert Config.of(config, {"threshold": 0.5}) == Config(threshold=0.5, explain=False)
    assert Config.of(config, {}) is config
    assert Config.of(None, {}) == Config()


def test_an_unknown_option_is_refused_with_the_list_of_options() -> None:
    with pytest.raises(ConfigError) as caught:
        Config.of(None, {"treshold": 0.5})
    assert "'treshold'" in str(caught.value)
    assert all(field.name in str(caught.value) for field in dataclasses.fields(Config))


@pytest.mark.parametrize("config", [{"threshold": 0.5}, 0.5, "fast", Config])
def test_what_is_no_config_is_refused(config: Any) -> None:
    with pytest.raises(ConfigError, match=r"must be a newsflag\.Config"):
        Config.of(config, {})


def test_contradictions_between_config_and_options_are_refused() -> None:
    config = Config(keep=("caption",))
    with pytest.raises(ConfigError, match=r"always dropped|both name"):
        Config.of(config, {"drop": ("caption",)})


def test_a_config_is_frozen_and_picklable() -> None:
    config = Config(threshold=0.5, keep=INSERTION_KINDS[:2])
    assert pickle.loads(pickle.dumps(config)) == config
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.threshold = 0.6  # type: ignore[misc]
