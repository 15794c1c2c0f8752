"""The page of a check: the fault, how bad it is, what to do, and where it stands in a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from zoneinfo import ZoneInfo

from auditor.model import Finding, Outcome
from auditor.past import Key
from auditor.records import dataclass
from auditor.reports.commands import PLAIN, Commands
from auditor.reports.explanation.nouns import ORDER, Rule, Shown
from auditor.reports.explanation.words import at, caps, caveats, effort, moment, rule_lines, sentence
from auditor.reports.fixes import read_fix
from auditor.reports.lines import Line, Unbroken, laid_out
from auditor.reports.words import counted

TOLD = (Outcome.FAIL, Outcome.UNKNOWN)  # with what is known; the others by name alone
PLACES = 5  # of one outcome that are named
HEADS = {
    Outcome.FAIL: "Where it fails:",
    Outcome.UNKNOWN: "Where it could not be seen:",
    Outcome.PASS: "Where it passes:",
    Outcome.NOT_APPLICABLE: "Where it does not arise:",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPage:
    """`findings`: all of this check, the gravest first. `since`: from when on each place has been as it is."""

    rule: Rule
    shown: Shown | None = None  # None: there is no run to look at
    findings: Sequence[Finding] = ()
    since: Mapping[Key, datetime] = field(default_factory=dict)
    not_asked: int = 0  # assets that it is for, and of which it is not asked

    def lines(self) -> Iterator[Line]:
        check, rule = self.rule.check, self.rule
        yield 0, f"{check.id}: {check.title}"
        allows = caps(rule.caps_open, rule.caps_sensitive)
        yield 0, f"How bad: {check.severity.word}. Where it fails, the letter is {allows}."
        yield 0, self._standing()
        yield 0, ""
        yield 0, f"Why: {check.why}"
        what, *lines = read_fix(f"{check.fix} ({effort(rule)})").rows
        yield 0, f"Fix: {what}"
        yield from ((2, line) for line in lines)
        for outcome in ORDER:
            yield from self._places(outcome)
        yield from rule_lines(rule)
        if self.findings:
            yield 0, ""
            yield 0, Unbroken(f"Type: {self._commands.line('explain', self.findings[0].asset, check.id)}")

    def _standing(self) -> str:
        if self.shown is None:
            return "No run is kept yet, so it is not known where it fails."
        run = self.shown.report.run
        outcomes = [finding.outcome for finding in self.findings]
        failing, unseen = outcomes.count(Outcome.FAIL), outcomes.count(Outcome.UNKNOWN)
        said = (
            f"On {moment(run.as_of, self._zone)} it failed at {failing} of {counted(len(outcomes), 'place')}, "
            f"and could not be seen at {unseen}."
        )
        return said + (f" Of {counted(self.not_asked, 'asset')} it is not asked." if self.not_asked else "")

    @property
    def _commands(self) -> Commands:
        return self.shown.commands if self.shown else PLAIN

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.shown.report.timezone if self.shown else "UTC")

    def _places(self, outcome: Outcome) -> Iterator[Line]:
        found = [finding for finding in self.findings if finding.outcome is outcome]
        if not found:
            return
        rest = f"and {len(found) - PLACES} more"
        yield 0, ""
        if outcome not in TOLD:
            names = [f"{finding.asset}{at(finding.locus)}" for finding in found[:PLACES]]
            yield 0, f"{HEADS[outcome]} {', '.join(names)}{f', {rest}' if len(found) > PLACES else ''}"
            return
        yield 0, HEADS[outcome]
        yield from ((2, self._place(finding)) for finding in found[:PLACES])
        if len(found) > PLACES:
            yield 2, rest

    def _place(self, finding: Finding) -> str:
        since = self.since.get(finding.key)
        notes = [*([f"since {moment(since, self._zone)}"] if since else []), *caveats(finding)]
        said = f"{finding.asset}{at(finding.locus)}: {sentence(finding.summary)}"
        return said + (f" ({'; '.join(notes)})" if notes else "")


def render(page: CheckPage, width: int) -> str:
    return laid_out(page.lines(), width)
