"""What a run left when it was killed: the lines of its log, and the rows of its store, read without the program."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.logged_city import BEGAN, FINISHED, HANDED, JUDGED, KEPT, LOOKED

Key = tuple[str, str]  # turn, asset
Sight = tuple[str, str]  # digest of what was seen, and the times
LOOKS = """
select cast(look.turn as text), asset.id, hex(sight.sha256), hex(look.times) from look
join run on run.no = look.run join asset on asset.no = look.asset join sight on sight.no = look.sight where run.id = ?
"""
PLACE = 'asset.id, place."check", place.locus'
ROWS = {  # all that a store says, by what its rows mean and not by their numbers; the holder's process is left out
    "run": "select run.id, state, started, finished, as_of, complete, whole, interrupted, pruned, tool, rubric, "
    "inventory, method, report, sensitive_at_b, sensitive_systems, discovered, asked.sha256, rules.sha256, "
    "short.sha256 from run join document asked on asked.no = asked join document rules on rules.no = rules "
    "left join document short on short.no = short",
    "asset": "select id from asset",
    "document": "select sha256 from document",
    "facts": "select sha256 from facts",
    "sight": "select sha256 from sight",
    "state": "select sha256 from state",
    "look": "select run.id, asset.id, turn, sha256, times from look join run on run.no = look.run "
    "join asset on asset.no = look.asset join sight on sight.no = look.sight",
    "place": f"select {PLACE} from place join asset on asset.no = place.asset",
    "change": f"select {PLACE}, run.id, state.sha256 from change join place on place.no = change.place "
    "join asset on asset.no = place.asset join run on run.no = change.run left join state on state.no = change.state",
    "letter": "select kind, letter.id, run.id, measured, at_worst, accepted from letter "
    "join run on run.no = letter.run",
    "memory": "select asset.id, memory.body from memory join asset on asset.no = memory.asset",
    "carried": "select run.id, asset.id, document.sha256 from carried join run on run.no = carried.run "
    "join asset on asset.no = carried.asset join document on document.no = carried.entries",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What became of each look, as often as it did; `is_over`: the first look at everything came to its end."""

    began: Counter[Key]
    finished: Counter[Key]  # by the probe
    handed: Counter[Key]  # to the keeper
    kept: Counter[Key]  # the run went on to the next one
    is_over: bool
    is_judged: bool


def read_log(path: Path) -> Logged:
    lines = path.read_text().splitlines() if path.exists() else []
    found: dict[str, Counter[Key]] = {what: Counter() for what in (BEGAN, FINISHED, HANDED, KEPT, LOOKED, JUDGED)}
    for line in lines:
        what, turn, asset = line.split(" ")
        found[what][turn, asset] += 1
    return Logged(
        began=found[BEGAN],
        finished=found[FINISHED],
        handed=found[HANDED],
        kept=found[KEPT],
        is_over=any(turn == "1" for turn, _ in found[LOOKED]),
        is_judged=bool(found[JUDGED]),
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """One run in a store: "" where it is not in the list. What each look saw and when, as digests and bytes."""

    state: str
    looks: dict[Key, Sight]


def read_run(store: Path, name: str) -> Stored:
    """Raises RuntimeError where the file itself is damaged."""
    if not store.exists():
        return Stored("", {})
    with closing(sqlite3.connect(store)) as connection:
        if not connection.execute("select 1 from sqlite_master where name = 'run'").fetchone():
            return Stored("", {})
        if connection.execute("pragma integrity_check").fetchone() != ("ok",):
            raise RuntimeError("SQLite finds the file damaged")
        row = connection.execute("select state from run where id = ?", (name,)).fetchone()
        looks = {(turn, asset): (sight, times) for turn, asset, sight, times in connection.execute(LOOKS, (name,))}
    return Stored(row[0] if row else "", looks)


def read_rows(store: Path) -> Counter[tuple[object, ...]]:
    with closing(sqlite3.connect(store)) as connection:
        return Counter((table, *row) for table, query in ROWS.items() for row in connection.execute(query))
