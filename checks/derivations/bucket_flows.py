"""Where copies of a bucket's content, lists of it and messages about it go, beside the city's own accounts. Pure."""

from __future__ import annotations

from auditor.derive import Rows, derive_from_places
from auditor.facts import Declared
from auditor.facts.bucket_holders import BucketState
from auditor.facts.storage import ServerKind
from auditor.facts.storage_account import BucketOwner
from auditor.facts.storage_concluded import CopiesOutside, DestinationsGone, OwnBuckets, TracesOutside
from auditor.facts.storage_flows import (
    BucketDestinations,
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
from checks.derivations.weighing import LACKING, Scales, is_lacking, needed, reason_of, told

NOT_ASKED = "no stranger can take a name on a server of one's own, so it is not asked where its buckets send things"


@derive_from_places(reads=(BucketDestinations,), yields=DestinationsGone)
def destinations_gone(rows: Rows) -> DestinationsGone:
    """A compatible server's settings are not asked for this: its names are its own, and no stranger can take one."""
    scales, told_of = Scales(), needed(rows, BucketDestinations)
    if told_of.server is ServerKind.COMPATIBLE:
        return DestinationsGone(observed_at=told_of.observed_at, idle=NOT_ASKED)
    for setting in told_of.unseen:
        scales.doubt(reason_of(setting.rpartition(": ")[2]), f"where it sends its {setting}")
    for row in told_of.rows:
        if row.state is BucketState.ABSENT:
            scales.fault(", ".join(row.by), f"the bucket {row.bucket} does not exist")
        elif row.state is None:
            scales.doubt(reason_of(row.reason), f"whether the bucket {row.bucket} is there")
    return scales.settled(DestinationsGone, told_of.observed_at)


@derive_from_places(
    reads=(BucketReplication, BucketDestinations, BucketOwner, OwnBuckets, Declared), yields=CopiesOutside
)
def copies_outside(rows: Rows) -> CopiesOutside:
    """By the destination's account and by the account of the copy's key."""
    if is_lacking(rows, BucketReplication):
        return CopiesOutside(observed_at=needed(rows, BucketOwner).observed_at, idle=LACKING)
    scales, ours, replication = Scales(), ours_of(rows), needed(rows, BucketReplication)
    for rule in replication.rules or ():
        if rule.is_enabled:
            _weigh_copy(scales, rule, ours, _Known(rows))
    return scales.settled(CopiesOutside, replication.observed_at)


@derive_from_places(
    reads=(BucketInventories, BucketNotifications, BucketDestinations, BucketOwner, OwnBuckets, Declared),
    yields=TracesOutside,
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
            _weigh_export(scales, export, ours, _Known(rows))
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


def _weigh_copy(scales: Scales, rule: ReplicationRule, ours: Ours, known: _Known) -> None:
    where = f"replication rule {rule.id or '(unnamed)'}"
    _weigh_bucket(scales, f"{where} to {rule.destination}", (rule.destination, rule.account), ours, known)
    if rule.replica_key and account_of_arn(rule.replica_key):
        _weigh_account(scales, f"{where}, key of the copy", account_of_arn(rule.replica_key), ours)


def _weigh_export(scales: Scales, export: InventoryExport, ours: Ours, known: _Known) -> None:
    if not export.is_enabled:
        return
    where = f"S3 Inventory {export.id} to {export.destination}"
    _weigh_bucket(scales, where, (export.destination, export.account), ours, known)
    if export.key_id and account_of_arn(export.key_id):
        _weigh_account(scales, f"{where}, key of the list", account_of_arn(export.key_id), ours)


def _weigh_bucket(scales: Scales, where: str, goes: tuple[str, str], ours: Ours, known: _Known) -> None:
    """`goes`: the destination's ARN, and the account that the rule names.

    A bucket that the vendor register names by itself; else the account that the rule names, else the one seen.
    """
    destination, account = goes
    name = destination.rpartition(":::")[2]
    if name in ours.registered:
        return
    if not account and known.is_strangers(name, ours):
        scales.fault(where, "a bucket of no account of the city")
    else:
        _weigh_account(scales, where, account or known.account_of(name), ours)


class _Known:
    """What the run knows of buckets by their names: from the inventory's own, and from who was asked of others."""

    def __init__(self, rows: Rows) -> None:
        self._own, self._others = told(rows, OwnBuckets), told(rows, BucketDestinations)

    def account_of(self, name: str) -> str:
        seen = "" if isinstance(self._own, Unseen) else self._own.account_of(name)
        other = None if isinstance(self._others, Unseen) else self._others.of(name)
        return seen or (other.holder if other else "")

    def is_strangers(self, name: str, ours: Ours) -> bool:
        """Is it there, and in none of the lists of all accounts of the city, each of which was seen whole?"""
        other = None if isinstance(self._others, Unseen) else self._others.of(name)
        if other is None or self.account_of(name) or other.state is not BucketState.EXISTS:
            return False
        return not other.unlisted and bool(ours.accounts) and ours.accounts <= set(other.listed)


def _weigh_account(scales: Scales, where: str, account: str, ours: Ours) -> None:
    if not account:
        scales.doubt(Reason.NOT_OBSERVED, f"whose the destination is: {where} names no account")
    elif not ours.accounts:
        scales.doubt(Reason.NOT_OBSERVED, f"whether the account {account} is the city's own: {where}")
    elif account not in ours.accounts | ours.registered:
        scales.fault(where, f"account {account}")


DERIVATIONS = (destinations_gone, copies_outside, traces_outside)
