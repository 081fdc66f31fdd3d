"""newsflag in a spaCy pipeline: the very reports of newsflag.flag, tokens shared out, settings kept, models not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

import pytest

import newsflag
from newsflag.config import Config
from newsflag.kinds import SCORES

spacy = pytest.importorskip("spacy")

from spacy.tokens import Doc, DocBin  # noqa: E402 - only where it is installed

from newsflag.integrations import spacy as adapter  # noqa: E402

TEXTS: Final = (
    "Ferry to run all winter\n\nThe board voted on Monday.\n\nREAD MORE: Ten tricks for a flat belly\n\nFares stay.",
    "",
    "  \n\n  The  council met.\n\n\nSign up to our morning letter & never miss a thing  \n",
    "It rained. Sun is due.READ MORE: Ten umbrellas to love\nThe mayor 😀 spoke of “rain”.",
    " \n ",
    "Die Brücke bleibt bis zum Frühjahr gesperrt.\n\nLesen Sie auch: Zehn Brücken, die Sie sehen müssen",
)
BROKEN: Final = (r"(a|a)*\d", "a" * 400)  # an expression and a text that it never comes to an end with


@pytest.fixture
def make() -> Callable[..., Any]:
    """Build a pipeline of nothing but newsflag."""

    def build(**settings: Any) -> Any:
        nlp = spacy.blank("en")
        nlp.add_pipe("newsflag", config=settings)
        return nlp

    return build


@pytest.fixture(scope="module")
def docs() -> list[Any]:
    nlp = spacy.blank("en")
    nlp.add_pipe("newsflag")
    return [nlp(text) for text in TEXTS]


def test_a_doc_has_the_report_that_flag_gives(docs: list[Any]) -> None:
    for doc, text in zip(docs, TEXTS, strict=True):
        assert doc._.newsflag == newsflag.flag(text)
        assert doc._.newsflag.text == doc.text == text


def test_every_token_is_in_one_span_and_the_spans_are_the_text(docs: list[Any]) -> None:
    for doc in docs:
        spans = list(doc.spans["newsflag"])
        tokens = [token.i for span in spans for token in span]
        assert tokens == (list(range(len(doc))) if doc._.newsflag.segments else [])
        if spans:
            assert "".join(span.text_with_ws for span in spans) == doc.text


def test_a_span_has_its_segments_kind_number_and_scores(docs: list[Any]) -> None:
    for doc in docs:
        group, report = doc.spans["newsflag"], doc._.newsflag
        segments = [report.segments[int(span.id_)] for span in group]
        assert [span.label_ for span in group] == [segment.kind for segment in segments]
        assert group.attrs == {
            "model": report.model,
            "threshold": report.threshold,
            "scores": {score: [segment.scores[score] for segment in segments] for score in SCORES},
        }


def test_where_the_ends_of_tokens_fit_a_span_is_its_segment(docs: list[Any]) -> None:
    spans, segments = docs[0].spans["newsflag"], docs[0]._.newsflag.segments
    assert [span.text.strip() for span in spans] == [segment.text for segment in segments]
    assert len(segments) == 4


def test_a_token_across_two_segments_goes_to_the_one_with_more_of_it(make: Callable[..., Any]) -> None:
    nlp = make(sentences="always")
    text = "It rained.\nSun is due."
    first, second = newsflag.flag(text, sentences="always").segments
    words = ["It", "rained.\nSun", "is", "due."]
    doc = nlp.get_pipe("newsflag")(Doc(nlp.vocab, words, spaces=[True, True, True, False]))
    assert (doc.text, first.end, second.start) == (text, 10, 11)
    assert [span.text for span in doc.spans["newsflag"]] == ["It rained.\nSun", "is due."]
    tie = nlp.get_pipe("newsflag")(Doc(nlp.vocab, ["It", "due.\ndue.", "Sun."], spaces=[True, True, False]))
    assert [span.text for span in tie.spans["newsflag"]] == ["It due.\ndue.", "Sun."]


def test_a_segment_that_gets_no_token_has_no_span_and_the_others_keep_their_numbers(make: Callable[..., Any]) -> None:
    nlp = make()
    text = "A\n\nThe council met on Monday."
    doc = nlp.get_pipe("newsflag")(Doc(nlp.vocab, [text], spaces=[False]))
    assert len(doc._.newsflag.segments) == 2
    assert [(span.id_, span.text) for span in doc.spans["newsflag"]] == [("1", text)]
    assert doc.spans["newsflag"].attrs["scores"]["insertion"] == [doc._.newsflag.segments[1].scores["insertion"]]


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_pipe_gives_the_same_whatever_the_batch(make: Callable[..., Any], docs: list[Any], batch_size: int) -> None:
    piped = list(make().pipe(TEXTS, batch_size=batch_size))
    assert [doc._.newsflag for doc in piped] == [doc._.newsflag for doc in docs]
    assert [doc.spans.to_bytes() for doc in piped] == [doc.spans.to_bytes() for doc in docs]


def test_pipe_reads_no_more_than_it_needs(make: Callable[..., Any]) -> None:
    taken = []

    def endless() -> Iterator[str]:
        while True:
            taken.append(TEXTS[0])
            yield TEXTS[0]

    stream = make().pipe(endless(), batch_size=4)
    assert next(stream)._.newsflag is not None
    assert len(taken) <= 3 * 4
    stream.close()


def test_two_processes_give_the_same_in_order(make: Callable[..., Any], docs: list[Any]) -> None:
    piped = list(make().pipe(TEXTS, n_process=2, batch_size=2))
    assert [doc._.newsflag for doc in piped] == [doc._.newsflag for doc in docs]
    assert [list(map(str, doc.spans["newsflag"])) for doc in piped] == [
        list(map(str, doc.spans["newsflag"])) for doc in docs
    ]


def test_all_of_it_survives_bytes(docs: list[Any]) -> None:
    for doc in docs:
        again = Doc(spacy.blank("en").vocab).from_bytes(doc.to_bytes())
        assert again._.newsflag == doc._.newsflag
        assert again.spans["newsflag"].attrs == doc.spans["newsflag"].attrs
        assert json.loads(json.dumps(doc.user_data["newsflag"])) == doc.user_data["newsflag"]


def test_all_of_it_survives_a_docbin_and_spans_do_without_user_data(docs: list[Any]) -> None:
    for store in (True, False):
        data = DocBin(docs=docs, store_user_data=store).to_bytes()
        for doc, again in zip(docs, DocBin().from_bytes(data).get_docs(spacy.blank("en").vocab), strict=True):
            assert again._.newsflag == (doc._.newsflag if store else None)
            assert [(span.label_, span.id_) for span in again.spans["newsflag"]] == [
                (span.label_, span.id_) for span in doc.spans["newsflag"]
            ]
            scores = again.spans["newsflag"].attrs["scores"]
            assert {name: list(values) for name, values in scores.items()} == doc.spans["newsflag"].attrs["scores"]


def test_a_doc_that_was_not_looked_at_has_no_report(docs: list[Any]) -> None:
    assert spacy.blank("en")(TEXTS[0])._.newsflag is None
    part = docs[0][3:9].as_doc(copy_user_data=True)  # it has the data, but another text
    assert part._.newsflag is None


def test_settings_are_the_configs_fields_and_are_used(make: Callable[..., Any]) -> None:
    settings = set(spacy.blank("en").get_factory_meta("newsflag").default_config)
    assert settings == {"spans_key", "model", *Config.__dataclass_fields__}
    options: dict[str, Any] = {"threshold": 0.01, "explain": False, "language": "de", "sentences": "always"}
    nlp = make(**options, spans_key="parts", allow=["The board voted on Monday."])
    doc = nlp(TEXTS[0])
    assert doc._.newsflag == newsflag.flag(TEXTS[0], allow=("The board voted on Monday.",), **options)
    assert list(doc.spans) == ["parts"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": 2}, "threshold is 2, but must be a number from 0 to 1"),
        ({"spans_key": ""}, "spans_key is '', but must be a str"),
        ({"model": 3}, "model is 3, but must be a model's name"),
        ({"treshold": 0.5}, "treshold"),
    ],
)
def test_a_setting_that_is_not_allowed_is_named(
    make: Callable[..., Any], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(**settings)


def test_what_is_written_to_disk_has_the_settings_and_no_model(make: Callable[..., Any], tmp_path: Path) -> None:
    nlp = make(threshold=0.25, deny=["Fares stay."], thresholds={"clickbait": 0.9})
    nlp.to_disk(tmp_path / "nlp")
    assert {path.name for path in (tmp_path / "nlp" / "newsflag").iterdir()} == {"settings.json"}
    loaded = spacy.load(tmp_path / "nlp")
    other = make().from_disk(tmp_path / "nlp")
    sent = make().from_bytes(nlp.to_bytes())
    expected = nlp(TEXTS[0])._.newsflag
    assert expected.threshold == 0.25
    for each in (loaded, other, sent):
        assert each.get_pipe("newsflag").config == nlp.get_pipe("newsflag").config
        assert each(TEXTS[0])._.newsflag == expected


def test_an_error_is_raised_or_goes_to_the_handler_that_was_set(make: Callable[..., Any]) -> None:
    pattern, text = BROKEN
    nlp = make(deny_patterns=[pattern], pattern_seconds=0.05)
    with pytest.raises(newsflag.PatternTimeoutError):
        nlp(text)
    with pytest.raises(newsflag.PatternTimeoutError):
        list(nlp.pipe([TEXTS[2], text]))
    seen = []
    nlp.set_error_handler(lambda name, _proc, docs, error: seen.append((name, docs[0].text, type(error))))
    assert [doc.text for doc in nlp.pipe([TEXTS[2], text, TEXTS[1]])] == [TEXTS[2], TEXTS[1]]
    assert seen == [("newsflag", text, newsflag.PatternTimeoutError)]


@pytest.mark.skipif(
    not list(entry_points(group="spacy_factories", name="newsflag")),
    reason="newsflag was installed before it had an entry point for spaCy: install it again",
)
def test_spacy_finds_the_component_by_itself_and_loads_no_more_than_it_needs() -> None:
    code = (
        "import spacy, sys; nlp = spacy.blank('en'); assert 'newsflag.flagger' not in sys.modules; "
        "nlp.add_pipe('newsflag'); print(nlp('The council met.')._.newsflag.body)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "The council met.\n"), done.stderr


def test_without_spacy_the_line_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, adapter.__name__)
    monkeypatch.setitem(sys.modules, "spacy.language", None)
    with pytest.raises(ImportError, match=r"needs spaCy: pip install 'newsflag\[spacy\]'"):
        __import__(adapter.__name__)
