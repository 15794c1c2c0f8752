"""Asks the authorities whether the certificates of a path were taken back. Must not know what that is worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.facts.base import Facts
from auditor.facts.revocation import Revocation
from auditor.late import one_at_a_time
from auditor.model import Asset, Tier
from auditor.probe import Company, Seen, Unseen
from auditor.probes.https_address import https_of
from auditor.reach import Reach

AUTHORITIES_ASKED = "http the revocation lists that its certificates name, once a run; OCSP where one names no list"


class RevocationProbe:
    """Was any certificate of the path taken back?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (Revocation,)
    company: ClassVar[Company] = Company.JOINS
    late: ClassVar[tuple[str, ...]] = ("auditor.probes.revocation_look",)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        with one_at_a_time():
            from auditor.probes.revocation_look import look_at_revocation  # noqa: PLC0415 - brings what reads certificates

        for endpoint in reach.endpoints(*https_of(asset.address)):
            yield look_at_revocation(endpoint, reach, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        host, port = https_of(asset.address)
        yield f"tcp {host}:{port} one TLS handshake"
        yield AUTHORITIES_ASKED
