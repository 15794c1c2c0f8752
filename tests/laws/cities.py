"""Hypothesis invents small cities: few names, many collisions, and times that lie on every boundary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from auditor.grade import Discovery
from auditor.model import (
    Asset,
    Attestation,
    Basis,
    Carried,
    Finding,
    Outcome,
    Sensitivity,
    Severity,
    System,
    Tier,
    Waiver,
)
from tests.laws.chain import ZONE, City, Toy, unseen

# As many examples as the profile says (tests/conftest.py); many more by hand: tests/laws/campaign.py.
LAW = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
FEW = settings(LAW, max_examples=2)

T = TypeVar("T")
Dice = Callable[[int, int], int]  # a whole number from the first to the second: Hypothesis's, or a campaign's
AS_OF = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = AS_OF.astimezone(ZONE).date()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEEN_NOW = AS_OF - HOUR

LOCI = ("", "a", "b")
SEEN = (Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE)
TIERS = (
    frozenset({Tier.NIGHTLY}),
    frozenset({Tier.NIGHTLY, Tier.DEEP, Tier.ONLINE}),
    frozenset(Tier),
)
# Hours before the as-of instant. Negative: later than it. On and beside 7 and 15 days.
NOW_AGES = (1, 1, 1, 1, 1, 0, 30, 167, 168, 360, -3)
OLD_AGES = (12, 24, 48, 96, 144, 167, 168, 169, 192, 193, 240, 336, 359, 360, 361, 400, 900, -2)
DAYS = (-40, -1, 0, 1, 30)


def pick(dice: Dice, values: tuple[T, ...]) -> T:
    return values[dice(0, len(values) - 1)]


@st.composite
def cities(draw: st.DrawFn) -> City:
    return draw_city(lambda low, high: draw(st.integers(low, high)))


def draw_city(dice: Dice) -> City:
    checks = tuple(
        Toy(id=f"toy-{n}", severity=pick(dice, tuple(Severity)), tier=pick(dice, tuple(Tier)[:2]), effort=n + 1)
        for n in range(dice(1, 3))
    )
    systems = tuple(draw_system(dice, n) for n in range(dice(0, 3)))
    assets = tuple(draw_asset(dice, n, systems) for n in range(dice(0, 4))) if systems else ()
    before = (draw_lost(dice, systems),) if systems and dice(0, 1) else ()
    now = tuple(
        finding
        for asset in assets
        for check in checks
        if check.tier in asset.tiers
        for finding in draw_findings(dice, asset, check)
    )
    former = {name for asset in assets for name in asset.formerly}
    names = tuple(sorted(former | {asset.id for asset in (*assets, *before)}))
    known = bool(names)
    return City(
        as_of=AS_OF,
        checks=checks,
        systems=systems,
        assets=assets,
        before=before,
        retired=frozenset({"lost"} if dice(0, 5) == 0 else ()),
        now=now,
        carried=tuple(draw_carried(dice, names, checks) for _ in range(dice(0, 8) if known else 0)),
        waivers=tuple(draw_waiver(dice, n, names, checks) for n in range(dice(0, 2) if known else 0)),
        attestations=tuple(draw_word(dice, n, names, checks) for n in range(dice(0, 3) if known else 0)),
        discovery=draw_discovery(dice),
    )


def draw_system(dice: Dice, n: int) -> System:
    return System(
        id=f"system-{n}",
        name=f"System {n}",
        department=pick(dice, ("parks", "police")),
        owner="it",
        sensitivity=pick(dice, tuple(Sensitivity)),
    )


def draw_asset(dice: Dice, n: int, systems: tuple[System, ...]) -> Asset:
    return Asset(
        id=f"asset-{n}",
        kind="web",
        address=f"https://a{n}.example",
        system=pick(dice, systems).id,
        tiers=pick(dice, TIERS),
        sensitivity=pick(dice, (None, None, None, *Sensitivity)),
        formerly=pick(dice, ((), (), (), ("old",), ("old", "older"), ("asset-0",), ("asset-1",))),
    )


def draw_lost(dice: Dice, systems: tuple[System, ...]) -> Asset:
    system = pick(dice, systems).id
    return Asset(id="lost", kind="web", address="https://lost.example", system=system, tiers=pick(dice, TIERS))


def draw_findings(dice: Dice, asset: Asset, check: Toy) -> tuple[Finding, ...]:
    """One check on one asset: nothing at all, one locus, or several."""
    loci = pick(dice, (("",), ("",), ("a",), ("a",), ("a", "b"), ("b", "a"), ("", "a")))
    return tuple(draw_finding(dice, asset, check, locus) for locus in loci)


def draw_finding(dice: Dice, asset: Asset, check: Toy, locus: str) -> Finding:
    outcome = pick(dice, (Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL, Outcome.NOT_APPLICABLE, Outcome.PASS))
    if outcome is Outcome.UNKNOWN:
        return unseen(asset, check, locus)
    return seen(asset, check, locus, outcome, at=AS_OF - HOUR * pick(dice, NOW_AGES), basis=draw_basis(dice))


def seen(
    asset: Asset,
    check: Toy,
    locus: str,
    outcome: Outcome,
    at: datetime = SEEN_NOW,
    basis: Basis = Basis.OBSERVED,
) -> Finding:
    return Finding(
        asset=asset.id,
        check=check.id,
        locus=locus,
        severity=check.severity,
        tier=check.tier,
        outcome=outcome,
        summary=outcome.value,
        basis=basis,
        observed_at=at,
    )


def draw_basis(dice: Dice) -> Basis:
    return pick(dice, (Basis.OBSERVED, Basis.OBSERVED, Basis.OBSERVED, Basis.IMPORTED, Basis.DECLARED))


def draw_carried(dice: Dice, names: tuple[str, ...], checks: tuple[Toy, ...]) -> Carried:
    check = pick(dice, checks)
    return Carried(
        asset=pick(dice, names),
        check=check.id,
        locus=pick(dice, LOCI),
        outcome=pick(dice, (Outcome.FAIL, Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE, Outcome.UNKNOWN)),
        observed_at=AS_OF - HOUR * pick(dice, OLD_AGES),
        summary="earlier",
        basis=draw_basis(dice),
    )


def draw_waiver(dice: Dice, n: int, names: tuple[str, ...], checks: tuple[Toy, ...]) -> Waiver:
    return Waiver(
        id=f"W-{n}",
        check=pick(dice, checks).id,
        asset=pick(dice, names),
        reason="planned",
        risk_owner="head",
        approved_by="board",
        approved=TODAY + DAY * pick(dice, DAYS),
        expires=TODAY + DAY * pick(dice, DAYS),
    )


def draw_word(dice: Dice, n: int, names: tuple[str, ...], checks: tuple[Toy, ...]) -> Attestation:
    return Attestation(
        id=f"A-{n}",
        check=pick(dice, checks).id,
        asset=pick(dice, names),
        outcome=pick(dice, (Outcome.PASS, Outcome.PASS, Outcome.FAIL)),
        statement="so it is",
        by="owner",
        made=TODAY + DAY * pick(dice, DAYS),
        expires=TODAY + DAY * pick(dice, DAYS),
    )


def draw_discovery(dice: Dice) -> Discovery:
    unclaimed = pick(dice, (0, 0, 0, 1, 10, 11))
    hours = pick(dice, (None, 24, 24, 24, 719, 720, 800, -5))
    return Discovery(unclaimed, None if hours is None else AS_OF - HOUR * hours)
