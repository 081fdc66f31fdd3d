"""newsflag as scikit-learn estimators: clean texts, articles as features, segments by labels of one's own.

>>> from sklearn.feature_extraction.text import TfidfVectorizer
>>> from sklearn.linear_model import LogisticRegression
>>> from sklearn.pipeline import make_pipeline
>>> from newsflag.sklearn import ArticleCleaner
>>> model = make_pipeline(ArticleCleaner(), TfidfVectorizer(), LogisticRegression())
>>> texts = ["The council met.\\n\\nREAD MORE: Ten tricks for a flat belly", "The match was drawn."]
>>> model.fit(texts, ["town", "sport"]).predict(["The council voted."]).tolist()
['town']

The estimators hold nothing but their parameters and, once fitted, a few arrays:
the models that newsflag judges with are read once a process, and are neither
copied nor pickled with them.
"""

# X is what scikit-learn calls it, and what its users pass by name.
# ruff: noqa: N803

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import numpy as np
import scipy.sparse as sp
from joblib import effective_n_jobs
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from newsflag import _flagger
from newsflag._parallel import backend_in_use, shared_out
from newsflag._text import Doubles
from newsflag.config import Config, check_choice, check_jobs, check_whole
from newsflag.errors import ConfigError, InputError
from newsflag.evidence import ALONE_COLUMNS
from newsflag.evidence.hashing import BUCKETS
from newsflag.evidence.rows import hashed_rows
from newsflag.features import FEATURES, article_features
from newsflag.flagger import INPUTS, Flagger
from newsflag.kinds import KINDS, SCORES
from newsflag.report import Segment

if TYPE_CHECKING:
    import numpy.typing as npt
    from sklearn.utils import Tags
    from typing_extensions import Self

Answer = TypeVar("Answer")

_PART: Final = (16, 256)  # texts that a process is given at once, at least and at most
_FEWEST: Final = 1 << 8
_FLOOR: Final = 1e-4  # least probability whose log-odds a classifier is told
_LOG_ODDS_SCALE: Final = 3.0  # brings log-odds to the range of the other evidence
_BLANK: Final = "-"  # what a segment without words is read as


class _LabelsError(InputError, ValueError):
    """Labels that make no classes: a ValueError as well, as scikit-learn has it."""


class _OnTexts(BaseEstimator):  # type: ignore[misc]
    """What both transformers share: they learn nothing, and take texts."""

    threshold: float | None
    input: str
    model: str | Path | None
    n_jobs: int | None

    def fit(self, X: Iterable[Any], y: object = None) -> Self:  # noqa: ARG002 - as all estimators have it
        """Check the parameters; the texts are not read.

        Raises
        ------
        ConfigError
            When a parameter is not allowed.
        InputError
            When ``X`` can't be texts, such as a single str.
        ModelError
            When the model can't be read.
        """
        _check_many(X)
        self._check()
        return self

    def _config(self) -> Config:
        raise NotImplementedError

    def _check(self) -> Config:
        """Look at all parameters; they are stored as given."""
        check_choice("input", self.input, INPUTS)
        if self.n_jobs is not None:
            check_jobs(_plain(self.n_jobs))
        if self.model is not None and not isinstance(self.model, str | Path):
            raise ConfigError(
                f"model is a {type(self.model).__name__}, but must be a model's name or the path of its JSON file"
            )
        config = self._config()
        _flagger(config, self.model, {})  # reads the model, where that was not done before
        return config

    def __sklearn_tags__(self) -> Tags:
        tags = _of_strings(super().__sklearn_tags__())
        tags.requires_fit = False
        return tags


