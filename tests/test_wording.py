"""Wording, cues, relation, languages and signals: what the scores and what a reader can check are made of."""

from __future__ import annotations

import collections
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import newsflag
from newsflag._text import Batch, Floats, make_batch
from newsflag.evidence import cues, wording
from newsflag.evidence.cues import CUES
from newsflag.evidence.hashing import Block
from newsflag.evidence.relation import COLUMNS as RELATION
from newsflag.evidence.relation import SIZE_COLUMNS, STEM_COLUMNS, TOPIC_COLUMNS, relation_evidence
from newsflag.evidence.surface import surface_evidence
from newsflag.evidence.tokens import Tokens, tokenize
from newsflag.evidence.topic import IDF_BUCKETS, topic_evidence
from newsflag.evidence.wording import (
    COLUMNS,
    LEAST,
    PHRASE_BUCKETS,
    SHAPE_COLUMNS,
    WHOLE,
    WORD_BUCKETS,
    Sentences,
    shape_evidence,
    split_sentences,
    stem_hashes,
    wording_blocks,
)
from newsflag.model.scores import shipped
from newsflag.segmentation.lines import Spans, split_lines
from newsflag.signals import SIGNALS

EVEN = np.ones(IDF_BUCKETS, np.float32)  # every word is as telling as any other
LEXICON = Path(cues.__file__).parent / "lexicon"

# Parts of a paragraph that is long enough to be cut.
HEAD = "The rowing club met in the old boathouse on Friday and talked until late about the leaking roof"
REST = "the members went home along the river in the rain and nobody had an umbrella with them that night"
LONG = (
    "The harbour office of Norholm said on Tuesday that the ferry to the outer islands "
    "would sail again, four days after the storm had damaged the pier. The captain was glad."
)
LATER = (
    "Captain Ingrid Solberg, who has sailed the ferry for nineteen years, said the harbour "
    "had never before been shut for so long after a storm. The islands were cut off."
)
FOREIGN = (
    "Mix the flour with the butter, add two eggs and a pinch of salt, then let the dough "
    "rest in a cool place until the oven has reached its heat. Serve with jam."
)
CHINESE = "市长在星期二宣布新的大桥已经建成并且将在下个星期向所有的居民开放。" * 8
TEXTS = [
    f"Ferry sails again\n\n{LONG} {LATER}\n\nREAD MORE: Seven beaches\n***\n{LATER}",
    "***",
    "",
    f"Dough\n{FOREIGN} {FOREIGN}\nDough",
    CHINESE,
    "!!!\n---\n" + "!? " * 100,
    "… " * 150 + "\r\n" + '"' * 250,
    f"{LONG}\n\n\nPhoto: Anna @anna © 2024\r\n\ud800 {LATER} {FOREIGN}",
]


@dataclasses.dataclass
class Seen:
    """A batch with its sentences."""

    batch: Batch
    spans: Spans
    tokens: Tokens
    sentences: Sentences

    def texts(self) -> list[str]:
        places = zip(self.sentences.start.tolist(), self.sentences.end.tolist(), strict=True)
        return [self.batch.text[start:end] for start, end in places]

    def blocks(self) -> list[Block]:
        words, phrases = wording_blocks(self.batch, self.sentences, self.tokens, stem_hashes(self.batch, self.tokens))
        return [words, *phrases]


def look(*texts: str) -> Seen:
    """The sentences of some texts, a segment a line."""
    batch = make_batch(texts)
    spans = split_lines(batch)
    tokens = tokenize(batch, spans)
    return Seen(batch, spans, tokens, split_sentences(batch, spans, tokens))


def cut(text: str) -> list[str]:
    """Sentences of a text, without the blanks at their ends."""
    return [sentence.strip() for sentence in look(text).texts()]


def joint(middle: str) -> list[str]:
    """Sentences of a paragraph that is long enough to be cut, by what stands in its middle."""
    return cut(f"{HEAD}{middle}{REST}")


