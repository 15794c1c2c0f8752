"""How long a bucket keeps what lies in it."""

from __future__ import annotations

from auditor.check import MEDIUM, check
from auditor.facts.storage_concluded import KeptTooLong, LockedTooLong
from auditor.model import Verdict
from checks.concluded import verdict


@check(
    "bucket-kept-too-long",
    reads=KeptTooLong,
    severity=MEDIUM,
    effort=1,
    controls=("AWS FSBP S3.10", "AWS FSBP S3.13", "NIST SP 800-53r5 SI-12"),
)
def kept_too_long(facts: KeptTooLong) -> Verdict:
    """The bucket keeps records longer than the retention schedule allows.

    Days as a current object and days as an older version are added up. Rules for a part of the bucket do not count. A
    rule with a date ahead leaves it open how long what lies there already will have stayed. What Object Lock holds is
    not deleted by any rule; `bucket-locked-too-long` judges the lock of new objects.
    Copies that replication makes elsewhere are not deleted by them: the evidence names where they go, and the bucket
    there is judged where it is listed.

    Why: What was deleted in time cannot leak, be demanded or be lost.
    Fix: `aws s3api put-bucket-lifecycle-configuration --bucket BUCKET --lifecycle-configuration
    '{"Rules":[{"ID":"retention","Status":"Enabled","Filter":{"Prefix":""},"Expiration":{"Days":N},
    "NoncurrentVersionExpiration":{"NoncurrentDays":1},"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":1}}]}'`,
    with N one less than the schedule's days.
    """
    return verdict(
        facts,
        good="Rules for the whole bucket delete everything within the retention schedule.",
        bad="Some of what lies in the bucket stays longer than the schedule allows.",
        wanted="deleted within the schedule's days",
    )


@check(
    "bucket-locked-too-long",
    reads=LockedTooLong,
    severity=MEDIUM,
    effort=3,
    controls=("NIST SP 800-53r5 SI-12",),
)
def locked_too_long(facts: LockedTooLong) -> Verdict:
    """The bucket's default lock keeps objects from being deleted when the retention schedule asks for it.

    Why: The city promised to delete the records by then, and nobody can.
    Fix: `aws s3api put-object-lock-configuration --bucket BUCKET --object-lock-configuration
    '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":N}}}'` with N within the
    schedule. What is locked already stays locked until its own day.
    """
    return verdict(
        facts,
        good="No default lock outlasts the retention schedule.",
        bad="The default lock outlasts the retention schedule.",
        wanted="a lock within the schedule's days",
    )


CHECKS = (kept_too_long, locked_too_long)
