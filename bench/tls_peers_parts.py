"""Parts of what our prober asks, by its own conversations: what nmap tells, and the facts that the peers share.

`SuitesProbe`: the suites of every version, as nmap's ssl-enum-ciphers tells them. nmap tells the size of each key
exchange and who decides beside that; ours of this row reads primes, and tells neither. `SharedProbe`: groups, too; with
the leaf of `tls_peers_leaf` those are the facts for which connections were promised. Neither asks for options,
signatures and preferences or sends long hellos, and no full handshake proves what is outdated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import ClassVar

from auditor.facts.base import Facts
from auditor.facts.tls_exchange import TlsGroups
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Asset, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.detail_answers import Unanswered
from auditor.probes.detail_suites import tls_groups, tls_suites
from auditor.probes.tls import MOST_HELLOS, converse, https_of, scan_versions
from auditor.probes.tls_detail import CONTROLS, Detail, Talk
from auditor.probes.tls_plan import SecondPlan
from auditor.probes.tls_scan import Scan
from auditor.probes.tls_topics import Topic
from auditor.reach import Endpoint, Reach

Makers = Mapping[type[Facts], Callable[[Detail, datetime], Facts]]


class SuitesProbe:
    """The suites of every version that each endpoint takes."""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (TlsSuites,)
    makers: ClassVar[Makers] = {TlsSuites: tls_suites}

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        for endpoint in reach.endpoints(*https_of(asset.address)):
            yield from self._look(endpoint, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        yield f"tcp {asset.address}: TLS hellos for the suites of every version"

    def _look(self, endpoint: Endpoint, reach: Reach) -> Iterator[Seen | Unseen]:
        scan = scan_versions(endpoint, reach)
        if scan.control is None:
            yield from (Unseen(kind, endpoint.locus, *scan.nothing_seen()) for kind in self.makers)
            return
        found = self._conversation(scan)
        converse(found.talk(), endpoint, reach)
        for kind, make in self.makers.items():
            try:
                yield Seen(make(found, reach.now()), endpoint.locus)
            except Unanswered as unanswered:
                yield Unseen(kind, endpoint.locus, *unanswered.why)

    def _conversation(self, scan: Scan) -> Detail:
        return _Suites(scan)


class SharedProbe(SuitesProbe):
    """The suites of every version, and the groups."""

    yields: ClassVar[tuple[type[Facts], ...]] = (TlsSuites, TlsGroups)
    makers: ClassVar[Makers] = {TlsSuites: tls_suites, TlsGroups: tls_groups}

    def _conversation(self, scan: Scan) -> Detail:
        return _Shared(scan, most=MOST_HELLOS)


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


class _Shared(Detail):
    """Of the second round the older groups alone."""

    def _plan_second(self) -> SecondPlan:
        return _OldGroups(self.first)


class _OldGroups(SecondPlan):
    @property
    def topics(self) -> tuple[Topic, ...]:
        return (self.old_groups,) if self.old_groups else ()
