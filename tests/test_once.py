"""What takes long is worked out once for each argument, whoever asks and when."""

from __future__ import annotations

import threading
import time

import pytest

from auditor.once import once, worked_out


def test_threads_that_ask_together_get_what_one_of_them_worked_out() -> None:
    worked: list[int] = []
    start = threading.Barrier(8)

    @once
    def slowly(number: int) -> list[int]:
        worked.append(number)
        time.sleep(0.05)
        return [number]

    found: list[list[int]] = []

    def ask() -> None:
        start.wait()
        found.append(slowly(3))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert worked == [3]
    assert len(found) == 8
    assert all(one is found[0] for one in found)
    assert slowly(4) == [4]
    assert worked == [3, 4]


def test_what_fails_is_tried_again_by_whoever_asks_next() -> None:
    tries: list[None] = []

    @once
    def at_last() -> int:
        tries.append(None)
        if len(tries) < 3:
            raise OSError("not yet")
        return len(tries)

    for _ in range(2):
        with pytest.raises(OSError, match="not yet"):
            at_last()
    assert [at_last(), at_last()] == [3, 3]


def test_it_may_ask_itself() -> None:
    @once
    def sum_to(number: int) -> int:
        return number + sum_to(number - 1) if number else 0

    assert sum_to(9) == 45


def test_a_property_is_worked_out_once_for_each_object() -> None:
    worked: list[int] = []

    class Square:
        def __init__(self, side: int) -> None:
            self.side = side

        @worked_out
        def area(self) -> int:
            """Doc."""
            worked.append(self.side)
            return self.side**2

    one, other = Square(2), Square(3)
    assert [one.area, one.area, other.area, one.area] == [4, 4, 9, 4]
    assert worked == [2, 3]
    assert Square.area.__doc__ == "Doc."
