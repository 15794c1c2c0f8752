"""What another tool says of a machine's disks → three questions: its system drive, its other drives, its keys.

Nothing here believes a tool further than it looked: osquery follows one of a device's parents, Ansible names no ZFS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from auditor.derive import Undecided, derive
from auditor.facts.imported import (
    Drive,
    ImportedDevice,
    ImportedEncryption,
    ImportedVolume,
    KeyProtection,
    OtherDrives,
    Part,
    Platform,
    SystemDrive,
    Told,
)
from auditor.model import Reason
from checks.derivations.block_steps import ENCRYPTING
from checks.derivations.block_walk import DISK_NAME
from checks.derivations.file_systems import BEFORE_ANY_KEY, IMAGES, MEMORY, NETWORK, STACKED

DEPTH = 32
SMALL = 16  # megabytes: a BIOS boot partition or a reserved one holds no data
NULL = re.compile(r"cipher_null|(^|-)null(-|$)", re.IGNORECASE)
LUKS = "crypto_LUKS"  # what udev calls a LUKS header (blkid(8))
FAULTS = (Told.NO, Told.UNFINISHED)


@derive(reads=(ImportedEncryption,), yields=SystemDrive)
def system_drive(facts: ImportedEncryption) -> SystemDrive:
    """Raises Undecided where the source does not settle it."""
    drives = tuple(_drives(facts, Part.SYSTEM))
    _settle(facts, drives, "it tells of no system drive")
    return SystemDrive(observed_at=facts.observed_at, source=facts.source, place=facts.place, drives=drives)


@derive(reads=(ImportedEncryption,), yields=OtherDrives)
def other_drives(facts: ImportedEncryption) -> OtherDrives:
    """Raises Undecided where the source does not settle it, or tells of the system drive alone."""
    drives = (*_drives(facts, Part.OTHER), *_drives(facts, Part.OTHERS), *_unaccounted(facts))
    _settle(facts, drives, "" if facts.lists_all else "it tells of the system drive alone")
    return OtherDrives(observed_at=facts.observed_at, source=facts.source, place=facts.place, drives=drives)


@derive(reads=(ImportedEncryption,), yields=KeyProtection)
def key_protection(facts: ImportedEncryption) -> KeyProtection:
    """BitLocker alone can be encrypted with its key in the clear. Raises Undecided where that was not told."""
    drives = tuple(
        Drive(name=volume.name, state=volume.protected, seen=volume.said, why="its protection is not told")
        for volume in facts.volumes
        if volume.encrypted is not Told.NO
    )
    if facts.platform not in (Platform.WINDOWS, Platform.NOT_TOLD):
        drives = ()
    _settle(facts, drives, "")
    return KeyProtection(observed_at=facts.observed_at, source=facts.source, place=facts.place, drives=drives)


def _settle(facts: ImportedEncryption, drives: tuple[Drive, ...], empty: str) -> None:
    """Raise Undecided where no fault is proven and something was not told. `empty`: what it means to have no drive."""
    if any(drive.state in FAULTS for drive in drives):
        return
    untold = [drive for drive in drives if drive.is_judged and drive.state is Told.NOT_TOLD]
    if untold:
        more = f", and {len(untold) - 1} more" if len(untold) > 1 else ""
        raise Undecided(Reason.NOT_OBSERVED, f"{facts.place}: {untold[0].name}: {untold[0].why}{more}")
    if empty and not any(drive.is_judged for drive in drives):
        raise Undecided(Reason.NOT_OBSERVED, f"{facts.place}: {empty}")


def _drives(facts: ImportedEncryption, part: Part) -> Iterator[Drive]:
    walk = Walk(facts.devices)
    for volume in facts.volumes:
        if volume.part is not part:
            continue
        exempt = _exemption(volume)
        if exempt:
            yield Drive(name=volume.name, state=Told.NOT_TOLD, seen=volume.fstype, why=exempt, is_judged=False)
        elif facts.devices:
            yield walk.drive(volume)
        else:
            why = f"its source does not say ({volume.said})"
            yield Drive(name=volume.name, state=volume.encrypted, seen=volume.said, why=why)


def _exemption(volume: ImportedVolume) -> str:
    """Why a mounted file system is not judged; "" if it is."""
    if volume.fstype in MEMORY:
        return "it lies in memory"
    if volume.fstype in NETWORK or "://" in volume.device or ":/" in volume.device:
        return "a network file system rests elsewhere"
    if volume.fstype in IMAGES:
        return "a read-only image holds no data"
    if volume.name in BEFORE_ANY_KEY:
        return "it is read before any key is there"
    if volume.part is not Part.SYSTEM and (volume.fstype in STACKED or _is_kernels(volume)):
        return "it has no disk of its own"
    return ""


def _is_kernels(volume: ImportedVolume) -> bool:
    """osquery lists what the kernel makes up too: its source is no path, and it is no file system that spans disks."""
    return bool(volume.fstype) and volume.device == volume.fstype and volume.fstype not in ("zfs", "btrfs", "bcachefs")


class Walk:
    """From a volume down to what it lies on, as far as the source looked."""

    def __init__(self, devices: Iterable[ImportedDevice]) -> None:
        self._devices = {device.name: device for device in devices}

    def drive(self, volume: ImportedVolume) -> Drive:
        state, why = self._ground(volume.device, frozenset())
        if state is Told.YES and volume.fstype in ("btrfs", "bcachefs"):
            state, why = Told.NOT_TOLD, f"{volume.fstype} may lie on further devices, which are not told"
        seen = f"{volume.fstype or 'a file system'} on {self._chain(volume.device)}"
        return Drive(name=volume.name, state=state, seen=seen, why=why)

    def below(self, name: str, found: set[str]) -> None:
        """Add a device and all that is known below it."""
        device = self._devices.get(name)
        if device and name not in found:
            found.add(name)
            for parent in device.parents or ():
                self.below(parent, found)

    def _ground(self, name: str, above: frozenset[str]) -> tuple[Told, str]:
        device = self._devices.get(name)
        if device is None or name in above or len(above) > DEPTH:
            return Told.NOT_TOLD, f"what {name or 'it'} lies on is not told"
        if NULL.search(device.method):
            return Told.NO, f"its cipher is {device.method}, which encrypts nothing"
        if device.layer in ENCRYPTING:
            return Told.YES, ""
        if device.encrypted is not Told.NOT_TOLD:
            return self._by_word(device)
        return self._by_parents(device, above | {name})

    def _by_word(self, device: ImportedDevice) -> tuple[Told, str]:
        """osquery's word is the device's own only where encryption begins, right above a LUKS header: elsewhere it is
        that of one parent."""
        is_disk = DISK_NAME.fullmatch(_bare(device.name)) is not None
        if device.encrypted is Told.NO:
            return (
                (Told.NO, "")
                if is_disk
                else (Told.NOT_TOLD, f"the tool follows one of the devices below {device.name}")
            )
        below = [self._devices.get(parent) for parent in device.parents or ()]
        begins = [one is not None and one.encrypted is Told.NO and one.signature == LUKS for one in below]
        if below and all(begins):
            return Told.YES, ""
        return Told.NOT_TOLD, f"the tool follows one of the devices below {device.name}"

    def _by_parents(self, device: ImportedDevice, above: frozenset[str]) -> tuple[Told, str]:
        if device.parents is None or not device.has_all_parents:
            return Told.NOT_TOLD, f"what {device.name} lies on is not told"
        if not device.parents:
            is_disk = DISK_NAME.fullmatch(_bare(device.name)) is not None
            return (Told.NO, "") if is_disk else (Told.NOT_TOLD, f"what {device.name} lies on is not told")
        grounds = [self._ground(parent, above) for parent in device.parents]
        for state in (Told.NO, Told.NOT_TOLD):
            for ground in grounds:
                if ground[0] is state:
                    return ground
        return Told.YES, ""

    def _chain(self, name: str) -> str:
        """The first way down: "dm-1 on dm-0 (LUKS2) on vda3 on vda"."""
        steps: list[str] = []
        device = self._devices.get(name)
        while device and len(steps) < DEPTH and not any(step.split()[0] == device.name for step in steps):
            parents = device.parents or ()
            more = f" and {len(parents) - 1} more" if len(parents) > 1 else ""
            steps.append(device.name + (f" ({device.layer})" if device.layer else ""))
            if more:
                steps[-1] += f" on {parents[0]}{more}"
                break
            device = self._devices.get(parents[0]) if parents else None
        return " on ".join(steps) or name or "something"


def _unaccounted(facts: ImportedEncryption) -> Iterator[Drive]:
    """Disks and partitions that carry nothing that was told of: swap, ZFS, or a disk that somebody forgot."""
    walk, used = Walk(facts.devices), set[str]()
    for volume in facts.volumes:
        walk.below(volume.device, used)
    for device in facts.devices:
        if device.layer in ENCRYPTING:
            walk.below(device.name, used)
    carriers = {parent for device in facts.devices for parent in device.parents or ()}
    for device in facts.devices:
        is_disk = DISK_NAME.fullmatch(_bare(device.name)) is not None
        is_large = device.megabytes is None or device.megabytes >= SMALL
        if is_disk and is_large and device.name not in used | carriers:
            why = "it carries nothing that was told of: swap, ZFS, or a disk that somebody forgot"
            yield Drive(name=device.name, state=Told.NOT_TOLD, seen=_size(device), why=why)


def _size(device: ImportedDevice) -> str:
    return f"{device.megabytes:,} MB" if device.megabytes is not None else "of unknown size"


def _bare(name: str) -> str:
    """A partition's disk counts as a disk, and so does the partition."""
    return re.sub(r"(?<=\d)p\d+$", "", name)


DERIVATIONS = (system_drive, other_drives, key_protection)
