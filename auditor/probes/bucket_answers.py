"""Raw answers of the storage SDK → facts. Pure; every function raises ValueError for an answer of another shape.

Raw answers are nested mappings, lists and scalars whose content a server chose. Their shapes are those of the S3 API
reference; a missing element is an error here, never a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.facts.storage import (
    POLICY_LIMIT,
    AclGrant,
    BlockLevel,
    BucketAcl,
    BucketEncryption,
    BucketPlace,
    BucketPolicy,
    BucketTags,
    EncryptionRule,
    Grantee,
    Ownership,
    PartState,
    PublicAccessBlock,
    ServerKind,
    Tag,
)
from auditor.model import Reason
from auditor.probes.answer_shapes import flag, mapping, part, rows, short, short_or_empty, text

if TYPE_CHECKING:
    from auditor.reach.s3_calls import Answer

GROUPS = {  # S3 User Guide, "Access control list (ACL) overview"
    "http://acs.amazonaws.com/groups/global/AllUsers": Grantee.ALL_USERS,
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": Grantee.AUTHENTICATED_USERS,
}


def parse_place(answer: Answer, server: ServerKind, now: datetime) -> BucketPlace:
    location = mapping(answer.value, "the location").get("LocationConstraint")
    return BucketPlace(
        observed_at=now,
        server=server,
        location=None if location in (None, "") else target_text(text(location, "the location")),
        request_id=target_text(answer.request_id),
    )


def parse_policy(answer: Answer, server: ServerKind, bucket: str, now: datetime) -> BucketPolicy:
    """The document stays text, whole. Raises Unreachable(TOO_LONG) for one that is not kept."""
    document = None if answer.value is None else text(answer.value.get("Policy"), "the policy")
    if document is not None and len(document) > POLICY_LIMIT:
        raise Unreachable(Reason.TOO_LONG, f"the policy of s3://{bucket} has {len(document)} characters")
    return BucketPolicy(
        observed_at=now,
        server=server,
        bucket=bucket,
        document=None if document is None else target_text(document, POLICY_LIMIT),
        request_id=target_text(answer.request_id),
    )


def parse_access_block(
    bucket: Answer | Unreachable, account: Answer | Unreachable, server: ServerKind, now: datetime
) -> PublicAccessBlock:
    return PublicAccessBlock(
        observed_at=now,
        server=server,
        bucket=_level(bucket, server),
        account=_level(account, server),
        request_id="" if isinstance(bucket, Unreachable) else target_text(bucket.request_id),
    )


def block_of(flags: Mapping[str, object]) -> BlockLevel:
    """The four flags, all of them told."""
    return BlockLevel(
        state=PartState.SET,
        block_acls=flag(flags, "BlockPublicAcls"),
        ignore_acls=flag(flags, "IgnorePublicAcls"),
        block_policy=flag(flags, "BlockPublicPolicy"),
        restrict_buckets=flag(flags, "RestrictPublicBuckets"),
    )


def turns_lists_off(ownership: Answer | Unreachable) -> bool:
    """Does Object Ownership make every access control list void?"""
    return not isinstance(ownership, Unreachable) and _ownership(ownership) is Ownership.ENFORCED


def owner_of(listed: Answer) -> str:
    """The canonical id of the bucket's owner; "" where the answer names none."""
    said = part(mapping(listed.value, "the access control list"), "Owner").get("ID")
    return short_or_empty(said, "the owner")


def parse_acl(
    ownership: Answer | Unreachable, listed: Answer | Unreachable | None, server: ServerKind, now: datetime
) -> BucketAcl:
    """`listed` None: not asked for, since ownership turns lists off."""
    seen = [answer for answer in (listed, ownership) if answer is not None and not isinstance(answer, Unreachable)]
    unseen = [failure for failure in (listed, ownership) if isinstance(failure, Unreachable)]
    return BucketAcl(
        observed_at=now,
        server=server,
        ownership=Ownership.UNSEEN if isinstance(ownership, Unreachable) else _ownership(ownership),
        grants=None if listed is None or isinstance(listed, Unreachable) else _grants(listed),
        ownership_reason=ownership.reason.word if isinstance(ownership, Unreachable) else "",
        acl_reason=listed.reason.word if isinstance(listed, Unreachable) else "",
        detail=unseen[0].detail if unseen else "",
        request_id=target_text(seen[0].request_id) if seen else "",
    )


