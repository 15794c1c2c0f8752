"""A statement that is handed to SQLite directly answers as one that SQLAlchemy sends, and fails as plainly."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, select

from auditor.store import StoreBroken, changes, looks, once, opened
from auditor.store.kept import Store
from auditor.store.prepared import Prepared
from auditor.store.tables import asset, change, facts
from tests.store.town import ended

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
NUMBERED = Prepared(select(asset.c.no, asset.c.id).where(asset.c.no.in_([bindparam("a"), bindparam("b")])), "a", "b")


@FEW
@given(names=st.lists(NAMES, unique=True, max_size=5), absent=NAMES)
def test_it_answers_as_sqlalchemy_does(store: Store, names: list[str], absent: str) -> None:
    with store.writing() as connection:
        numbers = [once.number_of_asset(connection, name) for name in names]
        for name in {*names, absent}:
            query = select(asset.c.no).where(asset.c.id == name)
            assert once.NUMBER_OF.value(connection, name) == connection.execute(query).scalar()
        for first, last in pairwise(numbers):
            query = select(asset.c.no, asset.c.id).where(asset.c.no.in_([first, last]))
            rows = [tuple(row) for row in NUMBERED.rows(connection, [first, last])]
            assert sorted(rows) == sorted(tuple(row) for row in connection.execute(query))


@FEW
@given(rows=st.dictionaries(st.binary(min_size=32, max_size=32), st.binary(max_size=40), max_size=5))
def test_bytes_are_kept_as_they_are_and_once(store: Store, rows: dict[bytes, bytes]) -> None:
    with store.writing() as connection:
        once.insert_or_ignore(connection, facts, list(rows.items()))
        once.insert_or_ignore(connection, facts, [(key, b"another") for key in rows])
        kept = connection.execute(select(facts.c.sha256, facts.c.body).where(facts.c.sha256.in_(rows)))
        assert {row.sha256: row.body for row in kept} == rows


def test_nothing_is_kept_as_nothing(store: Store) -> None:
    run = ended(store)
    with store.writing() as connection:
        changes.NEW_PLACE.each(connection, [(once.number_of_asset(connection, "site/a"), "a-check", "")])
        place = next(iter(connection.execute(select(changes.place_table.c.no)).scalars()))
        changes.NEW_CHANGE.each(connection, [(place, run.no, None)])
        assert connection.execute(select(change.c.state)).scalar_one() is None


def keep_a_look_of_no_run(store: Store) -> None:
    with store.writing() as connection:
        once.number_of_asset(connection, "site/a")
        looks.NEW_LOOK.each(connection, [(77, 88, 1, 1, b"")])


def keep_an_asset_twice(store: Store) -> None:
    with store.writing() as connection:
        for _ in range(2):
            once.NEW_ASSET.value(connection, "site/a")


def test_what_is_refused_is_told_and_undone(store: Store) -> None:
    with pytest.raises(StoreBroken, match=r"failed: .*(FOREIGN KEY|foreign key)"):
        keep_a_look_of_no_run(store)
    with pytest.raises(StoreBroken, match=r"failed: .*(UNIQUE|unique)"):
        keep_an_asset_twice(store)
    with store.reading() as connection:
        assert once.numbers_of_assets(connection) == {}


def test_it_begins_a_transaction_as_any_question_does(file_store: Store) -> None:
    with opened(file_store.where) as other, other.reading() as early:
        assert once.NUMBER_OF.value(early, "site/a") is None
        with file_store.writing() as connection:
            once.number_of_asset(connection, "site/a")
        assert once.NUMBER_OF.value(early, "site/a") is None  # one state of things, whatever others write
    with file_store.reading() as late:
        assert once.NUMBER_OF.value(late, "site/a") == 1


def test_a_store_that_somebody_else_writes_to_is_told(file_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.store.opening.BUSY_SECONDS", 0)
    with (
        opened(file_store.where) as other,
        file_store.writing(),
        pytest.raises(StoreBroken, match="locked"),
        other.reading() as connection,
    ):
        once.NEW_ASSET.value(connection, "site/a")


def test_values_in_another_order_than_the_statement_takes_them_are_refused(file_store: Store) -> None:
    turned = Prepared(facts.insert(), "body", "sha256")
    with pytest.raises(ValueError, match="takes"), file_store.writing() as connection:
        turned.each(connection, [(b"body", b"key")])
