"""The words of the ladder and of a verdict."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Tier(StrEnum):
    """How much a check asks of its target; the inventory says which tiers are asked of an asset."""

    NIGHTLY = "nightly"
    DEEP = "deep"
    PRIVILEGED = "privileged"
    ONLINE = "online"


class Severity(IntEnum):
    """How bad a failure of a check is, whatever data is behind it. Belongs to the check."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Sensitivity(IntEnum):
    """The tier of a data class. `UNDECLARED` is graded like confidential data."""

    PUBLIC = 1
    INTERNAL = 2
    UNDECLARED = 3
    CONFIDENTIAL = 4
    RESTRICTED = 5

    @property
    def word(self) -> str:
        return self.name.lower()

    @property
    def is_sensitive(self) -> bool:
        return self >= Sensitivity.UNDECLARED


class KeyNeed(IntEnum):
    """Whose key a data class asks for beyond what its tier does; the higher one counts."""

    BY_TIER = 0
    CUSTOMER = 1  # a key of the city's own account
    OWN_STORE = 2  # such a key, in a key store of the city's own


class Outcome(StrEnum):
    """What a check says of one locus. `UNKNOWN` is made by `judge.py` alone."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Basis(StrEnum):
    """How sure we are: seen by us, taken from another tool, or told."""

    OBSERVED = "observed"
    IMPORTED = "imported"
    DECLARED = "declared"


class Standing(StrEnum):
    """Why an outcome counts at the as-of instant."""

    NOW = "now"
    KEPT = "kept"  # its tier was not asked this time, or its locus is gone; the last outcome there still counts
    STALE = "stale"  # asked and not seen this time; the last outcome at that locus still stands
    ATTESTED = "attested"  # not seen; somebody with a name answers for it

    @property
    def is_answer(self) -> bool:
        """Was everything that this run asked of it answered?"""
        return self in (Standing.NOW, Standing.KEPT)


class Letter(IntEnum):
    """The ladder. NG is "not graded": nothing was seen, which is worse than D and is never called F."""

    F = 0
    NG = 1
    D = 2
    C = 3
    B = 4
    A = 5
    A_PLUS = 6

    def __str__(self) -> str:
        return "A+" if self is Letter.A_PLUS else self.name
