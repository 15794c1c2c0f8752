"""What a check's page shows: its docstring, and how all the assets stand."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.model import Finding, Outcome, Severity
from auditor.records import dataclass
from auditor.reports.fixes import Fix, read_fix
from auditor.reports.html.book import Book, Home, Link, having
from auditor.reports.html.notes import notes
from auditor.reports.html.phrases import ASKED, EFFORT, GRAVITY, capital, phrase_of
from auditor.reports.html.sizes import Level, Shown, first
from auditor.reports.html.times import Moment

BASE = "../"


@dataclass(frozen=True, slots=True)
class Where:
    """One asset's answer."""

    asset: Link
    system: Link | None
    locus: str
    said: str
    since: Moment | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    count: int
    rows: Shown[Where]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPage:
    id: str
    title: str
    is_installed: bool
    why: str
    fix: Fix
    severity: Severity | None
    gravity: str
    asked: str
    effort: str
    controls: tuple[str, ...]
    source: str
    failed: Answers
    unknown: Answers
    passed: Answers
    moot: Answers
    not_asked: int
    explain: str


def check_page(book: Book, check_id: str, level: Level) -> CheckPage:
    check, document = book.checks.get(check_id), book.document(check_id)
    findings = sorted(book.findings_of_check(check_id), key=lambda finding: finding.key)
    severity = check.severity if check else max((finding.severity for finding in findings), default=None)
    return CheckPage(
        id=check_id,
        title=document.title,
        is_installed=check is not None,
        why=document.why,
        fix=read_fix(document.fix),
        severity=severity,
        gravity=GRAVITY[severity] if severity else "",
        asked=ASKED[check.tier] if check else "",
        effort=EFFORT.get(check.effort, "") if check else "",
        controls=document.controls,
        source=check.source if check else "",
        failed=_answers(book, having(findings, Outcome.FAIL), level),
        unknown=_answers(book, having(findings, Outcome.UNKNOWN), level),
        passed=_answers(book, having(findings, Outcome.PASS), level),
        moot=_answers(book, having(findings, Outcome.NOT_APPLICABLE), level),
        not_asked=book.times_not_asked(check_id),
        explain=book.card.commands.line("explain", check_id),
    )


def _answers(book: Book, findings: Sequence[Finding], level: Level) -> Answers:
    return Answers(len(findings), first(findings, level.rows, lambda finding: _where(book, finding)))


def _where(book: Book, finding: Finding) -> Where:
    home = book.home_of(finding.asset)
    return Where(
        asset=book.asset_link(finding.asset, BASE),
        system=_system(book, home),
        locus=finding.locus,
        said=capital(phrase_of(finding.reason) if finding.outcome is Outcome.UNKNOWN else finding.summary),
        since=book.since(finding) if finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN) else None,
        notes=notes(book, finding),
    )


def _system(book: Book, home: Home | None) -> Link | None:
    return book.system_link(home.system, BASE) if home else None


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One line of the list of all checks."""

    link: Link
    id: str
    severity: Severity | None
    failed: int
    unknown: int
    passed: int


def check_row(book: Book, check_id: str) -> CheckRow:
    check = book.checks.get(check_id)
    findings = book.findings_of_check(check_id)
    outcomes = [finding.outcome for finding in findings]
    return CheckRow(
        link=book.check_link(check_id, BASE),
        id=check_id,
        severity=check.severity if check else max((finding.severity for finding in findings), default=None),
        failed=outcomes.count(Outcome.FAIL),
        unknown=outcomes.count(Outcome.UNKNOWN),
        passed=outcomes.count(Outcome.PASS),
    )
