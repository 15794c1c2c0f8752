"""Whatever a server sends over a real connection, HTTP, a handshake and a DNS answer end in a verdict or a reason."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.model import Asset, Reason, Tier
from auditor.probes.handshake import Declined, NothingFits, Shown, shake_hands, shake_hands_as
from auditor.probes.handshake_talk import Wants
from auditor.reach import Access, Endpoint, Limits, Reach, Reaches, Target
from auditor.reach.dns import Caa, ask_caa
from auditor.reach.http import HttpAnswer
from auditor.reach.service_records import HttpsAnswer, ask_https
from auditor.rig.listener import Listener

NAME = "any.example"
LIMITS = Limits(operation_s=1.0)


@dataclass
class Parrot:
    """Hears something, says `says`, and closes."""

    port: int
    says: bytes = b""

    def serve(self, guest: socket.socket, _: int) -> None:
        guest.recv(65_536)
        guest.sendall(self.says)
        guest.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def parrot() -> Iterator[Parrot]:
    made = Parrot(0)
    with Listener(made.serve) as listener:
        made.port = listener.port
        yield made


def reach() -> Reach:
    asset = Asset(id="a", kind="web", address=f"https://{NAME}/", system="s", tiers=frozenset(Tier))
    return Reaches(Access(limits=LIMITS)).of(asset)


def endpoint(parrot: Parrot, port: int) -> Endpoint:
    return Endpoint(NAME, port, "127.0.0.1", parrot.port, by_operator=True)


def outcome(operation: Callable[[], object]) -> object:
    try:
        return operation()
    except Unreachable as unreachable:
        return unreachable.reason


HTTP = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.0 301 \r\n", b"HTTP/1.1 999999 x\r\n"),
            *(
                b"Content-Length: 5\r\n",
                b"Content-Length: -1\r\n",
                b"Content-Length: 9" * 9,
                b"Transfer-Encoding: chunked\r\n",
            ),
            *(
                b"Location: http://[::1\r\n",
                b"Strict-Transport-Security: max-age=1\r\n",
                b": \r\n",
                b" folded\r\n",
                b"\r\n",
            ),
            *(
                b"5\r\nhello\r\n",
                b"0\r\n\r\n",
                b"fffffffffffffffff\r\n",
                b"x" * 70_000,
                b"\r",
                b"\n",
                b"\xff\xfe",
                b"\x00",
            ),
        ]
    ),
)


@given(st.lists(HTTP, max_size=9).map(b"".join))
def test_any_bytes_are_an_http_answer_or_a_reason(parrot: Parrot, said: bytes) -> None:
    parrot.says = said
    found = outcome(lambda: reach().get(endpoint(parrot, 80), f"http://{NAME}/", max_body=10_000))
    assert isinstance(found, (HttpAnswer, Reason))
    if isinstance(found, HttpAnswer):
        assert len(found.body) <= 10_000


HELLO = bytes.fromhex("16030300310200002d0303") + bytes(32) + bytes.fromhex("00c02f000005ff01000100")
TLS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            *(HELLO, b"\x15\x03\x01\x00\x02\x02\x28", b"\x15\x03\x01\x00\x02\x01\x70", b"\x14\x03\x03\x00\x01\x01"),
            *(b"\x16\x03\x03\xff\xff", b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00", b"\x16\x03\x03\x00\x00" * 40),
            *(b"\x16\x03\x03\x00\x0a\x0b\x00\x00\x06\x00\x00\x03\x00\x00\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ]
    ),
)


@given(st.lists(TLS, max_size=8).map(b"".join), st.sampled_from([None, *Wants]))
def test_any_bytes_are_a_handshake_or_a_reason(parrot: Parrot, said: bytes, wants: Wants | None) -> None:
    parrot.says = said

    def shake() -> object:
        with reach().stream(endpoint(parrot, 443)) as stream:
            return shake_hands_as(stream, NAME, wants) if wants else shake_hands(stream, NAME)

    found = outcome(shake)
    assert isinstance(found, (Declined, NothingFits, Reason))
    assert not isinstance(found, Shown), "a key that nobody has cannot be proved"


def answered(kind: str, *values: str) -> bytes:
    """A good answer to the question for NAME's records of a kind, without the id of the question."""
    made = dns.message.make_response(dns.message.make_query(NAME, kind))
    made.flags |= dns.flags.RA
    made.answer.append(dns.rrset.from_text(made.question[0].name, 60, "IN", kind, *values))
    return made.to_wire()[2:]


@dataclass
class Resolver:
    """Answers with `wire`, of which `changes` overwrite bytes. Its thread draws no numbers: Hypothesis forbids it."""

    wire: bytes
    port: int = 0
    changes: tuple[tuple[int, int], ...] = ()
    tail: bytes = b""

    def serve(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                question, guest = server.recvfrom(4_096)
                if not question:
                    return
                said = bytearray(self.wire)
                for at, value in self.changes:
                    said[at % len(said)] = value
                server.sendto(question[:2] + bytes(said) + self.tail, guest)


@contextmanager
def serving(made: Resolver) -> Iterator[Resolver]:
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        made.port = server.getsockname()[1]
        thread = threading.Thread(target=made.serve, args=(server,), daemon=True)
        thread.start()
        yield made
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def resolver() -> Iterator[Resolver]:
    with serving(Resolver(answered("CAA", '0 issue "ca.example"', '128 tbs "x"'))) as made:
        yield made


@pytest.fixture(scope="module")
def service_resolver() -> Iterator[Resolver]:
    with serving(Resolver(answered("HTTPS", '1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1 ech=AAT+DQAA'))) as made:
        yield made


def test_the_answer_is_read_before_it_is_changed(resolver: Resolver) -> None:
    resolver.changes, resolver.tail = (), b""
    found = ask_caa(NAME, (Target("127.0.0.1", resolver.port),), seconds=2.0)
    assert sorted(one.tag for one in found) == [b"issue", b"tbs"]


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4), st.binary(max_size=8))
def test_any_dns_answer_is_records_or_a_reason(resolver: Resolver, changes: list[tuple[int, int]], tail: bytes) -> None:
    resolver.changes, resolver.tail = tuple(changes), tail
    found = outcome(lambda: ask_caa(NAME, (Target("127.0.0.1", resolver.port),), seconds=0.02))
    if isinstance(found, Reason):
        assert found is Reason.DNS
    else:
        assert isinstance(found, tuple)
        assert all(isinstance(one, Caa) for one in found)


def test_the_records_of_a_service_are_read_before_they_are_changed(service_resolver: Resolver) -> None:
    service_resolver.changes, service_resolver.tail = (), b""
    (record,) = ask_https(NAME, 443, (Target("127.0.0.1", service_resolver.port),), seconds=2.0).records
    assert (record.protocols, record.port, record.hints, record.has_ech) == ((b"h2", b"h3"), 8443, ("192.0.2.1",), True)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4), st.binary(max_size=8))
def test_any_record_of_a_service_is_read_or_a_reason(
    service_resolver: Resolver, changes: list[tuple[int, int]], tail: bytes
) -> None:
    service_resolver.changes, service_resolver.tail = tuple(changes), tail
    nameservers = (Target("127.0.0.1", service_resolver.port),)
    found = outcome(lambda: ask_https(NAME, 443, nameservers, seconds=0.02))
    if isinstance(found, Reason):
        assert found in (Reason.DNS, Reason.TOO_LONG)
    else:
        assert isinstance(found, HttpsAnswer)
        assert all(0 <= (one.port or 0) < 65_536 and 0 <= one.priority < 65_536 for one in found.records)
