"""What a server says in the clear after its ServerHello, up to TLS 1.2: certificates, key exchange, requests.

Nothing here raises on what a server sends: a message whose lengths lie leaves its part of the flight empty. Sources:
RFC 5246 section 7.4, RFC 8422 section 5.4, RFC 6066 section 8.
"""

from __future__ import annotations

from dataclasses import replace

from auditor.facts.cipher_suites import suite
from auditor.records import dataclass

CERTIFICATE, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, DONE, CERTIFICATE_STATUS = 11, 12, 13, 14, 22
NAMED_CURVE, EXPLICIT_CURVES = 3, (1, 2)
MOST_CERTIFICATES = 100
OCSP = 1


@dataclass(frozen=True, slots=True)
class Prime:
    """The parameters of finite-field Diffie-Hellman, as big-endian bytes without zeros before them."""

    p: bytes
    g: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """What was read of it. `is_whole`: up to ServerHelloDone. `group` 0: none was named; `signature` None: likewise.

    `has_key_exchange`: a ServerKeyExchange came, readable or not.
    """

    certificates: tuple[bytes, ...] = ()  # DER, leaf first
    staple: bytes = b""
    group: int = 0
    has_explicit_curve: bool = False  # a curve of the server's own, by its equation
    prime: Prime | None = None
    signature: int | None = None  # SignatureAndHashAlgorithm, TLS 1.2 alone
    wants_client_certificate: bool = False
    has_key_exchange: bool = False
    is_whole: bool = False


def with_message(flight: Flight, kind: int, body: bytes, *, chosen: int, is_tls12: bool) -> Flight:
    """The flight with one more message. `chosen`: the suite of the ServerHello."""
    match kind:
        case _ if kind == CERTIFICATE:
            return replace(flight, certificates=_certificates(body))
        case _ if kind == CERTIFICATE_STATUS:
            size = int.from_bytes(body[1:4], "big")
            return replace(flight, staple=body[4:] if body[:1] == bytes([OCSP]) and size == len(body) - 4 else b"")
        case _ if kind == SERVER_KEY_EXCHANGE:
            return _with_key_exchange(flight, body, chosen=chosen, is_tls12=is_tls12)
        case _ if kind == CERTIFICATE_REQUEST:
            return replace(flight, wants_client_certificate=True)
        case _ if kind == DONE:
            return replace(flight, is_whole=True)
    return flight


def _certificates(body: bytes) -> tuple[bytes, ...]:
    """RFC 5246 section 7.4.2. () where any length does not fit."""
    if len(body) < 3 or int.from_bytes(body[:3], "big") != len(body) - 3:
        return ()
    found: list[bytes] = []
    at = 3
    while at < len(body):
        size = int.from_bytes(body[at : at + 3], "big")
        at += 3 + size
        if not size or at > len(body) or len(found) == MOST_CERTIFICATES:
            return ()
        found.append(body[at - size : at])
    return tuple(found)


def _with_key_exchange(flight: Flight, body: bytes, *, chosen: int, is_tls12: bool) -> Flight:
    flight = replace(flight, has_key_exchange=True)
    exchange = suite(chosen)
    if "PSK" in exchange.key_exchange:  # a hint of the identity comes first (RFC 4279 section 3)
        body = body[2 + int.from_bytes(body[:2], "big") :]
    if exchange.is_elliptic:
        return _elliptic(flight, body, is_tls12=is_tls12)
    if exchange.is_finite_field:
        return _finite_field(flight, body, is_tls12=is_tls12)
    return flight


def _elliptic(flight: Flight, body: bytes, *, is_tls12: bool) -> Flight:
    """RFC 8422 section 5.4: a curve by name, a point, a signature."""
    if body[:1] and body[0] in EXPLICIT_CURVES:
        return replace(flight, has_explicit_curve=True)
    if len(body) < 4 or body[0] != NAMED_CURVE or len(body) < 4 + body[3]:
        return flight
    rest = body[4 + body[3] :]
    return replace(flight, group=int.from_bytes(body[1:3], "big"), signature=_signature(rest, is_tls12=is_tls12))


def _finite_field(flight: Flight, body: bytes, *, is_tls12: bool) -> Flight:
    """RFC 5246 section 7.4.3: p, g, the public key, a signature."""
    parts: list[bytes] = []
    for _ in range(3):
        size = int.from_bytes(body[:2], "big")
        if not size or len(body) < 2 + size:
            return flight
        parts.append(body[2 : 2 + size])
        body = body[2 + size :]
    p, g = (part.lstrip(b"\x00") for part in parts[:2])
    return replace(flight, prime=Prime(p, g), signature=_signature(body, is_tls12=is_tls12)) if p and g else flight


def _signature(rest: bytes, *, is_tls12: bool) -> int | None:
    """The algorithm before the signature; an anonymous exchange has none, and older versions do not name it."""
    fits = len(rest) >= 4 and int.from_bytes(rest[2:4], "big") == len(rest) - 4
    return int.from_bytes(rest[:2], "big") if is_tls12 and fits else None
