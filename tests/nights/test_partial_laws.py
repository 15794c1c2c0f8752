"""A law: a run of a part never closes, opens or refreshes what it did not look at, whatever comes before and after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from auditor import comparing
from auditor.model import Reason, Tier
from auditor.past import Key, Move
from auditor.probe import Unseen
from auditor.store import pages, runs
from auditor.store.kept import Store
from auditor.store.letters import letter_moves
from tests.laws.chain import City
from tests.laws.cities import HOUR, LAW
from tests.nights.histories import InStore, Night, fresh_store, histories, parts_of
from tests.store.town import since

PARTIAL = settings(
    LAW,
    max_examples=max(10, settings.default.max_examples // 5),
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
KINDS = ("only", "tier", "interrupted")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("partial")


def part_of(night: Night, kind: str, city: City) -> tuple[Night, set[tuple[str, str]]]:
    """The same night half a day earlier, by a run of a part; and what it leaves out: (asset, check)."""
    checks = {toy.id: toy for toy in city.checks}
    earlier = replace(night, as_of=night.as_of - 12 * HOUR)
    if kind == "tier":
        looks = []
        for look in night.looks:
            deep = [one for one in look.sights if checks[_check_of(one)].tier is Tier.DEEP]
            rest = [one for one in look.sights if one not in deep]
            types = dict.fromkeys(one.facts_type if isinstance(one, Unseen) else type(one.facts) for one in deep)
            left = [Unseen(facts_type, "", Reason.LEFT_OUT, "") for facts_type in types]
            looks.append(replace(look, sights=(*rest, *left)))
        asked = replace(night.asked, tiers=frozenset({Tier.NIGHTLY}))
        deep_checks = {name for name, toy in checks.items() if toy.tier is Tier.DEEP}
        out = {(look.asset.id, check) for look in night.looks for check in deep_checks}
        return replace(earlier, looks=_earlier(looks), asked=asked), out
    some = city.systems[0].id
    seen = [look for look in night.looks if look.asset.system == some]
    out = {(look.asset.id, check) for look in night.looks if look not in seen for check in checks}
    if kind == "only":
        asked = replace(night.asked, only=frozenset({some}))
        return replace(earlier, looks=_earlier(seen), asked=asked), out
    return replace(earlier, looks=_earlier(seen), interrupted=True), out


def _check_of(sight: object) -> str:
    facts_type = sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)  # type: ignore[attr-defined]
    return f"toy-{facts_type.__name__[-1]}"


def _earlier(looks):  # type: ignore[no-untyped-def]
    def shifted(sight):  # type: ignore[no-untyped-def]
        if isinstance(sight, Unseen):
            return sight
        return replace(sight, facts=replace(sight.facts, observed_at=sight.facts.observed_at - 12 * HOUR))

    return tuple(replace(look, sights=tuple(map(shifted, look.sights))) for look in looks)


def kept_of(store: Store, left_out: set[tuple[str, str]]) -> dict[tuple[str, str], object]:
    """All that a store knows of places: entries, states and since when."""
    found: dict[tuple[str, str], object] = {}
    with store.reading() as connection:
        last = runs.run_named(connection, "last").no
        for asset, check in left_out:
            page = pages.read_page(connection, asset)
            found[asset, check] = (
                [entry for entry in page.entries if entry.check == check],
                {place: digest for place, digest in page.states.items() if place[0] == check},
                {place: since(connection, (asset, *place), last) for place in page.states if place[0] == check},
            )
    return found


def letters_of(store: Store, assets: set[str]) -> dict[tuple[str, str], object]:
    with store.reading() as connection:
        last = runs.run_named(connection, "last").no
        moves = letter_moves(connection, 0, last)
        return {(move.kind, move.id): move.after for move in moves if move.kind == "asset" and move.id in assets}


def news(store: Store, kept: InStore, left_out: set[tuple[str, str]]) -> dict[Key, Move]:
    after = kept.done[-1]
    found = comparing.compared(store, comparing.baseline(store, after), after)
    return {move.key: move for moves in found.news.values() for move in moves if (move.key[0], move.key[1]) in left_out}


@PARTIAL
@given(histories(), st.sampled_from(KINDS))
def test_what_a_part_left_out_is_as_if_there_had_been_no_such_run(
    folder: Path, empty_store: Path, history: tuple[City, tuple[Night, ...]], kind: str
) -> None:
    city, before = history
    assume(len(before) >= 2 and city.systems and before[-1].as_of - before[-2].as_of >= 24 * HOUR)
    last = before[-1]
    part, left_out = part_of(last, kind, city)
    parts = parts_of(city)
    with (
        fresh_store(folder, empty_store, "one.db") as one,
        fresh_store(folder, empty_store, "other.db") as other,
    ):
        with_part, without = InStore(one, parts), InStore(other, parts)
        for night in before[:-1]:
            with_part.night(night)
            without.night(night)
        untouched = {asset for asset, _ in left_out}
        known, told = kept_of(one, left_out), letters_of(one, untouched)
        with_part.night(part)
        assert kept_of(one, left_out) == known
        assert letters_of(one, untouched) == told
        mine, true = with_part.night(last), without.night(last)
        assert [row for row in mine.findings if (row.asset, row.check) in left_out] == [
            row for row in true.findings if (row.asset, row.check) in left_out
        ]
        assert news(one, with_part, left_out) == news(other, without, left_out)
