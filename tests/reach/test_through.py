"""A reach that goes a way of its own on every connection: first that, then the caller; one connection at a time."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach import Access, Endpoint, Limits, Reach, Reaches, Stream
from auditor.rig.listener import Listener
from auditor.rig.replies import Drip, Hang, Send

ASSET = Asset(id="a", kind="tls", address="smtp://127.0.0.1:25", system="s")


def reach_with(seconds: float = 5.0) -> Reach:
    return Reaches(Access(limits=Limits(operation_s=seconds))).of(ASSET)


def at(server: Listener) -> Endpoint:
    return Endpoint("127.0.0.1", server.port, "127.0.0.1", server.port)


def greeted(stream: Stream) -> None:
    assert stream.receive(3) == b"220"


def test_the_way_is_gone_first_on_the_same_connection() -> None:
    reach = reach_with()
    with Listener(lambda connection, _: Send(b"220 then").play(connection)) as server:
        with reach.through(greeted, port=server.port).stream(at(server)) as stream:
            assert stream.receive() == b" then"
        with reach.stream(at(server)) as stream:
            assert stream.receive() == b"220 then"
    assert reach.connections("127.0.0.1") == 2


def test_a_way_that_leads_nowhere_closes_the_connection() -> None:
    closed = threading.Event()

    def serve(connection: socket.socket, _: int) -> None:
        connection.recv(1)
        closed.set()

    def refuse(stream: Stream) -> None:
        raise Unreachable(Reason.NOT_TLS, stream.endpoint.locus)

    with Listener(serve) as server:
        with pytest.raises(Unreachable) as caught, reach_with().through(refuse, port=server.port).stream(at(server)):
            raise AssertionError("nobody comes here")
        assert closed.wait(5.0)
    assert caught.value.reason is Reason.NOT_TLS


def test_one_connection_at_a_time_although_the_host_allows_two() -> None:
    inside, most = 0, 0
    lock = threading.Lock()

    def look() -> None:
        nonlocal inside, most
        with reach.stream(at(server)):
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.02)
            with lock:
                inside -= 1

    with Listener(lambda connection, _: Hang().play(connection)) as server:
        reach = reach_with().through(lambda _: None, port=server.port)
        threads = [threading.Thread(target=look) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 1


@pytest.mark.parametrize("patience", [1.0, 3.0])
def test_the_deadline_counts_from_the_dialling_on_and_is_as_patient_as_asked(patience: float) -> None:
    def wait(stream: Stream) -> None:
        while stream.receive(1):
            pass

    with Listener(lambda connection, _: Drip(every_s=0.05).play(connection)) as server:
        began = time.monotonic()
        with (
            pytest.raises(Unreachable) as caught,
            reach_with(0.2).through(wait, port=server.port, patience=patience).stream(at(server)),
        ):
            raise AssertionError("nobody comes here")
    assert caught.value.reason is Reason.TIMEOUT
    assert 0.2 * patience <= time.monotonic() - began < 0.2 * patience + 0.3


def test_each_port_has_a_budget_of_its_own() -> None:
    """One host with five TLS ports: the last of them gets what the first one got."""
    reach = Reaches(Access(limits=Limits(connections_per_host=2))).of(ASSET)
    with (
        Listener(lambda connection, _: Hang().play(connection)) as one,
        Listener(lambda connection, _: Hang().play(connection)) as other,
    ):
        for server in (one, other):
            through = reach.through(lambda _: None, port=server.port)
            for _ in range(2):
                with through.stream(at(server)):
                    pass
            assert through.connections("127.0.0.1") == 2
            with pytest.raises(Unreachable) as caught, through.stream(at(server)):
                raise AssertionError("nobody comes here")
            assert caught.value.reason is Reason.BUDGET
            assert str(server.port) in caught.value.detail
        assert reach.connections("127.0.0.1") == 4