class ArticleCleaner(TransformerMixin, _OnTexts, auto_wrap_output_keys=None):  # type: ignore[misc]
    """Texts into clean texts: a step in front of anything that reads articles.

    Parameters
    ----------
    threshold, keep, drop, sentences, allow, deny, allow_patterns, deny_patterns
        As for :class:`newsflag.Config`.
    input : {"text", "html"}
        What the texts are: plain text, or web pages (str or bytes) as for :func:`newsflag.clean_html`.
    model : str or Path, optional
        Name or file of another model than the one that is shipped.
    n_jobs : int, optional
        How many processes share the work; -1 for as many as there are cores.

    Notes
    -----
    There is nothing to fit: :meth:`transform` works at once, and :meth:`fit` checks the parameters.
    Every text comes out just as :func:`newsflag.clean` gives it, whatever stands beside it.

    Examples
    --------
    >>> ArticleCleaner().transform(["The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly"])
    array(['The council met on Monday.'], dtype=object)
    """

    def __init__(
        self,
        *,
        threshold: float | None = None,
        keep: Sequence[str] = (),
        drop: Sequence[str] = (),
        sentences: Literal["auto", "always", "never"] = "auto",
        allow: Sequence[str] = (),
        deny: Sequence[str] = (),
        allow_patterns: Sequence[str] = (),
        deny_patterns: Sequence[str] = (),
        input: Literal["text", "html"] = "text",
        model: str | Path | None = None,
        n_jobs: int | None = 1,
    ) -> None:
        self.threshold = threshold
        self.keep = keep
        self.drop = drop
        self.sentences = sentences
        self.allow = allow
        self.deny = deny
        self.allow_patterns = allow_patterns
        self.deny_patterns = deny_patterns
        self.input = input
        self.model = model
        self.n_jobs = n_jobs

    def _config(self) -> Config:
        return Config(
            threshold=self.threshold,
            keep=self.keep,  # type: ignore[arg-type]  # any sequence will do, and is checked there
            drop=self.drop,  # type: ignore[arg-type]
            sentences=self.sentences,
            allow=self.allow,  # type: ignore[arg-type]
            deny=self.deny,  # type: ignore[arg-type]
            allow_patterns=self.allow_patterns,  # type: ignore[arg-type]
            deny_patterns=self.deny_patterns,  # type: ignore[arg-type]
        )

    def transform(self, X: Iterable[Any]) -> Any:
        """Clean every text.

        Parameters
        ----------
        X : iterable of str
            A list, a tuple, an array of one dimension, a pandas Series, a generator; with ``input="html"`` of str or
            bytes.

        Returns
        -------
        object array of str, shape (n,), or Series
            A pandas Series comes back as one, with its index and its name, so that what is made of it further on can
            still be joined to the frame that it came from.

        Raises
        ------
        ConfigError, ModelError
            As for :meth:`fit`.
        InputError
            When ``X`` is not many texts, or one of them is missing or no text; the message says which.
        """
        config = self._check()
        texts = _texts(X, self.input)
        cleaned = _spread(_clean_part, texts, _flagger(config, self.model, {}), self.n_jobs, html=self.input == "html")
        values = np.empty(len(texts), object)
        values[:] = [text for part in cleaned for text in part]
        if not _is_series(X):
            return values
        # Texts that Arrow holds are cut, not altered: it holds what is left of them too. Pages become other texts.
        kind = X.dtype if X.dtype.type is str and self.input == "text" else object  # type: ignore[attr-defined]
        return type(X)(values, index=X.index, name=X.name, dtype=kind)  # type: ignore[call-arg, attr-defined]

    def set_output(self, *, transform: str | None = None) -> ArticleCleaner:  # noqa: ARG002 - asked for by name
        """Leave texts as they are: one column of texts is no table; so that pipelines can set theirs."""
        return self

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The name of what went in, ``"text"`` by default; so that pipelines can name what comes out of them."""
        return np.asarray(["text"] if input_features is None else input_features, object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


class ArticleFeatures(TransformerMixin, _OnTexts):  # type: ignore[misc]
    """Texts into named numbers: kinds, sizes, scores and signals of each article.

    Parameters
    ----------
    threshold, sentences, language
        As for :class:`newsflag.Config`.
    input : {"text", "html"}
        What the texts are: plain text, or web pages (str or bytes) as for :func:`newsflag.flag_html`.
    model : str or Path, optional
        Name or file of another model than the one that is shipped.
    n_jobs : int, optional
        How many processes share the work; -1 for as many as there are cores.
    batch_size : int
        How many texts are scored together. It changes the speed, and no number.

    Notes
    -----
    The numbers are those of :func:`newsflag.features.article_features`, named in
    :data:`newsflag.features.FEATURES`. None is ever missing, so that any model can follow; as they are of different
    sizes, put a scaler before a linear one. Where headlines are in a column of their own, set them before the text,
    as its first line: ``frame["title"] + "\\n\\n" + frame["text"]``.

    There is nothing to fit: :meth:`transform` works at once, and :meth:`fit` checks the parameters.

    Examples
    --------
    >>> features = ArticleFeatures()
    >>> values = features.transform(["The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly"])
    >>> names = list(features.get_feature_names_out())
    >>> round(float(values[0, names.index("share_teaser")]), 3)
    0.594
    """

    def __init__(
        self,
        *,
        threshold: float | None = None,
        sentences: Literal["auto", "always", "never"] = "auto",
        language: str | None = None,
        input: Literal["text", "html"] = "text",
        model: str | Path | None = None,
        n_jobs: int | None = 1,
        batch_size: int = 64,
    ) -> None:
        self.threshold = threshold
        self.sentences = sentences
        self.language = language
        self.input = input
        self.model = model
        self.n_jobs = n_jobs
        self.batch_size = batch_size

    def _config(self) -> Config:
        check_whole("batch_size", _plain(self.batch_size))
        return Config(threshold=self.threshold, sentences=self.sentences, language=self.language, explain=False)

    def transform(self, X: Iterable[Any]) -> Any:
        """Measure every text.

        Parameters
        ----------
        X : iterable of str
            As for :meth:`ArticleCleaner.transform`.

        Returns
        -------
        float64 array, shape (n, features)
            Or the frame that ``set_output`` asks for; of a pandas Series it has the index.

        Raises
        ------
        ConfigError, InputError, ModelError
            As for :meth:`ArticleCleaner.transform`.
        """
        config = self._check()
        texts = _texts(X, self.input)
        size = int(self.batch_size)  # perhaps one of NumPy's, from a grid
        flagger = _flagger(config, self.model, {})
        rows = _spread(_measure_part, texts, flagger, self.n_jobs, input=self.input, size=size)
        return np.concatenate((np.empty((0, len(FEATURES))), *rows))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:  # noqa: ARG002
        """The names of the numbers, :data:`newsflag.features.FEATURES`, whatever went in."""
        return np.asarray(FEATURES, object)


class SegmentClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Tells segments apart by labels of one's own: logistic regression over newsflag's hashed evidence.

    Parameters
    ----------
    C : float
        Inverse strength of the penalty, above 0.
    class_weight : mapping or "balanced", optional
        As for :class:`sklearn.linear_model.LogisticRegression`.
    max_iter : int
        Steps of the fit at most.
    n_features : int
        Into how many columns words and characters are hashed: a power of two from 256 to 131072.

    Attributes
    ----------
    classes_ : array, shape (classes,)
        The labels, sorted.
    coef_ : float64 array, shape (1 or classes, columns)
        One row where there are two classes. Columns are those of the words and characters, then those of the
        segment's shape, then, where :class:`newsflag.Segment` were given, the log-odds of its kinds and scores.
    intercept_ : float64 array, shape (1 or classes,)
    n_iter_ : int
        Steps that the fit took.
    takes_segments_ : bool
        Whether it was fitted on :class:`newsflag.Segment`; else on str.

    Notes
    -----
    Words and characters are looked at near both ends of a segment, with its length, marks, digits and capitals, as
    newsflag itself does. They are hashed, so that no vocabulary is stored: a fitted classifier takes
    ``8 * n_features`` bytes a class, and one row will do for two classes. The hashes belong to a version of newsflag;
    fit anew after an update.

    Segments of a report bring what newsflag makes of them in their article; plain str are judged by themselves.
    Wherever it was fitted on the one, it must be given the one.

    Examples
    --------
    >>> texts = ["Recipe: plum cake", "Recipe: leek pie", "The council met.", "The mayor spoke."]
    >>> classifier = SegmentClassifier().fit(texts, ["recipe", "recipe", "news", "news"])
    >>> classifier.predict(["Recipe: bean soup"]).tolist()
    ['recipe']
    """

    def __init__(
        self,
        *,
        C: float = 1.0,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        max_iter: int = 1000,
        n_features: int = 1 << 15,
    ) -> None:
        self.C = C
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.n_features = n_features

    def fit(
        self, X: Iterable[Any], y: Iterable[Any], sample_weight: Iterable[float] | None = None
    ) -> SegmentClassifier:
        """Learn from labelled segments.

        Parameters
        ----------
        X : iterable of str or of Segment
            All of one sort.
        y : iterable
            A label for each: str, int or bool; two different ones at least.
        sample_weight : iterable of float, optional
            How much each counts.

        Raises
        ------
        ConfigError
            When a parameter is not allowed.
        InputError
            When something else than segments is given, or a label is missing. Where labels and segments are not as
            many, or all labels are the same, it is a ValueError too, as it is throughout scikit-learn.
        ValueError
            When the labels are fractions, which are no classes.
        """
        self._check()
        segments = _listed(X)
        takes_segments = bool(segments) and isinstance(segments[0], Segment)
        _check_sort(X, segments, takes_segments, fitted=False)
        labels = _labels(y, len(segments))
        values = _evidence(segments, self.n_features, takes_segments)
        layer = LogisticRegression(C=float(self.C), class_weight=self.class_weight, max_iter=int(self.max_iter))
        layer.fit(values, labels, sample_weight=None if sample_weight is None else list(sample_weight))
        self.classes_ = layer.classes_
        self.coef_ = layer.coef_
        self.intercept_ = layer.intercept_
        self.n_iter_ = int(np.max(layer.n_iter_))
        self.takes_segments_ = takes_segments
        return self

    def decision_function(self, X: Iterable[Any]) -> Doubles:
        """Log-odds of the second class, or logits of every class.

        Parameters
        ----------
        X : iterable of str or of Segment
            Of the sort that it was fitted on.

        Returns
        -------
        float64 array, shape (n,) where there are two classes, else (n, classes)

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before :meth:`fit`.
        InputError
            When something else than such segments is given.
        """
        check_is_fitted(self)
        segments = _listed(X)
        _check_sort(X, segments, self.takes_segments_, fitted=True)
        columns = self.coef_.shape[1]
        if not segments:
            logits = np.empty((0, len(self.coef_)))
        else:
            n_features = columns - _n_dense(self.takes_segments_)
            logits = _evidence(segments, n_features, self.takes_segments_) @ self.coef_.T + self.intercept_
        return np.asarray(logits[:, 0] if len(self.classes_) == 2 else logits, np.float64)

    def predict(self, X: Iterable[Any]) -> npt.NDArray[Any]:
        """The likeliest label of each segment; parameters and errors as for :meth:`decision_function`."""
        logits = self.decision_function(X)
        best = (logits > 0).astype(np.int64) if logits.ndim == 1 else logits.argmax(1)
        labels: npt.NDArray[Any] = self.classes_[best]
        return labels

    def predict_proba(self, X: Iterable[Any]) -> Doubles:
        """Probability of every label, shape (n, classes), in the order of ``classes_``; they add up to 1.

        Parameters and errors as for :meth:`decision_function`.
        """
        logits = self.decision_function(X)
        if logits.ndim == 1:
            return np.column_stack((expit(-logits), expit(logits)))
        return np.asarray(softmax(logits, axis=1), np.float64)

    def _check(self) -> None:
        """Look at all parameters; they are stored as given."""
        c: Any = self.C
        if isinstance(c, bool) or not isinstance(c, int | float | np.number) or not 0 < c < math.inf:
            raise ConfigError(f"C is {c!r}, but must be a number above 0")
        weight = self.class_weight
        if not (weight is None or isinstance(weight, Mapping) or (isinstance(weight, str) and weight == "balanced")):
            raise ConfigError(
                f"class_weight is {weight!r}, but must be 'balanced', a mapping such as {{'recipe': 2.0}}, or None"
            )
        check_whole("max_iter", _plain(self.max_iter))
        n: Any = self.n_features
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or not _FEWEST <= n <= BUCKETS or n & (n - 1):
            raise ConfigError(f"n_features is {n!r}, but must be a power of two from {_FEWEST} to {BUCKETS}")

    def __sklearn_tags__(self) -> Tags:
        return _of_strings(super().__sklearn_tags__())


