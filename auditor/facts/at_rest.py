"""Where data rests on a server, as derived from its block graph: one row per mounted file system and swap."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


class AtRest(StrEnum):
    """What lies below a mount or swap. How sure `ENCRYPTED` is, `Confidence` says."""

    ENCRYPTED = "encrypted"
    PLAIN = "plain"
    PARTLY_PLAIN = "partly_plain"
    UNKNOWN = "unknown"
    MEMORY = "memory"
    EXEMPT = "exempt"
    VOLUME = "volume"  # nothing encrypts it within the guest; whether its cloud does below it, only the cloud can tell


class Confidence(StrEnum):
    """What "encrypted" rests on."""

    LAYER_ONLY = "layer-only"  # an encrypting layer was seen, its cipher was not read
    CIPHER_VERIFIED = "cipher-verified"  # the cipher of every layer was read
    ASSERTED = "asserted"  # somebody else says so: a cloud's interface, a vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting(Plain):
    """One mounted file system or swap: its state, the chain of devices below it as text, and why it is not judged."""

    place: str  # "mount /srv/records", "swap /dev/dm-1"
    state: AtRest
    chain: str = ""  # "/srv/records <- LUKS2 records_crypt <- vdb"
    why: str = ""  # for UNKNOWN and EXEMPT
    is_settled: bool = True  # False: something below it could not be seen, whatever the rest says
    confidence: Confidence | None = None  # of ENCRYPTED alone
    layers: tuple[str, ...] = ()  # the encrypting devices below it, by kernel name
    plain_on: tuple[str, ...] = ()  # the devices that hold it without an encrypting layer, by kernel name


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
class PlacesAtRest(DataAtRest):
    """Settles: does one of these places lie on plain storage, wholly or in part? No places: there are none."""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.is_settled and not self.those(AtRest.PLAIN, AtRest.PARTLY_PLAIN):
            raise ValueError("a place that was not settled proves no health")


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapAtRest(PlacesAtRest):
    """Every swap. No places: /proc/swaps was read whole and lists none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HibernationAtRest(PlacesAtRest):
    """Where memory is written when the machine hibernates. No places: it cannot, or no place is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovableAtRest(PlacesAtRest):
    """Mounts on disks that are made to be carried away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryAtRest(PlacesAtRest):
    """Directories of temporary files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashDumpsAtRest(PlacesAtRest):
    """Directories that crash dumps, memory images of programs or of the kernel, are written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasesAtRest(PlacesAtRest):
    """Data directories of database servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupsAtRest(PlacesAtRest):
    """Directories and mounts that are named after backups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenAtRest(PlacesAtRest):
    """Devices with a file system that is not mounted, as far as udev told."""


def _require(facts: DataAtRest, fault: AtRest) -> None:
    """Health needs every place settled; one proven fault needs no other."""
    Facts.__post_init__(facts)
    if not facts.places:
        raise ValueError("a server without any mount was not seen")
    if not facts.is_settled and not facts.those(fault):
        raise ValueError("a mount that was not settled proves no health")
