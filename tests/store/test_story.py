"""What was recorded of renamed assets is theirs: their former name's time counts, and its end does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, update

from auditor.codec import CodecError
from auditor.model import Asset, Counts, Grade, Letter, Letters, Outcome
from auditor.past import State
from auditor.store import changes, story, tables
from auditor.store.kept import Store
from auditor.store.letters import Graded, city_points, record_letters
from tests.store.test_changes import BAD, GOOD
from tests.store.town import START, ended, since

PLACE = ("web-no-https", "192.0.2.1:443")
FORMER, OWN = ("site/old", *PLACE), ("site/new", *PLACE)
DARK = replace(BAD, outcome=Outcome.UNKNOWN)


def tell(store: Store, *nights: dict[str, State | None]) -> int:
    """One run a day that notes these changes at one place of each asset. The number of the last one."""
    last = 0
    for day, night in enumerate(nights):
        last = ended(store, day, START + timedelta(days=day)).no
        with store.writing() as connection:
            for asset, state in night.items():
                changes.record(connection, last, asset, {PLACE: state}, {})
    return last


def days(at: datetime | None) -> int | None:
    return None if at is None else (at - START).days


@pytest.mark.parametrize(
    ("nights", "expected"),
    [
        ([{"site/old": BAD}, {"site/old": None, "site/new": BAD}], 0),
        ([{"site/old": BAD}, {"site/new": BAD}], 0),
        ([{"site/old": GOOD}, {"site/old": BAD}, {}, {"site/old": None, "site/new": BAD}], 1),
        ([{"site/old": GOOD}, {"site/old": None, "site/new": BAD}], 1),
        ([{"site/old": BAD}, {"site/old": None}, {"site/new": BAD}], 2),
        ([{"site/old": BAD}, {}], 0),
        ([{"site/old": BAD}, {"site/old": None, "site/new": BAD}, {"site/new": None}], None),
        ([{"site/old": BAD}, {"site/old": None, "site/new": replace(BAD, summary="worse")}], 0),
        ([{}, {"site/new": BAD}, {"site/old": GOOD}], 1),
    ],
)
def test_a_renamed_asset_has_held_its_outcome_since_before(
    store: Store, nights: list[dict[str, State | None]], expected: int | None
) -> None:
    last = tell(store, *nights)
    with store.reading() as connection:
        assert days(since(connection, OWN, last, ("site/old",))) == expected


def test_without_its_former_name_it_begins_with_its_own(store: Store) -> None:
    last = tell(store, {"site/old": BAD}, {"site/old": None, "site/new": BAD})
    with store.reading() as connection:
        assert days(since(connection, OWN, last)) == 1
        assert since(connection, FORMER, last) is None


def test_that_one_name_ended_when_the_next_began_is_no_gap(store: Store) -> None:
    last = tell(store, {"a": BAD}, {"a": None, "b": BAD}, {"b": None, "site/new": BAD})
    with store.reading() as connection:
        for run in range(1, last + 1):
            assert days(since(connection, OWN, run, ("b", "a"))) == 0
            assert days(since(connection, OWN, run, ("a", "b"))) == 0


def test_stories_and_since_when_rest_on_the_same_notes(store: Store) -> None:
    last = tell(store, {"site/old": GOOD}, {"site/old": BAD}, {"site/old": None, "site/new": DARK}, {"site/new": BAD})
    asset = Asset(id="site/new", kind="web", address="", system="", formerly=("site/old",))
    with store.reading() as connection:
        for run in range(1, last + 1):
            told = story.stories(connection, [asset], run)
            assert [one.state for one in told[OWN]] == [GOOD, BAD, DARK, BAD][:run]
            assert story.held_since(connection, [asset], run, told) == {OWN: told[OWN][-1].at}
        assert story.stories(connection, [asset], last, "another-check") == {}
        assert story.held_since(connection, [asset], last, ()) == {}
        assert story.held_since(connection, [], last, {OWN}) == {}


def test_a_name_that_somebody_has_is_nobody_elses_past() -> None:
    old = Asset(id="old", kind="web", address="", system="")
    new = replace(old, id="new", formerly=("old", "older"))
    assert story.with_free_names((old, new)) == (old, replace(new, formerly=("older",)))
    assert story.with_free_names((new,)) == (new,)
    assert story.with_free_names(()) == ()


def test_more_assets_than_are_read_at_once(store: Store) -> None:
    names = [f"site/{number}" for number in range(2 * story.ASSETS_AT_ONCE + 1)]
    last = tell(store, dict.fromkeys(names, BAD), dict.fromkeys(names[::2], GOOD))
    assets = [Asset(id=name, kind="web", address="", system="") for name in names]
    keys = {(name, *PLACE) for name in names}
    with store.reading() as connection:
        found = story.held_since(connection, assets, last, keys)
    assert {key[0]: days(at) for key, at in found.items()} == {name: 1 - n % 2 for n, name in enumerate(names)}


def test_a_note_without_its_state_is_refused(store: Store) -> None:
    last = tell(store, {"site/new": BAD})
    with store.writing() as connection:
        if store.where.file is None:
            pytest.skip("a server keeps its references whole")
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.execute(update(tables.change).values(state=99))
        with pytest.raises(CodecError):
            since(connection, OWN, last)
        connection.execute(delete(tables.change))


def letters(store: Store, *nights: tuple[str, Letter]) -> int:
    last = 0
    for day, (name, letter) in enumerate(nights):
        last = ended(store, day, START + timedelta(days=day)).no
        grade = Grade(name, Letters(letter, letter, letter), Counts())
        with store.writing() as connection:
            record_letters(connection, last, [Graded("city", grade)], all_of=("city",))
    return last


@pytest.mark.parametrize(
    ("nights", "expected"),
    [
        ([("Elm", Letter.C), ("Elm", Letter.B)], [(0, Letter.C), (1, Letter.B)]),
        ([("Oak", Letter.C), ("Elm", Letter.C), ("Elm", Letter.A)], [(0, Letter.C), (2, Letter.A)]),
        ([("Elm", Letter.C), ("Oak", Letter.B), ("Elm", Letter.C)], [(0, Letter.C), (1, Letter.B), (2, Letter.C)]),
        ([], []),
    ],
)
def test_a_city_that_is_called_otherwise_has_one_line(
    store: Store, nights: Sequence[tuple[str, Letter]], expected: list[tuple[int, Letter]]
) -> None:
    last = letters(store, *nights)
    with store.reading() as connection:
        found = city_points(connection, last)
    assert [(days(point.at), point.letters.measured) for point in found] == expected
