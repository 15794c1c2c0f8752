"""Looks at the disks that a cloud holds for an account: volumes, snapshots and databases of each region. Knows no rule.

A guest's disk may be plain within the guest and encrypted below it: only the cloud can tell. Each region is a locus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts, target_text
from auditor.facts.volumes import (
    MOST_ASKED,
    NO_DISKS,
    Databases,
    DatabaseSnapshots,
    DefaultDiskEncryption,
    Snapshots,
    Volumes,
)
from auditor.model import Asset, Reason, Tier
from auditor.probe import Observation, Seen, Unseen
from auditor.probes.volumes_region import MOST_KEYS, Region
from auditor.reach import Reach

if TYPE_CHECKING:
    from auditor.reach.aws_disks import DiskCalls

HOME = "us-east-1"
ELSEWHERE = "other regions"
SILENCE = frozenset({Reason.DNS, Reason.NO_ROUTE, Reason.REFUSED, Reason.TIMEOUT, Reason.TLS_FAILED})
SILENT_REGIONS = 2  # after so many in a row the others are not asked


class VolumesProbe:
    kind: ClassVar[str] = "account"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (
        Volumes,
        DefaultDiskEncryption,
        Snapshots,
        Databases,
        DatabaseSnapshots,
    )

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        """Raises Unreachable where the credential does not show whose it is, or is another account's."""
        calls = reach.disks()
        if calls.account.is_compatible:
            return [Seen(one) for one in _nothing(reach.now())]
        account = calls.account.number()
        if asset.account and account != asset.account:
            detail = f"the credential is of account {account}, not of {asset.account}"
            raise Unreachable(Reason.AUTH_FAILED, detail)
        regions, unseen = _regions(calls, asset)
        said: list[Observation] = []
        silent: Unreachable | None = None
        for region in regions:
            said += _observed(Region(calls, account, region, reach.now()), silent)
            silent = _silence(said[-len(self.yields) * SILENT_REGIONS :])
        if unseen is not None:
            said += [Unseen(kind, ELSEWHERE, unseen.reason, unseen.detail) for kind in self.yields]
        return said

    def plan(self, asset: Asset) -> Iterable[str]:
        if not asset.regions:
            yield f"api ec2:DescribeRegions {asset.address}"
        where = "for each region that is switched on" if not asset.regions else f"for {', '.join(asset.regions)}"
        calls = (
            "ec2:DescribeVolumes, ec2:DescribeInstances, ec2:GetEbsEncryptionByDefault",
            "ec2:DescribeSnapshots (the account's own, and those of them that are public)",
            f"ec2:DescribeSnapshotAttribute (at most {MOST_ASKED} snapshots)",
            "rds:DescribeDBInstances, rds:DescribeDBClusters, rds:DescribeDBSnapshots",
            f"rds:DescribeDBSnapshotAttributes (at most {MOST_ASKED} snapshots)",
            "rds:DescribeDBClusterSnapshots",
            f"rds:DescribeDBClusterSnapshotAttributes (at most {MOST_ASKED} snapshots)",
            f"kms:DescribeKey (each key once, at most {MOST_KEYS})",
        )
        yield from (f"api {call} {asset.address}, {where}" for call in calls)


def _nothing(now: datetime) -> tuple[Facts, ...]:
    return (
        Volumes(observed_at=now, account=NO_DISKS, region=NO_DISKS, volumes=(), instances=()),
        DefaultDiskEncryption(observed_at=now, account=NO_DISKS, region=NO_DISKS, is_on=True),
        Snapshots(observed_at=now, account=NO_DISKS, region=NO_DISKS, snapshots=(), public=()),
        Databases(observed_at=now, account=NO_DISKS, region=NO_DISKS, databases=()),
        DatabaseSnapshots(observed_at=now, account=NO_DISKS, region=NO_DISKS, snapshots=(), public=()),
    )


def _regions(calls: DiskCalls, asset: Asset) -> tuple[tuple[str, ...], Unreachable | None]:
    """Those that the inventory names, else all that are switched on; and why there may be others."""
    if asset.regions:
        return tuple(sorted(set(asset.regions))), None
    try:
        return tuple(map(target_text, calls.regions())), None
    except Unreachable as failure:
        return (calls.account.region or HOME,), failure


def _silence(last: Sequence[Observation]) -> Unreachable | None:
    """Why further regions are left in peace: the last ones did not answer at all."""
    unseen = [one for one in last if isinstance(one, Unseen) and one.reason in SILENCE]
    if len(unseen) < len(VolumesProbe.yields) * SILENT_REGIONS:
        return None
    return Unreachable(unseen[-1].reason, unseen[-1].detail)


def _observed(region: Region, silent: Unreachable | None) -> Iterator[Observation]:
    """`silent`: why nothing is asked. Where one question finds nobody, the others of the region would not either."""
    groups: tuple[tuple[type[Facts], Callable[[], Facts]], ...] = (
        (Volumes, region.volumes),
        (DefaultDiskEncryption, region.default),
        (Snapshots, region.snapshots),
        (Databases, region.databases),
        (DatabaseSnapshots, region.database_snapshots),
    )
    for facts_type, look in groups:
        try:
            if silent is not None:
                raise silent
            yield Seen(look(), region.name)
        except Unreachable as failure:
            silent = failure if failure.reason in SILENCE else silent
            yield Unseen(facts_type, region.name, failure.reason, failure.detail)
        except ValueError as refusal:
            yield Unseen(facts_type, region.name, Reason.MALFORMED, f"{region.name}: {refusal}")
