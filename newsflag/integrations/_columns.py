"""What an article becomes in a frame: the columns, once for all engines, and the rows that go into them."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from newsflag import _flagger
from newsflag.article import Article
from newsflag.comparison import COLUMNS, overview
from newsflag.config import Config, check_choice, check_jobs, check_whole
from newsflag.errors import ConfigError, Failure, NewsflagError
from newsflag.flagger import INPUTS, ON_ERROR, Flagger
from newsflag.kinds import ARTICLE_SCORES, SCORES
from newsflag.report import Report

if TYPE_CHECKING:
    import pyarrow as pa

Told: TypeAlias = "Report | Failure | None"

OUTPUTS: Final = ("article", "segments")
"""What a frame's rows can be."""

PREFIX: Final = "newsflag_"
"""What the names of added columns begin with by default."""

_ERROR: Final = "error"
_PLACE: Final = "article"
_TYPES: Final[dict[str, type]] = {
    **dict.fromkeys(("title", "language"), str),
    **dict.fromkeys(("kept", "promos", *SCORES, *ARTICLE_SCORES), float),
}
_lock: Final = threading.Lock()  # two threads of a worker would read the models twice


@dataclasses.dataclass(frozen=True)
class Column:
    """A column that is added to a frame.

    Parameters
    ----------
    name : str
    type : type
        str, int, float or bool.
    nullable : bool
        Whether a value may be missing.
    """

    name: str
    type: type
    nullable: bool


_ARTICLE: Final = (
    Column("body", str, nullable=True),
    Column(_ERROR, str, nullable=True),
    *(Column(name, _TYPES.get(name, int), nullable=True) for name in COLUMNS),  # the rest of it is counted
)
_SEGMENT: Final = (
    Column(_PLACE, int, nullable=False),
    Column(_ERROR, str, nullable=True),
    Column("start", int, nullable=False),
    Column("end", int, nullable=False),
    Column("text", str, nullable=False),
    Column("kind", str, nullable=False),
    *(Column(name, float, nullable=False) for name in SCORES),
    Column("flagged", bool, nullable=False),
    Column("reason", str, nullable=True),
)


def columns(
    output: str = "article", *, on_error: str = "raise", prefix: str = PREFIX, placed: bool = True
) -> tuple[Column, ...]:
    """The columns that are added, in their order.

    Parameters
    ----------
    output, on_error, prefix
        As for :func:`newsflag.flag_frame`.
    placed : bool
        Whether a segment's row says which article it is of; not every engine has an order of rows.

    Raises
    ------
    ConfigError
        When a value is not allowed.

    Examples
    --------
    >>> [column.name for column in columns(prefix="")][:4]
    ['body', 'title', 'language', 'characters']
    """
    check_choice("output", output, OUTPUTS)
    check_choice("on_error", on_error, ON_ERROR)
    if not isinstance(prefix, str):
        raise ConfigError(f"prefix is {prefix!r}, but must be a str, which may be empty")
    yields = on_error == "yield"
    return tuple(
        # A failure has a row too, with nothing else in it.
        Column(prefix + each.name, each.type, each.nullable or (yields and each.name != _PLACE))
        for each in (_ARTICLE if output == "article" else _SEGMENT)
        if (yields or each.name != _ERROR) and (placed or each.name != _PLACE)
    )


