"""YAML that says one thing in each line → plain values. What is shifted, doubled, empty or odd is not read here."""

from __future__ import annotations

import re

from auditor.inventory.ordinary_words import KEY, NULLS, refuse, value
from auditor.inventory.tree import Plain

LINE = re.compile(rf"( *)((?:- )*)(?:({KEY}):(?: +|(?=\n)))?([^\n]*)\n")
ABOVE = re.compile(r"(?: *(?:#[^\n]*)?\n)*---\n")  # what may stand before the first line
MOST_OPEN = 12  # lists and mappings in one another; the parser counts further


def read_lines(text: str) -> dict[str, Plain]:
    """The document. Raises NotOrdinary."""
    above = ABOVE.match(text)
    lines = _Lines()
    for found in LINE.finditer(text + "\n", above.end() if above else 0):
        indent, dashes, key, rest = found.groups()
        if key is None and not dashes and rest[:1] in ("", "#"):
            continue
        if key is None:
            lines.entries(len(indent), dashes).append(lines.value(rest))
        else:
            lines.say(lines.keys(len(indent), dashes), key, rest)
    return lines.done()


class _Lines:
    """A document that grows line by line. `open`: what may still go on, outermost first, each with its column."""

    def __init__(self) -> None:
        self.whole: dict[str, Plain] = {}
        self.open: list[tuple[int, dict[str, Plain] | list[Plain]]] = [(0, self.whole)]
        self.awaited: str | None = None  # the last key, if its value begins in the next line
        self.known: dict[str, Plain] = {}  # by how it is written: what stands often is one object

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
        if key in keys or key in NULLS:
            refuse()
        if rest and rest[0] != "#":
            keys[key] = self.value(rest)
        else:
            self.awaited = key

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
