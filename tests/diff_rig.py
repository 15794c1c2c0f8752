"""Runs, states and moves that tests of what changed compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from auditor.diff import Diff, diff
from auditor.model import Basis, Expiring, Outcome, Reason, Severity, Standing
from auditor.past import KeptRun, Move, State
from tests.kept_runs import kept

PASS, FAIL, UNKNOWN, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
NOW, STALE, ATTESTED = Standing.NOW, Standing.STALE, Standing.ATTESTED
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AS_OF = datetime(2026, 6, 15, 7, 10, tzinfo=UTC)


def run(name: str = "after", as_of: datetime = AS_OF, *, whole: bool = True) -> KeptRun:
    return kept(name, as_of, started=as_of - HOUR, whole=whole)


def state(
    outcome: Outcome,
    standing: Standing = NOW,
    basis: Basis = Basis.OBSERVED,
    waiver: str | None = None,
    reason: str | None = None,
    *,
    flapping: bool = False,
) -> State:
    return State(
        outcome=outcome,
        severity=Severity.HIGH,
        standing=standing,
        basis=basis,
        summary="as seen",
        reason=reason or (Reason.TIMEOUT.word if outcome is UNKNOWN else None),
        waiver=waiver,
        flapping=flapping,
    )


BEFORE, AFTER = run("before", AS_OF - DAY), run()
PASSES, FAILS, BLIND = state(PASS), state(FAIL), state(UNKNOWN)
WAIVED, FLAPS = state(FAIL, waiver="W-1"), state(FAIL, flapping=True)
KEY = ("permits/portal", "tls-legacy", "192.0.2.1:443")


def of(*moves: Move, before: KeptRun | None = BEFORE, after: KeptRun = AFTER) -> Diff:
    return diff(before, after, moves, (), ())


def certificate(at: datetime, name: str = "permits/portal") -> Expiring:
    return Expiring(what="certificate", subject=name, locus="", at=at)
