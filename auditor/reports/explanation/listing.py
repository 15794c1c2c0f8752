"""All findings of an asset or a system: its letter, then a line each, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from auditor.model import Finding, Grade, Outcome
from auditor.past import Key
from auditor.records import dataclass
from auditor.reports.explanation.nouns import Shown
from auditor.reports.explanation.words import SAYS, at, caveats, moment, sentence
from auditor.reports.lines import Line, Unbroken, laid_out
from auditor.reports.words import at_worst, counted, held_by, meaning

BAD = (Outcome.FAIL, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`name`: as it is called; `grade`: of the asset or the system. `since`: from when on each place is as it is."""

    shown: Shown
    name: str
    grade: Grade
    findings: Sequence[Finding]
    since: Mapping[Key, datetime]

    def lines(self) -> Iterator[Line]:
        yield 0, self._verdict()
        yield 0, self._counts()
        yield 0, self._road()
        yield 0, ""
        for finding in self.findings:
            yield 2, self._line(finding)
        if self.findings:
            first = self.findings[0]
            yield 0, ""
            yield 0, Unbroken(f"Type: {self.shown.commands.line('explain', first.asset, first.check)}")

    def _verdict(self) -> str:
        letter = self.grade.letters.measured
        holding = {(step.subject, step.check, step.locus) for step in self.grade.held_by}
        is_seen = any(one.outcome is Outcome.FAIL and one.key in holding for one in self.findings)
        worst = f" ({at_worst(self.grade)})" if at_worst(self.grade) else ""
        return f"{self.name}: {letter}, {meaning(letter, is_seen=is_seen)}{worst}."

    def _counts(self) -> str:
        counts, run = self.grade.counts, self.shown.report.run
        return (
            f"On {moment(run.as_of, self._zone)}, of {counted(counts.asked, 'check')} {counts.failed} failed and "
            f"{counts.unknown} could not be seen."
        )

    def _road(self) -> str:
        if self.grade.next is None:
            return "There is no better letter."
        unseen = {one.key for one in self.shown.report.findings if one.outcome is Outcome.UNKNOWN}
        held = f"Held down by {held_by(self.grade.held_by, unseen)}. " if self.grade.held_by else ""
        return f"{held}For {self.grade.next.letter}: {held_by(self.grade.next.steps, unseen)}."

    def _line(self, finding: Finding) -> str:
        since = self.since.get(finding.key) if finding.outcome in BAD else None
        notes = [*([f"since {moment(since, self._zone)}"] if since else []), *caveats(finding)]
        whose = f" for {finding.asset}" if finding.asset != self.grade.id else ""
        said = f"{finding.severity.word} {finding.check} {SAYS[finding.outcome]}{whose}{at(finding.locus)}"
        return f"{said}: {sentence(finding.summary)}" + (f" ({'; '.join(notes)})" if notes else "")

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.shown.report.timezone)


def render(listing: Listing, width: int) -> str:
    return laid_out(listing.lines(), width)
