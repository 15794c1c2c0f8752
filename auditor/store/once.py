"""Rows that are kept once, under what they are: given a number the first time, found by it ever after."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.dialects import sqlite

from auditor.codec import digest
from auditor.store import bodies
from auditor.store.errors import StoreDamaged
from auditor.store.prepared import Prepared
from auditor.store.tables import asset, document

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.sql.dml import ReturningInsert

T = TypeVar("T")
RESTORE = "Restore a backup; `auditor store check` says what else is damaged."
NUMBER_OF = Prepared(select(asset.c.no).where(asset.c.id == bindparam("name")), "name")
NEW_ASSET = Prepared(asset.insert().returning(asset.c.no), "id")
BATCH = 1000  # values that one statement may name; SQLite's own limit has been 999 and is 32,766


def batched(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]


def insert_or_ignore(connection: Connection, table: Table, rows: Sequence[tuple[bytes, bytes]]) -> None:
    """Write rows of (sha256, body); one that is there already is left alone."""
    if rows:
        _ignoring(connection.dialect.name, table).each(connection, rows)


@cache
def _ignoring(dialect: str, table: Table) -> Prepared:
    return Prepared(_insert(dialect, table).on_conflict_do_nothing(), "sha256", "body")


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The database's own INSERT. PostgreSQL's is loaded where it is spoken: that takes as long as many a command."""
    if dialect != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)


def kept_once(connection: Connection, table: Table, sha256: str, body: bytes) -> int:
    """The number of a body in a table of (no, sha256, body)."""
    key = bytes.fromhex(sha256)
    found = connection.execute(select(table.c.no).where(table.c.sha256 == key)).scalar()
    if found is None:
        found = inserted(connection, table, {"sha256": key, "body": body})
    return int(found)


def inserted(connection: Connection, table: Table, values: Mapping[str, object]) -> int:
    """The number that a new row got."""
    return int(connection.execute(_new(table), values).scalar_one())


@cache
def _new(table: Table) -> ReturningInsert[Any]:
    """Made once: to make a statement costs more than to run it."""
    return table.insert().returning(table.c.no)


def keep_document(connection: Connection, body: bytes) -> int:
    """A document's number. Its digest is that of the plain bytes, whatever packs them."""
    return kept_once(connection, document, digest(body), bodies.packed(body))


def keep_in_pieces(connection: Connection, pieces: Iterable[bytes]) -> int:
    """As `keep_document`, of a body that is made piece by piece."""
    return kept_once(connection, document, *bodies.packed_in_pieces(pieces))


def read_document(connection: Connection, number: int) -> bytes:
    """Raises StoreDamaged for bytes that are not what was kept."""
    row = connection.execute(select(document.c.sha256, document.c.body).where(document.c.no == number)).first()
    if row is None:
        raise StoreDamaged(f"Document {number} of the store is missing.", RESTORE)
    return document_of(row.sha256, row.body, number)


def document_of(sha256: bytes, kept: bytes, number: int) -> bytes:
    """Raises StoreDamaged for bytes that are not what was kept."""
    try:
        body = zlib.decompress(kept)
    except zlib.error as error:
        raise StoreDamaged(f"Document {number} of the store is damaged.", RESTORE) from error
    if bytes.fromhex(digest(body)) != sha256:
        raise StoreDamaged(f"Document {number} of the store is not what was kept.", RESTORE)
    return body


def number_of_asset(connection: Connection, name: str) -> int:
    found = NUMBER_OF.value(connection, name)
    if found is None:
        found = NEW_ASSET.value(connection, name)
    return int(found)


def numbers_of_assets(connection: Connection) -> dict[str, int]:
    """Of all assets that have one."""
    return {row.id: row.no for row in connection.execute(select(asset.c.id, asset.c.no))}


def insert_or_replace(connection: Connection, table: Table, *rows: Mapping[str, object]) -> None:
    """Write rows; one with the same key gives way. All rows name the same columns."""
    if not rows:
        return
    insert = _insert(connection.dialect.name, table)
    key = [column.name for column in table.primary_key]
    rest = {name: insert.excluded[name] for name in rows[0] if name not in key}
    connection.execute(insert.on_conflict_do_update(index_elements=key, set_=rest), list(rows))
