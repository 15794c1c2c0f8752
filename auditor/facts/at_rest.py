"""Where data rests on a server, as derived from its block graph: one row per mounted file system and swap."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


class AtRest(StrEnum):
    """What lies below a mount or swap. `ENCRYPTED`: an encrypting layer was seen; its cipher was not read."""

    ENCRYPTED = "encrypted"
    PLAIN = "plain"
    PARTLY_PLAIN = "partly_plain"
    UNKNOWN = "unknown"
    MEMORY = "memory"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting(Plain):
    """One mounted file system or swap: its state, the chain of devices below it as text, and why it is not judged."""

    place: str  # "mount /srv/records", "swap /dev/dm-1"
    state: AtRest
    chain: str = ""  # "ext4 on dm-3 (LUKS2 records_crypt) on vdb"
    why: str = ""  # for UNKNOWN and EXEMPT
    is_settled: bool = True  # False: something below it could not be seen, whatever the rest says


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAtRest(Facts):
    """What one question about data at rest needs. `places`: every mount (or swap), also those that are exempt.

    The subclasses answer one question each, so that an unknown place does not hide a proven fault: they exist only
    where the facts settle their question. ValueError otherwise.
    """

    places: tuple[Resting, ...]

    def those(self, *states: AtRest) -> tuple[Resting, ...]:
        return tuple(place for place in self.places if place.state in states)

    @property
    def is_settled(self) -> bool:
        return all(place.is_settled for place in self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainMounts(DataAtRest):
    """Settles: does some mounted file system lie wholly on plain storage?"""

    def __post_init__(self) -> None:
        _require(self, AtRest.PLAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartlyPlainMounts(DataAtRest):
    """Settles: does some mounted file system lie on plain and encrypted storage at once?"""

    def __post_init__(self) -> None:
        _require(self, AtRest.PARTLY_PLAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapAtRest(DataAtRest):
    """Settles: is memory swapped to plain storage? No places: /proc/swaps was read whole and lists none.

    `hibernation`: the chain below the hibernation target, "" where there is none. Shown, not judged.
    """

    hibernation: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.is_settled and not self.those(AtRest.PLAIN, AtRest.PARTLY_PLAIN):
            raise ValueError("a swap that was not settled proves no health")


def _require(facts: DataAtRest, fault: AtRest) -> None:
    """Health needs every place settled; one proven fault needs no other."""
    Facts.__post_init__(facts)
    if not facts.places:
        raise ValueError("a server without any mount was not seen")
    if not facts.is_settled and not facts.those(fault):
        raise ValueError("a mount that was not settled proves no health")
