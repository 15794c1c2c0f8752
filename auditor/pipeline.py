"""The order of work: observe → derive → judge → settle → waive → grade → Report. Names no probe and no check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from operator import attrgetter, is_
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from auditor import __version__
from auditor.alone import with_alone
from auditor.asked import Asked
from auditor.clock import Clock, run_id
from auditor.deriving import Sights
from auditor.facts.base import Facts
from auditor.findings import Findings, Packed
from auditor.grade import Discovery, Held, grade_asset, grade_city, grade_department, grade_system
from auditor.held import Grades, Kept
from auditor.history import History
from auditor.judge import judge_asset, sensitivity_of
from auditor.judge_run import Judged, Judging, Stages, confirm
from auditor.made import Made
from auditor.model import (
    Asset,
    Attestation,
    Carried,
    CityGrade,
    Expiring,
    Finding,
    Grade,
    Reason,
    Report,
    RunInfo,
    System,
    Waiver,
)
from auditor.observe import Look
from auditor.plugins import Parts
from auditor.probe import Unseen
from auditor.records import dataclass
from auditor.rubric import Rubric
from auditor.second_look import Place, last_decided, turned
from auditor.standing import Rule, Settlement, accountable, accountable_systems
from auditor.unclaimed import standing
from auditor.vendors import register_of
from auditor.waive import attest, end_of, expired, start_of, waive

PLACE = attrgetter("check", "locus")  # of a finding on its asset
SOON = timedelta(days=60)  # how far ahead a report names what ends by itself
Said = TypeVar("Said", Attestation, Waiver)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Asked):
    """What is to be graded, and everything but facts that the grade rests on."""

    rubric: Rubric
    carried: tuple[Carried, ...] = ()  # earlier outcomes, where no `Memory` has them
    as_of: datetime | None = None  # None: the end of the run

    @property
    def accountable(self) -> tuple[Asset, ...]:
        """The assets that are graded, vanished ones too; with `only`, those of the named systems."""
        before = [asset for asset in self.earlier_assets if not self.only or asset.system in self.only]
        return accountable(self.assets, before, self.retired)

    @property
    def accountable_systems(self) -> tuple[System, ...]:
        """The systems that are graded; none in an ad hoc check."""
        if self.organisation is None:
            return ()
        before = [system for system in self.earlier_systems if not self.only or system.id in self.only]
        return accountable_systems(self.systems, before, self.accountable, self.retired)


class Memory(Protocol):
    """What earlier runs left of each asset, and what this one leaves."""

    def recall(self, asset: Asset) -> Sequence[Carried]:
        """Earlier outcomes of an asset, under its own id: those of its former ids too."""
        ...

    def turned(self, judged: Mapping[str, Sequence[Finding]]) -> Mapping[str, Collection[Place]]:
        """The places that pass and were last seen to fail, or fail and were last seen to pass; by asset."""
        ...

    def keep(
        self,
        asset: Asset,
        judged: Sequence[Finding],
        before: Sequence[Carried],
        history: History,
        settled: Sequence[Finding],
    ) -> None:
        """Take note of one asset: what judging said of it, what was recalled, and what counts.

        `history` is that of `before`. Asked right after `recall`, asset by asset.
        """
        ...


class Told:
    """A memory that knows what the question carries, and keeps nothing."""

    def __init__(self, carried: Iterable[Carried], assets: Sequence[Asset]) -> None:
        self._by_asset: dict[str, list[Carried]] = defaultdict(list)
        for entry in carried:
            self._by_asset[entry.asset].append(entry)
        self._present = {asset.id for asset in assets}

    def recall(self, asset: Asset) -> Sequence[Carried]:
        names = (asset.id, *(former for former in asset.formerly if former not in self._present))
        return [entry for name in names for entry in self._by_asset.get(name, ())]

    def turned(self, judged: Mapping[str, Sequence[Finding]]) -> Mapping[str, Collection[Place]]:
        places = (
            (name, turned(findings, last_decided(self._by_asset.get(name, ())))) for name, findings in judged.items()
        )
        return {name: found for name, found in places if found}

    def keep(self, asset: Asset, *_: object) -> None:
        pass


Again = Callable[[Sequence[Asset]], Iterable[Look]]


def assess(
    looks: Iterable[Look],
    question: Question,
    parts: Parts,
    *,
    began: datetime,
    clock: Clock,
    name: str | None = None,
    memory: Memory | None = None,
    again: Again | None = None,
) -> Report:
    """Judge and grade what was observed.

    Assets of the question that `looks` lacks (an interrupted run, an asset that vanished from the inventory) are
    judged as unseen. `again` looks a second time at assets where something turned from pass to fail or back; None: one
    look has to do.
    `name`: the run's id; None: a new one.
    """
    memory = memory or Told(question.carried, question.accountable)
    missing = Reason.LEFT_OUT if question.only or question.unreadable else Reason.INTERRUPTED
    register = register_of(question)
    first = Judging(question.assets, question.systems, parts, began, missing, register=register, asked=question)
    judged = first.run(looks)
    unlisted = standing(judged.found, judged.whole, question)
    assets = (*question.accountable, *unlisted) if question.organisation is not None else question.accountable
    if again is not None:
        turned_places = memory.turned(judged.findings)
        second = again([asset for asset in (*question.assets, *unlisted) if asset.id in turned_places])
        judging = Judging(question.assets, question.systems, parts, began, register=register)
        confirm(judged, judging.run(second), turned_places, parts)
    ended = clock()
    as_of = question.as_of or ended
    settled = _settled(assets, judged, question, parts, memory, as_of)
    run = RunInfo(
        id=name or run_id(began),
        started=began,
        finished=ended,
        tool=__version__,
        rubric=question.rubric.version,
        complete=settled.is_complete and _has_no_empty_system(question),
        as_of=as_of,
        inventory=question.inventory,
    )
    return _graded(run, assets, unlisted, settled, judged, question, parts)


@dataclass(slots=True)
class _Settled:
    """What counts. `findings`: by asset, in the order of asset, check, locus; `kept`: the grades of the assets.

    `is_complete`: everything was seen that was asked; of an asset of which nothing can be asked it was not.
    """

    kept: Kept
    findings: list[Packed] = field(default_factory=list)
    is_complete: bool = True


def _settled(  # noqa: PLR0917 - what was seen, what was asked, and when
    assets: Sequence[Asset], judged: Judged, question: Question, parts: Parts, memory: Memory, as_of: datetime
) -> _Settled:
    """What counts at `as_of`, with attestations and waivers noted.

    Takes from `judged` what it hands on: the findings of a large city do not stand in memory twice.
    """
    systems = {system.id: system for system in question.accountable_systems}
    rules = {check.id: Rule(check.severity, check.tier) for check in parts.checks}
    late = Stages.of(parts).late_types
    across = frozenset(check.id for check in parts.checks if check.reads in late)
    words, waivers = _of_each(question.attestations), _of_each(question.waivers)
    zone = ZoneInfo(question.timezone)
    listed = {asset.id for asset in question.assets} | judged.found.keys()
    settled = _Settled(Kept(judged.words.shelf))
    for asset in sorted(assets, key=lambda asset: asset.id):
        looked = judged.findings.pop(asset.id, None)
        if looked is None:
            unseen = _unlooked(asset, question, parts, is_listed=asset.id in listed)
            now = judge_asset(asset, Sights.of(unseen), parts.checks_for(asset))
        else:
            now = tuple(looked)
        before = memory.recall(asset)
        history = History(before, (asset,), as_of)
        settlement = Settlement(rules, history, question.rubric, as_of, question.retired_checks)
        answered = attest(settlement.settle(asset, now), words[asset.id], zone, as_of)
        noted = waive(answered, waivers[asset.id], zone, as_of)
        asked = (one for one in noted if not (question.only and _takes_the_rest(one, across, history)))
        counting = sorted(asked, key=PLACE)
        memory.keep(asset, now, before, history, counting)
        if looked is None or not _are_the_same(now, counting):
            looked = judged.words.packed(asset.id, counting)
        settled.findings.append(looked)
        held = _grade_asset(asset, systems.get(asset.system), counting, question, parts)
        settled.kept.put(held)
        settled.is_complete &= 0 < held.grade.counts.asked == held.grade.counts.answered
    return settled


def _are_the_same(now: Sequence[Finding], counting: Sequence[Finding]) -> bool:
    """Is what counts what was judged, in its order, with nothing to note? So it is of most assets on most nights."""
    return len(now) == len(counting) and all(map(is_, now, counting))


class _NotAsked(Made[tuple[str, str]]):
    """Asset and check, for each check that is not asked of it: which ones, all assets of a kind have in common."""

    __slots__ = ("_assets", "_parts")

    def __init__(self, assets: Sequence[Asset], parts: Parts) -> None:
        self._assets = tuple(assets)
        self._parts = parts

    def __len__(self) -> int:
        return sum(len(self._parts.not_asked(asset)) for asset in self._assets)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((asset.id, check.id) for asset in self._assets for check in self._parts.not_asked(asset))


def _takes_the_rest(finding: Finding, across: frozenset[str], history: History) -> bool:
    """What all assets have to say (`across`) is not asked of some of them, unless it was asked before.

    What was asked in vain stays unknown: a letter would else rise by looking at less.
    """
    is_left_out = finding.check in across and finding.reason == Reason.LEFT_OUT.word
    return is_left_out and not history.loci(finding.asset, finding.check)


def _of_each(said: Iterable[Said]) -> dict[str, list[Said]]:
    """Waivers or attestations, by asset."""
    groups: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        groups[one.asset].append(one)
    return groups


def _unlooked(asset: Asset, question: Question, parts: Parts, *, is_listed: bool) -> Iterator[Unseen]:
    reason = Reason.INTERRUPTED if is_listed else Reason.UNLISTED
    if asset.system in question.unreadable:
        reason = Reason.INCLUDE_BROKEN
    kinds: set[type[Facts]] = {check.reads for check in parts.checks_for(asset)}
    yield from (Unseen(kind, "", reason, "") for kind in kinds)


def _graded(  # noqa: PLR0917 - the seven things that a report is made of
    run: RunInfo,
    assets: Sequence[Asset],
    unlisted: tuple[Asset, ...],
    settled: _Settled,
    judged: Judged,
    question: Question,
    parts: Parts,
) -> Report:
    homes = _by_system(assets)
    systems = [(system, _grade_of(system, homes[system.id], settled.kept)) for system in question.accountable_systems]
    whole = question.organisation is not None and not question.only
    return Report(
        run=run,
        organisation=question.organisation,
        timezone=question.timezone,
        systems=tuple(system for system, _ in systems),
        assets=tuple(assets),
        findings=Findings(settled.findings),
        asset_grades=Grades(settled.kept, (asset.id for asset in assets)),
        system_grades=tuple(with_alone(grade) for _, grade in systems),
        department_grades=_grade_departments(systems) if whole else (),
        city=_grade_city(systems, unlisted, question, run, judged) if whole else None,
        not_asked=_NotAsked(assets, parts),
        found=unlisted,
        discovered_at=_discovered_at(run, judged, question),
        departments=question.departments,
        waivers=question.waivers,
        attestations=question.attestations,
        expired_waivers=expired(question.waivers, ZoneInfo(question.timezone), run.as_of),
        expired_attestations=expired(question.attestations, ZoneInfo(question.timezone), run.as_of),
        expired_agreements=expired(question.vendors, ZoneInfo(question.timezone), run.as_of),
        expiring=_expiring(judged, question, run.as_of),
        plugins=parts.distributions,
    )


def _expiring(judged: Judged, question: Question, as_of: datetime) -> tuple[Expiring, ...]:
    """What ends within `SOON`, and is still in force at `as_of`; the first to end comes first."""
    zone = ZoneInfo(question.timezone)
    listed = {asset.id for asset in question.assets}
    said = [
        *judged.ending,
        *(one for one in question.endings if one.subject in listed and judged.is_dark(one)),
        *(Expiring(what="listing", subject=one.id, locus="", at=start_of(one.day, zone)) for one in question.leaving),
        *(Expiring(what="waiver", subject=one.id, locus="", at=end_of(one.expires, zone)) for one in question.waivers),
        *(
            Expiring(what="attestation", subject=one.id, locus="", at=end_of(one.expires, zone))
            for one in question.attestations
        ),
        *(
            Expiring(what="agreement", subject=one.id, locus="", at=end_of(one.expires, zone))
            for one in question.vendors
        ),
    ]
    soon = {one for one in said if as_of < one.at <= as_of + SOON}
    return tuple(sorted(soon, key=lambda one: (one.at, one.what, one.subject, one.locus)))


def _grade_asset(
    asset: Asset, system: System | None, counting: Sequence[Finding], question: Question, parts: Parts
) -> Held:
    known = parts.with_absent(counting).by_id
    sensitivity = sensitivity_of(asset, system)
    return grade_asset(asset, sensitivity, counting, lambda check: known[check].effort, question.rubric)


def _by_system(assets: Iterable[Asset]) -> Mapping[str, list[str]]:
    homes: dict[str, list[str]] = defaultdict(list)
    for asset in assets:
        homes[asset.system].append(asset.id)
    return homes


def _grade_of(system: System, assets: Sequence[str], kept: Kept) -> Held:
    return grade_system(system, [kept.held(asset) for asset in assets])


def _grade_departments(systems: Sequence[tuple[System, Held]]) -> tuple[Grade, ...]:
    names = sorted({system.department for system, _ in systems})
    return tuple(
        grade_department(name, [held for system, held in systems if system.department == name]).grade for name in names
    )


def _grade_city(
    systems: Sequence[tuple[System, Held]],
    unclaimed: Sequence[Asset],
    question: Question,
    run: RunInfo,
    judged: Judged,
) -> CityGrade:
    discovery = Discovery(len(unclaimed), _discovered_at(run, judged, question))
    return grade_city(question.organisation or "", systems, discovery, question.rubric, run.as_of)


def _discovered_at(run: RunInfo, judged: Judged, question: Question) -> datetime | None:
    """When unlisted assets were last looked for. A run that is judged a year later did not look a year later."""
    return min(run.finished, run.as_of) if judged.found or judged.has_discovered else question.discovered_at


def _has_no_empty_system(question: Question) -> bool:
    """Has every system an asset? Nothing was seen of one that has none."""
    homes = {asset.system for asset in question.accountable}
    return all(system.id in homes for system in question.accountable_systems)
