"""The first bytes of an object → its cells: text with the words that say what it is. Keeps nothing, raises nothing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from auditor.records import dataclass

BESIDE = 40  # characters before a place in a line that count as words beside it
SEPARATORS = ",;\t|"
MOST_COLUMNS = 512
LONGEST_HEADER = 80
PAIR = re.compile(r'"([^"\\]{1,100})"\s*:\s*(?:"((?:[^"\\]|\\.){0,65536})"|(-?\d{1,40})(?![\d.]))')
LETTERS = re.compile(r"[^a-z0-9#]+")
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. `label`: its header or key in plain words; "" in lines of text, whose words stand in `text` itself."""

    column: int
    label: str
    text: str


def cells(content: bytes, *, is_cut: bool) -> tuple[Cell, ...] | None:
    """None for what is no text. `is_cut`: the object goes on, so that its last line is not whole."""
    text = _text(content)
    if text is None:
        return None
    lines = text.splitlines()
    if is_cut and len(lines) > 1:
        lines = lines[:-1]
    if text.lstrip()[:1] in ("{", "["):
        return tuple(_of_json(text))
    separator = _separator(lines)
    found = _of_table(lines, separator) if separator else None
    if found is None and _is_one_column(lines):
        found = tuple(Cell(0, words(lines[0]), line) for line in lines[1:])
    return found if found is not None else tuple(Cell(0, "", line) for line in lines)


def words(text: str) -> str:
    """A header, key or text in plain words: "SocialSecurity_No." → "social security no"."""
    return LETTERS.sub(" ", HUMP.sub(" ", text).lower()).strip()


def _text(content: bytes) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if not content or b"\0" in content:
        return None
    text = content.decode("utf-8-sig", "replace")
    odd = sum(not (letter.isprintable() or letter in "\r\n\t") or letter == "\ufffd" for letter in text[:4096])
    return None if odd > len(text[:4096]) // 10 else text


def _separator(lines: list[str]) -> str:
    """The letter that stands equally often in the first lines; "" where none does."""
    first = [line for line in lines[:6] if line.strip()]
    for letter in SEPARATORS:
        counts = {line.count(letter) for line in first}
        if len(first) > 1 and len(counts) == 1 and counts != {0}:
            return letter
    return next((letter for letter in ",\t;" if len(first) > 1 and first[0].count(letter) > 1), "")


def _is_one_column(lines: list[str]) -> bool:
    """A header, and under it nothing but single values: no sentences."""
    header, values = lines[0] if lines else "", [line for line in lines[1:] if line.strip()]
    is_header = bool(words(header)) and len(header) <= LONGEST_HEADER and not re.search(r"\d", header)
    return is_header and bool(values) and not any(re.search(r"[a-z]\s+[a-z]", line, re.IGNORECASE) for line in values)


def _of_table(lines: list[str], separator: str) -> tuple[Cell, ...] | None:
    try:
        rows = [row[:MOST_COLUMNS] for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)]
    except csv.Error:
        return None
    if not rows:
        return None
    header = [words(name) for name in rows[0]] if _is_header(rows[0]) else []
    body = rows[1:] if header else rows
    return tuple(
        Cell(column, header[column] if column < len(header) else "", text)
        for row in body
        for column, text in enumerate(row)
    )


def _is_header(row: list[str]) -> bool:
    """Names, and no values: none of them is mostly digits."""
    return all(sum(letter.isdigit() for letter in name) * 2 <= len(name) for name in row) and any(row)


def _of_json(text: str) -> Iterator[Cell]:
    """Every key with a text or a whole number, however deep, whole document or not: no parser, no recursion."""
    columns: dict[str, int] = {}
    for found in PAIR.finditer(text):
        key, said, number = found.groups()
        if key in columns or len(columns) < MOST_COLUMNS:
            yield Cell(columns.setdefault(key, len(columns)), words(key), said if said is not None else number)
