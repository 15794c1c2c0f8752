"""Objects that are older than encryption by default. Pure."""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts.storage import ServerKind
from auditor.facts.storage_concluded import Fault, OldPlaintext
from auditor.facts.storage_objects import ENCRYPTED_SINCE, OldObjects
from auditor.model import Reason
from checks.derivations.weighing import reason_of

NO_SUCH_DAY = f"no object is from before {ENCRYPTED_SINCE:%Y-%m-%d}, and that day says nothing of a compatible server"


@derive(reads=(OldObjects,), yields=OldPlaintext)
def old_plaintext(old: OldObjects) -> OldPlaintext:
    """One plain object is proof. That there is none takes all of them, and a server whose word for it counts.

    A compatible server began to encrypt on another day, or never: there newer objects may be as plain.
    """
    since = f"older than {ENCRYPTED_SINCE:%Y-%m-%d}"
    source = Fault(where=f"{old.source.value} of objects", seen=f"as of {old.as_of:%Y-%m-%d}")
    if old.without_encryption:
        more = "" if old.is_complete else " at least"
        fault = Fault(where=f"objects {since}", seen=f"{old.without_encryption}{more} without encryption")
        return OldPlaintext(observed_at=old.observed_at, faults=(fault,), notes=(source,))
    if not old.is_complete:
        raise Undecided(reason_of(old.why_incomplete), f"only {old.headed} of {old.old} objects {since} were asked")
    if old.server is not ServerKind.AWS and old.old:
        raise Undecided(Reason.NOT_OBSERVED, "whether this server encrypts what it calls encrypted")
    if old.server is not ServerKind.AWS:
        return OldPlaintext(observed_at=old.observed_at, idle=NO_SUCH_DAY)
    return OldPlaintext(observed_at=old.observed_at, notes=(source,))


DERIVATIONS = (old_plaintext,)
