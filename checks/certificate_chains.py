"""The rule for what a server sends besides its certificate."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import LOW, check, failed, not_applicable, passed
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


CHECKS = (untidy_chain,)
