"""Bringing a store of an older version to ours, a copy made first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from auditor.records import dataclass
from auditor.store import lock, versions
from auditor.store.address import Address
from auditor.store.copying import copy_file
from auditor.store.errors import StoreBroken, said_plainly
from auditor.store.kept import WRITES
from auditor.store.opening import engine_of, unreachable
from auditor.store.tables import HEAD


@dataclass(frozen=True, slots=True)
class Migrated:
    """Which version it had and has. `copy`: None for a server, and where there was nothing to do."""

    before: str
    after: str
    copy: Path | None = None


def migrate(where: Address, now: datetime, say: Callable[[str], None]) -> Migrated:
    """One transaction: a store is of its old version or of ours. `say`: is told of what takes its time.

    Raises StoreUnusable: not a store, or of a newer version. StoreBroken: it is as it was.
    """
    with engine_of(where, migrating=True) as engine:
        try:
            with engine.connect() as connection:
                before = versions.require_known(connection, str(where))
        except (SQLAlchemyError, OSError) as error:
            raise unreachable(where, error) from error
        if before == HEAD:
            return Migrated(before, HEAD)
        with said_plainly(str(where)), lock.held(where, engine, lock.holder(now)):
            copy = _copied(where.file, before, now, say) if where.file else None
            with engine.connect().execution_options(**WRITES) as connection, connection.begin():
                versions.migrate(connection)
                _require_whole(connection)
    return Migrated(before, HEAD, copy)


def _copied(file: Path, version: str, now: datetime, say: Callable[[str], None]) -> Path:
    copy = file.with_name(f"{file.stem}-{version}-{now:%Y%m%dT%H%M%SZ}{file.suffix}")
    say(f"Copying the store to {copy}.")
    copy_file(file, copy)
    return copy


def _require_whole(connection: Connection) -> None:
    """SQLite does not watch over references while tables are made anew."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("pragma foreign_key_check").first():
        raise StoreBroken("A reference of the store leads nowhere.", "It is as it was; run `auditor store check`.")
