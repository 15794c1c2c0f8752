"""Where copies of a bucket's content, lists of it and messages about it go, beside the city's own accounts. Pure."""

from __future__ import annotations

from auditor.derive import Rows, derive_from_places
from auditor.facts import Declared
from auditor.facts.storage_account import BucketOwner
from auditor.facts.storage_concluded import CopiesOutside, OwnBuckets, TracesOutside
from auditor.facts.storage_flows import (
    BucketInventories,
    BucketNotifications,
    BucketReplication,
    InventoryExport,
    ReplicationRule,
)
from auditor.model import Reason
from auditor.probe import Unseen
from checks.derivations.ours import account_of_arn, ours_of
from checks.derivations.policies.sides import Ours
from checks.derivations.weighing import LACKING, Scales, is_lacking, needed, told


@derive_from_places(reads=(BucketReplication, BucketOwner, OwnBuckets, Declared), yields=CopiesOutside)
def copies_outside(rows: Rows) -> CopiesOutside:
    """By the destination's account and by the account of the copy's key."""
    if is_lacking(rows, BucketReplication):
        return CopiesOutside(observed_at=needed(rows, BucketOwner).observed_at, idle=LACKING)
    scales, ours, replication = Scales(), ours_of(rows), needed(rows, BucketReplication)
    for rule in replication.rules or ():
        if rule.is_enabled:
            _weigh_copy(scales, rule, ours, told(rows, OwnBuckets))
    return scales.settled(CopiesOutside, replication.observed_at)


@derive_from_places(
    reads=(BucketInventories, BucketNotifications, BucketOwner, OwnBuckets, Declared), yields=TracesOutside
)
def traces_outside(rows: Rows) -> TracesOutside:
    """Lists of objects hold their names; messages of events do, too.

    The access log is not asked: AWS writes it into a bucket of the same account alone.
    """
    scales, ours = Scales(), ours_of(rows)
    inventories, messages = told(rows, BucketInventories), told(rows, BucketNotifications)
    if isinstance(inventories, Unseen):
        _blind(scales, rows, inventories)
    else:
        for export in inventories.exports:
            _weigh_export(scales, export, ours, told(rows, OwnBuckets))
        if not inventories.is_complete:
            scales.doubt(Reason.TRUNCATED, "the list of S3 Inventory configurations")
    if isinstance(messages, Unseen):
        _blind(scales, rows, messages)
    else:
        for target in messages.targets:
            _weigh_account(scales, f"event {target.kind} {target.arn}", account_of_arn(target.arn), ours)
    return scales.settled(TracesOutside, needed(rows, Declared).observed_at)


def _blind(scales: Scales, rows: Rows, look: Unseen) -> None:
    """What a compatible server does not have at all leads nowhere."""
    if not is_lacking(rows, look.facts_type):
        scales.blind(look)


def _weigh_copy(scales: Scales, rule: ReplicationRule, ours: Ours, own: OwnBuckets | Unseen) -> None:
    where = f"replication rule {rule.id or '(unnamed)'}"
    _weigh_bucket(scales, f"{where} to {rule.destination}", (rule.destination, rule.account), ours, own)
    if rule.replica_key and account_of_arn(rule.replica_key):
        _weigh_account(scales, f"{where}, key of the copy", account_of_arn(rule.replica_key), ours)


def _weigh_export(scales: Scales, export: InventoryExport, ours: Ours, own: OwnBuckets | Unseen) -> None:
    if not export.is_enabled:
        return
    where = f"S3 Inventory {export.id} to {export.destination}"
    _weigh_bucket(scales, where, (export.destination, export.account), ours, own)
    if export.key_id and account_of_arn(export.key_id):
        _weigh_account(scales, f"{where}, key of the list", account_of_arn(export.key_id), ours)


def _weigh_bucket(scales: Scales, where: str, goes: tuple[str, str], ours: Ours, own: OwnBuckets | Unseen) -> None:
    """`goes`: the destination's ARN, and the account that the rule names.

    A bucket that the vendor register names by itself; else the account that the rule names, else the one seen.
    """
    destination, account = goes
    name = destination.rpartition(":::")[2]
    if name in ours.registered:
        return
    seen = "" if isinstance(own, Unseen) else own.account_of(name)
    _weigh_account(scales, where, account or seen, ours)


def _weigh_account(scales: Scales, where: str, account: str, ours: Ours) -> None:
    if not account:
        scales.doubt(Reason.NOT_OBSERVED, f"whose the destination is: {where} names no account")
    elif not ours.accounts:
        scales.doubt(Reason.NOT_OBSERVED, f"whether the account {account} is the city's own: {where}")
    elif account not in ours.accounts | ours.registered:
        scales.fault(where, f"account {account}")


DERIVATIONS = (copies_outside, traces_outside)
