"""What a reader should know of an outcome that was not simply seen now."""

from __future__ import annotations

from auditor.model import Finding, Standing
from auditor.reports.html.book import Book
from auditor.reports.html.times import day_of


def notes(book: Book, finding: Finding) -> tuple[str, ...]:
    """Stale, vouched for, accepted, seen both ways: a sentence each."""
    said = []
    if finding.standing in (Standing.STALE, Standing.KEPT):
        day = book.calendar.day(finding.observed_at).text if finding.observed_at else "an earlier day"
        why = "Not seen" if finding.standing is Standing.STALE else "Not asked, or not there,"
        said.append(f"{why} this time: the answer of {day} still counts.")
    if finding.attestation:
        said.append(_attested(book, finding.attestation))
    if finding.waiver:
        said.append(_waived(book, finding.waiver))
    if finding.flapping:
        said.append("Seen both ways in one run: the worse one counts.")
    return tuple(said)


def _waived(book: Book, name: str) -> str:
    waiver = book.waivers.get(name)
    if waiver is None:
        return f"Accepted risk {name}."
    return f"Accepted risk {name}: {waiver.risk_owner} bears it until {day_of(waiver.expires)}."


def _attested(book: Book, name: str) -> str:
    word = book.attestations.get(name)
    if word is None:
        return f"Somebody answers for it: attestation {name}."
    return f"{word.by} answers for it until {day_of(word.expires)}: attestation {name}."
