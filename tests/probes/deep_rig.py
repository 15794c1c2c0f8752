"""Loopback servers for the played attacks: TLS up to ServerHelloDone with a real RSA key, then good or bad manners.

No build of a library with these holes is to be had here, so the holes are played as their advisories describe them: CCS
injection as OpenSSL 1.0.1g behaves, ROBOT as its paper's oracles do. Everything before that is real: the certificate,
the key, and the padding of what the client encrypted under it.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache

from auditor.rig.authority import Issued, rsa_key, self_signed
from auditor.rig.listener import Listener

CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
TLS12 = 0x0303
RSA_GCM, ECDHE_GCM = 0x009C, 0xC02F
BAD_RECORD_MAC, DECRYPTION_FAILED, UNEXPECTED, HANDSHAKE_FAILURE = 20, 21, 10, 40
SILENCE_S = 10.0


@cache
def issued() -> Issued:
    return self_signed("localhost", key=rsa_key())


class EarlyCcs(Enum):
    """What it does with a ChangeCipherSpec before any key was agreed."""

    REFUSE = auto()  # OpenSSL 1.0.1h and later: unexpected_message
    TAKE = auto()  # OpenSSL 1.0.1g with GCM: takes it, and cannot decrypt what comes next
    TAKE_CBC = auto()  # the same with a block cipher: decryption_failed
    PASS_OVER = auto()  # takes no notice, and refuses the record behind it as out of place
    GRUMBLE = auto()  # says bad_record_mac to any record out of place
    CLOSE = auto()
    SWALLOW = auto()  # says nothing, and closes on the record behind it


class Padding(Enum):
    """How the secret that the client encrypted is padded (RFC 8017 section 7.2.2, RFC 5246 section 7.4.7.1)."""

    RIGHT = auto()
    WRONG_VERSION = auto()
    WRONG_LENGTH = auto()
    NO_ZERO = auto()
    WRONG_START = auto()


CLOSE, WAIT, STALL = "close", "wait", "stall"
Reply = int | str  # an alert, or one of these
Manner = Callable[[Padding, int], Reply]  # the number of the connection, from 1, may matter


def alike(_: Padding, __: int) -> Reply:
    return BAD_RECORD_MAC


def waits(_: Padding, __: int) -> Reply:
    return WAIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """`on_finished`: to a secret with ChangeCipherSpec behind it; `on_secret`: to a secret alone."""

    early_ccs: EarlyCcs = EarlyCcs.REFUSE
    on_finished: Manner = alike
    on_secret: Manner = waits
    has_rsa: bool = True  # False: it makes keys with ECDHE only
    wants_certificate: bool = False
    tail: Callable[[socket.socket], None] | None = field(default=None)  # instead of everything after the flight


def attacked_server(manners: Manners) -> Listener:
    return Listener(lambda connection, number: converse(connection, manners, number))


def converse(connection: socket.socket, manners: Manners, number: int) -> None:
    connection.settimeout(SILENCE_S)
    with suppress(EOFError, struct.error):
        _hold(connection, manners, number)


def _hold(connection: socket.socket, manners: Manners, number: int) -> None:
    kind, hello = _read(connection)
    suites = _suites(hello)
    suite = next((one for one in (ECDHE_GCM, *([RSA_GCM] if manners.has_rsa else [])) if one in suites), None)
    if kind != HANDSHAKE or suite is None:
        _alert(connection, HANDSHAKE_FAILURE)
        return
    _send(connection, HANDSHAKE, flight(suite, wants_certificate=manners.wants_certificate))
    if manners.tail:
        manners.tail(connection)
        return
    kind, body = _read(connection)
    if kind == CCS:
        _meet_early_ccs(connection, manners.early_ccs)
    elif kind == HANDSHAKE:
        _meet_secret(connection, body, manners, number)
    else:
        _alert(connection, BAD_RECORD_MAC if manners.early_ccs is EarlyCcs.GRUMBLE else UNEXPECTED)


def _meet_early_ccs(connection: socket.socket, early_ccs: EarlyCcs) -> None:
    if early_ccs is EarlyCcs.REFUSE:
        _alert(connection, UNEXPECTED)
        return
    if early_ccs is EarlyCcs.CLOSE:
        return
    _read(connection)
    answers = {
        EarlyCcs.TAKE: BAD_RECORD_MAC,
        EarlyCcs.GRUMBLE: BAD_RECORD_MAC,
        EarlyCcs.TAKE_CBC: DECRYPTION_FAILED,
        EarlyCcs.PASS_OVER: UNEXPECTED,
    }
    if early_ccs in answers:
        _alert(connection, answers[early_ccs])


def _meet_secret(connection: socket.socket, body: bytes, manners: Manners, number: int) -> None:
    padding = padding_of(body[6:])
    connection.settimeout(0.15)
    try:
        is_finished = _read(connection)[0] == CCS
    except TimeoutError:
        is_finished = False
    connection.settimeout(SILENCE_S)
    reply = (manners.on_finished if is_finished else manners.on_secret)(padding, number)
    if isinstance(reply, int):
        _alert(connection, reply)
    elif reply == STALL:
        _wait(connection)
    elif reply == WAIT:
        connection.recv(16_384)


def padding_of(encrypted: bytes) -> Padding:
    """Decrypt without unpadding, and look."""
    numbers = issued().key.private_numbers()  # type: ignore[union-attr]
    modulus = numbers.public_numbers.n  # type: ignore[union-attr]
    size = (modulus.bit_length() + 7) // 8
    padded = pow(int.from_bytes(encrypted, "big"), numbers.d, modulus).to_bytes(size, "big")  # type: ignore[union-attr]
    if padded[:2] != b"\x00\x02":
        return Padding.WRONG_START
    zero = padded.find(b"\x00", 10)
    if zero < 0:
        return Padding.NO_ZERO
    if size - zero - 1 != 48:
        return Padding.WRONG_LENGTH
    return Padding.RIGHT if padded[zero + 1 : zero + 3] == b"\x03\x03" else Padding.WRONG_VERSION


def flight(suite: int, *, wants_certificate: bool = False) -> bytes:
    """ServerHello with renegotiation_info, Certificate, what else belongs to it, ServerHelloDone."""
    extensions = b"\xff\x01\x00\x01\x00"
    hello = struct.pack("!H", TLS12) + bytes(range(32)) + b"\x00" + struct.pack("!HB", suite, 0)
    hello += struct.pack("!H", len(extensions)) + extensions
    der = issued().der
    chain = len(der).to_bytes(3, "big") + der
    keys = _message(12, b"\x03\x00\x17\x41" + bytes(65)) if suite == ECDHE_GCM else b""
    request = _message(13, b"\x01\x01\x00\x02\x04\x01\x00\x00") if wants_certificate else b""
    return _message(2, hello) + _message(11, len(chain).to_bytes(3, "big") + chain) + keys + request + _message(14, b"")


def _suites(hello: bytes) -> frozenset[int]:
    at = 38 + 1 + hello[38]
    (length,) = struct.unpack_from("!H", hello, at)
    return frozenset(struct.unpack_from(f"!{length // 2}H", hello, at + 2))


def _read(connection: socket.socket) -> tuple[int, bytes]:
    kind, _, length = struct.unpack("!BHH", _exactly(connection, 5))
    return kind, _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _wait(connection: socket.socket) -> None:
    """Say nothing and do not listen: only a closed connection ends it."""
    while connection.recv(16_384):
        pass


def _alert(connection: socket.socket, code: int) -> None:
    _send(connection, ALERT, bytes((2, code)))


def _send(connection: socket.socket, kind: int, body: bytes) -> None:
    connection.sendall(struct.pack("!BHH", kind, TLS12, len(body)) + body)


def _message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body
