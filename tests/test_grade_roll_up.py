"""From assets to systems, departments and the city."""

from __future__ import annotations

import pytest

from auditor.grade import Discovery, Held, grade_city, grade_department, grade_system, relief
from auditor.model import CityGrade, Letter, Letters, Sensitivity, StepKind
from tests.grade_rig import (
    AS_OF,
    BEST,
    CONFIDENTIAL,
    CRITICAL,
    DAY,
    FAIL,
    HIGH,
    LOOKED,
    LOW,
    MEDIUM,
    NG,
    PASS,
    PUBLIC,
    RUBRIC,
    UNKNOWN,
    A,
    B,
    C,
    D,
    F,
    asset,
    finding,
    system,
)


def at(letter: Letter, data: Sensitivity = PUBLIC) -> Held:
    """An asset of that letter."""
    rows = {
        BEST: [finding(PASS)],
        A: [finding(FAIL, LOW)],
        B: [finding(FAIL, MEDIUM)],
        C: [finding(FAIL, HIGH)],
        D: [finding(UNKNOWN, CRITICAL), finding(PASS)],
        NG: [finding(UNKNOWN, CRITICAL)],
        F: [finding(FAIL, CRITICAL)],
    }
    held = asset(*rows[letter], data=data)
    assert held.grade.letters.measured is letter
    return held


def city(*parts: Letter, discovery: Discovery = LOOKED) -> CityGrade:
    rows = [(system(f"s{n}"), grade_system(system(f"s{n}"), [at(letter)])) for n, letter in enumerate(parts)]
    return grade_city("city", rows, discovery, RUBRIC, AS_OF)


def test_a_system_is_its_worst_asset_and_a_department_its_worst_system() -> None:
    one = grade_system(system("one"), [at(BEST), at(C), at(A)])
    other = grade_system(system("other"), [at(B)])
    assert one.grade.letters.measured is C
    assert grade_department("parks", [one, other]).grade.letters.measured is C
    assert grade_department("parks", [other]).grade.letters.measured is B


@pytest.mark.parametrize(("worst", "expected"), [(F, D), (NG, D), (D, C), (C, B), (B, B), (A, A), (BEST, BEST)])
def test_the_city_is_its_worst_system_one_letter_up(worst: Letter, expected: Letter) -> None:
    assert relief(worst) is expected
    assert city(BEST, worst, BEST).grade.letters.measured is expected


def test_relief_never_turns_the_order_round() -> None:
    ladder = [relief(letter) for letter in sorted(Letter)]
    assert ladder == sorted(ladder)


@pytest.mark.parametrize(
    ("discovery", "expected", "kinds"),
    [
        pytest.param(LOOKED, BEST, [], id="nothing-unclaimed"),
        pytest.param(Discovery(1, AS_OF - DAY), B, [StepKind.CLAIM], id="one-unclaimed"),
        pytest.param(Discovery(10, AS_OF - DAY), B, [StepKind.CLAIM], id="ten-unclaimed"),
        pytest.param(Discovery(11, AS_OF - DAY), C, [StepKind.CLAIM], id="eleven-unclaimed"),
        pytest.param(Discovery(0, AS_OF - 30 * DAY + DAY / 99), BEST, [], id="just-younger-than-30-days"),
        pytest.param(Discovery(0, AS_OF - 30 * DAY), C, [StepKind.DISCOVER], id="30-days"),
        pytest.param(Discovery(0, None), C, [StepKind.DISCOVER], id="never-looked"),
        pytest.param(Discovery(0, AS_OF + DAY), C, [StepKind.DISCOVER], id="looked-after-the-instant"),
        pytest.param(Discovery(11, None), C, [StepKind.CLAIM, StepKind.DISCOVER], id="both"),
    ],
)
def test_the_citys_own_caps(discovery: Discovery, expected: Letter, kinds: list[StepKind]) -> None:
    graded = city(BEST, discovery=discovery)
    assert graded.grade.letters == Letters(expected, expected, expected)
    assert [step.kind for step in graded.grade.next.steps] == kinds if graded.grade.next else not kinds
    assert len(graded.caps) == len(kinds)
    assert graded.found_unclaimed == discovery.unclaimed


def test_the_citys_own_caps_get_no_relief() -> None:
    assert city(F, discovery=Discovery(11, None)).grade.letters.measured is D
    assert city(D, discovery=Discovery(11, None)).grade.letters.measured is C


def test_a_city_without_systems_is_not_graded() -> None:
    graded = city()
    assert graded.grade.letters == Letters(NG, NG, NG)
    assert [step.kind for step in graded.grade.held_by] == [StepKind.ADD]


def test_the_citys_next_letter_names_the_systems_that_hold_it() -> None:
    """C comes from D systems; B asks of them no more than C."""
    graded = city(D, C, B, BEST)
    assert graded.grade.letters.measured is C
    assert graded.grade.next
    assert graded.grade.next.letter is B
    assert [(step.kind, step.check) for step in graded.grade.next.steps] == [(StepKind.FIX, "tls-legacy")]


def test_distribution_and_the_share_of_sensitive_systems_count_what_is_not_graded() -> None:
    data = [Sensitivity.RESTRICTED, CONFIDENTIAL, Sensitivity.UNDECLARED, PUBLIC, Sensitivity.INTERNAL]
    rows = [
        (system(f"s{n}", tier), grade_system(system(f"s{n}", tier), [at(letter)]))
        for n, (tier, letter) in enumerate(zip(data, [B, NG, C, F, A], strict=True))
    ]
    graded = grade_city("city", rows, LOOKED, RUBRIC, AS_OF)
    assert (graded.sensitive_at_b, graded.sensitive_systems) == (1, 3)
    assert graded.distribution == ((BEST, 0), (A, 1), (B, 1), (C, 1), (D, 0), (NG, 1), (F, 1))
