"""Ansible's facts of a Linux host: `ansible -m setup --tree DIR`, or the JSON files of its fact cache.

`links.masters` comes from every /sys/block/*/slaves, so all parents of a device are known, and the udev link
`dm-uuid-CRYPT-LUKS2-…` names the encrypting layer; both for a plain user. Mounts are those whose source is a path: ZFS
is not among them, nor is swap. Read from ansible-core 2.17 on a Debian 12 without LUKS; how LUKS and LVM are shown
comes from Ansible's source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from auditor.facts.imported import DEVICE_LIMIT, ImportedDevice, ImportedVolume, Part, Platform
from auditor.model import Reason
from auditor.probes.exports.documents import Json, document, mapping, mappings, texts, word
from auditor.probes.exports.rows import Fault, Row, Told, unusable
from auditor.probes.exports.times import moment_of_seconds
from auditor.reach import ExportFile

CRYPT = re.compile(r"dm-uuid-CRYPT-([A-Z0-9]+)-.*")
NAMED = re.compile(r"dm-name-(.+)")
SECTOR = 512  # bytes: what /sys/block/*/size counts in, whatever the disk's own sectors are
Names = Mapping[str, str]  # of device-mapper devices: name → the kernel's


def read(file: ExportFile) -> Iterator[Told]:
    whole = mapping(document(file))
    inner = mapping(whole.get("ansible_facts"))
    facts = inner or whole
    listed = file.within.removesuffix(".json")  # Ansible's own name of the host; many call themselves localhost
    name = listed or word(facts, "ansible_fqdn") or word(facts, "ansible_hostname")
    if not any(key.startswith("ansible_") for key in facts):
        if not ({"unreachable", "failed"} & whole.keys()):
            raise unusable(file.name, 1, "it holds no ansible_ facts")
        yield _fault(file, name, Reason.NOT_OBSERVED, "Ansible could not gather its facts")
    elif word(facts, "ansible_system") != "Linux":
        system = word(facts, "ansible_system") or "an unnamed system"
        yield _fault(file, name, Reason.NOT_OBSERVED, f"disks of {system} are not understood yet")
    else:
        yield _of_linux(file, name, facts)


def _fault(file: ExportFile, name: str, reason: Reason, detail: str) -> Fault:
    return Fault(file=file.name, line=1, reason=reason, detail=detail, name=name)


def _of_linux(file: ExportFile, name: str, facts: Mapping[str, Json]) -> Told:
    nodes = _nodes(facts)
    names = {found[1]: node for node, row in nodes.items() for found in _links(row, NAMED)}
    volumes = tuple(_volume(row, names) for row in mappings(facts.get("ansible_mounts")))
    devices = tuple(_devices(nodes))
    if not volumes or not devices:
        return _fault(file, name, Reason.NOT_OBSERVED, "it lists no mounts or no devices: gather the hardware subset")
    if max(len(volumes), len(devices)) > DEVICE_LIMIT:
        return _fault(file, name, Reason.TOO_LONG, "it lists too many disks")
    return Row(
        file=file.name,
        line=1,
        serial="",
        name=name,
        told_at=moment_of_seconds(mapping(facts.get("ansible_date_time")).get("epoch")),
        platform=Platform.LINUX,
        volumes=volumes,
        devices=devices,
        lists_all=True,
    )


def _nodes(facts: Mapping[str, Json]) -> dict[str, tuple[str, dict[str, Json]]]:
    """Every disk, mapping and partition by the kernel's name, each with the disk that it is a part of ("" for none)."""
    found: dict[str, tuple[str, dict[str, Json]]] = {}
    for disk, row in mapping(facts.get("ansible_devices")).items():
        if isinstance(row, dict):
            found[disk] = ("", row)
            parts = mapping(row.get("partitions")).items()
            found |= {part: (disk, inner) for part, inner in parts if isinstance(inner, dict)}
    return found


def _links(node: tuple[str, dict[str, Json]], pattern: re.Pattern[str]) -> list[re.Match[str]]:
    ids = texts(mapping(node[1].get("links")).get("ids"))
    return [found for one in ids if (found := pattern.fullmatch(one))]


def _devices(nodes: Mapping[str, tuple[str, dict[str, Json]]]) -> Iterator[ImportedDevice]:
    parents: dict[str, list[str]] = {}
    for below, (_, row) in nodes.items():
        for above in texts(mapping(row.get("links")).get("masters")):
            parents.setdefault(above, []).append(below)
    for name, (disk, row) in nodes.items():
        layers = _links((disk, row), CRYPT)
        own = [disk] if disk else []
        yield ImportedDevice(
            name=name,
            parents=tuple(sorted({*own, *parents.get(name, ())})),
            has_all_parents=isinstance(row.get("links"), dict),
            layer=layers[0][1] if layers else "",
            megabytes=_megabytes(word(row, "sectors")),
        )


def _volume(row: Mapping[str, Json], names: Names) -> ImportedVolume:
    point, source = word(row, "mount"), word(row, "device")
    mapped = source.removeprefix("/dev/mapper/")
    return ImportedVolume(
        name=point,
        part=Part.SYSTEM if point == "/" else Part.OTHER,
        device=names.get(mapped, source.removeprefix("/dev/")),
        fstype=word(row, "fstype"),
        is_read_only="ro" in word(row, "options").split(","),
    )


def _megabytes(sectors: str) -> int | None:
    return int(sectors) * SECTOR // 1_048_576 if sectors.isascii() and sectors.isdigit() else None
