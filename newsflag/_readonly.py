"""A dict that can't be changed."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar

Value = TypeVar("Value")


class ReadOnly(dict[str, Value], Generic[Value]):
    """A dict that can't be changed, so that the results and options that hold it can't be either.

    A subclass rather than a ``MappingProxyType``, since that can be neither
    pickled nor written as JSON.
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("newsflag's results can't be changed; take a copy with dict(…)")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # dict says None, as it can be changed
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return ReadOnly, (dict(self),)

    def __copy__(self) -> ReadOnly[Value]:
        return self

    def __deepcopy__(self, _: object) -> ReadOnly[Value]:
        return self


__all__ = ["ReadOnly"]
