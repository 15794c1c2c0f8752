"""How long a bucket keeps what lies in it, beside the system's retention schedule. Pure.

S3 User Guide, "Managing the lifecycle of objects": an expiration deletes what is current, a noncurrent expiration what
was replaced or deleted before, and neither the fragments of uploads that never ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from auditor.derive import Rows, derive_from_places
from auditor.facts import Declared
from auditor.facts.storage import ServerKind
from auditor.facts.storage_account import BucketOwner
from auditor.facts.storage_concluded import Fault, KeptTooLong, LockedTooLong
from auditor.facts.storage_effect import Keeps, ServerPromise
from auditor.facts.storage_flows import BucketReplication
from auditor.facts.storage_settings import (
    BucketLifecycle,
    BucketLock,
    BucketVersioning,
    LifecycleRule,
    VersioningState,
)
from auditor.model import Reason, Sensitivity
from auditor.probe import Unseen
from checks.derivations.weighing import LACKING, Scales, is_lacking, needed, told

WHERE = "lifecycle rules"
LOCK = "Object Lock"
DAYS_OF_A_YEAR = 365
COPIES = "copies stay there as long as that bucket's own rules let them, which were not looked at here"
NO_SCHEDULE = "no retention schedule is declared for the system"
PUBLIC = "public data may be kept"


@derive_from_places(
    reads=(BucketLifecycle, BucketVersioning, BucketLock, BucketReplication, ServerPromise, Declared),
    yields=KeptTooLong,
)
def kept_too_long(rows: Rows) -> KeptTooLong:
    """Only enabled rules for the whole bucket count: what covers a part leaves the rest lying.

    A compatible server may store rules and delete nothing: its word counts as far as the register of servers says.
    """
    declared = needed(rows, Declared)
    at, limit = declared.observed_at, declared.retention_days
    if limit is None or declared.sensitivity is Sensitivity.PUBLIC:
        return KeptTooLong(observed_at=at, idle=NO_SCHEDULE if limit is None else PUBLIC)
    lifecycle, scales = needed(rows, BucketLifecycle), Scales()
    whole = [rule for rule in lifecycle.rules or () if rule.is_enabled and _is_for_all(rule)]
    days = max(limit, 1)  # no rule deletes sooner than after a day
    lasts = min((_lasts(rule, lifecycle.observed_at) for rule in whole), default=None)
    if lasts is None or lasts > days:
        scales.fault(WHERE, _current(lasts, lifecycle))
    elif not any(_lasts(rule, lifecycle.observed_at) <= days for rule in whole if not _is_ahead(rule, lifecycle)):
        scales.doubt(Reason.NOT_OBSERVED, _by_date(rule for rule in whole if _is_ahead(rule, lifecycle)))
    _weigh_versions(scales, told(rows, BucketVersioning), whole, lasts or 0, days)
    fragments = [rule.abort_multipart_days for rule in whole if rule.abort_multipart_days is not None]
    if not fragments or min(fragments) > days:
        scales.fault(WHERE, f"fragments of broken uploads stay {_for(min(fragments, default=None))}")
    if lifecycle.server is not ServerKind.AWS and whole:
        _weigh_server(scales, told(rows, ServerPromise))
    _note_locks(scales, rows)
    _note_copies(scales, rows)
    return scales.settled(KeptTooLong, lifecycle.observed_at)


@derive_from_places(reads=(BucketLock, BucketOwner, Declared), yields=LockedTooLong)
def locked_too_long(rows: Rows) -> LockedTooLong:
    """By the default lock of new objects. Locks of single objects are not looked at."""
    declared = needed(rows, Declared)
    at, limit = declared.observed_at, declared.retention_days
    if limit is None or is_lacking(rows, BucketLock):
        return LockedTooLong(observed_at=at, idle=NO_SCHEDULE if limit is None else LACKING)
    lock = needed(rows, BucketLock)
    if not lock.is_enabled:
        return LockedTooLong(observed_at=at)
    if lock.mode is None:
        note = Fault(where=LOCK, seen="on, without a default; locks of single objects were not looked at")
        return LockedTooLong(observed_at=at, notes=(note,))
    days = lock.days if lock.days is not None else (lock.years or 0) * DAYS_OF_A_YEAR
    fault = Fault(where=LOCK, seen=f"{lock.mode} for {days} days")
    return LockedTooLong(observed_at=at, faults=(fault,) if days > limit else ())


def _note_locks(scales: Scales, rows: Rows) -> None:
    """What is locked cannot be deleted; whether new objects are locked for too long is a check of its own."""
    lock = rows.get(BucketLock, {}).get("")
    if isinstance(lock, Unseen):
        if not is_lacking(rows, BucketLock):
            scales.note(LOCK, f"whether it keeps objects from being deleted was not seen: {lock.reason.word}")
    elif lock is not None and isinstance(lock.facts, BucketLock) and lock.facts.is_enabled:
        scales.note(LOCK, "on: what is locked stays until its own day, whatever the rules say")


def _note_copies(scales: Scales, rows: Rows) -> None:
    """What expires here is not deleted there: AWS replicates no lifecycle action (S3 User Guide, "What isn't")."""
    replication = told(rows, BucketReplication)
    if not isinstance(replication, Unseen):
        for rule in replication.rules or ():
            if rule.is_enabled:
                scales.note(f"replication rule {rule.id or '(unnamed)'} to {rule.destination}", COPIES)
    elif not is_lacking(rows, BucketReplication):
        scales.note("replication", f"whether there are copies elsewhere was not seen: {replication.reason.word}")


def _weigh_server(scales: Scales, promise: ServerPromise | Unseen) -> None:
    """Does a compatible server carry its rules out?"""
    if isinstance(promise, Unseen):
        scales.doubt(Reason.NOT_OBSERVED, "which server this is, and whether it carries out its lifecycle rules")
    elif promise.expiry is Keeps.NO:
        scales.fault(WHERE, f"{promise.name} stores them and deletes nothing")
    elif promise.expiry is not Keeps.YES:
        who = promise.name or "this server"
        scales.doubt(Reason.NOT_OBSERVED, f"whether {who} carries out its lifecycle rules")


def _is_for_all(rule: LifecycleRule) -> bool:
    return not rule.prefix and not rule.has_tag_or_size_filter


def _lasts(rule: LifecycleRule, now: datetime) -> float:
    """Days that an object made today lies there at most by this rule; for ever by one that expires nothing."""
    if rule.expiration_days is not None:
        return rule.expiration_days
    if rule.expiration_date is not None:
        return max((rule.expiration_date - now) / timedelta(days=1), 0)
    return float("inf")


def _is_ahead(rule: LifecycleRule, lifecycle: BucketLifecycle) -> bool:
    """Until its day a rule with a date deletes nothing; from then on it deletes whatever is there, new objects too
    (S3 User Guide, "Lifecycle configuration elements")."""
    return rule.expiration_date is not None and rule.expiration_date > lifecycle.observed_at


def _by_date(rules: Iterable[LifecycleRule]) -> str:
    day = min(rule.expiration_date for rule in rules if rule.expiration_date is not None)
    return f"how old what lies there today is: a rule with a date deletes it on {day:%Y-%m-%d}, and nothing before"


def _current(lasts: float | None, lifecycle: BucketLifecycle) -> str:
    parts = [rule for rule in lifecycle.rules or () if rule.is_enabled and not _is_for_all(rule)]
    partly = " (rules for some objects alone do not count)" if parts else ""
    return f"objects stay {_for(None if lasts is None or lasts == float('inf') else lasts)}{partly}"


def _for(days: float | None) -> str:
    return "for ever" if days is None else f"for {days:.0f} days"


def _weigh_versions(
    scales: Scales,
    versioning: BucketVersioning | Unseen,
    whole: Iterable[LifecycleRule],
    lasts: float,
    days: int,
) -> None:
    """What was deleted or replaced lies on as an older version, after its days as a current one."""
    if isinstance(versioning, Unseen):
        scales.blind(versioning)
        return
    if versioning.status is VersioningState.OFF:
        return
    ends = [rule.noncurrent_days for rule in whole if rule.noncurrent_days is not None and not _spares_some(rule)]
    if not ends:
        scales.fault(WHERE, "older versions stay for ever")
    elif lasts + min(ends) > days and lasts <= days:
        scales.fault(WHERE, f"older versions stay for {min(ends)} days more")


def _spares_some(rule: LifecycleRule) -> bool:
    return bool(rule.noncurrent_newer_versions)


DERIVATIONS = (kept_too_long, locked_too_long)
