"""Which disks of a guest are its cloud's volumes, and what the accounts of the run tell of those. Pure.

A disk is matched by two signs at once: its serial number is the volume's id, and the volume is plugged into the machine
that the guest's firmware names. The guest's kernel is believed in both; it gains nothing by naming another's volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from auditor.derive import Placed, Rows, Undecided, derive, derive_from_all, derive_from_places
from auditor.facts import Declared
from auditor.facts.at_rest import AtRest
from auditor.facts.linux_server import LinuxServer
from auditor.facts.volumes import (
    GuestDisk,
    GuestDisks,
    PlatformDisk,
    PlatformDisks,
    PlatformState,
    PlatformTold,
    Volumes,
)
from auditor.probe import Seen, Unseen
from checks.derivations.cloud_volumes import REASONS, Cloud
from checks.derivations.data_at_rest import first_unread, map_of, mounted, swapped

OPEN = (AtRest.PLAIN, AtRest.PARTLY_PLAIN, AtRest.VOLUME)
SOURCES = ("mountinfo", "swaps", "sysblk")


@derive(reads=(LinuxServer,), yields=GuestDisks)
def guest_disks(server: LinuxServer) -> GuestDisks:
    """The volumes below every mount and swap that nothing encrypts within the guest."""
    devices = map_of(server)
    found: dict[str, list[str]] = {}
    for place in (*mounted(server.graph, devices), *swapped(server.graph, devices)):
        for name in place.plain_on if place.state in OPEN else ():
            if devices.volume_of(name):
                found.setdefault(name, []).append(place.place)
    unread = first_unread(server.graph, SOURCES)
    return GuestDisks(
        observed_at=server.observed_at,
        instance=server.graph.instance,
        disks=tuple(
            GuestDisk(name=name, volume=devices.volume_of(name), places=tuple(found[name])) for name in sorted(found)
        ),
        unread=unread[0].word if unread else "",
        unread_detail=unread[1] if unread else "",
    )


@derive_from_all(reads=(GuestDisks, Volumes), yields=PlatformTold)
def platform_told(all_of_them: tuple[Placed, ...]) -> Iterator[Placed]:
    """One answer for each server, and an empty one for each account, which is no guest."""
    seen = [one.observation.facts for one in all_of_them if isinstance(one.observation, Seen)]
    cloud = Cloud([facts for facts in seen if isinstance(facts, Volumes)], _blind(all_of_them))
    for one in all_of_them:
        if _is_of_guest(one.observation):
            yield Placed(one.asset, cloud.answer(one.observation))
    guests = {one.asset for one in all_of_them if _is_of_guest(one.observation)}
    for asset in dict.fromkeys(one.asset for one in all_of_them if one.asset not in guests):
        yield Placed(asset, _no_guest(all_of_them, asset))


@derive_from_places(reads=(GuestDisks, PlatformTold, Declared), yields=PlatformDisks)
def platform_disks(rows: Rows) -> PlatformDisks:
    """Where the guest leaves no volume plain there is nothing that its cloud need tell.

    A fault counts whatever else was not seen; that there is none takes an answer for each disk, and all disks.
    """
    guest, told = rows[GuestDisks].get(""), rows[PlatformTold].get("")
    if isinstance(guest, Unseen):
        raise Undecided(guest.reason, guest.detail)
    facts = guest.facts if guest else None
    if isinstance(facts, GuestDisks) and not facts.disks:
        _require_all_read(facts)
        return PlatformDisks(observed_at=facts.observed_at, instance=facts.instance, disks=())
    if isinstance(told, Unseen):
        raise Undecided(told.reason, told.detail)
    said = told.facts if told else None
    assert isinstance(said, PlatformTold)  # noqa: S101 - every asset with one of its inputs is told something
    disks = tuple(_as_declared(one, _declared(rows)) for one in said.disks)
    if all(one.state in (PlatformState.ENCRYPTED, PlatformState.UNSETTLED) for one in disks):
        _require_all_settled(disks)
        if isinstance(facts, GuestDisks):
            _require_all_read(facts)
    settled = tuple(one for one in disks if one.state is not PlatformState.UNSETTLED)
    instance = facts.instance if isinstance(facts, GuestDisks) else ""
    return PlatformDisks(observed_at=said.observed_at, instance=instance, disks=settled)


def _declared(rows: Rows) -> Declared:
    said = rows[Declared][""]
    assert isinstance(said, Seen)  # noqa: S101 - what the inventory says is always there
    assert isinstance(said.facts, Declared)  # noqa: S101 - as it was asked for
    return said.facts


def _require_all_read(guest: GuestDisks) -> None:
    """Raises Undecided where a guest may have more on its disks than was seen."""
    if guest.instance and guest.unread:
        raise Undecided(REASONS[guest.unread], guest.unread_detail)


def _require_all_settled(disks: Iterable[PlatformDisk]) -> None:
    first = next((one for one in disks if one.state is PlatformState.UNSETTLED), None)
    if first is not None:
        raise Undecided(REASONS[first.reason], first.why)


def _as_declared(disk: PlatformDisk, declared: Declared) -> PlatformDisk:
    """A key of no audited account may be the city's by the inventory's scope, or a vendor's with an agreement.

    Where the scope names no accounts, one that was not seen may be the one.
    """
    if disk.state is not PlatformState.FOREIGN_KEY:
        return disk
    agreed = {one.name for one in declared.registered_accounts if one.allows_at(declared.observed_at)}
    if disk.key_account in agreed | set(declared.own_accounts):
        return replace(disk, state=PlatformState.ENCRYPTED)
    return replace(disk, state=PlatformState.UNSETTLED) if disk.reason and not declared.own_accounts else disk


def _is_of_guest(observation: Seen | Unseen) -> bool:
    kind = observation.facts_type if isinstance(observation, Unseen) else type(observation.facts)
    return kind is GuestDisks


def _no_guest(all_of_them: Iterable[Placed], asset: str) -> Seen | Unseen:
    """An account is no guest; one that was not seen is told nothing."""
    mine = [one.observation for one in all_of_them if one.asset == asset]
    seen = [one.facts.observed_at for one in mine if isinstance(one, Seen)]
    if seen:
        return Seen(PlatformTold(observed_at=max(seen), disks=()))
    unseen = next(one for one in mine if isinstance(one, Unseen))
    return Unseen(PlatformTold, "", unseen.reason, unseen.detail)


def _blind(all_of_them: Iterable[Placed]) -> Unseen | None:
    """Why some account's volumes were not seen."""
    unseen = (one.observation for one in all_of_them if isinstance(one.observation, Unseen))
    return next((one for one in unseen if one.facts_type is Volumes), None)


DERIVATIONS = (guest_disks, platform_told, platform_disks)
