"""Where a bucket's content and its traces go: copies, access logs, event messages, lists of its objects.

As in `storage`: every call is a facts type of its own, and "none" is what the server said in so many words.
"""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.facts.bucket_holders import BucketState
from auditor.facts.storage import ServerKind
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationRule(Plain):
    """One rule that copies objects. `account` "": the rule names none, so the copy stays this account's own object."""

    id: str
    is_enabled: bool
    destination: str  # ARN of the bucket
    account: str = ""
    replica_key: str | None = None  # the KMS key of the copy; None: the destination's default
    owner_is_translated: bool = False  # the copy belongs to the destination's account

    def __post_init__(self) -> None:
        if not self.destination:
            raise ValueError("a copy goes somewhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketReplication(Facts):
    """Rules that copy objects elsewhere. `rules` None: the server says that there are none.

    `by_versioning`: not asked, since versioning is not on, and without it AWS replicates nothing.
    """

    server: ServerKind
    rules: tuple[ReplicationRule, ...] | None
    role: str = ""  # ARN of the role that copies
    by_versioning: bool = False
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.rules == ():
            raise ValueError("a replication configuration without rules says nothing")
        if self.by_versioning and self.rules is not None:
            raise ValueError("what was not asked has no rules")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketLogging(Facts):
    """Where the log of accesses goes. `target` None: the server says that none is written."""

    server: ServerKind
    target: str | None  # the name of a bucket
    prefix: str = ""
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.target == "":
            raise ValueError("a log without a target is no log")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationTarget(Plain):
    """Who is told of events in the bucket."""

    kind: str  # topic, queue, function
    arn: str

    def __post_init__(self) -> None:
        if not self.arn:
            raise ValueError("somebody is told")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketNotifications(Facts):
    """Who is told of events. No targets and no event bus: the server says that nobody is."""

    server: ServerKind
    targets: tuple[NotificationTarget, ...]
    to_event_bus: bool = False  # Amazon EventBridge of the bucket's own account
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryExport(Plain):
    """One S3 Inventory configuration: a list of the bucket's objects, written into another bucket."""

    id: str
    is_enabled: bool
    destination: str  # ARN of the bucket
    account: str = ""  # "": the configuration names none
    prefix: str = ""
    format: str = ""
    encryption: str = ""  # SSE-S3, SSE-KMS, or "" for the destination's default
    key_id: str | None = None
    frequency: str = ""  # Daily, Weekly
    covers_versions: bool = False
    source_prefix: str = ""  # "": the whole bucket
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.destination:
            raise ValueError("a list goes somewhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketInventories(Facts):
    """The lists of its objects that are written elsewhere. An empty tuple: the server says that there are none."""

    server: ServerKind
    exports: tuple[InventoryExport, ...]
    is_complete: bool = True
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.exports and not self.is_complete:
            raise ValueError("a list that broke off before its first row says nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination(Plain):
    """A bucket that another one's settings name, and what was told of it. `state` None: nobody could be asked.

    `holder`, `listed` and `unlisted` as in `NamedBucket`.
    """

    bucket: str
    by: tuple[str, ...]  # what names it: "replication rule all", "access log"
    state: BucketState | None = None
    holder: str = ""
    listed: tuple[str, ...] = ()
    unlisted: str = ""
    reason: str = ""  # the word of a `Reason`, where nobody could be asked

    def __post_init__(self) -> None:
        if not self.bucket or not self.by:
            raise ValueError("some setting names some bucket")
        if (self.state is None) != bool(self.reason):
            raise ValueError("somebody told of the bucket, or there is a reason why nobody could")
        if self.holder and self.state is not BucketState.EXISTS:
            raise ValueError("a bucket that is not there belongs to nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketDestinations(Facts):
    """Buckets that the settings name, other than itself. `unseen`: settings that were not seen, "copies: timeout"."""

    server: ServerKind
    rows: tuple[Destination, ...]
    unseen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.unseen and not self.rows:
            raise ValueError("no bucket and not every setting was seen: that is Unseen, not facts")

    def of(self, name: str) -> Destination | None:
        return next((row for row in self.rows if row.bucket == name), None)
