"""The questions to one bucket: each is asked once, until an answer says that every further one would end the same way.

What one answer makes moot is not asked: the policy's status where there is no policy, the list where ownership turns
lists off, lock and replication where versions are not kept, the location where the account's list told it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.storage import (
    BucketAcl,
    BucketEncryption,
    BucketPlace,
    BucketPolicy,
    BucketTags,
    PublicAccessBlock,
    ServerKind,
)
from auditor.facts.storage_account import AccessPoints, BucketOwner
from auditor.facts.storage_flows import BucketInventories, BucketLogging, BucketNotifications, BucketReplication
from auditor.facts.storage_keys import BucketKeys
from auditor.facts.storage_settings import (
    BucketLifecycle,
    BucketLock,
    BucketPolicyStatus,
    BucketVersioning,
    BucketWebsite,
    VersioningState,
)
from auditor.model import Asset, Reason
from auditor.probes import access_points, bucket_flows, bucket_keys, bucket_settings
from auditor.probes import bucket_answers as answers
from auditor.probes.bucket_belonging import Belonging
from auditor.reach import Reach

if TYPE_CHECKING:
    from auditor.reach.s3_calls import Answer

# The documented code for "not configured", per call (S3 API reference).
NO_POLICY = "NoSuchBucketPolicy"
NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"
NO_OWNERSHIP = "OwnershipControlsNotFoundError"
NO_ENCRYPTION = "ServerSideEncryptionConfigurationNotFoundError"
NO_TAGS = "NoSuchTagSet"
NO_LIFECYCLE = "NoSuchLifecycleConfiguration"
NO_LOCK = "ObjectLockConfigurationNotFoundError"
NO_REPLICATION = "ReplicationConfigurationNotFoundError"
NO_WEBSITE = "NoSuchWebsiteConfiguration"

# After one of these the bucket is left in peace: every further question would end the same way.
FINAL = frozenset(
    {
        Reason.AUTH_FAILED,
        Reason.BUDGET,
        Reason.DEADLINE,
        Reason.DNS,
        Reason.GONE,
        Reason.NO_CREDENTIAL,
        Reason.NO_ROUTE,
        Reason.OUT_OF_SCOPE,
        Reason.PRIVATE_SPACE,
        Reason.REFUSED,
        Reason.TLS_FAILED,
    }
)
DOORS = "dataaccesspoint"  # how condition keys begin that ask through which access point one comes
SILENCES = 2  # unanswered questions after which a server counts as silent
DIRECTORY_BUCKET = "--x-s3"  # the suffix of directory buckets, which speak another dialect
LIST_PAGES = 10  # of S3 Inventory configurations, a hundred each; AWS allows 1,000


class Questions:
    def __init__(self, asset: Asset, reach: Reach) -> None:
        """Raises Unreachable for a kind of bucket that is not judged."""
        self._calls = reach.bucket()
        if self._calls.name.endswith(DIRECTORY_BUCKET):
            raise Unreachable(Reason.NOT_IMPLEMENTED, f"{asset.address} is a directory bucket, which is not judged")
        self._now = reach.now()
        self._server = ServerKind.COMPATIBLE if self._calls.is_compatible else ServerKind.AWS
        self._belonging = Belonging(self._calls, asset.account or "")
        self._calls.region = self._belonging.region
        self._final: Unreachable | None = None
        self._silences = 0
        self._policy: BucketPolicy | None = None
        self._encryption: BucketEncryption | Unreachable = Unreachable(Reason.NOT_OBSERVED, "")
        self._versioning: VersioningState | None = None
        self._no_region = Unreachable(Reason.NOT_OBSERVED, f"the region of s3://{self._calls.name}")
        self._owner = ""

    def place(self) -> BucketPlace:
        """As the account's list tells it, or else as the bucket does."""
        if not self._belonging.region:
            place = answers.parse_place(self._location(), self._server, self._now)
            if self._server is ServerKind.AWS:
                self._calls.region = region_of(place.location)
            return place
        told = self._belonging
        return BucketPlace(observed_at=self._now, server=self._server, location=told.region, request_id=told.request_id)

    def _location(self) -> Answer:
        """What rests on the region is not seen for the same reason."""
        try:
            return self._ask("get_bucket_location")
        except Unreachable as failure:
            self._no_region = failure
            raise

    def policy(self) -> BucketPolicy:
        answer = self._ask("get_bucket_policy", NO_POLICY)
        self._policy = answers.parse_policy(answer, self._server, self._calls.name, self._now)
        return self._policy

    def policy_status(self) -> BucketPolicyStatus:
        has_none = self._policy is not None and self._policy.document is None
        answer = None if has_none else self._ask("get_bucket_policy_status", NO_POLICY)
        return bucket_settings.parse_status(answer, self._server, self._now)

    def access_block(self) -> PublicAccessBlock:
        bucket = _outcome(lambda: self._ask("get_public_access_block", NO_BLOCK))
        account = _outcome(self._account_block)
        if isinstance(bucket, Unreachable) and isinstance(account, Unreachable) and not self._has_no_switch(bucket):
            raise bucket
        return answers.parse_access_block(bucket, account, self._server, self._now)

    def acl(self) -> BucketAcl:
        """AWS shows no list where ownership turns lists off; another server may store that word and go on serving."""
        ownership = _outcome(lambda: self._ask("get_bucket_ownership_controls", NO_OWNERSHIP))
        if answers.turns_lists_off(ownership) and not self._calls.is_compatible:
            return answers.parse_acl(ownership, None, self._server, self._now)
        listed = _outcome(lambda: self._ask("get_bucket_acl"))
        if isinstance(ownership, Unreachable) and isinstance(listed, Unreachable):
            raise listed
        self._owner = "" if isinstance(listed, Unreachable) else answers.owner_of(listed)
        return answers.parse_acl(ownership, listed, self._server, self._now)

    def encryption(self) -> BucketEncryption:
        try:
            answer = self._ask("get_bucket_encryption", NO_ENCRYPTION)
            self._encryption = answers.parse_encryption(answer, self._server, self._now)
        except Unreachable as failure:
            self._encryption = failure
            raise
        except ValueError:
            self._encryption = Unreachable(Reason.MALFORMED, f"the encryption of s3://{self._calls.name}")
            raise
        return self._encryption

    def keys(self) -> BucketKeys:
        """Asked after the encryption, which names them."""
        if isinstance(self._encryption, Unreachable):
            raise self._encryption
        named = {rule.key_id for rule in self._encryption.rules or () if rule.key_id}
        keys = (bucket_keys.look(self._calls.account, name, self._calls.region) for name in sorted(named))
        return BucketKeys(observed_at=self._now, server=self._server, keys=tuple(keys))

    def versioning(self) -> BucketVersioning:
        answer = self._ask("get_bucket_versioning")
        facts = bucket_settings.parse_versioning(answer, self._server, self._now)
        self._versioning = facts.status
        return facts

    def lifecycle(self) -> BucketLifecycle:
        answer = self._ask("get_bucket_lifecycle_configuration", NO_LIFECYCLE)
        return bucket_settings.parse_lifecycle(answer, self._server, self._now)

    def lock(self) -> BucketLock:
        answer = None if self._keeps_no_versions() else self._ask("get_object_lock_configuration", NO_LOCK)
        return bucket_settings.parse_lock(answer, self._server, self._now)

    def replication(self) -> BucketReplication:
        answer = None if self._keeps_no_versions() else self._ask("get_bucket_replication", NO_REPLICATION)
        return bucket_flows.parse_replication(answer, self._server, self._now)

    def logging(self) -> BucketLogging:
        return bucket_flows.parse_logging(self._ask("get_bucket_logging"), self._server, self._now)

    def website(self) -> BucketWebsite:
        return bucket_settings.parse_website(self._ask("get_bucket_website", NO_WEBSITE), self._server, self._now)

    def tags(self) -> BucketTags:
        return answers.parse_tags(self._ask("get_bucket_tagging", NO_TAGS), self._now)

    def notifications(self) -> BucketNotifications:
        answer = self._ask("get_bucket_notification_configuration")
        return bucket_flows.parse_notifications(answer, self._server, self._now)

    def inventories(self) -> BucketInventories:
        from auditor.reach.s3_pages import Paging, pages  # noqa: PLC0415 - it comes with the SDK

        paging = Paging(("NextContinuationToken",), ("ContinuationToken",), flag="IsTruncated")
        told = pages(lambda more: self._ask("list_bucket_inventory_configurations", **more), paging, LIST_PAGES)
        return bucket_flows.parse_inventories(list(told), self._server, self._now)

    def access_points(self) -> AccessPoints:
        """Those of the bucket's own account; they lie in its region.

        Those of several regions too, where the policy may leave the choice to access points: else none opens it.
        """
        if self._calls.is_compatible:
            return AccessPoints(observed_at=self._now, server=self._server, points=())
        self._belonging.require_ours(self._calls.name)
        if not self._calls.region:
            raise self._no_region
        account, name = self._calls.account, self._calls.name
        found = access_points.of_bucket(account, name, self._calls.region, self._server, self._now)
        may_be_left_to_them = self._policy is None or _speaks_of_doors(self._policy.document or "")
        return access_points.with_multi_region(found, account, name) if may_be_left_to_them else found

    def owner(self) -> BucketOwner:
        """Asked last: the answers until then say whose the bucket is."""
        return self._belonging.facts(self._server, self._owner, self._now)

    def _keeps_no_versions(self) -> bool:
        """Of AWS alone, which refuses to stop keeping versions while there is a lock or a replication."""
        is_off = self._versioning in (VersioningState.OFF, VersioningState.SUSPENDED)
        return is_off and not self._calls.is_compatible

    def _has_no_switch(self, failure: Unreachable) -> bool:
        return self._calls.is_compatible and failure.reason is Reason.NOT_IMPLEMENTED

    def _account_block(self) -> Answer:
        """The account's block, where the account is known to be the bucket's own."""
        if self._calls.is_compatible:
            raise Unreachable(Reason.NOT_IMPLEMENTED, f"s3://{self._calls.name} has no account level")
        self._belonging.require_ours(self._calls.name)
        return self._calls.account.access_block()

    def _ask(self, method: str, absent: str = "", **parameters: str) -> Answer:
        """Ask, naming the owner that is expected; where that is a guess and refused, once more without."""
        belonging = self._belonging
        if not belonging.expected:
            return self._ask_anybody(method, absent, **parameters)
        try:
            answer = self._ask_anybody(method, absent, ExpectedBucketOwner=belonging.expected, **parameters)
        except Unreachable as failure:
            if not belonging.is_tried or failure.reason is not Reason.ACCESS_DENIED:
                raise
            answer = self._ask_anybody(method, absent, **parameters)
            belonging.refused()
            return answer
        belonging.answered()
        return answer

    def _ask_anybody(self, method: str, absent: str, **parameters: str) -> Answer:
        if self._final is not None:
            raise self._final
        try:
            return self._calls.ask(method, absent=absent, **parameters)
        except Unreachable as failure:
            self._silences += failure.reason is Reason.TIMEOUT
            if failure.reason in FINAL or self._silences >= SILENCES:
                self._final = failure
            raise


def _speaks_of_doors(policy: str) -> bool:
    """JSON may write any letter as an escape; where it does, nobody looks for words."""
    return DOORS in policy.lower() or "\\u" in policy


def region_of(location: str | None) -> str:
    """The region behind a location constraint (S3 API reference, GetBucketLocation)."""
    return {None: "us-east-1", "EU": "eu-west-1"}.get(location, location or "us-east-1")


def _outcome(ask: Callable[[], Answer]) -> Answer | Unreachable:
    """The answer, or why there is none, as a value."""
    try:
        return ask()
    except Unreachable as failure:
        return failure
