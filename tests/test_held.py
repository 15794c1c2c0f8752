"""Grades come back from the shelf as they were, with the caps that a level above needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import shelf
from auditor.alone import with_alone
from auditor.caps import Cap, Caps
from auditor.grade import Held
from auditor.held import Grades, Kept
from auditor.model import Alone, Counts, Grade, Letter, Letters, NextLetter, Step, StepKind
from auditor.shelf import Shelf
from tests.laws.cities import LAW

TEXTS = st.text(max_size=4)
LETTER = st.sampled_from(Letter)
LETTERS = st.builds(Letters, LETTER, LETTER, LETTER)
STEPS = st.lists(st.builds(Step, st.sampled_from(StepKind), TEXTS, TEXTS, TEXTS, st.integers(0, 9)), max_size=3)
COUNTS = st.builds(Counts, *(st.integers(0, 1 << 40) for _ in range(7)))
CAPS = st.lists(st.builds(Cap, LETTERS, STEPS.filter(bool).map(lambda steps: steps[0])), max_size=3).map(Caps)
GRADE = st.builds(
    Grade,
    id=TEXTS,
    letters=LETTERS,
    counts=COUNTS,
    held_by=STEPS.map(tuple),
    next=st.none() | st.builds(NextLetter, LETTER, STEPS.map(tuple)),
)
HELD = st.lists(st.builds(Held, GRADE, CAPS), max_size=5, unique_by=lambda held: held.grade.id)


@LAW
@given(HELD, st.sampled_from((1, 1 << 20)))
def test_what_is_graded_comes_back_in_its_order(rows: list[Held], few: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "FEW", few)
        kept = Kept(Shelf())
        for held in rows:
            kept.put(held)
        names, grades = [held.grade.id for held in rows], tuple(map(with_alone, rows))
        assert [kept.held(name).caps for name in names] == [held.caps for held in rows]
        assert tuple(kept.held(name).grade for name in names) == grades
        said = Grades(kept, names)
        assert said == grades
        assert len(said) == len(grades)
        assert said[1:] == grades[1:]
        assert [*Grades(kept, reversed(names))] == [*reversed(grades)]


def test_a_check_that_caps_alone_is_kept_too() -> None:
    cap = Cap(Letters(Letter.C, Letter.F, Letter.C), Step(StepKind.FIX, "a", "toy-rule", "192.0.2.1:443", 3))
    kept = Kept(Shelf())
    kept.put(Held(Grade("a", cap.letters, Counts()), Caps([cap])))
    (grade,) = Grades(kept, ["a"])
    assert grade.alone == (Alone("toy-rule", Letter.A_PLUS),)
