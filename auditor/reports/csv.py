"""The report as CSV files with a data dictionary (docs/csv.md): RFC 4180, UTF-8 without a byte order mark.

Headers, dictionary and docs/csv.md come from one table of columns, so that none of them can be wrong alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from auditor.model import Report
from auditor.records import dataclass
from auditor.reports.csv_columns import Column, Sheet, Type, line
from auditor.reports.csv_found import EVIDENCE, FINDINGS, FOUND
from auditor.reports.csv_graded import ASSETS, DEPARTMENTS, RUN, SYSTEMS
from auditor.reports.csv_said import ATTESTATIONS, EXPIRING, WAIVERS
from auditor.reports.files import write_files

SHEETS: tuple[Sheet[Any], ...] = (
    RUN,
    DEPARTMENTS,
    SYSTEMS,
    ASSETS,
    FINDINGS,
    EVIDENCE,
    WAIVERS,
    ATTESTATIONS,
    EXPIRING,
    FOUND,
)


def files(report: Report) -> Iterator[tuple[str, Iterator[str]]]:
    """Each file's name and lines. The same files whatever the report holds; without rows, a header alone."""
    for sheet in SHEETS:
        yield sheet.name, sheet.lines(report)
    yield DICTIONARY, dictionary()


def write(out: Path, report: Report) -> tuple[Path, ...]:
    """Write all files into `out`, each whole or not at all, for its owner's eyes alone. Raises OSError."""
    return write_files(out, files(report))


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the dictionary: one column of one file."""

    file: str
    column: Column[Any]


DICTIONARY = "dictionary.csv"
COLUMNS: tuple[Column[Entry], ...] = (
    Column("file", Type.TEXT, "The file that has the column.", lambda row: row.file, "findings.csv"),
    Column("column", Type.TEXT, "Its header.", lambda row: row.column.name, "outcome"),
    Column(
        "type",
        Type.WORD,
        "What stands there; docs/csv.md says how each type is written.",
        lambda row: row.column.type.word,
        "word",
        values="; ".join(one.word for one in Type),
    ),
    Column("meaning", Type.TEXT, "In words.", lambda row: row.column.meaning, "What the check says."),
    Column(
        "values",
        Type.TEXT,
        "The words that may stand there, or the unit.",
        lambda row: row.column.values,
        "pass; fail; unknown; not_applicable",
        optional=True,
    ),
    Column("may_be_empty", Type.BOOLEAN, "A cell may be empty.", lambda row: row.column.optional, "false"),
    Column("example", Type.TEXT, "A value.", lambda row: row.column.example, "fail"),
)


def entries() -> Iterator[Entry]:
    """Every column of every file, in the order of files and columns; the dictionary's own come last."""
    for sheet in SHEETS:
        yield from (Entry(sheet.name, column) for column in sheet.described)
    yield from (Entry(DICTIONARY, column) for column in COLUMNS)


def dictionary() -> Iterator[str]:
    """The lines of dictionary.csv: the same for every report of one version of the program."""
    yield line(column.name for column in COLUMNS)
    for entry in entries():
        yield line(column.of(entry) for column in COLUMNS)
