"""The rules for certificates that their authority took back."""

from __future__ import annotations

from datetime import timedelta

from auditor.check import CRITICAL, LOW, ONLINE, check, failed, not_applicable, passed
from auditor.facts.certificate_variants import VariantRevocation
from auditor.facts.revocation import Revocation, RevocationAnswer, RevocationSource, RevocationState
from auditor.model import Evidence, Verdict

SHORT_LIVED_S = int(timedelta(days=10).total_seconds())  # CA/B BR 1.6.1: those need no pointer (7 days from 2026-03-15)


@check(
    "certificate-revoked",
    reads=Revocation,
    severity=CRITICAL,
    tier=ONLINE,
    effort=2,
    controls=("RFC 5280 6.3", "RFC 6960 2.2", "CA/B BR 4.9"),
)
def revoked(facts: Revocation) -> Verdict:
    """Certificate, or one of its issuers, was taken back by its authority.

    Why: Browsers refuse it. Certificates are taken back when a key was stolen or the certificate should never have been
    issued; whoever holds the key can pose as the service.
    Fix: Get a new key and certificate today (`certbot certonly --force-renewal -d NAME`), and ask the authority why
    the old one was revoked.
    """
    return _verdict(facts.answers)


@check(
    "certificate-variant-revoked",
    reads=VariantRevocation,
    severity=CRITICAL,
    tier=ONLINE,
    effort=2,
    controls=("RFC 5280 6.3", "RFC 6960 2.2", "CA/B BR 4.9"),
)
def variant_revoked(facts: VariantRevocation) -> Verdict:
    """Clients that know one type of key only are shown a certificate that its authority took back.

    Why: Browsers refuse it. A server may hold two certificates, and the one that few clients see is forgotten when its
    key was stolen; whoever holds the key can pose as the service to all of them.
    Fix: Get a new key and certificate of this type too, today (`certbot certonly --force-renewal --key-type rsa -d
    NAME`, or `ecdsa`), or drop it: without it those clients get the other one, or none.
    """
    if facts.why_not:
        return not_applicable(f"clients that know {facts.variant.value} alone are shown {facts.why_not}")
    return _verdict(facts.answers)


@check(
    "certificate-no-revocation-pointer",
    reads=Revocation,
    severity=LOW,
    tier=ONLINE,
    effort=2,
    controls=("CA/B BR 7.1.2.11.2", "RFC 5280 4.2.1.13"),
)
def no_revocation_pointer(facts: Revocation) -> Verdict:
    """Public certificate lives for weeks and names no place where it could be taken back.

    Why: When its key is stolen, nobody can warn the clients before it ends by itself.
    Fix: Have it issued again by an authority that publishes revocation lists, or with a lifetime of days.
    """
    leaf = facts.answers[0]
    if not facts.is_public_store:
        return not_applicable("it is the operator's own authority's business how it takes certificates back")
    if facts.lifetime_s <= SHORT_LIVED_S:
        return not_applicable("the certificate ends before it could be taken back")
    if leaf.source is RevocationSource.NONE:
        return failed("The certificate names no revocation list.", Evidence("its pointers", "none", "a CRL or OCSP"))
    return passed("The certificate names where it would be taken back.", _row(leaf))


def _verdict(answers: tuple[RevocationAnswer, ...]) -> Verdict:
    taken_back = tuple(one for one in answers if one.state is RevocationState.REVOKED)
    if taken_back:
        return failed("A certificate was revoked.", *(_row(one) for one in taken_back))
    rows = (_row(one) for one in answers if one.source is not RevocationSource.NONE)
    if answers[0].source is RevocationSource.NONE:
        return not_applicable("the certificate names no place to ask", *rows)
    return passed("No certificate was revoked.", *rows)


def _row(one: RevocationAnswer) -> Evidence:
    said = f"{one.state.value.replace('_', ' ')}, said {one.said_at:%Y-%m-%d %H:%M} UTC" if one.said_at else "not asked"
    if one.revoked_at:
        said = f"revoked {one.revoked_at:%Y-%m-%d %H:%M} UTC ({one.why.replace('_', ' ') or 'no reason given'})"
    return Evidence(f"{one.source.value} {one.url}".strip(), f"{one.subject}, serial {one.serial}: {said}", "good")


CHECKS = (revoked, variant_revoked, no_revocation_pointer)
