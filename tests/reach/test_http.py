"""One request: bounded in time and bytes, and nothing followed, remembered or sent along."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach import Access, Endpoint, Limits, Reach, Reaches
from auditor.reach.http import HttpAnswer
from auditor.rig.authority import self_signed
from auditor.rig.listener import Listener
from auditor.rig.web import Site, server_context, web_listener

LIMITS = Limits(operation_s=0.6, pause_s=0.0, answer_bytes=65_536, body_bytes=10_000)
NAME = "www.rig.example"


@pytest.fixture
def reach() -> Reach:
    asset = Asset(id="a", kind="web", address=f"https://{NAME}/", system="s")
    return Reaches(Access(limits=LIMITS)).of(asset)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return server_context(self_signed(NAME).write(tmp_path_factory.mktemp("tls") / "leaf.pem"))


def endpoint(port: int, asked: int = 80) -> Endpoint:
    return Endpoint(NAME, asked, "127.0.0.1", port, by_operator=True)


def get(reach: Reach, port: int, url: str = f"http://{NAME}/", **limits: int) -> HttpAnswer:
    return reach.get(endpoint(port), url, **limits)


def test_headers_keep_order_repeats_and_raw_values(reach: Reach) -> None:
    headers = (("X-B", " 1 "), ("Strict-Transport-Security", "a"), ("x-a", "<é>"), ("strict-transport-security", "b"))
    with web_listener(Site(status=418, headers=headers, body=b"tea")) as server:
        answer = get(reach, server.port)
    assert (answer.status, answer.body, answer.ended_early) == (418, b"tea", False)
    assert answer.values("STRICT-TRANSPORT-SECURITY") == ("a", "b")
    assert [name for name, _ in answer.headers][2:] == [
        "X-B",
        "Strict-Transport-Security",
        "x-a",
        *["strict-transport-security"],
    ]


def test_interim_answers_are_read_past_and_their_headers_forgotten(reach: Reach) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nStrict-Transport-Security: max-age=31536000\r\n\r\n"
    raw = (
        hints + b"HTTP/1.1 102 Processing\r\n\r\n" + hints + b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok"
    )
    with web_listener(Site(raw=raw)) as server:
        answer = get(reach, server.port)
    assert (answer.status, answer.headers, answer.body) == (200, (("X-A", "1"), ("Content-Length", "2")), b"ok")


def test_a_redirect_is_an_answer(reach: Reach) -> None:
    with web_listener(Site(redirects={"*": (302, "http://127.0.0.1:1/")})) as server:
        answer = get(reach, server.port)
    assert (answer.status, answer.values("location")) == (302, ("http://127.0.0.1:1/",))
    assert server.connections == 1


def test_nothing_of_the_environment_or_the_url_is_sent_along(
    reach: Reach, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """requests would send ~/.netrc to the audited host, and go through the environment's proxy."""
    (tmp_path / ".netrc").write_text(f"machine {NAME} login somebody password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    heard: list[bytes] = []

    def serve(guest: socket.socket, _: int) -> None:
        heard.append(guest.recv(8_192))
        guest.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: id=1\r\nContent-Length: 0\r\n\r\n")

    with Listener(serve) as server:
        for _ in range(2):
            get(reach, server.port, f"http://user:secret@{NAME}:8080/a%20b?c=d#fragment")
    for request in heard:
        lines = request.decode().split("\r\n")
        assert lines[0] == "GET /a%20b?c=d HTTP/1.1"
        assert f"Host: {NAME}:8080" in lines
        assert not any(line.lower().startswith(("authorization:", "cookie:", "proxy-")) for line in lines)
        assert b"secret" not in request


def test_the_name_goes_into_sni_and_the_certificate_is_not_judged(reach: Reach, tls: ssl.SSLContext) -> None:
    asked: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    with web_listener(Site(body=b"secured"), tls) as server:
        answer = get(reach, server.port, f"https://{NAME}/")
    tls.sni_callback = None
    assert (answer.body, asked) == (b"secured", [NAME])


def test_tls_1_0_alone_is_still_reached(reach: Reach, tmp_path: Path) -> None:
    """Debian's OpenSSL would call it unreachable."""
    old = server_context(
        self_signed(NAME).write(tmp_path / "leaf.pem"),
        oldest=ssl.TLSVersion.MINIMUM_SUPPORTED,
        newest=ssl.TLSVersion.TLSv1,
    )
    with web_listener(Site(), old) as server:
        assert get(reach, server.port, f"https://{NAME}/").status == 200


def test_each_request_is_one_connection_of_the_hosts_budget(reach: Reach) -> None:
    with web_listener(Site()) as server:
        get(reach, server.port)
        get(reach, server.port)
    assert server.connections == reach.connections(NAME) == 2


def forever(piece: bytes, *, first: bytes = b"", pause_s: float = 0.0) -> Callable[[socket.socket], None]:
    def speak(guest: socket.socket) -> None:
        guest.sendall(first)
        with suppress(OSError):
            while True:
                guest.sendall(piece)
                time.sleep(pause_s)

    return speak


def once(data: bytes) -> Callable[[socket.socket], None]:
    return lambda guest: guest.sendall(data)


def silent(guest: socket.socket) -> None:
    guest.recv(1)


def reset(guest: socket.socket) -> None:
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    guest.close()


OK = b"HTTP/1.1 200 OK\r\n"
HOSTILE = [
    ("silence", silent, Reason.TIMEOUT),
    ("one byte a second", forever(b"H", pause_s=0.05), Reason.TIMEOUT),
    ("a header drips", forever(b"x", first=OK + b"X: ", pause_s=0.05), Reason.TIMEOUT),
    ("closes at once", once(b""), Reason.CLOSED),
    ("resets", reset, Reason.RESET),
    ("another protocol", once(b"SSH-2.0-OpenSSH_9.2\r\n"), Reason.NOT_HTTP),
    ("no status line", once(b"<html>hello</html>"), Reason.NOT_HTTP),
    ("garbage", once(bytes(range(256)) * 4), Reason.NOT_HTTP),
    ("no status", once(b"HTTP/1.1 two hundred\r\n\r\n"), Reason.NOT_HTTP),
    ("endless headers", forever(b"X: y\r\n" * 50, first=OK), Reason.TOO_LONG),
    ("few endless headers", forever(b"X: " + b"y" * 9_000 + b"\r\n", first=OK), Reason.TOO_LONG),
    ("a header line of a megabyte", once(OK + b"X: " + b"y" * 1_048_576 + b"\r\n\r\n"), Reason.TOO_LONG),
    ("endless status line", forever(b"H" * 1_000), Reason.TOO_LONG),
    ("endless 100 Continue", forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 50), Reason.TOO_LONG),
    ("endless early hints", forever(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50), Reason.TOO_LONG),
    ("early hints alone", once(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), Reason.CLOSED),
    ("header cut off", once(OK + b"X: y\r\nStrict-Transp"), Reason.TRUNCATED),
    ("header without its end", once(OK + b"X: y\r\n"), Reason.TRUNCATED),
    ("switching protocols", once(b"HTTP/1.1 101 Switching\r\n\r\n"), Reason.MALFORMED),
    ("promised body missing", once(OK + b"Content-Length: 9\r\n\r\n"), Reason.TRUNCATED),
    (
        "body never comes",
        lambda guest: (guest.sendall(OK + b"Content-Length: 9\r\n\r\n"), silent(guest)),
        Reason.TIMEOUT,
    ),
]


