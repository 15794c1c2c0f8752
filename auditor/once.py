"""What is worked out once, however many threads want it at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

__all__ = ["once", "worked_out"]

P = ParamSpec("P")
T = TypeVar("T")


def once(work: Callable[P, T]) -> Callable[P, T]:
    """Like `functools.cache`, under which each of 32 threads that begin together works it out. Here the others wait.

    What raises is worked out again by whoever asks next.
    """
    known, lock = cache(work), threading.RLock()

    @wraps(work)
    def ask(*args: P.args, **named: P.kwargs) -> T:
        with lock:
            return known(*args, **named)  # type: ignore[arg-type]  # a value that cannot be a key raises TypeError

    return ask


if TYPE_CHECKING:
    from functools import cached_property as worked_out
else:

    class worked_out:  # noqa: N801 - a decorator
        """A property of an object that does not change. Like `functools.cached_property`, without the one lock for all.

        Threads that ask together may each work it out: it is for what takes less time than a lock.
        """

        def __init__(self, work: Callable[[Any], Any]) -> None:
            self._work = work
            self._name = work.__name__
            self.__doc__ = work.__doc__

        def __get__(self, made: Any, _: object = None) -> Any:
            if made is None:
                return self
            value = made.__dict__[self._name] = self._work(made)
            return value
