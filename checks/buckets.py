"""Storage buckets: who gets at them, over what, and whose key encrypts them. Knows facts only."""

from __future__ import annotations

from auditor.check import CRITICAL, HIGH, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.storage import (
    CHANGES,
    AclExposure,
    AclState,
    BucketAtRest,
    Coverage,
    KeyLevel,
    PolicyExposure,
    PolicyState,
    PublicGrant,
    TlsOnlyRule,
)
from auditor.model import Evidence, Verdict

SHOWN = 5  # grants or gaps in the evidence; more would say the same
DECLARED_PUBLIC = "declared public in the inventory"
NOT_PUBLIC = {
    PolicyState.NO_POLICY: "The bucket has no policy.",
    PolicyState.NOT_PUBLIC: "The policy lets nobody of the public in.",
    PolicyState.GUARDED: "A Deny in the policy holds back every statement that would let the public in.",
    PolicyState.RESTRICTED: "RestrictPublicBuckets holds back the statements that would let the public in.",
}
NOT_LISTED = {
    AclState.LISTS_OFF: "Access control lists are turned off.",
    AclState.IGNORED: "Public grants in access control lists are ignored.",
}
KEYS = {
    KeyLevel.NONE: "no encryption by default",
    KeyLevel.PROVIDER: "a key of the storage provider",
    KeyLevel.PROVIDER_KMS: "a key that the provider's key service manages",
    KeyLevel.CUSTOMER: "a key named in the bucket's configuration",
}


@check(
    "bucket-public-policy",
    reads=PolicyExposure,
    severity=CRITICAL,
    effort=1,
    controls=("AWS FSBP S3.2", "NIST SP 800-53r5 AC-3", "NIST SP 800-53r5 AC-6"),
)
def public_policy(facts: PolicyExposure) -> Verdict:
    """The bucket's policy lets the public in.

    Why: Anybody on the Internet can get at what is stored there, without a password, and nobody would notice.
    Fix: Remove the statement from the bucket policy or name the accounts that may pass, and block public access:
    `aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`. A bucket that
    is meant to be public is declared with `intended_public: true` in the inventory.
    """
    if facts.intended_public:
        return not_applicable(DECLARED_PUBLIC)
    if facts.state is not PolicyState.PUBLIC:
        return passed(NOT_PUBLIC[facts.state])
    return failed("The bucket policy lets the public in.", *_rows(facts.grants, "no grant to the public"))


@check(
    "bucket-public-write",
    reads=PolicyExposure,
    severity=CRITICAL,
    effort=1,
    controls=("AWS FSBP S3.3", "NIST SP 800-53r5 AC-3", "NIST SP 800-53r5 SI-7"),
)
def public_write(facts: PolicyExposure) -> Verdict:
    """The bucket's policy lets the public change or delete what is stored.

    Why: Strangers can replace the city's files, plant malware on its pages or delete records, even where reading is
    meant to be open to all.
    Fix: Take s3:Put*, s3:Delete*, s3:* and the like out of the statement whose Principal is "*", with
    `aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json`.
    """
    grants = _changing(facts.grants) if facts.state is PolicyState.PUBLIC else ()
    if not grants:
        return passed("The policy lets nobody of the public change anything.")
    return failed(
        "The bucket policy lets the public change what is stored.", *_rows(grants, "no writing by the public")
    )


@check(
    "bucket-public-acl",
    reads=AclExposure,
    severity=CRITICAL,
    effort=1,
    controls=("AWS FSBP S3.2", "AWS FSBP S3.12", "NIST SP 800-53r5 AC-3"),
)
def public_acl(facts: AclExposure) -> Verdict:
    """The bucket's access control list lets the public in.

    Why: Access control lists are an old second door beside the policy; this one stands open to everybody, or to
    everybody with an account at the provider, which anyone can open.
    Fix: Turn the lists off: `aws s3api put-bucket-ownership-controls --bucket BUCKET --ownership-controls
    'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'`, after `aws s3api put-bucket-acl --bucket BUCKET --acl private`.
    """
    if facts.intended_public:
        return not_applicable(DECLARED_PUBLIC)
    if facts.state is not AclState.PUBLIC:
        return passed(NOT_LISTED[facts.state])
    return failed("The access control list lets the public in.", *_rows(facts.grants, "no grant to a public group"))


