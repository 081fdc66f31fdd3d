"""Every exception that newsflag raises on purpose.

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


class NewsflagError(Exception):
    """Base of all errors that newsflag raises on purpose."""


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


__all__ = [
    "ConfigError",
    "InputError",
    "ModelError",
    "ModelNotFoundError",
    "NewsflagError",
    "PatternTimeoutError",
]
