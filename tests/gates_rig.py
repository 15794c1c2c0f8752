"""Runs and states that gates are asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from auditor.model import Outcome
from tests.kept_runs import kept

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
AS_OF = datetime(2026, 6, 15, tzinfo=UTC)


BEFORE, AFTER = kept("before", AS_OF - timedelta(days=1)), kept("after", AS_OF)
