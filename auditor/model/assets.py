"""What is looked at, and whose it is."""

from __future__ import annotations

from datetime import date

from auditor.model.words import KeyNeed, Sensitivity, Tier
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """A host that servers are reached through. `address`: ssh://[user@]host[:port]; the rest as an `Asset` has it."""

    address: str
    host_key: str | None = None
    credential: str | None = None
    jump: Jump | None = None  # what it is reached through itself

    @property
    def hops(self) -> tuple[Jump, ...]:
        """The whole way, in the order in which it is gone: this host comes last."""
        return (*(self.jump.hops if self.jump else ()), self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What another tool wrote of machines, and which of them are meant. Paths are as the inventory has them."""

    format: str  # "intune", "jamf", "fleet", "osquery", "ansible"
    file: str  # a file, or a folder of them, below the inventory's own
    dated: date | None = None  # counts for machines of which the export says no time
    hosts: tuple[str, ...] = ()  # serial numbers or names; (): all that it tells of
    expected: int | None = None  # how many machines there should be


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a few objects of a bucket are opened, to recognise personal data."""

    credential: str  # its *name*; another one than the bucket is read with
    objects: int  # at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One thing that is looked at. `address`: a URL, ssh://[user@]host[:port], s3://name, aws://account, file:path."""

    id: str
    kind: str  # "web", "server", "bucket", "account", "tls", "mx", "devices", or a plug-in's own
    address: str
    system: str
    tiers: frozenset[Tier] = frozenset({Tier.NIGHTLY})
    sensitivity: Sensitivity | None = None  # its own, where it differs from its system's
    data_classes: tuple[str, ...] = ()  # likewise
    key_need: KeyNeed | None = None  # likewise: None where it names no data class of its own
    intended_public: bool = False
    credential: str | None = None  # the *name* of a credential
    host_key: str | None = None  # pinned, "ssh-ed25519 AAAA…" or "SHA256:…"
    formerly: tuple[str, ...] = ()  # ids that it had before: a rename keeps its history
    account: str | None = None  # of a cloud, that the inventory says it belongs to
    provider: str = ""  # of a bucket or an account: "aws" or "s3-compatible", where the inventory says so
    regions: tuple[str, ...] = ()  # of an account: where else to look than where its buckets lie
    found_by: str = ""  # the id of the asset whose look found it; "" for what an inventory lists
    sampling: Sampling | None = None  # of a bucket: how a few of its objects are opened; None: none is
    probe_effective: bool = False  # of a bucket: may be asked as a stranger, too
    canary: str = ""  # of a bucket: the key of an object that holds nothing, for that
    jump: Jump | None = None  # what it is reached through
    export: Export | None = None  # of kind "devices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """What is the city's own at providers and on the Internet, and where its data may lie, as its scope says.

    Empty: nobody said, which is not the same as "none".
    """

    accounts: tuple[str, ...] = ()  # of AWS, twelve digits
    organisations: tuple[str, ...] = ()  # of AWS, o-…
    vpcs: tuple[str, ...] = ()  # vpc-…, vpce-…
    networks: tuple[str, ...] = ()  # like 192.0.2.0/24
    jurisdictions: tuple[str, ...] = ()  # countries, two letters


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The unit that gets a letter."""

    id: str
    name: str
    department: str
    owner: str
    sensitivity: Sensitivity
    data_classes: tuple[str, ...] = ()
    exposure: str = "internet"  # internet | internal
    hosting: str = "onprem"  # onprem | cloud | saas
    jurisdiction: str = ""  # the country whose law governs it, two letters; "": nobody said
    retention_days: int | None = None  # the longest that its records may be kept; None: nobody said
    key_need: KeyNeed = KeyNeed.BY_TIER  # the most that one of its data classes asks for
    estate: Estate | None = None  # of the city; None: the inventory has no scope that says anything of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Who is accountable for systems."""

    id: str
    name: str
