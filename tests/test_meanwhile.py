"""What is done in a thread of its own: begun at once, and its result or its error is the caller's."""

from __future__ import annotations

import threading

import pytest

from auditor.errors import UsageError
from auditor.meanwhile import Meanwhile


def test_it_begins_before_anybody_asks_for_the_result() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        go_on.wait(5.0)
        return 7

    other = Meanwhile(work)
    assert begun.wait(5.0)
    go_on.set()
    assert other.result() == 7


def test_nothing_is_a_result_too() -> None:
    assert Meanwhile(lambda: None).result() is None


@pytest.mark.parametrize("error", [UsageError("It is not so.", "Do otherwise."), SystemExit(3)])
def test_what_it_raises_is_raised_where_the_result_is_asked_for(error: BaseException) -> None:
    def work() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        Meanwhile(work).result()
    assert caught.value is error
