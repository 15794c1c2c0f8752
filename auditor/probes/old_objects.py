"""Looks for objects that are older than encryption by default and lie in plain text. Knows no rule.

Where S3 Inventory writes lists of the bucket the newest one is read (`object_lists`). Else names and dates are listed,
and of the old objects alone the headers are asked for: never a body. No name is kept either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.storage import ServerKind
from auditor.facts.storage_objects import ENCRYPTED_SINCE, ObjectSource, OldObjects
from auditor.model import Asset, Reason, Tier
from auditor.probe import Observation, Seen, Unseen
from auditor.probes import object_lists
from auditor.probes.answer_shapes import mapping, time
from auditor.reach import Reach

if TYPE_CHECKING:
    from auditor.reach.s3_old import ObjectCalls

MOST_PAGES = 1_000  # of a thousand versions each
MOST_HEADS = 1_000  # of one bucket in one run; beyond it the counts are floors


class OldObjectsProbe:
    kind: ClassVar[str] = "bucket"
    tier: ClassVar[Tier] = Tier.PRIVILEGED
    yields: ClassVar[tuple[type[Facts], ...]] = (OldObjects,)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        """A list that S3 Inventory wrote, where one can tell; else, or where it could not be read, one of our own."""
        calls = reach.old_objects()
        server = ServerKind.COMPATIBLE if calls.is_compatible else ServerKind.AWS
        failure: Unreachable | None = None
        try:
            told = None if calls.is_compatible else object_lists.old_objects(asset, reach)
        except Unreachable as unreachable:
            told, failure = None, unreachable
        try:
            return [Seen(told or _Count(calls).facts(server, reach.now()))]
        except Unreachable as unreachable:
            failure = failure or unreachable
            return [Unseen(OldObjects, "", failure.reason, failure.detail)]
        except ValueError as refusal:
            return [Unseen(OldObjects, "", Reason.MALFORMED, f"{asset.address}: {refusal}")]

    def plan(self, asset: Asset) -> Iterable[str]:
        yield f"api s3:ListBucketInventoryConfigurations {asset.address}"
        yield f"api s3:GetBucketVersioning {asset.address} (where a list covers only what is current)"
        yield (
            f"api s3:ListObjectsV2, s3:GetObject of the bucket of the same account that a list of the objects of "
            f"{asset.address} goes to: the newest manifest, and at most {object_lists.MOST_BYTES >> 20} MiB that it "
            "names"
        )
        yield (
            f"api s3:ListObjectVersions {asset.address} (where there is no such list; a call for each 1,000 versions, "
            f"at most {MOST_PAGES})"
        )
        yield f"api s3:HeadObject {asset.address} (likewise, each object older than 2023-01-05, at most {MOST_HEADS})"


class _Count:
    """Counts over one bucket. `why`: the first reason for which it is not complete."""

    def __init__(self, calls: ObjectCalls) -> None:
        self._calls = calls
        self.counted = self.old = self.headed = self.plain = self.customer_key = 0
        self.why = ""

    def facts(self, server: ServerKind, now: datetime) -> OldObjects:
        """Raises Unreachable where not even the first page was seen, and ValueError for one of another shape."""
        for row in self._versions():
            self.counted += 1
            if time(row.get("LastModified"), "an object's date") < ENCRYPTED_SINCE:
                self.old += 1
                self._ask(row)
        if self.customer_key:
            self._confirm()
        return OldObjects(
            observed_at=now,
            server=server,
            source=ObjectSource.LIST,
            counted=self.counted,
            old=self.old,
            headed=self.headed,
            without_encryption=self.plain,
            customer_key=self.customer_key,
            is_complete=not self.why,
            why_incomplete=self.why,
            as_of=now,
        )

    def _versions(self) -> Iterator[Mapping[str, object]]:
        for page in self._calls.pages(MOST_PAGES):
            rows = mapping(page.answer.value, "the list").get("Versions", [])
            if not isinstance(rows, list):
                raise ValueError("the versions are no list")  # noqa: TRY004 - one error for every misshapen answer
            yield from (mapping(row, "a version") for row in rows)
            if page.failure is not None:
                self._stop(page.failure.reason)

    def _ask(self, row: Mapping[str, object]) -> None:
        """The headers of one old object. An object without the header is plain; one that needs a key is not."""
        if self.headed >= MOST_HEADS:
            self._stop(Reason.BUDGET)
        if self.why:
            return
        try:
            encryption = self._calls.encryption_of(row)
        except Unreachable as failure:
            self._stop(failure.reason)
            return
        self.headed += 1
        self.plain += encryption == ""
        self.customer_key += encryption == self._calls.CUSTOMER_KEY

    def _confirm(self) -> None:
        """What was taken for objects that need a key may have been a credential that ran out: then none was asked."""
        try:
            self._calls.require_answers()
        except Unreachable as failure:
            self.headed -= self.customer_key
            self.customer_key = 0
            self._stop(failure.reason)

    def _stop(self, reason: Reason) -> None:
        self.why = self.why or reason.word
