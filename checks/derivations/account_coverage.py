"""Is every bucket of an account seen? What is listed and not judged, in words. Pure."""

from __future__ import annotations

from auditor.derive import Rows, Undecided, derive_from_places
from auditor.facts.storage_account import (
    AccountCoverage,
    AccountFacts,
    MultiRegionDoors,
    OtherBucketKinds,
    OtherBuckets,
    OtherKind,
)
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.weighing import needed, told

NOUNS = {
    OtherKind.DIRECTORY: ("directory bucket", "directory buckets"),
    OtherKind.TABLE: ("table bucket", "table buckets"),
    OtherKind.MULTI_REGION_ACCESS_POINT: ("multi-region access point", "multi-region access points"),
}
REASONS = {reason.word: reason for reason in Reason}


@derive_from_places(reads=(AccountFacts, OtherBucketKinds, MultiRegionDoors), yields=AccountCoverage)
def account_coverage(rows: Rows) -> AccountCoverage:
    """One bucket that nobody judges settles it; that there is none is known only where every list was seen whole.

    Multi-region access points are judged where they were looked at, which older versions did not.
    """
    account, others = needed(rows, AccountFacts), needed(rows, OtherBucketKinds)
    judged = () if isinstance(told(rows, MultiRegionDoors), Unseen) else (OtherKind.MULTI_REGION_ACCESS_POINT,)
    unjudged = tuple(_words(row) for row in others.rows if row.count and row.kind not in judged)
    if not unjudged:
        if not account.is_complete:
            raise Undecided(_reason(account.incomplete_reason), account.incomplete_detail)
        for row in others.rows:
            if row.count is None:
                raise Undecided(_reason(row.reason), f"{NOUNS[row.kind][1]} in {row.region}: {row.detail}")
    regional = {row.region for row in others.rows if row.kind is not OtherKind.MULTI_REGION_ACCESS_POINT}
    return AccountCoverage(
        observed_at=account.observed_at,
        bucket_count=account.bucket_count,
        unjudged=unjudged,
        regions=tuple(sorted(regional)),
    )


def _words(row: OtherBuckets) -> str:
    one, many = NOUNS[row.kind]
    return f"{row.count} {one if row.count == 1 else many} in {row.region}"


def _reason(word: str) -> Reason:
    return REASONS.get(word, Reason.NOT_OBSERVED)


DERIVATIONS = (account_coverage,)
