"""What an inventory and a department's part of one may hold, key by key. Its descriptions are the editors' help texts.

What the files together must keep (ids that exist, assets inside the scope) is in `rules.py` and its neighbours.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from auditor.inventory.decisions import AttestationEntry, RetiredEntry, WaiverEntry
from auditor.inventory.entry import Entry
from auditor.inventory.holdings import SystemEntry
from auditor.inventory.outsiders import VendorEntry
from auditor.inventory.ssh_profiles import SshProfile
from auditor.inventory.values import (
    Account,
    Country,
    Day,
    Email,
    Host,
    Id,
    PartPath,
    Subnet,
    Suffix,
    Text,
    Vpc,
    Zone,
)
from auditor.inventory.values import Organisation as AwsOrganisation

MOST_PARTS = 100  # files; more departments than any city has


class DataTier(StrEnum):
    """How much harm a leak of this data does; the city's own judgement."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class KeyNeeded(StrEnum):
    """Whose key must encrypt this data in storage, where that is more than its tier asks for."""

    CUSTOMER = "customer"
    OWN_STORE = "own-store"


class Contacts(Entry):
    """Whom to write to."""

    security: Email | None = None
    """Who fixes what the auditor finds."""
    public: Email | None = None
    """Who answers residents."""


class Organisation(Entry):
    """Whose inventory this is."""

    id: Id
    """Short name, for files and machines."""
    name: Text
    """As it stands above the scorecard."""
    timezone: Zone
    """IANA zone, like America/New_York. Every expiry date ends at midnight at the end of its day there."""
    contacts: Contacts = Contacts.model_construct()  # made without its class's validator, which nobody else needs
    """Whom to write to."""
    policy: Text | None = None
    """Title or address of the policy that the city promised to keep."""


class Exclusion(Entry):
    """A host that lies in scope and is never touched all the same."""

    match: Host
    """A host name with all names under it, or an address."""
    reason: Text
    """Why it is left alone."""
    approved_by: Text
    """Who decided so."""
    expires: Day
    """When it must be decided again. The host stays untouched after that day."""


class Scope(Entry):
    """The fence: no host, network or account outside is ever contacted."""

    dns_suffixes: tuple[Suffix, ...] = ()
    """Domains with all names under them."""
    subnets: tuple[Subnet, ...] = ()
    """Networks, like 192.0.2.0/24, for assets that are listed by address."""
    aws_accounts: tuple[Account, ...] = ()
    """Accounts whose buckets may be read, 12 digits in quotes."""
    aws_organisations: tuple[AwsOrganisation, ...] = ()
    """The city's own AWS organisations, o-…: whoever is in one is no outsider."""
    aws_vpcs: tuple[Vpc, ...] = ()
    """The city's own VPCs and endpoints, vpc-… and vpce-…: whoever calls from one is no outsider."""
    jurisdictions: tuple[Country, ...] = ()
    """Countries in which the city's data may lie, two letters each (ISO 3166-1). Without any, each system's own."""
    exclude: tuple[Exclusion, ...] = ()
    """What is never touched."""


class DataClass(Entry):
    """One kind of data."""

    tier: DataTier
    """How much harm a leak does: it decides how hard a failure caps the letter."""
    key: KeyNeeded | None = None
    """Whose key must encrypt it in buckets: customer (one of the city's own accounts) or own-store (one in a key store
    of the city's own: an external one, or a CloudHSM cluster). Without it, its tier decides."""
    law: tuple[Id, ...] = ()
    """Laws and regimes that apply, by short name (pci, hipaa, cjis)."""
    note: Text | None = None
    """Anything a reader should know."""


class Classification(Entry):
    """How tags of buckets say what they hold."""

    tag: Text = "data-classification"
    """The tag's key."""
    values: Annotated[dict[Text, DataTier], Field(default_factory=dict)]
    """What its values mean, in the city's own words: each with its tier. The usual English words are known anyway."""


class Department(Entry):
    """Who is accountable for systems."""

    id: Id
    """Short name that systems refer to."""
    name: Text
    """As it stands on the scorecard."""
    head: Text | None = None
    """The role that answers for the department's letter."""
    contact: Email | None = None
    """Where its findings are sent."""


class Document(Entry):
    """An inventory: what a city has, who answers for it, and what may be looked at."""

    schema_: Annotated[Literal["inventory/v1"], Field(alias="schema")]
    """Which shape this file has."""
    organisation: Organisation
    """Whose inventory this is."""
    include: Annotated[tuple[PartPath, ...], Field(max_length=MOST_PARTS)] = ()
    """Files beside or below this one that hold a department's part each."""
    scope: Scope | None = None
    """The fence. Without one, only what is listed is contacted, and public hosts that it redirects to."""
    data_classes: Annotated[dict[Id, DataClass], Field(default_factory=dict)]
    """Kinds of data by name."""
    ssh_profiles: Annotated[dict[Id, SshProfile], Field(default_factory=dict, exclude_if=lambda named: not named)]
    """How groups of servers are reached, by name; a server names one under `ssh`."""
    classification: Classification | None = None
    """How tags of buckets say what they hold."""
    departments: Annotated[tuple[Department, ...], Field(min_length=1)]
    """Who is accountable."""
    systems: tuple[SystemEntry, ...] = ()
    """What is graded: at least one, here or in a file of `include`."""
    waivers: tuple[WaiverEntry, ...] = ()
    """Accepted risks."""
    attestations: tuple[AttestationEntry, ...] = ()
    """Words that answer for what cannot be seen."""
    vendors: tuple[VendorEntry, ...] = ()
    """Who outside may hold data of the city, by which agreement."""
    retired: tuple[RetiredEntry, ...] = ()
    """What is gone on purpose."""


class Part(Entry):
    """One department's part of an inventory, in a file of its own: nothing in it is about another's systems."""

    schema_: Annotated[Literal["inventory-part/v1"], Field(alias="schema")]
    """Which shape this file has."""
    department: Id
    """Whose part this is: the id of a department in the inventory."""
    systems: tuple[SystemEntry, ...] = ()
    """What is graded; every one is this department's."""
    waivers: tuple[WaiverEntry, ...] = ()
    """Accepted risks of these systems."""
    attestations: tuple[AttestationEntry, ...] = ()
    """Words that answer for what cannot be seen of these systems."""
    retired: tuple[RetiredEntry, ...] = ()
    """What of these systems is gone on purpose, and whole systems that were in this file."""
