"""Exchanges held at once: each bounded like a stream, none waits for another, and the host's budget holds for all."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections.abc import Callable

import pytest

from auditor.model import Asset, Reason
from auditor.reach import Access, Endpoint, Exchange, Fence, Limits, Reach, Reaches, Stream
from auditor.reach.exchange import PACKET, Line
from auditor.rig.listener import Listener
from auditor.rig.replies import Drip, Endless, Hang, Reply, Reset
from tests.rig.nginx import free_port

QUICK = Limits(operation_s=0.4, host_s=5, pause_s=0)
LONG = bytes(8_000_000)  # more than the buffers on the way hold


def reach(limits: Limits = QUICK, fence: Fence | None = None) -> Reach:
    access = Access(limits=limits, fence=fence or Fence())
    return Reaches(access).of(Asset(id="a", kind="x", address="x://127.0.0.1", system=""))


def endpoint(port: int) -> Endpoint:
    return Endpoint("127.0.0.1", port, "127.0.0.1", port)


def until(wanted: bytes, heard: bytearray | None = None, send: bytes = b"?") -> Exchange:
    """An exchange that has heard enough once `wanted` came; b"" for nothing but the end."""
    kept = bytearray() if heard is None else heard

    def hear(data: bytes) -> bool:
        kept.extend(data)
        return bool(wanted) and wanted in kept

    return Exchange(send=send, hear=hear)


def reason_of(exchange: Exchange) -> Reason | None:
    return exchange.failure.reason if exchange.failure else None


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Hang(), Reason.TIMEOUT),
        (Drip(every_s=0.05), Reason.TIMEOUT),
        (Endless(), Reason.TOO_LONG),
        (Reset(), Reason.RESET),
    ],
)
def test_a_hostile_server_ends_each_with_a_reason_inside_the_deadline(reply: Reply, reason: Reason) -> None:
    exchanges = [until(b""), until(b"")]
    with Listener(lambda connection, _: reply.play(connection)) as server:
        began = time.monotonic()
        reach().exchange(endpoint(server.port), exchanges)
        assert time.monotonic() - began < 2 * QUICK.operation_s
    assert [reason_of(one) for one in exchanges] == [reason, reason]


def test_a_closed_port_is_refused_and_was_not_dialled() -> None:
    exchange = until(b"")
    reach().exchange(endpoint(free_port()), [exchange])
    assert (reason_of(exchange), exchange.is_dialled) == (Reason.REFUSED, False)


def test_enough_ends_it_before_the_server_does() -> None:
    def answer(connection: socket.socket, _: int) -> None:
        connection.recv(1)
        connection.sendall(b"yes")
        connection.recv(1)  # until the other side closes

    heard = bytearray()
    with Listener(answer) as server:
        began = time.monotonic()
        exchange = until(b"yes", heard)
        reach(Limits(operation_s=4)).exchange(endpoint(server.port), [exchange])
        assert time.monotonic() - began < 2
    assert (bytes(heard), exchange.failure, exchange.is_dialled) == (b"yes", None, True)


def test_a_close_is_the_end_and_no_failure() -> None:
    exchange = until(b"more than comes")
    with Listener(lambda connection, _: connection.sendall(b"half")) as server:
        reach().exchange(endpoint(server.port), [exchange])
    assert reason_of(exchange) in (None, Reason.RESET)  # it may have closed before it read what we sent


@pytest.mark.parametrize("wanted", [b"yes", b""], ids=["enough", "the end"])
@pytest.mark.parametrize("waits", [True, False], ids=["asked", "not asked"])
@pytest.mark.parametrize("size", [1, 5_000])
def test_what_comes_in_one_with_the_end_is_heard_whole_and_at_once(wanted: bytes, size: int, *, waits: bool) -> None:
    """A socket says but once that it is ready: for what was said before it was asked, and for the end after that."""

    def answer(connection: socket.socket, _: int) -> None:
        if waits:
            connection.recv(size)
        connection.sendall(bytes(40_000) + b"yes")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(size):
            pass

    heard = [bytearray(), bytearray()]
    exchanges = [until(wanted, kept, send=bytes(size)) for kept in heard]
    with Listener(answer) as server:
        began = time.monotonic()
        reach(Limits(operation_s=4)).exchange(endpoint(server.port), exchanges)
        assert time.monotonic() - began < 2
    assert [reason_of(one) for one in exchanges] == [None, None]
    assert [bytes(kept) for kept in heard] == [bytes(40_000) + b"yes"] * 2


def test_what_is_long_is_sent_whole() -> None:
    received = []

    def swallow(connection: socket.socket, _: int) -> None:
        left = len(LONG)
        while left and (data := connection.recv(65_536)):
            left -= len(data)
        received.append(left)
        connection.sendall(b"done")

    exchange = until(b"done", send=LONG)
    with Listener(swallow) as server:
        reach(Limits(operation_s=10)).exchange(endpoint(server.port), [exchange])
    assert (received, exchange.failure) == ([0], None)


def test_what_needs_two_packets_does_not_wait_for_the_echo_of_the_first() -> None:
    def swallow(connection: socket.socket, _: int) -> None:
        connection.recv(4_096)

    with Listener(swallow) as server:
        for size, is_hasty in ((100, 0), (PACKET + 1, 1)):
            line = Line(until(b"yes", send=bytes(size)), endpoint(server.port), 100)
            line.dial()
            with socket.socket(fileno=os.dup(line.number)) as same:
                select.select([], [same], [], 2.0)
                line.step(is_readable=False)
                assert bool(same.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)) is bool(is_hasty)
            line.close()


def test_the_silent_one_does_not_take_the_other_with_it() -> None:
    def first_is_silent(connection: socket.socket, number: int) -> None:
        if number == 1:
            connection.recv(8)
            connection.recv(8)  # until the other side closes
        else:
            connection.recv(1)
            connection.sendall(b"yes")

    exchanges = [until(b"yes"), until(b"yes")]
    with Listener(first_is_silent) as server:
        reach().exchange(endpoint(server.port), exchanges)
    assert {reason_of(one) for one in exchanges} == {Reason.TIMEOUT, None}


def test_no_more_are_open_at_once_than_the_host_is_allowed() -> None:
    assert most_at_once(lambda looking, port: looking.exchange(endpoint(port), [until(b"yes") for _ in range(7)])) == 2


def test_a_place_that_somebody_else_holds_is_not_taken() -> None:
    def beside(looking: Reach, port: int) -> None:
        with looking.stream(endpoint(port)):
            looking.exchange(endpoint(port), [until(b"yes") for _ in range(4)])

    assert most_at_once(beside) == 2


def test_two_that_exchange_at_once_share_the_places_and_both_come_to_an_end() -> None:
    def both(looking: Reach, port: int) -> None:
        threads = [
            threading.Thread(target=looking.exchange, args=(endpoint(port), [until(b"yes") for _ in range(5)]))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert most_at_once(both) == 2


def test_one_after_the_other_on_a_way_and_the_way_is_gone_first() -> None:
    def greeted(stream: Stream) -> None:
        assert stream.receive(3) == b"220"

    def greet(connection: socket.socket, _: int) -> None:
        connection.sendall(b"220")
        connection.recv(1)
        connection.sendall(b"yes")

    heard = [bytearray(), bytearray()]
    with Listener(greet) as server:
        through = reach().through(greeted, port=server.port)
        through.exchange(endpoint(server.port), [until(b"yes", one) for one in heard])
    assert heard == [b"yes", b"yes"]


def test_past_the_budget_each_is_told_so() -> None:
    exchanges = [until(b"yes") for _ in range(5)]
    with Listener(lambda connection, _: connection.sendall(b"yes")) as server:
        looking = reach(Limits(operation_s=1, connections_per_host=3))
        looking.exchange(endpoint(server.port), exchanges)
        assert looking.connections("127.0.0.1") == 3
    assert [reason_of(one) for one in exchanges].count(Reason.BUDGET) == 2


def test_what_is_excluded_is_not_contacted() -> None:
    exchanges = [until(b"yes"), until(b"yes")]
    with Listener(lambda connection, _: connection.sendall(b"yes")) as server:
        looking = reach(fence=Fence(excluded=frozenset({"127.0.0.1"})))
        looking.exchange(endpoint(server.port), exchanges)
        assert server.connections == 0
    assert [reason_of(one) for one in exchanges] == [Reason.OUT_OF_SCOPE] * 2


def most_at_once(act: Callable[[Reach, int], None]) -> int:
    """How many connections the server saw open at once."""
    most, held, lock = 0, 0, threading.Lock()

    def serve(connection: socket.socket, _: int) -> None:
        nonlocal most, held
        with lock:
            held += 1
            most = max(most, held)
        connection.recv(1)
        time.sleep(0.02)
        with lock:
            held -= 1
        connection.sendall(b"yes")

    with Listener(serve) as server:
        act(reach(Limits(operation_s=5, in_flight_per_host=2)), server.port)
    return most


def test_a_server_that_serves_one_after_the_other_serves_all() -> None:
    """It waits until the one that it has answered hangs up. Many small devices do, and OpenSSL's own test server."""
    exchanges = [until(b"!"), until(b"!")]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in exchanges:
                connection, _ = server.accept()
                with connection:
                    connection.recv(1)
                    connection.sendall(b"!")
                    connection.recv(1)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        reach().exchange(endpoint(server.getsockname()[1]), exchanges)
        serving.join(QUICK.operation_s)
    assert [reason_of(one) for one in exchanges] == [None, None]
