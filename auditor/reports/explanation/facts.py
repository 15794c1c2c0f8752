"""What a finding was judged from, as indented plain JSON: cut, and what is cut is counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from auditor.codec import JsonValue
from auditor.reports.explanation.nouns import Blind, Kept, Seen
from auditor.reports.explanation.words import PHRASES, at, moment, short
from auditor.reports.lines import Line
from auditor.reports.words import counted

MOST = 14  # lines of one value
ALL = "`--json` shows all"


def lines(kept: Kept, zone: ZoneInfo) -> Iterator[Line]:
    yield 0, ""
    yield 0, f"What it was judged from (run {kept.run}):" if kept.run else "What it was judged from:"
    if kept.gone:
        yield 2, f"It cannot be shown: {kept.gone}."
    elif not (kept.rows or kept.declared):
        yield 2, "Nothing is kept of it."
    for row in kept.rows:
        yield from _blind(row) if isinstance(row, Blind) else _seen(row, zone)
    if kept.declared:
        yield 2, "Declared by the inventory"
        yield from _value(kept.declared)


def _seen(row: Seen, zone: ZoneInfo) -> Iterator[Line]:
    again = ", looked at a second time" if row.look > 1 else ""
    yield 2, f"{row.facts}{at(row.locus)}, {row.basis.value} {moment(row.at, zone)}{again}"
    yield 2, f"SHA-256 {row.sha256}"
    yield from _value(row.value)


def _blind(row: Blind) -> Iterator[Line]:
    detail = f" ({short(row.detail)})" if row.detail else ""
    again = "the second time " if row.look > 1 else ""
    yield 2, f"{row.facts}{at(row.locus)}, {again}not seen: {PHRASES.get(row.reason, row.reason)}{detail}"


def _value(value: JsonValue) -> Iterator[Line]:
    text = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
    for line in text[:MOST]:
        bare = line.lstrip(" ")
        yield 4 + len(line) - len(bare), short(bare)
    if len(text) > MOST:
        yield 4, f"... and {counted(len(text) - MOST, 'more line')}; {ALL}"
