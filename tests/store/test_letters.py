"""The letters that stand at a run are the last ones before it: compared with whole towns over random histories."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from auditor.model import Counts, Grade, Letter, Letters
from auditor.past import LetterMove, Point
from auditor.store import tables
from auditor.store.kept import Store
from auditor.store.letters import Graded, letter_moves, letter_points, record_letters
from auditor.store.runs import Run
from tests.store.town import START, ended

SOME = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
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
        graded = [Graded(kind, Grade(name, letters, Counts())) for (kind, name), letters in marks.items()]
        with store.writing() as connection:
            record_letters(connection, run.no, graded, all_of=KINDS if whole else ())
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
                assert list(letter_moves(connection, first.no, second.no)) == [
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
                found = letter_points(connection, kind, told[last].no)
            assert found == {name: tuple(points) for name, points in expected.items()}
            assert list(found) == sorted(found)


def test_many_letters_are_written_at_once(store: Store) -> None:
    run = ended(store)
    same = Letters(Letter.A, Letter.B, Letter.A)
    graded = [Graded("asset", Grade(f"site/{n}", same, Counts())) for n in range(3_000)]
    with store.writing() as connection:
        record_letters(connection, run.no, graded, all_of=KINDS)
        record_letters(connection, run.no, graded, all_of=KINDS)  # what is the same already adds nothing
        record_letters(connection, run.no, [], all_of=KINDS)  # the last word of a run counts
    with store.reading() as connection:
        assert list(letter_moves(connection, 0, run.no)) == []
