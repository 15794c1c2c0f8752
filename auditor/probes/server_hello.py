"""Reads what a server answers to a ClientHello: its ServerHello and, where asked to, what follows in the clear.

Any bytes end as one of the answers below: nothing here raises on what a server sends, and nothing is kept beyond one
record and one message. Knows no socket. Sources: RFC 8446 and 5246 sections 4 to 7; SSL 2.0,
draft-hickman-netscape-ssl-00 section 2.6.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from types import MappingProxyType

from auditor.facts.cipher_suites import suite
from auditor.model import Reason
from auditor.probes.flight import Flight, FlightReader
from auditor.probes.offer import Until
from auditor.records import dataclass

ALERT, HANDSHAKE = 21, 22
SERVER_HELLO = 2
TLS12 = 0x0303
CLOSE_NOTIFY = 0
WARNING = 1
ALERT_BYTES = 7  # of a record with one alert
RECORD_LIMIT = 16_384 + 2_048  # RFC 5246 section 6.2.3; SSL 3.0 and TLS 1.0 allow no more
HELLO_LIMIT = 16_384  # bytes of a ServerHello; real ones are below 300
MESSAGE_LIMIT = 65_536  # bytes of any message after it; the longest are chains of certificates
RETRY_RANDOM = bytes.fromhex(
    "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
)  # RFC 8446 section 4.1.3
SUPPORTED_VERSIONS, KEY_SHARE = 43, 51
RECORD, MESSAGE = struct.Struct(">BBxH"), struct.Struct(">I")  # the heads of both; a message's type is its first byte
BOTH = struct.Struct(">BBxHI")  # the head of a record, and of the message that it begins with
CHOICE, EXTENSION = struct.Struct(">HB"), struct.Struct(">HH")
TLS_MAJOR = 3
SSL2_ERROR, SSL2_SERVER_HELLO = 0, 4
NO_EXTENSIONS: Mapping[int, bytes] = MappingProxyType({})
UNREAD = Flight()


@dataclass(frozen=True, slots=True)
class ServerHello:
    """A ServerHello or HelloRetryRequest. `version`, `suite` and `compression` are the numbers on the wire.

    `group`: of TLS 1.3, what the HelloRetryRequest or the key share names; 0 where none is. `extensions`: number and
    body. `flight`: what was read after it, of versions up to TLS 1.2.
    """

    version: int
    suite: int
    compression: int = field(default=0, compare=False)
    group: int = field(default=0, compare=False)
    extensions: Mapping[int, bytes] = field(default_factory=lambda: NO_EXTENSIONS, compare=False)
    flight: Flight = field(default=UNREAD, compare=False)

    def with_flight(self, flight: Flight) -> ServerHello:
        """The same, and what was read after it."""
        return ServerHello(self.version, self.suite, self.compression, self.group, self.extensions, flight)


@dataclass(frozen=True, slots=True)
class Alert:
    """A fatal alert, or a warning after which the server closed."""

    code: int


@dataclass(frozen=True, slots=True)
class Ssl2Hello:
    """A SERVER-HELLO of SSL 2.0. `ciphers`: how many it would use, may be 0; `kinds`: which, () if it was cut short."""

    ciphers: int
    kinds: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Ssl2Error:
    code: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing that could be read as an answer. `dialled` is False where not even a connection was made.

    `is_prompt`: it came once the whole hello had gone out, and soon after; False where a deadline may stand behind it.
    """

    reason: Reason
    detail: str
    dialled: bool = True
    is_prompt: bool = field(default=True, compare=False)

    @property
    def closing(self) -> Reason | None:
        """CLOSED or RESET where the server ended the connection on the hello, without a word; None otherwise."""
        ends = self.reason in (Reason.CLOSED, Reason.RESET)
        return self.reason if ends and self.dialled and self.is_prompt else None


Answer = ServerHello | Alert | Ssl2Hello | Ssl2Error | Silence


