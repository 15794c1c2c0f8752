"""What a run was asked: all of the inventory that its grades rest on, as pure data. Kept with the run."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from auditor.codec import CodecError, JsonValue, canonical_as
from auditor.model import Asset, Attestation, ClassTag, Department, Expiring, Leaving, System, Tier, Vendor, Waiver
from auditor.records import dataclass

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from pydantic import TypeAdapter

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An inventory and what was asked of it."""

    assets: tuple[Asset, ...]
    systems: tuple[System, ...] = ()
    departments: tuple[Department, ...] = ()
    organisation: str | None = None  # None: an ad hoc check, no letter above the asset
    timezone: str = "UTC"
    inventory: str = ""  # SHA-256 of the inventory's content
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    class_tag: ClassTag = ClassTag()
    earlier_systems: tuple[System, ...] = ()
    earlier_assets: tuple[Asset, ...] = ()
    found_before: tuple[Asset, ...] = ()  # what earlier runs found, and no inventory listed
    retired: frozenset[str] = frozenset()
    retired_checks: frozenset[str] = frozenset()  # that nobody wants any more: what they said ends with them
    leaving: tuple[Leaving, ...] = ()  # what is listed, and is planned to go
    endings: tuple[Expiring, ...] = ()  # what the last run saw to end; told on where its place is dark now
    excluded: frozenset[str] = frozenset()  # hosts that are never touched, and never counted as unclaimed
    includes: tuple[tuple[str, str], ...] = ()  # parts of the inventory as they were last read: path, text
    unreadable: frozenset[str] = frozenset()  # systems whose part of the inventory could not be read this time
    discovered_at: datetime | None = None
    only: frozenset[str] = frozenset()  # systems that were asked alone: no letter above them
    tiers: frozenset[Tier] = frozenset(Tier)  # tiers that were looked at


NAMES = tuple(field.name for field in fields(Asked))
ROWS = {
    "assets": Asset,
    "systems": System,
    "departments": Department,
    "waivers": Waiver,
    "attestations": Attestation,
    "vendors": Vendor,
    "leaving": Leaving,
    "endings": Expiring,
    "earlier_systems": System,
    "earlier_assets": Asset,
    "found_before": Asset,
}


def written(asked: Asked) -> bytes:
    """Canonical JSON. A subclass's further fields are left out."""
    return canonical_as(Asked, asked)


def read(data: bytes) -> Asked:
    """What `written` wrote; what an older version did not write is not asked. Raises CodecError.

    A key that only a newer version knows is refused: without it, a run would be judged by less than it was asked.
    """
    asked = _validated(_adapter(), data)
    said = json.loads(data)
    _require_known(said, NAMES)
    for section, kind in ROWS.items():
        _require_known_rows(said.get(section), kind)
    return asked


@cache
def _adapter() -> TypeAdapter[Asked]:
    """Made once: it takes longer than reading a small city."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - heavy

    return TypeAdapter(Asked)


@cache
def _adapter_of_assets() -> TypeAdapter[tuple[Asset, ...]]:
    """Likewise: what a large account holds is read some at a time."""
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(tuple[Asset, ...])


def read_assets(values: JsonValue) -> tuple[Asset, ...]:
    """Assets from plain JSON values. Raises CodecError."""
    if not values:
        return ()
    assets = _validated(_adapter_of_assets(), json.dumps(values).encode())
    _require_known_rows(values, Asset)
    return assets


def _require_known_rows(rows: JsonValue, kind: type[DataclassInstance]) -> None:
    """`rows`: valid otherwise."""
    names = [field.name for field in fields(kind)]
    for row in rows if isinstance(rows, list) else ():
        _require_known(row, names)


def _require_known(said: JsonValue, names: Collection[str]) -> None:
    unknown = sorted(said.keys() - names) if isinstance(said, dict) else ()
    if unknown:
        message = f"The run was written by a newer version of this program: the key {unknown[0]!a} is not known here."
        raise CodecError(message, "Use that version, or a later one.")


def _validated(adapter: TypeAdapter[T], data: bytes) -> T:
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        return adapter.validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CodecError(f"What the run was asked could not be read: {where}: {first['msg']}.") from error
