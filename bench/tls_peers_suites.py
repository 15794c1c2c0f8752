"""What nmap's ssl-enum-ciphers tells, and nothing else: the suites of every version, by our own prober's conversations.

The first conversation is held as ever. Of the second only the hunts for suites are: no groups, no options, signatures
and preferences, no long hello; and no full handshake proves what is outdated. nmap tells the size of each key exchange
and who decides beside that; ours of this row reads primes, and tells neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.facts.base import Facts
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Asset, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.detail_answers import Unanswered
from auditor.probes.detail_suites import tls_suites
from auditor.probes.tls import MOST_HELLOS, converse, https_of, scan_versions
from auditor.probes.tls_detail import CONTROLS, Detail, Talk
from auditor.probes.tls_scan import Scan
from auditor.reach import Endpoint, Reach


class SuitesProbe:
    """The suites of every version that each endpoint takes."""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (TlsSuites,)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        for endpoint in reach.endpoints(*https_of(asset.address)):
            yield self._look(endpoint, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        yield f"tcp {asset.address}: TLS hellos for the suites of every version"

    def _look(self, endpoint: Endpoint, reach: Reach) -> Seen | Unseen:
        scan = scan_versions(endpoint, reach)
        if scan.control is None:
            return Unseen(TlsSuites, endpoint.locus, *scan.nothing_seen())
        found = _Suites(scan)
        converse(found.talk(), endpoint, reach)
        try:
            return Seen(tls_suites(found, reach.now()), endpoint.locus)
        except Unanswered as unanswered:
            return Unseen(TlsSuites, endpoint.locus, *unanswered.why)


class _Suites(Detail):
    """The first round alone, without its groups."""

    def __init__(self, scan: Scan) -> None:
        super().__init__(scan, most=MOST_HELLOS)
        self.first.groups = None
        self._is_calm = False  # nothing comes after it

    def talk(self) -> Talk:
        control = self.scan.standing
        if control is None:
            self._give_up(self.first.topics)
            return
        yield from self._run(self.first.topics, control, allowed=self._most - CONTROLS)
        for version in self.first.late:
            self.scan.accept_late(version)
