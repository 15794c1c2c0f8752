"""The zone in which a city counts its days, as the last kept run was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from auditor.store.kept import Store


def city_zone(store: Store) -> ZoneInfo:
    """The city's, as the last run was told."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from auditor import asked as asking  # noqa: PLC0415
    from auditor.store import runs as listing  # noqa: PLC0415

    with store.reading() as connection:
        last = listing.last_run(connection)
    return ZoneInfo(asking.read(last.opening.asked).timezone if last else "UTC")
