"""All that was recorded of some assets up to a run: when each place passed, failed, was unknown or gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from auditor.micros import instant
from auditor.model import Asset
from auditor.past import Key, Recorded
from auditor.store.changes import plain_locus, read_state
from auditor.store.once import batched
from auditor.store.tables import asset as asset_table
from auditor.store.tables import change as change_table
from auditor.store.tables import place as place_table
from auditor.store.tables import run as run_table
from auditor.store.tables import state as state_table

Rows = Mapping[Key, Sequence[tuple[int, Recorded]]]


def stories(
    connection: Connection, assets: Iterable[Asset], up_to: int, check: str | None = None
) -> dict[Key, tuple[Recorded, ...]]:
    """What was recorded of each place of these assets, oldest first; under a former name it is theirs too.

    `check`: of this check alone. A place of which nothing is recorded is not named. Raises CodecError.
    """
    assets = tuple(assets)
    rows = _rows(connection, sorted({name for one in assets for name in (one.id, *one.formerly)}), up_to, check)
    places: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for asset, name, locus in rows:
        places[asset].add((name, locus))
    return {
        (one.id, *place): _with_former_names(rows, one, place)
        for one in assets
        for place in sorted({place for name in (one.id, *one.formerly) for place in places[name]})
    }


def _with_former_names(rows: Rows, asset: Asset, place: tuple[str, str]) -> tuple[Recorded, ...]:
    """One story of a renamed asset: that its former name was gone when it got its own is no part of it."""
    own = list(rows.get((asset.id, *place), ()))
    begins = own[0][0] if own else None
    for former in asset.formerly:
        earlier = rows.get((former, *place), ())
        own += [(run, one) for run, one in earlier if begins is None or run < begins]
    return tuple(one for _, one in sorted(own, key=lambda row: row[0]))


def _rows(connection: Connection, names: Sequence[str], up_to: int, check: str | None) -> Rows:
    found: dict[Key, list[tuple[int, Recorded]]] = defaultdict(list)
    query = (
        select(
            asset_table.c.id.label("asset"),
            place_table.c.check,
            place_table.c.locus,
            change_table.c.run,
            run_table.c.id.label("run_id"),
            run_table.c.as_of,
            state_table.c.body,
        )
        .join_from(change_table, place_table)
        .join(asset_table, asset_table.c.no == place_table.c.asset)
        .join(run_table, run_table.c.no == change_table.c.run)
        .outerjoin(state_table, state_table.c.no == change_table.c.state)
        .where(change_table.c.run <= up_to)
        .order_by(change_table.c.run)
    )
    if check is not None:
        query = query.where(place_table.c.check == check)
    for some in batched(names):
        for row in connection.execute(query.where(asset_table.c.id.in_(some))):
            state = read_state(row.body) if row.body else None
            key = (row.asset, row.check, plain_locus(row.locus))
            found[key].append((row.run, Recorded(row.run_id, instant(row.as_of), state)))
    return found
