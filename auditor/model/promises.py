"""What somebody with a name said, and until when it holds."""

from __future__ import annotations

from datetime import date, datetime

from auditor.model.words import Outcome, Sensitivity
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An accepted risk: visible, owned, dated. Never raises the measured letter."""

    id: str
    check: str
    asset: str
    reason: str
    risk_owner: str
    approved_by: str
    approved: date
    expires: date  # the end of that day in the organisation's zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """Somebody with a name says how a check that we could not see stands."""

    id: str
    check: str
    asset: str
    outcome: Outcome  # PASS or FAIL
    statement: str
    by: str
    made: date
    expires: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTag:
    """The tag by which buckets say what they hold. `values`: of the city's own words, with the tier of each."""

    key: str = "data-classification"
    values: tuple[tuple[str, Sensitivity], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Somebody outside whom an agreement lets hold some of the city's data, until a day."""

    id: str
    name: str
    agreement: str
    expires: date  # the end of that day in the organisation's zone
    data_classes: tuple[str, ...] = ()  # kinds of data that it may hold, those that are public among them
    accounts: tuple[str, ...] = ()  # of AWS, twelve digits
    organisations: tuple[str, ...] = ()  # of AWS, o-…
    buckets: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A system or asset that is still listed, and is to be gone from a day on."""

    id: str
    day: date  # the first day, in the organisation's zone, on which it must not be listed any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """Something that ends by itself unless somebody acts: a certificate, a waiver, an attestation."""

    what: str  # "certificate", "waiver", "attestation", "agreement", "listing", or a plug-in's own word
    subject: str  # id of the asset, waiver, attestation, vendor, or of what is listed
    locus: str  # where on the asset; "" where there is one place
    at: datetime  # the instant from which it no longer holds (UTC)
