"""The lists of objects that S3 Inventory writes into another bucket: their folders, and their bytes in pieces.

Those bytes hold objects' names. They go to whoever asked, and no message of a failure holds any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.s3_calls import Allowance, Answer, Question, ask_patiently

if TYPE_CHECKING:
    from auditor.reach.s3 import Storage

CALLS = 400  # exchanges for the lists of one bucket
RETRIES = 3
FOLDERS = 100  # names of one answer: a list a day, from the last few
PIECE = 1_048_576  # bytes that are fetched at once
SPARE = 4_096  # bytes beside the content
NOT_THERE = "NoSuchKey"


class ListReader:
    """One destination, within one allowance, in one thread. Every failure is an `Unreachable` with its reason.

    `owner`: the account that the destination must belong to; AWS refuses where it is another's.
    """

    def __init__(self, storage: Storage, profile: str | None, bucket: str, *, owner: str, region: str = "") -> None:
        self.bucket = bucket
        self._storage = storage
        self._profile = profile
        self._owner = owner
        self._region = region
        limits = storage.access.limits
        self._allowance = Allowance(limits, f"s3://{bucket}", calls=CALLS, retries=RETRIES)

    def folders(self, prefix: str, after: str) -> tuple[str, ...]:
        """What stands directly below `prefix` and behind `after`, in order; both end like a key. No key is listed."""
        value = self._ask(
            "list_objects_v2", {"Prefix": prefix, "StartAfter": after, "Delimiter": "/", "MaxKeys": FOLDERS}
        ).value
        rows = (value or {}).get("CommonPrefixes", [])
        names = [row.get("Prefix") for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        return tuple(sorted(name for name in names if isinstance(name, str) and name.startswith(prefix)))

    def whole(self, key: str, most_bytes: int) -> bytes | None:
        """A small object; None where there is none."""
        answer = self._ask("get_object", {"Key": key}, most_bytes=most_bytes, absent=NOT_THERE)
        return None if answer.value is None else _body(answer, self.bucket)

    def pieces(self, key: str, size: int) -> Iterator[bytes]:
        """A large one of that many bytes, piece by piece. Raises Unreachable(TRUNCATED) where it has fewer."""
        for first in range(0, size, PIECE):
            last = min(first + PIECE, size) - 1
            answer = self._ask("get_object", {"Key": key, "Range": f"bytes={first}-{last}"}, most_bytes=PIECE + SPARE)
            piece = _body(answer, self.bucket)
            if len(piece) != last - first + 1:
                raise Unreachable(Reason.TRUNCATED, f"s3://{self.bucket}: a list of objects")
            yield piece

    def _ask(self, method: str, parameters: Mapping[str, str | int], most_bytes: int = 0, absent: str = "") -> Answer:
        question = Question(
            service="s3",
            method=method,
            parameters={"Bucket": self.bucket, "ExpectedBucketOwner": self._owner, **parameters},
            absent=absent,
            region=self._region,
            most_bytes=most_bytes,
        )
        try:
            return ask_patiently(self._storage, self._profile, question, self._allowance, f"s3://{self.bucket}")
        except Unreachable as failure:  # what the SDK says of a failure could hold more than the bucket's name
            raise Unreachable(failure.reason, f"s3://{self.bucket} {method}") from None


def _body(answer: Answer, bucket: str) -> bytes:
    """The content. The SDK compares it with a checksum that the answer may carry."""
    read = getattr((answer.value or {}).get("Body"), "read", None)
    try:
        content = read() if callable(read) else b""
    except BotoCoreError as error:
        raise Unreachable(Reason.MALFORMED, f"s3://{bucket} ({type(error).__name__})") from None
    return bytes(content)
