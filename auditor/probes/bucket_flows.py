"""Raw answers about where a bucket's content goes → facts: copies, logs, events, lists. Pure.

Every function raises ValueError for an answer of another shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.facts.base import target_text
from auditor.facts.storage import ServerKind
from auditor.facts.storage_flows import (
    BucketInventories,
    BucketLogging,
    BucketNotifications,
    BucketReplication,
    InventoryExport,
    NotificationTarget,
    ReplicationRule,
)
from auditor.probes.answer_shapes import (
    flag,
    is_on,
    mapping,
    name_of,
    part,
    rows,
    short_or_empty,
    texts,
)

if TYPE_CHECKING:
    from auditor.reach.s3_calls import Answer
    from auditor.reach.s3_pages import Page

TARGETS = (
    ("topic", "TopicConfigurations", "TopicArn"),
    ("queue", "QueueConfigurations", "QueueArn"),
    ("function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
)


def parse_replication(answer: Answer | None, server: ServerKind, now: datetime) -> BucketReplication:
    """`answer` None: not asked for, since versioning is not on."""
    if answer is None:
        return BucketReplication(observed_at=now, server=server, rules=None, by_versioning=True)
    rules: tuple[ReplicationRule, ...] | None = None
    role = ""
    if answer.value is not None:
        said = mapping(answer.value.get("ReplicationConfiguration"), "the replication")
        rules = None if _is_none(said, server) else tuple(_copy(row) for row in _rules(said))
        role = short_or_empty(said.get("Role"), "the replication's role")
    return BucketReplication(
        observed_at=now, server=server, rules=rules, role=role, request_id=target_text(answer.request_id)
    )


def parse_logging(answer: Answer, server: ServerKind, now: datetime) -> BucketLogging:
    """No LoggingEnabled: no log is written."""
    said = mapping(answer.value, "the logging").get("LoggingEnabled")
    enabled = {} if said is None else mapping(said, "the logging")
    return BucketLogging(
        observed_at=now,
        server=server,
        target=None if said is None else name_of(enabled.get("TargetBucket"), "the log's target"),
        prefix=short_or_empty(enabled.get("TargetPrefix"), "the log's prefix"),
        request_id=target_text(answer.request_id),
    )


def parse_notifications(answer: Answer, server: ServerKind, now: datetime) -> BucketNotifications:
    said = mapping(answer.value, "the notifications")
    return BucketNotifications(
        observed_at=now,
        server=server,
        targets=tuple(sorted(set(_targets(said)), key=lambda target: (target.kind, target.arn))),
        to_event_bus=said.get("EventBridgeConfiguration") is not None,
        request_id=target_text(answer.request_id),
    )


def parse_inventories(pages: Sequence[Page], server: ServerKind, now: datetime) -> BucketInventories:
    """`pages`: at least one. A configuration that cannot be read makes the whole list unread."""
    exports = [
        _export(row)
        for page in pages
        for row in rows(mapping(page.answer.value, "the list").get("InventoryConfigurationList", []), "the inventories")
    ]
    return BucketInventories(
        observed_at=now,
        server=server,
        exports=tuple(sorted(exports, key=lambda export: export.id)),
        is_complete=pages[-1].failure is None,
        request_id=target_text(pages[0].answer.request_id),
    )


def _is_none(said: Mapping[str, object], server: ServerKind) -> bool:
    """Ceph answers an empty configuration where there is none. AWS never does: it has an error that says so."""
    return server is ServerKind.COMPATIBLE and said.get("Rules") is None and not said.get("Role")


def _rules(said: Mapping[str, object]) -> list[Mapping[str, object]]:
    """At least one: a role to copy with, and nothing to copy, is no answer."""
    found = rows(said.get("Rules"), "the replication rules")
    if not found:
        raise ValueError("the replication rules are missing")
    return found


def _copy(row: Mapping[str, object]) -> ReplicationRule:
    destination = mapping(row.get("Destination"), "a copy's destination")
    key = part(destination, "EncryptionConfiguration").get("ReplicaKmsKeyID")
    return ReplicationRule(
        id=short_or_empty(row.get("ID"), "a rule's id"),
        is_enabled=is_on(row.get("Status"), "a rule's status"),
        destination=name_of(destination.get("Bucket"), "a copy's destination"),
        account=short_or_empty(destination.get("Account"), "a copy's account"),
        replica_key=None if key is None else name_of(key, "a copy's key"),
        owner_is_translated=destination.get("AccessControlTranslation") is not None,
    )


def _targets(said: Mapping[str, object]) -> Iterator[NotificationTarget]:
    for kind, group, name in TARGETS:
        for row in rows(said.get(group) or [], "the notifications"):
            yield NotificationTarget(kind=kind, arn=name_of(row.get(name), "a notification's target"))


def _export(row: Mapping[str, object]) -> InventoryExport:
    target = mapping(
        mapping(row.get("Destination"), "a list's destination").get("S3BucketDestination"), "a list's target"
    )
    encryption = part(target, "Encryption")
    key = part(encryption, "SSEKMS").get("KeyId")
    return InventoryExport(
        id=short_or_empty(row.get("Id"), "a list's id"),
        is_enabled=flag(row, "IsEnabled"),
        destination=name_of(target.get("Bucket"), "a list's target"),
        account=short_or_empty(target.get("AccountId"), "a list's account"),
        prefix=short_or_empty(target.get("Prefix"), "a list's prefix"),
        format=short_or_empty(target.get("Format"), "a list's format"),
        encryption="SSE-KMS" if "SSEKMS" in encryption else "SSE-S3" if "SSES3" in encryption else "",
        key_id=None if key is None else name_of(key, "a list's key"),
        frequency=short_or_empty(part(row, "Schedule").get("Frequency"), "a list's schedule"),
        covers_versions=row.get("IncludedObjectVersions") == "All",
        source_prefix=short_or_empty(part(row, "Filter").get("Prefix"), "a list's filter"),
        fields=texts(row.get("OptionalFields") or [], "a list's fields"),
    )