def _of_strings(tags: Tags) -> Tags:
    tags.input_tags.string = True
    tags.input_tags.one_d_array = True
    tags.input_tags.two_d_array = False
    return tags


def _clean_part(flagger: Flagger, texts: Sequence[Any], *, html: bool) -> list[str]:
    return [flagger.clean_html(text) if html else flagger.clean(text) for text in texts]


def _measure_part(flagger: Flagger, texts: Sequence[Any], *, input: Literal["text", "html"], size: int) -> Doubles:
    reports = flagger.pipe(texts, batch_size=size, input=input)
    rows = [article_features(report) for report in reports]
    return np.asarray(rows, np.float64).reshape(-1, len(FEATURES))


def _spread(
    work: Callable[..., Answer], texts: list[Any], flagger: Flagger, n_jobs: int | None, **options: Any
) -> list[Answer]:
    """Answers of the work on parts of the texts, in their order."""
    jobs = effective_n_jobs(n_jobs)
    least, most = _PART
    size = min(max(math.ceil(len(texts) / (4 * jobs)), least), most)
    do = functools.partial(work, **options)
    if jobs == 1 or len(texts) <= size:
        return [do(flagger, texts)]
    parts = (texts[low : low + size] for low in range(0, len(texts), size))
    recipe = flagger._recipe()  # noqa: SLF001 - the package's own
    return list(shared_out(do, flagger, recipe, parts, jobs, backend_in_use()))


