"""Whose a bucket is, and what was seen of the account around it: its buckets, its block, its other doors."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.facts.storage import BlockLevel, PartState, ServerKind
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketOwner(Facts):
    """Whose the bucket is, as far as the credential shows it. "" and None: not told.

    `is_listed` and `is_proven` are two independent signs: the bucket stands in the list of the account's buckets; it
    answered a call that names that account as the expected owner (compatible servers ignore the name: None there).
    """

    server: ServerKind
    bucket: str = ""  # its name
    account: str = ""  # of the credential, twelve digits
    account_canonical_id: str = ""  # of the credential's account, from ListBuckets
    declared_account: str = ""  # what the inventory says
    is_listed: bool | None = None  # None: the list could not be seen
    is_proven: bool | None = None  # None: not tried, or refused for a reason that may be another
    owner_canonical_id: str = ""  # of the bucket, from its access control list
    account_reason: str = ""  # the word of a `Reason`, where the account could not be seen
    list_reason: str = ""  # likewise the list
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.is_listed is None) != bool(self.list_reason):
            raise ValueError("a list that was not seen has a reason, and only it has one")
        if bool(self.account) and bool(self.account_reason):
            raise ValueError("an account that was seen needs no reason")
        if self.is_proven is not None and not (self.account or self.declared_account):
            raise ValueError("nobody's ownership is proven")

    @property
    def is_ours(self) -> bool | None:
        """Does it belong to the credential's account? None: not settled."""
        if self.is_listed:
            return True
        if self.is_proven and self.declared_account in ("", self.account):
            return True  # proven of the declared account, which may be another than the credential's
        return False if self.is_listed is False else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts(Facts):
    """An account and the list of its general-purpose buckets. A list that was denied makes these facts Unseen.

    `is_complete` False: the list broke off; what came before is counted, and nothing is known of the rest.
    """

    server: ServerKind
    account: str = ""  # as the credential showed it, twelve digits; "" on compatible servers and where it was denied
    declared_account: str = ""  # what the inventory says
    canonical_id: str = ""
    bucket_count: int
    is_complete: bool
    incomplete_reason: str = ""  # the word of a `Reason`
    incomplete_detail: str = ""
    regions: tuple[str, ...] = ()  # where its buckets lie, as the list told
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.bucket_count < 0:
            raise ValueError("no account has fewer buckets than none")
        if self.is_complete == bool(self.incomplete_reason):
            raise ValueError("a list that broke off has a reason, and only it has one")
        if self.bucket_count == 0 and not self.is_complete:
            raise ValueError("a list that broke off before its first row says nothing")

    def is_whole_list(self) -> bool | None:
        return self.is_complete


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBlock(Facts):
    """The public access block of the whole account: SET or ABSENT (compatible servers: NO_SWITCH)."""

    server: ServerKind
    level: BlockLevel
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.level.state is PartState.UNSEEN:
            raise ValueError("a block that was not seen is Unseen, not facts")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOrganisation(Facts):
    """The organisation that the account belongs to. `organisation` None: the service says that it is in none."""

    organisation: str | None  # o-…
    management_account: str = ""
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.organisation == "":
            raise ValueError("an organisation has an id")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorPolicy(Plain):
    """The policy of an access point and what the provider thinks of it. ABSENT: it has none.

    `is_public` None: not told.
    """

    state: PartState
    document: str | None = None
    is_public: bool | None = None
    reason: str = ""
    detail: str = ""

    def __post_init__(self) -> None:
        if (self.state is PartState.UNSEEN) != bool(self.reason):
            raise ValueError("an unseen policy has a reason, and only it has one")
        if (self.state is PartState.SET) != bool(self.document and self.document.strip()):
            raise ValueError("a policy that was seen has a document, and only it has one")


class NetworkOrigin(StrEnum):
    INTERNET = "Internet"
    VPC = "VPC"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint(Plain):
    """One access point: a further door to a bucket, with a block and a policy of its own."""

    name: str
    arn: str = ""
    bucket: str
    bucket_account: str = ""  # "": not told
    origin: NetworkOrigin
    vpc: str = ""
    block: BlockLevel
    policy: DoorPolicy

    def __post_init__(self) -> None:
        if not self.name or not self.bucket:
            raise ValueError("an access point has a name and leads to a bucket")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoints(Facts):
    """The access points of a bucket's own account that lead to it, which lie in its region; those of several regions
    too, where the bucket's policy leaves the choice to access points, or was not seen.

    `unseen`: regions whose list could not be seen, "us-east-1: access_denied". An empty tuple of points and of those:
    the provider says that there are none. NO_SWITCH servers (without access points) give no points either.
    """

    server: ServerKind
    points: tuple[AccessPoint, ...]
    unseen: tuple[str, ...] = ()
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.unseen and not self.points:
            raise ValueError("no access point was seen and not every list: that is Unseen, not facts")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDoors(AccessPoints):
    """The access points of an account that lead to buckets of other accounts.

    They lie in the regions of those buckets, which may be any; `regions`: where they were asked for. Older versions did
    not say.
    """

    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorBucket(Plain):
    """A bucket behind a multi-region access point. `account` "": that of the access point itself."""

    name: str
    account: str = ""
    region: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a bucket has a name")


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiRegionDoor(Plain):
    """One multi-region access point: a door to several buckets, on the Internet. `policy`: the one in force."""

    name: str
    alias: str = ""
    buckets: tuple[DoorBucket, ...]
    block: BlockLevel
    policy: DoorPolicy

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("an access point has a name")


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiRegionDoors(Facts):
    """All of an account. An empty tuple: the provider says that there are none. Other servers have none either."""

    server: ServerKind
    points: tuple[MultiRegionDoor, ...]
    request_id: str = ""


class OtherKind(StrEnum):
    """Kinds of buckets, doors and lists of grants that are listed and not judged."""

    DIRECTORY = "directory"
    TABLE = "table"
    ACCESS_GRANTS = "access_grants"
    MULTI_REGION_ACCESS_POINT = "multi_region_access_point"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherBuckets(Plain):
    """How many there are of one kind in one region. `count` None: could not be listed, for `reason`."""

    kind: OtherKind
    region: str
    count: int | None
    names: tuple[str, ...] = ()  # the first few
    reason: str = ""  # the word of a `Reason`
    detail: str = ""

    def __post_init__(self) -> None:
        if (self.count is None) != bool(self.reason):
            raise ValueError("a count that is not known has a reason, and only it has one")
        if len(self.names) > (self.count or 0):
            raise ValueError("more names than buckets")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherBucketKinds(Facts):
    """What else the account holds, which this program does not judge. One row for each kind and region asked.

    Compatible servers have no other kinds, and are not asked.
    """

    rows: tuple[OtherBuckets, ...]
    server: ServerKind = ServerKind.AWS

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if bool(self.rows) == (self.server is ServerKind.COMPATIBLE):
            raise ValueError("AWS alone is asked for other kinds of bucket")


# Derived at judging time, never kept.


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCoverage(Facts):
    """Is every bucket of the account seen? `unjudged`: what is not, in words: "2 directory buckets in us-east-1".

    `regions`: where other kinds were asked for; they are listed region by region.
    """

    bucket_count: int
    unjudged: tuple[str, ...]
    regions: tuple[str, ...] = ()