def found_in(text: str, *codes: str) -> list[tuple[str, str]]:
    """Cues of texts (a line each) in the languages given for each line: their names and what was found."""
    seen = look(*text.split("\n"))
    numbers = np.array([cues.code(each) for each in codes], np.int64)
    found = cues.find(seen.tokens, seen.sentences.word, numbers[seen.spans.doc[seen.sentences.segment]])
    rows = zip(found.cue.tolist(), found.start.tolist(), found.end.tolist(), strict=True)
    return sorted((CUES[cue], seen.batch.text[start:end]) for cue, start, end in rows)


def shaped(text: str, name: str, code: str = "en") -> float:
    """A column of the shape of a text of one sentence."""
    seen = look(text)
    spoken = np.full(len(seen.sentences), cues.code(code))
    found = cues.find(seen.tokens, seen.sentences.word, spoken)
    values = shape_evidence(seen.batch, seen.sentences, seen.tokens, found)
    assert values.shape == (1, len(COLUMNS))
    assert values.dtype == np.float32
    return float(values[0, COLUMNS.index(name)])


def related(*texts: str) -> Floats:
    """Relation evidence of articles, a segment a line."""
    seen = look(*texts)
    batch, spans, tokens = seen.batch, seen.spans, seen.tokens
    topic = topic_evidence(batch, spans, tokens, EVEN)
    return relation_evidence(
        batch, spans, tokens, stem_hashes(batch, tokens), topic, surface_evidence(batch, spans, tokens), EVEN
    )


def relation(name: str, *lines: str) -> list[float]:
    """A column of the relation evidence of one article."""
    values: list[float] = related("\n".join(lines))[:, RELATION.index(name)].tolist()
    return values


# Sentences


def test_sentences_cover_their_segments() -> None:
    seen = look(*TEXTS)
    sentences, spans = seen.sentences, seen.spans
    assert (np.diff(sentences.start) > 0).all()
    assert (np.diff(sentences.segment) >= 0).all()
    assert (sentences.end > sentences.start).all()
    assert (sentences.end[:-1] <= sentences.start[1:]).all()
    for segment in range(len(spans)):
        low, high = sentences.first[segment], sentences.first[segment + 1]
        assert high > low
        assert (sentences.segment[low:high] == segment).all()
        assert sentences.start[low] == spans.start[segment]
        assert sentences.end[high - 1] == spans.end[segment]
        assert (sentences.end[low : high - 1] == sentences.start[low + 1 : high]).all()
    assert sentences.first[-1] == len(sentences)


def test_every_word_lies_in_its_sentence() -> None:
    seen = look(*TEXTS)
    word = seen.sentences.word
    assert (np.diff(word) >= 0).all()
    assert (seen.sentences.start[word] <= seen.tokens.start).all()
    assert (seen.tokens.end <= seen.sentences.end[word]).all()


def test_sentences_do_not_depend_on_the_rest_of_the_batch() -> None:
    assert look(*TEXTS).texts() == [sentence for text in TEXTS for sentence in look(text).texts()]


def test_short_segments_are_one_sentence() -> None:
    short = "It rained all day long. Nobody came to the market. The stalls stayed shut."
    assert len(short) <= WHOLE
    assert look(short).texts() == [short]


@pytest.mark.parametrize("mark", [".", "!", "?", "…", "?!", "...", ".)", ".”", '."', ".’", "!”"])
def test_long_segments_are_cut_after_end_marks(mark: str) -> None:
    assert joint(f"{mark} Then {REST}. ") == [f"{HEAD}{mark}", f"Then {REST}. {REST}"]


def test_a_segment_with_several_sentences() -> None:
    parts = [f"{HEAD}.", f"Afterwards {REST}.", f"What if {REST}?", f"At last {REST}!", "Nobody said a word about it."]
    assert cut(" ".join(parts)) == parts


@pytest.mark.parametrize(
    "middle",
    [
        " with Mr. Hansen from the bank and ",
        " with the U.S. Embassy and the E.U. Office before ",
        " with J. R. Hartley, as No. Seven of ",
        " for 3.5 hours, at 12.30 o'clock, and 1,000.75 crowns before ",
        " etc. and then, cf. above, ",
        " at newsflag.example before ",
        " ... and after that ",
        " (why not?) and “who knows?” before ",
    ],
)
def test_where_long_segments_are_not_cut(middle: str) -> None:
    assert len(joint(middle)) == 1


