"""Where databases, backups, crash dumps and temporary files of a server lie: on an encrypting layer?"""

from __future__ import annotations

from auditor.check import HIGH, MEDIUM, check, failed, not_applicable
from auditor.facts.at_rest import (
    AtRest,
    BackupsAtRest,
    CrashDumpsAtRest,
    DatabasesAtRest,
    PlacesAtRest,
    TemporaryAtRest,
)
from auditor.model import Verdict
from checks.disks import CONTROLS
from checks.place_rows import FAULTS, rows_of, sound


@check("database-plain", reads=DatabasesAtRest, severity=HIGH, effort=5, controls=CONTROLS)
def database_plain(facts: DatabasesAtRest) -> Verdict:
    """A database keeps its files on an unencrypted disk.

    Why: The records themselves are in these files. Whoever gets the disk, or a copy of it, opens them with the same
        database program and asks for no password. A database's own encryption leaves its logs, temporary files and
        dumps in the clear.
    Fix: Put the data directory on a LUKS2 volume: stop the server, `cryptsetup luksFormat --type luks2 /dev/NEW`, open
        and mount it, `rsync -aX` the directory there, mount the volume in its place (/etc/crypttab, /etc/fstab), start
        the server, and wipe the old files.
    """
    return _judged(facts, "data directories of databases", "no data directory of a database that is known was found")


@check("backup-plain", reads=BackupsAtRest, severity=HIGH, effort=3, controls=("NIST SP 800-53r5 CP-9(8)", *CONTROLS))
def backup_plain(facts: BackupsAtRest) -> Verdict:
    """Backups lie on an unencrypted disk.

    Why: A backup holds everything that the server holds, and leaves the house more easily than it.
    Fix: Put the target on a LUKS2 volume (`cryptsetup luksFormat --type luks2 /dev/DISK`), or use a program that
        encrypts what it stores: `borg init --encryption=repokey-blake2`, `restic init`. Keep the key elsewhere.
    """
    return _judged(facts, "places for backups", "no directory or mount that is named after backups was found")


@check("crash-dump-plain", reads=CrashDumpsAtRest, severity=MEDIUM, effort=2, controls=CONTROLS)
def crash_dump_plain(facts: CrashDumpsAtRest) -> Verdict:
    """Crash dumps are written to an unencrypted disk.

    Why: A crash dump is a copy of memory: passwords, keys of encrypted disks and people's records are in it.
    Fix: Send dumps to an encrypted file system: `path` in /etc/kdump.conf or KDUMP_COREDIR in /etc/default/kdump-tools
        for the kernel's, a LUKS2 volume mounted at /var/lib/systemd/coredump for programs'; or do without:
        `Storage=none` in /etc/systemd/coredump.conf, `systemctl disable kdump` (Debian, Ubuntu: `kdump-tools`).
    """
    return _judged(facts, "places for crash dumps", "no place for crash dumps was found")


@check("temporary-files-plain", reads=TemporaryAtRest, severity=MEDIUM, effort=2, controls=CONTROLS)
def temporary_files_plain(facts: TemporaryAtRest) -> Verdict:
    """Temporary files are written to an unencrypted disk.

    Why: Programs put uploads, reports and sorted records into /tmp and /var/tmp while they work. What is deleted there
        can still be read from the disk.
    Fix: Keep /tmp in memory (`systemctl enable --now tmp.mount`; where there is no such unit, as on Debian 12 and
        Ubuntu, first `cp /usr/share/systemd/tmp.mount /etc/systemd/system/`), and put /var/tmp on the same LUKS2 volume
        as the data, or on one with a random key: in /etc/crypttab `tmp PARTUUID=ID /dev/urandom
        tmp,cipher=aes-xts-plain64,size=512`, in /etc/fstab `/dev/mapper/tmp /var/tmp ext4 nosuid,nodev 0 0`.
    """
    return _judged(facts, "places for temporary files", "no place for temporary files was found")


def _judged(facts: PlacesAtRest, what: str, nothing: str) -> Verdict:
    plain = facts.those(*FAULTS)
    if plain:
        return failed(f"{len(plain)} of {len(facts.places)} {what} lie on plain storage.", *rows_of(plain))
    if not facts.those(AtRest.ENCRYPTED, AtRest.MEMORY, AtRest.VOLUME):
        return not_applicable(nothing, *rows_of(facts.places))
    return sound(facts, f"None of the {what} lies on plain storage.")


CHECKS = (backup_plain, crash_dump_plain, database_plain, temporary_files_plain)
