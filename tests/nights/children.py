"""Runs of a village in processes of their own, which may be killed or interrupted at any moment."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.front_door import Left
from tests.nights.toys import World
from tests.nights.village import Village

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Zygote:
    """See `tests.nights.zygote`."""

    process: subprocess.Popen[str]

    def start(self, village: Village, *words: str, world: World | None = None, terminal: str = os.devnull) -> Child:
        """Any command line, with the village's clock. `world`: what its toys show; None: the parts that are real.

        `terminal`: its standard input, and where it prints errors, if it is no device that swallows all.
        """
        out = village.folder / "child"
        order = {
            "words": list(words),
            "world": world,
            "now": village.hands.now.isoformat(),
            "log": str(village.log),
            "out": str(out),
            "terminal": terminal,
        }
        return Child(self, self._ask(order), out)

    def run(self, village: Village, *words: str, terminal: str = os.devnull) -> Child:
        """One `auditor run`."""
        return self.start(village, *village.words(*words), world=village.world, terminal=terminal)

    def wait(self, number: int) -> int:
        return self._ask({"wait": number})

    def _ask(self, order: dict[str, Any]) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@dataclass(frozen=True)
class Child:
    """One run. It is waited for once."""

    zygote: Zygote
    number: int
    out: Path

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        os.kill(self.number, signal.SIGKILL)
        self.zygote.wait(self.number)

    def press_ctrl_c(self) -> None:
        os.kill(self.number, signal.SIGINT)

    def left(self) -> Left:
        """How it left, when it did."""
        code = self.zygote.wait(self.number)
        return Left(code, self.out.read_text(), Path(f"{self.out}.err").read_text())


@contextmanager
def zygote() -> Iterator[Zygote]:
    command = [sys.executable, "-m", "tests.nights.zygote"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        yield Zygote(process)
        assert process.stdin
        process.stdin.close()


def until(village: Village, looks: int) -> None:
    """Wait until so many looks have come to their end; they may not be kept yet."""
    _wait_for(lambda: village.log.exists() and len(village.log.read_text().splitlines()) >= looks)


def until_kept(village: Village, looks: int) -> None:
    """Wait until the run that is under way has begun, and keeps so many looks."""
    query = "select count(*) from look join run on run.no = look.run where run.state = 'open'"

    def is_kept() -> bool:
        with closing(sqlite3.connect(village.store)) as connection:
            begun = connection.execute("select count(*) from run where state = 'open'").fetchone()[0]
            return bool(begun) and connection.execute(query).fetchone()[0] >= looks

    _wait_for(is_kept)


def _wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError("it did not come to that")
        time.sleep(0.002)