OPENS = pytest.mark.xfail(strict=True, reason="a closing mark behind a blank begins what follows")


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        "“”",
        '""',
        "‘’",
        "「」",
        "„“",
        "«»",
        pytest.param("« ", " »", marks=OPENS),
    ],
)
def test_closing_quotes_stay_with_their_sentence(opening: str, closing: str) -> None:
    said = f"{opening}{HEAD}.{closing}"
    assert cut(f"{said} Then {REST}") == [said, f"Then {REST}"]


@pytest.mark.parametrize("opening", ["“", '"', "„", "«", "‘", "(", "—"])
def test_what_opens_goes_with_what_it_opens(opening: str) -> None:
    assert joint(f". {opening}Well, yes, ") == [f"{HEAD}.", f"{opening}Well, yes, {REST}"]


def test_a_number_may_begin_a_sentence() -> None:
    assert joint(". 12 of them stayed and ")[1].startswith("12 of them")


def test_sentences_without_blanks_between_them() -> None:
    sentences = cut(CHINESE)
    assert len(sentences) == 8
    assert len(set(sentences)) == 1
    assert sentences[0].endswith("。")


def test_a_closing_bracket_stays_with_its_sentence_in_chinese() -> None:
    said = "“市长在星期二宣布新的大桥已经建成并且将在下个星期开放！”"
    told = "居民们都说他们已经等了很多年终于可以过河了。"
    assert cut((said + told) * 5) == [said, told] * 5


def test_what_ends_too_soon_goes_with_what_follows() -> None:
    sentences = joint(". Yes. No, ")
    assert sentences == [f"{HEAD}.", f"Yes. No, {REST}"]
    assert all(len(sentence) >= LEAST for sentence in sentences)


def test_a_long_paragraph_of_short_sentences_is_cut() -> None:
    assert len(cut("We rowed home. " * 40)) > 1


@pytest.mark.parametrize("text", ["***", "!" * 300, "! " * 300, '."' * 200, "… ? " * 100])
def test_a_segment_without_words_is_one_sentence(text: str) -> None:
    seen = look(text)
    assert seen.texts() == [text.strip()]
    assert len(seen.sentences.word) == 0


def test_texts_without_segments_have_no_sentences() -> None:
    for texts in (("",), (" \n\t",), ("", "\n", "")):
        seen = look(*texts)
        assert len(seen.sentences) == 0
        assert seen.sentences.first.tolist() == [0]
        assert [len(block.bucket) for block in seen.blocks()] == [0] * len(seen.blocks())


# Hashed wording


def test_buckets_are_in_range_and_spans_within_sentences() -> None:
    seen = look(*TEXTS)
    words, *phrases = seen.blocks()
    for block, buckets in [(words, WORD_BUCKETS), *((block, PHRASE_BUCKETS) for block in phrases)]:
        assert len(block.bucket) > 0
        assert block.bucket.min() >= 0
        assert block.bucket.max() < buckets
        assert (np.diff(block.segment) >= 0).all()
        assert (block.start < block.end).all()
        assert (seen.sentences.start[block.segment] <= block.start).all()
        assert (block.end <= seen.sentences.end[block.segment]).all()


def test_every_word_has_a_bucket() -> None:
    seen = look("The boat sank. The boat rose")
    words = seen.blocks()[0]
    assert len(words.bucket) == 6
    assert (words.bucket[:2] == words.bucket[3:5]).all()
    assert words.bucket[2] != words.bucket[5]


@pytest.mark.parametrize(("one", "other"), [("storm", "STORM"), ("ære", "ÆRE"), ("буря", "Буря"), ("in 19", "In 24")])
def test_a_word_has_the_same_buckets_whatever_its_casing(one: str, other: str) -> None:
    for ours, theirs in zip(look(one).blocks(), look(other).blocks(), strict=True):
        assert ours.bucket.tolist() == theirs.bucket.tolist()


def test_buckets_do_not_depend_on_the_rest_of_the_batch() -> None:
    together = look(*TEXTS)
    for number, text in enumerate(TEXTS):
        rows = together.spans.doc[together.sentences.segment] == number
        for ours, theirs in zip(together.blocks(), look(text).blocks(), strict=True):
            assert ours.bucket[rows[ours.segment]].tolist() == theirs.bucket.tolist(), text


