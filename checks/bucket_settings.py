"""Settings of a bucket that guard it before anything happens, and what nobody may read or nobody declared."""

from __future__ import annotations

from auditor.check import LOW, MEDIUM, check, failed, passed
from auditor.facts.storage_concluded import (
    BucketUnblocked,
    ClassUnnamed,
    DoorsUnblocked,
    ListsActive,
    PlacedOutside,
    SettingsHidden,
)
from auditor.facts.storage_flows import BucketLogging
from auditor.model import Evidence, Verdict
from checks.concluded import verdict


@check(
    "bucket-public-access-unblocked",
    reads=BucketUnblocked,
    severity=MEDIUM,
    effort=1,
    controls=("AWS FSBP S3.8", "CIS AWS Foundations 5.0 2.1.4", "NIST SP 800-53r5 AC-3"),
)
def public_access_unblocked(facts: BucketUnblocked) -> Verdict:
    """Nothing keeps a careless change from opening the bucket to the public.

    Why: With the public access block on, a wrong policy or list is refused, or has no effect.
    Fix: `aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`, or the same for the
    whole account.
    """
    return verdict(
        facts,
        good="All four flags of the public access block are on, at the bucket or at its account.",
        bad="The public access block is not whole.",
        wanted="true, at the bucket or at its account",
    )


@check(
    "bucket-access-point-unblocked",
    reads=DoorsUnblocked,
    severity=MEDIUM,
    effort=2,
    controls=("AWS FSBP S3.19", "AWS FSBP S3.24", "NIST SP 800-53r5 AC-3"),
)
def access_point_unblocked(facts: DoorsUnblocked) -> Verdict:
    """An access point on the Internet has no whole public access block.

    Why: A careless policy of the access point would let the public in beside the bucket's own policy.
    Fix: The block of an access point cannot be changed: make a new one with all four flags on
    (`aws s3control create-access-point`) and delete the old one; or block public access for the whole account.
    """
    return verdict(
        facts,
        good="Every access point on the Internet has a whole public access block.",
        bad="An access point has no whole public access block.",
        wanted="all four flags, at the access point, its bucket or its account",
    )


@check(
    "bucket-lists-active",
    reads=ListsActive,
    severity=MEDIUM,
    effort=1,
    controls=("AWS FSBP S3.12", "NIST SP 800-53r5 AC-3"),
)
def lists_active(facts: ListsActive) -> Verdict:
    """Access control lists count beside the bucket policy.

    Why: Every single file has a list of its own that can let others in; no one looks through all of them.
    Fix: `aws s3api put-bucket-acl --bucket BUCKET --acl private`, then `aws s3api put-bucket-ownership-controls
    --bucket BUCKET --ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'`.
    """
    return verdict(
        facts,
        good="Access control lists are turned off.",
        bad="Access control lists count.",
        wanted="BucketOwnerEnforced",
    )


@check(
    "bucket-no-access-log",
    reads=BucketLogging,
    severity=LOW,
    effort=1,
    controls=("AWS FSBP S3.9", "CIS AWS Foundations 5.0 3.8", "NIST SP 800-53r5 AU-2"),
)
def no_access_log(facts: BucketLogging) -> Verdict:
    """The bucket keeps no log of who read what.

    CloudTrail's data events, which serve as well, are not looked at: an accepted risk may name them.

    Why: After a leak nobody could say which files were taken, and whom to tell.
    Fix: `aws s3api put-bucket-logging --bucket BUCKET --bucket-logging-status
    '{"LoggingEnabled":{"TargetBucket":"LOGS","TargetPrefix":"BUCKET/"}}'`, where the policy of LOGS lets
    logging.s3.amazonaws.com put objects (the S3 console adds that by itself: "Properties", "Server access logging",
    "Edit"); or data events of a CloudTrail trail.
    """
    if facts.target is None:
        return failed("No access log is written.", Evidence("server access logging", "off", "a bucket for the log"))
    return passed("Accesses are logged.", Evidence("server access logging", f"to {facts.target}", "a bucket"))


@check(
    "bucket-settings-hidden",
    reads=SettingsHidden,
    severity=MEDIUM,
    effort=1,
    controls=("NIST SP 800-53r5 AU-6", "NIST SP 800-53r5 CA-7"),
)
def settings_hidden(facts: SettingsHidden) -> Verdict:
    """The auditor may not read all security settings of the bucket.

    Why: What may not be read cannot be judged; a policy that denies everybody also blinds those who keep watch.
    Fix: Give the auditor's role the permissions in `docs/permissions.md` (`aws iam attach-role-policy --role-name ROLE
    --policy-arn ARN`), and spare that role in the bucket policy's Deny statements: in the S3 console open the bucket,
    "Permissions", "Bucket policy", "Edit".
    """
    return verdict(
        facts,
        good="Every security setting that is asked for may be read.",
        bad="Some security settings may not be read.",
        wanted="readable by the auditor's role",
    )


@check(
    "bucket-placed-outside",
    reads=PlacedOutside,
    severity=MEDIUM,
    effort=5,
    controls=("NIST SP 800-53r5 SA-9(5)",),
)
def placed_outside(facts: PlacedOutside) -> Verdict:
    """The bucket lies in a country in which the city's data may not lie.

    Why: The law of the place decides who may demand the data.
    Fix: Make a bucket in a region of an allowed country, copy the objects (`aws s3 sync`), and delete the old bucket.
    If the country is allowed, list it under `scope.jurisdictions` in the inventory.
    """
    return verdict(
        facts,
        good="The bucket lies where the city's data may lie.",
        bad="The bucket lies in a country that is not allowed.",
        wanted="a region of an allowed country",
    )


@check(
    "bucket-class-undeclared",
    reads=ClassUnnamed,
    severity=LOW,
    effort=1,
    controls=("NIST SP 800-53r5 RA-2",),
)
def class_undeclared(facts: ClassUnnamed) -> Verdict:
    """Nobody says what kind of data the bucket holds.

    Why: Data that nobody classified is guarded by guesswork; here it is judged like confidential data.
    Fix: Name `data_classes` for the system or the asset in the inventory, or tag the bucket: `aws s3api
    put-bucket-tagging --bucket BUCKET --tagging 'TagSet=[{Key=data-classification,Value=internal}]'`.
    """
    return verdict(
        facts,
        good="The bucket's tag names the kind of data.",
        bad="The kind of data is not declared.",
        wanted="a data class in the inventory, or a tag data-classification",
    )


CHECKS = (
    public_access_unblocked,
    access_point_unblocked,
    lists_active,
    no_access_log,
    settings_hidden,
    placed_outside,
    class_undeclared,
)
