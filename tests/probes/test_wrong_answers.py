"""Ports that answer in another protocol, for ever, or with lengths that lie: a reason in time, and little memory."""

from __future__ import annotations

import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from auditor.deep.records import read
from auditor.facts.certificates import CertificateSeen
from auditor.facts.starttls import StartTls
from auditor.facts.tls import TlsVersions
from auditor.model import Reason
from auditor.probe import Unseen
from auditor.rig.listener import Listener
from auditor.rig.replies import Drip, Endless, Reply, Send
from tests.probes.port_rig import look_at
from tests.probes.test_tls_wire import HELLO, in_message, in_record
from tests.probes.tls_rig import look_whole

MOST_BYTES = 4_000_000  # of memory beside what the test itself holds
SSH, SMTP, HTTP = b"SSH-2.0-OpenSSH_9.2\r\n", b"220 mx1 ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"
WARNING = b"\x15\x03\x03\x00\x02\x01\x70"  # unrecognized_name: a ServerHello may follow


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


def serves(reply: Reply, *, hears_first: bool) -> Listener:
    def serve(connection: socket.socket, _: int) -> None:
        if hears_first:
            connection.recv(4_096)
        reply.play(connection)

    return Listener(serve)


def hello_of(version: int) -> bytes:
    return in_message(version.to_bytes(2) + HELLO[2:])


TO_A_HELLO: dict[str, tuple[Reply, set[Reason]]] = {
    "ssh": (Send(SSH), {Reason.NOT_TLS}),
    "smtp": (Send(SMTP), {Reason.NOT_TLS}),
    "http": (Send(HTTP), {Reason.NOT_TLS}),
    "warnings without end": (Endless(WARNING * 500), {Reason.TOO_LONG, Reason.TIMEOUT}),
    "warnings, one now and then": (Drip(WARNING * 50, every_s=0.02), {Reason.TIMEOUT}),
    "handshake without end": (
        Endless(in_record(b"\x02\x00\xff\xff" + bytes(9_000))),
        {Reason.TOO_LONG, Reason.MALFORMED},
    ),
    "a version of the future": (Send(hello_of(0x0399)), {Reason.TLS_FAILED, Reason.MALFORMED}),
    "a version of nothing": (Send(hello_of(0x0000)), {Reason.TLS_FAILED, Reason.MALFORMED}),
    "a message of 16 MiB": (Send(in_record(b"\x02\xff\xff\xff")), {Reason.MALFORMED}),
    "extensions beyond the end": (Send(in_message(HELLO + b"\xff\xff\x00\x00")), {Reason.MALFORMED}),
    "a session id beyond the end": (Send(in_message(HELLO[:34] + b"\xff" + HELLO[35:])), {Reason.MALFORMED}),
}


@pytest.mark.parametrize("name", TO_A_HELLO)
def test_a_wrong_answer_to_a_hello_is_a_reason_in_time(name: str) -> None:
    reply, reasons = TO_A_HELLO[name]
    began = time.monotonic()
    with serves(reply, hears_first=True) as server, little_memory():
        looked = look_whole(server.port, seconds=0.3)
    assert time.monotonic() - began < 5.0
    for sight in looked.values():
        assert isinstance(sight, Unseen), sight
        assert sight.reason in reasons


IN_PLACE_OF_A_GREETING: dict[str, Reply] = {
    "ssh": Send(SSH),
    "http": Send(HTTP),
    "tls": Send(b"\x15\x03\x01\x00\x02\x02\x46"),
    "a greeting without end": Endless(b"* OK x\r\n+OK x\r\n220-x\r\n" * 100),
    "a line without end": Endless(b"x" * 4_096),
    "a byte now and then": Drip(b"* " + b"x" * 200, every_s=0.05),
    "lengths that lie": Send(b"\x30\x84\xff\xff\xff\xff\x02\x01\x01"),
}


@pytest.mark.parametrize("scheme", ["imap", "pop3", "ldap", "postgresql"])
@pytest.mark.parametrize("name", IN_PLACE_OF_A_GREETING)
def test_a_wrong_greeting_is_a_reason_in_time(name: str, scheme: str) -> None:
    began = time.monotonic()
    with serves(IN_PLACE_OF_A_GREETING[name], hears_first=False) as server, little_memory():
        looked = look_at(server.port, scheme=scheme, seconds=0.2)
    assert time.monotonic() - began < 5.0
    for kind in (StartTls, TlsVersions, CertificateSeen):
        assert looked.reason(kind) in {"malformed", "too_long", "timeout", "closed", "reset", "tls_failed", "not_tls"}
    assert looked.connections <= 3


@pytest.mark.parametrize(
    "raw",
    [
        SSH,
        SMTP,
        HTTP,
        in_record(b"\x02\xff\xff\xff"),
        in_message(HELLO[:34] + b"\xff" + HELLO[35:]),
        b"\x16\x03\x03\xff",
    ],
)
def test_the_program_of_the_deep_tier_reads_no_flight_out_of_it(raw: bytes) -> None:
    seen = read(raw)
    assert not seen.flight.done
    assert not seen.leaked
    assert seen.flight.ticket == b""
