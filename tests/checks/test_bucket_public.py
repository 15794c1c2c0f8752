"""Who can read or write a bucket without a name: policies, lists, access points and the blocks over them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts import Facts
from auditor.facts.storage import (
    BucketPolicy,
    PublicAccessBlock,
)
from auditor.facts.storage_effect import Keeps
from auditor.model import Outcome
from auditor.probe import Unseen
from checks import (
    buckets,
)
from tests.checks.bucket_public_rows import BY_REFERER, READ
from tests.checks.bucket_rows import (
    ANY_VALUE_PUBLIC,
    DELEGATED,
    DENIED_TO_ALL_BUT_DOORS,
    NO_SWITCH,
    OPEN_POLICY,
    OTHER_HALF,
    OWN,
    OWN_BY_DOORS,
    TLS_ONLY,
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
    SHUT,
    allow,
    block,
    declared,
    deny,
    document,
    hidden,
    policy,
    when,
)
from tests.derivations.storage_samples import (
    COMPATIBLE,
    NOBODYS,
    OTHER,
    OURS,
    door,
    doors,
    hidden_door,
    owner,
    promise,
    status,
)

ON_A_SERVER = replace(policy(OWN), server=COMPATIBLE)
BARE = block(NO_SWITCH, NO_SWITCH, COMPATIBLE)
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
        (policy(BY_REFERER), block(), status(False)),
    ),
    "open beside a Deny that the provider may read otherwise": (
        U,
        (policy(document(allow(), deny(Principal={"AWS": OTHER}))), block(), status(False)),
    ),
    "open by a condition that the provider may read otherwise, restricted": (
        U,
        (policy(BY_REFERER), block(SHUT), status(False)),
    ),
    "open by more addresses than anybody has, each range narrow, restricted": (
        U,
        (
            policy(document(allow(**when("IpAddress", "aws:SourceIp", *(f"{one}.0.0.0/8" for one in range(1, 224)))))),
            block(ABSENT, SHUT),
            status(False),
        ),
    ),
    "open by a condition, called public, restricted": (
        P,
        (policy(BY_REFERER), block(SHUT), status(True)),
    ),
    "open by a condition, the provider's word hidden, restricted": (
        U,
        (policy(BY_REFERER), block(SHUT)),
    ),
    "open, no condition, restricted, whatever the provider says": (
        P,
        (policy(OPEN_POLICY), block(SHUT), status(False)),
    ),
    "closed, and the provider calls it public": (F, (policy(OWN), block(), status(True))),
    "closed, called public, restricted": (P, (policy(OWN), block(SHUT), status(True))),
    "closed, called public by a compatible server": (
        P,
        (ON_A_SERVER, block(server=COMPATIBLE), status(True, COMPATIBLE), promise(Keeps.YES)),
    ),
    "closed, on a compatible server that does nothing of it": (
        U,
        (ON_A_SERVER, block(server=COMPATIBLE), promise(Keeps.YES, policies=Keeps.NO)),
    ),
    "closed, on a compatible server that nobody knows": (
        U,
        (ON_A_SERVER, block(server=COMPATIBLE), promise(Keeps.YES, policies=Keeps.UNKNOWN)),
    ),
    "closed, and nobody knows on which server": (U, (ON_A_SERVER, block(server=COMPATIBLE))),
    "no policy, on a compatible server that serves whom it likes": (
        U,
        (replace(ON_A_SERVER, document=None), block(server=COMPATIBLE), promise(Keeps.NO)),
    ),
    "open, on a compatible server that does nothing of it": (
        F,
        (replace(ON_A_SERVER, document=OPEN_POLICY), BARE, promise(Keeps.NO)),
    ),
    "guarded, and called public": (P, (policy(document(allow(), deny())), block(), status(True))),
    "limited, and called public": (P, (policy(ANY_VALUE_PUBLIC), block(), status(True))),
    "hidden policy, called public": (F, (hidden(BucketPolicy), block(), status(True))),
    "hidden policy, called public, restricted": (P, (hidden(BucketPolicy), block(SHUT), status(True))),
    "hidden policy, not called public, no own doors": (U, (hidden(BucketPolicy), block(), status(False), doors())),
    "hidden policy, not called public, restricted": (P, (hidden(BucketPolicy), block(SHUT), status(False), doors())),
    "hidden policy, not called public, restricted by half": (
        P,
        (hidden(BucketPolicy), block(OTHER_HALF), status(False), doors()),
    ),
    "hidden policy, not called public, account restricted": (
        P,
        (hidden(BucketPolicy), block(HIDDEN, SHUT), status(False), doors()),
    ),
    "hidden policy, not called public, block unseen": (
        U,
        (hidden(BucketPolicy), hidden(PublicAccessBlock), status(False), doors()),
    ),
    "hidden policy, not called public, public door": (
        U,
        (hidden(BucketPolicy), block(), status(False), doors(door(OPEN_POLICY))),
    ),
    "hidden policy, not called public, odd door, restricted": (
        U,
        (hidden(BucketPolicy), block(SHUT), status(False), doors(door(BY_REFERER, public=False))),
    ),
    "hidden policy, not called public, doors unseen": (U, (hidden(BucketPolicy), block(SHUT), status(False))),
    "hidden policy, and there is none": (P, (hidden(BucketPolicy), block(), status(None), doors())),
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
    "left to doors of another account, restricted": (
        P,
        (policy(DELEGATED), block(SHUT), doors(), owner(account=OTHER)),
    ),
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


@pytest.mark.parametrize(
    ("wanted", "keeps"), [(P, Keeps.YES), (U, Keeps.NO), (U, Keeps.UNKNOWN), (U, Keeps.SOME_RELEASES)]
)
def test_what_a_compatible_servers_policy_keeps_from_the_public_counts_where_it_is_kept(
    wanted: Outcome, keeps: Keeps
) -> None:
    for text in (document(READ), OWN):
        facts = (replace(ON_A_SERVER, document=text), BARE, promise(keeps))
        judged(buckets.public_write, wanted, facts)
        judged(buckets.public_write, wanted, facts, declared(intended_public=True))
    judged(buckets.public_policy, N, (ON_A_SERVER, BARE, promise(keeps)), declared(intended_public=True))


WRITTEN = allow(Action="s3:PutObject")
NOT_WRITTEN = deny(Action="s3:PutObject", **when("StringNotEquals", "aws:PrincipalOrgID", "o-ours"))
BY_DOOR = allow(Action="s3:*", **when("StringEquals", "s3:DataAccessPointAccount", OURS))
SOMETIMES_WRITTEN = allow(Action="s3:PutObject", **when("StringLike", "aws:Referer", "x"))
ON_CEPH = replace(policy(document(READ, WRITTEN, NOT_WRITTEN)), server=COMPATIBLE)


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
