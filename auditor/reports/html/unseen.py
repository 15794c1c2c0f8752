"""What could not be seen, sorted for people: by what is the matter, then by reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from auditor.model import Finding, Outcome, Severity
from auditor.records import dataclass
from auditor.reports.html.book import Book, Link
from auditor.reports.html.notes import notes
from auditor.reports.html.phrases import CAUSES, OTHER, Cause, capital, cause_of, phrase_of
from auditor.reports.html.sizes import Level, Shown, distinct, first
from auditor.reports.html.times import Moment

ORDER = {cause: place for place, cause in enumerate(dict.fromkeys((*CAUSES.values(), OTHER)))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dark:
    """What was not seen at one place for one reason."""

    asset: Link
    locus: str
    summary: str
    since: Moment | None
    notes: tuple[str, ...]
    gravity: Severity  # of the gravest check that this leaves open
    count: int
    checks: Shown[Link]
    cause: Cause


@dataclass(frozen=True, slots=True)
class Blindness:
    """One reason."""

    phrase: str
    checks: int
    assets: Shown[Link]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Reasons that the same person can help with."""

    cause: Cause
    checks: int
    reasons: tuple[Blindness, ...]


def troubles(findings: Iterable[Finding], book: Book, base: str, level: Level) -> tuple[Trouble, ...]:
    """Of all findings those that are unknown."""
    by_cause: dict[Cause, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        if finding.outcome is Outcome.UNKNOWN:
            by_cause[cause_of(finding.reason)][phrase_of(finding.reason)].append(finding)
    return tuple(
        Trouble(
            cause,
            sum(map(len, by_cause[cause].values())),
            tuple(
                _blindness(phrase, group, book, base, level)
                for phrase, group in sorted(by_cause[cause].items(), key=lambda item: (-len(item[1]), item[0]))
            ),
        )
        for cause in sorted(by_cause, key=ORDER.__getitem__)
    )


def _blindness(phrase: str, findings: list[Finding], book: Book, base: str, level: Level) -> Blindness:
    assets = distinct(finding.asset for finding in findings)
    return Blindness(
        capital(phrase), len(findings), first(assets, level.places, lambda asset: book.asset_link(asset, base))
    )


def darkness(unknown: Iterable[Finding], book: Book, base: str, level: Level) -> Shown[Dark]:
    """The unknown findings of one system, where they are."""
    return first(_dark_groups(unknown), level.rows // 2, lambda group: _dark(group, book, base, level))


def _dark_groups(unknown: Iterable[Finding]) -> list[list[Finding]]:
    """One place and one reason each; the most checks first."""
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in unknown:
        groups[finding.asset, finding.locus, finding.reason or ""].append(finding)
    return [groups[key] for key in sorted(groups, key=lambda key: (-len(groups[key]), key))]


def _dark(group: Sequence[Finding], book: Book, base: str, level: Level) -> Dark:
    finding = group[0]
    said = {each.summary for each in group}
    return Dark(
        asset=book.link_here(finding.asset),
        locus=finding.locus,
        summary=finding.summary if len(said) == 1 else phrase_of(finding.reason),
        since=book.since(finding),
        notes=tuple(distinct(note for each in group for note in notes(book, each)))[: level.evidence],
        gravity=max(each.severity for each in group),
        count=len(group),
        checks=first(group, level.places, lambda each: book.check_link(each.check, base)),
        cause=cause_of(finding.reason),
    )
