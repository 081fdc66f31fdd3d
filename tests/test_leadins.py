"""Lead-ins inside paragraphs."""

from __future__ import annotations

import itertools
import time
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import newsflag
from newsflag.segmentation.leadins import find_lead_ins, lead_in_starts

PARTS = ["READ MORE:", "Related:", "Advertisement", "One day.", "the", "\n", " ", "(", "：", "\ud800", "中"]


@pytest.mark.parametrize(
    ("before", "lead_in", "after"),
    [
        ("The vote is on Monday. ", "READ MORE: What the vote means for you. ", "The minister said so."),
        ("The vote is on Monday. ", "Related: Ten facts about the vote. ", "The minister said so."),
        ("The vote is on Monday. ", "(SEE ALSO: Ten facts about the vote) ", "The minister said so."),
        ("Die Wahl ist am Montag. ", "Lesen Sie auch: Was die Wahl bedeutet. ", "Der Minister sagte das."),
        ("Die Wahl ist am Montag. ", "Mehr zum Thema: Was die Wahl bedeutet! ", "Der Minister sagte das."),
        ("Le vote est lundi. ", "Lire aussi : Ce que le vote change. ", "Le ministre l’a dit."),
        ("El voto es el lunes. ", "Lee también: Lo que cambia el voto. ", "El ministro lo dijo."),
        ("A votação é na segunda. ", "Leia também: O que muda com o voto. ", "O ministro disse isso."),
        ("Si vota lunedì. ", "LEGGI ANCHE: Che cosa cambia con il voto. ", "Il ministro lo ha detto."),
        ("Wybory są w poniedziałek. ", "Czytaj także: Co zmienią wybory. ", "Minister tak powiedział."),
        ("Выборы в понедельник. ", "Читайте также: Что изменят выборы. ", "Министр так сказал."),
        ("The vote is on Monday. ", "Advertisement ", "The minister said so."),
        ("Die Wahl ist am Montag. ", "Anzeige ", "Der Minister sagte das."),
    ],
)
def test_a_lead_in_is_cut_out(before: str, lead_in: str, after: str) -> None:
    line = before + lead_in + after
    assert lead_in_starts(line) == [len(before), len(before) + len(lead_in)]


@pytest.mark.parametrize(
    "line",
    [
        "On the site you can read more about this: it is long.",
        "He told us to watch: nothing happened. The related: question is open.",
        "Sie erstattete Anzeige gegen Unbekannt. Die Polizei ermittelt.",
        "The paper sold one advertisement after another. Nobody read it.",
        "He said that there was more: a house, a car, a dog.",
        "See https://example.org/more://x for details.",
        "She ran an Advertisement Agency in Rome.",
    ],
)
def test_running_text_is_left_alone(line: str) -> None:
    assert lead_in_starts(line) == []


def test_a_line_that_is_all_lead_in_is_not_cut() -> None:
    assert lead_in_starts("READ MORE: What the vote means for you") == []


def test_several_lead_ins_follow_each_other() -> None:
    line = "The vote is on Monday. READ MORE: Ten facts SEE ALSO: Nine facts"
    assert lead_in_starts(line) == [line.index("READ"), line.index("SEE")]


def test_many_lines_at_once() -> None:
    text = "The vote is on Monday. READ MORE: Ten facts\nRelated: Nine facts\nThe minister said so."
    assert [text[a:b] for a, b in find_lead_ins(text)] == ["READ MORE: Ten facts", "Related: Nine facts"]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(PARTS)))
def test_spans_are_sorted_and_inside(parts: list[str]) -> None:
    text = " ".join(parts)
    spans = find_lead_ins(text)
    assert all(0 <= a <= b <= len(text) for a, b in spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    assert all("\n" not in text[a:b].strip() for a, b in spans)
    for line in text.split("\n"):
        starts = lead_in_starts(line)
        assert starts == sorted(set(starts))
        assert all(0 < start < len(line) and not line[start].isspace() for start in starts)


@pytest.mark.parametrize("unit", [":", "Related: ", "READ MORE ", "(: ", "Advertisement ", "a"])
def test_linear_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    begin = time.perf_counter()
    lead_in_starts(text)
    assert time.perf_counter() - begin < 10


FLAT: Final = (
    "The works begin in March. READ MORE: The ten best bakeries of the coast The council met, and the vote was close."
)


@pytest.mark.parametrize(
    "text", [FLAT, f"{FLAT} READ MORE\u3000", ": The vote", "more: The vote", f"{' ' * 12}READ MORE: Now?"]
)
@pytest.mark.parametrize("other", ["The council met.", "the council met.", FLAT, "So you can read", "READ MORE"])
def test_a_lead_in_does_not_see_the_next_article(text: str, other: str) -> None:
    alone = newsflag.flag(text, explain=False)
    reports = list(newsflag.pipe([other, text, other], explain=False))
    assert reports[1] == alone
    assert reports[0] == reports[2] == newsflag.flag(other, explain=False)


def test_the_articles_last_sentence_is_not_taken_for_a_part_of_the_headline_before_it() -> None:
    assert newsflag.clean(FLAT).endswith("The council met, and the vote was close.")
