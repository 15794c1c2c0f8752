"""What a run remembers settles like all that was ever seen: on any history, over any number of nights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import event, given
from hypothesis import strategies as st

from auditor.grade import grade_asset
from auditor.history import History
from auditor.model import (
    Asset,
    Basis,
    Carried,
    Finding,
    Letters,
    Outcome,
    Reason,
    Sensitivity,
    Severity,
    Tier,
)
from auditor.remember import after_the_clock, relied, remembered, renamed, without_the_gone
from auditor.rubric import Rubric, read_rubric
from auditor.standing import Rule, Settlement, carry
from tests.laws.acts import is_not_better
from tests.laws.cities import LAW

PASS, FAIL, UNKNOWN, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
RUBRIC = read_rubric()
SLOWER = replace(RUBRIC, failure_ends_after=timedelta(days=14))
HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 6, 15, 12, tzinfo=UTC)  # nothing in a history is later than this
ASSET = Asset(id="permits", kind="web", address="https://permits.example", system="permits", formerly=("old", "older"))
RULES = {"nightly": Rule(Severity.HIGH, Tier.NIGHTLY), "deep": Rule(Severity.CRITICAL, Tier.DEEP)}

Place = tuple[str, str]  # check, locus
PLACES = st.tuples(st.sampled_from(tuple(RULES)), st.sampled_from(("", "a", "b")))
BASES = st.sampled_from((Basis.OBSERVED, Basis.OBSERVED, Basis.OBSERVED, Basis.IMPORTED, Basis.DECLARED))
SURE = st.sampled_from((Basis.OBSERVED, Basis.IMPORTED))
AGES = st.sampled_from((0, 1, 1, 24, 25, 48, 96, 144, 167, 168, 169, 192, 240, 336, 360, 361, 900))  # hours
GAPS = st.sampled_from((1, 2, 24, 144, 167, 168, 169, 192, 336, 360, 361))  # hours


def entries(
    ages: st.SearchStrategy[int] = AGES,
    bases: st.SearchStrategy[Basis] = BASES,
    outcomes: Sequence[Outcome] = (PASS, FAIL, FAIL, NA, NA, UNKNOWN),
    ids: Sequence[str] = (ASSET.id,),
) -> st.SearchStrategy[list[Carried]]:
    """Earlier outcomes of one asset, with many collisions; what they say tells equal ones apart."""
    entry = st.builds(
        lambda asset, place, outcome, age, basis, run: Carried(
            asset=asset,
            check=place[0],
            locus=place[1],
            outcome=outcome,
            observed_at=BEGIN - HOUR * age,
            summary=f"seen by {run}",
            basis=basis,
            run=run,
        ),
        st.sampled_from(ids),
        PLACES,
        st.sampled_from(outcomes),
        ages,
        bases,
        st.sampled_from(("one", "two")),
    )
    return st.lists(entry, max_size=14)


def sayings(
    ages: st.SearchStrategy[int],
    bases: st.SearchStrategy[Basis] = BASES,
    outcomes: Sequence[Outcome] = (PASS, FAIL, NA, NA, UNKNOWN),
) -> st.SearchStrategy[dict[Place, tuple[Outcome, Basis, int]]]:
    """What judging says of one night: any places, the others are gone or not asked; hours before its end."""
    return st.dictionaries(PLACES, st.tuples(st.sampled_from(outcomes), bases, ages), max_size=6)


def findings(said: dict[Place, tuple[Outcome, Basis, int]], as_of: datetime) -> list[Finding]:
    return [
        Finding(
            asset=ASSET.id,
            check=check,
            locus=locus,
            severity=RULES[check].severity,
            tier=RULES[check].tier,
            outcome=outcome,
            summary="now",
            basis=Basis.OBSERVED if outcome is UNKNOWN else basis,
            reason=Reason.TIMEOUT.word if outcome is UNKNOWN else None,
            observed_at=None if outcome is UNKNOWN else as_of - HOUR * age,
        )
        for (check, locus), (outcome, basis, age) in said.items()
    ]


def settle(
    now: Sequence[Finding], before: Iterable[Carried], as_of: datetime, rubric: Rubric = RUBRIC
) -> dict[Place, Finding]:
    settlement = Settlement(RULES, History(before, [ASSET], as_of), rubric, as_of)
    return {(row.check, row.locus): row for row in settlement.settle(ASSET, now)}


def left_by(now: Sequence[Finding], before: Iterable[Carried], at: datetime) -> tuple[Carried, ...]:
    return carry(ASSET, now, History(before, [ASSET], at), at)


def assert_not_better(found: dict[Place, Finding], truth: dict[Place, Finding]) -> None:
    """Nothing is hidden, no failure is lost, and nothing counts as seen that would not count."""
    for place in found.keys() | truth.keys():
        mine, true = found.get(place), truth.get(place)
        assert mine is not None, place
        if mine.outcome is FAIL:
            continue
        assert true is not None, place
        assert true.outcome is not FAIL, place
        if mine.outcome is not UNKNOWN:
            assert mine.outcome is true.outcome, place
            assert mine.observed_at is not None
            assert true.observed_at is not None
            assert mine.observed_at <= true.observed_at, place


# What is remembered


@LAW
@given(entries(), GAPS, st.data())
def test_a_later_run_settles_the_same(history: list[Carried], gap: int, data: st.DataObject) -> None:
    """Whatever it sees, even with sights from after its own instant; and so does the next one, on what it leaves."""
    as_of = BEGIN + HOUR * gap
    now = findings(data.draw(sayings(st.integers(-30, gap - 1))), as_of)
    memory = remembered(history, RUBRIC)
    assert settle(now, memory, as_of) == settle(now, history, as_of)
    left = left_by(now, history, as_of)
    assert left == left_by(now, memory, as_of)
    composed = remembered((*memory, *left), RUBRIC)
    later = max((entry.observed_at for entry in left), default=as_of) + HOUR * data.draw(GAPS)
    again = findings(data.draw(sayings(st.just(0))), later)
    assert settle(again, composed, later) == settle(again, (*history, *left), later)


NIGHTS = st.lists(
    st.tuples(st.sampled_from((24, 24, 24, 48, 144, 168, 192, 361)), sayings(st.integers(0, 2))),
    min_size=1,
    max_size=40,
)


@LAW
@given(entries(), NIGHTS)
def test_night_after_night_the_memory_settles_like_the_whole_history(
    history: list[Carried], nights: list[tuple[int, dict[Place, tuple[Outcome, Basis, int]]]]
) -> None:
    full, memory, as_of = tuple(history), remembered(history, RUBRIC), BEGIN
    for hours, said in nights:
        as_of += HOUR * hours
        now = findings(said, as_of)
        assert settle(now, memory, as_of) == settle(now, full, as_of)
        memory = remembered((*memory, *left_by(now, memory, as_of)), RUBRIC)
        full = (*full, *left_by(now, full, as_of))
        assert len(memory) <= 4 * len({(entry.check, entry.locus) for entry in memory})
    event(f"{len(nights) // 10 * 10}+ nights")


@LAW
@given(entries())
def test_it_is_small_part_of_the_history_and_needs_no_second_time(history: list[Carried]) -> None:
    memory = remembered(history, RUBRIC)
    places = [(entry.check, entry.locus) for entry in memory]
    assert all(places.count(place) <= 4 for place in places)
    assert set(places) == {(entry.check, entry.locus) for entry in history}
    assert set(memory) <= set(history)
    assert remembered(memory, RUBRIC) == memory


@LAW
@given(entries(), st.integers(0, 10**4))
def test_the_order_of_the_history_is_irrelevant(history: list[Carried], seed: int) -> None:
    mixed = Random(seed).sample(history, len(history))
    assert remembered(mixed, RUBRIC) == remembered(history, RUBRIC)


@LAW
@given(
    entries(bases=SURE, outcomes=(PASS, FAIL, FAIL, NA, NA)),
    st.lists(sayings(st.integers(0, 400), SURE, (PASS, FAIL, NA, NA)), min_size=1, max_size=6),
)
def test_an_import_that_is_older_than_the_history_finds_nothing_better(
    history: list[Carried], nights: list[dict[Place, tuple[Outcome, Basis, int]]]
) -> None:
    full, memory = tuple(history), remembered(history, RUBRIC)
    for night, said in enumerate(nights):
        as_of = BEGIN + HOUR * 24 * night
        now = findings(said, as_of)
        assert_not_better(settle(now, memory, as_of), settle(now, full, as_of))
        memory = remembered((*memory, *left_by(now, memory, as_of)), RUBRIC)
        full = (*full, *left_by(now, full, as_of))


@LAW
@given(
    st.lists(
        st.tuples(
            st.sampled_from((24, 24, 48, 144, 168, 192)),
            sayings(st.integers(0, 2), SURE, (PASS, PASS, PASS, FAIL, NA, UNKNOWN)),
        ),
        min_size=3,
        max_size=20,
    )
)
def test_forgetting_what_is_gone_raises_no_letter(
    nights: list[tuple[int, dict[Place, tuple[Outcome, Basis, int]]]],
) -> None:
    full: tuple[Carried, ...] = ()
    memory: tuple[Carried, ...] = ()
    as_of = BEGIN
    for hours, said in nights:
        as_of += HOUR * hours
        now = findings(said, as_of)
        found, truth = settle(now, memory, as_of), settle(now, full, as_of)
        assert is_not_better(letters(found), letters(truth))
        assert all(truth[place].outcome in (UNKNOWN, NA) for place in truth.keys() - found.keys())
        memory = without_the_gone(remembered((*memory, *left_by(now, memory, as_of)), RUBRIC), RUBRIC)
        full = (*full, *left_by(now, full, as_of))


def letters(settled: dict[Place, Finding]) -> Letters:
    return grade_asset(ASSET, Sensitivity.CONFIDENTIAL, tuple(settled.values()), lambda _: 1, RUBRIC).grade.letters


# What a run relies on


@LAW
@given(entries(st.integers(-50, 50) | AGES), sayings(st.integers(-40, 400)), GAPS, st.sampled_from((RUBRIC, SLOWER)))
def test_what_a_run_relies_on_settles_it_again_at_any_later_instant(
    before: list[Carried], said: dict[Place, tuple[Outcome, Basis, int]], gap: int, rubric: Rubric
) -> None:
    now = findings(said, BEGIN)
    part = relied(ASSET, now, before, BEGIN)
    assert set(part) <= set(before)
    for as_of in (BEGIN, BEGIN + HOUR * gap, BEGIN + HOUR * 24 * 365):
        assert settle(now, part, as_of, rubric) == settle(now, before, as_of, rubric)


@LAW
@given(entries(), sayings(st.just(0), SURE, (PASS, FAIL)))
def test_a_run_that_saw_everything_relies_on_nothing(
    before: list[Carried], said: dict[Place, tuple[Outcome, Basis, int]]
) -> None:
    now = findings(said, BEGIN + HOUR)
    known = [entry for entry in before if (entry.check, entry.locus) in said or entry.outcome is not FAIL]
    asked = {check for check, _ in said}
    assert [entry for entry in relied(ASSET, now, known, BEGIN + HOUR) if entry.check in asked] == []


# The clock and names


@LAW
@given(entries(st.integers(-50, 50) | AGES), GAPS, sayings(st.just(0)))
def test_a_clock_that_jumped_back_makes_nothing_better(
    before: list[Carried], gap: int, said: dict[Place, tuple[Outcome, Basis, int]]
) -> None:
    clamped = after_the_clock(before, BEGIN)
    assert all(entry.observed_at <= BEGIN for entry in clamped)
    later = BEGIN + HOUR * (50 + gap)
    for now in ([], findings(said, later)):
        assert_not_better(settle(now, clamped, later), settle(now, before, later))
    at_once = settle([], clamped, BEGIN)
    for place, row in settle([], remembered(before, RUBRIC), later).items():
        assert at_once[place].outcome is row.outcome or row.outcome is not FAIL


@LAW
@given(
    entries(),
    st.lists(sayings(st.sampled_from((0, 0, 0, -1, -23))), min_size=1, max_size=30),
)
def test_sights_from_after_the_instant_make_nothing_better_in_the_nights_after(
    history: list[Carried], nights: list[dict[Place, tuple[Outcome, Basis, int]]]
) -> None:
    """What the store does: first the clock, then what is remembered."""
    full, memory = tuple(history), remembered(history, RUBRIC)
    for night, said in enumerate(nights, start=1):
        as_of = BEGIN + HOUR * 24 * night
        now = findings(said, as_of)
        assert_not_better(settle(now, memory, as_of), settle(now, full, as_of))
        memory = remembered(after_the_clock((*memory, *left_by(now, memory, as_of)), as_of), RUBRIC)
        full = (*full, *left_by(now, full, as_of))


@LAW
@given(entries(ids=(ASSET.id, *ASSET.formerly)), sayings(st.integers(-30, 30)))
def test_what_is_renamed_settles_like_the_past_of_its_heir(
    history: list[Carried], said: dict[Place, tuple[Outcome, Basis, int]]
) -> None:
    own = renamed(history, ASSET)
    assert {entry.asset for entry in own} <= {ASSET.id}
    assert settle(findings(said, BEGIN), own, BEGIN) == settle(findings(said, BEGIN), history, BEGIN)
