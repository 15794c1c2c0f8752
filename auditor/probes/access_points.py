"""Looks at access points: further doors to a bucket, each with a block and a policy of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.facts.storage import POLICY_LIMIT, BlockLevel, PartState, ServerKind
from auditor.facts.storage_account import (
    AccessPoint,
    AccessPoints,
    AccountDoors,
    DoorBucket,
    DoorPolicy,
    MultiRegionDoor,
    MultiRegionDoors,
    NetworkOrigin,
)
from auditor.model import Reason
from auditor.probes.answer_shapes import flag, mapping, name_of, part, rows, short, short_or_empty, text
from auditor.probes.bucket_answers import block_of

if TYPE_CHECKING:
    from auditor.reach.s3_account import AccountCalls, Rows

MOST_POINTS = 1_000  # of one bucket, or of one account that lead to buckets of others
T = TypeVar("T")
Doors = TypeVar("Doors", bound=AccessPoints)


def of_bucket(account: AccountCalls, bucket: str, region: str, server: ServerKind, now: datetime) -> AccessPoints:
    """Those of the account in the bucket's region that lead to it. Raises Unreachable for a list not seen whole."""
    listed = account.access_points(region)
    if listed.failure is not None:
        raise Unreachable(listed.failure.reason, listed.failure.detail)
    number = account.number()
    leading = [row for row in listed.rows if row.get("Bucket") == bucket and _leads_home(row, number)]
    doors = [(region, row) for row in leading]
    return _facts(AccessPoints, account, doors, (), listed.request_id, server, now)


def of_account(account: AccountCalls, regions: Iterable[str], server: ServerKind, now: datetime) -> AccountDoors:
    """Those that lead to buckets of other accounts. Raises Unreachable where no list was seen, or not all and none."""
    lists: dict[str, Rows] = {}
    failures: dict[str, Unreachable] = {}
    for region in regions:
        try:
            lists[region] = account.access_points(region)
            failure = lists[region].failure
        except Unreachable as unreachable:
            failure = unreachable
        if failure is not None:
            failures[region] = failure
    number = account.number()
    leading = [(name, row) for name, listed in lists.items() for row in listed.rows if not _leads_home(row, number)]
    if failures and not leading:
        first = next(iter(failures.values()))
        raise Unreachable(first.reason, first.detail)
    unseen = tuple(f"{region}: {failure.reason.word}" for region, failure in failures.items())
    request = next((listed.request_id for listed in lists.values()), "")
    found = _facts(AccountDoors, account, leading, unseen, request, server, now)
    return replace(found, regions=tuple(map(target_text, (*lists, *(one for one in failures if one not in lists)))))


def multi_region(account: AccountCalls, server: ServerKind, now: datetime) -> MultiRegionDoors:
    """Raises Unreachable for a list that was not seen whole."""
    if account.is_compatible:
        return MultiRegionDoors(observed_at=now, server=server, points=())
    listed = account.multi_region_access_points()
    if listed.failure is not None:
        raise Unreachable(listed.failure.reason, listed.failure.detail)
    if len(listed.rows) > MOST_POINTS:
        raise Unreachable(Reason.TOO_LONG, f"{len(listed.rows)} multi-region access points")
    points = sorted((_multi_region(account, row) for row in listed.rows), key=lambda point: point.name)
    return MultiRegionDoors(
        observed_at=now, server=server, points=tuple(points), request_id=target_text(listed.request_id)
    )


def with_multi_region(found: AccessPoints, account: AccountCalls, bucket: str) -> AccessPoints:
    """With the multi-region ones of the account that lead to the bucket as well. Raises Unreachable where no access
    point was seen and those could not be."""
    try:
        wide = multi_region(account, found.server, found.observed_at)
    except Unreachable as failure:
        if not found.points:
            raise
        return replace(found, unseen=(*found.unseen, f"several regions: {failure.reason.word}"))
    leading = tuple(
        AccessPoint(name=door.name, bucket=bucket, origin=NetworkOrigin.INTERNET, block=door.block, policy=door.policy)
        for door in wide.points
        if bucket in {one.name for one in door.buckets}
    )
    return replace(found, points=(*found.points, *leading))


def _multi_region(account: AccountCalls, row: Mapping[str, object]) -> MultiRegionDoor:
    """Its list holds all but the policy. Raises ValueError for a row of another shape."""
    name = name_of(row.get("Name"), "an access point's name")
    return MultiRegionDoor(
        name=name,
        alias=short_or_empty(row.get("Alias"), "an access point's alias"),
        buckets=tuple(
            DoorBucket(
                name=name_of(one.get("Bucket"), "an access point's bucket"),
                account=short_or_empty(one.get("BucketAccountId"), "an access point's account"),
                region=short_or_empty(one.get("Region"), "an access point's region"),
            )
            for one in rows(row.get("Regions", []), "an access point's regions")
        ),
        block=_seen_or(lambda: block_of(mapping(row.get("PublicAccessBlock"), "its block")), _unseen_block),
        policy=_seen_or(lambda: _policy_in_force(account, name), _unseen_policy),
    )