def _evidence(segments: list[Any], n_features: int, takes_segments: bool) -> Any:
    """A sparse row a segment: hashed words and characters, shape, and of a report's segments its log-odds."""
    texts = [(each.text if takes_segments else each).strip() or _BLANK for each in segments]
    rows = hashed_rows(texts)
    column = np.where(rows.indices < BUCKETS, rows.indices & (n_features - 1), rows.indices - BUCKETS + n_features)
    shape = (len(texts), n_features + len(ALONE_COLUMNS))
    folded = sp.csr_matrix((rows.data.astype(np.float64), column, rows.indptr), shape=shape)
    folded.sum_duplicates()
    if not takes_segments:
        return folded
    shares = np.array(
        [[*(each.kinds[kind] for kind in KINDS), *(each.scores[score] for score in SCORES)] for each in segments]
    )
    shares = np.clip(shares, _FLOOR, 1 - _FLOOR)
    return sp.hstack([folded, sp.csr_matrix(np.log(shares / (1 - shares)) / _LOG_ODDS_SCALE)], format="csr")


def _n_dense(takes_segments: bool) -> int:
    """Columns of a row that are not hashed."""
    return len(ALONE_COLUMNS) + (len(KINDS) + len(SCORES) if takes_segments else 0)


def _labels(y: Any, n: int) -> npt.NDArray[Any]:
    """Labels as an array, after a look at each."""
    if y is None or isinstance(y, str | bytes | Mapping | AbstractSet) or not hasattr(y, "__iter__"):
        raise InputError(f"y is a {type(y).__name__}, but must be a list, an array or a Series of labels")
    if len(getattr(y, "shape", (0,))) != 1:
        raise InputError(f"y has the shape {y.shape}, but must be of one dimension: one label a segment")
    labels = list(y)
    if len(labels) != n:
        raise _LabelsError(f"X holds {n} segments and y {len(labels)} labels, but each segment must have one label")
    if not n:
        raise _LabelsError("X holds no segments, but there must be some of two classes at least")
    for number, label in enumerate(labels):
        if _is_missing(label):
            raise InputError(
                f"label {_at(y, number)} is missing ({_plain(label)!r}): leave out segments that have no label"
            )
    strings = [isinstance(label, str) for label in labels]
    if any(strings) and not all(strings):
        number = strings.index(not strings[0])
        raise InputError(
            f"y mixes str with other labels: label {_at(y, 0)} is {_plain(labels[0])!r}, label {_at(y, number)} is "
            f"{_plain(labels[number])!r}; make them one sort, for instance with map(str, labels)"
        )
    array = np.asarray(labels)
    check_classification_targets(array)
    if len(np.unique(array)) < 2:
        raise _LabelsError(f"y holds only one class, {_plain(labels[0])!r}, but there must be two at least")
    return array


