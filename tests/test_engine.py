"""The thread engine is lazy, bounded and loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.engine import Threads
from auditor.errors import InternalError


@given(items=st.lists(st.integers(), max_size=40), workers=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_every_item_is_worked_on_once(items: list[int], workers: int) -> None:
    assert sorted(Threads(workers).map(lambda item: item * 2, items)) == sorted(item * 2 for item in items)


def test_no_more_run_at_once_than_there_are_workers() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.005)
        with lock:
            running -= 1

    list(Threads(3).map(work, range(30)))
    assert most <= 3


def test_items_are_taken_as_places_come_free() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = Threads(2).map(lambda item: item, items())
    next(results)
    assert len(taken) < 20
    list(results)


def test_a_worker_that_breaks_ends_the_work_instead_of_hanging_it(monkeypatch: pytest.MonkeyPatch) -> None:
    broke = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: broke.set())

    def work(item: int) -> int:
        return 1 // item

    with pytest.raises(InternalError):
        list(Threads(2).map(work, [1, 1, 0, 1, 1, 1]))
    assert broke.wait(5)
