"""Caps and steps that are kept as they are alike say what a list of them would."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from auditor.caps import Cap, Caps, Steps
from auditor.grade import collapse, rank
from auditor.model import Letter, Letters, Step, StepKind
from auditor.reports.json_layout import Rows, in_pieces, indented
from auditor.reports.words import ASKS, held_by
from tests.laws.cities import LAW

NAMES = st.sampled_from(("", "a", "b", "é", "a/b"))
STEP = st.builds(Step, st.sampled_from(StepKind), NAMES, NAMES, NAMES, st.integers(0, 3))
REAL = STEP.filter(lambda step: bool(step.check) == (step.kind is StepKind.FIX))  # as grading makes them
LETTER = st.sampled_from(Letter)
CAPS = st.lists(st.builds(Cap, st.builds(Letters, LETTER, LETTER, LETTER), STEP), max_size=8)


@LAW
@given(CAPS, LETTER)
def test_the_steps_of_caps_are_ranked_each_once(caps: list[Cap], at_most: Letter) -> None:
    kept = Caps(caps)
    steps = kept.steps(lambda letters: letters.measured <= at_most)
    expected = rank(cap.step for cap in caps if cap.letters.measured <= at_most)
    assert tuple(steps) == expected
    assert (len(steps), steps.kinds) == (len(expected), {step.kind for step in expected})
    assert (len(kept), set(kept.letters)) == (len(caps), {cap.letters for cap in caps})
    assert sorted(map(repr, kept)) == sorted(map(repr, caps))


@LAW
@given(CAPS, CAPS)
def test_caps_of_two_levels_are_those_of_both(some: list[Cap], more: list[Cap]) -> None:
    kept = Caps(some)
    kept.add_as(Caps(more), lambda letters: Letters(letters.accepted, letters.at_worst, letters.measured))
    turned = [Cap(Letters(one.letters.accepted, one.letters.at_worst, one.letters.measured), one.step) for one in more]
    assert sorted(map(repr, kept)) == sorted(map(repr, [*some, *turned]))
    assert _all(kept) == _all(Caps([*some, *turned]))


def _all(caps: Caps) -> Steps:
    return caps.steps(lambda _: True)


@LAW
@given(st.lists(REAL, unique=True, max_size=8))
def test_what_holds_a_letter_down_is_named_as_its_steps_collapse(steps: list[Step]) -> None:
    named = [(group[0].check or ASKS[group[0].kind], len(group)) for _, group in collapse(steps)]
    assert held_by(steps) == _listed(named)
    assert held_by(reversed(steps)) == _listed(named)


def _listed(named: Iterable[tuple[str, int]]) -> str:
    return ", ".join(name if count == 1 else f"{name} ({count})" for name, count in named)


@LAW
@given(st.integers(0, 200))
def test_rows_that_are_made_are_laid_out_as_a_list_is(number: int) -> None:
    rows = Rows(range(number), lambda one: [f"asset {one}", one])
    whole = indented({"steps": list(rows)}, 2)
    assert indented({"steps": rows}, 2) == whole
    assert "".join(in_pieces({"steps": rows}, 2)) == whole
