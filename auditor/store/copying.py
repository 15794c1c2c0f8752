"""A copy of a whole store as a file: whole or not at all, over nothing that is there, for its owner's eyes alone."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import select

from auditor.errors import InternalError
from auditor.store.address import Address
from auditor.store.errors import StoreUnusable, said_plainly
from auditor.store.kept import Store, open_store
from auditor.store.opening import require_private
from auditor.store.tables import metadata

MANY = 500  # rows that are copied at once
NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}  # of a file system without second names (FAT)


def copy_file(source: Path, target: Path) -> None:
    """A store's file as it is at one moment, of whatever version; a run may go on writing meanwhile.

    Raises StoreUnusable, where nothing was copied: the target is there, or either cannot be used. InternalError: it
    failed on the way.
    """
    require_private(source, create=False)
    with _said(target), _whole(target) as part:
        uri = f"file:{quote(str(source.absolute()))}?mode=rw"  # a reader who may not write leaves its aids behind
        with closing(sqlite3.connect(uri, uri=True)) as original, closing(sqlite3.connect(part)) as copy:
            original.backup(copy)
            _one_file(copy)


def copy_rows(store: Store, target: Path) -> None:
    """All rows of an open store, as they are at one moment, into a file of the same version. Raises as `copy_file`."""
    with _said(target), _whole(target) as part, store.reading() as source:
        with open_store(Address(file=part), create=True) as copy, copy.writing() as goal:
            for table in metadata.sorted_tables:
                rows = source.execution_options(yield_per=MANY).execute(select(table)).mappings()
                for some in rows.partitions(MANY):
                    goal.execute(table.insert(), [dict(row) for row in some])
        with closing(sqlite3.connect(part)) as done:
            _one_file(done)


def _one_file(copy: sqlite3.Connection) -> None:
    """Nothing of a copy lies beside it; what keeps a run safe is prepared again when it is opened."""
    copy.execute("pragma journal_mode=delete").close()


@contextmanager
def _said(target: Path) -> Iterator[None]:
    try:
        with said_plainly(str(target)):
            yield
    except sqlite3.Error as error:
        raise InternalError(f"The copy {target} could not be made: {error}.", "Mend that, then try again.") from error
    except OSError as error:
        raise InternalError(
            f"The copy {target} could not be made: {error.strerror}.", "Mend that, then try again."
        ) from error


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A file to write to, which gets its name when all is written and on the disk."""
    part = target.with_name(target.name + ".part")
    if os.path.lexists(target):
        raise StoreUnusable(f"There is something at {target} already.", "Name another file with --out.")
    try:
        part.unlink(missing_ok=True)  # of a copy that was killed
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreUnusable(
            f"The copy {target} cannot be made: {error.strerror}.", "Name another file with --out."
        ) from error
    try:
        require_private(part, create=False)  # where a file system knows no owners
        yield part
        _synced(part)
        _named(part, target)
    finally:
        for name in (part.name, f"{part.name}-wal", f"{part.name}-shm", f"{part.name}-journal"):
            part.with_name(name).unlink(missing_ok=True)


def _synced(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _named(part: Path, target: Path) -> None:
    """Raises StoreUnusable where somebody was quicker: a link, unlike a rename, replaces nothing."""
    try:
        target.hardlink_to(part)
    except FileExistsError as error:
        raise StoreUnusable(f"There is something at {target} already.", "Name another file with --out.") from error
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        part.rename(target)
    _synced(target.parent)
