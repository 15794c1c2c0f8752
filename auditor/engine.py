"""Where looking runs: threads of this process today. Anything with the same lazy `map` can take its place."""

from __future__ import annotations

import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from auditor.errors import InternalError
from auditor.records import dataclass

A = TypeVar("A")
R = TypeVar("R")
WORKERS = 32  # threads wait for hosts, so more of them cost little, and a silent host holds up few (decision 0017)


class Engine(Protocol):
    def map(self, function: Callable[[A], Iterable[R]], items: Iterable[A], /) -> Iterator[R]:
        """What `function` gives for each item, element by element.

        Elements of one item keep their order and come as soon as each is there, not when the item is done; between
        items there is no order. One worker works on an item from its first element to its last. Raises InternalError
        where `function` raised, which it should not; what it had given until then has come.
        """
        ...


class Threads:
    """A bounded number of daemon threads, so that an interrupted run does not wait for the slowest host."""

    def __init__(self, workers: int = WORKERS) -> None:
        self.workers = workers

    def map(self, function: Callable[[A], Iterable[R]], items: Iterable[A], /) -> Iterator[R]:
        """Lazy at both ends: one item waits for a worker, no more; as many elements as workers wait to be taken.

        Whoever stops taking them ends the work: each worker leaves its item after the element that it is at.
        """
        shift = _Shift(function, self.workers)
        threads: list[threading.Thread] = []
        under_way = 0
        try:
            for item in items:
                if len(threads) < self.workers:
                    threads.append(threading.Thread(target=shift.work, daemon=True))
                    threads[-1].start()
                shift.todo.put((item,))
                under_way += 1
                if under_way > self.workers:
                    yield from shift.until_an_item_ends()
                    under_way -= 1
            for _ in range(under_way):
                yield from shift.until_an_item_ends()
        finally:
            shift.end()
        for thread in threads:
            thread.join()


@dataclass(frozen=True, slots=True)
class _End:
    """How the work on one item ended. `broke`: the class of the error that ended it, and where; "" where none did."""

    broke: str = ""


class _Shift(Generic[A, R]):
    """The work of one `map`: what is to be done, and what is handed on."""

    def __init__(self, function: Callable[[A], Iterable[R]], workers: int) -> None:
        self.todo: queue.SimpleQueue[tuple[A] | None] = queue.SimpleQueue()
        self._function = function
        self._workers = workers
        self._given: queue.Queue[tuple[R] | _End] = queue.Queue(maxsize=workers)
        self._is_over = threading.Event()

    def work(self) -> None:
        """What one thread does, until the end of the shift or until an item breaks."""
        with suppress(SystemExit):
            self._work()

    def _work(self) -> None:
        """Raises SystemExit where an item broke, once that is handed on."""
        while (item := self.todo.get()) is not None and not self._is_over.is_set():
            try:
                for element in self._function(*item):
                    self._hand_on((element,))
                    if self._is_over.is_set():
                        return
            finally:
                error = sys.exception()
                self._hand_on(_End(_place_of(error) if error else ""))  # nobody may wait for it for ever
                if error:
                    raise SystemExit  # the error itself would be printed with its message when it left the thread

    def until_an_item_ends(self) -> Iterator[R]:
        """Elements of any item, until one of the items is done. Raises InternalError where it is broken."""
        while not isinstance(given := self._given.get(), _End):
            yield given[0]
        if given.broke:
            raise InternalError(f"A worker broke while looking: {given.broke}.", "Please report it.")

    def end(self) -> None:
        """Let every thread go. Those that wait to hand something on get room for it: each hands on one thing more."""
        self._is_over.set()
        for _ in range(self._workers):
            self.todo.put(None)
        while not self._given.empty():
            self._given.get()

    def _hand_on(self, what: tuple[R] | _End) -> None:
        if not self._is_over.is_set():
            self._given.put(what)


def _place_of(error: BaseException) -> str:
    """What broke, and the line that raised it. Never its message: that may hold what a target said."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frame.f_code.co_filename).name}:{line}"
