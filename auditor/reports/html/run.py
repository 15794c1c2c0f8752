"""The foot of every page: which run this is, by which rules, and the command that derives it again."""

from __future__ import annotations

from auditor.records import dataclass
from auditor.reports.html.book import Book
from auditor.reports.html.times import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNote:
    id: str
    began: Moment
    ended: Moment
    as_of: Moment
    zone: str
    tool: str
    rubric: str
    inventory: str
    is_complete: bool
    plugins: tuple[str, ...]
    judged_by: str
    again: str


def run_note(book: Book) -> RunNote:
    run, clock = book.report.run, book.calendar
    return RunNote(
        id=run.id,
        began=clock.minute(run.started),
        ended=clock.minute(run.finished),
        as_of=clock.minute(run.as_of),
        zone=book.report.timezone,
        tool=run.tool,
        rubric=run.rubric,
        inventory=run.inventory,
        is_complete=run.complete,
        plugins=book.report.plugins,
        judged_by=book.card.judged_by,
        again=book.card.commands.line("judge", run.id),
    )
