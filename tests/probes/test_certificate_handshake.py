"""A completed handshake shows what a server sends; a server that never completes one ends with its reason, in time."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts.web import HttpsAnswer
from auditor.model import Asset, Reason
from auditor.probes.certificate_path import parse_shown
from auditor.probes.handshake import Declined, Shown, shake_hands
from auditor.probes.host_name import server_name
from auditor.probes.trust_store import trust_store
from auditor.reach import Access, Endpoint, Limits, Reaches
from auditor.rig.authority import CLIENTS, Authority, self_signed
from auditor.rig.listener import Listener
from auditor.rig.web import Site, server_context, web_listener

NAME = "www.rig.example"
SECONDS = 0.5
ROOT = Authority.root()
LEAF = ROOT.intermediate().leaf(NAME)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return LEAF.write(tmp_path_factory.mktemp("tls") / "leaf.pem")


def shake(port: int, name: str = NAME) -> Shown | Declined:
    asset = Asset(id="a", kind="web", address=f"https://{NAME}/", system="s")
    reach = Reaches(Access(limits=Limits(operation_s=SECONDS))).of(asset)
    with reach.stream(Endpoint(NAME, 443, "127.0.0.1", port, by_operator=True)) as stream:
        return shake_hands(stream, name)


@pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
)
def test_every_version_shows_the_chain_as_it_is_sent(pem: Path, version: ssl.TLSVersion) -> None:
    with web_listener(Site(), server_context(pem, oldest=ssl.TLSVersion.MINIMUM_SUPPORTED, newest=version)) as server:
        assert shake(server.port) == Shown(LEAF.sent)
    assert server.connections == 1


def test_a_refused_path_leaves_nothing_behind_for_the_next_handshake(pem: Path, tmp_path: Path) -> None:
    """OpenSSL keeps errors per thread, and an old one must not become the next server's."""
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(ROOT.pem)
    forged = bytearray(LEAF.der)
    forged[-3] ^= 1
    sent = (bytes(forged), *LEAF.sent[1:])
    with web_listener(Site(), server_context(pem)) as server:
        for _ in range(2):
            seen = parse_shown(
                sent, asked_name=NAME, store=trust_store(ca_file), fetch=None, observed_at=datetime.now(UTC)
            )
            assert not seen.end.is_anchored
            assert shake(server.port) == Shown(LEAF.sent)


@pytest.mark.parametrize(("name", "sni"), [(NAME, NAME), ("192.0.2.7", None), ("2001:db8::7", None)])
def test_a_name_goes_into_sni_and_an_address_does_not(pem: Path, name: str, sni: str | None) -> None:
    asked: list[str | None] = []
    context = server_context(pem)
    context.sni_callback = lambda _socket, given, _context: asked.append(given)
    with web_listener(Site(), context) as server:
        shake(server.port, name)
    assert asked == [sni]


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_client_certificate_has_shown_its_own(
    pem: Path, newest: ssl.TLSVersion, tmp_path: Path
) -> None:
    context = server_context(pem, newest=newest)
    context.verify_mode = ssl.CERT_REQUIRED
    clients = tmp_path / "clients.pem"
    clients.write_bytes(ROOT.pem)
    context.load_verify_locations(clients)
    with web_listener(Site(), context) as server:
        assert shake(server.port) == Shown(LEAF.sent)


def test_a_hundred_certificates_are_taken(tmp_path: Path) -> None:
    long = self_signed(NAME).with_chain(*(self_signed().certificate for _ in range(99)))
    with web_listener(Site(), server_context(long.write(tmp_path / "long.pem"))) as server:
        shown = shake(server.port)
    assert isinstance(shown, Shown)
    assert len(shown.certificates) == 100


def test_more_bytes_than_allowed_are_too_long(tmp_path: Path) -> None:
    fat = ROOT.leaf(NAME, *(f"{number}{'x' * 200}.rig.example" for number in range(90)))
    longer = fat.with_chain(*(fat.certificate,) * 3)
    context = server_context(longer.write(tmp_path / "long.pem"))
    with web_listener(Site(), context) as server, pytest.raises(Unreachable) as unreachable:
        shake(server.port)
    assert unreachable.value.reason is Reason.TOO_LONG


