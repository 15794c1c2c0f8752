"""What a system's page shows: its assets, what is wrong with evidence, what was not seen, what raises the letter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial

from auditor.model import Asset, Evidence, Finding, Outcome, Severity
from auditor.records import dataclass
from auditor.reports.commands import PLAIN
from auditor.reports.fixes import Fix, read_fix
from auditor.reports.html import names
from auditor.reports.html.book import Book, Home, Link, by_gravity, having
from auditor.reports.html.notes import notes
from auditor.reports.html.phrases import DATA, EXPOSURE, HOSTING
from auditor.reports.html.scores import Score, score
from auditor.reports.html.sizes import Level, Shown, distinct, first
from auditor.reports.html.steps import Road, Roads
from auditor.reports.html.times import Moment
from auditor.reports.html.unseen import Dark, darkness

BASE = "../"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRow:
    place: str
    name: str
    kind: str
    address: str
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One finding where it was found."""

    asset: Link
    locus: str
    summary: str
    since: Moment | None
    seen: Moment | None
    notes: tuple[str, ...]  # stale, waived, attested, seen both ways
    evidence: Shown[Evidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A check that fails, with all its places."""

    link: Link
    severity: Severity
    why: str  # "" for a check that is no longer installed
    fix: Fix
    controls: tuple[str, ...]
    count: int
    places: Shown[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Checks of which nothing more is to be said, in one line each."""

    link: Link
    count: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPage:
    id: str
    name: str
    department: Link | None
    owner: str
    data: str
    exposure: str
    hosting: str
    score: Score | None
    assets: Shown[AssetRow]
    road: Road | None
    faults: Shown[Fault]
    failing: int  # places
    dark: Shown[Dark]
    unseen: int  # checks
    passed: Shown[Folded]
    moot: Shown[Folded]
    not_asked: Shown[Folded]
    again: str
    explain: str


def system_page(book: Book, home: Home, level: Level) -> SystemPage:
    system, commands = home.system, book.card.commands
    findings = list(book.findings(home.assets))
    failures, unknown = having(findings, Outcome.FAIL), having(findings, Outcome.UNKNOWN)
    roads = Roads(book, BASE, level, partial(_asset_here, book))
    return SystemPage(
        id=system.id,
        name=system.name,
        department=_department(book, home),
        owner=system.owner,
        data=DATA[system.sensitivity],
        exposure=EXPOSURE.get(system.exposure, system.exposure),
        hosting=HOSTING.get(system.hosting, system.hosting),
        score=score(home.grade, book, book.card.trend.systems.get(system.id, ())) if home.grade else None,
        assets=first(home.assets, level.rows, lambda asset: _asset_row(book, asset)),
        road=roads.to_next(home.grade) if home.grade else None,
        faults=first(list(by_gravity(failures).items()), level.checks, lambda group: _fault(book, *group, level)),
        failing=len(failures),
        dark=darkness(unknown, book, BASE, level),
        unseen=len(unknown),
        passed=_folded(book, having(findings, Outcome.PASS), level),
        moot=_folded(book, having(findings, Outcome.NOT_APPLICABLE), level),
        not_asked=_not_asked(book, home, level),
        again=commands.line("run", "--only", f"system={system.id}") if home.grade else PLAIN.line("check"),
        explain=commands.line("explain", *_to_explain(home, failures or unknown)),
    )


def _to_explain(home: Home, findings: Sequence[Finding]) -> tuple[str, ...]:
    """The gravest of the findings, as words of a command; the system itself where there is none."""
    gravest = next((group[0] for group in by_gravity(findings).values()), None)
    return (gravest.asset, gravest.check) if gravest else (home.system.id,)


def _department(book: Book, home: Home) -> Link | None:
    name = home.system.department
    if not name:
        return None
    return Link(book.departments.get(name, name), names.href("index.html", BASE, names.anchor("department", name)))


def _asset_here(book: Book, subject: str) -> Link | None:
    return book.link_here(subject) if book.home_of(subject) else None


def _asset_row(book: Book, asset: Asset) -> AssetRow:
    return AssetRow(
        place=names.anchor("asset", asset.id),
        name=book.short(asset.id),
        kind=asset.kind,
        address=asset.address,
        score=score(book.asset_grades[asset.id], book),
    )


def _fault(book: Book, check_id: str, failures: Sequence[Finding], level: Level) -> Fault:
    document = book.document(check_id)
    return Fault(
        link=book.check_link(check_id, BASE),
        severity=failures[0].severity,
        why=document.why,
        fix=read_fix(document.fix, kinds=book.kinds(failures)),
        controls=document.controls,
        count=len(failures),
        places=first(failures, level.places, lambda finding: _place(book, finding, level)),
    )


def _place(book: Book, finding: Finding, level: Level) -> Place:
    return Place(
        asset=book.link_here(finding.asset),
        locus=finding.locus,
        summary=finding.summary,
        since=book.since(finding),
        seen=book.calendar.minute(finding.observed_at) if finding.observed_at else None,
        notes=notes(book, finding),
        evidence=first(finding.evidence, level.evidence, lambda row: row),
    )


def _folded(book: Book, findings: Iterable[Finding], level: Level) -> Shown[Folded]:
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.check].append(finding)
    return first(sorted(groups), level.rows, lambda check: _fold(book, check, groups[check], level))


def _fold(book: Book, check: str, findings: Sequence[Finding], level: Level) -> Folded:
    moot = [finding.summary for finding in findings if finding.outcome is Outcome.NOT_APPLICABLE]
    said = distinct([*moot, *(note for finding in findings for note in notes(book, finding))])
    return Folded(link=book.check_link(check, BASE), count=len(findings), notes=tuple(said[: level.evidence]))


def _not_asked(book: Book, home: Home, level: Level) -> Shown[Folded]:
    counts = sorted(book.not_asked_of(home.assets).items())
    return first(counts, level.rows, lambda item: Folded(link=book.check_link(item[0], BASE), count=item[1], notes=()))
