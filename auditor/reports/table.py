"""The graded table: terminal, Markdown or plain, by tabulate."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

from tabulate import MIN_PADDING

from auditor.made import Made
from auditor.model import Grade, Report
from auditor.reports import long_table
from auditor.reports.harmless import for_markdown, for_terminal
from auditor.reports.unseen import Unseen
from auditor.reports.words import at_worst, coverage, held_by


class Style(StrEnum):
    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    PLAIN = "plain"


FORMATS = {Style.TERMINAL: "rounded_outline", Style.MARKDOWN: "pipe", Style.PLAIN: "plain"}
HEADINGS = ("Letter", "At worst", "With accepted risks", "Seen", "Held down by")
STACKED = ("Letter", "At\nworst", "With\naccepted\nrisks", "Seen", "Held down by")  # a line for each word: narrow
WIDTH = 100
NARROWEST, WIDEST = 24, 72  # of the last column, in characters

Row = tuple[str, str, str, str, str]  # as `HEADINGS`


def render(report: Report, style: Style, width: int = WIDTH) -> str:
    """Systems, then assets, then the city's line. Ends in a newline.

    `width`: of the terminal, in characters; the last column adapts to it. Markdown is never broken into lines.
    """
    return "".join(pieces(report, style, width))


def pieces(report: Report, style: Style, width: int = WIDTH) -> Iterator[str]:
    """What `render` gives, piece by piece: the table of a large city is many times the size of what stands in it."""
    text = for_markdown if style is Style.MARKDOWN else for_terminal
    unseen = Unseen(report.findings)
    if report.systems:
        names = [text(system.name) for system in report.systems]
        yield from _table("System", names, _rows(report.system_grades, unseen), style, width)
        yield "\n\n"
    names = [text(asset.id) for asset in report.assets]
    yield from _table("Asset", names, _rows(report.asset_grades, unseen), style, width)
    if report.city:
        lines = _city(report, text, unseen)
        yield "\n\n" + "\n".join(lines if style is Style.MARKDOWN else _wrapped(lines, width))
    yield "\n"


class _Rows(Made[tuple[str, ...]]):
    """The rows of a table, made as they are read. `fold`: breaks the last cell into lines."""

    __slots__ = ("_fold", "_graded", "_names")

    def __init__(self, names: Sequence[str], graded: Sequence[Row], fold: Callable[[str], str]) -> None:
        self._names = names
        self._graded = graded
        self._fold = fold

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        rows = zip(self._names, self._graded, strict=True)
        return ((name, *row[:-1], self._fold(row[-1])) for name, row in rows)


def _table(first: str, names: Sequence[str], graded: Sequence[Row], style: Style, width: int) -> Iterator[str]:
    if style is Style.MARKDOWN:
        return long_table.pieces(_Rows(names, graded, str), (first, *HEADINGS), FORMATS[style])
    headings = (first, *STACKED)
    empty = long_table.drawn(_as_wide(_Rows(names, graded, lambda _: "")), headings, FORMATS[style])
    taken = max(map(len, empty.splitlines())) - len(HEADINGS[-1]) - MIN_PADDING
    held = max(NARROWEST, min(WIDEST, width - taken))
    return long_table.pieces(_Rows(names, graded, lambda line: _folded(line, held)), headings, FORMATS[style])


def _as_wide(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """One row that takes as much room as all of these; all of them where a character may not take one place."""
    widest = long_table.widest_of(rows)
    return rows if widest is None else [widest]


def _folded(line: str, width: int) -> str:
    return "\n".join(_pieces(line, width))


def _wrapped(lines: Iterable[str], width: int) -> list[str]:
    """Lines of at most `width` characters; the name of a check is broken only where it is longer than that."""
    return [piece for line in lines for piece in _pieces(line, width)]


@lru_cache(maxsize=256)  # many assets are held down by the same
def _pieces(line: str, width: int) -> tuple[str, ...]:
    whole = textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=False)
    return tuple(piece for part in whole for piece in textwrap.wrap(part, width))


def _rows(grades: Iterable[Grade], unseen: Unseen) -> list[Row]:
    """Most assets of a large city have one of a few rows, which is held once."""
    known: dict[Row, Row] = {}
    return [known.setdefault(row, row) for row in (_row(grade, unseen) for grade in grades)]


def _row(grade: Grade, unseen: Unseen) -> Row:
    letters = grade.letters
    worst = "" if letters.at_worst == letters.measured else str(letters.at_worst)
    accepted = "" if letters.accepted == letters.measured else str(letters.accepted)
    return (str(letters.measured), worst, accepted, coverage(grade.counts), held_by(grade.held_by, unseen))


def _city(report: Report, text: Callable[[str], str], unseen: Unseen) -> list[str]:
    city = report.city
    assert city is not None  # noqa: S101 - asked by the caller; mypy cannot know
    grade = city.grade
    spread = " · ".join(f"{letter} {count}" for letter, count in city.distribution if count)
    lines = [
        f"{text(grade.id)}: {grade.letters.measured}" + (f" ({at_worst(grade)})" if at_worst(grade) else ""),
        f"Systems: {spread}",
        f"Sensitive systems at B or better: {city.sensitive_at_b} of {city.sensitive_systems}",
        f"Checks: {coverage(grade.counts)} seen, {grade.counts.unknown} unknown, {grade.counts.stale} stale, "
        f"{grade.counts.attested} attested, {grade.counts.waived} waived",
        *(f"The city's own cap: {words}" for words in city.caps),
    ]
    if grade.next:
        lines.append(f"For {grade.next.letter}: {held_by(grade.next.steps, unseen)}")
    return lines
