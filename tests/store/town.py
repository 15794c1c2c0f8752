"""A town of a few web services whose nights are played without a network: looks are made by hand, all else is real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from auditor import nights, pipeline, plugins, tonight
from auditor.asked import Asked
from auditor.clock import Clock
from auditor.facts.web import HttpsAnswer, HttpsOffer
from auditor.judging_again import question_of
from auditor.keeping import Keeping
from auditor.model import (
    Asset,
    Basis,
    Department,
    Finding,
    Outcome,
    Reason,
    Report,
    Sensitivity,
    Severity,
    System,
    Tier,
)
from auditor.observe import Look
from auditor.past import KeptRun, Key
from auditor.plugins import Parts
from auditor.probe import Seen, Unseen
from auditor.rubric import rubric_text
from auditor.store import runs, story
from auditor.store.kept import Store

START = datetime(2026, 11, 1, 1, 30, 0, 123457, UTC)
PARTS = plugins.load()
RULES = rubric_text(None)
SYSTEM = System(id="site", name="Site", department="it", owner="web", sensitivity=Sensitivity.PUBLIC)
NAMES = ("site/a", "site/b", "site/c")
GOOD, BAD, DARK = "good", "bad", "dark"


def asset(name: str) -> Asset:
    return Asset(id=name, kind="web", address=f"https://{name.partition('/')[2]}.elm.example/", system="site")


def asked(*names: str, **more: object) -> Asked:
    base = Asked(
        assets=tuple(asset(name) for name in names or NAMES),
        systems=(SYSTEM,),
        departments=(Department(id="it", name="Computing"),),
        organisation="Town of Elm",
        timezone="Europe/Paris",
        inventory="0" * 64,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def opening(number: int = 0, at: datetime = START) -> runs.Opening:
    """Of a run that is only a row."""
    return runs.Opening(
        id=f"{at:%Y%m%dT%H%M%SZ}-{number:06x}",
        started=at,
        tool="0.1.0",
        rubric="1",
        inventory="0" * 64,
        method="m",
        holder="process 1 on here",
        asked=b"{}",
        rules=b"rules",
    )


def closing(at: datetime = START, *, whole: bool = True) -> runs.Closing:
    return runs.Closing(
        finished=at,
        as_of=at,
        complete=True,
        whole=whole,
        interrupted=False,
        report="ab" * 32,
        sensitive=(1, 2),
        discovered=None,
        short=b"{}",
    )


def begun(store: Store, number: int = 0, at: datetime = START) -> runs.Run:
    with store.writing() as connection:
        return runs.begin(connection, opening(number, at))


def ended(store: Store, number: int = 0, at: datetime = START, *, whole: bool = True) -> runs.Run:
    """A finished run that is only a row."""
    run = begun(store, number, at)
    with store.writing() as connection:
        runs.finish(connection, run.no, closing(at, whole=whole))
    return run


def take(store: Store, who: str) -> None:
    """Take the lock and let it go. Raises UsageError where somebody else has it."""
    with store.locked(who):
        pass


def look(name: str, how: str, at: datetime, address: str = "192.0.2.1:443") -> Look:
    """`how`: GOOD, BAD or DARK. Only the offer of HTTPS is seen; all else is out of reach."""
    thing = asset(name)
    kinds = {kind for probe in PARTS.probes_for(thing) for kind in probe.yields} - {HttpsOffer}
    rest = tuple(
        Unseen(kind, "", Reason.TIMEOUT, "no answer") for kind in sorted(kinds, key=lambda kind: kind.__name__)
    )
    if how == DARK:
        return Look(thing, (Unseen(HttpsOffer, "", Reason.TIMEOUT, "no answer"), *rest))
    answer, status = (HttpsAnswer.TLS, None) if how == GOOD else (HttpsAnswer.REFUSED, 200)
    offer = HttpsOffer(observed_at=at, url=thing.address, answer=answer, plain_http_status=status)
    return Look(thing, (Seen(offer, address), *rest))


def looks(seen: Mapping[str, str], at: datetime) -> Iterator[Look]:
    for number, (name, how) in enumerate(sorted(seen.items())):
        yield look(name, how, at + timedelta(seconds=number, microseconds=number))


def judged(keeping: Keeping, seen: Iterator[Look], what: Asked, clock: Clock, parts: Parts = PARTS) -> Report:
    """Look, keep what is seen, and judge it: a night until shortly before its end."""
    return pipeline.assess(
        keeping.looks(seen),
        question_of(what, keeping.rubric),
        parts,
        began=keeping.run.opening.started,
        clock=clock,
        name=keeping.run.id,
        memory=keeping,
    )


def night(store: Store, seen: Mapping[str, str], day: int = 0, what: Asked | None = None) -> KeptRun:
    """A whole night, `day` days after the first. `seen`: what is seen of each asset: GOOD, BAD or DARK."""
    at = START + timedelta(days=day)
    what = what or nights_asked(store)
    with nights.begin(store, what, RULES, PARTS, at) as keeping:
        report = judged(keeping, looks(seen, at + timedelta(minutes=1)), what, lambda: at + timedelta(minutes=9), PARTS)
        return keeping.finish(report, nights.digest_of(report), interrupted=False)


def nights_asked(store: Store) -> Asked:
    last = tonight.last_of(store)
    closing = last.closing if last else None
    return asked(discovered_at=closing.discovered if closing else None)


def killed(store: Store, seen: Mapping[str, str], day: int = 0) -> runs.Run:
    """A run that was killed after its looks."""
    at = START + timedelta(days=day)
    keeping = nights.begin(store, asked(), RULES, PARTS, at)
    for _ in keeping.looks(looks(seen, at + timedelta(minutes=1))):
        pass
    return keeping.run


def since(connection: Connection, key: Key, run: int, formerly: tuple[str, ...] = ()) -> datetime | None:
    """From when on one place has held its outcome at a run; None: it is not there."""
    one = Asset(id=key[0], kind="web", address="", system="", formerly=formerly)
    return story.held_since(connection, [one], run, {key}).get(key)


def finding(outcome: Outcome = Outcome.PASS, summary: str = "well") -> Finding:
    return Finding(
        asset="site/a",
        check="web-no-https",
        locus="",
        severity=Severity.HIGH,
        tier=Tier.NIGHTLY,
        outcome=outcome,
        summary=summary,
        basis=Basis.OBSERVED,
    )
