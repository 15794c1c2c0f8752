"""A document as plain values that remember where they stood, and the complaints so far. Knows no YAML and no key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from auditor.inventory.complaints import Complaint, Place, nearest

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Trail: TypeAlias = tuple[str | int, ...]  # the keys and indexes that lead to a value

MAX_VALUES = 200_000  # after aliases are followed, so a chain of aliases cannot multiply; a city of 10,000 systems fits
MOST_HINTS = 100  # complaints; guessing compares a word with every known one


@dataclass(slots=True)
class Places:
    """Every value's place by its path, and the place of the key that names it."""

    values: dict[Trail, Place] = field(default_factory=dict)
    keys: dict[Trail, Place] = field(default_factory=dict)


class Survey:
    """The places of a document, worked out when somebody first asks: most have nothing wrong with them."""

    def __init__(self, look: Callable[[], Places] = Places) -> None:
        self._look = look

    @cached_property
    def places(self) -> Places:
        return self._look()


@dataclass(slots=True)
class Tree:
    """One document."""

    file: str
    plain: Plain = None
    survey: Survey = field(default_factory=Survey)
    complaints: list[Complaint] = field(default_factory=list)
    refused: set[Trail] = field(default_factory=set)  # values that have their complaint; nothing of them is quoted

    def fresh(self) -> Tree:
        """The same document, whose further complaints are its own."""
        return replace(self, complaints=list(self.complaints), refused=set(self.refused))

    def in_order(self) -> tuple[Complaint, ...]:
        """The complaints so far, each once, in the order of the file."""
        return tuple(sorted(set(self.complaints), key=lambda complaint: (complaint.place, complaint.message)))

    def complain_of(self, path: Trail, message: str, meant: str | None = None, *, at_key: bool = False) -> None:
        """Complain of a value once: what follows from a first fault is no second one."""
        if not any(path[:length] in self.refused for length in range(len(path) + 1)):
            self.refused.add(path)
            self.complain(self.key_place_of(path) if at_key else self.place_of(path), message, meant)

    def nearest(self, word: str, known: Iterable[str]) -> str | None:
        """What was probably meant; None where nobody knows, or so much is wrong that guessing would take minutes."""
        return nearest(word, known) if len(self.complaints) < MOST_HINTS else None

    def complain(self, place: Place, message: str, meant: str | None = None) -> None:
        self.complaints.append(Complaint(self.file, place, message, meant))

    def place_of(self, path: Trail) -> Place:
        """Where the value stands; where it is missing, its nearest parent."""
        places = self.survey.places.values
        while path and path not in places:
            path = path[:-1]
        return places.get(path, Place(1, 1))

    def key_place_of(self, path: Trail) -> Place:
        return self.survey.places.keys.get(path) or self.place_of(path)

    def at(self, *path: str | int) -> Plain:
        """The value at a path; None where there is none."""
        value = self.plain
        for part in path:
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def walk(self, *path: str | int) -> Iterator[tuple[Trail, Plain]]:
        """Every value at and under a path, parents first."""
        ahead: list[tuple[Trail, Plain]] = [(path, self.at(*path))]
        while ahead:
            trail, value = ahead.pop()
            yield trail, value
            if isinstance(value, dict):
                ahead += [((*trail, key), inner) for key, inner in reversed(value.items())]
            elif isinstance(value, list):
                ahead += [((*trail, index), value[index]) for index in range(len(value) - 1, -1, -1)]

    def words(self) -> tuple[set[str], list[Plain]]:
        """Every key, each once, and every value that is neither a list nor a mapping; in no order."""
        keys: set[str] = set()
        ahead, single = [self.plain], list[Plain]()
        while ahead:
            value = ahead.pop()
            if isinstance(value, dict):
                keys |= value.keys()
                ahead += value.values()
            elif isinstance(value, list):
                ahead += value
            else:
                single.append(value)
        return keys, single

    def entries(self, *path: str | int) -> Iterator[tuple[Trail, dict[str, Plain]]]:
        """The mappings in the list at a path, each with its own path."""
        rows = self.at(*path)
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, dict):
                yield (*path, index), row

    def texts(self, *path: str | int) -> Iterator[tuple[Trail, str]]:
        """The texts in the list at a path, each with its own path."""
        rows = self.at(*path)
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, str):
                yield (*path, index), row