def parse_encryption(answer: Answer, server: ServerKind, now: datetime) -> BucketEncryption:
    rules: tuple[EncryptionRule, ...] | None = None
    if answer.value is not None:
        configuration = mapping(answer.value.get("ServerSideEncryptionConfiguration"), "the encryption")
        rules = tuple(_rule(rule) for rule in rows(configuration.get("Rules"), "the encryption rules"))
    return BucketEncryption(observed_at=now, server=server, rules=rules, request_id=target_text(answer.request_id))


def parse_tags(answer: Answer, now: datetime) -> BucketTags:
    said = [] if answer.value is None else rows(answer.value.get("TagSet"), "the tags")
    tags = (Tag(key=short(row.get("Key"), "a tag"), value=short(row.get("Value"), "a tag")) for row in said)
    return BucketTags(
        observed_at=now,
        tags=tuple(sorted(tags, key=lambda tag: (tag.key, tag.value))),
        request_id=target_text(answer.request_id),
    )


def _level(answer: Answer | Unreachable, server: ServerKind) -> BlockLevel:
    if isinstance(answer, Unreachable):
        if answer.reason is Reason.NOT_IMPLEMENTED and server is ServerKind.COMPATIBLE:
            return BlockLevel(state=PartState.NO_SWITCH)
        return BlockLevel(state=PartState.UNSEEN, reason=answer.reason.word, detail=answer.detail)
    if answer.value is None:
        return BlockLevel(state=PartState.ABSENT)
    return block_of(mapping(answer.value.get("PublicAccessBlockConfiguration"), "the public access block"))


def _ownership(answer: Answer) -> Ownership:
    if answer.value is None:
        return Ownership.NOT_SET
    rules = rows(mapping(answer.value.get("OwnershipControls"), "ownership").get("Rules"), "ownership rules")
    if len(rules) != 1:
        raise ValueError(f"{len(rules)} ownership rules where there is always one")
    try:
        word = Ownership(text(rules[0].get("ObjectOwnership"), "ownership"))
    except ValueError as error:
        raise ValueError("an ownership that the API does not know") from error
    if word in (Ownership.NOT_SET, Ownership.UNSEEN):
        raise ValueError("an ownership that the API does not know")
    return word


def _grants(answer: Answer) -> tuple[AclGrant, ...]:
    said = rows(mapping(answer.value, "the access control list").get("Grants"), "the grants")
    return tuple(sorted((_grant(row) for row in said), key=lambda grant: (grant.name, grant.permission)))


def _grant(row: Mapping[str, object]) -> AclGrant:
    grantee = mapping(row.get("Grantee"), "a grantee")
    uri = grantee.get("URI")
    name = uri or grantee.get("ID") or grantee.get("EmailAddress")
    kind = Grantee.ACCOUNT if not uri else GROUPS.get(text(uri, "a group"), Grantee.OTHER_GROUP)
    return AclGrant(grantee=kind, name=short(name, "a grantee"), permission=short(row.get("Permission"), "a grant"))


def _rule(row: Mapping[str, object]) -> EncryptionRule:
    default = row.get("ApplyServerSideEncryptionByDefault")
    settings = {} if default is None else mapping(default, "an encryption rule")
    blocked = mapping(row.get("BlockedEncryptionTypes") or {}, "blocked types").get("EncryptionType") or []
    if not isinstance(blocked, list):
        raise ValueError("blocked types are not a list")  # noqa: TRY004 - one error for every misshapen answer
    key = settings.get("KMSMasterKeyID")
    return EncryptionRule(
        algorithm=None if default is None else short(settings.get("SSEAlgorithm"), "an algorithm"),
        key_id=None if key in (None, "") else target_text(text(key, "a key id"), 2_048),
        bucket_key=row.get("BucketKeyEnabled") is True,
        blocked_types=tuple(sorted(short(word, "a blocked type") for word in blocked)),
    )
