"""What a run keeps of an asset's past, case by case; that it settles like all of it: tests/laws/test_remembering.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.history import History, open_failure
from auditor.model import Basis, Carried, Evidence, Finding, Outcome
from auditor.remember import (
    FAILURES_KEPT,
    after_the_clock,
    joined,
    relied,
    remembered,
    renamed,
    without_the_gone,
)
from auditor.standing import GONE, carry
from tests.test_standing import AS_OF, ASSET, DAY, RUBRIC, earlier, finding, settle

PASS, FAIL, UNKNOWN, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
DECLARED = Basis.DECLARED


def seen(*entries: tuple[Outcome, float]) -> list[Carried]:
    """Outcomes of one place, each so many days ago."""
    return [earlier(outcome, days) for outcome, days in entries]


def kept(entries: list[Carried]) -> list[tuple[Outcome, float]]:
    return [(entry.outcome, (AS_OF - entry.observed_at) / DAY) for entry in remembered(entries, RUBRIC)]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(PASS, 3), (PASS, 2), (PASS, 1)], [(PASS, 1)], id="the-last-pass"),
        pytest.param([(FAIL, 3), (FAIL, 2), (FAIL, 1)], [(FAIL, 1)], id="the-last-failure"),
        pytest.param([(FAIL, 3), (PASS, 2)], [(PASS, 2)], id="a-failure-that-passed-is-forgotten"),
        pytest.param([(PASS, 3), (FAIL, 2)], [(FAIL, 2)], id="a-pass-that-failed-is-forgotten"),
        pytest.param([(FAIL, 2), (PASS, 2)], [(FAIL, 2)], id="at-one-instant-the-worse"),
        pytest.param(
            [(FAIL, 6), (NA, 5), (NA, 4), (NA, 3), (NA, 2)],
            [(FAIL, 6), (NA, 5), (NA, 2)],
            id="the-first-and-the-last-absence-may-end-an-open-failure",
        ),
        pytest.param(
            [(FAIL, 9), (NA, 8), (NA, 4), (NA, 1)], [(FAIL, 9), (NA, 8), (NA, 1)], id="ended-by-this-rubric-alone"
        ),
        pytest.param(
            [(FAIL, 9), (NA, 8), (FAIL, 4), (NA, 1)], [(FAIL, 4), (NA, 1)], id="absences-before-count-no-more"
        ),
        pytest.param([(PASS, 9), (NA, 8), (NA, 1)], [(PASS, 9), (NA, 8), (NA, 1)], id="a-pass-still-ends-old-imports"),
        pytest.param([(UNKNOWN, 9), (UNKNOWN, 8)], [(UNKNOWN, 9)], id="always-asked-in-vain"),
        pytest.param([(PASS, 9), (UNKNOWN, 8), (UNKNOWN, 1)], [(PASS, 9), (UNKNOWN, 8)], id="dark-since-8-days"),
        pytest.param([(UNKNOWN, 9), (PASS, 8)], [(PASS, 8)], id="seen-since"),
        pytest.param([(UNKNOWN, 8), (PASS, 8)], [(PASS, 8)], id="seen-at-that-instant"),
        pytest.param(
            [(FAIL, 9), (NA, 8), (NA, 7), (NA, 6), (UNKNOWN, 5), (UNKNOWN, 4)],
            [(FAIL, 9), (NA, 8), (NA, 6), (UNKNOWN, 5)],
            id="four-at-most",
        ),
    ],
)
def test_what_is_kept_of_a_place(entries: list[tuple[Outcome, float]], expected: list[tuple[Outcome, float]]) -> None:
    assert kept(seen(*entries)) == expected
    assert kept(seen(*reversed(entries))) == expected


def test_what_was_declared_neither_ends_nor_replaces_a_failure_that_was_seen() -> None:
    told = [earlier(outcome, days, basis=DECLARED) for outcome, days in ((PASS, 5), (FAIL, 4), (NA, 3))]
    assert kept([*seen((FAIL, 9)), *told]) == [(FAIL, 9)]
    assert kept([*seen((FAIL, 9), (PASS, 8)), *told]) == [(FAIL, 4), (NA, 3)]


def test_a_place_that_stays_dark_is_remembered_by_the_same_entries_every_night() -> None:
    memory = remembered(seen((PASS, 3), (UNKNOWN, 2)), RUBRIC)
    for night in range(400):
        at = AS_OF + DAY * night
        left = carry(ASSET, [finding(UNKNOWN, locus="")], History(memory, [ASSET], at), at)
        memory, before = remembered((*memory, *left), RUBRIC), memory
        assert [row for row in memory if row.locus == "a"] == [row for row in before if row.locus == "a"]


def test_an_import_from_between_two_dark_nights_finds_a_place_gone_that_the_full_history_calls_unseen() -> None:
    """The one thing that a memory does not know: that the place was asked for again after the import's date."""
    history = seen((PASS, 9), (UNKNOWN, 8), (UNKNOWN, 1))
    elsewhere = [finding(PASS, 4, locus="b", basis=Basis.IMPORTED)]
    assert settle(elsewhere, history)["tls-legacy", "a"].outcome is UNKNOWN
    assert ("tls-legacy", "a") not in settle(elsewhere, list(remembered(history, RUBRIC)))


