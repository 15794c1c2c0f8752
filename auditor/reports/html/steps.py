"""The way to the next letter as a list of changes: what one change settles stands in one line, the easiest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto

from auditor.grade import collapse
from auditor.model import Grade, Outcome, Step, StepKind
from auditor.records import dataclass
from auditor.reports.html.book import Book, Link
from auditor.reports.html.marks import MARKS, Mark
from auditor.reports.html.phrases import EFFORT, phrase_of
from auditor.reports.html.sizes import Level, Shown, distinct, first
from auditor.reports.words import counted, fixed_alone

Where = Callable[[str], Link | None]  # a step's subject → what a line says instead; None: nothing to link to

ASKS = {
    StepKind.SEE: "Let the auditor see any one check here.",
    StepKind.ASK: "Ask for the deep and the online look too: name them as tiers in the inventory.",
    StepKind.CLAIM: "Claim or exclude what was found.",
    StepKind.DISCOVER: "Look for services and storage that no inventory lists.",
    StepKind.ADD: "List in the inventory what belongs here.",
}
PROVE = "Show, instead of saying, that this is not so:"


class Way(Enum):
    """What a step asks for, by how its check stands now."""

    CHANGE = auto()
    SHOW = auto()
    PROVE = auto()  # it rests on somebody's word


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line: `text`, then `link` where there is one."""

    text: str
    link: Link | None = None
    gravity: str = ""
    effort: str = ""  # "" where nobody can say
    size: str = ""  # "3 places"
    alone: str = ""  # "Fixed alone: B"; "" where nobody worked it out
    where: Shown[Link]


@dataclass(frozen=True, slots=True)
class Road:
    """Doing all `changes` is necessary and sufficient for `target`, as far as was seen."""

    target: Mark
    changes: Shown[Change]


@dataclass(frozen=True, slots=True)
class Roads:
    """Writes the roads of one page."""

    book: Book
    base: str
    level: Level
    where: Where

    def to_next(self, grade: Grade) -> Road | None:
        if grade.next is None:
            return None
        ways: dict[Way, list[Step]] = defaultdict(list)
        for step in grade.next.steps:
            ways[self._way(step)].append(step)
        changes = [
            *(self._change(group, grade) for _, group in collapse(ways[Way.CHANGE])),
            *(self._change(group, grade, PROVE) for _, group in collapse(ways[Way.PROVE])),
            *self._shows(ways[Way.SHOW]),
        ]
        return Road(MARKS[grade.next.letter], first(changes, self.level.rows, lambda change: change))

    def _way(self, step: Step) -> Way:
        finding = self.book.finding((step.subject, step.check, step.locus))
        if step.kind is not StepKind.FIX or finding is None or finding.outcome is Outcome.FAIL:
            return Way.CHANGE
        return Way.SHOW if finding.outcome is Outcome.UNKNOWN else Way.PROVE

    def _change(self, group: Sequence[Step], grade: Grade, text: str = "") -> Change:
        step = group[0]
        if step.kind is not StepKind.FIX:
            return Change(text=ASKS[step.kind], where=self._places(group))
        known = self.book.checks.get(step.check)
        return Change(
            text=text,
            link=self.book.check_link(step.check, self.base),
            gravity=known.severity.word if known else "",
            effort=EFFORT.get(step.effort, ""),
            size=counted(len(group), "place"),
            alone=fixed_alone(grade, step.check),
            where=self._places(group),
        )

    def _shows(self, steps: Sequence[Step]) -> Iterator[Change]:
        """What was not seen, by reason: one silent host is one line, not twenty. The widest first."""
        groups: dict[str, list[Step]] = defaultdict(list)
        for step in steps:
            finding = self.book.finding((step.subject, step.check, step.locus))
            groups[phrase_of(finding.reason if finding else None)].append(step)
        for phrase, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
            size = counted(len(group), "check")
            yield Change(text=f"Let it be seen, and be well: {phrase}.", size=size, where=self._places(group))

    def _places(self, group: Sequence[Step]) -> Shown[Link]:
        links = distinct(link for step in group if (link := self.where(step.subject)))
        return first(links, self.level.places, lambda link: link)
