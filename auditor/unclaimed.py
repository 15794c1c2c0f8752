"""What was found and no inventory lists: judged as it is, and remembered until a whole list lacks it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from urllib.parse import urlsplit

from auditor.asked import Asked
from auditor.model import Asset
from auditor.reach.fence import Fence


def unclaimed(found: Iterable[Asset], asked: Asked) -> tuple[Asset, ...]:
    """Those that are neither listed, nor excluded, nor of a system that was not asked; by id."""
    listed = {asset.address for asset in (*asked.assets, *asked.earlier_assets)}
    names = {asset.id for asset in (*asked.assets, *asked.earlier_assets)}
    fence = Fence(excluded=asked.excluded)
    return tuple(
        asset
        for asset in sorted(found, key=lambda asset: asset.id)
        if asset.address not in listed
        and asset.id not in names
        and not fence.excludes(_host_of(asset.address))
        and (not asked.only or asset.system in asked.only)
    )


def standing(tonight: Mapping[str, Asset], whole: Collection[str], asked: Asked) -> tuple[Asset, ...]:
    """What is unclaimed: what was found tonight, and what was found before and nobody has seen to be gone.

    `tonight`: by id; `whole`: the assets whose looks showed all that they hold. What a retired asset or system held is
    answered for with it.
    """
    gone = asked.retired
    kept = {
        asset.id: asset
        for asset in asked.found_before
        if asset.found_by not in whole and asset.found_by not in gone and asset.system not in gone
    }
    addresses = {asset.address for asset in tonight.values()}
    before = [asset for name, asset in kept.items() if name not in tonight and asset.address not in addresses]
    return unclaimed((*tonight.values(), *before), asked)


def claimed(assets: Iterable[Asset], found_before: Iterable[Asset]) -> dict[str, str]:
    """Listed assets that were found before somebody listed them: id → the id that they had until then."""
    names = {(asset.kind, asset.address): asset.id for asset in found_before}
    known = ((asset.id, names.get((asset.kind, asset.address))) for asset in assets)
    return {name: former for name, former in known if former is not None and former != name}


def _host_of(address: str) -> str:
    return urlsplit(address).hostname or address
