"""Both ways to ask which sockets are ready say the same, and a conversation goes as well over either."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable

import pytest

from auditor.model import Asset
from auditor.reach import Access, Endpoint, Exchange, Reaches
from auditor.reach.readiness import Readiness, readiness
from auditor.rig.listener import Listener

Made = Callable[[], Readiness]


@pytest.fixture(params=["epoll", "selectors"])
def made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Made:
    if request.param == "selectors":
        monkeypatch.delattr(select, "epoll")
    return readiness


def test_a_socket_is_ready_for_what_was_asked_and_for_nothing_after_it_is_dropped(made: Made) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ready = made()
        ready.add(ours.fileno(), sending=True)
        assert list(ready.wait(1)) == [(ours.fileno(), False)]
        ready.turn(ours.fileno())
        assert list(ready.wait(0)) == []
        theirs.send(b"!")
        assert list(ready.wait(None)) == [(ours.fileno(), True)]
        number = ours.fileno()
        ours.close()
        ready.drop(number)
        assert list(ready.wait(0)) == []
        ready.close()


def test_what_there_is_to_read_before_all_is_sent_is_told_by_the_time_that_it_is(made: Made) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"!")
        ready = made()
        ready.add(ours.fileno(), sending=True)
        told = list(ready.wait(1))
        ready.turn(ours.fileno())
        told += list(ready.wait(0))
        assert (ours.fileno(), True) in told
        ready.close()


def test_a_number_may_come_again_once_it_was_dropped(made: Made) -> None:
    ready = made()
    for _ in range(3):
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.send(b"!")
            ready.add(ours.fileno(), sending=False)
            assert list(ready.wait(1)) == [(ours.fileno(), True)]
            number = ours.fileno()
            ours.close()
            ready.drop(number)
    ready.close()


@pytest.mark.usefixtures("made")
def test_a_conversation_is_held_over_either() -> None:
    def answer(connection: socket.socket, _: int) -> None:
        connection.recv(1)
        connection.sendall(b"!")

    heard: list[bytes] = []

    def hear(data: bytes) -> bool:
        heard.append(data)
        return True

    with Listener(answer) as server:
        reach = Reaches(Access()).of(Asset(id="a", kind="x", address="x://127.0.0.1", system=""))
        exchanges = [Exchange(send=b"?", hear=hear) for _ in range(3)]
        reach.exchange(Endpoint("127.0.0.1", server.port, "127.0.0.1", server.port), exchanges)
    assert heard == [b"!"] * 3
    assert all(one.is_dialled and one.failure is None for one in exchanges)
