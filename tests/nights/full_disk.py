"""What `test_full_disk.py` runs on a small file system of its own: runs whose disk fills up. Prints how they left."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path

from auditor import cli, plugins
from auditor.cli.exits import guarded
from tests.nights import toys
from tests.nights.toys import World
from tests.nights.village import inventory

ROOM, SMALL = Path(sys.argv[1]), Path(sys.argv[2])
BALLAST = SMALL / "ballast"
NAMES = [f"d{number}" for number in range(60)]
WORLD: World = {f"{name}.elm.example": {"door": "open"} for name in NAMES}


def say(line: object) -> None:
    sys.stdout.write(f"{line}\n")


def fill() -> None:
    """Take all the room there is."""
    with BALLAST.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
        while True:
            file.write(b"x")


def fill_but(leave: int) -> None:
    fill()
    os.truncate(BALLAST, max(0, BALLAST.stat().st_size - leave))


def run(out: Path, store: Path, *words: str) -> int:
    parts = toys.parts(WORLD)
    plugins.load = lambda: parts
    said = StringIO()
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(StringIO()))
        stack.enter_context(redirect_stderr(said))
        try:
            command = ["run", str(ROOM / "inventory.yaml"), "-q", f"--out={out}", f"--store={store}", *words]
            guarded(lambda: cli.cli.main(args=command, prog_name="auditor", standalone_mode=False))
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
    say(f"{code} {said.getvalue()}".replace(str(SMALL), "SMALL").replace(str(ROOM), "ROOM").strip())
    return code


def main() -> None:
    (ROOM / "inventory.yaml").write_text(inventory(*(f"row/{name}" for name in NAMES)))
    first = WORLD["d0.elm.example"]
    say("report")
    first["then"] = fill
    run(SMALL / "out", ROOM / "one.db")
    first.pop("then")
    say(sorted(path.name for path in (SMALL / "out").iterdir()))
    BALLAST.unlink()
    run(SMALL / "out", ROOM / "one.db", "--resume")
    say(sorted(path.name for path in (SMALL / "out").iterdir()))
    for leave in (0, 150_000):
        say(f"store {leave}")
        first["then"] = lambda leave=leave: fill_but(leave)
        run(ROOM / "out", SMALL / "store" / f"{leave}.db")
        first.pop("then")
        BALLAST.unlink()
        run(ROOM / "out", SMALL / "store" / f"{leave}.db", "--resume")
    say("beforehand")
    fill()
    run(SMALL / "new", ROOM / "two.db")


if __name__ == "__main__":
    main()
