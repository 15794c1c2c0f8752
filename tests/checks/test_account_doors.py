"""Access points of an account: to others' buckets, and to several regions at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts import Facts
from auditor.facts.storage import BlockLevel
from auditor.facts.storage_account import (
    AccessPoint,
    AccountDoors,
    AccountFacts,
    DoorBucket,
    DoorPolicy,
    MultiRegionDoor,
    MultiRegionDoors,
)
from auditor.model import Outcome
from auditor.probe import Unseen
from checks.accounts import access_point_foreign, access_point_public, access_point_shared
from tests.derivations.bucket_facts import ABSENT, HIDDEN, NOW, SHUT, allow, declared, document, finding, hidden, when
from tests.derivations.storage_samples import AWS, COMPATIBLE, OTHER, OURS, door, hidden_door

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
OPEN = document(allow())
OWN = document(allow(Principal={"AWS": OURS}))
OUTSIDER = document(allow(Principal={"AWS": OTHER}))
ORGANISATION = document(allow(**when("StringEquals", "aws:PrincipalOrgID", "o-theirs")))
ACCOUNT = AccountFacts(observed_at=NOW, server=AWS, account=OURS, bucket_count=1, is_complete=True)
NONE = AccountDoors(observed_at=NOW, server=AWS, points=())


def doors(*points: AccessPoint, to: str = OTHER, unseen: tuple[str, ...] = ()) -> AccountDoors:
    leading = tuple(replace(point, bucket_account=to) for point in points)
    return AccountDoors(observed_at=NOW, server=AWS, points=leading, unseen=unseen)


def wide(
    text: str | None = OWN, *, block: BlockLevel = ABSENT, policy: DoorPolicy | None = None, to: str = ""
) -> MultiRegionDoors:
    point = MultiRegionDoor(
        name="wide", buckets=(DoorBucket(name="b", account=to),), block=block, policy=policy or door(text).policy
    )
    return MultiRegionDoors(observed_at=NOW, server=AWS, points=(point,))


NO_WIDE = MultiRegionDoors(observed_at=NOW, server=AWS, points=())
ROWS: dict[str, tuple[Outcome, Outcome, Outcome, tuple[Facts | Unseen, ...]]] = {  # foreign, public, shared
    "none": (P, P, P, (NONE, NO_WIDE, ACCOUNT)),
    "to a stranger": (F, P, P, (doors(door(OWN)), NO_WIDE, ACCOUNT)),
    "to our other account": (P, P, P, (doors(door(OWN), to="111122223333"), NO_WIDE, ACCOUNT)),
    "public": (F, F, P, (doors(door(OPEN)), NO_WIDE, ACCOUNT)),
    "public, shut": (F, P, P, (doors(door(OPEN, block=SHUT)), NO_WIDE, ACCOUNT)),
    "public in a VPC": (F, P, P, (doors(door(OPEN, vpc=True)), NO_WIDE, ACCOUNT)),
    "called public": (F, F, P, (doors(door(OWN, public=True)), NO_WIDE, ACCOUNT)),
    "lets an outsider in": (F, P, F, (doors(door(OUTSIDER)), NO_WIDE, ACCOUNT)),
    "lets an organisation in": (F, P, F, (doors(door(ORGANISATION)), NO_WIDE, ACCOUNT)),
    "hidden policy": (F, U, U, (doors(hidden_door()), NO_WIDE, ACCOUNT)),
    "hidden block": (F, U, P, (doors(door(OPEN, block=HIDDEN)), NO_WIDE, ACCOUNT)),
    "malformed": (F, U, U, (doors(door("{")), NO_WIDE, ACCOUNT)),
    "a region hidden": (
        U,
        U,
        U,
        (doors(door(OWN), to="111122223333", unseen=("eu-west-1: timeout",)), NO_WIDE, ACCOUNT),
    ),
    "wide": (P, P, P, (NONE, wide(), ACCOUNT)),
    "wide without a policy": (P, P, P, (NONE, wide(None), ACCOUNT)),
    "wide and public": (P, F, P, (NONE, wide(OPEN), ACCOUNT)),
    "wide, public, shut": (P, P, P, (NONE, wide(OPEN, block=SHUT), ACCOUNT)),
    "wide, lets an outsider in": (P, P, F, (NONE, wide(OUTSIDER), ACCOUNT)),
    "wide, to a stranger": (F, P, P, (NONE, wide(to=OTHER), ACCOUNT)),
    "wide, to itself": (P, P, P, (NONE, wide(to=OURS), ACCOUNT)),
    "wide, hidden policy": (P, U, U, (NONE, wide(policy=hidden_door().policy), ACCOUNT)),
    "wide, all hidden": (U, U, U, (NONE, hidden(MultiRegionDoors), ACCOUNT)),
    "doors hidden, wide public": (U, F, U, (hidden(AccountDoors), wide(OPEN), ACCOUNT)),
    "never looked for": (U, U, U, (NONE, ACCOUNT)),
    "all hidden": (U, U, U, (hidden(AccountDoors), hidden(MultiRegionDoors), hidden(AccountFacts))),
    "compatible server, which has none": (
        N,
        N,
        N,
        (replace(NONE, server=COMPATIBLE), replace(NO_WIDE, server=COMPATIBLE), replace(ACCOUNT, server=COMPATIBLE)),
    ),
}
SAID = declared(own_accounts=("111122223333",), own_organisations=("o-ours",), own_vpcs=("vpc-1",))


@pytest.mark.parametrize(("foreign", "public", "shared", "facts"), ROWS.values(), ids=ROWS)
def test_doors_of_an_account(foreign: Outcome, public: Outcome, shared: Outcome, facts: tuple[Facts, ...]) -> None:
    for rule, wanted in ((access_point_foreign, foreign), (access_point_public, public), (access_point_shared, shared)):
        found = finding(rule, *facts, said=SAID)
        assert found.outcome is wanted, (rule.id, found.summary, found.evidence)


def test_a_pass_says_in_which_regions_was_looked() -> None:
    for rule in (access_point_foreign, access_point_public, access_point_shared):
        (row,) = finding(rule, replace(NONE, regions=("eu-west-1", "us-east-1")), NO_WIDE, ACCOUNT, said=SAID).evidence
        assert row.looked_at == "regions"
        assert "eu-west-1, us-east-1" in row.seen
        assert "not looked for elsewhere" in row.seen


def test_nobody_knows_whose_the_bucket_behind_a_door_is_without_an_account_of_ours() -> None:
    facts = (doors(door(OWN)), NO_WIDE, replace(ACCOUNT, account=""))
    assert finding(access_point_foreign, *facts, said=declared()).outcome is U
