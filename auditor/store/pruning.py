"""Forgetting what old runs saw, but nothing that a grade of today or tomorrow rests on.

A pruned run keeps its row, its letters and its changes; it cannot be judged again. Looks stay where the memory of an
asset, or what a kept run carried over, names them: a later version of a check judges these again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from auditor.codec import CodecError
from auditor.micros import micros
from auditor.model import Carried, Outcome
from auditor.records import dataclass
from auditor.store.once import batched
from auditor.store.pages import read_carried, read_page
from auditor.store.runs import FINISHED, OPEN
from auditor.store.tables import asset as asset_table
from auditor.store.tables import carried as carried_table
from auditor.store.tables import document as document_table
from auditor.store.tables import facts as facts_table
from auditor.store.tables import look as look_table
from auditor.store.tables import memory as memory_table
from auditor.store.tables import run as run_table
from auditor.store.tables import sight as sight_table

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

    from auditor.store.kept import Store

CHECK = "Run `auditor store check`, and restore a backup."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What went. `looks_kept`: of the same runs, because something later rests on them."""

    runs: tuple[str, ...]  # newly pruned, oldest first
    looks: int
    looks_kept: int
    facts: int
    size: int  # bytes of facts, sights and documents

    @property
    def is_nothing(self) -> bool:
        return not (self.runs or self.looks or self.facts or self.size)


def prune(connection: Connection, before: datetime) -> Pruned:
    """Remove what runs that began before an instant saw. The last run, and the last whole one, are never touched.

    Nobody else may write. Raises CodecError where a page cannot be read: what it rests on is not known then.
    """
    old = _old_runs(connection, before)
    needed = _needed(connection, old.values())
    removed = kept = 0
    for number, name in old.items():
        of_run = look_table.c.run == number
        total = connection.execute(select(func.count()).select_from(look_table).where(of_run)).scalar_one()
        stay = _look_assets(connection, number, needed[name]) if name in needed else []
        gone = connection.execute(delete(look_table).where(of_run & look_table.c.asset.not_in(stay))).rowcount
        removed, kept = removed + gone, kept + total - gone
    newly = _newly(connection, old)
    if old:
        connection.execute(delete(carried_table).where(carried_table.c.run.in_(old)))
        connection.execute(update(run_table).where(run_table.c.no.in_(old)).values(pruned=True))
    _, sights = _remove_unused(connection, sight_table, _distinct(connection, look_table.c.sight))
    facts, size = _remove_unused(connection, facts_table, _facts_in_use(connection))
    _, documents = _remove_unused(connection, document_table, _documents_in_use(connection))
    return Pruned(runs=newly, looks=removed, looks_kept=kept, facts=facts, size=sights + size + documents)


def free_space(store: Store) -> None:
    """Give what was pruned back to the disk. Raises StoreBroken: there must be room for a copy of the store."""
    with store.alone() as connection:
        connection.execute(text("vacuum"))
        if connection.dialect.name == "sqlite":
            connection.execute(text("pragma wal_checkpoint(truncate)")).close()


@dataclass(frozen=True, slots=True)
class _Needed:
    """Of one run: the looks at these assets, and those that saw what has these digests."""

    assets: set[str]
    digests: set[bytes]


def _old_runs(connection: Connection, before: datetime) -> dict[int, str]:
    """Runs that ended, oldest first: number → id. Those that were pruned before too: more of them may be free now."""
    query = select(run_table.c.no, run_table.c.id, run_table.c.started, run_table.c.whole, run_table.c.state)
    rows = connection.execute(query.where(run_table.c.state != OPEN).order_by(run_table.c.no)).all()
    finished = [row for row in rows if row.state == FINISHED]
    last = {row.no for row in finished[-1:]} | {row.no for row in [row for row in finished if row.whole][-1:]}
    return {row.no: row.id for row in rows if row.started < micros(before) and row.no not in last}


def _newly(connection: Connection, old: Mapping[int, str]) -> tuple[str, ...]:
    query = select(run_table.c.no).where(run_table.c.no.in_(old) & ~run_table.c.pruned).order_by(run_table.c.no)
    return tuple(old[number] for number in connection.execute(query).scalars())


def _needed(connection: Connection, old: Iterable[str]) -> Mapping[str, _Needed]:
    """What the memory of assets, and runs that are kept, still rest on: by run id."""
    names = frozenset(old)
    needed: dict[str, _Needed] = defaultdict(lambda: _Needed(set(), set()))
    for entry in _entries(connection, names):
        if entry.run in names and entry.outcome is not Outcome.UNKNOWN:  # in what was not seen nothing is judged again
            needed[entry.run].assets.add(entry.asset)
            needed[entry.run].digests.add(_bytes(entry.digest))
    return needed


def _entries(connection: Connection, old: frozenset[str]) -> Iterator[Carried]:
    assets = select(asset_table.c.id).join_from(memory_table, asset_table)
    for name in connection.execute(assets).scalars().all():
        yield from read_page(connection, name).entries
    runs = select(run_table.c.no, run_table.c.id).where(~run_table.c.pruned)
    for number, name in connection.execute(runs).all():
        if name not in old:
            yield from read_carried(connection, number)


def _bytes(digest: str) -> bytes:
    """Raises CodecError."""
    try:
        return bytes.fromhex(digest)
    except ValueError as error:
        raise CodecError("An entry of the store names no digest.", CHECK) from error


def _look_assets(connection: Connection, run: int, needed: _Needed) -> list[int]:
    """The numbers of the assets whose looks in a run stay: by their names, or by what was seen (a renamed asset)."""
    query = (
        select(asset_table.c.no, asset_table.c.id, sight_table.c.sha256)
        .join_from(look_table, asset_table)
        .join(sight_table, sight_table.c.no == look_table.c.sight)
        .where(look_table.c.run == run)
    )
    rows = connection.execute(query)
    return sorted({row.no for row in rows if row.id in needed.assets or row.sha256 in needed.digests})


def _documents_in_use(connection: Connection) -> set[int]:
    columns = (run_table.c.asked, run_table.c.rules, run_table.c.short, carried_table.c.entries)
    return {number for column in columns for number in _distinct(connection, column) if number is not None}


def _distinct(connection: Connection, column: Column[int]) -> set[int]:
    return set(connection.execute(select(column).distinct()).scalars())


def _remove_unused(connection: Connection, table: Table, in_use: set[int]) -> tuple[int, int]:
    """Remove the rows whose numbers are not in use: how many, and the length of their bodies."""
    rows = connection.execute(select(table.c.no, func.length(table.c.body)))
    unused = [(number, size) for number, size in rows if number not in in_use]
    statement = delete(table).where(table.c.no == bindparam("which"))
    for some in batched(unused):
        connection.execute(statement, [{"which": number} for number, _ in some])
    return len(unused), sum(size for _, size in unused)


def _facts_in_use(connection: Connection) -> set[int]:
    """Facts that a sight names; it names them inside its body. Raises CodecError."""
    used: set[str] = set()
    try:
        for body in connection.execute(select(sight_table.c.body)).scalars():
            used.update(row[1] for row in json.loads(body)["sights"] if row[0] == "seen")
    except (ValueError, LookupError, TypeError) as error:
        raise CodecError("What a look saw could not be read.", CHECK) from error
    rows = connection.execute(select(facts_table.c.no, facts_table.c.sha256))
    return {number for number, sha256 in rows if sha256.hex() in used}
