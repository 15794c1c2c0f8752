"""osquery's snapshot log (`osqueryd.snapshots.log`): one JSON object a line, one query of one machine in each.

Snapshot queries whose names end in `mounts`, `block_devices`, `disk_encryption` and `bitlocker_info` are read, as
docs/servers.md has them; columns follow osquery's table specifications. Differential results say what changed, not
what is. Never tried with an osquery of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from auditor.errors import Unreachable
from auditor.facts.imported import DEVICE_LIMIT, ImportedDevice, ImportedVolume, Part, Platform
from auditor.facts.imported import Told as Answer
from auditor.model import Reason
from auditor.probes.exports.documents import Json, lines, mapping, mappings, word
from auditor.probes.exports.rows import Fault, Row, Told, unusable
from auditor.probes.exports.times import moment_of_seconds
from auditor.reach import ExportFile
from auditor.records import dataclass

TABLES = ("mounts", "block_devices", "disk_encryption", "bitlocker_info")
CONVERSION = {"0": Answer.NO, "1": Answer.YES} | dict.fromkeys("2345", Answer.UNFINISHED)
PROTECTION = {"0": Answer.NO, "1": Answer.YES}
ENCRYPTED = {"0": Answer.NO, "1": Answer.YES}
DATA = "/System/Volumes/Data"  # where macOS keeps all that is not Apple's; "/" beside it is a sealed image


@dataclass(frozen=True, slots=True)
class Snapshot:
    line: int
    at: datetime
    rows: tuple[dict[str, Json], ...]


def read(file: ExportFile) -> Iterator[Told]:
    machines: dict[str, dict[str, Snapshot]] = {}
    for line, value in lines(file):
        entry = mapping(value)
        host, table = word(entry, "hostIdentifier"), _table_of(word(entry, "name"))
        if not host:
            raise unusable(file.name, line, "it names no hostIdentifier: this is no line of osquery's snapshot log")
        known = machines.setdefault(host, {})
        if table is None:
            continue
        at = moment_of_seconds(entry.get("unixTime"))
        if entry.get("action") != "snapshot" or at is None:
            raise unusable(file.name, line, "it is no snapshot with a time: set snapshot to true for this query")
        made = Snapshot(line, at, tuple(mappings(entry.get("snapshot"))))
        known[table] = max(known.get(table, made), made, key=lambda one: (one.at, one.line))
    yield from (_told(file.name, host, tables) for host, tables in machines.items())


def _table_of(query: str) -> str | None:
    return next((table for table in TABLES if query.endswith(table)), None)


def _told(file: str, host: str, tables: dict[str, Snapshot]) -> Told:
    line = min((one.line for one in tables.values()), default=1)
    try:
        platform, used, volumes, devices = _read(tables)
    except Unreachable as gap:
        return Fault(file=file, line=line, reason=gap.reason, detail=gap.detail, name=host)
    if max(len(volumes), len(devices)) > DEVICE_LIMIT:
        return Fault(file=file, line=line, reason=Reason.TOO_LONG, detail="it lists too many disks", name=host)
    return Row(
        file=file,
        line=line,
        serial="",
        name=host,
        told_at=min(tables[table].at for table in used),
        platform=platform,
        volumes=volumes,
        devices=devices,
        lists_all=True,
    )


Read = tuple[Platform, tuple[str, ...], tuple[ImportedVolume, ...], tuple[ImportedDevice, ...]]


def _read(tables: dict[str, Snapshot]) -> Read:
    """Platform, the tables that were needed, volumes and devices. Raises Unreachable where a table is missing."""
    drives = tables.get("bitlocker_info")
    if drives and not drives.rows and "mounts" not in tables:
        raise Unreachable(Reason.NOT_OBSERVED, "its bitlocker_info lists no drive")
    if drives and drives.rows:
        return Platform.WINDOWS, ("bitlocker_info",), tuple(map(_drive, drives.rows)), ()
    _require(tables, "mounts", "disk_encryption")
    mounts, ciphers = tables["mounts"].rows, tables["disk_encryption"].rows
    if any("filevault_status" in row for row in ciphers):
        return Platform.MACOS, ("mounts", "disk_encryption"), tuple(_mac_volumes(mounts, ciphers)), ()
    _require(tables, "block_devices")
    devices = tuple(_devices(tables["block_devices"].rows, ciphers))
    return Platform.LINUX, ("mounts", "disk_encryption", "block_devices"), tuple(_linux_volumes(mounts)), devices


def _require(tables: dict[str, Snapshot], *names: str) -> None:
    absent = [name for name in names if name not in tables or not tables[name].rows]
    if absent:
        raise Unreachable(Reason.NOT_OBSERVED, f"it has no rows of {', '.join(absent)} (osquery must run as root)")


def _drive(row: dict[str, Json]) -> ImportedVolume:
    letter = word(row, "drive_letter").upper()
    columns = ("conversion_status", "protection_status", "encryption_method", "percentage_encrypted")
    return ImportedVolume(
        name=letter or word(row, "device_id") or "a drive",
        part=Part.SYSTEM if letter == "C:" else Part.OTHER,
        encrypted=CONVERSION.get(word(row, "conversion_status"), Answer.NOT_TOLD),
        protected=PROTECTION.get(word(row, "protection_status"), Answer.NOT_TOLD),
        said=", ".join(f"{column}: {word(row, column) or 'empty'}" for column in columns),
    )


def _mac_volumes(mounts: tuple[dict[str, Json], ...], ciphers: tuple[dict[str, Json], ...]) -> Iterator[ImportedVolume]:
    """`encrypted: 1` is not enough: Macs with a T2 chip or Apple's own say so with FileVault off (osquery#6718)."""
    by_name = {word(row, "name"): row for row in ciphers}
    points = {word(row, "path") for row in mounts}
    system = DATA if DATA in points else "/"
    for row in mounts:
        point, cipher = word(row, "path"), by_name.get(word(row, "device"), {})
        if not word(row, "device").startswith("/dev/") or (point != system and not point.startswith("/Volumes/")):
            continue
        vault, encrypted = word(cipher, "filevault_status"), word(cipher, "encrypted")
        answer = Answer.YES if (vault, encrypted) == ("on", "1") else Answer.NOT_TOLD
        yield ImportedVolume(
            name=point,
            part=Part.SYSTEM if point == system else Part.OTHER,
            encrypted=Answer.NO if vault == "off" or encrypted == "0" else answer,
            said=f"encrypted: {encrypted or 'empty'}, filevault_status: {vault or 'empty'}",
        )


