"""An endpoint that never says anything is not waited for again and again; one that was heard always gets its time."""

from __future__ import annotations

import socket
import time

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach import Access, Endpoint, Limits, Reach, Reaches, Target
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
        assert min(silence(reach, endpoint) for _ in range(2)) >= WAIT * 0.9
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
