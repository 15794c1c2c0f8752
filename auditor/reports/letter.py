"""The letter of one asset as a person wants to read it: verdict, what holds it down, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from auditor.check import AnyCheck
from auditor.grade import FULL_TIERS
from auditor.model import Asset, Evidence, Finding, Grade, Letter, Outcome, Report, Step, StepKind
from auditor.reports.fixes import read_fix
from auditor.reports.lines import WIDEST, Line, laid_out
from auditor.reports.remedies import remedy
from auditor.reports.words import ASKS, at_worst, counted, fixed_alone, meaning

EVIDENCE_ROWS = 5
NO_SOFTWARE: Mapping[str, str] = {}
OF_ONE_PLACE = re.compile(r"(?P<why>[^()]+) \((?P<place>\S+:\d+)\)")


def render(
    report: Report,
    checks: Mapping[str, AnyCheck],
    with_confidential: Mapping[str, Letter],
    width: int = WIDEST,
    software: Mapping[str, str] = NO_SOFTWARE,
) -> str:
    """Every asset of an ad hoc check, one after the other.

    `with_confidential`: its letter if its data were that. `software`: what each asset's server claims to be.
    """
    parts = []
    for asset, grade in zip(report.assets, report.asset_grades, strict=True):
        findings = tuple(finding for finding in report.findings if finding.asset == asset.id)
        not_asked = tuple(check for name, check in report.not_asked if name == asset.id)
        page = Page(
            asset=asset,
            grade=grade,
            findings=findings,
            checks=checks,
            not_asked=not_asked,
            confidential=with_confidential.get(asset.id),
            software=software.get(asset.id),
        )
        parts.append(laid_out(page.lines(), width))
    return "\n".join(parts)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One asset. Lines come as (indent, text), to be wrapped; an empty text is an empty line."""

    asset: Asset
    grade: Grade
    findings: Sequence[Finding]
    checks: Mapping[str, AnyCheck]
    not_asked: Sequence[str]
    confidential: Letter | None
    software: str | None

    def lines(self) -> Iterator[Line]:
        yield from self._verdict()
        holding = [finding for finding in self._failures if finding.key in self._holding]
        later = [finding for finding in self._failures if finding.key not in self._holding]
        yield from self._section("What holds it down:", holding)
        yield from self._section("What would hold it down next:" if holding else "What else is wrong:", later)
        yield from self._unseen()
        yield from self._next()
        yield from self._rest()

    @cached_property
    def _failures(self) -> list[Finding]:
        """The gravest first."""
        failed = [finding for finding in self.findings if finding.outcome is Outcome.FAIL]
        return sorted(failed, key=lambda finding: (-finding.severity, finding.key))

    @cached_property
    def _holding(self) -> frozenset[tuple[str, str, str]]:
        """The keys of the findings that cap it at its letter."""
        return frozenset((step.subject, step.check, step.locus) for step in self.grade.held_by)

    def _verdict(self) -> Iterator[Line]:
        letter, counts = self.grade.letters.measured, self.grade.counts
        is_seen = any(finding.key in self._holding for finding in self._failures)
        yield 0, f"{self.asset.address}: {letter} - {meaning(letter, is_seen=is_seen)}"
        if at_worst(self.grade):
            yield 2, at_worst(self.grade)
        if self.confidential is not None and self.confidential != letter:
            yield 2, f"with confidential data: {self.confidential}"
        yield 2, f"{counts.answered} of {counted(counts.asked, 'check')} answered"

    def _section(self, title: str, failures: Sequence[Finding]) -> Iterator[Line]:
        if not failures:
            return
        yield 0, ""
        yield 0, title
        for check_id in dict.fromkeys(finding.check for finding in failures):
            check = self.checks[check_id]
            yield 2, f"{check_id} ({check.severity.word}): {check.title}"
            for finding in failures:
                if finding.check == check_id:
                    yield 4, _at(finding)
                    yield from _evidence(finding.evidence)
            yield 4, f"Why: {check.why}"
            what, *lines = read_fix(check.fix, self.software, (self.asset.kind,)).rows
            yield 4, f"Fix: {what}"
            yield from ((6, line) for line in lines)
            alone = fixed_alone(self.grade, check_id)
            if alone:
                yield 4, f"{alone}."

    def _unseen(self) -> Iterator[Line]:
        """Grouped by reason: one silent host is one line, not twenty."""
        groups: dict[str, list[Finding]] = {}
        for finding in self.findings:
            if finding.outcome is Outcome.UNKNOWN:
                groups.setdefault(_at(finding), []).append(finding)
        if groups:
            yield 0, ""
            yield 0, "What could not be seen:"
        advised: set[str] = set()
        for said, unseen in groups.items():
            yield 2, said
            worst = max(finding.severity for finding in unseen).word
            yield 4, f"leaves open ({worst} at worst): {self._opened(unseen)}"
            todo = remedy(unseen[0].reason or "")
            if todo not in advised:  # once: the same advice helps at the places below
                advised.add(todo)
                yield 4, f"To have it seen: {todo}"

    def _opened(self, unseen: Sequence[Finding]) -> str:
        """By name; where nothing at all was seen, all names say less than their number."""
        if self.grade.letters.measured is Letter.NG:
            return counted(len(unseen), "check")
        return ", ".join(finding.check for finding in unseen)

    def _next(self) -> Iterator[Line]:
        if self.grade.next is None:
            return
        yield 0, ""
        yield 0, f"For {self.grade.next.letter}, the easiest first:"
        unseen: dict[str, list[str]] = {}
        for step in self.grade.next.steps:
            if step.kind is not StepKind.FIX:
                yield 2, f"- {self._ask(step)}"
            elif any(finding.key == (step.subject, step.check, step.locus) for finding in self._failures):
                yield 2, f"- fix {step.check}{_where(step.locus)}"
            else:
                unseen.setdefault(step.locus, []).append(step.check)
        for locus, names in unseen.items():
            yield 2, f"- let it be seen{_where(locus)} that these pass: {', '.join(names)}"

    def _ask(self, step: Step) -> str:
        missing = sorted(tier.value for tier in FULL_TIERS - self.asset.tiers)
        if step.kind is StepKind.ASK and missing:
            options = " ".join(f"--tier {tier}" for tier in missing)
            return f"ask for the {' and '.join(missing)} {'tier' if len(missing) == 1 else 'tiers'} too ({options})"
        return ASKS[step.kind]

    def _rest(self) -> Iterator[Line]:
        """What passes somewhere, and fails or was not seen elsewhere, is told above, and does not pass."""
        told = {finding.check for finding in self.findings if finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN)}
        passed = sorted({finding.check for finding in self.findings if finding.outcome is Outcome.PASS} - told)
        yield 0, ""
        if passed:
            yield 0, f"Passed: {', '.join(passed)}"
        moot = {
            finding.check: finding.summary
            for finding in self.findings
            if finding.outcome is Outcome.NOT_APPLICABLE and finding.check not in told
        }
        for rule, names in _grouped(moot.items()):
            yield 0, f"Not applicable, as {rule}: {', '.join(names)}"
        tiers = ((check, f"--tier {self.checks[check].tier.value}") for check in self.not_asked)
        for option, names in _grouped(tiers):
            yield 0, f"Not asked without {option}: {', '.join(names)}"


def _at(finding: Finding) -> str:
    """Where and what."""
    if not finding.locus:
        one_place = OF_ONE_PLACE.fullmatch(finding.summary)  # so that it stands with what was not seen there
        return f"{one_place['place']}: {one_place['why']}" if one_place else finding.summary
    return f"{finding.locus}: {finding.summary_here}"


def _where(locus: str) -> str:
    return f" at {locus}" if locus else ""


def _evidence(rows: Sequence[Evidence]) -> Iterator[Line]:
    for row in rows[:EVIDENCE_ROWS]:
        yield 6, f"- {row.looked_at}: {row.seen} (wanted: {row.wanted})"
    if len(rows) > EVIDENCE_ROWS:
        yield 6, f"- and {len(rows) - EVIDENCE_ROWS} more"


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Names that share a word, by that word, in the order of the names."""
    groups: dict[str, list[str]] = {}
    for name, word in sorted(pairs):
        groups.setdefault(word, []).append(name)
    return list(groups.items())
