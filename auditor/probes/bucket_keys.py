"""Looks at one key that a bucket's default encryption names, and reads what the key service tells of it.

Each call is asked once in a run for each key. A part that was denied is unseen beside the others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.facts.storage import PartState
from auditor.facts.storage_keys import KEY_POLICY_LIMIT, BucketKey, KeyGrantee, KeyGrants, KeyPolicy, KeyRotation
from auditor.model import Reason
from auditor.probes.answer_shapes import count_or_none, flag, mapping, name_of, part, short, short_or_empty, text, texts

if TYPE_CHECKING:
    from auditor.reach.s3_account import AccountCalls
    from auditor.reach.s3_calls import Answer

ARN = re.compile(r"arn:[a-z0-9-]+:kms:[a-z0-9-]+:([0-9]{12}):(?:key|alias)/.+")
GRANTEE = re.compile(r"arn:[^:]+:[^:]+:[^:]*:([0-9]{12}):.+|([0-9]{12})")
MOST_GRANTEES = 500  # accounts and services of one key
OURS_TO_SET = "CUSTOMER"  # the other manager is the provider itself, for whose keys nobody sets anything


def look(account: AccountCalls, named: str, region: str) -> BucketKey:
    """`named`: as the encryption has it; `region`: the bucket's, where a name says none."""
    try:
        return _described(account, account.key(named, region), named)
    except Unreachable as failure:
        return _unseen(named, failure)
    except ValueError as refusal:
        return _unseen(named, Unreachable(Reason.MALFORMED, f"kms describe_key: {refusal}"))


def _described(account: AccountCalls, answer: Answer, named: str) -> BucketKey:
    told = mapping((answer.value or {}).get("KeyMetadata"), "the key")
    arn, manager = name_of(told.get("Arn"), "the key's ARN"), short(told.get("KeyManager"), "the key's manager")
    number = text(told.get("AWSAccountId"), "the key's account")
    if not ARN.fullmatch(arn) or ARN.sub(r"\1", arn) != number:
        raise ValueError("the key's ARN and its account contradict each other")
    return BucketKey(
        named=named,
        state=PartState.SET,
        arn=arn,
        account=number,
        manager=manager,
        key_state=short(told.get("KeyState"), "the key's state"),
        origin=short(told.get("Origin"), "the key's origin"),
        key_store=short_or_empty(told.get("CustomKeyStoreId"), "the key's store"),
        external_key=short_or_empty(part(told, "XksKeyConfiguration").get("Id"), "the key outside"),
        is_multi_region=None if told.get("MultiRegion") is None else flag(told, "MultiRegion"),
        rotation=_rotation(account, arn) if manager == OURS_TO_SET else KeyRotation(state=PartState.NO_SWITCH),
        policy=_policy(account, arn) if manager == OURS_TO_SET else KeyPolicy(state=PartState.NO_SWITCH),
        grants=_grants(account, arn) if manager == OURS_TO_SET else KeyGrants(state=PartState.NO_SWITCH),
        account_from_name=_account_in(named),
        request_id=target_text(answer.request_id),
    )


def _rotation(account: AccountCalls, arn: str) -> KeyRotation:
    """Keys whose material comes from outside have no such switch, and the key service says so."""
    try:
        told = mapping(account.key_rotation(arn).value, "the rotation")
        return KeyRotation(
            state=PartState.SET,
            is_enabled=flag(told, "KeyRotationEnabled"),
            period_days=count_or_none(told.get("RotationPeriodInDays"), "the rotation's period"),
        )
    except Unreachable as failure:
        if failure.reason is Reason.NOT_IMPLEMENTED:
            return KeyRotation(state=PartState.NO_SWITCH)
        return KeyRotation(state=PartState.UNSEEN, reason=failure.reason.word, detail=failure.detail)
    except ValueError as refusal:
        return KeyRotation(state=PartState.UNSEEN, reason=Reason.MALFORMED.word, detail=str(refusal))


def _policy(account: AccountCalls, arn: str) -> KeyPolicy:
    try:
        document = text((account.key_policy(arn).value or {}).get("Policy"), "the key policy")
        if len(document) > KEY_POLICY_LIMIT:
            return KeyPolicy(state=PartState.UNSEEN, reason=Reason.TOO_LONG.word, detail=f"{len(document)} characters")
        return KeyPolicy(state=PartState.SET, document=target_text(document, KEY_POLICY_LIMIT))
    except Unreachable as failure:
        return KeyPolicy(state=PartState.UNSEEN, reason=failure.reason.word, detail=failure.detail)
    except ValueError as refusal:
        return KeyPolicy(state=PartState.UNSEEN, reason=Reason.MALFORMED.word, detail=str(refusal))


def _grants(account: AccountCalls, arn: str) -> KeyGrants:
    """A list that broke off tells what came until then."""
    try:
        listed = account.key_grants(arn)
        grantees, failure = parse_grants(listed.rows), listed.failure
    except Unreachable as unreachable:
        return KeyGrants(state=PartState.UNSEEN, reason=unreachable.reason.word, detail=unreachable.detail)
    except ValueError as refusal:
        return KeyGrants(state=PartState.UNSEEN, reason=Reason.MALFORMED.word, detail=str(refusal))
    if failure is None:
        return KeyGrants(state=PartState.SET, grantees=grantees)
    return KeyGrants(state=PartState.SET, grantees=grantees, reason=failure.reason.word, detail=failure.detail)


def parse_grants(said: Iterable[Mapping[str, object]]) -> tuple[KeyGrantee, ...]:
    """One row for each account, or for each principal whose name holds none. Raises ValueError for another shape."""
    principals: dict[tuple[str, str], list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for row in said:
        principal = name_of(row.get("GranteeServicePrincipal") or row.get("GranteePrincipal"), "a grant's principal")
        found = GRANTEE.fullmatch(principal)
        account = (found[1] or found[2]) if found else ""
        granted = principal, texts(row.get("Operations"), "a grant's operations")
        principals[account, "" if account else principal].append(granted)
    if len(principals) > MOST_GRANTEES:
        raise ValueError(f"{len(principals)} accounts and services have grants, where {MOST_GRANTEES} are kept")
    return tuple(
        KeyGrantee(
            principal=min(principal for principal, _ in granted),
            account=account,
            operations=tuple(sorted({name for _, names in granted for name in names})),
            grants=len(granted),
        )
        for (account, _), granted in sorted(principals.items())
    )


def _unseen(named: str, failure: Unreachable) -> BucketKey:
    word, detail = failure.reason.word, failure.detail
    return BucketKey(
        named=named,
        state=PartState.UNSEEN,
        rotation=KeyRotation(state=PartState.UNSEEN, reason=word, detail=detail),
        policy=KeyPolicy(state=PartState.UNSEEN, reason=word, detail=detail),
        grants=KeyGrants(state=PartState.UNSEEN, reason=word, detail=detail),
        account_from_name=_account_in(named),
        reason=word,
        detail=detail,
    )


def _account_in(named: str) -> str:
    """The account that an ARN names; "" for an id or an alias, which say none."""
    found = ARN.fullmatch(named)
    return found[1] if found else ""
