"""A village of toys: its inventory, its world and its clock, and one night after the other through the front door."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor import plugins
from auditor.check import Check
from auditor.cli import auditing
from auditor.clock import steady
from auditor.diff import News
from auditor.plugins import Origin, Parts
from tests.cli.front_door import FrontDoor, Left
from tests.nights import toys
from tests.nights.toys import Door, Shown, World

FIRST = datetime(2026, 3, 2, 2, tzinfo=UTC)
DAY = timedelta(days=1)
HEAD = """\
schema: inventory/v1
organisation: {id: elm, name: Elm, timezone: Europe/Paris}
scope:
  dns_suffixes: [elm.example]
data_classes:
  open: {tier: public}
  contact: {tier: confidential}
departments:
  - {id: it, name: Computing}
"""


@dataclass
class Hands:
    """A clock that stands still until somebody moves it; `step`: how far it goes each time that it is read."""

    now: datetime = FIRST
    step: timedelta = timedelta()

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


def inventory(*assets: str, more: str = "", head: str = HEAD) -> str:
    """One system for each name before the slash. `assets`: "system/asset", with further keys behind a space."""
    systems: dict[str, list[str]] = {}
    for asset in assets:
        name, _, keys = asset.partition(" ")
        system, _, own = name.partition("/")
        row = f'      - {{id: {own}, kind: web, url: "https://{own}.elm.example/"{", " if keys else ""}{keys}}}'
        systems.setdefault(system, []).append(row)
    text = f"{head}systems:\n" + "".join(
        f"  - id: {name}\n    name: The {name}\n    department: it\n    owner: a team\n    data_classes: [open]\n"
        "    assets:\n" + "".join(f"{row}\n" for row in rows)
        for name, rows in systems.items()
    )
    return text + more


@dataclass
class Village:
    """All that a night depends on. Change it between nights."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    auditor: FrontDoor
    hands: Hands = field(default_factory=Hands)
    world: World = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.install()
        self.monkeypatch.setattr(auditing, "steady", lambda: steady(self.hands))

    def install(
        self,
        checks: Sequence[Check[Any]] = toys.CHECKS,
        version: str = "1",
        *,
        across: bool = False,
        door: type[Shown] = Door,
    ) -> None:
        """From now on these are the parts that are installed. Each command loads them: their looks are counted anew."""
        origin = Origin("toy-town", version)

        def load() -> Parts:
            return toys.parts(self.world, log=self.log, checks=checks, origin=origin, across=across, door=door)

        self.monkeypatch.setattr(plugins, "load", load)

    def lay_store(self, store: Path) -> None:
        """Put a copy of a store's file where the village keeps its own."""
        self.store.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(store, self.store)

    def list(self, *assets: str, more: str = "") -> None:
        """Write the inventory."""
        self.path.write_text(inventory(*assets, more=more))

    def show(self, **states: Any) -> None:
        """What doors show from now on, by host; vaults are locked unless said otherwise (`show_vault`)."""
        for host, shown in states.items():
            self.world.setdefault(f"{host}.elm.example", {"vault": "locked"})["door"] = shown

    def show_vault(self, **states: Any) -> None:
        for host, shown in states.items():
            self.world.setdefault(f"{host}.elm.example", {"door": "locked"})["vault"] = shown

    def sleep(self, days: float = 1) -> None:
        self.hands.now += DAY * days

    def run(self, *words: str) -> Left:
        """One `auditor run`."""
        return self.auditor(*self.words(*words))

    def words(self, *words: str) -> tuple[str, ...]:
        return ("run", str(self.path), f"--out={self.out}", f"--store={self.store}", *words)

    def ask(self, command: str, *words: str) -> Left:
        """Another command, of the store."""
        return self.auditor(*command.split(), *words, f"--store={self.store}")

    @property
    def path(self) -> Path:
        return self.folder / "inventory.yaml"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def store(self) -> Path:
        return self.folder / "state" / "store.db"

    @property
    def log(self) -> Path:
        return self.folder / "looks.log"

    @property
    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.out / "report.json").read_text())
        return document

    def finding(self, asset: str, check: str = "door-open", locus: str = "") -> dict[str, Any]:
        """One finding of the last report; {} where there is none."""
        rows = self.report["findings"]
        found = [row for row in rows if (row["asset"], row["check"], row["locus"]) == (asset, check, locus)]
        return found[0] if found else {}

    def letter(self, level: str, name: str) -> tuple[str, str, str]:
        """The letters of one thing in the last report: measured, at worst, with accepted risks."""
        row = next(row for row in self.report[level] if row["id"] == name)
        return (row["letter"], row["at_worst"], row["with_accepted_risks"])

    def diff(self, *runs: str) -> dict[str, Any]:
        """`auditor diff --json`."""
        left = self.ask("diff", *runs, "--json")
        assert left.code == 0, left.err
        document: dict[str, Any] = json.loads(left.out)
        return document

    def news(self, *runs: str) -> dict[str, list[str]]:
        """The kinds of news of a diff that are not empty: "asset check" of each."""
        found = self.diff(*runs)
        return {
            kind.value: [f"{row['asset']} {row['check']}" for row in found[kind.value]]
            for kind in News
            if found[kind.value]
        }

    def looked(self) -> list[str]:
        """What was looked at since this was last asked: "tier asset"."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return sorted(lines)


def report_of(document: dict[str, Any]) -> dict[str, Any]:
    """A report without what no two runs share: its id and its times."""
    run = {key: value for key, value in document["run"].items() if key not in {"id", "started", "finished", "as_of"}}
    return {**document, "run": run}
