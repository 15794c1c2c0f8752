"""Is every bucket of an account seen? What is listed and not judged, in words. Pure."""

from __future__ import annotations

from auditor.derive import Rows, Undecided, derive_from_places
from auditor.facts.storage import ServerKind
from auditor.facts.storage_account import (
    AccountCoverage,
    AccountFacts,
    MultiRegionDoors,
    OtherBucketKinds,
    OtherBuckets,
    OtherKind,
)
from auditor.facts.storage_concluded import AccessGrantsUnread
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.weighing import Scales, needed, told

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
    asked = [row for row in others.rows if row.kind in NOUNS]
    unjudged = tuple(_words(row) for row in asked if row.count and row.kind not in judged)
    if not unjudged:
        if not account.is_complete:
            raise Undecided(_reason(account.incomplete_reason), account.incomplete_detail)
        for row in asked:
            if row.count is None:
                raise Undecided(_reason(row.reason), f"{NOUNS[row.kind][1]} in {row.region}: {row.detail}")
    regional = {row.region for row in asked if row.kind is not OtherKind.MULTI_REGION_ACCESS_POINT}
    return AccountCoverage(
        observed_at=account.observed_at,
        bucket_count=account.bucket_count,
        unjudged=unjudged,
        regions=tuple(sorted(regional)),
    )


@derive_from_places(reads=(OtherBucketKinds,), yields=AccessGrantsUnread)
def access_grants_unread(rows: Rows) -> AccessGrantsUnread:
    """Older versions did not ask for them: a region without an answer is none without an instance."""
    scales, others = Scales(), needed(rows, OtherBucketKinds)
    if others.server is ServerKind.COMPATIBLE:
        return AccessGrantsUnread(observed_at=others.observed_at, idle="a compatible server has no S3 Access Grants")
    told_of = [row for row in others.rows if row.kind is OtherKind.ACCESS_GRANTS]
    if not told_of:
        scales.doubt(Reason.NOT_OBSERVED, "S3 Access Grants")
    for row in told_of:
        if row.count is None:
            scales.doubt(_reason(row.reason), f"S3 Access Grants in {row.region}: {row.detail}")
        elif row.count:
            scales.fault(f"S3 Access Grants in {row.region}", ", ".join(row.names))
    if told_of:
        regions = ", ".join(sorted({row.region for row in told_of}))
        scales.note("regions", f"{regions}; S3 Access Grants were not looked for elsewhere")
    return scales.settled(AccessGrantsUnread, others.observed_at)


def _words(row: OtherBuckets) -> str:
    one, many = NOUNS[row.kind]
    return f"{row.count} {one if row.count == 1 else many} in {row.region}"


def _reason(word: str) -> Reason:
    return REASONS.get(word, Reason.NOT_OBSERVED)


DERIVATIONS = (account_coverage, access_grants_unread)
