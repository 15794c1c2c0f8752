"""Whose key encrypts a bucket's new objects, as far as its configuration says. Pure; asks no key service."""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts import Declared
from auditor.facts.storage import BucketAtRest, BucketEncryption, EncryptionRule, KeyLevel, ServerKind
from auditor.model import Reason

KMS = frozenset({"aws:kms", "aws:kms:dsse"})
PROVIDERS_ALIAS = "alias/aws/"  # aliases that AWS reserves for the keys that it manages itself


@derive(reads=(BucketEncryption, Declared), yields=BucketAtRest)
def bucket_at_rest(encryption: BucketEncryption, declared: Declared) -> BucketAtRest:
    """The weakest of all rules. Raises Undecided for an algorithm that this version does not know.

    AWS encrypts every new object since 2023-01-05, so "no default encryption" from AWS is an anomaly and proves
    nothing; a compatible server that says so has none.
    """
    rules = [rule for rule in encryption.rules or () if rule.algorithm is not None]
    if not rules:
        if encryption.server is ServerKind.AWS:
            raise Undecided(Reason.INCONSISTENT, "AWS reports no default encryption, which it applies to every bucket")
        return _at_rest(encryption, declared, KeyLevel.NONE, None)
    weakest = min(rules, key=_level)
    return _at_rest(encryption, declared, _level(weakest), weakest)


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


DERIVATIONS = (bucket_at_rest,)
