"""Whom grants let use a key, beside its policy."""

from __future__ import annotations

import pytest

from auditor.facts import Facts
from auditor.facts.storage import PartState
from auditor.facts.storage_keys import NEVER_ASKED, BucketKeys, KeyGrantee, KeyGrants, KeyPolicy, KeyRotation
from auditor.model import Outcome
from auditor.probe import Unseen
from checks.bucket_keys import key_granted
from tests.checks.bucket_rows import F, N, P, U, judged
from tests.derivations.bucket_facts import declared, finding, hidden
from tests.derivations.storage_samples import (
    COMPATIBLE,
    NOBODYS,
    OTHER,
    OURS,
    denied_key,
    key,
    keys,
    owner,
)

THIRD = "333333333333"
DECRYPTS = KeyGrantee(principal=f"arn:aws:iam::{OTHER}:role/reader", account=OTHER, operations=("Decrypt",))
LOOKS = KeyGrantee(principal=f"arn:aws:iam::{OTHER}:root", account=OTHER, operations=("DescribeKey", "RetireGrant"))
HANDS_ON = KeyGrantee(principal=f"arn:aws:iam::{OTHER}:root", account=OTHER, operations=("CreateGrant",))
OWN = KeyGrantee(principal=f"arn:aws:sts::{OURS}:assumed-role/r/i-1", account=OURS, operations=("Decrypt",), grants=9)
SERVICE = KeyGrantee(principal="rds.us-east-1.amazonaws.com", operations=("Decrypt", "CreateGrant"))
CHINA = KeyGrantee(principal="rds.cn-north-1.amazonaws.com.cn", operations=("Decrypt",))
LIKE_A_SERVICE = KeyGrantee(principal="amazonaws.com.example", operations=("Decrypt",))
GONE = KeyGrantee(principal="AROAEXAMPLEEXAMPLE123", operations=("Decrypt",))
ODD = KeyGrantee(principal="AWS Internal", operations=("Decrypt",))


def granted(*grantees: KeyGrantee, reason: str = "") -> BucketKeys:
    return keys(key(grants=KeyGrants(state=PartState.SET, grantees=grantees, reason=reason)))


PROVIDERS = key(
    manager="AWS",
    rotation=KeyRotation(state=PartState.NO_SWITCH),
    policy=KeyPolicy(state=PartState.NO_SWITCH),
    grants=KeyGrants(state=PartState.NO_SWITCH),
)
ROWS: dict[str, tuple[Outcome, tuple[Facts | Unseen, ...]]] = {
    "none": (P, (granted(), owner())),
    "no key": (P, (keys(), owner())),
    "one's own": (P, (granted(OWN), owner())),
    "an outsider": (F, (granted(DECRYPTS), owner())),
    "an outsider beside one's own": (F, (granted(OWN, DECRYPTS), owner())),
    "an outsider who may make grants": (F, (granted(HANDS_ON), owner())),
    "an outsider who may look at it": (P, (granted(LOOKS), owner())),
    "services": (P, (granted(SERVICE, CHINA), owner())),
    "what only looks like a service": (U, (granted(LIKE_A_SERVICE), owner())),
    "somebody who is gone": (P, (granted(GONE), owner())),
    "nobody knows who": (U, (granted(ODD), owner())),
    "an outsider beside nobody knows who": (F, (granted(ODD, DECRYPTS), owner())),
    "whose the bucket is is not known": (U, (granted(DECRYPTS), NOBODYS)),
    "denied": (U, (keys(key(grants=KeyGrants(state=PartState.UNSEEN, reason="access_denied"))), owner())),
    "broke off": (U, (granted(OWN, reason="budget"), owner())),
    "broke off behind an outsider": (F, (granted(DECRYPTS, reason="budget"), owner())),
    "kept by an older version": (U, (keys(key(grants=NEVER_ASKED)), owner())),
    "the provider's own": (P, (keys(PROVIDERS), owner())),
    "one of two keys": (F, (keys(key(), key(named="alias/b", grants=granted(DECRYPTS).keys[0].grants)), owner())),
    "a key of which nothing was told": (U, (keys(denied_key()), owner())),
    "keys hidden": (U, (hidden(BucketKeys), owner())),
    "a foreign key, granted to its own account": (
        P,
        (
            keys(
                key(account=OTHER, arn=f"arn:aws:kms:us-east-1:{OTHER}:key/k", grants=granted(DECRYPTS).keys[0].grants)
            ),
            owner(),
        ),
    ),
    "a compatible server": (N, (hidden(BucketKeys), owner(server=COMPATIBLE))),
}


@pytest.mark.parametrize(("wanted", "facts"), ROWS.values(), ids=ROWS)
def test_grants(wanted: Outcome, facts: tuple[Facts | Unseen, ...]) -> None:
    judged(key_granted, wanted, facts)


def test_an_account_of_the_citys_is_no_outsider() -> None:
    judged(key_granted, P, (granted(DECRYPTS), owner()), declared(own_accounts=(OURS, OTHER)))
    judged(key_granted, F, (granted(DECRYPTS), owner()), declared(own_accounts=(OURS, THIRD)))


def test_what_is_told_of_a_grant_names_the_account_and_what_it_may() -> None:
    (row,) = finding(key_granted, granted(DECRYPTS), owner()).evidence
    assert row.seen == f"account {OTHER} (arn:aws:iam::{OTHER}:role/reader) may Decrypt"
