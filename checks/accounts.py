"""Accounts at the storage provider: what holds for every bucket in them."""

from __future__ import annotations

from auditor.check import HIGH, check
from auditor.facts.storage_concluded import (
    AccountDoorsForeign,
    AccountDoorsPublic,
    AccountDoorsShared,
    AccountUnblocked,
)
from auditor.model import Verdict
from checks.concluded import verdict


@check(
    "account-public-access-unblocked",
    reads=AccountUnblocked,
    severity=HIGH,
    effort=1,
    controls=("AWS FSBP S3.1", "CIS AWS Foundations 5.0 2.1.4", "NIST SP 800-53r5 AC-3"),
)
def public_access_unblocked(facts: AccountUnblocked) -> Verdict:
    """The account does not block public access to its buckets.

    Why: Every new bucket depends on the care of whoever makes it; one careless policy is enough.
    Fix: `aws s3control put-public-access-block --account-id ACCOUNT --public-access-block-configuration
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`. Buckets that are
    meant to be public belong into an account of their own.
    """
    return verdict(
        facts,
        good="The account blocks public access.",
        bad="The account does not block all public access.",
        wanted="true",
    )


@check(
    "account-access-point-foreign",
    reads=AccountDoorsForeign,
    severity=HIGH,
    effort=2,
    controls=("NIST SP 800-53r5 SA-9", "NIST SP 800-53r5 AC-20"),
)
def access_point_foreign(facts: AccountDoorsForeign) -> Verdict:
    """An access point of the account leads to a bucket of an account that is not the city's own.

    Why: Programs of the city that use it put their files into somebody else's hands, as if they were at home.
    Fix: In the S3 console open "Access Points" and look at the bucket's owner. If the account is the city's, list it
    under `scope.aws_accounts`; if it is a vendor's with an agreement, under `vendors`. Else move the files into the
    city's own bucket, then `aws s3control delete-access-point --account-id ACCOUNT --name NAME`.
    """
    return verdict(
        facts,
        good="No access point of the account leads to a stranger's bucket.",
        bad="An access point leads to a bucket of an account that is not the city's own.",
        wanted="a bucket of the city's own, or of a registered vendor",
    )


@check(
    "account-access-point-public",
    reads=AccountDoorsPublic,
    severity=HIGH,
    effort=1,
    controls=("AWS FSBP S3.19", "AWS FSBP S3.24", "NIST SP 800-53r5 AC-3"),
)
def access_point_public(facts: AccountDoorsPublic) -> Verdict:
    """A multi-region access point, or one to another account's bucket, lets the public in by its policy.

    Why: Then a single policy, that of the bucket behind it, stands between the files and everybody.
    Fix: `aws s3control put-multi-region-access-point-policy --region us-west-2 --account-id ACCOUNT --details
    Name=NAME,Policy=POLICY` with a policy that names who may pass; for others `aws s3control put-access-point-policy
    --account-id ACCOUNT --name NAME --policy POLICY`. The public access block of an access point cannot be changed:
    make it anew with all four settings on.
    """
    return verdict(
        facts,
        good="No such access point lets the public in.",
        bad="The policy of an access point lets the public in.",
        wanted="principals by name",
    )


@check(
    "account-access-point-shared",
    reads=AccountDoorsShared,
    severity=HIGH,
    effort=1,
    controls=("AWS FSBP S3.6", "NIST SP 800-53r5 AC-3"),
)
def access_point_shared(facts: AccountDoorsShared) -> Verdict:
    """A multi-region access point, or one to another account's bucket, lets outsiders in by its policy.

    Why: Nobody who looks at the bucket's own policy sees whom this door was opened for.
    Fix: Read the policy (`aws s3control get-multi-region-access-point-policy --region us-west-2 --account-id ACCOUNT
    --name NAME`; for others `aws s3control get-access-point-policy`), take the outside principal out, and put it back
    with `put-multi-region-access-point-policy` or `put-access-point-policy`. A vendor with an agreement belongs under
    `vendors` in the inventory.
    """
    return verdict(
        facts,
        good="No such access point lets outsiders in.",
        bad="The policy of an access point lets outsiders in.",
        wanted="the city's own, or a registered vendor",
    )


CHECKS = (public_access_unblocked, access_point_foreign, access_point_public, access_point_shared)
