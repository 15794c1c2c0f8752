"""What the DNS says of one service: which keys it may show (TLSA), and where browsers go for it (HTTPS).

Knows no rule. Whether a zone is signed is the word of a resolver that validates, in one bit (AD) that anybody on the
way can set: it counts as in `sshfp`, of a resolver on this machine alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import dns.name
import dns.rdtypes.ANY.TLSA
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA
import dns.rdtypes.IN.HTTPS
import dns.rdtypes.svcbbase as svcb

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.access import Target
from auditor.reach.dns import ask_rows, named
from auditor.records import dataclass

MOST_TARGETS = 8  # other names that records lead to: each is two questions


@dataclass(frozen=True, slots=True)
class Tlsa:
    """One record as it came (RFC 6698 section 2.1)."""

    usage: int
    selector: int
    matching: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TlsaAnswer:
    """`is_signed` None: whoever was asked is not believed in that."""

    records: tuple[Tlsa, ...]
    is_signed: bool | None
    resolver: str


@dataclass(frozen=True, slots=True)
class Https:
    """One record (RFC 9460). `target`: "" is the record's own name. `port` None: the service's own.

    `priority` 0: the target is asked instead of the name (AliasMode). `protocols`: ALPN's names, as they came.
    """

    priority: int
    target: str
    port: int | None
    protocols: tuple[bytes, ...]
    has_ech: bool
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HttpsAnswer:
    """`addresses`: of the targets that are not the service's own name; () where such a target has none."""

    records: tuple[Https, ...]
    addresses: dict[str, tuple[str, ...]]
    resolver: str


def ask_tlsa(
    name: str, port: int, nameservers: tuple[Target, ...], believed: Target | None, seconds: float
) -> TlsaAnswer:
    """The records of the TCP service at a port of a name (RFC 6698 section 3). Raises Unreachable(DNS)."""
    found = ask_rows(f"_{port}._tcp.{name}", dns.rdtypes.ANY.TLSA.TLSA, nameservers, seconds=seconds)
    records = tuple(Tlsa(one.usage, one.selector, one.mtype, one.cert) for one in found.records)
    return TlsaAnswer(records, found.is_validated if found.resolver == believed else None, named(found.resolver))


def ask_https(name: str, port: int, nameservers: tuple[Target, ...], seconds: float) -> HttpsAnswer:
    """The records of an https service (RFC 9460 section 9.1), and where its other targets lie.

    Raises Unreachable: DNS; TOO_LONG for more than `MOST_TARGETS` targets.
    """
    until = time.monotonic() + seconds
    asked = name if port == 443 else f"_{port}._https.{name}"
    found = ask_rows(asked, dns.rdtypes.IN.HTTPS.HTTPS, nameservers, seconds=seconds)
    records = tuple(map(_https, found.records))
    others = sorted({one.target for one in records} - {"", name.rstrip(".").lower()})
    if len(others) > MOST_TARGETS:
        raise Unreachable(Reason.TOO_LONG, f"the HTTPS records of {name}: {len(others)} other names")
    addresses = {other: tuple(_addresses(other, nameservers, until)) for other in others}
    return HttpsAnswer(records, addresses, named(found.resolver))


def _addresses(name: str, nameservers: tuple[Target, ...], until: float) -> Iterator[str]:
    first = ask_rows(name, dns.rdtypes.IN.A.A, nameservers, seconds=max(0.01, until - time.monotonic()))
    yield from (one.address for one in first.records)
    sixth = ask_rows(name, dns.rdtypes.IN.AAAA.AAAA, nameservers, seconds=max(0.01, until - time.monotonic()))
    yield from (one.address for one in sixth.records)


def _https(record: dns.rdtypes.IN.HTTPS.HTTPS) -> Https:
    """Parameters that are not what their kind says are left out: dnspython reads each kind that it knows."""
    port = record.params.get(svcb.ParamKey.PORT)
    protocols = record.params.get(svcb.ParamKey.ALPN)
    hints = (record.params.get(key) for key in (svcb.ParamKey.IPV4HINT, svcb.ParamKey.IPV6HINT))
    return Https(
        priority=record.priority,
        target=record.target.to_text(omit_final_dot=True).lower() if record.target != dns.name.root else "",
        port=port.port if isinstance(port, svcb.PortParam) else None,
        protocols=tuple(protocols.ids) if isinstance(protocols, svcb.ALPNParam) else (),
        has_ech=svcb.ParamKey.ECH in record.params,
        hints=tuple(
            address
            for hint in hints
            if isinstance(hint, (svcb.IPv4HintParam, svcb.IPv6HintParam))
            for address in hint.addresses
        ),
    )
