"""Which buckets the redirects of a web service lead through, and whose they are. Must not judge.

Where no redirect leads to storage nothing is said, so that it costs a city no row. What the web probe has asked in the
same look is not asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.facts.bucket_holders import NamedBucket
from auditor.facts.storage_endpoints import storage_in
from auditor.facts.web import Chain
from auditor.model import Asset, Reason
from auditor.probe import Seen, Unseen
from auditor.probes.host_name import server_name
from auditor.probes.named_bucket import Lead
from auditor.probes.redirects import Asker, follow
from auditor.probes.web_service import WebService
from auditor.reach import Reach

PLACE = "redirects"  # the locus of the first bucket; a second one stands at "redirects 2"
MOST_BUCKETS = 10  # over all addresses of the service


def redirected_buckets(asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
    """What is not the audited accounts' own comes first, so that a place keeps its meaning from night to night."""
    chains = _chains(asset, reach)
    if isinstance(chains, Unreachable):
        yield Unseen(NamedBucket, PLACE, chains.reason, chains.detail)
        return
    leads = by_bucket(lead for chain in chains for lead in leads_of(asset, chain))
    sights = [_asked(leads[key], reach) for key in sorted(leads)[:MOST_BUCKETS]]
    if len(leads) > MOST_BUCKETS:
        sights.append(Unreachable(Reason.TOO_LONG, f"more than {MOST_BUCKETS} buckets in its redirects"))
    for number, sight in enumerate(sorted(sights, key=_is_own), start=1):
        locus = PLACE if number == 1 else f"{PLACE} {number}"
        if isinstance(sight, Unreachable):
            yield Unseen(NamedBucket, locus, sight.reason, sight.detail)
        else:
            yield Seen(sight, locus)


def leads_of(asset: Asset, chain: Chain) -> Iterator[Lead]:
    """The buckets that a chain leads to after its first question, whether or not anybody answered there."""
    name = server_name(WebService.of(asset).host)
    passed: list[str] = []
    for url in (*(hop.url for hop in chain.hops[1:]), chain.unfollowed):
        storage = storage_in(url)
        at = _host_of(url)
        passed.append(at)
        if storage and at != name:
            names = tuple(dict.fromkeys(passed))
            yield Lead(name, names, at, storage.provider, storage.bucket, url, storage.partition)


def _chains(asset: Asset, reach: Reach) -> tuple[Chain, ...] | Unreachable:
    """The chains from both ports of every address; why there is none, where no answer came at all."""
    service, asker = WebService.of(asset), Asker.of(reach)
    chains: list[Chain] = []
    failure = Unreachable(Reason.NOT_OBSERVED, service.host)
    for scheme, port in (("https", service.https_port), ("http", service.http_port)):
        try:
            endpoints = reach.endpoints(service.host, port)
        except Unreachable as error:
            failure = error.to_keep()
            continue
        for endpoint in endpoints:
            try:
                chains.append(follow(asker, endpoint, service.url(scheme))[1])
            except Unreachable as error:
                failure = error.to_keep()
    return tuple(chains) or failure


def by_bucket(found: Iterable[Lead]) -> dict[tuple[str, str, str], Lead]:
    """One lead to each, with the names that every way to it passes: a vendor's on one way excuses no other."""
    leads: dict[tuple[str, str, str], Lead] = {}
    for lead in sorted(found, key=lambda one: (len(one.names), one.names, one.url)):
        key = (lead.provider, lead.bucket or lead.at, lead.partition)
        known = leads.setdefault(key, lead)
        common = tuple(name for name in known.names if name in lead.names)
        leads[key] = replace(known, names=common)
    return leads


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _asked(lead: Lead, reach: Reach) -> NamedBucket | Unreachable:
    try:
        return lead.ask(reach)
    except Unreachable as failure:
        return failure.to_keep()


def _is_own(sight: NamedBucket | Unreachable) -> bool:
    return isinstance(sight, NamedBucket) and bool(sight.holder)
