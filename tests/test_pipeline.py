"""The order of work: what looking, deriving, judging and grading come to together, on toy parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from auditor.check import HIGH, LOW, check, failed, passed
from auditor.derive import Placed, Undecided, derive, derive_from_all
from auditor.facts import Declared, Facts
from auditor.model import (
    Asset,
    Carried,
    Evidence,
    Letter,
    Outcome,
    Reason,
    Report,
    Sensitivity,
    System,
    Tier,
    Verdict,
)
from auditor.observe import Look, and_what_was_found, observe
from auditor.pipeline import Question, assess
from auditor.plugins import Origin, Parts
from auditor.probe import Found, Observation, Seen, Unseen
from auditor.reach import Access, Reach, Reaches
from auditor.rubric import read_rubric

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Facts):
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Length(Facts):
    size: int
    sensitive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse(Facts):
    owners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReuseWord(Facts):
    word: str


class KeyProbe:
    """The asset's address says what is seen: "key://…", or why nothing is."""

    kind: ClassVar[str] = "key"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (Key,)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        name = asset.address.removeprefix("key://")
        if name == "dark":
            yield Unseen(Key, "", Reason.TIMEOUT, "key")
        else:
            yield Seen(Key(observed_at=NOW, name=name))
        if name == "finder":
            yield Found(Asset(id="found/one", kind="key", address="key://stray", system=""))

    def plan(self, asset: Asset) -> Iterable[str]:
        return ()


@derive(reads=(Key, Declared), yields=Length)
def length(key: Key, declared: Declared) -> Length:
    if key.name == "odd":
        raise Undecided(Reason.MALFORMED, "odd")
    return Length(observed_at=key.observed_at, size=len(key.name), sensitive=declared.sensitivity.is_sensitive)


@derive_from_all(reads=(Key,), yields=Reuse)
def reuse(placed: tuple[Placed, ...]) -> Iterable[Placed]:
    names = [
        sight.observation.facts.name
        for sight in placed
        if isinstance(sight.observation, Seen) and isinstance(sight.observation.facts, Key)
    ]
    for place in placed:
        if isinstance(place.observation, Unseen):
            yield Placed(place.asset, Unseen(Reuse, "", place.observation.reason, place.observation.detail))
        elif isinstance(place.observation.facts, Key):
            yield Placed(place.asset, Seen(Reuse(observed_at=NOW, owners=names.count(place.observation.facts.name))))


@derive(reads=(Reuse,), yields=ReuseWord)
def reuse_word(facts: Reuse) -> ReuseWord:
    return ReuseWord(observed_at=facts.observed_at, word="shared" if facts.owners > 1 else "alone")


@check("key-short", reads=Length, severity=HIGH, effort=2, controls=("x",))
def key_short(facts: Length) -> Verdict:
    """Short.

    Why: x
    Fix: x
    """
    wanted = 4 if facts.sensitive else 2
    return passed("long") if facts.size >= wanted else failed("short", Evidence("key", str(facts.size), str(wanted)))


@check("key-shared", reads=ReuseWord, severity=LOW, effort=1, controls=("x",))
def key_shared(facts: ReuseWord) -> Verdict:
    """Shared.

    Why: x
    Fix: x
    """
    return failed("shared") if facts.word == "shared" else passed("alone")


PARTS = Parts(
    checks=(key_shared, key_short),
    derivations=(length, reuse, reuse_word),
    probes=(KeyProbe(),),
    origins={"key-shared": Origin("toy", "1"), "key-short": Origin("toy", "1")},
)
PUBLIC = System(id="s", name="S", department="d", owner="o", sensitivity=Sensitivity.PUBLIC)
SECRET = System(id="t", name="T", department="d", owner="o", sensitivity=Sensitivity.RESTRICTED)


def key(name: str, system: str = "s", id_: str = "") -> Asset:
    return Asset(id=id_ or f"{system}/{name}", kind="key", address=f"key://{name}", system=system)


