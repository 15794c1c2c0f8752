"""How new objects of a bucket are encrypted, and who holds the key. Derived when judged, never kept."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from auditor.facts.base import Facts
from auditor.model import KeyNeed, Sensitivity
from auditor.records import dataclass


class KeyLevel(IntEnum):
    """How far the key of new objects is from the provider's own hands."""

    NONE = 0
    PROVIDER = 1
    PROVIDER_KMS = 2
    CUSTOMER = 3
    OWN_STORE = 4  # the customer's, in a key store of its own: an external one, or a CloudHSM cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAtRest(Facts):
    """The weakest default for new objects. `algorithm` "" and `key_id` None at level NONE.

    `not_kept`: the server that is known to store this setting and not to obey it, which makes the level NONE.
    """

    level: KeyLevel
    algorithm: str
    key_id: str | None
    sensitivity: Sensitivity
    not_kept: str = ""


class KeyHolder(StrEnum):
    NOBODY = "nobody"  # there is no key
    PROVIDER = "provider"
    CITY = "city"
    STRANGER = "stranger"  # an account that is not the city's own
    NOT_ASKED = "not_asked"  # the data does not ask for one of the city's own


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHolding(Facts):
    """Who holds the key of new objects, by what the key service told of it."""

    level: KeyLevel
    holder: KeyHolder
    algorithm: str
    key_id: str | None
    sensitivity: Sensitivity
    need: KeyNeed = KeyNeed.BY_TIER
