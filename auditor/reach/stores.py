"""Questions to storage and to the account behind an asset's credential: the SDK is loaded for these alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.model import Reason, Sampling, Tier
from auditor.reach.asking import Asking

if TYPE_CHECKING:
    from auditor.reach.aws_disks import DiskCalls
    from auditor.reach.aws_macie import MacieCalls
    from auditor.reach.s3 import BucketCalls, Storage
    from auditor.reach.s3_account import AccountCalls
    from auditor.reach.s3_lists import ListReader
    from auditor.reach.s3_named import KnownBucket
    from auditor.reach.s3_objects import ObjectReader
    from auditor.reach.s3_old import ObjectCalls
    from auditor.reach.s3_stranger import Stranger


COMPATIBLE = "s3-compatible"


class Stores(Asking):
    """Every failure is an `Unreachable` with its reason."""

    def _storage(self) -> Storage:
        """The storage of the run. Raises Unreachable for an asset that lies elsewhere: its name is another's here."""
        storage = self._run.storage()
        said, address = self.asset.provider, self.asset.address
        if not said or (said == COMPATIBLE) is storage.is_compatible:
            return storage
        if said == COMPATIBLE:
            detail = f"{address} lies on a server of one's own, which --endpoint-url would name"
        else:
            detail = f"{address} lies at AWS, and --endpoint-url names another server"
        raise Unreachable(Reason.OUT_OF_SCOPE, detail)

    def bucket(self) -> BucketCalls:
        """The storage calls of this asset, a bucket: in scope by being declared, whatever its server is called."""
        return self._storage().bucket(self.asset)

    def old_objects(self) -> ObjectCalls:
        """The versions and headers of this asset's objects, a bucket's."""
        from auditor.reach.s3_old import ObjectCalls  # noqa: PLC0415 - it comes with the SDK

        return ObjectCalls(self._storage(), self.asset)

    def object_lists(self, bucket: str, *, owner: str, region: str = "") -> ListReader:
        """The lists of this asset's objects, a bucket's, that lie in a bucket of the account `owner`.

        Raises Unreachable(OUT_OF_SCOPE) for a bucket that the inventory excludes.
        """
        from auditor.reach.s3_lists import ListReader  # noqa: PLC0415 - it comes with the SDK

        if self.access.fence.excludes(bucket):
            raise Unreachable(Reason.OUT_OF_SCOPE, f"s3://{bucket}")
        return ListReader(self._storage(), self.asset.credential, bucket, owner=owner, region=region)

    def account(self) -> AccountCalls:
        """The storage calls of the account behind this asset's credential."""
        return self._storage().account(self.asset.credential)

    def bucket_named(self, name: str, partition: str) -> KnownBucket:
        """Is there a bucket of this name in a partition of AWS, and in which audited account? Raises Unreachable.

        A third party is asked, so it is done in the online tier alone, and with the credentials of the accounts that
        the inventory lists, never with another.
        """
        from auditor.reach.s3_named import bucket_named  # noqa: PLC0415 - as for the storage that it goes through

        if not self.asked(Tier.ONLINE) or self.access.fence.excludes(name):
            raise Unreachable(Reason.OUT_OF_SCOPE, f"s3://{name} was not asked for")
        return bucket_named(self._run.storage(), name, partition, self.access.audited_profiles)

    def disks(self) -> DiskCalls:
        """The calls about disks of the account behind this asset's credential."""
        from auditor.reach.aws_disks import DiskCalls  # noqa: PLC0415 - as for the account that it asks

        return DiskCalls(self.account())

    def macie(self, region: str) -> MacieCalls:
        """What Amazon Macie tells in one region of buckets of the account behind this asset's credential."""
        from auditor.reach.aws_macie import MacieCalls  # noqa: PLC0415 - as for the account that it asks

        return MacieCalls(self.account(), region)

    def sampled_objects(self, sampling: Sampling) -> ObjectReader:
        """A few objects of this asset, a bucket, by a credential of their own."""
        from auditor.reach.s3_objects import ObjectReader  # noqa: PLC0415 - as for the storage that it goes through

        return ObjectReader(self._storage(), self.asset, sampling.credential)

    def bucket_as_stranger(self) -> Stranger:
        """Questions about this asset, a bucket, that carry no credential."""
        from auditor.reach.s3_stranger import Stranger  # noqa: PLC0415 - as for the storage that it goes through

        return Stranger(self._storage(), self.asset)
