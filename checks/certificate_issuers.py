"""The rules for who issued a certificate: trusted by browsers, logged in public, allowed by the city's own DNS."""

from __future__ import annotations

from datetime import datetime

from auditor.check import CRITICAL, LOW, MEDIUM, ONLINE, check, failed, not_applicable, passed
from auditor.facts.caa import CaaFound, CaaPermission
from auditor.facts.certificates import CertificateInFull, LoggedCertificate, RootInStores, TracedCertificate, Vetting
from auditor.model import Evidence, Verdict
from checks.derivations.distrust import distrusted_by, issued_at

VETTED = {
    None: "",
    Vetting.DOMAIN: ", which made sure of the name alone (DV)",
    Vetting.ORGANIZATION: ", which made sure of the organization (OV)",
    Vetting.INDIVIDUAL: ", which made sure of the person (IV)",
    Vetting.EXTENDED: ", which made sure of the organization by the extended rules (EV)",
}


@check(
    "certificate-distrusted-issuer",
    reads=TracedCertificate,
    severity=CRITICAL,
    effort=2,
    controls=("NIST SP 800-52r2 3.2", "Chrome Root Program Policy", "Mozilla Root Store Policy 7.3"),
)
def distrusted_issuer(facts: TracedCertificate) -> Verdict:
    """Certificate comes from an authority that browsers no longer trust.

    Why: Browsers show residents a warning page instead of the service, although other programs may still accept the
    certificate. The authority lost its standing for a reason.
    Fix: Get a certificate from another public authority, for instance `certbot --nginx -d NAME` (Apache: `--apache`),
    and put that one into the CAA record.
    """
    if not facts.full.seen.is_public_store:
        return not_applicable("the operator's own authority is no concern of the browsers' makers")
    known = distrusted_by(facts.full)
    if known is None:
        return passed("No browser's maker has withdrawn trust from the authority.", _issuer(facts.full))
    issued = issued_at(facts.full)
    said = f"{facts.full.seen.leaf.issuer}, {_day(issued)}{VETTED[facts.full.detail.vetting]}"
    row = Evidence("the issuer, and when it issued", said, f"not {known.name}")
    if issued >= known.issued_from:
        source = Evidence("the announcement", f"{known.name}, from {_day(known.issued_from)}", known.source)
        return failed(f"Browsers do not believe {known.name} any more.", row, source)
    return passed(f"Browsers believe this certificate, but not its successor: {known.source}.", row)


@check(
    "certificate-root-not-everywhere",
    reads=RootInStores,
    severity=LOW,
    effort=2,
    controls=("NIST SP 800-52r2 3.2", "RFC 5280 6.1.1"),
)
def root_not_everywhere(facts: RootInStores) -> Verdict:
    """Certificate leads to a root that some systems' makers do not carry.

    Why: Each maker of browsers and systems has a list of its own. Residents with a phone or computer whose list lacks
    the root see a warning page, while the service looks well to everybody in the city's offices.
    Fix: Have the authority hand out the chain that an older root of its own has signed across, and serve that one; or
    get the certificate from an authority whose root is on all lists, for instance `certbot --nginx -d NAME` (Apache:
    `--apache`).
    """
    if facts.why_not:
        return not_applicable(facts.why_not)
    row = Evidence(f"the lists with {facts.root}", ", ".join(facts.holding) or "none", "all large ones")
    if facts.missing:
        lacking = Evidence("the lists without a root that it leads to", ", ".join(facts.missing), "none")
        return failed("Not all large lists of roots hold the one that this certificate leads to.", row, lacking)
    return passed("All large lists of roots hold one that this certificate leads to.", row)


@check(
    "certificate-not-logged",
    reads=LoggedCertificate,
    severity=MEDIUM,
    effort=2,
    controls=("Chrome CT Policy", "Apple CT Policy", "RFC 6962 3.3"),
)
def not_logged(facts: LoggedCertificate) -> Verdict:
    """Public certificate does not show that it was logged in public.

    Why: Chrome and Safari refuse public certificates that are not in the public logs. The logs are how a city notices
    that somebody else had a certificate made out to its name.
    Fix: Have it issued again by an authority that logs as a matter of course, for instance `certbot renew
    --force-renewal`; do not ask for the logging to be left out.
    """
    if not facts.is_public:
        return not_applicable("only certificates of public authorities have to be logged")
    seen = f"{facts.logs} of different logs, and {facts.in_handshake} in the handshake"
    wanted = f"{facts.needed} of different logs, or {facts.needed_in_handshake} in the handshake"
    row = Evidence(f"signed certificate timestamps of {facts.subject}", seen, wanted)
    if not facts.is_enough:
        return failed("The certificate shows too few logs.", row)
    return passed("The certificate shows that it was logged.", row)


@check(
    "certificate-caa-forbids",
    reads=CaaPermission,
    severity=MEDIUM,
    tier=ONLINE,
    effort=2,
    controls=("RFC 8659 3", "CA/B BR 3.2.2.8"),
)
def caa_forbids(facts: CaaPermission) -> Verdict:
    """Certificate's authority is not among those that the DNS allows.

    Why: Either the authority did not heed the record, and anybody might get a certificate there, or the record is out
    of date, and the next renewal will be refused.
    Fix: Find out who ordered the certificate. If it is meant, list its authority, as in `NAME. CAA 0 issue
    "letsencrypt.org"`; if not, have it revoked.
    """
    if facts.why_not:
        return not_applicable(facts.why_not)
    if not facts.found_at:
        return not_applicable("there is no CAA record, which another check says")
    row = Evidence(f"CAA records at {facts.found_at}", "; ".join(facts.listed), facts.issuer)
    if facts.refusal:
        return failed(f"The CAA records do not allow the issuer: {facts.refusal}.", row)
    return passed("The CAA records allow the issuer.", row)


@check(
    "certificate-no-caa",
    reads=CaaFound,
    severity=LOW,
    tier=ONLINE,
    effort=2,
    controls=("RFC 8659 1",),
)
def no_caa(facts: CaaFound) -> Verdict:
    """DNS does not say which authorities may issue certificates for the name.

    Why: Without the record any of some hundred authorities may issue, and the weakest of them decides. With it the city
    names the one that it uses, and all others must refuse. Records that only say whom to tell (`iodef`) bind nobody.
    Fix: Add a record at the domain, which counts for all names below: `example.gov. CAA 0 issue "letsencrypt.org"`, and
    `CAA 0 iodef "mailto:security@example.gov"` to be told of refusals.
    """
    if facts.why_not:
        return not_applicable(facts.why_not)
    if not facts.found_at:
        return failed("There is no CAA record.", Evidence("CAA at the name and its parents", "none", facts.issuer))
    row = Evidence(f"CAA records at {facts.found_at}", "; ".join(facts.listed), "one that says who may issue")
    if not facts.is_bounding:
        return failed("The CAA records say nothing of who may issue, so anybody may.", row)
    return passed(f"There are CAA records at {facts.found_at}.", row)


def _issuer(facts: CertificateInFull) -> Evidence:
    said = f"{facts.seen.leaf.issuer}{VETTED[facts.detail.vetting]}"
    return Evidence("the issuer", said, "one that browsers' makers trust")


def _day(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d}"


CHECKS = (distrusted_issuer, root_not_everywhere, not_logged, caa_forbids, no_caa)
