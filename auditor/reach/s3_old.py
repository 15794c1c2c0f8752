"""The versions of a bucket's objects, and the headers of some. No message of a failure holds an object's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.reach.s3_calls import Allowance, Answer, Question, ask_patiently
from auditor.reach.s3_pages import Page, Paging, pages

if TYPE_CHECKING:
    from auditor.reach.s3 import Storage

CALLS = 2_100  # exchanges for one bucket
RETRIES = 5
PAGE = 1_000
LIST_BYTES = 4_194_304  # of one page
OF_VERSIONS = Paging(("NextKeyMarker", "NextVersionIdMarker"), ("KeyMarker", "VersionIdMarker"), flag="IsTruncated")
# What HEAD says of an object whose key whoever reads must send; and to a credential that has run out: it has no body to
# say more.
NEEDS_A_KEY = "400"


class ObjectCalls:
    """One bucket, within one allowance, in one thread. Every failure is an `Unreachable` with its reason."""

    CUSTOMER_KEY: ClassVar[str] = "customer"

    def __init__(self, storage: Storage, asset: Asset) -> None:
        self.is_compatible = storage.is_compatible
        self._name = urlsplit(asset.address).netloc
        self._storage = storage
        self._profile = asset.credential
        self._owner = {"ExpectedBucketOwner": asset.account} if asset.account and not self.is_compatible else {}
        limits = storage.access.limits
        self._allowance = Allowance(limits, f"s3://{self._name}", calls=CALLS, retries=RETRIES)

    def pages(self, most: int) -> Iterator[Page]:
        """Of versions. Raises Unreachable for the first page."""

        def ask(following: Mapping[str, str]) -> Answer:
            return self._ask("list_object_versions", {"MaxKeys": PAGE, **following}, most_bytes=LIST_BYTES)

        return pages(ask, OF_VERSIONS, most)

    def encryption_of(self, row: Mapping[str, object]) -> str:
        """What the headers of one version say: an algorithm, "" for none, or CUSTOMER_KEY. Raises Unreachable."""
        key, version = row.get("Key"), row.get("VersionId")
        if not isinstance(key, str) or not key:
            raise Unreachable(Reason.MALFORMED, f"s3://{self._name} lists an object without a name")
        which = {"VersionId": version} if isinstance(version, str) and version not in ("", "null") else {}
        answer = self._ask("head_object", {"Key": key, **which}, absent=NEEDS_A_KEY)
        if answer.value is None or answer.value.get("SSECustomerAlgorithm"):
            return self.CUSTOMER_KEY
        said = answer.value.get("ServerSideEncryption")
        return said if isinstance(said, str) else ""

    def require_answers(self) -> None:
        """The credential still opens the bucket. Raises Unreachable with the reason that a HEAD has no body for."""
        self._ask("list_object_versions", {"MaxKeys": 1})

    def _ask(self, method: str, parameters: Mapping[str, str | int], absent: str = "", most_bytes: int = 0) -> Answer:
        question = Question(
            service="s3",
            method=method,
            parameters={"Bucket": self._name, **self._owner, **parameters},
            absent=absent,
            most_bytes=most_bytes,
        )
        try:
            return ask_patiently(self._storage, self._profile, question, self._allowance, f"s3://{self._name}")
        except Unreachable as failure:  # what the SDK says of a failure could name the object
            raise Unreachable(failure.reason, f"s3://{self._name} {method}") from None