def test_phrases_do_not_cross_sentences() -> None:
    apart, joined = look("The boat\nsank today"), look("The boat sank today")
    pairs = [len(seen.blocks()[1].bucket) for seen in (apart, joined)]
    assert pairs == [2, 3]


def test_inflected_forms_have_the_same_stem() -> None:
    seen = look("harbour harbours Harbouring harp")
    stems = stem_hashes(seen.batch, seen.tokens).tolist()
    assert stems[0] == stems[1] == stems[2] != stems[3]


# Shape

PLAIN = "The boat lay at the quay"
SHAPES: dict[str, tuple[str, float]] = {
    "question": ("Who let the boat go?", 1),
    "exclamation": ("The boat is gone!", 1),
    "ellipsis": ("And then the boat …", 1),
    "quotes": ("“Gone”, they cried", 1),
    "upper_words": ("The boat has no GPS", 0.5),
    "digit_words": ("Only 12 boats left", 1),
    "first_digit": ("12 boats left", 1),
    "colon": ("At the quay: a boat", 1),
    "commas": ("A boat, at the quay", 0.5),
    "dashes": ("A boat – at the quay", 0.5),
}
CUED = {
    "attribution": "The boat lay there, she said",
    "vague": "Insiders saw the boat",
    "named": "A spokesman saw the boat",
    "hedges": "The boat might sink",
    "certainty": "The boat will certainly sink",
    "superlatives": "The biggest boat sank",
    "emotive": "A horrific boat",
    "second_person": "Tie up your boat",
    "forward": "Here's why the boat sank",
    "urgency": "Hurry to the boat",
    "conspiracy": "The sheeple saw no boat",
}


def test_every_column_of_the_shape_is_tested() -> None:
    assert {"log_words", *SHAPES} == set(SHAPE_COLUMNS)
    assert set(CUED) == set(CUES)
    assert (*SHAPE_COLUMNS, *(f"cue_{name}" for name in CUES)) == COLUMNS
    assert len(set(COLUMNS)) == len(COLUMNS)


def test_log_words() -> None:
    assert shaped(PLAIN, "log_words") == pytest.approx(np.log1p(6) - 2.5)
    assert shaped("***", "log_words") == -2.5


@pytest.mark.parametrize("name", SHAPES)
def test_a_column_of_the_shape(name: str) -> None:
    text, value = SHAPES[name]
    assert shaped(text, name) == pytest.approx(value)
    assert shaped(PLAIN, name) == 0


@pytest.mark.parametrize("name", CUED)
def test_a_column_of_cues(name: str) -> None:
    assert shaped(CUED[name], f"cue_{name}") == pytest.approx(np.log(2))
    assert shaped(PLAIN, f"cue_{name}") == 0
    assert shaped(CUED[name], f"cue_{name}", "xx") == 0


def test_shapes_are_bounded() -> None:
    noisy = "1! 2? " + "“A”, B: – … NATO " * 500
    for name in SHAPE_COLUMNS:
        assert -3 <= shaped(noisy[:200], name) <= 6, name


def test_each_sentence_has_a_shape_of_its_own() -> None:
    seen = look(f"{HEAD}! Then {REST}? At last they {REST}.")
    found = cues.find(seen.tokens, seen.sentences.word, np.full(len(seen.sentences), cues.code("en")))
    values = shape_evidence(seen.batch, seen.sentences, seen.tokens, found)
    assert values[:, COLUMNS.index("exclamation")].tolist() == [1, 0, 0]
    assert values[:, COLUMNS.index("question")].tolist() == [0, 1, 0]


# Cues


def test_a_cue_is_found_only_in_its_own_language() -> None:
    assert found_in("Angeblich sank das Boot", "de") == [("vague", "Angeblich")]
    assert found_in("Angeblich sank das Boot", "en") == []
    assert found_in("Undoubtedly a fine boat", "en") == [("certainty", "Undoubtedly")]
    assert found_in("Undoubtedly a fine boat", "de") == []


