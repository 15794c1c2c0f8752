"""Who outside the city may hold its data, key by key. Descriptions are the editors' help texts."""

from __future__ import annotations

from auditor.inventory.entry import Entry
from auditor.inventory.values import Account, BucketName, Day, Id, Organisation, Suffix, Text


class VendorEntry(Entry):
    """One vendor with its agreement. What it is known by below is then no stranger's, until the agreement ends."""

    id: Id
    """Short name, unique."""
    name: Text
    """As it stands in reports."""
    agreement: Text
    """The contract or other agreement by which it may hold data: its number or title."""
    expires: Day
    """The last day on which the agreement holds. From then on it counts as none."""
    data_classes: tuple[Id, ...] = ()
    """Kinds of data that the agreement lets it hold. What is public it may hold anyway."""
    aws_accounts: tuple[Account, ...] = ()
    """Its AWS accounts, 12 digits in quotes."""
    aws_organisations: tuple[Organisation, ...] = ()
    """Its AWS organisations, o-…"""
    buckets: tuple[BucketName, ...] = ()
    """Its buckets by name, where their account is not known."""
    domains: tuple[Suffix, ...] = ()
    """Its domains with all names under them."""
    note: Text | None = None
    """Anything a reader should know."""
