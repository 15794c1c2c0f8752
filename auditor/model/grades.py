"""Letters, what holds them down, and what is counted beside them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from auditor.model.words import Letter
from auditor.records import dataclass


@dataclass(frozen=True, slots=True)
class Letters:
    """The three letters of one thing. Always `at_worst <= measured <= accepted`."""

    measured: Letter
    at_worst: Letter
    accepted: Letter


class StepKind(StrEnum):
    FIX = "fix"  # make a failed or unseen check pass
    SEE = "see"  # see any one check of an asset that is not graded
    ASK = "ask"  # ask the tiers without which no A+ is given
    CLAIM = "claim"  # claim or exclude assets that were found
    DISCOVER = "discover"  # look for assets that no inventory lists
    ADD = "add"  # give a system an asset


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that stands between a letter and the next one."""

    kind: StepKind
    subject: str  # asset id, or "" for the city's own
    check: str = ""
    locus: str = ""
    effort: int = 1


@dataclass(frozen=True, slots=True)
class NextLetter:
    """Doing all `steps` is necessary and sufficient for `letter`, as far as was seen. None: already the best."""

    letter: Letter
    steps: Sequence[Step]  # it may make them as it is read


@dataclass(frozen=True, slots=True)
class Alone:
    """The measured letter, were one check to pass at all its places and all else to stay as it is."""

    check: str
    letter: Letter


@dataclass(frozen=True, slots=True)
class Counts:
    """What stands beside every letter."""

    asked: int = 0
    answered: int = 0
    unknown: int = 0
    stale: int = 0
    attested: int = 0
    waived: int = 0
    failed: int = 0

    @property
    def coverage(self) -> float | None:
        """Answered ÷ asked, 0 to 1; None where nothing was asked. Printed, never graded."""
        return self.answered / self.asked if self.asked else None

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.asked + other.asked,
            self.answered + other.answered,
            self.unknown + other.unknown,
            self.stale + other.stale,
            self.attested + other.attested,
            self.waived + other.waived,
            self.failed + other.failed,
        )


@dataclass(frozen=True, slots=True)
class Grade:
    """One graded thing: an asset, a system, a department or the city."""

    id: str
    letters: Letters
    counts: Counts
    held_by: Sequence[Step] = ()  # what caps it at its measured letter; it may make them as it is read
    next: NextLetter | None = None
    alone: Sequence[Alone] = ()  # of an asset and a system: each check that caps it, by id; it may make them too


@dataclass(frozen=True, slots=True)
class CityGrade:
    """The whole: its grade, how the systems are spread, and the number to follow over the years."""

    grade: Grade
    distribution: tuple[tuple[Letter, int], ...]  # every letter of the ladder, best first
    sensitive_at_b: int
    sensitive_systems: int
    found_unclaimed: int
    caps: tuple[str, ...] = ()  # the city's own caps, in plain words