def test_each_text_of_a_batch_has_its_own_language() -> None:
    text = "Angeblich undoubtedly\nAngeblich undoubtedly\nAngeblich undoubtedly"
    assert found_in(text, "de", "xx", "en") == [("certainty", "undoubtedly"), ("vague", "Angeblich")]


@pytest.mark.parametrize(
    ("text", "cue", "phrase"),
    [
        ("The boat sank ACCORDING TO the pilot", "attribution", "ACCORDING TO"),
        ("It sank, as the Supreme  Court knew", "named", "Supreme  Court"),
        ("The boat was, let’s be clear, a wreck", "certainty", "let’s be clear"),
        ("People trust boats like never before, folks", "superlatives", "like never before"),
    ],
)
def test_phrases_of_several_words(text: str, cue: str, phrase: str) -> None:
    assert (cue, phrase) in found_in(text, "en")


def test_part_of_a_phrase_is_not_the_phrase() -> None:
    assert found_in("According boats, and to boats", "en") == []


def test_a_phrase_does_not_cross_the_end_of_a_sentence() -> None:
    assert ("attribution", "according to") in found_in(f"{HEAD} according to {REST} and {REST}", "en")
    text = f"{HEAD} according. To {REST} and {REST}"
    assert len(cut(text)) == 2
    assert not [name for name, _ in found_in(text, "en") if name == "attribution"]
    assert found_in("The boats were according\nto plan", "en", "en") == []


def test_a_phrase_at_either_end_of_a_batch() -> None:
    assert found_in("Insiders\nboats\naccording to", "en", "en", "en") == [
        ("attribution", "according to"),
        ("vague", "Insiders"),
    ]


@pytest.mark.parametrize("code", ["xx", "und", "", "EN", "../en"])
def test_an_unknown_language_finds_nothing(code: str) -> None:
    assert cues.code(code) == -1
    assert found_in("\n".join(CUED.values()), *[code] * len(CUED)) == []


def test_texts_without_words_hold_no_cues() -> None:
    assert found_in("***", "en") == []
    assert found_in("", "en") == []


def test_languages_have_numbers_of_their_own() -> None:
    assert sorted({cues.code(each) for each in cues.languages()}) == list(range(len(cues.languages())))
    assert {"de", "en", "es", "fr"} <= set(cues.languages())
    assert set(cues.languages()) <= set(shipped().detected)


@pytest.fixture(scope="module", params=cues.languages())
def lists(request: pytest.FixtureRequest) -> tuple[str, dict[str, list[str]]]:
    """A language and its lists."""
    return request.param, json.loads((LEXICON / f"{request.param}.json").read_text("utf-8"))


def test_every_language_has_every_list(lists: tuple[str, dict[str, list[str]]]) -> None:
    assert set(lists[1]) == set(CUES)
    assert [name for name, entries in lists[1].items() if not entries] == []


def test_entries_are_tidy(lists: tuple[str, dict[str, list[str]]]) -> None:
    for name, entries in lists[1].items():
        for entry in entries:
            assert entry == " ".join(entry.split()) != "", name
            assert entry == entry.lower(), name
        assert [entry for entry, times in collections.Counter(entries).items() if times > 1] == [], name


def test_every_entry_can_be_found(lists: tuple[str, dict[str, list[str]]]) -> None:
    code, entries = lists
    phrases = [entry for name in CUES for entry in entries[name]]
    whole = {phrase for _, phrase in found_in("\n".join(phrases), *[code] * len(phrases))}
    assert [phrase for phrase in phrases if phrase.rstrip(".") not in whole] == []


# Relation


def test_columns_of_the_relation_are_bounded() -> None:
    values = related(*TEXTS)
    assert values.shape == (len(look(*TEXTS).spans), len(RELATION))
    assert (*TOPIC_COLUMNS, *STEM_COLUMNS, *SIZE_COLUMNS) == RELATION
    assert len(set(RELATION)) == len(RELATION)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    for name in ("stems_known", "names_missing", "rare_missing", "no_content"):
        column = values[:, RELATION.index(name)]
        assert column.min() >= 0, name
        assert column.max() <= 1.0001, name
    for name in ("stems_cosine", "nearest_cosine"):
        column = values[:, RELATION.index(name)]
        assert column.min() >= 0, name
        assert column.max() <= 3.0001, name


