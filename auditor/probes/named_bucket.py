"""Asks whether a bucket that something leads to is there, and whose it is. Must not judge."""

from __future__ import annotations

from dataclasses import replace

from auditor.facts.bucket_holders import BucketState, NamedBucket
from auditor.facts.storage_endpoints import Provider
from auditor.reach import Reach
from auditor.records import dataclass

NAMELESS = "the names do not say which bucket is behind them"
NOT_ASKED = "buckets of this provider are not asked for yet"


@dataclass(frozen=True, slots=True)
class Lead:
    """From a service's name to a bucket. `names`: those on the way; the rest as `NamedBucket` has it."""

    name: str
    names: tuple[str, ...]
    at: str
    provider: Provider
    bucket: str
    url: str = ""
    partition: str = ""  # of AWS

    def ask(self, reach: Reach) -> NamedBucket:
        """Raises Unreachable, where the provider could not be asked."""
        if not self.bucket:
            return self.told(reach, why_not=NAMELESS)
        if self.provider is not Provider.AWS:
            return self.told(reach, why_not=NOT_ASKED)
        known = reach.bucket_named(self.bucket, self.partition)
        told = self.told(reach, state=BucketState.EXISTS, told_by="provider")
        if not known.exists:
            return replace(told, state=BucketState.ABSENT)
        return replace(told, holder=known.holder, listed=known.listed, unlisted=known.unlisted)

    def told(
        self, reach: Reach, *, state: BucketState | None = None, told_by: str = "", why_not: str = ""
    ) -> NamedBucket:
        return NamedBucket(
            observed_at=reach.now(),
            name=self.name,
            aliases=self.names,
            url=self.url,
            at=self.at,
            provider=self.provider,
            bucket=self.bucket,
            state=state,
            told_by=told_by,
            why_not=why_not,
        )
