"""docs/csv.md: the CSV files, column by column, from the table that writes their headers. Never edited by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditor.reports.csv import COLUMNS, DICTIONARY, SHEETS
from auditor.reports.csv_columns import Column

HEAD = """# The report as CSV

Generated from the table that writes the headers; do not edit.

`auditor report csv --out DIR` writes these files, always all of them; one that has nothing to say holds its header
alone. `dictionary.csv` says the same as this page, for machines. The files are for internal use (mode 0600): they name
what is weak today. A column keeps its name and meaning; new columns come at the end of a file, new files beside these.

- **Form**: RFC 4180: commas, CRLF, a cell in quotes where it has to be. UTF-8 *without* a byte order mark: with one,
  most programs would take it for a part of the first header. In Excel, open a file through Data → From Text/CSV and
  choose 65001 (UTF-8); in LibreOffice choose Unicode (UTF-8) and the comma alone.
- **No cell is a formula.** A text that begins with `=`, `+`, `-` or `@`, in any width, after white space or quotes too,
  or that has one of them after a semicolon (which divides cells where the comma is the decimal mark), gets an
  apostrophe there: `'=1+1`. So does a text that has an apostrophe there already. A program that wants the text as it
  was takes away one apostrophe at the start and one after each semicolon: in Python
  `re.sub("(^|;)'", r"\\1", cell)`.
- **No hidden characters.** Line breaks and tabs are spaces; other control, direction and invisible characters are shown
  as their code point (`<U+202E>`).
- Import every column as text where a program guesses: an id like `3-4` is no day in March.

| type | how it is written |
|---|---|
| text | as it is; a target may have chosen it |
| word | one of the values that are listed |
| list | texts with `; ` between them |
| boolean | `true` or `false` |
| integer | digits |
| share | 0 to 1 with four decimals, `0.9565` |
| time | ISO 8601, UTC: `2026-06-01T02:00:00Z`, with six decimals where the second is not full |
| day | `YYYY-MM-DD`, in the organisation's zone |

A column in *italics* may be empty.
"""


def render() -> str:
    """A section for each file. Ends in a newline."""
    sections = [_section(sheet.name, sheet.meaning, sheet.described) for sheet in SHEETS]
    said = "One row for each column of each file. The same for every report of one version. Key: file, column."
    return HEAD + "".join(sections) + _section(DICTIONARY, said, COLUMNS)


def _section(name: str, meaning: str, columns: Sequence[Column[Any]]) -> str:
    head = f"\n## {name}\n\n{meaning}\n\n| column | type | meaning | values | example |\n|---|---|---|---|---|\n"
    return head + "".join(map(_row, columns))


def _row(column: Column[Any]) -> str:
    name = f"*{column.name}*" if column.optional else column.name
    example = f"`{column.example}`" if column.example else ""
    return f"| {name} | {column.type.word} | {column.meaning} | {column.values} | {example} |\n"