@pytest.mark.parametrize("name", ["stems_known", "stems_cosine", "stems_known_count", "nearest_cosine"])
def test_an_own_paragraph_shares_more_than_a_foreign_one(name: str) -> None:
    own, _, foreign = relation(name, LONG, LATER, FOREIGN)
    assert own > foreign


@pytest.mark.parametrize("name", ["names_missing", "rare_missing"])
def test_an_own_headline_misses_less_than_a_foreign_one(name: str) -> None:
    own, foreign, *_ = relation(name, "Ferry to Norholm", "Butter from Lugano", LONG, LATER)
    assert own < foreign


def test_a_repeated_paragraph_is_nearest_to_itself() -> None:
    assert relation("nearest_cosine", LONG, LONG) == pytest.approx([3, 3], abs=1e-5)


def test_inflected_forms_meet_by_their_stems() -> None:
    line = "Harbours damaging islanders"
    assert relation("known_share", line, LONG, LATER)[0] == 0
    assert relation("stems_known", line, LONG, LATER)[0] == 1
    assert relation("stems_known", "Ovens reaching butters", LONG, LATER)[0] == 0


def test_a_line_without_words_has_no_content() -> None:
    assert relation("no_content", LONG, "***", LATER) == [0, 1, 0]
    assert relation("stems_known", LONG, "***", LATER)[1] == 0


def test_more_paragraphs_are_more_paragraphs() -> None:
    few, many = relation("paragraphs", LONG)[0], relation("paragraphs", LONG, LATER, FOREIGN)[0]
    assert 0 < few < many
    assert relation("paragraphs", "Ferry", "***") == [0, 0]


def test_relation_does_not_depend_on_the_rest_of_the_batch() -> None:
    together = related(*TEXTS)
    doc = look(*TEXTS).spans.doc
    for number, text in enumerate(TEXTS):
        if text:
            assert np.allclose(together[doc == number], related(text), atol=1e-5), text


# Languages

SPOKEN = {
    "ar": "قال رئيس البلدية إن الجسر الجديد سيفتح أمام السكان يوم الثلاثاء المقبل.",
    "cs": "Starosta řekl, že nový most přes řeku bude otevřen příští úterý odpoledne.",
    "da": "Borgmesteren sagde, at den nye bro over åen åbner for alle på tirsdag.",
    "de": "Der Bürgermeister sagte, dass die neue Brücke über den Fluss am Dienstag öffnet.",
    "el": "Ο δήμαρχος είπε ότι η νέα γέφυρα θα ανοίξει την επόμενη Τρίτη.",
    "en": "The mayor said that the new bridge across the river would open on Tuesday.",
    "es": "El alcalde dijo que el nuevo puente sobre el río abrirá el próximo martes.",
    "fi": "Kaupunginjohtaja sanoi, että uusi silta avataan liikenteelle ensi tiistaina.",
    "fr": "Le maire a déclaré que le nouveau pont sur la rivière ouvrirait mardi prochain.",
    "hi": "महापौर ने कहा कि नदी पर बना नया पुल मंगलवार को खुलेगा।",
    "hu": "A polgármester azt mondta, hogy az új híd jövő kedden nyílik meg.",
    "id": "Wali kota mengatakan bahwa jembatan baru di atas sungai akan dibuka pada hari Selasa.",
    "it": "Il sindaco ha detto che il nuovo ponte sul fiume aprirà martedì prossimo.",
    "ja": "市長は川に架かる新しい橋が来週の火曜日に開通すると述べた。",
    "nl": "De burgemeester zei dat de nieuwe brug over de rivier dinsdag opengaat.",
    "pl": "Burmistrz powiedział, że nowy most przez rzekę zostanie otwarty we wtorek.",
    "pt": "O prefeito disse que a nova ponte sobre o rio será aberta na próxima terça-feira.",
    "ru": "Мэр сказал, что новый мост через реку откроется в следующий вторник.",
    "sv": "Borgmästaren sade att den nya bron över ån öppnar nästa tisdag.",
    "tr": "Belediye başkanı nehrin üzerindeki yeni köprünün salı günü açılacağını söyledi.",
    "uk": "Мер сказав, що новий міст через річку відкриють наступного вівторка.",
    "zh": "市长说河上的新桥将于下星期二向所有居民开放。",
}


