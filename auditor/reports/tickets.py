"""Markdown for tickets, as GitHub, GitLab and Jira's importers show it: one page for each change that fixes things.

Whatever is not the program's own text stands in a code span, where no tracker finds a mention, a reference, a link or
a command; a line never begins with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from auditor.check import AnyCheck
from auditor.model import Finding, Report, Standing, Waiver
from auditor.past import Key
from auditor.reports.commands import PLAIN, Commands
from auditor.reports.fixes import read_fix
from auditor.reports.harmless import for_code
from auditor.reports.remedies import remedy
from auditor.reports.ticket import Ticket, tickets
from auditor.reports.words import at_worst, counted, held_by

__all__ = ["Ticket", "files", "render", "tickets"]

Since = Callable[[Key], datetime | None]  # from when on a place has been as it is; None: not known

# What a page holds at most, so that it stays below the 32,767 characters that Jira takes (GitHub: 65,536).
PLACES = 15
EVIDENCE_ROWS = 15
CHECKS = 30  # that were not answered
CONTROLS = 15
WAIVERS = 5
TEXT = 160  # characters of a text that the program did not write
EFFORTS = {1: "a setting", 2: "a certificate or DNS", 3: "a change window", 5: "a migration", 8: "a contract"}


def files(
    report: Report,
    checks: Mapping[str, AnyCheck],
    since: Since = lambda _: None,
    commands: Commands = PLAIN,
) -> Iterator[tuple[str, Iterator[str]]]:
    """Each ticket's file name, which stays the same from night to night, and its page."""
    for ticket in tickets(report, checks):
        yield ticket.file_name, iter([render(ticket, since, commands)])


def render(ticket: Ticket, since: Since = lambda _: None, commands: Commands = PLAIN) -> str:
    """The page of one ticket. Ends in a newline. `since` is asked for each place; the page says the earliest."""
    sections = (
        _head(ticket, since),
        ("## Accepted risk", *_accepted(ticket)),
        ("## Where", *_places(ticket)),
        ("## Evidence", *_evidence(ticket.findings)),
        *(_unanswered(ticket) if ticket.is_unseen else _rule(ticket)),
        ("## What it does to the letter", *_letter(ticket)),
        ("## Check again", f"```sh\n{_command(ticket, commands)}\n```"),
        ("", f"Fingerprint, to find this ticket again: {_code(ticket.fingerprint)}"),
    )
    parts = (part for head, *body in sections if any(body) for part in (head, *body) if part)
    return "\n\n".join(parts) + "\n"


def _head(ticket: Ticket, since: Since) -> tuple[str, ...]:
    zone = ZoneInfo(ticket.timezone)
    known = [at for finding in ticket.findings if (at := since(finding.key))]
    lines = [
        f"Severity: {ticket.severity.word}" + (" at worst" if ticket.is_unseen else f", {_effort(ticket.checks[0])}"),
        *_whose(ticket),
        f"Seen by run {_code(ticket.run.id)}, as of {_time(ticket.run.as_of, zone)}",
        *([f"Since {_time(min(known), zone)}"] if known else []),
    ]
    return f"# {_code(ticket.name)}: {_prose(ticket.fault)}", _listed(lines, len(lines))


def _whose(ticket: Ticket) -> Iterator[str]:
    system = ticket.system
    if system is None:
        return
    yield f"System: {_code(system.id)}, with {system.sensitivity.word} data"
    if ticket.department:
        yield f"Department: {_code(ticket.department)}"
    if system.owner:
        yield f"Owner: {_code(system.owner)}"


def _effort(check: AnyCheck) -> str:
    return f"check {check.id}, effort {check.effort} ({EFFORTS[check.effort]})"


def _accepted(ticket: Ticket) -> Iterator[str]:
    if not ticket.waivers:
        return
    yield _listed([_waiver(waiver) for waiver in ticket.waivers], WAIVERS)
    covered = sum(finding.waiver is not None for finding in ticket.findings)
    extent = "every place" if ticket.is_accepted else f"{covered} of {counted(len(ticket.findings), 'place')}"
    yield f"That covers {extent}. The measured letter does not move by it."


def _waiver(waiver: Waiver) -> str:
    who = f"risk owner {_code(waiver.risk_owner)}, approved by {_code(waiver.approved_by)}"
    return f"Waiver {_code(waiver.id)} until the end of {waiver.expires.isoformat()}, {who}: {_code(waiver.reason)}"


def _places(ticket: Ticket) -> Iterator[str]:
    """An asset that was not seen is named once for each place, however many checks were not answered there."""
    zone = ZoneInfo(ticket.timezone)
    lines = tuple(dict.fromkeys(_place(ticket, finding, zone) for finding in ticket.findings))
    yield _listed(lines, PLACES)


