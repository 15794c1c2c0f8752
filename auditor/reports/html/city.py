"""What the city's page shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from auditor.grade import relief
from auditor.model import CityGrade, Counts, Letter
from auditor.records import dataclass
from auditor.reports.html import names, trend
from auditor.reports.html.book import Book, Home, Link
from auditor.reports.html.marks import MARKS, Mark
from auditor.reports.html.promises import Promises, promises
from auditor.reports.html.run import RunNote, run_note
from auditor.reports.html.scores import Score, score
from auditor.reports.html.sizes import Level, Shown, first
from auditor.reports.html.steps import Road, Roads
from auditor.reports.html.unseen import Trouble, troubles

WEAKEST = 5  # systems named at the top


@dataclass(frozen=True, slots=True)
class SystemRow:
    link: Link
    score: Score | None
    is_sensitive: bool


@dataclass(frozen=True, slots=True)
class DepartmentPart:
    """A department with its systems, the worst first."""

    place: str
    name: str
    score: Score | None  # None: only some systems were looked at
    count: int
    systems: Shown[SystemRow]


@dataclass(frozen=True, slots=True)
class Share:
    """One letter's part of the systems. `width`: of its bar, in percent of the longest."""

    mark: Mark
    count: int
    width: str


@dataclass(frozen=True, slots=True)
class Top:
    """The city's own letter, and why it is no better."""

    score: Score
    weakest: Shown[tuple[Link, Mark]]
    caps: tuple[str, ...]
    good: int  # sensitive systems at B or better
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPage:
    name: str
    day: str
    top: Top | None  # None: only some systems were looked at, or none
    counts: Counts
    shares: tuple[Share, ...]
    line: trend.Line | None
    moves: Shown[trend.Moved]
    lately: Shown[trend.Moved]
    road: Road | None
    troubles: tuple[Trouble, ...]
    departments: Shown[DepartmentPart]
    promises: Promises
    found: Shown[str]
    run: RunNote


def city_page(book: Book, level: Level) -> CityPage:
    report = book.report
    city = report.city
    roads = Roads(book, "", level, partial(_system_of, book))
    return CityPage(
        name=book.city,
        day=book.calendar.day(report.run.as_of).text,
        top=_top(city, book, level) if city else None,
        counts=sum((grade.counts for grade in report.asset_grades), Counts()),
        shares=_shares(book),
        line=trend.share_line(book, level),
        moves=trend.city_moves(book, level),
        lately=trend.lately(book, level),
        road=roads.to_next(city.grade) if city else None,
        troubles=troubles(report.findings, book, "", level),
        departments=_departments(book, level),
        promises=promises(book, level),
        found=first(report.found, level.rows, lambda asset: asset.address),
        run=run_note(book),
    )


def _top(city: CityGrade, book: Book, level: Level) -> Top:
    letter = city.grade.letters.measured
    weak = [home for home in _worst_first(book.homes) if home.grade and relief(home.grade.letters.measured) <= letter]
    if letter >= Letter.A:
        weak = []
    return Top(
        score=score(city.grade, book, book.card.trend.city),
        weakest=first(weak, min(WEAKEST, level.rows), lambda home: _weak(home, book)),
        caps=city.caps,
        good=city.sensitive_at_b,
        of=city.sensitive_systems,
    )


def _weak(home: Home, book: Book) -> tuple[Link, Mark]:
    assert home.grade is not None  # noqa: S101 - only graded systems hold the city down
    return book.system_link(home.system, ""), MARKS[home.grade.letters.measured]


def _shares(book: Book) -> tuple[Share, ...]:
    """Of the systems that were graded, the best letter first."""
    letters = [grade.letters.measured for grade in book.report.system_grades]
    longest = max(map(letters.count, letters), default=1)
    return tuple(
        Share(MARKS[letter], letters.count(letter), f"{letters.count(letter) * 100 / longest:.1f}")
        for letter in sorted(Letter, reverse=True)
    )


def _departments(book: Book, level: Level) -> Shown[DepartmentPart]:
    """The worst first."""
    homes: dict[str, list[Home]] = defaultdict(list)
    for home in book.homes:
        homes[home.system.department].append(home)
    grades = {grade.id: grade for grade in book.report.department_grades}
    ordered = sorted(homes, key=lambda name: (_worst(homes[name]), book.departments.get(name, name), name))

    def part(name: str) -> DepartmentPart:
        grade = grades.get(name)
        return DepartmentPart(
            place=names.anchor("department", name),
            name=book.departments.get(name, name) or "No department",
            score=score(grade, book) if grade else None,
            count=len(homes[name]),
            systems=first(_worst_first(homes[name]), level.places, lambda home: system_row(home, book, "")),
        )

    return first(ordered, level.rows, part)


def system_row(home: Home, book: Book, base: str) -> SystemRow:
    return SystemRow(
        link=book.system_link(home.system, base),
        score=score(home.grade, book) if home.grade else None,
        is_sensitive=home.system.sensitivity.is_sensitive,
    )


def _worst_first(homes: Sequence[Home]) -> list[Home]:
    return sorted(homes, key=lambda home: (_standing(home), home.system.name, home.system.id))


def _worst(homes: Sequence[Home]) -> tuple[int, int]:
    return min(map(_standing, homes))


def _standing(home: Home) -> tuple[int, int]:
    """What is not graded at all, as in an ad hoc check, comes last."""
    letters = home.grade.letters if home.grade else None
    return (letters.measured, letters.at_worst) if letters else (len(Letter), len(Letter))


def _system_of(book: Book, subject: str) -> Link | None:
    """Of an asset its system; a system without assets for itself."""
    home = book.home_of(subject) or book.home(subject)
    return book.system_link(home.system, "") if home else None
