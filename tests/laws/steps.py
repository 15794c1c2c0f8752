"""Doing what the next letter asks for, in a city whose findings are spelled out one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from auditor.grade import Discovery
from auditor.model import Asset, Finding, Outcome, Severity, Step, StepKind, Tier
from tests.laws.acts import ANY_SYSTEM, check_of, with_finding
from tests.laws.chain import City, Toy, all_assets, settled, unseen
from tests.laws.cities import DAY, seen

ANY_CHECK = Toy(id="toy-any", severity=Severity.CRITICAL)


def spelled_out(city: City) -> City:
    """The same city, where everything that counts and is not seen is UNKNOWN at its own locus."""
    city = replace(city, now=_counting(city), assets=all_assets(city), before=())
    while (now := _counting(city)) != city.now:
        city = replace(city, now=now)
    return replace(city, checks=(*city.checks, ANY_CHECK))


def _counting(city: City) -> tuple[Finding, ...]:
    own = {finding.key: finding for finding in city.now if finding.outcome is not Outcome.UNKNOWN}
    homes = {asset.id: asset for asset in all_assets(city)}
    return tuple(
        own.get(finding.key) or unseen(homes[name], check_of(city, finding.check), finding.locus)
        for name, row in settled(city).items()
        for finding in row
    )


def do_all(city: City, steps: Iterable[Step], number: int) -> City:
    for step in steps:
        city = do(city, step, number)
    return city


def do(city: City, step: Step, number: int) -> City:
    match step.kind:
        case StepKind.FIX:
            return _fix(city, step.subject, step.check, step.locus)
        case StepKind.SEE:
            return _see_any(city, step.subject, number)
        case StepKind.ASK:
            return replace(city, assets=tuple(_asked(asset, step.subject) for asset in city.assets))
        case StepKind.CLAIM:
            return replace(city, discovery=Discovery(0, city.discovery.at))
        case StepKind.DISCOVER:
            return replace(city, discovery=Discovery(city.discovery.unclaimed, city.as_of - DAY))
        case StepKind.ADD:
            return _add(city, step.subject)


def _fix(city: City, asset: str, check: str, locus: str) -> City:
    subject = next(known for known in city.assets if known.id == asset)
    return with_finding(city, seen(subject, check_of(city, check), locus, Outcome.PASS))


def _see_any(city: City, asset: str, number: int) -> City:
    """Any one check of the asset will do; of one that is asked nothing, a new one."""
    keys = sorted((finding.check, finding.locus) for finding in city.now if finding.asset == asset)
    check, locus = keys[number % len(keys)] if keys else (ANY_CHECK.id, "")
    return _fix(city, asset, check, locus)


def _asked(asset: Asset, subject: str) -> Asset:
    return replace(asset, tiers=frozenset(Tier)) if asset.id == subject else asset


def _add(city: City, subject: str) -> City:
    """Give a system an asset that is good in every way; the city a system that has one."""
    if subject not in {system.id for system in city.systems}:
        city = replace(city, systems=(*city.systems, replace(ANY_SYSTEM, id=subject)))
    good = Asset(
        id=f"added-{subject}", kind="web", address="https://added.example", system=subject, tiers=frozenset(Tier)
    )
    return with_finding(replace(city, assets=(*city.assets, good)), seen(good, ANY_CHECK, "", Outcome.PASS))
