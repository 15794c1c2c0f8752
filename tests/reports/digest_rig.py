"""Nights, letters and moves that the tests of the digest are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from auditor.diff import Diff, diff
from auditor.model import (
    Asset,
    Basis,
    CityGrade,
    Counts,
    Expiring,
    Grade,
    Letter,
    Letters,
    Outcome,
    Report,
    RunInfo,
    Severity,
    Standing,
)
from auditor.past import LetterMove, Move, State
from auditor.reports.digest import render
from tests.kept_runs import kept

AS_OF = datetime(2026, 6, 15, 7, 10, tzinfo=UTC)
DAY = timedelta(days=1)
A, B, C, D = (Letters(letter, letter, letter) for letter in (Letter.A, Letter.B, Letter.C, Letter.D))
IDS = ("permits/portal", "permits/api", "parks/www", "library/opac", "pay/desk")


BEFORE, AFTER = kept("20260614T071000Z-aaaaaa", AS_OF - DAY), kept("20260615T071000Z-bbbbbb", AS_OF)


def state(
    outcome: Outcome,
    summary: str = "as seen",
    severity: Severity = Severity.HIGH,
    standing: Standing = Standing.NOW,
    waiver: str | None = None,
    *,
    flapping: bool = False,
) -> State:
    return State(
        outcome=outcome,
        severity=severity,
        standing=standing,
        basis=Basis.DECLARED if standing is Standing.ATTESTED else Basis.OBSERVED,
        summary=summary,
        reason="timeout" if outcome is Outcome.UNKNOWN else None,
        waiver=waiver,
        flapping=flapping,
    )


PASSES, FAILS, BLIND = state(Outcome.PASS, "all well"), state(Outcome.FAIL, "accepts TLS 1.0"), state(Outcome.UNKNOWN)
STALE = replace(PASSES, standing=Standing.STALE)


def report(zone: str = "America/Chicago", city: Letters | None = C) -> Report:
    grade = CityGrade(Grade("City of Fernwick", city, Counts()), (), 0, 0, 0) if city else None
    assets = tuple(Asset(id=name, kind="web", address="https://x", system=name.split("/")[0]) for name in IDS)
    counts = (Counts(asked=100, answered=90, failed=7, unknown=10), Counts(asked=12, answered=12))
    return Report(
        run=RunInfo(
            id=AFTER.id, started=AS_OF, finished=AS_OF, tool="1", rubric="1", complete=False, as_of=AS_OF, inventory="i"
        ),
        organisation="City of Fernwick",
        timezone=zone,
        systems=(),
        assets=assets,
        findings=(),
        asset_grades=tuple(Grade(name, C, count) for name, count in zip(IDS, counts, strict=False)),
        system_grades=(),
        city=grade,
    )


def move(was: State | None, now: State | None, asset: str = IDS[0], check: str = "tls-old", locus: str = "") -> Move:
    return Move((asset, check, locus), was, now)


def of(*moves: Move, letters: Sequence[LetterMove] = (), ends: Iterable[Expiring] = ()) -> Diff:
    return diff(BEFORE, AFTER, moves, letters, ends)


def text(
    *moves: Move, letters: Sequence[LetterMove] = (), ends: Iterable[Expiring] = (), gates: Sequence[str] = ()
) -> str:
    return render(of(*moves, letters=letters, ends=ends), report(), gates)


def section(digest: str, heading: str) -> list[str]:
    """The lines below a heading."""
    return next(part.splitlines()[1:] for part in digest.split("\n\n") if part.startswith(heading))


# A whole night

NIGHT = (
    move(PASSES, FAILS, locus="192.0.2.1:443"),
    move(PASSES, FAILS, locus="192.0.2.2:443"),
    move(PASSES, FAILS, "permits/api"),
    move(PASSES, state(Outcome.FAIL, "HSTS for half a year", Severity.LOW), "parks/www", "web-hsts-short"),
    move(None, state(Outcome.FAIL, "a form sends over http", Severity.CRITICAL), "pay/desk", "web-form-http", "/pay"),
    move(replace(FAILS, waiver="W-7"), FAILS, "pay/desk"),
    move(BLIND, replace(FAILS, flapping=True), "pay/desk", "tls-weak"),
    *(move(PASSES, BLIND, "library/opac", f"web-{number}") for number in range(5)),
    move(FAILS, replace(FAILS, standing=Standing.STALE), "library/opac", "tls-weak"),
    move(FAILS, None, "parks/www", "web-gone", "/old"),
    move(FAILS, PASSES, "parks/www"),
    move(STALE, PASSES, "parks/www", "tls-a"),
    move(FAILS, replace(FAILS, waiver="W-8"), "parks/www", "tls-b"),
)
LETTERS = (
    LetterMove(
        "city", "City of Fernwick", Letters(Letter.B, Letter.C, Letter.B), Letters(Letter.C, Letter.D, Letter.B)
    ),
    LetterMove("system", "permits", A, D),
    LetterMove("system", "depot", C, None),
    LetterMove("asset", "permits/portal", A, D),
    LetterMove("asset", "parks/www", B, A),
    LetterMove("asset", "parks/kiosk", None, Letters(Letter.B, Letter.F, Letter.A)),
)
ENDS = (
    Expiring(what="certificate", subject="pay/desk", locus="192.0.2.9:443", at=AS_OF + 13 * DAY + timedelta(hours=20)),
    Expiring(what="waiver", subject="W-7", locus="", at=AS_OF - timedelta(hours=2)),
)
