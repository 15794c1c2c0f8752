"""Whose a bucket is, and with whom it is asked for: the safety belt against a bucket that somebody registered anew."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.facts.storage import ServerKind
from auditor.facts.storage_account import BucketOwner
from auditor.model import Reason

if TYPE_CHECKING:
    from auditor.reach.s3 import BucketCalls


class Belonging:
    """What the credential's account says of a bucket, asked once in a run for all of them.

    `expected`: the account that every call names as the bucket's owner; "" for none. `is_tried`: it is a guess, to be
    given up where the first call is refused (S3 says AccessDenied if the owner is another, and if the call is not
    permitted at all). `is_proven`: an answer came to a call that named it.
    """

    def __init__(self, calls: BucketCalls, declared: str) -> None:
        self.account, self.region, self.canonical_id, self.request_id = "", "", "", ""
        self._name = calls.name
        self.declared = declared
        self.is_listed: bool | None = None
        self.is_proven: bool | None = None
        self.failure: Unreachable | None = None  # why it is not settled by the account
        self.account_reason = self.list_reason = Reason.NOT_IMPLEMENTED.word
        if calls.is_compatible:
            self.expected, self.is_tried = "", False
            return
        self._ask_for_account(calls)
        self._ask_for_list(calls)
        is_known = self.is_listed or bool(declared)
        self.expected = declared or ("" if self.is_listed is False else self.account)
        self.is_tried = bool(self.expected) and not is_known

    @property
    def is_ours(self) -> bool | None:
        """Does it belong to the credential's account? None: not settled."""
        if self.is_listed is not None:
            return self.is_listed
        return True if self.is_proven and self.expected == self.account else None

    def require_ours(self, bucket: str) -> None:
        """Raises Unreachable where what is said of the account may not be said of the bucket."""
        if self.is_ours:
            return
        if self.is_ours is None and self.failure is not None:
            raise Unreachable(self.failure.reason, self.failure.detail)
        raise Unreachable(Reason.ACCESS_DENIED, f"s3://{bucket} is not known to be the credential's own")

    def answered(self) -> None:
        """An answer came to a call that named `expected`."""
        self.is_proven, self.is_tried = True, False

    def refused(self) -> None:
        """A call was refused that named `expected`, and answered without: it is another's, or was always another's."""
        self.expected, self.is_tried = "", False

    def facts(self, server: ServerKind, owner: str, now: datetime) -> BucketOwner:
        """`owner`: the canonical id that the bucket's access control list names; "" where it was not read.

        Raises Unreachable where nothing at all was told.
        """
        is_silent = not self.account and self.is_listed is None and not self.is_proven and not owner
        if is_silent and self.failure is not None:
            raise Unreachable(self.failure.reason, self.failure.detail)
        return BucketOwner(
            observed_at=now,
            server=server,
            bucket=self._name,
            account=self.account,
            account_canonical_id=target_text(self.canonical_id),
            declared_account=self.declared,
            is_listed=self.is_listed,
            is_proven=self.is_proven,
            owner_canonical_id=target_text(owner),
            account_reason=self.account_reason,
            list_reason=self.list_reason,
            request_id=target_text(self.request_id),
        )

    def _ask_for_account(self, calls: BucketCalls) -> None:
        try:
            self.account, self.account_reason = calls.account.number(), ""
        except Unreachable as failure:
            self.account_reason, self.failure = failure.reason.word, failure

    def _ask_for_list(self, calls: BucketCalls) -> None:
        """A list that broke off before the bucket's name says nothing of it."""
        try:
            listing = calls.account.listing()
        except Unreachable as failure:
            self.list_reason, self.failure = failure.reason.word, failure
            return
        self.canonical_id, self.request_id = listing.canonical_id, listing.request_id
        self.region = listing.regions.get(calls.name, "")
        is_named = calls.name in listing.regions
        self.failure = None if is_named else listing.failure
        self.is_listed = is_named if self.failure is None else None
        self.list_reason = self.failure.reason.word if self.failure else ""
