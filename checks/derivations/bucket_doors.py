"""Access points: further doors to a bucket, each with a policy and a block of its own. Pure.

S3 User Guide, "Managing access to shared datasets with access points": one that is bound to a VPC is never public; a
policy of an access point that lets anybody in through access points of an account counts as public.
"""

from __future__ import annotations

from auditor.derive import Rows, Undecided, derive_from_places
from auditor.facts.sharing import Bound, Grant, PartyKind
from auditor.facts.storage import PartState, PublicAccessBlock, ServerKind
from auditor.facts.storage_account import AccessPoint, AccessPoints, NetworkOrigin
from auditor.facts.storage_concluded import DoorsPublic, DoorsUnblocked
from auditor.facts.storage_exposure import PublicGrant
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.bucket_blocks import NO_DOORS, missing
from checks.derivations.policies.grammar import PolicyRefused, parse_policy
from checks.derivations.policies.grants import grants_of
from checks.derivations.weighing import Scales, needed, reason_of, told


@derive_from_places(reads=(AccessPoints, PublicAccessBlock), yields=DoorsPublic)
def doors_public(rows: Rows) -> DoorsPublic:
    """Policies of access points that let the public in, and that no block holds back."""
    scales, doors, block = Scales(), needed(rows, AccessPoints), told(rows, PublicAccessBlock)
    if doors.server is ServerKind.COMPATIBLE:
        return DoorsPublic(observed_at=doors.observed_at, idle=NO_DOORS)
    for region in doors.unseen:
        scales.doubt(Reason.NOT_OBSERVED, f"access points in {region}")
    for point in doors.points:
        weigh_door(scales, point, block)
    return scales.settled(DoorsPublic, doors.observed_at)


@derive_from_places(reads=(AccessPoints, PublicAccessBlock), yields=DoorsUnblocked)
def doors_unblocked(rows: Rows) -> DoorsUnblocked:
    """Flags that are set neither at the access point nor at its bucket or account."""
    scales, doors, block = Scales(), needed(rows, AccessPoints), told(rows, PublicAccessBlock)
    if doors.server is ServerKind.COMPATIBLE:
        return DoorsUnblocked(observed_at=doors.observed_at, idle=NO_DOORS)
    levels = () if isinstance(block, Unseen) else (block.bucket, block.account)
    for region in doors.unseen:
        scales.doubt(Reason.NOT_OBSERVED, f"access points in {region}")
    for point in doors.points:
        lacking = missing(point.block, *levels)
        if point.origin is NetworkOrigin.VPC or not lacking:
            continue
        if isinstance(block, Unseen) or any(one.state is PartState.UNSEEN for one in (point.block, *levels)):
            scales.doubt(Reason.ACCESS_DENIED, f"all public access blocks of access point {point.name}")
        else:
            scales.fault(f"access point {point.name}", f"{', '.join(lacking)} set nowhere")
    return scales.settled(DoorsUnblocked, doors.observed_at)


def public_by_doors(doors: AccessPoints | Unseen, block: PublicAccessBlock | Unseen) -> tuple[PublicGrant, ...]:
    """What the public may do through access points. Raises Undecided where that is not known."""
    if isinstance(doors, Unseen):
        raise Undecided(doors.reason, doors.detail)
    scales = Scales()
    grants = tuple(
        PublicGrant(where=f"access point {point.name}, {one.statement}", access=one.access)
        for point in doors.points
        for one in weigh_door(scales, point, block)
    )
    if not grants and doors.unseen:
        raise Undecided(Reason.NOT_OBSERVED, f"access points in {doors.unseen[0]}")
    if not grants and scales.doubts:
        raise Undecided(*scales.doubts[0])
    if not grants and scales.faults:
        raise Undecided(Reason.INCONSISTENT, f"{scales.faults[0].where}: {scales.faults[0].seen}")
    return grants


def some_door_may_be_public(doors: AccessPoints | Unseen, block: PublicAccessBlock | Unseen) -> bool:
    try:
        return bool(public_by_doors(doors, block))
    except Undecided:
        return True


def weigh_door(scales: Scales, point: AccessPoint, block: PublicAccessBlock | Unseen) -> tuple[Grant, ...]:
    """The grants of one access point that let the public in for certain."""
    where = f"access point {point.name}"
    if point.origin is NetworkOrigin.VPC or point.policy.state is PartState.ABSENT:
        return ()
    if point.policy.state is not PartState.SET:
        scales.doubt(reason_of(point.policy.reason), f"policy of {where}")
        return ()
    try:
        grants = tuple(one for one in grants_of(parse_policy(point.policy.document or "")) if _is_open(one))
    except PolicyRefused as refusal:
        scales.doubt(Reason.MALFORMED, f"policy of {where}: {refusal}")
        return ()
    if not (grants or point.policy.is_public) or _is_held(scales, point, block, grants):
        return ()
    if grants and point.policy.is_public is False and not any(one.is_plain for one in grants):
        scales.doubt(
            Reason.INCONSISTENT, f"{where} seems to let the public in, and the provider does not call it public"
        )
        return ()
    if not grants:
        scales.fault(where, "the provider calls its policy public, and this program does not see by which statement")
    for one in grants:
        scales.fault(f"{where}, {one.statement}", f"the public may {', '.join(sorted(one.access))}")
    return grants


def _is_open(grant: Grant) -> bool:
    """Free to everybody, but for the access points through which one comes: in such a policy they narrow nothing."""
    return all(names_doors_alone(bound) for bound in grant.fences)


def names_doors_alone(bound: Bound) -> bool:
    """Does it ask for nothing but access points to come through?"""
    return bool(bound.parties) and all(party.kind is PartyKind.ACCESS_POINTS for party in bound.parties)


def _is_held(scales: Scales, point: AccessPoint, block: PublicAccessBlock | Unseen, grants: tuple[Grant, ...]) -> bool:
    """Does RestrictPublicBuckets at any level hold it back? What is not known is put down as a doubt.

    S3 restricts what it calls public itself: by its word, or for certain where no condition is to be misread.
    """
    levels = (point.block,) if isinstance(block, Unseen) else (point.block, block.bucket, block.account)
    if any(level.restrict_buckets for level in levels):
        if not point.policy.is_public and not any(one.is_plain for one in grants):
            scales.doubt(
                Reason.NOT_OBSERVED, f"whether the provider calls public what access point {point.name} allows"
            )
        return True
    if isinstance(block, Unseen):
        scales.blind(block)
        return True
    unseen = [level for level in levels if level.state is PartState.UNSEEN]
    if unseen:
        scales.doubt(reason_of(unseen[0].reason), f"a public access block of access point {point.name}")
    return bool(unseen)


DERIVATIONS = (doors_public, doors_unblocked)
