"""Reports made by hand for the pages: a small town with one of everything, large cities, and hostile values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from auditor.alone import with_alone
from auditor.check import Check
from auditor.facts import Facts
from auditor.grade import Discovery, grade_asset, grade_city, grade_department, grade_system
from auditor.judge import sensitivity_of
from auditor.model import (
    Asset,
    Attestation,
    Basis,
    Department,
    Evidence,
    Expiring,
    Finding,
    Letter,
    Letters,
    Outcome,
    Reason,
    Report,
    RunInfo,
    Sensitivity,
    Severity,
    Standing,
    System,
    Tier,
    Verdict,
    Waiver,
)
from auditor.past import Key, Point, Trend
from auditor.reports.html import Scorecard
from auditor.rubric import read_rubric

NOW = datetime(2026, 3, 2, 9, 10, tzinfo=UTC)
DAY = timedelta(days=1)
NO_PAST = Trend(runs=(), city=(), departments={}, systems={}, sensitive=())
RUN = RunInfo(
    id="20260302T091000Z-a1b2c3",
    started=NOW - timedelta(minutes=9),
    finished=NOW,
    tool="0.1.0",
    rubric="2026.1",
    complete=False,
    as_of=NOW,
    inventory="9f" * 32,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing(Facts):
    pass


def toy_check(name: str, severity: Severity = Severity.HIGH, *, title: str = "", text: str = "") -> Check[Any]:
    def judge(facts: Nothing) -> Verdict:
        raise NotImplementedError

    why, fix = text or "Anybody on the way can read it.", text or "Turn it on with `enable tls`, then restart."
    judge.__doc__ = f"{title or f'The fault {name} is there.'}\n\nWhy: {why}\nFix: {fix}\n"
    return Check(
        id=name, reads=Nothing, severity=severity, tier=Tier.NIGHTLY, effort=2, controls=("RFC 8996",), judge=judge
    )


def finding(asset: str, check: Check[Any], outcome: Outcome = Outcome.PASS, **more: Any) -> Finding:
    given: dict[str, Any] = {
        "locus": "192.0.2.1:443",
        "summary": "the connection was refused" if outcome is Outcome.UNKNOWN else "It was looked at.",
        "reason": Reason.REFUSED.word if outcome is Outcome.UNKNOWN else None,
        "evidence": (Evidence("a TLS 1.0 hello", "accepted", "refused"),) if outcome is Outcome.FAIL else (),
        "observed_at": None if outcome is Outcome.UNKNOWN else NOW,
        **more,
    }
    return Finding(asset=asset, check=check.id, severity=check.severity, tier=check.tier, outcome=outcome, **given)


def report_of(
    systems: Sequence[System],
    assets: Sequence[Asset],
    findings: Sequence[Finding],
    *,
    whole: bool = True,
    **more: Any,
) -> Report:
    """Graded by the real grading."""
    rubric = read_rubric()
    homes = {system.id: system for system in systems}
    by_asset: dict[str, list[Finding]] = {asset.id: [] for asset in assets}
    for one in findings:
        by_asset[one.asset].append(one)
    held = {
        asset.id: grade_asset(
            asset, sensitivity_of(asset, homes.get(asset.system)), by_asset[asset.id], lambda _: 2, rubric
        )
        for asset in assets
    }
    by_system: dict[str, list[Asset]] = {system.id: [] for system in systems}
    for asset in assets:
        by_system.setdefault(asset.system, []).append(asset)
    graded = [(system, grade_system(system, [held[a.id] for a in by_system[system.id]])) for system in systems]
    names = sorted({system.department for system in systems})
    given: dict[str, Any] = {
        "run": RUN,
        "organisation": "City of Elm",
        "timezone": "America/Chicago",
        "department_grades": tuple(
            grade_department(name, [grade for system, grade in graded if system.department == name]).grade
            for name in names
            if whole
        ),
        "city": grade_city("City of Elm", graded, Discovery(1, NOW), rubric, NOW) if whole else None,
        **more,
    }
    return Report(
        systems=tuple(systems),
        assets=tuple(assets),
        findings=tuple(sorted(findings, key=lambda one: one.key)),
        asset_grades=tuple(with_alone(held[asset.id]) for asset in assets),
        system_grades=tuple(with_alone(grade) for _, grade in graded),
        **given,
    )


def card_of(
    report: Report,
    checks: Sequence[Check[Any]],
    trend: Trend = NO_PAST,
    since: Callable[[Key], datetime | None] = lambda key: None,
    judged_by: str = "",
) -> Scorecard:
    return Scorecard(
        report=report, trend=trend, checks={check.id: check for check in checks}, since=since, judged_by=judged_by
    )


def system(key: str = "permits", **more: Any) -> System:
    given = {"name": key.capitalize(), "department": "works", "owner": "desk", "sensitivity": Sensitivity.CONFIDENTIAL}
    return System(id=key, **{**given, **more})


def asset(key: str = "permits/portal", **more: Any) -> Asset:
    given = {"kind": "web", "address": f"https://{key.partition('/')[2]}.elm.example/", "system": key.partition("/")[0]}
    return Asset(id=key, **{**given, **more})


def letters(measured: Letter) -> Letters:
    return Letters(measured, measured, measured)


OLD_TLS = toy_check("tls-legacy-version", title="Endpoint accepts a TLS version older than 1.2.")
NO_HSTS = toy_check("web-hsts-missing", Severity.MEDIUM, title="Browsers are not told to use HTTPS always (HSTS).")
EXPIRED = toy_check("certificate-expired", Severity.CRITICAL, title="Certificate is outside its validity period.")
CHECKS = (OLD_TLS, NO_HSTS, EXPIRED)


def town() -> Scorecard:
    """One of everything: failed, unseen, stale, attested, waived, flapping, found, over, about to end, and a past."""
    systems = (
        system(),
        system("library", department="parks", sensitivity=Sensitivity.INTERNAL),
        system("dispatch", department="safety", sensitivity=Sensitivity.RESTRICTED),
        system("empty", department="parks"),
    )
    assets = (asset(), asset("permits/api"), asset("library/catalogue"), asset("dispatch/console"))
    findings = (
        finding("permits/portal", OLD_TLS, Outcome.FAIL, waiver="W-1"),
        finding("permits/portal", NO_HSTS, Outcome.FAIL, flapping=True),
        finding("permits/portal", EXPIRED),
        finding("permits/api", OLD_TLS, Outcome.FAIL, standing=Standing.STALE, observed_at=NOW - 3 * DAY),
        finding("permits/api", NO_HSTS, Outcome.NOT_APPLICABLE, summary="there is no page"),
        finding("permits/api", EXPIRED, standing=Standing.STALE, observed_at=NOW - 3 * DAY),
        finding("library/catalogue", OLD_TLS),
        finding("library/catalogue", NO_HSTS, Outcome.UNKNOWN),
        finding(
            "library/catalogue", EXPIRED, standing=Standing.ATTESTED, basis=Basis.DECLARED, attestation="A-1", locus=""
        ),
        *(finding("dispatch/console", check, Outcome.UNKNOWN) for check in CHECKS),
    )
    report = report_of(
        systems,
        assets,
        findings,
        departments=(Department(id="works", name="Public Works"), Department(id="parks", name="Parks")),
        not_asked=(("permits/portal", "tls-heartbleed"),),
        found=(Asset(id="found/one", kind="bucket", address="s3://elm-stray", system=""),),
        waivers=(_waiver("W-1", date(2027, 1, 1)), _waiver("W-0", date(2026, 1, 1))),
        expired_waivers=("W-0", "W-gone"),
        attestations=(
            Attestation(
                id="A-1",
                check=EXPIRED.id,
                asset="library/catalogue",
                outcome=Outcome.PASS,
                statement="Renewed last week.",
                by="Librarian",
                made=date(2026, 2, 1),
                expires=date(2026, 6, 1),
            ),
        ),
        expired_attestations=("A-0",),
        expiring=(
            Expiring(what="certificate", subject="permits/portal", locus="192.0.2.1:443", at=NOW + 3 * DAY),
            Expiring(what="waiver", subject="W-1", locus="", at=NOW),
        ),
        plugins=("elm-checks 1.0",),
    )
    past = (100, 60, 40, 3)
    trend = Trend(
        runs=(),
        city=tuple(
            Point(f"r{n}", NOW - days * DAY, letters(letter))
            for n, (days, letter) in enumerate(zip(past, (Letter.F, Letter.C, Letter.B, Letter.D), strict=True))
        ),
        departments={},
        systems={
            "permits": (Point("r0", NOW - 100 * DAY, letters(Letter.B)), Point("r3", NOW - 3 * DAY, letters(Letter.D))),
            "library": (
                Point("r0", NOW - 100 * DAY, letters(Letter.D)),
                Point("r1", NOW - 60 * DAY, letters(Letter.B)),
            ),
        },
        sensitive=tuple((NOW - days * DAY, n, 3) for n, days in enumerate(past)),
    )
    return card_of(report, CHECKS, trend, lambda key: NOW - 3 * DAY, "Judged again by version 0.2.0.")


def _waiver(key: str, expires: date) -> Waiver:
    return Waiver(
        id=key,
        check=OLD_TLS.id,
        asset="permits/portal",
        reason="Old scanners speak nothing newer.",
        risk_owner="Works Director",
        approved_by="CIO",
        approved=date(2025, 1, 1),
        expires=expires,
    )


def large(systems: int, assets: int, checks: int, *, failing: int = 7) -> Scorecard:
    """Every `failing`-th finding fails, another is unknown; `assets` in each system."""
    rules = tuple(toy_check(f"toy-check-{n}", list(Severity)[n % 4]) for n in range(checks))
    homes = [system(f"system-{n}", name=f"System number {n}", department=f"d{n % 12}") for n in range(systems)]
    things = [asset(f"{home.id}/asset-{n}", system=home.id) for home in homes for n in range(assets)]
    outcomes = {0: Outcome.FAIL, 1: Outcome.UNKNOWN}
    findings = [
        finding(thing.id, rule, outcomes.get((n * 31 + m) % failing, Outcome.PASS))
        for n, thing in enumerate(things)
        for m, rule in enumerate(rules)
    ]
    return card_of(report_of(homes, things, findings), rules, since=lambda key: NOW - DAY)


def with_text(card: Scorecard, text: str) -> Scorecard:
    """The same scorecard with `text` wherever the city, a target or a plug-in may write."""
    report = card.report
    evidence = (Evidence(text, text, text),) * 8

    def changed(one: Finding) -> Finding:
        return replace(one, summary=text, locus=text, evidence=evidence if one.evidence else ())

    return replace(
        card,
        judged_by=text,
        checks={
            name: toy_check(name, check.severity, title=text.replace("\n", " ").strip() or "x", text=text)
            for name, check in card.checks.items()
        },
        report=replace(
            report,
            organisation=text,
            systems=tuple(replace(one, name=text, owner=text, hosting=text, exposure=text) for one in report.systems),
            assets=tuple(replace(one, address=text, kind=text) for one in report.assets),
            findings=tuple(map(changed, report.findings)),
            departments=tuple(replace(one, name=text) for one in report.departments),
            found=tuple(replace(one, address=text) for one in report.found),
            waivers=tuple(replace(one, reason=text, risk_owner=text, approved_by=text) for one in report.waivers),
            attestations=tuple(replace(one, statement=text, by=text) for one in report.attestations),
            expiring=tuple(replace(one, what=text, locus=text) for one in report.expiring),
            plugins=(text,),
            run=replace(report.run, id=text, tool=text, rubric=text, inventory=text),
        ),
    )
