"""Asks the DNS who may issue for a name (CAA): at the name, then at each parent. Must not know any authority."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts, target_text
from auditor.facts.caa import CaaRecord, CaaSeen, CaaSet
from auditor.model import Asset, Reason, Tier
from auditor.probe import Company, Seen
from auditor.probes.host_name import is_address, server_name
from auditor.probes.https_address import https_of
from auditor.reach import Reach

MOST_LABELS = 20  # of a name: each is one question, and no service has as many
VALUE_LIMIT = 512
OWN_AUTHORITY = "the run trusts the operator's own authority, which no CAA record binds"
BY_ADDRESS = "the service is named by an address, and CAA records stand at names"


class CaaProbe:
    """Who may issue for the service's name?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (CaaSeen,)
    company: ClassVar[Company] = Company.JOINS

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen]:
        """Raises Unreachable."""
        yield Seen(caa_of(https_of(asset.address)[0], reach))

    def plan(self, asset: Asset) -> Iterable[str]:
        yield caa_asked(https_of(asset.address)[0])


def caa_asked(host: str) -> str:
    """What `caa_of` will ask, in words."""
    return f"dns CAA of {host} and of its parents, from the resolver"


def caa_of(host: str, reach: Reach) -> CaaSeen:
    """The records for a service's host. Raises Unreachable."""
    name = server_name(host)
    why_not = BY_ADDRESS if is_address(name) else OWN_AUTHORITY if reach.access.ca_file else ""
    if why_not:
        return CaaSeen(observed_at=reach.now(), for_name=None, why_not=why_not)
    _, _, parent = name.partition(".")
    for_name = climb(name, reach)
    for_wildcard = climb(parent, reach) if "." in parent else None
    return CaaSeen(observed_at=reach.now(), for_name=for_name, for_wildcard=for_wildcard)


def climb(name: str, reach: Reach) -> CaaSet:
    """The records that count for a name (RFC 8659 section 3), within one deadline for the whole way.

    Raises Unreachable.
    """
    until = time.monotonic() + reach.limits.operation_s
    labels = name.split(".")
    if len(labels) > MOST_LABELS:
        raise Unreachable(Reason.TOO_LONG, f"the name {target_text(name, 80)}")
    asked: list[str] = []
    for number in range(len(labels)):
        one = ".".join(labels[number:])
        asked.append(one)
        records = reach.caa(one, seconds=max(0.01, until - time.monotonic()))
        if records:
            found = tuple(_record(record.flags, record.tag, record.value) for record in records)
            return CaaSet(name=name, found_at=one, records=found, asked=tuple(asked))
    return CaaSet(name=name, found_at="", records=(), asked=tuple(asked))


def _record(flags: int, tag: bytes, value: bytes) -> CaaRecord:
    return CaaRecord(flags=flags, tag=target_text(tag, 32).lower(), value=target_text(value, VALUE_LIMIT))
