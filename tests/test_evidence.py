"""Evidence: every column is what its name says, and a text's evidence is its own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from newsflag._text import Batch, Floats, make_batch
from newsflag.evidence import ALONE_COLUMNS, INPUT_COLUMNS, Own, inputs, own_evidence, surface, topic
from newsflag.evidence.context import (
    FAR,
    NEIGHBOUR_COLUMNS,
    PLACE_COLUMNS,
    REACH,
    VERDICT_COLUMNS,
    around,
    verdict_evidence,
)
from newsflag.evidence.hashing import BUCKETS, HEAD, HEAD_WORDS, TAIL, Block, counts, weigh, whole_hashes
from newsflag.evidence.topic import IDF_BUCKETS, nearest_long, topic_evidence
from newsflag.kinds import KINDS
from newsflag.segmentation import segment as split
from newsflag.segmentation.lines import Spans, split_lines

EVEN = np.ones(IDF_BUCKETS, np.float32)  # every word is as telling as any other

LONG = (
    "The harbour office of Norholm said on Tuesday that the ferry to the outer islands "
    "would sail again, four days after the storm had damaged the pier."
)
LATER = (
    "Captain Ingrid Solberg, who has sailed the route for nineteen years, said the ferry "
    "had never before been tied up for so long after a storm."
)
OTHER = (
    "Mix the flour with the butter, add two eggs and a pinch of salt, then let the dough "
    "rest in a cool place until the oven has reached its heat."
)
TEXTS = [
    f"Ferry sails again\n\n{LONG}\n\nREAD MORE: Seven beaches\nREAD MORE: Five bays\n***\n{LATER}",
    "***",
    "",
    f"Dough\n{OTHER}\n{OTHER}\nDough",
    "新しい橋が完成した。\n市長は火曜日に発表した。\n写真：市役所",
    "!!!\n---\n!!!",
    f"{LONG}\n\n\nPhoto: Anna @anna © 2024\r\n",
]


@dataclasses.dataclass
class Seen:
    """A batch with all its evidence."""

    batch: Batch
    spans: Spans
    own: Own
    topic: Floats
    inputs: Floats
    verdicts: Floats

    def column(self, name: str) -> list[float]:
        """Values of one of the columns of the inputs, by name."""
        values: list[float] = self.inputs[:, INPUT_COLUMNS.index(name)].tolist()
        return values

    def verdict(self, name: str) -> list[float]:
        values: list[float] = self.verdicts[:, VERDICT_COLUMNS.index(name)].tolist()
        return values

    def words(self) -> list[str]:
        tokens = self.own.tokens
        return [self.batch.text[a:b] for a, b in zip(tokens.start.tolist(), tokens.end.tolist(), strict=True)]


def look(*texts: str, kinds: Floats | None = None) -> Seen:
    """All evidence of some texts, a segment a line; first verdicts are made up from the text alone."""
    batch = make_batch(texts)
    spans = split_lines(batch)
    own = own_evidence(batch, spans)
    topic_ = topic_evidence(batch, spans, own.tokens, EVEN)
    if kinds is None:
        raw = np.abs(own.surface[:, : len(KINDS)]) + 0.1
        kinds = (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)
    values = inputs(own.surface, topic_, kinds, spans, own.tokens)
    return Seen(batch, spans, own, topic_, values, verdict_evidence(kinds, own.surface, spans, own.tokens))


def surfaced(text: str, name: str) -> float:
    """A surface column of a text of one line."""
    (value,) = look(text).column(name)
    return value


def known(name: str, *lines: str) -> list[float]:
    """A topic column of an article."""
    return look("\n".join(lines)).column(f"topic_{name}")


def sure(*kinds: str) -> Floats:
    """First verdicts that are certain."""
    return np.eye(len(KINDS), dtype=np.float32)[[KINDS.index(kind) for kind in kinds]]


def buckets(blocks: list[Block], segment: int) -> list[list[int]]:
    return [sorted(block.bucket[block.segment == segment].tolist()) for block in blocks]


# Names


def test_columns_have_names_of_their_own() -> None:
    for names in (INPUT_COLUMNS, surface.COLUMNS, topic.COLUMNS, PLACE_COLUMNS, NEIGHBOUR_COLUMNS, VERDICT_COLUMNS):
        assert len(set(names)) == len(names)
    seen = look(*TEXTS)
    assert seen.inputs.shape == (len(seen.spans), len(INPUT_COLUMNS))
    assert seen.verdicts.shape == (len(seen.spans), len(VERDICT_COLUMNS))
    assert seen.own.alone.shape == (len(seen.spans), len(ALONE_COLUMNS))
    assert seen.inputs.dtype == seen.verdicts.dtype == np.float32
    assert np.isfinite(seen.inputs).all()
    assert np.isfinite(seen.verdicts).all()


# Independence


def test_evidence_does_not_depend_on_the_rest_of_the_batch() -> None:
    together = look(*TEXTS)
    for number, text in enumerate(TEXTS):
        if not text:
            continue
        alone = look(text)
        rows = together.spans.doc == number
        assert np.allclose(together.inputs[rows], alone.inputs, atol=1e-5), text
        assert np.allclose(together.verdicts[rows], alone.verdicts, atol=1e-5), text
        first = int(np.argmax(rows))
        for segment in range(len(alone.spans)):
            for part in ("characters", "words"):
                ours = buckets(getattr(together.own, part), first + segment)
                assert ours == buckets(getattr(alone.own, part), segment), text


@pytest.mark.parametrize("texts", [("Words.", "***"), ("***", "Words."), ("***", "!!!"), ("", "?", "a", "?", "")])
def test_texts_without_words_may_stand_anywhere(texts: tuple[str, ...]) -> None:
    together = look(*texts)
    alone = [look(text).inputs for text in texts if text]
    assert np.allclose(together.inputs, np.concatenate(alone), atol=1e-5)


# Words


def test_words_are_runs_of_letters_and_digits() -> None:
    assert look("It's 3,5 km/h – naïve_Ünal!").words() == ["It", "s", "3", "5", "km", "h", "naïve", "Ünal"]


def test_marks_belong_to_their_word() -> None:
    assert look("e\u0301te\u0301 हिन्दी").words() == ["e\u0301te\u0301", "हिन्दी"]


def test_each_cjk_character_is_a_word() -> None:
    assert look("新橋がABC完成2024年𠀀").words() == [*"新橋が", "ABC", *"完成", "2024", "年", "𠀀"]


def test_letters_of_other_scripts_are_not_taken_apart() -> None:
    assert look("Новый мост שלום مرحبا 한국어").words() == ["Новый", "мост", "שלום", "مرحبا", "한국어"]


def test_no_word_crosses_segments_or_texts() -> None:
    seen = look("one\ntwo", "three", "", "four")
    assert seen.words() == ["one", "two", "three", "four"]
    assert seen.own.tokens.segment.tolist() == [0, 1, 2, 3]
    assert seen.own.tokens.first.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("one", "other"), [("Ferry", "ferry"), ("FERRY", "ferry"), ("2024", "1987"), ("٣", "7"), ("Ärger", "ärger")]
)
def test_case_and_digits_are_folded(one: str, other: str) -> None:
    first, second = look(f"{one} {other}").own.tokens.hash
    assert first == second


@pytest.mark.parametrize(("one", "other"), [("ferry", "ferries"), ("12", "123"), ("ab", "ba"), ("u", "ü"), ("a", "aa")])
def test_other_words_have_other_hashes(one: str, other: str) -> None:
    first, second = look(f"{one} {other}").own.tokens.hash
    assert first != second


def test_words_of_any_length_have_a_hash() -> None:
    seen = look("x" * 5000)
    assert len(seen.own.tokens.hash) == 1


# Hashes: what is pinned here is part of the model format


def test_hashes_are_stable() -> None:
    own = look("Hello world.").own
    assert own.tokens.hash.tolist() == [16139077082882140088, 16276000043130790467]
    assert [block.bucket.tolist() for block in own.words] == [
        [119902, 124833],
        [124325],
        [33929],
        [46236],
        [103123],
        [82737],
    ]


def test_buckets_are_in_range_and_places_in_their_segment() -> None:
    seen = look(*TEXTS)
    for block in (*seen.own.characters, *seen.own.words):
        assert ((block.bucket >= 0) & (block.bucket < BUCKETS)).all()
        assert (np.diff(block.segment) >= 0).all()
        # A sentinel stands for what is before the beginning or after the end.
        assert (block.start >= seen.spans.start[block.segment] - 1).all()
        assert (block.end <= seen.spans.end[block.segment] + 1).all()
        assert (block.start < block.end).all()
    for block in seen.own.words:
        assert (block.start >= seen.spans.start[block.segment]).all()
        assert (block.end <= seen.spans.end[block.segment]).all()


def test_only_the_two_ends_of_a_long_line_are_hashed() -> None:
    filler = " ".join(f"filler{chr(97 + n)}" for n in range(20))
    one, other = (look(f"{'a' * HEAD} {filler} {word} {filler} {'z' * TAIL}").own for word in ("inmidst", "outside"))
    assert buckets(one.characters, 0) == buckets(other.characters, 0)
    assert buckets(one.words, 0) == buckets(other.words, 0)
    head, tail = look(f"b{'a' * HEAD} {filler}").own, look(f"{'a' * HEAD} {filler}b").own
    plain = look(f"{'a' * HEAD} {filler}").own
    assert buckets(head.characters, 0) != buckets(plain.characters, 0)
    assert buckets(tail.characters, 0) != buckets(plain.characters, 0)


def test_a_lines_beginning_differs_from_its_middle() -> None:
    short, within = (look(text).own.characters[0] for text in ("abc", "xabcx"))
    assert set(short.bucket.tolist()) - set(within.bucket.tolist())


def test_only_a_short_line_is_known_as_a_whole() -> None:
    lines = [" ".join(["word"] * n) for n in (HEAD_WORDS, HEAD_WORDS + 1)]
    assert look("\n".join(lines)).own.words[-1].segment.tolist() == [0]


def test_whole_hashes_tell_order_and_take_no_notice_of_case_and_marks() -> None:
    tokens = look("Read more: here\nREAD MORE – here!\nmore read here\n***").own.tokens
    one, same, other, none = whole_hashes(tokens).tolist()
    assert one == same != other
    assert none == 0


def test_weigh_sums_rows_and_divides_by_the_root_of_their_number() -> None:
    seen = look("One two\n***\nThree")
    table = np.ones((BUCKETS, 2), np.float32)
    n = len(seen.spans)
    number = counts(seen.own.words, n)
    assert np.allclose(weigh(seen.own.words, table, n), [[np.sqrt(number[0])] * 2, [0, 0], [np.sqrt(number[2])] * 2])


# Surface


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("Done.", {"ends_sentence", "last_period", "first_upper"}),
        ("really?", {"ends_sentence", "last_question", "first_lower"}),
        ("Now!", {"ends_sentence", "last_exclamation", "first_upper"}),
        ("more…", {"ends_sentence", "last_ellipsis", "first_lower"}),
        ("“So it is.”", {"ends_sentence", "first_quote", "last_quote"}),
        ("(So it is.)", {"ends_sentence", "first_bracket", "last_bracket"}),
        ("更新。", {"ends_sentence", "last_period"}),
        ("Related:", {"last_colon", "first_upper", "colon_early"}),
        ("2024 and 25", {"first_digit", "last_digit"}),
        ("one,", {"last_comma", "first_lower"}),
        ("▶ Play", {"first_mark"}),
        ("***", {"first_mark", "last_mark", "no_words"}),
        ("Photo: Anna", {"first_upper", "colon_early"}),
    ],
)
def test_flags_of_a_line(text: str, flags: set[str]) -> None:
    names = {name for name in surface.COLUMNS if name.startswith(("first_", "last_"))}
    names |= {"ends_sentence", "no_words", "colon_early", "long_80"}
    assert {name for name in names if surfaced(text, name)} == flags


@pytest.mark.parametrize(
    ("name", "text", "times"),
    [
        ("n_commas", "a, b, c、d", 3),
        ("n_questions", "What? Why?", 2),
        ("n_exclamations", "Go! Now!!", 3),
        ("n_bullets", "a | b • c", 2),
        ("n_handles", "@anna #storm", 2),
        ("n_money", "5 € or 7 %", 2),
        ("n_quotes", '“a” "b"', 4),
        ("n_rights", "© 2024 Anna ®", 2),
        ("n_arrows", "more » →", 2),
    ],
)
def test_marks_are_counted(name: str, text: str, times: int) -> None:
    assert surfaced(text, name) == pytest.approx(np.log1p(times), abs=1e-5)
    assert surfaced("plain words", name) == 0


@pytest.mark.parametrize("length", [80, 160, 320])
def test_long_lines(length: int) -> None:
    assert [surfaced("x" * n, f"long_{length}") for n in (length, length + 1)] == [0, 1]


def test_cjk_counts_for_more() -> None:
    assert surfaced("新" * 33, "long_80") == 1
    assert surfaced("新" * 33, "cjk") == 1
    assert surfaced("x" * 33, "long_80") == surfaced("x" * 33, "cjk") == 0


def test_capitals() -> None:
    assert surfaced("ALL IN CAPITALS", "upper_share") == 2
    assert surfaced("ALL IN CAPITALS", "upper_words") == 2
    assert surfaced("all in lower case", "upper_share") == 0
    assert surfaced("A Title In Case", "title_words") > surfaced("A title in case", "title_words")
    assert surfaced("A B C", "upper_words") == 0


def test_a_colon_far_in_is_no_lead_in() -> None:
    assert surfaced(f"{'x' * 31}: y", "colon_early") == 1
    assert surfaced(f"{'x' * 32}: y", "colon_early") == 0


def test_the_first_colon_counts() -> None:
    assert surfaced("ab: cd: ef", "words_before_colon") == pytest.approx(2 / 16)


def test_gaps_around_a_line() -> None:
    seen = look("One\n\nTwo\nThree", "\n\nFour")
    assert seen.column("blank_before") == [0, 1, 0, 0]
    assert seen.column("blank_after") == [1, 0, 0, 0]
    assert seen.column("same_line_before") == seen.column("same_line_after") == [0] * 4


# Topic


def test_words_that_stand_elsewhere_are_known() -> None:
    assert known("known_share", "storm pier", "storm dough") == [0.5, 0.5]
    assert known("known_share_long", "storm pier", "storm dough") == [0, 0]


def test_a_line_on_the_topic_is_nearer_than_one_off_it() -> None:
    lines = ("Ferry sails again after storm", LONG, LATER, "Butter and flour with eggs")
    for name in ("known_share_long", "cosine"):
        title, _, _, stranger = known(name, *lines)
        assert title > stranger


def test_a_paragraph_is_not_its_own_topic() -> None:
    assert known("cosine", LONG) == [0]
    assert known("known_share", LONG) == [0]


def test_articles_of_a_batch_share_no_words() -> None:
    assert look(LONG, LONG, LONG).column("topic_known_share") == [0, 0, 0]
    assert look(LONG, LONG).column("topic_repeated") == [0, 0]


def test_repetition() -> None:
    lines = ("Bridge shut", "Read more", LONG, "READ MORE!", "Bridge shut.", "***", "***")
    assert known("repeated", *lines) == [1, 1, 0, 1, 1, 0, 0]
    assert known("repeats_title", *lines) == [0, 0, 0, 0, 1, 0, 0]


def test_title_overlap() -> None:
    title, same, half, none = known("title_overlap", "storm pier", "pier storm", "storm dough", "flour eggs")
    assert (title, same, half, none) == (0, 1, 0.5, 0)


def test_a_names_second_mention_is_known() -> None:
    assert known("names_known", LONG, "Norholm waits", "Oslo waits") == pytest.approx([0, 1, 0])


def test_the_nearest_long_lines() -> None:
    spans = look("a\nb\nc\nd", "e\nf").spans
    long = np.array([True, False, True, False, True, False])
    before, after = nearest_long(spans, long)
    assert before.tolist() == [-1, 0, 0, 2, -1, 4]
    assert after.tolist() == [2, 2, -1, -1, -1, -1]


# Context


def test_neighbours_nearest_first() -> None:
    spans = look("a\nb\nc").spans
    values = np.array([[1], [2], [3]], np.float32)
    assert around(values, spans, 2).tolist() == [[0, 2, 0, 3], [1, 3, 0, 0], [2, 0, 1, 0]]


@pytest.mark.parametrize("reach", [1, 4, 9])
def test_neighbours_end_with_the_article(reach: int) -> None:
    spans = look("a\nb", "c", "", "d\ne\nf").spans
    values = (spans.doc[:, None] + 1).astype(np.float32)
    seen = around(values, spans, reach)
    for row, own in zip(seen, values[:, 0], strict=True):
        assert set(row.tolist()) <= {0.0, float(own)}
    before_and_after = [(0, 1), (1, 0), (0, 0), (0, 2), (1, 1), (2, 0)]
    assert (seen > 0).sum(axis=1).tolist() == [
        min(before, reach) + min(after, reach) for before, after in before_and_after
    ]


def test_neighbours_columns() -> None:
    kinds = sure("title", "teaser", "body")
    seen = look(f"Short\nREAD MORE\n{LONG}", kinds=kinds)
    assert seen.column("before1_is_title") == [0, 1, 0]
    assert seen.column("after1_is_teaser") == [1, 0, 0]
    assert seen.column("after2_is_body") == [1, 0, 0]
    assert seen.column("before2_is_title") == [0, 0, 1]
    assert seen.column("after1_long_160") == [0, float(len(LONG) > 160), 0]
    assert seen.column("after1_there") == [1, 1, 0]
    assert seen.column("before1_there") == [0, 1, 1]
    assert not any(seen.column(f"before{REACH}_there"))


def test_places() -> None:
    text = f"Head\n\n{LONG}{LONG}\nTail"
    seen = look(text, kinds=sure("title", "body", "teaser"))
    assert seen.column("place_share_before") == [0, 0.5, 1]
    assert seen.column("place_no_long_before") == [1, 1, 0]
    assert seen.column("place_no_long_after") == [0, 1, 1]
    assert seen.column("place_long_share") == pytest.approx([1 / 3] * 3)
    assert seen.column("place_ends_share") == pytest.approx([1 / 3] * 3)
    assert seen.column("place_mean_insertion") == pytest.approx([1 / 3] * 3)
    assert seen.column("place_after_insertion") == [0.5, 1, 1]
    assert seen.column("place_before_insertion") == [1, 0, 0]


def test_shared_openings_and_closings() -> None:
    seen = look("READ one now\nRead two now\nSee three then\n***", "Read four now")
    assert seen.column("place_opening_shared") == pytest.approx([np.log(2), np.log(2), 0, 0, 0], abs=1e-5)
    assert seen.column("place_closing_shared") == pytest.approx([np.log(2), np.log(2), 0, 0, 0], abs=1e-5)


def test_verdicts_of_the_surroundings() -> None:
    seen = look("One\nTwo\nThree", "Four", kinds=sure("body", "teaser", "teaser", "body"))
    assert [value > 0 for value in seen.verdict("after1_is_teaser")] == [True, True, False, False]
    assert [value > 0 for value in seen.verdict("before1_insertion")] == [False, False, True, False]
    assert seen.verdict("mean") == pytest.approx([4 / 3, 4 / 3, 4 / 3, 0])
    assert seen.verdict("earlier") == pytest.approx([2, 0, 1, 2])
    assert seen.verdict("later") == pytest.approx([2, 2, 2, 2])
    assert not any(seen.verdict(f"after{FAR}_insertion"))


def test_verdicts_on_lines_that_open_alike() -> None:
    seen = look("Read one\nRead two\nSee three\nRead four", kinds=sure("body", "teaser", "teaser", "body"))
    # The mean of the others; a line that opens as no other does is told its own.
    assert seen.verdict("same_opening") == pytest.approx([1, 0, 2, 1])


@pytest.mark.parametrize(
    "line", ["Lee también: El puente", "• Leggi anche: Il ponte", "READ MORE: The bridge", "Werbung"]
)
def test_a_known_lead_in_is_evidence_in_any_language(line: str) -> None:
    batch = make_batch([f"{LONG}\n{line}\nThe minister said: no."])
    spans = split(batch)
    column = own_evidence(batch, spans).surface[:, surface.COLUMNS.index("known_lead_in")]
    assert column.tolist() == [0, 1, 0]
