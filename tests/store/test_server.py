"""A store in PostgreSQL: how it is reached, what is refused in one sentence, and a server that goes away."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from auditor import nights
from auditor.errors import UsageError
from auditor.rig.authority import Authority
from auditor.rig.listener import Listener
from auditor.store import Address, StoreBroken, StoreUnusable, address, opened, runs
from auditor.store.server import tls_context
from tests.cli.front_door import FrontDoor
from tests.rig.postgres import Postgres, start_postgres
from tests.store.town import BAD, GOOD, PARTS, RULES, START, asked, begun, killed, looks, opening, take

PASSWORD = "s3cret-of-the-city"
HBA = """\
local all postgres trust
local all city scram-sha-256
host all city 127.0.0.1/32 scram-sha-256
hostssl all city ::1/128 scram-sha-256
"""
root = pytest.mark.root


@dataclass(frozen=True)
class Guarded:
    """A server that wants a password, also listens on loopback, and speaks TLS with a certificate for localhost."""

    server: Postgres
    roots: Path

    def url(self, query: str = "", host: str = "127.0.0.1", who: str = "city", database: str = "audit") -> str:
        return f"postgresql://{who}@{host}:{self.server.port}/{database}{query}"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGPASSWORD", "PGUSER", "AUDITOR_STORE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority.root()
    (folder / "roots.pem").write_bytes(authority.issued.pem)
    tls = authority.leaf("localhost").write(folder / "leaf.pem").read_bytes()
    with start_postgres("listen_addresses=127.0.0.1,::1", hba=HBA, tls=tls) as server:
        server.say(f"create role city login password '{PASSWORD}'")
        server.say("create database audit owner city")
        yield Guarded(server, folder / "roots.pem")


def reached(url: str) -> str:
    """By whom the database says that it was reached, and whether over TLS."""
    with opened(Address(url=url), create=True) as store, store.reading() as connection:
        query = "select concat(current_user, ' ', ssl) from pg_stat_ssl where pid = pg_backend_pid()"
        return str(connection.execute(text(query)).scalar())


def refused(url: str, *, create: bool = True) -> str:
    with pytest.raises(StoreUnusable) as error, opened(Address(url=url), create=create):
        pass
    assert error.value.exit_code == 2
    assert PASSWORD not in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


@root
def test_a_password_comes_from_the_environment(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert reached(guarded.url()).startswith("city ")
    assert reached(guarded.url(host="localhost")).startswith("city ")
    assert reached(guarded.url(f"?host={guarded.server.folder}")) == "city f"
    assert reached(guarded.url(f"?host={guarded.server.folder}/", host="")) == "city f"
    monkeypatch.delenv("PGPASSWORD")
    monkeypatch.setenv("AUDITOR_STORE", guarded.url(who=f"city:{PASSWORD}"))
    assert reached(address(None).url).startswith("city ")


@root
def test_a_password_may_hold_any_character(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded.server.say("create role odd login password 'a@b/c#d?e:f%g h'")
    guarded.server.say("grant all on database audit to odd; grant all on schema public to odd", "audit")
    (guarded.server.folder / "data" / "pg_hba.conf").write_text(HBA + "host all odd 127.0.0.1/32 scram-sha-256\n")
    guarded.server.say("select pg_reload_conf()")
    url = guarded.url(who="odd:a%40b%2Fc%23d%3Fe%3Af%25g%20h", database="postgres")
    monkeypatch.setenv("AUDITOR_STORE", url)
    assert "a@b" not in str(address(None))
    assert "a%40b" not in str(address(None))
    assert "Make a first run" in refused(address(None).url, create=False)


@root
def test_the_user_comes_from_the_environment_where_the_url_names_none(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    monkeypatch.setenv("PGUSER", "city")
    assert reached(f"postgresql://127.0.0.1:{guarded.server.port}/audit").startswith("city ")


@root
def test_a_wrong_password_and_none_are_told(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "password" in refused(guarded.url())
    monkeypatch.setenv("PGPASSWORD", PASSWORD + "x")
    for query in ("", *[f"?host={guarded.server.folder}"] * 10):  # pg8000 does not always hear it out
        said = refused(guarded.url(query))
        assert 'password authentication failed for user "city"' in said
        assert said.startswith("The store postgresql://city@127.0.0.1")
    monkeypatch.setenv("AUDITOR_STORE", guarded.url(who=f"city:{PASSWORD}y"))
    assert "authentication failed" in refused(address(None).url)


@root
@pytest.mark.parametrize("command", [("run", "inventory.yaml"), ("store", "runs"), ("judge",), ("diff",)])
def test_a_wrong_password_ends_a_command_with_2(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch, auditor: FrontDoor, command: tuple[str, ...], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inventory.yaml").write_text("schema: inventory/v1\n")
    monkeypatch.setenv("AUDITOR_STORE", guarded.url(who=f"city:{PASSWORD}x"))
    left = auditor(*command)
    assert left.code == 2
    assert left.out == ""
    assert "authentication failed" in left.err
    assert PASSWORD not in left.err
    left = auditor(*command, "--store", guarded.url(who=f"city:{PASSWORD}"))
    assert (left.code, PASSWORD in left.err) == (2, False)
    assert "$PGPASSWORD" in left.err


@root
def test_what_is_not_there_is_told(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert 'database "none" does not exist' in refused(guarded.url(database="none"))
    assert "cannot be opened" in refused(guarded.url("?host=/nowhere"))
    assert "no pg_hba.conf entry" in refused(guarded.url(who="nobody"))


def test_a_closed_port_and_no_server_are_told() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    assert "Can't create a connection" in refused(f"postgresql://city@127.0.0.1:{port}/audit")
    assert "cannot be opened" in refused(f"postgresql://city@no-such-host.invalid:{port}/audit?sslmode=disable")


def test_what_answers_and_is_no_database_is_told() -> None:
    """It takes the request for TLS and answers with something else."""
    for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"S\x15\x03\x01\x00\x02\x02\x28", b"N", b""):
        with Listener(partial(answer_with, answer)) as listener:
            said = refused(f"postgresql://city@127.0.0.1:{listener.port}/audit")
        assert "cannot be opened" in said


def answer_with(answer: bytes, connection: socket.socket, number: int) -> None:
    connection.recv(8)
    connection.sendall(answer)
    connection.shutdown(socket.SHUT_RDWR)


@root
def test_tls_is_verified_where_it_is_asked_for(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    ours = f"?sslrootcert={guarded.roots}"
    assert reached(guarded.url(ours, host="localhost")) == "city t"
    assert reached(guarded.url("?sslmode=disable")) == "city f"
    assert "certificate" in refused(guarded.url(ours))  # its certificate is for localhost, and not for an address
    assert "certificate" in refused(guarded.url("?sslmode=verify-full", host="localhost"))  # not a root of the system
    assert "sslmode=verify-full or disable" in refused(guarded.url("?sslmode=prefer"))
    assert "sslrootcert" in refused(guarded.url("?sslrootcert=/none.pem"))
    (tmp_path / "junk.pem").write_text("junk")
    assert "sslrootcert" in refused(guarded.url(f"?sslrootcert={tmp_path / 'junk.pem'}"))


@pytest.mark.parametrize("host", ["db.example", "192.0.2.1", "2001:db8::1", "localhost.example"])
def test_what_is_not_loopback_is_spoken_to_over_verified_tls(host: str) -> None:
    context = tls_context(host, {})
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert tls_context(host, {"sslmode": "disable"}) is False


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_loopback_may_be_spoken_to_without(host: str) -> None:
    assert tls_context(host, {}) is None


@pytest.mark.parametrize("url", ["postgresql://h:99999/d", "postgresql://h:x/d", "postgresql://h:-1/d"])
def test_a_port_that_is_none_is_told(url: str) -> None:
    assert "no usable port" in refused(url)


def test_without_a_user_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("USER", raising=False)
    assert "names no user" in refused("postgresql://h/d")


@root
def test_another_programs_database_is_refused_and_left_alone(postgres: Postgres) -> None:
    name = postgres.make()
    postgres.say("create table recipes (name text)", name)
    assert "tables of something else" in refused(postgres.url(name))
    assert (
        postgres.say("select string_agg(tablename, ' ') from pg_tables where schemaname = 'public'", name) == "recipes"
    )
    empty = postgres.make()
    assert "is empty" in refused(postgres.url(empty), create=False)
    assert postgres.say("select count(*) from pg_tables where schemaname = 'public'", empty) == "0"


@root
def test_two_first_runs_make_one_store(postgres: Postgres) -> None:
    program = (
        "import sys; from auditor.store import Address, opened\n"
        "with opened(Address(url=sys.argv[1]), create=True) as store: pass\n"
    )
    words = [sys.executable, "-c", program, postgres.url(postgres.make())]
    some = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(one.communicate()[1], one.returncode) for one in some] == [("", 0)] * 3


@root
def test_a_server_that_goes_away_is_told_and_what_was_kept_is_there_when_it_is_back(tmp_path: Path) -> None:
    """In the middle of the looks, of the notes, and while the lock is held."""
    with start_postgres() as server:
        where = Address(url=server.url(server.make()))
        with opened(where, create=True) as store, store.locked("me"):
            killed_run = killed(store, {"site/a": BAD, "site/b": GOOD})
            for pid in server.say(
                "select pid from pg_stat_activity where client_port = -1 and pid != pg_backend_pid()"
            ).split():
                server.say(f"select pg_terminate_backend({pid})")
            with pytest.raises(StoreBroken, match="failed") as error, store.writing() as connection:
                runs.begin(connection, opening(7))
            assert error.value.exit_code == 4
            assert "\n" not in str(error.value)
        with opened(where) as store:
            leftover = nights.settle_leftover(store, PARTS)
            assert leftover is not None
            assert leftover.id == killed_run.id
        with pytest.raises(StoreBroken):
            stop_in_the_middle(server, where)
        assert "cannot be opened" in refused(where.url)


def stop_in_the_middle(server: Postgres, where: Address) -> None:
    with opened(where) as store, store.locked("me"), nights.begin(store, asked(), RULES, PARTS, START) as keeping:
        for _ in keeping.looks(looks({"site/a": GOOD, "site/b": GOOD}, START)):
            server.stop()


@root
def test_the_lock_goes_with_the_connection(postgres: Postgres) -> None:
    where = Address(url=postgres.url(postgres.make()))
    with opened(where, create=True) as store, store.locked("process 1 on a host of a very long name indeed, it seems"):
        query = "select pid from pg_locks where locktype = 'advisory'"
        postgres.say(f"select pg_terminate_backend(({query}))")
        with opened(where) as other, other.locked("you"):
            begun(other)


def take_at(where: Address) -> None:
    with opened(where) as again:
        take(again, "me")


@root
def test_locks_of_two_stores_of_one_server_are_two(postgres: Postgres) -> None:
    one, other = (Address(url=postgres.url(postgres.make())) for _ in range(2))
    with (
        opened(one, create=True) as first,
        opened(other, create=True) as second,
        first.locked("one"),
        second.locked("other"),
        pytest.raises(UsageError, match="store: other"),
    ):
        take_at(other)
