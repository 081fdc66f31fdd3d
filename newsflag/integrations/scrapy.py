"""newsflag as an item pipeline of Scrapy: adds to items what was found in them, and drops those full of promos.

In a project's settings::

    ITEM_PIPELINES = {"newsflag.integrations.scrapy.NewsflagPipeline": 300}
    NEWSFLAG_FIELD = "html"
    NEWSFLAG_INPUT = "html"
    NEWSFLAG_MAX_PROMOS = 0.5
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from newsflag import _flagger
from newsflag.comparison import COLUMNS, overview
from newsflag.config import Config, check_choice
from newsflag.errors import ConfigError, InputError, NewsflagError
from newsflag.flagger import INPUTS
from newsflag.report import Report

try:
    from itemadapter import ItemAdapter
    from scrapy.exceptions import DropItem
    from scrapy.utils.asyncio import run_in_thread
except ImportError as error:
    raise ImportError("newsflag.integrations.scrapy needs Scrapy: pip install 'newsflag[scrapy]'") from error

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

SETTINGS: Final[Mapping[str, Any]] = {
    "NEWSFLAG_FIELD": "text",
    "NEWSFLAG_INPUT": "text",
    "NEWSFLAG_URL_FIELD": "url",
    "NEWSFLAG_ADDS": {"newsflag": "overview", "clean_text": "body"},
    "NEWSFLAG_MAX_PROMOS": None,
    "NEWSFLAG_CONFIG": {},
    "NEWSFLAG_MODEL": None,
}
"""Every setting with its default; :class:`NewsflagPipeline` says what they are."""

_WHOLE: Final = ("body", "overview", "report")
_PREFIX: Final = "NEWSFLAG_"


class NewsflagPipeline:
    """An item pipeline: reports on a field of every item.

    Parameters
    ----------
    settings : mapping
        The settings named in :data:`SETTINGS`, those that are not to be as there:

        - ``NEWSFLAG_FIELD``: the item's field that is read.
        - ``NEWSFLAG_INPUT``: ``"text"``, or ``"html"`` for pages (str or bytes).
        - ``NEWSFLAG_URL_FIELD``: the field with a page's address, which may be missing.
        - ``NEWSFLAG_ADDS``: which fields are set to what: ``"body"`` (the clean text), ``"report"`` (as plain data, for
          :meth:`newsflag.Report.from_dict`), ``"overview"`` (a flat mapping), or one of its entries, such as
          ``"promos"``; see :data:`newsflag.comparison.COLUMNS`. Fields of an item's class must be declared there.
        - ``NEWSFLAG_MAX_PROMOS``: an item whose share of promos is above this is dropped, 0…1; None drops none.
        - ``NEWSFLAG_CONFIG``: fields of :class:`newsflag.Config`.
        - ``NEWSFLAG_MODEL``: name or file of another model than the one that is shipped.
    stats : Scrapy's stats collector, optional
        Counts ``newsflag/items`` (reported on), ``newsflag/dropped``, ``newsflag/flags``,
        ``newsflag/segments/KIND``, ``newsflag/without_field`` (items of other sorts, which pass as they are) and
        ``newsflag/errors``.

    Raises
    ------
    ConfigError
        When a setting is unknown or not allowed; the crawl does not begin.
    ModelError
        When the model can't be read.

    Notes
    -----
    Articles are judged in a thread, so that downloads go on meanwhile: an article takes some hundredths of a second,
    in which the reactor would otherwise stand still. Items may leave in another order than they came in, as with any
    pipeline that waits.

    An item whose field holds no text raises :class:`newsflag.InputError`, which Scrapy logs with the item.

    Examples
    --------
    >>> import asyncio
    >>> pipeline = NewsflagPipeline({"NEWSFLAG_ADDS": {"clean": "body", "share": "promos"}})
    >>> item = {"text": "The council met on Monday.\\n\\nREAD MORE: Ten tricks for a flat belly"}
    >>> asyncio.run(pipeline.process_item(item))["clean"]
    'The council met on Monday.'
    """

    def __init__(self, settings: Mapping[str, Any] | None = None, stats: Any = None) -> None:
        given = dict(settings or {})
        for name in given:
            if name not in SETTINGS:
                raise ConfigError(f"unknown setting {name}; newsflag's are {', '.join(SETTINGS)}")
        values = {**SETTINGS, **given}
        self._field = _name("NEWSFLAG_FIELD", values)
        self._url_field = _name("NEWSFLAG_URL_FIELD", values)
        self._html = _input(values) == "html"
        self._adds = _adds(values)
        self._max_promos = _share(values)
        options = values["NEWSFLAG_CONFIG"]
        if not isinstance(options, Mapping):
            raise ConfigError(f"NEWSFLAG_CONFIG is {options!r}, but must be a mapping such as {{'explain': False}}")
        self._flagger = _flagger(Config.of(None, dict(options)), values["NEWSFLAG_MODEL"], {})
        if self._html:
            self._flagger.flag_html("")  # reads the model now, and says now if a package is missing
        self._stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it from a crawler's settings."""
        settings = crawler.settings
        given = {str(name): settings.get(name) for name in settings if str(name).startswith(_PREFIX)}
        for name in ("NEWSFLAG_ADDS", "NEWSFLAG_CONFIG"):
            if name in given:
                given[name] = settings.getdict(name)  # JSON where they were typed with -s
        return cls(given, crawler.stats)

    async def process_item(self, item: Any) -> Any:
        """Report on an item, add to it or drop it.

        Raises
        ------
        DropItem
            When its share of promos is above ``NEWSFLAG_MAX_PROMOS``.
        InputError
            When its field holds no text, or its class has no field that is to be set.
        """
        adapter = ItemAdapter(item)
        if adapter.get(self._field) is None:
            self._count("without_field")
            return item
        try:
            self._check_fields(item)
            report = await run_in_thread(self._judge, adapter[self._field], adapter.get(self._url_field))
        except NewsflagError:
            self._count("errors")
            raise
        row = overview(report)
        self._count("items")
        if self._max_promos is not None and row["promos"] > self._max_promos:
            self._count("dropped")
            raise DropItem(f"promos are {row['promos']:.3f} of its text, above NEWSFLAG_MAX_PROMOS {self._max_promos}")
        self._count("flags", len(report.flags))
        for segment in report.segments:
            self._count(f"segments/{segment.kind}")
        for field, what in self._adds.items():
            adapter[field] = _value(report, row, what)
        return item

    def _judge(self, content: Any, url: Any) -> Report:
        return self._flagger.flag_html(content, url=url) if self._html else self._flagger.flag(content)

    def _check_fields(self, item: Any) -> None:
        declared = ItemAdapter.get_field_names_from_class(type(item))
        for field in self._adds:
            if declared is not None and field not in declared:
                raise InputError(
                    f"{type(item).__name__} has no field {field!r}: declare it there, or name another in NEWSFLAG_ADDS"
                )

    def _count(self, name: str, number: int = 1) -> None:
        if self._stats is not None:
            self._stats.inc_value(f"newsflag/{name}", number)


