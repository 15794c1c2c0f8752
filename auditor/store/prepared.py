"""Statements that a run asks again and again: SQLAlchemy makes the text of each once, and SQLite is handed it directly.

To send a statement through SQLAlchemy takes several times as long as SQLite takes for it. A server takes longer than
both, and gets many rows in one statement: there it is SQLAlchemy that asks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Insert, Select
    from sqlalchemy.engine.interfaces import DBAPICursor

Values = Sequence[int | str | bytes | None]  # as they are kept: nothing is converted on the way


class Prepared:
    """`names`: of the values that the statement takes, in the order in which they are given."""

    def __init__(self, statement: Select[Any] | Insert, *names: str) -> None:
        self._statement = statement
        self._names = names
        self._text = ""  # for SQLite

    def rows(self, connection: Connection, values: Values) -> Sequence[Sequence[Any]]:
        """All that it answers."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, self._named(values)).all()
        text, cursor = self._for_sqlite(connection), _cursor(connection)
        try:
            cursor.execute(text, values)
            return cursor.fetchall()
        except sqlite3.Error as error:
            raise DBAPIError(text, None, error) from error

    def value(self, connection: Connection, *values: int | str | bytes | None) -> Any:
        """The first value of the first row; None where there is none."""
        rows = self.rows(connection, values)
        return rows[0][0] if rows else None

    def each(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Once for each of these."""
        if connection.dialect.name != "sqlite":
            connection.execute(self._statement, [self._named(values) for values in rows])
            return
        text, cursor = self._for_sqlite(connection), _cursor(connection)
        try:
            cursor.executemany(text, rows)
        except sqlite3.Error as error:
            raise DBAPIError(text, None, error) from error

    def _named(self, values: Values) -> dict[str, int | str | bytes | None]:
        return dict(zip(self._names, values, strict=True))

    def _for_sqlite(self, connection: Connection) -> str:
        if not self._text:
            made = self._statement.compile(dialect=connection.dialect, column_keys=self._names)
            if tuple(made.positiontup or ()) != self._names:
                raise ValueError(f"this statement takes {made.positiontup}, not {self._names}: {made}")
            self._text = str(made)
        return self._text


def told(connection: Connection, text: str) -> None:
    """Tell SQLite something that it does not answer."""
    try:
        connection.connection.cursor().execute(text)
    except sqlite3.Error as error:
        raise DBAPIError(text, None, error) from error


def _cursor(connection: Connection) -> DBAPICursor:
    """SQLAlchemy begins a transaction where it is asked first. So do we."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.cursor()
