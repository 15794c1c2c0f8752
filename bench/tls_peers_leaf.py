"""The certificate alone, as the web probe reads it, without its requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.facts.base import Facts
from auditor.facts.certificates import CertificateSeen
from auditor.model import Asset, Tier
from auditor.probe import Seen
from auditor.probes.certificate_path import parse_shown
from auditor.probes.handshake import Shown, shake_hands
from auditor.probes.host_name import server_name
from auditor.probes.tls import https_of
from auditor.probes.trust_store import trust_store
from auditor.reach import Reach


class LeafProbe:
    """One handshake that fetches it, and the validation of its path."""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (CertificateSeen,)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen]:
        for endpoint in reach.endpoints(*https_of(asset.address)):
            with reach.stream(endpoint) as stream:
                hands = shake_hands(stream, server_name(endpoint.host))
            if isinstance(hands, Shown):
                yield Seen(self._read(hands, endpoint.host, reach), endpoint.locus)

    def plan(self, asset: Asset) -> Iterable[str]:
        yield f"tcp {asset.address}: one TLS handshake"

    def _read(self, hands: Shown, host: str, reach: Reach) -> CertificateSeen:
        store = trust_store(reach.access.ca_file)
        now = reach.now()
        return parse_shown(hands.certificates, asked_name=server_name(host), store=store, fetch=None, observed_at=now)
