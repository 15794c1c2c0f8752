"""Toy parts: probes that say what a world tells them, at once or slowly, and the checks that read it. No network.

A world says what each host shows, as plain JSON values, so that it can be handed to another process:
`{"host": {"door": SHOWN, "vault": SHOWN, "seconds": 0.01}}`. SHOWN is a state, a list of states (one look after the
other, the last one for ever), or a mapping of loci to states. A state that begins with "!" is a reason's word: unseen.
In this process "then" may be something that happens during the look.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from auditor.check import Check, check, failed, not_applicable, passed
from auditor.derive import Placed, derive_from_all
from auditor.facts import Facts
from auditor.model import Asset, Reason, Severity, Tier, Verdict
from auditor.plugins import Origin, Parts
from auditor.probe import Observation, Seen, Unseen
from auditor.reach import Reach, host_of

World = dict[str, dict[str, Any]]
REASONS = {reason.word: reason for reason in Reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Facts):
    """`state`: "locked", or "locked until 2026-03-20": what holds it ends by itself then."""

    state: str

    def ends(self) -> tuple[tuple[str, datetime], ...]:
        _, _, day = self.state.partition(" until ")
        return (("lease", datetime.fromisoformat(day).replace(tzinfo=UTC)),) if day else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door(Shown):
    """Seen every night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal(Shown):
    """What a later version makes of a door."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault(Shown):
    """Seen by the deep tier alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock(Facts):
    """What all doors together say of one: how many show the same."""

    alike: int


class WorldProbe:
    """Says what the world shows. `log`: one line for each look, written at once."""

    kind: ClassVar[str] = "web"
    tier: Tier
    yields: tuple[type[Facts], ...]

    def __init__(self, facts_type: type[Shown], tier: Tier, world: World, log: Path | None) -> None:
        self.tier = tier
        self.yields = (facts_type,)
        self._facts_type = facts_type
        self._world = world
        self._log = log
        self._looks: dict[str, int] = {}
        self._lock = threading.Lock()

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        host = host_of(asset.address)
        said = self._world.get(host, {})
        with self._lock:
            turn = self._looks[host] = self._looks.get(host, 0) + 1
        seconds = said.get("seconds", 0.0)
        time.sleep(seconds[min(turn, len(seconds)) - 1] if isinstance(seconds, list) else seconds)
        shown = said.get("vault" if self._facts_type is Vault else "door", "!refused")
        if isinstance(shown, Sequence) and not isinstance(shown, str):
            shown = shown[min(turn, len(shown)) - 1]
        places: Mapping[str, str] = shown if isinstance(shown, Mapping) else {"": shown}
        note(self._log, f"{self.tier.value} {asset.id}")
        if "then" in said:
            said["then"]()
        for locus, state in places.items():
            if state.startswith("!"):
                yield Unseen(self._facts_type, locus, REASONS[state[1:]], "")
            else:
                yield Seen(self._facts_type(observed_at=reach.now(), state=state), locus)

    def plan(self, asset: Asset) -> Iterable[str]:
        return ()


def note(log: Path | None, line: str) -> None:
    """Append a line in one piece: several processes and threads write it."""
    if log is not None:
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, f"{line}\n".encode())
        os.close(descriptor)


def verdict(state: str) -> Verdict:
    say = {"open": failed, "locked": passed, "none": not_applicable}
    word, _, _ = state.partition(" until ")
    return say[word](f"the lock is {word}")


@check("door-open", reads=Door, severity=Severity.HIGH, effort=1, controls=("toy",))
def door_open(facts: Door) -> Verdict:
    """The door is open.

    Why: Anybody may come in.
    Fix: Lock it.
    """
    return verdict(facts.state)


@check("vault-open", reads=Vault, severity=Severity.MEDIUM, tier=Tier.DEEP, effort=2, controls=("toy",))
def vault_open(facts: Vault) -> Verdict:
    """The vault is open.

    Why: Anybody may take what is in it.
    Fix: Lock it.
    """
    return verdict(facts.state)


@derive_from_all(reads=(Door,), yields=Lock)
def locks(doors: tuple[Placed, ...]) -> Iterable[Placed]:
    seen = [one.observation for one in doors]
    for one, sight in zip(doors, seen, strict=True):
        if isinstance(sight, Unseen):
            yield Placed(one.asset, Unseen(Lock, sight.locus, sight.reason, sight.detail))
            continue
        facts = sight.facts
        alike = sum(1 for other in seen if isinstance(other, Seen) and _state(other.facts) == _state(facts))
        yield Placed(one.asset, Seen(Lock(observed_at=facts.observed_at, alike=alike), sight.locus))


def _state(facts: Facts) -> str:
    return facts.state if isinstance(facts, Shown) else ""


@check("door-alike", reads=Lock, severity=Severity.LOW, effort=1, controls=("toy",))
def door_alike(facts: Lock) -> Verdict:
    """The door shows what no other door shows.

    Why: Two doors with one key are one door.
    Fix: Change one of them.
    """
    return failed("alone") if facts.alike == 1 else passed("one of several")


CHECKS: tuple[Check[Any], ...] = (door_open, vault_open)
VERSION = Origin("toy-town", "1")


def parts(
    world: World,
    *,
    log: Path | None = None,
    checks: Sequence[Check[Any]] = CHECKS,
    origin: Origin = VERSION,
    across: bool = False,
    door: type[Shown] = Door,
) -> Parts:
    """Toy parts over a world. `across`: with what all doors say together; `door`: what the nightly probe yields."""
    asked = (*checks, door_alike) if across else tuple(checks)
    return Parts(
        checks=tuple(sorted(asked, key=lambda one: one.id)),
        derivations=(locks,) if across else (),
        probes=(
            WorldProbe(door, Tier.NIGHTLY, world, log),
            WorldProbe(Vault, Tier.DEEP, world, log),
        ),
        origins={one.id: origin for one in asked},
    )
