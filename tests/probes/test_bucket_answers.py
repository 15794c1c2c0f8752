"""Answers of any shape become facts or a refusal, never a default."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.facts.storage import POLICY_LIMIT, EncryptionRule, Grantee, PartState, ServerKind
from auditor.model import Reason
from auditor.probes import bucket_answers as answers
from auditor.reach.s3_answers import ROOTS, plain_error, require_answer
from auditor.reach.s3_calls import Answer
from tests.probes.bucket_road import NOW

AWS = ServerKind.AWS
NAMES = (
    "LocationConstraint",
    "Policy",
    "PublicAccessBlockConfiguration",
    "OwnershipControls",
    "Rules",
    "Grants",
    "Grantee",
    "URI",
    "Permission",
    "ServerSideEncryptionConfiguration",
    "ApplyServerSideEncryptionByDefault",
    "SSEAlgorithm",
    "TagSet",
    "Key",
    "BlockPublicAcls",
)
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=3)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
raws = st.none() | st.dictionaries(st.sampled_from(NAMES), values, max_size=3)
PARSERS: dict[str, Callable[[Answer], object]] = {
    "place": lambda answer: answers.parse_place(answer, AWS, NOW),
    "policy": lambda answer: answers.parse_policy(answer, AWS, "b", NOW),
    "block": lambda answer: answers.parse_access_block(answer, answer, AWS, NOW),
    "acl": lambda answer: answers.parse_acl(answer, answer, AWS, NOW),
    "encryption": lambda answer: answers.parse_encryption(answer, AWS, NOW),
    "tags": lambda answer: answers.parse_tags(answer, NOW),
}


@pytest.mark.parametrize("parse", PARSERS.values(), ids=PARSERS)
@given(raw=raws)
def test_any_answer_is_facts_or_refused(parse: Callable[[Answer], object], raw: dict[str, object] | None) -> None:
    try:
        parse(Answer(raw, "r"))
    except ValueError:
        return


@given(st.sampled_from(sorted(ROOTS)), st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_refused(operation: str, body: bytes) -> None:
    try:
        require_answer(operation, body, "here")
    except Unreachable:
        return
    assert body.lstrip()[:1] in (b"{", b"<")


@given(st.binary(max_size=200), st.integers(300, 599))
def test_any_error_body_becomes_a_plain_error(body: bytes, status: int) -> None:
    assert plain_error("GetBucketAcl", body, status).startswith(b"<ErrorResponse><Error><Code>")


@pytest.mark.parametrize(
    ("failure", "server", "state"),
    [
        (Unreachable(Reason.NOT_IMPLEMENTED, "x"), ServerKind.COMPATIBLE, PartState.NO_SWITCH),
        (Unreachable(Reason.NOT_IMPLEMENTED, "x"), ServerKind.AWS, PartState.UNSEEN),
        (Unreachable(Reason.ACCESS_DENIED, "x"), ServerKind.COMPATIBLE, PartState.UNSEEN),
    ],
)
def test_a_server_without_the_switch_is_told_from_one_that_hides_it(
    failure: Unreachable, server: ServerKind, state: PartState
) -> None:
    found = answers.parse_access_block(Answer(None, ""), failure, server, NOW)
    assert (found.bucket.state, found.account.state) == (PartState.ABSENT, state)


def test_grants_keep_who_and_what() -> None:
    group = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
    rows: list[object] = [
        {"Grantee": {"Type": "Group", "URI": group}, "Permission": "READ"},
        {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}, "Permission": "WRITE"},
        {"Grantee": {"Type": "CanonicalUser", "ID": "75aa"}, "Permission": "FULL_CONTROL"},
    ]
    found = answers.parse_acl(Answer(None, ""), Answer({"Grants": rows}, ""), AWS, NOW)
    assert found.grants is not None
    assert {(grant.grantee, grant.permission, grant.is_public) for grant in found.grants} == {
        (Grantee.AUTHENTICATED_USERS, "READ", True),
        (Grantee.OTHER_GROUP, "WRITE", False),
        (Grantee.ACCOUNT, "FULL_CONTROL", False),
    }


def test_encryption_keeps_every_rule_and_what_is_blocked() -> None:
    raw = {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"},
                "BucketKeyEnabled": True,
                "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
            },
            {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}},
        ]
    }
    found = answers.parse_encryption(Answer({"ServerSideEncryptionConfiguration": raw}, ""), AWS, NOW)
    assert found.rules == (
        EncryptionRule(algorithm="aws:kms", key_id="k", bucket_key=True, blocked_types=("SSE-C",)),
        EncryptionRule(algorithm=None, blocked_types=("SSE-C",)),
    )


def test_policy_is_kept_whole_up_to_its_limit() -> None:
    text = "x" * POLICY_LIMIT
    assert answers.parse_policy(Answer({"Policy": text}, ""), AWS, "b", NOW).document == text
    with pytest.raises(Unreachable) as failure:
        answers.parse_policy(Answer({"Policy": text + "x"}, ""), AWS, "b", NOW)
    assert failure.value.reason is Reason.TOO_LONG
