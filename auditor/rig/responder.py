"""A scripted ServerHello responder: reads one ClientHello per connection and answers it from a table.

It plays the parts that Python's `ssl` and nginx cannot: SSL 2.0 and 3.0, any suite, any alert, nonsense. It computes
no key exchange, so no handshake with it ever completes. It shares no wire code with the prober.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.facts.tls import TlsVersion
from auditor.rig.client_hello import Hello, read_hello
from auditor.rig.listener import Listener
from auditor.rig.replies import Alert, Reply, Send

WIRE = {
    TlsVersion.SSL3: b"\x03\x00",
    TlsVersion.TLS10: b"\x03\x01",
    TlsVersion.TLS11: b"\x03\x02",
    TlsVersion.TLS12: b"\x03\x03",
    TlsVersion.TLS13: b"\x03\x04",
}
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")  # RFC 8446 4.1.3
P256, X25519 = 23, 29


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHello:
    """Accept the hello: the first of `suites` that the client offers is picked (all offered ones, if it is empty).

    `version`: what to say; None says the version asked for. `chain`: DER certificates, leaf first; sent up to TLS 1.2,
    followed by ServerHelloDone. `record_bytes`: how much of a message goes into one record. To TLS 1.3 a client that
    brings no key share for `group` gets a HelloRetryRequest. `declining`: what a client gets that offers none of the
    suites.
    """

    suites: tuple[int, ...] = ()
    version: TlsVersion | None = None
    chain: tuple[bytes, ...] = ()
    group: int = X25519
    record_bytes: int = 16_384
    declining: Reply = field(default_factory=lambda: Alert(40))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssl2ServerHello:
    """Accept an SSL 2.0 hello with the client's first `ciphers` ciphers (draft-hickman-netscape-ssl-00 section 2.6)."""

    ciphers: int = 3
    certificate: bytes = b"\x30\x00"


Part = ServerHello | Ssl2ServerHello | Reply
Table = Mapping[TlsVersion, Part]


def speaks(
    *versions: TlsVersion, refusing: Part | None = None, chain: tuple[bytes, ...] = ()
) -> dict[TlsVersion, Part]:
    """A table that accepts these versions and meets each other one with `refusing`: alert 70, unless said otherwise."""
    table: dict[TlsVersion, Part] = dict.fromkeys(TlsVersion, refusing or Alert(70))
    for version in versions:
        table[version] = Ssl2ServerHello() if version is TlsVersion.SSL2 else ServerHello(chain=chain)
    return table


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """`table`: what a hello of each version gets; one that it lacks gets alert 70. `names`: other tables, by SNI."""

    table: Table
    names: Mapping[str, Table] = field(default_factory=dict)

    def part(self, hello: Hello) -> Part:
        return self.names.get(hello.server_name or "", self.table).get(hello.version, Alert(70))


class Responder(Listener):
    """Plays a script. `hellos` keeps what clients asked, in order."""

    def __init__(self, script: Script | Table, *, address: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(self._answer, address=address, port=port)
        self.hellos: list[Hello] = []
        self._script = script if isinstance(script, Script) else Script(table=script)
        self._hellos_lock = threading.Lock()

    def _answer(self, connection: socket.socket, _number: int) -> None:
        hello = read_hello(connection)
        if hello is None:
            return
        with self._hellos_lock:
            self.hellos.append(hello)
        reply_to(hello, self._script.part(hello)).play(connection)


def reply_to(hello: Hello, part: Part) -> Reply:
    """Put a part into bytes, with what the client offered."""
    match part:
        case ServerHello():
            return _accept(hello, part)
        case Ssl2ServerHello():
            return Send(_ssl2_server_hello(hello, part))
        case _:
            return part


def _accept(hello: Hello, part: ServerHello) -> Reply:
    suite = next((suite for suite in part.suites or hello.suites if suite in hello.suites), None)
    if suite is None:
        return part.declining
    version = part.version or hello.version
    messages = [_server_hello(hello, part, version, suite)]
    if version is not TlsVersion.TLS13 and part.chain:
        certificates = b"".join(_block(certificate, 3) for certificate in part.chain)
        messages += [_message(11, _block(certificates, 3)), _message(14, b"")]
    outer = WIRE[version] if version is not TlsVersion.TLS13 else WIRE[TlsVersion.TLS12]
    flight = b"".join(messages)
    step = part.record_bytes
    return Send(b"".join(b"\x16" + outer + _block(flight[at : at + step]) for at in range(0, len(flight), step)))


def _server_hello(hello: Hello, part: ServerHello, version: TlsVersion, suite: int) -> bytes:
    """RFC 5246 section 7.4.1.3; RFC 8446 sections 4.1.3 and 4.1.4 for TLS 1.3; RFC 5746 section 3.6 below it."""
    random, extensions = b"responder random, 32 bytes long.", b""
    if version is not TlsVersion.TLS13 and hello.secure_renegotiation:
        extensions = b"\xff\x01\x00\x01\x00"
    if version is TlsVersion.TLS13:
        has_share = part.group in hello.shares
        group = part.group.to_bytes(2, "big")
        random = random if has_share else RETRY_RANDOM
        share = group + _block(bytes(range(1, 33))) if has_share else group
        extensions = b"\x00\x2b" + _block(WIRE[TlsVersion.TLS13]) + b"\x00\x33" + _block(share)
    legacy = WIRE[TlsVersion.TLS12] if version is TlsVersion.TLS13 else WIRE[version]
    session = hello.session if version is TlsVersion.TLS13 else b""
    body = legacy + random + _block(session, 1) + suite.to_bytes(2, "big") + b"\x00"
    return _message(2, body + (_block(extensions) if extensions else b""))


def _ssl2_server_hello(hello: Hello, part: Ssl2ServerHello) -> bytes:
    ciphers = b"".join(suite.to_bytes(3, "big") for suite in hello.suites[: part.ciphers])
    connection = bytes(16)
    lengths = b"".join(len(piece).to_bytes(2, "big") for piece in (part.certificate, ciphers, connection))
    body = b"\x04\x00\x01\x00\x02" + lengths + part.certificate + ciphers + connection
    return (0x8000 | len(body)).to_bytes(2, "big") + body


def _message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _block(body, 3)


def _block(body: bytes, width: int = 2) -> bytes:
    return len(body).to_bytes(width, "big") + body
