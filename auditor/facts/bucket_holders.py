"""Who holds a bucket: what was told of one that a name leads to, and what follows for any. Knows no rule."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts
from auditor.model import Sensitivity
from auditor.records import dataclass


class BucketState(StrEnum):
    EXISTS = "exists"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBucket(Facts):
    """What was told of the bucket that a service's name leads to. `why_not`: why nobody could be asked of one.

    `url`: the redirect that leads there, and `aliases` are the hosts on its way; "": the name's own aliases lead there.
    `holder`: the audited account in whose list it stands; "" for none. `listed`: audited accounts in whose whole list
    it does not stand. `unlisted`: the word of a `Reason` why a list was not seen whole.
    """

    name: str
    aliases: tuple[str, ...] = ()
    url: str = ""
    at: str = ""  # the provider's name that it leads to; "": to none
    provider: str = ""
    bucket: str = ""
    state: BucketState | None = None
    told_by: str = ""  # "dns": the provider's name does not exist; "provider"
    holder: str = ""
    listed: tuple[str, ...] = ()
    unlisted: str = ""
    why_not: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.state is None) != bool(self.why_not):
            raise ValueError("somebody told of the bucket, or there is a reason why nobody could")
        if self.holder and self.state is not BucketState.EXISTS:
            raise ValueError("a bucket that is not there belongs to nobody")
        if bool(self.state) and not self.at:
            raise ValueError("a bucket that was told of lies somewhere")


# Derived at judging time, never kept.


class Holder(StrEnum):
    NOBODY = "nobody"  # there is no bucket, or none that has an account
    CITY = "city"
    VENDOR = "vendor"  # by an agreement in force that covers what the asset holds
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding(Facts):
    """Who holds a bucket, and by which agreement. `bucket` in words; `by`: the account or the vendor's agreement.

    `lapsed`: an entry of the vendor register that would fit and does not count, with the reason. `why_not`: for NOBODY.
    """

    bucket: str
    holder: Holder
    by: str = ""
    lapsed: str = ""
    why_not: str = ""
    sensitivity: Sensitivity

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.holder is Holder.NOBODY) != bool(self.why_not):
            raise ValueError("where nobody holds it, there is a reason to say so")


@dataclass(frozen=True, slots=True, kw_only=True)
class NameHolding(Holding):
    """Of the bucket that a service's name leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketHolding(Holding):
    """Of a bucket that is itself looked at."""
