"""Raw answers about disks of an account → facts. Pure; a ValueError is raised for an answer of another shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from auditor.facts.base import target_text
from auditor.facts.volumes import MOST, Attachment, Database, DatabaseKind, Snapshot, Volume
from auditor.probes.answer_shapes import flag, mapping, rows, short, text

Row = Mapping[str, object]
T = TypeVar("T")


def parse_volumes(said: Iterable[Row]) -> tuple[Volume, ...]:
    return _bounded([_volume(row) for row in said], lambda one: (one.id,))


def parse_instances(reservations: Iterable[Row]) -> tuple[str, ...]:
    found = (row for one in reservations for row in rows(one.get("Instances", []), "the instances"))
    return tuple(sorted({short(row.get("InstanceId"), "an instance") for row in found}))


def parse_snapshots(said: Iterable[Row]) -> tuple[Snapshot, ...]:
    found = [
        Snapshot(
            id=short(row.get("SnapshotId"), "a snapshot"),
            is_encrypted=flag(row, "Encrypted"),
            key=_key(row),
        )
        for row in said
    ]
    return _bounded(found, lambda one: (one.id,))


def parse_sharing(value: Row | None) -> tuple[str, ...]:
    """Accounts that may restore a snapshot; "all" for everybody."""
    said = rows(mapping(value, "the sharing").get("CreateVolumePermissions", []), "the permissions")
    return tuple(sorted({short(row.get("Group") or row.get("UserId"), "a permission") for row in said}))


def parse_databases(instances: Iterable[Row], clusters: Iterable[Row]) -> tuple[Database, ...]:
    found = [_database(row, "DBInstanceIdentifier", DatabaseKind.INSTANCE) for row in instances]
    found += [_database(row, "DBClusterIdentifier", DatabaseKind.CLUSTER) for row in clusters]
    return _bounded(found, lambda one: (one.kind, one.id))


def parse_database_snapshots(said: Iterable[Row]) -> tuple[Snapshot, ...]:
    found = [
        Snapshot(
            id=short(row.get("DBSnapshotIdentifier"), "a snapshot"),
            is_encrypted=flag(row, "Encrypted"),
            key=_key(row),
        )
        for row in said
    ]
    return _bounded(found, lambda one: (one.id,))


def parse_cluster_snapshots(said: Iterable[Row]) -> tuple[Snapshot, ...]:
    found = [
        Snapshot(
            id=short(row.get("DBClusterSnapshotIdentifier"), "a snapshot"),
            is_encrypted=flag(row, "StorageEncrypted"),
            key=_key(row),
        )
        for row in said
    ]
    return _bounded(found, lambda one: (one.id,))


def parse_database_sharing(value: Row | None, of: str = "DBSnapshot") -> tuple[str, ...]:
    """`of`: "DBSnapshot" or "DBClusterSnapshot", by which the answer's parts are called."""
    result = mapping(mapping(value, "the sharing").get(f"{of}AttributesResult"), "the sharing")
    said = rows(result.get(f"{of}Attributes", []), "the attributes")
    named = [row.get("AttributeValues", []) for row in said if row.get("AttributeName") == "restore"]
    values = [one for value in named for one in (value if isinstance(value, list) else [None])]
    return tuple(sorted({short(one, "an account") for one in values}))


def _volume(row: Row) -> Volume:
    plugged = rows(row.get("Attachments", []), "the attachments")
    return Volume(
        id=short(row.get("VolumeId"), "a volume"),
        is_encrypted=flag(row, "Encrypted"),
        key=_key(row),
        attachments=tuple(
            Attachment(
                instance=short(one.get("InstanceId", ""), "an attachment"),
                device=short(one.get("Device", ""), "an attachment"),
            )
            for one in plugged
        ),
    )


def _database(row: Row, name: str, kind: DatabaseKind) -> Database:
    public = row.get("PubliclyAccessible")
    return Database(
        id=short(row.get(name), "a database"),
        kind=kind,
        engine=short(row.get("Engine"), "an engine"),
        is_encrypted=flag(row, "StorageEncrypted"),
        key=_key(row),
        is_public=public if isinstance(public, bool) else None,
    )


def _key(row: Row) -> str:
    said = row.get("KmsKeyId")
    return "" if said in (None, "") else target_text(text(said, "a key"), 2_048)


def _bounded(found: list[T], name: Callable[[T], tuple[str, ...]]) -> tuple[T, ...]:
    """In the order of their names, as many as are kept. Whoever asks says that there are more (`MOST`)."""
    return tuple(sorted(found, key=name)[:MOST])
