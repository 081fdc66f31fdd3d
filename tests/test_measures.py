"""Measures of the benchmarks, and the peers they compare with."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import _measures as measures
import _peers as peers

CASES = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])), min_size=1, max_size=40)


class TestGoldScores:
    def test_f1_is_that_of_the_means(self) -> None:
        scores = measures.gold_scores([("a b c d e", "a b c d"), ("a b c d", "a b c d e")])
        assert scores == (0.75, 0.75, 0.75)

    def test_an_empty_answer_counts(self) -> None:
        assert measures.gold_scores([("", "a b c d"), ("a b c d", "a b c d")]).f1 == 0.5

    def test_no_pages(self) -> None:
        with pytest.raises(ValueError, match="no page"):
            measures.gold_scores([])


class TestAveragePrecision:
    def test_by_hand(self) -> None:
        assert measures.average_precision([1, 0, 1], [0.9, 0.8, 0.7]) == pytest.approx((1 + 2 / 3) / 2)

    def test_equal_scores_are_taken_at_once(self) -> None:
        assert measures.average_precision([1, 0], [0.5, 0.5]) == measures.average_precision([0, 1], [0.5, 0.5]) == 0.5

    def test_nothing_true(self) -> None:
        assert math.isnan(measures.average_precision([0, 0], [0.1, 0.2]))

    @settings(deadline=None)  # the first example imports scikit-learn
    @given(CASES)
    def test_as_scikit_learn(self, cases: list[tuple[bool, float]]) -> None:
        metrics = pytest.importorskip("sklearn.metrics")
        truth, score = zip(*cases, strict=True)
        if any(truth):
            assert measures.average_precision(truth, score) == pytest.approx(
                metrics.average_precision_score(truth, score)
            )


class TestF1:
    def test_threshold_itself_is_called(self) -> None:
        assert measures.f1_at([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.5) == pytest.approx((2 / 3, 1, 0.8))

    def test_plain_decisions(self) -> None:
        assert measures.f1_at([True, False], [True, False]) == (1, 1, 1)

    def test_nothing_called(self) -> None:
        assert measures.f1_at([1, 0], [0.1, 0.1], 0.5) == (0, 0, 0)


class TestShareKept:
    def test_characters_count_not_lines(self) -> None:
        assert measures.share_kept([90, 10], [True, False]) == 0.9

    def test_only_lines_that_count(self) -> None:
        assert measures.share_kept([90, 10, 50], [True, False, True], [False, True, True]) == pytest.approx(50 / 60)

    def test_nothing_counts(self) -> None:
        assert math.isnan(measures.share_kept([1], [True], [False]))


class TestCalibrationError:
    def test_perfect(self) -> None:
        assert measures.calibration_error([1, 0, 1, 0], [1, 0, 1, 0]) == 0

    def test_always_wrong(self) -> None:
        assert measures.calibration_error([0, 1], [1, 0]) == 1

    def test_equal_scores_share_a_bin(self) -> None:
        assert measures.calibration_error([1, 0] * 10, [0.5] * 20, bins=20) == 0

    def test_bins_hold_the_same_number(self) -> None:
        truth = [0] * 5 + [1] * 5
        score = np.linspace(0.1, 1.0, 10)
        low, high = abs(0 - score[:5].mean()), abs(1 - score[5:].mean())
        assert measures.calibration_error(truth, score, bins=2) == pytest.approx((low + high) / 2)

    def test_the_mean_judgement_is_what_a_score_must_meet(self) -> None:
        score = np.linspace(0.1, 0.9, 150)
        assert measures.calibration_error(score, score) == pytest.approx(0)
        assert measures.calibration_error(score - 0.05, score) == pytest.approx(0.05)

    def test_bins_are_what_the_error_is_made_of(self) -> None:
        truth, score = [0, 0, 1, 0.5], [0.0, 0.2, 0.6, 0.8]
        assert measures.calibration_bins(truth, score, bins=2).tolist() == [
            pytest.approx([0.1, 0.0, 2]),
            pytest.approx([0.7, 0.75, 2]),
        ]
        assert measures.calibration_bins([], []).shape == (0, 3)

    @given(CASES, st.integers(1, 50))
    def test_bounds_and_order(self, cases: list[tuple[bool, float]], bins: int) -> None:
        truth, score = zip(*cases, strict=True)
        assert measures.calibration_bins(truth, score, bins)[:, 2].sum() == len(cases)
        error = measures.calibration_error(truth, score, bins)
        assert 0 <= error <= 1
        assert error >= abs(np.mean(truth) - np.mean(score)) - 1e-9
        assert error == pytest.approx(measures.calibration_error(truth[::-1], score[::-1], bins))

    def test_refusals(self) -> None:
        assert math.isnan(measures.calibration_error([], []))
        with pytest.raises(ValueError, match="bins"):
            measures.calibration_error([1], [1], bins=0)


class TestBootstrap:
    VALUES = np.repeat([0.0, 1.0, 0.0, 1.0, 1.0], 20)
    GROUPS = tuple(f"paper {number}" for number in range(5) for _ in range(20))

    def mean(self, rows: measures.Rows) -> float:
        return float(self.VALUES[rows].mean())

    def test_seeded(self) -> None:
        first = measures.bootstrap(self.mean, self.GROUPS, resamples=50)
        assert first == measures.bootstrap(self.mean, self.GROUPS, resamples=50)
        assert first.value == 0.6
        assert first.low <= first.value <= first.high

    def test_draws_publishers_not_rows(self) -> None:
        clustered = measures.bootstrap(self.mean, self.GROUPS, resamples=200)
        single = measures.bootstrap(self.mean, list(range(100)), resamples=200)
        assert clustered.high - clustered.low > 2 * (single.high - single.low)

    def test_one_publisher(self) -> None:
        assert measures.bootstrap(self.mean, ["a"] * 100, resamples=5) == (0.6, 0.6, 0.6)

    def test_refusals(self) -> None:
        with pytest.raises(ValueError, match="level"):
            measures.bootstrap(self.mean, self.GROUPS, level=95)
        with pytest.raises(ValueError, match="no row"):
            measures.bootstrap(self.mean, [])


class TestFolds:
    @given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60), st.integers(2, 5))
    def test_publishers_stay_whole(self, publishers: list[str], n: int) -> None:
        if len(set(publishers)) < n:
            with pytest.raises(ValueError, match="folds"):
                measures.groups_folds(publishers, n)
            return
        folds = measures.groups_folds(publishers, n)
        assert set(folds.tolist()) == set(range(n))
        for publisher in set(publishers):
            assert len({fold for fold, name in zip(folds.tolist(), publishers, strict=True) if name == publisher}) == 1

    def test_balanced(self) -> None:
        publishers = ["a"] * 10 + ["b"] * 5 + ["c"] * 3 + ["d"] * 2
        assert np.bincount(measures.groups_folds(publishers, 2)).tolist() == [10, 10]

    def test_order_of_rows_does_not_matter(self) -> None:
        publishers = list("aabbbcddde")
        folds = dict(zip(publishers, measures.groups_folds(publishers, 3).tolist(), strict=True))
        turned = dict(zip(publishers[::-1], measures.groups_folds(publishers[::-1], 3).tolist(), strict=True))
        assert folds == turned


@pytest.mark.parametrize("measure", [measures.average_precision, measures.f1_at, measures.calibration_error])
def test_columns_must_fit(measure: object) -> None:
    with pytest.raises(ValueError, match="shapes"):
        measure([1, 0], [0.5])  # type: ignore[operator]
    with pytest.raises(ValueError, match="not a number"):
        measure([1], [float("nan")])  # type: ignore[operator]


PROSE = (
    "The ferry to the outer islands took up service again on Thursday, and the people of the harbour were there to "
    "see it off, with all of the children from the school that had been closed for as long as the pier."
)
LINES = [
    PROSE,
    "Share",
    PROSE.replace("Thursday", "Friday"),
    "—",
    "A <b> & a \x00 sign",
    "",
    PROSE.replace("Thursday", "Monday"),
]


class TestPeers:
    def test_c4(self) -> None:
        lines = [
            "It took five words exactly.",
            "Only four words here.",
            "No mark at the end of it",
            "Who painted all the boats blue?",
            "And then there was more to it...",
            'He said "it will be done"',
            "Now they must all go home! ",
        ]
        assert peers.c4(lines, "en") == [True, False, False, True, False, True, True]

    @pytest.mark.parametrize("name", peers.PEERS)
    @pytest.mark.parametrize("language", ["en", "xx"])
    def test_one_answer_a_line(self, name: str, language: str) -> None:
        pytest.importorskip({"C4 end-mark rule": "re"}.get(name, name.lower()))
        answer = peers.ask(peers.PEERS[name], LINES, language)
        assert len(answer.keep) == len(LINES)
        assert answer.keep[0]
        assert answer.keep[2]
        assert answer.keep[6]

    def test_justext_drops_a_short_line_in_a_row(self) -> None:
        pytest.importorskip("justext")
        lines = [PROSE, "Share", "Print", "Login", "Sign up", *["Home"] * 5]
        answer = peers.ask(peers.justext, lines, "en")
        assert (answer.keep[0], answer.keep[-1], answer.failed) == (True, False, False)

    def test_failures_keep_everything_and_are_said(self) -> None:
        def fail(_lines: object, _language: str) -> list[bool]:
            raise RuntimeError("no article")

        assert peers.ask(fail, LINES, "en") == peers.Answer([True] * len(LINES), failed=True)
        assert peers.ask(peers.c4, ["Share", "Print"], "en") == peers.Answer([True, True], failed=True)
        assert peers.ask(peers.c4, [], "en").keep == []

    def test_missing_package_names_its_pip_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "justext", None)
        with pytest.raises(ImportError, match="pip install justext"):
            peers.ask(peers.justext, LINES, "en")

    def test_surviving_lines_are_matched_in_order(self) -> None:
        text = f"{PROSE}\n\n  Share\n"
        assert peers._surviving(["Share", PROSE, "Share", "Print"], text) == [False, True, True, False]


class TestAuc:
    @given(CASES)
    @settings(max_examples=200)
    def test_it_is_the_share_of_pairs_in_the_right_order(self, cases: list[tuple[bool, float]]) -> None:
        high = [score for true, score in cases if true]
        low = [score for true, score in cases if not true]
        found = measures.auc([true for true, _ in cases], [score for _, score in cases])
        if not high or not low:
            assert math.isnan(found)
        else:
            right = sum((one > other) + (one == other) / 2 for one in high for other in low)
            assert found == pytest.approx(right / (len(high) * len(low)))
