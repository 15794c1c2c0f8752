"""A run that was killed and is damaged never stands in the way of the next one, and nothing of it becomes a pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from auditor import nights
from auditor.codec import CodecError
from auditor.model import Letter, Outcome
from auditor.past import KeptRun
from auditor.store import StoreBroken, changes, looks, runs, tables
from auditor.store.kept import Store
from auditor.store.listing import listed
from auditor.store.once import keep_document
from auditor.store.soundness import faults
from tests.store.town import BAD, DARK, GOOD, PARTS, START, killed, night

ALL_GOOD = {"site/a": GOOD, "site/b": GOOD, "site/c": GOOD}
KEY = ("site/a", "web-no-https", "192.0.2.1:443")


def outcome(store: Store, run: KeptRun) -> Outcome | None:
    """What is recorded of site/a at a run."""
    with store.reading() as connection:
        number = runs.run_named(connection, run.id).no
        moves = {move.key: move for move in changes.moves(connection, 0, number)}
    after = moves[KEY].after if KEY in moves else None
    return after.outcome if after else None


def damage_look(store: Store, asset: str) -> None:
    """Point the newest look at an asset to a sight that is not there."""
    with store.writing() as connection:
        number = connection.execute(select(tables.asset.c.no).where(tables.asset.c.id == asset)).scalar_one()
        run = connection.execute(select(tables.run.c.no).order_by(tables.run.c.no.desc()).limit(1)).scalar_one()
        where = (tables.look.c.asset == number) & (tables.look.c.run == run)
        connection.execute(update(tables.look).where(where).values(sight=999))


def test_what_a_killed_run_saw_counts(store: Store) -> None:
    night(store, ALL_GOOD)
    killed(store, {"site/a": BAD}, 1)
    leftover = nights.settle_leftover(store, PARTS)
    assert leftover is not None
    assert leftover.kept is not None
    assert not leftover.damaged
    assert outcome(store, leftover.kept) is Outcome.FAIL
    assert nights.settle_leftover(store, PARTS) is None


def test_a_failure_that_only_a_killed_run_saw_stands_while_it_is_dark(store: Store) -> None:
    night(store, ALL_GOOD)
    killed(store, {"site/a": BAD}, 1)
    nights.settle_leftover(store, PARTS)
    after = night(store, {**ALL_GOOD, "site/a": DARK}, 2)
    assert outcome(store, after) is Outcome.FAIL


def test_a_damaged_look_was_not_seen_and_the_others_count(store: Store) -> None:
    night(store, {"site/a": BAD, "site/b": BAD, "site/c": GOOD})
    run = killed(store, ALL_GOOD, 1)
    damage_look(store, "site/a")
    leftover = nights.settle_leftover(store, PARTS)
    assert leftover is not None
    assert leftover.damaged == {"site/a"}
    assert leftover.kept is not None
    assert outcome(store, leftover.kept) is Outcome.FAIL  # what the damaged look saw, a pass, does not count
    with store.reading() as connection:
        moved = list(changes.moves(connection, 1, run.no))
        assert runs.open_run(connection) is None
    assert {move.key[0] for move in moved} == {"site/b"}
    assert night(store, ALL_GOOD, 2).id


def test_a_damaged_look_is_told_to_those_who_ask(store: Store) -> None:
    killed(store, ALL_GOOD)
    damage_look(store, "site/a")
    with store.reading() as connection:
        assert list(faults(connection, PARTS.facts_types))
        with pytest.raises(CodecError, match="site/a"):
            list(looks.read_looks(connection, 1, START, 1, PARTS.facts_types))


def repoint(store: Store, run: runs.Run, column: str, body: bytes) -> int:
    """Give a run another document: its number."""
    with store.writing() as connection:
        number = keep_document(connection, body)
        connection.execute(update(tables.run).where(tables.run.c.no == run.no).values({column: number}))
    return number


def unreadable_question(store: Store, run: runs.Run) -> None:
    number = repoint(store, run, "asked", run.opening.asked + b" ")
    with store.writing() as connection:
        connection.execute(update(tables.document).where(tables.document.c.no == number).values(body=b"junk"))


def other_rules(store: Store, run: runs.Run) -> None:
    repoint(store, run, "rules", b"version = 'from another world'")


def other_question(store: Store, run: runs.Run) -> None:
    repoint(store, run, "asked", b'{"assets":[{"id":"site/a"}]}')


@pytest.mark.parametrize("damage", [unreadable_question, other_rules, other_question])
def test_a_run_that_cannot_be_read_at_all_is_set_aside(store: Store, damage: Callable[[Store, runs.Run], None]) -> None:
    night(store, {**ALL_GOOD, "site/a": BAD}, 0)
    run = killed(store, ALL_GOOD, 1)
    damage(store, run)
    assert nights.settle_leftover(store, PARTS) == nights.Leftover(run.id, None)
    assert nights.settle_leftover(store, PARTS) is None
    with store.reading() as connection:
        assert [row.state for row in listed(connection)] == ["finished", "lost"]
    dark = night(store, {**ALL_GOOD, "site/a": DARK}, 2)
    assert outcome(store, dark) is Outcome.FAIL
    with store.reading() as connection:
        assert [row.city and row.city.measured for row in listed(connection)] == [Letter.D, None, Letter.D]


def test_a_store_that_fails_meanwhile_sets_nothing_aside(file_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreBroken("The disk is full.")

    killed(file_store, ALL_GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "finish", full)
        with pytest.raises(StoreBroken, match="full"):
            nights.settle_leftover(file_store, PARTS)
    leftover = nights.settle_leftover(file_store, PARTS)
    assert leftover is not None
    assert leftover.kept is not None


def test_a_damaged_memory_stops_a_run_rather_than_forget(store: Store) -> None:
    night(store, {**ALL_GOOD, "site/a": BAD})
    with store.writing() as connection:
        connection.execute(update(tables.memory).values(body="{}"))
    with pytest.raises(CodecError, match="Restore a backup"):
        night(store, {**ALL_GOOD, "site/a": DARK}, 1)
