"""A copy is the whole store at one moment, or there is none; and it is judged to the same bytes."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from auditor.errors import AuditorError, InternalError
from auditor.store import Address, StoreUnusable, copying, opened, tables
from auditor.store.copying import copy_file, copy_rows
from auditor.store.kept import Store
from auditor.store.soundness import faults
from tests.cli.front_door import FrontDoor
from tests.store.town import BAD, DARK, GOOD, PARTS, START, begun, ended, night

SEEN = {"site/a": GOOD, "site/b": BAD, "site/c": DARK}


def copied(where: Address, target: Path) -> None:
    """As `auditor store backup` does."""
    if where.file:
        copy_file(where.file, target)
        return
    with opened(where) as store:
        copy_rows(store, target)


def everything(where: Address) -> dict[str, list[tuple[object, ...]]]:
    with opened(where) as store, store.reading() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in tables.metadata.sorted_tables
        }


def test_all_is_copied_for_its_owner_alone(where: Address, tmp_path: Path) -> None:
    with opened(where) as store:
        night(store, SEEN)
        night(store, {**SEEN, "site/a": BAD}, 1)
        begun(store, 1)
    target = tmp_path / "backups" / "copy.db"
    target.parent.mkdir(0o700)
    old = os.umask(0)
    try:
        copied(where, target)
    finally:
        os.umask(old)
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert everything(Address(file=target)) == everything(where)


def test_a_copy_is_judged_to_the_same_bytes(where: Address, tmp_path: Path, auditor: FrontDoor) -> None:
    with opened(where) as store:
        runs = [night(store, seen, day).id for day, seen in enumerate((SEEN, {**SEEN, "site/b": DARK}))]
    said = where.url or str(where.file)
    left = auditor("store", "backup", "--store", said, "--out", str(tmp_path / "copy.db"))
    assert (left.code, left.out) == (0, "")
    for run in runs:
        one = auditor("judge", run, "--json", "--store", said)
        other = auditor("judge", run, "--json", "--store", str(tmp_path / "copy.db"))
        assert (one.code, one.out) == (other.code, other.out)
        assert one.code == 0
        assert "The same bytes as run" in other.err
    assert auditor("store", "check", "--judge", "--store", str(tmp_path / "copy.db")).code == 0


def test_a_run_goes_on_in_a_copy_that_was_restored(where: Address, tmp_path: Path) -> None:
    with opened(where) as store:
        night(store, SEEN)
    copied(where, tmp_path / "copy.db")
    with opened(Address(file=tmp_path / "copy.db")) as store:
        night(store, {**SEEN, "site/a": BAD}, 1)
        with store.reading() as connection:
            assert not list(faults(connection, PARTS.facts_types))


@pytest.mark.parametrize("what", ["file", "empty", "folder", "link", "dangling"])
def test_what_is_there_is_never_overwritten(where: Address, tmp_path: Path, what: str) -> None:
    target, precious = tmp_path / "copy.db", tmp_path / "precious"
    precious.write_text("precious")
    if what == "folder":
        target.mkdir()
    elif what == "link":
        target.symlink_to(precious)
    elif what == "dangling":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.write_text("precious" if what == "file" else "")
    before = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(StoreUnusable, match="There is something at"):
        copied(where, target)
    assert {path.name for path in tmp_path.iterdir()} == before
    assert precious.read_text() == "precious"
    assert what != "file" or target.read_text() == "precious"


def test_who_comes_between_is_not_overwritten(where: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "copy.db"
    real = copying._synced

    def slowly(path: Path) -> None:
        real(path)
        if path != target.parent:
            target.write_text("precious")

    monkeypatch.setattr(copying, "_synced", slowly)
    with pytest.raises(AuditorError, match="There is something at"):
        copied(where, target)
    assert target.read_text() == "precious"
    assert not list(tmp_path.glob("*.part*"))


def test_a_file_system_without_second_names_will_do(
    where: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    copied(where, tmp_path / "copy.db")
    assert everything(Address(file=tmp_path / "copy.db")) == everything(where)
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize("folder", ["none", "file"])
def test_where_nothing_can_be_written_it_is_told(where: Address, tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusable, match=r"cannot be made: (No such file|Not a directory)"):
        copied(where, tmp_path / folder / "copy.db")


def test_a_copy_that_breaks_off_leaves_nothing(where: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(copying, "_synced", broken)
    with pytest.raises(InternalError, match="could not be made: Input/output error"):
        copied(where, tmp_path / "copy.db")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("copy")]


def test_what_a_killed_copy_left_does_not_matter(where: Address, tmp_path: Path) -> None:
    (tmp_path / "copy.db.part").write_text("half")
    copied(where, tmp_path / "copy.db")
    assert everything(Address(file=tmp_path / "copy.db")) == everything(where)


def test_no_store_no_copy(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="There is no store"):
        copy_file(tmp_path / "none.db", tmp_path / "copy.db")
    assert not list(tmp_path.iterdir())


@contextmanager
def writing_on(where: Address) -> Iterator[None]:
    """Another connection that ends one run after the other, each in two transactions."""
    stop = threading.Event()
    failed: list[AuditorError] = []

    def write() -> None:
        try:
            with opened(where) as store:
                for number in range(10_000):
                    if stop.is_set():
                        return
                    ended(store, number, START)
        except AuditorError as error:
            failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert not failed


def test_while_a_run_writes_it_is_one_moment(where: Address, tmp_path: Path) -> None:
    with writing_on(where):
        for number in range(6):
            copied(where, tmp_path / f"copy-{number}.db")
    counts = []
    for number in range(6):
        with opened(Address(file=tmp_path / f"copy-{number}.db")) as store, store.reading() as connection:
            rows = connection.execute(select(tables.run.c.state).order_by(tables.run.c.no)).scalars().all()
            assert set(rows[:-1]) <= {"finished"}
            counts.append(len(rows))
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_what_was_committed_and_is_not_yet_in_the_file_is_copied(file_store: Store, tmp_path: Path) -> None:
    """A killed process leaves its last transactions beside the file."""
    run = begun(file_store)
    (tmp_path / "killed").mkdir(0o700)
    for name in ("store.db", "store.db-wal"):
        shutil.copy(tmp_path / name, tmp_path / "killed" / name)
    copy_file(tmp_path / "killed" / "store.db", tmp_path / "copy.db")
    with opened(Address(file=tmp_path / "copy.db")) as store, store.reading() as connection:
        assert connection.execute(select(tables.run.c.id)).scalars().all() == [run.id]


def test_an_engine_is_closed(where: Address, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    closed: list[Engine] = []
    real = Engine.dispose
    monkeypatch.setattr(Engine, "dispose", lambda engine: (closed.append(engine), real(engine))[1])
    copied(where, tmp_path / "copy.db")
    assert len(closed) == (0 if where.file else 2)
