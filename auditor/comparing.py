"""What changed from one kept run to another, under the names that things have now; and letters over time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from auditor import asked as asking
from auditor import short as shorts
from auditor.diff import Diff, diff
from auditor.model import Asset, Attestation, Expiring, Vendor, Waiver
from auditor.past import KeptRun, LetterMove, Move, Trend
from auditor.store import changes, runs
from auditor.waive import end_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from auditor.store.kept import Store


def compared(store: Store, before: KeptRun | None, after: KeptRun, *, every: bool = False) -> Diff:
    """What changed between two kept runs. `every`: list all that ends soon."""
    with store.reading() as connection:
        later = runs.run_named(connection, after.id)
        if before is None:
            return diff(None, after, (), (), _ending(later), all_expiring=every)
        earlier = runs.run_named(connection, before.id)
        listed = asking.read(later.opening.asked).assets
        moves = tuple(follow(changes.moves(connection, earlier.no, later.no), listed))
        held = _held(connection, moves, listed, earlier.no)
        letters = follow_letters(changes.letter_moves(connection, earlier.no, later.no), listed)
        return diff(
            before,
            after,
            (replace(move, held_elsewhere=True) if _is_in(held, move) else move for move in moves),
            letters,
            _ending(later),
            all_known=before.whole or runs.last_run(connection, whole=True, before=earlier.no) is not None,
            all_expiring=every,
        )


def _held(
    connection: Connection, moves: Iterable[Move], assets: Iterable[Asset], run: int
) -> frozenset[tuple[str, str]]:
    """Of the assets and checks that fail at a place that was not there: those that held wherever they were asked.

    `run`: at which they held. What was asked under a former name counts too.
    """
    names = {asset.id: (asset.id, *asset.formerly) for asset in assets}
    asked = {move.key[:2] for move in moves if move.before is None and move.after and move.after.is_open}
    held = set()
    for asset, check in asked:
        states = changes.states_at(connection, names.get(asset, (asset,)), check, run)
        if states and not any(state.is_open for state in states):
            held.add((asset, check))
    return frozenset(held)


def _is_in(held: Collection[tuple[str, str]], move: Move) -> bool:
    return move.before is None and move.key[:2] in held


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
        yield move if before is move.before else Move(key, before, move.after)


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
        points = {kind: changes.points(connection, kind, number) for kind in ("department", "system")}
        city = changes.city_points(connection, number)
        kept = runs.finished_runs(connection, number)
        sensitive = runs.sensitive_shares(connection, number)
    return Trend(runs=kept, city=city, departments=points["department"], systems=points["system"], sensitive=sensitive)


def _ending(run: runs.Run) -> Iterable[Expiring]:
    """What ends soon, and what somebody said that has ended."""
    assert run.closing is not None  # noqa: S101 - only of a finished run; mypy cannot know
    asked = asking.read(run.opening.asked)
    zone = ZoneInfo(asked.timezone)
    said: tuple[tuple[str, tuple[Waiver | Attestation | Vendor, ...]], ...] = (
        ("waiver", asked.waivers),
        ("attestation", asked.attestations),
        ("agreement", asked.vendors),
    )
    yield from shorts.read(run.closing.short).expiring
    for what, ones in said:
        for one in ones:
            at = end_of(one.expires, zone)
            if at <= run.closing.as_of:
                yield Expiring(what=what, subject=one.id, locus="", at=at)
