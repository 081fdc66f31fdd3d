"""Reasons in words.

A :class:`~newsflag.Reason` is data: the name of a cue, what it added to the
log-odds of an insertion, and where its evidence stands. Here it becomes a
sentence. The cues:

``words``
    wording, over the span that weighs most
``length``
    number of characters and words
``end_mark``
    how the segment ends
``question``
    question marks
``exclamation``
    exclamation marks
``casing``
    capitals
``digits``
    figures
``quotes``
    quotation marks
``lead_in``
    words that lead elsewhere, such as "Read more:"
``separator``
    lines of dashes, bullets, stars
``list``
    similar lines around it
``position``
    where in the article it stands
``neighbours_before``, ``neighbours_after``
    what stands before and after it
``topic_overlap``
    words it shares with the article
``title_overlap``
    words it shares with the title
``repetition``
    whether it repeats what stands elsewhere in the text
``document``
    what the article is like as a whole
``links``
    how much of it is linked, and where to (pages)
``element``
    the element it stands in, and those around that (pages)
``class_names``
    words in the classes and ids of these elements (pages)
``container``
    where it stands to the element that holds the article (pages)
``siblings``
    what stands beside it in the tree, or in elements alike (pages)
``page_hints``
    what the page says of its own article, for link previews and search engines (pages)
``prior``
    how common insertions are
``rest``
    everything too small to be named

The other scores have ``words``, ``length``, ``question``, ``exclamation``,
``quotes``, ``casing``, ``digits`` and ``rest`` too, and

``shared_words``
    words and stems it shares with the article (off_topic)
``names``
    names it shares with the article (off_topic)
``attribution``, ``vague``, ``named``, ``hedges``, ``certainty``, ``superlatives``
    words of the lists in ``newsflag/evidence/lexicon``
``emotive``, ``second_person``, ``forward``, ``urgency``, ``conspiracy``
    words of these lists too
``loaded_language`` and the other names in :data:`newsflag.TECHNIQUES`
    words that speak for a technique (persuasion)
``ellipsis``, ``punctuation``
    dots that leave something out; colons, commas, dashes
``surroundings``
    how the rest of the article is worded
``tone``
    a sentence that weighs in the article's style
``clickbait``
    how much the article's sentences bait (misinformation)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from newsflag.kinds import INSERTION_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsflag.report import Reason, Segment

# Cue -> what it says when it speaks for an insertion, and when it speaks for
# the article. {quote} is the evidence, where the cue has a span. A cue weighs
# presence and absence alike, so no clause claims that something is there.
CUES: Final = {
    "words": ("its wording{quote} is that of insertions", "its wording{quote} is that of articles"),
    "length": ("it is as long as insertions mostly are", "it is as long as lines of an article mostly are"),
    "end_mark": ("it ends the way insertions do{quote}", "it ends the way lines of an article do{quote}"),
    "question": (
        "its question marks, or their absence{quote}, point to an insertion",
        "its question marks, or their absence{quote}, point to the article",
    ),
    "exclamation": (
        "its exclamation marks, or their absence{quote}, point to an insertion",
        "its exclamation marks, or their absence{quote}, point to the article",
    ),
    "casing": (
        "its capitals{quote} are set as insertions set them",
        "its capitals{quote} are set as articles set them",
    ),
    "digits": (
        "its figures, or their absence{quote}, point to an insertion",
        "its figures, or their absence{quote}, point to the article",
    ),
    "quotes": (
        "its quotation marks, or their absence{quote}, point to an insertion",
        "its quotation marks, or their absence{quote}, point to the article",
    ),
    "lead_in": ("it has words that lead elsewhere{quote}", "it has no words that lead elsewhere"),
    "separator": ("it is a separator or set off by one", "no separator sets it off"),
    "list": (
        "how it is like the lines around it, or unlike them, points to an insertion",
        "how it is like the lines around it, or unlike them, points to the article",
    ),
    "position": ("it stands where insertions often stand", "it stands where the article mostly runs"),
    "neighbours_before": (
        "what stands before it points to an insertion",
        "what stands before it points to the article",
    ),
    "neighbours_after": ("what stands after it points to an insertion", "what stands after it points to the article"),
    "topic_overlap": ("it is about something else than the article", "it is about what the article is about"),
    "title_overlap": ("it does not take up the title", "it takes up words of the title"),
    "repetition": (
        "it repeats what stands elsewhere in the text{quote}",
        "it repeats nothing that stands elsewhere in the text",
    ),
    "document": ("the text as a whole is rich in insertions", "the text as a whole is poor in insertions"),
    "links": (
        "its links, or their absence, point to an insertion",
        "its links, or their absence, point to the article",
    ),
    "element": ("its element is one that insertions stand in", "its element is one that articles stand in"),
    "class_names": (
        "the classes around it are those of insertions",
        "the classes around it are those of articles",
    ),
    "container": ("it stands apart from where the article stands", "it stands where the article stands"),
    "siblings": (
        "what stands beside it in the page, or in elements alike, looks inserted",
        "what stands beside it in the page, or in elements alike, looks like the article",
    ),
    "page_hints": (
        "what the page says of its article does not bear it out",
        "what the page says of its article bears it out",
    ),
    "prior": ("insertions are common to begin with", "insertions are rare to begin with"),
    "rest": ("many small signs together point to an insertion", "many small signs together point to the article"),
}

# The same for the other scores: what it says when it speaks for the score, and when against it.
SCORE_CUES: Final = {
    "words": ("its words{quote} are of that sort", "its words{quote} are of another sort"),
    "length": ("its length fits", "its length speaks against it"),
    "question": ("it asks a question", "it asks no question"),
    "exclamation": ("it exclaims", "it does not exclaim"),
    "ellipsis": ("it leaves something out with dots", "it leaves nothing out with dots"),
    "quotes": ("its quotation marks fit", "its quotation marks speak against it"),
    "casing": ("it sets words in capitals", "it sets no words in capitals"),
    "digits": ("its figures fit", "its figures speak against it"),
    "punctuation": ("its punctuation fits", "its punctuation speaks against it"),
    "surroundings": ("the rest of the article is worded so too", "the rest of the article is worded otherwise"),
    "shared_words": ("it shares few content words with the article", "it shares content words with the article"),
    "names": ("it names what the article does not name", "it names what the article names"),
    "attribution": ("it attributes a statement{quote}", "it attributes a statement{quote}"),
    "vague": ("it rests on a vague source{quote}", "it has a vague source{quote}"),
    "named": ("it names a source{quote}", "it names a source{quote}"),
    "hedges": ("it hedges{quote}", "it hedges{quote}"),
    "certainty": ("it leaves no doubt{quote}", "it is certain{quote}"),
    "superlatives": ("it uses superlatives{quote}", "it uses superlatives{quote}"),
    "emotive": ("it uses emotive words{quote}", "it uses emotive words{quote}"),
    "second_person": ("it addresses the reader{quote}", "it addresses the reader{quote}"),
    "forward": ("it withholds what it speaks of{quote}", "it points forward{quote}"),
    "urgency": ("it presses{quote}", "it presses{quote}"),
    "conspiracy": ("it speaks as conspiracy tales do{quote}", "it speaks as conspiracy tales do{quote}"),
    "loaded_language": ("it uses loaded language{quote}", ""),
    "name_calling": ("it calls names{quote}", ""),
    "exaggeration_minimisation": ("it exaggerates or plays down{quote}", ""),
    "doubt": ("it casts doubt{quote}", ""),
    "appeal_to_fear": ("it appeals to fear{quote}", ""),
    "flag_waving": ("it waves a flag{quote}", ""),
    "tone": ("a sentence is loaded{quote}", "its most loaded sentence is mild{quote}"),
    "clickbait": ("its sentences bait", "its sentences do not bait"),
    "deny_list": ("it is on the deny list{quote}", "it is on the deny list{quote}"),
    "allow_list": ("it is on the allow list{quote}", "it is on the allow list{quote}"),
    "rest": ("many small signs together", "many small signs together"),
}
_SCORES: Final = {
    "off_topic": ("About something else than the article", "Not off the article's topic"),
    "clickbait": ("Worded as bait", "Not worded as bait"),
    "sensational": ("Sensational or loaded wording", "Sober wording"),
    "persuasion": ("Wording that pushes", "Wording that does not push"),
    "misinformation": (
        "Written in the style of unreliable sources, which says nothing of its truth",
        "Not written in the style of unreliable sources, which says nothing of its truth",
    ),
}

_UNKNOWN: Final = ("its {cue}{quote} points to an insertion", "its {cue}{quote} points to the article")
_UNKNOWN_TO_SCORES: Final = ("its {cue}{quote} speaks for it", "its {cue}{quote} speaks against it")
_VAGUE: Final = ("prior", "rest", "document")  # named only when nothing better is left
_MOST_CLAUSES: Final = 3
_COUNTER_SHARE: Final = 0.5  # a cue against the verdict is named from this share of the strongest one for it
_QUOTED: Final = 48  # characters of evidence quoted at most
_NAMES: Final = {
    "body": "the article's own text",
    "heading": "a heading",
    "title": "the title",
    "standfirst": "the standfirst",
    "teaser": "a teaser",
    "advertisement": "an advertisement",
    "call_to_action": "a call to action",
    "caption": "a caption",
    "metadata": "metadata",
    "interface": "a piece of the page's interface",
    "embed": "embedded matter",
    "other": "another insertion",
}


def sentence_for(reason: Reason, text: str, *, offset: int = 0, score: str = "insertion") -> str:
    """Put one reason into a sentence.

    Parameters
    ----------
    reason : Reason
    text : str
        The report's text, or a part of it.
    offset : int
        Where in the report's text that part begins. Evidence outside of it
        is not quoted.
    score : str
        What it is a reason for.

    Examples
    --------
    >>> from newsflag import Reason
    >>> sentence_for(Reason("lead_in", 1.25, 0, 10), "READ MORE: Ten tricks")
    'It has words that lead elsewhere (“READ MORE:”): +1.25.'
    >>> sentence_for(Reason("end_mark", -0.5), "The council met.")
    'It ends the way lines of an article do: -0.50.'
    >>> sentence_for(Reason("question", 0.75), "Why?", score="clickbait")
    'It asks a question: +0.75.'
    """
    clause = _clause(reason, text, offset, CUES if score == "insertion" else SCORE_CUES)
    return f"{clause[0].upper()}{clause[1:]}: {reason.contribution:+.2f}."


def sentence(segment: Segment) -> str:
    """Say in one sentence why a segment was given its kind.

    Names the strongest reasons for the verdict, and one against it if it
    weighs enough to matter.

    Examples
    --------
    >>> from newsflag import KINDS, Reason, Segment, Verdict
    >>> promo = Segment(
    ...     start=0,
    ...     end=21,
    ...     text="READ MORE: Ten tricks",
    ...     kind="teaser",
    ...     kinds={kind: float(kind == "teaser") for kind in KINDS},
    ...     scores={"insertion": 0.97},
    ...     alone=Verdict("teaser", 0.9),
    ...     reasons=(Reason("lead_in", 3.0, 0, 10), Reason("length", 0.5)),
    ... )
    >>> sentence(promo)
    'Taken for a teaser, as it has words that lead elsewhere (“READ MORE:”) and it is as long as insertions mostly are.'
    """
    inserted = segment.kind in INSERTION_KINDS
    sign = 1 if inserted else -1
    ranked = sorted(segment.reasons, key=lambda reason: -abs(reason.contribution))
    # Vague cues last: what can be pointed at says more.
    ranked.sort(key=lambda reason: reason.cue in _VAGUE)
    backing = [reason for reason in ranked if reason.contribution * sign > 0]
    against = [reason for reason in ranked if reason.contribution * sign < 0 and reason.cue not in _VAGUE]

    name = _NAMES.get(segment.kind, segment.kind.replace("_", " "))
    opening = f"Taken for {name}" if inserted else f"Kept as {name}"
    for reason in segment.reasons:
        if reason.cue in ("allow_list", "deny_list"):
            return f"{opening}, as {_clause(reason, segment.text, segment.start, SCORE_CUES)}."
    if not backing:
        return f"{opening} with an insertion score of {segment.scores['insertion']:.2f}."
    precise = [reason for reason in backing if reason.cue not in _VAGUE] or backing
    clauses = _distinct(precise, segment)[:_MOST_CLAUSES]
    result = f"{opening}, as {_listed(clauses)}"
    if against and abs(against[0].contribution) >= _COUNTER_SHARE * abs(precise[0].contribution):
        result += f", although {_clause(against[0], segment.text, segment.start)}"
    return f"{result}."


def score_sentence(score: str, value: float, reasons: Sequence[Reason], text: str, *, offset: int = 0) -> str:
    """Say in one sentence why a score other than ``insertion`` is what it is.

    Parameters
    ----------
    score : str
        Its name.
    value : float
        0…1.
    reasons : sequence of Reason
    text : str
        The report's text, or the part of it that begins at ``offset``.
    offset : int

    Examples
    --------
    >>> from newsflag import Reason
    >>> score_sentence("clickbait", 0.9, [Reason("forward", 1.5, 0, 11), Reason("question", 0.7)], "This is why")
    'Worded as bait, as it withholds what it speaks of (“This is why”) and it asks a question.'
    """
    high = value >= 0.5
    opening = _SCORES[score][0 if high else 1]
    sign = 1 if high else -1
    ranked = sorted(reasons, key=lambda reason: -abs(reason.contribution))
    backing = [reason for reason in ranked if reason.contribution * sign > 0 and reason.cue != "rest"]
    by_cue: dict[str, list[Reason]] = {}
    for reason in backing:
        by_cue.setdefault(reason.cue, []).append(reason)
    clauses = [_clause_of_all(alike, text, offset) for alike in by_cue.values()][:_MOST_CLAUSES]
    return f"{opening}, as {_listed(clauses)}." if clauses else f"{opening}."


def _distinct(reasons: Sequence[Reason], segment: Segment) -> list[str]:
    # The same cue may come more than once, e.g. with several spans.
    return list(dict.fromkeys(_clause(reason, segment.text, segment.start) for reason in reasons))


def _clause(reason: Reason, text: str, offset: int, cues: Mapping[str, tuple[str, str]] = CUES) -> str:
    unknown = _UNKNOWN if cues is CUES else _UNKNOWN_TO_SCORES
    pair = cues.get(reason.cue) or SCORE_CUES.get(reason.cue, unknown)
    for_it = reason.contribution > 0
    template = pair[not for_it] or unknown[not for_it]
    return template.format(quote=_quote(reason, text, offset), cue=reason.cue.replace("_", " "))


def _clause_of_all(alike: Sequence[Reason], text: str, offset: int) -> str:
    """One clause for the reasons of one cue, with what each of them points at."""
    clause = _clause(alike[0], text, offset, SCORE_CUES)
    first = _quote(alike[0], text, offset)
    # Sentences are long: the strongest one will do.
    others = () if alike[0].cue == "tone" else alike[1:_MOST_CLAUSES]
    quotes = [first, *(_quote(reason, text, offset) for reason in others)]
    words = list(dict.fromkeys(quote.removeprefix(" (").removesuffix(")") for quote in quotes if quote))
    return clause.replace(first, f" ({', '.join(words)})", 1) if first else clause


def _quote(reason: Reason, text: str, offset: int) -> str:
    if reason.start is None or reason.end is None:
        return ""
    start, end = reason.start - offset, reason.end - offset
    if not 0 <= start < end <= len(text):
        return ""
    # Only so much is looked at, as evidence may be the whole of a long line.
    words = " ".join(text[start : min(end, start + 4 * _QUOTED)].split())
    if not words:
        return ""
    if len(words) > _QUOTED:
        words = words[: _QUOTED - 1].rstrip() + "…"
    return f" (“{words}”)"


def _listed(clauses: Sequence[str]) -> str:
    if len(clauses) == 1:
        return clauses[0]
    return f"{', '.join(clauses[:-1])} and {clauses[-1]}"


__all__ = ["CUES", "SCORE_CUES", "score_sentence", "sentence", "sentence_for"]
