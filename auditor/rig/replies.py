"""What a server can do to a client instead of serving it, and the plain things that it can say: one class each.

Shared by the responder and the fault proxy. A reply plays on a connected socket and returns when it is over; the
caller closes. It ends, by OSError or by itself, when the client goes away or the listener shuts the connection.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Protocol

HTTP_TEXT = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NOISE = bytes(range(1, 20)) * 4  # begins like no protocol


class Reply(Protocol):
    """Something that happens on one connection."""

    def play(self, connection: socket.socket) -> None: ...


@dataclass(frozen=True, slots=True)
class Close:
    """Say nothing more: the client reads the end of the stream."""

    def play(self, connection: socket.socket) -> None:
        """What the client sent and nobody read would turn the close into a reset, so the caller has read the hello."""
        connection.shutdown(socket.SHUT_WR)


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection with a TCP reset."""

    def play(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


@dataclass(frozen=True, slots=True)
class Hang:
    """Keep the connection open and silent until the client leaves."""

    def play(self, connection: socket.socket) -> None:
        while connection.recv(4096):
            pass


@dataclass(frozen=True, slots=True)
class Send:
    """Send these bytes, then close."""

    data: bytes

    def play(self, connection: socket.socket) -> None:
        connection.sendall(self.data)
        connection.shutdown(socket.SHUT_WR)


@dataclass(frozen=True, slots=True)
class Drip:
    """Send one byte every `every_s` seconds, and hang at the end of `data`."""

    data: bytes = bytes.fromhex("160301ffff") + bytes(4096)
    every_s: float = 1.0

    def play(self, connection: socket.socket) -> None:
        for byte in self.data:
            connection.sendall(bytes([byte]))
            if not _waits(connection, self.every_s):
                return
        Hang().play(connection)


@dataclass(frozen=True, slots=True)
class Endless:
    """Send `chunk` again and again until the client leaves. The default: TLS records without content, for ever."""

    chunk: bytes = bytes.fromhex("1603030000") * 200

    def play(self, connection: socket.socket) -> None:
        while True:
            connection.sendall(self.chunk)


@dataclass(frozen=True, slots=True)
class Alert:
    """Send one TLS alert (RFC 8446 section 6; level 2 is fatal), then close."""

    code: int
    level: int = 2

    def play(self, connection: socket.socket) -> None:
        Send(b"\x15\x03\x01\x00\x02" + bytes([self.level, self.code])).play(connection)


def _waits(connection: socket.socket, seconds: float) -> bool:
    """Wait, and tell whether the client is still there. What it says meanwhile is dropped, and shortens the wait."""
    connection.settimeout(seconds)
    try:
        return bool(connection.recv(4096))
    except TimeoutError:
        return True
    finally:
        connection.settimeout(None)
