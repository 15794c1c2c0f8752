"""The tables are what the migrations make; an older store becomes one of today; a newer one is left alone."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from auditor.store import Address, StoreBroken, StoreUnusable, opened, runs, versions
from auditor.store import lock as locks
from auditor.store import migrating as migrating_module
from auditor.store.kept import Store
from auditor.store.migrating import Migrated, migrate
from auditor.store.opening import engine_of
from auditor.store.tables import HEAD, metadata
from tests.cli.front_door import FrontDoor
from tests.rig.postgres import Postgres
from tests.store.town import START, begun

REAL = Path(versions.__file__).parent / "migrations"
NEXT = '''
"""A version that is yet to come: a column more, a table made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("asset") as table:
        table.add_column(sa.Column("nickname", sa.Text))
        table.alter_column("id", type_=sa.String(400), existing_type=sa.Text, existing_nullable=False)
    op.execute("update asset set nickname = 'of ' || id")
    {more}
'''


def test_head_is_the_newest_migration() -> None:
    assert versions.known_versions()[-1] == HEAD
    assert list(versions.known_versions()) == sorted(versions.known_versions())


def test_a_new_store_is_what_the_migrations_make(tmp_path: Path) -> None:
    """Statement by statement: a new store is made from the tables, an old one by the migrations."""
    made, migrated = Address(file=tmp_path / "made.db"), Address(file=tmp_path / "migrated.db")
    with opened(made, create=True):
        pass
    with engine_of(migrated, create=True) as engine, engine.begin() as connection:
        versions.migrate(connection)
    assert statements_of(made) == statements_of(migrated)


def statements_of(where: Address) -> list[tuple[str, str]]:
    """The names of tables and indices, and how each was made; a name that a database gives by itself is left out."""
    assert where.file
    with closing(sqlite3.connect(where.file)) as connection:
        rows = connection.execute("select name, sql from sqlite_master where sql is not null order by name").fetchall()
    return [(name, " ".join(re.sub(r"CONSTRAINT \w+ ", "", sql).split())) for name, sql in rows]


def test_the_tables_are_what_the_migrations_make(where: Address) -> None:
    with engine_of(where, create=True) as engine, engine.begin() as connection:
        versions.migrate(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_a_table_without_rows_of_its_own_is_packed_by_its_key(file_store: Store) -> None:
    """Of what there are millions; the comparison above does not see it."""
    with file_store.reading() as connection:
        made = dict(map(tuple, connection.execute(text("select name, sql from sqlite_master where type = 'table'"))))
    packed = {name for name, sql in made.items() if "WITHOUT ROWID" in sql.upper()}
    told = {table.name for table in metadata.sorted_tables if not table.dialect_options["sqlite"]["with_rowid"]}
    assert packed == told == {"look", "change", "letter", "carried"}


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From now on the program knows one more version: the folder of its scripts."""
    return next_version(tmp_path, monkeypatch, "pass")


def next_version(folder: Path, monkeypatch: pytest.MonkeyPatch, more: str) -> Path:
    scripts = folder / "scripts"
    shutil.copytree(REAL, scripts, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    (scripts / "versions" / "v0002_next.py").write_text(NEXT.format(more=more))
    monkeypatch.setattr(versions, "SCRIPTS", str(scripts))
    for module in (versions, migrating_module):
        monkeypatch.setattr(module, "HEAD", "0002")
    return scripts


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.root)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """A store of its own, whose tables may be changed."""
    if request.param == "sqlite":
        return Address(file=tmp_path / "store.db")
    server: Postgres = request.getfixturevalue("postgres")
    return Address(url=server.url(server.make()))


@pytest.fixture
def old(where: Address) -> Address:
    """A store of today, with something in it; asked for before the program grows newer."""
    with opened(where, create=True) as store:
        begun(store)
        with store.writing() as connection:
            connection.execute(text("insert into asset (no, id) values (7, 'site/a')"))
            connection.execute(text("insert into memory (asset, body) values (7, '{}')"))
    return where


def test_an_older_store_is_told_to_migrate_and_does(old: Address, newer: Path, tmp_path: Path) -> None:
    for create in (False, True):
        with (
            pytest.raises(StoreUnusable, match=r"older program\. Run `auditor store migrate`"),
            opened(old, create=create),
        ):
            pass
    said: list[str] = []
    done = migrate(old, START, said.append)
    assert done.before == "0001"
    with opened(old) as store, store.reading() as connection:
        assert connection.execute(text("select nickname from asset")).scalars().all() == ["of site/a"]
        assert runs.open_run(connection) is not None
        assert connection.execute(text("select version_num from alembic_version")).scalar() == "0002"
    assert migrate(old, START, said.append) == Migrated("0002", "0002")
    if old.file:
        assert done.copy == tmp_path / "store-0001-20261101T013000Z.db"
        assert said == [f"Copying the store to {done.copy}."]
        assert done.copy.stat().st_mode & 0o777 == 0o600
        with closing(sqlite3.connect(done.copy)) as copy:
            assert copy.execute("select version_num from alembic_version").fetchone() == ("0001",)
            assert copy.execute("select id from asset").fetchall() == [("site/a",)]
    else:
        assert done.copy is None
        assert said == []


@pytest.mark.parametrize("more", ["raise RuntimeError('ill')", "op.execute('select nothing from nowhere')"])
def test_a_migration_that_breaks_leaves_the_store_as_it_was(
    old: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    with monkeypatch.context() as patch:
        next_version(tmp_path, patch, more)
        with pytest.raises((StoreBroken, RuntimeError)):
            migrate(old, START, lambda _: None)
    with opened(old) as store, store.reading() as connection:
        assert runs.open_run(connection) is not None
        assert connection.execute(text("select * from asset")).all() == [(7, "site/a")]


def test_a_reference_that_leads_nowhere_undoes_the_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_store: Store
) -> None:
    with file_store.writing() as connection:
        connection.execute(text("insert into asset (no, id) values (7, 'site/a')"))
        connection.execute(text("insert into memory (asset, body) values (7, '{}')"))
    with monkeypatch.context() as patch:
        next_version(tmp_path, patch, 'op.execute("delete from asset")')
        with pytest.raises(StoreBroken, match=r"A reference of the store leads nowhere\. It is as it was"):
            migrate(file_store.where, START, lambda _: None)
    with file_store.reading() as connection:
        assert connection.execute(text("select id from asset")).scalars().all() == ["site/a"]


def test_a_store_that_a_run_holds_is_not_migrated(old: Address, newer: Path) -> None:
    from auditor.errors import UsageError
    from auditor.store.opening import engine_of

    held = pytest.raises(UsageError, match="Another run holds the store: a run")
    with engine_of(old) as engine, locks.held(old, engine, "a run"), held:
        migrate(old, START, print)


def test_the_command_says_what_it_did(old: Address, newer: Path, auditor: FrontDoor) -> None:
    said = old.url or str(old.file)
    assert auditor("store", "runs", "--store", said).code == 2
    left = auditor("store", "migrate", "--store", said)
    assert (left.code, left.out) == (0, "")
    assert "is of version 0002 now; it was 0001" in left.err
    left = auditor("store", "migrate", "--store", said)
    assert left.code == 0
    assert "already" in left.err


def test_a_newer_store_is_refused_by_every_command(old: Address, auditor: FrontDoor, tmp_path: Path) -> None:
    with opened(old) as store, store.writing() as connection:
        connection.execute(text("update alembic_version set version_num = '0099'"))
    said = old.url or str(old.file)
    (tmp_path / "inventory.yaml").write_text("schema: inventory/v1\n")
    for words in (
        ("run", str(tmp_path / "inventory.yaml")),
        ("judge",),
        ("diff",),
        ("report", "table"),
        ("store", "runs"),
        ("store", "migrate"),
        ("store", "check"),
        ("store", "prune", "--keep-days", "1", "--yes"),
    ):
        left = auditor(*words, "--store", said)
        assert left.code == 2, words
        assert len(left.err.splitlines()) == 1
        assert "written by a newer program (version 0099; this one knows 0001)" in left.err


def test_what_is_no_store_is_not_migrated(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="There is no store"):
        migrate(Address(file=tmp_path / "none.db"), START, lambda _: None)
    (tmp_path / "empty.db").touch(0o600)
    with pytest.raises(StoreUnusable, match="is empty"):
        migrate(Address(file=tmp_path / "empty.db"), START, lambda _: None)
    (tmp_path / "text.db").write_text("no database" * 100)
    (tmp_path / "text.db").chmod(0o600)
    with pytest.raises(StoreUnusable, match="not a database"):
        migrate(Address(file=tmp_path / "text.db"), START, lambda _: None)
