"""Makes what another tool says of a machine, filled with what a case does not care about."""

from __future__ import annotations

from datetime import UTC, datetime

from auditor.facts.imported import ImportedDevice, ImportedEncryption, ImportedVolume, Part, Platform, Told

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def drive(part: Part = Part.SYSTEM, encrypted: Told = Told.YES, protected: Told = Told.NOT_TOLD) -> ImportedVolume:
    return ImportedVolume(name=part.value, part=part, encrypted=encrypted, protected=protected, said="its words")


def mount(point: str, device: str, fstype: str = "ext4") -> ImportedVolume:
    part = Part.SYSTEM if point == "/" else Part.OTHER
    return ImportedVolume(name=point, part=part, device=device, fstype=fstype)


def disk(name: str, *parents: str, layer: str = "", megabytes: int | None = 1_000) -> ImportedDevice:
    """As Ansible tells: all parents, and the layer."""
    return ImportedDevice(name=name, parents=parents, has_all_parents=True, layer=layer, megabytes=megabytes)


def block(name: str, encrypted: Told, parent: str = "", method: str = "", signature: str = "") -> ImportedDevice:
    """As osquery tells: one parent, and a word that is inherited."""
    parents = (parent,) if parent else ()
    return ImportedDevice(
        name=name, parents=parents, encrypted=encrypted, method=method, signature=signature, megabytes=1_000
    )


def told(
    *volumes: ImportedVolume,
    devices: tuple[ImportedDevice, ...] = (),
    platform: Platform = Platform.WINDOWS,
    lists_all: bool = False,
) -> ImportedEncryption:
    return ImportedEncryption(
        observed_at=NOW,
        source="ansible" if devices else "intune",
        file="x.csv",
        line=7,
        platform=Platform.LINUX if devices else platform,
        volumes=volumes,
        devices=devices,
        lists_all=lists_all or bool(devices),
    )
