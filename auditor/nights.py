"""One run after another: what a run takes over from the last one, how it begins or goes on, what it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from auditor import __version__, pipeline
from auditor import asked as asking
from auditor import short as shorts
from auditor.asked import Asked
from auditor.codec import CodecError
from auditor.diff import Diff, diff
from auditor.errors import UsageError
from auditor.inventory import Inventory
from auditor.judging_again import question_of
from auditor.keeping import Keeping, method_of, stored_looks
from auditor.model import Asset, Attestation, Expiring, Report, System, Tier, Waiver
from auditor.observe import Look
from auditor.past import KeptRun, LetterMove, Move, Point, Trend
from auditor.plugins import Parts
from auditor.probe import Seen
from auditor.reports import json
from auditor.rubric import Rubric, parse_rubric
from auditor.standing import accountable, accountable_systems
from auditor.store import StoreDamaged, changes, runs
from auditor.store.lock import holder
from auditor.waive import end_of

if TYPE_CHECKING:
    from auditor.store.kept import Store

RESUMABLE = timedelta(hours=24)  # what was seen earlier is another night's
AFRESH = "Start a new run without --resume: what this one saw is judged and kept first."


def last_copies(last: runs.Run | None) -> Mapping[str, str]:
    """The included parts of the inventory as they were last read: path → text."""
    return dict(asking.read(last.opening.asked).includes) if last else {}


def asked_of(inventory: Inventory, last: runs.Run | None, only: frozenset[str], tiers: frozenset[Tier]) -> Asked:
    """What a run of this inventory is asked, with what earlier runs answer for and the inventory lists no more."""
    before = asking.read(last.opening.asked) if last else None
    closing = last.closing if last else None
    known = {asset.id for asset in inventory.assets}
    assets = _with_all_names(inventory.assets, before.assets if before else ())
    lost = accountable(assets, _assets_of(before), inventory.retired)
    systems = accountable_systems(inventory.systems, _systems_of(before), lost, inventory.retired)
    listed = {system.id for system in inventory.systems}
    return Asked(
        assets=assets,
        systems=inventory.systems,
        departments=inventory.departments,
        organisation=inventory.name,
        timezone=inventory.timezone,
        inventory=inventory.digest,
        waivers=inventory.waivers,
        attestations=inventory.attestations,
        earlier_assets=tuple(asset for asset in lost if asset.id not in known),
        earlier_systems=tuple(system for system in systems if system.id not in listed),
        retired=inventory.retired,
        excluded=inventory.fence.excluded,
        includes=tuple(sorted(inventory.parts.items())),
        unreadable=frozenset(system for part in inventory.broken for system in part.systems),
        discovered_at=closing.discovered if closing else None,
        only=only,
        tiers=tiers,
    )


def _with_all_names(assets: Iterable[Asset], before: Iterable[Asset]) -> tuple[Asset, ...]:
    """Each asset with the names that it, or what it was called last night, had then: a past is owed until it is met.

    A rename may be struck out, or followed by another one, before any run has looked at the asset.
    """
    then = {asset.id: asset.formerly for asset in before}
    found = []
    for asset in assets:
        older = [name for known in (asset.id, *asset.formerly) for name in then.get(known, ())]
        names = dict.fromkeys((*asset.formerly, *older))
        found.append(replace(asset, formerly=tuple(name for name in names if name != asset.id)))
    return tuple(found)


def last_of(store: Store) -> runs.Run | None:
    """The last finished run."""
    with store.reading() as connection:
        return runs.last_run(connection)


def listed_before(last: runs.Run | None) -> frozenset[str]:
    """The ids of the assets in the inventory of the last run."""
    return frozenset(asset.id for asset in asking.read(last.opening.asked).assets) if last else frozenset()


def begin(store: Store, asked: Asked, rules: str, parts: Parts, began: datetime) -> Keeping:
    """A new run. `rules`: the rubric's text. Nobody else may run: the store is locked."""
    rubric = parse_rubric(rules, "the rubric")
    opening = runs.Opening(
        id=pipeline.run_id(began),
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
    return Keeping(store, run, asked, parts, rubric)


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
    return Keeping(store, run, asked, parts, parse_rubric(rules, "the rubric"))


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


def compared(store: Store, before: KeptRun | None, after: KeptRun, *, every: bool = False) -> Diff:
    """What changed between two kept runs. `every`: list all that ends soon."""
    with store.reading() as connection:
        later = runs.run_named(connection, after.id)
        if before is None:
            return diff(None, after, (), (), _ending(later), all_expiring=every)
        earlier = runs.run_named(connection, before.id)
        listed = asking.read(later.opening.asked).assets
        moves = follow(changes.moves(connection, earlier.no, later.no), listed)
        letters = follow_letters(changes.letter_moves(connection, earlier.no, later.no), listed)
        return diff(before, after, moves, letters, _ending(later), all_expiring=every)


def follow(moves: Iterable[Move], assets: Iterable[Asset]) -> Iterator[Move]:
    """The same moves, those of renamed assets under the new name alone: what was there before is not gone.

    What no heir's move takes over is told under the old name: else a failure could leave without a word.
    """
    listed = {asset.id: asset for asset in assets}
    left = {move.key: move for move in moves}
    taken = {
        (former, check, locus)
        for (name, check, locus), move in left.items()
        if name in listed and move.before is None
        for former in listed[name].formerly
        if former not in listed
    }
    for key, move in left.items():
        name, check, locus = key
        if key in taken and move.after is None:
            continue
        formers = listed[name].formerly if name in listed and move.before is None else ()
        earlier = [left[former, check, locus].before for former in formers if (former, check, locus) in left]
        before = earlier[0] if earlier else move.before
        yield Move(key, before, move.after)


def follow_letters(moves: Iterable[LetterMove], assets: Iterable[Asset]) -> Iterator[LetterMove]:
    """The same moves, the letters of a renamed asset under the new name alone."""
    listed = {asset.id: asset for asset in assets}
    heirs = {former for asset in listed.values() for former in asset.formerly if former not in listed}
    left = {(move.kind, move.id): move for move in moves}
    for (kind, name), move in left.items():
        if kind != "asset":
            yield move
            continue
        if name in heirs and move.after is None:
            continue
        formers = listed[name].formerly if name in listed and move.before is None else ()
        earlier = [left[kind, former].before for former in formers if (kind, former) in left]
        yield replace(move, before=earlier[0] if earlier else move.before)


def baseline(store: Store, kept: KeptRun) -> KeptRun | None:
    """What a run is compared with: the last one of the whole inventory before it; for a part of it, the last of any."""
    with store.reading() as connection:
        number = runs.run_named(connection, kept.id).no
        last = runs.last_run(connection, whole=kept.whole, before=number)
    return last.kept if last else None


def trend(store: Store, up_to: KeptRun) -> Trend:
    """Letters over time, up to a run."""
    with store.reading() as connection:
        number = runs.run_named(connection, up_to.id).no
        points = {kind: changes.points(connection, kind, number) for kind in ("city", "department", "system")}
        kept = runs.finished_runs(connection, number)
        sensitive = runs.sensitive_shares(connection, number)
    city: tuple[Point, ...] = next(iter(points["city"].values()), ())
    return Trend(runs=kept, city=city, departments=points["department"], systems=points["system"], sensitive=sensitive)


def _assets_of(asked: Asked | None) -> tuple[Asset, ...]:
    return accountable(asked.assets, asked.earlier_assets, asked.retired) if asked else ()


def _systems_of(asked: Asked | None) -> tuple[System, ...]:
    if asked is None:
        return ()
    return accountable_systems(asked.systems, asked.earlier_systems, _assets_of(asked), asked.retired)


def _last_sight(store: Store, run: runs.Run, asked: Asked, parts: Parts, damaged: set[str]) -> datetime:
    """When a run that was killed last saw anything. `damaged`: see `looks.read_looks`."""
    looks = (look for turn in (1, 2) for look in stored_looks(store, run, asked, parts, turn, damaged))
    sights = (sight.facts.observed_at for look in looks for sight in look.sights if isinstance(sight, Seen))
    return max(sights, default=run.opening.started)


def _ending(run: runs.Run) -> Iterable[Expiring]:
    """What ends soon, and what somebody said that has ended."""
    assert run.closing is not None  # noqa: S101 - only of a finished run; mypy cannot know
    asked = asking.read(run.opening.asked)
    zone = ZoneInfo(asked.timezone)
    said: tuple[tuple[str, tuple[Waiver | Attestation, ...]], ...] = (
        ("waiver", asked.waivers),
        ("attestation", asked.attestations),
    )
    yield from shorts.read(run.closing.short).expiring
    for what, ones in said:
        for one in ones:
            at = end_of(one.expires, zone)
            if at <= run.closing.as_of:
                yield Expiring(what=what, subject=one.id, locus="", at=at)
