"""Who of other accounts, networks and services is let in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from auditor.check import Check
from auditor.facts import Facts, Registered
from auditor.facts.storage import AclGrant, BucketAcl, BucketPolicy, Grantee, Ownership
from auditor.model import Outcome, Reason
from checks import bucket_keys, bucket_sharing
from tests.checks.bucket_rows import (
    BY_DOOR_FROM_AFAR,
    CLOSED,
    DELEGATED,
    DENIED_TO_ALL_BUT_DOORS,
    FOREIGN_VPC_BY_DOOR,
    OPEN_POLICY,
    OUTSIDER,
    OUTSIDER_BY_DOOR,
    OUTSIDER_WRITES,
    OWN,
    OWN_BY_DOORS,
    READ_BY_DOOR,
    SCOPE,
    THEIR_DOORS,
    F,
    P,
    Row,
    U,
    judged,
    listed,
    lists,
    messages,
)
from tests.derivations.bucket_facts import (
    NOW,
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
    keys,
    owner,
    status,
)


def grouped(uri: str) -> BucketAcl:
    grant = AclGrant(grantee=Grantee.OTHER_GROUP, name=uri, permission="READ")
    return BucketAcl(observed_at=NOW, server=AWS, ownership=Ownership.WRITER, grants=(grant,))


BUT_OURS = deny(Action="s3:GetObject", **when("StringNotEquals", "aws:PrincipalOrgID", "o-ours"))
LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"
SHARED: dict[str, Row] = {
    "the group that delivers logs": (P, (policy(None), grouped(LOGS), owner(), block())),
    "a group that nobody documents": (U, (policy(None), grouped(f"{LOGS}Too"), owner(), block())),
    "the public's group, as a server writes it that is no longer sure of its letters": (
        U,
        (policy(None), grouped("https://acs.amazonaws.com/groups/global/AllUsers"), owner(), block()),
    ),
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


@pytest.mark.parametrize(
    "rule_", [bucket_sharing.shared_outside, bucket_sharing.open_to_network, bucket_sharing.service_unbound]
)
def test_a_compatible_servers_policy_is_judged_by_its_text_and_the_evidence_says_so(rule_: Check[Any]) -> None:
    facts = (policy(document(deny())), acl(), owner(), block())
    on_aws = finding(rule_, *facts, said=SCOPE)
    elsewhere = finding(rule_, policy(document(deny()), COMPATIBLE), *facts[1:], said=SCOPE)
    assert (on_aws.outcome, elsewhere.outcome) == (P, P)
    assert on_aws.evidence == ()
    assert [row.seen.startswith("judged by its text") for row in elsewhere.evidence] == [True]


def test_beside_a_public_policy_the_words_about_outsiders_stay_true() -> None:
    found = finding(bucket_sharing.shared_outside, policy(document(allow())), acl(), owner(), block(), said=SCOPE)
    assert found.outcome is P
    assert "`bucket-public-policy`" in found.summary
