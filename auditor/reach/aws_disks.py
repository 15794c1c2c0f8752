"""The questions about disks of an account: volumes, snapshots, databases, region by region. Each asked once in a run.

All of them read. Lists come in pages, and a list that breaks off says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from auditor.reach.s3_account import AccountCalls, Rows
from auditor.reach.s3_calls import Answer, Question
from auditor.reach.s3_pages import Paging

OF_EC2 = Paging(("NextToken",), ("NextToken",))
OF_RDS = Paging(("Marker",), ("Marker",))
EC2_PAGE, INSTANCES_PAGE, RDS_PAGE = 500, 200, 100  # rows


class DiskCalls:
    """Of the account behind a credential. Every failure is an `Unreachable` with its reason."""

    def __init__(self, account: AccountCalls) -> None:
        self.account = account

    def regions(self) -> tuple[str, ...]:
        """Those that are switched on for the account."""
        question = Question(service="ec2", method="describe_regions", parameters={})
        rows = self.account.beside(question, "Regions", OF_EC2).rows
        return tuple(sorted(str(row.get("RegionName", "")) for row in rows))

    def volumes(self, region: str) -> Rows:
        return self._ec2("describe_volumes", "Volumes", region, {"MaxResults": EC2_PAGE})

    def instances(self, region: str) -> Rows:
        """Reservations, each with its instances."""
        return self._ec2("describe_instances", "Reservations", region, {"MaxResults": INSTANCES_PAGE})

    def snapshots(self, region: str) -> Rows:
        """The account's own."""
        return self._ec2("describe_snapshots", "Snapshots", region, {"OwnerIds": ["self"], "MaxResults": EC2_PAGE})

    def public_snapshots(self, region: str) -> Rows:
        """Those of its own that everybody may restore: one question, however many there are."""
        whose: dict[str, str | int | list[str]] = {"OwnerIds": ["self"], "RestorableByUserIds": ["all"]}
        return self._ec2("describe_snapshots", "Snapshots", region, {**whose, "MaxResults": EC2_PAGE})

    def snapshot_sharing(self, snapshot: str, region: str) -> Answer:
        parameters = {"SnapshotId": snapshot, "Attribute": "createVolumePermission"}
        return self._told("ec2", "describe_snapshot_attribute", region, parameters)

    def encryption_by_default(self, region: str) -> Answer:
        return self._told("ec2", "get_ebs_encryption_by_default", region, {})

    def databases(self, region: str) -> Rows:
        return self._rds("describe_db_instances", "DBInstances", region, {})

    def clusters(self, region: str) -> Rows:
        return self._rds("describe_db_clusters", "DBClusters", region, {})

    def database_snapshots(self, region: str) -> Rows:
        """Those that somebody made: only they can be shared."""
        return self._rds("describe_db_snapshots", "DBSnapshots", region, {"SnapshotType": "manual"})

    def database_snapshot_sharing(self, snapshot: str, region: str) -> Answer:
        parameters = {"DBSnapshotIdentifier": snapshot}
        return self._told("rds", "describe_db_snapshot_attributes", region, parameters)

    def cluster_snapshots(self, region: str) -> Rows:
        """Likewise, of clusters: Aurora and the like, whose instances have none of their own."""
        return self._rds("describe_db_cluster_snapshots", "DBClusterSnapshots", region, {"SnapshotType": "manual"})

    def cluster_snapshot_sharing(self, snapshot: str, region: str) -> Answer:
        parameters = {"DBClusterSnapshotIdentifier": snapshot}
        return self._told("rds", "describe_db_cluster_snapshot_attributes", region, parameters)

    def _ec2(self, method: str, key: str, region: str, fixed: Mapping[str, str | int | list[str]]) -> Rows:
        return self.account.beside(Question(service="ec2", method=method, parameters=fixed, region=region), key, OF_EC2)

    def _rds(self, method: str, key: str, region: str, fixed: Mapping[str, str | int | list[str]]) -> Rows:
        parameters = {**fixed, "MaxRecords": RDS_PAGE}
        return self.account.beside(
            Question(service="rds", method=method, parameters=parameters, region=region), key, OF_RDS
        )

    def _told(self, service: str, method: str, region: str, parameters: Mapping[str, str]) -> Answer:
        return self.account.told(Question(service=service, method=method, parameters=parameters, region=region))
