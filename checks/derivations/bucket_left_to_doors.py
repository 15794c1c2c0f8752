"""A bucket whose policy leaves it to access points whom to let in is as open as they are. Pure."""

from __future__ import annotations

from dataclasses import replace

from auditor.derive import Rows, Undecided
from auditor.facts.sharing import Grant, PolicyGrants
from auditor.facts.storage import PublicAccessBlock, ServerKind
from auditor.facts.storage_account import AccessPoints, BucketOwner
from auditor.facts.storage_exposure import CHANGES, PolicyExposure, PolicyState, PublicGrant
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.bucket_blocks import restricts_doors
from checks.derivations.bucket_doors import names_doors_alone, public_by_doors
from checks.derivations.weighing import told


def after_doors(found: PolicyExposure, policy: PolicyGrants, rows: Rows) -> PolicyExposure:
    """A policy that leaves it to access points whom to let in is as open as they are."""
    left = [one for one in policy.grants if _is_left_to_doors(one)]
    if not left:
        return found
    accounts = {party.who for one in left for bound in one.fences for party in bound.parties}
    is_open = found.state is PolicyState.PUBLIC
    try:
        grants = public_by_doors(told(rows, AccessPoints), told(rows, PublicAccessBlock))
        found = _opened(found, grants) if grants else found
        if not restricts_doors(told(rows, PublicAccessBlock)):
            require_own(accounts, policy, told(rows, BucketOwner))
    except Undecided:
        if is_open:
            return unsure_of(found)
        if found.state is not PolicyState.PUBLIC:
            raise
    return found


def _opened(found: PolicyExposure, grants: tuple[PublicGrant, ...]) -> PolicyExposure:
    """With what the public may do through access points."""
    is_open = found.state is PolicyState.PUBLIC
    known = found.is_access_known or not is_open
    grants = (*found.grants, *grants) if is_open else grants
    return replace(found, state=PolicyState.PUBLIC, grants=grants, is_access_known=known)


def unsure_of(found: PolicyExposure) -> PolicyExposure:
    """The same, where the public may do more than is told. A change that is proven is proven whatever else is not."""
    is_proven = any(one.access & CHANGES for one in found.grants)
    return found if is_proven else replace(found, is_access_known=False)


def require_own(accounts: set[str], policy: PolicyGrants, owner: BucketOwner | Unseen) -> None:
    """Access points are listed for the bucket's own account alone. Raises Undecided for those of another."""
    own = {owner.account} if isinstance(owner, BucketOwner) and owner.is_ours else set()
    others = sorted(accounts - own)
    if others and policy.server is ServerKind.AWS:
        raise Undecided(Reason.NOT_OBSERVED, f"access points of account {others[0]}, which the policy leaves it to")


def _is_left_to_doors(grant: Grant) -> bool:
    """Does nothing else narrow it than through which access points one comes? It may be a Deny that says so."""
    return bool(grant.fences) and all(names_doors_alone(one) for one in grant.fences)
