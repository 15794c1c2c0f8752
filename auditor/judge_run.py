"""All looks of a run → findings of what was seen. Streams: an asset's facts are let go once they are judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from auditor.asked import Asked
from auditor.derive import AssetDerivation, Derivation, LocusDerivation, RunDerivation, can_arise
from auditor.deriving import Row, Sights, Told, derive_each, told_of_all
from auditor.facts.base import Facts
from auditor.facts.declared import Declared
from auditor.findings import Packed, Words
from auditor.judge import AnyCheck, declared_facts, judge_asset
from auditor.model import Asset, Expiring, Reason, System, Tier
from auditor.observe import Look
from auditor.plugins import Parts
from auditor.probe import Seen, Unseen
from auditor.records import dataclass
from auditor.second_look import Place, both, unconfirmed
from auditor.unclaimed import unclaimed
from auditor.vendors import NOBODY, Register
from auditor.waiting import Waiting

OfOne = LocusDerivation | AssetDerivation
Ending = tuple[str, str, str]  # what, of which asset, at which locus
NOBODYS = Asset(id="", kind="", address="", system="")
FAR = timedelta(days=90)  # what ends later is not worth its memory


@dataclass(slots=True)
class Judged:
    """Findings of what was looked at, by asset; and what was found that no inventory lists."""

    findings: dict[str, Packed] = field(default_factory=dict)
    words: Words = field(default_factory=Words)
    found: dict[str, Asset] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)  # assets whose look showed all that they hold
    has_discovered: bool = False  # somebody looked for what is not listed, to the end, whether or not there was any
    ending: list[Expiring] = field(default_factory=list)  # what was seen to end by itself, within `FAR`
    looked_at: set[str] = field(default_factory=set)  # assets, of those of which an end was known; the next two too
    lasting: set[Ending] = field(default_factory=set)  # what was seen to have an end at all
    dark: set[tuple[str, str]] = field(default_factory=set)  # assets and loci of which something was not seen

    def is_dark(self, one: Expiring) -> bool:
        """Was an end that is known from before neither seen again nor seen to be no more?"""
        if (one.what, one.subject, one.locus) in self.lasting:
            return False
        places = {(one.subject, one.locus), (one.subject, "")}
        return one.subject not in self.looked_at or not self.dark.isdisjoint(places)


@dataclass(frozen=True, slots=True)
class Stages:
    """What can be judged asset by asset, and what has to wait for all assets."""

    early: tuple[OfOne, ...]
    across: tuple[Derivation, ...]  # what all assets say together, and what that rests on
    last: tuple[OfOne, ...]  # what is concluded of one asset again, once that is known
    late_types: frozenset[type[Facts]]  # facts that only the late stage yields: `across` and `last`
    kept_types: frozenset[type[Facts]]  # facts that it reads

    @staticmethod
    def of(parts: Parts) -> Stages:
        early: list[OfOne] = []
        late: list[Derivation] = []
        late_types: set[type[Facts]] = set()
        for derivation in parts.derivations:
            if isinstance(derivation, RunDerivation) or set(derivation.reads) & late_types:
                late.append(derivation)
                late_types.add(derivation.yields)
            else:
                early.append(derivation)
        kept = {facts_type for derivation in late for facts_type in derivation.reads} - late_types
        across, last = _parted(late)
        return Stages(tuple(early), across, last, frozenset(late_types), frozenset(kept))


def _parted(late: Sequence[Derivation]) -> tuple[tuple[Derivation, ...], tuple[OfOne, ...]]:
    """Those that have to be asked of all assets in step, and those that nothing across assets has to do with."""
    across: list[Derivation] = []
    last: list[OfOne] = []
    for derivation in reversed(late):
        told = {derivation.yields} & {facts_type for other in across for facts_type in other.reads}
        asks = set(derivation.reads) & {other.yields for other in across}
        if isinstance(derivation, RunDerivation) or told or asks:
            across.append(derivation)
        else:
            last.append(derivation)
    return tuple(reversed(across)), tuple(reversed(last))


@dataclass(frozen=True, slots=True)
class _Checks:
    """Those that are asked of some assets, by the stage in which they are judged."""

    early: tuple[AnyCheck, ...]
    late: tuple[AnyCheck, ...]


class Judging:
    """Judges one run. `began`: the instant that declared facts carry.

    `missing`: why an asset that was asked may lack a look. LEFT_OUT: some of the inventory was not asked at all.
    `asked`: None where what was found is not looked at.
    """

    def __init__(
        self,
        assets: Iterable[Asset],
        systems: Iterable[System],
        parts: Parts,
        began: datetime,
        missing: Reason = Reason.INTERRUPTED,
        *,
        register: Register = NOBODY,
        asked: Asked | None = None,
    ) -> None:
        self._asked = asked
        self._watched = frozenset(one.subject for one in asked.endings) if asked else frozenset[str]()
        self._systems = {system.id: system for system in systems}
        self._assets = {asset.id: asset for asset in assets}
        self._parts = parts
        self._stages = Stages.of(parts)
        self._began = began
        self._missing = missing
        self._register = register
        self._waiting = Waiting()
        self._arising: dict[frozenset[type[Facts]], tuple[OfOne, ...]] = {}
        self._checks: dict[tuple[str, frozenset[Tier]], _Checks] = {}
        self._last_declared = ("", declared_facts(NOBODYS, None, began))
        self.judged = Judged()

    def run(self, looks: Iterable[Look]) -> Judged:
        for look in looks:
            self._waiting.put(look.asset.id, self._early(look))
        if self._stages.across:
            self._derive_across(
                is_whole=self._missing is not Reason.LEFT_OUT and self._waiting.keys() >= self._expected()
            )
        for name in tuple(self._waiting):
            self._late(self._assets[name], self._waiting.pop(name))
        return self.judged

    def _early(self, look: Look) -> Mapping[type[Facts], Row]:
        """Judge what needs this asset alone; hand back what the late stage reads."""
        self._assets.setdefault(look.asset.id, look.asset)  # what was found is judged like what was asked
        self.judged.found.update((found.id, found) for found in look.found)
        if _lists_all(look):
            self.judged.whole.add(look.asset.id)
            self.judged.has_discovered |= any(_is_list(sight) for sight in look.sights)
        self._note_endings(look)
        sights = Sights.of(look.sights)
        arising = self._early_ones(frozenset(sights.by_type))
        sights = derive_each(sights, arising, self._declared(look.asset.id))
        found = judge_asset(look.asset, sights, self._asked_of(look.asset).early)
        self.judged.findings[look.asset.id] = self.judged.words.packed(look.asset.id, found)
        return {kind: sights.get(kind) for kind in self._stages.kept_types}

    def _late(self, asset: Asset, sights: Sights) -> None:
        """Judge what had to wait for all assets."""
        asked = self._asked_of(asset).late
        if asked:
            sights = derive_each(sights, self._stages.last, self._declared(asset.id))
            before = self.judged.findings[asset.id]
            self.judged.findings[asset.id] = self.judged.words.joined(before, judge_asset(asset, sights, asked))

    def _asked_of(self, asset: Asset) -> _Checks:
        """What is asked of an asset, and when: the same for all of its kind and tiers."""
        key = (asset.kind, asset.tiers)
        if key not in self._checks:
            asked, late = self._parts.checks_for(asset), self._stages.late_types
            self._checks[key] = _Checks(
                early=tuple(check for check in asked if check.reads not in late),
                late=tuple(check for check in asked if check.reads in late),
            )
        return self._checks[key]

    def _early_ones(self, asked: frozenset[type[Facts]]) -> tuple[OfOne, ...]:
        """Those that have anything to conclude from: most are of other kinds of asset."""
        if asked not in self._arising:
            known, arising = set(asked), []
            for derivation in self._stages.early:
                if can_arise(derivation, known):
                    known.add(derivation.yields)
                    arising.append(derivation)
            self._arising[asked] = tuple(arising)
        return self._arising[asked]

    def _note_endings(self, look: Look) -> None:
        if look.asset.id in self._watched:
            self._note_known_endings(look)
        for sight in look.sights:
            for what, at in sight.facts.ends() if isinstance(sight, Seen) else ():
                if at <= self._began + FAR:
                    end = Expiring(what=what, subject=look.asset.id, locus=sight.locus, at=at)
                    self.judged.ending.append(end)

    def _note_known_endings(self, look: Look) -> None:
        """What `Judged.is_dark` asks, which is of few assets."""
        self.judged.looked_at.add(look.asset.id)
        for sight in look.sights:
            if isinstance(sight, Unseen):
                self.judged.dark.add((look.asset.id, sight.locus))
            else:
                self.judged.lasting.update((what, look.asset.id, sight.locus) for what, _ in sight.facts.ends())

    def _derive_across(self, *, is_whole: bool) -> None:
        """`is_whole`: all that has to be looked at was."""
        for derivation in self._stages.across:
            if isinstance(derivation, RunDerivation):
                told = told_of_all(self._waiting, derivation) if is_whole else self._not_derived(derivation)
                for name, sights in told:
                    self._waiting.add(name, derivation.yields, sights)
                continue
            for name in self._waiting:
                known = derive_each(self._waiting[name], (derivation,), self._declared(name))
                self._waiting.put(name, known.by_type)

    def _expected(self) -> set[str]:
        """All that has to be looked at before anything is said of all assets: what was asked, and what was found."""
        found = unclaimed(self.judged.found.values(), self._asked) if self._asked else ()
        return {*self._assets, *(asset.id for asset in found)}

    def _not_derived(self, derivation: RunDerivation) -> Iterable[tuple[str, Told]]:
        """What all assets say together is not known from some of them: what is missing may be what matters."""
        unseen = (Unseen(derivation.yields, "", self._missing, "not all assets were looked at"),)
        return [(name, unseen) for name in self._waiting]

    def _declared(self, name: str) -> Declared:
        """What the inventory says of an asset: the same for all its derivations, so that the last one is kept."""
        if self._last_declared[0] != name:
            asset = self._assets[name]
            said = declared_facts(asset, self._systems.get(asset.system), self._began, self._register)
            self._last_declared = (name, said)
        return self._last_declared[1]


def _is_list(sight: Seen | Unseen) -> bool:
    return isinstance(sight, Seen) and sight.facts.is_whole_list() is not None


def _lists_all(look: Look) -> bool:
    """Did it show all that the asset holds? Where no facts say so, a look did in which nothing was unseen."""
    said = [sight.facts.is_whole_list() for sight in look.sights if isinstance(sight, Seen)]
    known = [word for word in said if word is not None]
    return all(known) if known else bool(said) and not any(isinstance(sight, Unseen) for sight in look.sights)


def confirm(judged: Judged, second: Judged, turned: Mapping[str, Collection[Place]], parts: Parts) -> None:
    """Lay second looks over the first ones, and let nothing pass that failed before and was seen to pass only once.

    `turned`: where something turned, by asset. What all assets say together is not asked of a few of them: it counts
    as it was seen.
    """
    late_types = Stages.of(parts).late_types
    alone = {check.id for check in parts.checks if check.reads not in late_types}
    for name in judged.findings.keys() & (second.findings.keys() | turned.keys()):
        again = [one for one in second.findings.get(name, ()) if one.check in alone]
        places = [place for place in turned.get(name, ()) if place[0] in alone]
        confirmed = both(tuple(unconfirmed(judged.findings[name], again, places)), again)
        judged.findings[name] = judged.words.packed(name, confirmed)
