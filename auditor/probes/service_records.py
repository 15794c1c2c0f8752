"""Asks the DNS which keys a service may show (TLSA), and where browsers go for it (HTTPS). Must not judge."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts, target_text
from auditor.facts.service_records import SHA256, WHOLE, HttpsRecord, HttpsRecordsSeen, TlsaRecord, TlsaSeen
from auditor.model import Asset, Tier
from auditor.probe import Company, Seen, Unseen
from auditor.probes.host_name import is_address, server_name
from auditor.probes.https_address import https_of
from auditor.probes.names import LED_ELSEWHERE
from auditor.probes.port import Port
from auditor.reach import Reach

if TYPE_CHECKING:
    from auditor.reach.service_records import Https, HttpsAnswer, Tlsa

BY_ADDRESS = "the service is named by an address, and such records stand at names"
DATA_KEPT = 128  # hexadecimal digits of a TLSA record: the longest hash there is
NAMES_KEPT = 8  # protocols and hints of a record


class ServiceRecordsProbe:
    """What does the DNS say of the web service, besides where it is?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (TlsaSeen, HttpsRecordsSeen)
    company: ClassVar[Company] = Company.JOINS

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        host, port = https_of(asset.address)
        yield _said(TlsaSeen, lambda: tlsa_of(host, port, reach))
        yield _said(HttpsRecordsSeen, lambda: https_records_of(host, port, reach))

    def plan(self, asset: Asset) -> Iterable[str]:
        host, port = https_of(asset.address)
        yield tlsa_asked(host, port)
        yield f"dns HTTPS of {host}, and A and AAAA of the other names that it leads to, from the resolver"


class PortTlsaProbe:
    """Which keys may the port show?"""

    kind: ClassVar[str] = "tls"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (TlsaSeen,)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen]:
        """Raises Unreachable."""
        port = Port.of(asset.address)
        yield Seen(tlsa_of(port.host, port.port, reach))

    def plan(self, asset: Asset) -> Iterable[str]:
        port = Port.of(asset.address)
        yield tlsa_asked(port.host, port.port)


def tlsa_asked(host: str, port: int) -> str:
    """What `tlsa_of` will ask, in words."""
    return f"dns TLSA of _{port}._tcp.{host}, from the resolver"


def _said(kind: type[Facts], look: Callable[[], Facts]) -> Seen | Unseen:
    try:
        return Seen(look())
    except Unreachable as error:
        return Unseen(kind, "", error.reason, error.detail)


def _why_not(name: str, reach: Reach) -> str:
    """Why nobody is asked; "": somebody is."""
    return BY_ADDRESS if is_address(name) else LED_ELSEWHERE if reach.is_led_elsewhere else ""


def tlsa_of(host: str, port: int, reach: Reach) -> TlsaSeen:
    """Raises Unreachable."""
    name = server_name(host)
    place, why_not = f"_{port}._tcp.{name}", _why_not(name, reach)
    if why_not:
        return TlsaSeen(observed_at=reach.now(), name=place, why_not=why_not)
    found = reach.tlsa(name, port)
    return TlsaSeen(
        observed_at=reach.now(),
        name=place,
        records=tuple(map(_tlsa, found.records)),
        is_signed=found.is_signed,
        resolver=found.resolver,
    )


def _tlsa(record: Tlsa) -> TlsaRecord:
    """A record that holds a certificate or a key whole wants what has its hash."""
    wanted = {WHOLE: hashlib.sha256(record.data).hexdigest(), SHA256: record.data.hex()}.get(record.matching, "")
    return TlsaRecord(
        usage=record.usage,
        selector=record.selector,
        matching=record.matching,
        data=target_text(record.data.hex(), DATA_KEPT),
        sha256=wanted if len(wanted) == hashlib.sha256().digest_size * 2 else "",
    )


def https_records_of(host: str, port: int, reach: Reach) -> HttpsRecordsSeen:
    """Raises Unreachable."""
    name = server_name(host)
    if why_not := _why_not(name, reach):
        return HttpsRecordsSeen(observed_at=reach.now(), name=name, port=port, why_not=why_not)
    found = reach.https_records(name, port)
    return HttpsRecordsSeen(
        observed_at=reach.now(),
        name=name,
        port=port,
        records=tuple(_https(record, name, found) for record in found.records),
        resolver=found.resolver,
    )


def _https(record: Https, name: str, found: HttpsAnswer) -> HttpsRecord:
    return HttpsRecord(
        is_alias=not record.priority,
        target=target_text(record.target or name),
        addresses=found.addresses.get(record.target),
        port=record.port,
        protocols=tuple(target_text(one, 32) for one in record.protocols[:NAMES_KEPT]),
        has_ech=record.has_ech,
        hints=record.hints[:NAMES_KEPT],
    )
