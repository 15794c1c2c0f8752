"""Accounts of a cloud: is everything in them judged? Knows facts only."""

from __future__ import annotations

from auditor.check import MEDIUM, check, failed, passed
from auditor.facts.storage_account import AccountCoverage
from auditor.model import Evidence, Verdict

SHOWN = 5


@check(
    "account-buckets-unjudged",
    reads=AccountCoverage,
    severity=MEDIUM,
    effort=2,
    controls=("NIST SP 800-53r5 CA-7", "NIST SP 800-53r5 CM-8"),
)
def buckets_unjudged(facts: AccountCoverage) -> Verdict:
    """The account holds buckets of a kind that this program does not judge.

    Asked for where the account has buckets of the usual kind, where its profile points, and in the `regions` of the
    inventory: other kinds are listed region by region.

    Why: What nobody looks at may lie open for years. A letter for the rest of the account says nothing about it.
    Fix: List them (`aws s3api list-directory-buckets`, `aws s3tables list-table-buckets`; in the S3 console they stand
    under "Directory buckets" and "Table buckets"), look at the policy and the encryption of each by hand, and remove
    those that nobody needs. Where they are meant to be there, record who
    looks at them in a waiver.
    """
    if not facts.unjudged:
        others = f"; no other kind was found in {', '.join(facts.regions)}" if facts.regions else ""
        return passed(f"All {facts.bucket_count} buckets of the account are listed{others}.")
    rows = [Evidence("buckets that are not judged", words, "none") for words in facts.unjudged[:SHOWN]]
    return failed("The account holds buckets that are not judged.", *rows)


CHECKS = (buckets_unjudged,)
