"""The same tests with a file and with a real PostgreSQL server, which runs once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.store import Address, opened
from auditor.store.kept import Store
from auditor.store.tables import metadata
from tests.rig.postgres import Postgres, start_postgres

TEMPLATE = "a_store"  # has the tables already, so that they are made once, and is emptied before each test
ALONE = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{name}'"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with start_postgres() as server:
        server.say(f"create database {TEMPLATE}")
        with opened(Address(url=server.url(TEMPLATE)), create=True):
            pass
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.root)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """The address of an empty store."""
    if request.param == "sqlite":
        where = Address(file=tmp_path / "store.db")
        with opened(where, create=True):
            return where
    server: Postgres = request.getfixturevalue("postgres")
    server.say(ALONE.format(name=TEMPLATE))
    server.say(f"truncate {', '.join(metadata.tables)} restart identity", TEMPLATE)
    return Address(url=server.url(TEMPLATE))


@pytest.fixture
def store(where: Address) -> Iterator[Store]:
    with opened(where) as store:
        yield store


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    with opened(Address(file=tmp_path / "store.db"), create=True) as store:
        yield store
