"""What is remembered of an asset, rebuilt from what was recorded of it: never better than it was. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from auditor.codec import CodecError
from auditor.micros import instant
from auditor.model import Carried, Outcome
from auditor.past import State
from auditor.store.agreement import last_states
from auditor.store.changes import Place, plain_locus, read_state
from auditor.store.pages import Page, assets_with_pages, read_page, write_page
from auditor.store.tables import asset as asset_table
from auditor.store.tables import change as change_table
from auditor.store.tables import place as place_table
from auditor.store.tables import run as run_table
from auditor.store.tables import state as state_table

LOST = "Restore a backup: what was recorded of it is damaged as well."


def mend(connection: Connection) -> Iterator[str]:
    """Rebuild every page that is damaged, missing, or not what was recorded last: the names of their assets.

    Nobody else may write. Raises CodecError where what was recorded cannot be read either.
    """
    recorded = last_states(connection)
    for asset in sorted(assets_with_pages(connection) | recorded.keys()):
        states = recorded.get(asset, {})
        if not _agrees(connection, asset, states):
            write_page(connection, asset, Page("", states, tuple(_entries(connection, asset))))
            yield asset


def _agrees(connection: Connection, asset: str, states: dict[Place, str]) -> bool:
    try:
        return dict(read_page(connection, asset).states) == states
    except CodecError:
        return False


def _entries(connection: Connection, asset: str) -> Iterator[Carried]:
    """What failed when it was last recorded, failed; every other place was only asked for.

    What was recorded is what counted, so no failure that stood is missing. How fresh a pass was is not recorded.
    """
    newest = select(change_table.c.place, func.max(change_table.c.run).label("run")).group_by(change_table.c.place)
    last = newest.subquery()
    query = (
        select(place_table.c.check, place_table.c.locus, state_table.c.body, run_table.c.as_of)
        .join_from(change_table, last, (change_table.c.place == last.c.place) & (change_table.c.run == last.c.run))
        .join(place_table, place_table.c.no == change_table.c.place)
        .join(asset_table, asset_table.c.no == place_table.c.asset)
        .join(state_table, state_table.c.no == change_table.c.state)
        .join(run_table, run_table.c.no == change_table.c.run)
        .where(asset_table.c.id == asset)
    )
    for check, locus, body, as_of in sorted(tuple(row) for row in connection.execute(query)):
        asked = Carried(
            asset=asset, check=check, locus=plain_locus(locus), outcome=Outcome.UNKNOWN, observed_at=instant(as_of)
        )
        yield _as_recorded(asked, _state(asset, body))


def _state(asset: str, body: bytes) -> State:
    try:
        return read_state(body)
    except CodecError as error:
        raise CodecError(f"What was recorded of {asset} could not be read.", LOST) from error


def _as_recorded(asked: Carried, state: State) -> Carried:
    if state.outcome is not Outcome.FAIL:
        return asked
    return Carried(
        asset=asked.asset,
        check=asked.check,
        locus=asked.locus,
        outcome=Outcome.FAIL,
        observed_at=asked.observed_at,
        summary=state.summary,
        evidence=state.evidence,
        basis=state.basis,
        severity=state.severity,
    )
