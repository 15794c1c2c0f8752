"""One at a time: the lock names who is in, and goes with its holder, however that ends."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.store import Address, StoreUnusable, opened
from auditor.store.kept import Store
from auditor.store.lock import holder
from tests.store.town import begun, take

HOLD = """
import sys, time
from pathlib import Path
from auditor.clock import utc_now
from auditor.store import Address, opened
from auditor.store.lock import holder
where = Address(url=sys.argv[1]) if "://" in sys.argv[1] else Address(file=Path(sys.argv[1]))
with opened(where) as store, store.locked(holder(utc_now())):
    print("in", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def other_holder(where: Address) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input is closed."""
    words = [sys.executable, "-c", HOLD, where.url or str(where.file)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "in\n"
            yield process
        finally:
            process.kill()


def test_the_holder_is_named_and_a_killed_one_lets_go(store: Store) -> None:
    with other_holder(store.where) as process:
        with pytest.raises(UsageError, match=f"Another run holds the store: process {process.pid} on ") as error:
            take(store, "me")
        assert error.value.exit_code == 2
        assert f"since {datetime.now(UTC):%Y-%m}" in str(error.value)
        process.send_signal(signal.SIGKILL)
        process.wait()
        take(store, "me")


def test_who_ends_well_lets_go(store: Store) -> None:
    with other_holder(store.where) as process:
        process.communicate()
        with store.locked("me"), opened(store.where) as other, pytest.raises(UsageError, match="store: me"):
            take(other, "you")
    take(store, "again")


def test_who_ends_badly_lets_go(store: Store) -> None:
    with pytest.raises(ValueError, match="ill"), store.locked("me"):
        raise ValueError("ill")
    take(store, "me")


def test_others_may_read_and_write_meanwhile(store: Store) -> None:
    with other_holder(store.where):
        begun(store)  # the lock is a matter of those who ask for it


def test_a_holder_is_described_in_few_words() -> None:
    said = holder(datetime(2026, 11, 1, 2, 3, 4, tzinfo=UTC))
    assert said.startswith(f"process {os.getpid()} on ")
    assert said.endswith(", since 2026-11-01 02:03:04 UTC")


def test_the_lock_is_a_file_for_its_owner_alone(file_store: Store, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with file_store.locked("process 1\n"):
            assert stat.S_IMODE((tmp_path / "store.db.lock").stat().st_mode) == 0o600
            assert (tmp_path / "store.db.lock").read_text() == "process 1\n\n"
    finally:
        os.umask(old)
    assert (tmp_path / "store.db.lock").read_text() == ""


def test_what_a_killed_holder_left_is_overwritten(file_store: Store, tmp_path: Path) -> None:
    (tmp_path / "store.db.lock").write_text("process 99999 on a host of a very long name\n")
    with file_store.locked("me"):
        assert (tmp_path / "store.db.lock").read_text() == "me\n"


@pytest.mark.parametrize("how", ["folder", "link", "junk"])
def test_a_lock_that_cannot_be_had_is_told(file_store: Store, tmp_path: Path, how: str) -> None:
    path = tmp_path / "store.db.lock"
    if how == "folder":
        path.mkdir()
    elif how == "link":
        path.symlink_to(tmp_path / "victim")
    else:
        path.write_bytes(b"\xff\xfe" * 4000)
    if how == "junk":
        take(file_store, "me")
        return
    with pytest.raises(StoreUnusable, match="cannot be locked"):
        take(file_store, "me")
    assert not (tmp_path / "victim").exists()
