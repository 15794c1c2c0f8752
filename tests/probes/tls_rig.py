"""Runs the TLS probe against one loopback port, with limits small enough for tests."""

from __future__ import annotations

from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.model import Asset
from auditor.probe import Seen, Unseen
from auditor.probes.tls import TlsProbe
from auditor.reach import Access, Limits, Reaches, Target


def reaches_of(*targets: tuple[str, int], host: str = "service.example", seconds: float = 5.0) -> Reaches:
    """What may be touched: `host` at 443 leads to these addresses. `seconds`: what one operation may take."""
    mapped = {(host, 443): tuple(Target(address, port) for address, port in targets)}
    return Reaches(Access(limits=Limits(operation_s=seconds, pause_s=0.0), connect_to=mapped))


def look_at(
    port: int, *, host: str = "service.example", seconds: float = 5.0, address: str = "127.0.0.1"
) -> Seen | Unseen:
    """The one observation of one endpoint, which the name `host` leads to."""
    reaches = reaches_of((address, port), host=host, seconds=seconds)
    asset = Asset(id="web", kind="web", address=f"https://{host}/", system="s")
    (observation,) = TlsProbe().observe(asset, reaches.of(asset))
    assert isinstance(observation, (Seen, Unseen))
    return observation


def versions_of(observation: Seen | Unseen) -> TlsVersions:
    assert isinstance(observation, Seen), observation
    assert isinstance(observation.facts, TlsVersions)
    return observation.facts


def refused(facts: TlsVersions) -> set[TlsVersion]:
    return {row.version for row in facts.refused}


def unknown(facts: TlsVersions) -> dict[TlsVersion, str]:
    return {row.version: row.reason for row in facts.unknown}
