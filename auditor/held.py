"""Grades of assets with their caps, on a shelf until somebody reads them: a large city has a hundred thousand caps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from sys import intern

from auditor.alone import with_alone
from auditor.caps import Cap, Caps
from auditor.grade import Held, letters_of
from auditor.made import Each, Made
from auditor.model import Alone, Counts, Grade, Letter, Letters, NextLetter, Step, StepKind
from auditor.shelf import Plain, Shelf

LETTERS = tuple(sorted(Letter))
KINDS = tuple(StepKind)
StepRow = tuple[int, str, str, str, int]
LettersRow = tuple[int, int, int]


class Kept:
    """What assets are graded with: their grades, and the caps that a level above needs. In the order of the assets."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._places: dict[str, int] = {}  # of the grades

    def put(self, held: Held) -> None:
        grade = with_alone(held)
        caps = [(_letters_row(cap.letters), _step_row(cap.step)) for cap in held.caps]
        self._places[grade.id] = self._shelf.put((self._shelf.put(caps), _grade_row(grade)))

    def grade(self, asset: str) -> Grade:
        return _grade(asset, *self._shelf.get(self._places[asset])[1])

    def held(self, asset: str) -> Held:
        place, row = self._shelf.get(self._places[asset])
        caps = (Cap(_letters(letters), _step(step, asset)) for letters, step in self._shelf.get(place))
        return Held(_grade(asset, *row), Caps(caps))


class Grades(Made[Grade]):
    """The grades of some assets, in their order."""

    __slots__ = ("_assets", "_kept")

    def __init__(self, kept: Kept, assets: Iterable[str]) -> None:
        self._kept = kept
        self._assets = tuple(assets)

    def __len__(self) -> int:
        return len(self._assets)

    def __iter__(self) -> Iterator[Grade]:
        return map(self._kept.grade, self._assets)


def _grade_row(grade: Grade) -> Plain:
    counts, better = grade.counts, grade.next
    return (
        _letters_row(grade.letters),
        (
            counts.asked,
            counts.answered,
            counts.unknown,
            counts.stale,
            counts.attested,
            counts.waived,
            counts.failed,
        ),
        [_step_row(step) for step in grade.held_by],
        None if better is None else (LETTERS.index(better.letter), [_step_row(step) for step in better.steps]),
        [(one.check, LETTERS.index(one.letter)) for one in grade.alone],
    )


def _grade(  # noqa: PLR0917 - the parts of a row, in its order
    asset: str,
    letters: LettersRow,
    counts: tuple[int, ...],
    held_by: list[StepRow],
    better: tuple[int, list[StepRow]] | None,
    alone: list[tuple[str, int]],
) -> Grade:
    """Its lists are made as they are read: most who read a grade ask for its letters and counts alone."""
    of_asset = partial(_step, asset=asset)
    return Grade(
        asset,
        _letters(letters),
        Counts(*counts),
        Each(held_by, of_asset),
        NextLetter(LETTERS[better[0]], Each(better[1], of_asset)) if better else None,
        Each(alone, _alone),
    )


def _letters_row(letters: Letters) -> LettersRow:
    return LETTERS.index(letters.measured), LETTERS.index(letters.at_worst), LETTERS.index(letters.accepted)


def _letters(row: LettersRow) -> Letters:
    measured, at_worst, accepted = row
    return letters_of(LETTERS[measured], LETTERS[at_worst], LETTERS[accepted])


def _step_row(step: Step) -> StepRow:
    return KINDS.index(step.kind), step.subject, step.check, step.locus, step.effort


def _alone(row: tuple[str, int]) -> Alone:
    return Alone(row[0], LETTERS[row[1]])


def _step(row: StepRow, asset: str) -> Step:
    """A system's grade keeps the steps of all its assets: the names in them are those that are there already."""
    kind, subject, check, locus, effort = row
    return Step(KINDS[kind], asset if subject == asset else subject, intern(check), locus, effort)
