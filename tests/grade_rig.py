"""Findings, assets and systems that tests of grading grade."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from auditor.grade import Discovery, Held, grade_asset
from auditor.model import Asset, Basis, Finding, Letter, Outcome, Sensitivity, Severity, Standing, System, Tier
from auditor.rubric import read_rubric

RUBRIC = read_rubric()
AS_OF = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PASS, FAIL, UNKNOWN, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
PUBLIC, CONFIDENTIAL = Sensitivity.PUBLIC, Sensitivity.CONFIDENTIAL
F, NG, D, C, B, A, BEST = Letter.F, Letter.NG, Letter.D, Letter.C, Letter.B, Letter.A, Letter.A_PLUS
ALL_TIERS, NIGHTLY = frozenset(Tier), frozenset({Tier.NIGHTLY})
LOOKED = Discovery(0, AS_OF - DAY)


def finding(
    outcome: Outcome,
    severity: Severity = HIGH,
    check: str = "tls-legacy",
    standing: Standing = Standing.NOW,
    basis: Basis = Basis.OBSERVED,
    waiver: str | None = None,
    attestation: str | None = None,
) -> Finding:
    return Finding(
        asset="permits",
        check=check,
        locus="",
        severity=severity,
        tier=Tier.NIGHTLY,
        outcome=outcome,
        summary="",
        basis=basis,
        observed_at=AS_OF,
        standing=standing,
        waiver=waiver,
        attestation=attestation,
    )


def asset(*findings: Finding, data: Sensitivity = PUBLIC, tiers: frozenset[Tier] = ALL_TIERS) -> Held:
    one = Asset(id="permits", kind="web", address="https://permits.example", system="permits", tiers=tiers)
    return grade_asset(one, data, findings, {"tls-legacy": 2, "web-hsts": 1}.__getitem__, RUBRIC)


def system(name: str, data: Sensitivity = PUBLIC, department: str = "parks") -> System:
    return System(id=name, name=name, department=department, owner="it", sensitivity=data)