def _check_sort(X: object, segments: list[Any], takes_segments: bool, *, fitted: bool) -> None:
    wanted, other = (Segment, str) if takes_segments else (str, Segment)
    for number, each in enumerate(segments):
        if isinstance(each, wanted):
            continue
        if isinstance(each, other):
            was = "this was fitted on" if fitted else "item 0 is a"
            raise InputError(
                f"{was} {wanted.__name__}, but item {_at(X, number)} is a {other.__name__}: give all of one sort"
            )
        _refuse(X, number, each, "a str or a newsflag.Segment")


def _texts(X: Iterable[Any], input: str) -> list[Any]:
    """The texts or pages, after a look at each."""
    texts = _listed(X)
    html = input == "html"
    for number, text in enumerate(texts):
        if not isinstance(text, str) and not (html and isinstance(text, bytes)):
            _refuse(X, number, text, "a str or bytes" if html else "a str")
    return texts


def _refuse(X: object, number: int, value: object, wanted: str) -> None:
    where = f"item {_at(X, number)}"
    if _is_missing(value):
        raise InputError(
            f"{where} is missing ({_plain(value)!r}), but must be {wanted}: leave it out, or fill it, "
            "for instance with series.fillna('')"
        )
    hint = ""
    if isinstance(value, bytes):
        hint = "; decode it first, for instance text.decode('utf-8'), and for web pages set input='html'"
    raise InputError(f"{where} is of type {type(value).__name__}, but must be {wanted}{hint}")


