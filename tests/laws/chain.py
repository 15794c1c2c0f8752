"""A whole city as one value, and the chain from its findings to its letters. Knows nothing of how cities are made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis.vendor.pretty import RepresentationPrinter

from auditor.codec import canonical
from auditor.grade import Discovery, Held, grade_asset, grade_city, grade_department, grade_system
from auditor.history import History
from auditor.judge import sensitivity_of
from auditor.model import (
    Asset,
    Attestation,
    Carried,
    CityGrade,
    Finding,
    Grade,
    Outcome,
    Reason,
    Severity,
    System,
    Tier,
    Waiver,
)
from auditor.rubric import Rubric, read_rubric
from auditor.standing import Rule, Settlement, accountable
from auditor.waive import attest, waive

ZONE = ZoneInfo("America/Los_Angeles")
RUBRIC = read_rubric()
NEVER_LOOKED = Discovery()


@dataclass(frozen=True, slots=True, kw_only=True)
class Toy:
    """An installed check, as grading sees it."""

    id: str
    severity: Severity
    tier: Tier = Tier.NIGHTLY
    effort: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class City:
    """All that a grade is made of. `now`: what judging said of the inventory's assets today."""

    as_of: datetime
    checks: tuple[Toy, ...]
    systems: tuple[System, ...] = ()
    assets: tuple[Asset, ...] = ()
    before: tuple[Asset, ...] = ()
    retired: frozenset[str] = frozenset()
    now: tuple[Finding, ...] = ()
    carried: tuple[Carried, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    discovery: Discovery = NEVER_LOOKED
    rubric: Rubric = RUBRIC

    def __repr__(self) -> str:
        """Short enough that a law which fails can be read."""

        def when(at: datetime | None) -> str:
            return "never" if at is None else f"{(self.as_of - at).total_seconds() / 3600:g}h ago"

        systems = [(s.id, s.department, s.sensitivity.word) for s in self.systems]
        assets = [
            (a.id, a.system, sorted(tier.value for tier in a.tiers), a.sensitivity, a.formerly)
            for a in (*self.assets, *self.before)
        ]
        now = [(*f.key, f.outcome.value, f.basis.value, when(f.observed_at)) for f in self.now]
        carried = [
            (c.asset, c.check, c.locus, c.outcome.value, c.basis.value, when(c.observed_at)) for c in self.carried
        ]
        words = [(w.asset, w.check, w.outcome.value, f"{w.made}..{w.expires}") for w in self.attestations]
        waivers = [(w.asset, w.check, f"{w.approved}..{w.expires}") for w in self.waivers]
        rows = {
            "checks": [(c.id, c.severity.word, c.tier.value) for c in self.checks],
            "systems": systems,
            "assets": assets,
            "lost": [a.id for a in self.before],
            "retired": sorted(self.retired),
            "now": now,
            "carried": carried,
            "words": words,
            "waivers": waivers,
            "discovery": (self.discovery.unclaimed, when(self.discovery.at)),
        }
        return "\n".join(["City", *(f"  {name}: {row}" for name, row in rows.items())])

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:
        """Hypothesis asks for this, and would print every field of every finding otherwise."""
        printer.text(repr(self))


@dataclass(frozen=True, slots=True)
class Graded:
    """Every level of one city, and the findings that the letters rest on."""

    findings: tuple[Finding, ...]
    assets: dict[str, Held]
    systems: dict[str, Held]
    departments: dict[str, Held]
    city: CityGrade

    def to_bytes(self) -> bytes:
        """What must be equal wherever and in whatever order it was computed."""
        levels = [
            [canonical(laid_out(held.grade)).decode() for _, held in sorted(level.items())]
            for level in (self.assets, self.systems, self.departments)
        ]
        findings = sorted(canonical(finding).decode() for finding in self.findings)
        city = replace(self.city, grade=laid_out(self.city.grade))
        return canonical([findings, *levels, canonical(city).decode()])


def laid_out(grade: Grade) -> Grade:
    """With the steps that it makes as they are read."""
    further = grade.next and replace(grade.next, steps=tuple(grade.next.steps))
    return replace(grade, held_by=tuple(grade.held_by), next=further)


def all_assets(city: City) -> tuple[Asset, ...]:
    return accountable(city.assets, city.before, city.retired)


def judged(city: City, asset: Asset) -> tuple[Finding, ...]:
    """What judging said of an asset; of one that vanished from the inventory, that nothing was seen."""
    if asset.id in {known.id for known in city.assets}:
        return tuple(finding for finding in city.now if finding.asset == asset.id)
    return tuple(unseen(asset, check) for check in city.checks if check.tier in asset.tiers)


def unseen(asset: Asset, check: Toy, locus: str = "") -> Finding:
    return Finding(
        asset=asset.id,
        check=check.id,
        locus=locus,
        severity=check.severity,
        tier=check.tier,
        outcome=Outcome.UNKNOWN,
        summary="",
        reason=Reason.TIMEOUT.word,
    )


def history_of(city: City) -> History:
    return History(city.carried, all_assets(city), city.as_of)


def settled(city: City) -> dict[str, tuple[Finding, ...]]:
    """By asset: what counts at the as-of instant, with words and waivers laid over it."""
    rules = {check.id: Rule(check.severity, check.tier) for check in city.checks}
    settlement = Settlement(rules, history_of(city), city.rubric, city.as_of)
    return {
        asset.id: waive(
            attest(settlement.settle(asset, judged(city, asset)), city.attestations, ZONE, city.as_of),
            city.waivers,
            ZONE,
            city.as_of,
        )
        for asset in all_assets(city)
    }


def grade(city: City) -> Graded:
    effort = {check.id: check.effort for check in city.checks}
    by_id = {system.id: system for system in city.systems}
    findings = settled(city)
    assets = {
        asset.id: grade_asset(
            asset, sensitivity_of(asset, by_id[asset.system]), findings[asset.id], effort.__getitem__, city.rubric
        )
        for asset in all_assets(city)
    }
    homes = {asset.id: asset.system for asset in all_assets(city)}
    systems = {
        system.id: grade_system(system, [assets[asset] for asset, home in homes.items() if home == system.id])
        for system in city.systems
    }
    departments = {
        department: grade_department(
            department, [systems[system.id] for system in city.systems if system.department == department]
        )
        for department in {system.department for system in city.systems}
    }
    whole = grade_city(
        "city", [(system, systems[system.id]) for system in city.systems], city.discovery, city.rubric, city.as_of
    )
    return Graded(sum(findings.values(), ()), assets, systems, departments, whole)
