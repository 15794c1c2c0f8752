"""The page of one finding: what is wrong and what it does in three lines, then what to do, and how that is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from auditor.model import Finding, Letter, Outcome, Reason, Standing
from auditor.past import Recorded
from auditor.records import dataclass
from auditor.reports.explanation import facts
from auditor.reports.explanation.nouns import Explained, Level, Shown
from auditor.reports.explanation.words import (
    PHRASES,
    SAYS,
    at,
    days,
    effort,
    moment,
    rule_lines,
    sentence,
    short,
)
from auditor.reports.fixes import read_fix
from auditor.reports.lines import Line, Unbroken, laid_out
from auditor.reports.remedies import remedy
from auditor.reports.words import counted

ROWS, CHANGES, OTHERS = 10, 6, 8  # of evidence, of the past, and of other places that are shown
SINCE = {
    Outcome.FAIL: "It has failed",
    Outcome.UNKNOWN: "It has not been seen",
    Outcome.PASS: "It has passed",
    Outcome.NOT_APPLICABLE: "It has not arisen",
}
FAULTS = {
    Outcome.FAIL: "What is wrong: {title} {summary}",
    Outcome.UNKNOWN: "What is looked for: {title} It could not be seen: {summary}",
    Outcome.PASS: "What is looked for, and is not so: {title} {summary}",
    Outcome.NOT_APPLICABLE: "What is looked for: {title} It does not arise: {summary}",
}


@dataclass(frozen=True, slots=True)
class FindingPage:
    """One finding. Lines come as (indent, text)."""

    shown: Shown
    one: Explained
    others: Sequence[Finding] = ()  # of the same check, at other places

    def lines(self) -> Iterator[Line]:
        yield 0, self._name()
        yield 0, self._fault()
        yield 0, " ".join(part for part in (self._since(), self._effect()) if part)
        yield from self._section("What to do:", self._todo())
        yield from self._section("What changes it:", self._changes())
        yield from self._section("What was seen:", self._evidence())
        yield from self._section("What it does to the letters:", self._letters())
        yield from self._section("Who answers for it:", self._persons())
        yield from self._section("What it was before:", self._past())
        yield from facts.lines(self.one.kept, self._zone)
        yield from rule_lines(self.one.rule)
        yield from self._section("The same check at other places:", self._others())

    # The first three lines.

    def _name(self) -> str:
        one, finding = self.one, self.one.finding
        home = f"{one.system.name}, " if one.system else ""
        address = f" ({one.asset.address})" if one.asset.address != one.asset.id else ""
        return f"{home}{one.asset.id}{address}{at(finding.locus)}: {finding.check} {SAYS[finding.outcome]}."

    def _fault(self) -> str:
        finding = self.one.finding
        summary = sentence(finding.summary)
        if finding.outcome in (Outcome.UNKNOWN, Outcome.NOT_APPLICABLE):
            summary = summary[:1].lower() + summary[1:]
        return FAULTS[finding.outcome].format(title=self.one.rule.check.title, summary=summary)

    def _since(self) -> str:
        one, finding = self.one, self.one.finding
        said = [f"{SINCE[finding.outcome]} since {moment(one.since, self._zone)}."] if one.since else []
        if finding.standing is Standing.STALE and finding.observed_at:
            said.append(f"Not seen this time: the answer of {moment(finding.observed_at, self._zone)} counts.")
        if finding.standing is Standing.KEPT and finding.observed_at:
            said.append(
                f"Not asked, or not there, this time: the answer of {moment(finding.observed_at, self._zone)} counts."
            )
        if finding.standing is Standing.ATTESTED:
            said.append("Nobody saw it: somebody's word counts.")
        return " ".join(said)

    def _effect(self) -> str:
        """What it does to the asset's letter, and to its system's."""
        if self.one.cap.measured is Letter.A_PLUS:
            return "It holds no letter down."
        levels = [level for level in self.one.levels if level.kind in ("asset", "system")]
        held = [level for level in levels if level.holds]
        if not held:
            level = levels[-1]
            return f"It allows {self.one.cap.measured} at best; {level.name} has {level.letter} for other reasons."
        others = f", with {counted(held[-1].others, 'other')}" if held[-1].others else ""
        return f"It holds {held[-1].name} at {held[-1].letter}{others}."

    # What follows from it.

    def _todo(self) -> Iterator[str]:
        finding = self.one.finding
        if finding.outcome is Outcome.FAIL:
            *lines, last = read_fix(self.one.rule.check.fix, kinds=(self.one.asset.kind,)).rows
            yield from (*lines, f"{last} ({effort(self.one.rule)})")
        reason = self._reason
        if reason:
            yield f"To have it seen: {remedy(reason)}"
        if finding.flapping:
            yield f"It was seen both ways in one run, and the worse counts. {remedy(Reason.INCONSISTENT.word)}"
        if finding.outcome is Outcome.FAIL or reason:
            yield Unbroken(f"Look again: {self._look_again()}")

    @property
    def _reason(self) -> str:
        """Why it was not seen this time: a Reason's word; "" where it was."""
        finding = self.one.finding if self.one.finding.outcome is Outcome.UNKNOWN else self.one.now
        return (finding.reason or "") if finding and finding.outcome is Outcome.UNKNOWN else ""

    def _look_again(self) -> str:
        if self.one.system is None:
            return self.shown.commands.line("run")
        return self.shown.commands.line("run", "--only", f"system={self.one.system.id}")

    def _changes(self) -> Iterator[str]:
        finding, change, now = self.one.finding, self.one.change, self.one.now
        ends = days(self.one.rule.failure_ends_after)
        if finding.outcome is Outcome.FAIL:
            yield f"It ends when a look sees it pass, or when for {ends} every look finds that it does not arise."
            yield "Time alone ends nothing: a failure stands, however old, until then."
        if now and finding.standing is not Standing.NOW:
            yield f"This time {self._said_now(now)}."
        if change.absent_since and change.ends_if_absent_at:
            yield (
                f"It has not arisen since {moment(change.absent_since, self._zone)}. If that stays so, the failure "
                f"is over with the first look from {moment(change.ends_if_absent_at, self._zone)} on."
            )
        if change.stops_counting:
            word = self.one.attestation
            then = f"attestation {word.id} answers" if word else "it is unknown"
            yield f"The old answer counts until {moment(change.stops_counting, self._zone)}; then {then}."
        if finding.outcome is Outcome.UNKNOWN:
            yield f"The first look that sees it. Until then it counts as if it allowed {self.one.cap.measured} at best."
        if finding.standing is Standing.ATTESTED and self.one.attestation:
            yield f"The first look that sees it, or the end of {self.one.attestation.expires}: then it is unknown."

    def _said_now(self, now: Finding) -> str:
        if now.outcome is Outcome.UNKNOWN:
            return f"it could not be seen: {short(now.summary)}"
        if now.outcome is Outcome.NOT_APPLICABLE:
            return f"it did not arise: {short(now.summary)}"
        return f"the look is older than the answer that counts, and it {SAYS[now.outcome]}"

    def _evidence(self) -> Iterator[str]:
        rows = self.one.finding.evidence
        for row in rows[:ROWS]:
            yield f"- {short(row.looked_at)}: {short(row.seen)} (wanted: {short(row.wanted)})"
        if len(rows) > ROWS:
            yield f"- and {len(rows) - ROWS} more"

    def _letters(self) -> Iterator[str]:
        cap, severity = self.one.cap, self.one.rule.check.severity.word
        if cap.measured is Letter.A_PLUS and cap.at_worst is Letter.A_PLUS:
            yield "nothing"
            return
        data = f"{severity} severity, {self.one.sensitivity} data"
        allows = "any letter" if cap.measured is Letter.A_PLUS else f"{cap.measured} at best"
        worst = f"; at worst {cap.at_worst}" if cap.at_worst != cap.measured else ""
        yield f"{data}: it allows {allows}{worst}"
        if cap.accepted != cap.measured:
            yield "with accepted risks: nothing"
        yield from map(self._level, self.one.levels)

    def _level(self, level: Level) -> str:
        holds = "this holds it there" + (f", with {counted(level.others, 'other')}" if level.others else "")
        said = [holds] if level.holds else []
        if level.is_step and level.next is not None:
            said.append(
                f"it is one of {counted(level.steps, 'step')} to {level.next}"
                if level.steps > 1
                else f"it is the one step to {level.next}"
            )
        alone = f"; {_alone(level.alone, level.letter)}" if level.alone is not None else ""
        does = ", and ".join(said) or "this does not hold it there"
        return f"{level.kind} {level.name}: {level.letter}; {does}{alone}"

    def _persons(self) -> Iterator[str]:
        waiver, word, system = self.one.waiver, self.one.attestation, self.one.system
        if system:
            yield f"{system.owner or 'nobody'} owns {system.name}"
        if waiver:
            yield (
                f"waiver {waiver.id}: {waiver.risk_owner} bears the risk until the end of {waiver.expires}, approved "
                f"by {waiver.approved_by} on {waiver.approved}: {sentence(waiver.reason)}"
            )
        if word:
            yield (
                f"attestation {word.id}: {word.by} said on {word.made} that it {SAYS[word.outcome]}, until the end "
                f"of {word.expires}: {sentence(word.statement)}"
            )

    def _past(self) -> Iterator[str]:
        """The last changes, newest first; what only words of a summary changed is no change."""
        told: list[tuple[str, str]] = []
        for record in self.one.story:
            said = _recorded(record)
            if not told or told[-1][1] != said:
                told.append((f"{moment(record.at, self._zone)}, run {record.run}", said))
        for when, said in reversed(told[-CHANGES:]):
            yield f"{when}: {said}"
        if len(told) > CHANGES:
            yield f"and {len(told) - CHANGES} changes before; {facts.ALL}"

    def _others(self) -> Iterator[str]:
        for other in self.others[:OTHERS]:
            yield f"{SAYS[other.outcome]}: {other.asset}{at(other.locus)}: {sentence(other.summary)}"
        if len(self.others) > OTHERS:
            yield f"and {len(self.others) - OTHERS} more"
        if self.others:
            first = self.others[0]
            said = self.shown.commands.line("explain", first.asset, first.check, first.locus)
            yield Unbroken(f"Type: {said}")

    def _section(self, heading: str, texts: Iterator[str]) -> Iterator[Line]:
        found = list(texts)
        if found:
            yield 0, ""
            yield 0, heading
            yield from ((2, text) for text in found)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.shown.report.timezone)


def _recorded(record: Recorded) -> str:
    state = record.state
    if state is None:
        return "it was gone"
    words = [SAYS[state.outcome]]
    if state.reason:
        words.append(PHRASES.get(state.reason, state.reason))
    if state.standing is Standing.STALE:
        words.append("not seen that time")
    if state.standing is Standing.KEPT:
        words.append("not asked or not there that time")
    if state.standing is Standing.ATTESTED:
        words.append(f"by attestation {state.attestation}")
    if state.flapping:
        words.append("seen both ways")
    if state.waiver:
        words.append(f"waived by {state.waiver}")
    return ", ".join(words)


def render(shown: Shown, one: Explained, others: Sequence[Finding], width: int) -> str:
    return laid_out(FindingPage(shown, one, others).lines(), width)


def _alone(then: Letter, now: Letter) -> str:
    return f"fixed alone, at all its places: {'still ' if then <= now else ''}{then}"
