"""Everything that the accounts of a run told of their volumes, and what that says of one disk of a guest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from auditor.facts.volumes import (
    NO_DISKS,
    GuestDisk,
    GuestDisks,
    PlatformDisk,
    PlatformState,
    PlatformTold,
    Volume,
    Volumes,
)
from auditor.model import Reason
from auditor.probe import Seen, Unseen

REASONS = {reason.word: reason for reason in Reason}


class Cloud:
    """`lists`: of all accounts and regions that were seen; `blind`: why one was not."""

    def __init__(self, lists: Sequence[Volumes], blind: Unseen | None) -> None:
        lists = [one for one in lists if one.account != NO_DISKS]
        self._volumes: dict[str, list[tuple[Volumes, Volume]]] = {}
        for facts in lists:
            for one in facts.volumes:
                self._volumes.setdefault(one.id, []).append((facts, one))
        self._machines = {name: facts.account for facts in lists for name in facts.instances or ()}
        self._accounts = frozenset(facts.account for facts in lists)
        self._blind = blind or next((_broken(facts) for facts in lists if not facts.is_complete), None)

    def answer(self, guest: Seen | Unseen) -> Seen | Unseen:
        if isinstance(guest, Unseen):
            return Unseen(PlatformTold, "", guest.reason, guest.detail)
        facts = guest.facts
        assert isinstance(facts, GuestDisks)  # noqa: S101 - as it was picked
        told = tuple(self._told(facts.instance, disk) for disk in facts.disks)
        return Seen(PlatformTold(observed_at=facts.observed_at, disks=told))

    def _told(self, instance: str, disk: GuestDisk) -> PlatformDisk:
        listed = self._volumes.get(disk.volume, [])
        if not listed:
            return self._not_found(instance, disk)
        if len({(one.is_encrypted, one.key) for _, one in listed}) > 1:
            return _unsettled(disk, Reason.INCONSISTENT, f"what {disk.volume} is: two lists differ")
        where = [(facts, one) for facts, one in listed if instance in {at.instance for at in one.attachments}]
        if not where:
            account = listed[0][0].account
            detail = f"{disk.volume} is not plugged into {instance}, as account {account} has it"
            return _unsettled(disk, Reason.INCONSISTENT, detail)
        return self._found(disk, *where[0])

    def _not_found(self, instance: str, disk: GuestDisk) -> PlatformDisk:
        """Where accounts could not be read whole, it may be there; else nobody shows that it is encrypted.

        A machine has volumes of its own account alone (EC2 API, AttachVolume): one that is listed without this volume
        was looked at before the volume was made, or the guest errs.
        """
        if self._blind is not None:
            return _unsettled(disk, self._blind.reason, f"what {disk.volume} is: {self._blind.detail}")
        if instance in self._machines:
            detail = f"account {self._machines[instance]} holds {instance}, and no volume {disk.volume}"
            return _unsettled(disk, Reason.INCONSISTENT, detail)
        state = PlatformState.NOT_FOUND if self._accounts else PlatformState.NO_ACCOUNT
        return PlatformDisk(disk=disk, state=state)

    def _found(self, disk: GuestDisk, facts: Volumes, volume: Volume) -> PlatformDisk:
        if not volume.is_encrypted:
            return PlatformDisk(disk=disk, state=PlatformState.PLAIN, account=facts.account)
        key = next((one for one in facts.keys if one.arn == volume.key), None)
        if key is None or not key.account:
            return _unsettled(disk, Reason.NOT_OBSERVED, f"whose key encrypts {volume.id} of account {facts.account}")
        told = PlatformDisk(
            disk=disk,
            state=PlatformState.ENCRYPTED,
            account=facts.account,
            key=key.arn,
            key_account=key.account,
            manager=key.manager,
        )
        if key.account in self._accounts:
            return told
        foreign = replace(told, state=PlatformState.FOREIGN_KEY)
        if self._blind is None:
            return foreign
        whose = f"whether account {key.account}, whose key encrypts {volume.id}, is an audited one"
        return replace(foreign, reason=self._blind.reason.word, why=f"{whose}: {self._blind.detail}")


def _unsettled(disk: GuestDisk, reason: Reason, why: str) -> PlatformDisk:
    return PlatformDisk(disk=disk, state=PlatformState.UNSETTLED, reason=reason.word, why=why)


def _broken(facts: Volumes) -> Unseen:
    detail = f"the list of volumes of account {facts.account} in {facts.region} is not whole"
    return Unseen(Volumes, facts.region, REASONS[facts.why_incomplete], detail)
