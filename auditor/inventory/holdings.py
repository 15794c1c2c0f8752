"""What is graded and looked at: systems and their assets, key by key. Descriptions are the editors' help texts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from auditor.inventory.entry import Entry
from auditor.inventory.values import (
    Account,
    AssetId,
    BucketName,
    Country,
    Credential,
    Day,
    Days,
    DeviceName,
    ExportPath,
    Flag,
    Host,
    HostKey,
    Id,
    ObjectKey,
    People,
    Port,
    Region,
    Text,
    Tiers,
    TlsAddress,
    User,
    WebUrl,
)
from auditor.model import Tier


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


class Retention(Entry):
    """How long a system's records may be kept."""

    schedule: Text | None = None
    """The schedule's name in the city's records policy, like RS-77."""
    max_days: Days
    """The longest that a record may be kept, in days. What lies in storage must be deleted by then."""


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
    """Its name or address; or a pattern, db[01-40].elm.example, for as many servers, whose ids end in -01 to -40."""
    ssh: Annotated[Id | None, Field(exclude_if=lambda name: name is None)] = None
    """How it is reached: the name of one of ssh_profiles. What stands here counts first."""
    port: Port = 22
    """Where its SSH server listens."""
    user: User | None = None
    """Who to log in as; without one, whoever runs the auditor."""
    host_key: HostKey | None = None
    """The pinned key: 'ssh-ed25519 AAAA…' or 'SHA256:…'. Without one, a known_hosts file must have it."""
    credential: Credential | None = None
    """Name of the credential to log in with. Never the credential itself."""


class SamplingEntry(Entry):
    """A look into a few small text objects, for kinds of personal data. No value of any is kept."""

    credential: Credential
    """Name of a credential of its own, which may read objects; never the one that the bucket is read with."""
    objects: Annotated[StrictInt, Field(ge=1, le=20)] = 20
    """How many are opened at most, the first 64 KiB of each."""


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
    sampling: SamplingEntry | None = None
    """Look into a few of its objects. Without it, none is opened."""
    probe_effective: Flag = False
    """True: the auditor may also ask as a stranger, without a credential and over plain HTTP. It never writes."""
    canary: ObjectKey | None = None
    """Key of an object that holds nothing secret: with probe_effective, a stranger's reading is tried with it."""


class AccountAsset(AssetEntry):
    """An account of a cloud: every bucket in it that is not listed is found, and judged as unclaimed."""

    kind: Literal["account"]
    """account"""
    provider: Literal["aws", "s3-compatible"] = "aws"
    """aws, or s3-compatible for a user of a server of one's own (named with --endpoint-url)."""
    account: Account | None = None
    """Its number, 12 digits in quotes; must be one of scope.aws_accounts where there is a scope. aws needs it."""
    regions: Annotated[tuple[Region, ...], Field(min_length=1)] | None = None
    """Where to look for other kinds of buckets, beside the regions in which it has buckets; and the only regions where
    disks and databases are looked for, which are all that are switched on where none is named."""
    credential: Credential | None = None
    """Name of the credential to read it with. Never the credential itself."""


class TlsAsset(AssetEntry):
    """A port with TLS that is no web site: mailboxes, submission of mail, a directory, a database."""

    kind: Literal["tls"]
    """tls"""
    address: TlsAddress
    """tls://host:port where TLS begins at once, else the protocol that goes over to it, like imap://host or ldap://host."""


class MxAsset(AssetEntry):
    """A mail exchanger: where other mail servers bring mail, at port 25."""

    kind: Literal["mx"]
    """mx"""
    host: Host
    """Its name, as the domain's MX record has it."""


class DevicesAsset(AssetEntry):
    """Laptops, or hosts that nobody can reach over SSH: another tool's export tells of their disks."""

    kind: Literal["devices"]
    """devices"""
    format: Literal["intune", "jamf", "fleet", "osquery", "ansible"]
    """Which tool wrote it: see docs/servers.md."""
    file: ExportPath
    """The file, or a folder of files, as seen from the main inventory's folder."""
    dated: Day | None = None
    """The day of the export. It counts for each machine of which the export itself says no time."""
    hosts: Annotated[tuple[DeviceName, ...], Field(min_length=1, max_length=50_000)] | None = None
    """The machines that are meant, by serial number or name. Without them: all that the export tells of."""
    expected: Annotated[StrictInt, Field(ge=1, le=1_000_000)] | None = None
    """How many machines there should be. Fewer in the export: the rest is unknown."""


AnyAsset = Annotated[
    WebAsset | ServerAsset | BucketAsset | AccountAsset | TlsAsset | MxAsset | DevicesAsset,
    Field(discriminator="kind"),
]


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
    retention: Retention | None = None
    """How long its records may be kept. Without it, nobody can say that something is kept too long."""
    residents_affected: People | None = None
    """How many people's data it holds, about."""
    note: Text | None = None
    """Anything a reader should know."""
    assets: tuple[AnyAsset, ...] = ()
    """What is looked at. A system without any cannot be graded."""
