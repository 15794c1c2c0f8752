"""Which certificate does an address show to clients of one key type only, and to those that name no server?

Must not know what a good certificate is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.facts.base import Facts
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate
from auditor.facts.full_handshake import FullHandshake
from auditor.late import one_at_a_time
from auditor.model import Asset, Tier
from auditor.probe import Company, Seen, Unseen
from auditor.probes.https_address import https_of
from auditor.reach import Reach

VARIANT_FACTS: tuple[type[Facts], ...] = (CertificateVariant, NamelessCertificate, FullHandshake)
HANDSHAKES = "four TLS handshakes, or some more: as usual, for RSA alone, for ECDSA alone, and without a name"


class CertificateVariantsProbe:
    """What do clients see that know one key type, or no server's name?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = VARIANT_FACTS
    company: ClassVar[Company] = Company.JOINS
    late: ClassVar[tuple[str, ...]] = ("auditor.probes.variants_look",)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        with one_at_a_time():
            from auditor.probes.variants_look import look_at_variants  # noqa: PLC0415 - brings what reads certificates

        for endpoint in reach.endpoints(*https_of(asset.address)):
            yield from look_at_variants(endpoint, reach, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        host, port = https_of(asset.address)
        yield f"tcp {host}:{port} {HANDSHAKES}"
