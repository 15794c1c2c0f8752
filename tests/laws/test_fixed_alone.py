"""What one check would do alone is what grading says when it passes: for assets and systems of any city."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.alone import with_alone
from auditor.grade import Held
from auditor.model import Grade, Letter, Step
from tests.laws.acts import choose
from tests.laws.chain import City, Graded, grade
from tests.laws.cities import LAW, cities
from tests.laws.steps import do_all, spelled_out

NUMBERS = st.integers(0, 10**4)
LEVELS: dict[str, Callable[[Graded], dict[str, Held]]] = {
    "asset": lambda graded: graded.assets,
    "system": lambda graded: graded.systems,
}


def capping(held: Held, check: str) -> list[Step]:
    return [cap.step for cap in held.caps if cap.step.check == check and cap.letters.measured < Letter.A_PLUS]


@pytest.mark.parametrize("level", LEVELS)
@LAW
@given(city=cities(), which=NUMBERS, another=NUMBERS)
def test_it_equals_grading_with_that_check_passing(level: str, city: City, which: int, another: int) -> None:
    plain = spelled_out(city)
    grades = LEVELS[level](grade(plain))
    name, now = choose(sorted(grades.items()), which)
    told = choose(with_alone(now).alone, another)

    then = LEVELS[level](grade(do_all(plain, capping(now, told.check), 0)))[name].grade.letters.measured
    assert told.letter == then
    assert told.letter >= now.grade.letters.measured


@pytest.mark.parametrize("level", LEVELS)
@LAW
@given(city=cities(), which=NUMBERS)
def test_two_together_do_no_less_than_either(level: str, city: City, which: int) -> None:
    plain = spelled_out(city)
    grades = LEVELS[level](grade(plain))
    name, now = choose(sorted(grades.items()), which)
    alone = with_alone(now).alone
    first, second = choose(alone, which), choose(reversed(alone), which)
    steps = [*capping(now, first.check), *capping(now, second.check)]

    both = LEVELS[level](grade(do_all(plain, steps, 0)))[name].grade.letters.measured
    assert both >= max(first.letter, second.letter)


@LAW
@given(city=cities())
def test_each_check_that_holds_a_letter_is_told_and_no_other_lifts_it(city: City) -> None:
    for held in (*grade(city).assets.values(), *grade(city).systems.values()):
        made: Grade = with_alone(held)
        told = {one.check: one.letter for one in made.alone}
        holding = {step.check for step in made.held_by} - {""}
        assert holding <= told.keys()
        lifting = {check for check, letter in told.items() if letter > made.letters.measured}
        blind = any(not step.check for step in made.held_by)
        assert blind or lifting <= holding