@pytest.mark.parametrize(("speak", "reason"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_answer_ends_with_its_reason_inside_the_deadline(
    reach: Reach, speak: Callable[[socket.socket], None], reason: Reason
) -> None:
    with web_listener(Site(speak=speak)) as server:
        began = time.monotonic()
        with pytest.raises(Unreachable) as unreachable:
            get(reach, server.port)
        assert time.monotonic() - began < LIMITS.operation_s + 0.5
    assert unreachable.value.reason is reason
    assert "127.0.0.1:80" in unreachable.value.detail


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"\xff" * 70_000, b"5" * 100 + b"\r\n"])
def test_broken_chunks_are_survived(reach: Reach, chunk: bytes) -> None:
    with (
        web_listener(Site(raw=OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)) as server,
        pytest.raises(Unreachable) as unreachable,
    ):
        get(reach, server.port)
    assert unreachable.value.reason in {Reason.MALFORMED, Reason.NOT_HTTP, Reason.TOO_LONG, Reason.TRUNCATED}


@pytest.mark.parametrize(
    ("head", "piece"),
    [(b"\r\n", b"x" * 5_000), (b"Transfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"x" * 1_024 + b"\r\n")],
)
def test_an_endless_body_is_cut(reach: Reach, head: bytes, piece: bytes) -> None:
    with web_listener(Site(speak=forever(piece, first=OK + head))) as server:
        answer = get(reach, server.port)
    assert (answer.status, set(answer.body), len(answer.body), answer.ended_early) == (200, {ord("x")}, 10_000, True)


def test_a_dripping_body_is_cut_at_the_deadline(reach: Reach) -> None:
    began = time.monotonic()
    with web_listener(Site(speak=forever(b"x", first=OK + b"\r\n", pause_s=0.05))) as server:
        answer = get(reach, server.port)
        assert time.monotonic() - began < LIMITS.operation_s + 0.5
    assert answer.ended_early
    assert 0 < len(answer.body) < 100


def test_a_body_that_breaks_off_is_told(reach: Reach) -> None:
    with web_listener(Site(raw=OK + b"Content-Length: 9\r\n\r\nhalf")) as server:
        answer = get(reach, server.port)
    assert (answer.body, answer.ended_early) == (b"half", True)


def test_a_compressed_body_is_not_unpacked(reach: Reach) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    with web_listener(Site(headers=(("Content-Encoding", "gzip"),), body=bomb)) as server:
        answer = get(reach, server.port, max_body=len(bomb))
    assert answer.body == bomb


def test_http_where_tls_was_asked_for(reach: Reach) -> None:
    def serve(guest: socket.socket, _: int) -> None:
        guest.recv(4_096)
        guest.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")

    with Listener(serve) as server, pytest.raises(Unreachable) as unreachable:
        get(reach, server.port, f"https://{NAME}/")
    assert unreachable.value.reason is Reason.NOT_TLS


@pytest.mark.parametrize(
    ("speak", "reason"),
    [
        (silent, Reason.TIMEOUT),
        (forever(b"x", first=b"\x16\x03\x03\x40\x00", pause_s=0.05), Reason.TIMEOUT),
        (lambda _: None, Reason.CLOSED),
    ],
    ids=["silence", "drip", "close"],
)
def test_a_handshake_that_never_ends_is_ended(
    reach: Reach, speak: Callable[[socket.socket], None], reason: Reason
) -> None:
    def serve(guest: socket.socket, _: int) -> None:
        guest.recv(4_096)
        speak(guest)

    began = time.monotonic()
    with Listener(serve) as server:
        with pytest.raises(Unreachable) as unreachable:
            get(reach, server.port, f"https://{NAME}/")
        assert time.monotonic() - began < LIMITS.operation_s + 0.5
    assert unreachable.value.reason is reason


def test_a_tls_alert_is_told_in_openssls_words(reach: Reach, tls: ssl.SSLContext) -> None:
    tls.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    with web_listener(Site(), tls) as server, pytest.raises(Unreachable) as unreachable:
        get(reach, server.port, f"https://{NAME}/")
    tls.sni_callback = None
    assert unreachable.value.reason is Reason.TLS_FAILED
    assert "unrecognized name" in unreachable.value.detail


def test_a_closed_port_is_refused(reach: Reach) -> None:
    with web_listener(Site()) as server:
        port = server.port
    with pytest.raises(Unreachable) as unreachable:
        get(reach, port)
    assert unreachable.value.reason is Reason.REFUSED


@pytest.mark.parametrize("url", [f"http://{NAME}:port/", "http://[::1/", "http:///"])
def test_a_url_that_cannot_be_asked(reach: Reach, url: str) -> None:
    with web_listener(Site()) as server, pytest.raises(Unreachable) as unreachable:
        get(reach, server.port, url)
    assert unreachable.value.reason is Reason.MALFORMED


LOADED = """
import sys
from auditor.model import Asset
from auditor.reach import Access, Endpoint, Reaches

reach = Reaches(Access()).of(Asset(id="a", kind="web", address="http://127.0.0.1/", system=""))
answer = reach.get(Endpoint("127.0.0.1", 80, "127.0.0.1", int(sys.argv[1])), "http://127.0.0.1/")
guessers = {"chardet", "charset_normalizer"} & sys.modules.keys()
import charset_normalizer

print(answer.status, guessers, charset_normalizer.__name__)
"""


def test_no_library_that_guesses_encodings_is_loaded_for_a_request_and_it_can_be_later() -> None:
    def serve(connection: socket.socket, _: int) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with Listener(serve) as server:
        command = [sys.executable, "-W", "error", "-c", LOADED, str(server.port)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("200 set() charset_normalizer\n", "")
