"""One run at a time: a lock that the system lets go when its holder ends, however that ends."""

from __future__ import annotations

import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from auditor.errors import UsageError
from auditor.store.address import Address
from auditor.store.errors import StoreUnusable

ADVISORY = 0x61756469746F72  # "auditor": the number of PostgreSQL's lock
HOLDER = text(
    "select application_name from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and granted "
    "and (classid::bigint << 32) + objid::bigint = :key "
    "and database = (select oid from pg_database where datname = current_database())"
)


def holder(since: datetime) -> str:
    """How the next one hears of us."""
    return f"process {os.getpid()} on {platform.node()}, since {since:%Y-%m-%d %H:%M:%S} UTC"


@contextmanager
def held(where: Address, engine: Engine, me: str) -> Iterator[None]:
    """Keep others out. Raises UsageError that names who is in."""
    with _file_held(where.file, me) if where.file else _server_held(engine, me):
        yield


@contextmanager
def _file_held(store: Path, me: str) -> Iterator[None]:
    """The lock lies beside the file itself, by whatever name (a symbolic link) it was called.

    It is no lock on the file: closing a file of SQLite's lets go of SQLite's own locks.
    """
    path = store.resolve()
    path = path.with_name(path.name + ".lock")
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreUnusable(f"The store {store} cannot be locked: {error.strerror}.", f"Look at {path}.") from error
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(os.pread(number, 1024, 0).decode(errors="replace").strip()) from None
        _write_name(number, store, me)
        try:
            yield
        finally:
            os.ftruncate(number, 0)
    finally:
        os.close(number)


def _write_name(number: int, store: Path, me: str) -> None:
    try:
        os.ftruncate(number, 0)
        os.pwrite(number, f"{me}\n".encode(), 0)
    except OSError as error:  # a full disk: a run would not come far
        raise StoreUnusable(f"The store {store} cannot be locked: {error.strerror}.", "Make room first.") from error


@contextmanager
def _server_held(engine: Engine, me: str) -> Iterator[None]:
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()  # its end is the end of the lock: it never goes back to the others
    with connection:
        connection.execute(text("select set_config('application_name', :me, false)"), {"me": me})
        if not connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": ADVISORY}).scalar():
            raise _taken(_holder(connection))
        yield


def _holder(connection: Connection) -> str:
    return connection.execute(HOLDER, {"key": ADVISORY}).scalar() or ""


def _taken(who: str) -> UsageError:
    return UsageError(
        f"Another run holds the store: {who or 'it has just begun'}.", "Wait until it has ended, then start again."
    )
