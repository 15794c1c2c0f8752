"""What holds letters down: caps, and the steps that take them away. Those of many assets are kept as they are alike.

A system that is one account has tens of thousands of them, which differ in nothing but the asset and the place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from auditor.made import Made
from auditor.model import Letters, Step, StepKind
from auditor.records import dataclass

Alike = tuple[int, StepKind, str]  # effort, kind, check: what steps have in common
Places = tuple[Sequence[str], Sequence[str]]  # subjects, and the locus of each


@dataclass(frozen=True, slots=True)
class Cap:
    """One reason why a letter is no better, and what takes it away."""

    letters: Letters
    step: Step


class Steps(Made[Step]):
    """Each once, the easiest first; made as they are read."""

    __slots__ = ("_groups",)

    def __init__(self, groups: Mapping[Alike, Places]) -> None:
        in_order = sorted(groups, key=lambda alike: (alike[0], alike[1].value, alike[2]))
        self._groups = tuple((alike, _each_once(*groups[alike])) for alike in in_order)

    def __len__(self) -> int:
        return sum(len(subjects) for _, (subjects, _) in self._groups)

    def __iter__(self) -> Iterator[Step]:
        for (effort, kind, check), (subjects, loci) in self._groups:
            for subject, locus in zip(subjects, loci, strict=True):
                yield Step(kind, subject, check, locus, effort)

    @property
    def kinds(self) -> frozenset[StepKind]:
        return frozenset(kind for (_, kind, _), _ in self._groups)


class Caps(Made[Cap]):
    """In no order that means anything; made as they are read."""

    __slots__ = ("_groups",)

    def __init__(self, caps: Iterable[Cap] = ()) -> None:
        # By the identity of the letters: to hash them takes longer than all else, and most are made once.
        self._groups: dict[tuple[int, Alike], tuple[Letters, list[str], list[str]]] = {}
        self.add(caps)

    def add(self, caps: Iterable[Cap]) -> None:
        for cap in caps:
            step = cap.step
            _, subjects, loci = self._group(cap.letters, (step.effort, step.kind, step.check))
            subjects.append(step.subject)
            loci.append(step.locus)

    def add_as(self, caps: Caps, allowed: Callable[[Letters], Letters]) -> None:
        """Those of another level. `allowed`: what its letters allow here."""
        for (_, alike), (letters, more_subjects, more_loci) in caps._groups.items():
            _, subjects, loci = self._group(allowed(letters), alike)
            subjects += more_subjects
            loci += more_loci

    def _group(self, letters: Letters, alike: Alike) -> tuple[Letters, list[str], list[str]]:
        group = self._groups.get((id(letters), alike))
        if group is None:
            group = self._groups[id(letters), alike] = (letters, [], [])
        return group

    def __len__(self) -> int:
        return sum(len(subjects) for _, subjects, _ in self._groups.values())

    def __iter__(self) -> Iterator[Cap]:
        for (_, (effort, kind, check)), (letters, subjects, loci) in self._groups.items():
            for subject, locus in zip(subjects, loci, strict=True):
                yield Cap(letters, Step(kind, subject, check, locus, effort))

    @property
    def alike(self) -> Iterator[tuple[Letters, StepKind, str, Sequence[str]]]:
        """Those with the same letters, kind and check, together: with the subjects, some of them more than once."""
        for (_, (_, kind, check)), (letters, subjects, _) in self._groups.items():
            yield letters, kind, check, subjects

    @property
    def letters(self) -> Iterator[Letters]:
        """All of them, not as often as they are given."""
        return (letters for letters, _, _ in self._groups.values())

    def steps(self, holds: Callable[[Letters], bool]) -> Steps:
        """What takes those caps away of which `holds` is true."""
        groups: dict[Alike, list[Places]] = defaultdict(list)
        for (_, alike), (letters, subjects, loci) in self._groups.items():
            if holds(letters):
                groups[alike].append((subjects, loci))
        return Steps({alike: _together(places) for alike, places in groups.items()})


def _together(places: Sequence[Places]) -> Places:
    if len(places) == 1:
        return places[0]
    return [one for subjects, _ in places for one in subjects], [one for _, loci in places for one in loci]


def _each_once(subjects: Sequence[str], loci: Sequence[str]) -> Places:
    """By subject and locus. Those of a large account mostly are so already."""
    if all(one < other for one, other in pairwise(zip(subjects, loci, strict=True))):
        return tuple(subjects), tuple(loci)
    pairs = sorted(set(zip(subjects, loci, strict=True)))
    return tuple([subject for subject, _ in pairs]), tuple([locus for _, locus in pairs])