def detect(text: str) -> str:
    return newsflag.flag(text, explain=False).language


@pytest.mark.parametrize("code", SPOKEN)
def test_languages_are_detected(code: str) -> None:
    text = SPOKEN[code]
    assert {detect(text), detect(f"{text} " * 20)} == {code}
    assert code in shipped().detected


def test_each_text_of_a_batch_is_detected_by_itself() -> None:
    assert [report.language for report in newsflag.pipe(SPOKEN.values(), explain=False)] == list(SPOKEN)


@pytest.mark.parametrize("text", ["", " \n", "***", "12345 67890 12345", "😀" * 50, "\ud800" * 50])
def test_too_few_letters_to_tell(text: str) -> None:
    assert detect(text) == "und"


def test_detection_does_not_depend_on_what_was_seen_before() -> None:
    first = {code: detect(text) for code, text in SPOKEN.items()}
    again = {code: detect(SPOKEN[code]) for code in reversed(SPOKEN)}
    assert again == first


@pytest.mark.parametrize("odd", ["\ud800", "\udc80\udfff", "\0", "\U0010ffff"])
def test_odd_characters_change_nothing(odd: str) -> None:
    assert detect(odd + SPOKEN["de"] + odd) == "de"
    assert detect(f" {odd} ".join(SPOKEN["en"].split(" "))) == "en"


def test_a_language_that_is_not_known_is_not_guessed() -> None:
    assert detect("ძველი ხიდი მდინარეზე სამშაბათს გაიხსნება, განაცხადა ქალაქის მერმა.") == "und"


# Signals

# An article of three paragraphs, with a place for one more sentence.
STORY = """\
The ferry between Norholm and the outer islands is running again. The storm had damaged the pier of the harbour \
four days ago. Divers looked at the piles on Monday and repaired two of them in the evening.

{} The first boat left the harbour at seven in the morning with twelve passengers and a load of fresh milk. \
It reached the island of Lund an hour later and came back at noon.

On the islands the shops were open as on any other day. The school had stayed shut since Friday. The next storm \
comes on Sunday from the west, and the boats stay in the harbour on that day."""
MORE = "The pilot and the cook walked along the pier with the boxes and the nets in the wind of the morning."
TITLE = "Ferry to the outer islands is running again after the storm"


def signals(text: str, title: str | None = None) -> dict[str, float | None]:
    report = newsflag.flag(text, title=title, language="en")
    assert tuple(report.signals) == SIGNALS
    return dict(report.signals)


def signal(name: str, sentence: str) -> float:
    """A signal of the article with a sentence in it."""
    value = signals(STORY.format(sentence))[name]
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("quotes", "“The pier will stand for another hundred years,” cried the old pilot of the boat on Monday."),
        ("quotes", '"The pier will stand for another hundred years," cried the old pilot of the boat on Monday.'),
        ("quotes", "«The pier will stand for another hundred years», cried the old pilot of the boat on Monday."),
        ("attribution", "The pilot said that the pier was sound, and the cook confirmed that there was soup on board."),
        ("attribution", "“The pier will stand for another hundred years,” cried the old pilot of the boat on Monday."),
        ("hedges", "The pier might perhaps need new planks, which could possibly take until the spring of that year."),
        ("certainty", "The pier will undoubtedly stand, and the boats will certainly and definitely sail on that day."),
        (
            "superlatives",
            "It was the biggest and worst storm of all time, with the highest and fastest waves.",
        ),
        (
            "second_person",
            "You can take your own bike on board, if you are on the pier with your ticket by ten.",
        ),
        (
            "vague_sources",
            "Insiders fear a strike, experts say, and sources claim that observers knew of the cracks.",
        ),
        (
            "citations",
            "A spokeswoman of the ministry and a professor of the university came to court at noon.",
        ),
    ],
)
def test_a_signal_rises_with_what_it_is_about(name: str, sentence: str) -> None:
    assert signal(name, sentence) > signal(name, MORE)


