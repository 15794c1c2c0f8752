"""Which disks of a guest are its cloud's volumes, and what the accounts of the run tell of those. Pure.

A disk is matched by two signs at once: its serial number is the volume's id, and the volume is plugged into the machine
that the guest's firmware names. The guest's kernel is believed in both; it gains nothing by naming another's volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.derive import Placed, Rows, Undecided, derive, derive_from_all, derive_from_places
from auditor.facts.at_rest import AtRest
from auditor.facts.linux_server import LinuxServer
from auditor.facts.volumes import (
    GuestDisk,
    GuestDisks,
    PlatformDisk,
    PlatformDisks,
    PlatformState,
    PlatformTold,
    Volume,
    Volumes,
)
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from checks.derivations.data_at_rest import map_of, mounted, swapped

OPEN = (AtRest.PLAIN, AtRest.PARTLY_PLAIN, AtRest.VOLUME)
REASONS = {reason.word: reason for reason in Reason}


@derive(reads=(LinuxServer,), yields=GuestDisks)
def guest_disks(server: LinuxServer) -> GuestDisks:
    """The volumes below every mount and swap that nothing encrypts within the guest."""
    devices = map_of(server)
    found: dict[str, list[str]] = {}
    for place in (*mounted(server.graph, devices), *swapped(server.graph, devices)):
        for name in place.plain_on if place.state in OPEN else ():
            if devices.volume_of(name):
                found.setdefault(name, []).append(place.place)
    return GuestDisks(
        observed_at=server.observed_at,
        instance=server.graph.instance,
        disks=tuple(
            GuestDisk(name=name, volume=devices.volume_of(name), places=tuple(found[name])) for name in sorted(found)
        ),
    )


@derive_from_all(reads=(GuestDisks, Volumes), yields=PlatformTold)
def platform_told(all_of_them: tuple[Placed, ...]) -> Iterator[Placed]:
    """One answer for each server, and an empty one for each account, which is no guest."""
    seen = [one.observation.facts for one in all_of_them if isinstance(one.observation, Seen)]
    cloud = _Cloud([facts for facts in seen if isinstance(facts, Volumes)], _blind(all_of_them))
    for one in all_of_them:
        if _is_of_guest(one.observation):
            yield Placed(one.asset, cloud.answer(one.observation))
    guests = {one.asset for one in all_of_them if _is_of_guest(one.observation)}
    for asset in dict.fromkeys(one.asset for one in all_of_them if one.asset not in guests):
        yield Placed(asset, _no_guest(all_of_them, asset))


@derive_from_places(reads=(GuestDisks, PlatformTold), yields=PlatformDisks)
def platform_disks(rows: Rows) -> PlatformDisks:
    """Where the guest leaves no volume plain there is nothing that its cloud need tell."""
    guest, told = rows[GuestDisks].get(""), rows[PlatformTold].get("")
    if isinstance(guest, Seen) and isinstance(guest.facts, GuestDisks) and not guest.facts.disks:
        return PlatformDisks(observed_at=guest.facts.observed_at, instance=guest.facts.instance, disks=())
    if isinstance(told, Seen) and isinstance(told.facts, PlatformTold):
        instance = guest.facts.instance if isinstance(guest, Seen) and isinstance(guest.facts, GuestDisks) else ""
        return PlatformDisks(observed_at=told.facts.observed_at, instance=instance, disks=told.facts.disks)
    unseen = next(one for one in (guest, told) if isinstance(one, Unseen))
    raise Undecided(unseen.reason, unseen.detail)


class _Cloud:
    """Everything that the accounts of the run told of their volumes."""

    def __init__(self, lists: list[Volumes], blind: Unseen | None) -> None:
        self._volumes = {one.id: (facts, one) for facts in lists for one in facts.volumes}
        self._accounts = frozenset(facts.account for facts in lists)
        self._blind = blind or next((_broken(facts) for facts in lists if not facts.is_complete), None)

    def answer(self, guest: Seen | Unseen) -> Seen | Unseen:
        """Unseen where a disk is not settled and none is proven to be at fault."""
        if isinstance(guest, Unseen):
            return Unseen(PlatformTold, "", guest.reason, guest.detail)
        facts = guest.facts
        assert isinstance(facts, GuestDisks)  # noqa: S101 - as it was picked
        told = [self._told(facts.instance, disk) for disk in facts.disks]
        open_ones = [one for one in told if isinstance(one, Unseen)]
        settled = tuple(one for one in told if isinstance(one, PlatformDisk))
        if open_ones and not any(one.state is not PlatformState.ENCRYPTED for one in settled):
            return open_ones[0]
        return Seen(PlatformTold(observed_at=facts.observed_at, disks=settled))

    def _told(self, instance: str, disk: GuestDisk) -> PlatformDisk | Unseen:
        where = self._volumes.get(disk.volume)
        if where is None:
            return self._not_found(disk)
        facts, volume = where
        if instance not in {one.instance for one in volume.attachments}:
            detail = f"{disk.volume} is not plugged into {instance}, as account {facts.account} has it"
            return Unseen(PlatformTold, "", Reason.INCONSISTENT, detail)
        return self._found(disk, facts, volume)

    def _not_found(self, disk: GuestDisk) -> PlatformDisk | Unseen:
        """Where accounts could not be read whole, it may be there; else nobody shows that it is encrypted."""
        if self._blind is not None:
            detail = f"what {disk.volume} is: {self._blind.detail}"
            return Unseen(PlatformTold, "", self._blind.reason, detail)
        state = PlatformState.NOT_FOUND if self._accounts else PlatformState.NO_ACCOUNT
        return PlatformDisk(disk=disk, state=state)

    def _found(self, disk: GuestDisk, facts: Volumes, volume: Volume) -> PlatformDisk | Unseen:
        if not volume.is_encrypted:
            return PlatformDisk(disk=disk, state=PlatformState.PLAIN, account=facts.account)
        key = next((one for one in facts.keys if one.arn == volume.key), None)
        if key is None or not key.account:
            detail = f"whose key encrypts {volume.id} of account {facts.account}"
            return Unseen(PlatformTold, "", Reason.NOT_OBSERVED, detail)
        ours = key.account in self._accounts
        return PlatformDisk(
            disk=disk,
            state=PlatformState.ENCRYPTED if ours else PlatformState.FOREIGN_KEY,
            account=facts.account,
            key=key.arn,
            manager=key.manager,
        )


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


def _broken(facts: Volumes) -> Unseen:
    detail = f"the list of volumes of account {facts.account} in {facts.region} broke off"
    return Unseen(Volumes, facts.region, REASONS[facts.why_incomplete], detail)


DERIVATIONS = (guest_disks, platform_told, platform_disks)
