"""The public access blocks of bucket, account and access point, taken together. Pure."""

from __future__ import annotations

from auditor.derive import Undecided
from auditor.facts.storage import BlockLevel, PartState, PublicAccessBlock, ServerKind
from auditor.facts.storage_concluded import Fault
from auditor.facts.storage_effect import Keeps, ServerPromise
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.weighing import reason_of

COMPATIBLE = "a compatible server has no such switch"
NO_DOORS = "a compatible server has no access points"
FLAGS = {
    "BlockPublicAcls": "block_acls",
    "IgnorePublicAcls": "ignore_acls",
    "BlockPublicPolicy": "block_policy",
    "RestrictPublicBuckets": "restrict_buckets",
}


def is_restricted(block: PublicAccessBlock | Unseen, promise: ServerPromise | Unseen | None = None) -> bool:
    """Does RestrictPublicBuckets keep the public out?

    Raises Undecided where a level that could was not seen; and on a compatible server that says so, unless the register
    of known servers settles it: Ceph 16.2 stored the flag and went on serving everybody.
    """
    if isinstance(block, Unseen):
        raise Undecided(block.reason, block.detail)
    if block.bucket.restrict_buckets or block.account.restrict_buckets:
        return block.server is ServerKind.AWS or _is_kept(promise)
    require_seen(block)
    return False


def restricts_doors(block: PublicAccessBlock | Unseen) -> bool:
    """Is the public kept out whatever access point it comes through?

    S3 asks the blocks of the bucket and of its account of each request through an access point, whosever that is (S3
    User Guide, "Blocking public access to your Amazon S3 storage"). False where that was not seen.
    """
    if isinstance(block, Unseen) or block.server is not ServerKind.AWS:
        return False
    return block.bucket.restrict_buckets or block.account.restrict_buckets


def _is_kept(promise: ServerPromise | Unseen | None) -> bool:
    keeps = promise.restrict_public if isinstance(promise, ServerPromise) else Keeps.UNKNOWN
    if keeps not in (Keeps.YES, Keeps.NO):
        raise Undecided(Reason.NOT_OBSERVED, "whether this server enforces the RestrictPublicBuckets that it stores")
    return keeps is Keeps.YES


def require_seen(block: PublicAccessBlock) -> None:
    """Raises Undecided where a level was not seen."""
    for name, level in (("bucket", block.bucket), ("account", block.account)):
        if level.state is PartState.UNSEEN:
            raise Undecided(reason_of(level.reason), f"public access block of the {name}: {level.detail}")


def missing(*levels: BlockLevel) -> tuple[str, ...]:
    """The flags that no level sets, by the provider's names."""
    return tuple(name for name, flag in FLAGS.items() if not any(getattr(level, flag) for level in levels))


def lacking_flags(where: str, flags: tuple[str, ...]) -> tuple[Fault, ...]:
    return tuple(Fault(where=where, seen=f"{flag} is not set") for flag in flags)
