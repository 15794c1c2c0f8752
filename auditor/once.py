"""What is worked out once, however many threads want it at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

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
