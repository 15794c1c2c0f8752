"""A store is opened by its owner alone, in a version that is known, or refused in one sentence."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from auditor.errors import UsageError
from auditor.store import Address, StoreBroken, StoreUnusable, opened, runs, versions
from auditor.store.kept import Store
from tests.store.town import begun, opening, take


def refused(path: Path, *, create: bool = True) -> str:
    with pytest.raises(StoreUnusable) as error, opened(Address(file=path), create=create):
        pass
    assert "\n" not in str(error.value)
    return str(error.value)


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "auditor" / "store.db"
    old = os.umask(0)
    try:
        with opened(Address(file=path), create=True) as store:
            begun(store)
            modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert set(modes) == {"store.db", "store.db-wal", "store.db-shm"}
    assert set(modes.values()) == {0o600}


def test_it_is_not_made_by_those_who_only_read(tmp_path: Path) -> None:
    assert "There is no store at" in refused(tmp_path / "none.db", create=False)
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "empty.db").touch(0o600)
    assert "is empty. Make a first run" in refused(tmp_path / "empty.db", create=False)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "store.db"
    with opened(Address(file=path), create=True):
        pass
    path.chmod(mode)
    assert "chmod 600" in refused(path)
    path.chmod(0o600)
    with opened(Address(file=path)):
        pass


def test_a_folder_in_which_others_may_put_files_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    assert "chmod go-w" in refused(folder / "store.db")
    folder.chmod(0o1777)  # as /tmp: nobody removes what is somebody else's
    with opened(Address(file=folder / "store.db"), create=True):
        pass


def make_folder(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def make_text(path: Path) -> None:
    path.write_text("city: Elm\n" * 1000)
    path.chmod(0o600)


def make_cut(path: Path) -> None:
    with opened(Address(file=path), create=True):
        pass
    os.truncate(path, 5000)


def make_other(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("create table recipes (name text)")
    path.chmod(0o600)


def make_other_of_alembic(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("create table alembic_version (version_num text)")
        other.execute("insert into alembic_version values ('0001')")
        other.execute("create table recipes (name text)")
    path.chmod(0o600)


def make_nameless(path: Path) -> None:
    with opened(Address(file=path), create=True):
        pass
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("delete from alembic_version")


def make_newer(path: Path) -> None:
    with opened(Address(file=path), create=True):
        pass
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("update alembic_version set version_num = '9999'")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (make_folder, "cannot be used: Is a directory"),
        (make_pipe, "is not a file"),
        (make_text, "cannot be opened: file is not a database"),
        (make_cut, "cannot be opened"),
        (make_other, "tables of something else"),
        (make_other_of_alembic, "tables of something else"),
        (make_nameless, "no version"),
        (make_newer, "written by a newer program (version 9999"),
    ],
)
def test_what_is_no_store_of_ours_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "store.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    assert said in refused(path)
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parametrize("name", ["a?b.db", "a#b.db", "a b%20c.db", "tûr.db", ":memory:", "file:x.db"])
def test_a_file_of_an_odd_name_is_that_file(tmp_path: Path, name: str) -> None:
    with opened(Address(file=tmp_path / name), create=True) as store:
        run = begun(store)
    with opened(Address(file=tmp_path / name)) as store, store.reading() as connection:
        assert runs.open_run(connection) == run
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_relative_name_stays_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir(0o700)
    monkeypatch.chdir(tmp_path / "here")
    with opened(Address(file=Path(":memory:")), create=True) as store:
        begun(store)
    assert (tmp_path / "here" / ":memory:").stat().st_size > 0


def test_a_symbolic_link_leads_to_the_store_and_to_its_lock(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(0o700)
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "store.db")
    with opened(Address(file=tmp_path / "link.db"), create=True) as store, store.locked("me"):
        begun(store)
        real = Address(file=tmp_path / "real" / "store.db")
        with opened(real) as other, pytest.raises(UsageError, match="Another run holds the store: me"):
            take(other, "you")
    assert {path.name for path in tmp_path.iterdir()} == {"real", "link.db"}


AS_NOBODY = """
import os, sys
from pathlib import Path
from auditor.errors import UsageError
from auditor.store import Address, opened
folder = Path(sys.argv[1])
with opened(Address(file=folder / "store.db"), create=True): pass  # what is imported must be so before the fall
for path in (folder, *folder.iterdir()): os.chown(path, 65534, 65534)
(folder / sys.argv[2]).chmod(int(sys.argv[3], 8))
os.setgroups([]), os.setgid(65534), os.setuid(65534)
for create in (False, True):
    try:
        with opened(Address(file=folder / sys.argv[4]), create=create): print("open")
    except UsageError as error: print(error)
