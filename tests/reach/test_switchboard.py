"""One loop for all conversations: each goes at its own pace, none is lost when its holder leaves, nothing is left."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from auditor.model import Asset, Reason
from auditor.reach import Access, Endpoint, Exchange, Limits, Reach, Reaches, Step
from auditor.rig.listener import Listener

QUICK = Limits(operation_s=5, pause_s=0.1)


class Talk:
    """A conversation of some steps; keeps what it heard, and by the clock when it ended."""

    def __init__(self, steps: int, *, pauses: bool = False, breaks: BaseException | None = None) -> None:
        self.heard: list[bytes] = []
        self.ended = 0.0
        self.broke: BaseException | None = None
        self._steps = steps
        self._pauses = pauses
        self._breaks = breaks

    def steps(self) -> Iterator[Step]:
        for _ in range(self._steps):
            yield [Exchange(send=b"?", hear=self._hear), Exchange(send=b"?", hear=self._hear)]
            if self._pauses:
                yield []
        if self._breaks:
            raise self._breaks

    def _hear(self, data: bytes) -> bool:
        self.heard.append(data)
        return True


def answer(connection: socket.socket, _: int) -> None:
    connection.recv(1)
    connection.sendall(b"!")


def never(connection: socket.socket, _: int) -> None:
    connection.recv(8)
    connection.recv(8)


def hold_all(talks: Sequence[tuple[Talk, int]], limits: Limits = QUICK) -> None:
    """All at once, each in a thread of its own and as if with a host of its own; until all have ended."""
    reaches = Reaches(Access(limits=limits))
    threads = []
    for number, (talk, port) in enumerate(talks):
        reach = reaches.of(Asset(id="a", kind="x", address=f"x://127.0.0.{number + 1}", system=""))
        endpoint = Endpoint(f"127.0.0.{number + 1}", port, "127.0.0.1", port, by_operator=True)

        def hold(talk: Talk = talk, reach: Reach = reach, endpoint: Endpoint = endpoint) -> None:
            try:
                reach.converse(endpoint, talk.steps())
            except (ValueError, KeyError) as error:
                talk.broke = error
            talk.ended = time.monotonic()

        threads.append(threading.Thread(target=hold, daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


def sockets() -> int:
    """What this process holds open, but for files."""
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sum(str(link.readlink()).startswith(("socket:", "anon_inode:")) for link in links)


def test_conversations_of_many_threads_all_end_and_leave_no_socket_behind() -> None:
    before = sockets()
    talks = [Talk(steps=1 + number % 7) for number in range(20)]
    with Listener(answer) as server:
        hold_all([(talk, server.port) for talk in talks])
        assert [talk.heard for talk in talks] == [[b"!"] * 2 * (1 + number % 7) for number in range(20)]
    assert sockets() == before


def test_the_next_step_is_asked_for_when_all_of_one_have_ended() -> None:
    heard: list[bytes] = []

    def hear(data: bytes) -> bool:
        heard.append(data)
        return True

    def steps() -> Iterator[Step]:
        for number in range(1, 4):
            yield [Exchange(send=b"?", hear=hear) for _ in range(3)]
            assert len(heard) == 3 * number

    with Listener(answer) as server:
        reach = Reaches(Access()).of(Asset(id="a", kind="x", address="x://127.0.0.1", system=""))
        reach.converse(Endpoint("127.0.0.1", server.port, "127.0.0.1", server.port), steps())
    assert len(heard) == 9


def test_a_silent_host_and_one_that_is_paused_for_hold_nobody_up() -> None:
    silent, paused, brisk = Talk(steps=1), Talk(steps=2, pauses=True), Talk(steps=5)
    with Listener(never) as dead, Listener(answer) as server:
        talks = [(silent, dead.port), (paused, server.port), (brisk, server.port)]
        hold_all(talks, Limits(operation_s=0.5, pause_s=0.1))
    assert brisk.ended < paused.ended < silent.ended
    assert (silent.heard, len(paused.heard), len(brisk.heard)) == ([], 4, 10)


def test_who_holds_the_loop_leaves_when_its_own_has_ended() -> None:
    first, slow = Talk(steps=1), Talk(steps=3, pauses=True)
    with Listener(answer) as server:
        hold_all([(first, server.port), (slow, server.port)])
    assert first.ended + 0.2 < slow.ended
    assert len(slow.heard) == 6


@pytest.mark.parametrize("first", [True, False], ids=["who holds the loop", "who waits"])
def test_what_a_step_raises_is_raised_to_its_own_thread_alone(*, first: bool) -> None:
    broken, sound = Talk(steps=1, breaks=ValueError("theirs")), Talk(steps=3, pauses=True)
    talks = [broken, sound] if first else [sound, broken]
    with Listener(answer) as server:
        hold_all([(talk, server.port) for talk in talks])
    assert str(broken.broke) == "theirs"
    assert (sound.broke, len(sound.heard)) == (None, 6)


def test_what_a_listener_raises_ends_its_own_conversation_and_gives_the_place_back() -> None:
    def refuse(_: bytes) -> bool:
        raise ValueError("unreadable")

    before = sockets()
    with Listener(answer) as server:
        reach = Reaches(Access()).of(Asset(id="a", kind="x", address="x://127.0.0.1", system=""))
        endpoint = Endpoint("127.0.0.1", server.port, "127.0.0.1", server.port)
        with pytest.raises(ValueError, match="unreadable"):
            reach.exchange(endpoint, [Exchange(send=b"?", hear=refuse), Exchange(send=b"?", hear=refuse)])
        talk = Talk(steps=1)
        reach.exchange(endpoint, next(talk.steps()))
        assert talk.heard == [b"!", b"!"]
    assert sockets() == before


def test_the_time_of_a_host_ends_its_wait_for_a_place() -> None:
    def steps() -> Iterator[Step]:
        yield [exchange]

    exchange = Exchange(send=b"?", hear=bool)
    with Listener(answer) as server:
        reach = Reaches(Access(limits=Limits(host_s=0.2, in_flight_per_host=1))).of(
            Asset(id="a", kind="x", address="x://127.0.0.1", system="")
        )
        endpoint = Endpoint("127.0.0.1", server.port, "127.0.0.1", server.port)
        with reach.stream(endpoint):
            reach.converse(endpoint, steps())
    assert exchange.failure is not None
    assert exchange.failure.reason is Reason.DEADLINE
