"""What was seen of disks that a cloud holds for an account: volumes, snapshots, databases. Region by region.

Each is a locus of its own, so that a region that was denied blinds only itself. Knows no SDK and no rule.
"""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass

MOST = 5_000  # volumes, snapshots or databases of a region that are kept
NO_DISKS = "compatible"  # stands for account and region of a storage server, which holds no disks for anybody
MOST_ASKED = 200  # snapshots of a region that are asked whom they are shared with


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskKey(Plain):
    """A key that encrypts disks. `manager` "": the key service could not be asked, for `reason`.

    `account`: twelve digits of its ARN; "" for a key that is named without one.
    """

    arn: str
    account: str = ""
    manager: str = ""  # AWS, CUSTOMER
    key_state: str = ""  # Enabled, Disabled, PendingDeletion, …
    reason: str = ""  # the word of a `Reason`

    def __post_init__(self) -> None:
        if not self.arn or bool(self.manager) == bool(self.reason):
            raise ValueError("a key has a name, and was told of or not for a reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment(Plain):
    """Where a volume is plugged in."""

    instance: str
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume(Plain):
    """One volume. `key` "": none is named."""

    id: str
    is_encrypted: bool
    key: str = ""
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("a volume has an id")
        if self.key and not self.is_encrypted:
            raise ValueError("a key encrypts, or is none")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskList(Facts):
    """What every list of a region has. `is_complete` False: it broke off, or more came than is kept (`MOST`)."""

    account: str  # twelve digits, as the credential showed it
    region: str
    is_complete: bool = True
    why_incomplete: str = ""  # the word of a `Reason`

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.is_complete == bool(self.why_incomplete):
            raise ValueError("a list that broke off has a reason, and only it has one")
        if not self.account or not self.region:
            raise ValueError("a list is of an account and a region")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes(DiskList):
    """The volumes of one region, the keys that they name, and the machines that run there.

    `instances` None: they could not be listed, and the attachments alone say what belongs where.
    """

    volumes: tuple[Volume, ...]
    keys: tuple[DiskKey, ...] = ()
    instances: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultDiskEncryption(Facts):
    """Is every new volume of a region encrypted, whoever makes it?"""

    account: str
    region: str
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Plain):
    """One copy of a volume or a database. `shared_with` None: it was not asked.

    "all" in `shared_with`: everybody.
    """

    id: str
    is_encrypted: bool
    key: str = ""
    shared_with: tuple[str, ...] | None = None
    reason: str = ""  # the word of a `Reason`, where it was asked in vain


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotList(DiskList):
    """`public` None: everybody's could not be listed; else the ids of those that everybody may restore."""

    snapshots: tuple[Snapshot, ...]
    public: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots(SnapshotList):
    """The snapshots of volumes in one region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSnapshots(SnapshotList):
    """The snapshots of databases and of clusters that somebody made in one region; a cluster's id says so."""


class DatabaseKind(StrEnum):
    INSTANCE = "instance"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database(Plain):
    id: str
    kind: DatabaseKind
    engine: str
    is_encrypted: bool
    key: str = ""
    is_public: bool | None = None  # has an address on the Internet; None: not told, as of clusters of Aurora


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases(DiskList):
    """The databases that the provider runs for the account in one region."""

    databases: tuple[Database, ...]
    keys: tuple[DiskKey, ...] = ()


# Derived at judging time, never kept.


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFault(Plain):
    """What has a fault, and what was seen of it."""

    what: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFaults(Facts):
    """Those of a region that have one fault, of so many. The subclasses are of one fault each."""

    region: str
    faults: tuple[DiskFault, ...]
    counted: int

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.counted < len(self.faults):
            raise ValueError("more faults than things that could have them")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainVolumes(DiskFaults):
    """Volumes that are not encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignVolumeKeys(DiskFaults):
    """Volumes whose key lies in an account that is not the city's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainSnapshots(DiskFaults):
    """Snapshots of volumes that are not encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainDatabaseSnapshots(DiskFaults):
    """Snapshots of databases that are not encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSnapshots(DiskFaults):
    """Snapshots of volumes that everybody may restore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSnapshots(DiskFaults):
    """Snapshots of volumes that an account which is not the city's may restore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainDatabases(DiskFaults):
    """Databases whose storage is not encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignDatabaseKeys(DiskFaults):
    """Databases whose key lies in an account that is not the city's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDatabaseAddresses(DiskFaults):
    """Databases whose name leads to an address on the Internet. Who may connect to it is another question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDatabaseSnapshots(DiskFaults):
    """Snapshots of databases that everybody may restore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDatabaseSnapshots(DiskFaults):
    """Snapshots of databases that an account which is not the city's may restore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestDisk(Plain):
    """One disk of a guest that by its serial number is a volume, and that nothing encrypts within the guest."""

    name: str  # the kernel's
    volume: str  # vol-…
    places: tuple[str, ...]  # what lies on it


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestDisks(Facts):
    """A guest's disks whose encryption only its cloud can tell of. `instance` "": a server that is no cloud's guest.

    `unread`: the word of a `Reason` for which it may have more of them.
    """

    instance: str
    disks: tuple[GuestDisk, ...]
    unread: str = ""
    unread_detail: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.disks and not self.instance:
            raise ValueError("only a guest has disks of its cloud")


class PlatformState(StrEnum):
    """What the cloud tells of one disk of a guest."""

    ENCRYPTED = "encrypted"
    FOREIGN_KEY = "foreign_key"
    PLAIN = "plain"
    NOT_FOUND = "not_found"  # in none of the accounts that were read
    NO_ACCOUNT = "no_account"  # no account was to be read
    UNSETTLED = "unsettled"  # something was not seen; among `PlatformTold` alone


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformDisk(Plain):
    """One disk of a guest as the cloud tells of it. `manager`: AWS, CUSTOMER; "": the key service did not tell.

    `reason`, the word of a `Reason`, and `why`: what keeps it open; of a foreign key, whether it is one.
    """

    disk: GuestDisk
    state: PlatformState
    account: str = ""  # whose volume it is
    key: str = ""
    key_account: str = ""  # whose key it is
    manager: str = ""
    reason: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformTold(Facts):
    """What the accounts of the run tell of a guest's disks. Derived from all assets."""

    disks: tuple[PlatformDisk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformDisks(Facts):
    """The same, and whether there was anything to be told. `instance` "": no cloud's guest."""

    instance: str
    disks: tuple[PlatformDisk, ...]
