"""Ctrl-C ends the looking, not the run: what was seen until then is judged and kept."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Generic, TypeVar

T = TypeVar("T")


class UntilInterrupted(Generic[T]):
    """Passes items on until there are no more or somebody presses Ctrl-C. To be iterated once, in the main thread."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items
        self._waiting = False
        self.interrupted = False

    def __iter__(self) -> Iterator[T]:
        before = signal.signal(signal.SIGINT, self._note)
        try:
            iterator = iter(self._items)
            while not self.interrupted:
                try:
                    self._waiting = True
                    item = next(iterator)
                except (StopIteration, KeyboardInterrupt):
                    return
                finally:
                    self._waiting = False
                yield item
        finally:
            signal.signal(signal.SIGINT, before)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Break off a wait; let work that is under way come to its end."""
        self.interrupted = True
        if self._waiting:
            raise KeyboardInterrupt
