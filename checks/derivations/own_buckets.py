"""Which buckets of the inventory are the audited accounts' own: what other buckets' settings only name. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.derive import Placed, derive_from_all
from auditor.facts.storage_account import BucketOwner
from auditor.facts.storage_concluded import OwnBucket, OwnBuckets
from auditor.probe import Seen


@derive_from_all(reads=(BucketOwner,), yields=OwnBuckets)
def own_buckets(all_of_them: tuple[Placed, ...]) -> Iterator[Placed]:
    """The same for every bucket. One whose owner was not seen is not among them: nobody's word is taken for it."""
    owners = [one.observation.facts for one in all_of_them if isinstance(one.observation, Seen)]
    rows = tuple(
        OwnBucket(name=one.bucket, account=one.account)
        for one in owners
        if isinstance(one, BucketOwner) and one.is_ours and one.bucket and one.account
    )
    for place in all_of_them:
        if isinstance(place.observation, Seen):
            at = place.observation.facts.observed_at
            yield Placed(place.asset, Seen(OwnBuckets(observed_at=at, rows=rows)))


DERIVATIONS = (own_buckets,)
