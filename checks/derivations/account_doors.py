"""Access points of an account that are no single bucket's own: to others' buckets, and to several at once. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from auditor.derive import Rows, derive_from_places
from auditor.facts import Declared
from auditor.facts.storage import BlockLevel, PartState, PublicAccessBlock, ServerKind
from auditor.facts.storage_account import (
    AccessPoint,
    AccountDoors,
    AccountFacts,
    MultiRegionDoor,
    MultiRegionDoors,
    NetworkOrigin,
)
from auditor.facts.storage_concluded import AccountDoorsForeign, AccountDoorsPublic, AccountDoorsShared
from auditor.facts.storage_exposure import AccessClass
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.bucket_blocks import NO_DOORS
from checks.derivations.bucket_doors import weigh_door
from checks.derivations.ours import ours_of
from checks.derivations.policies.sides import Ours
from checks.derivations.shared_by_doors import weigh_door_for
from checks.derivations.weighing import Scales, needed, told

EVERYTHING = frozenset(AccessClass)
NONE = BlockLevel(state=PartState.ABSENT)


@derive_from_places(reads=(AccountDoors, MultiRegionDoors, AccountFacts, Declared), yields=AccountDoorsForeign)
def account_doors_foreign(rows: Rows) -> AccountDoorsForeign:
    """Whoever goes through such a door reads and writes what another's account holds."""
    if _has_none(rows):
        return AccountDoorsForeign(observed_at=needed(rows, Declared).observed_at, idle=NO_DOORS)
    scales, ours = Scales(), _ours(rows)
    for door, bucket, account in _leading(scales, rows):
        if bucket in ours.registered or account in ours.accounts | ours.registered:
            continue
        if ours.accounts:
            scales.fault(door, f"leads to {bucket} of account {account}")
        else:
            scales.doubt(
                Reason.NOT_OBSERVED, f"whether the account {account}, to which {door} leads, is the city's own"
            )
    return scales.settled(AccountDoorsForeign, needed(rows, Declared).observed_at)


@derive_from_places(reads=(AccountDoors, MultiRegionDoors, Declared), yields=AccountDoorsPublic)
def account_doors_public(rows: Rows) -> AccountDoorsPublic:
    """By the door's own policy and block: what the buckets behind it hold back is theirs, and may be another's."""
    scales, declared = Scales(), needed(rows, Declared)
    if _has_none(rows):
        return AccountDoorsPublic(observed_at=declared.observed_at, idle=NO_DOORS)
    beside = PublicAccessBlock(observed_at=declared.observed_at, server=ServerKind.AWS, bucket=NONE, account=NONE)
    for point in _points(scales, rows):
        weigh_door(scales, point, beside)
    return scales.settled(AccountDoorsPublic, declared.observed_at)


@derive_from_places(reads=(AccountDoors, MultiRegionDoors, AccountFacts, Declared), yields=AccountDoorsShared)
def account_doors_shared(rows: Rows) -> AccountDoorsShared:
    """Accounts, organisations and networks outside that the doors' own policies let in, beside the public."""
    if _has_none(rows):
        return AccountDoorsShared(observed_at=needed(rows, Declared).observed_at, idle=NO_DOORS)
    scales, ours = Scales(), _ours(rows)
    for point in _points(scales, rows):
        weigh_door_for(scales, point, ours, EVERYTHING)
    return scales.settled(AccountDoorsShared, needed(rows, Declared).observed_at)


def _has_none(rows: Rows) -> bool:
    """A compatible server is not asked: access points are AWS's own."""
    doors = told(rows, AccountDoors)
    return not isinstance(doors, Unseen) and doors.server is ServerKind.COMPATIBLE


def _points(scales: Scales, rows: Rows) -> Iterator[AccessPoint]:
    """Every door as if it were one bucket's. What was not seen is put down as a doubt."""
    doors, wide = told(rows, AccountDoors), told(rows, MultiRegionDoors)
    for look in (doors, wide):
        if isinstance(look, Unseen):
            scales.blind(look)
    if not isinstance(doors, Unseen):
        for region in doors.unseen:
            scales.doubt(Reason.NOT_OBSERVED, f"access points in {region}")
        if doors.regions:
            asked = ", ".join(doors.regions)
            scales.note("regions", f"{asked}; access points to others' buckets were not looked for elsewhere")
        yield from doors.points
    if not isinstance(wide, Unseen):
        yield from map(_as_point, wide.points)


def _as_point(door: MultiRegionDoor) -> AccessPoint:
    first = door.buckets[0].name if door.buckets else door.name
    return AccessPoint(
        name=door.name, bucket=first, origin=NetworkOrigin.INTERNET, block=door.block, policy=door.policy
    )


def _leading(scales: Scales, rows: Rows) -> Iterator[tuple[str, str, str]]:
    """Door, bucket and account, of those that lead out of the account."""
    for point in _points(scales, rows):
        if point.bucket_account:
            yield f"access point {point.name}", point.bucket, point.bucket_account
    wide = told(rows, MultiRegionDoors)
    for door in () if isinstance(wide, Unseen) else wide.points:
        for bucket in door.buckets:
            if bucket.account:
                yield f"access point {door.name}", bucket.name, bucket.account


def _ours(rows: Rows) -> Ours:
    """With the account that is looked at, which is the city's by being listed."""
    ours, account = ours_of(rows), told(rows, AccountFacts)
    own = () if isinstance(account, Unseen) else (account.account, account.declared_account)
    return replace(ours, accounts=ours.accounts | {one for one in own if one})


DERIVATIONS = (account_doors_foreign, account_doors_public, account_doors_shared)