class AnswerReader:
    """Takes bytes as they come; `feed` gives the answer as soon as it is clear, `end` when the server has closed."""

    # As long as nothing came. One is made for each hello, and most hear one short answer.
    answer: Answer | None = None  # once `hear` has heard enough
    received = 0
    _hello: ServerHello | None = None  # without what came after it
    _flight: FlightReader | None = None
    _ssl2_hello: Ssl2Hello | None = None
    _unread = b""
    _handshake = b""
    _alert = b""
    _warning: int | None = None

    def __init__(self, *, ssl2: bool = False, until: Until = Until.HELLO) -> None:
        self._ssl2 = ssl2
        self._until = until

    @property
    def has_hello(self) -> bool:
        """Did a ServerHello come, after which more was asked for?"""
        return self._hello is not None or self._ssl2_hello is not None

    def hear(self, data: bytes) -> bool:
        """Take bytes and keep the answer that they make clear. True: there is one; no more is needed."""
        if data and self.answer is None:
            self.answer = (self.received == 0 and self._at_once(data)) or self.feed(data)
        return self.answer is not None

    def _at_once(self, data: bytes) -> Answer | None:
        """What `feed` makes of most first bytes: a fatal alert alone, or a whole ServerHello of which no more is asked.

        None: these are others.
        """
        if len(data) == ALERT_BYTES:
            return _fatal(data)
        if len(data) < BOTH.size:
            return None
        kind, major, size, first = BOTH.unpack_from(data)
        end = BOTH.size + (first & 0xFFFFFF)
        is_whole = end <= RECORD.size + size <= len(data) and size <= HELLO_LIMIT
        if kind != HANDSHAKE or major != TLS_MAJOR or first >> 24 != SERVER_HELLO or not is_whole:
            return None
        hello = parse_server_hello(data[BOTH.size : end])
        is_all = self._until is Until.HELLO or isinstance(hello, Silence) or not _reads_on(hello, self._until)
        return hello if is_all else None

    def feed(self, data: bytes) -> Answer | None:
        """Not to be called again once it has given an answer."""
        self.received += len(data)
        unread = self._unread + data if self._unread else data
        if self._ssl2 and unread[:1] >= b"\x80":
            self._unread = unread
            return self._ssl2_of(unread)
        at, came = 0, len(unread)
        while came - at >= RECORD.size:
            kind, major, size = RECORD.unpack_from(unread, at)
            if major != TLS_MAJOR or (kind != HANDSHAKE and kind != ALERT):  # noqa: PLR1714 - what is asked most often
                return self._not_tls(unread[at:])
            if size > RECORD_LIMIT:
                return self._heard() or Silence(Reason.MALFORMED, f"announced a record of {size} bytes")
            start, end = at + RECORD.size, at + RECORD.size + size
            if came < end:
                break
            self._ssl2 = False  # what began in TLS records goes on in them
            answer = self._alert_of(unread[start:end]) if kind == ALERT else self._handshake_of(unread[start:end])
            if answer is not None:
                return answer
            at = end
        else:
            if _is_not_tls(unread[at:]):
                return self._not_tls(unread[at:])
        self._unread = unread[at:]
        return None

    def _not_tls(self, start: bytes) -> Answer:
        return self._heard() or Silence(Reason.NOT_TLS, _in_words(start))

    def end(self) -> Answer:
        """The server closed, and the answer was not clear before; a ServerHello stays one, whatever was to follow."""
        if (hello := self._heard()) is not None:
            return hello
        if self._ssl2_hello is not None:
            return self._ssl2_hello
        if self._warning is not None:
            return Alert(self._warning)
        if self.received:
            return Silence(Reason.TRUNCATED, f"closed after {self.received} bytes")
        return Silence(Reason.CLOSED, "closed without a word")

    def _ssl2_of(self, record: bytes) -> Answer | None:
        """The beginning tells that it is a SERVER-HELLO, the rest of the record which ciphers it names."""
        answer = _ssl2_answer(record)
        if not isinstance(answer, Ssl2Hello):
            return answer
        self._ssl2_hello = answer
        return answer if len(record) >= 2 + (int.from_bytes(record[:2], "big") & 0x7FFF) else None

    def _alert_of(self, fragment: bytes) -> Answer | None:
        """A warning is kept and read past: Apache sent unrecognized_name (112) as one, and then its ServerHello."""
        if self._hello is not None:
            return self._heard()
        self._alert += fragment
        if len(self._alert) < 2:
            return None
        level, code, self._alert = self._alert[0], self._alert[1], self._alert[2:]
        if code == CLOSE_NOTIFY:
            return self.end() if self._warning is not None else Silence(Reason.CLOSED, "sent close_notify")
        if level == WARNING:
            self._warning = code
            return None
        return Alert(code)

    def _handshake_of(self, fragment: bytes) -> Answer | None:
        unread = self._handshake + fragment if self._handshake else fragment
        at, came = 0, len(unread)
        while came - at >= MESSAGE.size:
            first = MESSAGE.unpack_from(unread, at)[0]
            kind, size = first >> 24, first & 0xFFFFFF
            if self._hello is None and (kind != SERVER_HELLO or size > HELLO_LIMIT):
                return Silence(Reason.MALFORMED, f"began with handshake message {kind} of {size} bytes")
            if size > MESSAGE_LIMIT:
                return self._heard()
            start, end = at + MESSAGE.size, at + MESSAGE.size + size
            if came < end:
                break
            body = unread[start:end]
            answer = self._first(body) if self._flight is None else self._next(self._flight, kind, body)
            if answer is not None:
                return answer
            at = end
        self._handshake = unread[at:]
        return None

    def _first(self, body: bytes) -> Answer | None:
        """The ServerHello: all that was asked for, or what is read on from."""
        hello = parse_server_hello(body)
        if self._until is Until.HELLO or isinstance(hello, Silence) or not _reads_on(hello, self._until):
            return hello
        self._hello = hello
        self._flight = FlightReader(hello.suite, is_tls12=hello.version == TLS12)
        return None

    def _next(self, flight: FlightReader, kind: int, body: bytes) -> Answer | None:
        flight.take(kind, body)
        is_enough = flight.is_whole or (flight.has_key_exchange and self._until is not Until.END)
        return self._heard() if is_enough else None

    def _heard(self) -> ServerHello | None:
        """The ServerHello, with what was read after it; None where none came."""
        if self._hello is None or self._flight is None:
            return None
        return self._hello.with_flight(self._flight.flight())


