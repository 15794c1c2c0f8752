"""Storage buckets at rest: whether and with whose key they are encrypted, and how that key is cared for."""

from __future__ import annotations

from auditor.check import CRITICAL, HIGH, LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.storage_at_rest import BucketAtRest, KeyHolder, KeyHolding, KeyLevel
from auditor.facts.storage_concluded import (
    CallersKeys,
    KeysForeign,
    KeysGranted,
    KeysInProvidersStore,
    KeysShared,
    KeysStill,
    KeysUnusable,
)
from auditor.model import Evidence, KeyNeed, Verdict
from checks.concluded import verdict

KEYS = {
    KeyLevel.NONE: "no encryption",
    KeyLevel.PROVIDER: "a key of the storage provider",
    KeyLevel.PROVIDER_KMS: "a key that the provider's key service manages",
    KeyLevel.CUSTOMER: "a key named in the bucket's configuration",
    KeyLevel.OWN_STORE: "a key in a key store of the city's own",
}
WANTED = "aws:kms or AES256, and obeyed"


@check(
    "bucket-no-customer-key",
    reads=KeyHolding,
    severity=HIGH,
    effort=3,
    controls=("AWS FSBP S3.17", "NIST SP 800-53r5 SC-12", "NIST SP 800-53r5 SC-28"),
)
def no_customer_key(facts: KeyHolding) -> Verdict:
    """Sensitive data is encrypted with a key that the city does not hold.

    A pass takes the key service's own word for the key's account. Where it may not be asked, nobody knows whose it is.
    What is judged is the default: whoever writes an object may ask for another kind of key with it, unless the bucket's
    policy forbids that.

    Why: With a key of its own the city decides who can read the data, sees every use of the key, and can take it away;
    with the provider's key anyone whom the provider or a wrong setting lets in reads everything.
    Fix: Make a key in the city's own account, then `aws s3api put-bucket-encryption --bucket BUCKET
    --server-side-encryption-configuration
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"KEY-ARN"}}]}'`, and
    copy the objects onto themselves so that old ones use it too.
    """
    if not facts.sensitivity.is_sensitive and facts.need is KeyNeed.BY_TIER:
        return not_applicable("the data is neither confidential nor restricted")
    row = Evidence("default encryption", _seen(facts), "aws:kms with a key of the city's own")
    if facts.holder is KeyHolder.CITY:
        return passed("By default new objects are encrypted with a key of the city's own account.", row)
    if facts.holder is KeyHolder.STRANGER:
        return failed("By default new objects get a key of an account that is not the city's own.", row)
    return failed(f"By default new objects get {KEYS[facts.level]}.", row)


@check(
    "bucket-not-encrypted",
    reads=BucketAtRest,
    severity=HIGH,
    effort=1,
    controls=("NIST SP 800-53r5 SC-28", "CIS AWS Foundations 5.0 2.1"),
)
def not_encrypted(facts: BucketAtRest) -> Verdict:
    """The bucket does not encrypt new objects by default.

    Why: Whoever gets hold of a disk or a backup of the storage server reads the files.
    Fix: Turn on default encryption: `aws s3api put-bucket-encryption --endpoint-url SERVER --bucket BUCKET
    --server-side-encryption-configuration
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"}}]}'`; if the server has no such setting,
    encrypt its disks and declare it, or move the data.
    """
    if facts.not_kept:
        seen = f"{facts.algorithm}, which {facts.not_kept} stores and does not obey"
        return failed(
            "The server does not encrypt what it says to encrypt.", Evidence("default encryption", seen, WANTED)
        )
    if facts.level is KeyLevel.NONE:
        return failed("No default encryption.", Evidence("default encryption", "none configured", WANTED))
    return passed("New objects are encrypted by default.")


@check(
    "bucket-key-foreign",
    reads=KeysForeign,
    severity=CRITICAL,
    effort=3,
    controls=("NIST SP 800-53r5 SC-12", "NIST SP 800-53r5 SA-9"),
)
def key_foreign(facts: KeysForeign) -> Verdict:
    """The key of new objects belongs to an account that is not the city's own.

    Why: Whoever holds the key decides whether the city can read its own files, and may take the key away at any time.
    Fix: Make a key in the city's account (`aws kms create-key`), name its ARN with `aws s3api put-bucket-encryption`,
    and copy the objects onto themselves while the old key still works. If the account is the city's, list it under
    `scope.aws_accounts` in the inventory.
    """
    return verdict(
        facts,
        good="No key of another's account encrypts new objects.",
        bad="A key of another's account encrypts new objects.",
        wanted="a key of the city's own account",
    )


@check(
    "bucket-key-store-not-own",
    reads=KeysInProvidersStore,
    severity=HIGH,
    effort=5,
    controls=("NIST SP 800-53r5 SC-12", "NIST SP 800-53r5 SC-28"),
)
def key_store_not_own(facts: KeysInProvidersStore) -> Verdict:
    """Data that must have its key in a key store of the city's own has it in the provider's.

    Asked where the inventory says `key: own-store` of a data class. A CloudHSM cluster of the city's counts as well as
    a store outside the provider (XKS).

    Why: The promise for this data is that the provider alone cannot use the key, not even when it is made to.
    Fix: In the KMS console choose "Custom key stores" and connect one (`aws kms create-custom-key-store`, then
    `aws kms connect-custom-key-store --custom-key-store-id ID`). Make a key in it with `aws kms create-key --origin
    EXTERNAL_KEY_STORE --custom-key-store-id ID --xks-key-id KEY` (a cluster: `--origin AWS_CLOUDHSM`, without a key
    id), name it with `aws s3api put-bucket-encryption`, and copy the objects onto themselves.
    """
    return verdict(
        facts,
        good="Every key that new objects get lies in a key store of the city's own.",
        bad="New objects get a key that lies in no key store of the city's own.",
        wanted="a key of the origin EXTERNAL_KEY_STORE or AWS_CLOUDHSM, in the city's account",
    )


