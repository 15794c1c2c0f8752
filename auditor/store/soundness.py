"""Is a store what it was when it was written? Every damage in a sentence; nothing is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, Table, select, text

from auditor.codec import CodecError, digest
from auditor.errors import AuditorError
from auditor.facts.base import Facts
from auditor.micros import instant
from auditor.store import sights, times
from auditor.store.agreement import disagreements
from auditor.store.changes import read_state
from auditor.store.once import document_of
from auditor.store.shelf import facts_of
from auditor.store.tables import asset as asset_table
from auditor.store.tables import document as document_table
from auditor.store.tables import facts as facts_table
from auditor.store.tables import look as look_table
from auditor.store.tables import run as run_table
from auditor.store.tables import sight as sight_table
from auditor.store.tables import state as state_table

MANY = 500  # rows in memory at once
CUT = 20  # of a database's own complaints, which may be thousands
UNREADABLE = -1


def faults(connection: Connection, types: Iterable[type[Facts]]) -> Iterator[str]:
    """What is wrong, a sentence each; nothing where all is well. `types`: the facts types that are installed."""
    damaged = list(_database(connection))
    yield from damaged
    if damaged:
        return  # what is read from a damaged database says nothing more
    types = tuple(types)
    for number, sha256, body in _rows(connection, document_table):
        yield from complaints(f"Document {number}", document_of, sha256, body, number)
    for number, sha256, body in _rows(connection, state_table):
        yield from complaints(f"State {number}", _require_state, sha256, body)
    for number, sha256, body in _rows(connection, facts_table):
        yield from complaints(f"Facts {number}", facts_of, sha256, body, types)
    needed: dict[int, int] = {}
    yield from _sights(connection, types, needed)
    yield from _looks(connection, needed)
    yield from disagreements(connection)


def complaints(where: str, read: Callable[..., object], *given: object) -> Iterator[str]:
    """What something says when it is read; nothing where it can be."""
    try:
        read(*given)
    except AuditorError as error:
        yield f"{where}: {error}"


def _database(connection: Connection) -> Iterator[str]:
    """What SQLite finds itself. PostgreSQL watches over its references at all times."""
    if connection.dialect.name != "sqlite":
        return
    for said in connection.execute(text("pragma integrity_check")).scalars().all()[:CUT]:
        if said != "ok":
            yield f"The file is damaged: {' '.join(str(said).split())}."
    for row in connection.execute(text("pragma foreign_key_check")).all()[:CUT]:
        yield f"A row of {row[0]} names a row of {row[2]} that is not there."


def _require_state(sha256: bytes, body: bytes) -> None:
    if digest(body) != sha256.hex():
        raise CodecError("It is not what was kept: its digest differs.")
    read_state(body)


def _sights(connection: Connection, types: tuple[type[Facts], ...], needed: dict[int, int]) -> Iterator[str]:
    """Notes in `needed` how many times a look with this sight has; UNREADABLE: it cannot be read."""
    facts = {sha256.hex() for sha256 in connection.execute(select(facts_table.c.sha256)).scalars()}
    for number, sha256, body in _rows(connection, sight_table):
        try:
            seen = sights.read(sha256, body, types).seen
        except CodecError as error:
            needed[number] = UNREADABLE
            yield f"Sight {number}: {error}"
            continue
        needed[number] = len(seen)
        for missing in sorted(set(seen) - facts):
            yield f"Sight {number} names facts that are not there: {missing}."


def _looks(connection: Connection, needed: dict[int, int]) -> Iterator[str]:
    columns = (run_table.c.id, run_table.c.started, asset_table.c.id, look_table.c.sight, look_table.c.times)
    query = select(*columns).join_from(look_table, run_table).join(asset_table)
    for run, since, asset, sight, packed in connection.execute(query.execution_options(yield_per=MANY)):
        where = f"The look of run {run} at {asset}"
        if sight not in needed:
            yield f"{where} names a sight that is not there."
            continue
        try:
            count = len(list(times.unpacked(packed, instant(since))))
        except (ValueError, OverflowError):
            yield f"{where} has times that cannot be read."
            continue
        if needed[sight] not in {UNREADABLE, count}:
            yield f"{where} has {count} times for {needed[sight]} sights."


def _rows(connection: Connection, table: Table) -> Iterator[Row[Any, Any, Any]]:
    """(number, digest, body) of a table of what is kept once."""
    query = select(table.c.no, table.c.sha256, table.c.body).order_by(table.c.no)
    yield from connection.execute(query.execution_options(yield_per=MANY))
