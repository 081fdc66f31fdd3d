"""Text comes in, a report goes out: the stages in their order."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from newsflag._draft import Terms, body_of
from newsflag._exact import one_thread
from newsflag._reason_table import ReasonTable
from newsflag._text import Ints
from newsflag.article import Article
from newsflag.assembly import Assembly, segment_shifts
from newsflag.config import Config, check_choice, check_jobs, check_whole
from newsflag.errors import Failure, InputError, NewsflagError
from newsflag.evidence import N_INSERTIONS
from newsflag.kinds import KINDS
from newsflag.language import detect
from newsflag.marking import Pages
from newsflag.markup import decode, read_page
from newsflag.matching import Match, make_lists
from newsflag.model import pages as page_models
from newsflag.model import scores as score_models
from newsflag.model.pages import PageModel
from newsflag.model.scores import ScoreModel
from newsflag.model.store import Model, load
from newsflag.reasons import explain_segments
from newsflag.report import Report
from newsflag.scoring import Laid, gather, lay_out, score
from newsflag.splitting import Split, split
from newsflag.wording_reasons import explain_scores, explain_style

BATCH_CHARACTERS: Final = 1_000_000
"""A batch is closed when it holds so many characters, whatever the batch size: it bounds memory."""

INPUTS: Final = ("text", "html")
"""What :meth:`Flagger.pipe` takes."""

ON_ERROR: Final = ("raise", "yield")
"""What :meth:`Flagger.pipe` does with an article that it can't do."""

Input: TypeAlias = Literal["text", "html"]
Answers: TypeAlias = "list[Report | NewsflagError]"

_MARKUP_RATIO: Final = 10  # characters of a page to one of its text, about
_SOME: Final = "Some text."
_CUT: Final = len(KINDS) - N_INSERTIONS
_TITLE: Final = KINDS.index("title")


