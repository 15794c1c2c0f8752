"""Whether certificates were taken back, by their authority's own word. Knows no rule."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


class RevocationState(StrEnum):
    """What an authority says of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN_THERE = "unknown_there"  # an OCSP responder that does not know it (RFC 6960 section 2.2)


class RevocationSource(StrEnum):
    """Where it says so."""

    CRL = "CRL"  # RFC 5280 section 5
    OCSP = "OCSP"  # RFC 6960
    STAPLE = "staple"  # an OCSP answer that the server sent along (RFC 6066 section 8)
    NONE = "none"  # the certificate names no place to ask


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationAnswer(Plain):
    """What was said of one certificate, signed by its issuer. `url`: where; "" for a staple, and for NONE."""

    subject: str
    serial: str  # hexadecimal
    source: RevocationSource
    url: str = ""
    state: RevocationState = RevocationState.GOOD
    revoked_at: datetime | None = None
    why: str = ""  # the authority's word, "key_compromise"; "" where it gives none
    said_at: datetime | None = None  # None: nothing was asked
    next_update: datetime | None = None

    def __post_init__(self) -> None:
        if self.source is RevocationSource.NONE and self.state is not RevocationState.GOOD:
            raise ValueError("nobody said so")
        if (self.said_at is None) != (self.source is RevocationSource.NONE):
            raise ValueError("an answer has a time, and no answer has none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation(Facts):
    """What was said of each certificate of the path, leaf first, the anchor left out."""

    asked_name: str
    answers: tuple[RevocationAnswer, ...]
    lifetime_s: int  # of the leaf
    is_public_store: bool

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.answers:
            raise ValueError("there is a leaf")
