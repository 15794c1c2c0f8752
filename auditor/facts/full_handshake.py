"""What a completed handshake agreed to, as any browser would make it. Knows no library and no rule."""

from __future__ import annotations

from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersion
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FullHandshake(Facts):
    """One handshake with everything that this machine's library offers.

    `protocol`: ALPN's choice of h2 and http/1.1, "" for none. `has_staple`: an OCSP answer came along.
    `wants_client_certificate`: one was asked for, which a server may do without insisting. `early_data`: bytes that the
    session tickets allow to be sent before the next handshake is over (RFC 8446 section 4.6.1), 0 for none; None where
    a ticket may still have been on its way, or before TLS 1.3. SCTs are not asked for: the library cannot.
    """

    version: TlsVersion
    protocol: str
    has_staple: bool
    wants_client_certificate: bool
    early_data: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyData(Facts):
    """The settled answer: may a client send data before the handshake is over? `limit`: bytes; 0 is no."""

    version: TlsVersion
    limit: int