def _policy_in_force(account: AccountCalls, name: str) -> DoorPolicy:
    """A policy that is only proposed lets nobody in yet. Without one in force there is none."""
    answer = account.multi_region_policy(name)
    told = {} if answer.value is None else mapping(answer.value.get("Policy"), "the policy")
    document = part(told, "Established").get("Policy")
    if document is None:
        return DoorPolicy(state=PartState.ABSENT)
    said = text(document, "the policy in force")
    if len(said) > POLICY_LIMIT:
        raise Unreachable(Reason.TOO_LONG, f"the policy of access point {name}")
    return DoorPolicy(state=PartState.SET, document=target_text(said, POLICY_LIMIT))


def _leads_home(row: Mapping[str, object], number: str) -> bool:
    return row.get("BucketAccountId") in (None, "", number)


def _facts(  # noqa: PLR0917 - whose doors, which, and what is said beside them
    kind: type[Doors],
    account: AccountCalls,
    doors: list[tuple[str, Mapping[str, object]]],
    unseen: tuple[str, ...],
    request_id: str,
    server: ServerKind,
    now: datetime,
) -> Doors:
    if len(doors) > MOST_POINTS:
        raise Unreachable(Reason.TOO_LONG, f"{len(doors)} access points")
    points = [_point(account, row, region) for region, row in doors]
    return kind(
        observed_at=now,
        server=server,
        points=tuple(sorted(points, key=lambda point: (point.name, point.arn))),
        unseen=unseen,
        request_id=target_text(request_id),
    )


def _point(account: AccountCalls, row: Mapping[str, object], region: str) -> AccessPoint:
    """Raises ValueError for a row of another shape."""
    name = name_of(row.get("Name"), "an access point's name")
    return AccessPoint(
        name=name,
        arn=short_or_empty(row.get("AccessPointArn"), "an access point's ARN"),
        bucket=name_of(row.get("Bucket"), "an access point's bucket"),
        bucket_account=short_or_empty(row.get("BucketAccountId"), "an access point's account"),
        origin=NetworkOrigin(text(row.get("NetworkOrigin"), "an access point's origin")),
        vpc=short_or_empty(part(row, "VpcConfiguration").get("VpcId"), "an access point's network"),
        block=_seen_or(lambda: _block(account, name, region), _unseen_block),
        policy=_seen_or(lambda: _policy(account, name, region), _unseen_policy),
    )


def _block(account: AccountCalls, name: str, region: str) -> BlockLevel:
    """An access point always has a block: one that is not told was not seen."""
    told = mapping(account.access_point(name, region).value, "the access point")
    return block_of(mapping(told.get("PublicAccessBlockConfiguration"), "the access point's block"))


def _policy(account: AccountCalls, name: str, region: str) -> DoorPolicy:
    answer = account.access_point_policy(name, region)
    if answer.value is None:
        return DoorPolicy(state=PartState.ABSENT)
    document = text(answer.value.get("Policy"), "the access point's policy")
    if len(document) > POLICY_LIMIT:
        raise Unreachable(Reason.TOO_LONG, f"the policy of access point {name}")
    return DoorPolicy(
        state=PartState.SET,
        document=target_text(document, POLICY_LIMIT),
        is_public=_seen_or(lambda: _is_public(account, name, region), lambda _: None),
    )


def _is_public(account: AccountCalls, name: str, region: str) -> bool | None:
    told = account.access_point_status(name, region).value
    return None if told is None else flag(mapping(told.get("PolicyStatus"), "the status"), "IsPublic")


def _seen_or(look: Callable[[], T], otherwise: Callable[[Unreachable], T]) -> T:
    try:
        return look()
    except Unreachable as failure:
        return otherwise(failure)
    except ValueError as refusal:
        return otherwise(Unreachable(Reason.MALFORMED, str(refusal)))


def _unseen_block(failure: Unreachable) -> BlockLevel:
    return BlockLevel(state=PartState.UNSEEN, reason=failure.reason.word, detail=short(failure.detail, "a detail"))


def _unseen_policy(failure: Unreachable) -> DoorPolicy:
    return DoorPolicy(state=PartState.UNSEEN, reason=failure.reason.word, detail=short(failure.detail, "a detail"))
