"""A store's file → a database connection: for its owner's eyes alone, and prepared for what runs do to it."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from auditor.store.address import Address
from auditor.store.errors import StoreUnusable, first_line

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class _Sqlite(Protocol):
    """What is used of a connection of Python's sqlite3, which SQLAlchemy hands over."""

    isolation_level: str | None

    def execute(self, statement: str, /) -> _Cursor: ...


class _Cursor(Protocol):
    def close(self) -> None: ...


BUSY_SECONDS = 30  # how long a writer waits for another
BEGIN = "auditor_begin"  # the execution option that says how a connection begins its transactions
PRAGMAS = ("synchronous=NORMAL", "temp_store=MEMORY")  # of each connection; synchronous: safe with WAL


@contextmanager
def engine_of(where: Address, *, create: bool = False, migrating: bool = False) -> Iterator[Engine]:
    """Raises StoreUnusable: it is not there (and may not be made), others can read it, or it cannot be reached."""
    if where.file is None:
        from auditor.store.server import server_engine  # noqa: PLC0415 - a file needs none of it

        engine = server_engine(where)
    else:
        require_private(where.file, create=create)
        engine = _file_engine(where.file, foreign_keys=not migrating)
    try:
        yield engine
    finally:
        engine.dispose()


def _file_engine(path: Path, *, foreign_keys: bool) -> Engine:
    """`foreign_keys`: off for migrations, which make tables anew."""
    from sqlalchemy import URL, create_engine, event  # noqa: PLC0415 - heavy

    from auditor.store.prepared import told  # noqa: PLC0415 - as heavy

    # Not a text: a question mark in a file's name would begin a query.
    url = URL.create("sqlite", database=str(path.absolute()))
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: _Sqlite, _: object) -> None:
        connection.isolation_level = None  # transactions begin when we say so, not when Python's module thinks so
        for pragma in (*PRAGMAS, f"foreign_keys={'ON' if foreign_keys else 'OFF'}"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        """A reader sees one state of things, making a table can be undone, and a writer waits for another's end."""
        how = str(connection.get_execution_options().get(BEGIN, "BEGIN"))
        if how:
            told(connection, how)

    return engine


def require_private(path: Path, *, create: bool) -> None:
    """Folder 0700 and file 0600, made so where they are missing. Raises StoreUnusable where others may meddle."""
    try:
        if create:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        found, folder = path.stat(), path.resolve().parent.stat()
    except FileNotFoundError as error:
        raise StoreUnusable(
            f"There is no store at {path}.", "Name one with --store, or make one: `auditor run`."
        ) from error
    except OSError as error:
        raise StoreUnusable(
            f"The store {path} cannot be used: {error.strerror}.", "Name another place with --store."
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise StoreUnusable(f"The store {path} is not a file.", "Name a file with --store.")
    if found.st_mode & 0o077:
        raise StoreUnusable(
            f"Others may read the store {path}, which names what is weak in the city.",
            f"Run: chmod 600 {shlex.quote(str(path))}",
        )
    if folder.st_mode & 0o022 and not folder.st_mode & stat.S_ISVTX:
        raise StoreUnusable(
            f"Others may put another file in the place of the store {path}.",
            f"Run: chmod go-w {shlex.quote(str(path.resolve().parent))}",
        )
    if not os.access(path, os.W_OK) or not os.access(path.resolve().parent, os.W_OK):
        raise StoreUnusable(
            f"The store {path} cannot be written.", "Run as its owner, or name another place with --store."
        )


def unreachable(where: Address, error: Exception) -> StoreUnusable:
    return StoreUnusable(
        f"The store {where} cannot be opened: {first_line(error)}.", "Mend it, or name another with --store."
    )
