"""Who of the public gets at a bucket: its policy and its lists, after the public access blocks. Pure.

The order in which settings combine is S3's (S3 User Guide, "Blocking public access to your Amazon S3 storage"): the
stricter of bucket and account wins, per flag. What is proven open is open whatever else is unknown; what is to be
called closed needs every setting that it rests on.
"""

from __future__ import annotations

from dataclasses import replace

from auditor.derive import Rows, Undecided, derive, derive_from_places
from auditor.facts import Declared
from auditor.facts.sharing import Grant, PolicyGrants
from auditor.facts.storage import AclGrant, BucketAcl, Ownership, PublicAccessBlock, ServerKind
from auditor.facts.storage_account import AccessPoints, BucketOwner
from auditor.facts.storage_effect import Keeps, ServerPromise
from auditor.facts.storage_exposure import (
    AccessClass,
    AclExposure,
    AclState,
    PolicyExposure,
    PolicyState,
    PublicAccess,
    PublicGrant,
)
from auditor.facts.storage_settings import BucketPolicyStatus
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.bucket_blocks import is_restricted, require_seen, restricts_doors
from checks.derivations.bucket_doors import some_door_may_be_public
from checks.derivations.bucket_left_to_doors import after_doors, unsure_of
from checks.derivations.s3_servers import why_not_kept
from checks.derivations.weighing import needed, reason_of, told

READING = frozenset({AccessClass.LIST})  # READ on a bucket lists its keys
ACCESS_OF = {  # S3 User Guide, "Access control list (ACL) overview": what a permission on a bucket gives
    "READ": READING,
    "WRITE": frozenset({AccessClass.WRITE}),
    "READ_ACP": frozenset({AccessClass.OTHER}),
    "WRITE_ACP": frozenset({AccessClass.ADMIN}),
    "FULL_CONTROL": frozenset({AccessClass.LIST, AccessClass.WRITE, AccessClass.ADMIN}),
}
SAYS_PUBLIC = "the provider calls the policy public, and this program does not see by which statement"
PERHAPS_LEFT = (
    "the provider does not call it public, but it may leave the choice to access points of other accounts, and "
    "RestrictPublicBuckets, which would hold them back, was not seen to be on"
)
SAYS_CLOSED = "the provider does not call the policy public; the statement leaves no doubt"

MISSING_KEY = (
    "counts on this server for a request that lacks what it tests, as the requests of strangers do (on Ceph it does "
    "not); its operator ending in IfExists counts everywhere"
)


@derive_from_places(
    reads=(PolicyGrants, PublicAccessBlock, BucketPolicyStatus, AccessPoints, BucketOwner, ServerPromise, Declared),
    yields=PolicyExposure,
)
def policy_exposure(rows: Rows) -> PolicyExposure:
    """What the policy says, after the blocks, beside what the provider itself says of it.

    Where the two differ, the graver word counts, and both are told; a policy that could not be read is known by the
    provider's word alone. A compatible server's word is an opinion, and is not asked.
    """
    declared, policy = needed(rows, Declared), told(rows, PolicyGrants)
    block, status = told(rows, PublicAccessBlock), told(rows, BucketPolicyStatus)
    promise = told(rows, ServerPromise)
    word = None if isinstance(status, Unseen) or status.server is not ServerKind.AWS else status
    if isinstance(policy, Unseen):
        found = _by_word(policy, word, block, told(rows, AccessPoints))
    else:
        found = after_doors(_by_grants(policy, word, block, promise), policy, rows)
        found = _as_kept_by_server(found, policy, rows, intended=declared.intended_public)
    return replace(found, intended_public=declared.intended_public)


@derive(reads=(PolicyExposure,), yields=PublicAccess)
def public_access(exposure: PolicyExposure) -> PublicAccess:
    """What the public may do by the policy. Raises Undecided where it may be more than is known."""
    if not exposure.is_access_known:
        raise Undecided(Reason.NOT_OBSERVED, "all that the public may do by this policy")
    grants = exposure.grants if exposure.state is PolicyState.PUBLIC else ()
    return PublicAccess(observed_at=exposure.observed_at, grants=grants, intended_public=exposure.intended_public)