@check(
    "bucket-key-unusable",
    reads=KeysUnusable,
    severity=HIGH,
    effort=1,
    controls=("AWS FSBP KMS.3", "NIST SP 800-53r5 SC-12"),
)
def key_unusable(facts: KeysUnusable) -> Verdict:
    """The key of new objects is disabled or about to be deleted.

    Why: Without the key nobody reads the files any more; once it is deleted they are lost for ever.
    Fix: `aws kms cancel-key-deletion --key-id KEY`, then `aws kms enable-key --key-id KEY`. If the key is to go, give
    the bucket another one and copy the objects onto themselves first.
    """
    return verdict(
        facts,
        good="Every key that new objects need can be used.",
        bad="A key that new objects need cannot be used for long.",
        wanted="Enabled",
    )


@check(
    "bucket-key-still",
    reads=KeysStill,
    severity=LOW,
    effort=1,
    controls=("AWS FSBP KMS.4", "CIS AWS Foundations 5.0 3.6", "NIST SP 800-53r5 SC-12"),
)
def key_still(facts: KeysStill) -> Verdict:
    """The key of new objects is never renewed.

    Keys whose material was imported, or lies in a key store of the city's own, cannot renew themselves: no fault here.

    Why: The longer one key is used, the more lies open when it leaks.
    Fix: `aws kms enable-key-rotation --key-id KEY`: the material is renewed every year, and nothing needs to be
    encrypted again.
    """
    return verdict(
        facts,
        good="Every key of the city's own that new objects get is renewed, where its kind can be.",
        bad="A key is never renewed.",
        wanted="rotation on",
    )


@check(
    "bucket-key-shared",
    reads=KeysShared,
    severity=CRITICAL,
    effort=1,
    controls=("AWS FSBP KMS.5", "NIST SP 800-53r5 SC-12", "NIST SP 800-53r5 AC-3"),
)
def key_shared(facts: KeysShared) -> Verdict:
    """The policy of the key of new objects lets outsiders use it.

    Why: Whoever may use the key can read what it encrypts, as soon as one copy of the files leaves the bucket.
    Fix: Take the outside principal out of the key policy: `aws kms get-key-policy --key-id KEY --policy-name default`,
    then `aws kms put-key-policy` with what is left.
    """
    return verdict(
        facts,
        good="No key policy lets anybody outside use the key.",
        bad="A key policy lets outsiders use the key.",
        wanted="principals of the city's own accounts",
    )


@check(
    "bucket-key-granted",
    reads=KeysGranted,
    severity=CRITICAL,
    effort=1,
    controls=("NIST SP 800-53r5 SC-12", "NIST SP 800-53r5 AC-3"),
)
def key_granted(facts: KeysGranted) -> Verdict:
    """A grant lets outsiders use the key of new objects.

    Why: A grant is as good as a line in the key policy, and no policy shows it: whoever has one can read what the key
    encrypts, as soon as one copy of the files leaves the bucket.
    Fix: See whose it is and what for: `aws kms list-grants --key-id KEY`. What nobody needs: `aws kms revoke-grant
    --key-id KEY --grant-id GRANT`. An account that is the city's own belongs to `scope.aws_accounts` in the inventory,
    one with an agreement to `vendors`.
    """
    return verdict(
        facts,
        good="No grant lets anybody outside use a key that new objects get.",
        bad="A grant lets outsiders use the key.",
        wanted="grants to principals of the city's own accounts",
    )


@check(
    "bucket-callers-key",
    reads=CallersKeys,
    severity=MEDIUM,
    effort=1,
    controls=("NIST SP 800-53r5 SC-12",),
)
def callers_key(facts: CallersKeys) -> Verdict:
    """Whoever writes into the bucket may bring a key that the city never sees (SSE-C).

    Why: Files that a stranger's program encrypts so are lost when the key is; blackmailers lock whole buckets so.
    Fix: In the S3 console open the bucket, "Properties", "Default encryption", "Edit", and block SSE-C; or `aws s3api
    put-bucket-encryption --bucket BUCKET --server-side-encryption-configuration
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"KEY-ARN"},
    "BlockedEncryptionTypes":{"EncryptionType":["SSE-C"]}}]}'`.
    """
    return verdict(
        facts,
        good="Objects with a key that the caller brings are refused.",
        bad="Objects with a key that the caller brings are accepted.",
        wanted="SSE-C among the blocked types",
    )


def _seen(facts: KeyHolding) -> str:
    return f"{facts.algorithm or 'none'}{f' with {facts.key_id}' if facts.key_id else ''}: {KEYS[facts.level]}"


CHECKS = (
    no_customer_key,
    not_encrypted,
    key_foreign,
    key_store_not_own,
    key_unusable,
    key_still,
    key_shared,
    key_granted,
    callers_key,
)
