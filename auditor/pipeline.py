"""The order of work: observe → derive → judge → settle → waive → grade → Report. Names no probe and no check."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import TypeVar
from zoneinfo import ZoneInfo

from auditor import __version__
from auditor.facts.base import Facts
from auditor.grade import Discovery, Held, grade_asset, grade_city, grade_department, grade_system
from auditor.history import History
from auditor.judge import Sights, judge_asset, sensitivity_of
from auditor.judge_run import Judged, Judging
from auditor.model import (
    Asset,
    Attestation,
    Carried,
    CityGrade,
    Finding,
    Grade,
    Outcome,
    Reason,
    Report,
    RunInfo,
    Standing,
    System,
    Waiver,
)
from auditor.observe import Look
from auditor.plugins import Parts
from auditor.probe import Unseen
from auditor.rubric import Rubric
from auditor.standing import Rule, Settlement, accountable, accountable_systems
from auditor.waive import attest, expired, waive

Clock = Callable[[], datetime]
Said = TypeVar("Said", Attestation, Waiver)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be graded, and everything but facts that the grade rests on."""

    assets: tuple[Asset, ...]
    rubric: Rubric
    systems: tuple[System, ...] = ()
    organisation: str | None = None  # None: an ad hoc check, no letter above the asset
    timezone: str = "UTC"
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    carried: tuple[Carried, ...] = ()
    earlier_systems: tuple[System, ...] = ()
    earlier_assets: tuple[Asset, ...] = ()
    retired: frozenset[str] = frozenset()
    excluded: Callable[[Asset], bool] = field(default=lambda _: False)
    discovered_at: datetime | None = None
    as_of: datetime | None = None  # None: the end of the run
    only: frozenset[str] = frozenset()  # systems that were asked alone: no letter above them

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


def utc_now() -> datetime:
    return datetime.now(UTC)


def assess(looks: Iterable[Look], question: Question, parts: Parts, *, began: datetime, clock: Clock) -> Report:
    """Judge and grade what was observed.

    Assets of the question that `looks` lacks (an interrupted run, an asset that vanished from the inventory) are
    judged as unseen.
    """
    judged = Judging(question.assets, question.systems, parts, began).run(looks)
    ended = clock()
    as_of = question.as_of or ended
    assets = question.accountable
    settled = _settled(assets, judged, question, parts, as_of)
    run = RunInfo(
        id=f"{began:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        started=began,
        finished=ended,
        tool=__version__,
        rubric=question.rubric.version,
        complete=_is_complete(settled, question),
        as_of=as_of,
    )
    return _graded(run, assets, settled, judged, question, parts)


def _settled(
    assets: Sequence[Asset], judged: Judged, question: Question, parts: Parts, as_of: datetime
) -> dict[str, tuple[Finding, ...]]:
    """What counts at `as_of`, with attestations and waivers noted: by asset, in the order of asset, check, locus.

    Takes from `judged` what it hands on: the findings of a large city do not stand in memory twice.
    """
    rules = {check.id: Rule(check.severity, check.tier) for check in parts.checks}
    settlement = Settlement(rules, History(question.carried, assets, as_of), question.rubric, as_of)
    words, waivers = _of_each(question.attestations), _of_each(question.waivers)
    zone = ZoneInfo(question.timezone)
    settled: dict[str, tuple[Finding, ...]] = {}
    for asset in sorted(assets, key=lambda asset: asset.id):
        now = judged.findings.pop(asset.id, None)
        if now is None:
            now = judge_asset(asset, Sights.of(_unlooked(asset, question, parts)), parts.checks_for(asset))
        answered = attest(settlement.settle(asset, now), words[asset.id], zone, as_of)
        noted = waive(answered, waivers[asset.id], zone, as_of)
        settled[asset.id] = tuple(sorted(noted, key=lambda finding: finding.key))
    return settled


def _of_each(said: Iterable[Said]) -> dict[str, list[Said]]:
    """Waivers or attestations, by asset."""
    groups: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        groups[one.asset].append(one)
    return groups