@derive_from_places(reads=(BucketAcl, PublicAccessBlock, ServerPromise, Declared), yields=AclExposure)
def acl_exposure(rows: Rows) -> AclExposure:
    """Grants to everybody in the bucket's list, unless lists are off or public grants are ignored.

    Objects have lists of their own, which nobody read: while lists count, a clean bucket list settles nothing.
    """
    acl, block, declared = needed(rows, BucketAcl), needed(rows, PublicAccessBlock), needed(rows, Declared)
    public = () if acl.grants is None else tuple(grant for grant in acl.grants if grant.is_public)
    void = _void(acl, block)
    if not void:
        state = _counting_lists(acl, block, public)
    elif acl.server is ServerKind.AWS:
        state = void[0]
    else:
        _require_no_public_grant(acl, public)
        state = _kept(void, told(rows, ServerPromise))
    return AclExposure(
        observed_at=acl.observed_at,
        state=state,
        grants=tuple(_listed(grant) for grant in public),
        intended_public=declared.intended_public,
    )


def _as_kept_by_server(found: PolicyExposure, policy: PolicyGrants, rows: Rows, *, intended: bool) -> PolicyExposure:
    """A compatible server's policy keeps out whom the server keeps out. Raises Undecided where nobody knows.

    Where somebody of the public is let in, or is meant to be, it is only what they may do besides that is not known.
    """
    if policy.server is ServerKind.AWS:
        return found
    try:
        _require_kept(rows)
    except Undecided:
        if not intended and found.state is not PolicyState.PUBLIC:
            raise
        return unsure_of(found)
    return found


def _require_kept(rows: Rows) -> None:
    not_kept = why_not_kept(rows)
    if not_kept:
        raise Undecided(Reason.NOT_OBSERVED, f"what strangers may do: {not_kept}")


def _by_word(
    policy: Unseen,
    word: BucketPolicyStatus | None,
    block: PublicAccessBlock | Unseen,
    doors: AccessPoints | Unseen,
) -> PolicyExposure:
    """What the provider says of a policy that could not be read. Raises Undecided where it says too little.

    What it does not call public may still leave the choice to access points, of other accounts too, which nobody lists:
    they open the bucket to the public unless RestrictPublicBuckets holds for all that come through them.
    """
    if word is None or (not word.is_public and some_door_may_be_public(doors, block)):
        raise Undecided(policy.reason, policy.detail)
    if word.is_public:
        return _called_public(word, block)
    if word.is_public is False and not restricts_doors(block):
        raise Undecided(policy.reason, f"{policy.detail}; {PERHAPS_LEFT}")
    state = PolicyState.NO_POLICY if word.is_public is None else PolicyState.NOT_PUBLIC
    return PolicyExposure(observed_at=word.observed_at, state=state, grants=(), intended_public=False)


def _by_grants(
    policy: PolicyGrants,
    word: BucketPolicyStatus | None,
    block: PublicAccessBlock | Unseen,
    promise: ServerPromise | Unseen,
) -> PolicyExposure:
    opened = tuple(one for one in policy.grants if one.is_public)
    free = tuple(one for one in opened if one.is_free)
    if word is not None and word.is_public and not opened:
        return _called_public(word, block)
    if free and word is not None and not word.is_public and not is_restricted(block):
        plain = _after_a_second_look(free)
        return _beside(_exposure(policy, PolicyState.PUBLIC, plain, SAYS_CLOSED), free)
    if free and is_restricted(block, promise):
        _require_called_public(policy, word, free)
        return _exposure(policy, PolicyState.RESTRICTED, free)
    if free:
        return _beside(_exposure(policy, PolicyState.PUBLIC, _surely(free)), free)
    return _exposure(policy, _closed(policy, opened), opened)


def _require_called_public(policy: PolicyGrants, word: BucketPolicyStatus | None, free: tuple[Grant, ...]) -> None:
    """S3 restricts what it calls public itself: by its word, or for certain where no condition is to be misread.

    This program counts some as public that S3's definition does not name: "anonymous" as a fixed value, or so many
    narrow ranges of addresses that together they are everybody's. Raises Undecided.
    """
    is_called = word is not None and word.is_public
    if policy.server is not ServerKind.AWS or is_called or any(one.is_plain for one in free):
        return
    why = Reason.NOT_OBSERVED if word is None else Reason.INCONSISTENT
    raise Undecided(why, f"whether the provider calls public what {free[0].statement} allows: only that it restricts")


def _closed(policy: PolicyGrants, opened: tuple[Grant, ...]) -> PolicyState:
    """The state of a policy without a free statement."""
    if any(not one.guards for one in opened):
        return PolicyState.LIMITED
    if opened:
        return PolicyState.GUARDED
    return PolicyState.NOT_PUBLIC if policy.has_policy else PolicyState.NO_POLICY


