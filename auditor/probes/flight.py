"""What a server says in the clear after its ServerHello, up to TLS 1.2: certificates, key exchange, requests.

Nothing here raises on what a server sends: a message whose lengths lie leaves its part of the flight empty. Sources:
RFC 5246 section 7.4, RFC 8422 section 5.4, RFC 6066 section 8.
"""

from __future__ import annotations

from functools import lru_cache

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


class FlightReader:
    """Takes the messages one by one. `chosen`: the suite of the ServerHello. `is_whole`: ServerHelloDone came."""

    def __init__(self, chosen: int, *, is_tls12: bool) -> None:
        self._exchange = suite(chosen)
        self._is_tls12 = is_tls12
        self._certificates: tuple[bytes, ...] = ()
        self._staple = b""
        self._group = 0
        self._has_explicit_curve = False
        self._prime: Prime | None = None
        self._signature: int | None = None
        self._wants_client_certificate = False
        self.has_key_exchange = False
        self.is_whole = False

    def take(self, kind: int, body: bytes) -> None:
        if kind == CERTIFICATE:
            self._certificates = _certificates(body)
        elif kind == CERTIFICATE_STATUS:
            size = int.from_bytes(body[1:4], "big")
            self._staple = body[4:] if body[:1] == bytes([OCSP]) and size == len(body) - 4 else b""
        elif kind == SERVER_KEY_EXCHANGE:
            self._take_key_exchange(body)
        elif kind == CERTIFICATE_REQUEST:
            self._wants_client_certificate = True
        elif kind == DONE:
            self.is_whole = True

    def flight(self) -> Flight:
        """What was read so far."""
        return Flight(
            certificates=self._certificates,
            staple=self._staple,
            group=self._group,
            has_explicit_curve=self._has_explicit_curve,
            prime=self._prime,
            signature=self._signature,
            wants_client_certificate=self._wants_client_certificate,
            has_key_exchange=self.has_key_exchange,
            is_whole=self.is_whole,
        )

    def _take_key_exchange(self, body: bytes) -> None:
        self.has_key_exchange = True
        if "PSK" in self._exchange.key_exchange:  # a hint of the identity comes first (RFC 4279 section 3)
            body = body[2 + int.from_bytes(body[:2], "big") :]
        if self._exchange.is_elliptic:
            self._take_elliptic(body)
        elif self._exchange.is_finite_field:
            self._take_finite_field(body)

    def _take_elliptic(self, body: bytes) -> None:
        """RFC 8422 section 5.4: a curve by name, a point, a signature."""
        if body[:1] and body[0] in EXPLICIT_CURVES:
            self._has_explicit_curve = True
        elif len(body) >= 4 and body[0] == NAMED_CURVE and len(body) >= 4 + body[3]:
            self._group = int.from_bytes(body[1:3], "big")
            self._signature = self._signature_of(body[4 + body[3] :])

    def _take_finite_field(self, body: bytes) -> None:
        """RFC 5246 section 7.4.3: p, g, the public key, a signature."""
        parts: list[bytes] = []
        for _ in range(3):
            size = int.from_bytes(body[:2], "big")
            if not size or len(body) < 2 + size:
                return
            parts.append(body[2 : 2 + size])
            body = body[2 + size :]
        p, g = (part.lstrip(b"\x00") for part in parts[:2])
        if p and g:
            self._prime, self._signature = Prime(p, g), self._signature_of(body)

    def _signature_of(self, rest: bytes) -> int | None:
        """The algorithm before the signature; an anonymous exchange has none, and older versions do not name it."""
        fits = len(rest) >= 4 and int.from_bytes(rest[2:4], "big") == len(rest) - 4
        return int.from_bytes(rest[:2], "big") if self._is_tls12 and fits else None


@lru_cache(maxsize=64)
def _certificates(body: bytes) -> tuple[bytes, ...]:
    """RFC 5246 section 7.4.2. () where any length does not fit. A server says the same in every flight."""
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
