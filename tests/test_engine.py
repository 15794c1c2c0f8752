"""The thread engine is lazy, bounded, hands on what is there, and loses nothing."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.engine import Threads
from auditor.errors import InternalError

PATIENCE_S = 10.0


def once(item: int) -> tuple[int]:
    return (item,)


@given(items=st.lists(st.lists(st.integers(), max_size=5), max_size=20), workers=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_every_element_of_every_item_is_given_once(items: list[list[int]], workers: int) -> None:
    given_back = Threads(workers).map(lambda item: [one * 2 for one in item], items)
    assert sorted(given_back) == sorted(one * 2 for item in items for one in item)


@given(lengths=st.lists(st.integers(0, 6), max_size=12), workers=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_elements_of_one_item_keep_their_order(lengths: list[int], workers: int) -> None:
    seen: dict[int, list[int]] = {}
    for item, number in Threads(workers).map(lambda one: ((one[0], n) for n in range(one[1])), enumerate(lengths)):
        seen.setdefault(item, []).append(number)
    assert seen == {item: list(range(length)) for item, length in enumerate(lengths) if length}


def test_an_element_is_handed_on_before_the_next_one_is_made() -> None:
    """A killed run has lost nothing but what was under way."""
    may_go_on = threading.Event()

    def work(_: int) -> Iterator[str]:
        yield "first"
        assert may_go_on.wait(PATIENCE_S)
        yield "second"

    given_back = Threads(2).map(work, [0])
    assert next(given_back) == "first"
    may_go_on.set()
    assert list(given_back) == ["second"]


def test_one_item_is_worked_on_by_one_thread_alone() -> None:
    """Politeness and connections belong to a host, and a host is an item."""
    threads: dict[int, set[int]] = {}

    def work(item: int) -> Iterator[tuple[int, int]]:
        for _ in range(20):
            yield item, threading.get_ident()

    for item, thread in Threads(3).map(work, range(9)):
        threads.setdefault(item, set()).add(thread)
    assert all(len(seen) == 1 for seen in threads.values())
    assert len(threads) == 9


def test_no_thread_is_started_for_which_there_is_no_item() -> None:
    before = threading.active_count()
    given_back = Threads(32).map(once, [1, 2])
    assert next(given_back) in (1, 2)
    assert threading.active_count() - before <= 2
    assert len(list(given_back)) == 1


def test_no_more_run_at_once_than_there_are_workers() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> Iterator[int]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.005)
        with lock:
            running -= 1
        yield 0

    list(Threads(3).map(work, range(30)))
    assert most <= 3


def test_items_are_taken_as_places_come_free() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = Threads(2).map(once, items())
    next(results)
    assert len(taken) < 20
    list(results)


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_do_not_run_ahead_of_whoever_takes(workers: int) -> None:
    """Memory stays small while a slow store takes what they make, however much one host has."""
    made, lock = 0, threading.Lock()

    def work(_: int) -> Iterator[int]:
        nonlocal made
        for number in range(1000):
            with lock:
                made += 1
            yield number

    results = Threads(workers).map(work, range(10))
    for taken in range(1, 50):
        next(results)
        threading.Event().wait(0.002)
        with lock:
            assert made <= taken + 2 * workers, "what waits to be taken, and what each worker holds in its hand"
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("taken", [0, 1, 7])
def test_whoever_stops_taking_ends_the_work(taken: int) -> None:
    """After Ctrl-C no further host is contacted, and no thread waits for ever."""
    before = threading.active_count()
    begun: list[int] = []

    def work(item: int) -> Iterator[int]:
        begun.append(item)
        yield from range(1000)

    results = Threads(3).map(work, range(100))
    for _ in range(taken):
        next(results)
    results.close()  # type: ignore[attr-defined]
    until = threading.Event()
    for _ in range(1000):
        if threading.active_count() <= before:
            break
        until.wait(PATIENCE_S / 1000)
    assert threading.active_count() <= before
    assert len(begun) <= 4


@pytest.mark.parametrize("where", ["before the first element", "between elements"])
def test_a_worker_that_breaks_ends_the_work_instead_of_hanging_it(where: str) -> None:
    def work(item: int) -> Iterator[int]:
        if where == "between elements":
            yield item
        yield 1 // item

    with pytest.raises(InternalError):
        list(Threads(2).map(work, [1, 1, 0, 1, 1, 1]))


def test_what_a_worker_gave_before_it_broke_is_not_lost() -> None:
    def work(_: int) -> Iterator[str]:
        yield "seen"
        raise ValueError

    results = Threads(2).map(work, [0])
    assert next(results) == "seen"
    with pytest.raises(InternalError):
        next(results)


def test_a_function_that_raises_instead_of_giving_is_a_broken_worker_too() -> None:
    def work(item: int) -> tuple[float]:
        return (1 / item,)

    with pytest.raises(InternalError):
        list(Threads(2).map(work, [0]))


@pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_broken_worker_says_what_broke_and_where_and_nothing_that_a_target_said(
    kind: type[BaseException], capfd: pytest.CaptureFixture[str]
) -> None:
    said = "password=hunter2"

    def work(_: int) -> tuple[int]:
        try:
            raise RuntimeError(said)
        except RuntimeError as error:
            raise kind(said) from error

    with pytest.raises(InternalError) as caught:
        list(Threads(1).map(work, [0]))
    line = work.__code__.co_firstlineno + 4
    assert f"{kind.__name__} at {Path(__file__).name}:{line}" in caught.value.message
    told = "".join(traceback.format_exception(caught.value))
    out, err = capfd.readouterr()
    assert said not in told + out + err


def test_no_item_is_no_work() -> None:
    assert list(Threads(4).map(once, ())) == []
