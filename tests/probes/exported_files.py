"""Exports as their tools write them, small: columns and words by the sources that each module names."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

from auditor.derive import Undecided
from auditor.errors import Unreachable
from auditor.facts.imported import ImportedEncryption
from auditor.model import Asset, Basis, Export
from auditor.probe import Seen, Unseen
from auditor.probes.devices import DevicesProbe
from auditor.reach import Access, Reaches
from checks.derivations.device_disks import key_protection, other_drives, system_drive
from checks.devices import other_drive_plain, protection_off, system_drive_plain

NOW = datetime(2026, 6, 3, 8, tzinfo=UTC)
DATED = date(2026, 6, 2)
Sight = Seen | Unseen


def looked(
    folder: Path,
    form: str,
    content: str | bytes,
    name: str = "x.csv",
    hosts: tuple[str, ...] = (),
    expected: int | None = None,
    dated: date | None = None,
) -> dict[str, Sight]:
    """What the probe says of an export, by machine. Raises Unreachable."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    export = Export(format=form, file=name, hosts=hosts, expected=expected, dated=dated)
    return looked_at(folder, export)


def looked_at(folder: Path, export: Export) -> dict[str, Sight]:
    asset = Asset(id="pcs", kind="devices", address=f"file:{export.file}", system="pcs", export=export)
    reach = Reaches(Access(exports=folder, clock=lambda: NOW)).of(asset)
    said = list(DevicesProbe().observe(asset, reach))
    assert all(isinstance(one, Seen | Unseen) for one in said)
    made = {one.locus: one for one in said if isinstance(one, Seen | Unseen)}
    assert len(made) == len(said), "a machine is one place"
    return made


def facts_of(sight: Sight) -> ImportedEncryption:
    assert isinstance(sight, Seen), sight
    assert sight.basis is Basis.IMPORTED
    assert isinstance(sight.facts, ImportedEncryption)
    return sight.facts


def verdicts(sight: Sight) -> tuple[str, str, str]:
    """Of the system drive, the other drives, and the protection of the key."""
    facts = facts_of(sight)
    pairs = ((system_drive, system_drive_plain), (other_drives, other_drive_plain), (key_protection, protection_off))
    found = []
    for derivation, check in pairs:
        try:
            found.append(check.judge(derivation.derive(facts)).outcome.value)
        except Undecided:
            found.append("unknown")
    return found[0], found[1], found[2]


def why_not(folder: Path, form: str, content: str | bytes, name: str = "x.csv") -> str:
    """Why an export as a whole says nothing; "" if it says something."""
    try:
        looked(folder, form, content, name)
    except Unreachable as error:
        return error.detail
    return ""


INTUNE = "Device name,OS,Encryption readiness,Encryption status,Serial number,User principal name,Status details\n"
JAMF = "Computer Name,Serial Number,Last Inventory Update,FileVault 2 Status\n"
FLEET = "hostname,hardware_serial,platform,disk_encryption_enabled,detail_updated_at\n"
WHEN = 1_780_300_800  # 2026-06-01 08:00 UTC


def snapshot(
    table: str, rows: list[dict[str, str]], host: str = "db1", at: object = WHEN, action: str = "snapshot"
) -> str:
    entry = {"name": f"pack_disks_{table}", "hostIdentifier": host, "unixTime": at, "action": action, "snapshot": rows}
    return json.dumps(entry) + "\n"


def bitlocker(letter: str, conversion: str = "1", protection: str = "1") -> dict[str, str]:
    return {"drive_letter": letter, "conversion_status": conversion, "protection_status": protection}


def ansible(mounts: list[dict[str, str]], devices: dict[str, object], **others: object) -> str:
    facts = {
        "ansible_system": "Linux",
        "ansible_fqdn": "db1.elm.example",
        "ansible_date_time": {"epoch": str(WHEN)},
        "ansible_mounts": mounts,
        "ansible_devices": devices,
    } | others
    return json.dumps({"ansible_facts": facts, "changed": False})


def node(*masters: str, ids: tuple[str, ...] = (), sectors: int = 4_000_000, **partitions: object) -> dict[str, object]:
    links = {"ids": list(ids), "labels": [], "masters": list(masters), "uuids": []}
    return {"links": links, "sectors": str(sectors), "partitions": partitions}
