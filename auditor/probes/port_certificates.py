"""Looks further at the certificates of TLS ports, as at those of the web: CAA records, revocation.

Must not know what is wanted of them. Port 25 (`mx`) is not among these ports: nobody who brings mail there asks for
proof. Each handshake goes the port's way to TLS first, inside of the port's own budget, one at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import ClassVar

from auditor.facts.base import Facts
from auditor.facts.caa import CaaSeen
from auditor.facts.revocation import Revocation
from auditor.facts.starttls import Spoken
from auditor.late import one_at_a_time
from auditor.model import Asset, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.caa import caa_asked, caa_of
from auditor.probes.port import Port
from auditor.probes.revocation import AUTHORITIES_ASKED, RevocationProbe
from auditor.probes.starttls.way import PATIENCE, go
from auditor.reach import Reach


class PortRevocationProbe:
    """Was any certificate of the port's path taken back?"""

    kind: ClassVar[str] = "tls"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (Revocation,)
    late: ClassVar[tuple[str, ...]] = RevocationProbe.late

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        with one_at_a_time():
            from auditor.probes.revocation_look import look_at_revocation  # noqa: PLC0415 - brings what reads certificates

        port = Port.of(asset.address)
        way = _way_to(port, reach)
        for endpoint in reach.endpoints(port.host, port.port):
            yield look_at_revocation(endpoint, reach, way)

    def plan(self, asset: Asset) -> Iterable[str]:
        yield _handshakes(Port.of(asset.address), "one TLS handshake")
        yield AUTHORITIES_ASKED


class PortCaaProbe:
    """Who may issue for the port's name?"""

    kind: ClassVar[str] = "tls"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (CaaSeen,)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen]:
        """Raises Unreachable."""
        yield Seen(caa_of(Port.of(asset.address).host, reach))

    def plan(self, asset: Asset) -> Iterable[str]:
        yield caa_asked(Port.of(asset.address).host)


def _way_to(port: Port, reach: Reach) -> Reach:
    """A reach whose connections to the port begin where TLS does."""
    patience = PATIENCE.get(port.spoken, 1.0)
    return reach.through(partial(go, spoken=port.spoken), port=port.port, patience=patience)


def _handshakes(port: Port, handshakes: str) -> str:
    before = "" if port.spoken is Spoken.TLS else f", {port.spoken.label} up to TLS each time"
    return f"tcp {port.host}:{port.port} {handshakes}, one at a time{before}"
