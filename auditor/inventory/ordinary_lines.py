"""YAML line by line → plain values. What is shifted, doubled, empty or odd is not read here."""

from __future__ import annotations

import re

from auditor.inventory.ordinary_texts import STYLES, body, joined
from auditor.inventory.ordinary_words import KEY, NULLS, refuse, value
from auditor.inventory.tree import Plain

LINE = re.compile(rf"( *)((?:- )*)(?:({KEY}):(?: +|(?=\n)))?([^\n]*)\n")
ABOVE = re.compile(r"(?: *(?:#[^\n]*)?\n)*---\n")  # what may stand before the first line
MOST_OPEN = 12  # lists and mappings in one another; the parser counts further


def read_lines(text: str) -> dict[str, Plain]:
    """The document. Raises NotOrdinary."""
    lines, above = _Lines(), ABOVE.match(text)
    ended = text if text.endswith("\n") else text + "\n"
    at = above.end() if above else 0
    while at < len(ended):
        found = LINE.match(ended, at) or refuse()
        indent, dashes, key, rest = found.groups()
        at = found.end()
        if key is not None:
            keys = lines.keys(len(indent), dashes)
            if rest in STYLES:
                rest, at = body(ended, at, lines.column, rest)
                lines.add(keys, key, rest if at <= len(text) else refuse())  # without an end its last line has none
            else:
                lines.say(keys, key, rest)
        elif dashes:
            lines.entries(len(indent), dashes).append(lines.value(rest))
        elif rest and rest[0] != "#":
            lines.go_on(len(indent), rest)
        else:
            lines.last = None
    return lines.done()


class _Lines:
    """A document that grows line by line. `open`: what may still go on, outermost first, each with its column."""

    def __init__(self) -> None:
        self.whole: dict[str, Plain] = {}
        self.open: list[tuple[int, dict[str, Plain] | list[Plain]]] = [(0, self.whole)]
        self.awaited: str | None = None  # the last key, if its value begins in the next line
        self.last: tuple[dict[str, Plain], str, str] | None = None  # what the line before said, if it may go on
        self.known: dict[str, Plain] = {}  # by how it is written: what stands often is one object

    @property
    def column(self) -> int:
        return self.open[-1][0]

    def entries(self, column: int, dashes: str) -> list[Plain]:
        """The list that this line has an entry of."""
        self._come_to(column, dashes)
        for _ in range(len(dashes) // 2 - 1):
            column += 2
            self._open_in_list(column, [])
        inner = self.open[-1][1]
        return inner if isinstance(inner, list) else refuse()

    def keys(self, column: int, dashes: str) -> dict[str, Plain]:
        """The mapping that this line has a key of: one that is open, or one that begins behind a dash."""
        if dashes:
            self.entries(column, dashes)
            self._open_in_list(column + len(dashes), {})
        else:
            self._come_to(column, dashes)
        inner = self.open[-1][1]
        return inner if isinstance(inner, dict) else refuse()

    def say(self, keys: dict[str, Plain], key: str, rest: str) -> None:
        if rest and rest[0] != "#":
            self.add(keys, key, self.value(rest))
            self.last = keys, key, rest
        elif key in keys or key in NULLS:
            refuse()
        else:
            self.awaited = key

    def add(self, keys: dict[str, Plain], key: str, said: Plain) -> None:
        if key in keys or key in NULLS:
            refuse()
        keys[key] = said

    def go_on(self, column: int, rest: str) -> None:
        """A line that belongs to the words of the line before."""
        if self.last is None or column <= self.column:
            refuse()
        keys, key, before = self.last
        words = joined(before, rest)
        keys[key] = value(words)
        self.last = keys, key, words

    def value(self, rest: str) -> Plain:
        known = self.known.get(rest)
        if known is None:
            known = value(rest) if rest else refuse()
            if not isinstance(known, dict | list):
                self.known[rest] = known
        return known

    def done(self) -> dict[str, Plain]:
        return self.whole if self.whole and self.awaited is None else refuse()

    def _come_to(self, column: int, dashes: str) -> None:
        """Leave what ends before this line, or open what it begins."""
        self.last = None
        if self.awaited is not None:
            outer, keys = self.open[-1]
            if column < outer or (column == outer and not dashes) or not isinstance(keys, dict):
                refuse()  # a key without a value
            begun: dict[str, Plain] | list[Plain] = [] if dashes else {}
            keys[self.awaited] = begun
            self.awaited = None
            self._open(column, begun)
            return
        while self.open[-1][0] > column:
            self.open.pop()
        if not dashes and isinstance(self.open[-1][1], list):
            self.open.pop()  # a list may stand in the column of the key that it belongs to
        if self.open[-1][0] != column:
            refuse()

    def _open_in_list(self, column: int, begun: dict[str, Plain] | list[Plain]) -> None:
        outer = self.open[-1][1]
        if not isinstance(outer, list):
            refuse()
        outer.append(begun)
        self._open(column, begun)

    def _open(self, column: int, begun: dict[str, Plain] | list[Plain]) -> None:
        self.open.append((column, begun))
        if len(self.open) > MOST_OPEN:
            refuse()
