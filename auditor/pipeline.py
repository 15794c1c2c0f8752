"""The order of work: observe → derive → judge → settle → waive → grade → Report. Names no probe and no check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from auditor import __version__
from auditor.alone import with_alone
from auditor.clock import Clock, run_id
from auditor.findings import Findings
from auditor.grade import Discovery, Held, grade_city, grade_department, grade_system
from auditor.held import Grades, Kept
from auditor.judge_run import Judged, Judging, confirm
from auditor.made import Made
from auditor.model import (
    Asset,
    CityGrade,
    Expiring,
    Grade,
    Reason,
    Report,
    RunInfo,
    System,
)
from auditor.observe import Look
from auditor.plugins import Parts
from auditor.question import Memory, Question, Told
from auditor.settling import Settled, settle
from auditor.unclaimed import standing
from auditor.vendors import register_of
from auditor.waive import end_of, expired, start_of

__all__ = ["Memory", "Question", "Told", "assess"]

SOON = timedelta(days=60)  # how far ahead a report names what ends by itself
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
        turned_places = memory.turned(judged.findings, chain(question.assets, judged.found.values()))
        second = again([asset for asset in (*question.assets, *unlisted) if asset.id in turned_places])
        judging = Judging(question.assets, question.systems, parts, began, register=register)
        confirm(judged, judging.run(second), turned_places, parts)
    ended = clock()
    as_of = question.as_of or ended
    settled = settle(assets, judged, question, parts, memory, as_of)
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


def _graded(  # noqa: PLR0917 - the seven things that a report is made of
    run: RunInfo,
    assets: Sequence[Asset],
    unlisted: tuple[Asset, ...],
    settled: Settled,
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


def _by_system(assets: Iterable[Asset]) -> Mapping[str, list[str]]:
    homes: dict[str, list[str]] = defaultdict(list)
    for asset in assets:
        homes[asset.system].append(asset.id)
    return homes


def _grade_of(system: System, assets: Sequence[str], kept: Kept) -> Held:
    return grade_system(system, map(kept.held, assets))


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
