"""Looks at one S3 bucket: nine or ten reading calls as a rule. Knows no rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.storage import (
    BucketAcl,
    BucketEncryption,
    BucketPlace,
    BucketPolicy,
    BucketTags,
    PublicAccessBlock,
)
from auditor.facts.storage_account import AccessPoints, BucketOwner
from auditor.facts.storage_flows import BucketInventories, BucketLogging, BucketNotifications, BucketReplication
from auditor.facts.storage_keys import BucketKeys
from auditor.facts.storage_settings import (
    BucketLifecycle,
    BucketLock,
    BucketPolicyStatus,
    BucketVersioning,
    BucketWebsite,
)
from auditor.model import Asset, Reason, Tier
from auditor.probe import Observation, Seen, Unseen
from auditor.probes.bucket_questions import Questions
from auditor.reach import Reach

Group = tuple[type[Facts], Callable[[Questions], Facts]]

GROUPS: tuple[Group, ...] = (
    (BucketPlace, Questions.place),  # first: it learns the region
    (BucketPolicy, Questions.policy),
    (BucketPolicyStatus, Questions.policy_status),  # after the policy: where there is none, there is no status
    (PublicAccessBlock, Questions.access_block),
    (BucketAcl, Questions.acl),
    (BucketEncryption, Questions.encryption),
    (BucketKeys, Questions.keys),  # after the encryption, which names them
    (BucketVersioning, Questions.versioning),
    (BucketLock, Questions.lock),  # after the versioning, without which there is none
    (BucketReplication, Questions.replication),  # likewise
    (BucketLifecycle, Questions.lifecycle),
    (BucketLogging, Questions.logging),
    (BucketWebsite, Questions.website),
    (BucketTags, Questions.tags),
    (AccessPoints, Questions.access_points),
    (BucketOwner, Questions.owner),  # last: the answers until then say whose it is
)
WEEKLY: tuple[Group, ...] = (
    (BucketNotifications, Questions.notifications),
    (BucketInventories, Questions.inventories),
)


class BucketProbe:
    """What every night asks of a bucket."""

    kind: ClassVar[str] = "bucket"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = tuple(facts_type for facts_type, _ in GROUPS)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        return list(_observed(GROUPS, Questions(asset, reach), asset))

    def plan(self, asset: Asset) -> Iterable[str]:
        calls = (
            "GetBucketPolicy",
            "GetBucketPolicyStatus (where there is a policy)",
            "GetPublicAccessBlock",
            "GetBucketOwnershipControls",
            "GetBucketAcl (where lists are active, and from compatible servers)",
            "GetBucketEncryption",
            "GetBucketVersioning",
            "GetObjectLockConfiguration (where versions are kept)",
            "GetBucketReplication (where versions are kept)",
            "GetBucketLifecycleConfiguration",
            "GetBucketLogging",
            "GetBucketWebsite",
            "GetBucketTagging",
            "GetBucketLocation (where the account's list does not tell it)",
            "HeadBucket (where the server says that the bucket lies in another region)",
        )
        yield from (f"api s3:{call} {asset.address}" for call in calls)
        yield (
            "api kms:DescribeKey, kms:GetKeyRotationStatus, kms:GetKeyPolicy, kms:ListGrants (a hundred to a page) "
            "(AWS, once in a run for each key that the default encryption names)"
        )
        yield (
            "api s3control:GetAccessPoint, s3control:GetAccessPointPolicy, s3control:GetAccessPointPolicyStatus "
            "(AWS, once in a run for each access point of the bucket)"
        )
        yield (
            "api s3control:ListMultiRegionAccessPoints, s3control:GetMultiRegionAccessPointPolicy "
            "(AWS, once in a run, where the bucket's policy leaves the choice to access points, or is not told)"
        )
        yield (
            "api sts:GetCallerIdentity, s3:ListBuckets, s3control:GetPublicAccessBlock (AWS, once in a run), "
            "s3control:ListAccessPoints (AWS, once in a run for each region)"
        )


class BucketFlowsProbe:
    """Who is told of events, and who gets lists of the objects: what the deep tier asks of a bucket."""

    kind: ClassVar[str] = "bucket"
    tier: ClassVar[Tier] = Tier.DEEP
    yields: ClassVar[tuple[type[Facts], ...]] = tuple(facts_type for facts_type, _ in WEEKLY)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        return list(_observed(WEEKLY, Questions(asset, reach), asset))

    def plan(self, asset: Asset) -> Iterable[str]:
        yield f"api s3:GetBucketNotificationConfiguration {asset.address}"
        yield f"api s3:ListBucketInventoryConfigurations {asset.address}"


def _observed(groups: Iterable[Group], questions: Questions, asset: Asset) -> Iterator[Observation]:
    """One `Seen` or `Unseen` per group. An answer whose shape its facts refuse was not seen."""
    for facts_type, look in groups:
        try:
            yield Seen(look(questions))
        except Unreachable as failure:
            yield Unseen(facts_type, "", failure.reason, failure.detail)
        except ValueError as refusal:
            yield Unseen(facts_type, "", Reason.MALFORMED, f"{asset.address}: {refusal}")
