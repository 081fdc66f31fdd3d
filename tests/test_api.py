"""The package as it is imported: light, complete, and plain about bad input."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import newsflag

PROMO: Final = "The council met on Monday.\n\nREAD MORE: Ten tricks for a flat belly"
HEAVY: Final = ("nltk", "pandas", "scipy", "sklearn")


def python(code: str, root: Path) -> str:
    """What a fresh interpreter prints."""
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    return done.stdout


# Names


def test_all_is_complete() -> None:
    public = {name for name in dir(newsflag) if not name.startswith("_")}
    modules = {path.stem for path in pathlib.Path(newsflag.__file__).parent.iterdir()}
    helpers = {"annotations", "importlib", "overload", "Any", "Final", "TYPE_CHECKING"}
    assert set(newsflag.__all__) == public - modules - helpers | {"__version__"}


def test_all_is_sorted() -> None:
    def group(name: str) -> int:
        return 0 if name.isupper() else 1 if name[0].isupper() else 2

    assert newsflag.__all__ == sorted(newsflag.__all__, key=lambda name: (group(name), name))
    assert len(set(newsflag.__all__)) == len(newsflag.__all__)


@pytest.mark.parametrize("name", newsflag.__all__)
def test_every_public_name_is_there_and_described(name: str) -> None:
    value = getattr(newsflag, name)
    if isinstance(value, type) or callable(value):
        assert value.__doc__, name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'newsflag' has no attribute 'flags'"):
        newsflag.flags  # noqa: B018


def test_errors_are_caught_by_what_they_are() -> None:
    assert issubclass(newsflag.InputError, TypeError)
    assert issubclass(newsflag.ConfigError, ValueError)
    assert issubclass(newsflag.ModelNotFoundError, newsflag.ModelError)
    for name in newsflag.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(newsflag, name), newsflag.NewsflagError)


def test_the_version_is_that_of_the_project(root: Path) -> None:
    assert f'\nversion = "{newsflag.__version__}"\n' in (root / "pyproject.toml").read_text(encoding="utf-8")


# Import


def test_import_is_light(root: Path) -> None:
    code = (
        "import sys, time; before = time.perf_counter(); import newsflag\n"
        "took = time.perf_counter() - before\n"
        "import json; print(json.dumps([took, sorted(sys.modules)]))"
    )
    # The fastest of some runs: a busy machine makes single ones slow.
    runs = [json.loads(python(code, root)) for _ in range(5)]
    assert min(took for took, _ in runs) < 0.1
    assert not {*HEAVY, "numpy", "click"} & set(runs[0][1])


def test_scoring_lines_loads_no_heavy_package(root: Path, seed: Path) -> None:
    code = (
        "import sys, newsflag\n"
        f"text = open({str(seed)!r}, encoding='utf-8', newline='').read()\n"
        "assert len(newsflag.flag(text).flags) == 4\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert python(code, root) == "[]\n"


def test_sentences_are_split_without_sklearn(root: Path, seed: Path) -> None:
    code = (
        "import sys, newsflag\n"
        f"text = open({str(seed)!r}, encoding='utf-8', newline='').read()\n"
        "assert newsflag.flag(' '.join(text.split())).flags\n"
        "print('sklearn' in sys.modules)"
    )
    assert python(code, root) == "False\n"


# Bad input


@pytest.mark.parametrize("text", [b"bytes", bytearray(b"bytes"), None, ["a", "list"], 5, 5.0, Path("file.txt")])
@pytest.mark.parametrize("function", ["flag", "clean"])
def test_what_is_no_text_is_refused(function: str, text: Any) -> None:
    with pytest.raises(TypeError) as caught:
        getattr(newsflag, function)(text)
    assert isinstance(caught.value, newsflag.InputError)
    assert type(text).__name__ in str(caught.value), "says what came"
    assert "str" in str(caught.value), "says what to do"


def test_bytes_are_told_to_be_decoded() -> None:
    with pytest.raises(TypeError, match="decode"):
        newsflag.flag(b"bytes")  # type: ignore[arg-type]


def test_a_path_is_told_to_be_read() -> None:
    with pytest.raises(newsflag.InputError, match=r"; read it first, .* path\.read_text\(encoding='utf-8'\)$"):
        newsflag.flag(Path("file.txt"))  # type: ignore[arg-type]
    with pytest.raises(newsflag.InputError, match=r"; read it first, .* path\.read_bytes\(\)$"):
        newsflag.flag_html(Path("file.html"))  # type: ignore[arg-type]


def test_a_number_that_stands_for_a_missing_text_is_called_missing() -> None:
    with pytest.raises(newsflag.InputError, match=r"a text must be a str, but got float; it is missing \(nan\)$"):
        newsflag.flag(float("nan"))  # type: ignore[arg-type]
    with pytest.raises(newsflag.InputError, match=r"a text must be a str, but got float$"):
        newsflag.flag(0.5)  # type: ignore[arg-type]


def test_what_is_no_text_is_refused_in_a_batch() -> None:
    texts: list[Any] = ["text", b"bytes"]
    with pytest.raises(newsflag.InputError, match="bytes"):
        list(newsflag.pipe(texts))


def test_one_text_is_no_batch() -> None:
    # A str is an iterable of str: every character would become an article.
    with pytest.raises(newsflag.InputError):
        list(newsflag.pipe("text"))


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\r\n\u00a0\u2028"])
def test_blank_text_gives_an_empty_report(text: str) -> None:
    report = newsflag.flag(text)
    assert report.text == text
    assert (report.segments, report.flags, report.insertions) == ((), (), ())
    assert report.body.strip() == ""
    assert newsflag.clean(text) == report.body
    assert set(report.scores) == {*newsflag.SCORES, *newsflag.ARTICLE_SCORES}


def test_an_unknown_option_is_refused_with_those_there_are() -> None:
    for function in (newsflag.flag, newsflag.clean):
        with pytest.raises(newsflag.ConfigError, match=r"'treshold'.*threshold.*keep"):
            function(PROMO, treshold=0.5)
    with pytest.raises(newsflag.ConfigError, match="treshold"):
        newsflag.pipe([PROMO], treshold=0.5)


def test_an_unknown_model_is_refused_with_those_there_are() -> None:
    with pytest.raises(newsflag.ModelNotFoundError, match="splitter"):
        newsflag.flag(PROMO, model="nowhere")


# Good input


def test_functions_and_flagger_agree() -> None:
    flagger = newsflag.Flagger(threshold=0.3)
    report = newsflag.flag(PROMO, threshold=0.3)
    assert flagger.flag(PROMO) == report
    assert flagger.clean(PROMO) == newsflag.clean(PROMO, threshold=0.3) == report.body
    assert list(flagger.pipe([PROMO])) == list(newsflag.pipe([PROMO], threshold=0.3)) == [report]
    assert newsflag.flag(PROMO, newsflag.Config(threshold=0.3)) == report


def test_pipe_is_lazy_and_in_order() -> None:
    taken = []

    def texts() -> Any:
        for number in range(10):
            taken.append(number)
            yield f"Article number {number} is short."

    reports = newsflag.pipe(texts(), batch_size=2)
    assert taken == []
    assert next(reports).text == "Article number 0 is short."
    assert len(taken) <= 4
    assert [report.text[15] for report in reports] == list("123456789")


def test_pipe_gives_the_context_back() -> None:
    pairs = [(PROMO, {"id": 1}), ("", None)]
    results = list(newsflag.pipe(pairs, as_tuples=True))
    assert [(report.text, context) for report, context in results] == pairs


def test_pipe_over_nothing_gives_nothing() -> None:
    assert list(newsflag.pipe([])) == []


def test_a_str_subclass_is_text() -> None:
    class Text(str):
        __slots__ = ()

    assert newsflag.flag(Text(PROMO)) == newsflag.flag(PROMO)


def test_flaggers_made_for_the_functions_are_kept_but_not_all() -> None:
    before = newsflag._flagger(None, None, {})
    assert newsflag._flagger(None, None, {}) is before
    for number in range(2 * newsflag._MAX_FLAGGERS):
        newsflag.clean("", threshold=number / 100)
    assert len(newsflag._flaggers) <= newsflag._MAX_FLAGGERS
