"""Runs and states that gates are asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from auditor.model import Outcome
from auditor.past import KeptRun

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
AS_OF = datetime(2026, 6, 15, tzinfo=UTC)


def kept(name: str = "after", as_of: datetime = AS_OF) -> KeptRun:
    return KeptRun(
        id=name,
        started=as_of,
        finished=as_of,
        as_of=as_of,
        complete=True,
        whole=True,
        tool="1",
        rubric="1",
        inventory="i",
        method="m",
    )


BEFORE, AFTER = kept("before", AS_OF - timedelta(days=1)), kept()
