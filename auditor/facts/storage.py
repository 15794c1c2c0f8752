"""What was seen of storage buckets. Knows no SDK and no rule; what is concluded of it lies beside it.

Every call group is a facts type of its own, so that one denied call blinds only what depends on it. "Not configured"
is a state that the server said in so many words; what was denied is `Unseen`, or an UNSEEN part beside a seen one.
"""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass

POLICY_LIMIT = 65_536  # characters of a policy document; AWS allows 20 kB, Ceph more


class ServerKind(StrEnum):
    """Who answers. On a compatible server configuration is not evidence that it is enforced."""

    AWS = "aws"
    COMPATIBLE = "compatible"


class PartState(StrEnum):
    """What is known of one part of an answer."""

    SET = "set"
    ABSENT = "absent"  # the server said, by the documented code, that nothing is configured
    NO_SWITCH = "no_switch"  # the server does not have this setting at all
    UNSEEN = "unseen"  # asked and not answered


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLevel(Plain):
    """The public access block at one level. The four flags are true only where `state` is SET."""

    state: PartState
    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict_buckets: bool = False
    reason: str = ""  # the word of a `Reason`, for UNSEEN only
    detail: str = ""

    def __post_init__(self) -> None:
        flags = (self.block_acls, self.ignore_acls, self.block_policy, self.restrict_buckets)
        if self.state is not PartState.SET and any(flags):
            raise ValueError("a public access block that was not set cannot block")
        if (self.state is PartState.UNSEEN) != bool(self.reason):
            raise ValueError("an unseen level has a reason, and only it has one")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAccessBlock(Facts):
    """The block at the bucket and at its account; each counts for itself, and the stricter flag wins.

    Compatible servers have no account level: NO_SWITCH there.
    """

    server: ServerKind
    bucket: BlockLevel
    account: BlockLevel
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.bucket.state is PartState.UNSEEN and self.account.state is PartState.UNSEEN:
            raise ValueError("neither level was seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPolicy(Facts):
    """The bucket policy, whole, as the server sent it. `document` None: the server says there is none."""

    server: ServerKind
    bucket: str
    document: str | None
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.document is not None and not self.document.strip():
            raise ValueError("an empty document is not a policy, and not the absence of one")


class Ownership(StrEnum):
    """Object Ownership. ENFORCED turns access control lists off."""

    ENFORCED = "BucketOwnerEnforced"
    PREFERRED = "BucketOwnerPreferred"
    WRITER = "ObjectWriter"
    NOT_SET = "not_set"  # lists are active, as with WRITER
    UNSEEN = "unseen"


class Grantee(StrEnum):
    ALL_USERS = "all_users"
    AUTHENTICATED_USERS = "authenticated_users"  # any account of anybody: the public
    OTHER_GROUP = "other_group"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class AclGrant(Plain):
    grantee: Grantee
    name: str  # canonical id, URI or address
    permission: str  # READ, WRITE, READ_ACP, WRITE_ACP, FULL_CONTROL

    @property
    def is_public(self) -> bool:
        return self.grantee in (Grantee.ALL_USERS, Grantee.AUTHENTICATED_USERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAcl(Facts):
    """Object Ownership and the bucket's access control list.

    `grants` None: the list was not asked for, since it has no effect (ownership ENFORCED on AWS), or could not be seen;
    then `acl_reason` holds the word of a `Reason`. `ownership_reason` likewise for an ownership UNSEEN.
    """

    server: ServerKind
    ownership: Ownership
    grants: tuple[AclGrant, ...] | None
    ownership_reason: str = ""
    acl_reason: str = ""
    detail: str = ""
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.ownership is Ownership.UNSEEN) != bool(self.ownership_reason):
            raise ValueError("an unseen ownership has a reason, and only it has one")
        if self.grants is None and self.ownership is not Ownership.ENFORCED and not self.acl_reason:
            raise ValueError("a list that counts and was not seen has a reason")
        if self.grants is None and self.ownership is Ownership.UNSEEN:
            raise ValueError("neither ownership nor list was seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionRule(Plain):
    """One rule of the default encryption. `algorithm` None: the rule names none (it only blocks types)."""

    algorithm: str | None  # AES256, aws:kms, aws:kms:dsse, or what the server invents
    key_id: str | None = None
    bucket_key: bool = False
    blocked_types: tuple[str, ...] = ()  # such as SSE-C


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketEncryption(Facts):
    """Default encryption of new objects. `rules` None: the server says that none is configured."""

    server: ServerKind
    rules: tuple[EncryptionRule, ...] | None
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.rules == ():
            raise ValueError("an encryption configuration without rules says nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPlace(Facts):
    """Where the bucket lies. `location` None: the API's null (on AWS that is us-east-1)."""

    server: ServerKind
    location: str | None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag(Plain):
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketTags(Facts):
    """The bucket's tags. An empty tuple: the server says that there are none, which says nothing of the data."""

    tags: tuple[Tag, ...]
    request_id: str = ""