def _at(X: object, number: int) -> str:
    """Where an item stands, in a pandas Series by its label too."""
    return f"{number} (index {_plain(X.index[number])!r})" if _is_series(X) else str(number)  # type: ignore[attr-defined]


def _plain(value: object) -> object:
    """What NumPy holds as Python writes it: 9, not np.int64(9)."""
    return value.item() if isinstance(value, np.generic) else value


def _is_missing(value: object) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and math.isnan(value)


def _is_series(X: object) -> bool:
    # Whoever has one has imported pandas; it is not imported for the question.
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(X, pandas.Series)


def _listed(X: Iterable[Any]) -> list[Any]:
    _check_many(X)
    return list(X)


def _check_many(X: object) -> None:
    """Refuse what would be read as many items but is not meant as such."""
    if isinstance(X, str | bytes | Segment):
        raise InputError(f"X is a single {type(X).__name__}, but must hold many: put it in a list")
    if isinstance(X, Mapping | AbstractSet) or not hasattr(X, "__iter__"):
        raise InputError(f"X is a {type(X).__name__}, but must be a list, an array, a Series or another iterable")
    shape = getattr(X, "shape", (0,))
    if len(shape) != 1:
        raise InputError(
            f"X is a {type(X).__name__} of shape {tuple(shape)}, but must be one column, of one dimension: "
            "for instance frame['text']; in a ColumnTransformer name the column as 'text', not as ['text']"
        )


__all__ = ["ArticleCleaner", "ArticleFeatures", "SegmentClassifier"]
