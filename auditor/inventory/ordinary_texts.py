"""Texts of several lines as they are ordinarily written: wrapped words, and what stands below '>' or '|'."""

from __future__ import annotations

import re

from auditor.inventory.ordinary_words import WORDS, refuse

FOLDED = {">": "\n", ">-": ""}  # lines become one; what ends it
KEPT = {"|": "\n", "|-": ""}  # lines stay lines
STYLES = FOLDED | KEPT
LONGEST = 10_000  # characters; each line is joined anew to what stood before it
BODY = re.compile(r"( +)[^ \n][^\n]*\n(?:\1[^ \n][^\n]*\n)*")
BEHIND = re.compile(r"\n*( *)(?:[^ \n]|\Z)")


def body(text: str, at: int, column: int, style: str) -> tuple[str, int]:
    """What stands below a key of this column, and where it ends. Raises NotOrdinary.

    All lines have one indent, none is empty, and none ends with a space: how those are folded only the parser knows.
    """
    found = BODY.match(text, at) or refuse()
    behind = BEHIND.match(text, found.end()) or refuse()
    if len(found[1]) <= column or len(behind[1]) > column:
        refuse()
    lines = [line[len(found[1]) :] for line in found[0].splitlines()]
    if any(line.endswith(" ") for line in lines):
        refuse()
    return (" " if style in FOLDED else "\n").join(lines) + STYLES[style], found.end()


def joined(before: str, further: str) -> str:
    """Words that go on in a further line. Raises NotOrdinary."""
    parts = before.rstrip(" "), further.rstrip(" ")
    if len(before) > LONGEST or not all(map(WORDS.fullmatch, parts)):
        refuse()
    return " ".join(parts)
