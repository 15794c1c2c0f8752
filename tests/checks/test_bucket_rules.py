"""From facts to outcome, the way that the judge goes: good, bad, boundary, empty and hostile rows of every rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auditor.check import Check
from auditor.facts import Declared, Facts, Registered
from auditor.facts.bucket_holders import BucketState
from auditor.facts.storage import (
    AclGrant,
    BlockLevel,
    BucketAcl,
    BucketEncryption,
    BucketPolicy,
    BucketTags,
    Grantee,
    Ownership,
    PartState,
    PublicAccessBlock,
)
from auditor.facts.storage_account import AccountBlock
from auditor.facts.storage_concluded import OwnBucket, OwnBuckets
from auditor.facts.storage_effect import Keeps
from auditor.facts.storage_flows import (
    BucketDestinations,
    BucketInventories,
    BucketLogging,
    BucketNotifications,
    Destination,
    NotificationTarget,
)
from auditor.facts.storage_keys import BucketKeys, KeyRotation
from auditor.facts.storage_settings import (
    BucketLock,
    BucketPolicyStatus,
    BucketVersioning,
    BucketWebsite,
    VersioningState,
)
from auditor.model import KeyNeed, Outcome, Reason, Sensitivity
from auditor.probe import Unseen
from checks import (
    accounts,
    bucket_keys,
    bucket_old_objects,
    bucket_settings,
    bucket_sharing,
    bucket_transport,
    bucket_upkeep,
    buckets,
)
from tests.derivations.bucket_facts import (
    ABSENT,
    HIDDEN,
    NOW,
    OPEN,
    SHUT,
    acl,
    allow,
    block,
    declared,
    deny,
    document,
    finding,
    hidden,
    policy,
    when,
)
from tests.derivations.storage_samples import (
    AWS,
    COMPATIBLE,
    FOREIGN_KEY,
    KEY,
    NOBODYS,
    OTHER,
    OTHER_ID,
    OUR_ID,
    OURS,
    copies,
    denied_key,
    door,
    doors,
    encryption,
    export,
    hidden_door,
    key,
    keys,
    lifecycle,
    old,
    owner,
    place,
    promise,
    rule,
    status,
    tags,
    versioning,
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


EXPOSED: dict[str, Row] = {
    "open": (F, (policy(OPEN_POLICY), block())),
    "open, and the provider agrees": (F, (policy(OPEN_POLICY), block(), status(True))),
    "open, no condition, whatever the provider says": (F, (policy(OPEN_POLICY), block(), status(False))),
    "open beside a TLS rule, whatever the provider says": (
        F,
        (policy(document(allow(), TLS_ONLY)), block(), status(False)),
    ),
    "open by a condition that the provider may read otherwise": (
        U,
        (policy(document(allow(**when("StringLike", "aws:Referer", "x")))), block(), status(False)),
    ),
    "open beside a Deny that the provider may read otherwise": (
        U,
        (policy(document(allow(), deny(Principal={"AWS": OTHER}))), block(), status(False)),
    ),
    "closed, and the provider calls it public": (F, (policy(OWN), block(), status(True))),
    "closed, called public, restricted": (P, (policy(OWN), block(SHUT), status(True))),
    "closed, called public by a compatible server": (
        P,
        (replace(policy(OWN), server=COMPATIBLE), block(server=COMPATIBLE), status(True, COMPATIBLE)),
    ),
    "guarded, and called public": (P, (policy(document(allow(), deny())), block(), status(True))),
    "limited, and called public": (P, (policy(ANY_VALUE_PUBLIC), block(), status(True))),
    "hidden policy, called public": (F, (hidden(BucketPolicy), block(), status(True))),
    "hidden policy, called public, restricted": (P, (hidden(BucketPolicy), block(SHUT), status(True))),
    "hidden policy, not called public, no doors": (P, (hidden(BucketPolicy), block(), status(False), doors())),
    "hidden policy, not called public, public door": (
        U,
        (hidden(BucketPolicy), block(), status(False), doors(door(OPEN_POLICY))),
    ),
    "hidden policy, not called public, doors unseen": (U, (hidden(BucketPolicy), block(), status(False))),
    "hidden policy of a compatible server": (
        U,
        (hidden(BucketPolicy), block(server=COMPATIBLE), status(False, COMPATIBLE), doors()),
    ),
    "hidden policy, nothing said": (U, (hidden(BucketPolicy), block())),
    "hidden block, open": (U, (policy(OPEN_POLICY), hidden(PublicAccessBlock))),
    "hidden block, closed": (P, (policy(OWN), hidden(PublicAccessBlock))),
    "nothing was asked of the provider's word": (P, (policy(OWN), block())),
    "no policy": (P, (policy(None), block(), status(None))),
    "left to doors, none": (P, (policy(DELEGATED), block(), doors(), owner())),
    "left to doors of another account": (U, (policy(DELEGATED), block(), doors(), owner(account=OTHER))),
    "left to doors, owner hidden": (U, (policy(DELEGATED), block(), doors())),
    "left to doors, a public one": (F, (policy(DELEGATED), block(), doors(door(OPEN_POLICY)))),
    "left to doors, a public one in a VPC": (
        P,
        (policy(DELEGATED), block(), doors(door(OPEN_POLICY, vpc=True)), owner()),
    ),
    "left to doors, a public one that is shut": (
        P,
        (policy(DELEGATED), block(), doors(door(OPEN_POLICY, block=SHUT)), owner()),
    ),
    "left to doors, a public one, account shut": (
        P,
        (policy(DELEGATED), block(ABSENT, SHUT), doors(door(OPEN_POLICY)), owner()),
    ),
    "left to doors, one is hidden": (U, (policy(DELEGATED), block(), doors(hidden_door()))),
    "left to doors, all hidden": (U, (policy(DELEGATED), block())),
    "left to doors, a region hidden": (
        U,
        (policy(DELEGATED), block(), doors(door(None), unseen=("eu-west-1: timeout",))),
    ),
    "left to doors, one called public": (U, (policy(DELEGATED), block(), doors(door(OWN, public=True)))),
    "left to doors by a Deny, a public one": (
        F,
        (policy(DENIED_TO_ALL_BUT_DOORS), block(), doors(door(OPEN_POLICY))),
    ),
    "left to doors by a Deny, all hidden": (U, (policy(DENIED_TO_ALL_BUT_DOORS), block())),
    "left to doors, for one's own account": (P, (policy(OWN_BY_DOORS), block(), doors(door(OPEN_POLICY)))),
    "not left to a public door": (P, (policy(OWN), block(), doors(door(OPEN_POLICY)))),
}


@pytest.mark.parametrize(("wanted", "facts"), EXPOSED.values(), ids=EXPOSED)
def test_public_by_policy(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(buckets.public_policy, wanted, facts)


def test_nobody_knows_what_a_policy_gives_that_only_the_provider_calls_public() -> None:
    for facts in ((policy(OWN), block(), status(True)), (hidden(BucketPolicy), block(), status(True))):
        judged(buckets.public_write, U, facts)
        judged(buckets.public_list, U, facts, declared(intended_public=True))


READ = allow()
WRITTEN = allow(Action="s3:PutObject")
NOT_WRITTEN = deny(Action="s3:PutObject", **when("StringNotEquals", "aws:PrincipalOrgID", "o-ours"))
BY_DOOR = allow(Action="s3:*", **when("StringEquals", "s3:DataAccessPointAccount", OURS))
SOMETIMES_WRITTEN = allow(Action="s3:PutObject", **when("StringLike", "aws:Referer", "x"))
ON_CEPH = replace(policy(document(READ, WRITTEN, NOT_WRITTEN)), server=COMPATIBLE)
BARE = block(NO_SWITCH, NO_SWITCH, COMPATIBLE)


@pytest.mark.parametrize(
    ("wanted", "facts"),
    [
        (P, (policy(document(READ)), block())),
        (F, (policy(document(READ, WRITTEN)), block())),
        (P, (policy(document(READ, WRITTEN, NOT_WRITTEN)), block())),
        (U, (ON_CEPH, BARE)),
        (F, (replace(ON_CEPH, document=document(READ, WRITTEN, WRITTEN | {"Resource": "*"}, NOT_WRITTEN)), BARE)),
        (U, (policy(document(READ, SOMETIMES_WRITTEN)), block(), status(False))),
        (P, (policy(document(READ, BY_DOOR)), block(), doors(), owner())),
        (U, (policy(document(READ, BY_DOOR)), block(), doors(), owner(account=OTHER))),
        (F, (policy(document(READ, BY_DOOR)), block(), doors(door(document(WRITTEN))), owner())),
        (F, (policy(document(READ, BY_DOOR)), block(), doors(door(document(WRITTEN))), NOBODYS)),
        (U, (policy(document(READ, BY_DOOR)), block(), doors(hidden_door()))),
        (U, (policy(document(READ, BY_DOOR)), block())),
        (F, (policy(document(WRITTEN, BY_DOOR)), block())),
    ],
)
def test_who_may_read_a_public_bucket_may_not_write_for_certain(
    wanted: Outcome, facts: tuple[Facts | Unseen, ...]
) -> None:
    judged(buckets.public_write, wanted, facts, declared(intended_public=True))


LATENT: dict[str, Row] = {
    "nothing": (P, (policy(None), CLOSED, block())),
    "closed": (P, (policy(OWN), CLOSED, block())),
    "open, so not latent": (P, (policy(OPEN_POLICY), CLOSED, block())),
    "restricted": (F, (policy(OPEN_POLICY), CLOSED, block(SHUT))),
    "restricted by the account": (F, (policy(OPEN_POLICY), CLOSED, block(HIDDEN, SHUT))),
    "guarded": (F, (policy(document(allow(), deny())), CLOSED, block())),
    "limited by a variable": (F, (policy(ANY_VALUE_PUBLIC), CLOSED, block())),
    "ignored list": (F, (policy(None), acl(Ownership.WRITER, (Grantee.ALL_USERS, "READ")), block(SHUT))),
    "list that counts, so not latent": (
        P,
        (policy(None), acl(Ownership.WRITER, (Grantee.ALL_USERS, "READ")), block()),
    ),
    "hidden list": (U, (policy(None), acl(Ownership.WRITER, hidden=Reason.TIMEOUT), block())),
    "hidden list, restricted policy": (F, (policy(OPEN_POLICY), hidden(BucketAcl), block(SHUT))),
    "hidden policy": (U, (hidden(BucketPolicy), CLOSED, block())),
    "hidden block, open": (U, (policy(OPEN_POLICY), CLOSED, block(HIDDEN, ABSENT))),
    "compatible server's restriction proves nothing": (
        P,
        (
            replace(policy(OPEN_POLICY), server=COMPATIBLE),
            replace(CLOSED, server=COMPATIBLE),
            block(SHUT, NO_SWITCH, COMPATIBLE),
        ),
    ),
}


@pytest.mark.parametrize(("wanted", "facts"), LATENT.values(), ids=LATENT)
def test_held_back_by_one_setting(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(buckets.public_latent, wanted, facts)
    judged(buckets.public_latent, N, facts, declared(intended_public=True))


DOORS: dict[str, tuple[Outcome, Outcome, tuple[Facts | Unseen, ...]]] = {  # public, unblocked
    "none": (P, P, (doors(), block())),
    "no policy": (P, F, (doors(door(None)), block())),
    "no policy, shut": (P, P, (doors(door(None, block=SHUT)), block())),
    "no policy, bucket shut": (P, P, (doors(door(None)), block(SHUT))),
    "two halves": (P, P, (doors(door(None, block=HALF)), block(OTHER_HALF))),
    "public": (F, F, (doors(door(OPEN_POLICY)), block())),
    "public through doors of the account": (F, F, (doors(door(DELEGATED)), block())),
    "public through doors of the account, by a Deny": (F, F, (doors(door(DENIED_TO_ALL_BUT_DOORS)), block())),
    "denied to all": (P, F, (doors(door(document(allow(), deny()))), block())),
    "public in a VPC": (P, P, (doors(door(OPEN_POLICY, vpc=True)), block())),
    "public, bucket restricted": (P, F, (doors(door(OPEN_POLICY)), block(OTHER_HALF))),
    "called public": (F, F, (doors(door(OWN, public=True)), block())),
    "called public, shut": (P, P, (doors(door(OWN, public=True, block=SHUT)), block())),
    "closed": (P, F, (doors(door(OWN)), block())),
    "hidden policy": (U, F, (doors(hidden_door()), block())),
    "hidden block": (U, U, (doors(door(OPEN_POLICY)), hidden(PublicAccessBlock))),
    "hidden block of the account": (U, U, (doors(door(OPEN_POLICY)), block(ABSENT, HIDDEN))),
    "hidden region": (U, U, (doors(door(OWN, block=SHUT), unseen=("eu-west-1: timeout",)), block())),
    "malformed": (U, F, (doors(door("{")), block())),
}


@pytest.mark.parametrize(("public", "unblocked", "facts"), DOORS.values(), ids=DOORS)
def test_access_points(public: Outcome, unblocked: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(buckets.access_point_public, public, facts)
    judged(bucket_settings.access_point_unblocked, unblocked, facts)


BLOCKS = [
    (P, SHUT, ABSENT),
    (P, ABSENT, SHUT),
    (P, HIDDEN, SHUT),
    (P, HALF, OTHER_HALF),
    (F, ABSENT, ABSENT),
    (F, HALF, ABSENT),
    (F, OPEN, HALF),
    (U, HALF, HIDDEN),
    (U, HIDDEN, ABSENT),
]


@pytest.mark.parametrize(("wanted", "bucket", "account_"), BLOCKS)
def test_public_access_block(wanted: Outcome, bucket: BlockLevel, account_: BlockLevel) -> None:
    judged(bucket_settings.public_access_unblocked, wanted, (block(bucket, account_),))
    judged(bucket_settings.public_access_unblocked, N, (block(bucket, account_),), declared(intended_public=True))


@pytest.mark.parametrize("level", [SHUT, ABSENT, NO_SWITCH])
def test_public_access_block_of_a_compatible_server_proves_nothing(level: BlockLevel) -> None:
    judged(bucket_settings.public_access_unblocked, N, (block(level, NO_SWITCH, COMPATIBLE),))


@pytest.mark.parametrize(("wanted", "level"), [(P, SHUT), (F, HALF), (F, OPEN), (F, ABSENT), (N, NO_SWITCH)])
def test_public_access_block_of_an_account(wanted: Outcome, level: BlockLevel) -> None:
    judged(accounts.public_access_unblocked, wanted, (AccountBlock(observed_at=NOW, server=AWS, level=level),))


@pytest.mark.parametrize(
    ("wanted", "facts"),
    [
        (P, CLOSED),
        (F, acl(Ownership.PREFERRED)),
        (F, acl(Ownership.WRITER)),
        (F, acl(Ownership.NOT_SET)),
        (U, acl(Ownership.UNSEEN)),
        (U, hidden(BucketAcl)),
        (N, replace(acl(Ownership.NOT_SET), server=COMPATIBLE)),
    ],
)
def test_lists_that_count(wanted: Outcome, facts: Facts) -> None:
    judged(bucket_settings.lists_active, wanted, (facts,))


SCOPE = declared(own_accounts=(OURS,), own_organisations=("o-ours",), own_vpcs=("vpc-1",))
BUT_OURS = deny(Action="s3:GetObject", **when("StringNotEquals", "aws:PrincipalOrgID", "o-ours"))
SHARED: dict[str, Row] = {
    "no policy": (P, (policy(None), CLOSED, owner(), block())),
    "own account": (P, (policy(OWN), CLOSED, owner(), block())),
    "outsider": (F, (policy(OUTSIDER), CLOSED, owner(), block())),
    "outsider, owner hidden": (F, (policy(OUTSIDER), CLOSED, NOBODYS, block())),
    "outsider, list hidden": (F, (policy(OUTSIDER), hidden(BucketAcl), owner(), block())),
    "outside organisation": (
        F,
        (policy(document(allow(**when("StringEquals", "aws:PrincipalOrgID", "o-theirs")))), CLOSED, owner(), block()),
    ),
    "our organisation": (
        P,
        (policy(document(allow(**when("StringEquals", "aws:PrincipalOrgID", "o-ours")))), CLOSED, owner(), block()),
    ),
    "outside VPC": (
        F,
        (policy(document(allow(**when("StringEquals", "aws:SourceVpc", "vpc-2")))), CLOSED, owner(), block()),
    ),
    "public, judged as that": (P, (policy(OPEN_POLICY), CLOSED, owner(), block())),
    "a network, judged as that": (
        P,
        (policy(document(allow(**when("IpAddress", "aws:SourceIp", "8.8.8.0/24")))), CLOSED, owner(), block()),
    ),
    "denied to all but an outside organisation": (
        F,
        (
            policy(document(allow(), deny(**when("StringNotEquals", "aws:PrincipalOrgID", "o-theirs")))),
            CLOSED,
            owner(),
            block(),
        ),
    ),
    "denied to all but our organisation": (
        P,
        (
            policy(document(allow(), deny(**when("StringNotEquals", "aws:PrincipalOrgID", "o-ours")))),
            CLOSED,
            owner(),
            block(),
        ),
    ),
    "denied to all": (P, (policy(document(allow(), deny())), CLOSED, owner(), block())),
    "outsider beside a public statement that is restricted": (
        P,
        (policy(document(allow(), allow(Principal={"AWS": OTHER}))), CLOSED, owner(), block(SHUT)),
    ),
    "outsider beside a statement that S3 may not call public, restricted": (
        F,
        (
            policy(document(allow(), BUT_OURS, allow(Principal={"AWS": OTHER}, Action="s3:PutObject"))),
            CLOSED,
            owner(),
            block(SHUT),
        ),
    ),
    "outsider beside a statement that S3 calls public, restricted": (
        P,
        (
            policy(document(allow(), BUT_OURS, allow(Principal={"AWS": OTHER}, Action="s3:PutObject"))),
            CLOSED,
            owner(),
            block(SHUT),
            status(True),
        ),
    ),
    "the account of the credential, which proved the bucket another's": (
        F,
        (policy(OUTSIDER), CLOSED, owner(account=OTHER, declared_account=OURS, is_listed=False), block()),
    ),
    "outsider alone, restricted": (F, (policy(OUTSIDER), CLOSED, owner(), block(SHUT))),
    "the provider's log delivery": (
        P,
        (
            policy(document(allow(Principal={"AWS": "127311923021"}, Action="s3:PutObject"))),
            CLOSED,
            owner(),
            block(),
        ),
    ),
    "the provider's log delivery, reading": (
        F,
        (policy(document(allow(Principal={"AWS": "127311923021"}))), CLOSED, owner(), block()),
    ),
    "nobody knows whose": (
        U,
        (
            policy(document(allow(Principal={"AWS": "arn:aws:iam::cloudfront:user/CloudFront OAI E1"}))),
            CLOSED,
            owner(),
            block(),
        ),
    ),
    "hidden policy": (U, (hidden(BucketPolicy), CLOSED, owner(), block())),
    "left to doors, none": (P, (policy(DELEGATED), CLOSED, owner(), block(), doors())),
    "left to doors, to the own account": (P, (policy(DELEGATED), CLOSED, owner(), block(), doors(door(OWN)))),
    "left to doors, to an outsider": (F, (policy(DELEGATED), CLOSED, owner(), block(), doors(door(OUTSIDER)))),
    "left to doors, to an outsider, in a VPC": (
        F,
        (policy(DELEGATED), CLOSED, owner(), block(), doors(door(OUTSIDER, vpc=True))),
    ),
    "left to doors by a Deny, to an outsider": (
        F,
        (policy(DENIED_TO_ALL_BUT_DOORS), CLOSED, owner(), block(), doors(door(OUTSIDER))),
    ),
    "left to doors, to an outsider of a network": (
        F,
        (policy(document(BY_DOOR_FROM_AFAR)), CLOSED, owner(), block(), doors(door(OUTSIDER))),
    ),
    "left to doors, to an outsider through doors": (
        F,
        (policy(DELEGATED), CLOSED, owner(), block(), doors(door(OUTSIDER_BY_DOOR))),
    ),
    "left to doors, to a foreign VPC through doors": (
        F,
        (policy(DELEGATED), CLOSED, owner(), block(), doors(door(FOREIGN_VPC_BY_DOOR))),
    ),
    "left to doors, of reading, to an outsider's writing": (
        P,
        (policy(document(READ_BY_DOOR)), CLOSED, owner(), block(), doors(door(OUTSIDER_WRITES))),
    ),
    "left to doors, to everybody, judged as that": (
        P,
        (policy(DELEGATED), CLOSED, owner(), block(), doors(door(OPEN_POLICY))),
    ),
    "left to doors, one hidden": (U, (policy(DELEGATED), CLOSED, owner(), block(), doors(hidden_door()))),
    "left to doors, one hidden and an outsider": (
        F,
        (policy(DELEGATED), CLOSED, owner(), block(), doors(hidden_door(), door(OUTSIDER))),
    ),
    "left to doors, all hidden": (U, (policy(DELEGATED), CLOSED, owner(), block())),
    "left to doors, a region hidden": (
        U,
        (policy(DELEGATED), CLOSED, owner(), block(), doors(door(None), unseen=("eu-west-1: timeout",))),
    ),
    "left to doors, one unreadable": (
        U,
        (policy(DELEGATED), CLOSED, owner(), block(), doors(door('{"Statement": 7}'))),
    ),
    "left to doors of another account of ours": (
        U,
        (policy(DELEGATED), CLOSED, owner(account=OTHER), block(), doors()),
    ),
    "left to doors, for the own account": (
        P,
        (policy(OWN_BY_DOORS), CLOSED, owner(), block(), doors(door(OUTSIDER))),
    ),
    "left to an outsider's doors": (F, (policy(THEIR_DOORS), CLOSED, owner(), block(), doors())),
    "not left to doors": (P, (policy(OWN), CLOSED, owner(), block(), doors(door(OUTSIDER)))),
    "hidden list": (U, (policy(OWN), hidden(BucketAcl), owner(), block())),
    "hidden list that counts": (U, (policy(OWN), acl(Ownership.WRITER, hidden=Reason.TIMEOUT), owner(), block())),
    "list of the owner": (P, (policy(OWN), listed(OUR_ID), owner(), block())),
    "list of an outsider": (F, (policy(OWN), listed(OUR_ID, OTHER_ID), owner(), block())),
    "list of an outsider, turned off": (
        P,
        (policy(OWN), listed(OTHER_ID, ownership=Ownership.ENFORCED), owner(), block()),
    ),
    "list of somebody, owner hidden": (U, (policy(OWN), listed(OTHER_ID), NOBODYS, block())),
}


@pytest.mark.parametrize(("wanted", "facts"), SHARED.values(), ids=SHARED)
def test_shared_with_outsiders(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_sharing.shared_outside, wanted, facts, SCOPE)


def agreement(name: str, days: int = 1, *, covers: bool = True) -> tuple[Registered, ...]:
    ends = NOW + timedelta(days=days)
    return (Registered(name=name, vendor="Planhouse", agreement="C-7", ends=ends, covers_data=covers),)


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (P, agreement(OTHER)),
        (F, agreement("111111111111")),
        (F, agreement(OTHER, 0)),
        (F, agreement(OTHER, -1)),
        (F, agreement(OTHER, covers=False)),
    ],
)
def test_an_agreement_lets_an_outsider_in_until_it_ends(wanted: Outcome, rows: tuple[Registered, ...]) -> None:
    said = declared(own_accounts=(OURS,), registered_accounts=rows)
    judged(bucket_sharing.shared_outside, wanted, (policy(OUTSIDER), CLOSED, owner(), block()), said)
    judged(bucket_sharing.copied_outside, wanted, (copies(account=OTHER), owner()), said)
    judged(bucket_sharing.traces_outside, wanted, (lists(export(account=OTHER)), messages(), owner()), said)
    judged(bucket_keys.key_foreign, wanted, (encryption(), keys(denied_key(FOREIGN_KEY, OTHER)), owner()), said)


def test_a_bucket_may_be_registered_by_its_name() -> None:
    said = declared(own_accounts=(OURS,), registered_buckets=agreement("copy"))
    judged(bucket_sharing.copied_outside, P, (copies(account=""), owner()), said)
    judged(bucket_sharing.copied_outside, U, (copies(account="", destination="arn:aws:s3:::copy2"), owner()), said)


def test_an_organisation_may_be_registered() -> None:
    said = declared(own_organisations=("o-ours",), registered_organisations=agreement("o-theirs"))
    theirs = document(allow(**when("StringEquals", "aws:PrincipalOrgID", "o-theirs")))
    judged(bucket_sharing.shared_outside, P, (policy(theirs), CLOSED, owner(), block()), said)


def test_canonical_id_in_a_list_may_be_another_of_the_city_s_accounts() -> None:
    two = declared(own_accounts=(OURS, "222222222222"))
    judged(bucket_sharing.shared_outside, U, (policy(OWN), listed(OTHER_ID), owner(), block()), two)


def test_without_a_scope_the_bucket_s_own_account_is_the_city() -> None:
    judged(bucket_sharing.shared_outside, F, (policy(OUTSIDER), CLOSED, owner(), block()))
    judged(bucket_sharing.shared_outside, U, (policy(OUTSIDER), CLOSED, NOBODYS, block()))


NETWORKS = [
    (P, OWN),
    (P, OPEN_POLICY),
    (F, document(allow(**when("IpAddress", "aws:SourceIp", "8.8.8.0/24")))),
    (F, document(allow(), deny(**when("NotIpAddress", "aws:SourceIp", "8.8.8.0/24")))),
    (P, document(allow(), deny(**when("NotIpAddress", "aws:SourceIp", "198.51.100.0/24")))),
    (F, document(allow(**when("IpAddress", "aws:SourceIp", "198.51.100.0/23")))),
    (P, document(allow(**when("IpAddress", "aws:SourceIp", "198.51.100.0/24")))),
    (P, document(allow(**when("IpAddress", "aws:SourceIp", "198.51.100.255")))),
    (P, document(allow(**when("IpAddress", "aws:SourceIp", "10.0.0.0/8")))),
    (F, document(allow(**when("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8")))),
    (P, document(allow(Principal={"AWS": OURS}, **when("IpAddress", "aws:SourceIp", "8.8.8.0/24")))),
    (P, document(allow(Principal={"AWS": OTHER}, **when("IpAddress", "aws:SourceIp", "8.8.8.0/24")))),
    (P, None),
    (U, "{"),
]


@pytest.mark.parametrize(("wanted", "text"), NETWORKS)
def test_open_to_networks(wanted: Outcome, text: str | None) -> None:
    said = declared(own_accounts=(OURS,), own_networks=("198.51.100.0/24",))
    judged(bucket_sharing.open_to_network, wanted, (policy(text), owner()), said)


DEPUTY = {"Service": "logging.s3.amazonaws.com"}
DEPUTIES = [
    (P, document(allow(Principal={"AWS": OURS}))),
    (F, document(allow(Principal=DEPUTY))),
    (F, document(allow(Principal={"AWS": OURS, **DEPUTY}))),
    (P, document(allow(Principal=DEPUTY, **when("StringEquals", "aws:SourceAccount", OURS)))),
    (P, document(allow(Principal=DEPUTY, **when("ArnLike", "aws:SourceArn", "arn:aws:s3:::b")))),
    (P, document(allow(Principal=DEPUTY, **when("StringEquals", "aws:SourceOrgID", "o-ours")))),
    (P, document(allow(Principal=DEPUTY, **when("ArnLike", "aws:SourceArn", f"arn:aws:logs:*:{OURS}:*")))),
    (F, document(allow(Principal=DEPUTY, **when("StringLike", "aws:SourceArn", f"arn:aws:logs:*:{OURS}:*")))),
    (F, document(allow(Principal=DEPUTY, **when("ArnLike", "aws:SourceArn", "arn:aws:logs:*:*:*")))),
    (F, document(allow(Principal=DEPUTY, **when("StringEqualsIfExists", "aws:SourceAccount", OURS)))),
    (F, document(allow(Principal=DEPUTY, **when("StringLike", "aws:SourceAccount", "*")))),
    (F, document(allow(Principal=DEPUTY, **when("ArnLike", "aws:SourceArn", "arn:aws:s3:::*")))),
    (F, document(allow(Principal=DEPUTY, **when("Bool", "aws:SecureTransport", "true")))),
    (
        P,
        document(
            allow(Principal=DEPUTY),
            deny(**when("StringNotEquals", "aws:SourceAccount", OURS)),
        ),
    ),
    (P, document(deny(Principal=DEPUTY))),
    (P, None),
    (U, "{"),
]


@pytest.mark.parametrize(("wanted", "text"), DEPUTIES)
def test_services_for_whomever(wanted: Outcome, text: str | None) -> None:
    judged(bucket_sharing.service_unbound, wanted, (policy(text),))


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (P, OWN),
        (F, document(allow(Principal={"AWS": ["AROAEXAMPLEEXAMPLE123", OURS]}))),
        (F, document(allow(Principal={"AWS": "AIDAEXAMPLEEXAMPLE123"}))),
        (P, None),
        (U, "{"),
    ],
)
def test_principals_that_are_gone(wanted: Outcome, text: str | None) -> None:
    judged(bucket_sharing.orphaned_principal, wanted, (policy(text),))


HOSTILE = {
    "20 kB of noise": json.dumps({"Statement": [allow(Sid="x" * 20_000, Noise="y")]}),
    "20 kB of unknown operators": document(allow(Condition={f"Operator{n}": {"aws:a": "b"} for n in range(600)})),
    "nested deeply": '{"Statement":' + "[" * 9_000 + "]" * 9_000 + "}",
    "effect nested as deep as JSON is read": '{"Statement":{"Effect":' + "[" * 900 + "]" * 900 + "}}",
    "bytes that are no text": '{"Statement": "\\udcff"}',
    "no statement": "{}",
    "half": document(allow())[:-2],
}
FROM_THE_POLICY = (
    buckets.public_policy,
    buckets.public_write,
    buckets.public_latent,
    bucket_transport.plain_http,
    bucket_sharing.shared_outside,
    bucket_sharing.open_to_network,
    bucket_sharing.service_unbound,
    bucket_sharing.orphaned_principal,
)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_policies_pass_nowhere(text: str) -> None:
    for one in FROM_THE_POLICY:
        judged(one, U, (policy(text), CLOSED, block(), owner()), SCOPE)


def test_names_that_cannot_be_written_are_told_all_the_same() -> None:
    text = document(allow(Sid="\ud800\x1b[2J" + "z" * 400, Principal={"AWS": f"arn:aws:iam::{OTHER}:user/\ud800"}))
    found = finding(bucket_sharing.shared_outside, policy(text), CLOSED, block(), owner(), said=SCOPE)
    assert found.outcome is F
    for row in found.evidence:
        assert len(row.looked_at.encode()) < 400


KEYS: dict[str, tuple[Outcome, Outcome, Outcome, Outcome, Outcome, tuple[Facts | Unseen, ...]]] = {
    # no-customer-key, foreign, unusable, still, shared
    "ours": (P, P, P, P, P, (encryption(), keys(key()), owner())),
    "the provider's default": (F, P, P, P, P, (encryption("AES256", None), keys(), owner())),
    "the provider's key service": (F, P, P, P, P, (encryption("aws:kms", None), keys(), owner())),
    "managed by the provider under its full name": (
        F,
        P,
        P,
        P,
        P,
        (encryption(), keys(key(manager="AWS", rotation=KeyRotation(state=PartState.NO_SWITCH))), owner()),
    ),
    "outside the provider": (P, P, P, P, P, (encryption(), keys(key(origin="EXTERNAL_KEY_STORE")), owner())),
    "foreign": (F, F, P, P, P, (encryption(), keys(key(account=OTHER, arn=FOREIGN_KEY)), owner())),
    "an alias that is another's": (
        F,
        F,
        P,
        P,
        P,
        (encryption(key_id="alias/x"), keys(key(named="alias/x", account=OTHER, arn=FOREIGN_KEY)), owner()),
    ),
    "denied, ours by its name": (U, P, U, U, U, (encryption(), keys(denied_key()), owner())),
    "denied, foreign by its name": (F, F, U, U, U, (encryption(), keys(denied_key(FOREIGN_KEY, OTHER)), owner())),
    "denied, an alias": (U, U, U, U, U, (encryption(), keys(denied_key("alias/x", "")), owner())),
    "owner hidden": (U, U, P, P, U, (encryption(), keys(key()), NOBODYS)),
    "hidden keys": (U, U, U, U, U, (encryption(), Unseen(type(keys()), "", Reason.TIMEOUT, ""), owner())),
    "disabled": (P, P, F, P, P, (encryption(), keys(key(key_state="Disabled")), owner())),
    "about to be deleted": (P, P, F, P, P, (encryption(), keys(key(key_state="PendingDeletion")), owner())),
    "without material": (P, P, F, P, P, (encryption(), keys(key(key_state="PendingImport")), owner())),
    "never renewed": (
        P,
        P,
        P,
        F,
        P,
        (encryption(), keys(key(rotation=KeyRotation(state=PartState.SET, is_enabled=False))), owner()),
    ),
    "renewal hidden": (
        P,
        P,
        P,
        U,
        P,
        (encryption(), keys(key(rotation=KeyRotation(state=PartState.UNSEEN, reason="access_denied"))), owner()),
    ),
    "shared with an outsider": (
        P,
        P,
        P,
        P,
        F,
        (
            encryption(),
            keys(key(document(allow(Principal={"AWS": OTHER}, Action="kms:Decrypt", Resource="*")))),
            owner(),
        ),
    ),
    "shared with everybody": (
        P,
        P,
        P,
        P,
        F,
        (encryption(), keys(key(document(allow(Action="kms:*", Resource="*")))), owner()),
    ),
    "everybody of the account": (
        P,
        P,
        P,
        P,
        P,
        (
            encryption(),
            keys(key(document(allow(Action="kms:*", Resource="*", **when("StringEquals", "kms:CallerAccount", OURS))))),
            owner(),
        ),
    ),
    "hidden key policy": (P, P, P, P, U, (encryption(), keys(key(None)), owner())),
    "malformed key policy": (P, P, P, P, U, (encryption(), keys(key("{")), owner())),
}


@pytest.mark.parametrize(("held", "foreign", "unusable", "still", "shared", "facts"), KEYS.values(), ids=KEYS)
def test_keys(
    held: Outcome, foreign: Outcome, unusable: Outcome, still: Outcome, shared: Outcome, facts: tuple[Facts, ...]
) -> None:
    judged(bucket_keys.no_customer_key, held, facts)
    judged(bucket_keys.key_foreign, foreign, facts)
    judged(bucket_keys.key_unusable, unusable, facts)
    judged(bucket_keys.key_still, still, facts)
    judged(bucket_keys.key_shared, shared, facts)


def test_a_key_that_nobody_asked_for_is_no_fault_of_public_data() -> None:
    for data in (Sensitivity.PUBLIC, Sensitivity.INTERNAL):
        facts = (encryption(), keys(denied_key()), owner())
        judged(bucket_keys.no_customer_key, N, facts, declared(sensitivity=data))


@pytest.mark.parametrize(
    ("wanted", "facts", "data"),
    [
        (P, encryption("AES256", None, "SSE-C"), Sensitivity.CONFIDENTIAL),
        (F, encryption("AES256", None), Sensitivity.CONFIDENTIAL),
        (F, encryption("aws:kms", KEY, "SSE-X"), Sensitivity.UNDECLARED),
        (N, encryption("AES256", None), Sensitivity.INTERNAL),
        (N, encryption("AES256", None, server=COMPATIBLE), Sensitivity.RESTRICTED),
        (U, replace(encryption(), rules=None), Sensitivity.RESTRICTED),
    ],
)
def test_keys_that_callers_bring(wanted: Outcome, facts: Facts, data: Sensitivity) -> None:
    judged(bucket_keys.callers_key, wanted, (facts,), declared(sensitivity=data))


@pytest.mark.parametrize(
    ("wanted", "facts"),
    [
        (P, old()),
        (P, old(counted=0, old=0, headed=0)),
        (F, old(without_encryption=1)),
        (F, old(without_encryption=1, is_complete=False, why_incomplete="budget", headed=2)),
        (U, old(is_complete=False, why_incomplete="budget", headed=2)),
        (U, old(server=COMPATIBLE)),
        (P, old(server=COMPATIBLE, old=0, headed=0)),
        (F, old(server=COMPATIBLE, without_encryption=4)),
        (U, Unseen(type(old()), "", Reason.ACCESS_DENIED, "")),
    ],
)
def test_old_objects(wanted: Outcome, facts: Facts) -> None:
    judged(bucket_old_objects.old_plaintext, wanted, (facts,))


MONTH = declared(retention_days=30)
KEPT: dict[str, Row] = {
    "all goes in time": (P, (lifecycle(rule()), versioning(VersioningState.ENABLED))),
    "on the last day": (P, (lifecycle(rule(expiration_days=30)), versioning())),
    "a day late": (F, (lifecycle(rule(expiration_days=31)), versioning())),
    "a day late with its older versions": (
        F,
        (lifecycle(rule(noncurrent_days=11)), versioning(VersioningState.ENABLED)),
    ),
    "older versions stay": (F, (lifecycle(rule(noncurrent_days=None)), versioning(VersioningState.SUSPENDED))),
    "some older versions stay": (
        F,
        (lifecycle(rule(noncurrent_newer_versions=3)), versioning(VersioningState.ENABLED)),
    ),
    "no older versions": (P, (lifecycle(rule(noncurrent_days=None)), versioning())),
    "fragments stay": (F, (lifecycle(rule(abort_multipart_days=None)), versioning())),
    "fragments stay too long": (F, (lifecycle(rule(abort_multipart_days=31)), versioning())),
    "turned off": (F, (lifecycle(replace(rule(), is_enabled=False)), versioning())),
    "for a part": (F, (lifecycle(rule(prefix="logs/")), versioning())),
    "for what has a tag": (F, (lifecycle(rule(has_tag_or_size_filter=True)), versioning())),
    "for a part, and another for all": (P, (lifecycle(rule(prefix="logs/"), rule()), versioning())),
    "moves only": (
        F,
        (lifecycle(rule(expiration_days=None, noncurrent_days=None, transitions=2)), versioning()),
    ),
    "by a date within": (
        P,
        (lifecycle(rule(expiration_days=None, expiration_date=NOW + timedelta(days=30))), versioning()),
    ),
    "by a date beyond": (
        F,
        (lifecycle(rule(expiration_days=None, expiration_date=NOW + timedelta(days=31))), versioning()),
    ),
    "by several rules": (
        P,
        (
            lifecycle(
                rule(noncurrent_days=None, abort_multipart_days=None),
                rule(expiration_days=None, noncurrent_days=5, abort_multipart_days=None),
                rule(expiration_days=None, noncurrent_days=None, abort_multipart_days=1),
            ),
            versioning(VersioningState.ENABLED),
        ),
    ),
    "no rules": (F, (lifecycle(), versioning())),
    "no rules, versions hidden": (F, (lifecycle(), hidden(BucketVersioning))),
    "versions hidden": (U, (lifecycle(rule()), hidden(BucketVersioning))),
    "rules hidden": (U, (Unseen(type(lifecycle()), "", Reason.ACCESS_DENIED, ""), versioning())),
}


@pytest.mark.parametrize(("wanted", "facts"), KEPT.values(), ids=KEPT)
def test_kept_too_long(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_upkeep.kept_too_long, wanted, facts, MONTH)
    judged(bucket_upkeep.kept_too_long, N, facts)
    judged(bucket_upkeep.kept_too_long, N, facts, declared(retention_days=30, sensitivity=Sensitivity.PUBLIC))


def test_what_must_go_at_once_goes_after_a_day() -> None:
    at_once = declared(retention_days=0)
    judged(
        bucket_upkeep.kept_too_long,
        P,
        (lifecycle(rule(expiration_days=1, abort_multipart_days=1)), versioning()),
        at_once,
    )
    judged(
        bucket_upkeep.kept_too_long,
        F,
        (lifecycle(rule(expiration_days=2, abort_multipart_days=1)), versioning()),
        at_once,
    )


@pytest.mark.parametrize(
    ("wanted", "lock"),
    [
        (P, {"is_enabled": False}),
        (P, {"is_enabled": True}),
        (P, {"is_enabled": True, "mode": "GOVERNANCE", "days": 30}),
        (F, {"is_enabled": True, "mode": "GOVERNANCE", "days": 31}),
        (F, {"is_enabled": True, "mode": "COMPLIANCE", "years": 1}),
    ],
)
def test_locked_too_long(wanted: Outcome, lock: dict[str, object]) -> None:
    facts = BucketLock(observed_at=NOW, server=AWS, **lock)  # type: ignore[arg-type]
    judged(bucket_upkeep.locked_too_long, wanted, (facts,), MONTH)
    judged(bucket_upkeep.locked_too_long, N, (facts,))


def own(*names: str) -> OwnBuckets:
    return OwnBuckets(observed_at=NOW, rows=tuple(OwnBucket(name=name, account=OURS) for name in names))


STORE = {"origin": "EXTERNAL_KEY_STORE", "key_store": "cks-1234567890abcdef0", "external_key": "bb8562"}
CLUSTER = {"origin": "AWS_CLOUDHSM", "key_store": "cks-0987654321fedcba0"}
OWN_STORE = declared(key_need=KeyNeed.OWN_STORE, sensitivity=Sensitivity.RESTRICTED)
STORED: dict[str, tuple[Outcome, Outcome, tuple[Facts | Unseen, ...]]] = {  # its store, a key of the city's own
    "outside": (P, P, (encryption(), keys(key(**STORE)), owner())),
    "in a cluster": (P, P, (encryption(), keys(key(**CLUSTER)), owner())),
    "in the provider's": (F, P, (encryption(), keys(key()), owner())),
    "material brought along": (F, P, (encryption(), keys(key(origin="EXTERNAL")), owner())),
    "one of two": (F, P, (encryption(), keys(key(**STORE), key(named="alias/b")), owner())),
    "outside, store not told": (U, P, (encryption(), keys(key(origin="EXTERNAL_KEY_STORE")), owner())),
    "the provider's own key": (F, F, (encryption("aws:kms", None), keys(), owner())),
    "no key service": (F, F, (encryption("AES256", None), keys(), owner())),
    "another's store": (
        F,
        F,
        (encryption("aws:kms", FOREIGN_KEY), keys(key(arn=FOREIGN_KEY, account=OTHER, **STORE)), owner()),
    ),
    "nobody knows whose": (U, U, (encryption(), keys(key(**STORE)), NOBODYS)),
    "denied": (U, U, (encryption(), keys(denied_key()), owner())),
    "no key told of": (U, U, (encryption(), keys(), owner())),
    "hidden keys": (U, U, (encryption(), hidden(BucketKeys), owner())),
    "hidden encryption": (U, U, (hidden(BucketEncryption), keys(key(**STORE)), owner())),
    "compatible server": (
        U,
        U,
        (encryption(server=COMPATIBLE), keys(), owner(server=COMPATIBLE), promise(Keeps.YES)),
    ),
}


@pytest.mark.parametrize(("stored", "held", "facts"), STORED.values(), ids=STORED)
def test_key_store_that_the_data_asks_for(stored: Outcome, held: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_keys.key_store_not_own, stored, facts, OWN_STORE)
    judged(bucket_keys.no_customer_key, held, facts, OWN_STORE)
    judged(bucket_keys.key_store_not_own, N, facts, declared(key_need=KeyNeed.CUSTOMER))


@pytest.mark.parametrize(("need", "wanted"), [(KeyNeed.BY_TIER, N), (KeyNeed.CUSTOMER, F), (KeyNeed.OWN_STORE, F)])
def test_internal_data_may_ask_for_a_key_of_the_city_s_own(need: KeyNeed, wanted: Outcome) -> None:
    said = declared(key_need=need, sensitivity=Sensitivity.INTERNAL)
    judged(bucket_keys.no_customer_key, wanted, (encryption("AES256", None), keys(), owner()), said)
    with_key = (encryption(), keys(key()), owner())
    judged(bucket_keys.no_customer_key, N if need is KeyNeed.BY_TIER else P, with_key, said)


COPIED: dict[str, Row] = {
    "none": (P, (replace(copies(), rules=None), owner())),
    "ours": (P, (copies(), owner())),
    "outside": (F, (copies(account=OTHER), owner())),
    "outside, turned off": (P, (copies(account=OTHER, is_enabled=False), owner())),
    "with a foreign key": (F, (copies(replica_key=FOREIGN_KEY), owner())),
    "with our key": (P, (copies(replica_key=KEY), owner())),
    "to an account that is not named": (U, (copies(account=""), owner())),
    "to a bucket that is known to be ours": (P, (copies(account=""), owner(), own("copy"))),
    "to a bucket that is not among ours": (U, (copies(account=""), owner(), own("copy2"))),
    "to a bucket of ours, by a rule that says another's": (F, (copies(account=OTHER), owner(), own("copy"))),
    "nobody knows who we are": (U, (copies(), NOBODYS)),
    "hidden": (U, (Unseen(type(copies()), "", Reason.ACCESS_DENIED, ""), owner())),
}


@pytest.mark.parametrize(("wanted", "facts"), COPIED.values(), ids=COPIED)
def test_copies(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_sharing.copied_outside, wanted, facts)


def destinations(*rows: Destination, unseen: tuple[str, ...] = ()) -> BucketDestinations:
    return BucketDestinations(observed_at=NOW, server=AWS, rows=rows, unseen=unseen)


def goal(name: str = "copy", **told: object) -> Destination:
    """It is there, and in no list of the account that was seen whole."""
    values: dict[str, object] = {"state": BucketState.EXISTS, "listed": (OURS,), **told}
    return Destination(bucket=name, by=("replication rule r",), **values)  # type: ignore[arg-type]


GONE = goal(state=BucketState.ABSENT, listed=())
NOBODY_ASKED = goal(state=None, listed=(), reason="no_credential")
DANGLING: dict[str, Row] = {
    "nowhere": (P, (destinations(),)),
    "there": (P, (destinations(goal()),)),
    "gone": (F, (destinations(goal("logs"), GONE),)),
    "nobody could be asked": (U, (destinations(goal("logs"), NOBODY_ASKED),)),
    "one gone, of one nobody could be asked": (F, (destinations(NOBODY_ASKED, replace(GONE, bucket="d")),)),
    "a setting hidden": (U, (destinations(goal(), unseen=("access log: access_denied",)),)),
    "hidden": (U, (hidden(BucketDestinations),)),
}


@pytest.mark.parametrize(("wanted", "facts"), DANGLING.values(), ids=DANGLING)
def test_destinations_that_are_gone(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_sharing.destination_dangling, wanted, facts)


@pytest.mark.parametrize(
    ("wanted", "row"),
    [
        (F, goal()),
        (P, goal(holder=OURS, listed=())),
        (F, goal(holder=OTHER, listed=())),
        (U, goal(unlisted="timeout")),
        (U, goal(listed=())),
        (U, GONE),
        (U, NOBODY_ASKED),
        (U, goal("copy2")),
    ],
)
def test_whose_a_destination_is_that_no_account_is_named_of(wanted: Outcome, row: Destination) -> None:
    facts = (destinations(row), owner())
    judged(bucket_sharing.copied_outside, wanted, (copies(account=""), *facts))
    exports = lists(export(account="", destination="arn:aws:s3:::copy"))
    judged(bucket_sharing.traces_outside, wanted, (exports, messages(), *facts))


def lists(*exports: object, is_complete: bool = True) -> BucketInventories:
    return BucketInventories(observed_at=NOW, server=AWS, exports=exports, is_complete=is_complete)  # type: ignore[arg-type]


def messages(*arns: str) -> BucketNotifications:
    targets = tuple(NotificationTarget(kind="queue", arn=arn) for arn in arns)
    return BucketNotifications(observed_at=NOW, server=AWS, targets=targets)


TRACES: dict[str, Row] = {
    "none": (P, (lists(), messages(), owner())),
    "ours": (P, (lists(export()), messages(f"arn:aws:sqs:us-east-1:{OURS}:q"), owner())),
    "lists outside": (F, (lists(export(account=OTHER)), messages(), owner())),
    "lists outside, turned off": (P, (lists(export(account=OTHER, is_enabled=False)), messages(), owner())),
    "lists with a foreign key": (F, (lists(export(key_id=FOREIGN_KEY)), messages(), owner())),
    "lists to nobody named": (U, (lists(export(account="")), messages(), owner())),
    "lists to a bucket that is known to be ours": (P, (lists(export(account="")), messages(), owner(), own("lists"))),
    "lists not all seen": (U, (lists(export(), is_complete=False), messages(), owner())),
    "messages outside": (F, (lists(), messages(f"arn:aws:lambda:us-east-1:{OTHER}:function:f"), owner())),
    "messages to what is no ARN": (U, (lists(), messages("queue"), owner())),
    "messages hidden": (U, (lists(), hidden(BucketNotifications), owner())),
    "messages hidden, lists outside": (F, (lists(export(account=OTHER)), hidden(BucketNotifications), owner())),
}


@pytest.mark.parametrize(("wanted", "facts"), TRACES.values(), ids=TRACES)
def test_traces(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_sharing.traces_outside, wanted, facts)


def website(**told: object) -> BucketWebsite:
    values: dict[str, object] = {"server": AWS, "is_present": True, **told}
    return BucketWebsite(observed_at=NOW, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "facts", "said"),
    [
        (P, website(is_present=False), declared()),
        (F, website(), declared()),
        (F, website(), declared(sensitivity=Sensitivity.INTERNAL)),
        (N, website(), declared(sensitivity=Sensitivity.PUBLIC)),
        (N, website(), declared(intended_public=True)),
        (P, website(redirects_to="www.city.example"), declared()),
        (U, website(server=COMPATIBLE), declared()),
        (U, hidden(BucketWebsite), declared()),
    ],
)
def test_website(wanted: Outcome, facts: Facts, said: Declared) -> None:
    judged(bucket_transport.website_plain, wanted, (facts,), said)


@pytest.mark.parametrize(
    ("wanted", "location", "said"),
    [
        (P, None, declared(jurisdictions=("US",))),
        (P, "us-gov-west-1", declared(jurisdictions=("CA", "US"))),
        (F, "EU", declared(jurisdictions=("US",))),
        (P, "EU", declared(jurisdiction="IE")),
        (F, "eu-central-1", declared(jurisdiction="US")),
        (P, "eu-central-1", declared(jurisdictions=("DE",), jurisdiction="US")),
        (N, "eu-central-1", declared()),
        (U, "moon-north-1", declared(jurisdiction="US")),
    ],
)
def test_where_it_lies(wanted: Outcome, location: str | None, said: Declared) -> None:
    judged(bucket_settings.placed_outside, wanted, (place(location),), said)
    judged(bucket_settings.placed_outside, N, (place(location, COMPATIBLE),), said)


UNDECLARED = declared(sensitivity=Sensitivity.UNDECLARED)


@pytest.mark.parametrize(
    ("wanted", "facts", "said"),
    [
        (P, tags(), declared()),
        (P, hidden(BucketTags), declared()),
        (F, tags(), UNDECLARED),
        (F, tags(("data-classification", " ")), UNDECLARED),
        (P, tags(("Data-Classification", "internal")), UNDECLARED),
        (U, hidden(BucketTags), UNDECLARED),
    ],
)
def test_class(wanted: Outcome, facts: Facts, said: Declared) -> None:
    judged(bucket_settings.class_undeclared, wanted, (facts,), said)


def test_what_a_compatible_server_does_not_have_is_no_fault() -> None:
    here = owner(server=COMPATIBLE, account="", is_proven=None)
    lacking = Reason.NOT_IMPLEMENTED
    judged(bucket_sharing.copied_outside, N, (hidden(type(copies()), lacking), here))
    judged(bucket_sharing.copied_outside, U, (hidden(type(copies()), lacking), owner()))
    judged(bucket_sharing.traces_outside, P, (hidden(BucketInventories, lacking), messages(), here))
    judged(bucket_sharing.traces_outside, U, (hidden(BucketInventories, lacking), messages(), owner()))
    judged(bucket_settings.lists_active, N, (hidden(BucketAcl, lacking), here))
    judged(bucket_transport.website_plain, N, (hidden(BucketWebsite, lacking), here))
    judged(bucket_upkeep.locked_too_long, N, (hidden(BucketLock, lacking), here), MONTH)
    judged(bucket_upkeep.kept_too_long, U, (hidden(type(lifecycle()), lacking), here), MONTH)
    for one in (bucket_keys.key_foreign, bucket_keys.key_shared, bucket_keys.key_unusable, bucket_keys.key_still):
        judged(one, N, (encryption(server=COMPATIBLE), keys(denied_key()), here))


def test_a_compatible_server_s_word_for_a_key_is_no_proof() -> None:
    here = owner(server=COMPATIBLE, account="", is_proven=None)
    for keeps, held, encrypted in ((Keeps.YES, U, P), (Keeps.NO, F, F), (Keeps.UNKNOWN, U, U)):
        facts = (encryption(server=COMPATIBLE), keys(denied_key()), here, promise(keeps))
        judged(bucket_keys.no_customer_key, held, facts)
        judged(bucket_keys.not_encrypted, encrypted, facts)
    facts = (encryption("AES256", None, server=COMPATIBLE), keys(), here, promise(Keeps.YES))
    judged(bucket_keys.no_customer_key, F, facts)
    judged(bucket_keys.not_encrypted, P, facts)


@pytest.mark.parametrize(("wanted", "target"), [(F, None), (P, "logs")])
def test_access_log(wanted: Outcome, target: str | None) -> None:
    judged(bucket_settings.no_access_log, wanted, (BucketLogging(observed_at=NOW, server=AWS, target=target),))


SEEN = (policy(None), block(), CLOSED, encryption(), versioning(), lifecycle())


def without(kind: type[Facts], reason: Reason = Reason.ACCESS_DENIED) -> tuple[Facts | Unseen, ...]:
    return tuple(hidden(kind, reason) if isinstance(one, kind) else one for one in SEEN)


READABLE: dict[str, Row] = {
    "all": (P, SEEN),
    "one denied": (F, without(BucketPolicy)),
    "one timed out": (U, without(BucketPolicy, Reason.TIMEOUT)),
    "one that the server does not have": (P, without(BucketVersioning, Reason.NOT_IMPLEMENTED)),
    "one never asked": (U, SEEN[:-1]),
    "a level denied": (F, (*without(PublicAccessBlock)[:1], block(HIDDEN, SHUT), *SEEN[2:])),
    "a list that the server does not have": (
        P,
        (*SEEN[:2], replace(acl(Ownership.UNSEEN), ownership_reason="not_implemented"), *SEEN[3:]),
    ),
    "a list denied": (F, (*SEEN[:2], acl(Ownership.WRITER, hidden=Reason.ACCESS_DENIED), *SEEN[3:])),
    "a list timed out": (U, (*SEEN[:2], acl(Ownership.WRITER, hidden=Reason.TIMEOUT), *SEEN[3:])),
    "all denied": (U, tuple(hidden(type(one)) for one in SEEN)),
}


@pytest.mark.parametrize(("wanted", "facts"), READABLE.values(), ids=READABLE)
def test_settings_that_may_not_be_read(wanted: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_settings.settings_hidden, wanted, facts)


def test_everything_denied_passes_nowhere() -> None:
    """No check of a bucket may call healthy what nobody could read."""
    kinds = {type(one) for _, facts in (*EXPOSED.values(), *SHARED.values(), *TRACES.values()) for one in facts}
    kinds |= {type(one) for *_, facts in KEYS.values() for one in facts}
    kinds |= {BucketLogging, BucketLock, BucketWebsite, BucketVersioning, BucketTags, type(copies()), type(lifecycle())}
    kinds |= {type(place(None)), type(old()), type(doors()), BucketDestinations}
    dark = tuple(hidden(kind) for kind in kinds if kind is not Unseen)
    every = (
        *buckets.CHECKS,
        *bucket_keys.CHECKS,
        *bucket_old_objects.CHECKS,
        *bucket_settings.CHECKS,
        *bucket_sharing.CHECKS,
        *bucket_transport.CHECKS,
        *bucket_upkeep.CHECKS,
    )
    asked = {"retention_days": 30, "jurisdictions": ("US",), "key_need": KeyNeed.OWN_STORE}
    said = declared(sensitivity=Sensitivity.UNDECLARED, **asked)
    for one in every:
        judged(one, U, dark, said)  # type: ignore[arg-type]


def every_row() -> Iterator[tuple[Check[Any], tuple[Facts | Unseen, ...]]]:
    for rule_, table in (
        (buckets.public_policy, EXPOSED),
        (buckets.public_write, EXPOSED),
        (buckets.public_latent, LATENT),
        (bucket_sharing.shared_outside, SHARED),
        (bucket_upkeep.kept_too_long, KEPT),
        (bucket_sharing.copied_outside, COPIED),
        (bucket_sharing.traces_outside, TRACES),
        (bucket_sharing.destination_dangling, DANGLING),
        (bucket_settings.settings_hidden, READABLE),
    ):
        yield from ((rule_, facts) for _, facts in table.values())
    for *_, facts in DOORS.values():
        yield from ((rule_, facts) for rule_ in (buckets.access_point_public, bucket_settings.access_point_unblocked))
    for *_, facts in KEYS.values():
        yield from ((rule_, facts) for rule_ in bucket_keys.CHECKS)


def test_to_hide_what_was_seen_turns_nothing_into_a_pass() -> None:
    """Of each row, each of its facts, denied or silent. What hides a fault may make it unknown, never healthy.

    But for the provider's own word for a policy that was read: that is a second opinion, and can do without.
    """
    said = declared(own_accounts=(OURS,), own_organisations=("o-ours",), own_vpcs=("vpc-1",), retention_days=30)
    for rule_, facts in every_row():
        before = finding(rule_, *facts, said=said).outcome
        for at, one in enumerate(facts):
            if isinstance(one, (Unseen, BucketPolicyStatus)) or before in (P, N):
                continue
            for reason in (Reason.ACCESS_DENIED, Reason.TIMEOUT):
                dark = (*facts[:at], hidden(type(one), reason), *facts[at + 1 :])
                assert finding(rule_, *dark, said=said).outcome in (F, U), (rule_.id, facts, type(one))


ORIGIN_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity "


@pytest.mark.parametrize(
    ("principal", "outcome", "says"),
    [
        (f"{ORIGIN_IDENTITY}E2ABC", U, "origin access control does"),
        (f"{ORIGIN_IDENTITY}E2ABC".replace("aws", "aws-cn"), U, "origin access control does"),
        (ORIGIN_IDENTITY, U, "principal of no named account"),
        (f"{ORIGIN_IDENTITY}<b>", U, "principal of no named account"),
        (f"{ORIGIN_IDENTITY}E2ABC".replace("cloudfront", "111111111111"), F, ""),
    ],
)
def test_an_origin_access_identity_is_unknown_and_says_what_would_tell(
    principal: str, outcome: Outcome, says: str
) -> None:
    """CloudFront lets anybody have one, and its name does not say whose it is."""
    text = document(allow(Principal={"AWS": principal}))
    found = finding(bucket_sharing.shared_outside, policy(text), CLOSED, block(), owner(), said=SCOPE)
    assert found.outcome is outcome
    assert says in found.summary
