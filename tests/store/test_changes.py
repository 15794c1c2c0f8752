"""What stands at a run is the last change before it: compared with whole states over random histories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from auditor.model import (
    Basis,
    Evidence,
    Finding,
    Outcome,
    Reason,
    Severity,
    Standing,
    Tier,
)
from auditor.past import Move, State, state_of
from auditor.store import changes, tables
from auditor.store.kept import Store
from auditor.store.once import number_of_asset
from auditor.store.runs import Run
from tests.store.town import START, begun, ended, since

ASSETS = ("site/a", "Site/b", "site/b", "site/ä")
PLACES = (("web-no-https", ""), ("web-no-https", "192.0.2.1:443"), ("Web", "a\0\u202e\ud800"), ("web", '"\\u0000'))
TEXTS = st.sampled_from(("", "well", "a\0b", "\u202e", '"\\', "ß" * 300))
STATES = st.builds(
    State,
    outcome=st.sampled_from(Outcome),
    severity=st.sampled_from(Severity),
    standing=st.sampled_from(Standing),
    basis=st.sampled_from(Basis),
    summary=TEXTS,
    reason=st.none() | st.sampled_from([reason.word for reason in Reason]),
    evidence=st.lists(st.builds(Evidence, TEXTS, TEXTS, TEXTS), max_size=2).map(tuple),
    waiver=st.none() | TEXTS,
    attestation=st.none() | TEXTS,
    flapping=st.booleans(),
)
Key = tuple[str, str, str]
World = Mapping[Key, State]  # what stands after one run
KEYS = st.tuples(st.sampled_from(ASSETS), st.sampled_from(PLACES)).map(lambda pair: (pair[0], *pair[1]))
HISTORIES = st.lists(st.dictionaries(KEYS, STATES, max_size=6), min_size=1, max_size=5)
SOME = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
GOOD = State(outcome=Outcome.PASS, severity=Severity.HIGH, standing=Standing.NOW, basis=Basis.OBSERVED, summary="well")
BAD = replace(GOOD, outcome=Outcome.FAIL, summary="ill")


@dataclass(frozen=True)
class Told:
    """A history that is in the store: the runs, and what stood after each."""

    runs: list[Run]
    worlds: list[World]


def tell(store: Store, worlds: list[dict[Key, State]]) -> Told:
    """Forget what was, and write one run after the other, changes only."""
    with store.writing() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(delete(table))
    before: World = {}
    told: list[Run] = []
    for day, world in enumerate(worlds):
        run = ended(store, day, START + timedelta(days=day))
        with store.writing() as connection:
            numbers: dict[State, int] = {}
            for asset in ASSETS:
                changed = {
                    (check, locus): world.get((name, check, locus))
                    for name, check, locus in before.keys() | world.keys()
                    if name == asset and before.get((name, check, locus)) != world.get((name, check, locus))
                }
                changes.record(connection, run.no, asset, changed, numbers)
        before = world
        told.append(run)
    return Told(told, list(worlds))


def moves(store: Store, one: Run, other: Run) -> list[Move]:
    with store.reading() as connection:
        return list(changes.moves(connection, one.no, other.no))


@SOME
@given(history=HISTORIES)
def test_moves_are_what_two_states_of_the_world_differ_in(store: Store, history: list[dict[Key, State]]) -> None:
    told = tell(store, history)
    for first, was in zip(told.runs, told.worlds, strict=True):
        for second, is_now in zip(told.runs, told.worlds, strict=True):
            assert moves(store, first, second) == [
                Move(key, was.get(key), is_now.get(key))
                for key in sorted(was.keys() | is_now.keys())
                if was.get(key) != is_now.get(key)
            ]


@SOME
@given(history=HISTORIES)
def test_the_way_back_is_the_inverse(store: Store, history: list[dict[Key, State]]) -> None:
    told = tell(store, history)
    there, back = moves(store, told.runs[0], told.runs[-1]), moves(store, told.runs[-1], told.runs[0])
    assert back == [Move(move.key, move.after, move.before) for move in there]


@SOME
@given(history=HISTORIES, key=KEYS)
def test_since_when_is_the_first_run_of_the_row(store: Store, history: list[dict[Key, State]], key: Key) -> None:
    told = tell(store, history)
    for last in range(len(told.runs)):
        outcomes = [world[key].outcome if key in world else None for world in told.worlds[: last + 1]]
        first = last
        while first and outcomes[first - 1] is outcomes[last]:
            first -= 1
        expected = None if outcomes[last] is None else START + timedelta(days=first)
        with store.reading() as connection:
            assert since(connection, key, told.runs[last].no) == expected


@given(STATES)
def test_a_state_comes_back_from_its_bytes(state: State) -> None:
    from auditor.codec import canonical

    assert changes.read_state(canonical(state)) == state


@given(STATES)
def test_what_is_recorded_of_a_finding_has_a_name(state: State) -> None:
    from auditor.codec import canonical, digest

    said = {field.name: getattr(state, field.name) for field in fields(state)}
    finding = Finding(asset="site/a", check="a-check", locus="", tier=Tier.DEEP, observed_at=START, **said)
    recorded, name = changes.recorded_of(finding)
    assert recorded == state == state_of(finding)
    assert name == digest(canonical(state))[: changes.SHORT]
    assert changes.recorded_of(replace(finding, asset="site/b", observed_at=None)) == (recorded, name)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"7", b"\xff", b'{"outcome":"green"}', b'{"outcome":"pass"}'])
def test_what_is_no_state_is_refused(body: bytes) -> None:
    from auditor.codec import CodecError

    with pytest.raises(CodecError):
        changes.read_state(body)


def test_a_state_is_kept_once(store: Store) -> None:
    run = begun(store)
    with store.writing() as connection:
        changes.record(connection, run.no, "site/a", {("x", ""): GOOD, ("y", ""): GOOD, ("z", ""): BAD}, {})
        changes.record(connection, run.no, "site/b", {("x", ""): GOOD}, {})
        assert len(connection.execute(tables.state.select()).all()) == 2
        assert len(connection.execute(tables.change.select()).all()) == 4


def test_many_places_of_one_asset(store: Store) -> None:
    run = ended(store)
    many: dict[changes.Place, State | None] = {("x", str(n)): replace(GOOD, summary=str(n)) for n in range(2_500)}
    with store.writing() as connection:
        changes.record(connection, run.no, "site/a", many, {})
    with store.reading() as connection:
        assert len(list(changes.moves(connection, 0, run.no))) == 2_500


def test_an_asset_gets_one_number(store: Store) -> None:
    with store.writing() as connection:
        names = ["a", "A", "ä", "a ", "𝔞"]
        numbers = [number_of_asset(connection, name) for name in names]
        assert len(set(numbers)) == len(names)
        assert [number_of_asset(connection, name) for name in names] == numbers
