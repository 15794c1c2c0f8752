"""How long a certificate lives, and when it is renewed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditor.facts.certificates import (
    CertificateSeen,
    PathEnd,
    Sct,
    TracedCertificate,
)
from auditor.model import Outcome
from auditor.registers import lifetime_limits
from checks import (
    certificate_life,
    certificates,
)
from tests.checks.certificate_rows import DAY, FAIL, NOT_APPLICABLE, PASS, SECOND, lasting, shown, traced
from tests.checks.test_certificates import NOW, certificate, seen


@pytest.mark.parametrize(
    ("life_days", "left_days", "overdue", "due"),
    [
        (90, 89, PASS, PASS),
        (90, 29.5, PASS, PASS),
        (90, 27.1, PASS, PASS),
        (90, 26.9, PASS, FAIL),
        (90, 15.1, PASS, FAIL),
        (90, 14.9, FAIL, FAIL),
        (90, 0.1, FAIL, FAIL),
        (6, 1.9, PASS, PASS),
        (6, 1.7, FAIL, FAIL),
        (15, 3.1, PASS, FAIL),
        (15, 2.9, FAIL, FAIL),
        (398, 120, PASS, PASS),
        (398, 119, PASS, FAIL),
        (398, 66, FAIL, FAIL),
        (90, -1, NOT_APPLICABLE, NOT_APPLICABLE),
        (90, 91, NOT_APPLICABLE, NOT_APPLICABLE),  # not valid yet
    ],
)
def test_renewal_is_measured_by_the_lifetime(
    life_days: float, left_days: float, overdue: Outcome, due: Outcome
) -> None:
    end = NOW + left_days * DAY
    facts = seen(certificate(not_before=end - life_days * DAY + SECOND, not_after=end))
    assert certificate_life.renewal_overdue.judge(facts).outcome is overdue
    assert certificate_life.renewal_due.judge(facts).outcome is due


def test_dates_of_any_year_are_measured() -> None:
    first, last = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 58, tzinfo=UTC)
    for leaf in (certificate(not_before=first, not_after=last), certificate(not_before=last, not_after=first)):
        facts = shown(leaf)
        for rule in (*certificate_life.CHECKS, *certificates.CHECKS):
            if rule.reads in (CertificateSeen, TracedCertificate):
                rule.judge(traced(facts) if rule.reads is TracedCertificate else facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "since", "outcome"),
    [
        (1, "2015-01-01", NOT_APPLICABLE),
        (825, "2018-03-01", PASS),
        (826, "2018-03-01", FAIL),
        (398, "2020-09-01", PASS),
        (399, "2020-09-01", FAIL),
        (398, "2026-03-14", PASS),
        (200, "2026-03-15", PASS),
        (201, "2026-03-15", FAIL),
        (398, "2026-03-15", FAIL),
        (100, "2027-03-15", PASS),
        (101, "2027-03-15", FAIL),
        (47, "2029-03-15", PASS),
        (48, "2029-03-15", FAIL),
    ],
)
def test_the_limit_is_that_of_the_day_of_issue(days: int, since: str, outcome: Outcome) -> None:
    assert certificate_life.lives_too_long.judge(traced(shown(lasting(days, since)))).outcome is outcome


@pytest.mark.parametrize("days", [825, 398, 200, 100, 47])
def test_a_second_more_is_a_day_more(days: int) -> None:
    """BR 6.3.2: both ends count, a day has 86,400 seconds, and what is beyond them is one more day."""
    limit = next(limit for limit in lifetime_limits() if limit.days == days)
    whole = lasting(days, limit.since.isoformat())
    for more, outcome in ((-SECOND, PASS), (0 * SECOND, PASS), (SECOND, FAIL)):
        facts = traced(shown(replace(whole, not_after=whole.not_after + more)))
        assert certificate_life.lives_too_long.judge(facts).outcome is outcome


@pytest.mark.parametrize(
    ("from_midnight", "first_log", "outcome"),
    [
        (-1, None, PASS),  # nothing but its own first second tells when it was issued
        (0, None, FAIL),
        (-1, -1, PASS),
        (-3600, 0, FAIL),  # dated back: browsers go by the first second, the authority's own rule by the day of signing
        (-3600, 3600, FAIL),
        (-3600, -1, PASS),
        (0, -3600, FAIL),  # dated ahead: browsers refuse it
    ],
)
def test_the_day_of_issue_is_the_later_of_its_first_second_and_the_first_log(
    from_midnight: int, first_log: int | None, outcome: Outcome
) -> None:
    """The limit fell from 398 to 200 days at midnight of 2026-03-15."""
    midnight = datetime(2026, 3, 15, tzinfo=UTC)
    start = midnight + from_midnight * SECOND
    leaf = certificate(not_before=start, not_after=start + 398 * DAY - SECOND)
    logs = () if first_log is None else (first_log + 7200, first_log)
    scts = tuple(Sct(log=f"{at:x}", at=midnight + at * SECOND) for at in logs)
    verdict = certificate_life.lives_too_long.judge(traced(shown(leaf, scts=scts)))
    assert verdict.outcome is outcome
    issued = "2026-03-15" if outcome is FAIL else "2026-03-14"
    assert f"issued {issued}" in verdict.evidence[0].seen


def test_a_limit_that_begins_in_its_lifetime_is_announced_and_not_judged() -> None:
    verdict = certificate_life.lives_too_long.judge(traced(shown(lasting(200, "2026-11-01"))))
    assert verdict.outcome is PASS
    assert "From 2027-03-15 only 100 days" in verdict.summary
    short = certificate_life.lives_too_long.judge(traced(shown(lasting(90, "2027-02-01"))))
    assert "2027" not in short.summary.replace("2027-02-01", "")


@pytest.mark.parametrize("changes", [{"is_public": False}, {}])
def test_limits_are_for_public_authorities(changes: dict[str, bool]) -> None:
    facts = shown(lasting(3650, "2026-04-01"), **changes)  # type: ignore[arg-type]
    if not changes:
        facts = replace(facts, end=PathEnd.UNKNOWN_ROOT, anchor=None)
    assert certificate_life.lives_too_long.judge(traced(facts)).outcome is NOT_APPLICABLE
