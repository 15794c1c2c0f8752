"""What changed from one kept run to another, under the names that things have now; and letters over time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from auditor import asked as asking
from auditor import short as shorts
from auditor.asked import Asked
from auditor.diff import Diff, diff
from auditor.model import Asset, Attestation, Expiring, Vendor, Waiver
from auditor.past import KeptRun, LetterMove, Move, Trend
from auditor.records import dataclass
from auditor.store import changes, runs
from auditor.store.letters import city_points, letter_moves, letter_points
from auditor.waive import end_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from auditor.store.kept import Store


@dataclass(frozen=True, slots=True)
class Said:
    """What a run was asked, and what it knew to end."""

    asked: Asked
    expiring: tuple[Expiring, ...]


def compared(
    store: Store, before: KeptRun | None, after: KeptRun, said: Said | None = None, *, every: bool = False
) -> Diff:
    """What changed between two kept runs. `every`: list all that ends soon.

    `said`: by the later run, for who has just made it: of a large city it takes long to read. None: as it is kept.
    """
    with store.reading() as connection:
        said = said or _said(connection, after)
        ends = _ending(said, after)
        if before is None:
            return diff(None, after, (), (), ends, all_expiring=every)
        first, last = runs.number_of(connection, before), runs.number_of(connection, after)
        listed = said.asked.assets
        moves = tuple(follow(changes.moves(connection, first, last), listed))
        held = _held(connection, moves, listed, first)
        letters = follow_letters(letter_moves(connection, first, last), listed)
        return diff(
            before,
            after,
            (replace(move, held_elsewhere=True) if _is_in(held, move) else move for move in moves),
            letters,
            ends,
            all_known=before.whole or runs.last_kept(connection, whole=True, before=first) is not None,
            all_expiring=every,
        )


def _said(connection: Connection, kept: KeptRun) -> Said:
    run = runs.run_named(connection, kept.id)
    assert run.closing is not None  # noqa: S101 - only of a finished run; mypy cannot know
    return Said(asking.read(run.opening.asked), shorts.read(run.closing.short).expiring)


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
        return runs.last_kept(connection, whole=kept.whole, before=runs.number_of(connection, kept))


def trend(store: Store, up_to: KeptRun) -> Trend:
    """Letters over time, up to a run."""
    with store.reading() as connection:
        number = runs.number_of(connection, up_to)
        points = {kind: letter_points(connection, kind, number) for kind in ("department", "system")}
        city = city_points(connection, number)
        kept = runs.finished_runs(connection, number)
        sensitive = runs.sensitive_shares(connection, number)
    return Trend(runs=kept, city=city, departments=points["department"], systems=points["system"], sensitive=sensitive)


def _ending(said: Said, run: KeptRun) -> Iterable[Expiring]:
    """What ends soon, and what somebody said that has ended."""
    asked, zone = said.asked, ZoneInfo(said.asked.timezone)
    words: tuple[tuple[str, tuple[Waiver | Attestation | Vendor, ...]], ...] = (
        ("waiver", asked.waivers),
        ("attestation", asked.attestations),
        ("agreement", asked.vendors),
    )
    yield from said.expiring
    for what, ones in words:
        for one in ones:
            at = end_of(one.expires, zone)
            if at <= run.as_of:
                yield Expiring(what=what, subject=one.id, locus="", at=at)
