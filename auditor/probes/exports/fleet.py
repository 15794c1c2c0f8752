"""Fleet's hosts: the API's or `fleetctl get hosts --json`'s JSON, or the hosts report as CSV.

Fields follow Fleet's REST API pages; never tried with a Fleet of our own. `disk_encryption_enabled` is about the system
drive. On Linux Fleet asks osquery about the root's device, which follows one of several parents: it settles nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.facts.imported import ImportedVolume, Part, Platform
from auditor.facts.imported import Told as Answer
from auditor.probes.exports.documents import Json, lines, mapping, mappings, word
from auditor.probes.exports.rows import Row, Told, serial_of, unusable
from auditor.probes.exports.tables import Record, records, unfitting
from auditor.probes.exports.times import moment_of
from auditor.reach import ExportFile

FIELD = "disk_encryption_enabled"
NAMES = ("hostname", "computer_name", "display_name")
TIME = "detail_updated_at"
PLATFORMS = {"darwin": Platform.MACOS, "windows": Platform.WINDOWS, "ios": Platform.OTHER, "ipados": Platform.OTHER} | {
    "android": Platform.OTHER,
    "chrome": Platform.OTHER,
    "": Platform.NOT_TOLD,
}  # any other name is a distribution of Linux
WORDS = {"true": Answer.YES, "false": Answer.NO}


def read(file: ExportFile) -> Iterator[Told]:
    if not file.name.endswith(".csv"):
        yield from _hosts(file)
        return
    for record in records(file, ((FIELD,), NAMES)):
        yield _of_record(file.name, record) if record.fits else unfitting(file.name, record)


def _of_record(file: str, record: Record) -> Row:
    name = record.first(*NAMES)
    return _row(file, record.line, record[FIELD], record["platform"], record["hardware_serial"], name, record[TIME])


def _hosts(file: ExportFile) -> Iterator[Row]:
    found = False
    for line, value in lines(file):
        for host in _hosts_in(value):
            found = True
            told = host.get(FIELD)
            said = str(told).lower() if isinstance(told, bool) else ""
            name = next((word(host, one) for one in NAMES if word(host, one)), "")
            platform, serial = word(host, "platform"), word(host, "hardware_serial")
            yield _row(file.name, line, said, platform, serial, name, word(host, TIME))
    if not found:
        raise unusable(file.name, 1, "it holds no hosts as Fleet writes them")


def _hosts_in(value: Json) -> Iterator[dict[str, Json]]:
    """The API's list or single host, or what fleetctl prints of one."""
    whole = mapping(value)
    yield from mappings(value if isinstance(value, list) else whole.get("hosts"))
    yield from mappings([whole.get("host"), whole.get("spec")])


def _row(  # noqa: PLR0917 - a host, field by field
    file: str, line: int, told: str, platform: str, serial: str, name: str, when: str
) -> Row:
    system = PLATFORMS.get(platform.casefold(), Platform.LINUX)
    answer = WORDS.get(told.casefold(), Answer.NOT_TOLD)
    volume = ImportedVolume(
        name="the system drive",
        part=Part.SYSTEM,
        encrypted=Answer.NOT_TOLD if system is Platform.LINUX else answer,
        said=f"{FIELD}: {told or 'empty'}"
        + (", by one parent of the root's device" if system is Platform.LINUX else ""),
    )
    return Row(
        file=file,
        line=line,
        serial=serial_of(serial),
        name=name,
        told_at=moment_of(when),
        platform=system,
        volumes=(volume,),
    )
