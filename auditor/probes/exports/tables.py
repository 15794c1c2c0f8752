"""CSV as management tools write it: UTF-8, a header, commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from auditor.facts.base import target_text
from auditor.model import Reason
from auditor.probes.exports.rows import Fault, text_of, unusable
from auditor.reach import ExportFile

if TYPE_CHECKING:
    from _csv import Reader

MOST_COLUMNS = 500
MOST_ROWS = 100_000
DELIMITERS = (",", ";", "\t")


class Record(Mapping[str, str]):
    """A row by its column's name, without regard to case, blanks and underscores; "" for a column that is not there."""

    def __init__(self, line: int, places: Mapping[str, int], cells: Sequence[str]) -> None:
        self.line = line
        self._places = places
        self._cells = cells

    def __getitem__(self, name: str) -> str:
        at = self._places.get(plain(name))
        return target_text(self._cells[at].strip()) if at is not None and at < len(self._cells) else ""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and plain(name) in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def fits(self) -> bool:
        """Has it as many cells as the header?"""
        return len(self._cells) == len(self._places)

    def first(self, *names: str) -> str:
        """The first of these columns that is not empty."""
        return next((self[name] for name in names if self[name]), "")


def unfitting(file: str, record: Record) -> Fault:
    """Of a row with more or fewer cells than the header nobody knows which is which: not even whose it is."""
    return Fault(file=file, line=record.line, reason=Reason.MALFORMED, detail="it has not as many cells as the header")


def plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def spoken(words: str) -> str:
    """Words without regard to case, blanks and underscores. Any other sign stays: "!encrypted" is another word."""
    return "".join(words.casefold().replace("_", " ").split())


def records(file: ExportFile, needed: Sequence[Sequence[str]]) -> Iterator[Record]:
    """Every row that is not empty. `needed`: of each of these groups, the header must have one.

    Raises Unreachable where the file is no such table.
    """
    text = text_of(file.content, file.name)
    if "\x00" in text:
        raise unusable(file.name, text.count("\n", 0, text.index("\x00")) + 1, "it holds a NUL: export it as UTF-8")
    reader, places = _opened(text, file.name, needed)
    try:
        for cells in reader:
            if reader.line_num > MOST_ROWS + 1:
                raise unusable(file.name, reader.line_num, f"it has more than {MOST_ROWS:,} lines")
            if any(cell.strip() for cell in cells):
                yield Record(reader.line_num, places, cells)
    except csv.Error as error:
        raise unusable(file.name, reader.line_num, "the row cannot be read as CSV") from error


def _opened(text: str, name: str, needed: Sequence[Sequence[str]]) -> tuple[Reader, dict[str, int]]:
    """A reader past the header, and where each column stands."""
    missing = needed[0]
    for delimiter in DELIMITERS:
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            header = next(reader, [])
        except csv.Error:
            continue
        if len(header) > MOST_COLUMNS:
            raise unusable(name, 1, f"it has more than {MOST_COLUMNS} columns")
        places = {plain(column): at for at, column in enumerate(header)}
        absent = [group for group in needed if not any(plain(one) in places for one in group)]
        if not absent:
            if len(places) < len(header):
                raise unusable(name, 1, "two of its columns have one name")
            return reader, places
        missing = absent[0] if len(absent) < len(needed) else missing
    raise unusable(name, 1, f"no column is called {' or '.join(missing)}")
