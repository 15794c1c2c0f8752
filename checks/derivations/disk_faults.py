"""Which volumes, snapshots and databases of an account have a fault. Pure.

One that is seen is a fault whatever else is unknown; that there is none takes the whole list, and an answer for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from auditor.derive import Undecided, derive
from auditor.facts import Declared
from auditor.facts.volumes import (
    Database,
    DatabaseKind,
    Databases,
    DatabaseSnapshots,
    DiskFault,
    DiskFaults,
    DiskList,
    ForeignDatabaseKeys,
    ForeignVolumeKeys,
    PlainDatabases,
    PlainDatabaseSnapshots,
    PlainSnapshots,
    PlainVolumes,
    PublicDatabaseAddresses,
    PublicDatabaseSnapshots,
    PublicSnapshots,
    SharedDatabaseSnapshots,
    SharedSnapshots,
    Snapshot,
    SnapshotList,
    Snapshots,
    Volumes,
)
from auditor.model import Reason

REASONS = {reason.word: reason for reason in Reason}
EVERYBODY = "all"
PLAIN = "not encrypted"
ON_THE_INTERNET = "has an address on the Internet; whom its security groups and subnets keep out was not looked at"
# RDS API Reference, "DBCluster": PubliclyAccessible "is only for non-Aurora Multi-AZ DB clusters". Of these engines the
# instances have it, each in its own row.
BY_INSTANCE = ("aurora", "docdb", "neptune")
NO_ESTATE = "the inventory's scope names no accounts (aws_accounts), so whose this is cannot be told"
F = TypeVar("F", bound=DiskFaults)


@derive(reads=(Volumes,), yields=PlainVolumes)
def plain_volumes(facts: Volumes) -> PlainVolumes:
    faults = [DiskFault(what=one.id, seen=PLAIN) for one in facts.volumes if not one.is_encrypted]
    return _concluded(PlainVolumes, facts, faults, len(facts.volumes))


@derive(reads=(Volumes, Declared), yields=ForeignVolumeKeys)
def foreign_volume_keys(facts: Volumes, declared: Declared) -> ForeignVolumeKeys:
    named = [(one.id, one.key) for one in facts.volumes if one.is_encrypted]
    return _with_foreign_keys(ForeignVolumeKeys, facts, declared, named)


@derive(reads=(Databases,), yields=PlainDatabases)
def plain_databases(facts: Databases) -> PlainDatabases:
    faults = [DiskFault(what=f"{one.id} ({one.engine})", seen=PLAIN) for one in facts.databases if not one.is_encrypted]
    return _concluded(PlainDatabases, facts, faults, len(facts.databases))


@derive(reads=(Databases, Declared), yields=ForeignDatabaseKeys)
def foreign_database_keys(facts: Databases, declared: Declared) -> ForeignDatabaseKeys:
    named = [(one.id, one.key) for one in facts.databases if one.is_encrypted]
    return _with_foreign_keys(ForeignDatabaseKeys, facts, declared, named)


@derive(reads=(Databases,), yields=PublicDatabaseAddresses)
def public_database_addresses(facts: Databases) -> PublicDatabaseAddresses:
    """One that does not say so has one perhaps."""
    rows = [one for one in facts.databases if not _is_told_by_instances(one)]
    faults = [DiskFault(what=f"{one.id} ({one.engine})", seen=ON_THE_INTERNET) for one in rows if one.is_public]
    silent = next((one.id for one in rows if one.is_public is None), "")
    unknown = Undecided(Reason.NOT_OBSERVED, f"whether {silent} has an address on the Internet") if silent else None
    return _concluded(PublicDatabaseAddresses, facts, faults, len(rows), unknown)


def _is_told_by_instances(one: Database) -> bool:
    return one.kind is DatabaseKind.CLUSTER and one.is_public is None and one.engine.startswith(BY_INSTANCE)


@derive(reads=(Snapshots,), yields=PlainSnapshots)
def plain_snapshots(facts: Snapshots) -> PlainSnapshots:
    return _plain(PlainSnapshots, facts)


@derive(reads=(DatabaseSnapshots,), yields=PlainDatabaseSnapshots)
def plain_database_snapshots(facts: DatabaseSnapshots) -> PlainDatabaseSnapshots:
    return _plain(PlainDatabaseSnapshots, facts)


@derive(reads=(Snapshots,), yields=PublicSnapshots)
def public_snapshots(facts: Snapshots) -> PublicSnapshots:
    return _public(PublicSnapshots, facts)


@derive(reads=(DatabaseSnapshots,), yields=PublicDatabaseSnapshots)
def public_database_snapshots(facts: DatabaseSnapshots) -> PublicDatabaseSnapshots:
    return _public(PublicDatabaseSnapshots, facts)


@derive(reads=(Snapshots, Declared), yields=SharedSnapshots)
def shared_snapshots(facts: Snapshots, declared: Declared) -> SharedSnapshots:
    return _shared(SharedSnapshots, facts, declared)


@derive(reads=(DatabaseSnapshots, Declared), yields=SharedDatabaseSnapshots)
def shared_database_snapshots(facts: DatabaseSnapshots, declared: Declared) -> SharedDatabaseSnapshots:
    return _shared(SharedDatabaseSnapshots, facts, declared)


def _plain(kind: type[F], facts: SnapshotList) -> F:
    faults = [DiskFault(what=one.id, seen=PLAIN) for one in facts.snapshots if not one.is_encrypted]
    return _concluded(kind, facts, faults, len(facts.snapshots))


def _public(kind: type[F], facts: SnapshotList) -> F:
    """By the list of those that everybody may restore, or by what each one says."""
    named = set(facts.public or ()) | {one.id for one in facts.snapshots if EVERYBODY in (one.shared_with or ())}
    faults = [DiskFault(what=one, seen="everybody may restore it") for one in sorted(named)]
    unknown = _unasked(facts.snapshots) if facts.public is None else None
    return _concluded(kind, facts, faults, max(len(facts.snapshots), len(faults)), unknown)


def _shared(kind: type[F], facts: SnapshotList, declared: Declared) -> F:
    known = _known(facts, declared)
    shared = [(one.id, who) for one in facts.snapshots for who in one.shared_with or () if who != EVERYBODY]
    outside = [(what, who) for what, who in shared if who not in known]
    unknown = _unasked(facts.snapshots)
    if outside and not declared.own_accounts:
        unknown = Undecided(Reason.NOT_OBSERVED, f"{outside[0][0]} is shared with account {outside[0][1]}: {NO_ESTATE}")
        outside = []
    by_snapshot = {what: [who for one, who in outside if one == what] for what, _ in outside}
    faults = [DiskFault(what=what, seen=f"shared with {', '.join(who)}") for what, who in sorted(by_snapshot.items())]
    return _concluded(kind, facts, faults, len(facts.snapshots), unknown)


def _with_foreign_keys(
    kind: type[F], facts: Volumes | Databases, declared: Declared, named: Sequence[tuple[str, str]]
) -> F:
    """An encrypted disk that names no key, or one without an account, does not say whose it is."""
    known, accounts = _known(facts, declared), {key.arn: key.account for key in facts.keys}
    placed = [(what, key, accounts.get(key, "")) for what, key in named]
    outside = [(what, key) for what, key, account in placed if account and account not in known]
    nameless = [what for what, _, account in placed if not account]
    unknown = Undecided(Reason.NOT_OBSERVED, f"whose key encrypts {nameless[0]}") if nameless else None
    if outside and not declared.own_accounts:
        unknown = Undecided(Reason.NOT_OBSERVED, f"{outside[0][0]} is encrypted with {outside[0][1]}: {NO_ESTATE}")
        outside = []
    faults = [DiskFault(what=what, seen=f"encrypted with {key}") for what, key in outside]
    return _concluded(kind, facts, faults, len(named), unknown)


def _known(facts: DiskList, declared: Declared) -> frozenset[str]:
    """The city's own accounts, and those of vendors with an agreement in force."""
    agreed = (one.name for one in declared.registered_accounts if one.allows_at(facts.observed_at))
    return frozenset({facts.account, *declared.own_accounts, *agreed})


def _unasked(snapshots: Iterable[Snapshot]) -> Undecided | None:
    left = [one for one in snapshots if one.shared_with is None]
    if not left:
        return None
    reason = next((REASONS[one.reason] for one in left if one.reason), Reason.BUDGET)
    return Undecided(reason, f"with whom {left[0].id} is shared, and {len(left) - 1} more")


def _concluded(
    kind: type[F], facts: DiskList, faults: Sequence[DiskFault], counted: int, unknown: Undecided | None = None
) -> F:
    """Raises Undecided where there is no fault and something was not seen."""
    if not faults and unknown is not None:
        raise unknown
    if not faults and not facts.is_complete:
        raise Undecided(REASONS[facts.why_incomplete], f"not everything in {facts.region} could be listed")
    return kind(observed_at=facts.observed_at, region=facts.region, faults=tuple(faults), counted=counted)


DERIVATIONS = (
    plain_volumes,
    foreign_volume_keys,
    plain_databases,
    foreign_database_keys,
    public_database_addresses,
    plain_snapshots,
    plain_database_snapshots,
    public_snapshots,
    public_database_snapshots,
    shared_snapshots,
    shared_database_snapshots,
)
