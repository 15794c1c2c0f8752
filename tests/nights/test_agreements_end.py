"""An agreement that ends while what it covers is dark: from its end on nothing rests on it, whenever that was seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor import plugins
from auditor.check import check
from auditor.derive import derive
from auditor.facts import Declared
from auditor.model import Severity, Verdict
from auditor.plugins import Parts
from tests.nights.toys import Door, Portal, verdict
from tests.nights.village import HEAD, Village, inventory

GATE = "mill/gate"
VENDORS = """\
vendors:
  - {{id: smith, name: Smith, agreement: contract 7, expires: {expires}, data_classes: [open], buckets: [gate]}}
"""


@derive(reads=(Door, Declared), yields=Portal)
def by_whom(door: Door, declared: Declared) -> Portal:
    """Locked while somebody with an agreement has the key, as the instant of the look has it."""
    held = any(row.allows_at(door.observed_at) for row in declared.registered_buckets)
    return Portal(observed_at=door.observed_at, state="locked" if held else "open")


@check("key-held-outside", reads=Portal, severity=Severity.HIGH, effort=1, controls=("toy",))
def held_outside(facts: Portal) -> Verdict:
    """Somebody without an agreement has the key.

    Why: No contract binds them.
    Fix: Change the lock.
    """
    return verdict(facts.state)


@pytest.fixture
def covered(village: Village, monkeypatch: pytest.MonkeyPatch) -> Village:
    """The first night is the second of March; the agreement holds through the third."""
    village.install([held_outside], "1")
    toys = plugins.load

    def load() -> Parts:
        return replace(toys(), derivations=(by_whom,))

    monkeypatch.setattr(plugins, "load", load)
    register(village, "2026-03-03")
    village.run()
    assert outcome(village) == ("pass", "now")
    return village


def register(village: Village, expires: str) -> None:
    village.path.write_text(inventory(GATE, head=f"{HEAD}{VENDORS.format(expires=expires)}"))


def outcome(village: Village) -> tuple[str, str]:
    found = village.finding(GATE, "key-held-outside")
    return found["outcome"], found["standing"]


def dark_night(village: Village, days: float = 1) -> tuple[str, str]:
    village.sleep(days)
    village.show(gate="!timeout")
    village.run()
    return outcome(village)


def test_what_rested_on_it_falls_on_the_day(covered: Village) -> None:
    assert dark_night(covered) == ("pass", "stale")  # its last day
    assert dark_night(covered) == ("fail", "stale")
    assert dark_night(covered) == ("fail", "stale")
    assert covered.ask("judge last", "--json").out == (covered.out / "report.json").read_text()
    assert "contract" not in covered.ask(f"explain {GATE} key-held-outside").err


def test_the_instant_of_its_end_counts_in_the_citys_zone(covered: Village) -> None:
    """Midnight in Paris is 23:00 of the day before in UTC."""
    covered.hands.now = covered.hands.now.replace(day=3, hour=22, minute=59)
    assert dark_night(covered, 0) == ("pass", "stale")
    covered.hands.now = covered.hands.now.replace(day=3, hour=23, minute=0)
    assert dark_night(covered, 0) == ("fail", "stale")


def test_a_longer_agreement_covers_what_was_seen_before(covered: Village) -> None:
    for _ in range(2):
        dark_night(covered)
    register(covered, "2026-12-31")
    assert dark_night(covered) == ("pass", "stale")


def test_what_is_seen_after_its_end_fails_at_once(covered: Village) -> None:
    covered.sleep(2)
    covered.show(gate="locked")
    covered.run()
    assert outcome(covered) == ("fail", "now")
