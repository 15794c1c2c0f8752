"""The list of runs, and how one is named."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from auditor.errors import UsageError
from auditor.micros import micros
from auditor.store import StoreBroken, runs
from auditor.store.kept import Store
from auditor.store.listing import listed
from tests.store.town import BAD, GOOD, START, asked, begun, closing, ended, night, opening

DAY = timedelta(days=1)


def named(store: Store, name: str) -> runs.Run:
    with store.reading() as connection:
        return runs.run_named(connection, name)


def test_a_run_comes_back_as_it_was(store: Store) -> None:
    run = begun(store)
    with store.reading() as connection:
        assert runs.open_run(connection) == run
        assert runs.last_run(connection) is None
        assert runs.finished_runs(connection) == ()
    said = closing(START + timedelta(microseconds=1))
    with store.writing() as connection:
        runs.finish(connection, run.no, said)
    back = named(store, run.id)
    assert (back.opening, back.closing, back.pruned) == (opening(), said, False)
    with store.reading() as connection:
        assert runs.open_run(connection) is None
        assert runs.open_run_id(connection) is None
        assert runs.last_run(connection) == back
        assert runs.finished_runs(connection) == (back.kept,)
    assert back.kept.started.tzinfo is UTC


def test_no_id_is_given_twice(store: Store) -> None:
    begun(store)
    with pytest.raises(StoreBroken):
        begun(store)


def test_long_versions_are_kept(store: Store) -> None:
    from dataclasses import replace

    long = replace(opening(), rubric="r" * 500, tool="t" * 500, holder="h" * 500)
    with store.writing() as connection:
        runs.begin(connection, long)
    with store.reading() as connection:
        found = runs.open_run(connection)
    assert found is not None
    assert found.opening == long


def test_a_run_is_named_by_its_id_its_beginning_or_as_the_last(store: Store) -> None:
    first = ended(store, 0xA00001)
    second = ended(store, 0xA00002)
    third = ended(store, 0xB00001, START + DAY)
    begun(store, 0xC00001, START + 2 * DAY)
    for name, expected in (
        (first.id, first),
        (second.id, second),
        ("20261102", third),
        (third.id[:-1], third),
        ("last", third),
        ("latest", third),
    ):
        assert named(store, name).id == expected.id


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("20261101", "Several runs begin with 20261101"),
        ("2026", "Several runs"),
        ("20261103", "no finished run"),
        ("20261101T013000Z-a", "Several runs"),
        ("20261101t013000z-a00001", "no finished run"),
        ("20261101T013000Z-A00001", "no finished run"),
        ("", "no finished run"),
        ("%", "no finished run"),
        ("_0261101T013000Z-a00001", "no finished run"),
        ("2026%1", "no finished run"),
        ("\\", "no finished run"),
        ("\0", "no finished run"),
        ("\udcff", "no finished run"),
        ("２０２６", "no finished run"),
        ("' or 1=1 --", "no finished run"),
        ("20261101T013000Z-a000011", "no finished run"),
    ],
)
def test_what_names_no_run_or_several_is_refused(store: Store, name: str, said: str) -> None:
    ended(store, 0xA00001)
    ended(store, 0xA00002)
    begun(store, 0xA00003, START + 2 * DAY)
    with pytest.raises(UsageError, match=said):
        named(store, name)


def test_the_last_run_may_be_asked_for_by_kind_and_age(store: Store) -> None:
    whole = ended(store, 1)
    part = ended(store, 2, START + DAY, whole=False)
    with store.reading() as connection:
        assert (last := runs.last_run(connection)) is not None
        assert last.no == part.no
        assert (last := runs.last_run(connection, whole=True)) is not None
        assert last.no == whole.no
        assert (last := runs.last_run(connection, before=part.no)) is not None
        assert last.no == whole.no
        assert runs.last_run(connection, before=whole.no) is None
        assert [run.id for run in runs.finished_runs(connection, whole.no)] == [whole.id]
        assert runs.sensitive_shares(connection, part.no) == ((START, 1, 2),)


def test_a_run_that_is_set_aside_counts_nowhere(store: Store) -> None:
    run = begun(store)
    with store.writing() as connection:
        runs.set_aside(connection, run.no)
    with store.reading() as connection:
        assert runs.open_run(connection) is None
        assert runs.last_run(connection) is None
        assert runs.finished_runs(connection) == ()
        assert [row.state for row in listed(connection)] == ["lost"]


def test_the_list_says_what_the_city_was_given_and_only_in_runs_of_the_whole(store: Store) -> None:
    night(store, {"site/a": GOOD, "site/b": GOOD, "site/c": GOOD})
    night(store, {"site/a": BAD, "site/b": GOOD, "site/c": GOOD}, 1)
    night(store, {"site/a": BAD, "site/b": GOOD, "site/c": GOOD}, 2)
    night(store, {"site/a": GOOD, "site/b": GOOD, "site/c": GOOD}, 3, asked(only=frozenset({"site"})))
    begun(store, 1, START + 4 * DAY)
    with store.reading() as connection:
        rows = listed(connection)
    assert [row.city and str(row.city.measured) for row in rows] == ["C", "D", "D", None, None]
    assert [row.state for row in rows] == ["finished"] * 4 + ["open"]
    assert [micros(row.started) for row in rows] == [micros(START + day * DAY) for day in range(5)]
    assert [row.whole for row in rows] == [True, True, True, False, None]
