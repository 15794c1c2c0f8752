"""What tonight's run is asked: the inventory, and what earlier runs answer for and it lists no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor import asked as asking
from auditor import short as shorts
from auditor.asked import Asked
from auditor.inventory import Inventory
from auditor.model import Asset, Expiring, System, Tier
from auditor.standing import accountable, accountable_systems
from auditor.store import runs
from auditor.store.apart import looked_at_together
from auditor.unclaimed import claimed

if TYPE_CHECKING:
    from auditor.store.kept import Store


SAID = frozenset({"waiver", "attestation", "agreement", "listing"})  # ends of what the inventory says


def last_of(store: Store) -> runs.Run | None:
    """The last finished run."""
    with store.reading() as connection:
        return runs.last_run(connection)


def last_copies(last: runs.Run | None) -> Mapping[str, str]:
    """The included parts of the inventory as they were last read: path → text."""
    return dict(asking.read(last.opening.asked).includes) if last else {}


def listed_before(last: runs.Run | None) -> frozenset[str]:
    """The ids of the assets in the inventory of the last run."""
    return frozenset(asset.id for asset in asking.read(last.opening.asked).assets) if last else frozenset()


def asked_of(store: Store, inventory: Inventory, only: frozenset[str], tiers: frozenset[Tier]) -> Asked:
    """What a run of this inventory is asked, with what earlier runs answer for and the inventory lists no more."""
    last = last_of(store)
    before = asking.read(last.opening.asked) if last else None
    closing = last.closing if last else None
    known = {asset.id for asset in inventory.assets}
    found = shorts.read(closing.short).found if closing else ()
    listed_now = _with_found_names(inventory.assets, found)
    assets = _renamed_alone(store, _with_all_names(listed_now, before.assets if before else ()))
    lost = accountable(assets, _assets_of(before), inventory.retired)
    earlier = _not_renamed_as_a_whole(_systems_of(before), _assets_of(before), assets)
    systems = accountable_systems(inventory.systems, earlier, lost, inventory.retired)
    listed = {system.id for system in inventory.systems}
    return Asked(
        assets=assets,
        systems=inventory.systems,
        departments=inventory.departments,
        organisation=inventory.name,
        timezone=inventory.timezone,
        inventory=inventory.digest,
        waivers=inventory.waivers,
        attestations=inventory.attestations,
        vendors=inventory.vendors,
        class_tag=inventory.class_tag,
        earlier_assets=tuple(asset for asset in lost if asset.id not in known),
        earlier_systems=tuple(system for system in systems if system.id not in listed),
        found_before=found,
        retired=inventory.retired,
        retired_checks=inventory.retired_checks,
        leaving=inventory.leaving,
        endings=_endings(closing),
        excluded=inventory.fence.excluded,
        includes=tuple(sorted(inventory.parts.items())),
        unreadable=frozenset(system for part in inventory.broken for system in part.systems),
        discovered_at=closing.discovered if closing else None,
        only=only,
        tiers=tiers,
    )


def _endings(closing: runs.Closing | None) -> tuple[Expiring, ...]:
    """What the last run knew to end because it was seen on an asset; the rest the inventory says anew."""
    known = shorts.read(closing.short).expiring if closing else ()
    return tuple(one for one in known if one.what not in SAID)


def _with_all_names(assets: Iterable[Asset], before: Iterable[Asset]) -> tuple[Asset, ...]:
    """Each asset with the names that it, or what it was called last night, had then: a past is owed until it is met.

    A rename may be struck out, or followed by another one, before any run has looked at the asset.
    """
    then = {asset.id: asset.formerly for asset in before}
    found = []
    for asset in assets:
        older = [name for known in (asset.id, *asset.formerly) for name in then.get(known, ())]
        names = dict.fromkeys((*asset.formerly, *older))
        found.append(replace(asset, formerly=tuple(name for name in names if name != asset.id)))
    return tuple(found)


def _with_found_names(assets: Iterable[Asset], found: Iterable[Asset]) -> tuple[Asset, ...]:
    """Each asset with the name under which it was found before somebody listed it: its failures come with it."""
    assets = tuple(assets)
    names = claimed(assets, found)
    return tuple(
        replace(asset, formerly=(*asset.formerly, names[asset.id])) if asset.id in names else asset for asset in assets
    )


def _renamed_alone(store: Store, assets: Iterable[Asset]) -> tuple[Asset, ...]:
    """Each asset without the names of things that were there beside it: those it did not have, whoever says so.

    Taken at its word, an asset that passes could end the failures of one that is still out there.
    """
    with store.reading() as connection:
        return tuple(
            replace(
                asset,
                formerly=tuple(name for name in asset.formerly if not looked_at_together(connection, asset.id, name)),
            )
            for asset in assets
        )


def _not_renamed_as_a_whole(
    systems: Iterable[System], before: Iterable[Asset], now: Iterable[Asset]
) -> tuple[System, ...]:
    """The systems without those whose every asset has another name now: nothing is left of them to answer for."""
    renamed = {former for asset in now for former in asset.formerly}
    homes: dict[str, set[str]] = defaultdict(set)
    for asset in before:
        homes[asset.system].add(asset.id)
    return tuple(system for system in systems if not homes[system.id] or not homes[system.id] <= renamed)


def not_renamed(inventory: Inventory, asked: Asked) -> Mapping[str, str]:
    """Former names that are none, and whose asset is still answered for: that asset → who claims its name."""
    names = {asset.id: asset.formerly for asset in asked.assets}
    left = {asset.id for asset in asked.earlier_assets}
    claims = ((former, asset.id) for asset in inventory.assets for former in asset.formerly)
    return {former: name for former, name in claims if former in left and former not in names.get(name, ())}


def _assets_of(asked: Asked | None) -> tuple[Asset, ...]:
    return accountable(asked.assets, asked.earlier_assets, asked.retired) if asked else ()


def _systems_of(asked: Asked | None) -> tuple[System, ...]:
    if asked is None:
        return ()
    return accountable_systems(asked.systems, asked.earlier_systems, _assets_of(asked), asked.retired)
