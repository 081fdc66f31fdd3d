"""Every exception that newsflag raises on purpose, and what stands for one where none is to be raised.

::

    NewsflagError
    ├── InputError (TypeError)       the text given is not a str
    ├── ConfigError (ValueError)     an option's name or value is not allowed
    ├── ModelError (ValueError)      a model file is damaged, foreign or too new
    │   └── ModelNotFoundError       there is no model of that name
    └── PatternTimeoutError (TimeoutError)
                                     a regular expression of the caller's took too long
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class NewsflagError(Exception):
    """Base of all errors that newsflag raises on purpose."""

    def at(self, place: str) -> Self:
        """The same error with where it happened before its message, to be raised."""
        placed = type(self)(f"{place}: {self}")
        placed.__cause__ = self.__cause__
        return placed


class InputError(NewsflagError, TypeError):
    """What was given as text is not text."""


class ConfigError(NewsflagError, ValueError):
    """An option is unknown, out of range, or contradicts another one."""


class ModelError(NewsflagError, ValueError):
    """A model file is damaged, truncated, foreign, or of a newer format."""


class ModelNotFoundError(ModelError):
    """No model of the given name is installed."""


class PatternTimeoutError(NewsflagError, TimeoutError):
    """A regular expression of the caller's took longer than its bound."""


@dataclasses.dataclass(frozen=True)
class Failure:
    """Stands in the place of a report that could not be made.

    Parameters
    ----------
    index : int
        Which article it is, counted from 0.
    error : NewsflagError
        What went wrong. An error of another sort is its ``__cause__``, where it happened in this process.

    Examples
    --------
    >>> import newsflag
    >>> _, failure = newsflag.pipe(["The council met on Monday.", None], on_error="yield")
    >>> print(failure)
    article 1: a text must be a str, but got NoneType
    """

    index: int
    error: NewsflagError

    def __str__(self) -> str:
        return f"article {self.index}: {self.error}"

    def raised(self) -> NewsflagError:
        """The error, with the article's number before its message, to be raised."""
        return self.error.at(f"article {self.index}")


__all__ = [
    "ConfigError",
    "Failure",
    "InputError",
    "ModelError",
    "ModelNotFoundError",
    "NewsflagError",
    "PatternTimeoutError",
]
