"""Storage facts made by hand: what a case does not care about is harmless."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from auditor.facts import Declared
from auditor.facts.storage import (
    AclGrant,
    BlockLevel,
    BucketAcl,
    BucketPolicy,
    Grantee,
    Ownership,
    PartState,
    PublicAccessBlock,
    ServerKind,
)
from auditor.model import Reason, Sensitivity

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OPEN = BlockLevel(state=PartState.SET)
ABSENT = BlockLevel(state=PartState.ABSENT)
SHUT = BlockLevel(state=PartState.SET, block_acls=True, ignore_acls=True, block_policy=True, restrict_buckets=True)
HIDDEN = BlockLevel(state=PartState.UNSEEN, reason=Reason.ACCESS_DENIED.word, detail="s3://b")
Json = Mapping[str, object]


def document(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(**elements: object) -> dict[str, object]:
    """An Allow that lets everybody read objects, but for what is given. A value None drops the element."""
    made = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/*",
        **elements,
    }
    return {name: value for name, value in made.items() if value is not None}


def deny(**elements: object) -> dict[str, object]:
    """A Deny of everything to everybody, but for what is given."""
    return allow(**{"Effect": "Deny", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], **elements})


def when(operator: str, key: str, *values: object) -> dict[str, object]:
    """One condition, as statement elements: `allow(**when(…))`."""
    return {"Condition": {operator: {key: list(values)}}}


def policy(text: str | None, server: ServerKind = ServerKind.AWS) -> BucketPolicy:
    return BucketPolicy(observed_at=NOW, server=server, bucket="b", document=text)


def block(
    bucket: BlockLevel = ABSENT, account: BlockLevel = ABSENT, server: ServerKind = ServerKind.AWS
) -> PublicAccessBlock:
    return PublicAccessBlock(observed_at=NOW, server=server, bucket=bucket, account=account)


def acl(
    ownership: Ownership = Ownership.WRITER,
    *grants: tuple[Grantee, str],
    hidden: Reason | None = None,
) -> BucketAcl:
    """`hidden`: why the list was not seen."""
    shown = tuple(AclGrant(grantee=who, name=who.value, permission=what) for who, what in grants)
    return BucketAcl(
        observed_at=NOW,
        server=ServerKind.AWS,
        ownership=ownership,
        grants=None if hidden or ownership is Ownership.ENFORCED else shown,
        ownership_reason=Reason.ACCESS_DENIED.word if ownership is Ownership.UNSEEN else "",
        acl_reason=hidden.word if hidden else "",
    )


def declared(*, intended_public: bool = False, sensitivity: Sensitivity = Sensitivity.CONFIDENTIAL) -> Declared:
    return Declared(observed_at=NOW, sensitivity=sensitivity, intended_public=intended_public)