def ask(*assets: Asset, looks: Iterable[Look] | None = None, **more: object) -> Report:
    question = Question(
        assets=assets,
        rubric=read_rubric(),
        systems=(PUBLIC, SECRET),
        organisation="city",
        **more,  # type: ignore[arg-type]
    )
    reaches = Reaches(Access())
    listed = observe(assets, PARTS, reaches) if looks is None else looks
    seen = and_what_was_found(listed, question, lambda found: observe(found, PARTS, reaches))
    return assess(seen, question, PARTS, began=NOW, clock=lambda: NOW)


def outcomes(report: Report) -> dict[tuple[str, str], Outcome]:
    return {(finding.asset, finding.check): finding.outcome for finding in report.findings}


def test_the_inventory_reaches_a_check_through_a_derivation() -> None:
    report = ask(key("abc"), key("abcd", "t"), key("xyz", "t"))
    seen = outcomes(report)
    assert seen["s/abc", "key-short"] is Outcome.PASS
    assert seen["t/xyz", "key-short"] is Outcome.FAIL
    assert seen["t/abcd", "key-short"] is Outcome.PASS


def test_a_derivation_over_all_assets_sees_all_of_them() -> None:
    seen = outcomes(ask(key("same"), key("same", "t"), key("other")))
    assert seen["s/same", "key-shared"] is Outcome.FAIL
    assert seen["t/same", "key-shared"] is Outcome.FAIL
    assert seen["s/other", "key-shared"] is Outcome.PASS


def test_an_unseen_input_makes_everything_derived_from_it_unknown() -> None:
    report = ask(key("dark"))
    assert set(outcomes(report).values()) == {Outcome.UNKNOWN}
    assert {finding.reason for finding in report.findings} == {"timeout"}
    assert report.asset_grades[0].letters.measured is Letter.NG
    assert not report.run.complete


def test_an_undecided_derivation_blinds_its_own_checks_alone() -> None:
    seen = outcomes(ask(key("odd")))
    assert seen["s/odd", "key-short"] is Outcome.UNKNOWN
    assert seen["s/odd", "key-shared"] is Outcome.PASS


def test_an_asset_that_was_not_looked_at_is_unknown_not_missing() -> None:
    report = ask(key("abc"), looks=())
    assert set(outcomes(report).values()) == {Outcome.UNKNOWN}
    assert {finding.reason for finding in report.findings} == {"interrupted"}


def test_an_asset_that_vanished_stays_until_it_is_retired() -> None:
    lost = key("gone")
    assert ("s/gone", "key-short") in outcomes(ask(key("abc"), earlier_assets=(lost,)))
    assert ("s/gone", "key-short") not in outcomes(
        ask(key("abc"), earlier_assets=(lost,), retired=frozenset({"s/gone"}))
    )


def test_a_system_that_vanished_with_its_failure_still_holds_the_city_down() -> None:
    before = Carried(asset="t/abc", check="key-short", locus="", outcome=Outcome.FAIL, observed_at=NOW)
    lost = key("abc", "t")
    question = Question(
        assets=(key("abc"),),
        rubric=read_rubric(),
        systems=(PUBLIC,),
        organisation="city",
        earlier_assets=(lost,),
        carried=(before,),
        discovered_at=NOW,
    )

    def city_of(asked: Question) -> Letter:
        looks = observe(asked.assets, PARTS, Reaches(Access()))
        report = assess(looks, asked, PARTS, began=NOW, clock=lambda: NOW)
        assert report.city is not None
        return report.city.grade.letters.measured

    assert city_of(question) is Letter.C  # a failure that is high, before data that nobody declared: D, relieved
    assert city_of(replace(question, earlier_systems=(SECRET,))) is Letter.C
    assert city_of(replace(question, retired=frozenset({"t"}))) is Letter.A


def test_a_system_without_assets_is_not_complete() -> None:
    assert ask(key("abc"), key("abcd", "t")).run.complete
    assert not ask(key("abc")).run.complete


def test_an_asset_of_which_nothing_can_be_asked_is_not_complete() -> None:
    stray = Asset(id="t/stray", kind="unheard", address="unheard://x", system="t")
    report = ask(key("abc"), stray)
    assert not report.run.complete
    assert report.system_grades[1].letters.measured is Letter.NG


