"""What was found: a verdict, where, and when."""

from __future__ import annotations

import re
from datetime import datetime

from auditor.model.words import Basis, Outcome, Severity, Standing, Tier
from auditor.records import dataclass

SAYS_TWICE = re.compile(r"(?P<said>.+) \((?P=said)\)")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One row that somebody else can check again: where we looked, what was there, what was wanted."""

    looked_at: str
    seen: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check concludes from one facts value. Made by `check.passed`, `failed` and `not_applicable`."""

    outcome: Outcome
    summary: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict pinned down: one per (asset, check, locus). That triple is its fingerprint."""

    asset: str
    check: str
    locus: str
    severity: Severity
    tier: Tier
    outcome: Outcome
    summary: str
    basis: Basis = Basis.OBSERVED
    reason: str | None = None  # a Reason's word, for UNKNOWN only
    evidence: tuple[Evidence, ...] = ()
    observed_at: datetime | None = None  # None: nothing was ever seen
    standing: Standing = Standing.NOW
    waiver: str | None = None
    attestation: str | None = None  # backs a stale PASS, or answers an UNKNOWN
    flapping: bool = False  # seen both ways when it was looked at a second time; the worse counts

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.asset, self.check, self.locus)

    @property
    def summary_here(self) -> str:
        """The summary for who reads it beside the place: relieved of that place, and of saying itself in brackets."""
        if not self.locus:
            return self.summary
        said = self.summary.replace(f" ({self.locus})", "")
        said = said.replace(f"({self.locus}: ", "(").replace(f": {self.locus} (", " (")
        found = SAYS_TWICE.fullmatch(said)
        return found["said"] if found else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """An earlier outcome that a grade may rely on, judged by today's checks from facts of that day."""

    asset: str
    check: str
    locus: str
    outcome: Outcome  # UNKNOWN: it was asked for then, in vain
    observed_at: datetime
    summary: str = ""
    evidence: tuple[Evidence, ...] = ()
    basis: Basis = Basis.OBSERVED
    severity: Severity | None = None  # today's check knows it; kept for a check that is no longer asked
    tier: Tier | None = None
    run: str = ""  # the run that saw it
    digest: str = ""  # SHA-256 of what that run saw of the asset
