"""What may happen to a city, and what "does not rise" means. Each act gives another city, or rejects the example."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from hypothesis import assume

from auditor.caps import Caps
from auditor.grade import BEST, Discovery, Held, grade_city, lowest, relief
from auditor.model import Asset, Carried, Counts, Finding, Grade, Letters, Outcome, Sensitivity, StepKind, System
from auditor.standing import carry
from tests.laws.chain import ZONE, City, Graded, Toy, all_assets, grade, history_of, judged, unseen
from tests.laws.cities import SEEN_NOW, seen

T = TypeVar("T")
Place = tuple[str, str]  # level and id
PERFECT = Held(Grade("perfect", BEST, Counts()), Caps())
ANY_SYSTEM = System(id="any", name="Any", department="parks", owner="it", sensitivity=Sensitivity.PUBLIC)


def choose(values: Iterable[T], number: int) -> T:
    """One of the values; an example without any is rejected."""
    found = tuple(values)
    assume(found)
    return found[number % len(found)]


# What "does not rise" means


def assert_no_rise(before: City, after: City) -> None:
    """No letter of any kind at any level is better after than before."""
    _assert_bounded(_letters(grade(before)), _letters(grade(after)))


def assert_no_rise_but_out_of_ng(before: City, after: City) -> None:
    """The same, where leaving NG by being seen is no rise: what the other caps allowed still bounds the letter."""
    was, became = grade(before), grade(after)
    _assert_bounded(_without_left_ng(before, was, became), _letters(became))


def _assert_bounded(bounds: dict[Place, Letters], letters: dict[Place, Letters]) -> None:
    for place in bounds.keys() & letters.keys():
        assert is_not_better(letters[place], bounds[place]), (place, bounds[place], letters[place])


def is_not_better(one: Letters, other: Letters) -> bool:
    return one.measured <= other.measured and one.at_worst <= other.at_worst and one.accepted <= other.accepted


def _levels(graded: Graded) -> dict[Place, Held]:
    named = {"asset": graded.assets, "system": graded.systems, "department": graded.departments}
    return {(level, key): held for level, row in named.items() for key, held in row.items()}


def _letters(graded: Graded) -> dict[Place, Letters]:
    found = {place: held.grade.letters for place, held in _levels(graded).items()}
    return {**found, ("city", ""): graded.city.grade.letters}


def _without_left_ng(city: City, was: Graded, became: Graded) -> dict[Place, Letters]:
    left = _not_graded(was) - _not_graded(became)

    def rest(held: Held) -> Letters:
        return lowest(cap.letters for cap in held.caps if (cap.step.kind, cap.step.subject) not in left)

    found = {place: rest(held) for place, held in _levels(was).items()}
    relieved = [_relieved(rest(held)) for held in was.systems.values()]
    own = grade_city("", [(ANY_SYSTEM, PERFECT)], city.discovery, city.rubric, city.as_of).grade.letters
    is_left = bool(was.systems or became.systems)
    return {**found, ("city", ""): lowest([*relieved, own]) if is_left else was.city.grade.letters}


def _not_graded(graded: Graded) -> set[tuple[StepKind, str]]:
    steps = (cap.step for held in _levels(graded).values() for cap in held.caps)
    return {(step.kind, step.subject) for step in steps if step.kind in (StepKind.SEE, StepKind.ADD)}


def _relieved(letters: Letters) -> Letters:
    return Letters(relief(letters.measured), relief(letters.at_worst), relief(letters.accepted))


# What may happen


def fail_something(city: City, number: int) -> City:
    """PASS or UNKNOWN → FAIL."""
    old = choose((finding for finding in city.now if finding.outcome in (Outcome.PASS, Outcome.UNKNOWN)), number)
    asset, check = asset_of(city, old), check_of(city, old.check)
    return with_finding(city, seen(asset, check, old.locus, Outcome.FAIL, old.observed_at or SEEN_NOW))


def go_blind(city: City, number: int) -> City:
    """Anything that was seen → UNKNOWN; what the run carried stays in the history."""
    old = choose((finding for finding in city.now if finding.outcome is not Outcome.UNKNOWN), number)
    asset = asset_of(city, old)
    blind = unseen(asset, check_of(city, old.check), old.locus)
    return with_carried(with_finding(city, blind), *carried_by(city, (asset,)))


def go_wholly_blind(city: City, number: int) -> City:
    """All that is asked of one asset, or of all, → one UNKNOWN at locus ""; what the run carries stays."""
    blind = city.assets if number % 2 else (choose(city.assets, number // 2),)
    return nothing_seen(with_carried(city, *carried_by(city, blind)), blind)


def not_apply_for_a_day(city: City, number: int) -> City:
    """FAIL → NOT_APPLICABLE on the day of the failure, which stays in the history."""
    failing = (finding for finding in city.now if finding.outcome is Outcome.FAIL)
    old = choose((row for row in failing if row.observed_at in (SEEN_NOW, city.as_of)), number)
    before = as_carried(old)
    before = replace(before, observed_at=before.observed_at - timedelta(minutes=1))
    return with_carried(with_finding(city, replace(old, outcome=Outcome.NOT_APPLICABLE)), before)


def wait(city: City, hours: int) -> City:
    """The same data, graded at a later instant."""
    return replace(city, as_of=city.as_of + timedelta(hours=hours))


def next_run_sees_nothing(city: City, hours: int) -> City:
    """A later run that sees nothing at all, with what this one carries."""
    assets = all_assets(city)
    return wait(nothing_seen(with_carried(city, *carried_by(city, assets)), city.assets), hours)


def lose_asset(city: City, number: int) -> City:
    """An asset vanishes from the inventory without a `retired` entry and without another that says it was it."""
    renamed = {former for asset in city.assets for former in asset.formerly}
    lost = choose((asset for asset in city.assets if asset.id not in city.retired | renamed), number)
    return replace(
        with_carried(city, *carried_by(city, (lost,))),
        assets=tuple(asset for asset in city.assets if asset is not lost),
        before=(*city.before, lost),
        now=tuple(finding for finding in city.now if finding.asset != lost.id),
    )


def rename_asset(city: City, number: int) -> City:
    """An asset gets a new id and says which one it had; no other asset lays claim to it."""
    old = choose((asset for asset in city.assets if not _is_claimed(city, asset)), number)
    new = replace(old, id="renamed", formerly=(old.id, *old.formerly))

    def renamed(asset: str) -> str:
        return new.id if asset == old.id else asset

    return replace(
        city,
        assets=tuple(new if asset is old else asset for asset in city.assets),
        now=tuple(replace(finding, asset=renamed(finding.asset)) for finding in city.now),
        waivers=tuple(replace(waiver, asset=renamed(waiver.asset)) for waiver in city.waivers),
        attestations=tuple(replace(word, asset=renamed(word.asset)) for word in city.attestations),
    )


def split_system(city: City, number: int) -> City:
    """Half of a system's assets move to a new system of the same department and sensitivity."""
    homes = [asset.system for asset in city.assets]
    system = choose((system for system in city.systems if homes.count(system.id) > 1), number)
    twin = replace(system, id="twin", name="Twin")
    mine = [asset for asset in city.assets if asset.system == system.id]
    moved = {asset.id for asset in mine[: 1 + number % (len(mine) - 1)]}
    return replace(
        city,
        systems=(*city.systems, twin),
        assets=tuple(replace(asset, system=twin.id) if asset.id in moved else asset for asset in city.assets),
    )


