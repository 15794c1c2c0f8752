"""Waivers and attestations: what they cover, from when to when, and what they never touch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from auditor.model import Attestation, Basis, Finding, Outcome, Reason, Severity, Standing, Tier, Waiver
from auditor.waive import attest, end_of, expired, in_force, waive

LOS_ANGELES, AUCKLAND = ZoneInfo("America/Los_Angeles"), ZoneInfo("Pacific/Auckland")
PASS, FAIL, UNKNOWN, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
AS_OF = datetime(2026, 6, 15, 12, tzinfo=UTC)


def finding(outcome: Outcome, asset: str = "permits", check: str = "tls-legacy", locus: str = "a") -> Finding:
    return Finding(
        asset=asset,
        check=check,
        locus=locus,
        severity=Severity.HIGH,
        tier=Tier.NIGHTLY,
        outcome=outcome,
        summary="as seen",
        reason=Reason.TIMEOUT.word if outcome is UNKNOWN else None,
        observed_at=None if outcome is UNKNOWN else AS_OF,
    )


STALE_PASS = replace(finding(PASS), standing=Standing.STALE)
STALE_FAIL = replace(finding(FAIL), standing=Standing.STALE)


def waiver(id: str = "W-1", asset: str = "permits", check: str = "tls-legacy", **dates: date) -> Waiver:  # noqa: A002
    return Waiver(
        id=id,
        check=check,
        asset=asset,
        reason="replaced in autumn",
        risk_owner="head of permits",
        approved_by="privacy board",
        approved=dates.get("approved", date(2026, 6, 1)),
        expires=dates.get("expires", date(2026, 6, 30)),
    )


def word(outcome: Outcome = PASS, id: str = "A-1", **dates: date) -> Attestation:  # noqa: A002
    return Attestation(
        id=id,
        check="tls-legacy",
        asset="permits",
        outcome=outcome,
        statement="we looked",
        by="the owner",
        made=dates.get("made", date(2026, 6, 1)),
        expires=dates.get("expires", date(2026, 6, 30)),
    )


@pytest.mark.parametrize(
    ("zone", "as_of", "holds"),
    [
        pytest.param(LOS_ANGELES, datetime(2026, 7, 1, 6, 59, 59, tzinfo=UTC), True, id="the-last-second-of-that-day"),
        pytest.param(LOS_ANGELES, datetime(2026, 7, 1, 7, 0, tzinfo=UTC), False, id="midnight-in-the-citys-zone"),
        pytest.param(AUCKLAND, datetime(2026, 6, 30, 11, 59, 59, tzinfo=UTC), True, id="east-of-utc"),
        pytest.param(AUCKLAND, datetime(2026, 6, 30, 12, 0, tzinfo=UTC), False, id="east-of-utc-midnight"),
    ],
)
def test_a_date_holds_to_the_end_of_its_day_in_the_citys_zone(zone: ZoneInfo, as_of: datetime, holds: bool) -> None:
    assert in_force(date(2026, 6, 30), zone, as_of) is holds


def test_a_day_on_which_the_clock_is_set_back_is_an_hour_longer() -> None:
    last = datetime(2026, 11, 2, 7, 59, 59, tzinfo=UTC)
    assert in_force(date(2026, 11, 1), LOS_ANGELES, last)
    assert not in_force(date(2026, 11, 1), LOS_ANGELES, last.replace(hour=8, minute=0, second=0))


def test_a_date_at_the_end_of_the_calendar_is_a_date() -> None:
    assert in_force(date.max, LOS_ANGELES, AS_OF)


@pytest.mark.parametrize("seen", [finding(FAIL), finding(UNKNOWN), STALE_FAIL])
def test_a_waiver_is_noted_on_what_it_covers_and_changes_nothing_else(seen: Finding) -> None:
    assert waive([seen], [waiver()], LOS_ANGELES, AS_OF) == (replace(seen, waiver="W-1"),)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(finding(PASS), id="a-pass"),
        pytest.param(STALE_PASS, id="a-stale-pass"),
        pytest.param(finding(NA), id="not-applicable"),
        pytest.param(finding(FAIL, asset="portal"), id="another-asset"),
        pytest.param(finding(FAIL, check="tls-weak"), id="another-check"),
    ],
)
def test_a_waiver_is_noted_on_nothing_else(other: Finding) -> None:
    assert waive([other], [waiver()], LOS_ANGELES, AS_OF) == (other,)


@pytest.mark.parametrize(
    "dates",
    [
        {"approved": date(2026, 6, 16)},
        {"expires": date(2026, 6, 14)},
        {"approved": date(2026, 7, 1), "expires": date(2026, 6, 30)},
    ],
)
def test_a_waiver_holds_from_its_approval_to_its_expiry(dates: dict[str, date]) -> None:
    assert waive([finding(FAIL)], [waiver(**dates)], LOS_ANGELES, AS_OF) == (finding(FAIL),)


def test_a_waiver_covers_what_rests_on_somebodys_word() -> None:
    """Else the accepted letter would rise on the day when that word expires."""
    told = attest([finding(UNKNOWN)], [word()], LOS_ANGELES, AS_OF)
    assert [row.waiver for row in waive(told, [waiver()], LOS_ANGELES, AS_OF)] == ["W-1"]


def test_of_two_waivers_the_same_one_is_named_in_any_order() -> None:
    two = [waiver("W-2"), waiver("W-1")]
    for waivers in (two, two[::-1]):
        assert waive([finding(FAIL)], waivers, LOS_ANGELES, AS_OF)[0].waiver == "W-1"


def test_expired_waivers_are_named() -> None:
    late = waiver("W-9", expires=date(2026, 6, 14))
    assert expired([late, waiver("W-1"), replace(late, id="W-3")], LOS_ANGELES, AS_OF) == ("W-3", "W-9")


def test_a_pass_that_is_attested_answers_an_unknown() -> None:
    (told,) = attest([finding(UNKNOWN)], [word()], LOS_ANGELES, AS_OF)
    assert (told.outcome, told.basis, told.standing, told.attestation, told.reason) == (
        PASS,
        Basis.DECLARED,
        Standing.ATTESTED,
        "A-1",
        None,
    )
    assert "the owner" in told.summary
    assert "2026-06-30" in told.summary


def test_a_failure_that_is_attested_stays_unknown() -> None:
    (told,) = attest([finding(UNKNOWN)], [word(FAIL)], LOS_ANGELES, AS_OF)
    assert (told.outcome, told.reason, told.attestation) == (UNKNOWN, "attested_failure", "A-1")


def test_an_attested_pass_backs_a_stale_one_and_changes_it_no_further() -> None:
    assert attest([STALE_PASS], [word()], LOS_ANGELES, AS_OF) == (replace(STALE_PASS, attestation="A-1"),)


@pytest.mark.parametrize("seen", [finding(NA), replace(finding(NA), standing=Standing.STALE)])
def test_a_word_on_a_question_that_did_not_arise_is_noted(seen: Finding) -> None:
    assert attest([seen], [word()], LOS_ANGELES, AS_OF) == (replace(seen, attestation="A-1"),)
    assert attest([seen], [word(FAIL)], LOS_ANGELES, AS_OF) == (seen,)


@pytest.mark.parametrize("seen", [finding(FAIL), STALE_FAIL, finding(PASS)])
@pytest.mark.parametrize("said", [PASS, FAIL])
def test_an_attestation_touches_nothing_that_was_seen(seen: Finding, said: Outcome) -> None:
    assert attest([seen], [word(said)], LOS_ANGELES, AS_OF) == (seen,)


@pytest.mark.parametrize("dates", [{"made": date(2026, 6, 16)}, {"expires": date(2026, 6, 14)}])
def test_an_attestation_holds_from_its_day_to_its_expiry(dates: dict[str, date]) -> None:
    assert attest([finding(UNKNOWN)], [word(**dates)], LOS_ANGELES, AS_OF) == (finding(UNKNOWN),)


JUNE, MAY, LAST_YEAR = date(2026, 6, 1), date(2026, 5, 1), date(2025, 6, 1)
OVER = date(2026, 6, 14)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([word(FAIL, "A-1", made=MAY), word(PASS, "A-2", made=JUNE)], "A-2", id="repaired-since"),
        pytest.param([word(PASS, "A-1", made=MAY), word(FAIL, "A-2", made=JUNE)], "A-2", id="broken-since"),
        pytest.param([word(PASS, "A-1"), word(FAIL, "A-2")], "A-2", id="on-one-day-the-worse"),
        pytest.param(
            [word(PASS, "A-1", made=MAY), word(FAIL, "A-2", made=JUNE, expires=OVER)],
            None,
            id="an-older-pass-does-not-come-back-when-the-failure-expires",
        ),
        pytest.param(
            [word(PASS, "A-1", made=MAY), word(PASS, "A-2", made=JUNE, expires=OVER)], "A-1", id="an-older-pass-holds"
        ),
        pytest.param([word(FAIL, "A-1", made=LAST_YEAR, expires=OVER), word(PASS, "A-2")], "A-2", id="long-repaired"),
    ],
)
def test_of_several_words_the_last_counts(words: list[Attestation], expected: str | None) -> None:
    for said in (words, words[::-1]):
        assert attest([finding(UNKNOWN)], said, LOS_ANGELES, AS_OF)[0].attestation == expected


def test_a_word_without_end_ends_at_the_last_instant_there_is() -> None:
    assert end_of(date.max, ZoneInfo("America/New_York")).year == 9999
    assert end_of(date(2026, 11, 22), ZoneInfo("Europe/Paris")) == datetime(2026, 11, 22, 23, tzinfo=UTC)
