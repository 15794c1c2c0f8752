"""What the inventory says of an asset, as facts. Never stored: made afresh from the inventory at judging time."""

from __future__ import annotations

from auditor.facts.base import Facts
from auditor.model import Sensitivity
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Facts):
    """A derivation that names `Declared` among its `reads` gets it at every locus of the asset."""

    sensitivity: Sensitivity
    intended_public: bool = False
    exposure: str = "internet"
    jurisdiction: str = ""  # of the system, two letters; "": nobody said
    retention_days: int | None = None  # the longest that the system's records may be kept; None: nobody said
    # What is the city's own, and where its data may lie. Empty: nobody said, which is not the same as "none".
    own_accounts: tuple[str, ...] = ()  # of AWS, twelve digits
    own_organisations: tuple[str, ...] = ()  # of AWS, o-…
    own_vpcs: tuple[str, ...] = ()  # vpc-…, vpce-…
    own_networks: tuple[str, ...] = ()  # like 192.0.2.0/24
    jurisdictions: tuple[str, ...] = ()  # countries, two letters
