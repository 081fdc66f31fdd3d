"""The estimators: they keep scikit-learn's rules, do what newsflag's functions do, and refuse what is no text."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import estimator_checks as checks
from sklearn.utils.validation import check_is_fitted, validate_data

import newsflag
from newsflag.features import FEATURES, article_features
from newsflag.kinds import ARTICLE_SCORES, KINDS, SCORES
from newsflag.model import store
from newsflag.sklearn import ArticleCleaner, ArticleFeatures, SegmentClassifier

TEXTS: Final = [
    """Bridge over the Lenne stays shut

The old bridge over the Lenne stays shut until spring, the town of Ostering said on Monday. Engineers found cracks in
two of its seven piers.

READ MORE: Ten tricks for a flat belly""",
    """The council of Tarnmouth met on Tuesday and spoke about the harbour for three hours.

“We can't wait another year,” said the mayor, Ines Falk.

Sign up to our morning newsletter""",
    """Rain is expected in Vellmark from Friday, the weather service said.

Advertisement

Farmers have waited for it since May, and the reservoirs are half empty.""",
    "The library in Kestrow opens an hour earlier from next week, its director said.",
    """You won't believe what this farmer from Vellmark found in his barn!

Share on Facebook

The old tractor had stood there for sixty years, and it still runs.""",
    """SHOCKING: the one vegetable that doctors in Ostering hate

