"""Which buckets are the city's own is known of those that were seen to be."""

from __future__ import annotations

from auditor.deriving import Sights, derive_run
from auditor.facts.storage_account import BucketOwner
from auditor.facts.storage_concluded import OwnBuckets
from auditor.probe import Seen, Unseen
from checks.derivations.own_buckets import own_buckets
from tests.derivations.bucket_facts import hidden
from tests.derivations.storage_samples import NOBODYS, OURS, owner


def told(**assets: BucketOwner | Unseen) -> dict[str, OwnBuckets | None]:
    """What each asset is told; None: nothing."""
    sights = {name: Sights.of([Seen(one) if isinstance(one, BucketOwner) else one]) for name, one in assets.items()}
    found = derive_run(sights, own_buckets)
    rows = {name: found[name].get(OwnBuckets)[""] for name in assets}
    return {
        name: row.facts if isinstance(row, Seen) and isinstance(row.facts, OwnBuckets) else None
        for name, row in rows.items()
    }


def test_every_bucket_is_told_of_all_that_are_proven() -> None:
    answers = told(
        a=owner(bucket="a"),
        b=owner(bucket="b", is_listed=False, is_proven=None),
        c=NOBODYS,
        d=owner(bucket="d", is_listed=None, list_reason="access_denied"),
        e=hidden(BucketOwner),
    )
    assert answers["e"] is None
    for name in "abcd":
        found = answers[name]
        assert found is not None
        assert {row.name for row in found.rows} == {"a", "d"}
        assert found.account_of("a") == OURS
        assert found.account_of("b") == found.account_of("x") == ""
