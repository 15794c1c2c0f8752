"""Who of the public gets at a bucket: its policy and its lists, after the public access blocks. Pure.

The order in which settings combine is S3's (S3 User Guide, "Blocking public access to your Amazon S3 storage"): the
stricter of bucket and account wins, per flag. What is proven open is open whatever else is unknown; what is to be
called closed needs every setting that it rests on.
"""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts import Declared
from auditor.facts.sharing import PolicyGrants
from auditor.facts.storage import (
    AccessClass,
    AclExposure,
    AclGrant,
    AclState,
    BucketAcl,
    Ownership,
    PartState,
    PolicyExposure,
    PolicyState,
    PublicAccessBlock,
    PublicGrant,
    ServerKind,
)
from auditor.model import Reason

REASONS = {reason.word: reason for reason in Reason}
READING = frozenset({AccessClass.LIST})  # READ on a bucket lists its keys
ACCESS_OF = {  # S3 User Guide, "Access control list (ACL) overview": what a permission on a bucket gives
    "READ": READING,
    "WRITE": frozenset({AccessClass.WRITE}),
    "READ_ACP": frozenset({AccessClass.OTHER}),
    "WRITE_ACP": frozenset({AccessClass.ADMIN}),
    "FULL_CONTROL": frozenset({AccessClass.LIST, AccessClass.WRITE, AccessClass.ADMIN}),
}


@derive(reads=(PolicyGrants, PublicAccessBlock, Declared), yields=PolicyExposure)
def policy_exposure(policy: PolicyGrants, block: PublicAccessBlock, declared: Declared) -> PolicyExposure:
    """Statements that let the public in, unless a Deny or RestrictPublicBuckets holds every one back."""
    opened = tuple(one for one in policy.grants if one.is_public)
    free = tuple(one for one in opened if one.is_free)
    state = PolicyState.NOT_PUBLIC if policy.has_policy else PolicyState.NO_POLICY
    if opened:
        state = PolicyState.GUARDED
    if free:
        state = PolicyState.RESTRICTED if _is_restricted(block) else PolicyState.PUBLIC
    return PolicyExposure(
        observed_at=policy.observed_at,
        state=state,
        grants=tuple(PublicGrant(where=f"policy {one.statement}", access=one.access) for one in free or opened),
        intended_public=declared.intended_public,
    )


@derive(reads=(BucketAcl, PublicAccessBlock, Declared), yields=AclExposure)
def acl_exposure(acl: BucketAcl, block: PublicAccessBlock, declared: Declared) -> AclExposure:
    """Grants to everybody in the bucket's list, unless lists are off or public grants are ignored.

    Objects have lists of their own, which nobody read: while lists count, a clean bucket list settles nothing.
    """
    public = () if acl.grants is None else tuple(grant for grant in acl.grants if grant.is_public)
    if acl.ownership is Ownership.ENFORCED:
        state = AclState.LISTS_OFF
    elif block.bucket.ignore_acls or block.account.ignore_acls:
        state = AclState.IGNORED
    else:
        state = _counting_lists(acl, block, public)
    if state is not AclState.PUBLIC and acl.server is not ServerKind.AWS:
        _require_no_public_grant(acl, public)
    return AclExposure(
        observed_at=acl.observed_at,
        state=state,
        grants=tuple(_listed(grant) for grant in public),
        intended_public=declared.intended_public,
    )


def _is_restricted(block: PublicAccessBlock) -> bool:
    """Does RestrictPublicBuckets keep the public out?

    Raises Undecided where a level that could was not seen; and on a compatible server that says so: Ceph 16.2 stored
    the flag and went on serving everybody, so there its word is not enough.
    """
    if block.bucket.restrict_buckets or block.account.restrict_buckets:
        if block.server is ServerKind.AWS:
            return True
        raise Undecided(Reason.NOT_OBSERVED, "whether this server enforces the RestrictPublicBuckets that it stores")
    _require_seen(block)
    return False


def _counting_lists(acl: BucketAcl, block: PublicAccessBlock, public: tuple[AclGrant, ...]) -> AclState:
    """The state where lists may count. Raises Undecided unless a public grant is proven to work."""
    if acl.grants is None:
        raise Undecided(REASONS[acl.acl_reason], acl.detail)
    if acl.ownership is Ownership.UNSEEN:
        raise Undecided(REASONS[acl.ownership_reason], acl.detail)
    _require_seen(block)
    if not public:
        raise Undecided(
            Reason.NOT_OBSERVED,
            "the lists of the objects: lists count here (Object Ownership is not BucketOwnerEnforced)",
        )
    return AclState.PUBLIC


def _require_no_public_grant(acl: BucketAcl, public: tuple[AclGrant, ...]) -> None:
    """A compatible server's word that lists do not count is believed only where its list lets nobody in anyway.

    moto stores both settings and goes on serving everybody. Raises Undecided.
    """
    if acl.grants is None:  # without a reason: it was not asked for
        raise Undecided(REASONS.get(acl.acl_reason, Reason.NOT_OBSERVED), acl.detail or "the bucket's list")
    if public:
        raise Undecided(Reason.NOT_OBSERVED, "whether this server enforces the setting that voids its public grants")


def _require_seen(block: PublicAccessBlock) -> None:
    for name, level in (("bucket", block.bucket), ("account", block.account)):
        if level.state is PartState.UNSEEN:
            raise Undecided(REASONS[level.reason], f"public access block of the {name}: {level.detail}")


def _listed(grant: AclGrant) -> PublicGrant:
    who = grant.grantee.value.replace("_", " ")
    access = ACCESS_OF.get(grant.permission, frozenset({AccessClass.OTHER}))
    return PublicGrant(where=f"ACL grant {grant.permission} to {who}", access=access)


DERIVATIONS = (policy_exposure, acl_exposure)
