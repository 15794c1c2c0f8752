"""A scorecard opened at every place that a page asks for: read once, looked up often. Computes no letter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from markupsafe import Markup

from auditor.model import Asset, Attestation, Finding, Grade, Letter, Outcome, Sensitivity, System, Waiver
from auditor.past import Key, Point
from auditor.records import dataclass
from auditor.reports.html import Scorecard, names
from auditor.reports.html.times import Calendar, Moment

NO_HOME = System(id="", name="What was checked", department="", owner="", sensitivity=Sensitivity.UNDECLARED)


@dataclass(frozen=True, slots=True)
class Link:
    """A text of ours or of the city's, and where it leads."""

    text: str
    href: Markup


@dataclass(frozen=True, slots=True)
class Document:
    """What a check says of itself; read once, since its docstring is parsed at each reading."""

    title: str
    why: str = ""
    fix: str = ""
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """A system with its assets. `grade` None: it was not graded, as in an ad hoc check."""

    system: System
    grade: Grade | None
    assets: tuple[Asset, ...]


class Book:
    """What the views read. Links lead from a page whose way to the top is `base`."""

    def __init__(self, card: Scorecard) -> None:
        self.card = card
        self.report = card.report
        self.calendar = Calendar(ZoneInfo(card.report.timezone))
        self.checks = card.checks

    @property
    def city(self) -> str:
        return self.report.organisation or "Ad hoc check"

    @cached_property
    def homes(self) -> tuple[Home, ...]:
        """In the report's order; last the assets whose system the report does not list."""
        of_system: dict[str, list[Asset]] = defaultdict(list)
        for asset in self.report.assets:
            of_system[asset.system].append(asset)
        pairs = zip(self.report.systems, self.report.system_grades, strict=True)
        homes = [Home(system, grade, tuple(of_system.pop(system.id, ()))) for system, grade in pairs]
        homeless = tuple(asset for name in sorted(of_system) for asset in of_system[name])
        return (*homes, Home(NO_HOME, None, homeless)) if homeless else tuple(homes)

    @cached_property
    def _homes_of_assets(self) -> Mapping[str, Home]:
        return {asset.id: home for home in self.homes for asset in home.assets}

    @cached_property
    def _kind_of(self) -> Mapping[str, str]:
        return {asset.id: asset.kind for asset in self.report.assets}

    @cached_property
    def _homes_by_id(self) -> Mapping[str, Home]:
        return {home.system.id: home for home in self.homes}

    @cached_property
    def asset_grades(self) -> Mapping[str, Grade]:
        return {grade.id: grade for grade in self.report.asset_grades}

    @cached_property
    def departments(self) -> Mapping[str, str]:
        """Names, by id."""
        return {department.id: department.name for department in self.report.departments}

    @cached_property
    def _by_asset(self) -> Mapping[str, list[Finding]]:
        groups: dict[str, list[Finding]] = defaultdict(list)
        for finding in self.report.findings:
            groups[finding.asset].append(finding)
        return groups

    @cached_property
    def _by_check(self) -> Mapping[str, list[Finding]]:
        groups: dict[str, list[Finding]] = defaultdict(list)
        for finding in self.report.findings:
            groups[finding.check].append(finding)
        return groups

    @cached_property
    def _by_key(self) -> Mapping[Key, Finding]:
        return {finding.key: finding for finding in self.report.findings}

    @cached_property
    def waivers(self) -> Mapping[str, Waiver]:
        return {waiver.id: waiver for waiver in self.report.waivers}

    @cached_property
    def attestations(self) -> Mapping[str, Attestation]:
        return {word.id: word for word in self.report.attestations}

    @cached_property
    def _not_asked_of(self) -> Mapping[str, list[str]]:
        checks: dict[str, list[str]] = defaultdict(list)
        for asset, check in self.report.not_asked:
            checks[asset].append(check)
        return checks

    @cached_property
    def _times_not_asked(self) -> Mapping[str, int]:
        return Counter(check for _, check in self.report.not_asked)

    @cached_property
    def check_ids(self) -> tuple[str, ...]:
        """Installed checks, and those that only an earlier finding knows."""
        return tuple(sorted({*self.checks, *self._by_check, *self._times_not_asked}))

    def findings(self, assets: Iterable[Asset]) -> Iterator[Finding]:
        for asset in assets:
            yield from self._by_asset.get(asset.id, ())

    def findings_of_check(self, check: str) -> list[Finding]:
        return self._by_check.get(check, [])

    def not_asked_of(self, assets: Iterable[Asset]) -> Mapping[str, int]:
        """How often each check is not asked of these assets."""
        return Counter(check for asset in assets for check in self._not_asked_of.get(asset.id, ()))

    def times_not_asked(self, check: str) -> int:
        return self._times_not_asked.get(check, 0)

    def finding(self, key: Key) -> Finding | None:
        return self._by_key.get(key)

    @cached_property
    def _documents(self) -> Mapping[str, Document]:
        return {
            name: Document(check.title, check.why, check.fix, check.controls) for name, check in self.checks.items()
        }

    def document(self, check: str) -> Document:
        """Of a check that is no longer installed nothing but its id is known."""
        return self._documents.get(check) or Document(check)

    def check_link(self, check: str, base: str) -> Link:
        return Link(self.document(check).title, names.href(names.check_page(check), base))

    def system_link(self, system: System, base: str) -> Link:
        return Link(system.name, names.href(names.system_page(system.id), base))

    def asset_link(self, asset: str, base: str) -> Link:
        """To its place on its system's page; to nowhere (the city) for an asset that the report does not list."""
        home = self._homes_of_assets.get(asset)
        if home is None:
            return Link(asset, names.href("index.html", base))
        page = names.system_page(home.system.id)
        return Link(asset, names.href(page, base, names.anchor("asset", asset)))

    def kinds(self, findings: Iterable[Finding]) -> frozenset[str]:
        """What the assets of these findings are."""
        return frozenset(self._kind_of[finding.asset] for finding in findings if finding.asset in self._kind_of)

    def link_here(self, asset: str) -> Link:
        """To an asset from its own system's page."""
        return Link(self.short(asset), names.href("", "", names.anchor("asset", asset)))

    def short(self, asset: str) -> str:
        """An asset's id without its system's."""
        home = self._homes_of_assets.get(asset)
        return asset.removeprefix(f"{home.system.id}/") if home else asset

    def home(self, system: str) -> Home | None:
        return self._homes_by_id.get(system)

    def home_of(self, asset: str) -> Home | None:
        return self._homes_of_assets.get(asset)

    def since(self, finding: Finding) -> Moment | None:
        at = self.card.since(finding.key)
        return self.calendar.day(at) if at else None

    def held_since(self, points: Iterable[Point], letter: Letter) -> Moment | None:
        """Since when the measured letter is what it is; None where the past does not know it."""
        start: datetime | None = None
        for point in points:
            if point.at > self.report.run.as_of:
                break
            if point.letters.measured is not letter:
                start = None
            elif start is None:
                start = point.at
        return self.calendar.day(start) if start else None


def by_gravity(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """By check, the gravest first."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=lambda finding: (-finding.severity, finding.check, finding.key)):
        groups[finding.check].append(finding)
    return groups


def having(findings: Iterable[Finding], outcome: Outcome) -> list[Finding]:
    return [finding for finding in findings if finding.outcome is outcome]
