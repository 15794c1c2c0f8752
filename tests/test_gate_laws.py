"""Laws of the gates, over graded cities."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from auditor import gates
from auditor.diff import diff
from auditor.gates import broken, parse
from auditor.model import Basis, Letter, Outcome, Report, RunInfo, Standing
from auditor.past import Move, State, state_of
from auditor.waive import expired
from tests.gates_rig import AFTER, AS_OF, BEFORE, FAIL, PASS, UNKNOWN
from tests.laws.acts import choose, with_finding
from tests.laws.chain import ZONE, City, all_assets, grade
from tests.laws.cities import LAW, SEEN_NOW, cities

ALL = parse(
    [*gates.PLAIN, *(f"{name}={value}" for name, values in gates.VALUED.items() for value in values)], always=()
)
SEEING, LETTERS = {"coverage", "complete"}, {"letter", "city"}
OUTCOMES = st.sampled_from([None, *Outcome])


def graded(city: City, was: dict[tuple[str, str, str], State | None]) -> tuple[str, ...]:
    """The gates that the city breaks, compared with a night before on which each place was as `was` says."""
    done = grade(city)
    run = RunInfo(
        id="after",
        started=AS_OF,
        finished=AS_OF,
        tool="1",
        rubric="1",
        complete=all(one.outcome is not UNKNOWN and one.standing is Standing.NOW for one in done.findings),
        as_of=city.as_of,
    )
    whole = Report(
        run=run,
        organisation="elm",
        timezone=ZONE.key,
        systems=city.systems,
        assets=all_assets(city),
        findings=done.findings,
        asset_grades=tuple(held.grade for held in done.assets.values()),
        system_grades=tuple(held.grade for held in done.systems.values()),
        city=done.city,
        expired_waivers=expired(city.waivers, ZONE, city.as_of),
    )
    now = {one.key: state_of(one) for one in done.findings}
    moves = [Move(key, was.get(key), now.get(key)) for key in was.keys() | now.keys()]
    sentences = broken(ALL, whole, diff(BEFORE, AFTER, moves, (), ()))
    return tuple(sentence.split(" is not met: ")[0].removeprefix("Gate ") for sentence in sentences)


@st.composite
def nights(draw: st.DrawFn) -> tuple[City, dict[tuple[str, str, str], State | None]]:
    """A city, and what was known of its places the night before."""
    city = draw(cities())
    was: dict[tuple[str, str, str], State | None] = {}
    for one in grade(city).findings:
        outcome = draw(OUTCOMES)
        if outcome is not None:
            was[one.key] = state_of(replace(one, outcome=outcome, waiver=draw(st.sampled_from([None, "W-1"]))))
    return city, was


@LAW
@given(nights(), st.integers(0, 10**4))
def test_fixing_never_breaks_a_gate(night: tuple[City, dict[tuple[str, str, str], State | None]], number: int) -> None:
    city, was = night
    failing = {one.key for one in grade(city).findings if one.outcome is FAIL}
    old = choose((one for one in city.now if one.key in failing), number)
    fixed = with_finding(
        city, replace(old, outcome=PASS, basis=Basis.OBSERVED, observed_at=city.as_of, reason=None, summary="fixed")
    )
    assert set(graded(fixed, was)) <= set(graded(city, was))


@LAW
@given(nights(), st.integers(0, 10**4))
def test_a_new_failure_never_mends_a_gate(
    night: tuple[City, dict[tuple[str, str, str], State | None]], number: int
) -> None:
    """Where something passed. A failure where nothing could be seen before is an answer more, and counts as that."""
    city, was = night
    passing = {one.key for one in grade(city).findings if one.outcome is PASS and one.standing is Standing.NOW}
    old = choose((one for one in city.now if one.key in passing and one.observed_at == SEEN_NOW), number)
    failed = with_finding(city, replace(old, outcome=FAIL, summary="broken"))
    assert set(graded(city, was)) <= set(graded(failed, was))


@LAW
@given(nights(), st.integers(0, 10**4))
def test_a_failure_that_was_unknown_mends_nothing_but_the_gates_on_seeing_and_on_letters_that_were_ng(
    night: tuple[City, dict[tuple[str, str, str], State | None]], number: int
) -> None:
    city, was = night
    done = grade(city)
    known = done.assets.values(), done.systems.values()
    was_ng = any(held.grade.letters.measured is Letter.NG for level in known for held in level)
    unknown = {one.key for one in done.findings if one.outcome is UNKNOWN}
    old = choose((one for one in city.now if one.key in unknown), number)
    failed = with_finding(city, replace(old, outcome=FAIL, observed_at=SEEN_NOW, reason=None, summary="broken"))
    mended = set(graded(city, was)) - set(graded(failed, was))
    assert {text.split("=")[0] for text in mended} <= SEEING | (LETTERS if was_ng else set())
