"""A grade as it is shown: the measured letter first, the other two only where they differ."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.model import Counts, Grade, Letter, Outcome
from auditor.past import Point
from auditor.records import dataclass
from auditor.reports.html.book import Book
from auditor.reports.html.marks import MARKS, Mark, sentence
from auditor.reports.html.times import Moment
from auditor.reports.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One graded thing."""

    mark: Mark
    sentence: str
    counts: Counts
    worst: Mark | None  # None: the letter is certain
    accepted: Mark | None  # None: no accepted risk changes it
    since: Moment | None

    @property
    def unseen(self) -> str:
        """ "3 checks could not be seen": what `worst` rests on."""
        return f"{counted(self.counts.unknown + self.counts.stale, 'check')} could not be seen"


def _sentence(grade: Grade, *, is_seen: bool) -> str:
    """A system of which one asset is dark is not graded, though of its others much was seen."""
    if grade.letters.measured is Letter.NG and grade.counts.answered:
        return "Of a part of it nothing could be seen, so there is no grade."
    return sentence(grade.letters.measured, is_seen=is_seen)


def score(grade: Grade, book: Book, points: Iterable[Point] = ()) -> Score:
    letters = grade.letters
    found = (book.finding((step.subject, step.check, step.locus)) for step in grade.held_by)
    is_seen = any(finding is not None and finding.outcome is Outcome.FAIL for finding in found)
    return Score(
        mark=MARKS[letters.measured],
        sentence=_sentence(grade, is_seen=is_seen),
        counts=grade.counts,
        worst=None if letters.at_worst is letters.measured else MARKS[letters.at_worst],
        accepted=None if letters.accepted is letters.measured else MARKS[letters.accepted],
        since=book.held_since(points, letters.measured),
    )
