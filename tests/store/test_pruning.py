"""Pruning forgets what old runs saw, and no grade of today or tomorrow notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text

from auditor import nights
from auditor.codec import CodecError
from auditor.judging_again import judge_again
from auditor.model import Outcome
from auditor.store import Address, changes, opened, pages, runs, tables
from auditor.store.copying import copy_rows
from auditor.store.kept import Store
from auditor.store.letters import letter_moves
from auditor.store.listing import listed
from auditor.store.pruning import Pruned, free_space, prune
from auditor.store.soundness import faults
from tests.cli.front_door import FrontDoor
from tests.store import town
from tests.store.town import BAD, DARK, GOOD, START, asked, begun, killed, night

DAY = timedelta(days=1)
HOWS = (GOOD, BAD, DARK)
ALL_GOOD = {"site/a": GOOD, "site/b": GOOD, "site/c": GOOD}


# The first and the last word on what does not apply are remembered, with their looks. Each service here has one
# address, so that its addresses cannot differ: left out, all that the memory goes back to is what was seen.
PARTS = replace(town.PARTS, checks=tuple(one for one in town.PARTS.checks if one.id != "addresses-differ"))


@pytest.fixture(autouse=True, scope="module")
def _parts_of_the_town() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(town, "PARTS", PARTS)
        yield


def pruned(store: Store, before: datetime) -> Pruned:
    with store.writing() as connection:
        return prune(connection, before)


def rows(store: Store, *names: str) -> dict[str, int]:
    with store.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
            if not names or table.name in names
        }


def require_sound(store: Store) -> None:
    with store.reading() as connection:
        assert not list(faults(connection, PARTS.facts_types))


def looks_of(store: Store) -> dict[str, set[str]]:
    """Of which assets looks are kept, by the day of the run."""
    query = select(tables.run.c.id, tables.asset.c.id).join_from(tables.look, tables.run).join(tables.asset)
    found: dict[str, set[str]] = {}
    with store.reading() as connection:
        for run, asset in connection.execute(query):
            found.setdefault(run[6:8], set()).add(asset)
    return found


def test_old_looks_go_and_all_else_stays(store: Store) -> None:
    for day, how in enumerate((GOOD, BAD, GOOD, GOOD)):
        night(store, {**ALL_GOOD, "site/a": how}, day)
    stays = rows(store, "run", "asset", "place", "state", "change", "letter", "memory")
    with store.reading() as connection:
        moves, letters = list(changes.moves(connection, 1, 4)), list(letter_moves(connection, 1, 4))
        ids = [run.id for run in runs.finished_runs(connection)]
    gone = pruned(store, START + 2 * DAY)
    assert gone.runs == tuple(ids[:2])
    assert (gone.looks, gone.looks_kept) == (6, 0)
    assert gone.facts == 1  # the failure that nobody remembers; what is good was seen again
    assert gone.size > 0
    assert set(looks_of(store)) == {"03", "04"}
    assert rows(store, "run", "asset", "place", "state", "change", "letter", "memory") == stays
    with store.reading() as connection:
        assert list(changes.moves(connection, 1, 4)) == moves
        assert list(letter_moves(connection, 1, 4)) == letters
        assert [row.pruned for row in listed(connection)] == [True, True, False, False]
    require_sound(store)


def test_a_pruned_run_is_refused_and_the_others_give_the_same_bytes(store: Store) -> None:
    from auditor.errors import UsageError

    for day, how in enumerate((BAD, DARK, GOOD, DARK)):
        night(store, {**ALL_GOOD, "site/a": how}, day)
    pruned(store, START + 2 * DAY)
    for day in range(4):
        with store.reading() as connection:
            run = runs.run_named(connection, f"2026110{day + 1}")
        if day < 2:
            with pytest.raises(UsageError, match="was pruned"):
                judge_again(store, run, PARTS)
        else:
            assert run.closing is not None
            assert nights.digest_of(judge_again(store, run, PARTS)) == run.closing.report
    require_sound(store)


def test_looks_stay_that_the_memory_of_an_asset_goes_back_to(store: Store) -> None:
    night(store, {**ALL_GOOD, "site/a": BAD})
    for day in range(1, 5):
        night(store, {**ALL_GOOD, "site/a": DARK}, day)
    gone = pruned(store, START + 4 * DAY)
    assert gone.looks_kept >= 1
    assert "site/a" in looks_of(store)["01"]
    assert "site/b" not in looks_of(store)["01"]
    assert "02" not in looks_of(store)
    after = night(store, {**ALL_GOOD, "site/a": DARK}, 5)
    with store.reading() as connection:
        number = runs.run_named(connection, after.id).no
        key = ("site/a", "web-no-https", "192.0.2.1:443")
        (move,) = [move for move in changes.moves(connection, 0, number) if move.key == key]
    assert move.after is not None
    assert move.after.outcome is Outcome.FAIL
    require_sound(store)


def test_they_go_when_nothing_goes_back_to_them_any_more(store: Store) -> None:
    night(store, {**ALL_GOOD, "site/a": BAD})
    night(store, {**ALL_GOOD, "site/a": DARK}, 1)
    night(store, {**ALL_GOOD, "site/a": DARK}, 2)
    pruned(store, START + 2 * DAY)
    assert "site/a" in looks_of(store)["01"]
    night(store, ALL_GOOD, 3)
    night(store, ALL_GOOD, 4)
    gone = pruned(store, START + 4 * DAY)
    assert gone.runs
    assert "01" not in looks_of(store)
    require_sound(store)


def test_what_is_kept_is_judged_again_by_a_better_check(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure of an old night is remembered; its facts are still there for the checks of tomorrow."""
    night(store, {**ALL_GOOD, "site/a": BAD})
    night(store, {**ALL_GOOD, "site/a": DARK}, 1)
    night(store, {**ALL_GOOD, "site/a": DARK}, 2)
    pruned(store, START + 2 * DAY)
    monkeypatch.setattr(nights, "method_of", lambda parts, tool: "a program of tomorrow")
    keeping = nights.begin(store, asked(), (store_rules()), PARTS, START + 3 * DAY)
    entries = keeping.recall(asked().assets[0])
    assert [entry.outcome for entry in entries if entry.check == "web-no-https" and entry.outcome is Outcome.FAIL]
    assert {entry.run[6:8] for entry in entries if entry.outcome is Outcome.FAIL} == {"01"}
    digests = {entry.digest for entry in entries if entry.outcome is Outcome.FAIL}
    with store.reading() as connection:
        kept = set(connection.execute(select(tables.sight.c.sha256)).scalars())
    assert {bytes.fromhex(one) for one in digests} <= kept


