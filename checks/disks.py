"""Disks of servers: is data at rest, and memory that is swapped out, on an encrypting layer?

All three read what a plain user sees: the layers, not the cipher. A volume that a cloud or a storage array encrypts
below the guest looks plain from inside; evidence for that comes from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from auditor.check import HIGH, check, failed, not_applicable, passed
from auditor.facts.at_rest import AtRest, PartlyPlainMounts, PlainMounts, Resting, SwapAtRest
from auditor.model import Evidence, Verdict

CONTROLS = ("NIST SP 800-53r5 SC-28(1)", "NIST SP 800-111", "CIS Controls v8 3.11")
ROWS = 20  # evidence rows of one finding
ENCRYPTED = "an encrypting layer (LUKS) below it"
LAYER_ONLY = "The cipher was not read, and the server's own kernel was believed."
JUDGED = (AtRest.ENCRYPTED, AtRest.PLAIN, AtRest.PARTLY_PLAIN)


@check("disk-plain", reads=PlainMounts, severity=HIGH, effort=5, controls=CONTROLS)
def disk_plain(facts: PlainMounts) -> Verdict:
    """A mounted disk is not encrypted.

    Why: Whoever carries off the disk, finds it in a returned or discarded machine, or gets a copy of the volume
        reads everything on it: no password of the running system protects it.
    Fix: Move the data to a LUKS2 volume: `cryptsetup luksFormat --type luks2 /dev/NEW`, `cryptsetup open /dev/NEW
        data`, `mkfs.ext4 /dev/mapper/data`, copy, and list it in /etc/crypttab and /etc/fstab; or encrypt in place
        from a rescue system, after a backup, with `cryptsetup reencrypt --encrypt --type luks2 --reduce-device-size
        32M /dev/DISK` (shrink the file system first). A volume that a provider encrypts below the guest looks plain
        from inside: record that as an accepted risk, with its evidence.
    """
    if not facts.those(*JUDGED):
        return not_applicable("no local file system that can be written to is mounted")
    plain = facts.those(AtRest.PLAIN)
    if plain:
        return failed(f"{len(plain)} mounted file system(s) lie on plain storage.", *_evidence(plain))
    return passed(f"No mounted file system lies wholly on plain storage. {LAYER_ONLY}", *_evidence(facts.places))


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
        return not_applicable("no local file system that can be written to is mounted")
    mixed = facts.those(AtRest.PARTLY_PLAIN)
    if mixed:
        return failed(f"{len(mixed)} mounted file system(s) lie partly on plain storage.", *_evidence(mixed))
    return passed(f"No file system mixes encrypted and plain storage. {LAYER_ONLY}", *_evidence(facts.places))


@check("swap-plain", reads=SwapAtRest, severity=HIGH, effort=3, controls=CONTROLS)
def swap_plain(facts: SwapAtRest) -> Verdict:
    """Memory is swapped to an unencrypted disk.

    Why: Passwords, keys and records that a program holds in memory are written to the disk and stay there, also
        after the machine is switched off and although the data disks themselves are encrypted.
    Fix: `swapoff /dev/SWAP`; in /etc/crypttab `swap /dev/SWAP /dev/urandom swap,cipher=aes-xts-plain64,size=512`;
        in /etc/fstab `/dev/mapper/swap none swap sw 0 0`; then `cryptdisks_start swap && swapon -a` (a random key
        cannot hibernate). A swap file belongs on an encrypted file system. Without need for swap: remove its line
        from /etc/fstab.
    """
    plain = facts.those(AtRest.PLAIN, AtRest.PARTLY_PLAIN)
    hibernation = _hibernation(facts)
    if plain:
        return failed(f"{len(plain)} swap area(s) lie on plain storage.", *_evidence(plain), *hibernation)
    if not facts.places:
        return passed("No swap is in use.", *hibernation)
    summary = f"Every swap area lies in memory or on an encrypting layer. {LAYER_ONLY}"
    return passed(summary, *_evidence(facts.places), *hibernation)


def _evidence(places: Iterable[Resting]) -> tuple[Evidence, ...]:
    """One row a place, the first twenty, and a row that counts the rest."""
    rows = [_row(place) for place in places]
    if len(rows) <= ROWS:
        return tuple(rows)
    return (*rows[:ROWS], Evidence(f"{len(rows) - ROWS} more", "not shown here; they stand in the facts", ENCRYPTED))


def _row(place: Resting) -> Evidence:
    seen = f"{place.state.value.replace('_', ' ')}: {place.chain or place.why}"
    if place.state is AtRest.EXEMPT:
        return Evidence(place.place, f"{place.chain} ({place.why})", "nothing: it is not judged")
    return Evidence(place.place, f"{seen} ({place.why})" if place.chain and place.why else seen, ENCRYPTED)


def _hibernation(facts: SwapAtRest) -> tuple[Evidence, ...]:
    if not facts.hibernation:
        return ()
    return (
        Evidence("hibernation target /sys/power/resume", facts.hibernation, f"{ENCRYPTED} (shown, not judged here)"),
    )


CHECKS = (disk_plain, disk_partly_plain, swap_plain)
