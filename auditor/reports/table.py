"""The graded table: terminal, Markdown or plain, by tabulate."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

from tabulate import MIN_PADDING, tabulate

from auditor.findings import rows_of
from auditor.model import Grade, Outcome, Report
from auditor.reports.harmless import for_markdown, for_terminal
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

Key = tuple[str, str, str]  # asset, check, locus
Row = tuple[str, str, str, str, str]  # as `HEADINGS`


def render(report: Report, style: Style, width: int = WIDTH) -> str:
    """Systems, then assets, then the city's line. Ends in a newline.

    `width`: of the terminal, in characters; the last column adapts to it. Markdown is never broken into lines.
    """
    text = for_markdown if style is Style.MARKDOWN else for_terminal
    names = [text(system.name) for system in report.systems]
    assets = [text(asset.id) for asset in report.assets]
    unseen = frozenset(
        (asset, check, locus)
        for asset, (check, _), state, (locus, _) in rows_of(report.findings)
        if state.outcome is Outcome.UNKNOWN
    )
    parts = []
    if report.systems:
        parts.append(_table("System", names, [_row(grade, unseen) for grade in report.system_grades], style, width))
    parts.append(_table("Asset", assets, [_row(grade, unseen) for grade in report.asset_grades], style, width))
    if report.city:
        lines = _city(report, text, unseen)
        parts.append("\n".join(lines if style is Style.MARKDOWN else _wrapped(lines, width)))
    return "\n\n".join(parts) + "\n"


def _table(first: str, names: Sequence[str], graded: Sequence[Row], style: Style, width: int) -> str:
    rows = [(name, *row) for name, row in zip(names, graded, strict=True)]
    if style is Style.MARKDOWN:
        return _drawn(rows, (first, *HEADINGS), style)
    empty = _drawn(_as_wide([(*row[:-1], "") for row in rows]), (first, *STACKED), style)
    taken = max(map(len, empty.splitlines())) - len(HEADINGS[-1]) - MIN_PADDING
    held = max(NARROWEST, min(WIDEST, width - taken))
    return _drawn([(*row[:-1], "\n".join(_wrapped([row[-1]], held))) for row in rows], (first, *STACKED), style)


def _as_wide(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """One row that takes as much room as all of these; all of them where a character may not take one place."""
    columns = list(zip(*rows, strict=True))
    if not rows or not all(cell.isascii() and cell.isprintable() for column in columns for cell in column):
        return rows
    return [[max(column, key=lambda cell: len(cell.strip())) for column in columns]]


def _drawn(rows: Sequence[Sequence[str]], headings: Sequence[str], style: Style) -> str:
    return tabulate(rows, headers=headings, tablefmt=FORMATS[style], disable_numparse=True)


def _wrapped(lines: Iterable[str], width: int) -> list[str]:
    """Lines of at most `width` characters; the name of a check is broken only where it is longer than that."""
    return [piece for line in lines for piece in _pieces(line, width)]


@lru_cache(maxsize=256)  # many assets are held down by the same
def _pieces(line: str, width: int) -> tuple[str, ...]:
    whole = textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=False)
    return tuple(piece for part in whole for piece in textwrap.wrap(part, width))


def _row(grade: Grade, unseen: frozenset[Key]) -> Row:
    letters = grade.letters
    worst = "" if letters.at_worst == letters.measured else str(letters.at_worst)
    accepted = "" if letters.accepted == letters.measured else str(letters.accepted)
    return (str(letters.measured), worst, accepted, coverage(grade.counts), held_by(grade.held_by, unseen))


def _city(report: Report, text: Callable[[str], str], unseen: frozenset[Key]) -> list[str]:
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
