"""What speaks of a bucket's data, beside what the inventory declares: derived at judging time, never kept."""

from __future__ import annotations

from auditor.facts.base import Facts
from auditor.facts.sampling import Detected
from auditor.model import Sensitivity
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentAgainstClass(Facts):
    """What was recognised in a few objects, beside the declared class. `why_not`: why none was opened."""

    sensitivity: Sensitivity
    read: int
    listed: int
    found: tuple[Detected, ...]
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagAgainstClass(Facts):
    """What the bucket's own tag says of its data. `tagged` None: nothing that is known here; `why_not` says why."""

    sensitivity: Sensitivity
    tag: str
    value: str = ""
    tagged: Sensitivity | None = None
    why_not: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.tagged is None) != bool(self.why_not):
            raise ValueError("a tag says something, or there is a reason why not")


@dataclass(frozen=True, slots=True, kw_only=True)
class NameAgainstClass(Facts):
    """Words of the bucket's name that are often those of sensitive data. A suspicion, and never more."""

    sensitivity: Sensitivity
    bucket: str
    words: tuple[str, ...]
