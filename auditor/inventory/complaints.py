"""What is wrong with an inventory: where, in one sentence, and what was probably meant. Knows no YAML and no schema."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from auditor.errors import UsageError
from auditor.records import dataclass

ECHO_LIMIT = 60  # characters of the file's own words that a complaint repeats
LONGEST_WORD = 64  # above this nobody mistyped a key; comparing would only cost time


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the file: line and column count from 1. Line 0 is the file as a whole."""

    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong. `message` is a sentence; `meant` is what was probably meant, None where nobody knows."""

    file: str
    place: Place
    message: str
    meant: str | None = None

    @property
    def line(self) -> int:
        return self.place.line

    @property
    def column(self) -> int:
        return self.place.column

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        hint = f" (did you mean '{self.meant}'?)" if self.meant else ""
        return f"{where}: {self.message}{hint}"


class InventoryError(UsageError):
    """Every complaint about a file at once, in the order of the file. `str()` lists them, one per line."""

    speaker = ""  # editors read "file:line:column: …"

    def __init__(self, complaints: Iterable[Complaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(map(str, self.complaints)))


def refusal(file: str, message: str, place: Place | None = None) -> InventoryError:
    """The error of a file that cannot be read at all: one complaint. Without a place, about the file as a whole."""
    return InventoryError([Complaint(file, place or Place(), message)])


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; None if none is close."""
    if len(word) > LONGEST_WORD:
        return None
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return close[0] if close else None


def quoted(word: str) -> str:
    """The file's own word in quotes, cut, with every character that could move a terminal's cursor escaped."""
    cut = word if len(word) <= ECHO_LIMIT else word[: ECHO_LIMIT - 1] + "…"
    return "'" + "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in cut) + "'"