def test_an_imported_failure_from_among_absences_stands_longer() -> None:
    history = seen((FAIL, 12), (NA, 11), (NA, 9), (NA, 1))
    late = [finding(FAIL, 10, basis=Basis.IMPORTED)]
    assert settle(late, history)["tls-legacy", "a"].outcome is NA
    assert settle(late, list(remembered(history, RUBRIC)))["tls-legacy", "a"].outcome is FAIL


def test_a_place_that_was_gone_for_7_days_is_forgotten_unless_it_ever_failed() -> None:
    def after(*outcomes: Outcome, nights: int) -> set[str]:
        memory = tuple(earlier(outcome, 1) for outcome in outcomes)
        for night in range(nights):
            at = AS_OF + DAY * night
            now = [replace(finding(PASS, locus="b"), observed_at=at)]
            left = carry(ASSET, now, History(memory, [ASSET], at), at)
            memory = without_the_gone(remembered((*memory, *left), RUBRIC), RUBRIC)
        return {entry.locus for entry in memory}

    assert after(PASS, nights=7) == after(FAIL, nights=7) == after(UNKNOWN, nights=7) == {"a", "b"}
    assert after(PASS, nights=8) == after(UNKNOWN, nights=8) == {"b"}
    assert after(FAIL, nights=8) == {"a", "b"}


def test_of_places_that_failed_and_are_gone_the_last_ones_are_remembered() -> None:
    gone = [(f"10.0.0.{number}", 100 - number) for number in range(FAILURES_KEPT + 2)]
    memory = [
        earlier(outcome, days - since, locus=locus, summary=GONE)
        for locus, days in gone
        for outcome, since in ((FAIL, 0), (NA, 1), (NA, 9))
    ]
    kept_loci = {entry.locus for entry in without_the_gone(memory, RUBRIC)}
    assert kept_loci == {locus for locus, _ in gone[2:]}


@pytest.mark.parametrize("absence", [GONE, "nothing listens"])
def test_one_night_by_a_laxer_rubric_or_with_a_clock_far_ahead_ends_no_failure_for_good(absence: str) -> None:
    before = [earlier(FAIL, 3), earlier(NA, 2, summary=absence)]
    lax = replace(RUBRIC, failure_ends_after=DAY)
    tonight = earlier(NA, 0, summary=absence)
    assert open_failure(without_the_gone(remembered([*before, tonight], lax), lax), RUBRIC)
    ahead = earlier(NA, -400, summary=absence)
    memory = without_the_gone(remembered([*before, ahead], RUBRIC), RUBRIC)
    assert open_failure([row for row in after_the_clock(memory, AS_OF) if row.outcome is not UNKNOWN], RUBRIC)


def test_a_question_that_does_not_arise_is_not_gone() -> None:
    memory = remembered(seen((NA, 30), (NA, 1)), RUBRIC)
    assert without_the_gone(memory, RUBRIC) == memory


# What a run relies on


@pytest.mark.parametrize(
    ("now", "before", "counts"),
    [
        pytest.param([finding(PASS)], seen((FAIL, 1)), False, id="a-pass-decides"),
        pytest.param([finding(FAIL)], seen((FAIL, 9), (NA, 8)), False, id="a-failure-decides"),
        pytest.param([finding(PASS, 1)], seen((FAIL, 1)), True, id="not-against-a-failure-of-that-instant"),
        pytest.param([finding(FAIL, 1)], seen((PASS, 1)), False, id="a-failure-counts-at-that-instant"),
        pytest.param([finding(PASS, 3)], seen((PASS, 1)), True, id="an-import-is-older"),
        pytest.param([finding(PASS, -1)], seen((PASS, 1)), True, id="a-sight-from-after-the-instant"),
        pytest.param([finding(PASS, basis=DECLARED)], seen((FAIL, 1)), True, id="a-declaration-ends-no-failure"),
        pytest.param([finding(PASS, basis=DECLARED)], seen((PASS, 1)), False, id="a-declaration-where-none-failed"),
        pytest.param([finding(NA)], seen((FAIL, 1)), True, id="an-absence-after-a-failure"),
        pytest.param([finding(NA)], seen((PASS, 1)), False, id="an-absence-where-none-failed"),
        pytest.param([finding(UNKNOWN)], seen((PASS, 1)), True, id="unseen"),
        pytest.param([finding(UNKNOWN)], seen((UNKNOWN, 1)), False, id="unseen-as-always"),
        pytest.param([finding(UNKNOWN, locus="")], seen((UNKNOWN, 1)), True, id="the-whole-asset-is-unseen"),
        pytest.param([finding(PASS, locus="b")], seen((PASS, 1)), False, id="gone"),
        pytest.param([finding(PASS, locus="b")], seen((FAIL, 1)), True, id="gone-where-it-failed"),
        pytest.param([finding(PASS, 2, locus="b")], seen((PASS, 1)), True, id="a-look-elsewhere-that-is-older"),
        pytest.param([finding(UNKNOWN, locus="b")], seen((PASS, 1)), True, id="nothing-seen-elsewhere"),
        pytest.param([], seen((PASS, 1)), False, id="a-tier-that-is-not-asked"),
        pytest.param([], seen((FAIL, 1)), True, id="a-tier-that-is-not-asked-where-it-failed"),
    ],
)
def test_what_settling_a_run_again_needs(now: list[Finding], before: list[Carried], counts: bool) -> None:
    assert relied(ASSET, now, before, AS_OF) == (tuple(before) if counts else ())


