"""The way of one bucket from what a stranger gets of it to the verdicts about that."""

from __future__ import annotations

from auditor.deriving import Sights, derive_each
from auditor.facts import Declared
from auditor.facts.storage_effect import ServerPromise
from auditor.judge import judge_asset
from auditor.model import Asset, Outcome, Sensitivity
from auditor.probe import Seen, Unseen
from auditor.probes.bucket import BucketProbe
from auditor.probes.bucket_effect import BucketEffectProbe
from auditor.reach import Access, Reaches
from checks.bucket_effect import CHECKS
from checks.derivations import bucket_effect, s3_servers
from tests.probes.bucket_road import NOW

PUBLIC, PLAIN = (check.id for check in CHECKS)


def asked(name: str = "bkt", *, allowed: bool = True, canary: str = "canary") -> Asset:
    address = f"s3://{name}"
    return Asset(id="b", kind="bucket", address=address, system="s", probe_effective=allowed, canary=canary)


def look(access: Access, asset: Asset) -> list[Seen | Unseen]:
    """What both probes of a bucket say; the second one names every type once."""
    reach = Reaches(access).of(asset)
    said = [one for one in BucketEffectProbe().observe(asset, reach) if isinstance(one, (Seen, Unseen))]
    types = [one.facts_type if isinstance(one, Unseen) else type(one.facts) for one in said]
    assert types == list(BucketEffectProbe.yields)
    return said + [one for one in BucketProbe().observe(asset, reach) if isinstance(one, (Seen, Unseen))]


def judged(said: list[Seen | Unseen], *, intended_public: bool = False) -> dict[str, Outcome]:
    """The outcome of each check."""
    sights = _derived(said, intended_public=intended_public)
    return {finding.check: finding.outcome for finding in judge_asset(asked(), sights, CHECKS)}


def promise(said: list[Seen | Unseen]) -> ServerPromise:
    sight = _derived(said).get(ServerPromise)[""]
    assert isinstance(sight, Seen)
    assert isinstance(sight.facts, ServerPromise)
    return sight.facts


def _derived(said: list[Seen | Unseen], *, intended_public: bool = False) -> Sights:
    declared = Declared(observed_at=NOW, sensitivity=Sensitivity.CONFIDENTIAL, intended_public=intended_public)
    public_effect, plain_effect = bucket_effect.DERIVATIONS
    (server_promise,) = s3_servers.DERIVATIONS
    return derive_each(Sights.of(said), (public_effect, server_promise, plain_effect), declared)