"""


@pytest.mark.root
@pytest.mark.parametrize(
    ("changed", "mode", "name", "said"),
    [
        ("store.db", "400", "store.db", "cannot be"),
        (".", "500", "store.db", "cannot be written"),
        (".", "500", "none.db", "no store at|cannot be used: Permission denied"),
        (".", "000", "store.db", "cannot be used: Permission denied"),
        ("store.db", "600", "store.db", "open"),
    ],
)
def test_what_is_not_ours_to_write_is_refused(changed: str, mode: str, name: str, said: str) -> None:
    """By a program that is not root: root may write everything."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", AS_NOBODY, folder, changed, mode, name]
        found = subprocess.run(words, check=False, capture_output=True, text=True, cwd="/")
        assert found.stderr == ""
        lines = found.stdout.splitlines()
        assert len(lines) == 2
        assert all(re.search(said, line) for line in lines), lines


@pytest.mark.parametrize("how", ["removed", "replaced", "moved"])
def test_a_store_that_vanishes_takes_nothing_more(file_store: Store, how: str, tmp_path: Path) -> None:
    begun(file_store)
    path = tmp_path / "store.db"
    if how == "removed":
        path.unlink()
    elif how == "replaced":
        shutil.copy(path, tmp_path / "copy.db")
        (tmp_path / "copy.db").replace(path)
    else:
        path.rename(tmp_path / "elsewhere.db")
    with pytest.raises(StoreBroken, match="has vanished, or another file took its place") as error:
        begun(file_store, 1)
    assert error.value.exit_code == 4


def test_a_store_that_vanishes_with_its_folder_takes_nothing_more(tmp_path: Path) -> None:
    with opened(Address(file=tmp_path / "state" / "store.db"), create=True) as store:
        shutil.rmtree(tmp_path / "state")
        with pytest.raises(StoreBroken):
            begun(store)


def test_an_error_undoes_its_transaction_and_the_next_one_works(store: Store) -> None:
    first = begun(store)

    def begin_two() -> None:
        with store.writing() as connection:
            runs.begin(connection, opening(1))
            runs.begin(connection, opening(0))  # its id is taken

    with pytest.raises(StoreBroken, match="failed") as error:
        begin_two()
    assert "insert" not in str(error.value).lower()
    with store.reading() as connection:
        assert runs.open_run(connection) == first
    assert begun(store, 1).id == opening(1).id


def test_an_error_of_something_else_passes_and_undoes_too(store: Store) -> None:
    def begin_and_fail() -> None:
        with store.writing() as connection:
            runs.begin(connection, opening())
            raise OSError("of the report")

    with pytest.raises(OSError, match="of the report"):
        begin_and_fail()
    with store.reading() as connection:
        assert runs.open_run(connection) is None


def test_reading_sees_one_state_of_things(store: Store) -> None:
    begun(store)
    with store.reading() as connection:
        before = connection.execute(text("select count(*) from run")).scalar()
        begun(store, 1)
        assert connection.execute(text("select count(*) from run")).scalar() == before == 1
    with store.reading() as connection:
        assert connection.execute(text("select count(*) from run")).scalar() == 2


def test_reading_does_not_wait_for_a_writer(store: Store) -> None:
    with store.writing() as writing:
        runs.begin(writing, opening())
        with opened(store.where) as other, other.reading() as connection:
            assert runs.open_run(connection) is None
    with store.reading() as connection:
        assert runs.open_run(connection) is not None


def test_two_first_runs_make_one_store(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from auditor.store import Address, opened\n"
        "with opened(Address(file=Path(sys.argv[1])), create=True) as store: pass\n"
    )
    words = [sys.executable, "-c", program, str(tmp_path / "store.db")]
    some = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [(one.communicate()[1], one.returncode) for one in some] == [("", 0)] * 4


def test_making_a_store_is_done_or_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables are there, and the version is not yet."""

    def broken(*_: object, **__: object) -> None:
        raise StoreBroken("killed in the middle")

    path = tmp_path / "store.db"
    with monkeypatch.context() as patch:
        patch.setattr(versions.VERSION, "create", broken)
        with pytest.raises(StoreBroken, match="killed"), opened(Address(file=path), create=True):
            pass
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select count(*) from sqlite_master").fetchone() == (0,)
    with opened(Address(file=path), create=True) as store:
        begun(store)
