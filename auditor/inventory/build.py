"""A document that keeps every rule → the nouns of the house. Complains of nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from sys import intern

from auditor.inventory import locators
from auditor.inventory.holdings import (
    AccountAsset,
    AnyAsset,
    BucketAsset,
    DevicesAsset,
    MxAsset,
    ServerAsset,
    SystemEntry,
    TlsAsset,
    WebAsset,
)
from auditor.inventory.listing import BrokenPart, Inventory
from auditor.inventory.merging import digest
from auditor.inventory.schema import Classification, DataClass, DataTier, Document, KeyNeeded, Scope
from auditor.inventory.ssh_profiles import SshProfile
from auditor.model import (
    Asset,
    Attestation,
    ClassTag,
    Department,
    Estate,
    Export,
    Jump,
    KeyNeed,
    Leaving,
    Outcome,
    Sampling,
    Sensitivity,
    System,
    Tier,
    Vendor,
    Waiver,
)
from auditor.reach.fence import Fence

SENSITIVITY = {
    DataTier.PUBLIC: Sensitivity.PUBLIC,
    DataTier.INTERNAL: Sensitivity.INTERNAL,
    DataTier.CONFIDENTIAL: Sensitivity.CONFIDENTIAL,
    DataTier.RESTRICTED: Sensitivity.RESTRICTED,
}
KEY_NEEDS = {None: KeyNeed.BY_TIER, KeyNeeded.CUSTOMER: KeyNeed.CUSTOMER, KeyNeeded.OWN_STORE: KeyNeed.OWN_STORE}


def build(document: Document, parts: Mapping[str, str], broken: tuple[BrokenPart, ...], today: date) -> Inventory:
    """`document`: with its parts merged into it; the rest as `Inventory` has it."""
    said = digest(document)
    gone = [entry for entry in document.retired if entry.retired <= today]
    assets = tuple(_assets(document))
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
        sensitivity=_highest(entry.data_classes, document.data_classes) or Sensitivity.UNDECLARED,
        data_classes=entry.data_classes or (),
        exposure=entry.exposure,
        hosting=entry.hosting.kind if entry.hosting else "unknown",
        jurisdiction=(entry.hosting.jurisdiction if entry.hosting else None) or "",
        retention_days=entry.retention.max_days if entry.retention else None,
        key_need=_strongest_need(entry.data_classes, document.data_classes) or KeyNeed.BY_TIER,
        estate=estate,
    )


def _highest(names: Iterable[str] | None, classes: Mapping[str, DataClass]) -> Sensitivity | None:
    """The highest tier of these data classes; None where none is named."""
    return max((SENSITIVITY[classes[name].tier] for name in names or ()), default=None)


def _strongest_need(names: Iterable[str] | None, classes: Mapping[str, DataClass]) -> KeyNeed | None:
    """The most that one of these data classes asks of a key; None where no class is named."""
    return max((KEY_NEEDS[classes[name].key] for name in names or ()), default=None)


def _assets(document: Document) -> Iterator[Asset]:
    for system in document.systems:
        for entry in system.assets:
            yield Asset(
                id=f"{system.id}/{entry.id}",
                kind=entry.kind,
                address=_address(entry, document.ssh_profiles),
                system=system.id,
                tiers=_tiers(entry.tiers),
                sensitivity=_highest(entry.data_classes, document.data_classes),
                data_classes=entry.data_classes or (),
                key_need=_strongest_need(entry.data_classes, document.data_classes),
                intended_public=entry.intended_public,
                credential=_credential(entry, document.ssh_profiles),
                host_key=entry.host_key if isinstance(entry, ServerAsset) else None,
                formerly=entry.formerly,
                sampling=_sampling(entry),
                probe_effective=isinstance(entry, BucketAsset) and entry.probe_effective,
                canary=(entry.canary or "") if isinstance(entry, BucketAsset) else "",
                account=_account(entry),
                provider=_provider(entry),
                regions=(entry.regions or ()) if isinstance(entry, AccountAsset) else (),
                export=_export(entry) if isinstance(entry, DevicesAsset) else None,
                jump=_jump(entry.ssh if isinstance(entry, ServerAsset) else None, document.ssh_profiles),
            )


@cache
def _tiers(said: tuple[Tier, ...]) -> frozenset[Tier]:
    """One set for all assets of which the same is asked."""
    return frozenset(said)


def _address(entry: AnyAsset, profiles: Mapping[str, SshProfile]) -> str:
    match entry:
        case WebAsset(url=address) | TlsAsset(address=address):
            return address
        case ServerAsset():
            shared = _profile(entry, profiles)
            port = entry.port if "port" in entry.model_fields_set else shared.port or entry.port
            return locators.ssh_address(entry.host, port, entry.user or shared.user)
        case BucketAsset():
            return locators.bucket_address(entry.name)
        case AccountAsset():
            return locators.account_address(entry.provider, entry.account, entry.credential)
        case MxAsset():
            return locators.mx_address(entry.host)
        case DevicesAsset():
            return locators.export_address(entry.file)


def _export(entry: DevicesAsset) -> Export:
    return Export(
        format=entry.format, file=entry.file, dated=entry.dated, hosts=entry.hosts or (), expected=entry.expected
    )


def _provider(entry: AnyAsset) -> str:
    """What the file says in so many words: whoever leaves it out may mean the server of the command line."""
    says = isinstance(entry, (BucketAsset, AccountAsset)) and "provider" in entry.model_fields_set
    return entry.provider if says and isinstance(entry, (BucketAsset, AccountAsset)) else ""


def _account(entry: AnyAsset) -> str | None:
    """One text for all that lie in the same account."""
    named = entry.account if isinstance(entry, (BucketAsset, AccountAsset)) else None
    return named and intern(named)


def _profile(entry: ServerAsset, profiles: Mapping[str, SshProfile]) -> SshProfile:
    return profiles[entry.ssh] if entry.ssh else SshProfile()


def _credential(entry: AnyAsset, profiles: Mapping[str, SshProfile]) -> str | None:
    if isinstance(entry, ServerAsset):
        return entry.credential or _profile(entry, profiles).credential
    return None if isinstance(entry, (WebAsset, TlsAsset, MxAsset, DevicesAsset)) else entry.credential


def _jump(profile: str | None, profiles: Mapping[str, SshProfile]) -> Jump | None:
    """What a profile puts before its servers. Its jump host may name a profile itself, and lie behind another one."""
    jump = profiles[profile].jump if profile else None
    if jump is None:
        return None
    shared = profiles[jump.ssh] if jump.ssh else SshProfile()
    port = jump.port if "port" in jump.model_fields_set else shared.port or jump.port
    return Jump(
        address=locators.ssh_address(jump.host, port, jump.user or shared.user),
        host_key=jump.host_key,
        credential=jump.credential or shared.credential,
        jump=_jump(jump.ssh, profiles),
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


def _sampling(entry: AnyAsset) -> Sampling | None:
    if not isinstance(entry, BucketAsset) or entry.sampling is None:
        return None
    return Sampling(credential=entry.sampling.credential, objects=entry.sampling.objects)


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
