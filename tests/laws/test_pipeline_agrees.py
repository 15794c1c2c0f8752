"""The pipeline comes to the letters that the laws are about: on any city, through real checks that read toy facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from hypothesis import given

from auditor.alone import with_alone
from auditor.check import Check, check, failed, not_applicable, passed
from auditor.facts import Facts
from auditor.model import Asset, Finding, Outcome, Reason, Report, Tier, Verdict
from auditor.observe import Look
from auditor.pipeline import Question, assess
from auditor.plugins import Origin, Parts
from auditor.probe import Observation, Seen, Unseen
from auditor.reach import Reach
from tests.laws.chain import ZONE, City, Toy, grade
from tests.laws.cities import LAW, cities


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Facts):
    """What the one check that reads it is to say."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Said0(Said):
    """For toy-0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said1(Said):
    """For toy-1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said2(Said):
    """For toy-2."""


TYPES: dict[str, type[Said]] = {"toy-0": Said0, "toy-1": Said1, "toy-2": Said2}


class SaidProbe:
    """Yields all that toy checks read."""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (Said0, Said1, Said2)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        return ()

    def plan(self, asset: Asset) -> Iterable[str]:
        return ()


def made(toy: Toy) -> Check[Any]:
    @check(toy.id, reads=TYPES[toy.id], severity=toy.severity, tier=toy.tier, effort=toy.effort, controls=("toy",))
    def judge(facts: Said) -> Verdict:
        """Whatever it was told to say.

        Why: It stands in for any check.
        Fix: Tell it to say something else.
        """
        say = {Outcome.PASS: passed, Outcome.FAIL: failed, Outcome.NOT_APPLICABLE: not_applicable}
        return say[facts.outcome](facts.outcome.value)

    return judge


def sight_of(finding: Finding) -> Seen | Unseen:
    facts_type = TYPES[finding.check]
    if finding.outcome is Outcome.UNKNOWN or finding.observed_at is None:
        return Unseen(facts_type, finding.locus, Reason.TIMEOUT, "")
    return Seen(facts_type(observed_at=finding.observed_at, outcome=finding.outcome), finding.locus, finding.basis)


def report_of(city: City) -> Report:
    checks = tuple(made(toy) for toy in city.checks)
    parts = Parts(
        checks=checks,
        derivations=(),
        probes=(SaidProbe(),),
        origins={check.id: Origin("toy", "1") for check in checks},
    )
    question = Question(
        assets=city.assets,
        rubric=city.rubric,
        systems=city.systems,
        organisation="city",
        timezone=ZONE.key,
        waivers=city.waivers,
        attestations=city.attestations,
        carried=city.carried,
        earlier_assets=city.before,
        retired=city.retired,
        discovered_at=city.discovery.at,
        as_of=city.as_of,
    )
    looks = [
        Look(asset=asset, sights=tuple(sight_of(f) for f in city.now if f.asset == asset.id), found=())
        for asset in city.assets
    ]
    return assess(looks, question, parts, began=city.as_of, clock=lambda: city.as_of)


@LAW
@given(cities())
def test_the_pipeline_gives_the_letters_of_the_chain(city: City) -> None:
    city = replace(city, discovery=replace(city.discovery, unclaimed=0))
    report, graded = report_of(city), grade(city)
    assert {row.id: row for row in report.asset_grades} == {n: with_alone(held) for n, held in graded.assets.items()}
    assert {row.id: row for row in report.system_grades} == {n: with_alone(held) for n, held in graded.systems.items()}
    assert {row.id: row for row in report.department_grades} == {
        n: held.grade for n, held in graded.departments.items()
    }
    assert report.city == graded.city
