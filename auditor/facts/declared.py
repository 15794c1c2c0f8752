"""What the inventory says of an asset, as facts. Never stored: made afresh from the inventory at judging time."""

from __future__ import annotations

from datetime import datetime

from auditor.facts.base import Facts, Plain
from auditor.model import KeyNeed, Sensitivity
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Plain):
    """One name by which the vendor register knows a vendor, as it concerns one asset."""

    name: str  # of an account (12 digits), an organisation (o-…), a bucket or a domain
    vendor: str
    agreement: str
    ends: datetime  # UTC; the instant from which the agreement no longer holds
    covers_data: bool  # does the agreement name every kind of data that this asset holds?
    has_ended: bool = False  # by the instant that this is read for: then it covers nothing that was seen before either

    def allows_at(self, instant: datetime) -> bool:
        """Does an agreement in force let this vendor hold what the asset holds? An expired one counts as none."""
        return self.covers_data and not self.is_past_at(instant)

    def is_past_at(self, instant: datetime) -> bool:
        return self.has_ended or instant >= self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassValue(Plain):
    """What one value of the tag for data classes means, in the city's own words."""

    value: str
    sensitivity: Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Facts):
    """A derivation that names `Declared` among its `reads` gets it at every locus of the asset.

    The four registers hold what vendors are known by, expired agreements too: ask each with `allows_at`.
    """

    sensitivity: Sensitivity
    intended_public: bool = False
    exposure: str = "internet"
    jurisdiction: str = ""  # of the system, two letters; "": nobody said
    retention_days: int | None = None  # the longest that the system's records may be kept; None: nobody said
    key_need: KeyNeed = KeyNeed.BY_TIER
    # What is the city's own, and where its data may lie. Empty: nobody said, which is not the same as "none".
    own_accounts: tuple[str, ...] = ()  # of AWS, twelve digits
    own_organisations: tuple[str, ...] = ()  # of AWS, o-…
    own_vpcs: tuple[str, ...] = ()  # vpc-…, vpce-…
    own_networks: tuple[str, ...] = ()  # like 192.0.2.0/24
    jurisdictions: tuple[str, ...] = ()  # countries, two letters
    class_tag: str = "data-classification"  # the key of the tag by which buckets say what they hold
    class_values: tuple[ClassValue, ...] = ()
    registered_accounts: tuple[Registered, ...] = ()
    registered_organisations: tuple[Registered, ...] = ()
    registered_buckets: tuple[Registered, ...] = ()
    registered_domains: tuple[Registered, ...] = ()  # each with all names under it
