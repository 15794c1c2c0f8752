"""Which earlier outcome still stands: the rows of docs/grading.md, "What was not seen", one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.history import History
from auditor.model import Asset, Basis, Carried, Finding, Outcome, Reason, Severity, Standing, Tier
from auditor.rubric import read_rubric
from auditor.standing import Rule, Settlement, accountable, carry

PASS, FAIL, UNKNOWN, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
RUBRIC = read_rubric()
AS_OF = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
ASSET = Asset(id="permits", kind="web", address="https://permits.example", system="permits")
RULES = {
    "tls-legacy": Rule(Severity.HIGH, Tier.NIGHTLY),
    "tls-heartbleed": Rule(Severity.CRITICAL, Tier.DEEP),
}


def finding(
    outcome: Outcome, days: float = 0, locus: str = "a", check: str = "tls-legacy", basis: Basis = Basis.OBSERVED
) -> Finding:
    """What judging said now, of a sight `days` old."""
    return Finding(
        asset=ASSET.id,
        check=check,
        locus=locus,
        severity=RULES[check].severity,
        tier=RULES[check].tier,
        outcome=outcome,
        summary="now",
        basis=basis,
        reason=Reason.TIMEOUT.word if outcome is UNKNOWN else None,
        observed_at=None if outcome is UNKNOWN else AS_OF - DAY * days,
    )


def earlier(
    outcome: Outcome,
    days: float,
    locus: str = "a",
    check: str = "tls-legacy",
    asset: str = ASSET.id,
    basis: Basis = Basis.OBSERVED,
    summary: str = "then",
) -> Carried:
    return Carried(
        asset=asset,
        check=check,
        locus=locus,
        outcome=outcome,
        observed_at=AS_OF - DAY * days,
        summary=summary,
        basis=basis,
    )


def settle(
    now: list[Finding], carried: list[Carried], asset: Asset = ASSET, as_of: datetime = AS_OF
) -> dict[tuple[str, str], Finding]:
    """What counts, by check and locus."""
    history = History(carried, [asset], as_of)
    return {(row.check, row.locus): row for row in Settlement(RULES, history, RUBRIC, as_of).settle(asset, now)}


def outcome_of(now: list[Finding], carried: list[Carried], locus: str = "a", check: str = "tls-legacy") -> Outcome:
    return settle(now, carried)[check, locus].outcome


# Not seen now


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        pytest.param([], UNKNOWN, id="never-seen"),
        pytest.param([earlier(PASS, 1)], PASS, id="a-pass-of-yesterday"),
        pytest.param([earlier(NA, 1)], NA, id="a-question-that-did-not-arise-yesterday"),
        pytest.param([earlier(PASS, 7 - 1e-5)], PASS, id="a-pass-just-younger-than-7-days"),
        pytest.param([earlier(PASS, 7)], UNKNOWN, id="a-pass-of-exactly-7-days"),
        pytest.param([earlier(NA, 7)], UNKNOWN, id="not-applicable-of-exactly-7-days"),
        pytest.param([earlier(FAIL, 1)], FAIL, id="a-failure-of-yesterday"),
        pytest.param([earlier(FAIL, 4000)], FAIL, id="a-failure-of-eleven-years-ago"),
        pytest.param([earlier(FAIL, 9), earlier(PASS, 2)], PASS, id="a-failure-that-passed-since"),
        pytest.param([earlier(FAIL, 19), earlier(PASS, 12)], UNKNOWN, id="passed-since-but-too-long-ago"),
        pytest.param([earlier(PASS, 3), earlier(FAIL, 2)], FAIL, id="a-pass-that-failed-since"),
        pytest.param([earlier(PASS, 3), earlier(FAIL, 3)], FAIL, id="at-one-instant-the-worse-counts"),
        pytest.param([earlier(FAIL, 3), earlier(PASS, 3)], FAIL, id="at-one-instant-in-either-order"),
        pytest.param([earlier(FAIL, 3), earlier(PASS, -0.1)], FAIL, id="a-pass-later-than-as-of-is-ignored"),
        pytest.param([earlier(FAIL, -0.1)], UNKNOWN, id="a-failure-later-than-as-of-is-ignored"),
        pytest.param([earlier(UNKNOWN, 1)], UNKNOWN, id="asked-in-vain-before"),
        pytest.param([earlier(PASS, 2), earlier(UNKNOWN, 1)], PASS, id="asked-in-vain-ends-no-pass"),
        pytest.param([earlier(PASS, 2, locus="b")], UNKNOWN, id="seen-elsewhere-only"),
    ],
)
def test_what_was_not_seen_now(carried: list[Carried], expected: Outcome) -> None:
    assert outcome_of([finding(UNKNOWN)], carried) is expected


def test_what_stands_is_marked_stale_and_says_when_it_was_seen() -> None:
    stale = settle([finding(UNKNOWN)], [earlier(PASS, 2)])["tls-legacy", "a"]
    assert (stale.standing, stale.observed_at, stale.summary, stale.reason) == (
        Standing.STALE,
        AS_OF - 2 * DAY,
        "then",
        None,
    )


def test_a_deep_pass_stands_15_days() -> None:
    deep = [finding(UNKNOWN, check="tls-heartbleed")]
    for days, expected in ((14.99, PASS), (15, UNKNOWN)):
        carried = [earlier(PASS, days, check="tls-heartbleed")]
        assert outcome_of(deep, carried, check="tls-heartbleed") is expected


def test_a_failure_stands_when_its_tier_is_not_asked_any_more_and_a_pass_does_not() -> None:
    asked = [finding(PASS)]
    failed = settle(asked, [earlier(FAIL, 300, check="tls-heartbleed")])
    assert failed["tls-heartbleed", "a"].outcome is FAIL
    assert failed["tls-heartbleed", "a"].severity is Severity.CRITICAL
    assert set(settle(asked, [earlier(PASS, 1, check="tls-heartbleed")])) == {("tls-legacy", "a")}


def test_a_failure_of_a_check_that_is_not_installed_any_more_stands_and_nothing_else_does() -> None:
    def left_by(*entries: Carried, retired: frozenset[str] = frozenset()) -> list[Finding]:
        settlement = Settlement(RULES, History(entries, [ASSET], AS_OF), RUBRIC, AS_OF, retired)
        return [row for row in settlement.settle(ASSET, [finding(PASS)]) if row.check == "acme-lock"]

    failure = replace(earlier(FAIL, 300, check="acme-lock"), severity=Severity.MEDIUM, tier=Tier.DEEP)
    (found,) = left_by(failure)
    assert (found.outcome, found.standing, found.severity, found.tier) == (FAIL, Standing.STALE, *_rule_of(failure))
    assert left_by(failure, retired=frozenset({"acme-lock"})) == []
    assert left_by(earlier(FAIL, 3, check="acme-lock"), earlier(PASS, 1, check="acme-lock")) == []
    assert left_by(earlier(PASS, 1, check="acme-lock"), earlier(UNKNOWN, 0, check="acme-lock")) == []


def _rule_of(entry: Carried) -> tuple[Severity | None, Tier | None]:
    return entry.severity, entry.tier


# Seen now


@pytest.mark.parametrize("outcome", [PASS, FAIL, NA])
def test_what_is_seen_now_counts_as_it_is(outcome: Outcome) -> None:
    now = finding(outcome)
    assert settle([now], [earlier(PASS, 1)])["tls-legacy", "a"] == now


def test_a_pass_ends_a_failure_at_once() -> None:
    assert outcome_of([finding(PASS)], [earlier(FAIL, 1)]) is PASS


@pytest.mark.parametrize(
    ("now", "carried", "expected"),
    [
        pytest.param(finding(PASS, 7 - 1e-5), [], PASS, id="a-health-just-young-enough"),
        pytest.param(finding(PASS, 7), [], UNKNOWN, id="a-health-seen-7-days-ago"),
        pytest.param(finding(FAIL, 70), [], FAIL, id="an-old-failure"),
        pytest.param(finding(PASS, -0.1), [], UNKNOWN, id="a-sight-later-than-as-of"),
        pytest.param(finding(PASS, -0.1), [earlier(FAIL, 1)], FAIL, id="a-sight-later-than-as-of-ends-nothing"),
        pytest.param(finding(PASS, 3), [earlier(FAIL, 1)], FAIL, id="an-import-older-than-the-failure-ends-nothing"),
        pytest.param(finding(PASS, 3), [earlier(FAIL, 3)], FAIL, id="an-import-of-the-same-instant-ends-nothing"),
        pytest.param(finding(FAIL, 3), [earlier(PASS, 1)], PASS, id="an-imported-failure-that-passed-since"),
    ],
)
def test_the_instant_of_a_sight_decides(now: Finding, carried: list[Carried], expected: Outcome) -> None:
    settled = settle([now], carried)["tls-legacy", "a"]
    assert settled.outcome is expected


def test_a_sight_that_no_longer_counts_says_nothing_of_what_it_saw() -> None:
    old = settle([finding(PASS, 8)], [])["tls-legacy", "a"]
    assert (old.summary, old.evidence, old.observed_at, old.reason) == (
        f"it was last seen on {AS_OF - 8 * DAY:%Y-%m-%d}, too long ago to count",
        (),
        None,
        "not_observed",
    )


# How a failure ends without a pass


@pytest.mark.parametrize(
    ("absences", "expected"),
    [
        pytest.param([0], FAIL, id="the-first-day"),
        pytest.param([6.9, 0], FAIL, id="a-little-less-than-7-days"),
        pytest.param([7, 0], NA, id="7-days"),
        pytest.param([7, 3, 0], NA, id="7-days-with-a-sight-between"),
        pytest.param([9, 2, 0], NA, id="ended-on-the-way"),
    ],
)
def test_only_not_applicable_for_7_days_ends_a_failure(absences: list[float], expected: Outcome) -> None:
    *before, now = absences
    carried = [earlier(FAIL, 10), *(earlier(NA, days) for days in before)]
    assert outcome_of([finding(NA, now)], carried) is expected


def test_time_that_passes_unseen_does_not_count_as_absence() -> None:
    assert outcome_of([finding(UNKNOWN)], [earlier(FAIL, 100), earlier(NA, 99)]) is FAIL


def test_a_failure_between_absences_begins_the_count_again() -> None:
    carried = [earlier(FAIL, 20), earlier(NA, 15), earlier(FAIL, 9), earlier(NA, 6)]
    assert outcome_of([finding(NA)], carried) is FAIL


def test_a_failure_that_ended_stays_ended_while_its_absence_is_old() -> None:
    carried = [earlier(FAIL, 30), earlier(NA, 25), earlier(NA, 17)]
    assert outcome_of([finding(UNKNOWN)], carried) is UNKNOWN


def test_a_failure_whose_locus_is_gone_stands_until_it_was_gone_for_7_days() -> None:
    failed = earlier(FAIL, 20)
    for gone, standing in ((6.9, True), (7, False)):
        rows = settle([finding(PASS, locus="b")], [failed, earlier(NA, gone)])
        assert (("tls-legacy", "a") in rows) is standing


def test_a_gone_locus_with_no_failure_is_not_asked_any_more() -> None:
    assert set(settle([finding(PASS, locus="b")], [earlier(PASS, 1), earlier(PASS, 1, locus="b")])) == {
        ("tls-legacy", "b")
    }


@pytest.mark.parametrize("elsewhere", [finding(UNKNOWN, locus="b"), finding(PASS, 3, locus="b")])
def test_a_locus_is_not_gone_because_of_a_look_that_is_older_than_its_last_sight(elsewhere: Finding) -> None:
    """It is unseen, and what was seen of it stands or is unknown like anywhere else."""
    assert settle([elsewhere], [earlier(PASS, 1)])["tls-legacy", "a"].standing is Standing.STALE
    assert settle([elsewhere], [earlier(FAIL, 9), earlier(NA, 8), earlier(NA, 2)])["tls-legacy", "a"].outcome is FAIL


def test_a_declaration_ends_no_failure_that_was_seen() -> None:
    assert outcome_of([finding(PASS, basis=Basis.DECLARED)], [earlier(FAIL, 1)]) is FAIL
    told = settle([finding(FAIL, basis=Basis.DECLARED)], [earlier(FAIL, 1)])["tls-legacy", "a"]
    assert told.basis is Basis.OBSERVED
    assert outcome_of([finding(PASS)], [earlier(FAIL, 1, basis=Basis.DECLARED)]) is PASS


def test_an_import_ends_a_failure() -> None:
    assert outcome_of([finding(PASS, basis=Basis.IMPORTED)], [earlier(FAIL, 1)]) is PASS


# The whole asset


def test_an_unknown_of_the_whole_asset_speaks_for_every_known_locus() -> None:
    carried = [earlier(PASS, 1), earlier(FAIL, 9, locus="b"), earlier(PASS, 30, locus="c")]
    rows = settle([finding(UNKNOWN, locus="")], carried)
    assert {locus: row.outcome for (_, locus), row in rows.items()} == {"a": PASS, "b": FAIL, "c": UNKNOWN}


def test_it_speaks_for_a_locus_that_was_always_asked_in_vain() -> None:
    """Or the night in which nothing is seen would look better than the one in which one address is not."""
    rows = settle([finding(UNKNOWN, locus="")], [earlier(PASS, 1), earlier(UNKNOWN, 1, locus="b")])
    assert {locus: row.outcome for (_, locus), row in rows.items()} == {"a": PASS, "b": UNKNOWN}


def test_it_stays_where_all_that_is_known_was_seen_now() -> None:
    rows = settle([finding(UNKNOWN, locus=""), finding(PASS)], [earlier(PASS, 1)])
    assert {locus: row.outcome for (_, locus), row in rows.items()} == {"": UNKNOWN, "a": PASS}


def test_it_is_alone_where_nothing_is_known() -> None:
    assert set(settle([finding(UNKNOWN, locus="")], [])) == {("tls-legacy", "")}


# Names


def test_a_rename_keeps_the_history() -> None:
    renamed = replace(ASSET, formerly=("old-portal", "older-portal"))
    for name in renamed.formerly:
        rows = settle([finding(UNKNOWN)], [earlier(FAIL, 9, asset=name)], renamed)
        assert rows["tls-legacy", "a"].outcome is FAIL


def test_nobody_inherits_from_what_is_still_there() -> None:
    """Neither the good (a pass would be made of nothing) nor, by taking it away, the bad."""
    heir = replace(ASSET, formerly=("portal",))
    portal = replace(ASSET, id="portal")
    carried = [earlier(FAIL, 1, asset="portal"), earlier(PASS, 1, asset="portal", locus="b")]
    history = History(carried, [heir, portal], AS_OF)
    assert history.checks("permits") == frozenset()
    assert history.loci("portal", "tls-legacy") == {"a", "b"}


def test_each_of_two_heirs_answers_for_the_history() -> None:
    one, two = (replace(ASSET, id=name, formerly=("portal",)) for name in ("one", "two"))
    carried = [earlier(FAIL, 1, asset="portal")]
    for assets in ([one, two], [two, one]):
        history = History(carried, assets, AS_OF)
        assert history.of(("one", "tls-legacy", "a")) == history.of(("two", "tls-legacy", "a")) == tuple(carried)


def test_an_asset_that_vanished_stays_accountable_until_it_is_retired() -> None:
    lost, other = replace(ASSET, id="lost"), replace(ASSET, id="other")
    assert [asset.id for asset in accountable([ASSET], [ASSET, other, lost], frozenset())] == [
        "permits",
        "lost",
        "other",
    ]
    assert accountable([ASSET], [ASSET, lost], frozenset({"lost"})) == (ASSET,)
    renamed = replace(ASSET, formerly=("lost",))
    assert accountable([renamed], [ASSET, lost], frozenset()) == (renamed,)


# What a run leaves to the next


def test_a_run_carries_what_it_saw_what_it_asked_in_vain_and_what_was_gone() -> None:
    history = History([earlier(FAIL, 3, locus="c")], [ASSET], AS_OF)
    now = [finding(PASS), finding(UNKNOWN, locus="b")]
    kept = {(row.locus, row.outcome, row.observed_at) for row in carry(ASSET, now, history, AS_OF)}
    assert kept == {("a", PASS, AS_OF), ("b", UNKNOWN, AS_OF), ("c", NA, AS_OF)}


@pytest.mark.parametrize("now", [[finding(UNKNOWN, locus="b")], [finding(UNKNOWN, locus=""), finding(PASS, locus="b")]])
def test_nothing_is_called_gone_by_a_run_that_may_have_missed_it(now: list[Finding]) -> None:
    history = History([earlier(FAIL, 3, locus="c")], [ASSET], AS_OF)
    assert NA not in {row.outcome for row in carry(ASSET, now, history, AS_OF)}


def test_silence_of_the_whole_asset_is_no_place_of_its_own_the_night_after() -> None:
    carried = [earlier(PASS, 1, locus="a")]
    for night in range(3):
        as_of = AS_OF + DAY * night
        now = [finding(UNKNOWN, locus="")]
        assert {locus for _, locus in settle(now, carried, as_of=as_of)} == {"a"}, "one night is like the next"
        carried += carry(ASSET, now, History(carried, [ASSET], as_of), as_of)


NIGHTS = st.lists(st.sampled_from([PASS, FAIL, NA, UNKNOWN, None]), min_size=1, max_size=25)


@settings(max_examples=200, deadline=None)
@given(NIGHTS)
def test_night_after_night_the_rules_hold(nights: list[Outcome | None]) -> None:
    """Against a plain retelling of the rules. None: the check saw another place, and this one was not there."""
    carried: list[Carried] = []
    for night, outcome in enumerate(nights):
        as_of = AS_OF + DAY * night
        now = [replace(finding(PASS, locus="z"), observed_at=as_of)]
        if outcome is not None:
            now.append(replace(finding(outcome), observed_at=None if outcome is UNKNOWN else as_of))
        row = settle(now, carried, as_of=as_of).get(("tls-legacy", "a"))
        assert (row.outcome if row else None) is _retold(nights[: night + 1])
        carried += carry(ASSET, now, History(carried, [ASSET], as_of), as_of)


def _retold(nights: list[Outcome | None]) -> Outcome | None:
    """Where one place stands after these nights, the last one being now."""
    known, failed, absent_since, last, last_night = False, False, None, None, -99
    for night, outcome in enumerate(nights):
        known = known or outcome is not None
        if outcome is UNKNOWN or not known:
            continue
        if outcome in (NA, None):
            absent_since = night if absent_since is None else absent_since
            failed = failed and night - absent_since < 7
        else:
            failed, absent_since = outcome is FAIL, None
        last, last_night = outcome or NA, night
    if failed:
        return FAIL
    if nights[-1] is None:
        return None
    return last if last and len(nights) - 1 - last_night < 7 else UNKNOWN
