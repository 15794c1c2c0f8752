"""One run after another: how it begins, how it goes on where it was broken off, and what becomes of it otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from auditor import __version__, clock, pipeline
from auditor import asked as asking
from auditor.asked import Asked
from auditor.codec import CodecError
from auditor.errors import UsageError
from auditor.judging_again import question_of
from auditor.keeping import Keeping, method_of, stored_looks
from auditor.model import Report
from auditor.observe import Look
from auditor.past import KeptRun
from auditor.plugins import Parts
from auditor.probe import Seen
from auditor.records import dataclass
from auditor.reports import json
from auditor.rubric import Rubric, parse_rubric
from auditor.store import StoreDamaged, runs
from auditor.store.lock import holder

if TYPE_CHECKING:
    from auditor.store.kept import Store

RESUMABLE = timedelta(hours=24)  # what was seen earlier is another night's
AFRESH = "Start a new run without --resume: what this one saw is judged and kept first."


def begin(store: Store, asked: Asked, rules: str, parts: Parts, began: datetime) -> Keeping:
    """A new run. `rules`: the rubric's text. Nobody else may run: the store is locked."""
    rubric = parse_rubric(rules, "the rubric")
    opening = runs.Opening(
        id=clock.run_id(began),
        started=began,
        tool=__version__,
        rubric=rubric.version,
        inventory=asked.inventory,
        method=method_of(parts, __version__),
        holder=holder(began),
        asked=asking.written(asked),
        rules=rules.encode(),
    )
    with store.writing() as connection:
        run = runs.begin(connection, opening)
    return Keeping(store, _in_short(run), asked, parts, rubric)


def resume(store: Store, asked: Asked, rules: str, parts: Parts, now: datetime) -> Keeping:
    """Go on with the run that was killed. Raises UsageError where there is none, or it was asked something else."""
    with store.reading() as connection:
        run = runs.open_run(connection)
    if run is None:
        raise UsageError("No run was broken off: there is nothing to resume.", "Start one without --resume.")
    began = f"The run that began at {run.opening.started:%Y-%m-%d %H:%M} UTC"
    if now - run.opening.started > RESUMABLE:
        raise UsageError(f"{began} is more than {RESUMABLE.total_seconds() / 3600:.0f} hours old.", AFRESH)
    if run.opening.method != method_of(parts, __version__):
        raise UsageError(f"{began} was another version of the program, or of its plug-ins.", AFRESH)
    if run.opening.asked != asking.written(asked) or run.opening.rules != rules.encode():
        raise UsageError(f"{began} was asked something else: the inventory, the rubric or the options differ.", AFRESH)
    if now < (seen := _last_sight(store, run, asked, parts, set())):
        raise UsageError(f"The clock says {now:%H:%M} UTC, but that run saw something at {seen:%H:%M} UTC.", AFRESH)
    return Keeping(store, _in_short(run), asked, parts, parse_rubric(rules, "the rubric"))


def _in_short(run: runs.Run) -> runs.Run:
    """Without what it was asked, which is in the store and read no more: of a large city that is a megabyte."""
    return replace(run, opening=replace(run.opening, asked=b"", rules=b""))


@dataclass(frozen=True, slots=True)
class Leftover:
    """A run that was killed, and how it was ended. `kept`: None where it could not be judged at all."""

    id: str
    kept: KeptRun | None
    damaged: frozenset[str] = frozenset()  # assets at which it looked, and what it saw cannot be read any more


def settle_leftover(store: Store, parts: Parts) -> Leftover | None:
    """Judge what a killed run saw, and end it as one that was interrupted. None: the last run came to its end.

    A look that is damaged was not seen. Where the run itself is damaged nothing was: it is set aside, so that it does
    not stand in the way of every run to come.
    """
    with store.reading() as connection:
        found = runs.open_run_id(connection)
    if found is None:
        return None
    number, name = found
    try:
        run, asked, rubric = _read_leftover(store)
    except (StoreDamaged, CodecError, UsageError):
        with store.writing() as connection:
            runs.set_aside(connection, number)
        return Leftover(name, None)
    damaged: set[str] = set()
    latest = _last_sight(store, run, asked, parts, damaged)
    with Keeping(store, run, asked, parts, rubric) as keeping:
        report = pipeline.assess(
            _undamaged(keeping, 1, damaged),
            question_of(asked, rubric),
            parts,
            began=run.opening.started,
            clock=lambda: latest,
            name=name,
            memory=keeping,
            again=lambda _: _undamaged(keeping, 2, damaged),
        )
        kept = keeping.finish(report, digest_of(report), interrupted=True)
    return Leftover(name, kept, frozenset(damaged))


def _read_leftover(store: Store) -> tuple[runs.Run, Asked, Rubric]:
    with store.reading() as connection:
        run = runs.open_run(connection)
    if run is None:
        raise CodecError("The run that was broken off is gone.")
    return run, asking.read(run.opening.asked), parse_rubric(run.opening.rules.decode(), run.id)


def _undamaged(keeping: Keeping, turn: int, damaged: set[str]) -> Iterator[Look]:
    """Of an asset of which one of two looks is damaged the other says too little."""
    yield from (look for look in keeping.earlier_looks(turn, damaged) if look.asset.id not in damaged)


def digest_of(report: Report) -> str:
    """SHA-256 of the JSON report."""
    found = hashlib.sha256()
    for piece in json.pieces(report):
        found.update(piece.encode())
    return found.hexdigest()


def _last_sight(store: Store, run: runs.Run, asked: Asked, parts: Parts, damaged: set[str]) -> datetime:
    """When a run that was killed last saw anything. `damaged`: see `looks.read_looks`."""
    looks = (look for turn in (1, 2) for look in stored_looks(store, run, asked, parts, turn, damaged))
    sights = (sight.facts.observed_at for look in looks for sight in look.sights if isinstance(sight, Seen))
    return max(sights, default=run.opening.started)
