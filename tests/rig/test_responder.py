"""The scripted responder says what its table says, and OpenSSL's own client understands it."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from auditor.facts.tls import TlsVersion
from auditor.probes.client_hello import client_hello
from auditor.rig.replies import HTTP_TEXT, Alert, Close, Drip, Endless, Hang, Reply, Reset, Send
from auditor.rig.responder import Responder, Script, ServerHello, Ssl2ServerHello, speaks

pytestmark = pytest.mark.root  # Debian's servers take part

V = TlsVersion


def ask(port: int, hello: bytes, seconds: float = 2.0) -> bytes:
    """Everything that comes back until the end of the stream. Raises OSError for a reset or silence."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as client:
        client.sendall(hello)
        received = b""
        while data := client.recv(4096):
            received += data
        return received


def s_client(port: int, *options: str) -> str:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=20, check=False
    ).stdout


@pytest.fixture(scope="module")
def der(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path: Path = tmp_path_factory.mktemp("der") / "cert.der"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "/dev/null",
        "-subj",
        "/CN=scripted",
    ]
    subprocess.run([*command, "-outform", "DER", "-out", path], capture_output=True, check=True)
    return path.read_bytes()


def test_openssl_reads_the_certificate_and_the_suite_of_tls12(der: bytes) -> None:
    with Responder({V.TLS12: ServerHello(suites=(0x002F,), chain=(der,))}) as server:
        said = s_client(server.port, "-tls1_2", "-cipher", "AES256-SHA:AES128-SHA:@SECLEVEL=0", "-msg")
    assert "CN = scripted" in said
    assert "ServerHelloDone" in said
    assert "ClientKeyExchange" in said  # it believed us, and went on


def test_openssl_follows_the_hello_retry_request_of_tls13() -> None:
    with Responder({V.TLS13: ServerHello()}) as server:
        said = s_client(server.port, "-tls1_3", "-groups", "P-256:X25519", "-msg")
        direct = s_client(server.port, "-tls1_3", "-groups", "X25519", "-msg")
    assert said.count("ClientHello") == 2
    assert direct.count("ClientHello") == 1
    assert server.hellos[0].shares == (23,)


@pytest.mark.parametrize("version", [v for v in V if v is not V.SSL2])
def test_any_suite_is_picked_for_any_version(version: V) -> None:
    wanted = 0x1302 if version is V.TLS13 else 0x000A
    with Responder({version: ServerHello(suites=(0xFEFE, wanted))}) as server:
        said = ask(server.port, client_hello(version, "a.example"))
    suite = wanted.to_bytes(2, "big")
    assert said[0] == 22
    assert suite in said


def test_a_suite_that_is_not_offered_is_answered_with_handshake_failure() -> None:
    with Responder({V.TLS12: ServerHello(suites=(0xFEFE,))}) as server:
        assert ask(server.port, client_hello(V.TLS12, "a.example"))[-2:] == bytes([2, 40])


def test_another_version_than_asked_can_be_said() -> None:
    with Responder({V.TLS12: ServerHello(version=V.TLS10)}) as server:
        assert ask(server.port, client_hello(V.TLS12, "a.example"))[9:11] == b"\x03\x01"


def test_an_ssl2_hello_gets_an_ssl2_server_hello() -> None:
    with Responder({V.SSL2: Ssl2ServerHello(ciphers=2, certificate=b"cert")}) as server:
        said = ask(server.port, client_hello(V.SSL2, "a.example"))
    assert int.from_bytes(said[:2], "big") == 0x8000 | len(said) - 2
    assert said[2:7] == bytes.fromhex("0400010002")
    assert b"cert" in said


def test_the_name_picks_the_table() -> None:
    script = Script(table=speaks(V.TLS12), names={"strict.example": {V.TLS12: Alert(112)}})
    with Responder(script) as server:
        assert ask(server.port, client_hello(V.TLS12, "strict.example"))[-1] == 112
        assert ask(server.port, client_hello(V.TLS12, "other.example"))[0] == 22
    assert [hello.server_name for hello in server.hellos] == ["strict.example", "other.example"]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Alert(70), b"\x15\x03\x01\x00\x02\x02\x46"),
        (Alert(112, level=1), b"\x15\x03\x01\x00\x02\x01\x70"),
        (Send(HTTP_TEXT), HTTP_TEXT),
        (Close(), b""),
    ],
)
def test_a_reply_is_sent_and_the_connection_closed(reply: Reply, said: bytes) -> None:
    with Responder({V.TLS12: reply}) as server:
        assert ask(server.port, client_hello(V.TLS12, "a.example")) == said


def test_reset_is_a_reset() -> None:
    with Responder({V.TLS12: Reset()}) as server, pytest.raises(ConnectionResetError):
        ask(server.port, client_hello(V.TLS12, "a.example"))


@pytest.mark.parametrize(
    ("reply", "least", "most"),
    [(Hang(), 0, 0), (Drip(data=b"x" * 99, every_s=0.05), 2, 8), (Endless(chunk=b"x" * 1000), 50_000, 10**12)],
)
def test_a_stubborn_reply_never_ends_and_never_keeps_the_responder_from_stopping(
    reply: Reply, least: int, most: int
) -> None:
    with Responder({V.TLS12: reply}) as server:
        client = socket.create_connection(("127.0.0.1", server.port), timeout=0.2)
        client.sendall(client_hello(V.TLS12, "a.example"))
        received, until = 0, time.monotonic() + 0.2
        while time.monotonic() < until:
            try:
                data = client.recv(65_536)
            except TimeoutError:
                break
            assert data
            received += len(data)
        began = time.monotonic()
    assert time.monotonic() - began < 1.0
    client.close()
    assert least <= received <= most


def test_nothing_is_left_behind() -> None:
    before = threading.active_count()
    with Responder(speaks(V.TLS12)) as server:
        for _ in range(3):
            ask(server.port, client_hello(V.TLS12, "a.example"))
        idle = socket.create_connection(("127.0.0.1", server.port))
    idle.close()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


@pytest.mark.parametrize(
    "junk", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x04\x01\x00\x00\x00", b"\x80\x03\x01\x00"]
)
def test_a_client_that_sends_no_hello_is_dropped_and_the_next_one_served(junk: bytes) -> None:
    with Responder(speaks(V.TLS12)) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=2) as client:
            client.sendall(junk)
            client.shutdown(socket.SHUT_WR)
        assert ask(server.port, client_hello(V.TLS12, "a.example"))[0] == 22