def _place(ticket: Ticket, finding: Finding, zone: ZoneInfo) -> str:
    asset = ticket.assets[finding.asset]
    address = "" if asset.address == asset.id else f" ({_code(asset.address)})"
    place = f" at {_code(finding.locus)}" if finding.locus else ""
    summary = f": {_code(finding.summary)}" if finding.summary.strip() else ""
    return f"{_code(finding.asset)}{address}{place}{summary}{_doubts(finding, zone)}"


def _doubts(finding: Finding, zone: ZoneInfo) -> str:
    said = []
    if finding.standing in (Standing.STALE, Standing.KEPT) and finding.observed_at:
        said.append(f"last seen {_time(finding.observed_at, zone)}")
    if finding.flapping:
        said.append("seen both ways, the worse counts")
    return f" ({'; '.join(said)})" if said else ""


def _evidence(findings: Sequence[Finding]) -> Iterator[str]:
    rows = [(finding, row) for finding in findings for row in finding.evidence]
    if not rows:
        return
    lines = [
        f"| {_code(_short(finding))} | {_code(row.looked_at)} | {_code(row.seen)} | {_code(row.wanted)} |"
        for finding, row in islice(rows, EVIDENCE_ROWS)
    ]
    yield "\n".join(("| Place | Looked at | Seen | Wanted |", "|---|---|---|---|", *lines))
    if len(rows) > EVIDENCE_ROWS:
        yield f"And {counted(len(rows) - EVIDENCE_ROWS, 'row')} more; the run's report has all."


def _short(finding: Finding) -> str:
    return f"{finding.asset} {finding.locus}".strip()


def _rule(ticket: Ticket) -> Iterator[tuple[str, ...]]:
    check = ticket.checks[0]
    kinds = {ticket.assets[finding.asset].kind for finding in ticket.findings}
    yield "## Why it matters", _prose(check.why)
    what, *lines = map(_prose, read_fix(check.fix, kinds=kinds).rows)
    yield "## How to fix it", what, _listed(lines, len(lines))
    yield "## Controls", _controls(check.controls)


def _unanswered(ticket: Ticket) -> Iterator[tuple[str, ...]]:
    ordered = sorted(ticket.checks, key=lambda check: (-check.severity, check.id))
    lines = [f"{check.id} ({check.severity.word}): {_prose(check.title)}" for check in ordered]
    yield "## What stays open", _listed(lines, CHECKS)
    yield "## Why it matters", "What could not be seen is no pass: until it is seen, it caps the letter like a failure."
    yield "## How to fix it", _prose(remedy(ticket.reason))
    yield "## Controls", _controls(sorted({control for check in ordered for control in check.controls}))


def _controls(controls: Iterable[str]) -> str:
    return _listed([_prose(control) for control in controls], CONTROLS)


def _letter(ticket: Ticket) -> Iterator[str]:
    grade = ticket.grade
    worst = f" ({at_worst(grade)})" if at_worst(grade) else ""
    others = [step for step in grade.held_by if not ticket.mends(step)]
    if len(others) == len(grade.held_by):
        held = f" What holds it there: {held_by(others)}." if others else ""
    else:
        held = f" This holds it there, and so does: {held_by(others)}." if others else " This alone holds it there."
    yield f"{_code(ticket.name)} stands at {grade.letters.measured}{worst}.{held} {_next(ticket)}".rstrip()


def _next(ticket: Ticket) -> str:
    following = ticket.grade.next
    if following is None:
        return ""
    others = [step for step in following.steps if not ticket.mends(step)]
    if not others:
        return f"Done, it rises to {following.letter}, as far as was seen."
    if len(others) < len(following.steps):
        return f"For {following.letter} it is needed, and also: {held_by(others)}."
    return f"For {following.letter} other things come first; this one holds down a letter above that."


def _command(ticket: Ticket, commands: Commands) -> str:
    """Text in a code block. What is checked without an inventory is in no store."""
    if ticket.system is not None:
        return commands.line("run", "--only", f"system={ticket.system.id}")
    return PLAIN.line("check", ticket.assets[ticket.subject].address)


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _listed(lines: Sequence[str], most: int) -> str:
    """A list of at most `most` items, and how many more there are."""
    more = [f"and {len(lines) - most} more, all of which the run's report names"] if len(lines) > most else []
    return "\n".join(f"- {line}" for line in (*lines[:most], *more))


def _code(text: str) -> str:
    """Text that the program did not write, cut; a dash where there is nothing."""
    shown = for_code(text)
    return (shown if len(shown) <= TEXT else f"{shown[: TEXT - 2]}…`") or "-"


def _prose(text: str) -> str:
    """A docstring's text: its code spans stay, and what stands between them is no markup."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # a backtick without its partner
        return _escaped(text)
    return "`".join(piece if number % 2 else _escaped(piece) for number, piece in enumerate(pieces))


def _escaped(text: str) -> str:
    for character in "\\`*_[]<>#~":
        text = text.replace(character, "\\" + character)
    return text
