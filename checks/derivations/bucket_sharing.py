"""Who outside the city a bucket lets in, beside the public: accounts, networks, services, and who is gone. Pure.

What a statement gives to everybody is judged as public exposure. Here it is whom a statement lets in that a
principal, a condition or a Deny narrows to somebody.
"""

from __future__ import annotations

from auditor.derive import Rows, derive, derive_from_places
from auditor.facts import Declared
from auditor.facts.sharing import Grant, Party, PartyKind, PolicyGrants
from auditor.facts.storage import AclGrant, BucketAcl, Grantee, Ownership, PublicAccessBlock, ServerKind
from auditor.facts.storage_account import AccessPoints, BucketOwner
from auditor.facts.storage_concluded import DeputiesUnbound, Fault, OpenToNetworks, OrphansNamed, SharedOutside
from auditor.facts.storage_exposure import AccessClass
from auditor.facts.storage_settings import BucketPolicyStatus
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.log_accounts import AWS_LOG_ACCOUNTS
from checks.derivations.ours import ours_of
from checks.derivations.policies.pins import SOURCES
from checks.derivations.policies.sides import Ours, Side, side_of
from checks.derivations.shared_by_doors import weigh_doors
from checks.derivations.weighing import Scales, needed, reason_of, told

NETWORKS = frozenset({PartyKind.NETWORK, PartyKind.INSIDE_NETWORK})
# S3 User Guide, "Access control list (ACL) overview": the one group beside the public ones.
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
BY_ITS_TEXT = (
    "judged by its text: whether this server does what a policy says was not looked at here (`bucket-effective-public` "
    "tries it, where the inventory allows that)"
)
HELD = "RestrictPublicBuckets holds back all that the policy gives to others, since it is public"


@derive_from_places(
    reads=(PolicyGrants, PublicAccessBlock, BucketPolicyStatus, BucketAcl, BucketOwner, AccessPoints, Declared),
    yields=SharedOutside,
)
def shared_outside(rows: Rows) -> SharedOutside:
    """By the policy, the access points that it leaves the choice to, and the bucket's list.

    An outsider who is proven is one, whatever else was not seen.
    """
    scales, ours = Scales(), ours_of(rows)
    policy = told(rows, PolicyGrants)
    if isinstance(policy, Unseen):
        scales.blind(policy)
    elif _drops_others(policy, told(rows, PublicAccessBlock), told(rows, BucketPolicyStatus)):
        scales.note("public access block", HELD)
    else:
        _weigh_policy(scales, policy, ours)
        weigh_doors(scales, policy, rows, ours)
    scales.notes += _by_its_text(policy)
    _weigh_list(scales, told(rows, BucketAcl), told(rows, BucketOwner), ours)
    return scales.settled(SharedOutside, needed(rows, Declared).observed_at)


@derive_from_places(reads=(PolicyGrants, BucketOwner, Declared), yields=OpenToNetworks)
def open_to_networks(rows: Rows) -> OpenToNetworks:
    """Statements that ask for nothing but an address: whoever has one gets in."""
    scales, ours = Scales(), ours_of(rows)
    policy = needed(rows, PolicyGrants)
    for grant in policy.grants:
        side, parties = side_of(grant, ours)
        if not grant.is_free and side is Side.OUTSIDE and _are_networks(parties):
            scales.fault(f"policy {grant.statement}", _words(grant, parties))
    scales.notes += _by_its_text(policy)
    return scales.settled(OpenToNetworks, policy.observed_at)


@derive(reads=(PolicyGrants,), yields=DeputiesUnbound)
def deputies_unbound(policy: PolicyGrants) -> DeputiesUnbound:
    """Services that are let in without a word on whose behalf."""
    faults = [
        Fault(where=f"policy {grant.statement}", seen=f"{party.who} for whomever it acts")
        for grant in policy.grants
        if not grant.guards and not any(bound.by in SOURCES for bound in (*grant.bounds, *grant.limits))
        for party in _named(grant)
        if party.kind is PartyKind.SERVICE
    ]
    return DeputiesUnbound(observed_at=policy.observed_at, faults=tuple(faults), notes=_by_its_text(policy))


