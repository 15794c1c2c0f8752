"""A city of simulated web services whose looks are written to a log, and `auditor …` on it in processes to be killed.

The processes are forks: what they load is loaded, so that they begin with what a run begins with. They go through the
front door. Only what a run meets in the world is simulated: what is seen, the time of day, and the chance in the run's
name. All three are the same in every process, so that two runs must give the same bytes.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

from auditor import cli, clock, plugins
from auditor.cli import auditing
from auditor.cli.exits import guarded
from auditor.cli.writing import write
from auditor.facts.web import HttpsService
from auditor.model import Asset, Reason, Report, Tier
from auditor.observe import Look, observe
from auditor.plugins import Parts
from auditor.probe import Seen, Unseen
from auditor.reach import Reach
from bench.simulated_web import SimulatedWeb, record

ASSETS, IN_A_SYSTEM = 60, 6
ALONE, SHARED = 20, 8  # hosts with one asset, and those that share the other assets
BEFORE, NIGHT, AFTER = 0, 1, 2  # the night before, the one that is killed, and the one after
DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
FIRST_DAY = datetime.now(UTC).replace(microsecond=0)  # the rig's certificates are new
TURNS = ("1", "2")
BEGAN, FINISHED, HANDED, KEPT, LOOKED, JUDGED = "began", "finished", "handed", "kept", "looked", "judged"
HEAD = """\
schema: inventory/v1
organisation: {id: bench, name: Bench, timezone: Europe/Paris}
scope: {dns_suffixes: [city.example]}
data_classes: {open: {tier: public}, contact: {tier: confidential}}
departments: [{id: it, name: Computing}]
systems:
"""


class Log:
    """A line for each thing that happens: `WHAT TURN ASSET`. In the file at once, in one piece, whoever is killed."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, *words: str) -> None:
        os.write(self._file, f"{' '.join(words)}\n".encode())


class LoggedWeb:
    """A probe that takes a few milliseconds. What it sees depends on the asset, the night and the turn, and no more.

    Of twelve assets one turns from pass to fail on the second night, one from fail to pass, one says one thing at the
    first look of that night and another at the second, and one is silent from then on.
    """

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY

    def __init__(self, strong: SimulatedWeb, weak: SimulatedWeb, log: Log, night: int, turn: str) -> None:
        """`weak`: the same without HSTS."""
        self.yields = strong.yields
        self._strong, self._weak = strong, weak
        self._log = log
        self._night = night
        self._turn = turn

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        self._log.note(BEGAN, self._turn, asset.id)
        number = int(asset.id.rpartition("-")[2])
        time.sleep(0.001 + number % 5 / 1000)
        at = FIRST_DAY + self._night * DAY + (MINUTE if self._turn == "1" else HOUR / 2) + number * SECOND
        if number % 12 == 5 and self._night > BEFORE:
            yield from (Unseen(kind, "", Reason.TIMEOUT, "") for kind in self.yields)
        else:
            probe = self._weak if self._is_weak(number % 12) else self._strong
            for sight in probe.observe(asset, reach):
                yield replace(sight, facts=replace(sight.facts, observed_at=at)) if isinstance(sight, Seen) else sight
        self._log.note(FINISHED, self._turn, asset.id)

    def _is_weak(self, kind: int) -> bool:
        is_later = self._night > BEFORE
        return {0: is_later, 1: not is_later, 2: is_later and self._turn == "1"}.get(kind, False)

    def plan(self, asset: Asset) -> Iterable[str]:
        yield f"nothing of {asset.address}"


class City:
    """A folder with an inventory, a store, a report, and the log of all looks since it was last laid."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "state" / "store.db"
        self.log = folder / "looks.log"
        self.out = folder / "out"
        self.printed = folder / "printed"
        self.words = ("run", f"{folder}/inventory.yaml", f"--out={self.out}", "--digest")
        self._installed = plugins.load()
        self._strong = record(self._installed)
        self._weak = tuple(_without_hsts(seen) for seen in self._strong)
        folder.mkdir(exist_ok=True)
        (folder / "inventory.yaml").write_text(HEAD + "".join(_systems()))

    def run(self, night: int, *words: str) -> BaseProcess:
        """`auditor run`, in a process of its own."""
        return self.start(night, *self.words, *words)

    def start(self, night: int, *words: str) -> BaseProcess:
        """`auditor` with these words, in a process of its own."""
        child = multiprocessing.get_context("fork").Process(target=self.command, args=(night, *words))
        child.start()
        return child

    def command(self, night: int, *words: str) -> None:
        """Raises SystemExit, as the console script does. What it prints goes into the file `printed`."""
        with ExitStack() as stack:
            printed = stack.enter_context(self.printed.open("w"))
            stack.enter_context(redirect_stdout(printed))
            stack.enter_context(redirect_stderr(printed))
            for change in self._simulated(night, is_later="--resume" in words):
                stack.enter_context(change)
            said = [*words, f"--store={self.store}"]
            guarded(lambda: cli.cli.main(said, "auditor", standalone_mode=False))

    def _simulated(self, night: int, *, is_later: bool) -> Iterator[Any]:
        """A run begins on the hour, and an hour later it has seen everything; `is_later`: it is that late already."""
        log = Log(self.log)
        start = FIRST_DAY + night * DAY
        hands = [start + HOUR if is_later else start]
        first, second = (self._parts(night, turn, log) for turn in TURNS)

        def observed(
            assets: Sequence[Asset], _: Parts, *rest: Any, again: bool = False, **options: Any
        ) -> Iterator[Look]:
            """What is asked for the next look has kept the one before."""
            hands[0] = start + HOUR
            turn = TURNS[again]
            for look in observe(assets, second if again else first, *rest, again=again, **options):
                log.note(HANDED, turn, look.asset.id)
                yield look
                log.note(KEPT, turn, look.asset.id)
            log.note(LOOKED, turn, "all")

        def written(out: Path, report: Report) -> tuple[Path, str]:
            log.note(JUDGED, "-", "all")
            return write(out, report)

        yield patch.object(sys, "excepthook", sys.excepthook)  # the front door's own goes with the command
        yield patch.object(plugins, "load", lambda: first)
        yield patch.object(clock, "run_id", lambda _: name_of(night))
        yield patch.object(auditing, "steady", lambda: lambda: hands[0])
        yield patch.object(auditing, "observe", observed)
        yield patch.object(auditing, "write", written)

    def _parts(self, night: int, turn: str, log: Log) -> Parts:
        probe = LoggedWeb(SimulatedWeb(self._strong), SimulatedWeb(self._weak), log, night, turn)
        return replace(self._installed, probes=(probe,))


def name_of(night: int) -> str:
    """The id of that night's run."""
    return f"{FIRST_DAY + night * DAY:%Y%m%dT%H%M%SZ}-bench"


def _systems() -> Iterator[str]:
    for number in range(ASSETS):
        if number % IN_A_SYSTEM == 0:
            data = "contact" if number % 4 else "open"
            yield f"  - id: system-{number}\n    name: System {number}\n    department: it\n    owner: bench\n"
            yield f"    data_classes: [{data}]\n    assets:\n"
        host = number if number < ALONE else ALONE + number % SHARED
        url = f"https://service-{host}.city.example:{8000 + number}/"
        yield f'      - {{id: web-{number}, kind: web, url: "{url}"}}\n'


def _without_hsts(seen: Seen) -> Seen:
    if not isinstance(seen.facts, HttpsService):
        return seen
    return replace(seen, facts=replace(seen.facts, hsts_headers=(), hsts=None))
