"""The connections that asking for TLS versions costs, by kind of host. The pauses before retries are left out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.model import Asset
from auditor.probe import Seen
from auditor.probes.tls import look_at_versions
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.replies import Alert, Close
from auditor.rig.responder import Responder, Table, speaks
from bench.figures import Figure, at_most, show

V = TlsVersion
MODERN = (V.TLS12, V.TLS13)
PLANNED = 42  # what `auditor inventory plan` says of one address
HOSTS: dict[str, Table] = {
    "TLS 1.2 and 1.3": speaks(*MODERN),
    "the same, closes on SSL 2.0": speaks(*MODERN) | {V.SSL2: Close()},
    "the same, alert 80 to 1.0 and 1.1": speaks(*MODERN) | {V.TLS10: Alert(80), V.TLS11: Alert(80)},
    "TLS 1.2 alone": speaks(V.TLS12),
    "every version": speaks(*V),
    "closes on all that is old": speaks(*MODERN, refusing=Close()),
    "no TLS version at all": speaks(),
}


@dataclass(frozen=True, slots=True)
class Cost:
    connections: int
    is_whole: bool  # nothing was left unknown


def figures() -> Iterator[Figure]:
    for name, table in HOSTS.items():
        cost = count(table)
        left = "" if cost.is_whole else ", something left unknown"
        figure = at_most(f"versions of a host: {name}", cost.connections, PLANNED)
        yield Figure(figure.name, figure.measured + left, figure.goal, figure.met)


def count(table: Table) -> Cost:
    with Responder(table) as server:
        mapped = {("host.example", 443): (Target("127.0.0.1", server.port),)}
        reaches = Reaches(Access(limits=Limits(pause_s=0.0), connect_to=mapped))
        asset = Asset(id="web", kind="web", address="https://host.example/", system="bench")
        reach = reaches.of(asset)
        (seen,) = (look_at_versions(endpoint, reach) for endpoint in reach.endpoints("host.example", 443))
    is_whole = isinstance(seen, Seen) and isinstance(seen.facts, TlsVersions) and not seen.facts.unknown
    return Cost(reaches.connections, is_whole)


if __name__ == "__main__":
    sys.exit(show(figures()))
