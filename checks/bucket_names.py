"""The rules for names of the city that lead to storage: how one gets there, and whether anything is there."""

from __future__ import annotations

from auditor.check import HIGH, ONLINE, check, failed, not_applicable, passed
from auditor.facts.names import NameChain
from auditor.model import Evidence, Verdict

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
    Fix: Put a delivery network in front that holds a certificate for the name (a CloudFront distribution with an origin
    access control, Azure Front Door, a Google load balancer), point the CNAME at it, and close the bucket to others.
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


CHECKS = (name_direct,)
