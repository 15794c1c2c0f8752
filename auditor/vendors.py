"""What the whole inventory says to one asset, as facts: who outside may hold its data, and what its tags mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from auditor.asked import Asked
from auditor.facts.declared import Registered
from auditor.model import Asset, ClassTag, System, Vendor
from auditor.records import dataclass
from auditor.waive import end_of


@dataclass(frozen=True, slots=True)
class Register:
    """The vendors of an inventory. `zone`: IANA zone, in which the day of an agreement ends.

    `at`: the instant for which it is read: what has ended by then covers nothing, nor what was seen while it held.
    None: each agreement is compared with the instant of what was seen alone.
    """

    vendors: tuple[Vendor, ...] = ()
    zone: str = "UTC"
    class_tag: ClassTag = ClassTag()
    at: datetime | None = None

    def of(self, asset: Asset, system: System | None) -> Rows:
        """What it says to an asset."""
        classes = asset.data_classes or (system.data_classes if system else ())
        return _rows(self, frozenset(classes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The register as one asset reads it."""

    accounts: tuple[Registered, ...] = ()
    organisations: tuple[Registered, ...] = ()
    buckets: tuple[Registered, ...] = ()
    domains: tuple[Registered, ...] = ()


NOBODY = Register()


def register_of(asked: Asked, at: datetime | None = None) -> Register:
    vendors = asked.vendors
    return Register(vendors, asked.timezone if vendors else "UTC", asked.class_tag, at if vendors else None)


@lru_cache(maxsize=64)
def _rows(register: Register, classes: frozenset[str]) -> Rows:
    """By the kinds of data that an asset holds. Where nobody says what it holds, no agreement is known to allow it."""
    zone = ZoneInfo(register.zone)

    def named(names: Callable[[Vendor], Iterable[str]]) -> tuple[Registered, ...]:
        return tuple(
            Registered(
                name=name,
                vendor=vendor.name,
                agreement=vendor.agreement,
                ends=end_of(vendor.expires, zone),
                has_ended=register.at is not None and register.at >= end_of(vendor.expires, zone),
                covers_data=bool(classes) and classes <= set(vendor.data_classes),
            )
            for vendor in register.vendors
            for name in names(vendor)
        )

    return Rows(
        accounts=named(lambda vendor: vendor.accounts),
        organisations=named(lambda vendor: vendor.organisations),
        buckets=named(lambda vendor: vendor.buckets),
        domains=named(lambda vendor: vendor.domains),
    )
