"""Looks at a TLS port that is no web service, directly or behind STARTTLS, at every address behind its name.

Must not know what is wanted of any of it. One connection at a time: such servers count those who come and go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from auditor.facts.base import Facts
from auditor.facts.certificate_variants import LeavesShown
from auditor.facts.certificates import CertificateSeen
from auditor.facts.starttls import LoginBeforeTls, Spoken, StartTls
from auditor.facts.tls_suites import TlsSuites
from auditor.late import one_at_a_time
from auditor.model import Asset, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.certificate_variants import HANDSHAKES, VARIANT_FACTS
from auditor.probes.port import Port
from auditor.probes.tls import MOST_HELLOS, TlsProbe
from auditor.probes.tls_handshakes import MOST_HANDSHAKES
from auditor.reach import Reach

if TYPE_CHECKING:
    from auditor.probes.port_look import PortLook

TLS_FACTS = TlsProbe.yields
PORT_FACTS: tuple[type[Facts], ...] = (StartTls, LoginBeforeTls, *TLS_FACTS)


class TlsPortProbe:
    """A port to which people and programs of the city come: they can check its certificate, so it is looked at."""

    kind: ClassVar[str] = "tls"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (*PORT_FACTS, CertificateSeen, *VARIANT_FACTS)
    late: ClassVar[tuple[str, ...]] = ("auditor.probes.port_look",)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        """Raises Unreachable when the name leads nowhere we may go."""
        for look in _looks(asset, reach):
            sights = look.sights()
            yield from (sights[kind] for kind in PORT_FACTS)
            yield from look.certificates()

    def plan(self, asset: Asset) -> Iterable[str]:
        yield from _plan(asset)
        port = Port.of(asset.address)
        yield f"tcp {port.host}:{port.port} {HANDSHAKES}, one at a time as well"
        if Tier.ONLINE in asset.tiers:
            yield "http the issuer's certificate, from where the certificate points, if the server does not send it"


class MxProbe:
    """Port 25 of a mail exchanger. Senders take any certificate there (RFC 7435), so none is looked at."""

    kind: ClassVar[str] = "mx"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = tuple(kind for kind in PORT_FACTS if kind is not LeavesShown)
    late: ClassVar[tuple[str, ...]] = ("auditor.probes.port_look",)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        """Raises Unreachable when the name leads nowhere we may go."""
        for look in _looks(asset, reach):
            sights = look.sights()
            yield from (_of_mx(sights[kind]) for kind in self.yields)

    def plan(self, asset: Asset) -> Iterable[str]:
        return _plan(asset)


def _looks(asset: Asset, reach: Reach) -> Iterator[PortLook]:
    """One for each address. Raises Unreachable."""
    with one_at_a_time():
        from auditor.probes.port_look import PortLook  # noqa: PLC0415 - brings what reads certificates

    port = Port.of(asset.address)
    endpoints = reach.endpoints(port.host, port.port)
    for number, endpoint in enumerate(endpoints):
        yield PortLook(reach, port.spoken, endpoint, len(endpoints) - number)


def _of_mx(sight: Seen | Unseen) -> Seen | Unseen:
    """Who comes to port 25 asks for no proof, so a suite without one takes nothing away."""
    if isinstance(sight, Seen) and isinstance(sight.facts, TlsSuites):
        return replace(sight, facts=replace(sight.facts, opportunistic=True))
    return sight


def _plan(asset: Asset) -> Iterator[str]:
    port = Port.of(asset.address)
    asks_on = port.spoken is not Spoken.MYSQL or Tier.DEEP in asset.tiers
    hellos = f"some 30 TLS hellos, up to {MOST_HELLOS}" if asks_on else "some 10 TLS hellos, up to 42"
    before = "" if port.spoken is Spoken.TLS else f"; {port.spoken.label} up to TLS each time, no login, no mail"
    handshakes = f"up to {1 + MOST_HANDSHAKES} TLS handshakes" if asks_on else "one TLS handshake"
    yield f"tcp {port.host}:{port.port} {handshakes} and {hellos} to each address, one at a time{before}"
