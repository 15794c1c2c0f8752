"""The nouns of what was kept: earlier runs, what was recorded of each place, and letters over time. Data only."""

from __future__ import annotations

from datetime import datetime

from auditor.model import Basis, Evidence, Finding, Letters, Outcome, Severity, Standing
from auditor.records import dataclass

Key = tuple[str, str, str]  # asset, check, locus


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """One finished run, as the store lists it."""

    id: str
    started: datetime
    finished: datetime
    as_of: datetime
    complete: bool  # everything was seen that was asked
    whole: bool  # asked of the whole inventory: no --only, not interrupted
    tool: str
    rubric: str
    inventory: str  # SHA-256 of its content
    method: str  # SHA-256 over tool, plug-ins and their versions: by what the run was judged


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a run recorded of one (asset, check, locus): its settled finding, without the time of the sight."""

    outcome: Outcome
    severity: Severity
    standing: Standing
    basis: Basis
    summary: str
    reason: str | None = None
    evidence: tuple[Evidence, ...] = ()
    waiver: str | None = None
    attestation: str | None = None
    flapping: bool = False  # seen both ways in one run; `outcome` is the worse

    @property
    def is_open(self) -> bool:
        """A failure that nobody accepted."""
        return self.outcome is Outcome.FAIL and self.waiver is None


@dataclass(frozen=True, slots=True)
class Move:
    """What changed at one place between two runs. None: it was not there (not asked, or gone).

    `held_elsewhere`: it was not there, but its asset's other places were asked the same, and none of them failed.
    """

    key: Key
    before: State | None
    after: State | None
    held_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run noted of one place, because it differed from before. `state` None: the place was gone."""

    run: str
    at: datetime
    state: State | None


@dataclass(frozen=True, slots=True)
class LetterMove:
    """A letter that changed between two runs. `kind`: "city", "department", "system" or "asset"."""

    kind: str
    id: str
    before: Letters | None
    after: Letters | None


@dataclass(frozen=True, slots=True)
class Point:
    """Letters from one run on, until the next point."""

    run: str
    at: datetime
    letters: Letters


@dataclass(frozen=True, slots=True)
class Trend:
    """Letters over time; each list holds changes only, oldest first, and the number to follow over the years."""

    runs: tuple[KeptRun, ...]
    city: tuple[Point, ...]
    departments: dict[str, tuple[Point, ...]]
    systems: dict[str, tuple[Point, ...]]
    sensitive: tuple[tuple[datetime, int, int], ...]  # (at, systems at B or better, sensitive systems)


def state_of(finding: Finding) -> State:
    """What is recorded of a settled finding."""
    return State(
        outcome=finding.outcome,
        severity=finding.severity,
        standing=finding.standing,
        basis=finding.basis,
        summary=finding.summary,
        reason=finding.reason,
        evidence=finding.evidence,
        waiver=finding.waiver,
        attestation=finding.attestation,
        flapping=finding.flapping,
    )
