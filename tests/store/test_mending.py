"""A damaged memory stops every run, names the way out, and the way out ends no failure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from auditor import nights
from auditor.codec import CodecError
from auditor.model import Outcome, Standing
from auditor.store import Address, opened, tables
from auditor.store.kept import Store
from auditor.store.mending import mend
from auditor.store.pages import Page, read_page, write_page
from auditor.store.soundness import faults
from tests.cli.front_door import FrontDoor
from tests.store.town import BAD, DARK, GOOD, PARTS, RULES, START, asked, judged, looks, night

SEEN = {"site/a": BAD, "site/b": GOOD, "site/c": BAD}
PLACE = ("site/a", "web-no-https", "192.0.2.1:443")
ALL_DARK = dict.fromkeys(SEEN, DARK)


def asset_number(name: str) -> object:
    return select(tables.asset.c.no).where(tables.asset.c.id == name).scalar_subquery()


def damage(store: Store, name: str, change: Callable[[str], str]) -> None:
    with store.writing() as connection:
        mine = tables.memory.c.asset == asset_number(name)
        body = connection.execute(select(tables.memory.c.body).where(mine)).scalar_one()
        connection.execute(update(tables.memory).where(mine).values(body=change(body)))


def forget(store: Store, name: str) -> None:
    with store.writing() as connection:
        connection.execute(delete(tables.memory).where(tables.memory.c.asset == asset_number(name)))


def mended(store: Store) -> list[str]:
    with store.writing() as connection:
        return list(mend(connection))


def bodies(store: Store) -> dict[int, str]:
    with store.reading() as connection:
        return {row.asset: row.body for row in connection.execute(select(tables.memory))}


def dark_night(store: Store, day: int) -> dict[tuple[str, str, str], tuple[Outcome, Standing]]:
    """What counts after a night on which nothing is seen."""
    at = START + timedelta(days=day)
    what = asked()
    with nights.begin(store, what, RULES, PARTS, at) as keeping:
        report = judged(keeping, looks(ALL_DARK, at + timedelta(minutes=1)), what, lambda: at + timedelta(minutes=9))
        keeping.finish(report, nights.digest_of(report), interrupted=False)
    return {finding.key: (finding.outcome, finding.standing) for finding in report.findings}


DAMAGES: dict[str, Callable[[str], str]] = {
    "junk": lambda _: "junk",
    "nothing": lambda _: "",
    "a half": lambda body: body[: len(body) // 2],
    "an outcome that became another one": lambda body: body.replace('"fo', '"no').replace('"po', '"no'),
    "no entries, well written": lambda body: body[:64] + ' {"method":"","states":[],"entries":[[],[]]}',
    "without its digest": lambda body: body[65:],
}


@pytest.mark.parametrize("change", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_memory_ends_the_run_and_names_asset_and_way_out(
    file_store: Store, change: Callable[[str], str]
) -> None:
    night(file_store, SEEN)
    damage(file_store, "site/a", change)
    with pytest.raises(CodecError, match="remembers of site/a could not be read") as caught:
        night(file_store, SEEN, 1)
    assert "`auditor store mend`" in caught.value.advice


@pytest.mark.parametrize("change", DAMAGES.values(), ids=DAMAGES)
def test_what_failed_stands_and_what_passed_is_unknown_until_it_is_seen(
    store: Store, change: Callable[[str], str]
) -> None:
    night(store, SEEN)
    damage(store, "site/a", change)
    damage(store, "site/b", change)
    assert mended(store) == ["site/a", "site/b"]
    with store.reading() as connection:
        assert list(faults(connection, PARTS.facts_types)) == []
    found = dark_night(store, 1)
    failing = {key for key, (outcome, _) in found.items() if outcome is Outcome.FAIL}
    assert PLACE in failing
    assert {key[0] for key in failing} == {"site/a", "site/c"}
    assert not [key for key, (outcome, _) in found.items() if outcome is Outcome.PASS and key[0] != "site/c"]


def test_what_is_seen_again_counts_as_if_nothing_had_happened(file_store: Store) -> None:
    night(file_store, SEEN)
    damage(file_store, "site/a", DAMAGES["junk"])
    mended(file_store)
    night(file_store, {**SEEN, "site/a": GOOD}, 1)
    found = dark_night(file_store, 2)
    assert {key[0] for key, (outcome, _) in found.items() if outcome is Outcome.FAIL} == {"site/c"}
    assert found[PLACE] == (Outcome.PASS, Standing.STALE)


def test_a_failure_that_was_stale_stands_too(file_store: Store) -> None:
    night(file_store, SEEN)
    night(file_store, ALL_DARK, 1)
    damage(file_store, "site/a", DAMAGES["junk"])
    assert mended(file_store) == ["site/a"]
    assert dark_night(file_store, 40)[PLACE] == (Outcome.FAIL, Standing.STALE)


def test_the_same_fails_and_the_same_places_are_known_and_nothing_is_better(file_store: Store, tmp_path: Path) -> None:
    with opened(Address(file=tmp_path / "sound.db"), create=True) as sound:
        night(sound, SEEN)
        before = dark_night(sound, 1)
    night(file_store, SEEN)
    for name in SEEN:
        damage(file_store, name, DAMAGES["junk"])
    assert mended(file_store) == sorted(SEEN)
    after = dark_night(file_store, 1)
    assert after.keys() == before.keys()
    for key, (outcome, _) in before.items():
        assert after[key][0] is (outcome if outcome is Outcome.FAIL else Outcome.UNKNOWN)


def test_a_page_that_is_gone_or_disagrees_with_what_was_recorded_is_rebuilt(file_store: Store) -> None:
    night(file_store, SEEN)
    forget(file_store, "site/a")
    with file_store.writing() as connection:
        write_page(connection, "site/c", Page())
    assert mended(file_store) == ["site/a", "site/c"]
    with file_store.reading() as connection:
        assert {entry.outcome for entry in read_page(connection, "site/a").entries} >= {Outcome.FAIL}
        assert list(faults(connection, PARTS.facts_types)) == []


def test_what_is_sound_is_left_alone(store: Store) -> None:
    night(store, SEEN)
    before = bodies(store)
    assert mended(store) == []
    assert bodies(store) == before


def test_nothing_is_mended_from_what_is_damaged_itself(file_store: Store) -> None:
    night(file_store, SEEN)
    damage(file_store, "site/a", DAMAGES["junk"])
    with file_store.writing() as connection:
        connection.execute(update(tables.state).values(body=b"junk"))
    before = bodies(file_store)
    with pytest.raises(CodecError, match="could not be read") as caught, file_store.writing() as connection:
        list(mend(connection))
    assert "Restore a backup" in caught.value.advice
    assert bodies(file_store) == before


def test_the_command_says_what_it_did(where: Address, auditor: FrontDoor) -> None:
    said = where.url or str(where.file)
    with opened(where) as store:
        night(store, SEEN)
        damage(store, "site/a", DAMAGES["junk"])
    left = auditor("store", "check", "--store", said)
    assert left.code == 5
    assert "site/a could not be read" in left.out
    left = auditor("store", "mend", "--store", said)
    assert (left.code, left.out) == (0, "site/a\n")
    assert "1 asset: what failed still fails, and what passed is unknown until it is seen again." in left.err
    left = auditor("store", "mend", "--store", said)
    assert (left.code, left.out) == (0, "")
    assert "There is nothing to mend." in left.err
    with opened(where) as store:
        night(store, ALL_DARK, 1)
    assert auditor("store", "check", "--judge", "--store", said).code == 0
    left = auditor("explain", "site/a", "web-no-https", "--store", said)
    assert left.code == 0, left.err
    assert "fail" in left.out.lower()
