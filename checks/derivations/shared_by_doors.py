"""Whom access points let in where the bucket's policy leaves the choice to them, beside the public. Pure."""

from __future__ import annotations

from dataclasses import replace

from auditor.derive import Rows, Undecided
from auditor.facts.sharing import Grant, PolicyGrants
from auditor.facts.storage import PartState
from auditor.facts.storage_account import AccessPoint, AccessPoints, BucketOwner
from auditor.facts.storage_exposure import AccessClass
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.bucket_doors import names_doors_alone
from checks.derivations.bucket_left_to_doors import require_own
from checks.derivations.policies.grammar import PolicyRefused, parse_policy
from checks.derivations.policies.grants import grants_of
from checks.derivations.policies.sides import Ours, Side, side_of
from checks.derivations.weighing import Scales, reason_of, told


def weigh_doors(scales: Scales, policy: PolicyGrants, rows: Rows, ours: Ours) -> None:
    """Faults and doubts of access points, where a statement rests on them; nothing, where none does."""
    left = [one for one in policy.grants if _rests_on_doors(one, ours)]
    if not left:
        return
    doors = told(rows, AccessPoints)
    if isinstance(doors, Unseen):
        scales.blind(doors)
        return
    for region in doors.unseen:
        scales.doubt(Reason.NOT_OBSERVED, f"access points in {region}")
    within = frozenset[AccessClass]().union(*(one.access for one in left))
    for point in doors.points:
        weigh_door_for(scales, point, ours, within)
    accounts = {who.who for one in left for bound in one.fences if names_doors_alone(bound) for who in bound.parties}
    try:
        require_own(accounts, policy, told(rows, BucketOwner))
    except Undecided as undecided:
        scales.doubt(undecided.reason, undecided.detail)


def weigh_door_for(scales: Scales, point: AccessPoint, ours: Ours, within: frozenset[AccessClass]) -> None:
    """Whom one access point lets in. `within`: what can be done through it at all."""
    where = f"access point {point.name}"
    if point.policy.state is PartState.UNSEEN:
        scales.doubt(reason_of(point.policy.reason), f"policy of {where}")
        return
    try:
        grants = grants_of(parse_policy(point.policy.document)) if point.policy.document else ()
    except PolicyRefused as refusal:
        scales.doubt(Reason.MALFORMED, f"policy of {where}: {refusal}")
        return
    for grant in map(_without_doors, grants):
        side, parties = side_of(grant, ours)
        may = grant.access & within
        if grant.is_free or side is Side.INSIDE or not may:  # what is free is judged as public
            continue
        if side is Side.OUTSIDE:
            names = ", ".join(map(str, parties))
            scales.fault(f"{where}, {grant.statement}", f"{names} may {', '.join(sorted(may))}")
        else:
            scales.doubt(Reason.NOT_OBSERVED, f"whose {parties[0]} is, which the policy of {where} lets in")


def _rests_on_doors(grant: Grant, ours: Ours) -> bool:
    """Does nothing but access points keep it to the city's own?"""
    rest = _without_doors(grant)
    is_by_doors = len(rest.fences) < len(grant.fences)
    return is_by_doors and (not rest.fences or side_of(rest, ours)[0] is not Side.INSIDE)


def _without_doors(grant: Grant) -> Grant:
    """Through which access points one comes narrows nothing, seen from an access point."""
    bounds, limits, guards = (
        tuple(one for one in row if not names_doors_alone(one)) for row in (grant.bounds, grant.limits, grant.guards)
    )
    return replace(grant, bounds=bounds, limits=limits, guards=guards)
