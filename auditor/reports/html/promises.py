"""Whose word counts, and until when: accepted risks, attestations, and what ends by itself."""

from __future__ import annotations

from datetime import datetime

from auditor.model import Attestation, Expiring, Outcome, Waiver
from auditor.records import dataclass
from auditor.reports.html import names
from auditor.reports.html.book import Book, Link
from auditor.reports.html.phrases import ENDS
from auditor.reports.html.sizes import Level, Shown, first
from auditor.reports.html.times import Moment, day_of
from auditor.reports.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """An accepted risk or an attestation. `about` None: the inventory no longer lists it."""

    id: str
    about: Link | None
    asset: Link | None
    said: str = ""
    by: str = ""
    approved_by: str = ""
    until: str = ""
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Something that stops holding unless somebody acts."""

    what: str
    subject: Link
    locus: str
    at: Moment
    left: str  # "in 3 days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """Those that are over come first."""

    over: Shown[str]  # ids
    waivers: Shown[Promise]
    attestations: Shown[Promise]
    endings: Shown[Ending]


def promises(book: Book, level: Level) -> Promises:
    report = book.report
    waivers = {waiver.id: _waived(waiver, waiver.id in report.expired_waivers, book) for waiver in report.waivers}
    words = {word.id: _attested(word, word.id in report.expired_attestations, book) for word in report.attestations}
    return Promises(
        over=first(
            (*report.expired_waivers, *report.expired_attestations, *report.expired_agreements),
            level.places,
            lambda name: name,
        ),
        waivers=_sorted(waivers, report.expired_waivers, level),
        attestations=_sorted(words, report.expired_attestations, level),
        endings=first(report.expiring, level.rows, lambda ending: _ending(ending, book)),
    )


def _sorted(known: dict[str, Promise], over: tuple[str, ...], level: Level) -> Shown[Promise]:
    lost = {name: Promise(id=name, about=None, asset=None, is_over=True) for name in over}
    ordered = sorted({**lost, **known}.values(), key=lambda one: (not one.is_over, one.id))
    return first(ordered, level.rows, lambda one: one)


def _waived(waiver: Waiver, is_over: bool, book: Book) -> Promise:  # noqa: FBT001
    return Promise(
        id=waiver.id,
        about=book.check_link(waiver.check, ""),
        asset=book.asset_link(waiver.asset, ""),
        said=waiver.reason,
        by=waiver.risk_owner,
        approved_by=waiver.approved_by,
        until=day_of(waiver.expires),
        is_over=is_over,
    )


def _attested(word: Attestation, is_over: bool, book: Book) -> Promise:  # noqa: FBT001
    verdict = "it passes" if word.outcome is Outcome.PASS else "it fails"
    return Promise(
        id=word.id,
        about=book.check_link(word.check, ""),
        asset=book.asset_link(word.asset, ""),
        said=f"{verdict}: {word.statement}",
        by=word.by,
        until=day_of(word.expires),
        is_over=is_over,
    )


def _ending(ending: Expiring, book: Book) -> Ending:
    asset = book.home_of(ending.subject)
    subject = book.asset_link(ending.subject, "")
    return Ending(
        what=ENDS.get(ending.what, ending.what),
        subject=subject if asset else Link(ending.subject, names.href("", "", "promises")),
        locus=ending.locus,
        at=book.calendar.day(ending.at),
        left=_left(ending.at, book),
    )


def _left(at: datetime, book: Book) -> str:
    days = book.calendar.days_until(at, book.report.run.as_of)
    if days < 0:
        return f"over for {counted(-days, 'day')}"
    return f"in {counted(days, 'day')}" if days else "today"
