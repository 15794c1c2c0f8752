"""Ctrl-C ends the looking, not the run: what was seen until then is judged and kept. A second one ends the run."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


class Interruption:
    """Whether somebody pressed Ctrl-C while this run looked. For the main thread."""

    def __init__(self) -> None:
        self.happened = False
        self._waiting = False

    def until(self, items: Iterable[T]) -> Generator[T, None, None]:
        """Pass items on until there are no more, or somebody presses Ctrl-C; none at all if somebody did before.

        To be closed: only then has Ctrl-C its old meaning back.
        """
        if self.happened:
            return
        before = signal.signal(signal.SIGINT, self._note)
        try:
            iterator = iter(items)
            while not self.happened:
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
        """Break off a wait; let work that is under way come to its end, but for whoever presses it twice."""
        is_second, self.happened = self.happened, True
        if self._waiting or is_second:
            raise KeyboardInterrupt
