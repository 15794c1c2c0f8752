"""Follows the aliases of a service's name, and asks whether a bucket that it leads to is there. Must not judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.bucket_holders import BucketState, NamedBucket
from auditor.facts.names import NameChain, NameEnd, StorageBehind
from auditor.facts.storage_endpoints import Provider
from auditor.model import Asset, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.host_name import is_address, server_name
from auditor.probes.https_address import https_of
from auditor.probes.tls_port import Port
from auditor.reach import Reach

BY_ADDRESS = "the service is named by an address, and has no aliases"
LED_ELSEWHERE = "the connect-to file says where the name leads, and the public DNS knows nothing of it"
NO_STORAGE = "the name leads to no storage provider that is known here"
NAMELESS = "the names do not say which bucket is behind them"
NOT_ASKED = "buckets of this provider are not asked for yet"


class NamesProbe:
    """Where does the service's name lead?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (NameChain, NamedBucket)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        """Raises Unreachable."""
        return names_of(https_of(asset.address)[0], reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        return names_asked(https_of(asset.address)[0])


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
    if chain.end is NameEnd.NO_NAME:
        return _told(chain, storage, reach, state=BucketState.ABSENT, told_by="dns")
    if not storage.bucket:
        return _told(chain, storage, reach, why_not=NAMELESS)
    if storage.endpoint.provider is not Provider.AWS:
        return _told(chain, storage, reach, why_not=NOT_ASKED)
    known = reach.bucket_named(storage.bucket)
    told = _told(chain, storage, reach, state=BucketState.EXISTS, told_by="provider")
    if not known.exists:
        return replace(told, state=BucketState.ABSENT)
    return replace(told, holder=known.holder, listed=known.listed, unlisted=known.unlisted)


def _told(
    chain: NameChain,
    storage: StorageBehind,
    reach: Reach,
    *,
    state: BucketState | None = None,
    told_by: str = "",
    why_not: str = "",
) -> NamedBucket:
    return NamedBucket(
        observed_at=reach.now(),
        name=chain.name,
        aliases=chain.aliases,
        at=storage.at,
        provider=storage.endpoint.provider,
        bucket=storage.bucket,
        state=state,
        told_by=told_by,
        why_not=why_not,
    )
