"""What is known of a check, or of one finding: the nouns that explanations are written from. Data only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from auditor.check import Check
from auditor.codec import JsonValue
from auditor.model import Asset, Attestation, Basis, Finding, Letter, Letters, Outcome, Report, System, Waiver
from auditor.past import Recorded
from auditor.records import dataclass
from auditor.reports.commands import PLAIN, Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where one facts type comes from. `by`: a probe's name, a derivation's `module:function`, or "the inventory"."""

    facts: str
    by: str
    reads: tuple[str, ...] = ()  # what a derivation makes it of
    kind: str = ""  # of the assets that a probe looks at
    tier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A check with what the rubric makes of it. `file`, `line`: where the rule begins, below its distribution."""

    check: Check[Any]
    distribution: str
    file: str
    line: int | None
    rubric: str
    caps_open: Letter  # a failure, with public and internal data
    caps_sensitive: Letter
    unseen_open: Letter  # not knowing
    unseen_sensitive: Letter
    fresh: timedelta  # how long a pass counts that is not seen again
    failure_ends_after: timedelta  # of looks that do not find the question any more
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Facts as they lie in the store under `sha256`, which is taken without the time of the sight."""

    facts: str
    locus: str
    look: int  # 1, or 2: the second look of that run
    sha256: str
    at: datetime
    basis: Basis
    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """A facts type that could not be seen, and why: a Reason's word."""

    facts: str
    locus: str
    look: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a finding was judged from. `gone`: why it cannot be shown any more; "" where it can."""

    run: str  # "": no run saw it
    rows: tuple[Seen | Blind, ...] = ()
    declared: JsonValue = None  # what the inventory says, where that was read too
    gone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What a finding does to one letter: that of its asset, its system, its department or the city."""

    kind: str
    name: str
    letter: Letter
    holds: bool  # it caps it there
    others: int  # so many other things do too
    next: Letter | None
    is_step: bool  # it has to be fixed for the next letter
    steps: int  # of so many
    alone: Letter | None  # the letter, were this check alone to pass at all its places; None: it caps nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What ends, and when: a stale answer stops counting, or a failure whose place is gone is over."""

    stops_counting: datetime | None = None
    absent_since: datetime | None = None
    ends_if_absent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One finding and all that is known of it."""

    rule: Rule
    asset: Asset
    system: System | None
    sensitivity: str
    finding: Finding
    now: Finding | None  # what this run's own look said, where an earlier one or somebody's word stands
    story: tuple[Recorded, ...]  # oldest first
    kept: Kept
    cap: Letters  # what it allows at best
    levels: tuple[Level, ...]
    waiver: Waiver | None
    attestation: Attestation | None
    change: Change

    @property
    def since(self) -> datetime | None:
        return since(self.story)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which run an explanation is of. `judged_by`: a sentence where another version judges than did then; else ""."""

    report: Report
    commands: Commands = PLAIN
    judged_by: str = ""


def since(story: Sequence[Recorded]) -> datetime | None:
    """From when on a place has held its last outcome; None: nothing is recorded of it, or it is gone."""
    last = story[-1].state if story else None
    first: datetime | None = None
    for one in reversed(story):
        if last is None or one.state is None or one.state.outcome is not last.outcome:
            break
        first = one.at
    return first


ORDER = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)


def gravest_first(finding: Finding) -> tuple[int, int, tuple[str, str, str]]:
    return (ORDER.index(finding.outcome), -finding.severity, finding.key)
