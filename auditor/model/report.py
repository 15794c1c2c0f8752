"""One run, and all that it came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from auditor.model.assets import Asset, Department, System
from auditor.model.findings import Finding
from auditor.model.grades import CityGrade, Grade
from auditor.model.promises import Attestation, Expiring, Waiver
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """Which run this was, and by which rules."""

    id: str
    started: datetime
    finished: datetime
    tool: str
    rubric: str
    complete: bool
    as_of: datetime
    inventory: str = ""  # SHA-256 of the inventory's content; "" for an ad hoc check


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a renderer may show. Data only."""

    run: RunInfo
    organisation: str | None  # None for an ad hoc check
    timezone: str
    systems: tuple[System, ...]
    assets: tuple[Asset, ...]
    findings: Sequence[Finding]  # by asset, check and locus; it may make them as it is read
    asset_grades: Sequence[Grade]  # of the assets, in their order; it may make them as it is read
    system_grades: tuple[Grade, ...]
    department_grades: tuple[Grade, ...] = ()
    city: CityGrade | None = None
    not_asked: Sequence[tuple[str, str]] = ()  # (asset, check) of a tier that is not asked, in the order of `assets`
    found: tuple[Asset, ...] = ()
    discovered_at: datetime | None = None  # when unlisted assets were last looked for
    departments: tuple[Department, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    expired_waivers: tuple[str, ...] = ()
    expired_attestations: tuple[str, ...] = ()
    expired_agreements: tuple[str, ...] = ()  # ids of the vendors
    expiring: tuple[Expiring, ...] = ()  # by time
    plugins: tuple[str, ...] = ()
