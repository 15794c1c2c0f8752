"""A document that keeps every rule → the nouns of the house. Complains of nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from auditor.inventory import locators
from auditor.inventory.assets import build_assets
from auditor.inventory.data_tiers import SENSITIVITY, highest, strongest_need
from auditor.inventory.holdings import SystemEntry
from auditor.inventory.listing import BrokenPart, Inventory
from auditor.inventory.merging import digest
from auditor.inventory.schema import Classification, DataTier, Document, Scope
from auditor.model import (
    Asset,
    Attestation,
    ClassTag,
    Department,
    Estate,
    KeyNeed,
    Leaving,
    Outcome,
    Sensitivity,
    System,
    Vendor,
    Waiver,
)
from auditor.reach.fence import Fence


def build(document: Document, parts: Mapping[str, str], broken: tuple[BrokenPart, ...], today: date) -> Inventory:
    """`document`: with its parts merged into it; the rest as `Inventory` has it."""
    said = digest(document)
    gone = [entry for entry in document.retired if entry.retired <= today]
    assets = tuple(build_assets(document))
    estate = _estate(document.scope)
    return Inventory(
        id=document.organisation.id,
        name=document.organisation.name,
        timezone=document.organisation.timezone,
        fence=_fence(document.scope),
        departments=tuple(Department(id=entry.id, name=entry.name) for entry in document.departments),
        systems=tuple(_system(entry, document, estate) for entry in document.systems),
        assets=assets,
        waivers=tuple(_waivers(document)),
        attestations=tuple(_attestations(document)),
        retired=frozenset(entry.id for entry in gone if entry.kind != "check"),
        leaving=tuple(_leaving(document, assets, today)),
        retired_checks=frozenset(entry.id for entry in gone if entry.kind == "check"),
        digest=said,
        parts=parts,
        broken=broken,
        vendors=tuple(_vendors(document)),
        class_tag=_class_tag(document.classification),
    )


def _leaving(document: Document, assets: Iterable[Asset], today: date) -> Iterator[Leaving]:
    """What is listed, and is planned to go on a later day."""
    later = [entry for entry in document.retired if entry.kind != "check" and entry.retired > today]
    listed = {system.id for system in document.systems} | {asset.id for asset in assets} if later else set()
    return (Leaving(id=entry.id, day=entry.retired) for entry in later if entry.id in listed)


def _fence(scope: Scope | None) -> Fence:
    if scope is None:
        return Fence()
    return Fence(
        suffixes=frozenset(scope.dns_suffixes),
        networks=tuple(map(locators.network, scope.subnets)),
        excluded=frozenset(exclusion.match for exclusion in scope.exclude),
    )


def _estate(scope: Scope | None) -> Estate | None:
    if scope is None:
        return None
    said = Estate(
        accounts=scope.aws_accounts,
        organisations=scope.aws_organisations,
        vpcs=scope.aws_vpcs,
        networks=scope.subnets,
        jurisdictions=scope.jurisdictions,
    )
    return None if said == Estate() else said


def _system(entry: SystemEntry, document: Document, estate: Estate | None) -> System:
    return System(
        id=entry.id,
        name=entry.name,
        department=entry.department,
        owner=entry.owner,
        sensitivity=highest(entry.data_classes, document.data_classes) or Sensitivity.UNDECLARED,
        data_classes=entry.data_classes or (),
        exposure=entry.exposure,
        hosting=entry.hosting.kind if entry.hosting else "unknown",
        jurisdiction=(entry.hosting.jurisdiction if entry.hosting else None) or "",
        retention_days=entry.retention.max_days if entry.retention else None,
        key_need=strongest_need(entry.data_classes, document.data_classes) or KeyNeed.BY_TIER,
        estate=estate,
    )


def _waivers(document: Document) -> Iterator[Waiver]:
    for entry in document.waivers:
        yield Waiver(
            id=entry.id,
            check=entry.check,
            asset=entry.asset,
            reason=entry.reason,
            risk_owner=entry.risk_owner,
            approved_by=entry.approved_by,
            approved=entry.approved,
            expires=entry.expires,
        )


def _attestations(document: Document) -> Iterator[Attestation]:
    for entry in document.attestations:
        yield Attestation(
            id=entry.id,
            check=entry.check,
            asset=entry.asset,
            outcome=Outcome(entry.outcome),
            statement=entry.statement,
            by=entry.by,
            made=entry.made,
            expires=entry.expires,
        )


def _class_tag(said: Classification | None) -> ClassTag:
    if said is None:
        return ClassTag()
    return ClassTag(key=said.tag, values=tuple((word, SENSITIVITY[tier]) for word, tier in sorted(said.values.items())))


def _vendors(document: Document) -> Iterator[Vendor]:
    """What is public anybody may hold: no agreement has to say so."""
    public = [name for name, data in document.data_classes.items() if data.tier is DataTier.PUBLIC]
    for entry in document.vendors:
        yield Vendor(
            id=entry.id,
            name=entry.name,
            agreement=entry.agreement,
            expires=entry.expires,
            data_classes=tuple(sorted({*entry.data_classes, *public})),
            accounts=entry.aws_accounts,
            organisations=entry.aws_organisations,
            buckets=entry.buckets,
            domains=entry.domains,
        )
