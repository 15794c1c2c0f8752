"""Whose key encrypts a bucket's new objects: the configuration's word, joined with what the key service tells. Pure."""

from __future__ import annotations

from dataclasses import replace

from auditor.derive import Rows, Undecided, derive_from_places
from auditor.facts import Declared
from auditor.facts.storage import BucketEncryption, EncryptionRule, PartState, ServerKind
from auditor.facts.storage_account import BucketOwner
from auditor.facts.storage_at_rest import BucketAtRest, KeyHolder, KeyHolding, KeyLevel
from auditor.facts.storage_effect import Keeps, ServerPromise
from auditor.facts.storage_keys import BucketKey, BucketKeys
from auditor.model import KeyNeed, Reason
from auditor.probe import Unseen
from checks.derivations.ours import ours_of
from checks.derivations.policies.sides import Ours
from checks.derivations.weighing import is_compatible, needed, reason_of, told

KMS = frozenset({"aws:kms", "aws:kms:dsse"})
PROVIDERS_ALIAS = "alias/aws/"  # aliases that AWS reserves for the keys that it manages itself
OWN_STORES = frozenset({"AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"})  # origins of keys in custom key stores


@derive_from_places(reads=(BucketEncryption, ServerPromise, Declared), yields=BucketAtRest)
def bucket_at_rest(rows: Rows) -> BucketAtRest:
    """The weakest of all rules. Raises Undecided for an algorithm that this version does not know.

    AWS encrypts every new object since 2023-01-05, so "no default encryption" from AWS is an anomaly and proves
    nothing; a compatible server that says so has none. What a compatible server says to encrypt is believed only where
    the register of known servers says that it does.
    """
    encryption, declared = needed(rows, BucketEncryption), needed(rows, Declared)
    rules = [rule for rule in encryption.rules or () if rule.algorithm is not None]
    if not rules:
        if encryption.server is ServerKind.AWS:
            raise Undecided(Reason.INCONSISTENT, "AWS reports no default encryption, which it applies to every bucket")
        return _at_rest(encryption, declared, KeyLevel.NONE, None)
    weakest = min(rules, key=_level)
    found = _at_rest(encryption, declared, _level(weakest), weakest)
    return found if encryption.server is ServerKind.AWS else _as_kept(found, told(rows, ServerPromise))


def _as_kept(found: BucketAtRest, promise: ServerPromise | Unseen) -> BucketAtRest:
    """What a compatible server makes of its setting. Raises Undecided where nobody knows."""
    if isinstance(promise, Unseen):
        raise Undecided(Reason.NOT_OBSERVED, "which server this is, and whether it encrypts what it says to encrypt")
    keeps = promise.own_key if found.level is KeyLevel.PROVIDER else promise.named_key
    if keeps is Keeps.YES:
        return found
    if keeps is Keeps.NO:
        return replace(found, level=KeyLevel.NONE, not_kept=promise.name)
    raise Undecided(Reason.NOT_OBSERVED, f"whether {promise.name or 'this server'} encrypts what it says to encrypt")


@derive_from_places(reads=(BucketAtRest, BucketKeys, BucketOwner, Declared), yields=KeyHolding)
def key_holding(rows: Rows) -> KeyHolding:
    """Who holds the key, as far as the data asks for it. A key that the key service did not tell of is nobody's yet.

    Raises Undecided where sensitive data has a key whose holder is not known.
    """
    at_rest, need = needed(rows, BucketAtRest), needed(rows, Declared).key_need
    if at_rest.level is not KeyLevel.CUSTOMER:
        holder = KeyHolder.NOBODY if at_rest.level is KeyLevel.NONE else KeyHolder.PROVIDER
        return _holding(at_rest, at_rest.level, holder, need)
    if not at_rest.sensitivity.is_sensitive and need is KeyNeed.BY_TIER:
        return _holding(at_rest, at_rest.level, KeyHolder.NOT_ASKED, need)
    if is_compatible(rows):
        raise Undecided(Reason.NOT_OBSERVED, "whose the key service of this server is, and whether it is used at all")
    keys = [_level_of(key, ours_of(rows)) for key in needed(rows, BucketKeys).keys]
    if not keys:
        raise Undecided(Reason.INCONSISTENT, "the configuration names a key, and the key service was asked of none")
    level, holder = min(keys, key=lambda pair: (pair[1] is KeyHolder.CITY, pair[0]))
    return _holding(at_rest, level, holder, need)


def _level_of(key: BucketKey, ours: Ours) -> tuple[KeyLevel, KeyHolder]:
    """Raises Undecided for a key of which too little was told."""
    account = account_of(key)
    if account and ours.accounts and account not in ours.accounts:
        return KeyLevel.CUSTOMER, KeyHolder.STRANGER
    if key.state is PartState.UNSEEN:
        raise Undecided(reason_of(key.reason), key.detail or f"the key {key.named}")
    if key.manager == "AWS":
        return KeyLevel.PROVIDER_KMS, KeyHolder.PROVIDER
    if key.manager != "CUSTOMER" or not ours.accounts:
        raise Undecided(Reason.NOT_OBSERVED, f"whether the account {account} of the key {key.named} is the city's own")
    return KeyLevel.OWN_STORE if key.origin in OWN_STORES and key.key_store else KeyLevel.CUSTOMER, KeyHolder.CITY


def account_of(key: BucketKey) -> str:
    """The resolved account, else the one in the key's own name. "": not known."""
    return key.account or key.account_from_name


def _holding(at_rest: BucketAtRest, level: KeyLevel, holder: KeyHolder, need: KeyNeed) -> KeyHolding:
    return KeyHolding(
        observed_at=at_rest.observed_at,
        level=level,
        holder=holder,
        algorithm=at_rest.algorithm,
        key_id=at_rest.key_id,
        sensitivity=at_rest.sensitivity,
        need=need,
    )


def _at_rest(
    encryption: BucketEncryption, declared: Declared, level: KeyLevel, rule: EncryptionRule | None
) -> BucketAtRest:
    return BucketAtRest(
        observed_at=encryption.observed_at,
        level=level,
        algorithm=(rule.algorithm or "") if rule else "",
        key_id=rule.key_id if rule else None,
        sensitivity=declared.sensitivity,
    )


def _level(rule: EncryptionRule) -> KeyLevel:
    if rule.algorithm == "AES256":
        return KeyLevel.PROVIDER
    if rule.algorithm not in KMS:
        raise Undecided(Reason.MALFORMED, f"the algorithm {rule.algorithm!r} is not one that this version knows")
    if rule.key_id is None or rule.key_id.rpartition(":")[2].startswith(PROVIDERS_ALIAS):
        return KeyLevel.PROVIDER_KMS
    return KeyLevel.CUSTOMER


DERIVATIONS = (bucket_at_rest, key_holding)
