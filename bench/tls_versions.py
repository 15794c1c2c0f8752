"""Counts the connections that the TLS version probe needs, by kind of host. Usage: python bench/tls_versions.py

The target: versions and certificate of a modern host in at most 12 connections, so at most 9 for the versions.
"""

from __future__ import annotations

import sys
import time

from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.model import Asset
from auditor.probe import Seen
from auditor.probes.tls import TlsProbe
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.replies import Alert, Close
from auditor.rig.responder import Responder, Table, speaks

V = TlsVersion
MODERN = (V.TLS12, V.TLS13)
TARGET = 9
ROUNDS = 20
HOSTS: dict[str, Table] = {
    "TLS 1.2 and 1.3": speaks(*MODERN),
    "the same, closes on SSL 2.0": speaks(*MODERN) | {V.SSL2: Close()},
    "the same, alert 80 to 1.0 and 1.1": speaks(*MODERN) | {V.TLS10: Alert(80), V.TLS11: Alert(80)},
    "TLS 1.2 alone": speaks(V.TLS12),
    "every version": speaks(*V),
    "closes on all that is old": speaks(*MODERN, refusing=Close()),
    "no TLS version at all": speaks(),
}


def look(port: int) -> tuple[int, bool]:
    """Connections used, and whether anything was left unknown."""
    mapped = {("host.example", 443): (Target("127.0.0.1", port),)}
    reaches = Reaches(Access(limits=Limits(pause_s=0.0), connect_to=mapped))
    asset = Asset(id="web", kind="web", address="https://host.example/", system="bench")
    (seen,) = TlsProbe().observe(asset, reaches.of(asset))
    is_whole = isinstance(seen, Seen) and isinstance(seen.facts, TlsVersions) and not seen.facts.unknown
    return reaches.connections, is_whole


def main() -> int:
    modern = 0
    print(f"{'host':36} {'connections':>11} {'complete':>9} {'ms':>6} {'CPU ms':>7}  (pauses left out)")
    for name, table in HOSTS.items():
        with Responder(table) as server:
            wall, cpu = time.perf_counter(), time.process_time()
            looks = [look(server.port) for _ in range(ROUNDS)]
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        connections, is_whole = max(looks)
        modern = modern or connections
        print(
            f"{name:36} {connections:11} {'yes' if is_whole else 'no':>9} "
            f"{wall / ROUNDS * 1000:6.1f} {cpu / ROUNDS * 1000:7.1f}"
        )
    print(f"modern host: {modern} connections, target {TARGET}: {'met' if modern <= TARGET else 'MISSED'}")
    return 0 if modern <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
