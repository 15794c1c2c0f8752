"""Who got which letters, as changes: what stands at a run are the last letters before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, func, select

from auditor.micros import instant
from auditor.model import Grade, Letter, Letters
from auditor.past import LetterMove, Point
from auditor.records import dataclass
from auditor.store.once import batched, insert_or_replace
from auditor.store.tables import letter as letter_table
from auditor.store.tables import run as run_table


@dataclass(frozen=True, slots=True)
class Graded:
    """Who has letters. `kind`: "city", "department", "system" or "asset"."""

    kind: str
    grade: Grade


def record_letters(connection: Connection, run: int, graded: Iterable[Graded], *, all_of: Iterable[str]) -> None:
    """Note the letters that differ from the last ones; of the kinds `all_of`, also those that are gone."""
    known = _letters_at(connection, run)
    told: dict[tuple[str, str], Letters | None] = {(one.kind, one.grade.id): one.grade.letters for one in graded}
    for key in known.keys() - told.keys():
        if key[0] in all_of and known[key] is not None:
            told[key] = None
    moved = sorted(key for key, letters in told.items() if known.get(key) != letters)
    for some in batched(moved):
        rows = [{"kind": kind, "id": name, "run": run, **_columns(told[kind, name])} for kind, name in some]
        insert_or_replace(connection, letter_table, *rows)


def letter_moves(connection: Connection, before: int, after: int) -> Iterator[LetterMove]:
    """Every letter that differs between two runs."""
    was, is_now = _letters_at(connection, before), _letters_at(connection, after)
    for kind, name in sorted(was.keys() | is_now.keys()):
        old, new = was.get((kind, name)), is_now.get((kind, name))
        if old != new:
            yield LetterMove(kind, name, old, new)


def letter_points(connection: Connection, kind: str, up_to: int) -> dict[str, tuple[Point, ...]]:
    """The letters of one kind over time, changes only, oldest first."""
    found: dict[str, list[Point]] = {}
    for name, point in _points(connection, kind, up_to):
        found.setdefault(name, []).append(point)
    return {name: tuple(found[name]) for name in sorted(found)}


def city_points(connection: Connection, up_to: int) -> tuple[Point, ...]:
    """The city's letters over time, changes only, oldest first, whatever it was called then."""
    found: list[Point] = []
    for _, point in _points(connection, "city", up_to):
        if not found or found[-1].letters != point.letters:
            found.append(point)
    return tuple(found)


def _points(connection: Connection, kind: str, up_to: int) -> Iterator[tuple[str, Point]]:
    query = (
        select(letter_table, run_table.c.id.label("run_id"), run_table.c.as_of)
        .join(run_table)
        .where((letter_table.c.kind == kind) & (letter_table.c.run <= up_to) & letter_table.c.measured.is_not(None))
        .order_by(letter_table.c.run)
    )
    for row in connection.execute(query):
        letters = Letters(Letter(row.measured), Letter(row.at_worst), Letter(row.accepted))
        yield row.id, Point(row.run_id, instant(row.as_of), letters)


def _letters_at(connection: Connection, run: int) -> dict[tuple[str, str], Letters | None]:
    newest = (
        select(letter_table.c.kind, letter_table.c.id, func.max(letter_table.c.run).label("run"))
        .where(letter_table.c.run <= run)
        .group_by(letter_table.c.kind, letter_table.c.id)
        .subquery()
    )
    same = (
        (letter_table.c.kind == newest.c.kind)
        & (letter_table.c.id == newest.c.id)
        & (letter_table.c.run == newest.c.run)
    )
    return {
        (row.kind, row.id): None
        if row.measured is None
        else Letters(Letter(row.measured), Letter(row.at_worst), Letter(row.accepted))
        for row in connection.execute(select(letter_table).join(newest, same))
    }


def _columns(letters: Letters | None) -> dict[str, int | None]:
    if letters is None:
        return {"measured": None, "at_worst": None, "accepted": None}
    return {
        "measured": letters.measured.value,
        "at_worst": letters.at_worst.value,
        "accepted": letters.accepted.value,
    }
