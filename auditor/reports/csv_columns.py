"""What a CSV file is made of: described columns, and one text for each kind of value. Knows no report's content."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from enum import Enum
from typing import Generic, TypeVar

from auditor.codec import plain
from auditor.model import Report
from auditor.records import dataclass
from auditor.reports.harmless import for_csv

Row = TypeVar("Row")
Cell = str | int | float | date | Iterable[str] | None  # None: an empty cell
SEPARATOR = "; "  # between the items of a list
LOCUS = "Where on the asset (address:port, mount, path); empty where there is one place."


class Type(Enum):
    """What stands in a column: its word in the dictionary, and how it is written there."""

    TEXT = ("text", ".*")
    WORD = ("word", ".*")  # one of the column's values
    LIST = ("list", ".*")  # of words or names, divided by SEPARATOR
    BOOLEAN = ("boolean", "true|false")
    INTEGER = ("integer", "[0-9]+")
    SHARE = ("share", r"0\.[0-9]{4}|1\.0000")
    TIME = ("time", r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z")
    DAY = ("day", "[0-9]{4}-[0-9]{2}-[0-9]{2}")

    def __init__(self, word: str, pattern: str) -> None:
        self.word = word
        self.pattern = pattern


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column. `values`: the words that may stand there, or the unit; `of`: its value in a row."""

    name: str
    type: Type
    meaning: str
    of: Callable[[Row], Cell]
    example: str
    values: str = ""
    optional: bool = False  # the cell may be empty


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Row]):
    """One file. Its first column is the run, so that the files of many nights can stand in one table."""

    name: str
    meaning: str
    columns: Sequence[Column[Row]]
    rows: Callable[[Report], Iterable[Row]]

    @property
    def described(self) -> tuple[Column[Row], ...]:
        """All columns, that of the run too."""
        return (Column("run", Type.TEXT, RUN, lambda _: None, "20260601T020000Z-4f1d0a"), *self.columns)

    def lines(self, report: Report) -> Iterator[str]:
        """The header and a line for each row, drawn one by one."""
        yield line(column.name for column in self.described)
        for row in self.rows(report):
            yield line((report.run.id, *(column.of(row) for column in self.columns)))


RUN = "The run that says so. With the file's key it names a row for ever."


class _Echo:
    """Hands back what the csv module would write."""

    def write(self, text: str) -> str:
        return text


_WRITER = csv.writer(_Echo(), lineterminator="\r\n")


def line(cells: Iterable[Cell]) -> str:
    """One line by RFC 4180, ending in CRLF; no cell holds a line break."""
    made: str = _WRITER.writerow([for_csv(_text(cell)) for cell in cells])
    return made


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, (str, int)):
        return str(cell)
    if isinstance(cell, float):
        return f"{cell:.4f}"
    if isinstance(cell, date):
        return str(plain(cell))
    return SEPARATOR.join(cell)
