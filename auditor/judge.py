"""What is known, and checks → findings: exactly one per (asset, check, locus). The only maker of UNKNOWN."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from auditor.answers import is_verdict
from auditor.check import Check
from auditor.deriving import Failure, Sight, Sights, attempt
from auditor.facts.declared import ClassValue, Declared
from auditor.filling import maker
from auditor.model import (
    Asset,
    Estate,
    Finding,
    KeyNeed,
    Outcome,
    Reason,
    Sensitivity,
    System,
)
from auditor.probe import Unseen
from auditor.vendors import NOBODY, Register

AnyCheck = Check[Any]
make_finding = maker(Finding)


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


def judge_asset(asset: Asset, sights: Sights, checks: Iterable[AnyCheck]) -> tuple[Finding, ...]:
    """One finding per check and locus, in the order of (check, locus). `checks`: those that are asked of this asset."""
    found: list[Finding] = []
    for check in checks:
        row = sights.get(check.reads)
        if not row:
            found.append(unknown(asset, check, "", Reason.NOT_OBSERVED, check.reads.__name__))
        for locus, sight in sorted(row.items()) if len(row) > 1 else row.items():
            found.append(_judge_sight(asset, check, locus, sight))
    return tuple(found)


def _judge_sight(asset: Asset, check: AnyCheck, locus: str, sight: Sight) -> Finding:
    if isinstance(sight, Unseen):
        return unknown(asset, check, locus, sight.reason, sight.detail)
    verdict = attempt(check.judge, (sight.facts,), check, Reason.CHECK_ERROR)
    if isinstance(verdict, Failure):
        return unknown(asset, check, sight.locus, verdict.reason, verdict.detail)
    if not is_verdict(verdict):
        return unknown(asset, check, sight.locus, Reason.CHECK_ERROR, f"{check.source} gave no verdict")
    return make_finding(
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
    return make_finding(
        asset=asset.id,
        check=check.id,
        locus=sys.intern(locus),
        severity=check.severity,
        tier=check.tier,
        outcome=Outcome.UNKNOWN,
        summary=sys.intern(_why(reason, detail)),
        reason=reason.word,
    )


def _why(reason: Reason, detail: str) -> str:
    if not detail:
        return reason.phrase
    return f"{reason.phrase}: {detail}" if "(" in detail else f"{reason.phrase} ({detail})"