def _unlooked(asset: Asset, question: Question, parts: Parts) -> Iterator[Unseen]:
    listed = asset in question.assets
    reason = Reason.INTERRUPTED if listed else Reason.NOT_OBSERVED
    detail = asset.id if listed else f"{asset.id} vanished from the inventory without a `retired` entry"
    kinds: set[type[Facts]] = {check.reads for check in parts.checks_for(asset)}
    yield from (Unseen(kind, "", reason, detail) for kind in kinds)


def _graded(  # noqa: PLR0917 - the six things that a report is made of
    run: RunInfo,
    assets: Sequence[Asset],
    settled: dict[str, tuple[Finding, ...]],
    judged: Judged,
    question: Question,
    parts: Parts,
) -> Report:
    held = _grade_assets(assets, settled, question, parts)
    systems = [(system, _grade_of(system, assets, held)) for system in question.accountable_systems]
    unclaimed = _unclaimed(assets, judged, question)
    whole = question.organisation is not None and not question.only
    return Report(
        run=run,
        organisation=question.organisation,
        timezone=question.timezone,
        systems=tuple(system for system, _ in systems),
        assets=tuple(assets),
        findings=tuple(chain.from_iterable(settled.pop(name) for name in tuple(settled))),
        asset_grades=tuple(held[asset.id].grade for asset in assets),
        system_grades=tuple(grade.grade for _, grade in systems),
        department_grades=_grade_departments(systems) if whole else (),
        city=_grade_city(systems, unclaimed, judged, question, run.as_of) if whole else None,
        not_asked=tuple((asset.id, check.id) for asset in assets for check in parts.not_asked(asset)),
        found=unclaimed,
        expired_waivers=expired(question.waivers, ZoneInfo(question.timezone), run.as_of),
        plugins=tuple(sorted({str(origin) for origin in parts.origins.values()})),
    )


def _grade_assets(
    assets: Sequence[Asset], settled: Mapping[str, tuple[Finding, ...]], question: Question, parts: Parts
) -> dict[str, Held]:
    systems = {system.id: system for system in question.accountable_systems}
    return {
        asset.id: grade_asset(
            asset,
            sensitivity_of(asset, systems.get(asset.system)),
            settled[asset.id],
            lambda check: parts.by_id[check].effort,
            question.rubric,
        )
        for asset in assets
    }


def _grade_of(system: System, assets: Sequence[Asset], held: dict[str, Held]) -> Held:
    return grade_system(system, [held[asset.id] for asset in assets if asset.system == system.id])


def _grade_departments(systems: Sequence[tuple[System, Held]]) -> tuple[Grade, ...]:
    names = sorted({system.department for system, _ in systems})
    return tuple(
        grade_department(name, [held for system, held in systems if system.department == name]).grade for name in names
    )


def _grade_city(
    systems: Sequence[tuple[System, Held]],
    unclaimed: Sequence[Asset],
    judged: Judged,
    question: Question,
    as_of: datetime,
) -> CityGrade:
    discovery = Discovery(len(unclaimed), as_of if judged.found else question.discovered_at)
    return grade_city(question.organisation or "", systems, discovery, question.rubric, as_of)


def _unclaimed(assets: Sequence[Asset], judged: Judged, question: Question) -> tuple[Asset, ...]:
    """What was found, is in no inventory and was not excluded."""
    known = {asset.address for asset in assets}
    found = (asset for _, asset in sorted(judged.found.items()))
    return tuple(asset for asset in found if asset.address not in known and not question.excluded(asset))


def _is_complete(settled: Mapping[str, tuple[Finding, ...]], question: Question) -> bool:
    """Was everything seen that was asked? An asset of which nothing can be asked was not, nor a system without one."""
    homes = {asset.system for asset in question.accountable}
    return (
        all(settled.values())
        and all(_was_seen(finding) for findings in settled.values() for finding in findings)
        and all(system.id in homes for system in question.accountable_systems)
    )


def _was_seen(finding: Finding) -> bool:
    return finding.outcome is not Outcome.UNKNOWN and finding.standing is Standing.NOW
