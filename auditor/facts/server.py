"""What a server's kernel told a plain user about its disks: devices, layers, mounts, swap. Never "is encrypted"."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass

NODE_LIMIT = 4096  # devices, mounts, swaps and data sets kept of each kind; beyond it the section counts as truncated
PATH_LIMIT = 4096  # characters of a path: Linux's PATH_MAX, so a real path is never cut


class SectionState(StrEnum):
    """How the reading of one source on the server ended."""

    SEEN = "seen"
    ABSENT = "absent"  # the file or tool is not there
    DENIED = "denied"
    TRUNCATED = "truncated"
    TIMED_OUT = "timed_out"
    FAILED = "failed"  # the tool failed, or a line of it could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Plain):
    """One source of facts and how its reading ended."""

    name: str  # uname, sysblk, mountinfo, …: as in `server_facts.sh`
    state: SectionState


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockNode(Plain):
    """One block device as sysfs shows it. None means "not told", never "no"."""

    name: str  # the kernel's name: vda, vda3, dm-0, md0, loop0
    devno: str | None = None  # "254:1"
    partition_of: str | None = None  # the disk's kernel name
    slaves: tuple[str, ...] | None = ()  # kernel names of all devices directly below; None: could not be listed
    dm_name: str = ""
    dm_uuid: str = ""  # "CRYPT-LUKS2-…", "LVM-…"; "" for other devices and for mappings made without one
    md_level: str = ""
    backing_file: str | None = None  # of a loop device; None: none, or its name could not be read whole
    zram_backing: str | None = None  # device that zram writes idle pages to: a path, "none", or not told
    is_hardware: bool | None = None  # has a driver's device below it
    sectors: int | None = None  # of 512 bytes
    is_removable: bool | None = None
    is_read_only: bool | None = None
    serial: str = ""  # as the disk tells it ("vol0123456789abcdef0"), else its world-wide name; "": not told
    # What udev guessed, for lsblk: a hint and no proof. "": not told, or nothing was found.
    signature: str = ""  # "ext4", "crypto_LUKS"
    part_type: str = ""  # GUID or number of the partition's type
    transport: str = ""  # "usb", "sata", "nvme"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount(Plain):
    """One line of /proc/self/mountinfo (proc_pid_mountinfo(5)), octal escapes undone."""

    mount_id: int
    parent_id: int
    devno: str  # "0:38" for file systems without a device of their own
    root: str  # the directory of the file system that is mounted; not "/" for bind mounts and subvolumes
    point: str
    fstype: str
    source: str
    is_read_only_here: bool  # this mount
    is_read_only: bool  # the file system itself
    upper: str | None = None  # overlay's upperdir
    further_devices: tuple[str, ...] = ()  # named in its options beside the source: XFS's rtdev and logdev (xfs(5))
    options: tuple[str, ...] | None = None  # of a network file system, those that tell how it travels; None: not told


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(Plain):
    """One line of /proc/swaps."""

    path: str
    is_file: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BtrfsMembers(Plain):
    """All devices of one mounted btrfs file system, by kernel name."""

    uuid: str
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BcacheMembers(Plain):
    """All devices of one bcache device, by kernel name: the one behind it, and the caches before it."""

    name: str  # bcache0
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZfsDataset(Plain):
    """One data set, its properties as `zfs get` prints them: encryption "off", "aes-256-gcm" or "-". "": not told."""

    name: str
    encryption: str
    key_status: str = ""  # "available", "unavailable", "-"
    encryption_root: str = ""  # the data set whose key opens it
    is_mounted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZfsPool(Plain):
    """One pool and its leaf devices: paths, or a bare number for a member that is missing."""

    name: str
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockGraph(Facts):
    """The whole graph of a server's block devices and what is mounted or swapped on it, as one login saw it.

    `kernel`: `uname -s`, "" if it was not told. `resume`: the hibernation target's "major:minor", None where there is
    none or it was not told; `resume_named`: the same as the kernel's command line names it ("UUID=…", "/dev/dm-1"), ""
    where it names none; `can_hibernate`: whether the kernel offers to, None where it was not told.
    `null_cipher_users`: references that the kernel counts on `cipher_null` algorithms beyond its own one; None where
    /proc/crypto was not seen. `instance`: the cloud's id of this machine, as its firmware tells it
    ("i-0123456789abcdef0"), "" where it was not told. Order is by name or mount id, whatever the server's order was.
    Raises ValueError where mountinfo was read and nothing is mounted: no Linux is like that.
    """

    kernel: str
    sections: tuple[Section, ...]
    nodes: tuple[BlockNode, ...]
    mounts: tuple[Mount, ...]
    swaps: tuple[Swap, ...]
    resume: str | None = None
    null_cipher_users: int | None = None
    btrfs: tuple[BtrfsMembers, ...] = ()
    zfs: tuple[ZfsDataset, ...] = ()
    zpools: tuple[ZfsPool, ...] = ()
    bcache: tuple[BcacheMembers, ...] = ()
    instance: str = ""
    resume_named: str = ""
    can_hibernate: bool | None = None

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.mounts and self.state_of("mountinfo") is SectionState.SEEN:
            raise ValueError("mountinfo was read, but nothing is mounted")
        if not self.sections:
            raise ValueError("no section was read")

    def state_of(self, section: str) -> SectionState:
        """How a section's reading ended; ABSENT for one that never came."""
        return next((one.state for one in self.sections if one.name == section), SectionState.ABSENT)
