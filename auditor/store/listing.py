"""The list of runs as people read it: every run, the letter of the city then, and what is still kept of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from auditor.micros import instant
from auditor.model import Letter, Letters
from auditor.records import dataclass
from auditor.store.runs import FINISHED
from auditor.store.tables import letter as letter_table
from auditor.store.tables import run as run_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One run. What only a finished run has is None before."""

    id: str
    state: str  # open, finished, lost; see runs.py
    started: datetime
    finished: datetime | None
    as_of: datetime | None
    complete: bool | None
    whole: bool | None
    interrupted: bool | None
    pruned: bool
    tool: str
    rubric: str
    city: Letters | None  # None: it was not graded in this run


def listed(connection: Connection) -> tuple[Listed, ...]:
    """Every run, oldest first."""
    cities = _cities(connection)
    city: Letters | None = None
    found: list[Listed] = []
    for row in connection.execute(select(run_table).order_by(run_table.c.no)):
        city = cities.get(row.no, city)
        found.append(
            Listed(
                id=row.id,
                state=row.state,
                started=instant(row.started),
                finished=None if row.finished is None else instant(row.finished),
                as_of=None if row.as_of is None else instant(row.as_of),
                complete=row.complete,
                whole=row.whole,
                interrupted=row.interrupted,
                pruned=row.pruned,
                tool=row.tool,
                rubric=row.rubric,
                city=city if row.state == FINISHED and row.whole else None,
            )
        )
    return tuple(found)


def _cities(connection: Connection) -> dict[int, Letters]:
    """The letters of the city by run, where they changed. A city that changed its name has two rows in one run."""
    query = select(letter_table).where((letter_table.c.kind == "city") & letter_table.c.measured.is_not(None))
    return {
        row.run: Letters(Letter(row.measured), Letter(row.at_worst), Letter(row.accepted))
        for row in connection.execute(query)
    }
