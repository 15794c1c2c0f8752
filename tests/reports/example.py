"""A small town made by hand, for tests that say what stands where: one failure at two places, one silent host."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from auditor.model import (
    Alone,
    Asset,
    Attestation,
    Counts,
    Department,
    Evidence,
    Expiring,
    Finding,
    Grade,
    Letter,
    Letters,
    NextLetter,
    Outcome,
    Reason,
    Report,
    RunInfo,
    Sensitivity,
    Standing,
    Step,
    StepKind,
    System,
    Tier,
    Waiver,
)
from tests.reports.drawn import CHECKS

NOW = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
LAST_WEEK = datetime(2026, 5, 25, 2, 0, tzinfo=UTC)


def finding(asset: str, check: str, locus: str = "", outcome: Outcome = Outcome.FAIL) -> Finding:
    """What one toy check says; an UNKNOWN got no answer in time."""
    made = CHECKS[check]
    return Finding(
        asset=asset,
        check=check,
        locus=locus,
        severity=made.severity,
        tier=made.tier,
        outcome=outcome,
        summary="no answer came in time" if outcome is Outcome.UNKNOWN else f"it says {outcome}",
        reason=Reason.TIMEOUT.word if outcome is Outcome.UNKNOWN else None,
        evidence=() if outcome is Outcome.UNKNOWN else (Evidence("header X-Toy", "off", "on"),),
        observed_at=None if outcome is Outcome.UNKNOWN else NOW,
    )


def step(found: Finding) -> Step:
    return Step(StepKind.FIX, *found.key)


def graded(name: str, letter: Letter, *holding: Finding, following: NextLetter | None = None) -> Grade:
    return Grade(
        name,
        Letters(letter, Letter.F, letter),
        Counts(asked=23, answered=22, unknown=1, failed=2),
        tuple(map(step, holding)),
        following,
        tuple(Alone(check, letter) for check in sorted({found.check for found in holding})),
    )


FORM_1 = finding("desk/form", "toy-c", "192.0.2.1:443")
FORM_2 = finding("desk/form", "toy-c", "192.0.2.2:443")
FORM_GRAVE = finding("desk/form", "toy-b", "192.0.2.1:443", Outcome.PASS)
SILENT = tuple(finding("site/www", check, outcome=Outcome.UNKNOWN) for check in ("toy-a", "toy-b"))
TO_B = NextLetter(Letter.B, (step(FORM_1), step(FORM_2)))

TOWN = Report(
    run=RunInfo(
        id="20260601T020000Z-4f1d0a",
        started=NOW,
        finished=NOW,
        tool="0.1.0",
        rubric="1",
        complete=False,
        as_of=NOW,
        inventory="0f" * 32,
    ),
    organisation="Town of Elm",
    timezone="America/New_York",
    systems=(
        System(id="site", name="Town site", department="it", owner="web team", sensitivity=Sensitivity.PUBLIC),
        System(
            id="desk",
            name="Help desk",
            department="it",
            owner="desk team",
            sensitivity=Sensitivity.CONFIDENTIAL,
            data_classes=("contact", "payment"),
        ),
    ),
    assets=(
        Asset(id="desk/form", kind="web", address="https://desk.elm.example/", system="desk"),
        Asset(
            id="site/www",
            kind="web",
            address="https://www.elm.example/",
            system="site",
            tiers=frozenset({Tier.NIGHTLY, Tier.ONLINE}),
            credential="www-reader",
        ),
    ),
    findings=tuple(sorted((FORM_GRAVE, FORM_1, FORM_2, *SILENT), key=lambda found: found.key)),
    asset_grades=(
        graded("desk/form", Letter.C, FORM_1, FORM_2, following=TO_B),
        graded("site/www", Letter.NG, *SILENT),
    ),
    system_grades=(
        graded("site", Letter.NG, *SILENT, following=NextLetter(Letter.D, (step(SILENT[0]),))),
        graded("desk", Letter.C, FORM_1, FORM_2, following=TO_B),
    ),
    department_grades=(graded("it", Letter.NG, *SILENT),),
    not_asked=(("desk/form", "toy-d-e"),),
    departments=(Department(id="it", name="Computing"),),
    waivers=(
        Waiver(
            id="W-7",
            check="toy-c",
            asset="desk/form",
            reason="soon gone",
            risk_owner="Clerk",
            approved_by="CIO",
            approved=date(2026, 1, 1),
            expires=date(2026, 5, 31),
        ),
    ),
    expired_waivers=("W-7",),
    attestations=(
        Attestation(
            id="A-1",
            check="toy-a",
            asset="site/www",
            outcome=Outcome.PASS,
            statement="it does",
            by="web team",
            made=date(2026, 1, 1),
            expires=date(2027, 1, 1),
        ),
    ),
    expiring=(Expiring(what="attestation", subject="A-1", locus="", at=datetime(2027, 1, 2, 5, tzinfo=UTC)),),
    plugins=("toy 1",),
)


def with_findings(*findings: Finding) -> Report:
    """The town with these findings and no others."""
    return replace(TOWN, findings=tuple(sorted(findings, key=lambda found: found.key)))


def waived(found: Finding) -> Finding:
    return replace(found, waiver="W-7")


def stale(found: Finding) -> Finding:
    return replace(found, standing=Standing.STALE, observed_at=LAST_WEEK)
