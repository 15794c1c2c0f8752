"""What `test_full_disk.py` runs on a small file system of its own: nights whose disk fills up. Prints what was said."""

# ruff: noqa: T201 - what it prints is read by the test

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from auditor import nights
from auditor.errors import InternalError
from auditor.store import Address, StoreBroken, StoreUnusable, opened, runs
from auditor.store.copying import copy_file
from auditor.store.kept import Store
from auditor.store.soundness import faults
from tests.store.town import BAD, DARK, GOOD, PARTS, RULES, START, asked, judged, looks

FOLDER = Path(sys.argv[1]) if __name__ == "__main__" else Path()
STORE = FOLDER / "store.db"
BALLAST = FOLDER / "ballast"
NAMES = [f"site/{number}" for number in range(120)]
EARLY = (0, 40_000, 400_000)  # bytes that are left when looking begins
LATE = (0, 40_000)  # and when the notes are ended


def fill(leave: int) -> None:
    """Take all room but so many bytes."""
    with BALLAST.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    os.truncate(BALLAST, max(0, BALLAST.stat().st_size - leave))


def night(store: Store, day: int, early: int | None = None, late: int | None = None) -> None:
    at, what = START + timedelta(days=day), asked(*NAMES)
    if early is not None:
        fill(early)
    with nights.begin(store, what, RULES, PARTS, at) as keeping:
        seen = {name: (BAD, DARK, GOOD)[(day + number) % 3] for number, name in enumerate(NAMES)}
        report = judged(keeping, looks(seen, at), what, lambda: at + timedelta(minutes=9))
        if late is not None:
            fill(late)
        keeping.finish(report, nights.digest_of(report), interrupted=False)


def require_sound(store: Store) -> None:
    with store.reading() as connection:
        assert not list(faults(connection, PARTS.facts_types))


def try_night(day: int, early: int | None = None, late: int | None = None) -> None:
    try:
        with opened(Address(file=STORE), create=True) as store, store.locked("me"):
            night(store, day, early, late)
        print("had room", early, late)
    except StoreBroken as error:
        print("StoreBroken", error)
    BALLAST.unlink()
    with opened(Address(file=STORE)) as store:
        require_sound(store)
        with store.reading() as connection:
            assert len(runs.finished_runs(connection)) >= 1
        nights.settle_leftover(store, PARTS)
        require_sound(store)


def main() -> None:
    with opened(Address(file=STORE), create=True) as store:
        night(store, 0)
    fill(0)
    try:
        with opened(Address(file=STORE), create=True) as store, store.locked("me"):
            print("had room for a lock")
    except StoreUnusable as error:
        print("StoreUnusable", error)
    BALLAST.unlink()
    for day, early in enumerate(EARLY, 1):
        try_night(day, early=early)
    for day, late in enumerate(LATE, 10):
        try_night(day, late=late)
    fill(100_000)
    try:
        copy_file(STORE, FOLDER / "copy.db")
    except InternalError as error:
        print("InternalError", error)
    BALLAST.unlink()
    print(sorted(path.name for path in FOLDER.iterdir()))
    copy_file(STORE, FOLDER / "copy.db")
    with opened(Address(file=FOLDER / "copy.db")) as store:
        require_sound(store)
        night(store, 20)
    print("done")


if __name__ == "__main__":
    main()
