"""Do the parts of a store agree with each other: runs with their documents, pages with changes?"""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import Connection, Row, func, select

from auditor import asked as asking
from auditor import short as shorts
from auditor.errors import AuditorError
from auditor.model import Letter, Letters
from auditor.packing import unpacked
from auditor.store.changes import SHORT, plain_locus
from auditor.store.once import read_document
from auditor.store.pages import read_page
from auditor.store.runs import FINISHED, OPEN
from auditor.store.tables import asset as asset_table
from auditor.store.tables import carried as carried_table
from auditor.store.tables import change as change_table
from auditor.store.tables import letter as letter_table
from auditor.store.tables import memory as memory_table
from auditor.store.tables import place as place_table
from auditor.store.tables import run as run_table
from auditor.store.tables import state as state_table

Place = tuple[str, str]  # check, locus


def disagreements(connection: Connection) -> Iterator[str]:
    """Each in a sentence."""
    yield from _runs(connection)
    yield from _carried(connection)
    yield from _pages(connection)
    yield from _letters(connection)


def _runs(connection: Connection) -> Iterator[str]:
    rows = connection.execute(select(run_table).order_by(run_table.c.no)).all()
    if sum(row.state == OPEN for row in rows) > 1:
        yield "More than one run has not come to its end."
    for row in rows:
        if row.state == FINISHED and None in {row.report, row.finished, row.as_of, row.short}:
            yield f"Run {row.id} is finished, and lacks what a finished run has."
            continue
        try:
            _require_readable(connection, row)
        except AuditorError as error:
            yield f"Run {row.id}: {error}"
        except UnicodeDecodeError:
            yield f"Run {row.id}: its rubric cannot be read."


def _require_readable(connection: Connection, row: Row[tuple[object, ...]]) -> None:
    asking.read(read_document(connection, row.asked))
    read_document(connection, row.rules).decode()
    if row.state == FINISHED:
        shorts.read(read_document(connection, row.short))


def _carried(connection: Connection) -> Iterator[str]:
    """Each document is read once, however many runs carried the same over."""
    columns = (carried_table.c.entries, func.max(run_table.c.id), func.max(asset_table.c.id))
    query = select(*columns).join_from(carried_table, run_table).join(asset_table).group_by(carried_table.c.entries)
    for number, run, asset in connection.execute(query).all():
        where = f"What run {run} carried over of {asset}"
        try:
            unpacked(asset, json.loads(read_document(connection, number)))
        except AuditorError as error:
            yield f"{where}: {error}"
        except ValueError:
            yield f"{where} cannot be read."


def _pages(connection: Connection) -> Iterator[str]:
    """What is remembered of an asset agrees with the last change of each of its places."""
    runs = set(connection.execute(select(run_table.c.id)).scalars())
    last = last_states(connection)
    names = set(connection.execute(select(asset_table.c.id).join_from(memory_table, asset_table)).scalars())
    for asset in sorted(last.keys() - names):
        yield f"There are changes of {asset}, and nothing is remembered of it."
    for asset in sorted(names):
        try:
            page = read_page(connection, asset)
        except AuditorError as error:
            yield str(error)
            continue
        if dict(page.states) != last.get(asset, {}):
            yield f"What is remembered of {asset} is not what was last recorded of it."
        for run in sorted({entry.run for entry in page.entries if entry.run} - runs):
            yield f"What is remembered of {asset} names the run {run}, which is not there."


def last_states(connection: Connection) -> dict[str, dict[Place, str]]:
    """The digests of what was last recorded of each place, by asset; a place that is gone is left out."""
    newest = select(change_table.c.place, func.max(change_table.c.run).label("run")).group_by(change_table.c.place)
    last = newest.subquery()
    query = (
        select(asset_table.c.id, place_table.c.check, place_table.c.locus, state_table.c.sha256)
        .join_from(change_table, last, (change_table.c.place == last.c.place) & (change_table.c.run == last.c.run))
        .join(place_table, place_table.c.no == change_table.c.place)
        .join(asset_table, asset_table.c.no == place_table.c.asset)
        .outerjoin(state_table, state_table.c.no == change_table.c.state)
    )
    found: dict[str, dict[Place, str]] = {}
    for asset, check, locus, sha256 in connection.execute(query):
        places = found.setdefault(asset, {})
        if sha256 is not None:
            places[check, plain_locus(locus)] = sha256.hex()[:SHORT]
    return found


def _letters(connection: Connection) -> Iterator[str]:
    for row in connection.execute(select(letter_table).where(letter_table.c.measured.is_not(None))):
        try:
            Letters(Letter(row.measured), Letter(row.at_worst), Letter(row.accepted))
        except ValueError:
            yield f"A letter of the {row.kind} {row.id} is none of the ladder."
