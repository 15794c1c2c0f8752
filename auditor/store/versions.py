"""Which version a store has, and how it gets to ours. Alembic is loaded only for what an older program wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, text

from auditor.store.errors import StoreUnusable
from auditor.store.tables import HEAD, metadata

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = "auditor.store:migrations"
OURS = {"run", "look"}  # tables that every version of a store has had
# As Alembic makes it, whose it is.
VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
MAKING = 0x6D616B696E67  # "making": the number of PostgreSQL's lock on the making of a store


def version_of(connection: Connection) -> str | None:
    """The version that stands in the store; None: it is empty. Raises StoreUnusable for another program's database."""
    names = set(inspect(connection).get_table_names())
    if not names:
        return None
    if "alembic_version" not in names or not names >= OURS:
        raise StoreUnusable(
            "That database holds tables of something else.", "Name another store with --store, or an empty database."
        )
    found = connection.execute(text("select version_num from alembic_version")).scalar()
    if found is None:
        raise StoreUnusable("That store says no version of itself.", "Restore a backup.")
    return str(found)


def require_current(connection: Connection, where: str) -> None:
    """Raises StoreUnusable for a store that another version of the program wrote."""
    if require_known(connection, where) != HEAD:
        raise StoreUnusable(
            f"The store {where} was written by an older program.", "Run `auditor store migrate`; it makes a copy first."
        )


def require_known(connection: Connection, where: str) -> str:
    """The version of a store that is ours or can become ours. Raises StoreUnusable for any other."""
    found = version_of(connection)
    if found is None:
        raise StoreUnusable(f"The store {where} is empty.", "Make a first run: `auditor run`.")
    if found != HEAD and found not in known_versions():
        raise StoreUnusable(
            f"The store {where} was written by a newer program (version {found}; this one knows {HEAD}).",
            "Use that program, or name another store with --store.",
        )
    return found


def known_versions() -> tuple[str, ...]:
    """Every version that this program can migrate from or to, oldest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - heavy

    script = ScriptDirectory.from_config(_config(None))
    return tuple(reversed([step.revision for step in script.walk_revisions()]))


def make(connection: Connection) -> None:
    """Make the tables of a store that was empty, unless somebody else was quicker."""
    if connection.dialect.name == "postgresql":
        # Otherwise all that follows would be as it was before the wait.
        connection.execute(text("set transaction isolation level read committed"))
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MAKING})
    if version_of(connection) is None:
        metadata.create_all(connection)
        VERSION.create(connection)
        connection.execute(VERSION.insert(), {"version_num": HEAD})


def migrate(connection: Connection) -> None:
    """Bring a store to our version, in the connection's transaction."""
    from alembic import command  # noqa: PLC0415 - heavy

    command.upgrade(_config(connection), "head")


def _config(connection: Connection | None) -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["connection"] = connection
    return config
