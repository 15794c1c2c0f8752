"""An inventory that lost half of what it had is noticed, and nothing less is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.inventory import Shrunk
from auditor.inventory.shrinking import shrunk
from tests.inventory.writing import read, spoilt

NOTHING: frozenset[str] = frozenset()


def ids(count: int, system: str = "s") -> list[str]:
    return [f"{system}/a{number:02}" for number in range(count)]


@pytest.mark.parametrize(
    ("before", "left", "lost"),
    [
        (0, 0, None),
        (1, 0, None),
        (2, 1, None),
        (2, 0, 2),
        (3, 2, None),
        (3, 1, 2),
        (4, 3, None),
        (4, 2, 2),
        (5, 3, None),
        (5, 2, 3),
        (100, 51, None),
        (100, 50, 50),
        (100, 0, 100),
    ],
)
def test_half_is_an_accident_and_one_asset_is_not(before: int, left: int, lost: int | None) -> None:
    found = shrunk(ids(before), frozenset(ids(left)), NOTHING)
    assert (found and found.lost) == lost
    assert found is None or found.before == before


def test_the_first_few_names_are_said_in_order() -> None:
    found = shrunk(reversed(ids(20)), NOTHING, NOTHING)  # type: ignore[arg-type] - any order will do
    assert found == Shrunk(20, 20, tuple(ids(5)))


def test_an_id_that_comes_twice_counts_once() -> None:
    assert shrunk(["s/a", "s/a", "s/b"], frozenset({"s/b"}), NOTHING) is None


def test_what_is_retired_is_not_lost() -> None:
    assert shrunk(ids(4), NOTHING, frozenset(ids(3))) is None
    assert shrunk(ids(4), NOTHING, frozenset({"s"})) is None
    assert shrunk(ids(4), NOTHING, frozenset({"s/a"})) == Shrunk(4, 4, tuple(ids(4)))


def test_a_new_asset_makes_up_for_no_lost_one() -> None:
    assert shrunk(ids(4), frozenset(ids(40, "other")), NOTHING) is not None


def test_an_inventory_knows_its_own() -> None:
    everything = ["site/www", "site/db", "site/files"]
    assert read().shrunk(everything) is None
    assert read().shrunk([*everything, "site/x"]) is None
    assert read().shrunk([*everything, "a/x", "a/y", "a/z"]) == Shrunk(3, 6, ("a/x", "a/y", "a/z"))
    assert read().shrunk([]) is None


def test_a_renamed_asset_and_a_retired_system_are_not_lost() -> None:
    renamed = read(spoilt(("name: elm-files,", "name: elm-files, formerly: [site/store, site/cellar],")))
    assert renamed.shrunk(["site/store", "site/cellar"]) is None
    assert renamed.shrunk(["old/one", "old/two", "old/three"]) is None


@given(st.sets(st.sampled_from(ids(12))), st.sets(st.sampled_from(ids(12))), st.sets(st.sampled_from(ids(12))))
def test_knowing_or_retiring_more_never_turns_it_into_an_accident(
    before: set[str], known: set[str], more: set[str]
) -> None:
    if shrunk(before, known, NOTHING) is None:
        assert shrunk(before, known | more, NOTHING) is None
        assert shrunk(before, known, more) is None
