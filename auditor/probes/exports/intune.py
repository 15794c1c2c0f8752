"""Microsoft Intune's CSV: the device encryption report, or the list of all devices.

Columns and words follow Microsoft's pages "Monitor device encryption with Intune" and, for the details,
managedDeviceEncryptionState of the Graph API (beta). Never tried with an Intune of our own. Both tell of the system
drive alone, in the administrator's language: a word that is not English is not understood.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.facts.imported import ImportedVolume, Part, Platform
from auditor.facts.imported import Told as Answer
from auditor.probes.exports.rows import Row, Told, serial_of
from auditor.probes.exports.tables import Record, records, spoken, unfitting
from auditor.probes.exports.times import moment_of
from auditor.reach import ExportFile

NAMES = ("Device name",)
STATES = ("Encryption status", "Encryption state", "Encrypted", "Is encrypted")
TIMES = ("Last check-in", "Last sync date time", "Last contact")
DETAILS = ("Status details", "Advanced BitLocker states")
WORDS = {"encrypted": Answer.YES, "true": Answer.YES, "notencrypted": Answer.NO, "false": Answer.NO}
PLATFORMS = {"windows": Platform.WINDOWS, "macos": Platform.MACOS, "linux": Platform.LINUX}
PHONES = ("ios", "ipados", "android")  # one store, no second drive
UNPROTECTED = ("osvolumeunprotected", "theosvolumeisunprotected")
FIXED_DRIVE = ("fixeddrivenotencrypted", "afixeddriveisunprotected")


def read(file: ExportFile) -> Iterator[Told]:
    for record in records(file, (STATES, NAMES)):
        yield _row(file.name, record) if record.fits else unfitting(file.name, record)


def _row(file: str, record: Record) -> Row:
    system = spoken(record["OS"])
    platform = next((made for name, made in PLATFORMS.items() if system.startswith(name)), Platform.OTHER)
    return Row(
        file=file,
        line=record.line,
        serial=serial_of(record["Serial number"]),
        name=record.first(*NAMES),
        told_at=moment_of(record.first(*TIMES)),
        platform=platform if system else Platform.NOT_TOLD,
        volumes=_volumes(record),
        lists_all=system.startswith(PHONES),
    )


def _volumes(record: Record) -> tuple[ImportedVolume, ...]:
    state, details = record.first(*STATES), spoken(record.first(*DETAILS))
    column = next((name for name in STATES if record[name]), STATES[0])
    said = f"{column}: {state or 'empty'}"
    if details:
        said += f"; {record.first(*DETAILS)}"
    open_key = any(words in details for words in UNPROTECTED)
    system = ImportedVolume(
        name="the system drive",
        part=Part.SYSTEM,
        encrypted=WORDS.get(spoken(state), Answer.NOT_TOLD),
        protected=Answer.NO if open_key else Answer.NOT_TOLD,
        said=said,
    )
    if any(words in details for words in FIXED_DRIVE):
        other = ImportedVolume(name="a fixed drive", part=Part.OTHERS, encrypted=Answer.NO, said=said)
        return (system, other)
    return (system,)
