"""How the keys of new objects are cared for: whose, usable, renewed, shared; and keys that callers bring. Pure."""

from __future__ import annotations

from auditor.derive import Rows, Undecided, derive, derive_from_places
from auditor.facts import Declared
from auditor.facts.storage import BucketEncryption, PartState, ServerKind
from auditor.facts.storage_account import BucketOwner
from auditor.facts.storage_at_rest import BucketAtRest, KeyLevel
from auditor.facts.storage_concluded import (
    CallersKeys,
    Fault,
    KeysForeign,
    KeysInProvidersStore,
    KeysShared,
    KeysStill,
    KeysUnusable,
)
from auditor.facts.storage_keys import BucketKey, BucketKeys
from auditor.model import KeyNeed, Reason
from checks.derivations.bucket_keys import OWN_STORES, account_of
from checks.derivations.ours import ours_of
from checks.derivations.policies.grammar import PolicyRefused, parse_policy
from checks.derivations.policies.grants import grants_of
from checks.derivations.policies.sides import Ours, Side, side_of
from checks.derivations.weighing import Scales, is_compatible, needed, reason_of

USABLE = frozenset({"Enabled", "Updating"})
# Of these origins the key service renews no material (KMS API reference, GetKeyRotationStatus).
NEVER_BY_ITSELF = OWN_STORES | {"EXTERNAL"}
SSE_C = "SSE-C"
ONE_QUESTION = "the keys of a compatible server are one question, whose they are"


@derive_from_places(reads=(BucketKeys, BucketOwner, Declared), yields=KeysForeign)
def keys_foreign(rows: Rows) -> KeysForeign:
    """By the account that the key service resolved, else by the one in the key's full name."""
    if is_compatible(rows):
        return KeysForeign(observed_at=needed(rows, BucketOwner).observed_at, idle=ONE_QUESTION)
    scales, ours, keys = Scales(), ours_of(rows), needed(rows, BucketKeys)
    for key in keys.keys:
        account = account_of(key)
        if not account:
            scales.doubt(reason_of(key.reason), key.detail or f"whose the key {key.named} is")
        elif not ours.accounts:
            scales.doubt(Reason.NOT_OBSERVED, f"whether the account {account} of the key is the city's own")
        elif account not in ours.accounts | ours.registered:
            scales.fault("default encryption", f"{key.named} of account {account}")
    return scales.settled(KeysForeign, keys.observed_at)


@derive_from_places(reads=(BucketAtRest, BucketKeys, BucketOwner, Declared), yields=KeysInProvidersStore)
def keys_in_providers_store(rows: Rows) -> KeysInProvidersStore:
    """Asked where a data class asks for a store of the city's own. The key service's word counts, and no other."""
    declared = needed(rows, Declared)
    if declared.key_need is not KeyNeed.OWN_STORE:
        return KeysInProvidersStore(observed_at=declared.observed_at, idle="no data here asks for its own key store")
    scales, at_rest = Scales(), needed(rows, BucketAtRest)
    if at_rest.level is not KeyLevel.CUSTOMER:
        scales.fault("default encryption", at_rest.algorithm or "none configured")
    elif is_compatible(rows):
        scales.doubt(Reason.NOT_OBSERVED, "where the key service of this server keeps its keys")
    else:
        keys = needed(rows, BucketKeys).keys
        if not keys:
            scales.doubt(Reason.INCONSISTENT, "the configuration names a key, and the key service was asked of none")
        for key in keys:
            _weigh_store(scales, key, ours_of(rows))
    return scales.settled(KeysInProvidersStore, at_rest.observed_at)


def _weigh_store(scales: Scales, key: BucketKey, ours: Ours) -> None:
    account, where = account_of(key), f"key {key.named}"
    if account and ours.accounts and account not in ours.accounts:
        scales.fault(where, f"a store of account {account}")
    elif key.state is PartState.UNSEEN:
        scales.doubt(reason_of(key.reason), key.detail or f"the store of the key {key.named}")
    elif not ours.accounts:
        scales.doubt(Reason.NOT_OBSERVED, f"whether the account {account} of the key is the city's own")
    elif key.manager != "CUSTOMER" or key.origin not in OWN_STORES:
        scales.fault(where, f"origin {key.origin}")
    elif not key.key_store:
        scales.doubt(Reason.INCONSISTENT, f"{key.named} has the origin {key.origin}, and no key store was told")


