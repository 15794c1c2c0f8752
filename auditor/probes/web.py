"""Looks at a web service: its certificates, its HTTPS, and what plain HTTP does, at every address behind the name.

Must not know what is wanted of any of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.certificates import CertificateSeen
from auditor.facts.web import HttpsOffer, HttpsService, PlainHttp, Redirects
from auditor.late import one_at_a_time
from auditor.model import Asset, Tier
from auditor.probe import Company, Seen, Unseen
from auditor.probes.certificate_variants import HANDSHAKES, VARIANT_FACTS
from auditor.probes.redirects import Asker, shown
from auditor.probes.web_service import WebService
from auditor.reach import Endpoint, Reach


class WebProbe:
    """Every A and AAAA address of an https URL."""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (
        CertificateSeen,
        HttpsOffer,
        HttpsService,
        PlainHttp,
        Redirects,
        *VARIANT_FACTS,
    )
    company: ClassVar[Company] = Company.JOINS
    late: ClassVar[tuple[str, ...]] = ("auditor.probes.web_look",)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        """Raises Unreachable when the name leads nowhere we may go."""
        with one_at_a_time():
            from auditor.probes.web_look import WebLook  # noqa: PLC0415 - brings what reads certificates

        service = WebService.of(asset)
        secure = _by_locus(reach.endpoints(service.host, service.https_port))
        asker = Asker.of(reach)
        try:
            plain = _by_locus(reach.endpoints(service.host, service.http_port))
        except Unreachable as error:
            plain = {}
            yield Unseen(PlainHttp, "", error.reason, error.detail)
            yield Unseen(Redirects, "", error.reason, error.detail)
        partners = {endpoint.address: endpoint for endpoint in plain.values()}
        for endpoint in secure.values():
            yield from WebLook(reach, asker, service, endpoint, partners.pop(endpoint.address, None)).observations()
        for endpoint in partners.values():
            yield from WebLook(reach, asker, service, endpoint, endpoint).plain_http_alone()

    def plan(self, asset: Asset) -> Iterable[str]:
        service = WebService.of(asset)
        yield f"tcp {service.host}:{service.https_port} one TLS handshake, GET {shown(service.url('https'))}"
        yield f"tcp {service.host}:{service.https_port} {HANDSHAKES}"
        yield f"tcp {service.host}:{service.http_port} GET {shown(service.url('http'))}, then its redirects hop by hop"
        if Tier.ONLINE in asset.tiers:
            yield "http the issuer's certificate, from where the certificate points, if the server does not send it"


def _by_locus(endpoints: tuple[Endpoint, ...]) -> dict[str, Endpoint]:
    """One endpoint per locus: connect-to may map a name to several ports of one address."""
    return {endpoint.locus: endpoint for endpoint in reversed(endpoints)}
