"""The facts of storage: each sample survives the codec, and no constructor takes an empty or contradictory truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from auditor.codec import decode, encode
from auditor.facts import Facts
from auditor.facts.storage import BlockLevel, PartState, ServerKind
from auditor.facts.storage_account import (
    AccessPoint,
    AccessPoints,
    AccountBlock,
    AccountDoors,
    AccountFacts,
    AccountOrganisation,
    BucketOwner,
    DoorPolicy,
    NetworkOrigin,
    OtherBucketKinds,
    OtherBuckets,
    OtherKind,
)
from auditor.facts.storage_flows import (
    BucketInventories,
    BucketLogging,
    BucketNotifications,
    BucketReplication,
    InventoryExport,
    NotificationTarget,
    ReplicationRule,
)
from auditor.facts.storage_keys import BucketKey, BucketKeys, KeyPolicy, KeyRotation
from auditor.facts.storage_objects import ObjectSource, OldObjects
from auditor.facts.storage_settings import (
    BucketLifecycle,
    BucketLock,
    BucketPolicyStatus,
    BucketVersioning,
    BucketWebsite,
    LifecycleRule,
    VersioningState,
)

AT = datetime(2026, 6, 15, 3, tzinfo=UTC)
AWS = ServerKind.AWS
OURS = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{OURS}:key/0ddba11"
ABSENT = BlockLevel(state=PartState.ABSENT)
UNTOLD = KeyPolicy(state=PartState.UNSEEN, reason="access_denied")
TURNING = KeyRotation(state=PartState.SET, is_enabled=True, period_days=365)
STILL = KeyRotation(state=PartState.UNSEEN, reason="access_denied", detail="kms GetKeyRotationStatus")
RULE = LifecycleRule(id="a", is_enabled=True, expiration_days=30, noncurrent_days=30, abort_multipart_days=7)
COPY = ReplicationRule(id="r", is_enabled=True, destination="arn:aws:s3:::elsewhere", account="444455556666")
EXPORT = InventoryExport(id="all", is_enabled=True, destination="arn:aws:s3:::lists", fields=("EncryptionStatus",))
DOOR = AccessPoint(
    name="door",
    bucket="b",
    origin=NetworkOrigin.VPC,
    block=ABSENT,
    policy=DoorPolicy(state=PartState.SET, document="{}", is_public=False),
)


def key(**told: object) -> BucketKey:
    values: dict[str, object] = {
        "named": KEY,
        "state": PartState.SET,
        "arn": KEY,
        "account": OURS,
        "manager": "CUSTOMER",
        "key_state": "Enabled",
        "origin": "AWS_KMS",
        "rotation": TURNING,
        "policy": KeyPolicy(state=PartState.SET, document="{}"),
    }
    return BucketKey(**{**values, **told})  # type: ignore[arg-type]


def account(**told: object) -> AccountFacts:
    values: dict[str, object] = {"observed_at": AT, "server": AWS, "account": OURS, "bucket_count": 3}
    return AccountFacts(**{**values, "is_complete": True, **told})  # type: ignore[arg-type]


def old(**told: object) -> OldObjects:
    values: dict[str, object] = {"observed_at": AT, "server": AWS, "source": ObjectSource.LIST, "as_of": AT}
    counts: dict[str, object] = {"counted": 9, "old": 4, "headed": 4, "without_encryption": 1, "is_complete": True}
    return OldObjects(**{**values, **counts, **told})  # type: ignore[arg-type]


SAMPLES: tuple[Facts, ...] = (
    BucketPolicyStatus(observed_at=AT, server=AWS, is_public=None),
    BucketPolicyStatus(observed_at=AT, server=AWS, is_public=True, request_id="4442587FB7D0A2F9"),
    BucketVersioning(observed_at=AT, server=AWS, status=VersioningState.SUSPENDED, mfa_delete=False),
    BucketLifecycle(observed_at=AT, server=AWS, rules=None),
    BucketLifecycle(observed_at=AT, server=AWS, rules=(RULE, LifecycleRule(id="", is_enabled=False))),
    BucketLock(observed_at=AT, server=AWS, is_enabled=False, by_versioning=True),
    BucketLock(observed_at=AT, server=AWS, is_enabled=True, mode="COMPLIANCE", years=7),
    BucketWebsite(observed_at=AT, server=AWS, is_present=True, redirects_to="www.example.org"),
    BucketReplication(observed_at=AT, server=AWS, rules=(COPY,), role="arn:aws:iam::111122223333:role/copy"),
    BucketReplication(observed_at=AT, server=AWS, rules=None, by_versioning=True),
    BucketLogging(observed_at=AT, server=AWS, target=None),
    BucketLogging(observed_at=AT, server=AWS, target="logs", prefix="b/"),
    BucketNotifications(observed_at=AT, server=AWS, targets=(NotificationTarget(kind="queue", arn="arn:aws:sqs:::q"),)),
    BucketInventories(observed_at=AT, server=AWS, exports=()),
    BucketInventories(observed_at=AT, server=AWS, exports=(EXPORT,), is_complete=False),
    BucketKeys(observed_at=AT, server=AWS, keys=()),
    BucketKeys(observed_at=AT, server=AWS, keys=(key(), key(named="alias/x", rotation=STILL, policy=UNTOLD))),
    BucketOwner(observed_at=AT, server=AWS, account=OURS, is_listed=True, is_proven=True),
    BucketOwner(observed_at=AT, server=AWS, account_reason="no_credential", list_reason="access_denied"),
    account(canonical_id="79a5", regions=("eu-west-1", "us-east-1")),
    account(is_complete=False, incomplete_reason="throttled"),
    AccountBlock(observed_at=AT, server=AWS, level=ABSENT),
    AccountOrganisation(observed_at=AT, organisation=None),
    AccountOrganisation(observed_at=AT, organisation="o-a1b2c3d4e5", management_account=OURS),
    AccessPoints(observed_at=AT, server=AWS, points=()),
    AccessPoints(observed_at=AT, server=AWS, points=(DOOR,), unseen=("eu-west-1: access_denied",)),
    AccountDoors(observed_at=AT, server=AWS, points=(DOOR,)),
    OtherBucketKinds(
        observed_at=AT,
        rows=(
            OtherBuckets(kind=OtherKind.DIRECTORY, region="us-east-1", count=1, names=("a--use1-az4--x-s3",)),
            OtherBuckets(kind=OtherKind.TABLE, region="us-east-1", count=None, reason="access_denied"),
        ),
    ),
    old(),
    old(is_complete=False, why_incomplete="budget", headed=2),
)


@pytest.mark.parametrize("facts", SAMPLES, ids=lambda facts: type(facts).__name__)
def test_a_sample_survives_the_codec(facts: Facts) -> None:
    assert decode(encode(facts), [type(facts)]) == facts


def facts(made: Callable[..., object], **values: object) -> Callable[[], object]:
    return lambda: made(observed_at=AT, server=AWS, **values)


REFUSED: dict[str, Callable[[], object]] = {
    "no rules": facts(BucketLifecycle, rules=()),
    "below zero": lambda: LifecycleRule(id="", is_enabled=True, expiration_days=-1),
    "by age and by date": lambda: LifecycleRule(id="", is_enabled=True, expiration_days=1, expiration_date=AT),
    "a lock that is off": facts(BucketLock, is_enabled=False, mode="GOVERNANCE", days=1),
    "a lock not asked for": facts(BucketLock, is_enabled=True, by_versioning=True),
    "a retention without end": facts(BucketLock, is_enabled=True, mode="GOVERNANCE"),
    "a redirect of no website": facts(BucketWebsite, is_present=False, redirects_to="a.example.org"),
    "no replication rules": facts(BucketReplication, rules=()),
    "copies not asked for": facts(BucketReplication, rules=(COPY,), by_versioning=True),
    "a copy to nowhere": lambda: ReplicationRule(id="", is_enabled=True, destination=""),
    "a log to nowhere": facts(BucketLogging, target=""),
    "nobody told": lambda: NotificationTarget(kind="topic", arn=""),
    "a list to nowhere": lambda: InventoryExport(id="", is_enabled=True, destination=""),
    "no inventories, it broke off": facts(BucketInventories, exports=(), is_complete=False),
    "half a key": lambda: key(account=""),
    "a denied key with an account": lambda: key(state=PartState.UNSEEN, reason="access_denied"),
    "a denied key without a reason": lambda: key(
        state=PartState.UNSEEN, arn="", account="", manager="", key_state="", origin=""
    ),
    "an absent key": lambda: key(state=PartState.ABSENT),
    "one key twice": facts(BucketKeys, keys=(key(), key())),
    "a rotation nobody saw": lambda: KeyRotation(state=PartState.UNSEEN, is_enabled=True, reason="access_denied"),
    "an absent key policy": lambda: KeyPolicy(state=PartState.ABSENT),
    "an empty key policy": lambda: KeyPolicy(state=PartState.SET, document=" "),
    "listed, and why not": facts(BucketOwner, is_listed=True, list_reason="access_denied"),
    "not listed, no reason": facts(BucketOwner),
    "nobody's bucket, proven": facts(BucketOwner, is_listed=True, is_proven=True),
    "a list without a row that broke off": lambda: account(
        bucket_count=0, is_complete=False, incomplete_reason="throttled"
    ),
    "a whole list that broke off": lambda: account(incomplete_reason="throttled"),
    "a broken list without a reason": lambda: account(is_complete=False),
    "an unseen block": facts(AccountBlock, level=BlockLevel(state=PartState.UNSEEN, reason="access_denied")),
    "a nameless organisation": lambda: AccountOrganisation(observed_at=AT, organisation=""),
    "no points of no list": facts(AccessPoints, points=(), unseen=("us-east-1: access_denied",)),
    "an empty door policy": lambda: DoorPolicy(state=PartState.SET, document=""),
    "an unseen door policy": lambda: DoorPolicy(state=PartState.UNSEEN),
    "an unknown count": lambda: OtherBuckets(kind=OtherKind.TABLE, region="us-east-1", count=None),
    "names of nothing": lambda: OtherBuckets(kind=OtherKind.TABLE, region="us-east-1", count=0, names=("a",)),
    "nobody asked": lambda: OtherBucketKinds(observed_at=AT, rows=()),
    "more plain than old": lambda: old(without_encryption=5),
    "complete, and not all asked": lambda: old(headed=3),
    "incomplete without a reason": lambda: old(is_complete=False),
    "broke off before the first": lambda: old(
        counted=0, old=0, headed=0, without_encryption=0, is_complete=False, why_incomplete="budget"
    ),
}


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED.keys())
def test_an_empty_or_contradictory_truth_is_refused(made: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        made()
