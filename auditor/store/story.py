"""All that was recorded of some assets up to a run: when each place passed, failed, was unknown or gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, bindparam, select

from auditor.codec import CodecError
from auditor.micros import instant
from auditor.model import Asset
from auditor.past import Key, Recorded, State
from auditor.store.changes import Place, plain_locus, states_numbered
from auditor.store.once import RESTORE, batched
from auditor.store.tables import asset as asset_table
from auditor.store.tables import change as change_table
from auditor.store.tables import place as place_table
from auditor.store.tables import run as run_table

Note = tuple[int, int | None]  # the number of a run, and of the state that it recorded; None: the place was gone
ASSETS_AT_ONCE = 50  # whose notes are in memory
# Made once: a site asks for the past of every asset.
PLACES = (
    select(place_table.c.no, asset_table.c.id, place_table.c.check, place_table.c.locus)
    .join_from(place_table, asset_table)
    .where(asset_table.c.id.in_(bindparam("names", expanding=True)))
    .where(place_table.c.check.in_(bindparam("checks", expanding=True)))
)
NOTES = (
    select(change_table.c.place, change_table.c.run, change_table.c.state)
    .where(change_table.c.place.in_(bindparam("places", expanding=True)))
    .where(change_table.c.run <= bindparam("up_to"))
    .order_by(change_table.c.place, change_table.c.run)
)


def with_free_names(assets: Sequence[Asset]) -> tuple[Asset, ...]:
    """All assets of a run, without the former names that somebody has: such a past is not theirs."""
    present = {asset.id for asset in assets}
    return tuple(
        replace(asset, formerly=tuple(name for name in asset.formerly if name not in present))
        if asset.formerly
        else asset
        for asset in assets
    )


def stories(
    connection: Connection, assets: Iterable[Asset], up_to: int, check: str | None = None
) -> dict[Key, tuple[Recorded, ...]]:
    """What was recorded of each place of these assets, oldest first; under a former name it is theirs too.

    `check`: of this check alone. A place of which nothing is recorded is not named. Raises CodecError.
    """
    checks = [check] if check is not None else _checks(connection)
    notes = _notes(connection, tuple(assets), up_to, checks, lambda _: True)
    states: dict[int, State] = {}
    _learn(connection, notes, states)
    runs = _runs(connection, up_to)
    return {
        key: tuple(Recorded(*runs[run], states[state] if state is not None else None) for run, state in row)
        for key, row in notes.items()
    }


def held_since(
    connection: Connection, assets: Iterable[Asset], up_to: int, keys: Collection[Key]
) -> dict[Key, datetime]:
    """From when on each place of `keys` has held the outcome that it has at a run; without those that are gone.

    A former name's time counts too. Raises CodecError.
    """
    runs = _runs(connection, up_to)
    states: dict[int, State] = {}
    found: dict[Key, datetime] = {}
    checks = sorted({check for _, check, _ in keys})
    rest = iter(assets)
    while some := tuple(islice(rest, ASSETS_AT_ONCE)):
        notes = _notes(connection, some, up_to, checks, keys.__contains__)
        _learn(connection, notes, states)
        found |= {key: runs[run][1] for key, row in notes.items() if (run := _turned(row, states)) is not None}
    return found


def _turned(row: Sequence[Note], states: Mapping[int, State]) -> int | None:
    """The run at which a place took the outcome that it has at the end of the row; None: it is gone."""
    since, state = row[-1]
    if state is None:
        return None
    last = states[state].outcome
    for run, before in reversed(row):
        if before is None or states[before].outcome is not last:
            break
        since = run
    return since


def _runs(connection: Connection, up_to: int) -> dict[int, tuple[str, datetime]]:
    """The id and the instant of each finished run, by number."""
    query = select(run_table.c.no, run_table.c.id, run_table.c.as_of).where(run_table.c.no <= up_to)
    rows = connection.execute(query.where(run_table.c.as_of.is_not(None)))
    return {number: (name, instant(at)) for number, name, at in rows}


def _learn(connection: Connection, notes: Mapping[Key, Sequence[Note]], states: dict[int, State]) -> None:
    """Read the states that these notes name and `states` lacks. Raises CodecError."""
    named = {state for row in notes.values() for _, state in row if state is not None}
    states.update(states_numbered(connection, named - states.keys()))
    if named - states.keys():
        raise CodecError("What was recorded of a place is missing from the store.", RESTORE)


def _checks(connection: Connection) -> Sequence[str]:
    """Every check that anything was ever recorded of."""
    return connection.execute(select(place_table.c.check).distinct()).scalars().all()


def _notes(
    connection: Connection,
    assets: Sequence[Asset],
    up_to: int,
    checks: Sequence[str],
    wanted: Callable[[Key], bool],
) -> dict[Key, Sequence[Note]]:
    """What was noted of the places of these assets and checks that are `wanted`, in the order of the runs."""
    numbers = _places(connection, sorted({name for one in assets for name in (one.id, *one.formerly)}), checks)
    named: dict[Key, list[int | None]] = {}  # by today's name and by the former ones
    for one in assets:
        known = [numbers.get(name, {}) for name in (one.id, *one.formerly)]
        for place in sorted({place for places in known for place in places}):
            if wanted((one.id, *place)):
                named[one.id, *place] = [places.get(place) for places in known]
    rows = _rows(connection, sorted({number for row in named.values() for number in row if number is not None}), up_to)
    joined = {key: _joined([rows[number] if number else () for number in row]) for key, row in named.items()}
    return {key: row for key, row in joined.items() if row}


def _joined(rows: Sequence[Sequence[Note]]) -> Sequence[Note]:
    """One story of a renamed asset: that a former name was gone when it got the next one is no part of it."""
    own, *formers = rows
    earlier = [note for row in formers for note in row if not own or note[0] < own[0][0]]
    there = {run for run, state in earlier if state is not None}
    told = [(run, state) for run, state in earlier if state is not None or run not in there]
    return [*sorted(told, key=lambda note: note[0]), *own]


def _places(connection: Connection, names: Sequence[str], checks: Sequence[str]) -> dict[str, dict[Place, int]]:
    """The numbers of all places of these checks, by asset."""
    found: dict[str, dict[Place, int]] = {}
    for some in batched(names):
        for number, name, check, locus in connection.execute(PLACES, {"names": some, "checks": checks}).all():
            found.setdefault(name, {})[check, plain_locus(locus)] = number
    return found


def _rows(connection: Connection, places: Sequence[int], up_to: int) -> dict[int, list[Note]]:
    rows: dict[int, list[Note]] = {place: [] for place in places}
    for some in batched(places):
        for place, run, state in connection.execute(NOTES, {"places": some, "up_to": up_to}).all():
            rows[place].append((run, state))
    return rows
