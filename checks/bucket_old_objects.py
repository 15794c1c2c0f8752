"""Objects that lie in a bucket from before it encrypted by default."""

from __future__ import annotations

from auditor.check import HIGH, PRIVILEGED, check
from auditor.facts.storage_concluded import OldPlaintext
from auditor.model import Verdict
from checks.concluded import verdict


@check(
    "bucket-old-plaintext",
    reads=OldPlaintext,
    severity=HIGH,
    effort=3,
    tier=PRIVILEGED,
    controls=("NIST SP 800-53r5 SC-28",),
)
def old_plaintext(facts: OldPlaintext) -> Verdict:
    """Objects from before 2023 lie in the bucket without encryption.

    Why: Default encryption never touched what lay there already: whoever gets at the provider's disks reads it.
    Fix: Copy each onto itself, which encrypts it: `aws s3 cp s3://BUCKET/ s3://BUCKET/ --recursive --sse aws:kms
    --sse-kms-key-id KEY-ARN`, or an S3 Batch Operations copy job; then delete the old versions.
    """
    return verdict(
        facts,
        good="No object from before 2023 lies there without encryption.",
        bad="Objects from before 2023 lie there without encryption.",
        wanted="encrypted, or gone",
    )


CHECKS = (old_plaintext,)
