"""Nothing that hides, adds or waits may raise a letter: at all four levels, measured, at worst and accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auditor.grade import Discovery
from auditor.model import Basis, Letter, Outcome, Severity, Step, StepKind, Tier
from tests.laws.acts import (
    assert_no_rise,
    assert_no_rise_but_out_of_ng,
    fail_something,
    go_blind,
    go_wholly_blind,
    lose_asset,
    next_run_sees_nothing,
    not_apply_for_a_day,
    wait,
    with_carried,
    without_future,
)
from tests.laws.chain import City, Toy, all_assets, grade
from tests.laws.cities import (
    LAW,
    cities,
    draw_asset,
    draw_carried,
    draw_findings,
    draw_system,
    pick,
)
from tests.laws.steps import do, spelled_out

NUMBERS = st.integers(0, 10**4)
HOURS_LIST = (1, 11, 24, 144, 167, 168, 169, 191, 192, 193, 360, 720, 5000)
HOURS = st.sampled_from(HOURS_LIST)


@LAW
@given(cities(), NUMBERS)
def test_a_new_failure_never_raises(city: City, number: int) -> None:
    assert_no_rise_but_out_of_ng(city, fail_something(city, number))


@pytest.mark.parametrize("act", [go_blind, go_wholly_blind, not_apply_for_a_day, lose_asset])
@LAW
@given(city=cities(), number=NUMBERS)
def test_what_hides_a_sight_never_raises(act: Callable[[City, int], City], city: City, number: int) -> None:
    assert_no_rise(city, act(city, number))


@LAW
@given(cities(), HOURS)
def test_time_that_passes_unseen_never_raises(city: City, hours: int) -> None:
    city = without_future(city)
    assert_no_rise(city, wait(city, hours))


@LAW
@given(cities(), HOURS, HOURS)
def test_runs_that_see_nothing_never_raise(city: City, hours: int, more: int) -> None:
    """Night after night in the dark, each resting on what the one before carried."""
    first = without_future(city)
    second = next_run_sees_nothing(first, hours)
    assert_no_rise(first, second)
    assert_no_rise(second, next_run_sees_nothing(second, more))


@LAW
@given(cities(), NUMBERS)
def test_a_new_check_never_raises(city: City, number: int) -> None:
    """Whatever it says of whichever asset, now and by the facts of earlier days."""
    dice = Random(number).randint
    check = Toy(id="toy-new", severity=pick(dice, tuple(Severity)), tier=pick(dice, tuple(Tier)[:2]))
    asked = [asset for asset in city.assets if check.tier in asset.tiers]
    now = [finding for asset in asked for finding in draw_findings(dice, asset, check) if dice(0, 1)]
    names = tuple(asset.id for asset in all_assets(city)) or ("nobody",)
    carried = [draw_carried(dice, names, (check,)) for _ in range(dice(0, 3))]
    grown = replace(city, checks=(*city.checks, check), now=(*city.now, *now))
    assert_no_rise_but_out_of_ng(city, with_carried(grown, *carried))


@LAW
@given(cities(), NUMBERS)
def test_a_new_asset_never_raises(city: City, number: int) -> None:
    """Not even one that claims to be another which is still there."""
    assume(city.systems)
    assert_no_rise_but_out_of_ng(city, _with_new_asset(city, number))


@LAW
@given(cities(), NUMBERS)
def test_a_new_system_never_raises(city: City, number: int) -> None:
    grown = replace(city, systems=(*city.systems, draw_system(Random(number).randint, 9)))
    assert_no_rise_but_out_of_ng(city, grown)
    assert_no_rise_but_out_of_ng(city, _with_new_asset(grown, number))


def _with_new_asset(city: City, number: int) -> City:
    dice = Random(number).randint
    present = tuple(asset.id for asset in city.assets)
    formerly = pick(dice, ((), *((name,) for name in present)))
    asset = replace(draw_asset(dice, 9, city.systems[-1:]), formerly=formerly)
    now = [
        finding for check in city.checks if check.tier in asset.tiers for finding in draw_findings(dice, asset, check)
    ]
    return replace(city, assets=(*city.assets, asset), now=(*city.now, *now))


@LAW
@given(cities(), NUMBERS)
def test_fixing_never_lowers(city: City, number: int) -> None:
    """Anything that counts against an asset, seen to pass, in a city where all else stays as it was seen."""
    plain = spelled_out(city)
    bad = [finding for finding in grade(plain).findings if finding.outcome is not Outcome.PASS]
    assume(bad)
    finding = bad[number % len(bad)]
    fixed = do(plain, Step(StepKind.FIX, finding.asset, finding.check, finding.locus), number)
    assert_no_rise(fixed, plain)


@LAW
@given(cities(), st.integers(1, 20))
def test_finding_more_unclaimed_assets_never_raises(city: City, more: int) -> None:
    found = Discovery(city.discovery.unclaimed + more, city.discovery.at)
    assert_no_rise(city, replace(city, discovery=found))


@LAW
@given(cities())
def test_at_worst_is_never_better_than_measured_nor_measured_than_accepted(city: City) -> None:
    graded = grade(city)
    held = [*graded.assets.values(), *graded.systems.values(), *graded.departments.values()]
    for letters in (*(row.grade.letters for row in held), graded.city.grade.letters):
        assert letters.at_worst <= letters.measured <= letters.accepted


@LAW
@given(cities())
def test_f_means_that_somebody_saw_it(city: City) -> None:
    graded = grade(city)
    for name, held in graded.assets.items():
        if held.grade.letters.measured is Letter.F:
            mine = [finding for finding in graded.findings if finding.asset == name]
            assert any(f.outcome is Outcome.FAIL and f.basis is not Basis.DECLARED for f in mine)
