"""The next letter's steps are necessary and sufficient, as far as was seen: at all four levels."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auditor.model import Grade, Letter, Step, StepKind
from tests.laws.acts import choose
from tests.laws.chain import City, Graded, grade
from tests.laws.cities import LAW, cities
from tests.laws.steps import do_all, spelled_out

NUMBERS = st.integers(0, 10**4)
LEVELS: dict[str, Callable[[Graded], dict[str, Grade]]] = {
    "asset": lambda graded: {name: held.grade for name, held in graded.assets.items()},
    "system": lambda graded: {name: held.grade for name, held in graded.systems.items()},
    "department": lambda graded: {name: held.grade for name, held in graded.departments.items()},
    "city": lambda graded: {"city": graded.city.grade},
}


@pytest.mark.parametrize("level", LEVELS)
@LAW
@given(city=cities(), which=NUMBERS, any_check=NUMBERS)
def test_all_steps_lift_and_all_but_one_do_not(level: str, city: City, which: int, any_check: int) -> None:
    grades = LEVELS[level]
    plain = spelled_out(city)
    name, now = choose(sorted(grades(grade(plain)).items()), which)
    assume(now.next is not None)
    assert now.next is not None
    steps = now.next.steps

    def letter_after(done: Iterable[Step]) -> Letter:
        return grades(grade(do_all(plain, done, any_check)))[name].letters.measured

    assert letter_after(steps) >= now.next.letter > now.letters.measured
    if all(step.kind is StepKind.FIX for step in steps):
        assert letter_after(steps) == now.next.letter
    for left_out in steps:
        assert letter_after(step for step in steps if step != left_out) < now.next.letter, left_out


@LAW
@given(cities())
def test_spelling_out_what_is_not_seen_changes_no_letter(city: City) -> None:
    """The ground on which the steps are done here: it is the same city."""
    was, is_now = grade(city), grade(spelled_out(city))
    for level in LEVELS.values():
        assert {name: row.letters for name, row in level(was).items()} == {
            name: row.letters for name, row in level(is_now).items()
        }


@LAW
@given(cities())
def test_only_the_best_has_no_next_letter_and_the_rest_say_what_holds_them(city: City) -> None:
    graded = grade(city)
    for level in LEVELS.values():
        for row in level(graded).values():
            best = row.letters.measured is Letter.A_PLUS
            assert (row.next is None) == best
            assert (row.held_by == ()) == best
            assert row.next is None or set(row.held_by) <= set(row.next.steps)
