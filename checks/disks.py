"""Disks of servers: is data at rest, and memory that is written out, on an encrypting layer?

A plain user sees the layers and not the cipher; where root's helper is granted, its ciphers count. A volume that a
cloud or a storage array encrypts below the guest looks plain from inside; evidence for that comes from elsewhere.
"""

from __future__ import annotations

from auditor.check import HIGH, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.at_rest import (
    AtRest,
    ForgottenAtRest,
    HibernationAtRest,
    PartlyPlainMounts,
    PlainMounts,
    RemovableAtRest,
    SwapAtRest,
)
from auditor.model import Verdict
from checks.counted import counted
from checks.place_rows import FAULTS, JUDGED, rows_of, sound

CONTROLS = ("NIST SP 800-53r5 SC-28(1)", "NIST SP 800-111", "CIS Controls v8 3.11")
NOTHING_MOUNTED = "no local file system that can be written to is mounted"


@check("disk-plain", reads=PlainMounts, severity=HIGH, effort=5, controls=CONTROLS)
def disk_plain(facts: PlainMounts) -> Verdict:
    """A mounted disk is not encrypted.

    Why: Whoever carries off the disk, finds it in a returned or discarded machine, or gets a copy of the volume
        reads everything on it: no password of the running system protects it.
    Fix: Move the data to a LUKS2 volume: `cryptsetup luksFormat --type luks2 /dev/NEW`, `cryptsetup open /dev/NEW
        data`, `mkfs.ext4 /dev/mapper/data`, copy, and list it in /etc/crypttab and /etc/fstab; or encrypt in place
        from a rescue system, after a backup, with `cryptsetup reencrypt --encrypt --type luks2 --reduce-device-size
        32M /dev/DISK` (shrink the file system first). A volume that a provider encrypts below the guest looks plain
        from inside: for a guest at AWS list its account in the inventory (kind: account), so that the cloud can be
        asked; elsewhere record it as an accepted risk, with its evidence.
    """
    if not facts.those(*JUDGED):
        return not_applicable(NOTHING_MOUNTED)
    plain = facts.those(AtRest.PLAIN)
    if plain:
        return failed(
            f"{counted(len(plain), 'mounted file system lies', 'mounted file systems lie')} on plain storage.",
            *rows_of(plain),
        )
    return sound(facts, "No mounted file system lies wholly on plain storage.")


@check("disk-partly-plain", reads=PartlyPlainMounts, severity=HIGH, effort=5, controls=CONTROLS)
def disk_partly_plain(facts: PartlyPlainMounts) -> Verdict:
    """A mounted file system lies partly on an unencrypted disk.

    Why: The file system looks encrypted, yet one of the disks below it is not. Any file may have pieces there, and
        whoever gets that disk reads them.
    Fix: Take the plain disk out of the group: LVM `pvmove /dev/PLAIN && vgreduce VG /dev/PLAIN`, btrfs `btrfs
        device remove /dev/PLAIN /MOUNT`, a cache `lvconvert --uncache VG/LV`; then wipe it (`blkdiscard` or
        `shred`), put LUKS2 on it and add the opened mapping instead.
    """
    if not facts.those(*JUDGED):
        return not_applicable(NOTHING_MOUNTED)
    mixed = facts.those(AtRest.PARTLY_PLAIN)
    if mixed:
        return failed(
            f"{counted(len(mixed), 'mounted file system lies', 'mounted file systems lie')} partly on plain storage.",
            *rows_of(mixed),
        )
    return sound(facts, "No file system mixes encrypted and plain storage.")