# Parts of acts


def _is_claimed(city: City, asset: Asset) -> bool:
    return any(asset.id in other.formerly for other in city.assets if other is not asset)


def with_finding(city: City, new: Finding) -> City:
    return replace(city, now=(*(finding for finding in city.now if finding.key != new.key), new))


def with_carried(city: City, *new: Carried) -> City:
    return replace(city, carried=(*city.carried, *new))


def carried_by(city: City, assets: Iterable[Asset]) -> tuple[Carried, ...]:
    """What this run leaves to later ones."""
    history = history_of(city)
    return tuple(entry for asset in assets for entry in carry(asset, judged(city, asset), history, city.as_of))


def nothing_seen(city: City, assets: Iterable[Asset]) -> City:
    blind = tuple(assets)
    names = {asset.id for asset in blind}
    others = tuple(finding for finding in city.now if finding.asset not in names)
    asked = tuple(unseen(asset, check) for asset in blind for check in city.checks if check.tier in asset.tiers)
    return replace(city, now=(*others, *asked))


def as_carried(finding: Finding) -> Carried:
    assert finding.observed_at is not None
    return Carried(
        asset=finding.asset,
        check=finding.check,
        locus=finding.locus,
        outcome=finding.outcome,
        observed_at=finding.observed_at,
        basis=finding.basis,
    )


def asset_of(city: City, finding: Finding) -> Asset:
    return next(asset for asset in all_assets(city) if asset.id == finding.asset)


def check_of(city: City, name: str) -> Toy:
    return next(check for check in city.checks if check.id == name)


def without_future(city: City) -> City:
    """The same city on a day after which nothing more was said or seen."""
    today = city.as_of.astimezone(ZONE).date()
    at = city.discovery.at
    return replace(
        city,
        now=tuple(
            unseen(asset_of(city, finding), check_of(city, finding.check), finding.locus)
            if finding.observed_at and finding.observed_at > city.as_of
            else finding
            for finding in city.now
        ),
        carried=tuple(entry for entry in city.carried if entry.observed_at <= city.as_of),
        waivers=tuple(waiver for waiver in city.waivers if waiver.approved <= today),
        attestations=tuple(word for word in city.attestations if word.made <= today),
        discovery=Discovery(city.discovery.unclaimed, at if at and at <= city.as_of else None),
    )
