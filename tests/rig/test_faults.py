"""The fault proxy is invisible until its schedule says otherwise, then fails in the way that was asked for."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from auditor.rig.faults import FAULTS, FaultProxy, after, only
from auditor.rig.listener import Listener
from auditor.rig.replies import Alert, Close

QUESTION, ANSWER = b"question", b"answer " * 20_000


@pytest.fixture(scope="module")
def server() -> Iterator[Listener]:
    def serve(connection: socket.socket, _: int) -> None:
        asked = b""
        while data := connection.recv(4096):
            asked += data
        connection.sendall(asked + ANSWER)

    with Listener(serve) as listener:
        yield listener


def ask(port: int, seconds: float = 5.0) -> bytes:
    """Send the question, end our side, read to the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as client:
        client.sendall(QUESTION)
        _end(client)
        received = b""
        while data := client.recv(65_536):
            received += data
        return received


def _end(client: socket.socket) -> None:
    """End our side. A reset may have come by now: then reading says so."""
    try:
        client.shutdown(socket.SHUT_WR)
    except OSError as error:
        if error.errno != errno.ENOTCONN:
            raise


def test_what_is_passed_on_arrives_unchanged_and_is_counted(server: Listener) -> None:
    with FaultProxy(("127.0.0.1", server.port), after(99, Close())) as proxy:
        assert [ask(proxy.port) for _ in range(3)] == [QUESTION + ANSWER] * 3
    assert proxy.connections == 3
    assert proxy.bytes_from_clients == 3 * len(QUESTION)
    assert proxy.bytes_from_server == 3 * len(QUESTION + ANSWER)


@pytest.mark.parametrize("passed", [0, 1, 3])
def test_the_fault_begins_after_the_connections_that_were_granted(server: Listener, passed: int) -> None:
    with FaultProxy(("127.0.0.1", server.port), after(passed, Alert(40))) as proxy:
        whole = [ask(proxy.port) == QUESTION + ANSWER for _ in range(passed + 2)]
    assert whole == [True] * passed + [False] * 2


def test_a_schedule_may_fail_single_connections(server: Listener) -> None:
    with FaultProxy(("127.0.0.1", server.port), only(frozenset({2}), Close())) as proxy:
        assert [bool(ask(proxy.port)) for _ in range(3)] == [True, False, True]


def what_happens(port: int) -> str:
    try:
        received = ask(port, seconds=0.3)
    except TimeoutError:
        return "silence"
    except ConnectionResetError:
        return "reset"
    return "closed" if not received else f"alert {received[6]}" if received[:1] == b"\x15" else "bytes"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("close", "closed"),
        ("reset", "reset"),
        ("alert handshake_failure", "alert 40"),
        ("alert protocol_version", "alert 70"),
        ("alert internal_error", "alert 80"),
    ],
)
def test_each_fault_is_what_it_is_called(server: Listener, fault: str, expected: str) -> None:
    with FaultProxy(("127.0.0.1", server.port), after(0, FAULTS[fault])) as proxy:
        assert what_happens(proxy.port) == expected


@pytest.mark.parametrize(("fault", "least", "most"), [("hang", 0, 0), ("drip", 2, 60), ("endless", 100_000, 10**12)])
def test_a_fault_without_end_lasts_until_the_proxy_stops(server: Listener, fault: str, least: int, most: int) -> None:
    with FaultProxy(("127.0.0.1", server.port), after(0, FAULTS[fault])) as proxy:
        client = socket.create_connection(("127.0.0.1", proxy.port), timeout=0.2)
        client.sendall(QUESTION)
        received, until = 0, time.monotonic() + 0.2
        while time.monotonic() < until:
            try:
                received += len(client.recv(65_536))
            except TimeoutError:
                break
        began = time.monotonic()
    assert time.monotonic() - began < 1.0
    client.close()
    assert least <= received <= most


def test_a_client_in_the_middle_does_not_keep_the_proxy_from_stopping(server: Listener) -> None:
    before = threading.active_count()
    with FaultProxy(("127.0.0.1", server.port), after(9, Close())) as proxy:
        client = socket.create_connection(("127.0.0.1", proxy.port))
        client.sendall(QUESTION)
        time.sleep(0.05)
    client.close()
    until = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < until:  # the server behind notices a moment later
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_a_target_that_is_gone_ends_the_connection() -> None:
    with Listener(lambda connection, number: None) as gone:
        pass
    with (
        FaultProxy(("127.0.0.1", gone.port), after(9, Close())) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client,
    ):
        assert client.recv(1) == b""
