"""An endpoint that never says anything is not waited for again and again; one that was heard always gets its time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach import Access, Endpoint, Limits, Reach, Reaches, Target
from auditor.reach.silence import SECOND_CHANCE, Silences
from auditor.rig.listener import Listener

HOST = "quiet.rig.example"
WAIT = 0.2


def reach_to(port: int) -> tuple[Reach, Endpoint]:
    limits = Limits(operation_s=WAIT)
    access = Access(connect_to={(HOST, 443): (Target("127.0.0.1", port),)}, limits=limits)
    reach = Reaches(access).of(Asset(id="a", kind="web", address=f"https://{HOST}/", system=""))
    (endpoint,) = reach.endpoints(HOST, 443)
    return reach, endpoint


def listen(reach: Reach, endpoint: Endpoint) -> bytes:
    with reach.stream(endpoint) as stream:
        return stream.receive()


def silence(reach: Reach, endpoint: Endpoint) -> float:
    """Seconds until it is given up."""
    began = time.monotonic()
    with pytest.raises(Unreachable) as failure:
        listen(reach, endpoint)
    assert failure.value.reason is Reason.TIMEOUT
    return time.monotonic() - began


def test_twice_silent_is_not_waited_for_again() -> None:
    with Listener(lambda *_: time.sleep(3 * WAIT)) as quiet:
        reach, endpoint = reach_to(quiet.port)
        assert silence(reach, endpoint) >= WAIT * 0.9
        assert WAIT > silence(reach, endpoint) >= WAIT * SECOND_CHANCE * 0.9
        assert max(silence(reach, endpoint) for _ in range(20)) < WAIT
        assert reach.connections(HOST) == 2


def test_one_that_was_heard_is_waited_for_every_time() -> None:
    def once(connection: socket.socket, number: int) -> None:
        if number == 1:
            connection.sendall(b"hello")
        else:
            time.sleep(3 * WAIT)

    with Listener(once) as moody:
        reach, endpoint = reach_to(moody.port)
        assert listen(reach, endpoint) == b"hello"
        assert min(silence(reach, endpoint) for _ in range(3)) >= WAIT * 0.9


def test_a_closed_port_was_heard() -> None:
    reach, endpoint = reach_to(1)
    for _ in range(4):
        with pytest.raises(Unreachable) as failure:
            listen(reach, endpoint)
        assert failure.value.reason is Reason.REFUSED


def test_no_connection_in_all_the_time_is_enough(black_hole: int) -> None:
    """TCP asks three times in five seconds by itself."""
    reach, endpoint = reach_to(black_hole)
    assert silence(reach, endpoint) >= WAIT * 0.9
    assert max(silence(reach, endpoint) for _ in range(5)) < WAIT / 2


def test_no_connection_in_less_than_the_usual_time_is_not(black_hole: int) -> None:
    reach, endpoint = reach_to(black_hole)
    with pytest.raises(Unreachable), reach.stream(endpoint, seconds=WAIT / 4):
        raise AssertionError("nobody comes here")
    assert silence(reach, endpoint) >= WAIT * SECOND_CHANCE * 0.9


def test_another_port_of_a_silent_address_is_waited_for_once_and_for_all_the_time() -> None:
    with Listener(lambda *_: time.sleep(3 * WAIT)) as secure, Listener(lambda *_: time.sleep(3 * WAIT)) as plain:
        reach, endpoint = reach_to(secure.port)
        other = Endpoint(HOST, 80, "127.0.0.1", plain.port, by_operator=True)
        for _ in range(3):
            silence(reach, endpoint)
        assert silence(reach, other) >= WAIT * 0.9
        assert silence(reach, other) < WAIT / 2


def test_another_port_of_an_address_that_was_heard_gets_its_two_chances() -> None:
    with (
        Listener(lambda connection, _: connection.sendall(b"hello")) as loud,
        Listener(lambda *_: time.sleep(1)) as plain,
    ):
        reach, endpoint = reach_to(loud.port)
        other = Endpoint(HOST, 80, "127.0.0.1", plain.port, by_operator=True)
        listen(reach, endpoint)
        assert silence(reach, other) >= WAIT * 0.9
        assert silence(reach, other) >= WAIT * SECOND_CHANCE * 0.9


def test_nobody_pauses_for_a_host_that_is_given_up(black_hole: int) -> None:
    reach, endpoint = reach_to(black_hole)
    began = time.monotonic()
    reach.pause(HOST)
    assert time.monotonic() - began >= Limits().pause_s * 0.9
    silence(reach, endpoint)
    began = time.monotonic()
    reach.pause(HOST)
    assert time.monotonic() - began < Limits().pause_s / 2


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port whose queue is full: a further SYN is not answered."""
    with socket.socket() as listening, socket.socket() as filling:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        filling.connect(listening.getsockname())
        yield listening.getsockname()[1]


def test_who_is_heard_after_a_silence_is_heard_for_good_and_nobody_else_is() -> None:
    late, never = (Endpoint(name, 443, "192.0.2.1", 443) for name in ("late.example", "never.example"))
    silences, silent = Silences(), Unreachable(Reason.TIMEOUT, "")
    assert not silences.note(late, silent)
    assert silences.patience(late) == SECOND_CHANCE
    assert silences.note(late, None)
    for _ in range(3):
        assert silences.note(late, silent)
        assert not silences.note(never, silent)
    assert silences.patience(late) == 1.0
    assert not silences.is_hopeless("Late.example.")
    assert silences.is_hopeless("never.example")
    with pytest.raises(Unreachable):
        silences.patience(never)
