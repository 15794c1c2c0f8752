"""Where looking runs: threads of this process today. Anything with the same lazy `map` can take its place."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

A = TypeVar("A")
R = TypeVar("R")


class Engine(Protocol):
    def map(self, function: Callable[[A], R], items: Iterable[A], /) -> Iterator[R]:
        """Results as they come, in any order. `function` does not raise."""
        ...


class Threads:
    """A bounded number of daemon threads, so that an interrupted run does not wait for the slowest host."""

    def __init__(self, workers: int = 8) -> None:
        self.workers = workers

    def map(self, function: Callable[[A], R], items: Iterable[A], /) -> Iterator[R]:
        """Lazy at both ends: items are taken as places come free, results are handed on as they come."""
        todo: queue.Queue[A | None] = queue.Queue(maxsize=1)
        done: queue.Queue[R] = queue.Queue(maxsize=self.workers)

        def work() -> None:
            while (item := todo.get()) is not None:
                done.put(function(item))

        threads = [threading.Thread(target=work, daemon=True) for _ in range(self.workers)]
        for thread in threads:
            thread.start()
        under_way = 0
        for item in items:
            while not _offer(todo, item):
                if under_way and (result := _take(done)) is not None:
                    under_way -= 1
                    yield result[0]
            under_way += 1
        for _ in range(under_way):
            yield done.get()
        for _ in threads:
            todo.put(None)
        for thread in threads:
            thread.join()


def _offer(todo: queue.Queue[A | None], item: A) -> bool:
    try:
        todo.put(item, timeout=0.02)
    except queue.Full:
        return False
    return True


def _take(done: queue.Queue[R]) -> tuple[R] | None:
    try:
        return (done.get(timeout=0.02),)
    except queue.Empty:
        return None
