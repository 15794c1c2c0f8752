"""How disks are encrypted, as far as every user sees: old formats, the drive's own word, single directories."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.check import LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.disk_layers import DirectoryEncryption, DiskLayers, Layer, ZfsInheritance
from auditor.model import Evidence, Verdict
from checks.counted import counted
from checks.place_rows import ROWS

CONTROLS = ("NIST SP 800-53r5 SC-28(1)", "NIST SP 800-111")
NO_LAYER = "nothing mounted or swapped lies on an encrypting layer"


@check("disk-luks1", reads=DiskLayers, severity=LOW, effort=3, controls=("NIST SP 800-53r5 SC-12", *CONTROLS))
def disk_luks1(facts: DiskLayers) -> Verdict:
    """A disk is encrypted in the old format LUKS1.

    Why: LUKS1 cannot make guessing the passphrase costly in memory, and cannot be checked for damage. It is not broken.
    Fix: After a backup of the header (`cryptsetup luksHeaderBackup /dev/DISK --header-backup-file FILE`), with the
        volume closed: `cryptsetup convert --type luks2 /dev/DISK`, then `cryptsetup luksConvertKey --pbkdf argon2id
        /dev/DISK` for each passphrase. A /boot that GRUB opens itself may need LUKS1: leave that one.
    """
    if not facts.layers:
        return not_applicable(NO_LAYER)
    old = [layer for layer in facts.layers if layer.kind == "LUKS1"]
    if old:
        return failed(f"{counted(len(old), 'place lies', 'places lie')} on LUKS1.", *_rows(old, "LUKS2"))
    return passed("No place lies on LUKS1.")


@check("disk-headerless", reads=DiskLayers, severity=LOW, effort=5, controls=CONTROLS)
def disk_headerless(facts: DiskLayers) -> Verdict:
    """Data lies on a volume that is encrypted without a header.

    Why: Plain dm-crypt makes the key of the passphrase in one step, so guesses are cheap; the key cannot be changed,
        and a wrong passphrase destroys the data without a word.
    Fix: Move the data to a LUKS2 volume: `cryptsetup luksFormat --type luks2 /dev/NEW`, open, make a file system, copy.
        Swap with a random key is right as it is.
    """
    if not facts.layers:
        return not_applicable(NO_LAYER)
    bare = [layer for layer in facts.layers if layer.kind == "PLAIN" and not layer.is_swap]
    if bare:
        return failed(
            f"{counted(len(bare), 'mounted place lies', 'mounted places lie')} on dm-crypt without a header.",
            *_rows(bare, "LUKS2"),
        )
    return passed("Every mounted volume that is encrypted has a header.")


@check("disk-hardware-only", reads=DiskLayers, severity=LOW, effort=3, controls=CONTROLS)
def disk_hardware_only(facts: DiskLayers) -> Verdict:
    """A disk is encrypted by its drive alone.

    Why: Several drives were found to give their data out without the key. Nobody but their makers can look inside.
    Fix: Let the kernel encrypt, too: `cryptsetup luksFormat --type luks2 --hw-opal /dev/NEW` (cryptsetup 2.7) does
        both; copy the data there.
    """
    if not facts.layers:
        return not_applicable(NO_LAYER)
    trusting = [layer for layer in facts.layers if layer.kind.endswith("-OPAL") and not layer.is_verified_software]
    if trusting:
        wanted = "encrypted by the kernel as well"
        return failed(
            f"{counted(len(trusting), 'place rests', 'places rest')} on the drive's own encryption.",
            *_rows(trusting, wanted),
        )
    return passed("No place rests on a drive's own encryption alone.")


@check("disk-directory-only", reads=DirectoryEncryption, severity=MEDIUM, effort=5, controls=CONTROLS)
def disk_directory_only(facts: DirectoryEncryption) -> Verdict:
    """Single directories are encrypted, and the disk below them is not.

    Why: Names, sizes, times, logs, swap and everything that is saved elsewhere stay readable to whoever has the disk.
    Fix: Encrypt the whole disk with LUKS2 (see `auditor explain disk-plain`); the directories may stay as they are.
    """
    if not facts.directories:
        return not_applicable("no directory is encrypted by itself")
    if facts.on_plain:
        rows = [Evidence(one, "a directory over plain storage", "an encrypted disk below it") for one in facts.on_plain]
        return failed(
            f"{counted(len(rows), 'encrypted place lies', 'encrypted places lie')} over plain storage.", *rows[:ROWS]
        )
    return passed("Directories that are encrypted by themselves lie on encrypted disks.")


@check("zfs-child-plain", reads=ZfsInheritance, severity=MEDIUM, effort=3, controls=CONTROLS)
def zfs_child_plain(facts: ZfsInheritance) -> Verdict:
    """A ZFS data set is not encrypted although the one above it is.

    Why: Everybody takes it for encrypted, since its parent is. It was made so on purpose or came in with `zfs receive`.
    Fix: Encryption cannot be switched on later. `zfs snapshot SET@move`, `zfs send SET@move | zfs receive -o
        encryption=on PARENT/NEW`, compare, `zfs destroy -r SET`, `zfs rename PARENT/NEW SET`.
    """
    if not facts.encrypted:
        return not_applicable("no ZFS data set is encrypted")
    if facts.plain_below:
        rows = [Evidence(f"zfs {one.name}", "encryption off", f"on, as {one.parent}") for one in facts.plain_below]
        return failed(
            f"{counted(len(rows), 'data set is plain', 'data sets are plain')} below an encrypted one.",
            *rows[:ROWS],
        )
    return passed("Every data set below an encrypted one is encrypted.")


def _rows(layers: Iterable[Layer], wanted: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(layer.place, layer.chain, wanted) for layer in layers)[:ROWS]


CHECKS = (disk_directory_only, disk_hardware_only, disk_headerless, disk_luks1, zfs_child_plain)
