"""Runs the TLS probe against one loopback port, with limits small enough for tests."""

from __future__ import annotations

from dataclasses import replace

from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.model import Asset
from auditor.probe import Seen, Unseen
from auditor.probes.tls import TlsProbe, look_at_versions
from auditor.reach import Access, Limits, Reaches, Target


def reaches_of(
    *targets: tuple[str, int], host: str = "service.example", seconds: float = 5.0, connections: int = 200
) -> Reaches:
    """What may be touched: `host` at 443 leads to these addresses. `seconds`: what one operation may take."""
    mapped = {(host, 443): tuple(Target(address, port) for address, port in targets)}
    limits = Limits(operation_s=seconds, pause_s=0.0, connections_per_host=connections)
    return Reaches(Access(limits=limits, connect_to=mapped))


ASSET = Asset(id="web", kind="web", address="https://service.example/", system="s")


def look_at(
    port: int, *, host: str = "service.example", seconds: float = 5.0, address: str = "127.0.0.1"
) -> Seen | Unseen:
    """What the first conversation says of the one endpoint that the name `host` leads to."""
    (observation,) = versions_at(reaches_of((address, port), host=host, seconds=seconds), host)
    return observation


def versions_at(reaches: Reaches, host: str = "service.example") -> list[Seen | Unseen]:
    """The same of each endpoint of `host`."""
    reach = reaches.of(replace(ASSET, address=f"https://{host}/"))
    return [look_at_versions(endpoint, reach) for endpoint in reach.endpoints(host, 443)]


def look_whole(
    port: int, *, host: str = "service.example", seconds: float = 5.0, connections: int = 200
) -> dict[type[Facts], Seen | Unseen]:
    """What both conversations say of one endpoint, by facts type."""
    reaches = reaches_of(("127.0.0.1", port), host=host, seconds=seconds, connections=connections)
    asset = replace(ASSET, address=f"https://{host}/")
    seen = {_type_of(one): one for one in TlsProbe().observe(asset, reaches.of(asset))}
    assert tuple(seen) == TlsProbe.yields
    return seen


def _type_of(one: Seen | Unseen) -> type[Facts]:
    return one.facts_type if isinstance(one, Unseen) else type(one.facts)


def versions_of(observation: Seen | Unseen) -> TlsVersions:
    assert isinstance(observation, Seen), observation
    assert isinstance(observation.facts, TlsVersions)
    return observation.facts


def refused(facts: TlsVersions) -> set[TlsVersion]:
    return {row.version for row in facts.refused}


def unknown(facts: TlsVersions) -> dict[TlsVersion, str]:
    return {row.version: row.reason for row in facts.unknown}
