"""Looks at one account: which buckets it holds, its block, its organisation, its other doors. Knows no rule.

Every general-purpose bucket is found; the look of the bucket itself is another probe's. A list of buckets that is
denied makes the whole account unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts, target_text
from auditor.facts.storage import ServerKind
from auditor.facts.storage_account import (
    AccountBlock,
    AccountDoors,
    AccountFacts,
    AccountOrganisation,
    MultiRegionDoors,
    OtherBucketKinds,
)
from auditor.model import Asset, Reason, Sensitivity, Tier
from auditor.probe import Found, Observation, Seen, Unseen
from auditor.probes import access_points, account_answers
from auditor.reach import Reach

if TYPE_CHECKING:
    from auditor.reach.s3_account import AccountCalls, Listing

Group = tuple[type[Facts], Callable[["_Account"], Facts]]


class AccountProbe:
    kind: ClassVar[str] = "account"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (
        AccountFacts,
        AccountBlock,
        AccountOrganisation,
        AccountDoors,
        MultiRegionDoors,
        OtherBucketKinds,
    )

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        """Raises Unreachable where the list of buckets was not seen, or is another account's."""
        account = _Account(asset, reach)
        yield from _observed(GROUPS, account)
        yield from (found(name, asset) for name in sorted(account.listing.regions))

    def plan(self, asset: Asset) -> Iterable[str]:
        calls = (
            "sts:GetCallerIdentity",
            "s3:ListBuckets (a call for each 1,000 buckets)",
            "s3control:GetPublicAccessBlock",
            "organizations:DescribeOrganization",
            "s3control:ListAccessPoints (for each region)",
            "s3control:GetAccessPoint, s3control:GetAccessPointPolicy, s3control:GetAccessPointPolicyStatus "
            "(for each access point to another account's bucket)",
            "s3control:ListMultiRegionAccessPoints",
            "s3control:GetMultiRegionAccessPointPolicy (for each of them)",
            "s3:ListDirectoryBuckets (for each region)",
            "s3tables:ListTableBuckets (for each region)",
            "s3control:ListAccessGrantsInstances (for each region)",
        )
        yield from (f"api {call} {asset.address}" for call in calls)
        yield f"api of every bucket in it, as listed for a bucket {asset.address}"


class _Account:
    """The questions to one account."""

    def __init__(self, asset: Asset, reach: Reach) -> None:
        """Raises Unreachable where the list of its buckets cannot be seen, or the credential is another account's."""
        self.calls: AccountCalls = reach.account()
        self.asset = asset
        self.now = reach.now()
        self.server = ServerKind.COMPATIBLE if self.calls.is_compatible else ServerKind.AWS
        self.number = "" if self.calls.is_compatible else self._own_number()
        self.listing: Listing = self.calls.listing()

    def _own_number(self) -> str:
        """Raises Unreachable: another account's buckets would be taken for this one's."""
        number = self.calls.number()
        if self.asset.account and number != self.asset.account:
            detail = f"the credential is of account {number}, not of {self.asset.account}"
            raise Unreachable(Reason.AUTH_FAILED, detail)
        return number

    def buckets(self) -> AccountFacts:
        told = self.listing
        return AccountFacts(
            observed_at=self.now,
            server=self.server,
            account=self.number,
            declared_account=self.asset.account or "",
            canonical_id=target_text(told.canonical_id),
            bucket_count=len(told.regions),
            is_complete=told.failure is None,
            incomplete_reason=told.failure.reason.word if told.failure else "",
            incomplete_detail=told.failure.detail if told.failure else "",
            regions=tuple(map(target_text, sorted({place for place in told.regions.values() if place}))),
            request_id=target_text(told.request_id),
        )

    def block(self) -> AccountBlock:
        return account_answers.parse_block(
            None if self.calls.is_compatible else self.calls.access_block(), self.server, self.now
        )

    def organisation(self) -> AccountOrganisation:
        """Raises Unreachable(NOT_IMPLEMENTED) for a server of one's own."""
        return account_answers.parse_organisation(self.calls.organisation(), self.now)

    def doors(self) -> AccountDoors:
        if self.calls.is_compatible:
            return AccountDoors(observed_at=self.now, server=self.server, points=())
        return access_points.of_account(self.calls, self._regions(), self.server, self.now)

    def multi_region_doors(self) -> MultiRegionDoors:
        return access_points.multi_region(self.calls, self.server, self.now)

    def other_kinds(self) -> OtherBucketKinds:
        return account_answers.other_kinds(self.calls, self._regions(), self.now)

    def _regions(self) -> tuple[str, ...]:
        """Where its buckets lie, where the inventory says to look, and where its profile points."""
        listed = {place for place in self.listing.regions.values() if place}
        return tuple(sorted(listed | set(self.asset.regions) | {self.calls.region or "us-east-1"}))


GROUPS: tuple[Group, ...] = (
    (AccountFacts, _Account.buckets),
    (AccountBlock, _Account.block),
    (AccountOrganisation, _Account.organisation),
    (AccountDoors, _Account.doors),
    (MultiRegionDoors, _Account.multi_region_doors),
    (OtherBucketKinds, _Account.other_kinds),
)


def found(name: str, asset: Asset) -> Found:
    """A bucket of the account: until it is claimed it belongs to the account's system, and its data are undeclared."""
    return Found(
        Asset(
            id=f"{asset.id}/{name}",
            kind="bucket",
            address=f"s3://{name}",
            system=asset.system,
            tiers=asset.tiers,
            sensitivity=Sensitivity.UNDECLARED,
            credential=asset.credential,
            account=asset.account,
            provider=asset.provider,
            found_by=asset.id,
        )
    )


def _observed(groups: Iterable[Group], account: _Account) -> Iterator[Observation]:
    """One `Seen` or `Unseen` per group. An answer whose shape its facts refuse was not seen."""
    for facts_type, look in groups:
        try:
            yield Seen(look(account))
        except Unreachable as failure:
            yield Unseen(facts_type, "", failure.reason, failure.detail)
        except ValueError as refusal:
            yield Unseen(facts_type, "", Reason.MALFORMED, f"{account.asset.address}: {refusal}")
