"""The files of one inventory seen as one document, so that a rule need not know which file a thing stands in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from auditor.inventory.tree import Plain, Trail, Tree

MERGED = frozenset({"systems", "waivers", "attestations", "retired"})  # the sections that a part may have
MAIN = 0


@dataclass(frozen=True)
class Whole:
    """The main file and its parts. A path of the whole begins with the number of the file; the main one is 0.

    The files stand in the order in which they are trusted: of two entries that clash, the later one is complained of.
    """

    files: tuple[Tree, ...]

    @property
    def main(self) -> Tree:
        return self.files[MAIN]

    @property
    def is_readable(self) -> bool:
        """Could every file be read as YAML? If not, what looks undeclared may stand in the one that could not."""
        return all(file.plain is not None for file in self.files)

    @property
    def parts(self) -> Iterator[tuple[int, Tree]]:
        """Every part with its number."""
        return ((number, file) for number, file in enumerate(self.files) if number != MAIN)

    @cached_property
    def assets(self) -> tuple[tuple[Trail, str | None, dict[str, Plain]], ...]:
        """Every asset with its path and its system's id (None: that is missing or not text)."""
        found: list[tuple[Trail, str | None, dict[str, Plain]]] = []
        for path, system in self.entries("systems"):
            name = system.get("id")
            owner = name if isinstance(name, str) else None
            found += [(inner, owner, row) for inner, row in self.entries(*path, "assets")]
        return tuple(found)

    def at(self, *path: str | int) -> Plain:
        """The value at a path of the whole, or at one of the main file; None where there is none."""
        number, inner = _divided(path)
        return self.files[number].at(*inner)

    def entries(self, *path: str | int) -> Iterator[tuple[Trail, dict[str, Plain]]]:
        """The mappings in the list at a path, each with its path in the whole; of a merged section, all files'."""
        for number, inner in self._reached(path):
            for trail, row in self.files[number].entries(*inner):
                yield (number, *trail), row

    def texts(self, *path: str | int) -> Iterator[tuple[Trail, str]]:
        """The texts in the list at a path, each with its path in the whole."""
        number, inner = _divided(path)
        return (((number, *trail), text) for trail, text in self.files[number].texts(*inner))

    def complain_of(self, path: Trail, message: str, meant: str | None = None) -> None:
        """Complain of a value in the file where it stands."""
        number, inner = _divided(path)
        self.files[number].complain_of(inner, message, meant)

    def line_of(self, path: Trail, beside: Trail) -> str:
        """Where a value stands, in words for a complaint at `beside`: the file is named where it is another one."""
        number, inner = _divided(path)
        file = self.files[number]
        line = f"line {file.place_of(inner).line}"
        return line if number == _divided(beside)[0] else f"{line} of {file.file}"

    def nearest(self, path: Trail, word: str, known: Iterable[str]) -> str | None:
        """What was probably meant at this path; None where nobody knows."""
        return self.files[_divided(path)[0]].nearest(word, known)

    def _reached(self, path: Trail) -> Iterator[tuple[int, Trail]]:
        """The files that a path leads into."""
        if path and path[0] in MERGED:
            return ((number, path) for number in range(len(self.files)))
        return iter([_divided(path)])


def is_later(one: Trail, other: Trail) -> bool:
    """Does the first stand in a file that is trusted less than that of the second?"""
    return _divided(one)[0] > _divided(other)[0]


def _divided(path: Trail) -> tuple[int, Trail]:
    """A path of the whole as its file's number and the path in it; one without a number is the main file's."""
    match path:
        case (int(number), *inner):
            return number, tuple(inner)
    return MAIN, path
