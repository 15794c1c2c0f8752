"""The columns that everything with a letter has: its letters, the counts beside them, what holds them down."""

from __future__ import annotations

from collections.abc import Callable

from auditor.model import Counts, Grade, Letter, Letters
from auditor.reports.csv_columns import SEPARATOR, Column, Row, Type
from auditor.reports.words import held_by

LETTERS = SEPARATOR.join(map(str, sorted(Letter, reverse=True)))


def graded(of: Callable[[Row], Grade | None], *, optional: bool = False) -> tuple[Column[Row], ...]:
    """`optional`: `of` may give None, where there is no letter; the cells are empty then."""
    return (*_letters(of, optional=optional), *_counts(of, optional=optional), *_steps(of))


def _letters(of: Callable[[Row], Grade | None], *, optional: bool) -> tuple[Column[Row], ...]:
    def letter(name: str, meaning: str, read: Callable[[Letters], Letter], example: str) -> Column[Row]:
        def value(row: Row) -> str | None:
            grade = of(row)
            return None if grade is None else str(read(grade.letters))

        return Column(name, Type.WORD, meaning, value, example, values=LETTERS, optional=optional)

    return (
        letter("letter", "Measured: by what was seen.", lambda letters: letters.measured, "C"),
        letter("at_worst", "If all that was not seen failed.", lambda letters: letters.at_worst, "F"),
        letter("with_accepted_risks", "If waivers are lifted. Internal.", lambda letters: letters.accepted, "B"),
    )


def _counts(of: Callable[[Row], Grade | None], *, optional: bool) -> tuple[Column[Row], ...]:
    def number(name: str, meaning: str, read: Callable[[Counts], int], example: str) -> Column[Row]:
        def value(row: Row) -> int | None:
            grade = of(row)
            return None if grade is None else read(grade.counts)

        return Column(name, Type.INTEGER, meaning, value, example, values="checks by place", optional=optional)

    def coverage(row: Row) -> float | None:
        grade = of(row)
        return None if grade is None else grade.counts.coverage

    return (
        Column(
            "coverage",
            Type.SHARE,
            "Answered ÷ asked. Printed, never graded; empty where nothing was asked.",
            coverage,
            "0.9565",
            values="0 to 1",
            optional=True,
        ),
        number("asked", "Checks that were asked, each at each place.", lambda counts: counts.asked, "46"),
        number("answered", "Those that were seen in this run.", lambda counts: counts.answered, "44"),
        number("failed", "Those that fail.", lambda counts: counts.failed, "1"),
        number("unknown", "Those that could not be seen.", lambda counts: counts.unknown, "2"),
        number("stale", "Those that stand from an earlier look.", lambda counts: counts.stale, "0"),
        number("attested", "Those that rest on somebody's word.", lambda counts: counts.attested, "0"),
        number("waived", "Those that a waiver covers.", lambda counts: counts.waived, "0"),
    )


def _steps(of: Callable[[Row], Grade | None]) -> tuple[Column[Row], ...]:
    def held(row: Row) -> str | None:
        grade = of(row)
        return None if grade is None else held_by(grade.held_by)

    def following(row: Row) -> str | None:
        grade = of(row)
        return None if grade is None or grade.next is None else str(grade.next.letter)

    return (
        Column(
            "held_by",
            Type.TEXT,
            "What holds the measured letter down, the easiest first; in brackets at how many places.",
            held,
            "web-hsts-missing (2)",
            optional=True,
        ),
        Column(
            "next_letter",
            Type.WORD,
            "The next better letter; empty at the best one. What it takes is in report.json.",
            following,
            "B",
            values=LETTERS,
            optional=True,
        ),
    )
