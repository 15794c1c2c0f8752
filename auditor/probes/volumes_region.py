"""The questions about the disks of one region, and what their answers come to. Knows no other region."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.facts.volumes import (
    MOST,
    MOST_ASKED,
    Databases,
    DatabaseSnapshots,
    DefaultDiskEncryption,
    DiskKey,
    Snapshot,
    Snapshots,
    Volumes,
)
from auditor.model import Reason
from auditor.probes import volume_answers as answers
from auditor.probes.answer_shapes import flag, mapping

if TYPE_CHECKING:
    from auditor.reach.aws_disks import DiskCalls
    from auditor.reach.s3_account import Rows

MOST_KEYS = 50  # of a region that the key service is asked about


class Region:
    """The questions about one region."""

    def __init__(self, calls: DiskCalls, account: str, name: str, now: datetime) -> None:
        self.name = name
        self._calls = calls
        self._account = account
        self._now = now

    def volumes(self) -> Volumes:
        listed = self._calls.volumes(self.name)
        found = answers.parse_volumes(listed.rows)
        return Volumes(
            observed_at=self._now,
            account=self._account,
            region=self.name,
            is_complete=not _why(listed),
            why_incomplete=_why(listed),
            volumes=found,
            keys=self._keys([one.key for one in found]),
            instances=self._instances(),
        )

    def default(self) -> DefaultDiskEncryption:
        told = mapping(self._calls.encryption_by_default(self.name).value, "the default")
        return DefaultDiskEncryption(
            observed_at=self._now,
            account=self._account,
            region=self.name,
            is_on=flag(told, "EbsEncryptionByDefault"),
        )

    def snapshots(self) -> Snapshots:
        listed = self._calls.snapshots(self.name)
        found = answers.parse_snapshots(listed.rows)
        asked = self._shared(
            found, lambda one: answers.parse_sharing(self._calls.snapshot_sharing(one, self.name).value)
        )
        return Snapshots(
            observed_at=self._now,
            account=self._account,
            region=self.name,
            is_complete=not _why(listed),
            why_incomplete=_why(listed),
            snapshots=asked,
            public=self._public(),
        )

    def databases(self) -> Databases:
        """Instances and clusters. Raises Unreachable where neither list was seen."""
        instances = _rows_or_why(lambda: self._calls.databases(self.name))
        clusters = _rows_or_why(lambda: self._calls.clusters(self.name))
        _require_some(instances, clusters)
        found = answers.parse_databases(instances.rows, clusters.rows)
        failure = _why(instances, clusters)
        return Databases(
            observed_at=self._now,
            account=self._account,
            region=self.name,
            is_complete=not failure,
            why_incomplete=failure,
            databases=found,
            keys=self._keys([one.key for one in found]),
        )

    def database_snapshots(self) -> DatabaseSnapshots:
        """Of instances and of clusters. Raises Unreachable where neither list was seen."""
        calls, at = self._calls, self.name
        alone = _rows_or_why(lambda: calls.database_snapshots(at))
        clusters = _rows_or_why(lambda: calls.cluster_snapshots(at))
        _require_some(alone, clusters)
        of_instances = self._shared(
            answers.parse_database_snapshots(alone.rows),
            lambda one: answers.parse_database_sharing(calls.database_snapshot_sharing(one, at).value),
        )
        of_clusters = self._shared(
            answers.parse_cluster_snapshots(clusters.rows),
            lambda one: answers.parse_database_sharing(
                calls.cluster_snapshot_sharing(one, at).value, "DBClusterSnapshot"
            ),
        )
        failure = _why(alone, clusters)
        return DatabaseSnapshots(
            observed_at=self._now,
            account=self._account,
            region=self.name,
            is_complete=not failure,
            why_incomplete=failure,
            snapshots=(*of_instances, *(replace(one, id=f"{one.id} (cluster)") for one in of_clusters)),
        )

    def _instances(self) -> tuple[str, ...] | None:
        try:
            listed = self._calls.instances(self.name)
            return None if listed.failure else answers.parse_instances(listed.rows)
        except (Unreachable, ValueError):
            return None

    def _public(self) -> tuple[str, ...] | None:
        try:
            listed = self._calls.public_snapshots(self.name)
        except Unreachable:
            return None
        return None if listed.failure else tuple(one.id for one in answers.parse_snapshots(listed.rows))

    def _shared(self, found: Sequence[Snapshot], ask: Callable[[str], tuple[str, ...]]) -> tuple[Snapshot, ...]:
        """The first ones with whom they are shared. After a refusal nobody asks again.

        One that was deleted since it was listed is left out: rules that make and delete them run all night.
        """
        asked: list[Snapshot] = []
        refusal = ""
        for number, one in enumerate(found):
            if number >= MOST_ASKED or refusal:
                asked.append(replace(one, reason=refusal))
                continue
            try:
                asked.append(replace(one, shared_with=ask(one.id)))
            except Unreachable as failure:
                if failure.reason is Reason.GONE:
                    continue
                refusal = failure.reason.word if failure.reason is Reason.ACCESS_DENIED else ""
                asked.append(replace(one, reason=failure.reason.word))
            except ValueError:
                asked.append(replace(one, reason=Reason.MALFORMED.word))
        return tuple(asked)

    def _keys(self, named: Iterable[str]) -> tuple[DiskKey, ...]:
        distinct = sorted({key for key in named if key})
        return tuple(self._key(key) if number < MOST_KEYS else _unread(key) for number, key in enumerate(distinct))

    def _key(self, named: str) -> DiskKey:
        try:
            told = mapping((self._calls.account.key(named, self.name).value or {}).get("KeyMetadata"), "the key")
            manager, state = told.get("KeyManager"), told.get("KeyState")
        except (Unreachable, ValueError) as failure:
            reason = failure.reason if isinstance(failure, Unreachable) else Reason.MALFORMED
            return _unread(named, reason)
        if not isinstance(manager, str) or not manager:
            return _unread(named, Reason.MALFORMED)
        return DiskKey(
            arn=named,
            account=_account_of(named),
            manager=target_text(manager),
            key_state=target_text(state if isinstance(state, str) else ""),
        )


def _unread(named: str, reason: Reason = Reason.BUDGET) -> DiskKey:
    return DiskKey(arn=named, account=_account_of(named), reason=reason.word)


def _account_of(arn: str) -> str:
    """Twelve digits of `arn:aws:kms:REGION:ACCOUNT:key/…`; "" for anything else."""
    parts = arn.split(":")
    return parts[4] if len(parts) == 6 and parts[0] == "arn" and parts[2] == "kms" else ""


def _rows_or_why(ask: Callable[[], Rows]) -> Rows:
    """A list that could not be had at all, as one that broke off before its first row."""
    from auditor.reach.s3_account import Rows  # noqa: PLC0415 - it comes with the SDK

    try:
        return ask()
    except Unreachable as failure:
        return Rows((), "", failure)


def _require_some(first: Rows, second: Rows) -> None:
    if first.failure and second.failure and not first.rows and not second.rows:
        raise Unreachable(first.failure.reason, first.failure.detail)


def _why(*lists: Rows) -> str:
    """The word of the reason for which these rows, taken together, are not all that there is; "" where they are."""
    failure = next((one.failure for one in lists if one.failure), None)
    if failure is not None:
        return failure.reason.word
    return Reason.TOO_LONG.word if sum(len(one.rows) for one in lists) > MOST else ""
