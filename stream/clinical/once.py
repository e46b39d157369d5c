"""A value that is computed when it is first asked for, and then kept with its object.

`functools.cached_property` does the same and, in Python 3.11, takes a lock each time: a view is
made for every record and lives in one thread.
"""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801, it reads as a decorator
    """Compute an attribute once."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, holder: None, owner: type) -> Self: ...
    @overload
    def __get__(self, holder: object, owner: type) -> T: ...
    def __get__(self, holder: object | None, owner: type) -> Self | T:
        if holder is None:
            return self
        value = holder.__dict__[self._name] = self._compute(holder)
        return value
