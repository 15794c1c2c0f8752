"""Kinds of personal data that were recognised in a few objects of a bucket. No value is kept, in any form."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


class Detector(StrEnum):
    """What is recognised."""

    US_SSN = "us-ssn"
    US_ITIN = "us-itin"
    US_ALIEN_NUMBER = "us-alien-number"
    US_PASSPORT = "us-passport"
    US_ROUTING = "us-bank-routing"
    US_MEDICARE = "us-medicare-id"
    CARD = "payment-card"
    IBAN = "iban"


class Amount(StrEnum):
    """How many, in steps that tell nobody apart."""

    FEW = "1-9"
    TENS = "10-99"
    MANY = "100+"

    @staticmethod
    def of(count: int) -> Amount:
        return Amount.FEW if count < 10 else Amount.TENS if count < 100 else Amount.MANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected(Plain):
    """One kind of data in one column of one object. Lines of text have one column, 0.

    `object`: tells the objects of one look apart, and nothing more: a hash of the key with a salt that nobody keeps.
    """

    detector: Detector
    object: str
    modified: datetime  # UTC, of the object
    size: int  # bytes, of the object
    column: int
    has_label: bool  # a header or words beside it say so; else its number and shape do
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledContent(Facts):
    """What a look into a few objects recognised. `why_not`: why none was opened; "": some were.

    `listed`: objects whose names were listed; `has_listed_all`: those are all. `picked`: opened, or tried; `read`: of
    those whose text could be read; the others are of a form that is not, are gone, or were not answered for: those are
    `unread`, and `why_unread` is the word of the first one's `Reason`.
    """

    listed: int = 0
    has_listed_all: bool = False
    picked: int = 0
    read: int = 0
    found: tuple[Detected, ...] = ()
    unread: int = 0
    why_unread: str = ""
    why_not: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if bool(self.unread) != bool(self.why_unread):
            raise ValueError("what was not answered for has a reason, and only that has one")
        if bool(self.read) == bool(self.why_not):
            raise ValueError("something was read, or there is a reason why nothing was")
        if not 0 <= self.read + self.unread <= self.picked <= self.listed or self.unread < 0:
            raise ValueError("a part is larger than its whole")
