"""What a server's bytes say: records and the handshake messages in them, up to the first byte that is no TLS.

TLS 1.2 and older (RFC 5246 sections 6.2.1 and 7.4): what comes before ChangeCipherSpec stands in the clear.
"""

from __future__ import annotations

from dataclasses import dataclass

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24
SERVER_HELLO, NEW_SESSION_TICKET = 2, 4
CERTIFICATE, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE = 11, 12, 13, 14
NO_CERTIFICATE = b"\x0b\0\0\x03\0\0\0"  # a client's message with an empty list (RFC 5246 section 7.4.6)
RENEGOTIATION_INFO, EXTENDED_MASTER_SECRET = 0xFF01, 23
UNRECOGNIZED_NAME, CLOSE_NOTIFY = 112, 0
PLANTED = b"\x01" * 10  # what our heartbeat carries, so that the answer holds our bytes and not the server's memory


@dataclass(frozen=True)
class Flight:
    """What the server's first messages say. `done`: ServerHelloDone was seen."""

    version: int | None = None  # of the ServerHello
    session: bytes = b""  # its session id
    suite: int = 0
    ticket: bytes = b""  # of a NewSessionTicket (RFC 5077 section 3.3); b"": none came
    done: bool = False
    is_renegotiation_safe: bool = False  # the ServerHello holds renegotiation_info (RFC 5746 section 3.6)
    is_secret_extended: bool = False  # it holds extended_master_secret (RFC 7627)
    leaf: bytes = b""  # the first certificate, DER
    makes_keys: bool = False  # a ServerKeyExchange: the secret is not sent under the certificate's key
    wants_certificate: bool = False


@dataclass(frozen=True)
class Reading:
    """All that was read. `alert`: the first that ends something. `leaked`: a heartbeat response with our bytes."""

    flight: Flight = Flight()
    alert: int | None = None
    leaked: bool = False
    is_tls: bool = True


def read(raw: bytes) -> Reading:
    """Read what came so far, however it is cut."""
    handshake, alert, leaked, at = bytearray(), None, False, 0
    is_clear = True
    while at < len(raw):
        kind, end = raw[at], at + 5 + int.from_bytes(raw[at + 3 : at + 5], "big")
        if kind not in range(20, 25) or raw[at + 1 : at + 2] not in {b"", b"\x03"}:
            return Reading(read_flight(handshake), alert, leaked, is_tls=False)
        body = raw[at + 5 : end]
        is_clear = is_clear and kind != CHANGE_CIPHER_SPEC
        if kind == HANDSHAKE and is_clear:
            handshake += body
        elif kind == ALERT and alert is None and _ends_something(body):
            alert = body[1]
        elif kind == HEARTBEAT and body[:1] == b"\x02" and PLANTED in body:
            leaked = True
        at = end
    return Reading(read_flight(handshake), alert, leaked)


def kinds(raw: bytes) -> list[int]:
    """The content types of the complete records in `raw`, which begins at a record: they stay in the clear."""
    return [kind for kind, _ in with_bodies(raw)]


def with_bodies(raw: bytes) -> list[tuple[int, bytes]]:
    """The same with what is in the records."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at + 5 <= len(raw):
        end = at + 5 + int.from_bytes(raw[at + 3 : at + 5], "big")
        if end > len(raw):
            break
        found.append((raw[at], raw[at + 5 : end]))
        at = end
    return found


def messages(raw: bytes) -> dict[int, bytes]:
    """The complete handshake messages before ChangeCipherSpec, by type, in their order."""
    said = b""
    for kind, body in with_bodies(raw):
        if kind == CHANGE_CIPHER_SPEC:
            break
        said += body if kind == HANDSHAKE else b""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(said):
        end = at + 4 + int.from_bytes(said[at + 1 : at + 4], "big")
        if end <= len(said):
            found.setdefault(said[at], said[at + 4 : end])
        at = end
    return found


def _ends_something(alert: bytes) -> bool:
    """A warning that the name is not known is read past: a ServerHello follows it (RFC 6066 section 3)."""
    return len(alert) >= 2 and alert[1] != CLOSE_NOTIFY and alert[:2] != bytes((1, UNRECOGNIZED_NAME))


def read_flight(handshake: bytes | bytearray) -> Flight:
    """Read handshake messages, the last of which may be cut off."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(handshake):
        end = at + 4 + int.from_bytes(handshake[at + 1 : at + 4], "big")
        if end <= len(handshake) or handshake[at] == SERVER_HELLO:
            found.setdefault(handshake[at], bytes(handshake[at + 4 : end]))
        at = end
    hello = found.get(SERVER_HELLO, b"")
    return Flight(
        version=int.from_bytes(hello[:2], "big") if len(hello) >= 2 else None,
        session=_session(hello),
        suite=int.from_bytes(hello[35 + len(_session(hello)) :][:2], "big"),
        ticket=found.get(NEW_SESSION_TICKET, b"")[6:],
        done=SERVER_HELLO_DONE in found,
        is_renegotiation_safe=RENEGOTIATION_INFO in _extensions(hello),
        is_secret_extended=EXTENDED_MASTER_SECRET in _extensions(hello),
        leaf=_first_certificate(found.get(CERTIFICATE, b"")),
        makes_keys=SERVER_KEY_EXCHANGE in found,
        wants_certificate=CERTIFICATE_REQUEST in found,
    )


def _session(hello: bytes) -> bytes:
    """Behind version and random, with its length before it."""
    return hello[35 : 35 + hello[34]] if len(hello) > 34 else b""


def _extensions(hello: bytes) -> frozenset[int]:
    """The numbers of a ServerHello's extensions: behind version, random, session, suite and compression."""
    session = hello[34] if len(hello) > 34 else 0
    at, found = 35 + session + 3 + 2, set()
    while at + 4 <= len(hello):
        found.add(int.from_bytes(hello[at : at + 2], "big"))
        at += 4 + int.from_bytes(hello[at + 2 : at + 4], "big")
    return frozenset(found)


def _first_certificate(message: bytes) -> bytes:
    return message[6 : 6 + int.from_bytes(message[3:6], "big")]
