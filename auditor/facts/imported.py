"""What another tool says of a device's disks: a laptop, or a host that nobody can reach by SSH. Never "is safe"."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass

DEVICE_LIMIT = 1_024  # mounts, drives and block devices kept of one machine


class Told(StrEnum):
    """One question, as a source answers it."""

    YES = "yes"
    NO = "no"
    UNFINISHED = "unfinished"  # it is being encrypted or decrypted
    NOT_TOLD = "not_told"  # no word of it, or a word that is not understood


class Part(StrEnum):
    """What of a machine an answer is about."""

    SYSTEM = "system"  # the drive that it starts from
    OTHER = "other"  # one other drive
    OTHERS = "others"  # all other drives together


class Platform(StrEnum):
    LINUX = "linux"
    WINDOWS = "windows"
    MACOS = "macos"
    OTHER = "other"
    NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVolume(Plain):
    """A drive or mounted file system. `device`: the block device that it lies on, "" where the source names none."""

    name: str  # "C:", "/srv", "the system drive"
    part: Part
    encrypted: Told = Told.NOT_TOLD  # of the volume itself; of one with a `device`, see there
    protected: Told = Told.NOT_TOLD  # NO: encrypted, and the key lies open beside it (BitLocker suspended)
    said: str = ""  # the source's own words: "FileVault 2 Status: All Partitions Encrypted"
    device: str = ""
    fstype: str = ""
    is_read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDevice(Plain):
    """A block device of a Linux machine.

    `parents`: those directly below it; None where they were not told. `has_all_parents`: False for a source that
    follows one of several. `layer`: the second word of its device-mapper UUID ("LUKS2") where it begins with CRYPT.
    `encrypted`: what the source says of it and of all below it. `signature`: what lies on it ("crypto_LUKS").
    `megabytes`: its size, None where it was not told.
    """

    name: str  # the kernel's: vda, vda3, dm-0
    parents: tuple[str, ...] | None = None
    has_all_parents: bool = False
    layer: str = ""
    encrypted: Told = Told.NOT_TOLD
    method: str = ""  # "aes-xts-plain64"
    signature: str = ""
    megabytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedEncryption(Facts):
    """One machine in one export. `observed_at` is the source's own date: when the machine last told it.

    `lists_all`: the source names every local drive or mount that it knows of. Raises ValueError where it says
    nothing of any volume.
    """

    source: str  # "intune", "jamf", "fleet", "osquery", "ansible"
    file: str  # as the inventory names it
    line: int  # 1 for a file that tells of one machine
    platform: Platform
    volumes: tuple[ImportedVolume, ...]
    devices: tuple[ImportedDevice, ...] = ()
    lists_all: bool = False

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.volumes:
            raise ValueError("a machine without any volume was not told of")

    @property
    def place(self) -> str:
        """Where it stands: "exports/intune.csv:17"."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive(Plain):
    """One volume, as a derivation understands it. `why`: of what could not be settled, and of what is not judged."""

    name: str
    state: Told
    seen: str
    why: str = ""
    is_judged: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDrives(Facts):
    """What one question about imported evidence needs. The subclasses exist only where it is settled."""

    source: str
    place: str
    drives: tuple[Drive, ...]

    @property
    def faulty(self) -> tuple[Drive, ...]:
        return tuple(drive for drive in self.drives if drive.state in (Told.NO, Told.UNFINISHED))

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.faulty and any(drive.is_judged and drive.state is Told.NOT_TOLD for drive in self.drives):
            raise ValueError("a drive that was not told of proves no health")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemDrive(ImportedDrives):
    """Settles: is the drive that the machine starts from encrypted, by its source's word?"""

    def __post_init__(self) -> None:
        ImportedDrives.__post_init__(self)
        if not self.drives:
            raise ValueError("no system drive was told of")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDrives(ImportedDrives):
    """Settles: is every other drive encrypted? No drives: the source lists all drives, and there is no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProtection(ImportedDrives):
    """Settles: does the key of an encrypted drive lie open beside it? No drives: that cannot be on this platform."""
