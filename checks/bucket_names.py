"""The rules for names of the city that lead to storage: how one gets there, and whether anything is there."""

from __future__ import annotations

from auditor.check import CRITICAL, HIGH, ONLINE, check, failed, not_applicable, passed
from auditor.facts.bucket_holders import BucketHolding, BucketState, Holder, Holding, NamedBucket, NameHolding
from auditor.facts.names import NameChain
from auditor.model import Evidence, Verdict

SENSITIVE = "the data is sensitive or undeclared, which another check judges"
NOT_SENSITIVE = "the data is neither sensitive nor undeclared, and another check judges it"
NO_STORAGE = "the name leads to no storage provider that is known here"


@check(
    "bucket-name-direct",
    reads=NameChain,
    severity=HIGH,
    tier=ONLINE,
    effort=3,
    controls=("NIST SP 800-53r5 SC-8", "NIST SP 800-52r2 3.2", "OMB M-15-13"),
)
def name_direct(facts: NameChain) -> Verdict:
    """A name of the city leads straight to a bucket, where HTTPS cannot work under that name.

    The providers have no certificate for a name of one's own there: Amazon S3's wildcard does not fit it and its
    website endpoints speak HTTP alone; Azure Storage and Google's c.storage.googleapis.com take custom names over HTTP
    alone.

    Why: Residents reach the page without encryption, or see a warning: everybody on the way reads and changes what they
    load.
    Fix: Put a delivery network in front that holds a certificate for the name: in the CloudFront console "Create
    distribution", the bucket as its origin with an origin access control, the name under "Alternate domain names", a
    certificate of ACM (`aws acm request-certificate --region us-east-1 --domain-name NAME --validation-method DNS`); at
    others Azure Front Door or a Google load balancer. Point the CNAME at it, and close the bucket to others (`aws s3api
    put-public-access-block`).
    """
    if facts.why_not:
        return not_applicable(facts.why_not)
    storage = facts.storage
    if storage is None:
        return not_applicable(NO_STORAGE)
    row = Evidence(f"CNAME of {facts.name}, as {facts.resolver} has it", " → ".join(facts.aliases) or "none", "none")
    if not storage.endpoint.has_https:
        return failed("The name leads to a place of the provider that speaks HTTP alone.", row)
    if storage.is_alias and not storage.endpoint.takes_own_certificate:
        return failed("The name leads straight to a bucket, where no certificate fits it.", row)
    return passed("Where the name leads, HTTPS can work under it.", row)


@check(
    "bucket-name-dangling",
    reads=NamedBucket,
    severity=CRITICAL,
    tier=ONLINE,
    effort=2,
    controls=("NIST SP 800-53r5 CM-8", "NIST SP 800-53r5 SC-20"),
)
def name_dangling(facts: NamedBucket) -> Verdict:
    """A name of the city, or a redirect of its page, leads to a bucket that does not exist.

    Why: Whoever makes a bucket of that name owns the city's page from then on: every visitor gets what they put there,
    under the city's own name or sent on by it, and passwords and forms go to them.
    Fix: Take the CNAME out of the DNS at once (Route 53: `aws route53 change-resource-record-sets`, or "Delete record"
    in its console), or the redirect out of the web server (`grep -rn BUCKET /etc/nginx /etc/apache2`). If the page is
    still wanted, first make the bucket again in the city's own account (`aws s3api create-bucket --bucket NAME --region
    REGION --create-bucket-configuration LocationConstraint=REGION`; in us-east-1 without the last option) and close it,
    then put a delivery network in front.
    """
    if facts.state is None:
        return not_applicable(facts.why_not)
    where = f"redirect of {facts.name}" if facts.url else f"CNAME of {facts.name}"
    row = Evidence(where, facts.url or " → ".join(facts.aliases) or facts.at, "nothing, or a bucket of one's own")
    if facts.state is BucketState.EXISTS:
        return passed("The bucket that the name leads to exists.", row)
    if facts.told_by == "dns":
        return failed("The provider's name that it leads to does not exist.", row)
    asked = Evidence(f"s3:GetBucketLocation of {facts.bucket}", "NoSuchBucket", "any other answer")
    return failed("The bucket that it leads to does not exist.", row, asked)


