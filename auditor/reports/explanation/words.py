"""The words that several explanations share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from auditor.model import Finding, Letter, Outcome, Reason, Standing
from auditor.reports.explanation.nouns import Rule, Source
from auditor.reports.lines import Line
from auditor.reports.tickets import EFFORTS
from auditor.reports.words import counted

TEXT = 300  # characters of a text that a target chose
SAYS = {
    Outcome.FAIL: "fails",
    Outcome.UNKNOWN: "could not be seen",
    Outcome.PASS: "passes",
    Outcome.NOT_APPLICABLE: "does not arise",
}
PHRASES = {reason.word: reason.phrase for reason in Reason}


def short(text: str) -> str:
    """What is cut is counted."""
    return text if len(text) <= TEXT else f"{text[:TEXT]}... (and {len(text) - TEXT} more characters)"


def sentence(text: str) -> str:
    """A half-sentence as a whole one; "" stays "" """
    said = short(text.strip())
    end = "" if said.endswith((".", "!", "?")) else "."
    return said[:1].upper() + said[1:] + end if said else ""


def moment(at: datetime, zone: ZoneInfo) -> str:
    """ "2026-03-02 03:10 CET"."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def days(span: timedelta) -> str:
    return counted(span.days, "day")


def at(locus: str) -> str:
    return f" at {short(locus)}" if locus else ""


def caveats(finding: Finding) -> list[str]:
    """What a reader should know of an outcome that was not simply seen now."""
    said = []
    if finding.standing is Standing.STALE:
        said.append("not seen this time")
    if finding.standing is Standing.KEPT:
        said.append("not asked or not there this time")
    if finding.standing is Standing.ATTESTED:
        said.append("not seen, but attested")
    if finding.flapping:
        said.append("seen both ways")
    if finding.waiver:
        said.append(f"waived by {finding.waiver}")
    return said


def caps(on_open: Letter, on_sensitive: Letter) -> str:
    """ "C at best, with confidential data D"."""
    return f"{on_open} at best" + (f", with confidential data {on_sensitive}" if on_sensitive != on_open else "")


def effort(rule: Rule) -> str:
    return f"effort {rule.check.effort}: {EFFORTS[rule.check.effort]}"


def rule_lines(rule: Rule) -> Iterator[Line]:
    """Where the rule stands, by what it counts, and what it rests on."""
    check = rule.check
    yield 0, ""
    yield 0, "The rule:"
    yield 2, f"{rule.file}{f':{rule.line}' if rule.line else ''} ({check.source}), of {rule.distribution}"
    yield 2, f"{check.severity.word} severity, {check.tier.value} tier; rubric {rule.rubric}"
    yield 2, f"a failure allows {caps(rule.caps_open, rule.caps_sensitive)}"
    yield 2, f"what cannot be seen allows {caps(rule.unseen_open, rule.unseen_sensitive)}"
    yield 2, f"a pass that is not seen again counts for {days(rule.fresh)}"
    yield 2, f"controls: {'; '.join(check.controls)}"
    yield 2, f"it reads {check.reads.__name__}"
    yield from ((4, _source(source)) for source in rule.sources)


def _source(source: Source) -> str:
    if source.reads:
        return f"{source.facts}: concluded by {source.by} from {', '.join(source.reads)}"
    if source.kind:
        return f"{source.facts}: looked at by {source.by} ({source.kind} assets, {source.tier} tier)"
    return f"{source.facts}: what {source.by} says of the asset"
