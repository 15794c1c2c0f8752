"""What is said (waivers, attestations) never changes what was seen."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from auditor.model import Basis, Outcome, Standing
from tests.laws.acts import as_carried, assert_no_rise, choose, with_carried, with_finding
from tests.laws.chain import City, grade
from tests.laws.cities import DAY, LAW, TODAY, cities, draw_waiver, draw_word

NUMBERS = st.integers(0, 10**4)


def names_of(city: City) -> tuple[str, ...]:
    assume(city.assets)
    return tuple(asset.id for asset in city.assets)


@LAW
@given(cities(), NUMBERS)
def test_a_waiver_changes_the_accepted_letter_only_and_never_for_the_worse(city: City, number: int) -> None:
    waiver = draw_waiver(Random(number).randint, 9, names_of(city), city.checks)
    before, after = grade(city), grade(replace(city, waivers=(*city.waivers, waiver)))
    rows = [(before.city.grade, after.city.grade)]
    for level in ("assets", "systems", "departments"):
        old, new = getattr(before, level), getattr(after, level)
        rows += [(old[key].grade, new[key].grade) for key in old]
    for old, new in rows:
        assert (new.letters.measured, new.letters.at_worst) == (old.letters.measured, old.letters.at_worst)
        assert new.letters.accepted >= old.letters.accepted
        assert (new.held_by, new.next) == (old.held_by, old.next)


@LAW
@given(cities())
def test_a_waiver_that_is_not_in_force_changes_nothing(city: City) -> None:
    over = tuple(replace(waiver, expires=TODAY - DAY) for waiver in city.waivers)
    early = tuple(replace(waiver, approved=TODAY + DAY, expires=TODAY + 9 * DAY) for waiver in city.waivers)
    none = grade(replace(city, waivers=())).to_bytes()
    assert grade(replace(city, waivers=over)).to_bytes() == none
    assert grade(replace(city, waivers=early)).to_bytes() == none


@LAW
@given(cities(), NUMBERS)
def test_an_attestation_touches_no_seen_failure_and_nothing_seen_now(city: City, number: int) -> None:
    word = draw_word(Random(number).randint, 9, names_of(city), city.checks)
    bare = {finding.key: finding for finding in grade(replace(city, attestations=())).findings}
    told = grade(replace(city, attestations=(*city.attestations, word))).findings
    assert {finding.key for finding in told} == set(bare)
    for finding in told:
        seen = bare[finding.key]
        if seen.outcome is not Outcome.UNKNOWN:
            assert replace(finding, attestation=None) == seen
        if seen.outcome is Outcome.FAIL:
            assert finding.attestation is None


@LAW
@given(cities(), NUMBERS)
def test_saying_that_something_fails_never_raises(city: City, number: int) -> None:
    word = replace(draw_word(Random(number).randint, 9, names_of(city), city.checks), outcome=Outcome.FAIL)
    assert_no_rise(city, replace(city, attestations=(*city.attestations, word)))


@LAW
@given(cities(), NUMBERS)
def test_an_attestation_answers_an_unknown_and_is_nothing_at_once_when_it_expires(city: City, number: int) -> None:
    silent = replace(city, attestations=())
    finding = choose((row for row in grade(silent).findings if row.outcome is Outcome.UNKNOWN), number)
    draft = draw_word(Random(number).randint, 9, (finding.asset,), city.checks)
    word = replace(draft, check=finding.check, outcome=Outcome.PASS, made=TODAY - DAY, expires=TODAY)
    told = replace(city, attestations=(word,))
    assert {row.standing for row in grade(told).findings if row.key == finding.key} == {Standing.ATTESTED}
    over = replace(city, attestations=(replace(word, expires=TODAY - DAY),))
    assert grade(over).to_bytes() == grade(silent).to_bytes()
    assert_no_rise(told, over)


@LAW
@given(cities())
def test_taking_back_what_was_said_to_pass_never_raises(city: City) -> None:
    kept = tuple(word for word in city.attestations if word.outcome is Outcome.FAIL)
    assert_no_rise(city, replace(city, attestations=kept))


@LAW
@given(cities())
def test_taking_back_a_waiver_never_raises(city: City) -> None:
    assert_no_rise(city, replace(city, waivers=city.waivers[1:]))


@LAW
@given(cities(), NUMBERS)
def test_a_declaration_never_ends_a_failure_that_was_seen(city: City, number: int) -> None:
    """A declared sight in the place of a failure leaves the failure where it was."""
    standing = [row for row in grade(city).findings if row.outcome is Outcome.FAIL and row.standing is Standing.NOW]
    seen = {row.key for row in standing if row.basis is not Basis.DECLARED}
    failure = choose([row for row in city.now if row.key in seen], number)
    outcome = choose((Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE), number)
    told = replace(failure, outcome=outcome, basis=Basis.DECLARED, observed_at=city.as_of, summary="told")
    after = with_carried(with_finding(city, told), as_carried(failure))
    assert_no_rise(city, after)
    assert {row.outcome for row in grade(after).findings if row.key == failure.key} == {Outcome.FAIL}