class Flagger:
    """Splits articles into their own text and what was set into it.

    Parameters
    ----------
    config : Config, optional
    model : str or Path or Model, optional
        Name of a shipped model or a model's file; by default the splitter.
    scores : str or Path or ScoreModel, optional
        Another model of the scores than the one that is shipped, or its file.
    pages : str or Path or PageModel, optional
        Another model of pages than the one that is shipped, or its file.
    **options
        Fields of :class:`newsflag.Config`, on top of ``config``.

    Raises
    ------
    ConfigError
        When an option is unknown or not allowed.
    ModelError
        When the model can't be read.

    Examples
    --------
    >>> from newsflag import Flagger
    >>> flagger = Flagger(explain=False)
    >>> flagger.clean("The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly")
    'The council met on Monday.'
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        model: str | Path | Model | None = None,
        scores: str | Path | ScoreModel | None = None,
        pages: str | Path | PageModel | None = None,
        **options: Any,
    ) -> None:
        self.config = Config.of(config, options)
        self.model = model if isinstance(model, Model) else load(model)
        self.scores = scores if isinstance(scores, ScoreModel) else score_models.load(scores)
        self._pages = pages
        config = self.config
        self._lists = make_lists(
            config.allow, config.deny, config.allow_patterns, config.deny_patterns, config.pattern_seconds
        )
        self._thresholds = {**self.scores.thresholds, **config.thresholds}

    def __repr__(self) -> str:
        return f"Flagger({self.config!r}, model={self.model.name!r})"

    @property
    def threshold(self) -> float:
        """The ``insertion`` score from which a segment counts as an insertion, 0…1."""
        return self.model.threshold if self.config.threshold is None else self.config.threshold

    @functools.cached_property
    def page_model(self) -> PageModel:
        """The model that judges pages by their markup; read when the first page comes."""
        return self._pages if isinstance(self._pages, PageModel) else page_models.load(self._pages)

    @property
    def page_threshold(self) -> float:
        """The ``insertion`` score from which a segment of a page is an insertion, 0…1."""
        return self.page_model.threshold if self.config.threshold is None else self.config.threshold

    @property
    def thresholds(self) -> dict[str, float]:
        """For each score with flags of its own, the value from which what it judges is flagged, 0…1."""
        return dict(self._thresholds)

    def flag(self, text: str, *, title: str | None = None) -> Report:
        """Report on one article; see :func:`newsflag.flag`."""
        _check(text)
        _check_title(title)
        return self._reports([text], [title])[0]

    def clean(self, text: str) -> str:
        """The article's own text; see :func:`newsflag.clean`."""
        _check(text)
        return self._clean(text)

    def flag_html(self, html: str | bytes, *, url: str | None = None) -> Report:
        """Report on one page; see :func:`newsflag.flag_html`."""
        return self._page_reports([html], [url])[0]

    def clean_html(self, html: str | bytes, *, url: str | None = None) -> str:
        """The article in a page; see :func:`newsflag.clean_html`."""
        pages = _pages([html], [url])
        return self._clean(pages.pages[0].text, pages)

    @one_thread()
    def _clean(self, text: str, pages: Pages | None = None) -> str:
        found = self._split([text], pages)
        if found is None:
            return ""
        kind, _ = self._kinds(found)
        spans = found.spans
        segments = np.stack((spans.start, spans.end, kind, spans.gap), axis=1).astype(np.int64)
        return body_of(text, segments, self._kept(page=pages is not None))

    def _split(self, texts: Sequence[str], pages: Pages | None) -> Split | None:
        if pages is None:
            return split(texts, self.config.sentences, self.model)
        return split(texts, self.config.sentences, self.model, pages, self.page_model)

    def pipe(
        self,
        texts: Iterable[Any],
        *,
        batch_size: int = 64,
        n_jobs: int = 1,
        as_tuples: bool = False,
        input: Literal["text", "html"] = "text",
        on_error: Literal["raise", "yield"] = "raise",
    ) -> Iterator[Any]:
        """Reports of many articles in their order; see :func:`newsflag.pipe`."""
        check_choice("input", input, INPUTS)
        check_choice("on_error", on_error, ON_ERROR)
        if isinstance(texts, str | bytes) or not hasattr(texts, "__iter__"):
            raise InputError(
                f"pipe takes an iterable of texts, but got {type(texts).__name__}; "
                "for a single text use flag, or put it in a list"
            )
        _check_no_table(texts)
        check_whole("batch_size", batch_size)
        check_jobs(n_jobs)
        contexts: deque[Any] = deque()  # of the texts that are under way: they are sent to nobody
        wanted = _kept(texts, contexts) if as_tuples else texts
        answers = self._answers(_batches(wanted, batch_size, input), n_jobs, input)
        return _told_apart(answers, contexts if as_tuples else None, on_error)

    def _answers(self, batches: Iterable[list[Any]], n_jobs: int, input: Input) -> Generator[Answers, None, None]:
        """Reports of each batch, by as many workers as are asked for."""
        if n_jobs == 1:
            return (self._try(batch, input) for batch in batches)
        from newsflag import _parallel

        return self._shared_out(batches, n_jobs, input, _parallel.backend_in_use())

    def _shared_out(
        self, batches: Iterable[list[Any]], n_jobs: int, input: Input, backend: Any
    ) -> Generator[Answers, None, None]:
        from newsflag import _parallel

        if input == "html":
            _ = self.page_model  # read now, so that it is lent too
        work = functools.partial(_work, input=input)
        yield from _parallel.shared_out(work, self, self._recipe(), batches, n_jobs, backend)

    def _recipe(self) -> Callable[[], Flagger]:
        """How a worker on another machine makes this flagger: with its own models where they are the shipped ones."""
        pages = self.__dict__.get("page_model", self._pages)
        return functools.partial(
            Flagger,
            self.config,
            model=None if self.model.digest == load(None).digest else self.model,
            scores=None if self.scores.digest == score_models.load(None).digest else self.scores,
            pages=None if isinstance(pages, PageModel) and pages.digest == page_models.load(None).digest else pages,
        )

    def _try(self, articles: Sequence[Any], input: Input) -> Answers:
        """Reports of articles, and in the place of each that can't be done why."""
        given = [article if isinstance(article, Article) else Article(article) for article in articles]
        refused = [_refusal(article, input) for article in given]
        good = [article for article, no in zip(given, refused, strict=True) if no is None]
        made = iter(self._try_good(good, input))
        return [next(made) if no is None else no for no in refused]

    def _try_good(self, articles: list[Article], input: Input) -> Answers:
        try:
            return list(self._all(articles, input))
        except ImportError:
            raise  # an extra is missing: that is no article's fault
        except Exception as error:  # noqa: BLE001 - whatever an article brings about is told of that article
            if len(articles) == 1:
                return [error if isinstance(error, NewsflagError) else _foreign(error)]
        # One of them it was: which one?
        return list(itertools.chain.from_iterable(self._try_good([article], input) for article in articles))

    def _all(self, articles: Sequence[Article], input: Input) -> list[Report]:
        if not articles:
            return []
        texts: list[Any] = [article.text for article in articles]
        if input == "html":
            return self._page_reports(texts, [article.url for article in articles])
        return self._reports(texts, [article.title for article in articles])

    def _page_reports(self, htmls: Sequence[str | bytes], urls: Sequence[str | None]) -> list[Report]:
        pages = _pages(htmls, urls)
        return self._reports([page.text for page in pages.pages], pages=pages)

    @one_thread()
    def _reports(
        self, texts: Sequence[str], titles: Sequence[str | None] | None = None, pages: Pages | None = None
    ) -> list[Report]:
        titles = titles or [None] * len(texts)
        name = _told(self.model)
        threshold = self.threshold
        if pages is not None:
            name = f"{name}, {_told(self.page_model)}"
            threshold = self.page_threshold
        found = self._split(texts, pages)
        if found is None:
            # Beside one that isn't blank, so that blank ones and their titles get what they get in any other batch.
            if pages is not None:
                pages = Pages([*pages.pages, read_page(f"<p>{_SOME}</p>")], [*pages.urls, None])
            return self._reports([*texts, _SOME], [*titles, None], pages)[:-1]
        kind, matches = self._kinds(found)
        if pages is not None:
            titles = _hinted(pages, found, kind)
        laid = lay_out(texts, titles, found.batch, found.spans, found.own.tokens, kind)
        languages = self._languages(laid)
        same = laid.batch is found.batch
        evidence = gather(
            laid,
            languages,
            self.model.idf,
            found.topic if same else None,
            found.own.surface if same else None,
        )
        scored = score(evidence, languages, self.scores)
        told = of_style = None
        if self.config.explain:
            shift = segment_shifts(scored)
            told = explain_scores(scored, languages, self.scores, self.config.max_reasons, shift)
            of_style = explain_style(scored, languages, self.scores)
        terms = Terms(threshold, self._thresholds, self._kept(page=pages is not None), pages is not None, name)
        assembly = Assembly(
            terms,
            self.scores,
            texts,
            languages,
            found,
            kind,
            matches,
            self._why(found),
            scored,
            told,
            of_style,
            pages,
        )
        return assembly.reports()

    def _kept(self, *, page: bool) -> tuple[int, ...]:
        return tuple(place for place, kind in enumerate(KINDS) if self.config.keeps(kind, page=page))

    def _kinds(self, found: Split) -> tuple[Ints, dict[int, Match]]:
        """Kind of every segment, and what the caller's lists decided of it."""
        kind = found.best(self.threshold if found.marked is None else self.page_threshold)
        matches = self._matches(found)
        for number, match in matches.items():
            shares = found.kinds[number]
            kind[number] = shares[_CUT:].argmax() + _CUT if match.side == "deny" else shares[:_CUT].argmax()
        return kind, matches

    def _languages(self, laid: Laid) -> list[str]:
        """Language of each text: the config's, else what its title and its first words tell."""
        n_docs = laid.batch.n_docs
        if self.config.language is not None:
            return [self.config.language] * n_docs
        model = self.scores
        doc = laid.spans.doc[laid.tokens.segment]
        return detect(laid.batch, laid.tokens, doc, n_docs, model.language, model.language_bias, model.detected)

    def _matches(self, found: Split) -> dict[int, Match]:
        """Segments that the caller's lists decide."""
        if not self._lists:
            return {}
        text = found.batch.text
        places = zip(found.spans.start.tolist(), found.spans.end.tolist(), strict=True)
        matches = ((number, self._lists.match(text[start:end])) for number, (start, end) in enumerate(places))
        return {number: match for number, match in matches if match is not None}

    def _why(self, found: Split) -> ReasonTable | None:
        """Reasons of every segment's kind, offsets into the batch's text."""
        if not self.config.explain:
            return None
        return explain_segments(
            found.batch,
            found.spans,
            found.own,
            found.alone,
            found.scaled,
            found.verdicts,
            found.log_odds,
            self.model,
            self.config.max_reasons,
            found.separators,
            None if found.marked is None else (found.marked.scaled, self.page_model),
        )


