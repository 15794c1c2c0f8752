"""Hypothesis invents nights of small cities, and they are run through a real store: what is kept, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from auditor import asked as asking
from auditor import nights, pipeline, tonight
from auditor.asked import Asked
from auditor.judging_again import question_of
from auditor.keeping import NOT_LOOKED_AT
from auditor.model import Asset, Basis, Carried, Finding, Reason, Report, Tier
from auditor.observe import Look
from auditor.past import KeptRun
from auditor.pipeline import Told
from auditor.plugins import Origin, Parts
from auditor.probe import Seen, Unseen
from auditor.remember import remembered, renamed, without_the_gone
from auditor.reports.json import pieces
from auditor.rubric import parse_rubric, rubric_text
from auditor.standing import accountable, carry
from auditor.store import Address, opened
from auditor.store.kept import Store
from tests.laws import cities
from tests.laws.chain import ZONE, City
from tests.laws.cities import DAY, HOUR
from tests.laws.test_pipeline_agrees import TYPES, Said, SaidProbe, made, sight_of

RULES = rubric_text(None)
RUBRIC = parse_rubric(RULES, "the rubric")
AHEAD = (0, 1, 1, -1, -3, -23)  # what a target's clock, or ours, dates in the future
GAPS = (1, 1, 1, 2, 5, 6, 7, 8, 14, 15, 16)  # days between two nights: on and beside 7 and 15
AGES = (0, 1, 1, 2)  # hours before its end at which a night saw something


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Night:
    """One run: what it was asked, what it saw, and when. `unlooked`: assets that it did not get to."""

    as_of: datetime
    asked: Asked
    looks: tuple[Look, ...]
    interrupted: bool = False

    def __repr__(self) -> str:
        """Short enough that a law which fails can be read."""

        def said(sight: Seen | Unseen) -> str:
            if isinstance(sight, Unseen):
                return f"{sight.facts_type.__name__}@{sight.locus} {sight.reason.word}"
            facts = sight.facts
            assert isinstance(facts, Said)
            age = f"{(self.as_of - facts.observed_at) / HOUR:g}h ago"
            return f"{type(facts).__name__}@{sight.locus} {facts.outcome.value} {sight.basis.value} {age}"

        words = self.asked.attestations
        rows = [
            f"Night {self.as_of:%Y-%m-%d}" + (" interrupted" if self.interrupted else ""),
            f"assets: {[(asset.id, asset.system, asset.formerly) for asset in self.asked.assets]}",
            f"retired: {sorted(self.asked.retired)}; only: {sorted(self.asked.only)}; tiers: {len(self.asked.tiers)}",
            f"words: {[(w.asset, w.check, w.outcome.value, f'{w.made}..{w.expires}') for w in words]}",
            *(f"{look.asset.id}: {'; '.join(map(said, look.sights))}" for look in self.looks),
        ]
        return "\n    ".join(rows)

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:
        printer.text(repr(self))


def parts_of(city: City, version: str = "1") -> Parts:
    checks = tuple(made(toy) for toy in city.checks)
    origins = {check.id: Origin("toy", version) for check in checks}
    return Parts(checks=checks, derivations=(), probes=(SaidProbe(),), origins=origins)


@st.composite
def histories(draw: st.DrawFn, *, ages: Sequence[int] = AGES, partial: bool = False) -> tuple[City, tuple[Night, ...]]:
    """A city, and some nights of it: assets vanish, come back, are renamed and retired, and words are given.

    `partial`: with nights that look at a part of it.
    """

    dice = Random(draw(st.integers(0, 2**32))).randint  # a draw for each number would take longer than the nights
    city = _started(cities.draw_city(dice))
    as_of = city.as_of
    done: list[Night] = []
    for _ in range(dice(1, 6)):
        as_of += DAY * cities.pick(dice, GAPS)
        city = replace(city, assets=tuple(_renamed(dice, asset) for asset in city.assets))
        done.append(_night(dice, city, as_of, ages, partial=partial))
    return city, tuple(done)


def _night(dice: cities.Dice, city: City, as_of: datetime, ages: Sequence[int], *, partial: bool) -> Night:
    assets = tuple(asset for asset in city.assets if dice(0, 5) > 0)
    gone = frozenset(asset.id for asset in city.assets if asset not in assets and dice(0, 5) == 0)
    listed = {asset.id for asset in assets}
    retired = frozenset(name for name in gone if name not in listed)
    only = frozenset({cities.pick(dice, city.systems).id}) if partial and city.systems and dice(0, 2) == 0 else None
    tiers = frozenset({cities.pick(dice, (Tier.NIGHTLY, Tier.DEEP))}) if partial and dice(0, 3) == 0 else None
    interrupted = partial and dice(0, 3) == 0
    asked = Asked(
        assets=assets,
        systems=city.systems,
        organisation="city",
        timezone=ZONE.key,
        waivers=tuple(waiver for waiver in city.waivers if dice(0, 1)),
        attestations=tuple(word for word in city.attestations if dice(0, 1)),
        retired=retired,
        only=only or frozenset(),
        tiers=tiers or frozenset(Tier),
        discovered_at=None,
    )
    looks = tuple(
        _look(dice, city, asset, as_of, ages, asked.tiers)
        for asset in assets
        if (only is None or asset.system in only) and not (interrupted and dice(0, 1))
    )
    return Night(as_of=as_of, asked=asked, looks=looks, interrupted=interrupted)


def _started(city: City) -> City:
    """The same city before its first night. No inventory lets two assets claim one name, or one that is still used."""
    assets = tuple(replace(asset, formerly=()) for asset in city.assets)
    return replace(city, assets=assets, carried=(), before=(), retired=frozenset())


def _renamed(dice: cities.Dice, asset: Asset) -> Asset:
    """The same asset; now and then under another name from now on, with its past."""
    if dice(0, 9):
        return asset
    return replace(asset, id=f"{asset.id}x", formerly=(asset.id, *asset.formerly))


def _look(
    dice: cities.Dice, city: City, asset: Asset, as_of: datetime, ages: Sequence[int], tiers: frozenset[Tier]
) -> Look:
    sights: list[Any] = []
    for toy in city.checks:
        if toy.tier not in asset.tiers:
            continue
        if toy.tier not in tiers:
            sights.append(Unseen(TYPES[toy.id], "", Reason.LEFT_OUT, "the tier"))
            continue
        sights += [sight_of(_aged(dice, found, as_of, ages)) for found in cities.draw_findings(dice, asset, toy)]
    return Look(asset, tuple(sights))


def _aged(dice: cities.Dice, finding: Finding, as_of: datetime, ages: Sequence[int]) -> Finding:
    if finding.observed_at is None:
        return finding
    is_told = finding.basis is Basis.DECLARED and ages is AHEAD  # nobody's clock dates what is told
    basis = Basis.IMPORTED if is_told else finding.basis
    return replace(finding, basis=basis, observed_at=as_of - HOUR * ages[dice(0, len(ages) - 1)])


class Everything(Told):
    """A memory of all that was ever said of each asset, in vain too, under the name that it has now.

    What is forgotten by rule is forgotten here as well: a place that was gone for a week, without an open failure.
    """

    def __init__(self) -> None:
        super().__init__((), ())
        self.present: frozenset[str] = frozenset()
        self._said: dict[str, tuple[Carried, ...]] = {}

    def recall(self, asset: Asset) -> tuple[Carried, ...]:
        former = (entry for name in self._formers(asset) for entry in self._said.get(name, ()))
        return (*self._said.get(asset.id, ()), *renamed(former, asset))

    def keep(self, asset: Asset, *rest: Any) -> None:
        judged, before, history, _ = rest
        left_out = {finding.check for finding in judged if finding.reason in NOT_LOOKED_AT}
        looked = [finding for finding in judged if finding.check not in left_out]
        if not looked:
            return
        for former in self._formers(asset):
            self._said.pop(former, None)
        said = (*before, *carry(asset, looked, history, history.as_of))
        known = {(entry.check, entry.locus) for entry in without_the_gone(remembered(said, RUBRIC), RUBRIC)}
        self._said[asset.id] = tuple(entry for entry in said if (entry.check, entry.locus) in known)

    def _formers(self, asset: Asset) -> list[str]:
        return [former for former in asset.formerly if former not in self.present]


@dataclass
class InMemory:
    """Nights one after the other by the pipeline alone, with the full history."""

    parts: Parts
    memory: Everything = field(default_factory=Everything)

    def night(self, night: Night, asked: Asked, name: str) -> Report:
        question = question_of(asked, RUBRIC)
        self.memory.present = frozenset(asset.id for asset in (*asked.assets, *asked.earlier_assets))
        return pipeline.assess(
            night.looks,
            question,
            self.parts,
            began=_began(night),
            clock=lambda: night.as_of,
            name=name,
            memory=self.memory,
        )


@dataclass
class InStore:
    """The same nights through a store: each begins with what the one before left there, and nothing else."""

    store: Store
    parts: Parts
    done: list[KeptRun] = field(default_factory=list)

    def asked(self, night: Night) -> Asked:
        """What a run of that night is asked, with what vanished since the last one (`nights.asked_of`)."""
        last = tonight.last_of(self.store)
        if last is None:
            return night.asked
        before = asking.read(last.opening.asked)
        known = accountable(before.assets, before.earlier_assets, before.retired)
        lost = accountable(night.asked.assets, known, night.asked.retired)
        listed = {asset.id for asset in night.asked.assets}
        return replace(night.asked, earlier_assets=tuple(asset for asset in lost if asset.id not in listed))

    def night(self, night: Night) -> Report:
        asked = self.asked(night)
        with nights.begin(self.store, asked, RULES, self.parts, _began(night)) as keeping:
            report = pipeline.assess(
                keeping.looks(night.looks),
                question_of(asked, RUBRIC),
                self.parts,
                began=_began(night),
                clock=lambda: night.as_of,
                name=keeping.run.id,
                memory=keeping,
            )
            self.done.append(keeping.finish(report, nights.digest_of(report), interrupted=night.interrupted))
        return report


def _began(night: Night) -> datetime:
    return night.as_of - HOUR


@contextmanager
def fresh_store(folder: Path, empty: Path, name: str = "store.db") -> Iterator[Store]:
    """A copy of a store that holds nothing yet."""
    path = folder / name
    for old in folder.glob(f"{name}*"):
        old.unlink()
    shutil.copy(empty, path)
    with opened(Address(file=path)) as store:
        yield store


def text(report: Report) -> str:
    return "".join(pieces(report))