def _value(report: Report, row: dict[str, Any], what: str) -> Any:
    if what == "body":
        return report.body
    if what == "report":
        return report.to_dict()
    return row if what == "overview" else row[what]


def _name(setting: str, values: Mapping[str, Any]) -> str:
    value = values[setting]
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{setting} is {value!r}, but must be the name of a field, such as {SETTINGS[setting]!r}")
    return value


def _input(values: Mapping[str, Any]) -> str:
    value: str = values["NEWSFLAG_INPUT"]
    check_choice("NEWSFLAG_INPUT", value, INPUTS)
    return value


def _adds(values: Mapping[str, Any]) -> dict[str, str]:
    adds = values["NEWSFLAG_ADDS"]
    if not isinstance(adds, Mapping):
        raise ConfigError(f"NEWSFLAG_ADDS is {adds!r}, but must be a mapping such as {SETTINGS['NEWSFLAG_ADDS']!r}")
    for field, what in adds.items():
        if what not in _WHOLE and what not in COLUMNS:
            allowed = ", ".join((*_WHOLE, *COLUMNS))
            raise ConfigError(f"NEWSFLAG_ADDS sets {field!r} to {what!r}, but can set it to one of {allowed}")
    return dict(adds)


def _share(values: Mapping[str, Any]) -> float | None:
    value = values["NEWSFLAG_MAX_PROMOS"]
    if value is None:
        return None
    try:
        share = float(value)  # a str where it was typed with -s
    except (TypeError, ValueError):
        share = -1.0
    if isinstance(value, bool) or not 0 <= share <= 1:
        raise ConfigError(f"NEWSFLAG_MAX_PROMOS is {value!r}, but must be a number from 0 to 1, or None to drop none")
    return share


__all__ = ["SETTINGS", "NewsflagPipeline"]