@check(
    "bucket-acl-public-write",
    reads=AclExposure,
    severity=CRITICAL,
    effort=1,
    controls=("AWS FSBP S3.3", "AWS FSBP S3.12", "NIST SP 800-53r5 AC-3"),
)
def acl_public_write(facts: AclExposure) -> Verdict:
    """The bucket's access control list lets the public change or delete what is stored.

    Why: Strangers can replace or delete the city's files, even where reading is meant to be open to all.
    Fix: `aws s3api put-bucket-acl --bucket BUCKET --acl private`, then turn the lists off:
    `aws s3api put-bucket-ownership-controls --bucket BUCKET --ownership-controls
    'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'`.
    """
    grants = _changing(facts.grants) if facts.state is AclState.PUBLIC else ()
    if not grants:
        return passed("No access control list lets the public change anything.")
    return failed("The list lets the public change what is stored.", *_rows(grants, "no writing by the public"))


@check(
    "bucket-plain-http",
    reads=TlsOnlyRule,
    severity=MEDIUM,
    effort=1,
    controls=("AWS FSBP S3.5", "CIS AWS Foundations 5.0 2.1.1", "NIST SP 800-53r5 SC-8"),
)
def plain_http(facts: TlsOnlyRule) -> Verdict:
    """The bucket accepts requests without TLS.

    Medium, and not high: the provider's clients use HTTPS unless told otherwise, so what is missed is the rule that
    makes it sure, for every request (a partial rule misses it too).

    Why: A program that is set up wrongly would send residents' data readable over the network, and the bucket would
    answer it.
    Fix: Add a statement to the bucket policy: "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": the
    bucket's ARN and the same with "/*", "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}.
    """
    if facts.coverage is Coverage.FULL:
        return passed("The policy denies every request without TLS.")
    rows = (Evidence("bucket policy", left, "a Deny without TLS for everybody and everything") for left in facts.left)
    summary = "in part only" if facts.coverage is Coverage.PARTIAL else "not at all"
    return failed(f"Requests without TLS are denied {summary}.", *tuple(rows)[:SHOWN])


@check(
    "bucket-no-customer-key",
    reads=BucketAtRest,
    severity=HIGH,
    effort=3,
    controls=("AWS FSBP S3.17", "NIST SP 800-53r5 SC-12", "NIST SP 800-53r5 SC-28"),
)
def no_customer_key(facts: BucketAtRest) -> Verdict:
    """Sensitive data is encrypted with a key that the city does not hold.

    Judged from the bucket's configuration alone: that the named key exists, works and belongs to the city is not looked
    at here.

    Why: With a key of its own the city decides who can read the data, sees every use of the key, and can take it away;
    with the provider's key anyone whom the provider or a wrong setting lets in reads everything.
    Fix: Make a key in the city's own account, then `aws s3api put-bucket-encryption --bucket BUCKET
    --server-side-encryption-configuration
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"KEY-ARN"}}]}'`, and
    copy the objects onto themselves so that old ones use it too.
    """
    if not facts.sensitivity.is_sensitive:
        return not_applicable("the data is neither confidential nor restricted")
    row = Evidence("default encryption", _seen(facts), "aws:kms with a key of the city's own")
    if facts.level < KeyLevel.CUSTOMER:
        return failed(f"New objects get {KEYS[facts.level]}.", row)
    unread = Evidence("key service", "not asked: owner, state and policy of the key", "a key of the city's own account")
    return passed("New objects are encrypted with a key that the bucket's configuration names.", row, unread)


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
    if facts.level is KeyLevel.NONE:
        return failed("No default encryption.", Evidence("default encryption", "none configured", "aws:kms or AES256"))
    return passed("New objects are encrypted by default.")


def _changing(grants: tuple[PublicGrant, ...]) -> tuple[PublicGrant, ...]:
    return tuple(grant for grant in grants if grant.access & CHANGES)


def _rows(grants: tuple[PublicGrant, ...], wanted: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(grant.where, f"the public may {', '.join(sorted(grant.access))}", wanted) for grant in grants[:SHOWN]
    )


def _seen(facts: BucketAtRest) -> str:
    return f"{facts.algorithm or 'none'}{f' with {facts.key_id}' if facts.key_id else ''}: {KEYS[facts.level]}"


CHECKS = (
    public_policy,
    public_write,
    public_acl,
    acl_public_write,
    plain_http,
    no_customer_key,
    not_encrypted,
)
