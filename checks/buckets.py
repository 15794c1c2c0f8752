"""Storage buckets and the public: by policy, by list, by an access point, and what one switch alone holds back."""

from __future__ import annotations

from auditor.check import CRITICAL, HIGH, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.storage_concluded import DoorsPublic, LatentPublic
from auditor.facts.storage_exposure import (
    CHANGES,
    AccessClass,
    AclExposure,
    AclState,
    PolicyExposure,
    PolicyState,
    PublicAccess,
    PublicGrant,
)
from auditor.model import Evidence, Verdict
from checks.concluded import SHOWN, verdict

DECLARED_PUBLIC = "declared public in the inventory"
NOT_DECLARED_PUBLIC = "not declared public, so that any access of the public is judged as a fault of its own"
NOT_PUBLIC = {
    PolicyState.NO_POLICY: "The bucket has no policy.",
    PolicyState.NOT_PUBLIC: "The policy lets nobody of the public in.",
    PolicyState.GUARDED: "A Deny in the policy holds back every statement that would let the public in.",
    PolicyState.LIMITED: "A condition holds back every statement that would let the public in.",
    PolicyState.RESTRICTED: "RestrictPublicBuckets holds back the statements that would let the public in.",
}
NOT_LISTED = {
    AclState.LISTS_OFF: "Access control lists are turned off.",
    AclState.IGNORED: "Public grants in access control lists are ignored.",
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

    By the policy, the public access blocks (the account's is told as its organisation's S3 policy leaves it) and access
    points. A resource control policy of the organisation may refuse it all the same: a member account cannot read one.

    Why: Anybody on the Internet can get at what is stored there, without a password, and nobody would notice.
    Fix: Remove the statement from the bucket policy or name the accounts that may pass, and block public access:
    `aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`. A bucket that
    is meant to be public is declared with `intended_public: true` in the inventory.
    """
    if facts.intended_public:
        return not_applicable(DECLARED_PUBLIC)
    word = _disagreement(facts)
    if facts.state is not PolicyState.PUBLIC:
        return passed(NOT_PUBLIC[facts.state], *word)
    return failed("The bucket policy lets the public in.", *_rows(facts.grants, "no grant to the public"), *word)


@check(
    "bucket-public-write",
    reads=PublicAccess,
    severity=CRITICAL,
    effort=1,
    controls=("AWS FSBP S3.3", "NIST SP 800-53r5 AC-3", "NIST SP 800-53r5 SI-7"),
)
def public_write(facts: PublicAccess) -> Verdict:
    """The bucket's policy lets the public change or delete what is stored.

    Why: Strangers can replace the city's files, plant malware on its pages or delete records, even where reading is
    meant to be open to all.
    Fix: Take s3:Put*, s3:Delete*, s3:* and the like out of the statement whose Principal is "*", with
    `aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json`.
    """
    grants = _changing(facts.grants)
    if not grants:
        return passed("The policy lets nobody of the public change anything.")
    return failed(
        "The bucket policy lets the public change what is stored.", *_rows(grants, "no writing by the public")
    )


@check(
    "bucket-public-list",
    reads=PublicAccess,
    severity=MEDIUM,
    effort=1,
    controls=("AWS FSBP S3.2", "NIST SP 800-53r5 AC-3"),
)
def public_list(facts: PublicAccess) -> Verdict:
    """The policy of a bucket that is meant to be public lets everybody list all that lies in it.

    Why: Files that are linked nowhere, left by mistake or not yet released are found by whoever asks for the list.
    Fix: Take s3:ListBucket, s3:ListBucketVersions, s3:List* and s3:* out of the statement whose Principal is "*" and
    leave s3:GetObject, with `aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json`.
    """
    return _listing(facts.grants, intended=facts.intended_public, where="policy")


@check(
    "bucket-public-acl",
    reads=AclExposure,
    severity=CRITICAL,
    effort=1,
    controls=("AWS FSBP S3.2", "AWS FSBP S3.12", "NIST SP 800-53r5 AC-3"),
)
def public_acl(facts: AclExposure) -> Verdict:
    """The bucket's access control list lets the public in.

    Unknown while lists count and the bucket's own is clean: each object has one of its own, which nobody reads. With
    lists turned off, or public ones ignored, it is settled.

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
    "bucket-acl-public-list",
    reads=AclExposure,
    severity=MEDIUM,
    effort=1,
    controls=("AWS FSBP S3.2", "AWS FSBP S3.12", "NIST SP 800-53r5 AC-3"),
)
def acl_public_list(facts: AclExposure) -> Verdict:
    """The access control list of a bucket that is meant to be public lets everybody list all that lies in it.

    Why: Files that are linked nowhere, left by mistake or not yet released are found by whoever asks for the list.
    Fix: `aws s3api put-bucket-acl --bucket BUCKET --acl private`, and let the public read by a bucket policy with
    s3:GetObject alone.
    """
    grants = facts.grants if facts.state is AclState.PUBLIC else ()
    return _listing(grants, intended=facts.intended_public, where="access control list")


