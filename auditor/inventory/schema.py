"""What an inventory may hold, key by key: the shape of `inventory/v1`. Its descriptions are the editors' help texts.

What the file as a whole must keep (ids that exist, assets inside the scope) is in `rules.py` and `fences.py`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from auditor.inventory.values import (
    Account,
    AnyId,
    AssetId,
    BucketName,
    CheckId,
    Code,
    Country,
    Credential,
    Day,
    Email,
    Flag,
    Host,
    HostKey,
    Id,
    People,
    Port,
    Subnet,
    Suffix,
    Text,
    Tiers,
    User,
    WebUrl,
    Zone,
)
from auditor.model import Tier


class DataTier(StrEnum):
    """How much harm a leak of this data does; the city's own judgement."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class Entry(BaseModel):
    """A mapping of the file. Keys that nobody reads are refused, never skipped."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


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
    contacts: Contacts = Contacts()
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
    exclude: tuple[Exclusion, ...] = ()
    """What is never touched."""


class DataClass(Entry):
    """One kind of data."""

    tier: DataTier
    """How much harm a leak does: it decides how hard a failure caps the letter."""
    law: tuple[Id, ...] = ()
    """Laws and regimes that apply, by short name (pci, hipaa, cjis)."""
    note: Text | None = None
    """Anything a reader should know."""


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


class Hosting(Entry):
    """Where a system runs."""

    kind: Literal["onprem", "cloud", "saas"]
    """onprem: the city's own rooms. cloud: rented machines or storage. saas: a vendor runs all of it."""
    vendor: Text | None = None
    """Who runs it, if not the city."""
    jurisdiction: Country | None = None
    """Country whose law governs it, two letters (ISO 3166-1), like US."""
    region: Text | None = None
    """The provider's region, like us-east-1."""


class AssetEntry(Entry):
    """What every kind of asset has."""

    id: Id
    """Short name, unique in the whole inventory. Findings and waivers call the asset system/asset."""
    tiers: Tiers = (Tier.NIGHTLY,)
    """What is asked of it: nightly always; deep, privileged and online where it can bear them."""
    data_classes: Annotated[tuple[Id, ...], Field(min_length=1)] | None = None
    """What this asset alone holds, where that differs from its system."""
    intended_public: Flag = False
    """True: everybody is meant to read it, so being readable is no fault."""
    formerly: tuple[AssetId, ...] = ()
    """Names (system/asset) that it had before: a rename keeps its history."""
    note: Text | None = None
    """Anything a reader should know."""


class WebAsset(AssetEntry):
    """A web site or API."""

    kind: Literal["web"]
    """web"""
    url: WebUrl
    """Its https address. Port 80 of the host is looked at as well."""


class ServerAsset(AssetEntry):
    """A machine that is looked at over SSH."""

    kind: Literal["server"]
    """server"""
    host: Host
    """Its name or address."""
    port: Port = 22
    """Where its SSH server listens."""
    user: User | None = None
    """Who to log in as; without one, whoever runs the auditor."""
    host_key: HostKey | None = None
    """The pinned key: 'ssh-ed25519 AAAA…' or 'SHA256:…'. Without one, a known_hosts file must have it."""
    credential: Credential | None = None
    """Name of the credential to log in with. Never the credential itself."""


class BucketAsset(AssetEntry):
    """A storage bucket."""

    kind: Literal["bucket"]
    """bucket"""
    name: BucketName
    """The bucket's name."""
    provider: Literal["aws", "s3-compatible"] = "aws"
    """aws, or s3-compatible for a server of one's own (named with --endpoint-url)."""
    account: Account | None = None
    """AWS account that owns it, 12 digits in quotes; must be one of scope.aws_accounts where there is a scope."""
    credential: Credential | None = None
    """Name of the credential to read it with. Never the credential itself."""


AnyAsset = Annotated[WebAsset | ServerAsset | BucketAsset, Field(discriminator="kind")]


class SystemEntry(Entry):
    """The unit that gets a letter: what residents would call one service."""

    id: Id
    """Short name, unique."""
    name: Text
    """As it stands on the scorecard."""
    department: Id
    """Who is accountable: the id of a department."""
    owner: Text
    """The role that fixes it."""
    data_classes: Annotated[tuple[Id, ...], Field(min_length=1)] | None = None
    """Names from data_classes. Without any, the system is graded like one with confidential data."""
    exposure: Literal["internet", "internal"] = "internet"
    """Who can reach it."""
    hosting: Hosting | None = None
    """Where it runs."""
    residents_affected: People | None = None
    """How many people's data it holds, about."""
    note: Text | None = None
    """Anything a reader should know."""
    assets: tuple[AnyAsset, ...] = ()
    """What is looked at. A system without any cannot be graded."""


class WaiverEntry(Entry):
    """An accepted risk: one check of one asset, owned, approved and dated. The measured letter does not move."""

    id: Code
    """Short name, like W-7."""
    asset: AnyId
    """The asset, as system/asset."""
    check: CheckId
    """The check that is waived (`auditor checks` lists them)."""
    reason: Text
    """Why the risk is accepted for now."""
    risk_owner: Text
    """Who bears the risk."""
    approved_by: Text
    """Who accepted it: somebody else than the risk owner."""
    approved: Day
    """When."""
    expires: Day
    """The last day on which it holds."""
    ticket: Code | None = None
    """Where the repair is planned."""


class RetiredEntry(Entry):
    """Something that is gone on purpose. What disappears without such an entry stays in the grade, unseen."""

    id: AnyId
    """The system, or the asset as system/asset."""
    kind: Literal["system", "asset"]
    """system or asset"""
    retired: Day
    """Since when."""
    reason: Text
    """Why, or what took its place."""


class Document(Entry):
    """An inventory: what a city has, who answers for it, and what may be looked at."""

    schema_: Annotated[Literal["inventory/v1"], Field(alias="schema")]
    """Which shape this file has."""
    organisation: Organisation
    """Whose inventory this is."""
    scope: Scope | None = None
    """The fence. Without one, only what is listed is contacted, and public hosts that it redirects to."""
    data_classes: dict[Id, DataClass] = {}
    """Kinds of data by name."""
    departments: Annotated[tuple[Department, ...], Field(min_length=1)]
    """Who is accountable."""
    systems: Annotated[tuple[SystemEntry, ...], Field(min_length=1)]
    """What is graded."""
    waivers: tuple[WaiverEntry, ...] = ()
    """Accepted risks."""
    retired: tuple[RetiredEntry, ...] = ()
    """What is gone on purpose."""
