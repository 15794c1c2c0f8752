"""The rules for how long a certificate lives, and when it must be renewed. Dates are the register's."""

from __future__ import annotations

from datetime import date, timedelta

from auditor.check import LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.certificates import Certificate, CertificateInFull, CertificateSeen, TracedCertificate
from auditor.model import Evidence, Verdict
from auditor.registers import Limit, lifetime_limits
from checks.derivations.certificate_trust import out_of_date
from checks.derivations.distrust import issued_at

DAY = timedelta(days=1)
LEAST_LEFT = 3 * DAY  # of a certificate that lives for weeks
# Clients renew at a third and wake twice a day: what is a little below a third is renewed tonight.
DUE = 0.3


@check(
    "certificate-renewal-overdue",
    reads=CertificateSeen,
    severity=MEDIUM,
    effort=1,
    controls=("NIST SP 1800-16 2.2", "RFC 9773 4"),
)
def renewal_overdue(facts: CertificateSeen) -> Verdict:
    """Certificate ends within days, and nobody has renewed it.

    Why: Where renewal works by itself, a new certificate is there long before. One that is nearly over will lock
    residents out on the first weekend on which nobody watches.
    Fix: Renew it now (`certbot renew`), then find out why that did not happen by itself:
    `systemctl list-timers certbot.timer`, `journalctl -u certbot`.
    """
    if _is_over(facts):
        return not_applicable("the certificate is outside its validity period, which another check says")
    life = _life(facts.leaf)
    least = max(life / 6, min(LEAST_LEFT, life * DUE))
    row = _row(facts, f"at least {_days(least)}")
    if _left(facts) < least:
        return failed("The certificate ends soon and was not renewed.", row)
    return passed("The certificate does not end soon.", row)


@check(
    "certificate-renewal-due",
    reads=CertificateSeen,
    severity=LOW,
    effort=1,
    controls=("NIST SP 1800-16 2.2", "RFC 9773 4"),
)
def renewal_due(facts: CertificateSeen) -> Verdict:
    """Certificate has less than a third of its lifetime left.

    Why: Automatic renewal acts when two thirds are over. A certificate that is older shows that it is renewed by hand,
    or that the automation stands still while there is still time to repair it.
    Fix: Let an ACME client renew it (`certbot renew` from its timer). For certificates that are bought, order the new
    one now.
    """
    if _is_over(facts):
        return not_applicable("the certificate is outside its validity period, which another check says")
    least = _life(facts.leaf) * DUE
    row = _row(facts, f"at least {_days(least)}")
    if _left(facts) < least:
        return failed("The certificate is due for renewal.", row)
    return passed("The certificate is not due for renewal.", row)


@check(
    "certificate-lives-too-long",
    reads=TracedCertificate,
    severity=MEDIUM,
    effort=2,
    controls=("CA/B BR 6.3.2", "CA/B ballot SC-081v3"),
)
def lives_too_long(facts: TracedCertificate) -> Verdict:
    """Public certificate is valid for longer than browsers accept from its day of issue.

    Why: A stolen key is useful for as long as its certificate is valid. Browsers refuse public certificates that live
    longer than the limit of their day of issue, so some visitors cannot reach the service.
    Fix: Have it issued again with the usual lifetime, for instance `certbot certonly --nginx -d NAME`, which also
    renews it. The limit falls to 47 days in 2029: renewal by hand will not do then.
    """
    leaf, seen = facts.full.seen.leaf, facts.full.seen
    if not (seen.is_public_store and seen.end.is_anchored):
        return not_applicable("the limit is for certificates of public authorities")
    issued = _issued(facts.full)
    limit = _limit(issued)
    if limit is None:
        return not_applicable("the certificate was issued before there was a limit")
    days = -(-_life(leaf) // DAY)  # one that has begun counts
    row = Evidence("its validity period, days begun", f"{days} days, issued {issued}", f"{limit.days} days")
    if days > limit.days:
        return failed("The certificate is valid for longer than was allowed when it was issued.", row)
    return passed(f"The certificate is not valid for too long.{_announced(leaf, issued)}", row)


def _issued(facts: CertificateInFull) -> date:
    """Its first day, or that of its first log if that is later: browsers go by the one, and signing by the other."""
    return max(facts.seen.leaf.not_before, issued_at(facts)).date()


def _announced(leaf: Certificate, issued: date) -> str:
    """A rule that begins before this certificate ends: its successor has to obey it."""
    coming = [limit for limit in lifetime_limits() if issued < limit.since <= leaf.not_after.date()]
    shorter = [limit for limit in coming if _life(leaf) > limit.days * DAY]
    if not shorter:
        return ""
    return f" From {shorter[-1].since} only {shorter[-1].days} days are allowed: its successor is bound by that."


def _limit(issued: date) -> Limit | None:
    """The limit in force on a day."""
    return next((limit for limit in reversed(lifetime_limits()) if limit.since <= issued), None)


def _life(leaf: Certificate) -> timedelta:
    """Its last second counts (RFC 5280 section 4.1.2.5)."""
    return max(timedelta(seconds=1), leaf.not_after - leaf.not_before + timedelta(seconds=1))


def _left(facts: CertificateSeen) -> timedelta:
    return facts.leaf.not_after - facts.observed_at


def _is_over(facts: CertificateSeen) -> bool:
    return facts.leaf in out_of_date(facts)


def _row(facts: CertificateSeen, wanted: str) -> Evidence:
    left = max(timedelta(), _left(facts))
    seen = f"{_days(left)} of {_days(_life(facts.leaf))} left, until {facts.leaf.not_after:%Y-%m-%d %H:%M} UTC"
    return Evidence("its validity period", seen, f"{wanted} left")


def _days(span: timedelta) -> str:
    return f"{span / DAY:.1f}".removesuffix(".0") + " days"


CHECKS = (renewal_overdue, renewal_due, lives_too_long)
