"""What a finding was judged from, as it lies in the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditor.codec import CodecError, JsonValue, digest, plain, type_name
from auditor.errors import UsageError
from auditor.explaining.case import Case
from auditor.explaining.rule import rests_on, rests_on_all_assets
from auditor.facts.base import Facts
from auditor.facts.declared import Declared
from auditor.judge import declared_facts
from auditor.model import Asset, Carried, Finding, Outcome, Standing
from auditor.probe import Seen as Sight
from auditor.probe import Unseen
from auditor.reports.explanation.nouns import Blind, Kept, Seen
from auditor.store import looks, runs, sights

TURNS = (1, 2)


def facts_of(case: Case, finding: Finding) -> Kept:
    """The facts of the run that saw what counts: this one, or an earlier one where its answer still stands."""
    asset = case.assets[finding.asset]
    if finding.standing is Standing.NOW or finding.outcome is Outcome.UNKNOWN:
        return _kept(case, case.run, asset, finding)
    if finding.standing is Standing.ATTESTED:
        return Kept(run="")
    entry = carried_as(case.carried, finding)
    if entry is None or not entry.run:
        return Kept(run="", gone="which run saw it is not kept")
    try:
        with case.store.reading() as connection:
            run = runs.run_named(connection, entry.run)
        return _kept(case, run, asset, finding)
    except UsageError:
        return Kept(run=entry.run, gone="that run is not in this store")
    except CodecError:
        return Kept(run=entry.run, gone="this version cannot read what that run saw")


def carried_as(carried: Iterable[Carried], finding: Finding) -> Carried | None:
    """The earlier outcome that stands as this finding."""
    same = (one for one in carried if (one.asset, one.check, one.locus) == finding.key)
    return next((one for one in same if (one.outcome, one.observed_at) == (finding.outcome, finding.observed_at)), None)


def looks_at(case: Case, run: runs.Run, asset: Asset) -> list[tuple[int, looks.KeptLook]]:
    """What a run saw of an asset, under a former name too: one look, or two. Raises CodecError."""
    names = (asset.id, *asset.formerly)
    with case.store.reading() as connection:
        return [
            (turn, look)
            for turn in TURNS
            for look in looks.read_looks(connection, run.no, run.opening.started, turn, case.parts.facts_types, names)
        ]


def _kept(case: Case, run: runs.Run, asset: Asset, finding: Finding) -> Kept:
    reads = case.parts.by_id[finding.check].reads
    types = rests_on(reads, case.parts)
    everywhere = rests_on_all_assets(reads, case.parts)
    found = looks_at(case, run, asset)
    if run.pruned and not found:
        return Kept(run=run.id, gone="what that run saw was pruned")
    rows = [
        _row(sight, turn)
        for turn, look in found
        for sight in _at(look.sights, types - {Declared}, None if everywhere else finding.locus)
    ]
    return Kept(run=run.id, rows=tuple(rows), declared=_declared(case, asset) if Declared in types else None)


def _at(seen: Sequence[Sight | Unseen], types: Iterable[type[Facts]], locus: str | None) -> Iterator[Sight | Unseen]:
    """What was seen at a place; where a type has nothing there, what it says of the whole asset. None: all of it."""
    for facts_type in sorted(types, key=type_name):
        of_type = [one for one in seen if _type_of(one) is facts_type]
        here = [one for one in of_type if locus is None or one.locus == locus]
        yield from here or [one for one in of_type if not one.locus]


def _declared(case: Case, asset: Asset) -> JsonValue:
    """By the run's own inventory: what it said then is what judging reads."""
    system, began = case.systems.get(asset.system), case.run.opening.started
    said = plain(declared_facts(asset, system, began, case.register))
    return {name: value for name, value in said.items() if name != "observed_at"} if isinstance(said, dict) else said


def _type_of(sight: Sight | Unseen) -> type[Facts]:
    return sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)


def _row(sight: Sight | Unseen, turn: int) -> Seen | Blind:
    name = type_name(_type_of(sight))
    if isinstance(sight, Unseen):
        return Blind(facts=name, locus=sight.locus, look=turn, reason=sight.reason.word, detail=sight.detail)
    return Seen(
        facts=name,
        locus=sight.locus,
        look=turn,
        sha256=digest(sights.timeless(sight.facts)),
        at=sight.facts.observed_at,
        basis=sight.basis,
        value=plain(sight.facts),
    )
