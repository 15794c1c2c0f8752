"""What was seen of assets, and what derivations conclude of it: all that is known, by facts type and locus. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from auditor.answers import is_sight, is_text
from auditor.check import Check
from auditor.derive import AssetDerivation, Derivation, LocusDerivation, Placed, RunDerivation, Undecided
from auditor.facts.base import Facts
from auditor.facts.declared import Declared
from auditor.filling import maker
from auditor.model import Basis, Reason
from auditor.probe import Seen, Unseen
from auditor.records import dataclass

make_seen = maker(Seen)
Sight = Seen | Unseen
T = TypeVar("T")
Row = Mapping[str, Sight]  # by locus
Told = tuple[Sight, ...]  # of one asset and facts type
Known = Mapping[type[Facts], Row]
Part = Derivation | Check[Any]
NO_ROW: Row = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sights:
    """What is known of one asset, by facts type and locus."""

    by_type: Known

    @staticmethod
    def of(observations: Iterable[Sight]) -> Sights:
        """Of several observations of one type and locus a blind one counts; sights that differ are inconsistent."""
        table: dict[type[Facts], dict[str, Sight]] = {}
        often: dict[tuple[type[Facts], str], list[Sight]] = {}
        for sight in observations:
            facts_type = sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)
            first = table.setdefault(facts_type, {}).setdefault(sight.locus, sight)
            if first is not sight:
                often.setdefault((facts_type, sight.locus), [first]).append(sight)
        for (facts_type, locus), all_of_them in often.items():
            table[facts_type][locus] = _one(all_of_them)
        return Sights(table)

    def get(self, facts_type: type[Facts]) -> Row:
        return self.by_type.get(facts_type, NO_ROW)

    def with_row(self, facts_type: type[Facts], row: Row) -> Sights:
        return Sights({**self.by_type, facts_type: row})


def derive_each(sights: Sights, derivations: Iterable[LocusDerivation | AssetDerivation], declared: Declared) -> Sights:
    """Add what derivations of one asset conclude, in their order: one may rest on what an earlier one concluded.

    Where nothing that one reads was asked, nothing is known of what it yields.
    """
    known = dict(sights.by_type)
    said: Row = {"": Seen(declared)}
    for derivation in derivations:
        if isinstance(derivation, AssetDerivation):
            row = _of_asset(known, derivation, said)
        else:
            row = _at_each_locus(known, derivation, declared)
        if row or known.get(derivation.yields):
            known[derivation.yields] = row
    return Sights(known)


def _at_each_locus(known: Known, derivation: LocusDerivation, declared: Declared) -> Row:
    """What one derivation concludes at every locus that one of its inputs has."""
    rows = [known.get(facts_type, NO_ROW) for facts_type in derivation.reads if facts_type is not Declared]
    return {locus: _at_locus(known, derivation, locus, declared) for locus in _own_loci(rows)}


def _own_loci(rows: Sequence[Row]) -> Collection[str]:
    """The loci of an answer: those of its inputs. "" is none where it only speaks for the loci of another input.

    Where it was not seen, or stands beside other loci of its own input, it stays: it may be a place of its own.
    """
    loci = {locus for row in rows for locus in row}
    if len(loci) <= 1:
        return loci
    stays = any("" in row and (len(row) > 1 or isinstance(row[""], Unseen)) for row in rows)
    return sorted(locus for locus in loci if locus or stays)


def _at_locus(known: Known, derivation: LocusDerivation, locus: str, declared: Declared) -> Sight:
    """An input that was not seen tells why; only where none does, one is missing."""
    arguments: list[Facts] = []
    missing = ""
    basis = Basis.OBSERVED
    for facts_type in derivation.reads:
        if facts_type is Declared:
            arguments.append(declared)
            continue
        row = known.get(facts_type, NO_ROW)
        sight = row.get(locus) or row.get("")
        if sight is None:
            missing = missing or facts_type.__name__
            continue
        if isinstance(sight, Unseen):
            return Unseen(derivation.yields, locus, sight.reason, sight.detail)
        arguments.append(sight.facts)
        if sight.basis is not Basis.OBSERVED:
            basis = _weaker(basis, sight.basis)
    if missing:
        return Unseen(derivation.yields, locus, Reason.NOT_OBSERVED, missing)
    answer = attempt(derivation.derive, arguments, derivation, Reason.DERIVATION_ERROR)
    return _answered(answer, derivation, locus, basis)


def _of_asset(known: Known, derivation: AssetDerivation, declared: Row) -> Row:
    """What one derivation concludes from all loci of an asset; nothing, where none of its inputs was asked.

    `declared`: what the inventory says, as it stands among them.
    """
    rows = {kind: known.get(kind, NO_ROW) for kind in derivation.reads}
    if not any(rows.values()):
        return NO_ROW
    basis = Basis.OBSERVED
    for row in rows.values():
        for sight in row.values():
            if isinstance(sight, Seen) and sight.basis is not Basis.OBSERVED:
                basis = _weaker(basis, sight.basis)
    if Declared in rows:
        rows[Declared] = declared
    answer = attempt(derivation.derive, (rows,), derivation, Reason.DERIVATION_ERROR)
    return {"": _answered(answer, derivation, "", basis)}


def derive_run(all_sights: Mapping[str, Sights], derivation: RunDerivation) -> dict[str, Sights]:
    """Add what one derivation concludes from all assets."""
    found = dict(all_sights)
    for asset, sights in told_of_all(all_sights, derivation):
        found[asset] = found[asset].with_row(derivation.yields, {sight.locus: sight for sight in sights})
    return found


def told_of_all(all_sights: Mapping[str, Sights], derivation: RunDerivation) -> Iterator[tuple[str, Told]]:
    """What one derivation concludes from all assets, by asset; silence about an asset that it read is Unseen.

    All is read before the first answer comes.
    """
    placed = tuple(
        Placed(asset, sight) for asset in sorted(all_sights) for sight in _read(all_sights[asset], derivation)
    )
    said = attempt(_said, (derivation, placed), derivation, Reason.DERIVATION_ERROR)
    silent = Failure(Reason.DERIVATION_ERROR, f"{derivation.source} was silent")
    answers, failure = ({}, said) if isinstance(said, Failure) else (said, silent)
    nothing = (Unseen(derivation.yields, "", failure.reason, failure.detail),)
    for place in placed:
        answers.setdefault(place.asset, nothing)
    del placed
    return ((asset, sights or nothing) for asset, sights in answers.items() if asset in all_sights)


def _read(sights: Sights, derivation: RunDerivation) -> Iterator[Sight]:
    return (sight for facts_type in derivation.reads for _, sight in sorted(sights.get(facts_type).items()))


def _said(derivation: RunDerivation, placed: tuple[Placed, ...]) -> dict[str, Told]:
    """What a derivation says, by asset. Runs inside the guard: it may say anything."""
    answers: dict[str, Told] = {}
    often: dict[str, list[Sight]] = {}  # where it says more than one thing
    for answer in derivation.derive(placed):
        if not is_sight(answer.observation):
            raise TypeError("neither seen nor unseen")
        first = answers.setdefault(answer.asset, (answer.observation,))
        if first[0] is not answer.observation:
            often.setdefault(answer.asset, [*first]).append(answer.observation)
    for asset, sights in answers.items():
        answers[asset] = tuple(Sights.of(often.get(asset, sights)).get(derivation.yields).values())
    return answers


def _answered(
    answer: Facts | Failure, derivation: LocusDerivation | AssetDerivation, locus: str, basis: Basis
) -> Sight:
    if isinstance(answer, Failure):
        return Unseen(derivation.yields, locus, answer.reason, answer.detail)
    if not isinstance(answer, derivation.yields):
        return Unseen(derivation.yields, locus, Reason.DERIVATION_ERROR, f"{derivation.source} gave something else")
    return make_seen(answer, locus, basis)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a pure function gave no answer."""

    reason: Reason
    detail: str


