"""What a probe is, and the three things it may say. Knows no network and no check."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Protocol

from auditor.facts.base import Facts
from auditor.model import Asset, Basis, Reason, Tier
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.reach import Reach


@dataclass(frozen=True, slots=True)
class Seen:
    """Facts of one locus: address:port, mount, path; "" where there is only one."""

    facts: Facts
    locus: str = ""
    basis: Basis = Basis.OBSERVED


@dataclass(frozen=True, slots=True)
class Unseen:
    """A facts type that could not be seen at a locus. `locus` "" speaks for the whole asset."""

    facts_type: type[Facts]
    locus: str
    reason: Reason
    detail: str  # names the address and what was tried; never a secret


@dataclass(frozen=True, slots=True)
class Found:
    """Something that no inventory lists: judged as unclaimed."""

    asset: Asset


Observation = Seen | Unseen | Found


class Company(Enum):
    """Whether a probe may look at its asset while another one does (`reach.company`): as the value of its `company`.

    LEADS: it tells its reach when the host has answered (`Reach.welcome`), and asks itself what is in doubt once more.
    JOINS: it tells its reach of every no that may not be one if asked alone (`Reach.doubt`); what is in doubt is thrown
    away, and the whole probe is asked again.
    """

    ALONE = "alone"
    LEADS = "leads"
    JOINS = "joins"


def leads(probe: Probe) -> bool:
    return getattr(probe, "company", Company.ALONE) is Company.LEADS


def joins(probe: Probe) -> bool:
    return getattr(probe, "company", Company.ALONE) is Company.JOINS


def late_of(probe: Probe) -> tuple[str, ...]:
    """The modules that it loads when it looks for the first time, as the value of its `late`: they take long."""
    late: tuple[str, ...] = getattr(probe, "late", ())
    return late


class Probe(Protocol):
    """Looks; never judges.

    For each type in `yields` it says exactly one `Seen` or `Unseen` per locus. It is asked only where the asset's
    tiers hold `tier`. It may raise `Unreachable` when nothing at all could be seen. Without a `company` it looks alone.
    What takes long to load it may load when it looks, and name it in `late`, so that a run can load it before.
    """

    kind: ClassVar[str]
    tier: ClassVar[Tier]
    yields: ClassVar[tuple[type[Facts], ...]]

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]: ...

    def plan(self, asset: Asset) -> Iterable[str]:
        """What `observe` would touch, one line each, without touching it: "tcp host:port …", "api GetBucketAcl …"."""
        ...
