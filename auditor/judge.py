"""Observations, derivations and checks → findings: exactly one per (asset, check, locus). The only maker of UNKNOWN."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any, TypeVar

from auditor.answers import is_sight, is_text, is_verdict
from auditor.check import Check
from auditor.derive import AssetDerivation, LocusDerivation, Placed, RunDerivation, Undecided
from auditor.facts.base import Facts
from auditor.facts.declared import ClassValue, Declared
from auditor.model import (
    Asset,
    Basis,
    Estate,
    Finding,
    KeyNeed,
    Outcome,
    Reason,
    Sensitivity,
    System,
)
from auditor.probe import Seen, Unseen
from auditor.records import dataclass
from auditor.vendors import NOBODY, Register

Sight = Seen | Unseen
AnyCheck = Check[Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a pure function gave no answer."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Sights:
    """What is known of one asset, by facts type and locus."""

    by_type: Mapping[type[Facts], Mapping[str, Sight]]

    @staticmethod
    def of(observations: Iterable[Sight]) -> Sights:
        """Of several observations of one type and locus a blind one counts; sights that differ are inconsistent."""
        table: dict[type[Facts], dict[str, list[Sight]]] = defaultdict(lambda: defaultdict(list))
        for sight in observations:
            facts_type = sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)
            table[facts_type][sight.locus].append(sight)
        return Sights({facts_type: {at: _one(row[at]) for at in row} for facts_type, row in table.items()})

    def get(self, facts_type: type[Facts]) -> Mapping[str, Sight]:
        return self.by_type.get(facts_type, {})

    def with_row(self, facts_type: type[Facts], row: Mapping[str, Sight]) -> Sights:
        return Sights({**self.by_type, facts_type: row})

    def without(self, facts_type: type[Facts]) -> Sights:
        """Nothing is known of it. The same object, where that is so already: most derivations are of other kinds."""
        return self.with_row(facts_type, {}) if self.get(facts_type) else self


def declared_facts(asset: Asset, system: System | None, as_of: datetime, register: Register = NOBODY) -> Declared:
    """What the inventory says of an asset, as derivations may read it."""
    estate = (system.estate if system else None) or Estate()
    rows = register.of(asset, system)
    return Declared(
        observed_at=as_of,
        sensitivity=sensitivity_of(asset, system),
        intended_public=asset.intended_public,
        exposure=system.exposure if system else "internet",
        jurisdiction=system.jurisdiction if system else "",
        retention_days=system.retention_days if system else None,
        key_need=_key_need_of(asset, system),
        own_accounts=estate.accounts,
        own_organisations=estate.organisations,
        own_vpcs=estate.vpcs,
        own_networks=estate.networks,
        jurisdictions=estate.jurisdictions,
        class_tag=register.class_tag.key,
        class_values=tuple(ClassValue(value=word, sensitivity=tier) for word, tier in register.class_tag.values),
        registered_accounts=rows.accounts,
        registered_organisations=rows.organisations,
        registered_buckets=rows.buckets,
        registered_domains=rows.domains,
    )


def sensitivity_of(asset: Asset, system: System | None) -> Sensitivity:
    """An asset's own declaration, else its system's, else undeclared."""
    if asset.sensitivity is not None:
        return asset.sensitivity
    return system.sensitivity if system else Sensitivity.UNDECLARED


def _key_need_of(asset: Asset, system: System | None) -> KeyNeed:
    """As for the sensitivity; an asset that nobody declared may hold what its system holds."""
    if asset.key_need is not None:
        return asset.key_need
    return system.key_need if system else KeyNeed.BY_TIER


def derive_locus(sights: Sights, derivation: LocusDerivation, declared: Declared) -> Sights:
    """Add what one derivation concludes at every locus that one of its inputs has."""
    rows = [sights.get(facts_type) for facts_type in derivation.reads if facts_type is not Declared]
    if not any(rows):
        return sights.without(derivation.yields)
    row = {locus: _derived(sights, derivation, locus, declared) for locus in _own_loci(rows)}
    return sights.with_row(derivation.yields, row)


def _own_loci(rows: Sequence[Mapping[str, Sight]]) -> list[str]:
    """The loci of an answer: those of its inputs. "" is none where it only speaks for the loci of another input.

    Where it was not seen, or stands beside other loci of its own input, it stays: it may be a place of its own.
    """
    loci = {locus for row in rows for locus in row}
    stays = loci == {""} or any("" in row and (len(row) > 1 or isinstance(row[""], Unseen)) for row in rows)
    return sorted(locus for locus in loci if locus or stays)


def derive_asset(sights: Sights, derivation: AssetDerivation, declared: Declared) -> Sights:
    """Add what one derivation concludes from all loci of an asset; nothing, where none of its inputs was asked."""
    rows = {kind: sights.get(kind) for kind in derivation.reads}
    seen = [sight for row in rows.values() for sight in row.values()]
    if not seen:
        return sights.without(derivation.yields)
    if Declared in rows:
        rows[Declared] = {"": Seen(declared)}
    basis = reduce(_weaker, (sight.basis for sight in seen if isinstance(sight, Seen)), Basis.OBSERVED)
    answer = _attempt(lambda: derivation.derive(rows), derivation.source, Reason.DERIVATION_ERROR)
    return sights.with_row(derivation.yields, {"": _answered(answer, derivation, "", basis)})


def derive_run(all_sights: Mapping[str, Sights], derivation: RunDerivation) -> dict[str, Sights]:
    """Add what one derivation concludes from all assets; silence about an asset that it read is Unseen."""
    placed = tuple(
        Placed(asset, sight)
        for asset in sorted(all_sights)
        for facts_type in derivation.reads
        for _, sight in sorted(all_sights[asset].get(facts_type).items())
    )
    said = _attempt(lambda: _said(derivation, placed), derivation.source, Reason.DERIVATION_ERROR)
    silent = Failure(Reason.DERIVATION_ERROR, f"{derivation.source} was silent")
    answers, failure = ({}, said) if isinstance(said, Failure) else (said, silent)
    nothing = Unseen(derivation.yields, "", failure.reason, failure.detail)
    found = dict(all_sights)
    for asset in ({place.asset for place in placed} | answers.keys()) & all_sights.keys():
        row = answers[asset].get(derivation.yields) if asset in answers else {}
        found[asset] = found[asset].with_row(derivation.yields, row or {"": nothing})
    return found


def _said(derivation: RunDerivation, placed: tuple[Placed, ...]) -> dict[str, Sights]:
    """What a derivation says, by asset. Runs inside the guard: it may say anything."""
    answers: dict[str, list[Sight]] = defaultdict(list)
    for answer in derivation.derive(placed):
        if not is_sight(answer.observation):
            raise TypeError("neither seen nor unseen")
        answers[answer.asset].append(answer.observation)
    return {asset: Sights.of(sights) for asset, sights in answers.items()}


def judge_asset(asset: Asset, sights: Sights, checks: Sequence[AnyCheck]) -> tuple[Finding, ...]:
    """One finding per check and locus, in the order of (check, locus). `checks`: those that are asked of this asset."""
    return tuple([finding for check in checks for finding in _judge_check(asset, sights, check)])


def _judge_check(asset: Asset, sights: Sights, check: AnyCheck) -> list[Finding]:
    row = sights.get(check.reads)
    if not row:
        return [unknown(asset, check, "", Reason.NOT_OBSERVED, check.reads.__name__)]
    return [
        unknown(asset, check, locus, sight.reason, sight.detail)
        if isinstance(sight, Unseen)
        else _judge_facts(asset, check, sight)
        for locus, sight in (sorted(row.items()) if len(row) > 1 else row.items())
    ]


def _judge_facts(asset: Asset, check: AnyCheck, sight: Seen) -> Finding:
    verdict = _attempt(lambda: check.judge(sight.facts), check.source, Reason.CHECK_ERROR)
    if isinstance(verdict, Failure):
        return unknown(asset, check, sight.locus, verdict.reason, verdict.detail)
    if not is_verdict(verdict):
        return unknown(asset, check, sight.locus, Reason.CHECK_ERROR, f"{check.source} gave no verdict")
    return Finding(
        asset=asset.id,
        check=check.id,
        locus=sys.intern(sight.locus),
        severity=check.severity,
        tier=check.tier,
        outcome=verdict.outcome,
        summary=sys.intern(verdict.summary),
        basis=sight.basis,
        evidence=verdict.evidence,
        observed_at=sight.facts.observed_at,
    )


def unknown(asset: Asset, check: AnyCheck, locus: str, reason: Reason, detail: str) -> Finding:
    return Finding(
        asset=asset.id,
        check=check.id,
        locus=sys.intern(locus),
        severity=check.severity,
        tier=check.tier,
        outcome=Outcome.UNKNOWN,
        summary=sys.intern(f"{reason.phrase} ({detail})" if detail else reason.phrase),
        reason=reason.word,
    )


def _derived(sights: Sights, derivation: LocusDerivation, locus: str, declared: Declared) -> Sight:
    arguments: list[Facts] = []
    basis = Basis.OBSERVED
    for facts_type in derivation.reads:
        if facts_type is Declared:
            arguments.append(declared)
            continue
        row = sights.get(facts_type)
        sight = row.get(locus) or row.get("")
        if sight is None:
            return Unseen(derivation.yields, locus, Reason.NOT_OBSERVED, facts_type.__name__)
        if isinstance(sight, Unseen):
            return Unseen(derivation.yields, locus, sight.reason, sight.detail)
        arguments.append(sight.facts)
        basis = _weaker(basis, sight.basis)
    answer = _attempt(lambda: derivation.derive(*arguments), derivation.source, Reason.DERIVATION_ERROR)
    return _answered(answer, derivation, locus, basis)


def _answered(
    answer: Facts | Failure, derivation: LocusDerivation | AssetDerivation, locus: str, basis: Basis
) -> Sight:
    if isinstance(answer, Failure):
        return Unseen(derivation.yields, locus, answer.reason, answer.detail)
    if not isinstance(answer, derivation.yields):
        return Unseen(derivation.yields, locus, Reason.DERIVATION_ERROR, f"{derivation.source} gave something else")
    return Seen(answer, locus, basis)


def _attempt(call: Callable[[], T], source: str, crash: Reason) -> T | Failure:
    """Call a stranger's pure function. The one guard around checks and what they rest on: the reason is kept."""
    try:
        return call()
    except Undecided as undecided:
        if isinstance(undecided.reason, Reason) and is_text(undecided.detail):
            return Failure(undecided.reason, undecided.detail)
        return Failure(crash, f"{source}: {type(undecided).__name__}")
    except Exception as error:  # noqa: BLE001
        return Failure(crash, f"{source}: {type(error).__name__}")  # the message may hold what a target said


def _one(sights: Sequence[Sight]) -> Sight:
    """What counts of all that a probe said of one type and locus, in whatever order it said it."""
    unseen = [sight for sight in sights if isinstance(sight, Unseen)]
    if unseen:
        return min(unseen, key=lambda sight: (sight.reason.word, sight.detail))
    seen = [sight for sight in sights if isinstance(sight, Seen)]
    if all(sight == seen[0] for sight in seen):
        return seen[0]
    return Unseen(type(seen[0].facts), seen[0].locus, Reason.INCONSISTENT, "the probe said two things of one place")


def _weaker(one: Basis, other: Basis) -> Basis:
    order = (Basis.OBSERVED, Basis.IMPORTED, Basis.DECLARED)
    return max(one, other, key=order.index)
