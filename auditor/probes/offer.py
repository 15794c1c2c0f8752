"""A ClientHello that is chosen piece by piece, and its bytes. Knows no socket, and computes no cryptography.

Where `client_hello` asks for a version with all that may be wanted, an offer asks one narrow question: will you take
any of these suites, of these groups, of these signatures? Numbers are those of IANA's TLS registries.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache
from typing import Any, NamedTuple

from auditor.facts.tls import TlsVersion
from auditor.probes.client_hello import NO_COMPRESSION, RENEGOTIATION_SCSV, SIGNATURES, WIRE
from auditor.probes.hello_parts import (
    GREASE,
    block,
    extension,
    hello_record,
    key_share,
    listing,
    random,
    server_name,
    short,
    u16,
)

FALLBACK_SCSV = 0x5600  # RFC 7507: "I was refused a newer version"
DEFLATE = b"\x01\x00"  # RFC 3749, and none
WEB = (b"h2", b"http/1.1")  # what browsers speak inside of TLS, by their names for ALPN (RFC 7301)
HAS_EXTENSIONS = frozenset({TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12, TlsVersion.TLS13})
POINT_FORMATS = extension(11, b"\x01\x00")
SECRET_AND_TICKET = extension(23, b"") + extension(35, b"")  # extended master secret, session ticket
UNKNOWN_NEWER = 0x0305  # a version that was never made: TLS 1.4, as it would be numbered


class Until(Enum):
    """How far an answer is read. What lies beyond costs bytes, and the patience for a server that stops midway."""

    HELLO = auto()  # the ServerHello
    PRIME = auto()  # on to the ServerKeyExchange, where the suite is finite-field Diffie-Hellman
    EXCHANGE = auto()  # on to the ServerKeyExchange
    END = auto()  # the whole flight, up to ServerHelloDone


class Offer(NamedTuple):
    """One question by hello. `groups` () leaves the extension out.

    `options`: offer a stapled OCSP answer, SCTs and compression too. `grease`: add numbers that mean nothing,
    which a server must read past (RFC 8701), and a version that does not exist yet (RFC 5246 appendix E.1).
    `protocols`: what ALPN offers; a server that speaks none of them declines (RFC 7301 section 3.2).
    `fallback`: say that this is a second try after a refusal (RFC 7507). `share`: bring a key share of X25519 to a TLS
    1.3 server that will not ask for one by HelloRetryRequest. `reworded`: the extensions stand in another order.
    `size`: bytes of the message, filled up with padding (RFC 7685); 0 for as many as it takes.
    """

    version: TlsVersion
    suites: tuple[int, ...]
    groups: tuple[int, ...] = ()
    signatures: tuple[int, ...] = SIGNATURES
    options: bool = False
    grease: bool = False
    fallback: bool = False
    share: bool = False
    reworded: bool = False
    size: int = 0
    until: Until = Until.HELLO
    protocols: tuple[bytes, ...] = ()

    def asking(self, suites: tuple[int, ...], groups: tuple[int, ...]) -> Offer:
        """The same with other suites and groups. Hunts ask for nothing else, thousands of times."""
        return Offer._make((self.version, suites, groups, *self[3:]))

    def but(self, **changed: Any) -> Offer:
        """The same with what is `changed`, by the names of the fields."""
        return self._replace(**changed)

    def with_suites(self, *suites: int) -> Offer:
        return self.asking(suites, self.groups)

    def with_groups(self, *groups: int) -> Offer:
        return self.asking(self.suites, groups)


def offer_hello(offer: Offer, host: str) -> bytes:
    """The bytes of an offer, SSL 3.0 to TLS 1.3."""
    signals = (RENEGOTIATION_SCSV, FALLBACK_SCSV) if offer.fallback else (RENEGOTIATION_SCSV,)
    legacy = min(WIRE[offer.version], 0x0303)
    is_13 = offer.version is TlsVersion.TLS13
    return hello_record(
        UNKNOWN_NEWER if offer.grease and not is_13 else legacy,
        session=random() if is_13 else b"",  # RFC 8446 appendix D.4
        suites=(*((GREASE,) if offer.grease else ()), *offer.suites, *signals),
        methods=DEFLATE if offer.options and not is_13 else NO_COMPRESSION,
        extensions=_extensions(offer, host) if offer.version in HAS_EXTENSIONS else b"",
        size=offer.size,
    )


def _extensions(offer: Offer, host: str) -> bytes:
    name = server_name(host)
    usual = _usual(offer.version, offer.groups, offer.signatures, offer.options, offer.grease)
    share = key_share(real=offer.share) if offer.version is TlsVersion.TLS13 else b""
    inside = extension(16, block(b"".join(map(short, offer.protocols)))) if offer.protocols else b""
    if offer.reworded:
        return b"".join((share, inside, *reversed(usual.others), name, usual.first))
    return b"".join((usual.first, name, usual.rest, inside, share))


class _Usual(NamedTuple):
    """All extensions but the server's name, which stands after the `first`, and the last: ALPN, and the key share.

    `rest`: the others in one.
    """

    first: bytes
    others: tuple[bytes, ...]
    rest: bytes


@lru_cache(maxsize=512)
def _usual(
    version: TlsVersion,
    groups: tuple[int, ...],
    signatures: tuple[int, ...],
    options: bool,  # noqa: FBT001 - by name, looking it up takes twice as long
    grease: bool,  # noqa: FBT001
) -> _Usual:
    mark = (GREASE,) if grease else ()
    parts = []
    if groups:
        parts += [listing(10, (*mark, *groups)), POINT_FORMATS]
    parts.append(SECRET_AND_TICKET)
    if version in (TlsVersion.TLS12, TlsVersion.TLS13):
        parts.append(listing(13, (*mark, *signatures)))
    if options:
        parts += [
            extension(5, b"\x01\x00\x00\x00\x00"),  # a stapled OCSP answer, from any responder (RFC 6066 section 8)
            extension(18, b""),  # SCTs (RFC 6962 section 3.3.1)
        ]
    if version is TlsVersion.TLS13:
        parts += [
            extension(43, short(b"".join(u16(one) for one in (*mark, WIRE[TlsVersion.TLS13])))),
            extension(45, b"\x01\x01"),
        ]
    return _Usual(extension(GREASE, b"") if grease else b"", tuple(parts), b"".join(parts))
