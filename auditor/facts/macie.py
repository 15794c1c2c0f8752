"""What Amazon Macie told of a bucket's content: kinds and steps of counts. No value, no object's name."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.facts.sampling import Amount
from auditor.model import Sensitivity
from auditor.records import dataclass


class MacieCategory(StrEnum):
    """The last word of a finding's type, as the Macie User Guide lists them."""

    CREDENTIALS = "Credentials"
    CUSTOM = "CustomIdentifier"
    FINANCIAL = "Financial"
    MULTIPLE = "Multiple"
    PERSONAL = "Personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class MacieFound(Plain):
    """Findings of one category that are not archived; each is of one object."""

    category: MacieCategory
    objects: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class MacieResults(Facts):
    """What Macie found, and when it looked last. `why_not`: why nothing follows from its silence; "" where it looked.

    Findings stand whatever `why_not` says of the rest.
    """

    found: tuple[MacieFound, ...] = ()
    looked_at: datetime | None = None  # UTC; by a job, or by automated discovery
    readable: int | None = None  # objects that it can read
    objects: int | None = None
    why_not: str = ""
    request_id: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.looked_at is None and not self.why_not and not self.found:
            raise ValueError("Macie looked, or found something, or there is a reason why nothing is known")
        if len({one.category for one in self.found}) < len(self.found):
            raise ValueError("a category is told of twice")


# Derived at judging time, never kept.


@dataclass(frozen=True, slots=True, kw_only=True)
class MacieAgainstClass(Facts):
    """What Macie found, beside the declared class. `looked`: when and into how much, in words."""

    sensitivity: Sensitivity
    found: tuple[MacieFound, ...]
    looked: str = ""
    why_not: str = ""
