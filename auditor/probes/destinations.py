"""Asks whether the buckets that copies, logs and lists of a bucket go to are there, and whose. Must not judge.

Events go to queues, topics and functions, which no question about buckets finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.bucket_holders import BucketState
from auditor.facts.storage import ServerKind
from auditor.facts.storage_endpoints import partition_of
from auditor.facts.storage_flows import BucketDestinations, Destination
from auditor.model import Asset, Reason, Tier
from auditor.probe import Observation, Seen
from auditor.probes.bucket_questions import Questions
from auditor.reach import Reach

BUCKET_ARN = re.compile(r"arn:[a-z0-9-]+:s3:::(.+)")


class DestinationsProbe:
    kind: ClassVar[str] = "bucket"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (BucketDestinations,)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        """Raises Unreachable where no setting was seen."""
        if reach.bucket().is_compatible:
            return [Seen(BucketDestinations(observed_at=reach.now(), server=ServerKind.COMPATIBLE, rows=()))]
        questions = Questions(asset, reach)
        goals: dict[str, list[str]] = {}
        unseen: list[str] = []
        failure: Unreachable | None = None
        for what, look in (("copies", _copies), ("access log", _log), ("lists of objects", _lists)):
            try:
                for bucket, by in look(questions):
                    goals.setdefault(_name(bucket), []).append(by)
            except Unreachable as unreachable:
                failure = failure or unreachable
                unseen.append(f"{what}: {unreachable.reason.word}")
            except ValueError:
                failure = failure or Unreachable(Reason.MALFORMED, f"{asset.address}: {what}")
                unseen.append(f"{what}: {Reason.MALFORMED.word}")
        goals.pop(asset.address.removeprefix("s3://"), None)
        if failure is not None and not goals:
            raise failure
        partition = partition_of(reach.account().region)  # nothing is sent to another one
        rows = tuple(_asked(name, tuple(sorted(by)), partition, reach) for name, by in sorted(goals.items()))
        return [
            Seen(BucketDestinations(observed_at=reach.now(), server=ServerKind.AWS, rows=rows, unseen=tuple(unseen)))
        ]

    def plan(self, asset: Asset) -> Iterable[str]:
        yield (
            "api s3:GetBucketReplication, s3:GetBucketLogging, s3:ListBucketInventoryConfigurations "
            f"{asset.address} (AWS)"
        )
        yield f"api s3:GetBucketLocation of each bucket that these settings of {asset.address} name"


# Each gives buckets, by name or ARN, and what names them.


def _copies(questions: Questions) -> Iterator[tuple[str, str]]:
    for rule in questions.replication().rules or ():
        if rule.is_enabled:
            yield rule.destination, f"replication rule {rule.id or '(unnamed)'}"


def _log(questions: Questions) -> Iterator[tuple[str, str]]:
    target = questions.logging().target
    if target:
        yield target, "access log"


def _lists(questions: Questions) -> Iterator[tuple[str, str]]:
    """Raises Unreachable for a list of lists that broke off."""
    told = questions.inventories()
    if not told.is_complete:
        raise Unreachable(Reason.TRUNCATED, "the list of S3 Inventory configurations")
    for export in told.exports:
        if export.is_enabled:
            yield export.destination, f"S3 Inventory {export.id}"


def _name(bucket: str) -> str:
    found = BUCKET_ARN.fullmatch(bucket)
    return found[1] if found else bucket


def _asked(name: str, by: tuple[str, ...], partition: str, reach: Reach) -> Destination:
    """One that cannot be asked of (on a device of one's own, say) is unseen, beside the others."""
    if ":" in name or "/" in name:
        return Destination(bucket=name, by=by, reason=Reason.NOT_IMPLEMENTED.word)
    try:
        known = reach.bucket_named(name, partition)
    except Unreachable as failure:
        return Destination(bucket=name, by=by, reason=failure.reason.word)
    return Destination(
        bucket=name,
        by=by,
        state=BucketState.EXISTS if known.exists else BucketState.ABSENT,
        holder=known.holder,
        listed=known.listed,
        unlisted=known.unlisted,
    )