def store_rules() -> str:
    from auditor.rubric import rubric_text

    return rubric_text(None)


def test_the_last_runs_are_never_pruned(store: Store) -> None:
    night(store, ALL_GOOD)
    night(store, ALL_GOOD, 1)
    night(store, ALL_GOOD, 2, asked(only=frozenset({"site"})))
    gone = pruned(store, START + 1000 * DAY)
    assert len(gone.runs) == 1
    with store.reading() as connection:
        assert [row.pruned for row in listed(connection)] == [True, False, False]


def test_a_run_that_was_broken_off_keeps_its_looks_and_one_set_aside_does_not(store: Store) -> None:
    night(store, ALL_GOOD)
    lost = killed(store, {"site/a": BAD}, 1)
    with store.writing() as connection:
        runs.set_aside(connection, lost.no)
    night(store, ALL_GOOD, 2)
    killed(store, {"site/b": BAD}, 3)
    gone = pruned(store, START + 1000 * DAY)
    assert len(gone.runs) == 2
    assert looks_of(store) == {"03": set(ALL_GOOD), "04": {"site/b"}}
    leftover = nights.settle_leftover(store, PARTS)
    assert leftover is not None
    assert leftover.kept is not None
    require_sound(store)


def test_there_may_be_nothing_to_prune(store: Store) -> None:
    assert pruned(store, START + DAY).is_nothing
    begun(store)
    assert pruned(store, START + DAY).is_nothing


def test_a_second_time_there_is_nothing(store: Store) -> None:
    for day in range(3):
        night(store, {**ALL_GOOD, "site/a": HOWS[day]}, day)
    assert not pruned(store, START + 2 * DAY).is_nothing
    assert pruned(store, START + 2 * DAY).is_nothing


@pytest.mark.parametrize("what", ["memory", "sight"])
def test_what_cannot_be_read_stops_it(store: Store, what: str) -> None:
    for day in range(3):
        night(store, ALL_GOOD, day)
    table, junk = (tables.memory, "{}") if what == "memory" else (tables.sight, b"{}")
    with store.writing() as connection:
        connection.execute(table.update().values(body=junk))
    before = rows(store)
    with pytest.raises(CodecError):
        pruned(store, START + 2 * DAY)
    assert rows(store) == before


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    history=st.lists(st.fixed_dictionaries(dict.fromkeys(ALL_GOOD, st.sampled_from(HOWS))), min_size=3, max_size=5),
    days=st.integers(0, 5),
)
def test_a_pruned_store_grades_tomorrow_as_one_that_was_not(
    tmp_path_factory: pytest.TempPathFactory, history: list[dict[str, str]], days: int
) -> None:
    """And every run that is kept gives the same bytes in both."""
    folder = tmp_path_factory.mktemp("twins")
    with opened(Address(file=folder / "one.db"), create=True) as one:
        for day, seen in enumerate(history[:-1]):
            night(one, seen, day)
        copy_rows(one, folder / "other.db")
    states = []
    for name, pruning in (("one.db", False), ("other.db", True)):
        with opened(Address(file=folder / name)) as store:
            if pruning:
                pruned(store, START + days * DAY)
                free_space(store)
            last = night(store, history[-1], len(history))
            require_sound(store)
            with store.reading() as connection:
                number = runs.run_named(connection, last.id).no
                moved = list(changes.moves(connection, 0, number)), list(letter_moves(connection, 0, number))
                entries = [
                    [(entry.check, entry.outcome, entry.observed_at, entry.digest) for entry in page.entries]
                    for page in (pages.read_page(connection, asset) for asset in sorted(ALL_GOOD))
                ]
            states.append((moved, entries))
    assert states[0] == states[1]


