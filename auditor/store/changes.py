"""What was recorded of each place, as changes: what stands at a run is the last change before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache, lru_cache
from json.encoder import encode_basestring_ascii
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, bindparam, func, select

from auditor.codec import CodecError, canonical, digest
from auditor.model import Basis, Evidence, Finding, Outcome, Severity, Standing
from auditor.past import Move, State
from auditor.store.once import batched, insert_or_ignore, number_of_asset
from auditor.store.prepared import Prepared
from auditor.store.tables import asset as asset_table
from auditor.store.tables import change as change_table
from auditor.store.tables import place as place_table
from auditor.store.tables import state as state_table

Place = tuple[str, str]  # check, locus
PlaceOf = tuple[int, str, str]  # number of the asset, check, locus
# Made once: to make a statement anew for each asset would cost more than to run it.
PLACES_OF = select(place_table.c.asset, place_table.c.check, place_table.c.locus, place_table.c.no).where(
    place_table.c.asset.in_(bindparam("assets", expanding=True))
)
STATES_OF = select(state_table.c.sha256, state_table.c.no).where(
    state_table.c.sha256.in_(bindparam("keys", expanding=True))
)
NEW_PLACE = Prepared(place_table.insert(), "asset", "check", "locus")
NEW_CHANGE = Prepared(change_table.insert(), "place", "run", "state")
SHORT = 16  # hexadecimal digits of a state's digest that a page holds: enough to see that it changed


def recorded_of(finding: Finding) -> tuple[State, str]:
    """What is recorded of a settled finding, and its digest: one state for all that say the same, as most passes do."""
    return _recorded(*_saying()(finding))


@lru_cache(maxsize=1024)
def _recorded(*said: Any) -> tuple[State, str]:
    state = State(**dict(zip(_names(), said, strict=True)))
    return state, digest(canonical(state))[:SHORT]


@cache
def _saying() -> Callable[[Finding], tuple[Any, ...]]:
    """Gets what a state says from a finding."""
    return attrgetter(*_names())


@cache
def _names() -> tuple[str, ...]:
    return tuple(field.name for field in fields(State))


def record(
    connection: Connection, run: int, asset: str, changed: Mapping[Place, State | None], numbers: dict[State, int]
) -> None:
    """As `record_all`, for one asset."""
    if changed:
        record_all(connection, run, {number_of_asset(connection, asset): changed}, numbers)


def record_all(
    connection: Connection, run: int, changed: Mapping[int, Mapping[Place, State | None]], numbers: dict[State, int]
) -> None:
    """Note what a run saw of places of assets, where that differs; None: it is gone. `changed`: by number of asset.

    `numbers`: states that have their number already; grows, and is the caller's to keep or to forget.
    """
    places = [(asset, *place) for asset, row in changed.items() for place in row]
    if not places:
        return
    states = [state for row in changed.values() for state in row.values()]
    each = {id(state): state for state in states if state}  # most are the same: to hash a state takes longer
    _number_states(connection, each.values(), numbers)
    number_of = {key: numbers[state] for key, state in each.items()} | {id(None): None}
    known = _places(connection, places)
    rows = [(known[place], run, number_of[id(state)]) for place, state in zip(places, states, strict=True)]
    NEW_CHANGE.each(connection, rows)


def _places(connection: Connection, wanted: Sequence[PlaceOf]) -> dict[PlaceOf, int]:
    assets = sorted({asset for asset, _, _ in wanted})
    known = _known_places(connection, assets)
    rows = [(asset, check, _escaped(locus)) for asset, check, locus in wanted if (asset, check, locus) not in known]
    if not rows:
        return known
    NEW_PLACE.each(connection, rows)
    return _known_places(connection, assets)


def _known_places(connection: Connection, assets: Sequence[int]) -> dict[PlaceOf, int]:
    known: dict[PlaceOf, int] = {}
    for some in batched(assets):
        rows = connection.execute(PLACES_OF, {"assets": some}).all()
        known |= {(asset, check, plain_locus(locus)): number for asset, check, locus, number in rows}
    return known


def _number_states(connection: Connection, states: Iterable[State], numbers: dict[State, int]) -> None:
    bodies = {state: canonical(state) for state in dict.fromkeys(states) if state not in numbers}
    if not bodies:
        return
    keys = {state: bytes.fromhex(digest(body)) for state, body in bodies.items()}
    insert_or_ignore(connection, state_table, [(keys[state], body) for state, body in bodies.items()])
    found: dict[bytes, int] = {}
    for some in batched(list(keys.values())):
        found.update((sha256, number) for sha256, number in connection.execute(STATES_OF, {"keys": some}))
    numbers.update({state: found[key] for state, key in keys.items()})


def moves(connection: Connection, before: int, after: int) -> Iterator[Move]:
    """Every place whose state differs between two runs, by asset, check and locus."""
    first, last = sorted((before, after))
    which = _perhaps_moved(connection, first, last).subquery()
    query = (
        select(
            asset_table.c.id,
            place_table.c.check,
            place_table.c.locus,
            _state_at(which.c.place, before).label("before"),
            _state_at(which.c.place, after).label("after"),
        )
        .join_from(which, place_table, place_table.c.no == which.c.place)
        .join(asset_table, asset_table.c.no == place_table.c.asset)
    )
    moved = [
        ((asset, check, plain_locus(locus)), was, is_now)
        for asset, check, locus, was, is_now in connection.execute(query).all()
        if was != is_now
    ]
    known = states_numbered(connection, {number for _, was, is_now in moved for number in (was, is_now) if number})
    for key, was, is_now in sorted(moved):  # here and not there: each database sorts texts its own way
        yield Move(key, known[was] if was else None, known[is_now] if is_now else None)


def _perhaps_moved(connection: Connection, first: int, last: int) -> Select[int]:
    """The places that changed between two runs; all of them, where there were as many changes as there are places.

    Over years most places have changed often: to go through the places is less than to go through their changes.
    """
    between = select(change_table.c.place).where((change_table.c.run > first) & (change_table.c.run <= last))
    places = connection.execute(select(func.count()).select_from(place_table)).scalar_one()
    changes = connection.execute(select(func.count()).select_from(between.limit(places).subquery())).scalar_one()
    return between.distinct() if changes < places else select(place_table.c.no.label("place"))


def states_at(connection: Connection, assets: Collection[str], check: str, run: int) -> tuple[State, ...]:
    """What stood at a run at every place of these assets where a check was asked. Raises CodecError."""
    query = (
        select(_state_at(place_table.c.no, run))
        .join_from(place_table, asset_table)
        .where(asset_table.c.id.in_(assets) & (place_table.c.check == check))
    )
    numbers = [number for number in connection.execute(query).scalars() if number is not None]
    known = states_numbered(connection, set(numbers))
    return tuple(known[number] for number in numbers)


def _state_at(place: ColumnElement[int], run: int) -> ScalarSelect[int]:
    earlier = change_table.alias()
    query = select(earlier.c.state).where((earlier.c.place == place) & (earlier.c.run <= run))
    return query.order_by(earlier.c.run.desc()).limit(1).scalar_subquery()


def states_numbered(connection: Connection, numbers: Iterable[int]) -> dict[int, State]:
    """Raises CodecError."""
    found: dict[int, State] = {}
    for some in batched(sorted(numbers)):
        query = select(state_table.c.no, state_table.c.body).where(state_table.c.no.in_(some))
        found.update({number: read_state(body) for number, body in connection.execute(query)})
    return found


def read_state(body: bytes) -> State:
    """What `canonical` wrote of a state. Raises CodecError."""
    try:
        said = json.loads(body)
        said["outcome"] = Outcome(said["outcome"])
        said["severity"] = Severity(said["severity"])
        said["standing"] = Standing(said["standing"])
        said["basis"] = Basis(said["basis"])
        said["evidence"] = tuple(Evidence(**row) for row in said["evidence"])
        return State(**said)
    except (ValueError, KeyError, TypeError) as error:
        raise CodecError("A state of the store could not be read.") from error


def _escaped(locus: str) -> str:
    """A locus may hold what a target chose; PostgreSQL's texts hold no NUL, and no database halves of surrogates."""
    return encode_basestring_ascii(locus)[1:-1]


def plain_locus(escaped: str) -> str:
    return str(json.loads(f'"{escaped}"')) if "\\" in escaped else escaped
