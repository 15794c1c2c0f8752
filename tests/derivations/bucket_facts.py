"""Storage facts made by hand: what a case does not care about is harmless."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from auditor.check import Check
from auditor.derive import Rows
from auditor.deriving import Sights, derive_each
from auditor.facts import Declared, Facts
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
from auditor.facts.storage_exposure import PolicyExposure
from auditor.judge import judge_asset
from auditor.model import Asset, Finding, Reason, Sensitivity
from auditor.probe import Seen, Unseen
from checks.derivations import (
    account_doors,
    account_settings,
    bucket_doors,
    bucket_exposure,
    bucket_flows,
    bucket_grants,
    bucket_key_care,
    bucket_key_grants,
    bucket_keys,
    bucket_latent,
    bucket_old_objects,
    bucket_settings,
    bucket_sharing,
    bucket_transport,
    bucket_upkeep,
)
from checks.derivations.bucket_exposure import policy_exposure
from checks.derivations.bucket_grants import policy_grants

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


def declared(
    *, intended_public: bool = False, sensitivity: Sensitivity = Sensitivity.CONFIDENTIAL, **said: object
) -> Declared:
    return Declared(
        observed_at=NOW,
        sensitivity=sensitivity,
        intended_public=intended_public,
        **said,  # type: ignore[arg-type]
    )


def exposure(text: str | None, block_: PublicAccessBlock | None = None, *more: Facts | Unseen) -> PolicyExposure:
    """What a policy comes to, beside a block. Raises Undecided."""
    server = ServerKind.AWS if block_ is None else block_.server
    grants = policy_grants.derive(policy(text, server))
    found = policy_exposure.derive(rows(grants, block() if block_ is None else block_, *more))
    assert isinstance(found, PolicyExposure)
    return found


def rows(*seen: Facts | Unseen, said: Declared | None = None) -> Rows:
    """What a derivation of the whole asset gets."""
    made: dict[type[Facts], dict[str, Seen | Unseen]] = {Declared: {"": Seen(said or declared())}}
    for one in seen:
        made[one.facts_type if isinstance(one, Unseen) else type(one)] = {
            "": one if isinstance(one, Unseen) else Seen(one)
        }
    return made


ASSET = Asset(id="s/b", kind="bucket", address="s3://b", system="s")
DERIVATIONS = (
    *bucket_grants.DERIVATIONS,
    *bucket_exposure.DERIVATIONS,
    *bucket_doors.DERIVATIONS,
    *bucket_latent.DERIVATIONS,
    *bucket_sharing.DERIVATIONS,
    *bucket_settings.DERIVATIONS,
    *bucket_transport.DERIVATIONS,
    *bucket_keys.DERIVATIONS,
    *bucket_key_care.DERIVATIONS,
    *bucket_key_grants.DERIVATIONS,
    *bucket_old_objects.DERIVATIONS,
    *bucket_upkeep.DERIVATIONS,
    *bucket_flows.DERIVATIONS,
    *account_doors.DERIVATIONS,
    *account_settings.DERIVATIONS,
)


def finding(rule: Check[Any], *seen: Facts | Unseen, said: Declared | None = None) -> Finding:
    """What a check says of some facts: the way from facts to verdict is the judge's own."""
    sights, word = Sights.of(one if isinstance(one, Unseen) else Seen(one) for one in seen), said or declared()
    sights = derive_each(sights, DERIVATIONS, word)
    (found,) = judge_asset(ASSET, sights, (rule,))
    return found


def hidden(kind: type[Facts], reason: Reason = Reason.ACCESS_DENIED) -> Unseen:
    return Unseen(kind, "", reason, "s3://b")
