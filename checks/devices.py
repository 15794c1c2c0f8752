"""Laptops, and hosts that nobody reaches by SSH: what another tool's export says of their disks.

None of this was seen by us: the basis of every verdict is `imported`, at the date that the export gives it.
"""

from __future__ import annotations

from collections.abc import Iterable

from auditor.check import HIGH, check, failed, not_applicable, passed
from auditor.facts.imported import Drive, ImportedDrives, KeyProtection, OtherDrives, SystemDrive, Told
from auditor.model import Evidence, Verdict

CONTROLS = ("NIST SP 800-53r5 SC-28(1)", "NIST SP 800-111", "CIS Controls v8 3.6")
ROWS = 20  # evidence rows of one finding
ENCRYPTED = "encrypted as a whole, by the word of the tool that manages it"


@check("device-system-drive-plain", reads=SystemDrive, severity=HIGH, effort=3, controls=CONTROLS)
def system_drive_plain(facts: SystemDrive) -> Verdict:
    """The system drive of a device is not encrypted.

    Why: Whoever finds or steals the device, or buys it when it is sold, reads all that is on it: the password of its
        owner protects nothing once the disk is taken out.
    Fix: Turn encryption on by policy. Windows: an Intune policy under Endpoint security, Disk encryption, or
        `manage-bde -on C:` once its recovery key is kept. macOS: a FileVault profile that escrows the key, or `sudo
        fdesetup enable`. Linux: install it anew on LUKS2. Then let the device report, and export again.
    """
    if facts.faulty:
        return failed(f"{_source(facts)} reports a system drive that is not encrypted.", *_evidence(facts))
    return passed(f"{_source(facts)} reports the system drive as encrypted.", *_evidence(facts))


@check("device-other-drive-plain", reads=OtherDrives, severity=HIGH, effort=3, controls=CONTROLS)
def other_drive_plain(facts: OtherDrives) -> Verdict:
    """Another drive of a device is not encrypted.

    Why: The system drive may be encrypted and the data lie beside it in the clear: on a second disk, a data partition
        or a card that stays in its slot.
    Fix: Windows: `manage-bde -on D: -RecoveryPassword`, or by policy "Require encryption of fixed data drives".
        macOS: `diskutil apfs encryptVolume DISK -user disk`. Linux: move the data to LUKS2. An export that tells of
        the system drive alone cannot answer this: take one that lists every drive (osquery, Ansible), or let whoever
        answers for the devices attest that they have one drive.
    """
    if facts.faulty:
        return failed(f"{_source(facts)} reports a further drive that is not encrypted.", *_evidence(facts))
    if not any(drive.is_judged for drive in facts.drives):
        return not_applicable(f"{_source(facts)} lists every drive, and there is none beside the system's")
    return passed(f"{_source(facts)} reports every further drive as encrypted.", *_evidence(facts))


@check("device-protection-off", reads=KeyProtection, severity=HIGH, effort=1, controls=CONTROLS)
def protection_off(facts: KeyProtection) -> Verdict:
    """A drive is encrypted, and its key lies open beside it.

    Why: BitLocker that is suspended keeps the drive encrypted and writes the key next to it in the clear. It looks
        encrypted in every list, and opens to whoever has the drive.
    Fix: `manage-bde -protectors -enable C:` on the device. Updates of firmware suspend it, and it should come back by
        itself at the next start: where it does not, look at the TPM in `tpm.msc`. To see it for all devices, query
        protection_status with osquery.
    """
    if not facts.drives:
        return not_applicable("only an encrypted BitLocker drive can have its protection off")
    if facts.faulty:
        return failed(f"{_source(facts)} reports encryption whose protection is off.", *_evidence(facts))
    return passed(f"{_source(facts)} reports that protection is on.", *_evidence(facts))


def _source(facts: ImportedDrives) -> str:
    return facts.source if facts.source == "osquery" else facts.source.capitalize()


def _evidence(facts: ImportedDrives) -> tuple[Evidence, ...]:
    """The faulty ones, else all; at most twenty rows, and one that counts the rest."""
    rows = [*_rows(facts, facts.faulty or facts.drives)]
    if len(rows) <= ROWS:
        return tuple(rows)
    return (*rows[:ROWS], Evidence(f"{len(rows) - ROWS} more", "not shown here; they stand in the facts", ENCRYPTED))


def _rows(facts: ImportedDrives, drives: Iterable[Drive]) -> Iterable[Evidence]:
    for drive in drives:
        if not drive.is_judged:
            yield Evidence(f"{facts.place} {drive.name}", f"{drive.seen} ({drive.why})", "nothing: it is not judged")
        else:
            why = f" ({drive.why})" if drive.why and drive.state is Told.NO else ""
            yield Evidence(f"{facts.place} {drive.name}", f"{drive.seen}{why}", ENCRYPTED)


CHECKS = (system_drive_plain, other_drive_plain, protection_off)
