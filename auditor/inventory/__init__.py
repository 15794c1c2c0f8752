"""inventory.yaml → a typed inventory; every complaint names file, line and column. Knows no check, no probe.

YAML and pydantic are loaded when a file is read, so that `auditor --help` does not wait for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from auditor.inventory.complaints import Complaint, InventoryError
from auditor.inventory.listing import BrokenPart, Inventory, KnownChecks
from auditor.inventory.shrinking import Shrunk
from auditor.model import Department

__all__ = [
    "BrokenPart",
    "Complaint",
    "Department",
    "Inventory",
    "InventoryError",
    "KnownChecks",
    "Shrunk",
    "read_inventory",
    "schema_json",
]


def read_inventory(
    path: Path,
    known_checks: KnownChecks | None = None,
    last_good: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Inventory:
    """Read an inventory with the files that it includes, all of it or not at all.

    `known_checks`: ids that a waiver may name (a mapping also says of which asset kinds each can be asked);
    None leaves them unexamined.
    `last_good`: `Inventory.parts` of an earlier reading. An included file that is broken now is then served from there
    and reported in `Inventory.broken`; without it, a broken file is an error like any other.
    `now`: the instant (UTC) whose day in the organisation's zone says what is retired; None for the clock's.
    Raises InventoryError with every complaint of all the files at once.
    """
    from auditor.inventory.reading import read  # noqa: PLC0415 - heavy, see above

    return read(path, known_checks, last_good, now)


def schema_json(name: str = "inventory/v1") -> str:
    """JSON Schema for editors: indented, ends with a line feed.

    `name`: as files have it under `schema`, "inventory/v1" or "inventory-part/v1".
    """
    from auditor.inventory.editors import json_schema  # noqa: PLC0415 - heavy, see above

    return json_schema(name)