@check(
    "bucket-public-latent",
    reads=LatentPublic,
    severity=MEDIUM,
    effort=1,
    controls=("AWS FSBP S3.2", "NIST SP 800-53r5 AC-6"),
)
def public_latent(facts: LatentPublic) -> Verdict:
    """One setting alone keeps the public out of the bucket.

    Why: The policy or the list already lets everybody in; whoever changes that one setting opens the bucket without
    meaning to.
    Fix: Take the statement out of the bucket policy, or name in it who may pass: a fixed account, organisation
    (`aws:PrincipalOrgID` with the organisation's id, not a variable), network or VPC. Take the grant out of the list
    with `aws s3api put-bucket-acl --bucket BUCKET --acl private`.
    """
    return verdict(
        facts,
        good="Nothing in the policy or the list waits to let the public in.",
        bad="The public is let in, but for one setting that holds it back.",
        wanted="no statement and no grant that lets the public in",
    )


@check(
    "bucket-access-point-public",
    reads=DoorsPublic,
    severity=HIGH,
    effort=1,
    controls=("AWS FSBP S3.19", "NIST SP 800-53r5 AC-3"),
)
def access_point_public(facts: DoorsPublic) -> Verdict:
    """An access point's policy lets the public in.

    High, and not critical: the bucket's own policy has to agree. Where it leaves the decision to the access points,
    bucket-public-policy fails too.

    Why: An access point is a further door to the same files, with a policy that few people look at.
    Fix: Remove the statement: `aws s3control delete-access-point-policy --account-id ACCOUNT --name NAME`, or write one
    that names who may pass with `put-access-point-policy`. The public access block of an access point cannot be changed
    later: make a new one with all four flags on.
    """
    return verdict(
        facts,
        good="No access point of the bucket's own account lets the public in.",
        bad="The policy of an access point lets the public in.",
        wanted="no grant to the public",
    )


def _listing(grants: tuple[PublicGrant, ...], *, intended: bool, where: str) -> Verdict:
    if not intended:
        return not_applicable(NOT_DECLARED_PUBLIC)
    listing = tuple(grant for grant in grants if AccessClass.LIST in grant.access)
    if not listing:
        return passed(f"The {where} lets nobody of the public list what lies in the bucket.")
    return failed(f"The {where} lets the public list what lies in the bucket.", *_rows(listing, "no listing"))


def _changing(grants: tuple[PublicGrant, ...]) -> tuple[PublicGrant, ...]:
    return tuple(grant for grant in grants if grant.access & CHANGES)


def _rows(grants: tuple[PublicGrant, ...], wanted: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(grant.where, f"the public may {', '.join(sorted(grant.access))}", wanted) for grant in grants[:SHOWN]
    )


def _disagreement(facts: PolicyExposure) -> tuple[Evidence, ...]:
    """What the provider says that this program does not: never hidden."""
    if not facts.disagreement:
        return ()
    return (Evidence("GetBucketPolicyStatus", facts.disagreement, "both of one mind"),)


CHECKS = (
    public_policy,
    public_write,
    public_list,
    public_acl,
    acl_public_write,
    acl_public_list,
    public_latent,
    access_point_public,
)
