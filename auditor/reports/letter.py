"""The letter of one asset as a person wants to read it: verdict, what holds it down, what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.check import Check
from auditor.model import Asset, Evidence, Finding, Grade, Letter, Outcome, Report, Step
from auditor.reports.harmless import for_terminal
from auditor.reports.words import ASKS, MEANING, at_worst, counted, coverage

WIDTH = 100
EVIDENCE_ROWS = 5
AnyCheck = Check[Any]


def render(report: Report, checks: Mapping[str, AnyCheck], with_confidential: Mapping[str, Letter]) -> str:
    """Every asset of an ad hoc check, one after the other. `with_confidential`: its letter if its data were that."""
    parts = [
        "\n".join(_asset(asset, grade, report, checks, with_confidential.get(asset.id)))
        for asset, grade in zip(report.assets, report.asset_grades, strict=True)
    ]
    return "\n\n".join(parts) + "\n"


def _asset(
    asset: Asset, grade: Grade, report: Report, checks: Mapping[str, AnyCheck], confidential: Letter | None
) -> Iterator[str]:
    letter = grade.letters.measured
    findings = [finding for finding in report.findings if finding.asset == asset.id]
    yield f"{for_terminal(asset.address)}: {letter} - {MEANING[letter]}"
    yield from _beside(grade, confidential)
    yield from _section("What holds it down", _failures(findings), checks)
    yield from _unseen(findings, checks)
    yield from _next(grade)
    yield from _passed(findings, [check for name, check in report.not_asked if name == asset.id])


def _beside(grade: Grade, confidential: Letter | None) -> Iterator[str]:
    if at_worst(grade):
        yield f"  {at_worst(grade)}"
    if confidential is not None and confidential != grade.letters.measured:
        yield f"  with confidential data: {confidential}"
    yield f"  {coverage(grade.counts)} checks answered"


def _failures(findings: Sequence[Finding]) -> list[Finding]:
    failed = [finding for finding in findings if finding.outcome is Outcome.FAIL]
    return sorted(failed, key=lambda finding: (-finding.severity, finding.key))


def _section(title: str, failures: Sequence[Finding], checks: Mapping[str, AnyCheck]) -> Iterator[str]:
    if not failures:
        return
    yield ""
    yield f"{title}:"
    for check_id in dict.fromkeys(finding.check for finding in failures):
        same = [finding for finding in failures if finding.check == check_id]
        check = checks[check_id]
        yield from _wrapped(f"{check_id} ({check.severity.word}): {check.title}", 2)
        for finding in same:
            yield from _wrapped(f"{finding.locus}: {finding.summary}" if finding.locus else finding.summary, 4)
            yield from _evidence(finding.evidence)
        yield from _wrapped(f"Why: {check.why}", 4)
        yield from _wrapped(f"Fix: {check.fix}", 4)


def _evidence(rows: Sequence[Evidence]) -> Iterator[str]:
    for row in rows[:EVIDENCE_ROWS]:
        yield from _wrapped(f"- {row.looked_at}: {row.seen} (wanted: {row.wanted})", 6)
    if len(rows) > EVIDENCE_ROWS:
        yield f"      - and {len(rows) - EVIDENCE_ROWS} more"


def _unseen(findings: Sequence[Finding], checks: Mapping[str, AnyCheck]) -> Iterator[str]:
    """Grouped by reason: one silent host is one line, not twenty."""
    groups: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        if finding.outcome is Outcome.UNKNOWN:
            groups.setdefault((finding.locus, finding.summary), []).append(finding.check)
    if groups:
        yield ""
        yield "What could not be seen:"
    for (locus, summary), names in groups.items():
        yield from _wrapped(f"{locus}: {summary}" if locus else summary, 2)
        worst = max(checks[name].severity for name in names).word
        yield from _wrapped(f"leaves open ({worst} at worst): {', '.join(names)}", 4)


def _next(grade: Grade) -> Iterator[str]:
    if grade.next is None:
        return
    yield ""
    yield f"For {grade.next.letter} ({counted(len(grade.next.steps), 'step')}, easiest first):"
    for step in grade.next.steps:
        yield from _wrapped(f"- {_ask(step)}", 2)


def _ask(step: Step) -> str:
    where = f" at {step.locus}" if step.locus else ""
    return f"fix {step.check}{where}" if step.check else ASKS[step.kind]


def _passed(findings: Sequence[Finding], not_asked: Sequence[str]) -> Iterator[str]:
    passed = sorted({finding.check for finding in findings if finding.outcome is Outcome.PASS})
    moot = {finding.check: finding.summary for finding in findings if finding.outcome is Outcome.NOT_APPLICABLE}
    yield ""
    if passed:
        yield from _wrapped(f"Passed: {', '.join(passed)}", 0)
    for check, rule in sorted(moot.items()):
        yield from _wrapped(f"Not applicable: {check} ({rule})", 0)
    if not_asked:
        yield from _wrapped(f"Not asked: {', '.join(not_asked)} (see --tier)", 0)


def _wrapped(text: str, indent: int) -> list[str]:
    lines = textwrap.wrap(
        for_terminal(text),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
    )
    return lines or [""]
