"""Raw answers about a bucket's settings → facts: policy status, versions, expiry, lock, website. Pure.

Every function raises ValueError for an answer of another shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.facts.base import target_text
from auditor.facts.storage import ServerKind
from auditor.facts.storage_settings import (
    BucketLifecycle,
    BucketLock,
    BucketPolicyStatus,
    BucketVersioning,
    BucketWebsite,
    LifecycleRule,
    VersioningState,
)
from auditor.probes.answer_shapes import (
    count_or_none,
    flag,
    is_on,
    mapping,
    part,
    rows,
    short,
    short_or_empty,
    text,
    time,
)

if TYPE_CHECKING:
    from auditor.reach.s3_calls import Answer

PREFIX_LIMIT = 1_024  # bytes of an object's key
FILTERS = frozenset({"Tag", "Tags", "ObjectSizeGreaterThan", "ObjectSizeLessThan"})


def parse_status(answer: Answer | None, server: ServerKind, now: datetime) -> BucketPolicyStatus:
    """`answer` None: not asked for, since there is no policy."""
    said = None if answer is None or answer.value is None else mapping(answer.value.get("PolicyStatus"), "the status")
    return BucketPolicyStatus(
        observed_at=now,
        server=server,
        is_public=None if said is None else flag(said, "IsPublic"),
        request_id="" if answer is None else target_text(answer.request_id),
    )


def parse_versioning(answer: Answer, server: ServerKind, now: datetime) -> BucketVersioning:
    """No Status: versions were never kept."""
    said = mapping(answer.value, "the versioning")
    word, deletion = said.get("Status"), said.get("MFADelete")
    state = VersioningState.OFF if word is None else VersioningState(text(word, "the versioning"))
    if word is not None and state is VersioningState.OFF:
        raise ValueError("a versioning that the API does not know")
    return BucketVersioning(
        observed_at=now,
        server=server,
        status=state,
        mfa_delete=None if deletion is None else is_on(deletion, "MFADelete"),
        request_id=target_text(answer.request_id),
    )


def parse_lifecycle(answer: Answer, server: ServerKind, now: datetime) -> BucketLifecycle:
    said = None if answer.value is None else rows(answer.value.get("Rules"), "the lifecycle rules")
    return BucketLifecycle(
        observed_at=now,
        server=server,
        rules=None if said is None else tuple(_lifecycle_rule(row) for row in said),
        request_id=target_text(answer.request_id),
    )


def parse_lock(answer: Answer | None, server: ServerKind, now: datetime) -> BucketLock:
    """`answer` None: not asked for, since versioning is not on."""
    if answer is None:
        return BucketLock(observed_at=now, server=server, is_enabled=False, by_versioning=True)
    said = {} if answer.value is None else mapping(answer.value.get("ObjectLockConfiguration"), "the lock")
    if answer.value is not None and said.get("ObjectLockEnabled") != "Enabled":
        raise ValueError("a lock that is neither absent nor enabled")
    default = part(part(said, "Rule"), "DefaultRetention")
    mode = default.get("Mode")
    return BucketLock(
        observed_at=now,
        server=server,
        is_enabled=answer.value is not None,
        mode=None if mode is None else short(mode, "the lock's mode"),
        days=count_or_none(default.get("Days"), "the lock's days"),
        years=count_or_none(default.get("Years"), "the lock's years"),
        request_id=target_text(answer.request_id),
    )


def parse_website(answer: Answer, server: ServerKind, now: datetime) -> BucketWebsite:
    redirect = {} if answer.value is None else part(answer.value, "RedirectAllRequestsTo")
    return BucketWebsite(
        observed_at=now,
        server=server,
        is_present=answer.value is not None,
        redirects_to=short_or_empty(redirect.get("HostName"), "a redirect"),
        redirect_protocol=short_or_empty(redirect.get("Protocol"), "a redirect"),
        request_id=target_text(answer.request_id),
    )


def _lifecycle_rule(row: Mapping[str, object]) -> LifecycleRule:
    chosen = part(row, "Filter")
    both = part(chosen, "And")
    expiration, noncurrent = part(row, "Expiration"), part(row, "NoncurrentVersionExpiration")
    date, marker = expiration.get("Date"), expiration.get("ExpiredObjectDeleteMarker")
    moves = (row.get(name) or [] for name in ("Transitions", "NoncurrentVersionTransitions"))
    return LifecycleRule(
        id=short_or_empty(row.get("ID"), "a rule's id"),
        is_enabled=is_on(row.get("Status"), "a rule's status"),
        prefix=_prefix(row, chosen, both),
        has_tag_or_size_filter=bool(FILTERS & (chosen.keys() | both.keys())),
        expiration_days=count_or_none(expiration.get("Days"), "a rule's days"),
        expiration_date=None if date is None else time(date, "a rule's date"),
        expired_delete_marker=None if marker is None else flag(expiration, "ExpiredObjectDeleteMarker"),
        noncurrent_days=count_or_none(noncurrent.get("NoncurrentDays"), "a rule's days"),
        noncurrent_newer_versions=count_or_none(noncurrent.get("NewerNoncurrentVersions"), "a rule's versions"),
        abort_multipart_days=count_or_none(
            part(row, "AbortIncompleteMultipartUpload").get("DaysAfterInitiation"), "a rule's days"
        ),
        transitions=sum(len(rows(list_, "a rule's transitions")) for list_ in moves),
    )


def _prefix(*places: Mapping[str, object]) -> str:
    """The prefix that a rule is bound to, wherever it stands. Raises ValueError where two contradict each other."""
    said = {text(place["Prefix"], "a prefix") for place in places if place.get("Prefix") is not None}
    if len(said) > 1 or any(len(prefix) > PREFIX_LIMIT for prefix in said):
        raise ValueError("a rule's prefix is not one")
    return target_text(said.pop(), PREFIX_LIMIT) if said else ""
