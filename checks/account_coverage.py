"""Accounts of a cloud: is everything in them judged? Knows facts only."""

from __future__ import annotations

from auditor.check import MEDIUM, check, failed, passed
from auditor.facts.storage_account import AccountCoverage
from auditor.facts.storage_concluded import AccessGrantsUnread
from auditor.model import Evidence, Verdict
from checks.concluded import verdict

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


@check(
    "account-access-grants-unread",
    reads=AccessGrantsUnread,
    severity=MEDIUM,
    effort=2,
    controls=("NIST SP 800-53r5 CA-7", "NIST SP 800-53r5 AC-3"),
)
def access_grants_unread(facts: AccessGrantsUnread) -> Verdict:
    """The account lets people into buckets by S3 Access Grants, which this program does not read.

    Asked for where the account has buckets, where its profile points, and in the `regions` of the inventory.

    Why: Whom these grants let in stands in no bucket's policy: people of the directory, and programs of other accounts.
    The checks of the buckets know nothing of them.
    Fix: Read them: `aws s3control list-access-grants --account-id ACCOUNT --region REGION`, and whom the instance is
    shared with: `aws s3control get-access-grants-instance-resource-policy --account-id ACCOUNT --region REGION`. Take
    back what nobody needs with `aws s3control delete-access-grant --account-id ACCOUNT --access-grant-id GRANT`. Where
    they are meant to be there, record who looks at them in a waiver.
    """
    return verdict(
        facts,
        good="No instance of S3 Access Grants was found.",
        bad="Grants of S3 Access Grants were not read.",
        wanted="none, or somebody who reads them",
    )


CHECKS = (buckets_unjudged, access_grants_unread)
