"""Two names of which one cannot be the other's former one: a run looked at both."""

from __future__ import annotations

from sqlalchemy import Connection, select

from auditor.store.tables import asset as asset_table
from auditor.store.tables import look as look_table


def looked_at_together(connection: Connection, one: str, other: str) -> bool:
    """Did any run that is not pruned look at assets of both names?"""
    first, second = look_table.alias(), look_table.alias()
    names = [select(asset_table.c.no).where(asset_table.c.id == name).scalar_subquery() for name in (one, other)]
    query = (
        select(first.c.run)
        .join_from(first, second, (second.c.run == first.c.run) & (second.c.asset == names[1]))
        .where((first.c.asset == names[0]) & (first.c.turn == 1) & (second.c.turn == 1))
        .limit(1)
    )
    return connection.execute(query).first() is not None
