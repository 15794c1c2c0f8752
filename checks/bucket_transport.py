"""Storage buckets in transit: requests without TLS, and website endpoints."""

from __future__ import annotations

from auditor.check import HIGH, MEDIUM, check, failed, passed
from auditor.facts.storage_concluded import WebsiteServed
from auditor.facts.storage_exposure import Coverage, TlsOnlyRule
from auditor.model import Evidence, Verdict
from checks.concluded import SHOWN, verdict


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
    bucket's ARN and the same with "/*", "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}. In the S3
    console open the bucket, "Permissions", "Bucket policy", "Edit"; or `aws s3api get-bucket-policy --bucket BUCKET
    --query Policy --output text`, then `aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json`.
    """
    if facts.coverage is Coverage.FULL:
        return passed("The policy denies every request without TLS.")
    rows = (Evidence("bucket policy", left, "a Deny without TLS for everybody and everything") for left in facts.left)
    is_partial = facts.coverage is Coverage.PARTIAL
    summary = (
        "The policy denies only some requests without TLS." if is_partial else "Nothing denies requests without TLS."
    )
    return failed(summary, *tuple(rows)[:SHOWN])


@check(
    "bucket-website-plain",
    reads=WebsiteServed,
    severity=HIGH,
    effort=2,
    controls=("NIST SP 800-53r5 SC-8",),
)
def website_plain(facts: WebsiteServed) -> Verdict:
    """The bucket serves data that is not public as a website, which speaks plain HTTP only.

    Why: Amazon's website endpoints know no TLS: everybody on the way reads and can change what is sent.
    Fix: `aws s3api delete-bucket-website --bucket BUCKET`, and serve the pages through CloudFront with an origin access
    control and a certificate of the city's own name.
    """
    return verdict(
        facts,
        good="No website endpoint serves the bucket's files.",
        bad="A website endpoint serves the bucket over plain HTTP.",
        wanted="no website endpoint",
    )


CHECKS = (plain_http, website_plain)