def attempt(call: Callable[..., T], given: Iterable[object], part: Part, crash: Reason) -> T | Failure:
    """Call a stranger's pure function. The one guard around checks and what they rest on: the reason is kept."""
    try:
        return call(*given)
    except Undecided as undecided:
        if isinstance(undecided.reason, Reason) and is_text(undecided.detail):
            return Failure(undecided.reason, undecided.detail)
        return Failure(crash, f"{part.source}: {type(undecided).__name__}")
    except Exception as error:  # noqa: BLE001
        return Failure(crash, f"{part.source}: {type(error).__name__}")  # the message may hold what a target said


def _one(sights: Sequence[Sight]) -> Sight:
    """What counts of all that a probe said of one type and locus, in whatever order it said it."""
    unseen = [sight for sight in sights if isinstance(sight, Unseen)]
    if unseen:
        return min(unseen, key=lambda sight: (sight.reason.word, sight.detail))
    seen = [sight for sight in sights if isinstance(sight, Seen)]
    if all(sight == seen[0] for sight in seen):
        return seen[0]
    return Unseen(type(seen[0].facts), seen[0].locus, Reason.INCONSISTENT, "the probe said two things of one place")


def _weaker(one: Basis, other: Basis) -> Basis:
    order = (Basis.OBSERVED, Basis.IMPORTED, Basis.DECLARED)
    return max(one, other, key=order.index)
