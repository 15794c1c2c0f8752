"""The laws of grading hold over real histories: what a store keeps settles like all that was ever seen.

The laws themselves (tests/laws) are about a city and its whole past. Here each night is run through a store that keeps
little of that past, and comes to the same bytes as the pipeline that is handed all of it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, event, given, settings

from auditor.judging_again import judge_again
from auditor.model import Letter, Outcome, Report
from auditor.store import runs
from tests.laws.chain import City
from tests.laws.cities import LAW
from tests.nights.histories import AHEAD, InMemory, InStore, Night, fresh_store, histories, parts_of, text

STORED = settings(LAW, max_examples=max(10, settings.default.max_examples // 5), phases=[Phase.generate])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("histories")


def same(one: Report, other: Report) -> None:
    assert one.findings == other.findings
    assert text(one) == text(other)


@STORED
@given(histories())
def test_night_after_night_the_store_gives_what_the_whole_history_gives(
    folder: Path, empty_store: Path, history: tuple[City, tuple[Night, ...]]
) -> None:
    city, nights = history
    parts = parts_of(city)
    memory = InMemory(parts)
    with fresh_store(folder, empty_store) as store:
        kept = InStore(store, parts)
        for night in nights:
            asked = kept.asked(night)
            report = kept.night(night)
            same(report, memory.night(night, asked, report.run.id))
            event(f"something stands: {any(row.standing.value == 'stale' for row in report.findings)}")


@STORED
@given(histories(partial=True))
def test_so_do_nights_that_look_at_a_part(
    folder: Path, empty_store: Path, history: tuple[City, tuple[Night, ...]]
) -> None:
    city, nights = history
    parts = parts_of(city)
    memory = InMemory(parts)
    with fresh_store(folder, empty_store) as store:
        kept = InStore(store, parts)
        for night in nights:
            asked = kept.asked(night)
            report = kept.night(night)
            same(report, memory.night(night, asked, report.run.id))


@STORED
@given(histories(partial=True))
def test_so_do_nights_on_each_of_which_the_past_is_judged_by_a_new_version(
    folder: Path, empty_store: Path, history: tuple[City, tuple[Night, ...]]
) -> None:
    """The checks say the same in every version: judging the facts of other days again changes nothing."""
    city, nights = history
    memory = InMemory(parts_of(city))
    with fresh_store(folder, empty_store) as store:
        kept = InStore(store, memory.parts)
        for number, night in enumerate(nights):
            kept.parts = parts_of(city, str(number))
            asked = kept.asked(night)
            report = replace(kept.night(night), plugins=())
            same(report, replace(memory.night(night, asked, report.run.id), plugins=()))


@STORED
@given(histories(partial=True))
def test_every_run_is_judged_again_to_the_same_bytes_after_all_nights(
    folder: Path, empty_store: Path, history: tuple[City, tuple[Night, ...]]
) -> None:
    city, nights = history
    parts = parts_of(city)
    with fresh_store(folder, empty_store) as store:
        kept = InStore(store, parts)
        reports = [kept.night(night) for night in nights]
        for report in reports:
            with store.reading() as connection:
                run = runs.run_named(connection, report.run.id)
            assert text(judge_again(store, run, parts)) == text(report)


@STORED
@given(histories(ages=AHEAD, partial=True))
def test_sights_that_are_dated_in_the_future_make_nothing_better(
    folder: Path, empty_store: Path, history: tuple[City, tuple[Night, ...]]
) -> None:
    """A clock that was ahead: there the store may be stricter than the whole history, never milder."""
    city, nights = history
    parts = parts_of(city)
    memory = InMemory(parts)
    with fresh_store(folder, empty_store) as store:
        kept = InStore(store, parts)
        for night in nights:
            asked = kept.asked(night)
            mine = kept.night(night)
            true = memory.night(night, asked, mine.run.id)
            failing = {row.key for row in mine.findings if row.outcome is Outcome.FAIL}
            assert {row.key for row in true.findings if row.outcome is Outcome.FAIL} <= failing
            for grade, best in zip(mine.asset_grades, true.asset_grades, strict=True):
                if best.letters.measured is not Letter.NG:  # leaving NG by a failure that stands is no rise
                    assert grade.letters.measured <= best.letters.measured
                    assert grade.letters.at_worst <= best.letters.at_worst
