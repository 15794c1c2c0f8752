"""An open store: one connection, short transactions, and an error that says which store failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from auditor.store import lock, versions
from auditor.store.address import Address
from auditor.store.errors import KEPT, StoreBroken, broken, said_plainly
from auditor.store.opening import BEGIN, engine_of, unreachable

WRITES = {BEGIN: "BEGIN IMMEDIATE"}  # wait for another writer now, not in the middle; a server needs no telling


@contextmanager
def open_store(where: Address, *, create: bool) -> Iterator[Store]:
    """See `auditor.store.opened`."""
    with engine_of(where, create=create) as engine:
        try:
            _prepare(engine, where, create=create)
        except (SQLAlchemyError, OSError) as error:
            raise unreachable(where, error) from error
        yield Store(where, engine)


def _prepare(engine: Engine, where: Address, *, create: bool) -> None:
    """Raises StoreUnusable for what is not a store of our version."""
    with engine.connect() as connection:
        is_empty = versions.version_of(connection) is None
        if not (create and is_empty):
            versions.require_current(connection, str(where))
    if create and is_empty:
        with engine.connect().execution_options(**WRITES) as connection, connection.begin():
            versions.make(connection)
    if where.file:
        with engine.connect().execution_options(**{BEGIN: ""}) as connection:
            # A killed process loses nothing that was committed, and readers do not wait. Only now, as it changes the
            # file: it is known to be a store.
            connection.exec_driver_sql("PRAGMA journal_mode=WAL").close()


class Store:
    """Hand its connections to the functions of this package: `runs`, `looks`, `pages`, `changes`."""

    def __init__(self, where: Address, engine: Engine) -> None:
        self.where = where
        self._engine = engine
        self._writer = engine.execution_options(**WRITES)
        self._identity = self._file()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it is kept, or nothing. Raises StoreBroken."""
        with said_plainly(str(self.where)), self._connected(self._writer) as connection, connection.begin():
            yield connection
            self._require_same_file()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One state of things, whatever others write meanwhile. Raises StoreBroken."""
        with said_plainly(str(self.where)), self._connected(self._engine) as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """Without a transaction: for what the database allows in none. Raises StoreBroken."""
        with said_plainly(str(self.where)), self._connected(self._engine) as connection:
            is_file = self.where.file is not None
            yield connection.execution_options(**({BEGIN: ""} if is_file else {"isolation_level": "AUTOCOMMIT"}))

    @contextmanager
    def locked(self, holder: str) -> Iterator[None]:
        """Keep other runs out. Raises UsageError that names who is in."""
        with said_plainly(str(self.where)), lock.held(self.where, self._engine, holder):
            yield

    def _connected(self, engine: Engine) -> AbstractContextManager[Connection]:
        try:
            return engine.connect()
        except OSError as error:  # a server's broken handshake; pg8000 hands it on as it is
            raise broken(str(self.where), error) from error

    def _require_same_file(self) -> None:
        """A file that was removed or replaced under our hands would take everything and keep nothing."""
        if self._file() != self._identity:
            raise StoreBroken(f"The store {self.where} has vanished, or another file took its place.", KEPT)

    def _file(self) -> tuple[int, int] | None:
        if self.where.file is None:
            return None
        try:
            found = self.where.file.stat()
        except OSError:
            return (0, 0)
        return (found.st_dev, found.st_ino)