def _beside(found: PolicyExposure, free: tuple[Grant, ...]) -> PolicyExposure:
    """A policy that is open by some statements, beside all that seem so: they may give more than those do."""
    sure = {access for one in found.grants for access in one.access}
    return found if all(one.access <= sure for one in free) else unsure_of(found)


def _surely(free: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """The statements that no Deny takes back on any server. Raises Undecided where none is left."""
    found = tuple(one for one in free if not one.unsure_guards)
    if not found:
        raise Undecided(Reason.NOT_OBSERVED, f"whether {free[0].unsure_guards[0].by} {MISSING_KEY}")
    return found


def _after_a_second_look(free: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """The statements that nothing in the policy can narrow. Raises Undecided where none is left."""
    plain = tuple(one for one in free if one.is_plain)
    if not plain:
        raise Undecided(
            Reason.INCONSISTENT, "the policy seems to let the public in, and the provider does not call it public"
        )
    return plain


def _called_public(word: BucketPolicyStatus, block: PublicAccessBlock | Unseen) -> PolicyExposure:
    return PolicyExposure(
        observed_at=word.observed_at,
        state=PolicyState.RESTRICTED if is_restricted(block) else PolicyState.PUBLIC,
        grants=(PublicGrant(where="GetBucketPolicyStatus", access=frozenset({AccessClass.OTHER})),),
        intended_public=False,
        is_access_known=False,
        disagreement=SAYS_PUBLIC,
    )


def _exposure(
    policy: PolicyGrants, state: PolicyState, grants: tuple[Grant, ...], disagreement: str = ""
) -> PolicyExposure:
    return PolicyExposure(
        observed_at=policy.observed_at,
        state=state,
        grants=tuple(PublicGrant(where=f"policy {one.statement}", access=one.access) for one in grants),
        intended_public=False,
        disagreement=disagreement,
    )


def _void(acl: BucketAcl, block: PublicAccessBlock) -> tuple[AclState, ...]:
    """By which settings no list counts, or no public grant in one."""
    off = (AclState.LISTS_OFF,) if acl.ownership is Ownership.ENFORCED else ()
    return (*off, AclState.IGNORED) if block.bucket.ignore_acls or block.account.ignore_acls else off


def _kept(void: tuple[AclState, ...], promise: ServerPromise | Unseen) -> AclState:
    """The first of the settings that a compatible server is known to obey: objects have lists, which nobody read.

    Raises Undecided.
    """
    if isinstance(promise, Unseen):
        raise Undecided(
            Reason.NOT_OBSERVED, "which server this is, and whether it obeys what voids the lists of objects"
        )
    keeps = {AclState.LISTS_OFF: promise.no_acls, AclState.IGNORED: promise.ignore_acls}
    for state in void:
        if keeps[state] is Keeps.YES:
            return state
    raise Undecided(
        Reason.NOT_OBSERVED,
        f"whether {promise.name or 'this server'} obeys the setting that voids the lists of objects",
    )


def _counting_lists(acl: BucketAcl, block: PublicAccessBlock, public: tuple[AclGrant, ...]) -> AclState:
    """The state where lists may count. Raises Undecided unless a public grant is proven to work."""
    if acl.grants is None:
        raise Undecided(reason_of(acl.acl_reason), acl.detail)
    if acl.ownership is Ownership.UNSEEN:
        raise Undecided(reason_of(acl.ownership_reason), acl.detail)
    require_seen(block)
    if not public:
        raise Undecided(
            Reason.NOT_OBSERVED,
            "the lists of the objects, which count here until Object Ownership is BucketOwnerEnforced or "
            "IgnorePublicAcls is set",
        )
    return AclState.PUBLIC


def _require_no_public_grant(acl: BucketAcl, public: tuple[AclGrant, ...]) -> None:
    """A compatible server's word that lists do not count is believed only where its list lets nobody in anyway.

    moto stores both settings and goes on serving everybody. Raises Undecided.
    """
    if acl.grants is None:  # without a reason: it was not asked for
        raise Undecided(reason_of(acl.acl_reason), acl.detail or "the bucket's list")
    if public:
        raise Undecided(Reason.NOT_OBSERVED, "whether this server enforces the setting that voids its public grants")


def _listed(grant: AclGrant) -> PublicGrant:
    who = grant.grantee.value.replace("_", " ")
    access = ACCESS_OF.get(grant.permission, frozenset({AccessClass.OTHER}))
    return PublicGrant(where=f"ACL grant {grant.permission} to {who}", access=access)


DERIVATIONS = (policy_exposure, public_access, acl_exposure)