def test_an_earlier_failure_stands_where_nothing_is_seen_now() -> None:
    before = Carried(
        asset="s/dark", check="key-short", locus="", outcome=Outcome.FAIL, observed_at=NOW - timedelta(days=400)
    )
    report = ask(key("dark"), carried=(before,))
    assert outcomes(report)["s/dark", "key-short"] is Outcome.FAIL
    assert report.asset_grades[0].letters.measured is Letter.C


def test_what_no_inventory_lists_is_unclaimed_and_caps_the_city() -> None:
    report = ask(key("finder"), key("abcd", "t"))
    assert [asset.address for asset in report.found] == ["key://stray"]
    assert [grade.letters.measured for grade in report.system_grades] == [Letter.A, Letter.A]
    assert report.city is not None
    assert report.city.grade.letters.measured is Letter.B
    assert outcomes(report)["found/one", "key-short"] is Outcome.PASS  # it is looked at like what is listed
    assert [(asset.system, asset.found_by) for asset in report.found] == [("s", "s/finder")]


FOUND = Asset(id="found/old", kind="key", address="key://x", system="s", found_by="s/finder")


def test_what_was_found_before_stays_unseen_while_its_finder_is_blind() -> None:
    blind = key("dark")
    report = ask(blind, found_before=(replace(FOUND, found_by=blind.id),))
    assert [asset.id for asset in report.found] == ["found/old"]
    assert outcomes(report)["found/old", "key-short"] is Outcome.UNKNOWN
    assert not report.run.complete


def test_what_was_found_before_is_gone_once_its_finder_sees_everything_and_not_it() -> None:
    report = ask(key("finder"), found_before=(FOUND,))
    assert [asset.id for asset in report.found] == ["found/one"]


def test_what_was_found_before_ends_with_whoever_found_it_or_when_it_is_listed() -> None:
    assert ask(key("abc"), found_before=(FOUND,), retired=frozenset({"s/finder"})).found == ()
    assert ask(key("x"), found_before=(FOUND,)).found == ()  # its address is listed now
    assert [one.id for one in ask(key("abc"), found_before=(FOUND,)).found] == [
        "found/old"
    ]  # nobody retired the finder


def test_what_was_found_and_not_looked_at_is_unknown() -> None:
    looks = list(observe([key("finder")], PARTS, Reaches(Access())))
    question = Question(assets=(key("finder"),), rubric=read_rubric(), systems=(PUBLIC,), organisation="city")
    report = assess(looks, question, PARTS, began=NOW, clock=lambda: NOW)
    assert outcomes(report)["found/one", "key-short"] is Outcome.UNKNOWN


def test_what_was_found_and_is_excluded_caps_nothing() -> None:
    report = ask(key("finder"), key("abcd", "t"), excluded=frozenset({"stray"}))
    assert report.found == ()
    assert report.city is not None
    assert report.city.grade.letters.measured is Letter.A


def test_a_part_of_the_city_gets_no_letter_above_the_system() -> None:
    report = ask(key("abc"), only=frozenset({"s"}))
    assert report.city is None
    assert report.department_grades == ()


def test_a_tier_left_out_of_a_run_is_unseen() -> None:
    looks = tuple(observe([key("abc")], PARTS, Reaches(Access()), tiers=frozenset({Tier.DEEP})))
    report = ask(key("abc"), looks=looks)
    assert set(outcomes(report).values()) == {Outcome.UNKNOWN}


def test_a_check_of_a_tier_that_is_not_asked_is_listed_and_caps_nothing() -> None:
    asset = Asset(id="s/abc", kind="key", address="key://abc", system="s", tiers=frozenset({Tier.DEEP}))
    report = ask(asset)
    assert report.findings == ()
    assert report.not_asked == (("s/abc", "key-shared"), ("s/abc", "key-short"))


def test_a_run_that_is_judged_later_did_not_look_for_unlisted_assets_later() -> None:
    question = {"excluded": frozenset({"stray"})}
    then = ask(key("finder"), **question)
    later = ask(key("finder"), as_of=NOW + timedelta(days=40), **question)
    assert then.discovered_at == later.discovered_at == NOW
    assert then.city
    assert then.city.caps == ()
    assert later.city
    assert any("nobody looked" in cap for cap in later.city.caps)
