"""What holds the public back: single settings, access points, blocks and lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts import Facts
from auditor.facts.storage import (
    BlockLevel,
    BucketAcl,
    BucketPolicy,
    Grantee,
    Ownership,
    PublicAccessBlock,
)
from auditor.facts.storage_account import AccountBlock
from auditor.model import Outcome, Reason
from auditor.probe import Unseen
from checks import (
    accounts,
    bucket_settings,
    buckets,
)
from tests.checks.bucket_public_rows import BY_REFERER
from tests.checks.bucket_rows import (
    ANY_VALUE_PUBLIC,
    CLOSED,
    DELEGATED,
    DENIED_TO_ALL_BUT_DOORS,
    HALF,
    NO_SWITCH,
    OPEN_POLICY,
    OTHER_HALF,
    OWN,
    F,
    N,
    P,
    Row,
    U,
    judged,
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
    hidden,
    policy,
)
from tests.derivations.storage_samples import (
    AWS,
    COMPATIBLE,
    door,
    doors,
    hidden_door,
)

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
    "public by a condition": (F, F, (doors(door(BY_REFERER)), block())),
    "public by a condition, called so": (F, F, (doors(door(BY_REFERER, public=True)), block())),
    "public by a condition that the provider may read otherwise": (
        U,
        F,
        (doors(door(BY_REFERER, public=False)), block()),
    ),
    "public, no condition, whatever the provider says": (F, F, (doors(door(OPEN_POLICY, public=False)), block())),
    "public by a condition, shut": (U, P, (doors(door(BY_REFERER, block=SHUT)), block())),
    "public by a condition, not called so, shut": (U, P, (doors(door(BY_REFERER, block=SHUT, public=False)), block())),
    "public by a condition, called so, shut": (P, P, (doors(door(BY_REFERER, block=SHUT, public=True)), block())),
    "called public": (F, F, (doors(door(OWN, public=True)), block())),
    "called public, shut": (P, P, (doors(door(OWN, public=True, block=SHUT)), block())),
    "closed": (P, F, (doors(door(OWN)), block())),
    "hidden policy": (U, F, (doors(hidden_door()), block())),
    "hidden block": (U, U, (doors(door(OPEN_POLICY)), hidden(PublicAccessBlock))),
    "hidden block of the account": (U, U, (doors(door(OPEN_POLICY)), block(ABSENT, HIDDEN))),
    "hidden region": (U, U, (doors(door(OWN, block=SHUT), unseen=("eu-west-1: timeout",)), block())),
    "malformed": (U, F, (doors(door("{")), block())),
    "a compatible server, which has none": (N, N, (replace(doors(), server=COMPATIBLE), block(server=COMPATIBLE))),
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