@derive(reads=(PolicyGrants,), yields=OrphansNamed)
def orphans_named(policy: PolicyGrants) -> OrphansNamed:
    """The provider writes an id in the place of a user or role that was deleted."""
    faults = [
        Fault(where=f"policy {grant.statement}", seen=party.who)
        for grant in policy.grants
        for party in _named(grant)
        if party.kind is PartyKind.ORPHANED
    ]
    return OrphansNamed(observed_at=policy.observed_at, faults=tuple(faults))


def _by_its_text(policy: PolicyGrants | Unseen) -> tuple[Fault, ...]:
    """What must be said beside a verdict on a compatible server, which may store policies and do something else."""
    is_told = isinstance(policy, Unseen) or policy.server is ServerKind.AWS
    return () if is_told else (Fault(where="bucket policy", seen=BY_ITS_TEXT),)


def _drops_others(policy: PolicyGrants, block: PublicAccessBlock | Unseen, status: BucketPolicyStatus | Unseen) -> bool:
    """S3 drops what a public policy gives to other accounts too, where public policies are restricted.

    Public in its own eyes: by its own word, or by a statement that leaves nothing to misread. What only seems public to
    this program may not be dropped at all.
    """
    if isinstance(block, Unseen) or policy.server is not ServerKind.AWS:
        return False
    is_called_public = not isinstance(status, Unseen) and status.is_public is True
    is_public = is_called_public or any(one.is_free and one.is_plain for one in policy.grants)
    return is_public and (block.bucket.restrict_buckets or block.account.restrict_buckets)


def _weigh_policy(scales: Scales, policy: PolicyGrants, ours: Ours) -> None:
    for grant in policy.grants:
        side, parties = side_of(grant, ours)
        if grant.is_free or side is Side.INSIDE or _are_networks(parties) or _is_log_delivery(grant, parties):
            continue
        if side is Side.OUTSIDE:
            scales.fault(f"policy {grant.statement}", _words(grant, parties))
        else:
            scales.doubt(Reason.NOT_OBSERVED, f"whose {parties[0]} is, which policy {grant.statement} lets in")


def _weigh_list(scales: Scales, acl: BucketAcl | Unseen, owner: BucketOwner | Unseen, ours: Ours) -> None:
    """Grants to other accounts in the bucket's own list, where lists count."""
    if isinstance(acl, Unseen):
        scales.blind(acl)
        return
    if acl.ownership is Ownership.ENFORCED:
        return
    if acl.grants is None:
        scales.doubt(reason_of(acl.acl_reason), acl.detail or "the bucket's access control list")
        return
    for one in acl.grants:
        if one.grantee is Grantee.OTHER_GROUP and one.name != LOG_DELIVERY:
            scales.doubt(
                Reason.NOT_OBSERVED, f"who is in the group {one.name}, to which the list grants {one.permission}"
            )
    others = [one for one in acl.grants if one.grantee is Grantee.ACCOUNT and one.name not in ours.canonical_ids]
    for one in others:
        _weigh_other(scales, one, owner, ours)


def _weigh_other(scales: Scales, grant: AclGrant, owner: BucketOwner | Unseen, ours: Ours) -> None:
    where = f"ACL grant {grant.permission}"
    if isinstance(owner, Unseen) or not ours.canonical_ids:
        scales.doubt(Reason.NOT_OBSERVED, f"whether {where} is to the bucket's own account")
    elif len(ours.accounts) > 1:
        scales.doubt(Reason.NOT_OBSERVED, f"whether {where} is to another of the city's accounts")
    else:
        scales.fault(where, f"canonical id {grant.name}")


def _named(grant: Grant) -> tuple[Party, ...]:
    return tuple(party for bound in grant.bounds if bound.by == "Principal" for party in bound.parties)


def _are_networks(parties: tuple[Party, ...]) -> bool:
    return bool(parties) and all(party.kind in NETWORKS for party in parties)


def _is_log_delivery(grant: Grant, parties: tuple[Party, ...]) -> bool:
    """The provider's own accounts, which bring logs of load balancers and do nothing else."""
    return grant.access <= {AccessClass.WRITE} and {party.who for party in parties} <= AWS_LOG_ACCOUNTS


def _words(grant: Grant, parties: tuple[Party, ...]) -> str:
    return f"{', '.join(map(str, parties))} may {', '.join(sorted(grant.access))}"


DERIVATIONS = (shared_outside, open_to_networks, deputies_unbound, orphans_named)
