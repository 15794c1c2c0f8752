"""What the rows of the bucket checks are made of, and the way from facts to outcome that the judge goes."""

from __future__ import annotations

from typing import Any

from auditor.check import Check
from auditor.facts import Declared, Facts
from auditor.facts.storage import (
    AclGrant,
    BlockLevel,
    BucketAcl,
    Grantee,
    Ownership,
    PartState,
)
from auditor.facts.storage_concluded import OwnBucket, OwnBuckets
from auditor.facts.storage_flows import (
    BucketInventories,
    BucketNotifications,
    NotificationTarget,
)
from auditor.model import Outcome
from auditor.probe import Unseen
from tests.derivations.bucket_facts import (
    NOW,
    acl,
    allow,
    declared,
    deny,
    document,
    finding,
    when,
)
from tests.derivations.storage_samples import (
    AWS,
    OTHER,
    OURS,
)

P, F, N, U = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE, Outcome.UNKNOWN
Row = tuple[Outcome, tuple[Facts | Unseen, ...]]
OPEN_POLICY = document(allow())
OWN = document(allow(Principal={"AWS": OURS}))
OUTSIDER = document(allow(Principal={"AWS": OTHER}))
DELEGATED = document(allow(Action="s3:*", **when("StringEquals", "s3:DataAccessPointAccount", OURS)))
BY_DOORS = deny(**when("StringNotEquals", "s3:DataAccessPointAccount", OURS))
THEIR_DOORS = document(allow(Action="s3:*", **when("StringEquals", "s3:DataAccessPointAccount", OTHER)))
READ_BY_DOOR = allow(Action="s3:GetObject", **when("StringEquals", "s3:DataAccessPointAccount", OURS))
BY_DOOR_FROM_AFAR = allow(
    Condition={"StringEquals": {"s3:DataAccessPointAccount": OURS}, "IpAddress": {"aws:SourceIp": "8.8.8.0/24"}}
)
OUTSIDER_WRITES = document(allow(Action="s3:PutObject", Principal={"AWS": OTHER}))
OUTSIDER_BY_DOOR = document(allow(Principal={"AWS": OTHER}, **when("StringEquals", "s3:DataAccessPointAccount", OURS)))
FOREIGN_VPC_BY_DOOR = document(
    allow(Condition={"StringEquals": {"s3:DataAccessPointAccount": OURS, "aws:SourceVpc": "vpc-2"}})
)
DENIED_TO_ALL_BUT_DOORS = document(allow(Action="s3:*"), BY_DOORS)
OWN_BY_DOORS = document(allow(Principal={"AWS": OURS}, **when("StringEquals", "s3:DataAccessPointAccount", OURS)))
ANY_VALUE_PUBLIC = document(allow(**when("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}")))
TLS_ONLY = deny(**when("Bool", "aws:SecureTransport", "false"))
NO_SWITCH = BlockLevel(state=PartState.NO_SWITCH)
HALF = BlockLevel(state=PartState.SET, block_acls=True, ignore_acls=True)
OTHER_HALF = BlockLevel(state=PartState.SET, block_policy=True, restrict_buckets=True)
CLOSED = acl(Ownership.ENFORCED)


def listed(*ids: str, ownership: Ownership = Ownership.WRITER) -> BucketAcl:
    grants = tuple(AclGrant(grantee=Grantee.ACCOUNT, name=one, permission="FULL_CONTROL") for one in ids)
    return BucketAcl(observed_at=NOW, server=AWS, ownership=ownership, grants=grants)


def judged(rule_: Check[Any], wanted: Outcome, facts: tuple[Facts | Unseen, ...], said: Declared | None = None) -> None:
    found = finding(rule_, *facts, said=said)
    assert found.outcome is wanted, (found.summary, found.evidence)
    assert wanted is not U or found.reason


SCOPE = declared(own_accounts=(OURS,), own_organisations=("o-ours",), own_vpcs=("vpc-1",))
MONTH = declared(retention_days=30)


def own(*names: str) -> OwnBuckets:
    return OwnBuckets(observed_at=NOW, rows=tuple(OwnBucket(name=name, account=OURS) for name in names))


def lists(*exports: object, is_complete: bool = True) -> BucketInventories:
    return BucketInventories(observed_at=NOW, server=AWS, exports=exports, is_complete=is_complete)  # type: ignore[arg-type]


def messages(*arns: str) -> BucketNotifications:
    targets = tuple(NotificationTarget(kind="queue", arn=arn) for arn in arns)
    return BucketNotifications(observed_at=NOW, server=AWS, targets=targets)
