"""The work of `auditor check`: look, judge, print. Nothing is kept.

Most of what judges is loaded while the targets answer (decision 0042), and what one look does not need not at all: that
is why much is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor import __version__, journal
from auditor.cli.options import AccessOptions, make_access, terminal_width
from auditor.cli.targets import read_target
from auditor.clock import Clock, run_id
from auditor.doors import doors
from auditor.loading import Loading
from auditor.model import Asset, Outcome, Sensitivity, Severity, Tier
from auditor.observe import Look, observe
from auditor.probes.roots_file import glance_at
from auditor.reach import Reaches
from auditor.records import dataclass
from auditor.rubric import Rubric, read_rubric

if TYPE_CHECKING:
    from auditor.model import Letter, Report
    from auditor.plugins import Parts
    from auditor.profiles import Measured, Profile

USUAL_TIERS = (Tier.NIGHTLY, Tier.ONLINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the command line asks for."""

    targets: tuple[str, ...]
    data_class: str
    tiers: tuple[str, ...]
    rubric: Path | None
    required: tuple[str, ...]
    as_json: bool
    access: AccessOptions


@dataclass(frozen=True, slots=True)
class Ending:
    """`is_good`: nothing grave fails, and no rule of a profile is missed. `is_whole`: all of it was seen."""

    is_good: bool
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What was looked at, and what it is judged by."""

    run: str
    assets: tuple[Asset, ...]
    looks: Sequence[Look]
    parts: Parts
    rubric: Rubric
    began: datetime
    clock: Clock
    connections: int

    def judged(self, assets: tuple[Asset, ...]) -> Report:
        """As if the inventory said of the assets what these say."""
        from auditor import pipeline  # noqa: PLC0415 - loaded while the targets answered

        question = pipeline.Question(assets=assets, rubric=self.rubric)
        return pipeline.assess(self.looks, question, self.parts, began=self.began, clock=self.clock, name=self.run)


def check(order: Order) -> Ending:
    """Raises UsageError and PluginError: before a target is asked, but for what is loaded meanwhile."""
    profiles = _profiles(order.required)
    seen = _look(order)
    report = seen.judged(seen.assets)
    journal.judged(finding.outcome for finding in report.findings)
    journal.finished(complete=report.run.complete, connections=seen.connections)
    click.echo(_as_json(report) if order.as_json else _letter(report, seen), nl=False)
    misses, unseen = _shown([found for one in profiles for found in _measured(one, seen.looks, report)])
    grave = any(finding.outcome is Outcome.FAIL and finding.severity >= Severity.HIGH for finding in report.findings)
    return Ending(is_good=not (grave or misses), is_whole=report.run.complete and not unseen)


def _look(order: Order) -> _Seen:
    asked = frozenset({*USUAL_TIERS, *map(Tier, order.tiers)})
    read = (read_target(text, Sensitivity[order.data_class.upper()], asked) for text in order.targets)
    assets = tuple({asset.id: asset for asset in read}.values())
    rubric, access = read_rubric(order.rubric), make_access(order.access, require_anchors=glance_at)
    began, reaches = access.clock(), Reaches(access)
    run = run_id(began)
    journal.run_started(run=run, assets=len(assets), tool=__version__, rubric=rubric.version)
    kinds = frozenset(asset.kind for asset in assets)
    loading = Loading(kinds, doors(kinds), access.ca_file)
    looks = list(observe(assets, loading, reaches, together=True))
    return _Seen(
        run=run,
        assets=assets,
        looks=looks,
        parts=loading.parts(),
        rubric=rubric,
        began=began,
        clock=access.clock,
        connections=reaches.connections,
    )


def _profiles(names: Iterable[str]) -> list[Profile]:
    """Most looks are held against none, and then nothing of them is loaded."""
    if not names:
        return []
    from auditor.profiles import read_profile  # noqa: PLC0415

    return [read_profile(name) for name in names]


def _as_json(report: Report) -> str:
    from auditor.reports import json  # noqa: PLC0415

    return json.render(report)


def _letter(report: Report, seen: _Seen) -> str:
    """For people, with the letters that the same looks would earn if the data behind them were confidential."""
    from auditor.reports import letter  # noqa: PLC0415

    other = seen.judged(tuple(replace(asset, sensitivity=Sensitivity.CONFIDENTIAL) for asset in seen.assets))
    return letter.render(report, seen.parts.by_id, _letters(other), terminal_width(), _software(seen.looks))


def _shown(measured: Sequence[Measured]) -> tuple[bool, bool]:
    """Print how each asset stands to each profile. Is a rule missed, is one unseen?"""
    if not measured:
        return False, False
    from auditor.profiles import Fit  # noqa: PLC0415
    from auditor.reports import profile  # noqa: PLC0415

    for one in measured:
        click.echo(f"\n{profile.render(one)}", nl=False)
    return any(one.of(Fit.MISSES) for one in measured), any(one.of(Fit.UNSEEN) for one in measured)


def _measured(profile: Profile, looks: Iterable[Look], report: Report) -> Iterator[Measured]:
    """How each asset stands to a profile on the day of the report."""
    from auditor.profiles import measure  # noqa: PLC0415

    for look in looks:
        findings = [finding for finding in report.findings if finding.asset == look.asset.id]
        yield measure(profile, look.asset.address, look.sights, findings, report.run.as_of.date())


def _software(looks: Iterable[Look]) -> dict[str, str]:
    """What each asset's server claims to be, where all its addresses claim the same."""
    from auditor.facts.starttls import StartTls  # noqa: PLC0415
    from auditor.facts.web import HttpsService  # noqa: PLC0415
    from auditor.probe import Seen  # noqa: PLC0415

    claims: dict[str, set[str | None]] = {}
    for look in looks:
        for sight in look.sights:
            if isinstance(sight, Seen) and isinstance(sight.facts, HttpsService | StartTls):
                claims.setdefault(look.asset.id, set()).add(sight.facts.software)
    return {asset: only for asset, said in claims.items() if len(said) == 1 and (only := next(iter(said)))}


def _letters(report: Report) -> dict[str, Letter]:
    return {grade.id: grade.letters.measured for grade in report.asset_grades}
