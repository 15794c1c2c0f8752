"""The entries of assets → what is looked at, and by which road. Complains of nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from sys import intern

from auditor.inventory import locators
from auditor.inventory.data_tiers import highest, strongest_need
from auditor.inventory.holdings import (
    AccountAsset,
    AnyAsset,
    BucketAsset,
    DevicesAsset,
    MxAsset,
    ServerAsset,
    TlsAsset,
    WebAsset,
)
from auditor.inventory.schema import Document
from auditor.inventory.ssh_profiles import SshProfile
from auditor.model import Asset, Export, Jump, Sampling, Tier


def build_assets(document: Document) -> Iterator[Asset]:
    """In the order of the document."""
    for system in document.systems:
        for entry in system.assets:
            yield Asset(
                id=f"{system.id}/{entry.id}",
                kind=entry.kind,
                address=_address(entry, document.ssh_profiles),
                system=system.id,
                tiers=_tiers(entry.tiers),
                sensitivity=highest(entry.data_classes, document.data_classes),
                data_classes=entry.data_classes or (),
                key_need=strongest_need(entry.data_classes, document.data_classes),
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


def _sampling(entry: AnyAsset) -> Sampling | None:
    if not isinstance(entry, BucketAsset) or entry.sampling is None:
        return None
    return Sampling(credential=entry.sampling.credential, objects=entry.sampling.objects)