@lru_cache(maxsize=64)
def _fatal(data: bytes) -> Alert | None:
    """The alert, where these bytes are a record of one that is no warning and no goodbye."""
    is_alert = data[0] == ALERT and data[1] == TLS_MAJOR and data[3:5] == b"\x00\x02"
    return Alert(data[6]) if is_alert and data[5] != WARNING and data[6] != CLOSE_NOTIFY else None


def _reads_on(hello: ServerHello, until: Until) -> bool:
    """Does more come in the clear that was asked for?"""
    return hello.version <= TLS12 and (until is not Until.PRIME or suite(hello.suite).is_finite_field)


def parse_server_hello(body: bytes) -> ServerHello | Silence:
    """Read the body of one ServerHello (RFC 8446 section 4.1.3). Lengths that do not fit are MALFORMED."""
    at = 35 + (body[34] if len(body) > 34 else 0)
    if len(body) < at + 3 or at > 35 + 32:
        return Silence(Reason.MALFORMED, "sent a ServerHello that is cut short")
    return _chosen(body[:2], body[at:], body[2:34] == RETRY_RANDOM)


@lru_cache(maxsize=512)
def _chosen(legacy: bytes, rest: bytes, is_retry: bool) -> ServerHello | Silence:  # noqa: FBT001 - as in `offer`
    """What stands before and after the server's random and the session: most servers say the same over and over."""
    extensions = _parse_extensions(rest[3:])
    if extensions is None:
        return Silence(Reason.MALFORMED, "sent a ServerHello whose extensions do not fit")
    selected = extensions.get(SUPPORTED_VERSIONS)
    if (selected is not None and len(selected) != 2) or (selected is None and is_retry):
        return Silence(Reason.MALFORMED, "sent a ServerHello without a readable version")
    number, compression = CHOICE.unpack_from(rest)
    return ServerHello(
        int.from_bytes(legacy if selected is None else selected, "big"),
        number,
        compression,
        int.from_bytes(extensions.get(KEY_SHARE, b"")[:2], "big"),
        extensions,
    )


@lru_cache(maxsize=64)
def _parse_extensions(block: bytes) -> Mapping[int, bytes] | None:
    """Type → body; {} where there is no block (SSL 3.0 to TLS 1.2). None: a length is wrong, or a type doubled."""
    if not block:
        return NO_EXTENSIONS
    if len(block) < 2 or int.from_bytes(block[:2], "big") != len(block) - 2:
        return None
    found: dict[int, bytes] = {}
    at = 2
    while at < len(block):
        if at + 4 > len(block):
            return None
        kind, size = EXTENSION.unpack_from(block, at)
        at += 4 + size
        if at > len(block) or kind in found:
            return None
        found[kind] = block[at - size : at]
    return MappingProxyType(found)


def _in_words(start: bytes) -> str:
    """How an answer began: 'HTTP/1.1 400 Bad', or \\x for what no text has."""
    return f"answered with {start[:16]!r}".replace("with b", "with ", 1)


def _is_not_tls(start: bytes) -> bool:
    """Before its ServerHello a server sends handshake and alert records only, of major version 3."""
    return start[:1] not in (b"", b"\x15", b"\x16") or start[1:2] not in (b"", b"\x03")


def _ssl2_answer(record: bytes) -> Answer | None:
    """Read a record of SSL 2.0 with its two-byte header: SERVER-HELLO, ERROR, or nonsense."""
    if len(record) < 3:
        return None
    size, kind = int.from_bytes(record[:2], "big") & 0x7FFF, record[2]
    if kind == SSL2_ERROR and size == 3:
        return Ssl2Error(int.from_bytes(record[3:5], "big")) if len(record) >= 5 else None
    if kind != SSL2_SERVER_HELLO or size < 11:
        return Silence(Reason.NOT_TLS, _in_words(record))
    if len(record) < 13:
        return None
    certificate, ciphers, connection = (int.from_bytes(record[at : at + 2], "big") for at in (7, 9, 11))
    fits = size == 11 + certificate + ciphers + connection and ciphers % 3 == 0
    if record[5:7] != b"\x00\x02" or not fits:
        return Silence(Reason.MALFORMED, "sent an SSL 2.0 SERVER-HELLO whose lengths do not fit")
    specs = record[13 + certificate : 13 + certificate + ciphers]
    whole = len(specs) == ciphers
    return Ssl2Hello(
        ciphers // 3, tuple(int.from_bytes(specs[at : at + 3], "big") for at in range(0, ciphers, 3)) if whole else ()
    )
