"""What the inventory says of an asset, as facts. Never stored: made afresh from the inventory at judging time."""

from __future__ import annotations

from auditor.facts.base import Facts
from auditor.model import Estate, Sensitivity
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Facts):
    """A derivation that names `Declared` among its `reads` gets it at every locus of the asset."""

    sensitivity: Sensitivity
    intended_public: bool = False
    exposure: str = "internet"
    jurisdiction: str = ""  # of the system, two letters; "": nobody said
    retention_days: int | None = None  # the longest that the system's records may be kept; None: nobody said
    estate: Estate = Estate()  # what is the city's own
