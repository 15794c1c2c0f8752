"""Where looking runs: threads of this process today. Anything with the same lazy `map` can take its place."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from auditor.errors import InternalError

A = TypeVar("A")
R = TypeVar("R")


class Engine(Protocol):
    def map(self, function: Callable[[A], R], items: Iterable[A], /) -> Iterator[R]:
        """Results as they come, in any order. Raises InternalError where `function` raised, which it should not."""
        ...


class Threads:
    """A bounded number of daemon threads, so that an interrupted run does not wait for the slowest host."""

    def __init__(self, workers: int = 8) -> None:
        self.workers = workers

    def map(self, function: Callable[[A], R], items: Iterable[A], /) -> Iterator[R]:
        """Lazy at both ends: one item waits for a place, no more; results are handed on as they come."""
        todo: queue.SimpleQueue[tuple[A] | None] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[R] | None] = queue.SimpleQueue()

        def work() -> None:
            while (item := todo.get()) is not None:
                result: tuple[R] | None = None
                try:
                    result = (function(*item),)
                finally:
                    done.put(result)  # also when it broke: nobody may wait for it for ever

        threads = [threading.Thread(target=work, daemon=True) for _ in range(self.workers)]
        for thread in threads:
            thread.start()
        under_way = 0
        for item in items:
            todo.put((item,))
            under_way += 1
            if under_way > self.workers:
                yield _whole(done.get())
                under_way -= 1
        for _ in range(under_way):
            yield _whole(done.get())
        for _ in threads:
            todo.put(None)
        for thread in threads:
            thread.join()


def _whole(result: tuple[R] | None) -> R:
    if result is None:
        raise InternalError("A worker broke while looking; its error stands above.", "Please report it.")
    return result[0]