def _check(text: object) -> None:
    if not isinstance(text, str):
        hint = ""
        if isinstance(text, bytes | bytearray):
            hint = "; decode it first, for instance text.decode('utf-8')"
        elif isinstance(text, Path):
            hint = "; read it first, for instance path.read_text(encoding='utf-8')"
        elif isinstance(text, float) and math.isnan(text):
            hint = "; it is missing (nan)"
        raise InputError(f"a text must be a str, but got {type(text).__name__}{hint}")


def _check_no_table(texts: object) -> None:
    """Refuse what can be walked, but gives keys or names of columns for texts."""
    if isinstance(texts, Mapping):
        hint = "; give its values, for instance texts.values()"
    elif hasattr(type(texts), "columns"):  # of the type: a Series has its labels as attributes
        hint = "; give the column that has the texts, for instance frame['text'], or use newsflag.flag_frame"
    else:
        return
    raise InputError(f"pipe takes an iterable of texts, but got {type(texts).__name__}{hint}")


def _told(model: Model | PageModel) -> str:
    return f"{model.name} {model.version} ({model.digest})"


def _pages(htmls: Sequence[str | bytes], urls: Sequence[str | None]) -> Pages:
    for html, url in zip(htmls, urls, strict=True):
        _check_page(html, url)
    return Pages([read_page(html if isinstance(html, str) else decode(html)) for html in htmls], urls)


