"""Hypothesis invents small cities: few names, many collisions, and times that lie on every boundary."""

from __future__ import annotations

import os
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

# A campaign by hand: LAWS_EXAMPLES=20000 pytest tests/laws
EXAMPLES = int(os.environ.get("LAWS_EXAMPLES", "100"))
LAW = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
)
FEW = settings(LAW, max_examples=max(5, EXAMPLES // 20))

T = TypeVar("T")
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


def pick(draw: Callable[[st.SearchStrategy[int]], int], values: tuple[T, ...]) -> T:
    return values[draw(st.integers(0, len(values) - 1))]


@st.composite
def cities(draw: Callable[..., int]) -> City:
    checks = tuple(
        Toy(id=f"toy-{n}", severity=pick(draw, tuple(Severity)), tier=pick(draw, tuple(Tier)[:2]), effort=n + 1)
        for n in range(draw(st.integers(1, 3)))
    )
    systems = tuple(draw_system(draw, n) for n in range(draw(st.integers(0, 3))))
    assets = tuple(draw_asset(draw, n, systems) for n in range(draw(st.integers(0, 4)))) if systems else ()
    before = (draw_lost(draw, systems),) if systems and draw(st.booleans()) else ()
    now = tuple(
        finding
        for asset in assets
        for check in checks
        if check.tier in asset.tiers
        for finding in draw_findings(draw, asset, check)
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
        retired=frozenset({"lost"} if draw(st.integers(0, 5)) == 0 else ()),
        now=now,
        carried=tuple(draw_carried(draw, names, checks) for _ in range(draw(st.integers(0, 8)) if known else 0)),
        waivers=tuple(draw_waiver(draw, n, names, checks) for n in range(draw(st.integers(0, 2)) if known else 0)),
        attestations=tuple(draw_word(draw, n, names, checks) for n in range(draw(st.integers(0, 3)) if known else 0)),
        discovery=draw_discovery(draw),
    )


def draw_system(draw: Callable[..., int], n: int) -> System:
    return System(
        id=f"system-{n}",
        name=f"System {n}",
        department=pick(draw, ("parks", "police")),
        owner="it",
        sensitivity=pick(draw, tuple(Sensitivity)),
    )


def draw_asset(draw: Callable[..., int], n: int, systems: tuple[System, ...]) -> Asset:
    return Asset(
        id=f"asset-{n}",
        kind="web",
        address=f"https://a{n}.example",
        system=pick(draw, systems).id,
        tiers=pick(draw, TIERS),
        sensitivity=pick(draw, (None, None, None, *Sensitivity)),
        formerly=pick(draw, ((), (), (), ("old",), ("old", "older"), ("asset-0",), ("asset-1",))),
    )


def draw_lost(draw: Callable[..., int], systems: tuple[System, ...]) -> Asset:
    system = pick(draw, systems).id
    return Asset(id="lost", kind="web", address="https://lost.example", system=system, tiers=pick(draw, TIERS))


def draw_findings(draw: Callable[..., int], asset: Asset, check: Toy) -> tuple[Finding, ...]:
    """One check on one asset: nothing at all, one locus, or several."""
    loci = pick(draw, (("",), ("",), ("a",), ("a",), ("a", "b"), ("b", "a"), ("", "a")))
    return tuple(draw_finding(draw, asset, check, locus) for locus in loci)


def draw_finding(draw: Callable[..., int], asset: Asset, check: Toy, locus: str) -> Finding:
    outcome = pick(draw, (Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL, Outcome.NOT_APPLICABLE, Outcome.PASS))
    if outcome is Outcome.UNKNOWN:
        return unseen(asset, check, locus)
    return seen(asset, check, locus, outcome, at=AS_OF - HOUR * pick(draw, NOW_AGES), basis=draw_basis(draw))


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


def draw_basis(draw: Callable[..., int]) -> Basis:
    return pick(draw, (Basis.OBSERVED, Basis.OBSERVED, Basis.OBSERVED, Basis.IMPORTED, Basis.DECLARED))


def draw_carried(draw: Callable[..., int], names: tuple[str, ...], checks: tuple[Toy, ...]) -> Carried:
    check = pick(draw, checks)
    return Carried(
        asset=pick(draw, names),
        check=check.id,
        locus=pick(draw, LOCI),
        outcome=pick(draw, (Outcome.FAIL, Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE, Outcome.UNKNOWN)),
        observed_at=AS_OF - HOUR * pick(draw, OLD_AGES),
        summary="earlier",
        basis=draw_basis(draw),
    )


def draw_waiver(draw: Callable[..., int], n: int, names: tuple[str, ...], checks: tuple[Toy, ...]) -> Waiver:
    return Waiver(
        id=f"W-{n}",
        check=pick(draw, checks).id,
        asset=pick(draw, names),
        reason="planned",
        risk_owner="head",
        approved_by="board",
        approved=TODAY + DAY * pick(draw, DAYS),
        expires=TODAY + DAY * pick(draw, DAYS),
    )


def draw_word(draw: Callable[..., int], n: int, names: tuple[str, ...], checks: tuple[Toy, ...]) -> Attestation:
    return Attestation(
        id=f"A-{n}",
        check=pick(draw, checks).id,
        asset=pick(draw, names),
        outcome=pick(draw, (Outcome.PASS, Outcome.PASS, Outcome.FAIL)),
        statement="so it is",
        by="owner",
        made=TODAY + DAY * pick(draw, DAYS),
        expires=TODAY + DAY * pick(draw, DAYS),
    )


def draw_discovery(draw: Callable[..., int]) -> Discovery:
    unclaimed = pick(draw, (0, 0, 0, 1, 10, 11))
    hours = pick(draw, (None, 24, 24, 24, 719, 720, 800, -5))
    return Discovery(unclaimed, None if hours is None else AS_OF - HOUR * hours)
