"""Reads a ClientHello as a server does, for the responder: what a client asks for and offers.

Written from the standards, apart from the prober's own writer, so that the one is a test of the other.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from auditor.facts.tls import TlsVersion

VERSIONS = {
    0x0002: TlsVersion.SSL2,
    0x0300: TlsVersion.SSL3,
    0x0301: TlsVersion.TLS10,
    0x0302: TlsVersion.TLS11,
    0x0303: TlsVersion.TLS12,
    0x0304: TlsVersion.TLS13,
}
SERVER_NAME, GROUPS, SUPPORTED_VERSIONS, KEY_SHARE, RENEGOTIATION = 0, 10, 43, 51, 0xFF01
RENEGOTIATION_SCSV = 0x00FF


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """`version`: the newest one offered. `suites`: in the client's order; three-byte ciphers in SSL 2.0."""

    version: TlsVersion
    suites: tuple[int, ...]
    session: bytes = b""
    server_name: str | None = None
    groups: tuple[int, ...] = ()
    shares: tuple[int, ...] = ()  # groups that it brings a key share for
    secure_renegotiation: bool = False  # RFC 5746: by extension, or by the suite that stands for it


def read_hello(connection: socket.socket) -> Hello | None:
    """Read one ClientHello. None: the client left, or sent no hello."""
    start = _exactly(connection, 5)
    if start[:1] >= b"\x80":
        size = int.from_bytes(start[:2], "big") & 0x7FFF
        return parse_ssl2_hello(start[2:] + _exactly(connection, size - 3))
    message = _exactly(connection, int.from_bytes(start[3:5], "big"))
    return parse_hello(message[4:]) if start[:1] == b"\x16" and message[:1] == b"\x01" else None


def parse_hello(body: bytes) -> Hello | None:
    """RFC 8446 section 4.1.2. None: cut short, or of a version that was never deployed."""
    reader = _Reader(body)
    try:
        legacy, _ = reader.take(2), reader.take(32)
        session, suites, _ = reader.block(1), reader.block(2), reader.block(1)
        extensions = _parse_extensions(reader)
        offered = _u16s(extensions.get(SUPPORTED_VERSIONS, b"")[1:]) or _u16s(legacy)
        versions = [VERSIONS[number] for number in offered if number in VERSIONS]
        return Hello(
            version=max(versions),
            suites=_u16s(suites),
            session=session,
            server_name=_server_name(extensions.get(SERVER_NAME, b"")),
            groups=_u16s(extensions.get(GROUPS, b"")[2:]),
            shares=_shares(extensions.get(KEY_SHARE, b"\x00\x00")),
            secure_renegotiation=RENEGOTIATION in extensions or RENEGOTIATION_SCSV in _u16s(suites),
        )
    except ValueError:
        return None


def parse_ssl2_hello(body: bytes) -> Hello | None:
    """draft-hickman-netscape-ssl-00 section 2.5. Newer versions were once asked for in this form too."""
    reader = _Reader(body)
    try:
        kind, version = reader.take(1), int.from_bytes(reader.take(2), "big")
        sizes = [int.from_bytes(reader.take(2), "big") for _ in range(3)]
        ciphers = reader.take(sizes[0])
    except ValueError:
        return None
    if kind != b"\x01" or version not in VERSIONS:
        return None
    suites = tuple(int.from_bytes(ciphers[at : at + 3], "big") for at in range(0, len(ciphers), 3))
    return Hello(version=VERSIONS[version], suites=suites)


class _Reader:
    """Takes pieces from the front. Raises ValueError where there is less than asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, size: int) -> bytes:
        if len(self.data) < size:
            raise ValueError("cut short")
        piece, self.data = self.data[:size], self.data[size:]
        return piece

    def block(self, width: int) -> bytes:
        return self.take(int.from_bytes(self.take(width), "big"))


def _parse_extensions(reader: _Reader) -> dict[int, bytes]:
    """Type → body; {} where the hello ends before them, as in SSL 3.0."""
    if not reader.data:
        return {}
    block = _Reader(reader.block(2))
    found: dict[int, bytes] = {}
    while block.data:
        kind = int.from_bytes(block.take(2), "big")
        found[kind] = block.block(2)
    return found


def _server_name(body: bytes) -> str | None:
    """RFC 6066 section 3: a list of one host name."""
    if not body:
        return None
    entry = _Reader(_Reader(body).block(2))
    entry.take(1)
    return entry.block(2).decode("ascii", "backslashreplace")


def _shares(body: bytes) -> tuple[int, ...]:
    entries = _Reader(_Reader(body).block(2))
    groups: list[int] = []
    while entries.data:
        groups.append(int.from_bytes(entries.take(2), "big"))
        entries.block(2)
    return tuple(groups)


def _u16s(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2))


def _exactly(connection: socket.socket, size: int) -> bytes:
    """Raises OSError where the client leaves before."""
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionAbortedError("the client left")
        data += piece
    return data
