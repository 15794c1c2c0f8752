"""A TLS 1.2 server with AES-CBC on loopback, handshake and all, that answers wrong records as it is told to."""

from __future__ import annotations

import hashlib
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto

from auditor.deep.cbc import Half, halves, prf
from auditor.rig.listener import Listener
from tests.probes.deep_rig import ALERT, CCS, DATA, HANDSHAKE, flight, issued

RSA_CBC = 0x002F
MAC = 20
VERSION = b"\x03\x03"
CLOSE, WAIT, TALK = "close", "wait", "talk"
Reply = int | str


class Fault(Enum):
    """What is wrong with a record, as a server sees it that looks at padding first."""

    NONE = auto()
    NO_ROOM = auto()
    PADDING = auto()
    MAC = auto()


Manner = Callable[[Fault, bool, int], Reply]  # the fault, is it empty, the number of the connection from 1


def alike(fault: Fault, _: bool, __: int) -> Reply:
    return WAIT if fault is Fault.NONE else 20


def padding_server(manner: Manner) -> Listener:
    def serve(connection: socket.socket, number: int) -> None:
        connection.settimeout(10.0)
        with suppress(EOFError, struct.error, ValueError):
            _hold(connection, manner, number)

    return Listener(serve)


def _hold(connection: socket.socket, manner: Manner, number: int) -> None:
    _, hello = _read(connection)
    said = hello + flight(RSA_CBC)
    _send(connection, HANDSHAKE, flight(RSA_CBC))
    kind, exchange = _read(connection)
    if kind != HANDSHAKE:
        _send(connection, ALERT, bytes((2, 10)))
        return
    master, theirs, ours = halves(_premaster(exchange[6:]), hello[6:38], bytes(range(32)), RSA_CBC)
    _read(connection)
    finished = theirs.content_of(theirs.open(_read(connection)[1]))
    said += exchange + finished
    verify = prf(master, b"server finished", hashlib.sha256(said).digest(), 12)
    _send(connection, CCS, b"\x01")
    connection.sendall(ours.seal(HANDSHAKE, b"\x14\x00\x00\x0c" + verify))
    kind, body = _read(connection)
    fault, is_empty = look(theirs, kind, body)
    reply = manner(fault, is_empty, number)
    if isinstance(reply, int):
        connection.sendall(ours.seal(ALERT, bytes((2, reply))))
    elif reply == TALK:
        connection.sendall(ours.seal(DATA, b"500 what\r\n"))
        _read(connection)
    elif reply == WAIT:
        connection.recv(16_384)


def look(theirs: Half, kind: int, body: bytes) -> tuple[Fault, bool]:
    number, padded = theirs.number, theirs.open(body)
    length = padded[-1] + 1
    if length + MAC > len(padded):
        return Fault.NO_ROOM, False
    content, tag = padded[: -length - MAC], padded[-length - MAC : -length]
    if padded[-length:] != bytes((length - 1,)) * length:
        return Fault.PADDING, not content
    theirs.number = number
    is_right = theirs.mac(kind, content) == tag
    return Fault.NONE if is_right else Fault.MAC, not content


def _premaster(encrypted: bytes) -> bytes:
    numbers = issued().key.private_numbers()  # type: ignore[union-attr]
    modulus = numbers.public_numbers.n  # type: ignore[union-attr]
    padded = pow(int.from_bytes(encrypted, "big"), numbers.d, modulus).to_bytes(256, "big")  # type: ignore[union-attr]
    return padded[-48:]


def _read(connection: socket.socket) -> tuple[int, bytes]:
    head = connection.recv(5, socket.MSG_WAITALL)
    kind, _, length = struct.unpack("!BHH", head)
    return kind, connection.recv(length, socket.MSG_WAITALL)


def _send(connection: socket.socket, kind: int, body: bytes) -> None:
    connection.sendall(bytes((kind,)) + VERSION + struct.pack("!H", len(body)) + body)