@dataclasses.dataclass(frozen=True)
class Rows:
    """What is added to a frame: for each row which row of the frame it belongs to, and the values by column."""

    places: list[int]
    added: dict[str, list[Any]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """A call of :func:`newsflag.flag_frame`, checked; small, so that it can be sent to workers.

    The parameters are those of that function; ``placed`` is that of :func:`columns`.
    """

    text: Any = "text"
    output: str = "article"
    title: Any = None
    input: Literal["text", "html"] = "text"
    config: Config = dataclasses.field(default_factory=Config)
    model: str | Path | None = None
    n_jobs: int = 1
    batch_size: int = 64
    on_error: str = "raise"
    prefix: str = PREFIX
    keep: tuple[Any, ...] | None = None
    placed: bool = True

    def __post_init__(self) -> None:
        _ = self.columns
        check_choice("input", self.input, INPUTS)
        check_jobs(self.n_jobs)
        check_whole("batch_size", self.batch_size)
        if self.title is not None and self.input == "html":
            raise ConfigError("title goes with input='text': a page says its title itself")
        if self.keep is not None:
            object.__setattr__(self, "keep", _names(self.keep))
            if self.output != "segments":
                raise ConfigError(
                    "keep names the columns that output='segments' repeats; output='article' keeps them all"
                    f"{_KINDS_HINT}"
                )

    @property
    def columns(self) -> tuple[Column, ...]:
        """What this call adds."""
        return columns(self.output, on_error=self.on_error, prefix=self.prefix, placed=self.placed)

    def flagger(self) -> Flagger:
        """What judges: read once in every process, however many threads ask for it."""
        with _lock:
            flagger = _flagger(self.config, self.model, {})
            if self.input == "html":
                _ = flagger.page_model  # here, where no other thread reads it as well
        return flagger

    def alone(self, engine: str, instead: str) -> None:
        """Refuse ``n_jobs`` where an engine has workers of its own."""
        if self.n_jobs != 1:
            raise ConfigError(f"n_jobs is {self.n_jobs}, but {engine} shares out the work itself: {instead}")

    def check(self, names: Iterable[Any]) -> list[int]:
        """Look whether a frame with these columns can be flagged, and give the places of those that stay."""
        names = list(names)
        wanted = {"text": (self.text,), "title": () if self.title is None else (self.title,), "keep": self.keep or ()}
        for option, those in wanted.items():
            for name in those:
                times = names.count(name)
                if not times:
                    hint = _KINDS_HINT if option == "keep" else ""
                    raise ConfigError(
                        f"{option} names {name!r}, which is no column of the frame; it has {_listed(names)}{hint}"
                    )
                if times > 1 and option != "keep":
                    raise ConfigError(f"{option} names {name!r}, but {times} columns have that name: rename them")
        if self.output == "article":
            stay = list(range(len(names)))
        elif self.keep is None:
            stay = [place for place, name in enumerate(names) if name != self.text]
        else:
            stay = [place for each in dict.fromkeys(self.keep) for place, name in enumerate(names) if name == each]
        there = {names[place] for place in stay}
        for column in self.columns:
            if column.name in there:
                raise ConfigError(
                    f"the frame has a column {column.name!r} already: set prefix to something else than "
                    f"{self.prefix!r}, or rename it"
                )
        return stay

    def rows(self, texts: Iterable[Any], titles: Iterable[Any] | None = None, *, first: int = 0) -> Rows:
        """What is added for texts and their titles, None where one is missing; ``first`` is the first one's place."""
        added = self.columns
        make = self._article_rows if self.output == "article" else self._segment_rows
        places: list[int] = []
        values: list[list[Any]] = [[] for _ in added]
        for place, told in enumerate(self.told(texts, titles, first=first)):
            for row in make(told, first + place):
                places.append(place)
                for into, value in zip(values, row, strict=True):
                    into.append(value)
        return Rows(places, {column.name: each for column, each in zip(added, values, strict=True)})

    def told(self, texts: Iterable[Any], titles: Iterable[Any] | None = None, *, first: int = 0) -> Iterator[Told]:
        """Of each text its report, its failure, or None where it is missing; no more is read than is under way."""
        n_read = 0

        def present() -> Iterator[tuple[Any, int]]:
            nonlocal n_read
            given = ((text, None) for text in texts) if titles is None else zip(texts, titles, strict=True)
            for pair in given:
                n_read += 1
                if pair[0] is not None:
                    yield (pair[0] if titles is None else Article(*pair)), n_read - 1

        n_told = 0
        with contextlib.closing(self._judged(present())) as judged:
            for told, place in judged:
                yield from [None] * (place - n_told)
                if isinstance(told, Failure):
                    failure = Failure(first + place, told.error)  # by its place in the frame: missing texts count
                    if self.on_error == "raise":
                        raise failure.raised() if self.placed else failure.error
                    yield failure
                else:
                    yield told
                n_told = place + 1
        yield from [None] * (n_read - n_told)

    def each(self, do: Callable[[Any], Any], texts: Iterable[Any]) -> list[Any]:
        """What is made of each text in this process, None where it is missing."""
        made = []
        place = 0
        try:
            for place, text in enumerate(texts):  # noqa: B007 - told of when it fails
                made.append(None if text is None else do(text))
        except NewsflagError as error:
            raise Failure(place, error).raised() from error
        return made

    def _judged(self, items: Iterator[tuple[Any, int]]) -> Generator[tuple[Any, int], None, None]:
        first = next(items, None)
        if first is None:
            return  # nothing to judge: no model is needed
        items = itertools.chain([first], items)
        yield from self.flagger().pipe(
            items,
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
            as_tuples=True,
            input=self.input,
            on_error="yield",
        )

    def _article_rows(self, told: Told, place: int) -> Iterator[list[Any]]:  # noqa: ARG002 - as below
        row = [told.body, *overview(told).values()] if isinstance(told, Report) else [None] * (1 + len(COLUMNS))
        if self.on_error == "yield":
            row.insert(1, str(told.error) if isinstance(told, Failure) else None)
        yield row

    def _segment_rows(self, told: Told, place: int) -> Iterator[list[Any]]:
        lead: list[Any] = [place] if self.placed else []
        if isinstance(told, Failure):
            yield [*lead, str(told.error), *[None] * (len(_SEGMENT) - 2)]
        if not isinstance(told, Report):
            return
        if self.on_error == "yield":
            lead.append(None)
        reasons: dict[int, list[str]] = {}
        for flag in told.flags:
            if flag.segment is not None:
                reasons.setdefault(flag.segment.start, []).append(flag.reason)
        for segment in told.segments:
            why = reasons.get(segment.start)
            yield [
                *lead,
                segment.start,
                segment.end,
                segment.text,
                segment.kind,
                *(segment.scores[name] for name in SCORES),
                why is not None,
                " ".join(why) if why is not None and self.config.explain else None,
            ]


def flag_arrow(task: Task, table: pa.Table, first: int = 0) -> pa.Table:
    """Flag an Arrow table: what it holds besides the text is passed on as it is, without being turned into Python.

    Parameters
    ----------
    task : Task
    table : pyarrow.Table
    first : int
        Place of its first row among the articles.
    """
    import pyarrow as pa

    stay = task.check(table.column_names)
    texts = table.column(task.text).to_pylist()
    rows = task.rows(texts, None if task.title is None else table.column(task.title).to_pylist(), first=first)
    kept = table if task.output == "article" else table.select(stay).take(pa.array(rows.places, pa.int64()))
    added = [
        (pa.field(column.name, _arrow_type(column), column.nullable), rows.added[column.name])
        for column in task.columns
    ]
    return pa.table(
        [*kept.columns, *(pa.array(values, field.type) for field, values in added)],
        schema=pa.schema([*kept.schema, *(field for field, _ in added)], kept.schema.metadata),
    )


def _arrow_type(column: Column) -> Any:
    import pyarrow as pa

    types: dict[type, Callable[[], Any]] = {str: pa.string, int: pa.int64, float: pa.float64, bool: pa.bool_}
    return types[column.type]()


def _names(keep: object) -> tuple[Any, ...]:
    if isinstance(keep, str) or not isinstance(keep, Iterable):
        raise ConfigError(f"keep is {keep!r}, but must be a list of columns, for instance ({keep!r},)")
    return tuple(keep)


def _listed(names: list[Any]) -> str:
    return ", ".join(map(repr, names)) if names else "no columns"


_KINDS_HINT: Final = "; kinds that stay in the body are named in config=newsflag.Config(keep=…)"

__all__ = ["OUTPUTS", "PREFIX", "Column", "Rows", "Task", "columns", "flag_arrow"]