@pytest.mark.parametrize(
    "name", ["quotes", "hedges", "certainty", "superlatives", "second_person", "vague_sources", "citations", "promos"]
)
def test_what_is_not_there_is_not_counted(name: str) -> None:
    assert signal(name, MORE) == 0


def test_quotes_are_the_share_of_the_characters_inside_quotation_marks() -> None:
    quoted = "\n\n".join(f"“{part}”" for part in STORY.format(MORE).split("\n\n"))
    assert signals(quoted)["quotes"] == pytest.approx(1, abs=0.05)
    some, more = (signal("quotes", " ".join(["“The pier will stand,” he cried."] * n)) for n in (1, 3))
    assert 0 < some < more < 1


def test_an_open_quotation_ends_with_its_segment() -> None:
    before, after = STORY.format(MORE).split("\n\n", 1)
    value = signals(f"“{before}\n\n{after}")["quotes"]
    assert value == pytest.approx(len(before) / len(before + after), abs=0.05)


def test_a_quotation_of_several_sentences_in_a_text_without_lines() -> None:
    text = STORY.format("“The pier will stand. The cook will stay. The boats will sail on,” cried the old pilot.")
    whole = signals(" ".join(text.split()))["quotes"]
    assert whole == pytest.approx(signals(text)["quotes"], abs=0.02)


def test_promos_are_the_share_of_characters_in_promos() -> None:
    text = STORY.format(MORE)
    promo = "READ MORE: Ten secrets of ferry captains that will change your holidays"
    report = newsflag.flag(f"{text}\n\n{promo}", language="en")
    assert [part.text for part in report.segments if part.is_promo] == [promo]
    assert report.signals["promos"] == pytest.approx(len(promo) / (len(promo) + len(text)), abs=0.01)


def test_what_is_set_in_changes_no_other_signal() -> None:
    text = STORY.format(MORE)
    ours, theirs = signals(text), signals(f"{text}\n\nREAD MORE: “You won't believe it,” insiders said")
    assert theirs["promos"] != ours["promos"]
    for name in ("quotes", "attribution", "vague_sources", "second_person", "citations"):
        assert theirs[name] == ours[name], name


def test_titles_are_represented_by_their_own_text() -> None:
    text = STORY.format(MORE)
    own, foreign = signals(text, TITLE), signals(text, "Butter cake with eggs and cinnamon wins at the village fair")
    assert own["title_representativeness"] is not None
    assert foreign["title_representativeness"] is not None
    assert 0 <= foreign["title_representativeness"] < own["title_representativeness"] <= 1


def test_without_a_title_none_is_represented() -> None:
    text = STORY.format(MORE)
    assert "title" not in {part.kind for part in newsflag.flag(text).segments}
    assert signals(text)["title_representativeness"] is None


def test_a_given_title_changes_no_other_signal() -> None:
    text = STORY.format("“The pier will stand,” the pilot said.")
    ours, theirs = signals(text), signals(text, "“Unbelievable”: you must see the biggest storm, insiders said")
    for name in SIGNALS:
        if name != "title_representativeness":
            assert theirs[name] == pytest.approx(ours[name]), name


@pytest.mark.parametrize("text", ["", " \n\n ", "***", "12", "“", "\ud800"])
def test_signals_of_next_to_nothing(text: str) -> None:
    values = signals(text)
    for name, value in values.items():
        assert value is None or 0 <= value <= 100, name
    if not text.strip():
        assert set(values.values()) == {None}


def test_shares_are_shares() -> None:
    report = newsflag.flag(STORY.format("“You won't believe it,” insiders said, “hurry!”"), title=TITLE, language="en")
    for name in ("quotes", "attribution", "emotional_tone", "persuasive_tone", "title_representativeness", "promos"):
        value = report.signals[name]
        assert value is not None
        assert 0 <= value <= 1, name


def test_wording_has_one_bucket_table_for_words_and_one_for_phrases() -> None:
    assert wording.WORD_BUCKETS & (wording.WORD_BUCKETS - 1) == 0
    assert wording.PHRASE_BUCKETS & (wording.PHRASE_BUCKETS - 1) == 0