def _check_page(html: object, url: object = None, title: object = None) -> None:
    if not isinstance(html, str | bytes):
        hint = "; read it first, for instance path.read_bytes()" if isinstance(html, Path) else ""
        raise InputError(f"a page must be a str or bytes, but got {type(html).__name__}{hint}")
    if url is not None and not isinstance(url, str):
        raise InputError(f"url must be a str or None, but got {type(url).__name__}")
    if title is not None:
        raise InputError("a page has its title in itself: give an Article without one")


def _hinted(pages: Pages, found: Split, kind: Ints) -> list[str | None]:
    """For the pages whose text has no title the one that they give themselves elsewhere."""
    has = set(found.spans.doc[kind == _TITLE].tolist())
    return [None if number in has else next(iter(page.hints.titles), None) for number, page in enumerate(pages.pages)]


def _check_title(title: object) -> None:
    if title is not None and not isinstance(title, str):
        raise InputError(f"a title must be a str or None, but got {type(title).__name__}")


def _kept(items: Iterable[Any], contexts: deque[Any]) -> Iterator[Any]:
    """The texts of pairs; what goes with them is put aside."""
    for item in items:
        if not isinstance(item, tuple) or len(item) != 2:
            raise InputError(f"with as_tuples=True pipe takes pairs (text, context), but got {type(item).__name__}")
        text, context = item
        contexts.append(context)
        yield text


def _batches(articles: Iterable[Any], size: int, input: str) -> Iterator[list[Any]]:
    batch: list[Any] = []
    characters = 0
    try:
        for article in articles:
            batch.append(article)
            text = article.text if isinstance(article, Article) else article
            if isinstance(text, str | bytes):
                characters += len(text) // (_MARKUP_RATIO if input == "html" else 1)
            if len(batch) == size or characters >= BATCH_CHARACTERS:
                yield batch
                batch, characters = [], 0
    except Exception:
        if batch:
            yield batch  # what was read before is done before the error is told
        raise
    if batch:
        yield batch


def _work(flagger: Flagger, articles: list[Any], *, input: Input) -> Answers:
    # The module's own class, in another thread or process.
    return flagger._try(articles, input)  # noqa: SLF001


def _told_apart(answers: Generator[Answers, None, None], contexts: deque[Any] | None, on_error: str) -> Iterator[Any]:
    """Reports one by one, each with what goes with it, and failures as they are wanted."""
    with contextlib.closing(answers):
        for index, answer in enumerate(itertools.chain.from_iterable(answers)):
            told: Report | Failure
            if isinstance(answer, Report):
                told = answer
            else:
                told = Failure(index, answer)
                if on_error == "raise":
                    raise told.raised()
            yield told if contexts is None else (told, contexts.popleft())


def _refusal(article: Article, input: str) -> NewsflagError | None:
    try:
        if input == "html":
            _check_page(article.text, article.url, article.title)
        else:
            _check(article.text)
            _check_title(article.title)
    except InputError as error:
        return error.with_traceback(None)
    return None


def _foreign(error: Exception) -> NewsflagError:
    """An error of another sort as one of ours."""
    ours = NewsflagError(f"{type(error).__name__}: {error}")
    ours.__cause__ = error
    return ours


__all__ = ["BATCH_CHARACTERS", "INPUTS", "ON_ERROR", "Flagger"]
