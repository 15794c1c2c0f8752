"""A loopback server of SSL 3.0 to TLS 1.2 that plays Heartbleed: it bleeds, or it behaves as RFC 6520 wants, or oddly.

It speaks the handshake up to ServerHelloDone, all that a Heartbleed test sees: it has no key and completes none.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from auditor.rig.listener import Listener

ALERT, HANDSHAKE, HEARTBEAT = 21, 22, 24
UNEXPECTED_MESSAGE, PROTOCOL_VERSION = 10, 70
LONGEST_RECORD = 16_384
PADDING = 16  # RFC 6520 section 4: at least 16 bytes, and a payload that leaves no room for them is discarded
SILENCE_S = 10.0  # how long it waits for a client


class OnHeartbeat(Enum):
    """What it does with a heartbeat request that claims more than it holds."""

    BLEED = auto()  # OpenSSL 1.0.1 to 1.0.1f: answers with as many bytes as were claimed (CVE-2014-0160)
    DISCARD = auto()  # OpenSSL 1.0.1g: silently, as RFC 6520 section 4 says
    ALERT = auto()  # OpenSSL 1.1.1 and later know no heartbeats: unexpected_message
    CLOSE = auto()  # a filter in front of the server
    STALL = auto()  # nothing more, ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    on_heartbeat: OnHeartbeat = OnHeartbeat.BLEED
    version: int = 0x0303  # the highest that it speaks
    lowest: int = 0x0301  # a hello that offers less is refused with protocol_version
    piece: int = LONGEST_RECORD  # its flight is cut into handshake records of at most so many bytes
    warns_first: bool = False  # a warning unrecognized_name before the ServerHello (RFC 6066 section 3)
    hangs_up_after_flight: bool = False  # closes whether or not a heartbeat came


def heartbleed_server(behaviour: Behaviour) -> Listener:
    """A server that behaves so, for a `with` block."""

    return Listener(lambda connection, _: converse(connection, behaviour))


def converse(connection: socket.socket, behaviour: Behaviour) -> None:
    """Play one connection to its end."""
    connection.settimeout(SILENCE_S)
    with suppress(EOFError, struct.error):
        _Conversation(connection, behaviour).hold()


class _Conversation:
    def __init__(self, connection: socket.socket, behaviour: Behaviour) -> None:
        self._connection = connection
        self._behaviour = behaviour

    def hold(self) -> None:
        behaviour = self._behaviour
        kind, hello = self._read_record()
        offered = int.from_bytes(hello[4:6], "big")
        if kind != HANDSHAKE or offered < behaviour.lowest:
            self._send(ALERT, bytes((2, PROTOCOL_VERSION)))
            return
        version = min(offered, behaviour.version)
        if behaviour.warns_first:
            self._send(ALERT, bytes((1, 112)))
        flight = server_flight(version)
        for start in range(0, len(flight), behaviour.piece):
            self._send(HANDSHAKE, flight[start : start + behaviour.piece], version)
        if not behaviour.hangs_up_after_flight:
            self._answer_records(behaviour.on_heartbeat, version)

    def _answer_records(self, on_heartbeat: OnHeartbeat, version: int) -> None:
        while True:
            kind, body = self._read_record(version)
            if kind == ALERT:
                return
            if kind != HEARTBEAT or on_heartbeat is OnHeartbeat.ALERT:
                self._send(ALERT, bytes((2, UNEXPECTED_MESSAGE)), version)
                return
            if on_heartbeat is OnHeartbeat.CLOSE:
                return
            if on_heartbeat is OnHeartbeat.STALL:
                self._stall()
            claimed = int.from_bytes(body[1:3], "big")
            if claimed + 3 + PADDING <= len(body) or on_heartbeat is OnHeartbeat.BLEED:
                self._send(HEARTBEAT, heartbeat_response(body, claimed), version)

    def _stall(self) -> None:
        while self._connection.recv(LONGEST_RECORD):
            pass

    def _read_record(self, version: int | None = None) -> tuple[int, bytes]:
        """The next record. One of another version than was agreed is refused, as OpenSSL does."""
        kind, written, length = struct.unpack("!BHH", self._read_exactly(5))
        body = self._read_exactly(length)
        if version is not None and written != version:
            self._send(ALERT, bytes((2, PROTOCOL_VERSION)), version)
            raise EOFError
        return kind, body

    def _read_exactly(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            more = self._connection.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def _send(self, kind: int, body: bytes, version: int = 0x0301) -> None:
        for start in range(0, len(body), LONGEST_RECORD):
            piece = body[start : start + LONGEST_RECORD]
            self._connection.sendall(struct.pack("!BHH", kind, version, len(piece)) + piece)


def server_flight(version: int) -> bytes:
    """ServerHello, Certificate, ServerHelloDone for RSA key exchange (RFC 5246 sections 7.4.1.3, 7.4.2, 7.4.5)."""
    certificate = b"\x30\x82\x02\x00" + bytes(512)  # the shape of one; nobody who tests for Heartbleed reads it
    hello = struct.pack("!H", version) + bytes(range(32)) + b"\x00" + b"\x00\x2f" + b"\x00"
    chain = len(certificate).to_bytes(3, "big") + certificate
    return _message(2, hello) + _message(11, len(chain).to_bytes(3, "big") + chain) + _message(14, b"")


def heartbeat_response(request: bytes, claimed: int) -> bytes:
    """As many bytes as were claimed: what was sent, then whatever lies behind it in memory."""
    memory = b"(what lay in the server's memory)"
    payload = (request[3:] + memory * (claimed // len(memory) + 1))[:claimed]
    return b"\x02" + struct.pack("!H", claimed) + payload + bytes(PADDING)


def _message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body
