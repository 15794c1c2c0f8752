"""Follows the aliases of a service's name, and asks whether a bucket that it leads to is there. Must not judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.bucket_holders import BucketState, NamedBucket
from auditor.facts.names import NameChain, NameEnd
from auditor.model import Asset, Tier
from auditor.probe import Company, Seen, Unseen
from auditor.probes.host_name import is_address, server_name
from auditor.probes.https_address import https_of
from auditor.probes.named_bucket import Lead
from auditor.probes.port import Port
from auditor.probes.redirected_buckets import redirected_buckets
from auditor.reach import Reach

BY_ADDRESS = "the service is named by an address, and has no aliases"
LED_ELSEWHERE = "the connect-to file says where the name leads, and the public DNS knows nothing of it"
NO_STORAGE = "the name leads to no storage provider that is known here"


class NamesProbe:
    """Where does the service's name lead, and do its redirects lead through a bucket?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (NameChain, NamedBucket)
    company: ClassVar[Company] = Company.JOINS

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        """Raises Unreachable."""
        yield from names_of(https_of(asset.address)[0], reach)
        yield from redirected_buckets(asset, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        host = https_of(asset.address)[0]
        yield from names_asked(host)
        yield f"api the same of the buckets that redirects of {host} lead through (AWS)"


class PortNamesProbe:
    """Where does the port's name lead?"""

    kind: ClassVar[str] = "tls"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (NameChain, NamedBucket)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        """Raises Unreachable."""
        return names_of(Port.of(asset.address).host, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        return names_asked(Port.of(asset.address).host)


def names_asked(host: str) -> Iterable[str]:
    """What `names_of` will ask, in words."""
    yield f"dns A and AAAA of {host}, for its aliases, from the resolver"
    yield f"api sts:GetCallerIdentity, s3:ListBuckets, s3:GetBucketLocation (AWS, if {host} leads to a bucket there)"


def names_of(host: str, reach: Reach) -> Iterator[Seen | Unseen]:
    """Raises Unreachable: then of neither anything was seen."""
    chain = chain_of(host, reach)
    yield Seen(chain)
    try:
        yield Seen(bucket_of(chain, reach))
    except Unreachable as failure:
        yield Unseen(NamedBucket, "", failure.reason, failure.detail)


def chain_of(host: str, reach: Reach) -> NameChain:
    """Raises Unreachable."""
    name = server_name(host)
    why_not = BY_ADDRESS if is_address(name) else LED_ELSEWHERE if reach.is_led_elsewhere else ""
    if why_not:
        return NameChain(observed_at=reach.now(), name=name, why_not=why_not)
    found = reach.aliases(name, seconds=reach.limits.operation_s)
    with_address = NameEnd.ADDRESS if found.has_address else NameEnd.NO_ADDRESS
    return NameChain(
        observed_at=reach.now(),
        name=name,
        aliases=found.targets,
        end=with_address if found.exists else NameEnd.NO_NAME,
        resolver=found.resolver,
    )


def bucket_of(chain: NameChain, reach: Reach) -> NamedBucket:
    """Raises Unreachable, where the provider could not be asked."""
    storage = chain.storage
    if storage is None:
        return NamedBucket(observed_at=reach.now(), name=chain.name, why_not=chain.why_not or NO_STORAGE)
    place = storage.endpoint
    lead = Lead(chain.name, chain.aliases, storage.at, place.provider, storage.bucket, partition=place.partition)
    if chain.end is NameEnd.NO_NAME:
        return lead.told(reach, state=BucketState.ABSENT, told_by="dns")
    return lead.ask(reach)
