"""What the DNS says of who may issue certificates for a name (CAA, RFC 8659). Knows no authority and no rule."""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaRecord(Plain):
    """One record. `tag` in lower case; `value` was chosen by whoever runs the zone."""

    flags: int
    tag: str
    value: str

    @property
    def is_critical(self) -> bool:
        """An issuer that does not know the tag must not issue (section 4.1)."""
        return bool(self.flags & 0x80)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaSet(Plain):
    """The records that count for a name: the first that are found on the way up (section 3).

    `found_at`: the name that has them, "" where neither the name nor any parent has. `asked`: the names of that way.
    """

    name: str
    found_at: str
    records: tuple[CaaRecord, ...]
    asked: tuple[str, ...]

    def __post_init__(self) -> None:
        if bool(self.found_at) != bool(self.records):
            raise ValueError("records stand at a name")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaSeen(Facts):
    """The records for the service's name, and for a wildcard certificate that covers it.

    `for_name` None: CAA does not bind here, and nobody was asked: `why_not` says why. `for_wildcard`: those that count
    for `*.` and the name's parent; None: the name has no parent but a top-level one.
    """

    for_name: CaaSet | None
    for_wildcard: CaaSet | None = None
    why_not: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.for_name is None) != bool(self.why_not):
            raise ValueError("records were asked for, or there is a reason why not")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaFound(Facts):
    """Derived: the records that count for the certificate that was seen, whoever they allow.

    `found_at` "": there are none. `is_bounding`: they bound who may issue it; those that only say whom to tell do not.
    `why_not`: why CAA does not bind here; "": it does.
    """

    issuer: str
    found_at: str
    listed: tuple[str, ...]
    is_bounding: bool
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaPermission(Facts):
    """Derived: do the records that count let the issuer that was seen issue? Exists only where both are known.

    `refusal`: why not, as half a sentence; "": they do. `found_at` "": there are no records. `why_not`: why CAA
    does not bind here; "": it does.
    """

    issuer: str
    found_at: str
    listed: tuple[str, ...]
    refusal: str
    why_not: str
