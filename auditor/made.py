"""Sequences that make what is in them as it is read, so that a report of a large city does not hold it all. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, overload

R = TypeVar("R")
T = TypeVar("T")


class Made(Sequence[T]):
    """Has its length and `__iter__` from a subclass. It equals any other such sequence, and any tuple, of the same."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        """Makes all of them: to be asked seldom."""
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (tuple, Made)) and len(self) == len(other) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


class Each(Made[T]):
    """One of each row. `make`: makes it."""

    __slots__ = ("_make", "_rows")

    def __init__(self, rows: Sequence[R], make: Callable[[R], T]) -> None:
        self._rows: Sequence[Any] = rows
        self._make = make

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._rows)