def test_a_client_certificate_is_shown_like_any_other(tmp_path: Path) -> None:
    client = ROOT.leaf(NAME, usages=CLIENTS)
    with web_listener(Site(), server_context(client.write(tmp_path / "client.pem"))) as server:
        assert shake(server.port) == Shown(client.sent)


def test_a_name_that_tls_refuses_is_declined(pem: Path) -> None:
    context = server_context(pem)
    context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    with web_listener(Site(), context) as server:
        assert shake(server.port) == Declined(HttpsAnswer.NAME_REFUSED, Reason.TLS_FAILED)


def test_another_alert_is_no_declaration(pem: Path) -> None:
    """Alert 40 may mean "none of your suites": a server with older ones may still speak TLS to somebody."""
    context = server_context(pem)
    context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
    with web_listener(Site(), context) as server, pytest.raises(Unreachable) as unreachable:
        shake(server.port)
    assert unreachable.value.reason is Reason.TLS_FAILED


def drip(first: bytes, piece: bytes = b"x") -> Callable[[socket.socket], None]:
    def speak(guest: socket.socket) -> None:
        guest.sendall(first)
        with suppress(OSError):
            while True:
                time.sleep(0.05)
                guest.sendall(piece)

    return speak


def say(data: bytes) -> Callable[[socket.socket], None]:
    return lambda guest: guest.sendall(data)


def reset(guest: socket.socket) -> None:
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    guest.close()


HOSTILE = [
    ("hangs", lambda guest: guest.recv(1), Reason.TIMEOUT),
    ("drips", drip(b"\x16\x03\x03\x40\x00"), Reason.TIMEOUT),
    ("closes", lambda _: None, Reason.CLOSED),
    ("closes within a record", say(b"\x16\x03\x03\x40\x00\x02\x00"), Reason.CLOSED),
    ("resets", reset, Reason.RESET),
    ("speaks SSH", say(b"SSH-2.0-OpenSSH_9.2\r\n"), Reason.NOT_TLS),
    ("speaks SMTP", say(b"220 mail.rig.example ESMTP\r\n"), Reason.NOT_TLS),
    ("answers garbage", say(bytes(range(1, 200))), Reason.NOT_TLS),
    ("answers garbage in a record", say(b"\x16\x03\x03\x00\x10" + b"\xff" * 16), Reason.TLS_FAILED),
    ("answers an unknown alert", say(b"\x15\x03\x03\x00\x02\x02\x31"), Reason.TLS_FAILED),
    ("answers an empty alert", say(b"\x15\x03\x03\x00\x00"), Reason.TLS_FAILED),
]


@pytest.mark.parametrize(("speak", "reason"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_server_ends_with_its_reason_inside_the_deadline(
    speak: Callable[[socket.socket], object], reason: Reason
) -> None:
    def serve(guest: socket.socket, _: int) -> None:
        guest.recv(8_192)
        speak(guest)

    with Listener(serve) as server:
        began = time.monotonic()
        with pytest.raises(Unreachable) as unreachable:
            shake(server.port)
        assert time.monotonic() - began < SECONDS + 0.4
    assert unreachable.value.reason is reason


def test_plain_http_on_the_port_is_declined() -> None:
    def serve(guest: socket.socket, _: int) -> None:
        guest.recv(8_192)
        guest.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Listener(serve) as server:
        assert shake(server.port) == Declined(HttpsAnswer.PLAIN_HTTP, Reason.NOT_TLS)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("WWW.Rig.Example.", "www.rig.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8::0:7", "2001:db8::7"),
    ],
)
def test_a_host_as_certificates_name_it(host: str, name: str) -> None:
    assert server_name(host) == name


@pytest.mark.parametrize("host", ["", "a..example", "x" * 64 + ".example", "\udc80.example"])
def test_a_host_that_is_no_name(host: str) -> None:
    with pytest.raises(Unreachable) as unreachable:
        server_name(host)
    assert unreachable.value.reason is Reason.DNS
