"""Reading a few objects of a bucket with a credential of its own: a bounded list of names, and first bytes, in memory.

What was read goes to whoever asked, and nowhere else: no message of a failure holds any of it, nor an object's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.reach.s3 import Storage
    from auditor.reach.s3_calls import Answer, Question

PAGES = 3  # of the list of objects
PAGE = 1_000  # names
FIRST_BYTES = 65_536  # of one object
CALLS = 32  # exchanges for one bucket, redirects and retries among them
SPARE = 4_096  # bytes beside the content


@dataclass(frozen=True, slots=True, repr=False)
class Stored:
    """One object of a list. Its key is not shown: it may hold a person's name."""

    key: str
    size: int
    modified: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Shelf:
    """The first names of a bucket, in the order of the server. `is_whole`: there are no others."""

    objects: tuple[Stored, ...]
    is_whole: bool


class ObjectReader:
    """One bucket, within one allowance. Every failure is an `Unreachable` with its reason."""

    def __init__(self, storage: Storage, asset: Asset, profile: str) -> None:
        from auditor.reach.s3_calls import Allowance  # noqa: PLC0415 - the SDK

        self.name = asset.address.removeprefix("s3://")
        self._storage = storage
        self._profile = profile
        self._account = asset.account or ""
        self._allowance = Allowance(storage.access.limits, asset.address, calls=CALLS, retries=1)

    def listed(self) -> Shelf:
        found: list[Stored] = []
        token = ""
        for _ in range(PAGES):
            value = self._ask("list_objects_v2", **({"ContinuationToken": token} if token else {})).value or {}
            found += _objects(value)
            following = value.get("NextContinuationToken")
            if not value.get("IsTruncated"):
                return Shelf(tuple(found), is_whole=True)
            if not isinstance(following, str) or following == token:
                break
            token = following
        return Shelf(tuple(found), is_whole=False)

    def first_bytes(self, stored: Stored) -> bytes:
        """At most `FIRST_BYTES`."""
        answer = self._ask("get_object", Key=stored.key, Range=f"bytes=0-{FIRST_BYTES - 1}")
        body = (answer.value or {}).get("Body")
        read = getattr(body, "read", None)
        content = read() if callable(read) else b""
        return bytes(content)[:FIRST_BYTES]

    def _ask(self, method: str, **parameters: str | int) -> Answer:
        from auditor.reach.s3_calls import ask_patiently  # noqa: PLC0415 - the SDK

        question = self._question(method, parameters)
        try:
            return ask_patiently(self._storage, self._profile, question, self._allowance, f"s3://{self.name}")
        except Unreachable as failure:  # what the SDK says of a failure could name the object
            raise Unreachable(failure.reason, f"s3://{self.name} {method}") from None

    def _question(self, method: str, parameters: Mapping[str, str | int]) -> Question:
        from auditor.reach.s3_calls import Question  # noqa: PLC0415 - the SDK

        owner = {"ExpectedBucketOwner": self._account} if self._account and not self._storage.is_compatible else {}
        fixed: dict[str, str | int] = {"Bucket": self.name, **owner, **parameters}
        if method == "list_objects_v2":
            fixed["MaxKeys"] = PAGE
        longest = FIRST_BYTES + SPARE if method == "get_object" else PAGE * 2_048
        return Question(service="s3", method=method, parameters=fixed, most_bytes=longest)


def _objects(value: Mapping[str, object]) -> Iterator[Stored]:
    rows = value.get("Contents", [])
    for row in rows if isinstance(rows, list) else ():
        key, size, modified = row.get("Key"), row.get("Size"), row.get("LastModified")
        if not isinstance(key, str) or not isinstance(size, int) or not isinstance(modified, datetime):
            raise Unreachable(Reason.MALFORMED, "a list of objects with one that has no name, size or date")
        yield Stored(key, size, modified.astimezone(UTC))
