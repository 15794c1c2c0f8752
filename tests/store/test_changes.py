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
    Counts,
    Evidence,
    Finding,
    Grade,
    Letter,
    Letters,
    Outcome,
    Reason,
    Severity,
    Standing,
    Tier,
)
from auditor.past import LetterMove, Move, Point, State, state_of
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


# Letters

LETTERS = st.builds(Letters, st.sampled_from(Letter), st.sampled_from(Letter), st.sampled_from(Letter))
KINDS = ("city", "department", "system", "asset")
NAMES = ("Town of Elm", "it", "site/a", "Site/a", "ä")
Marks = dict[tuple[str, str], Letters]
MARKS = st.lists(
    st.tuples(
        st.dictionaries(st.tuples(st.sampled_from(KINDS), st.sampled_from(NAMES)), LETTERS, max_size=6), st.booleans()
    ),
    min_size=1,
    max_size=5,
)


def mark(store: Store, history: list[tuple[Marks, bool]]) -> tuple[list[Run], list[Marks]]:
    """Write letters run by run; a run that is not of the whole city says nothing of what it does not name."""
    with store.writing() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(delete(table))
    stands: Marks = {}
    told: list[Run] = []
    worlds: list[Marks] = []
    for day, (marks, whole) in enumerate(history):
        run = ended(store, day, START + timedelta(days=day))
        graded = [changes.Graded(kind, Grade(name, letters, Counts())) for (kind, name), letters in marks.items()]
        with store.writing() as connection:
            changes.record_letters(connection, run.no, graded, all_of=KINDS if whole else ())
        stands = dict(marks) if whole else {**stands, **marks}
        told.append(run)
        worlds.append(stands)
    return told, worlds


@SOME
@given(history=MARKS)
def test_letters_move_as_the_world_does_and_back(store: Store, history: list[tuple[Marks, bool]]) -> None:
    told, worlds = mark(store, history)
    with store.reading() as connection:
        for first, was in zip(told, worlds, strict=True):
            for second, is_now in zip(told, worlds, strict=True):
                assert list(changes.letter_moves(connection, first.no, second.no)) == [
                    LetterMove(*key, was.get(key), is_now.get(key))
                    for key in sorted(was.keys() | is_now.keys())
                    if was.get(key) != is_now.get(key)
                ]


@SOME
@given(history=MARKS)
def test_points_are_the_changes_of_letters(store: Store, history: list[tuple[Marks, bool]]) -> None:
    told, worlds = mark(store, history)
    for kind in KINDS:
        for last in range(len(told)):
            expected: dict[str, list[Point]] = {}
            before: Marks = {}
            for run, world in zip(told[: last + 1], worlds, strict=False):
                for (one, name), letters in world.items():
                    if one == kind and before.get((one, name)) != letters:
                        expected.setdefault(name, []).append(Point(run.id, run.opening.started, letters))
                before = world
            with store.reading() as connection:
                found = changes.points(connection, kind, told[last].no)
            assert found == {name: tuple(points) for name, points in expected.items()}
            assert list(found) == sorted(found)


def test_many_letters_are_written_at_once(store: Store) -> None:
    run = ended(store)
    same = Letters(Letter.A, Letter.B, Letter.A)
    graded = [changes.Graded("asset", Grade(f"site/{n}", same, Counts())) for n in range(3_000)]
    with store.writing() as connection:
        changes.record_letters(connection, run.no, graded, all_of=KINDS)
        changes.record_letters(connection, run.no, graded, all_of=KINDS)  # what is the same already adds nothing
        changes.record_letters(connection, run.no, [], all_of=KINDS)  # the last word of a run counts
    with store.reading() as connection:
        assert list(changes.letter_moves(connection, 0, run.no)) == []


def test_an_asset_gets_one_number(store: Store) -> None:
    with store.writing() as connection:
        names = ["a", "A", "ä", "a ", "𝔞"]
        numbers = [number_of_asset(connection, name) for name in names]
        assert len(set(numbers)) == len(names)
        assert [number_of_asset(connection, name) for name in names] == numbers
