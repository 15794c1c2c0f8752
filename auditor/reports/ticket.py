"""What is worth a ticket: one change in one system, with all the places that it mends. Data; drawn by `tickets.py`."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from auditor.check import AnyCheck
from auditor.model import (
    Asset,
    Finding,
    Grade,
    Outcome,
    Reason,
    Report,
    RunInfo,
    Sensitivity,
    Severity,
    Step,
    StepKind,
    System,
    Waiver,
)
from auditor.reports.harmless import for_terminal
from auditor.reports.words import counted

NO_TICKET = frozenset({Reason.INTERRUPTED.word, Reason.LEFT_OUT.word})  # the run was partial; no owner can change that
UNSAFE = re.compile(r"[^a-z0-9._-]")
NAME_LENGTH = 80  # characters of a system's id in a file name


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One change. `cause`: the id of the check that fails, or "unseen-" and the reason why checks were not answered."""

    cause: str
    subject: str  # the system's id; the asset's for an ad hoc check
    system: System | None  # None for an ad hoc check
    department: str  # its name
    findings: tuple[Finding, ...]  # in the order of asset, check, locus
    checks: tuple[AnyCheck, ...]  # the one that fails, or those that were not answered; by id
    assets: Mapping[str, Asset]  # those of the findings
    grade: Grade  # of the subject
    waivers: tuple[Waiver, ...]  # those that cover a finding
    run: RunInfo
    timezone: str

    @cached_property
    def is_unseen(self) -> bool:
        return self.cause.startswith("unseen-")

    @property
    def reason(self) -> str:
        """The reason's word, of what was not seen."""
        return self.findings[0].reason or Reason.NOT_OBSERVED.word

    @property
    def name(self) -> str:
        return self.system.name if self.system else self.subject

    @property
    def title(self) -> str:
        """One line for a tracker's title field. Plain text."""
        return for_terminal(f"{self.name}: {self.fault}")

    @property
    def fault(self) -> str:
        """What is wrong, as a sentence of the program's own."""
        if not self.is_unseen:
            return self.checks[0].title
        return f"{counted(len(self.checks), 'check')} could not be seen: {_phrase(self.reason)}."

    @property
    def fingerprint(self) -> str:
        """The same on every night and machine: who opens tickets looks for it first."""
        return f"auditor-ticket:{self.cause}/{self.subject}"

    @property
    def file_name(self) -> str:
        """A name that every file system takes, the same for the same fingerprint and for no other."""
        safe = UNSAFE.sub("-", self.subject)[:NAME_LENGTH]
        if safe != self.subject:
            safe += "-" + hashlib.sha256(self.subject.encode("utf-8", "backslashreplace")).hexdigest()[:8]
        return f"{self.cause}--{safe}.md"

    @property
    def severity(self) -> Severity:
        return max(finding.severity for finding in self.findings)

    @property
    def sensitivity(self) -> Sensitivity:
        """Of the most sensitive data behind it."""
        home = self.system.sensitivity if self.system else Sensitivity.UNDECLARED
        return max(asset.sensitivity or home for asset in self.assets.values())

    @property
    def is_accepted(self) -> bool:
        """A waiver covers every place."""
        return all(finding.waiver is not None for finding in self.findings)

    def mends(self, step: Step) -> bool:
        """Is the step a part of this change?"""
        if step.kind is StepKind.SEE:
            return self.is_unseen and step.subject in self.assets
        return (step.subject, step.check, step.locus) in self._keys

    @cached_property
    def _keys(self) -> frozenset[tuple[str, str, str]]:
        return frozenset(finding.key for finding in self.findings)


def tickets(report: Report, checks: Mapping[str, AnyCheck]) -> Iterator[Ticket]:
    """A ticket for each check that fails in a system, and for each reason why checks were not answered there.

    The gravest first: by severity, a seen failure before what was not seen, then by the data behind it; what is wholly
    covered by waivers comes last. `checks`: every check of the report, by id.
    """
    made = _Made(report, checks)
    yield from sorted((made.ticket(*group) for group in made.groups()), key=_rank)


@dataclass(frozen=True)
class _Made:
    report: Report
    checks: Mapping[str, AnyCheck]

    def groups(self) -> list[tuple[str, str, tuple[Finding, ...]]]:
        """(subject, cause, findings): what one change mends, together."""
        groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        for finding in self.report.findings:
            cause = _cause(finding)
            if cause is not None:
                groups[self._subject(finding), cause].append(finding)
        return [(subject, cause, tuple(findings)) for (subject, cause), findings in groups.items()]

    def ticket(self, subject: str, cause: str, findings: tuple[Finding, ...]) -> Ticket:
        system = self._systems.get(subject)
        named = {finding.waiver for finding in findings}
        return Ticket(
            cause=cause,
            subject=subject,
            system=system,
            department=self._departments.get(system.department, system.department) if system else "",
            findings=tuple(sorted(findings, key=lambda finding: finding.key)),
            checks=tuple(self.checks[name] for name in sorted({finding.check for finding in findings})),
            assets={finding.asset: self._assets[finding.asset] for finding in findings},
            grade=self._grades[subject],
            waivers=tuple(waiver for waiver in self.report.waivers if waiver.id in named),
            run=self.report.run,
            timezone=self.report.timezone,
        )

    def _subject(self, finding: Finding) -> str:
        system = self._assets[finding.asset].system
        return system if system in self._systems else finding.asset

    @cached_property
    def _assets(self) -> dict[str, Asset]:
        return {asset.id: asset for asset in self.report.assets}

    @cached_property
    def _systems(self) -> dict[str, System]:
        return {system.id: system for system in self.report.systems}

    @cached_property
    def _departments(self) -> dict[str, str]:
        return {department.id: department.name for department in self.report.departments}

    @cached_property
    def _grades(self) -> dict[str, Grade]:
        return {grade.id: grade for grade in (*self.report.asset_grades, *self.report.system_grades)}


def _cause(finding: Finding) -> str | None:
    """What a change would have to mend; None where there is nothing to do. An owner's "it fails" is to be fixed too."""
    if finding.outcome is Outcome.FAIL:
        return finding.check
    if finding.outcome is not Outcome.UNKNOWN or finding.reason in NO_TICKET:
        return None
    if finding.reason == Reason.ATTESTED_FAILURE.word:
        return finding.check
    return f"unseen-{(finding.reason or Reason.NOT_OBSERVED.word).replace('_', '-')}"


def _rank(ticket: Ticket) -> tuple[bool, int, bool, int, int, str, str]:
    gravity = (ticket.is_accepted, -ticket.severity, ticket.is_unseen, -ticket.sensitivity, -len(ticket.findings))
    return (*gravity, ticket.subject, ticket.cause)


def _phrase(word: str) -> str:
    return next((reason.phrase for reason in Reason if reason.word == word), word)
