"""inventory.yaml → a typed inventory; every complaint names file, line and column. Knows no check, no probe.

YAML and pydantic are loaded when a file is read, so that `auditor --help` does not wait for them.
"""

from __future__ import annotations

from pathlib import Path

from auditor.inventory.complaints import Complaint, InventoryError
from auditor.inventory.listing import Department, Inventory, KnownChecks

__all__ = ["Complaint", "Department", "Inventory", "InventoryError", "KnownChecks", "read_inventory", "schema_json"]


def read_inventory(path: Path, known_checks: KnownChecks | None = None) -> Inventory:
    """Read an inventory, all of it or not at all.

    `known_checks`: ids that a waiver may name (a mapping also says of which asset kinds each can be asked);
    None leaves them unexamined.
    Raises InventoryError with every complaint of the file at once.
    """
    from auditor.inventory.reading import read  # noqa: PLC0415 - heavy, see above

    return read(path, known_checks)


def schema_json() -> str:
    """JSON Schema of an inventory, for editors: indented, ends with a line feed."""
    from auditor.inventory.editors import json_schema  # noqa: PLC0415 - heavy, see above

    return json_schema()
