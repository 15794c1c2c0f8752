"""One connection: bounded in time and bytes over its whole life, and inside the host's budget."""

from __future__ import annotations

import threading
import time

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach import Access, Endpoint, Limits, Reach, Reaches
from auditor.rig.listener import Listener
from auditor.rig.replies import Drip, Endless, Hang, Reply, Reset
from tests.rig.nginx import free_port

QUICK = Limits(operation_s=0.4, host_s=5, pause_s=0)


def reach(limits: Limits = QUICK) -> Reach:
    return Reaches(Access(limits=limits)).of(Asset(id="a", kind="x", address="x://127.0.0.1", system=""))


def endpoint(port: int) -> Endpoint:
    return Endpoint("127.0.0.1", port, "127.0.0.1", port)


def drained(looking: Reach, port: int) -> Reason:
    """Read until something stops it."""
    with pytest.raises(Unreachable) as caught:
        _drain(looking, port)
    return caught.value.reason


def _drain(looking: Reach, port: int) -> None:
    with looking.stream(endpoint(port)) as stream:
        while stream.receive():
            pass


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Hang(), Reason.TIMEOUT),
        (Drip(every_s=0.05), Reason.TIMEOUT),
        (Endless(), Reason.TOO_LONG),
        (Reset(), Reason.RESET),
    ],
)
def test_a_hostile_server_ends_with_a_reason_inside_the_deadline(reply: Reply, reason: Reason) -> None:
    with Listener(lambda connection, _: reply.play(connection)) as server:
        began = time.monotonic()
        assert drained(reach(), server.port) is reason
        assert time.monotonic() - began < 3 * QUICK.operation_s


def test_a_closed_port_is_refused() -> None:
    assert drained(reach(), free_port()) is Reason.REFUSED


def test_a_host_is_not_given_more_connections_than_allowed() -> None:
    with Listener(lambda connection, _: None) as server:
        looking = reach(Limits(operation_s=1, connections_per_host=3))
        for _ in range(3):
            with looking.stream(endpoint(server.port)):
                pass
        assert drained(looking, server.port) is Reason.BUDGET
        assert looking.connections("127.0.0.1") == 3


def test_a_host_is_not_given_more_time_than_allowed() -> None:
    """One that was heard: of the others nobody waits for more than two silences (test_silence.py)."""
    with Listener(lambda connection, number: Hang().play(connection) if number > 1 else None) as server:
        looking = reach(Limits(operation_s=0.2, host_s=0.3))
        with looking.stream(endpoint(server.port)) as heard:
            assert heard.receive() == b""
        assert drained(looking, server.port) is Reason.TIMEOUT
        assert drained(looking, server.port) in {Reason.TIMEOUT, Reason.DEADLINE}
        assert drained(looking, server.port) is Reason.DEADLINE


def test_no_more_connections_are_open_at_once_than_allowed() -> None:
    most, held, lock = 0, 0, threading.Lock()

    def visit(looking: Reach, port: int) -> None:
        nonlocal most, held
        with looking.stream(endpoint(port)) as stream:
            with lock:
                held += 1
                most = max(most, held)
            stream.send(b"x")
            time.sleep(0.03)
            with lock:
                held -= 1

    with Listener(lambda connection, _: Hang().play(connection)) as server:
        looking = reach(Limits(operation_s=5, in_flight_per_host=2))
        threads = [threading.Thread(target=visit, args=(looking, server.port)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections == 8
    assert most == 2
