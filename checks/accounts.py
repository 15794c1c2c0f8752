"""Accounts at the storage provider: what holds for every bucket in them."""

from __future__ import annotations

from auditor.check import HIGH, check
from auditor.facts.storage_concluded import AccountUnblocked
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


CHECKS = (public_access_unblocked,)
