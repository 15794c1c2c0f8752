"""Reads the certificates that one address shows in its handshakes: the same ones once. Must not know what is good."""

from __future__ import annotations

from dataclasses import field

from cryptography import x509

from auditor.errors import Unreachable
from auditor.facts.certificates import CertificateSeen
from auditor.model import Tier
from auditor.probe import Seen, Unseen
from auditor.probes.certificate import load_any
from auditor.probes.certificate_path import parse_shown
from auditor.probes.handshake import Declined, Shown
from auditor.probes.host_name import server_name
from auditor.probes.repository import fetch
from auditor.probes.trust_store import trust_store
from auditor.reach import Endpoint, Reach
from auditor.records import dataclass

ISSUER_BYTES = 65_536
Usual = Shown | Declined | Unreachable


@dataclass(slots=True)
class ChainReader:
    """For one address. `reach`: by which an issuer that is missing is fetched, where the online tier is asked."""

    reach: Reach
    endpoint: Endpoint
    known: dict[tuple[bytes, ...], CertificateSeen] = field(default_factory=dict)

    def read(self, chain: tuple[bytes, ...]) -> CertificateSeen:
        """DER, leaf first. Raises Unreachable: MALFORMED, TOO_LONG."""
        if chain not in self.known:
            self.known[chain] = parse_shown(
                chain,
                asked_name=server_name(self.endpoint.host),
                store=trust_store(self.reach.access.ca_file),
                fetch=self._fetch if self.reach.asked(Tier.ONLINE) else None,
                observed_at=self.reach.now(),
            )
        return self.known[chain]

    def usual(self, hands: Usual) -> Seen | Unseen:
        """The certificate that everybody is shown."""
        locus = self.endpoint.locus
        if not isinstance(hands, Shown):
            detail = locus if isinstance(hands, Declined) else hands.detail
            return Unseen(CertificateSeen, locus, hands.reason, detail)
        try:
            return Seen(self.read(hands.certificates), locus)
        except Unreachable as error:
            return Unseen(CertificateSeen, locus, error.reason, error.detail)

    def _fetch(self, url: str) -> x509.Certificate:
        return fetch_issuer(self.reach, url)


def fetch_issuer(reach: Reach, url: str) -> x509.Certificate:
    """The certificate of an issuer that a server does not send. Raises Unreachable.

    Where it leads is a stranger's word: the walls of private space hold as for redirects.
    """
    return load_any(fetch(reach, url, max_bytes=ISSUER_BYTES))