def _linux_volumes(mounts: tuple[dict[str, Json], ...]) -> Iterator[ImportedVolume]:
    for row in mounts:
        point, flags = word(row, "path"), word(row, "flags").split(",")
        yield ImportedVolume(
            name=point,
            part=Part.SYSTEM if point == "/" else Part.OTHER,
            device=_kernel_name(word(row, "device_alias") or word(row, "device")),
            fstype=word(row, "type"),
            is_read_only="ro" in flags,
        )


def _devices(blocks: tuple[dict[str, Json], ...], ciphers: tuple[dict[str, Json], ...]) -> Iterator[ImportedDevice]:
    by_name = {word(row, "name"): row for row in ciphers}
    for row in blocks:
        cipher, parent = by_name.get(word(row, "name"), {}), word(row, "parent")
        yield ImportedDevice(
            name=_kernel_name(word(row, "name")),
            parents=(_kernel_name(parent),) if parent else (),
            encrypted=ENCRYPTED.get(word(cipher, "encrypted"), Answer.NOT_TOLD),
            method=word(cipher, "type"),
            signature=word(row, "type"),
            megabytes=_megabytes(word(row, "size"), word(row, "block_size")),
        )


def _kernel_name(path: str) -> str:
    """dm-0 of /dev/dm-0; a name under /dev/mapper stays as it is, and leads nowhere."""
    return path.removeprefix("/dev/")


def _megabytes(blocks: str, block: str) -> int | None:
    both_read = blocks.isascii() and blocks.isdigit() and block.isascii() and block.isdigit()
    return int(blocks) * int(block) // 1_048_576 if both_read else None
