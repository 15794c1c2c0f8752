"""Looks at one S3 bucket: seven reading calls at most, six facts types. Knows no rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.storage import (
    BucketAcl,
    BucketEncryption,
    BucketPlace,
    BucketPolicy,
    BucketTags,
    PublicAccessBlock,
    ServerKind,
)
from auditor.model import Asset, Reason, Tier
from auditor.probe import Observation, Seen, Unseen
from auditor.probes import bucket_answers as answers
from auditor.reach import Reach

if TYPE_CHECKING:
    from auditor.reach.s3 import Answer, BucketCalls

# The documented code for "not configured", per call (S3 API reference).
NO_POLICY = "NoSuchBucketPolicy"
NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"
NO_OWNERSHIP = "OwnershipControlsNotFoundError"
NO_ENCRYPTION = "ServerSideEncryptionConfigurationNotFoundError"
NO_TAGS = "NoSuchTagSet"

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
SILENCES = 2  # unanswered questions after which a server counts as silent
DIRECTORY_BUCKET = "--x-s3"  # the suffix of directory buckets, which speak another dialect


class BucketProbe:
    kind: ClassVar[str] = "bucket"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (
        BucketPolicy,
        PublicAccessBlock,
        BucketAcl,
        BucketEncryption,
        BucketPlace,
        BucketTags,
    )

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        calls = reach.bucket()
        if calls.name.endswith(DIRECTORY_BUCKET):
            raise Unreachable(Reason.NOT_IMPLEMENTED, f"{asset.address} is a directory bucket, which is not judged")
        questions = _Questions(calls, reach.now())
        groups: tuple[tuple[type[Facts], Callable[[], Facts]], ...] = (
            (BucketPlace, questions.place),  # first: it learns the region and whose the bucket is
            (BucketPolicy, questions.policy),
            (PublicAccessBlock, questions.access_block),
            (BucketAcl, questions.acl),
            (BucketEncryption, questions.encryption),
            (BucketTags, questions.tags),
        )
        return list(_observed(groups, asset))

    def plan(self, asset: Asset) -> Iterable[str]:
        calls = (
            "GetBucketPolicy",
            "GetPublicAccessBlock",
            "GetBucketOwnershipControls",
            "GetBucketAcl (where lists are active, and from compatible servers)",
            "GetBucketEncryption",
            "GetBucketLocation",
            "GetBucketTagging",
        )
        yield from (f"api s3:{call} {asset.address}" for call in calls)
        yield "api sts:GetCallerIdentity, s3control:GetPublicAccessBlock (AWS, once in a run)"


def _observed(groups: Iterable[tuple[type[Facts], Callable[[], Facts]]], asset: Asset) -> Iterator[Observation]:
    """One `Seen` or `Unseen` per group. An answer whose shape its facts refuse was not seen."""
    for facts_type, look in groups:
        try:
            yield Seen(look())
        except Unreachable as failure:
            yield Unseen(facts_type, "", failure.reason, failure.detail)
        except ValueError as refusal:
            yield Unseen(facts_type, "", Reason.MALFORMED, f"{asset.address}: {refusal}")


class _Questions:
    """The questions to one bucket, asked until a final answer."""

    def __init__(self, calls: BucketCalls, now: datetime) -> None:
        self._calls = calls
        self._now = now
        self._server = ServerKind.COMPATIBLE if calls.is_compatible else ServerKind.AWS
        self._final: Unreachable | None = None
        self._silences = 0
        self._account = "" if calls.is_compatible else _account_of(calls)
        self._ours: bool | None = None  # does the bucket belong to that account? None: not settled

    def place(self) -> BucketPlace:
        return answers.parse_place(self._ask_as_owner("get_bucket_location"), self._server, self._now)

    def policy(self) -> BucketPolicy:
        answer = self._ask("get_bucket_policy", NO_POLICY)
        return answers.parse_policy(answer, self._server, self._calls.name, self._now)

    def access_block(self) -> PublicAccessBlock:
        bucket = _outcome(lambda: self._ask_as_owner("get_public_access_block", NO_BLOCK))
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
        return answers.parse_acl(ownership, listed, self._server, self._now)

    def encryption(self) -> BucketEncryption:
        return answers.parse_encryption(self._ask("get_bucket_encryption", NO_ENCRYPTION), self._server, self._now)

    def tags(self) -> BucketTags:
        return answers.parse_tags(self._ask("get_bucket_tagging", NO_TAGS), self._now)

    def _has_no_switch(self, failure: Unreachable) -> bool:
        return self._calls.is_compatible and failure.reason is Reason.NOT_IMPLEMENTED

    def _account_block(self) -> Answer:
        """The account's block, where the account is known to be the bucket's own."""
        if self._calls.is_compatible:
            raise Unreachable(Reason.NOT_IMPLEMENTED, f"s3://{self._calls.name} has no account level")
        if not self._ours:
            raise Unreachable(Reason.ACCESS_DENIED, f"s3://{self._calls.name} is not known to be the credential's own")
        return self._calls.account_access_block()

    def _ask_as_owner(self, method: str, absent: str = "") -> Answer:
        """Ask with the credential's account as the expected owner: an answer proves that the bucket is its own.

        S3 refuses with AccessDenied if it is not (and if the call is not permitted at all), so a refusal is asked
        again without. Compatible servers ignore the parameter, and have no account to name.
        """
        if not self._account or self._ours is False:
            return self._ask(method, absent)
        try:
            answer = self._ask(method, absent, ExpectedBucketOwner=self._account)
        except Unreachable as failure:
            if self._ours or failure.reason is not Reason.ACCESS_DENIED:
                raise
            answer = self._ask(method, absent)
            self._ours = False
            return answer
        self._ours = True
        return answer

    def _ask(self, method: str, absent: str = "", **parameters: str) -> Answer:
        if self._final is not None:
            raise self._final
        try:
            return self._calls.ask(method, absent=absent, **parameters)
        except Unreachable as failure:
            self._silences += failure.reason is Reason.TIMEOUT
            if failure.reason in FINAL or self._silences >= SILENCES:
                self._final = failure
            raise


def _account_of(calls: BucketCalls) -> str:
    """The credential's account id; "" where there is none or it may not be asked."""
    try:
        return calls.account()
    except Unreachable:
        return ""


def _outcome(ask: Callable[[], Answer]) -> Answer | Unreachable:
    """The answer, or why there is none, as a value."""
    try:
        return ask()
    except Unreachable as failure:
        return failure
