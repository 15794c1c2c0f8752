"""Facts of settings, keys, flows and accounts made by hand: what a case does not care about is harmless."""

from __future__ import annotations

from auditor.facts.storage import (
    BlockLevel,
    BucketEncryption,
    BucketPlace,
    BucketTags,
    EncryptionRule,
    PartState,
    ServerKind,
    Tag,
)
from auditor.facts.storage_account import (
    AccessPoint,
    AccessPoints,
    BucketOwner,
    DoorPolicy,
    NetworkOrigin,
)
from auditor.facts.storage_effect import Keeps, ServerPromise
from auditor.facts.storage_flows import BucketReplication, InventoryExport, ReplicationRule
from auditor.facts.storage_keys import BucketKey, BucketKeys, KeyGrants, KeyPolicy, KeyRotation
from auditor.facts.storage_objects import ObjectSource, OldObjects
from auditor.facts.storage_settings import (
    BucketLifecycle,
    BucketPolicyStatus,
    BucketVersioning,
    LifecycleRule,
    VersioningState,
)
from tests.derivations.bucket_facts import ABSENT, NOW, allow, document

AWS, COMPATIBLE = ServerKind.AWS, ServerKind.COMPATIBLE
OURS, OTHER = "123456789012", "999999999999"
OUR_ID, OTHER_ID = "c" * 64, "d" * 64
KEY = f"arn:aws:kms:us-east-1:{OURS}:key/0ddba11"
FOREIGN_KEY = f"arn:aws:kms:us-east-1:{OTHER}:key/0ddba11"
TURNING = KeyRotation(state=PartState.SET, is_enabled=True, period_days=365)
ROOT_ONLY = document(allow(Principal={"AWS": f"arn:aws:iam::{OURS}:root"}, Action="kms:*", Resource="*"))


def owner(**told: object) -> BucketOwner:
    """The bucket is proven to be of the account OURS."""
    values: dict[str, object] = {"account": OURS, "account_canonical_id": OUR_ID, "is_listed": True, "is_proven": True}
    return BucketOwner(observed_at=NOW, **{"server": AWS, **values, **told})  # type: ignore[arg-type]


NOBODYS = BucketOwner(observed_at=NOW, server=AWS, account_reason="access_denied", list_reason="access_denied")


def status(is_public: bool | None, server: ServerKind = AWS) -> BucketPolicyStatus:
    return BucketPolicyStatus(observed_at=NOW, server=server, is_public=is_public)


def door(text: str | None, *, vpc: bool = False, block: BlockLevel = ABSENT, public: bool | None = None) -> AccessPoint:
    """`text` None: without a policy."""
    state = PartState.ABSENT if text is None else PartState.SET
    return AccessPoint(
        name="door",
        bucket="b",
        origin=NetworkOrigin.VPC if vpc else NetworkOrigin.INTERNET,
        block=block,
        policy=DoorPolicy(state=state, document=text, is_public=public),
    )


def hidden_door() -> AccessPoint:
    policy = DoorPolicy(state=PartState.UNSEEN, reason="access_denied")
    return AccessPoint(name="door", bucket="b", origin=NetworkOrigin.INTERNET, block=ABSENT, policy=policy)


def doors(*points: AccessPoint, unseen: tuple[str, ...] = ()) -> AccessPoints:
    return AccessPoints(observed_at=NOW, server=AWS, points=points, unseen=unseen)


def key(text: str | None = ROOT_ONLY, **told: object) -> BucketKey:
    values: dict[str, object] = {
        "named": KEY,
        "state": PartState.SET,
        "arn": KEY,
        "account": OURS,
        "manager": "CUSTOMER",
        "key_state": "Enabled",
        "origin": "AWS_KMS",
        "rotation": TURNING,
        "grants": KeyGrants(state=PartState.SET),
        "policy": KeyPolicy(state=PartState.SET, document=text)
        if text
        else KeyPolicy(state=PartState.UNSEEN, reason="access_denied"),
    }
    return BucketKey(**{**values, **told})  # type: ignore[arg-type]


def denied_key(named: str = KEY, account: str = OURS) -> BucketKey:
    """A key of which its own name says all that is known."""
    return BucketKey(
        named=named,
        state=PartState.UNSEEN,
        reason="access_denied",
        rotation=KeyRotation(state=PartState.UNSEEN, reason="access_denied"),
        policy=KeyPolicy(state=PartState.UNSEEN, reason="access_denied"),
        grants=KeyGrants(state=PartState.UNSEEN, reason="access_denied"),
        account_from_name=account,
    )


def keys(*told: BucketKey) -> BucketKeys:
    return BucketKeys(observed_at=NOW, server=AWS, keys=told)


def encryption(
    algorithm: str | None = "aws:kms", key_id: str | None = KEY, *blocked: str, server: ServerKind = AWS
) -> BucketEncryption:
    rule = EncryptionRule(algorithm=algorithm, key_id=key_id, blocked_types=blocked)
    return BucketEncryption(observed_at=NOW, server=server, rules=(rule,))


def promise(keeps: Keeps, **told: Keeps) -> ServerPromise:
    """What the register says of a compatible server."""
    settings = ("own_key", "named_key", "restrict_public", "ignore_acls", "no_acls", "expiry", "policies")
    values = {**dict.fromkeys(settings, keeps), **told}
    return ServerPromise(observed_at=NOW, server=COMPATIBLE, name="Store", **values)


def old(**told: object) -> OldObjects:
    values: dict[str, object] = {"counted": 9, "old": 4, "headed": 4, "without_encryption": 0, "is_complete": True}
    shape: dict[str, object] = {"server": AWS, "source": ObjectSource.LIST, "as_of": NOW}
    return OldObjects(observed_at=NOW, **{**shape, **values, **told})  # type: ignore[arg-type]


def lifecycle(*rules: LifecycleRule) -> BucketLifecycle:
    return BucketLifecycle(observed_at=NOW, server=AWS, rules=rules or None)


def rule(**told: object) -> LifecycleRule:
    """Everything goes: within 20 days, older versions after 10 more, fragments after 7."""
    values: dict[str, object] = {"expiration_days": 20, "noncurrent_days": 10, "abort_multipart_days": 7}
    return LifecycleRule(id="r", is_enabled=True, **{**values, **told})  # type: ignore[arg-type]


def versioning(state: VersioningState = VersioningState.OFF) -> BucketVersioning:
    return BucketVersioning(observed_at=NOW, server=AWS, status=state)


def copies(**told: object) -> BucketReplication:
    values: dict[str, object] = {"id": "r", "is_enabled": True, "destination": "arn:aws:s3:::copy", "account": OURS}
    return BucketReplication(observed_at=NOW, server=AWS, rules=(ReplicationRule(**{**values, **told}),))  # type: ignore[arg-type]


def export(**told: object) -> InventoryExport:
    values: dict[str, object] = {"id": "i", "is_enabled": True, "destination": "arn:aws:s3:::lists", "account": OURS}
    return InventoryExport(**{**values, **told})  # type: ignore[arg-type]


def place(location: str | None, server: ServerKind = AWS) -> BucketPlace:
    return BucketPlace(observed_at=NOW, server=server, location=location)


def tags(*pairs: tuple[str, str]) -> BucketTags:
    return BucketTags(observed_at=NOW, tags=tuple(Tag(key=name, value=value) for name, value in pairs))
