"""The graded table: terminal, Markdown or plain, by tabulate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from tabulate import tabulate

from auditor.model import Grade, Report
from auditor.reports.harmless import for_markdown, for_terminal
from auditor.reports.words import at_worst, coverage, held_by


class Style(StrEnum):
    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    PLAIN = "plain"


FORMATS = {Style.TERMINAL: "rounded_outline", Style.MARKDOWN: "pipe", Style.PLAIN: "plain"}
HEADINGS = ("Letter", "At worst", "With accepted risks", "Seen", "Held down by")
HELD_WIDTH = 44


def render(report: Report, style: Style) -> str:
    """Systems, then assets, then the city's line. Ends in a newline."""
    text = for_markdown if style is Style.MARKDOWN else for_terminal
    names = [text(system.name) for system in report.systems]
    assets = [text(asset.id) for asset in report.assets]
    parts = []
    if report.systems:
        parts.append(_table("System", names, report.system_grades, style))
    parts.append(_table("Asset", assets, report.asset_grades, style))
    if report.city:
        parts.append(_city(report, text))
    return "\n\n".join(parts) + "\n"


def _table(first: str, names: Sequence[str], grades: Sequence[Grade], style: Style) -> str:
    rows = [(name, *_row(grade)) for name, grade in zip(names, grades, strict=True)]
    width = None if style is Style.MARKDOWN else [None, None, None, None, None, HELD_WIDTH]
    return tabulate(
        rows,
        headers=(first, *HEADINGS),
        tablefmt=FORMATS[style],
        disable_numparse=True,
        maxcolwidths=width,
    )


def _row(grade: Grade) -> tuple[str, str, str, str, str]:
    letters = grade.letters
    worst = "" if letters.at_worst == letters.measured else str(letters.at_worst)
    accepted = "" if letters.accepted == letters.measured else str(letters.accepted)
    return (str(letters.measured), worst, accepted, coverage(grade.counts), held_by(grade.held_by))


def _city(report: Report, text: Callable[[str], str]) -> str:
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
        lines.append(f"For {grade.next.letter}: {held_by(grade.next.steps)}")
    return "\n".join(lines)
