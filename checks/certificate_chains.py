"""The rules for what a server sends besides its certificate, and for what it sends to one and not to the next."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import CRITICAL, LOW, check, failed, not_applicable, passed
from auditor.facts.certificate_variants import CertificatesMet, InvalidInTurn, LeafMet
from auditor.facts.certificates import Certificate, CertificateSeen
from auditor.model import Evidence, Verdict


@check(
    "certificate-untidy-chain",
    reads=CertificateSeen,
    severity=LOW,
    effort=1,
    controls=("RFC 8446 4.4.2", "RFC 5246 7.4.2"),
)
def untidy_chain(facts: CertificateSeen) -> Verdict:
    """Server sends certificates that nobody needs, or in the wrong order.

    Why: Each visit carries the ballast, and strict or old clients stumble over an order that is not leaf first, issuer
    next.
    Fix: Serve the leaf and its intermediates alone, in order: `fullchain.pem` as the authority hands it out
    (`ssl_certificate` in nginx, `SSLCertificateFile` in Apache), without the root.
    """
    faults = tuple(_faults(facts))
    unread = facts.sent_count - len(facts.sent)
    if unread > 0:
        faults += (Evidence(f"{facts.sent_count} certificates", f"{unread} too many or unreadable", "none"),)
    if faults:
        return failed("The chain holds more than is needed, or in another order.", *faults)
    if facts.sent_count == 1:
        return not_applicable("the certificate is sent alone")
    return passed("Each certificate of the chain is needed and in its place.")


@check(
    "certificate-inconsistent",
    reads=CertificatesMet,
    severity=LOW,
    effort=2,
    controls=("RFC 9325 3.7", "RFC 5280 6.1"),
)
def inconsistent(facts: CertificatesMet) -> Verdict:
    """Address shows different certificates in turn to the same kind of client.

    Why: Several servers stand behind the address, and not all got the last certificate. The forgotten one expires, or
    its key stays in use after it was replaced elsewhere; some visitors meet it, and nobody can tell who.
    Fix: Put the same certificate onto every server behind the address, and reload each: `systemctl reload nginx`.
    Compare: `for i in $(seq 20); do openssl s_client -connect NAME:443 -servername NAME </dev/null 2>/dev/null |
    openssl x509 -noout -fingerprint -sha256; done | sort | uniq -c`.
    """
    if not facts.in_turn:
        row = Evidence(f"the certificates of {facts.times} connections", "the same for each kind of client", "the same")
        return passed("Every connection of one kind was shown the same certificate.", row)
    rows = tuple(
        Evidence(f"{one.asked} certificates at {one.place}", "; ".join(map(_met, one.leaves)), "one")
        for one in facts.in_turn
    )
    return failed("Different certificates are shown in turn.", *rows)


@check(
    "certificate-inconsistent-invalid",
    reads=InvalidInTurn,
    severity=CRITICAL,
    effort=2,
    controls=("RFC 5280 6.1", "RFC 9525 6", "NIST SP 800-52r2 3.2"),
)
def inconsistent_invalid(facts: InvalidInTurn) -> Verdict:
    """Address shows some of its clients a certificate that they must refuse.

    Why: One of several servers behind the address was forgotten when the certificate was renewed or replaced. Its
    visitors get a warning page, and learn to click it away.
    Fix: Put the current certificate onto every server behind the address, and reload each: `systemctl reload nginx`.
    """
    if not facts.is_in_turn:
        return not_applicable("no two different certificates are shown to the same kind of client")
    rows = tuple(
        Evidence(f"an {one.asked} certificate at {one.place}", f"{_met(leaf)}: {'; '.join(leaf.faults)}", "valid")
        for one in facts.faulty
        for leaf in one.leaves
    )
    if rows:
        return failed("One of the certificates shown in turn must be refused.", *rows)
    return passed("Each of the certificates shown in turn is valid, or judged as the usual one.")


def _met(one: LeafMet) -> str:
    return f"SHA-256 {one.leaf.sha256}, until {one.leaf.not_after:%Y-%m-%d} (met {one.times} times)"


def _faults(facts: CertificateSeen) -> Iterator[Evidence]:
    """Of each certificate after the leaf the first thing that is wrong with it. Names decide, as for any client."""
    for place, one in enumerate(facts.sent[1:], 1):
        before, after = facts.sent[:place], facts.sent[place + 1 :]
        where = f"certificate {place + 1}: {one.subject}"
        if any(one.sha256 == earlier.sha256 for earlier in before):
            yield Evidence(where, "was sent before", "each certificate once")
        elif one.is_self_signed:
            yield Evidence(where, "a root, which clients have or must not believe", "no root")
        elif not _is_issuer(one, before):
            misplaced = _is_issuer(one, after)
            seen = "comes before what it issued" if misplaced else "issued none of the others"
            yield Evidence(where, seen, "the issuer of the one before it")


def _is_issuer(one: Certificate, of: tuple[Certificate, ...]) -> bool:
    return any(one.subject == other.issuer for other in of)


CHECKS = (untidy_chain, inconsistent, inconsistent_invalid)
