"""The past as a line and as tables: the share of sensitive systems at B or better, and letters that moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from auditor.past import Point
from auditor.records import dataclass
from auditor.reports.html.book import Book, Link
from auditor.reports.html.marks import MARKS, Mark
from auditor.reports.html.sizes import Level, Shown, first
from auditor.reports.html.times import Moment

QUARTER = timedelta(days=92)
WIDTH, HEIGHT = 1000, 100  # of the drawing, which is stretched to the page; the height is the share in percent
POINTS = 400  # more cannot be told apart
ROWS = 12  # of a table about the past
Share = tuple[datetime, int, int]  # at, systems at B or better, sensitive systems


@dataclass(frozen=True, slots=True)
class ShareRow:
    day: Moment
    good: int
    of: int

    @property
    def percent(self) -> int:
        """Rounded down: 100 means all of them."""
        return self.good * 100 // self.of


@dataclass(frozen=True, slots=True)
class Line:
    """A drawing, and the same as a table."""

    path: str
    end: str  # the last point, as a path of no length
    start: Moment
    finish: Moment
    now: ShareRow
    rows: Shown[ShareRow]  # the latest first


@dataclass(frozen=True, slots=True)
class Moved:
    """A letter that changed."""

    link: Link | None  # None: the city
    day: Moment
    before: Mark
    after: Mark
    is_better: bool


def share_line(book: Book, level: Level) -> Line | None:
    """None until there are two instants to join."""
    points = list(_shares(book))
    if len(points) < 2:
        return None
    kept = [point for n, point in enumerate(points) if n == 0 or point[1:] != points[n - 1][1:]]
    rows = [_row(point, book) for point in reversed(kept)]
    drawn = points[:: len(points) // POINTS + 1]
    return Line(
        path=_path([*drawn, points[-1]]),
        end=f"M{WIDTH} {_height(points[-1])}h0",
        start=book.calendar.day(points[0][0]),
        finish=book.calendar.day(points[-1][0]),
        now=_row(points[-1], book),
        rows=first(rows, min(level.rows, ROWS), lambda row: row),
    )


def city_moves(book: Book, level: Level) -> Shown[Moved]:
    """Every change of the city's letter, the latest first."""
    moves = sorted(_moves(book.card.trend.city, book, None), key=lambda move: move.day.iso, reverse=True)
    return first(moves, min(level.rows, ROWS), lambda move: move)


def lately(book: Book, level: Level) -> Shown[Moved]:
    """Systems whose letter changed within a quarter: falls first, then rises, the latest first."""
    start = book.report.run.as_of - QUARTER
    moves = [
        move
        for system in book.report.systems
        for move in _moves(book.card.trend.systems.get(system.id, ()), book, book.system_link(system, ""), start)
    ]
    moves.sort(key=lambda move: move.day.iso, reverse=True)
    moves.sort(key=lambda move: move.is_better)
    return first(moves, min(level.rows, ROWS), lambda move: move)


def _shares(book: Book) -> Iterator[Share]:
    """Up to the report's own instant, which is the last point. Nothing sensitive: no share."""
    now = book.report.run.as_of
    yield from (point for point in book.card.trend.sensitive if point[0] < now and point[2])
    city = book.report.city
    if city and city.sensitive_systems:
        yield now, city.sensitive_at_b, city.sensitive_systems


def _row(point: Share, book: Book) -> ShareRow:
    return ShareRow(book.calendar.day(point[0]), point[1], point[2])


def _path(points: Sequence[Share]) -> str:
    """Steps: what a run found holds until the next run."""
    start, span = points[0][0], points[-1][0] - points[0][0]
    steps = (f"H{_number((point[0] - start) / span * WIDTH)}V{_height(point)}" for point in points[1:])
    return f"M0 {_height(points[0])}{''.join(steps)}"


def _height(point: Share) -> str:
    return _number(HEIGHT - point[1] * HEIGHT / point[2])


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _moves(points: Iterable[Point], book: Book, link: Link | None, start: datetime | None = None) -> Iterator[Moved]:
    """Changes of the measured letter up to the report's instant; since `start`, if given."""
    for one, other in pairwise(point for point in points if point.at <= book.report.run.as_of):
        before, after = one.letters.measured, other.letters.measured
        if before is not after and (start is None or other.at >= start):
            yield Moved(link, book.calendar.day(other.at), MARKS[before], MARKS[after], after > before)