@derive_from_places(reads=(BucketKeys, BucketOwner), yields=KeysUnusable)
def keys_unusable(rows: Rows) -> KeysUnusable:
    if is_compatible(rows):
        return KeysUnusable(observed_at=needed(rows, BucketOwner).observed_at, idle=ONE_QUESTION)
    scales, keys = Scales(), needed(rows, BucketKeys)
    for key in keys.keys:
        if key.state is PartState.UNSEEN:
            scales.doubt(reason_of(key.reason), key.detail or f"the state of the key {key.named}")
        elif key.key_state not in USABLE:
            scales.fault(f"key {key.named}", key.key_state)
    return scales.settled(KeysUnusable, keys.observed_at)


@derive_from_places(reads=(BucketKeys, BucketOwner), yields=KeysStill)
def keys_still(rows: Rows) -> KeysStill:
    """Of the customer's keys alone: the provider renews its own, and some kinds can never be renewed by themselves.

    Of those the key service says "false" or that it cannot tell: the origin of the material settles it.
    """
    if is_compatible(rows):
        return KeysStill(observed_at=needed(rows, BucketOwner).observed_at, idle=ONE_QUESTION)
    scales, keys = Scales(), needed(rows, BucketKeys)
    for key in keys.keys:
        rotation = key.rotation
        if key.origin in NEVER_BY_ITSELF:
            scales.note(f"key {key.named}", f"origin {key.origin}: such a key is never renewed by itself")
        elif rotation.state is PartState.UNSEEN:
            scales.doubt(reason_of(rotation.reason), rotation.detail or f"the rotation of the key {key.named}")
        elif rotation.state is not PartState.NO_SWITCH and not rotation.is_enabled:
            scales.fault(f"key {key.named}", "its material is never renewed by itself")
    return scales.settled(KeysStill, keys.observed_at)


@derive_from_places(reads=(BucketKeys, BucketOwner, Declared), yields=KeysShared)
def keys_shared(rows: Rows) -> KeysShared:
    """Whom outside the key policies let in. A key of another's account is judged as that, not by its policy."""
    if is_compatible(rows):
        return KeysShared(observed_at=needed(rows, BucketOwner).observed_at, idle=ONE_QUESTION)
    scales, ours, keys = Scales(), ours_of(rows), needed(rows, BucketKeys)
    for key in keys.keys:
        if key.policy.state is PartState.UNSEEN:
            scales.doubt(reason_of(key.policy.reason), key.policy.detail or f"the policy of the key {key.named}")
        elif key.policy.state is PartState.SET:
            _weigh(scales, key, with_owner(ours, key))
    return scales.settled(KeysShared, keys.observed_at)


@derive(reads=(BucketEncryption, Declared), yields=CallersKeys)
def callers_keys(encryption: BucketEncryption, declared: Declared) -> CallersKeys:
    """SSE-C is allowed unless the configuration blocks it. Only AWS has the switch."""
    at = encryption.observed_at
    if not declared.sensitivity.is_sensitive:
        return CallersKeys(observed_at=at, idle="the data is neither confidential nor restricted")
    if encryption.server is not ServerKind.AWS:
        return CallersKeys(observed_at=at, idle="a compatible server has no such switch")
    if encryption.rules is None:
        raise Undecided(Reason.INCONSISTENT, "AWS reports no default encryption, which it applies to every bucket")
    if encryption.rules and all(SSE_C in rule.blocked_types for rule in encryption.rules):
        return CallersKeys(observed_at=at)
    fault = Fault(where="default encryption", seen="BlockedEncryptionTypes does not hold SSE-C")
    return CallersKeys(observed_at=at, faults=(fault,))


def with_owner(ours: Ours, key: BucketKey) -> Ours:
    """The key's own account is no outsider to its policy; that it is not the city's is a fault of its own."""
    return ours.with_account(account_of(key))


def _weigh(scales: Scales, key: BucketKey, ours: Ours) -> None:
    where = f"policy of the key {key.named}"
    try:
        grants = grants_of(parse_policy(key.policy.document or ""), "kms")
    except PolicyRefused as refusal:
        scales.doubt(Reason.MALFORMED, f"{where}: {refusal}")
        return
    for grant in grants:
        may = f"may {', '.join(sorted(grant.access))}"
        side, parties = side_of(grant, ours)
        if grant.is_free:
            scales.fault(f"{where}, {grant.statement}", f"everybody {may}")
        elif side is Side.OUTSIDE:
            scales.fault(f"{where}, {grant.statement}", f"{', '.join(map(str, parties))} {may}")
        elif side is Side.UNKNOWN:
            scales.doubt(Reason.NOT_OBSERVED, f"whose {parties[0]} is, which {where} lets in")


DERIVATIONS = (keys_foreign, keys_in_providers_store, keys_unusable, keys_still, keys_shared, callers_keys)
