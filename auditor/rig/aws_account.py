"""What a cloud's account of the rig holds, and its volumes, snapshots and databases as AWS shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ACCOUNT = "123456789012"
Tree = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer."""

    code: str
    status: int = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSeed:
    """What an account holds. `tables`: (region, action) → rows, or a refusal; what is not named is empty.

    `managers`: key ARN → AWS or CUSTOMER; of other keys the key service says nothing. `denied`: buckets.
    """

    regions: tuple[str, ...] = ("us-east-1",)
    tables: Mapping[tuple[str, str], tuple[Tree, ...] | Refusal] = field(default_factory=dict)
    managers: Mapping[str, str] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    page: int = 1_000  # rows of a page


def volume(name: str, *, key: str = "", instance: str = "", device: str = "") -> Tree:
    """As DescribeVolumes shows one. Without `key` it is not encrypted."""
    plugged = [{"volumeId": name, "instanceId": instance, "device": device, "status": "attached"}] if instance else []
    encrypted = {"encrypted": "true", "kmsKeyId": key} if key else {"encrypted": "false"}
    return {"volumeId": name, "status": "in-use", "size": "8", "attachmentSet": plugged, **encrypted}


def instance(name: str) -> Tree:
    """One reservation with one instance, as DescribeInstances shows it."""
    return {"reservationId": "r-0", "instancesSet": [{"instanceId": name}]}


def snapshot(name: str, *, key: str = "") -> Tree:
    encrypted = {"encrypted": "true", "kmsKeyId": key} if key else {"encrypted": "false"}
    return {"snapshotId": name, "ownerId": ACCOUNT, "status": "completed", **encrypted}


def database(name: str, *, key: str = "", public: str = "false") -> Tree:
    """`public` "": the answer does not say whether it has an address on the Internet."""
    told = {"PubliclyAccessible": public} if public else {}
    encrypted = {"StorageEncrypted": "true", "KmsKeyId": key} if key else {"StorageEncrypted": "false"}
    return {"DBInstanceIdentifier": name, "Engine": "postgres", **told, **encrypted}
