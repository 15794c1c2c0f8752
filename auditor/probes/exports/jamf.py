"""Jamf Pro's CSV of an advanced computer search.

The words of "FileVault 2 Status" are those of Jamf's API and of scripts of its users; never tried with a Jamf Pro of
our own. What counts is the last inventory update: FileVault is not asked at a check-in.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.facts.imported import ImportedVolume, Part, Platform
from auditor.facts.imported import Told as Answer
from auditor.probes.exports.rows import Row, Told, serial_of
from auditor.probes.exports.tables import Record, records, spoken, unfitting
from auditor.probes.exports.times import moment_of
from auditor.reach import ExportFile

STATUS = "FileVault 2 Status"
NAME = "Computer Name"
TIME = "Last Inventory Update"
NOT, ALL, UNFINISHED = Answer.NO, Answer.YES, Answer.UNFINISHED
WORDS = {  # the system's partition, the others
    "allpartitionsencrypted": (ALL, ALL),
    "allencrypted": (ALL, ALL),
    "bootpartitionsencrypted": (ALL, Answer.NOT_TOLD),
    "bootencrypted": (ALL, Answer.NOT_TOLD),
    "somepartitionsencrypted": (Answer.NOT_TOLD, NOT),
    "someencrypted": (Answer.NOT_TOLD, NOT),
    "nopartitionsencrypted": (NOT, Answer.NOT_TOLD),
    "notencrypted": (NOT, Answer.NOT_TOLD),
    "encrypting": (UNFINISHED, Answer.NOT_TOLD),
    "decrypting": (UNFINISHED, Answer.NOT_TOLD),
}


def read(file: ExportFile) -> Iterator[Told]:
    for record in records(file, ((STATUS,), (NAME,))):
        yield _row(file.name, record) if record.fits else unfitting(file.name, record)


def _row(file: str, record: Record) -> Row:
    said = f"{STATUS}: {record[STATUS] or 'empty'}"
    system, others = WORDS.get(spoken(record[STATUS]), (Answer.NOT_TOLD, Answer.NOT_TOLD))
    return Row(
        file=file,
        line=record.line,
        serial=serial_of(record["Serial Number"]),
        name=record[NAME],
        told_at=moment_of(record[TIME]),
        platform=Platform.MACOS,
        volumes=(
            ImportedVolume(name="the system partition", part=Part.SYSTEM, encrypted=system, said=said),
            ImportedVolume(name="the other partitions", part=Part.OTHERS, encrypted=others, said=said),
        ),
    )
