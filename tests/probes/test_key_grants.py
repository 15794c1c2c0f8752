"""The grants of a key, as a played key service tells them: whole, page by page, and where it lies."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest

from auditor.facts.storage import PartState
from auditor.facts.storage_keys import BucketKeys, KeyGrantee, KeyGrants
from auditor.probe import Seen
from auditor.rig.hostile_s3 import Choice, hostile_s3
from auditor.rig.hostile_s3_answers import ACCOUNT, ALL_ANSWERS, HTML, Behaviour, Says
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import credential, look

__all__ = ["certified", "credential"]

Certified = tuple[ssl.SSLContext, Path]


@pytest.fixture(autouse=True)
def _credential(credential: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here signs."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def grant(principal: str, *operations: str) -> dict[str, object]:
    return {"GranteePrincipal": principal, "Operations": operations, "GrantId": "g", "KeyId": "k"}


def grants(*rows: dict[str, object], **more: object) -> Says:
    return Says(json.dumps({"Grants": rows, "Truncated": bool(more), **more}))


def grants_of_key(says: Choice, certified: Certified) -> KeyGrants:
    with hostile_s3(says, tls=certified[0]) as server:
        said = look(aws_at(server.url, certified[1]))
    (keys,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, BucketKeys))
    return keys.keys[0].grants


def test_grants_are_told_by_account(certified: Certified) -> None:
    stranger, service = "arn:aws:iam::999999999999:role/", "rds.eu-west-1.amazonaws.com"
    answer = grants(
        grant(f"{stranger}b", "Encrypt", "Decrypt"),
        grant(f"{stranger}a", "DescribeKey"),
        grant(f"arn:aws:sts::{ACCOUNT}:assumed-role/aws:ec2-infrastructure/i-1", "Decrypt"),
        {"GranteeServicePrincipal": service, "Operations": ["CreateGrant"]},
    )
    assert grants_of_key({"ListGrants": answer}, certified) == KeyGrants(
        state=PartState.SET,
        grantees=(
            KeyGrantee(principal=service, operations=("CreateGrant",)),
            KeyGrantee(
                principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/aws:ec2-infrastructure/i-1",
                account=ACCOUNT,
                operations=("Decrypt",),
            ),
            KeyGrantee(
                principal=f"{stranger}a",
                account="999999999999",
                operations=("Decrypt", "DescribeKey", "Encrypt"),
                grants=2,
            ),
        ),
    )


def test_a_list_of_grants_is_fetched_to_its_end(certified: Certified) -> None:
    page = [grants(grant("111111111111", "Decrypt"), NextMarker="m"), grants(grant("222222222222", "Decrypt"))]
    asked: list[str] = []

    def says(question: str, number: int) -> Behaviour:
        if question != "ListGrants":
            return ALL_ANSWERS[question]
        asked.append(question)
        return page[min(len(asked), 2) - 1]

    told = grants_of_key(says, certified)
    assert [row.account for row in told.grantees] == ["111111111111", "222222222222"]
    assert told.reason == ""


@pytest.mark.parametrize(
    ("says", "state", "reason"),
    [
        (grants(grant("111111111111", "Decrypt"), NextMarker="round"), PartState.SET, "malformed"),
        (grants(Truncated=True), PartState.SET, "malformed"),
        (grants({"Operations": ["Decrypt"]}), PartState.UNSEEN, "malformed"),
        (grants(grant("")), PartState.UNSEEN, "malformed"),
        (grants({"GranteePrincipal": "x"}), PartState.UNSEEN, "malformed"),
        (grants(*(grant(f"service{number}", "Decrypt") for number in range(501))), PartState.UNSEEN, "malformed"),
        (Says(HTML), PartState.UNSEEN, "malformed"),
        (Says('{"__type": "KMSInvalidStateException"}', 400), PartState.UNSEEN, None),
    ],
)
def test_a_list_of_grants_that_lies_is_not_none(
    says: Behaviour, state: PartState, reason: str | None, certified: Certified
) -> None:
    told = grants_of_key({"ListGrants": says}, certified)
    assert told.state is state
    assert told.reason == reason if reason else told.reason
