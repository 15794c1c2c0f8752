"""Hypothesis invents reports whose every text is hostile, and whose shape is that of real ones."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from auditor.check import CRITICAL, HIGH, LOW, MEDIUM, Check, check, failed
from auditor.facts import Facts
from auditor.model import (
    Asset,
    Attestation,
    Basis,
    CityGrade,
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
    Severity,
    Standing,
    Step,
    StepKind,
    System,
    Tier,
    Verdict,
    Waiver,
)

# Reports are small as they are drawn; to shrink one further takes minutes.
DRAWN = settings(
    phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    " \t=cmd|' /C calc'!A0",
    "\uff1dHYPERLINK(1)",
    "\u3000\uff20x",
    '"=1"',
    "'=1",
    "a;=1+1",
    'a; "-2',
    "a;'b",
    "a,b\r\n=c",
    "\x1b[31mred",
    "\u202eevil",
    "zero\u200bwidth",
    "@mayor see #12, GH-7, elm/site#3 and !4",
    "www.evil.example or https://evil.example/?a=1&b=2 or x@evil.example",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1)) ![i](https://evil.example/i)",
    "`` ` code ` ``",
    "a|b\\|c",
    "\n/close\n/assign @me",
    "```\n# head\n",
    "-->",
    "$(reboot) `reboot` ; reboot",
    "Straße 北京",
    "x" * 400,
    "`" * 300,
    " ",
)
TEXTS = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=12)
NAMES = TEXTS.map(lambda text: f"n{text}") | st.sampled_from(("site/www", "desk/form", "a.b_c-d"))
TIMES = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
LETTERS = st.sampled_from(Letter)
NUMBERS = st.integers(0, 99)
NOW = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


def toy(name: str, severity: Severity) -> Check[Facts]:
    @check(name, reads=Facts, severity=severity, effort=2, controls=("RFC 8996", "NIST SP 800-52r2 3.1"))
    def judge(facts: Facts) -> Verdict:
        """The endpoint does *not* do what it should.

        Why: Somebody <could> read along, see `"Principal": "*"`.
        Fix: Type `toy set --on | more`, then restart_the_service.
        """
        return failed("it does not")

    return judge


CHECKS = {
    made.id: made for made in (toy("toy-a", CRITICAL), toy("toy-b", HIGH), toy("toy-c", MEDIUM), toy("toy-d-e", LOW))
}


@st.composite
def reports(draw: st.DrawFn) -> Report:
    systems = tuple(draw(st.lists(a_system(), max_size=3, unique_by=lambda system: system.id)))
    homes = st.sampled_from([system.id for system in systems]) if systems else st.just("")
    assets = tuple(draw(st.lists(an_asset(homes), max_size=3, unique_by=lambda asset: asset.id)))
    waivers = tuple(draw(st.lists(a_waiver(assets), max_size=3))) if assets else ()
    words = tuple(draw(st.lists(an_attestation(assets), max_size=2))) if assets else ()
    named = st.none() | (st.sampled_from([waiver.id for waiver in waivers]) if waivers else st.none())
    findings = (
        draw(st.lists(a_finding(assets, named), max_size=8, unique_by=lambda finding: finding.key)) if assets else []
    )
    departments = tuple(Department(id=name, name=draw(TEXTS)) for name in ("it", "water"))
    whole = draw(st.booleans())
    steps = st.lists(
        st.sampled_from([Step(StepKind.FIX, *finding.key) for finding in findings])
        if findings
        else st.builds(Step, st.sampled_from([kind for kind in StepKind if kind is not StepKind.FIX]), NAMES),
        max_size=4,
    ).map(tuple)
    return Report(
        run=draw(a_run()),
        organisation=draw(TEXTS) if whole else None,
        timezone="America/New_York",
        systems=systems,
        assets=assets,
        findings=tuple(sorted(findings, key=lambda finding: finding.key)),
        asset_grades=tuple(draw(a_grade(asset.id, steps)) for asset in assets),
        system_grades=tuple(draw(a_grade(system.id, steps)) for system in systems),
        department_grades=tuple(draw(a_grade(name, steps)) for name in ("", "it")) if whole else (),
        city=draw(a_city(steps)) if whole else None,
        not_asked=tuple((asset.id, "toy-d-e") for asset in assets),
        found=tuple(draw(st.lists(an_asset(st.just("")), max_size=2))),
        discovered_at=draw(st.none() | TIMES),
        departments=departments,
        waivers=waivers,
        attestations=words,
        expired_waivers=tuple(waiver.id for waiver in waivers[:1]),
        expired_attestations=tuple(word.id for word in words[:1]),
        expiring=tuple(
            draw(st.lists(st.builds(Expiring, what=NAMES, subject=NAMES, locus=TEXTS, at=TIMES), max_size=2))
        ),
        plugins=("toy 1",),
    )


def a_run() -> st.SearchStrategy[RunInfo]:
    return st.builds(
        RunInfo,
        id=st.just("20260601T020000Z-4f1d0a"),
        started=TIMES,
        finished=TIMES,
        tool=st.just("0.1.0"),
        rubric=st.just("1"),
        complete=st.booleans(),
        as_of=st.just(NOW),
        inventory=st.sampled_from(("", "0f" * 32)),
    )


def a_system() -> st.SearchStrategy[System]:
    return st.builds(
        System,
        id=NAMES,
        name=TEXTS,
        department=st.sampled_from(("", "it", "water", "gone")),
        owner=TEXTS,
        sensitivity=st.sampled_from(Sensitivity),
        data_classes=st.just(("contact", "payment")),
    )


def an_asset(systems: st.SearchStrategy[str]) -> st.SearchStrategy[Asset]:
    return st.builds(
        Asset,
        id=NAMES,
        kind=st.sampled_from(("web", "server", "bucket", "siren")),
        address=NAMES,
        system=systems,
        tiers=st.frozensets(st.sampled_from(Tier), min_size=1),
        sensitivity=st.none() | st.sampled_from(Sensitivity),
        intended_public=st.booleans(),
        credential=st.just("SECRET-NAME"),
        host_key=st.just("SHA256:secret"),
    )


@st.composite
def a_finding(draw: st.DrawFn, assets: tuple[Asset, ...], waivers: st.SearchStrategy[str | None]) -> Finding:
    made = CHECKS[draw(st.sampled_from(sorted(CHECKS)))]
    outcome = draw(st.sampled_from(Outcome))
    may_be_waived = outcome in (Outcome.FAIL, Outcome.UNKNOWN)
    return Finding(
        asset=draw(st.sampled_from(assets)).id,
        check=made.id,
        locus=draw(TEXTS),
        severity=made.severity,
        tier=made.tier,
        outcome=outcome,
        summary=draw(TEXTS),
        basis=draw(st.sampled_from(Basis)),
        reason=draw(st.sampled_from(Reason)).word if outcome is Outcome.UNKNOWN else None,
        evidence=tuple(draw(st.lists(st.builds(Evidence, TEXTS, TEXTS, TEXTS), max_size=3))),
        observed_at=draw(st.none() | TIMES),
        standing=draw(st.sampled_from(Standing)),
        waiver=draw(waivers) if may_be_waived else None,
        attestation=draw(st.none() | NAMES),
        flapping=draw(st.booleans()),
    )


def a_grade(name: str, steps: st.SearchStrategy[tuple[Step, ...]]) -> st.SearchStrategy[Grade]:
    return st.builds(
        Grade,
        id=st.just(name),
        letters=st.builds(Letters, LETTERS, LETTERS, LETTERS),
        counts=st.builds(lambda asked, rest: Counts(asked + rest, asked, rest, 1, 2, 3, rest), NUMBERS, NUMBERS),
        held_by=steps,
        next=st.none() | st.builds(NextLetter, LETTERS, steps),
    )


def a_city(steps: st.SearchStrategy[tuple[Step, ...]]) -> st.SearchStrategy[CityGrade]:
    return st.builds(
        CityGrade,
        grade=a_grade("Elm", steps),
        distribution=st.just(tuple((letter, 1) for letter in sorted(Letter, reverse=True))),
        sensitive_at_b=NUMBERS,
        sensitive_systems=NUMBERS,
        found_unclaimed=NUMBERS,
        caps=st.lists(TEXTS, max_size=2).map(tuple),
    )


def a_waiver(assets: tuple[Asset, ...]) -> st.SearchStrategy[Waiver]:
    return st.builds(
        Waiver,
        id=NAMES,
        check=st.sampled_from(sorted(CHECKS)),
        asset=st.sampled_from([asset.id for asset in assets]),
        reason=NAMES,
        risk_owner=NAMES,
        approved_by=NAMES,
        approved=DAYS,
        expires=DAYS,
    )


def an_attestation(assets: tuple[Asset, ...]) -> st.SearchStrategy[Attestation]:
    return st.builds(
        Attestation,
        id=NAMES,
        check=st.sampled_from(sorted(CHECKS)),
        asset=st.sampled_from([asset.id for asset in assets]),
        outcome=st.sampled_from((Outcome.PASS, Outcome.FAIL)),
        statement=NAMES,
        by=NAMES,
        made=DAYS,
        expires=DAYS,
    )
