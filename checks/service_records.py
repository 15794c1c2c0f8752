"""The rules for what the DNS says of one service: which keys it may show, and where browsers go for it."""

from __future__ import annotations

from auditor.check import LOW, ONLINE, check, failed, not_applicable, passed
from auditor.facts.service_records import HttpsDoors, TlsaFit
from auditor.model import Evidence, Verdict

SIGNED = {
    True: "the zone is signed",
    False: "not signed, by the word of the resolver on this machine: then no program heeds the records",
    None: "not told: only a resolver on this machine, named with --nameserver, is believed in that",
}


@check(
    "tlsa-mismatch",
    reads=TlsaFit,
    severity=LOW,
    tier=ONLINE,
    effort=2,
    controls=("RFC 6698 2.1", "RFC 7671 8.1"),
)
def tlsa_mismatch(facts: TlsaFit) -> Verdict:
    """Certificate fits none of the service's TLSA records.

    Why: Programs that go by these records (DANE; many mail servers do, browsers do not) take the service for somebody
    else's and refuse it. Mostly a certificate was renewed with a new key and the record forgotten.
    Fix: Publish the hash of the key that is in use, beside the old one until its time to live is over:
    `openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum` gives it, for
    `_443._tcp.NAME. TLSA 3 1 1 HASH`. Let renewals keep the key (`certbot renew --reuse-key`), or take the records
    away.
    """
    if facts.why_not:
        return not_applicable(facts.why_not)
    row = Evidence(f"TLSA records at {facts.name}", "; ".join(facts.listed), "one that fits each certificate")
    signed = Evidence("their zone", SIGNED[facts.is_signed], "signed")
    if facts.unfit:
        shown = Evidence("certificates that fit none", "; ".join(facts.unfit), "none")
        return failed("No TLSA record fits what the service shows.", row, shown, signed)
    return passed("Each certificate that the service shows fits a TLSA record.", row, signed)


@check(
    "https-record-elsewhere",
    reads=HttpsDoors,
    severity=LOW,
    tier=ONLINE,
    effort=2,
    controls=("RFC 9460 3",),
)
def https_record_elsewhere(facts: HttpsDoors) -> Verdict:
    """HTTPS record in the DNS leads browsers where this look did not go.

    Why: Browsers that know this kind of record connect to what it names, and not to the usual addresses. What stands
    there was not looked at: it may be a forgotten machine, or one that somebody else can claim.
    Fix: Let the record name the service itself (`NAME. HTTPS 1 . alpn=h2`), or take it away; where the other place is
    meant, list it in the inventory as a service of its own.
    """
    if facts.why_not:
        return not_applicable(facts.why_not)
    row = Evidence("HTTPS records", "; ".join(facts.listed), "the service's own port and addresses")
    if facts.unseen:
        unseen = Evidence("not looked at", "; ".join(facts.unseen), "nothing")
        return failed(f"Browsers are led to {facts.unseen[0]}.", row, unseen)
    return passed("The HTTPS record leads browsers where this look went.", row)


CHECKS = (tlsa_mismatch, https_record_elsewhere)
