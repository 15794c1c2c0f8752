"""What waits for all assets: only what they say together, and what rests on that. The rest is judged asset by asset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from auditor.check import Check, failed, passed
from auditor.check import check as rule
from auditor.derive import Derivation, Placed, derive, derive_from_all
from auditor.facts import Facts
from auditor.judge_run import Judging, Stages
from auditor.model import Asset, Outcome, Severity, Tier, Verdict
from auditor.observe import Look
from auditor.plugins import Parts
from auditor.probe import Observation, Seen
from auditor.reach import Reach

AT = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Facts):
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins(Facts):
    """How many assets have this key. Said across assets."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone(Facts):
    """Of one asset, once its twins are known."""

    is_alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Census(Facts):
    """How many are alone. Said across assets, of what was concluded of each."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fame(Facts):
    """Of one asset, at the very end."""

    words: str


@derive_from_all(reads=(Key,), yields=Twins)
def twins(all_of_them: tuple[Placed, ...]) -> Iterator[Placed]:
    keys = {one.asset: one.observation.facts for one in all_of_them if isinstance(one.observation, Seen)}
    counts = Counter(key.bits for key in keys.values() if isinstance(key, Key))
    for asset, key in keys.items():
        assert isinstance(key, Key)
        yield Placed(asset, Seen(Twins(observed_at=AT, number=counts[key.bits])))


@derive(reads=(Twins,), yields=Alone)
def alone(facts: Twins) -> Alone:
    return Alone(observed_at=AT, is_alone=facts.number == 1)


@derive_from_all(reads=(Alone,), yields=Census)
def census(all_of_them: tuple[Placed, ...]) -> Iterator[Placed]:
    seen = [one.observation.facts for one in all_of_them if isinstance(one.observation, Seen)]
    number = sum(isinstance(facts, Alone) and facts.is_alone for facts in seen)
    for one in all_of_them:
        yield Placed(one.asset, Seen(Census(observed_at=AT, number=number)))


@derive(reads=(Alone, Twins), yields=Fame)
def fame(facts: Alone, others: Twins) -> Fame:
    return Fame(observed_at=AT, words="alone" if facts.is_alone else f"one of {others.number}")


class KeyProbe:
    kind: ClassVar[str] = "toy"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (Key,)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        raise NotImplementedError  # the looks are made here

    def plan(self, asset: Asset) -> Iterable[str]:
        return ()


def saying(facts_type: type[Facts], name: str) -> Check[Any]:
    def judge(facts: Facts) -> Verdict:
        """It is not what it should be.

        Why: it matters.
        Fix: mend it.
        """
        return failed(str(facts.number)) if isinstance(facts, Census) and facts.number > 1 else passed(repr(facts))

    return rule(name, reads=facts_type, severity=Severity.LOW, effort=1, controls=("House rule 1",))(judge)


CHECKS = tuple(
    saying(kind, f"toy-{name}")
    for kind, name in ((Alone, "alone"), (Census, "census"), (Fame, "fame"), (Key, "key"), (Twins, "twins"))
)


def parts(*derivations: Derivation) -> Parts:
    return Parts(checks=CHECKS, derivations=derivations, probes=(KeyProbe(),), origins={})


def test_one_asset_s_own_conclusions_wait_for_others_only_where_others_read_them() -> None:
    stages = Stages.of(parts(twins, alone, fame, census))
    assert (stages.early, stages.across, stages.last) == ((), (twins, alone, census), (fame,))
    assert stages.late_types == {Twins, Alone, Census, Fame}
    assert stages.kept_types == {Key}


def test_what_across_assets_yields_anew_is_read_as_it_was_then() -> None:
    """What a probe sees may be concluded too: who reads it before that conclusion stands before it."""
    first = derive(reads=(Key, Twins), yields=Fame)(lambda _key, _twins: Fame(observed_at=AT, words=""))
    anew = derive_from_all(reads=(Twins,), yields=Key)(lambda _: ())
    assert Stages.of(parts(twins, first, anew)).across == (twins, first, anew)


def test_what_has_to_do_with_no_other_asset_does_not_wait() -> None:
    same = derive(reads=(Key,), yields=Fame)(lambda key: Fame(observed_at=AT, words=str(key.bits)))
    stages = Stages.of(parts(same, twins))
    assert (stages.early, stages.across, stages.last) == ((same,), (twins,), ())


def test_all_are_judged_whichever_stage_they_rest_on() -> None:
    assets = tuple(Asset(id=name, kind="toy", address=f"toy://{name}", system="s") for name in "abcd")
    looks = [
        Look(asset, (Seen(Key(observed_at=AT, bits=bits)),)) for asset, bits in zip(assets, (1, 2, 2, 3), strict=True)
    ]
    judged = Judging(assets, (), parts(twins, alone, fame, census), AT).run(looks)
    for name, number in zip("abcd", (1, 2, 2, 1), strict=True):
        found = tuple(judged.findings[name])
        assert [finding.check for finding in found] == [check.id for check in CHECKS]
        said = {finding.check.removeprefix("toy-"): finding for finding in found}
        words = "alone" if number == 1 else "one of 2"
        assert said["fame"].summary == repr(Fame(observed_at=AT, words=words))
        assert said["twins"].summary == repr(Twins(observed_at=AT, number=number))
        assert said["alone"].summary == repr(Alone(observed_at=AT, is_alone=number == 1))
        assert (said["census"].outcome, said["census"].summary) == (Outcome.FAIL, "2")
