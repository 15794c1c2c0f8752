"""What the addresses of one name show, side by side. Knows no rule."""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Plain):
    """One answer, in our own words, and where it was given."""

    answer: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Plain):
    """One question to which the addresses of a name gave different answers, the most frequent one first.

    The others say what is different there.
    """

    question: str
    answers: tuple[Shown, ...]

    def __post_init__(self) -> None:
        if len(self.answers) < 2:
            raise ValueError("one answer is no difference")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressDrift(Facts):
    """Derived: where the addresses of one name differ in what protects a visitor. `addresses`: those it has."""

    addresses: tuple[str, ...]
    differences: tuple[Difference, ...]
