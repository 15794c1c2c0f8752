"""A run leaves its looks as they arrive, and all its notes at its end or none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import func, select

from auditor import comparing, nights, pipeline
from auditor.judging_again import judge_again, question_of
from auditor.model import Waiver
from auditor.store import StoreBroken, looks, opened, runs, tables
from auditor.store.kept import Store
from auditor.store.soundness import faults
from tests.store.town import BAD, DARK, GOOD, PARTS, RULES, START, asked, asset, judged, killed, night
from tests.store.town import looks as looks_of

SEEN = {"site/a": GOOD, "site/b": BAD, "site/c": DARK}
NOTES = (tables.place, tables.state, tables.change, tables.letter, tables.memory, tables.carried)


def counts(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }


def sound(store: Store) -> bool:
    with store.reading() as connection:
        return not list(faults(connection, PARTS.facts_types))


def test_looks_are_kept_as_they_arrive_and_notes_at_the_end(store: Store) -> None:
    with nights.begin(store, asked(), RULES, PARTS, START) as keeping:
        for number, _ in enumerate(keeping.looks(looks_of(SEEN, START)), 1):
            with opened(store.where) as other, other.reading() as connection:
                assert len(looks.looked_at(connection, keeping.run.no)) == number
    assert all(counts(store)[table.name] == 0 for table in NOTES)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_an_exception_leaves_the_looks_and_no_notes(store: Store, error: type[BaseException]) -> None:
    def broken_off() -> None:
        what = asked()
        with nights.begin(store, what, RULES, PARTS, START) as keeping:
            judged(keeping, looks_of(SEEN, START), what, lambda: START + timedelta(minutes=9))
            raise error("in the middle of the notes")

    with pytest.raises(error, match="in the middle of the notes"):
        broken_off()
    found = counts(store)
    assert found["look"] == len(SEEN)
    assert {table.name: found[table.name] for table in NOTES} == dict.fromkeys([table.name for table in NOTES], 0)
    with store.reading() as connection:
        assert runs.open_run(connection) is not None
    assert sound(store)


def test_a_run_that_ends_leaves_everything(store: Store) -> None:
    kept = night(store, SEEN)
    found = counts(store)
    assert found["look"] == found["memory"] == len(SEEN)
    assert found["change"] == found["place"] > 0
    assert found["letter"] == len(SEEN) + 3  # of the assets, the system, the department and the city
    with store.reading() as connection:
        assert runs.open_run(connection) is None
        assert runs.run_named(connection, "last").kept == kept
    assert sound(store)


def test_the_same_night_again_adds_a_look_an_asset_and_nothing_else(store: Store) -> None:
    night(store, SEEN)
    night(store, SEEN, 1)
    before = counts(store)
    night(store, SEEN, 2)
    after = counts(store)
    added = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert added == {"run": 1, "look": len(SEEN), "carried": len(SEEN)}  # each asset has places that stay dark
    assert sound(store)


def test_a_run_is_asked_of_after_it_has_ended(store: Store) -> None:
    """`auditor run` counts its looks for the log after an interrupted run was finished."""
    what = asked()
    with nights.begin(store, what, RULES, PARTS, START) as keeping:
        report = judged(keeping, looks_of(SEEN, START), what, lambda: START + timedelta(minutes=9))
        keeping.finish(report, nights.digest_of(report), interrupted=True)
        assert keeping.looked_at() == set(SEEN)


def test_where_nothing_was_looked_at_twice_no_look_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run found is asked of its first looks, which takes longer than most of what follows."""
    read: list[int] = []
    found = asset("site/x")
    with nights.begin(store, asked(), RULES, PARTS, START) as keeping:
        seen = chain(
            (replace(look, found=(found,)) for look in looks_of({"site/a": GOOD}, START)),
            (replace(look, asset=found) for look in looks_of({"site/b": GOOD}, START)),
        )
        assert len(list(keeping.looks(seen))) == len({"site/a", "site/x"})
        real = looks.read_looks

        def counted(*given: Any, **named: Any) -> Iterator[looks.KeptLook]:
            for one in real(*given, **named):
                read.append(given[3])
                yield one

        monkeypatch.setattr(looks, "read_looks", counted)
        assert list(keeping.earlier_looks(turn=2)) == []
        assert read == []
        assert {look.asset for look in keeping.earlier_looks()} == {asset("site/a"), found}


def test_each_night_is_judged_again_to_the_same_bytes(store: Store) -> None:
    for day, seen in enumerate(
        (
            SEEN,
            {"site/a": BAD, "site/b": GOOD, "site/c": GOOD},
            {"site/a": DARK, "site/b": DARK, "site/c": DARK},
            {"site/a": GOOD, "site/b": BAD, "site/c": DARK},
        )
    ):
        night(store, seen, day)
    with store.reading() as connection:
        names = [run.id for run in runs.finished_runs(connection)]
    for name in names:
        with store.reading() as connection:
            run = runs.run_named(connection, name)
        assert run.closing is not None
        assert nights.digest_of(judge_again(store, run, PARTS)) == run.closing.report
    assert sound(store)


def test_a_killed_run_is_resumed_to_the_same_bytes_as_one_that_was_not(store: Store) -> None:
    run = killed(store, {"site/a": GOOD, "site/b": BAD})
    what = asked()
    with nights.resume(store, what, RULES, PARTS, START + timedelta(hours=1)) as keeping:
        assert keeping.looked_at() == {"site/a", "site/b"}
        rest = keeping.looks(looks_of({"site/c": DARK}, START + timedelta(minutes=2)))
        report = pipeline.assess(
            chain(keeping.earlier_looks(), rest),
            question_of(what, keeping.rubric),
            PARTS,
            began=run.opening.started,
            clock=lambda: START + timedelta(hours=1),
            name=run.id,
            memory=keeping,
        )
        keeping.finish(report, nights.digest_of(report), interrupted=False)
    with store.reading() as connection:
        back = runs.run_named(connection, "last")
    assert back.closing is not None
    assert back.closing.report == nights.digest_of(judge_again(store, back, PARTS))
    assert sound(store)


def test_the_same_look_twice_is_refused_and_undone(store: Store) -> None:
    run = killed(store, {"site/a": GOOD})
    kept = looks.look_of("site/a", (), ())
    with pytest.raises(StoreBroken), store.writing() as connection:
        looks.keep_look(connection, run.no, START, 1, kept)
    assert counts(store)["look"] == 1


def test_compared_by_what_was_just_said_it_is_the_same_as_by_what_was_kept(store: Store) -> None:
    night(store, SEEN)
    waiver = Waiver(
        id="W-1",
        check="web-http-only",
        asset="site/b",
        reason="x",
        risk_owner="x",
        approved_by="x",
        approved=START.date(),
        expires=START.date(),
    )
    what = asked(waivers=(waiver,), assets=(*asked().assets[:2], replace(asset("site/d"), formerly=("site/c",))))
    at = START + timedelta(days=1)
    with nights.begin(store, what, RULES, PARTS, at) as keeping:
        seen = looks_of({"site/a": BAD, "site/b": GOOD, "site/d": GOOD}, at)
        report = judged(keeping, seen, what, lambda: at + timedelta(minutes=9))
        kept = keeping.finish(report, nights.digest_of(report), interrupted=False)
    for before in (comparing.baseline(store, kept), None):
        told = comparing.compared(store, before, kept, comparing.Said(what, report.expiring))
        assert told == comparing.compared(store, before, kept)