def test_the_past_under_a_former_id_counts_like_its_own() -> None:
    heir = replace(ASSET, formerly=("old",))
    before = [earlier(PASS, 1, asset="old")]
    assert relied(heir, [finding(UNKNOWN)], before, AS_OF) == tuple(before)
    assert relied(heir, [finding(PASS)], before, AS_OF) == ()


# The clock and names


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([(FAIL, -9)], [(FAIL, 0)], id="a-failure-is-one-of-now"),
        pytest.param([(PASS, -9)], [(UNKNOWN, 0)], id="a-pass-is-no-pass"),
        pytest.param([(NA, -9)], [(UNKNOWN, 0)], id="an-absence-is-none"),
        pytest.param([(UNKNOWN, -9)], [(UNKNOWN, 0)], id="asked-in-vain"),
        pytest.param([(PASS, 0)], [(PASS, 0)], id="now-is-not-later-than-now"),
        pytest.param([(FAIL, 2), (PASS, -9)], [(FAIL, 2), (UNKNOWN, 0)], id="a-pass-from-the-future-ends-no-failure"),
        pytest.param([(FAIL, -8), (PASS, -9)], [(FAIL, 0), (UNKNOWN, 0)], id="nor-one-from-the-future"),
        pytest.param([(FAIL, 2), (NA, 1), (NA, -5)], [(FAIL, 2), (NA, 1), (UNKNOWN, 0)], id="nor-does-an-absence"),
        pytest.param([(PASS, 2), (NA, -9)], [(UNKNOWN, 0)], id="a-pass-was-not-the-last-word"),
        pytest.param([(NA, 2), (PASS, -9)], [(UNKNOWN, 0)], id="nor-was-an-absence"),
        pytest.param([(PASS, 2), (PASS, -9)], [(PASS, 2), (UNKNOWN, 0)], id="an-older-pass-still-counts"),
        pytest.param([(PASS, 2), (UNKNOWN, -9)], [(PASS, 2), (UNKNOWN, 0)], id="dark-in-the-future"),
    ],
)
def test_after_a_clock_jumped_back(entries: list[tuple[Outcome, float]], expected: list[tuple[Outcome, float]]) -> None:
    clamped = after_the_clock(seen(*entries), AS_OF)
    assert [(entry.outcome, (AS_OF - entry.observed_at) / DAY) for entry in clamped] == expected


def test_a_mark_that_was_a_pass_shows_nothing_of_it() -> None:
    pass_ = replace(earlier(PASS, -1), evidence=(Evidence("a", "b", "c"),), run="r")
    (mark,) = after_the_clock([pass_], AS_OF)
    assert (mark.summary, mark.evidence, mark.run) == ("", (), "r")


def test_first_the_clock_then_the_memory_or_a_failure_would_be_forgotten() -> None:
    entries = seen((FAIL, 1), (PASS, -1))
    assert kept(list(after_the_clock(entries, AS_OF))) == [(FAIL, 1), (UNKNOWN, 0)]
    assert kept(entries) == [(PASS, -1)]


def test_entries_of_former_ids_become_the_asset_s_own_and_others_stay_where_they_are() -> None:
    heir = replace(ASSET, formerly=("old", "older"))
    entries = [earlier(FAIL, 1, asset=name) for name in ("old", "older", ASSET.id, "another")]
    assert [entry.asset for entry in renamed(entries, heir)] == [ASSET.id] * 3 + ["another"]
    assert remembered(renamed(entries[:3], heir), RUBRIC) == (earlier(FAIL, 1),)


def test_a_pass_under_one_name_ends_no_failure_under_another() -> None:
    """Two assets became one: that the one passed, after the other had failed, says nothing of the other."""
    front, back = seen((FAIL, 2)), seen((PASS, 1), (UNKNOWN, 0.5))
    for pasts in ([front, back], [back, front]):
        assert [entry.outcome for entry in remembered(joined(pasts, RUBRIC), RUBRIC)] == [FAIL, UNKNOWN]


def test_a_failure_that_its_own_name_saw_pass_is_over() -> None:
    front, back = seen((FAIL, 3), (PASS, 2)), seen((PASS, 1))
    assert [entry.outcome for entry in remembered(joined([front, back], RUBRIC), RUBRIC)] == [PASS]
    assert joined([], RUBRIC) == ()
