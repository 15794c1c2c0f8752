"""Whom grants let use the keys of new objects, beside the key policies. Pure.

A grant is as good as a line in the policy, and no policy shows it (KMS Developer Guide, "Grants in AWS KMS").
"""

from __future__ import annotations

import re

from auditor.derive import Rows, derive_from_places
from auditor.facts import Declared
from auditor.facts.sharing import PartyKind
from auditor.facts.storage import PartState
from auditor.facts.storage_account import BucketOwner
from auditor.facts.storage_concluded import KeysGranted
from auditor.facts.storage_keys import BucketKeys, KeyGrantee
from auditor.model import Reason
from checks.derivations.bucket_key_care import ONE_QUESTION, with_owner
from checks.derivations.ours import ours_of
from checks.derivations.policies.principals import UNIQUE_ID, party
from checks.derivations.policies.sides import Ours, Side, side_of_party
from checks.derivations.weighing import Scales, is_compatible, needed, reason_of

SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
# Of all operations that can be granted, those by which nobody reads, writes or signs anything, or hands a grant on.
HARMLESS = frozenset({"DescribeKey", "GetPublicKey", "RetireGrant", "Verify", "VerifyMac"})


@derive_from_places(reads=(BucketKeys, BucketOwner, Declared), yields=KeysGranted)
def keys_granted(rows: Rows) -> KeysGranted:
    """The provider's services act for whoever uses them: a grant to one lets nobody outside in."""
    if is_compatible(rows):
        return KeysGranted(observed_at=needed(rows, BucketOwner).observed_at, idle=ONE_QUESTION)
    scales, ours, keys = Scales(), ours_of(rows), needed(rows, BucketKeys)
    for key in keys.keys:
        grants, where = key.grants, f"grants of the key {key.named}"
        if grants.state is not PartState.NO_SWITCH and grants.reason:
            scales.doubt(reason_of(grants.reason), grants.detail or where)
        for grantee in grants.grantees:
            _weigh(scales, where, grantee, with_owner(ours, key))
    return scales.settled(KeysGranted, keys.observed_at)


def _weigh(scales: Scales, where: str, grantee: KeyGrantee, ours: Ours) -> None:
    if HARMLESS.issuperset(grantee.operations) or _is_nobody_outside(grantee):
        return
    who = party(PartyKind.ACCOUNT, grantee.account) if grantee.account else party(PartyKind.UNNAMED, grantee.principal)
    side = side_of_party(who, ours)
    if side is Side.OUTSIDE:
        may = f"may {', '.join(grantee.operations)}"
        scales.fault(where, f"account {grantee.account} ({grantee.principal}) {may}")
    elif side is Side.UNKNOWN:
        scales.doubt(Reason.NOT_OBSERVED, f"whose {grantee.principal} is, which the {where} let in")


def _is_nobody_outside(grantee: KeyGrantee) -> bool:
    """A service of the provider's, or what is left of somebody who is gone."""
    principal = grantee.principal
    return not grantee.account and bool(SERVICE.fullmatch(principal) or UNIQUE_ID.fullmatch(principal))


DERIVATIONS = (keys_granted,)
