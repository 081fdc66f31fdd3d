"""The caller's own lists: segments that are always kept, or never.

Expressions are those of the ``regex`` package, as the standard library's can't
be bounded in time: a bad one can take years on a line of thirty characters.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, Final, Literal

import regex

from newsflag.errors import ConfigError, PatternTimeoutError

LONGEST: Final = 10_000
"""Characters of an expression at most: compiling can't be bounded in time otherwise."""

SHOWN: Final = 60  # characters of a pattern or a text in a message


@dataclasses.dataclass(frozen=True, slots=True)
class Match:
    """What a segment's text met in the caller's lists.

    Parameters
    ----------
    side : {"allow", "deny"}
    entry : str
        The text or expression that it met.
    start, end : int
        Where in the segment's text.
    """

    side: Literal["allow", "deny"]
    entry: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True, slots=True)
class Lists:
    """The caller's lists, ready for use."""

    allow: frozenset[str]
    deny: frozenset[str]
    allow_patterns: tuple[str, ...]
    deny_patterns: tuple[str, ...]
    seconds: float

    def __bool__(self) -> bool:
        return bool(self.allow or self.deny or self.allow_patterns or self.deny_patterns)

    def match(self, text: str) -> Match | None:
        """Look a segment's text up, exact entries first, ``allow`` before ``deny``."""
        tidy = _tidy(text)
        sides: tuple[tuple[Literal["allow", "deny"], frozenset[str], tuple[str, ...]], ...] = (
            ("allow", self.allow, self.allow_patterns),
            ("deny", self.deny, self.deny_patterns),
        )
        for side, exact, patterns in sides:
            if tidy in exact:
                return Match(side, tidy, 0, len(text))
            for pattern in patterns:
                found = self._search(f"{side}_patterns", pattern, text)
                if found is not None:
                    return Match(side, pattern, *found)
        return None

    def _search(self, field: str, pattern: str, text: str) -> tuple[int, int] | None:
        try:
            found = _compiled(pattern).search(text, timeout=self.seconds)
        except TimeoutError as error:
            raise PatternTimeoutError(
                f"{field}: the expression {pattern[:SHOWN]!r} took more than {self.seconds} seconds on the segment "
                f"{text[:SHOWN]!r}; make it simpler, or raise pattern_seconds"
            ) from error
        return found.span() if found else None


def make_lists(
    allow: tuple[str, ...],
    deny: tuple[str, ...],
    allow_patterns: tuple[str, ...],
    deny_patterns: tuple[str, ...],
    seconds: float,
) -> Lists:
    """Make the lists of a config's fields."""
    return Lists(frozenset(map(_tidy, allow)), frozenset(map(_tidy, deny)), allow_patterns, deny_patterns, seconds)


def check_pattern(field: str, pattern: str) -> None:
    """Refuse an expression that can't be compiled.

    Raises
    ------
    ConfigError
        Naming the field, the expression and what is wrong with it.
    """
    if len(pattern) > LONGEST:
        raise ConfigError(
            f"{field} holds an expression of {len(pattern)} characters, but {LONGEST} are the most allowed"
        )
    try:
        _compiled(pattern)
    except (regex.error, OverflowError, RecursionError, ValueError) as error:
        raise ConfigError(f"{field} holds {pattern[:SHOWN]!r}, which is no regular expression: {error}") from error


@functools.lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    return regex.compile(pattern)


def _tidy(text: str) -> str:
    return " ".join(text.split())


__all__ = ["Lists", "Match", "check_pattern", "make_lists"]
