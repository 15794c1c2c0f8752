"""A process that has loaded everything, and runs `auditor` command lines of a village in children of its own.

So that a test may kill a run at any moment, and pays for the loading once. One JSON object a line: an order comes in,
`{"words": …, "world": …, "now": …, "log": …, "out": …}` or `{"wait": PID}`; a child's number or its exit code goes out.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from auditor import cli, plugins
from auditor.cli import auditing, judge, report, run
from auditor.cli.exits import guarded
from auditor.clock import steady
from tests.nights import toys
from tests.nights.village import inventory

LOADED = (judge, report, run)
REAL = plugins.load


def main() -> None:
    with TemporaryDirectory() as folder, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        _warm_up(Path(folder))
    for line in sys.stdin:
        order = json.loads(line)
        said = _wait(order["wait"]) if "wait" in order else _start(order)
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()


def _warm_up(folder: Path) -> None:
    """Two nights: what is loaded or worked out once is there before anybody forks."""
    (folder / "inventory.yaml").write_text(inventory("hall/door"))
    plugins.load = lambda: toys.parts({"door.elm.example": {"door": "locked"}})
    for _ in range(2):
        _leave("run", f"{folder}/inventory.yaml", f"--out={folder}/out", f"--store={folder}/store/store.db")
    plugins.load = REAL


def _leave(*words: str) -> int:
    """The exit code of a command line."""
    with pytest.raises(SystemExit) as left:
        guarded(lambda: cli.cli.main(args=list(words), prog_name="auditor", standalone_mode=False))
    return left.value.code if isinstance(left.value.code, int) else 1


def _start(order: dict[str, Any]) -> int:
    number = os.fork()
    if number == 0:
        _run(order)
    return number


def _wait(number: int) -> int:
    """The exit code of a child, as a shell gives it."""
    _, status = os.waitpid(number, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _run(order: dict[str, Any]) -> None:
    """In the child. Ctrl-C is obeyed, whoever started the tests."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    err = os.open(f"{order['out']}.err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    terminal = os.open(order["terminal"], os.O_RDWR | os.O_NOCTTY)  # or /dev/null
    os.dup2(terminal, 0)
    os.dup2(out, 1)
    os.dup2(err if order["terminal"] == os.devnull else terminal, 2)
    if order["world"] is not None:
        parts = toys.parts(order["world"], log=Path(order["log"]))
        plugins.load = lambda: parts
    if order["now"] is not None:
        now = datetime.fromisoformat(order["now"])
        auditing.steady = lambda: steady(lambda: now)  # type: ignore[assignment]
    code = 4
    try:
        code = _leave(*order["words"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