@check("swap-plain", reads=SwapAtRest, severity=HIGH, effort=3, controls=CONTROLS)
def swap_plain(facts: SwapAtRest) -> Verdict:
    """Memory is swapped to an unencrypted disk.

    Why: Passwords, keys and records that a program holds in memory are written to the disk and stay there, also
        after the machine is switched off and although the data disks themselves are encrypted.
    Fix: `swapoff /dev/SWAP`; in /etc/crypttab `swap PARTUUID=ID /dev/urandom swap,cipher=aes-xts-plain64,size=512` (as
        `blkid` tells it, or /dev/VG/LV: what stands there is overwritten at each start, and names like /dev/sdb may
        change places); in /etc/fstab `/dev/mapper/swap none swap sw 0 0`; then `cryptdisks_start swap && swapon -a`
        (RHEL: `systemctl daemon-reload && systemctl start systemd-cryptsetup@swap && swapon -a`). A random key cannot
        hibernate. A swap file belongs on an encrypted file system. Without need for swap: remove its line from
        /etc/fstab.
    """
    plain = facts.those(*FAULTS)
    if plain:
        return failed(f"{counted(len(plain), 'swap area lies', 'swap areas lie')} on plain storage.", *rows_of(plain))
    if not facts.places:
        return passed("No swap is in use.")
    return sound(facts, "Every swap area lies in memory or on an encrypting layer.")


@check("hibernation-plain", reads=HibernationAtRest, severity=HIGH, effort=3, controls=CONTROLS)
def hibernation_plain(facts: HibernationAtRest) -> Verdict:
    """A server would hibernate to an unencrypted disk.

    Why: Hibernation writes all of the memory to that disk, the keys of the encrypted disks with it. Whoever then
        takes the disk opens the others.
    Fix: Servers do not hibernate: `systemctl mask hibernate.target hybrid-sleep.target`, remove `resume=` from
        GRUB_CMDLINE_LINUX in /etc/default/grub and from /etc/initramfs-tools/conf.d/resume (`RESUME=none`), then
        `update-grub && update-initramfs -u` and restart. Where it is needed, put the target on a LUKS2 volume with a
        passphrase.
    """
    plain = facts.those(*FAULTS)
    if plain:
        return failed("The place to hibernate to lies on plain storage.", *rows_of(plain))
    if not facts.places:
        return passed("The server cannot hibernate, or has no place to do so.")
    return sound(facts, "The place to hibernate to is encrypted.")


@check(
    "disk-removable-plain",
    reads=RemovableAtRest,
    severity=HIGH,
    effort=2,
    controls=("NIST SP 800-53r5 MP-7", *CONTROLS),
)
def disk_removable_plain(facts: RemovableAtRest) -> Verdict:
    """A disk that fits into a pocket is mounted, and is not encrypted.

    Why: Sticks and external disks are what gets lost and stolen first, and nobody notices for days.
    Fix: `umount /MOUNT`; copy what is needed to an encrypted volume and wipe the stick (`blkdiscard` or `shred`). One
        that has to stay: `cryptsetup luksFormat --type luks2 /dev/STICK`. Some bays of servers call their disks
        removable, too: encrypt those like any other disk.
    """
    plain = facts.those(*FAULTS)
    if plain:
        return failed(
            f"{counted(len(plain), 'mount lies', 'mounts lie')} on removable disks without encryption.", *rows_of(plain)
        )
    return sound(facts, "No mount lies on a removable disk without encryption.")


@check(
    "disk-forgotten-plain",
    reads=ForgottenAtRest,
    severity=MEDIUM,
    effort=2,
    controls=("NIST SP 800-53r5 MP-6", *CONTROLS),
)
def disk_forgotten_plain(facts: ForgottenAtRest) -> Verdict:
    """A file system that is not mounted lies on an unencrypted disk.

    Why: Old disks, half-done moves and copies stay in machines for years. Nobody looks after them, and they still hold
        what they held.
    Fix: See what it is (`lsblk -f`, `mount -o ro /dev/DISK /mnt`). Not needed: wipe it (`blkdiscard -f /dev/DISK`, or
        `shred -n 1 /dev/DISK` on a disk that turns). Needed: move it to a LUKS2 volume.
    """
    plain = facts.those(*FAULTS)
    if plain:
        return failed(
            f"{counted(len(plain), 'file system is', 'file systems are')} not mounted and on plain storage.",
            *rows_of(plain),
        )
    if not facts.places:
        return passed("Every file system that udev found is mounted, or locked.")
    return sound(facts, "What is not mounted lies on encrypted storage.")


CHECKS = (disk_forgotten_plain, disk_partly_plain, disk_plain, disk_removable_plain, hibernation_plain, swap_plain)