# The command


def test_the_space_is_given_back(file_store: Store, tmp_path: Path) -> None:
    from tests.store.looks_rig import keep, note

    run = begun(file_store)
    for number in range(60):
        keep(file_store, run, f"site/{number}", [note(Random(number).randbytes(50_000).hex())])
    with file_store.writing() as connection:
        connection.execute(delete(tables.look))
        runs.set_aside(connection, run.no)
    night(file_store, ALL_GOOD, 1)
    night(file_store, ALL_GOOD, 2)
    path = tmp_path / "store.db"
    with file_store.alone() as connection:
        connection.execute(text("pragma wal_checkpoint(truncate)")).close()
    before = path.stat().st_size
    gone = pruned(file_store, START + 2 * DAY)
    assert gone.size > 60 * 45_000
    free_space(file_store)
    assert path.stat().st_size < before - 60 * 45_000
    assert not (tmp_path / "store.db-wal").stat().st_size


def many_nights(where: Address) -> None:
    with opened(where) as store:
        for day in range(4):
            night(store, {**ALL_GOOD, "site/a": HOWS[day % 3]}, day)


def test_it_says_first_what_would_go_and_asks_for_yes(where: Address, auditor: FrontDoor) -> None:
    many_nights(where)
    said = where.url or str(where.file)
    with opened(where) as store:
        before = rows(store)
    left = auditor("store", "prune", "--before", "2026-11-03", "--store", said)
    assert left.code == 2
    assert "To be forgotten: what 2 runs, 20261101T" in left.err
    assert "Nothing was pruned: there is no terminal to ask at. Add --yes." in left.err
    with opened(where) as store:
        assert rows(store) == before
    left = auditor("store", "prune", "--before", "2026-11-03", "--yes", "--store", said)
    assert (left.code, left.out) == (0, "")
    assert "To be forgotten: what 2 runs" in left.err
    with opened(where) as store:
        require_sound(store)
        assert rows(store)["look"] < before["look"]
    left = auditor("store", "prune", "--before", "2026-11-03", "--yes", "--store", said)
    assert (left.code, left.err) == (0, "There is nothing to prune.\n")


def test_days_are_the_citys(where: Address, auditor: FrontDoor) -> None:
    """The second night begins at half past two in Paris: before that day, there is one."""
    many_nights(where)
    said = where.url or str(where.file)
    left = auditor("store", "prune", "--before", "2026-11-02", "--store", said)
    assert "what 1 runs" in left.err


def test_days_to_keep_are_counted_from_now(where: Address, auditor: FrontDoor) -> None:
    many_nights(where)
    said = where.url or str(where.file)
    assert "nothing to prune" in auditor("store", "prune", "--keep-days", "3650", "--store", said).err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--before", "2026-11-02", "--keep-days", "3"),
        ("--before", "yesterday"),
        ("--before", "2026-11-02T00:00:00"),
        ("--keep-days", "0"),
        ("--keep-days", "99999999999"),
        ("--keep-days", "800000"),
    ],
)
def test_what_cannot_be_meant_is_refused(file_store: Store, auditor: FrontDoor, words: tuple[str, ...]) -> None:
    left = auditor("store", "prune", *words, "--yes", "--store", str(file_store.where))
    assert left.code == 2
    assert "Traceback" not in left.err


def test_a_run_that_is_under_way_keeps_it_out(where: Address, auditor: FrontDoor) -> None:
    many_nights(where)
    with opened(where) as store, store.locked("a run"):
        left = auditor("store", "prune", "--keep-days", "1", "--yes", "--store", where.url or str(where.file))
    assert left.code == 2
    assert "Another run holds the store: a run" in left.err


@pytest.mark.parametrize(("answer", "code", "gone"), [("y\n", 0, True), ("n\n", 2, False), ("\n", 2, False)])
def test_at_a_terminal_it_asks(
    file_store: Store, auditor: FrontDoor, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, gone: bool
) -> None:
    import io
    import sys

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    many_nights(file_store.where)
    before = rows(file_store)["look"]
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    left = auditor("store", "prune", "--before", "2026-11-03", "--store", str(file_store.where))
    assert left.code == code
    assert "Forget it? [y/N]" in left.err
    assert (rows(file_store)["look"] < before) is gone