@check(
    "bucket-name-external",
    reads=NameHolding,
    severity=HIGH,
    tier=ONLINE,
    effort=5,
    controls=("NIST SP 800-53r5 SA-9", "NIST SP 800-53r5 AC-20"),
)
def name_external(facts: NameHolding) -> Verdict:
    """A name of the city, or a redirect of its page, leads to a bucket of somebody without a registered agreement.

    Data that is confidential, restricted or undeclared is another check's: `bucket-name-external-sensitive`.

    Why: Whoever holds the bucket decides what residents get under the city's name, and sees who asks for it. No
    contract binds them.
    Fix: Copy the content into a bucket of the city's own account (`aws s3 sync s3://OLD s3://NEW`) and point the CNAME,
    or the redirect in the web server (`grep -rn OLD /etc/nginx /etc/apache2`), there, through a delivery network (in
    the CloudFront console "Create distribution", with the new bucket as its origin); or register the holder under
    `vendors` in the inventory, with the agreement and its last day.
    """
    if facts.sensitivity.is_sensitive:
        return not_applicable(SENSITIVE)
    return _external(facts)


@check(
    "bucket-name-external-sensitive",
    reads=NameHolding,
    severity=CRITICAL,
    tier=ONLINE,
    effort=5,
    controls=("NIST SP 800-53r5 SA-9", "NIST SP 800-53r5 AC-20"),
)
def name_external_sensitive(facts: NameHolding) -> Verdict:
    """A name or a redirect of a system with sensitive data leads to a bucket of somebody without an agreement.

    Why: Residents' data lies with, or passes through, somebody whom no contract with the city binds. Nobody can say who
    reads it, or make them delete it.
    Fix: Copy the data into a bucket of the city's own account (`aws s3 sync s3://OLD s3://NEW`), point the CNAME, or
    the redirect in the web server (`grep -rn OLD /etc/nginx /etc/apache2`), there, through a delivery network (in the
    CloudFront console "Create distribution"), and have the old bucket deleted; or register the holder under `vendors`
    in the inventory, with an agreement that covers this data and its last day.
    """
    if not facts.sensitivity.is_sensitive:
        return not_applicable(NOT_SENSITIVE)
    return _external(facts)


@check(
    "bucket-external",
    reads=BucketHolding,
    severity=HIGH,
    effort=5,
    controls=("NIST SP 800-53r5 SA-9", "NIST SP 800-53r5 AC-20"),
)
def external(facts: BucketHolding) -> Verdict:
    """The bucket belongs to somebody with whom no agreement is registered.

    Data that is confidential, restricted or undeclared is another check's: `bucket-external-sensitive`.

    Why: Whoever holds the account reads, changes and deletes what lies there, whatever the bucket's settings say. No
    contract binds them.
    Fix: Copy it into a bucket of the city's own account (`aws s3 sync s3://OLD s3://NEW`); or register the holder under
    `vendors` in the inventory, with its account, the agreement and its last day.
    """
    if facts.sensitivity.is_sensitive:
        return not_applicable(SENSITIVE)
    return _external(facts)


@check(
    "bucket-external-sensitive",
    reads=BucketHolding,
    severity=CRITICAL,
    effort=5,
    controls=("NIST SP 800-53r5 SA-9", "NIST SP 800-53r5 AC-20"),
)
def external_sensitive(facts: BucketHolding) -> Verdict:
    """The bucket holds sensitive data, and belongs to somebody with whom no agreement is registered.

    Why: Whoever holds the account reads residents' data, whatever the bucket's settings say, and keeps it as long as
    they like. No contract with the city binds them.
    Fix: Copy it into a bucket of the city's own account (`aws s3 sync s3://OLD s3://NEW`) and have the old one deleted;
    or register the holder under `vendors` in the inventory, with its account, an agreement that covers this data and
    its last day.
    """
    if not facts.sensitivity.is_sensitive:
        return not_applicable(NOT_SENSITIVE)
    return _external(facts)


def _external(facts: Holding) -> Verdict:
    if facts.holder is Holder.NOBODY:
        return not_applicable(facts.why_not)
    row = Evidence(facts.bucket, facts.by or "in no account of the city", "the city's own, or a registered vendor's")
    if facts.holder is not Holder.STRANGER:
        of = "the city" if facts.holder is Holder.CITY else "a vendor whose agreement covers it"
        return passed(f"The bucket belongs to {of}.", row)
    if facts.lapsed:
        entry = Evidence("vendor register", facts.lapsed, "an agreement in force that covers this data")
        return failed("The bucket belongs to somebody whose agreement does not count.", row, entry)
    return failed("The bucket belongs to somebody outside, and no agreement is registered.", row)


CHECKS = (name_direct, name_dangling, name_external, name_external_sensitive, external, external_sensitive)
