"""Asks Amazon Macie, where the account uses it, what it found in a bucket. Knows no rule, and sees no content.

Not to have Macie is no fault: that is said, and nothing is concluded. A refusal is another thing: that stays unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts, target_text
from auditor.facts.macie import MacieCategory, MacieFound, MacieResults
from auditor.facts.sampling import Amount
from auditor.model import Asset, Reason, Tier
from auditor.probe import Observation, Seen, Unseen
from auditor.probes.answer_shapes import count, count_or_none, part, rows, text, time
from auditor.probes.bucket_questions import Questions, region_of
from auditor.reach import Reach

if TYPE_CHECKING:
    from auditor.reach.aws_macie import MacieCalls

KEPT = timedelta(days=90)  # that Macie keeps a finding
NO_SERVER = "this server has no Macie"
NOT_IN_USE = "Macie is not in use in the bucket's account and region"
NOT_KNOWN = "Macie does not know the bucket"
NEVER = "Macie never looked into the bucket"
LONG_AGO = "Macie looked into the bucket more than 90 days ago, and keeps no finding longer"
NOT_READ = "Macie may not read the bucket"
NONE_READ = "Macie can read none of the bucket's objects"
NOT_TOLD = "Macie does not tell how it looked"
TYPE = "SensitiveData:S3Object/"


class MacieProbe:
    kind: ClassVar[str] = "bucket"
    tier: ClassVar[Tier] = Tier.DEEP
    yields: ClassVar[tuple[type[Facts], ...]] = (MacieResults,)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        """Raises Unreachable."""
        if reach.bucket().is_compatible:
            return [Seen(MacieResults(observed_at=reach.now(), why_not=NO_SERVER))]
        region = region_of(Questions(asset, reach).place().location)
        try:
            return [Seen(_results(reach.macie(region), asset.address.removeprefix("s3://"), reach.now()))]
        except ValueError as refusal:
            return [Unseen(MacieResults, "", Reason.MALFORMED, f"{asset.address}: {refusal}")]

    def plan(self, asset: Asset) -> Iterable[str]:
        yield "api macie2:GetMacieSession (AWS, once in a run for each region)"
        yield f"api macie2:DescribeBuckets, macie2:GetFindingStatistics {asset.address} (where Macie is in use)"


def _results(macie: MacieCalls, name: str, now: datetime) -> MacieResults:
    session = macie.session().value
    if session is None or text(session.get("status"), "Macie's status") != "ENABLED":
        return MacieResults(observed_at=now, why_not=NOT_IN_USE)
    counted = macie.counts(name).value or {}
    try:
        told = macie.bucket(name)
    except Unreachable:
        seen = parse_results(counted, {"buckets": []}, name, now)
        if not seen.found:
            raise  # it is in use, so that a refusal is not taken for none
        return replace(seen, why_not=NOT_TOLD)
    return parse_results(counted, told.value or {}, name, now, target_text(told.request_id))


def parse_results(
    counted: Mapping[str, object], told: Mapping[str, object], name: str, now: datetime, request_id: str = ""
) -> MacieResults:
    """Raises ValueError for answers of another shape, and for a type of finding that nobody documents."""
    found = tuple(sorted((_found(row) for row in rows(counted.get("countsByGroup"), "the counts")), key=repr))
    known = [row for row in rows(told.get("buckets"), "the buckets") if row.get("bucketName") == name]
    if not known:
        return MacieResults(observed_at=now, found=found, why_not=NOT_KNOWN, request_id=request_id)
    looked_at = _looked_at(known[0])
    return MacieResults(
        observed_at=now,
        found=found,
        looked_at=looked_at,
        readable=count_or_none(known[0].get("classifiableObjectCount"), "the objects that it can read"),
        objects=count_or_none(known[0].get("objectCount"), "the objects"),
        why_not=_why_not(known[0], looked_at, now),
        request_id=request_id,
    )


def _found(row: Mapping[str, object]) -> MacieFound:
    """An unknown category is an error and no silence: it may be the worst of all."""
    said = text(row.get("groupKey"), "a finding's type")
    number = count(row.get("count"), "a count of findings")
    if not said.startswith(TYPE) or not number:
        raise ValueError("a count of findings without a type, or of none")
    return MacieFound(category=MacieCategory(said.removeprefix(TYPE)), objects=Amount.of(number))


def _looked_at(row: Mapping[str, object]) -> datetime | None:
    said = (row.get("lastAutomatedDiscoveryTime"), part(row, "jobDetails").get("lastJobRunTime"))
    return max((time(one, "when Macie looked") for one in said if one is not None), default=None)


def _why_not(row: Mapping[str, object], looked_at: datetime | None, now: datetime) -> str:
    if row.get("errorCode") is not None:
        return NOT_READ
    if looked_at is None:
        return NEVER
    if row.get("classifiableObjectCount") == 0 and row.get("objectCount") != 0:
        return NONE_READ
    return LONG_AGO if now - looked_at > KEPT else ""
