"""Guests of a cloud: is a disk that nothing encrypts within the guest encrypted below it, and with whose key?"""

from __future__ import annotations

from auditor.check import HIGH, check, failed, not_applicable, passed
from auditor.facts.volumes import PlatformDisk, PlatformDisks, PlatformState
from auditor.model import Evidence, Verdict
from checks.counted import counted

SHOWN = 20
MANAGERS = {
    "AWS": "the provider manages it",
    "CUSTOMER": "the account manages it",
    "": "who manages it was not told",
}
WANTED = "an encrypted volume with a key of the city's own accounts"
SEEN = {
    PlatformState.PLAIN: "not encrypted",
    PlatformState.NOT_FOUND: "in no account and region that was read, so nobody shows that it is encrypted",
    PlatformState.NO_ACCOUNT: "the inventory lists no account that could show it, and the guest has it plain",
}


@check(
    "disk-plain-volume",
    reads=PlatformDisks,
    severity=HIGH,
    effort=3,
    controls=("NIST SP 800-53r5 SC-28(1)", "NIST SP 800-111", "AWS FSBP EC2.3"),
)
def disk_plain_volume(facts: PlatformDisks) -> Verdict:
    """A cloud guest's disk is encrypted neither within the guest nor below it.

    Judged by what the audited accounts tell of their volumes, which are matched with the guest's disks by volume and
    machine. A volume with a key of somebody else's account counts like a plain one here: one that is neither audited
    nor in `scope.aws_accounts`, and has no agreement under `vendors`. Disks of the machine itself (instance store) are
    no volumes, and are judged as plain disks are (`disk-plain`).

    Why: Whoever gets a copy of the volume or of a snapshot reads everything on it: no password of the running system
        protects it.
    Fix: Put a volume made of an encrypted copy of its snapshot in its place (`aws ec2 copy-snapshot --source-region
        REGION --source-snapshot-id SNAPSHOT --encrypted --kms-key-id KEY`, `aws ec2 create-volume`), or use LUKS2
        within the guest. A volume in an account or region that the inventory lacks: list it there (kind: account), so
        that it can be read.
    """
    if not facts.instance:
        return not_applicable("it is no guest of a cloud that is known")
    if not facts.disks:
        return not_applicable("no disk of the guest is a volume that the guest itself leaves plain")
    faults = [one for one in facts.disks if one.state is not PlatformState.ENCRYPTED]
    if faults:
        return failed(
            f"{counted(len(faults), 'disk is', 'disks are')} not shown to be encrypted.", *map(_row, faults[:SHOWN])
        )
    summary = "Platform: every volume that the guest itself leaves plain is encrypted below it, as its cloud asserts."
    return passed(summary, *map(_row, facts.disks[:SHOWN]))


def _row(one: PlatformDisk) -> Evidence:
    where = f"{one.disk.name} ({one.disk.volume}) below {', '.join(one.disk.places)}"
    return Evidence(where, SEEN.get(one.state) or _key(one), WANTED)


def _key(one: PlatformDisk) -> str:
    whose = "" if one.key_account == one.account else f" of account {one.key_account}"
    foreign = ", which is not known to be the city's" if one.state is PlatformState.FOREIGN_KEY else ""
    managed = MANAGERS.get(one.manager, one.manager)
    return f"platform: encrypted by account {one.account} with {one.key}{whose}{foreign}; {managed}"


CHECKS = (disk_plain_volume,)