Read also: What your birthday says about you""",
]
LABELS: Final = ["local", "local", "weather", "local", "odd", "odd"]
PAGE: Final = (
    "<nav><a href=/>Home</a></nav><h1>Bridge to stay shut</h1><p>The old bridge over the Lenne stays shut until "
    "spring, the town said on Monday.</p><p>READ MORE: <a href=/x>Ten tricks for a flat belly</a></p>"
)
PLACES: Final = ("Ostering", "Tarnmouth", "Vellmark", "Kestrow", "Lindhagen", "Marrow Bay")
LINES: Final = [
    *(f"By Ada Thorne in {place}" for place in PLACES),
    *(f"Photo: Ola Brandt / {place} Picture Desk" for place in PLACES),
    *(f"The council of {place} met on Monday and put off its decision about the harbour." for place in PLACES),
]
SORTS: Final = ["byline"] * 6 + ["credit"] * 6 + ["story"] * 6
ESTIMATORS: Final = (ArticleCleaner, ArticleFeatures, SegmentClassifier)
TRANSFORMERS: Final = (ArticleCleaner, ArticleFeatures)


def segments() -> list[newsflag.Segment]:
    """Segments of all the texts."""
    return [segment for text in TEXTS for segment in newsflag.flag(text, explain=False).segments]


def assert_same(found: Any, wanted: Any) -> None:
    """The same texts, or the same numbers but for rounding: threads and batches add up in another order."""
    if np.asarray(found).dtype == object:
        np.testing.assert_array_equal(found, wanted)
    else:
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def fitted() -> SegmentClassifier:
    """A classifier of three sorts of lines."""
    return SegmentClassifier().fit(LINES, SORTS)


# scikit-learn's own checks. For what takes strings they are almost none, as all their data are numbers: the first test
# runs those that need no data. Then the estimators take tables of numbers that are spelt out as words, row by row.

NO_DATA: Final = (
    checks.check_do_not_raise_errors_in_init_or_set_params,
    checks.check_estimator_cloneable,
    checks.check_estimator_repr,
    checks.check_estimator_tags_renamed,
    checks.check_get_params_invariance,
    checks.check_mixin_order,
    checks.check_no_attributes_set_in_init,
    checks.check_parameters_default_constructible,
    checks.check_set_params,
    checks.check_valid_tag_types,
)
_LETTERS: Final = str.maketrans("-0123456789", "mabcdefghij")  # newsflag takes all digits for the same


def spelt(rows: Any) -> list[str]:
    """A text for each row of a table of numbers."""
    return [" ".join(f"{column}x{2 * value:.0f}".translate(_LETTERS) for column, value in enumerate(r)) for r in rows]


def _of_numbers(tags: Any) -> Any:
    tags.no_validation = False
    tags.input_tags.string = tags.input_tags.one_d_array = False
    tags.input_tags.two_d_array = True
    return tags


class SpeltClassifier(SegmentClassifier):
    def __sklearn_tags__(self) -> Any:
        return _of_numbers(super().__sklearn_tags__())

    def fit(self, X: Any, y: Any) -> SegmentClassifier:  # type: ignore[override]  # noqa: N803 - scikit-learn's name
        X, y = validate_data(self, X, y)  # noqa: N806 - as above
        return super().fit(spelt(X), y)

    def decision_function(self, X: Any) -> Any:  # noqa: N803 - as above
        check_is_fitted(self)
        return super().decision_function(spelt(validate_data(self, X, reset=False)))


class SpeltFeatures(ArticleFeatures):
    def __sklearn_tags__(self) -> Any:
        return _of_numbers(super().__sklearn_tags__())

    def fit(self, X: Any, y: Any = None) -> Any:  # noqa: N803 - as above
        return super().fit(spelt(validate_data(self, X)), y)

    def transform(self, X: Any) -> Any:  # noqa: N803 - as above
        return super().transform(spelt(validate_data(self, X, reset=not hasattr(self, "n_features_in_"))))


@pytest.mark.parametrize("check", NO_DATA, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_the_checks_that_need_no_data_pass(kind: Any, check: Any) -> None:
    check(kind.__name__, kind())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # they allow few iterations
@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        each
        # One text a batch: texts are scored in single precision, and batches of others differ in the seventh digit.
        for estimator in (SpeltClassifier(), SpeltFeatures(batch_size=1))
        for each in checks.estimator_checks_generator(estimator)
    ],
    ids=lambda value: getattr(getattr(value, "func", type(value)), "__name__", None),
)
def test_the_checks_pass_on_numbers_that_are_spelt_out(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_the_tags_say_that_texts_are_taken(kind: Any) -> None:
    tags = sklearn.utils.get_tags(kind())
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert tags.requires_fit is (kind is SegmentClassifier)


# Parameters


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (ArticleCleaner, {"threshold": 2}),
        (ArticleCleaner, {"keep": ("body",)}),
        (ArticleCleaner, {"drop": ["advert"]}),
        (ArticleCleaner, {"sentences": "sometimes"}),
        (ArticleCleaner, {"allow": "a str"}),
        (ArticleCleaner, {"deny_patterns": ("(",)}),
        (ArticleCleaner, {"input": "pdf"}),
        (ArticleCleaner, {"n_jobs": 0}),
        (ArticleCleaner, {"model": 5}),
        (ArticleCleaner, {"model": "nonesuch"}),
        (ArticleFeatures, {"threshold": float("nan")}),
        (ArticleFeatures, {"language": "German"}),
        (ArticleFeatures, {"batch_size": 0}),
        (ArticleFeatures, {"batch_size": 2.0}),
        (ArticleFeatures, {"n_jobs": 1.5}),
        (ArticleFeatures, {"input": None}),
    ],
    ids=str,
)
def test_a_bad_parameter_is_refused_when_it_is_used_and_not_before(kind: Any, bad: dict[str, Any]) -> None:
    estimator = kind(**bad)
    [(name, value)] = bad.items()
    assert getattr(estimator, name) is value
    expected = newsflag.ModelNotFoundError if value == "nonesuch" else newsflag.ConfigError
    for method in (estimator.fit, estimator.transform, estimator.fit_transform):
        with pytest.raises(expected, match=name):
            method(TEXTS)
    estimator = kind().set_params(**bad)
    with pytest.raises(expected):
        estimator.transform([])


@pytest.mark.parametrize(
    "bad",
    [
        {"C": 0},
        {"C": float("nan")},
        {"C": float("inf")},
        {"C": "1"},
        {"C": True},
        {"max_iter": 0},
        {"max_iter": 10.0},
        {"class_weight": "even"},
        {"n_features": 1000},
    ],
    ids=str,
)
def test_a_bad_parameter_of_the_classifier_is_refused_in_fit(bad: dict[str, Any]) -> None:
    classifier = SegmentClassifier(**bad)
    with pytest.raises(newsflag.ConfigError, match=next(iter(bad))):
        classifier.fit(LINES, SORTS)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_parameters_are_stored_as_they_are_and_survive_a_clone(kind: Any) -> None:
    values: dict[str, Any] = {name: object() for name in kind().get_params()}
    estimator = kind(**values)
    assert estimator.get_params() == values
    assert vars(estimator) == values, "nothing else is stored or made"
    lists = {"keep": ["caption"], "allow": ["Advertisement"]} if kind is ArticleCleaner else {}
    again = clone(kind(**lists))
    assert {name: again.get_params()[name] for name in lists} == lists


def test_parameters_are_those_of_the_functions(make_model: Callable[..., store.Model], tmp_path: Path) -> None:
    path = store.save(make_model(), tmp_path)
    options: dict[str, Any]
    for options in (
        {"threshold": 0.999},
        {"keep": ["teaser"], "drop": ["title"]},
        {"deny_patterns": (r"^The council",), "allow": ("Advertisement",)},
        {"sentences": "always", "allow_patterns": [r"(?i)read more"]},
        {"model": path},
        {"model": str(path), "deny": (TEXTS[3],)},
    ):
        cleaned = ArticleCleaner(**options).transform(TEXTS)
        assert cleaned.tolist() == [newsflag.clean(text, **options) for text in TEXTS]
        assert cleaned.tolist() != ArticleCleaner().transform(TEXTS).tolist(), options
    for options in ({"threshold": 0.999}, {"sentences": "always"}, {"language": "fi"}, {"model": path}):
        rows = ArticleFeatures(**options).transform(TEXTS)
        flagged = [newsflag.flag(text, explain=False, **options) for text in TEXTS]
        assert_same(rows, [article_features(report) for report in flagged])
        assert not np.allclose(rows, ArticleFeatures().transform(TEXTS)), options


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_fit_learns_nothing_and_gives_the_estimator(kind: Any) -> None:
    estimator = kind()
    before = dict(vars(estimator))
    assert estimator.fit(TEXTS) is estimator
    assert estimator.fit(TEXTS, LABELS) is estimator
    assert vars(estimator) == before
    assert_same(estimator.transform(TEXTS), kind().transform(TEXTS))


# What comes in


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, object),
        pd.Series(TEXTS),
        pd.Series(TEXTS, list("uvwxyz"), dtype=object),
        pd.Series(TEXTS, dtype="category"),
        pd.Series(TEXTS).array,
        iter(TEXTS),
    ],
    ids=[
        "list",
        "tuple",
        "str array",
        "object array",
        "Series",
        "object Series",
        "categories",
        "extension",
        "iterator",
    ],
)
def test_every_sequence_of_texts_is_taken(texts: Any) -> None:
    cleaned = ArticleCleaner().fit_transform(texts)
    assert list(cleaned) == [newsflag.clean(text) for text in TEXTS]


@pytest.mark.parametrize("dtype", [object, "string", "str", "string[pyarrow]", "large_string[pyarrow]"], ids=str)
def test_a_series_keeps_its_index_its_name_and_its_dtype(dtype: Any) -> None:
    if "pyarrow" in str(dtype):
        pytest.importorskip("pyarrow")
    texts = pd.Series(TEXTS, [30, 10, 50, 20, 40, 60], name="article").astype(dtype)
    cleaned = ArticleCleaner().transform(texts[texts.index != 50])
    assert isinstance(cleaned, pd.Series)
    assert cleaned.index.tolist() == [30, 10, 20, 40, 60]
    assert cleaned.name == "article"
    assert cleaned.dtype == texts.dtype
    assert cleaned[20] == newsflag.clean(TEXTS[3])
    assert ArticleFeatures().transform(texts).shape == (6, len(FEATURES))


def test_series_of_polars_and_arrow_backed_texts_are_taken() -> None:
    polars = pytest.importorskip("polars")
    assert ArticleCleaner().transform(polars.Series(TEXTS)).tolist() == ArticleCleaner().transform(TEXTS).tolist()


def test_anything_but_a_series_becomes_an_object_array() -> None:
    cleaned = ArticleCleaner().transform(np.array(TEXTS[:1]))
    assert isinstance(cleaned, np.ndarray)
    assert cleaned.dtype == object
    assert type(cleaned[0]) is str


@pytest.mark.parametrize(
    ("one", "told"),
    [
        ("a text", r"single str, but must hold many: put it in a list"),
        (b"bytes", r"single bytes, but must hold many: put it in a list"),
        (None, r"NoneType"),
        (5, r"int"),
        ({"a": "dict"}, r"dict"),
        ({"a set"}, r"set"),
        (np.array("nothing but a text"), r"shape \(\)"),
        (np.array([["a"], ["table"]]), r"ndarray of shape \(2, 1\), but must be one column.*frame\['text'\]"),
        (pd.DataFrame({"text": ["a", "b"]}), r"DataFrame of shape \(2, 1\), but must be one column.*frame\['text'\]"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_what_is_no_sequence_of_texts_is_refused(kind: Any, one: Any, told: str) -> None:
    for method in (kind().fit, kind().transform):
        with pytest.raises(newsflag.InputError, match=told):
            method(one)
    with pytest.raises(newsflag.InputError, match=told):
        SegmentClassifier().fit(one, SORTS)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, r"missing \(None\).*leave it out, or fill it"),
        (float("nan"), r"missing \(nan\).*leave it out, or fill it"),
        (np.float32("nan"), r"missing \(nan\).*leave it out, or fill it"),
        (pd.NaT, r"missing \(NaT\).*leave it out, or fill it"),
        (pd.NA, r"missing \(<NA>\).*leave it out, or fill it"),
        (5, r"of type int, but must be a str"),
        (b"bytes", r"of type bytes, but must be a str.*decode it first"),
        (["a", "list"], r"of type list, but must be a str"),
        (np.array([1, 2]), r"of type ndarray, but must be a str"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_what_is_no_text_is_told_with_its_place(kind: Any, value: Any, told: str) -> None:
    texts: list[Any] = [*TEXTS[:3], value, *TEXTS[3:]]
    with pytest.raises(newsflag.InputError, match=f"item 3 is {told}"):
        kind().transform(texts)
    with pytest.raises(newsflag.InputError, match=f"item 3 is {told}"):
        SegmentClassifier().fit(texts, range(7))


@pytest.mark.parametrize("dtype", [object, "string", "str"])
def test_a_missing_value_of_a_series_is_told_with_its_place(dtype: Any) -> None:
    texts = pd.Series([*TEXTS[:2], None], [7, 8, 9]).astype(dtype)
    with pytest.raises(newsflag.InputError, match=r"item 2 \(index 9\) is missing .*leave it out, or fill it"):
        ArticleCleaner().transform(texts)


def test_no_texts_and_empty_texts_are_taken() -> None:
    assert ArticleCleaner().transform([]).shape == (0,)
    assert ArticleCleaner().transform(pd.Series([], dtype=object)).empty
    assert ArticleFeatures().transform([]).shape == (0, len(FEATURES))
    assert ArticleCleaner().transform(["", " \n"]).tolist() == ["", ""]
    assert not ArticleFeatures().transform(["", " \n"]).any()


def test_pages_are_taken_as_str_and_as_bytes() -> None:
    pages = [PAGE, PAGE.encode()]
    cleaned = ArticleCleaner(input="html").transform(pages)
    assert cleaned.tolist() == [newsflag.clean_html(PAGE)] * 2
    assert cleaned[0].startswith("The old bridge")
    assert ArticleCleaner(input="html").transform(pd.Series(pages, dtype=object)).tolist() == cleaned.tolist()
    rows = ArticleFeatures(input="html").transform(pages)
    assert_same(rows, [article_features(newsflag.flag_html(PAGE))] * 2)
    with pytest.raises(newsflag.InputError, match="item 1 is of type int, but must be a str or bytes"):
        ArticleCleaner(input="html").transform([PAGE, 5])


# What comes out


@given(st.lists(st.text(st.sampled_from("aB. \n:!“”?…3漢"), max_size=60), max_size=4))
@settings(max_examples=25, deadline=None)
def test_whatever_the_texts_they_are_cleaned_and_counted_as_by_the_functions(texts: list[str]) -> None:
    assert ArticleCleaner().transform(texts).tolist() == [newsflag.clean(text) for text in texts]
    rows = ArticleFeatures().transform(texts)
    assert np.isfinite(rows).all()
    total = rows[:, [name.startswith("share_") for name in FEATURES]].sum(axis=1)
    assert total == pytest.approx([1.0 if text.strip() else 0.0 for text in texts])
    reports = [newsflag.flag(text, explain=False) for text in texts]
    wanted = np.array([article_features(report) for report in reports]).reshape(rows.shape)
    np.testing.assert_allclose(rows, wanted, rtol=1e-4, atol=1e-5)


def test_the_features_of_a_report_are_what_their_names_say() -> None:
    report = newsflag.flag(TEXTS[0])
    row = dict(zip(FEATURES, article_features(report).tolist(), strict=True))
    total = sum(len(segment.text) for segment in report.segments)
    for kind in KINDS:
        share = sum(len(segment.text) for segment in report.segments if segment.kind == kind) / total
        assert row[f"share_{kind}"] == pytest.approx(share), kind
    assert row["share_teaser"] > 0
    for name, number in (
        ("characters", total),
        ("promos", sum(segment.is_promo for segment in report.segments)),
        ("segments", len(report.segments)),
        ("insertions", len(report.insertions)),
        ("flags", len(report.flags)),
    ):
        assert row[f"log_{name}"] == pytest.approx(np.log(1 + number)), name
    for score in (*SCORES, *ARTICLE_SCORES):
        assert row[f"score_{score}"] == report.scores[score]
    for score in SCORES:
        values = [segment.scores[score] for segment in report.segments]
        assert row[f"{score}_median"] == pytest.approx(np.median(values))
        assert row[f"{score}_q90"] == pytest.approx(np.quantile(values, 0.9))
        assert row[f"{score}_max"] == max(values)
    for name, value in report.signals.items():
        assert row[f"signal_{name}"] == value
    assert row["has_title"] == 1
    assert len(set(FEATURES)) == len(FEATURES)


def test_a_signal_that_is_not_there_counts_nothing_and_is_told() -> None:
    report = newsflag.flag(TEXTS[3])
    assert report.signals["title_representativeness"] is None
    row = dict(zip(FEATURES, article_features(report).tolist(), strict=True))
    assert row["signal_title_representativeness"] == row["has_title"] == 0


def test_features_of_a_report_that_was_read_back_are_the_same() -> None:
    report = newsflag.flag(TEXTS[1], explain=False)
    again = newsflag.Report.from_dict(report.to_dict())
    np.testing.assert_array_equal(article_features(again), article_features(report))


def test_features_are_made_of_a_report_only() -> None:
    with pytest.raises(newsflag.InputError, match=r"such as newsflag\.flag gives, but got str"):
        article_features(TEXTS[0])  # type: ignore[arg-type]


def test_features_are_dense_doubles_with_names() -> None:
    features = ArticleFeatures()
    rows = features.transform(TEXTS)
    assert type(rows) is np.ndarray
    assert rows.dtype == np.float64
    assert rows.shape == (len(TEXTS), len(FEATURES))
    assert features.get_feature_names_out().tolist() == list(FEATURES)
    assert features.get_feature_names_out(["text"]).dtype == object


@pytest.mark.parametrize("texts", [TEXTS, pd.Series(TEXTS, list("uvwxyz"))], ids=["list", "Series"])
def test_features_come_as_a_table_where_one_is_asked_for(texts: Any) -> None:
    table = ArticleFeatures().set_output(transform="pandas").fit_transform(texts)
    assert list(table.columns) == list(FEATURES)
    assert table.index.tolist() == (texts.index.tolist() if isinstance(texts, pd.Series) else list(range(6)))
    assert_same(table.to_numpy(), ArticleFeatures().transform(TEXTS))


def test_features_come_as_a_table_of_polars_where_one_is_asked_for() -> None:
    pytest.importorskip("polars")
    table = ArticleFeatures().set_output(transform="polars").fit_transform(TEXTS)
    assert table.columns == list(FEATURES)
    assert_same(table.to_numpy(), ArticleFeatures().transform(TEXTS))


@pytest.mark.parametrize(
    "estimator", [ArticleCleaner(keep=["teaser"]), ArticleFeatures(), ArticleFeatures(batch_size=4)], ids=repr
)
def test_two_processes_give_the_same(estimator: Any) -> None:
    texts = [f"{text}\n\nPage {number} of 42" for number, text in enumerate(TEXTS * 7)]
    assert_same(clone(estimator).set_params(n_jobs=2).transform(texts), estimator.transform(texts))


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_a_pickle_is_small_and_does_the_same(kind: Any) -> None:
    fresh = pickle.dumps(kind())
    estimator = kind(threshold=0.7)
    before = estimator.fit_transform(TEXTS)
    used = pickle.dumps(estimator)
    assert len(fresh) < 1000
    assert len(used) < 1000
    assert_same(pickle.loads(used).transform(TEXTS), before)
    assert pickle.loads(fresh).get_params() == kind().get_params()


# In pipelines


def test_a_pipeline_of_cleaner_and_vectoriser_learns() -> None:
    pipeline = Pipeline(
        [("cleaner", ArticleCleaner()), ("words", TfidfVectorizer()), ("clf", LogisticRegression(C=99))]
    )
    pipeline.fit(pd.Series(TEXTS, list("uvwxyz")), LABELS)
    assert pipeline.predict(TEXTS).tolist() == LABELS
    names = pipeline[:-1].get_feature_names_out()
    assert "bridge" in names
    assert "belly" not in names, "teasers are gone before the words are counted"


def test_a_pipeline_may_be_used_without_fit() -> None:
    pipeline = make_pipeline(ArticleCleaner(), HashingVectorizer(n_features=64))
    assert pipeline.transform(TEXTS).shape == (6, 64)


def test_a_linear_model_takes_the_features_as_they_are() -> None:
    pipeline = make_pipeline(ArticleFeatures(), StandardScaler(), LogisticRegression())
    assert pipeline.fit([*TEXTS, ""], [*LABELS, "none"]).score(TEXTS, LABELS) == 1


def test_set_output_of_a_pipeline_passes_the_cleaner() -> None:
    texts = pd.Series(TEXTS, list("uvwxyz"), name="article")
    pipeline = Pipeline([("cleaner", ArticleCleaner()), ("features", ArticleFeatures())]).set_output(transform="pandas")
    table = pipeline.fit_transform(texts)
    assert list(table.columns) == list(FEATURES)
    assert table.index.tolist() == list("uvwxyz")
    assert (table["share_teaser"] < 0.5).all()
    assert pipeline.get_feature_names_out().tolist() == list(FEATURES)
    for container in ("pandas", "default", "polars", None):
        cleaner = ArticleCleaner()
        assert cleaner.set_output(transform=container) is cleaner
        assert isinstance(cleaner.transform(texts), pd.Series)
    with sklearn.config_context(transform_output="pandas"):
        assert ArticleCleaner().transform(TEXTS).shape == (6,)
        assert isinstance(ArticleFeatures().transform(TEXTS), pd.DataFrame)


def test_a_column_of_a_table_is_turned_into_features() -> None:
    table = pd.DataFrame({"article": TEXTS, "paper": ["a", "b", "a", "b", "a", "b"]}, index=list("uvwxyz"))
    columns = ColumnTransformer(
        [
            ("text", make_pipeline(ArticleCleaner(), ArticleFeatures()), "article"),
            ("alone", ArticleFeatures(), "article"),
            ("paper", OneHotEncoder(sparse_output=False), ["paper"]),
        ]
    )
    found = columns.set_output(transform="pandas").fit_transform(table)
    names = [f"{part}__{name}" for part in ("text", "alone") for name in FEATURES]
    assert list(found.columns) == [*names, "paper__paper_a", "paper__paper_b"]
    assert columns.get_feature_names_out().tolist() == list(found.columns)
    assert found.index.tolist() == list("uvwxyz")
    wrong = ColumnTransformer([("text", ArticleFeatures(), ["article"])])
    with pytest.raises(newsflag.InputError, match=r"as 'text', not as \['text'\]"):
        wrong.fit_transform(table)


def test_thresholds_and_penalties_are_searched() -> None:
    pipeline = Pipeline([("cleaner", ArticleCleaner()), ("words", TfidfVectorizer()), ("clf", LogisticRegression())])
    texts = pd.Series(TEXTS, list("uvwxyz"))
    search = GridSearchCV(pipeline, {"cleaner__threshold": [None, 0.9], "clf__C": [0.1, 10]}, cv=2)
    search.fit(texts, ["news", "odd"] * 3)
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.predict(texts)) == 6
    own = GridSearchCV(
        Pipeline([("cleaner", ArticleCleaner()), ("clf", SegmentClassifier())]),
        {"cleaner__threshold": [0.5, 1.0], "clf__C": [0.1, 10]},
        cv=2,
    )
    assert own.fit(LINES, SORTS).best_score_ > 0.5


@pytest.mark.parametrize("lines", [LINES, tuple(LINES), np.array(LINES), pd.Series(LINES, range(40, 58))], ids=type)
def test_a_classifier_is_cross_validated(lines: Any) -> None:
    assert cross_val_score(SegmentClassifier(), lines, SORTS, cv=3).mean() > 0.9


# Segments of one's own classes


def test_a_classifier_tells_its_sorts_of_lines_apart(fitted: SegmentClassifier) -> None:
    lines = ["By Ola Brandt in Hasselby", "Photo: Ada Thorne / Hasselby Picture Desk"]
    assert fitted.classes_.tolist() == ["byline", "credit", "story"]
    assert fitted.predict(lines).tolist() == ["byline", "credit"]
    assert fitted.score(LINES, SORTS) == 1
    assert fitted.n_iter_ >= 1


def test_probabilities_add_up_and_go_with_the_decisions(fitted: SegmentClassifier) -> None:
    shares = fitted.predict_proba(LINES)
    decisions = fitted.decision_function(LINES)
    assert shares.shape == decisions.shape == (18, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(shares.argmax(axis=1), decisions.argmax(axis=1))
    np.testing.assert_array_equal(fitted.classes_[shares.argmax(axis=1)], fitted.predict(LINES))


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([0] * 6 + [1] * 12, [0, 1]),
        (np.array([7] * 6 + [-2] * 12), [-2, 7]),
        ([True] * 6 + [False] * 12, [False, True]),
        (pd.Series(["byline"] * 6 + ["other"] * 12, range(40, 58)), ["byline", "other"]),
        (np.array(["byline"] * 6 + ["other"] * 12, object), ["byline", "other"]),
    ],
    ids=["int", "int array", "bool", "Series", "object array"],
)
def test_two_classes_are_told_apart_by_one_decision(labels: Any, classes: list[Any]) -> None:
    classifier = SegmentClassifier(C=10).fit(LINES, labels)
    assert classifier.classes_.tolist() == classes
    decisions = classifier.decision_function(LINES)
    shares = classifier.predict_proba(LINES)
    assert decisions.shape == (18,)
    assert shares.shape == (18, 2)
    np.testing.assert_allclose(shares[:, 1], 1 / (1 + np.exp(-decisions)))
    assert classifier.predict(LINES).tolist() == list(labels)


def test_fitting_again_gives_the_same_and_forgets_the_former(fitted: SegmentClassifier) -> None:
    classifier = SegmentClassifier()
    assert classifier.fit(LINES[:12], [0, 1] * 6) is classifier
    classifier.fit(LINES, SORTS)
    np.testing.assert_array_equal(classifier.predict_proba(LINES), fitted.predict_proba(LINES))


def test_parameters_reach_the_regression(fitted: SegmentClassifier) -> None:
    sure = SegmentClassifier(C=100).fit(LINES, SORTS)
    assert sure.predict_proba(LINES).max(axis=1).min() > fitted.predict_proba(LINES).max(axis=1).min()
    line = "Hasselby"
    weighed = SegmentClassifier(class_weight={"byline": 50, "credit": 1, "story": 1}).fit(LINES, SORTS)
    assert weighed.predict_proba([line])[0, 0] > fitted.predict_proba([line])[0, 0]
    assert SegmentClassifier(class_weight="balanced").fit(LINES[:8], SORTS[:8]).score(LINES[:8], SORTS[:8]) == 1
    with pytest.warns(ConvergenceWarning):
        SegmentClassifier(max_iter=1).fit(LINES, SORTS)


def test_segments_bring_what_newsflag_thinks_of_them() -> None:
    found = segments()
    labels = [int(segment.is_insertion) for segment in found]
    classifier = SegmentClassifier().fit(found, labels)
    assert classifier.score(found, labels) == 1
    # The same words with another verdict are judged otherwise.
    first = found[0]
    kinds = {kind: 1.0 if kind == "teaser" else 0.0 for kind in KINDS}
    other = newsflag.Segment(
        first.start, first.end, first.text, "teaser", kinds, {**first.scores, "insertion": 1.0}, first.alone
    )
    assert np.isfinite(classifier.decision_function([other])).all(), "certainty has bounded log-odds"
    assert classifier.decision_function([other])[0] > classifier.decision_function([first])[0] + 0.5
    texts = [segment.text for segment in found]
    assert not np.allclose(
        SegmentClassifier().fit(texts, labels).decision_function(texts), classifier.decision_function(found)
    )
    assert cross_val_score(SegmentClassifier(), found, labels, cv=2).mean() > 0.6
    assert classifier.predict(pd.Series(found)).tolist() == labels


def test_segments_and_texts_are_not_mixed(fitted: SegmentClassifier) -> None:
    found: list[Any] = segments()
    labels = [0, 1] * len(found)
    with pytest.raises(newsflag.InputError, match="item 0 is a Segment, but item 1 is a str: give all of one sort"):
        SegmentClassifier().fit([found[0], "a text"], [0, 1])
    with pytest.raises(newsflag.InputError, match="fitted on str, but item 0 is a Segment"):
        fitted.predict(found)
    with pytest.raises(newsflag.InputError, match="fitted on Segment, but item 0 is a str"):
        SegmentClassifier().fit(found, labels[: len(found)]).predict(LINES)
    with pytest.raises(newsflag.InputError, match="single Segment, but must hold many: put it in a list"):
        SegmentClassifier().fit(found[0], [0])
    with pytest.raises(newsflag.InputError, match="X is a Report, but must be a list"):
        fitted.predict(newsflag.flag(TEXTS[0]))  # type: ignore[arg-type]


def test_empty_lines_and_none_at_all_are_judged(fitted: SegmentClassifier) -> None:
    assert fitted.predict([]).shape == (0,)
    assert fitted.predict_proba([]).shape == fitted.decision_function(pd.Series([], dtype=object)).shape == (0, 3)
    assert np.isfinite(fitted.decision_function(["", " \n", "\u200b", "\ud800"])).all()
    by_segment = SegmentClassifier().fit(segments()[:4], [0, 1, 0, 1])
    assert by_segment.predict_proba([]).shape == (0, 2)


def test_white_space_around_a_line_does_not_count(fitted: SegmentClassifier) -> None:
    np.testing.assert_array_equal(
        fitted.decision_function(["\n " + LINES[0] + " "]), fitted.decision_function(LINES[:1])
    )


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_an_unfitted_classifier_says_so(method: str) -> None:
    with pytest.raises(NotFittedError):
        getattr(SegmentClassifier(), method)(LINES)


@pytest.mark.parametrize(
    ("labels", "error", "told"),
    [
        (SORTS[:-1], ValueError, "X holds 18 segments and y 17 labels"),
        ([], ValueError, "y 0 labels"),
        (["same"] * 18, ValueError, "only one class, 'same', but there must be two"),
        (np.array([7] * 18), ValueError, "only one class, 7, but there must be two"),
        ([*SORTS[:-1], None], newsflag.InputError, r"label 17 is missing \(None\)"),
        ([float("nan"), *SORTS[1:]], newsflag.InputError, r"label 0 is missing \(nan\)"),
        (pd.Series([*SORTS[:-1], pd.NA], range(40, 58)), newsflag.InputError, r"label 17 \(index 57\) is missing"),
        ([0.5, 0.25] * 9, ValueError, "continuous"),  # scikit-learn's own words
        ([*SORTS[:-1], 5], newsflag.InputError, "label 0 is 'byline', label 17 is 5; make them one sort"),
        (None, newsflag.InputError, "y is a NoneType"),
        ("byline", newsflag.InputError, "y is a str"),
        (np.array(SORTS)[:, None], newsflag.InputError, r"shape \(18, 1\)"),
    ],
    ids=[
        *("fewer", "none", "one class", "one number", "None", "nan", "Series", "floats", "mixed", "no y", "a str"),
        "a table",
    ],
)
def test_labels_that_make_no_classes_are_refused(labels: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        SegmentClassifier().fit(LINES, labels)


def test_no_segments_make_no_classes() -> None:
    with pytest.raises(ValueError, match="X holds no segments") as caught:
        SegmentClassifier().fit([], [])
    assert isinstance(caught.value, newsflag.InputError), "whoever catches newsflag's errors catches this too"


def test_a_fitted_classifier_is_pickled_without_the_model(fitted: SegmentClassifier) -> None:
    data = pickle.dumps(fitted)
    assert len(data) < fitted.coef_.nbytes + 1000
    np.testing.assert_array_equal(pickle.loads(data).predict_proba(LINES), fitted.predict_proba(LINES))
    assert len(pickle.dumps(SegmentClassifier().fit(LINES[:12], SORTS[:12]))) < 300_000, "one row for two classes"
    small = SegmentClassifier(n_features=1024).fit(LINES, SORTS)
    assert len(pickle.dumps(small)) < 40_000
    assert small.score(LINES, SORTS) == 1
    assert len(pickle.dumps(SegmentClassifier())) < 1000
    assert not hasattr(clone(fitted), "classes_")


# The package around them


def test_scikit_learn_and_scipy_are_loaded_by_this_module_alone(root: Path) -> None:
    code = (
        "import sys, newsflag, newsflag.features\n"
        f"newsflag.features.article_features(newsflag.flag({TEXTS[0]!r}))\n"
        "print('sklearn' in sys.modules, 'scipy' in sys.modules)\n"
        "import newsflag.sklearn\n"
        "print('sklearn' in sys.modules, any(name.startswith('newsflag.training') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True", "False"]


def test_estimators_are_shown_in_notebooks() -> None:
    shown = make_pipeline(ArticleCleaner(threshold=0.7), SegmentClassifier())._repr_html_()
    assert "ArticleCleaner" in shown
    assert "SegmentClassifier" in shown
    assert repr(ArticleCleaner(threshold=0.7)) == "ArticleCleaner(threshold=0.7)"
