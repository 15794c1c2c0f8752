"""What would let the public in, and is held back by one setting alone. Pure."""

from __future__ import annotations

from auditor.derive import Rows, derive_from_places
from auditor.facts import Declared
from auditor.facts.sharing import Bound, Grant, PolicyGrants
from auditor.facts.storage import BucketAcl, Ownership, PartState, PublicAccessBlock, ServerKind
from auditor.facts.storage_concluded import LatentPublic
from auditor.probe import Unseen
from checks.derivations.weighing import Scales, needed, reason_of, told


@derive_from_places(reads=(PolicyGrants, BucketAcl, PublicAccessBlock, Declared), yields=LatentPublic)
def latent_public(rows: Rows) -> LatentPublic:
    """Public by S3's definition, and closed in effect. What stands open is not latent: it is judged as public."""
    declared, scales = needed(rows, Declared), Scales()
    if declared.intended_public:
        return LatentPublic(observed_at=declared.observed_at, idle="declared public in the inventory")
    block = told(rows, PublicAccessBlock)
    _weigh_policy(scales, told(rows, PolicyGrants), block)
    _weigh_list(scales, told(rows, BucketAcl), block)
    return scales.settled(LatentPublic, declared.observed_at)


def _weigh_policy(scales: Scales, policy: PolicyGrants | Unseen, block: PublicAccessBlock | Unseen) -> None:
    if isinstance(policy, Unseen):
        scales.blind(policy)
        return
    for grant in policy.grants:
        if not grant.is_public:
            continue
        held = _holding(grant) or _blocked(scales, block, "restrict_buckets", "RestrictPublicBuckets")
        if held:
            access = ", ".join(sorted(grant.access))
            scales.fault(f"policy {grant.statement}", f"the public may {access}, but for {held}")


def _holding(grant: Grant) -> str:
    """What in the policy holds a public statement back; "" if nothing does."""
    if grant.limits:
        return f"a condition on {grant.limits[0].by}, which S3 counts as public: {_those(grant.limits[0])}"
    return grant.guards[0].by if grant.guards else ""


def _those(bound: Bound) -> str:
    return ", ".join(str(party) for party in bound.parties)


def _blocked(scales: Scales, block: PublicAccessBlock | Unseen, flag: str, name: str) -> str:
    """The flag that holds it back; "" where none is known to."""
    if isinstance(block, Unseen):
        scales.blind(block)
        return ""
    if block.server is ServerKind.AWS and (getattr(block.bucket, flag) or getattr(block.account, flag)):
        return name
    for level in (block.bucket, block.account):
        if level.state is PartState.UNSEEN:
            scales.doubt(reason_of(level.reason), level.detail)
    return ""


def _weigh_list(scales: Scales, acl: BucketAcl | Unseen, block: PublicAccessBlock | Unseen) -> None:
    if isinstance(acl, Unseen):
        scales.blind(acl)
        return
    if acl.ownership is Ownership.ENFORCED:
        return
    if acl.grants is None:
        scales.doubt(reason_of(acl.acl_reason), acl.detail or "the bucket's access control list")
        return
    for grant in acl.grants:
        held = grant.is_public and _blocked(scales, block, "ignore_acls", "IgnorePublicAcls")
        if held:
            scales.fault(f"ACL grant {grant.permission} to {grant.grantee.value.replace('_', ' ')}", f"but for {held}")


DERIVATIONS = (latent_public,)
