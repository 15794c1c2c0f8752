"""A table by tabulate, of many rows some at a time: the same lines as of all at once, which it would hold in pieces.

tabulate makes a column as wide as its widest cell. A row of the widest cells of all is drawn with each part, and its
line is taken away again, so that every part has the width of the whole. Knows no report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from tabulate import tabulate

AT_ONCE = 256  # rows; a table of no more is drawn as it is
FEET = {"rounded_outline": 1, "pipe": 0, "plain": 0}  # lines below the last row, by format
Row = Sequence[str]


def drawn(rows: Sequence[Row], headings: Row, form: str) -> str:
    """The whole table, without a line end after its last line."""
    return tabulate(list(rows), headers=headings, tablefmt=form, disable_numparse=True)


def pieces(rows: Sequence[Row], headings: Row, form: str) -> Iterator[str]:
    """What `drawn` gives, piece by piece. `rows` may make each as it is read."""
    widest = widest_of(rows) if len(rows) > AT_ONCE else None
    if widest is None:
        yield drawn(rows, headings, form)
        return
    frame = drawn([widest], headings, form).split("\n")
    above = len(frame) - 1 - FEET[form]
    yield "\n".join(frame[:above])
    for some in _batches(rows):
        lines = drawn([*some, widest], headings, form).split("\n")
        yield "".join(f"\n{line}" for line in lines[above : len(lines) - 1 - FEET[form]])
    yield "".join(f"\n{line}" for line in frame[above + 1 :])


def widest_of(rows: Sequence[Row]) -> Row | None:
    """A row of one line that takes as much room as all of these; None where a character may not take one place."""
    widest: list[str] = []
    for row in rows:
        lines = [cell.split("\n") for cell in row]
        if not all(line.isascii() and line.isprintable() for cell in lines for line in cell):
            return None
        mine = [max((line.strip() for line in cell), key=len) for cell in lines]
        widest = [max(pair, key=len) for pair in zip(widest, mine, strict=True)] if widest else mine
    return widest if any(widest) else None  # tabulate draws no line for a row in which nothing stands


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    rest = iter(rows)
    while some := list(islice(rest, AT_ONCE)):
        yield some
