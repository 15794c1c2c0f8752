"""What was seen of objects that are older than encryption by default. Counts alone: no object's name is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from auditor.facts.base import Facts
from auditor.facts.storage import ServerKind
from auditor.records import dataclass

ENCRYPTED_SINCE = datetime(2023, 1, 5, tzinfo=UTC)  # AWS encrypts every new object since that day


class ObjectSource(StrEnum):
    LIST = "list"  # the objects' names and dates, then the headers of the old ones
    INVENTORY = "inventory"  # the newest manifest of S3 Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class OldObjects(Facts):
    """How many objects, older versions among them, are older than `ENCRYPTED_SINCE`, and how many of those are plain.

    `is_complete` False: the bounds of the look were reached, or some could not be asked; the counts are floors.
    `as_of`: when the source was made, which for an inventory is days before it was read.
    """

    server: ServerKind
    source: ObjectSource
    counted: int  # versions listed
    old: int  # of them older
    headed: int  # of those asked, or told by the inventory
    without_encryption: int  # of those without encryption by the server
    customer_key: int = 0  # of those encrypted with a key that whoever reads must send (SSE-C)
    is_complete: bool
    why_incomplete: str = ""  # the word of a `Reason`
    as_of: datetime

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not 0 <= self.without_encryption + self.customer_key <= self.headed <= self.old <= self.counted:
            raise ValueError("a part is larger than its whole")
        if min(self.without_encryption, self.customer_key) < 0:
            raise ValueError("no count is below zero")
        if self.is_complete == bool(self.why_incomplete):
            raise ValueError("an incomplete look has a reason, and only it has one")
        if self.is_complete and self.headed < self.old:
            raise ValueError("a complete look asks every old object")
        if not self.counted and not self.is_complete:
            raise ValueError("a list that broke off before its first row says nothing")
