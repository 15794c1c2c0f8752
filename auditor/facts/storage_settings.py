"""What was seen of a bucket's settings for time and reach: status of its policy, versions, expiry, lock, website.

As in `storage`: every call is a facts type of its own, and "none" is what the server said in so many words.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.facts.storage import ServerKind
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPolicyStatus(Facts):
    """What the server itself thinks of the policy. `is_public` None: there is no policy, so it was not asked.

    On a compatible server it is an opinion, and known to be wrong on some.
    """

    server: ServerKind
    is_public: bool | None
    request_id: str = ""


class VersioningState(StrEnum):
    """OFF: never on. SUSPENDED: was on, so that older versions may lie there."""

    OFF = "off"
    ENABLED = "Enabled"
    SUSPENDED = "Suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketVersioning(Facts):
    """Are older versions kept? `mfa_delete` None: not told."""

    server: ServerKind
    status: VersioningState
    mfa_delete: bool | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleRule(Plain):
    """One rule. None: the rule says nothing of it."""

    id: str
    is_enabled: bool
    prefix: str = ""  # "": all objects
    has_tag_or_size_filter: bool = False  # it covers only some of the objects below the prefix
    expiration_days: int | None = None
    expiration_date: datetime | None = None
    expired_delete_marker: bool | None = None
    noncurrent_days: int | None = None
    noncurrent_newer_versions: int | None = None  # so many older versions stay whatever their age
    abort_multipart_days: int | None = None
    transitions: int = 0  # moves to another storage class: nothing is deleted by them

    def __post_init__(self) -> None:
        counts = (self.expiration_days, self.noncurrent_days, self.noncurrent_newer_versions, self.abort_multipart_days)
        if any(count is not None and count < 0 for count in (*counts, self.transitions)):
            raise ValueError("no rule counts below zero")
        if self.expiration_days is not None and self.expiration_date is not None:
            raise ValueError("a rule expires objects by age or by date, not both")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketLifecycle(Facts):
    """The rules by which objects are deleted. `rules` None: the server says that there are none."""

    server: ServerKind
    rules: tuple[LifecycleRule, ...] | None
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.rules == ():
            raise ValueError("a lifecycle configuration without rules says nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketLock(Facts):
    """Object Lock: may objects be kept from being deleted, and are new ones by default?

    `by_versioning`: not asked, since versioning is not on, and without it AWS knows no lock.
    """

    server: ServerKind
    is_enabled: bool
    mode: str | None = None  # GOVERNANCE, COMPLIANCE, or what the server invents; None: no default for new objects
    days: int | None = None
    years: int | None = None
    by_versioning: bool = False
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.is_enabled and (self.mode is not None or self.days is not None or self.years is not None):
            raise ValueError("a lock that is not enabled keeps nothing")
        if self.by_versioning and self.is_enabled:
            raise ValueError("what was not asked was not seen to be enabled")
        if self.mode is not None and (self.days is None) == (self.years is None):
            raise ValueError("a default retention lasts days or years")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketWebsite(Facts):
    """Is the bucket served as a website? AWS serves those over plain HTTP only. `redirects_to`: "" for none."""

    server: ServerKind
    is_present: bool
    redirects_to: str = ""  # host, where all requests are redirected
    redirect_protocol: str = ""
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.redirects_to and not self.is_present:
            raise ValueError("a website that is not there redirects nobody")
