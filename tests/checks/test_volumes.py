"""Verdicts about disks that a cloud holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auditor.check import Check
from auditor.facts import Facts
from auditor.facts.volumes import (
    NO_DISKS,
    DefaultDiskEncryption,
    DiskFault,
    DiskFaults,
    GuestDisk,
    PlatformDisk,
    PlatformDisks,
    PlatformState,
)
from auditor.model import Outcome
from checks.guests import disk_plain_volume
from checks.volumes import CHECKS, SHOWN, default_encryption_off

NOW = datetime(2026, 11, 21, tzinfo=UTC)
P, F, N = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
OF_FAULTS = tuple(check for check in CHECKS if issubclass(check.reads, DiskFaults))


@pytest.mark.parametrize("check", OF_FAULTS, ids=[check.id for check in OF_FAULTS])
@pytest.mark.parametrize(("faults", "counted", "outcome"), [(0, 0, N), (0, 3, P), (1, 3, F), (30, 30, F)])
def test_one_of_many_is_a_fault(check: Check[DiskFaults], faults: int, counted: int, outcome: Outcome) -> None:
    found = tuple(DiskFault(what=f"vol-{number}", seen="not encrypted") for number in range(faults))
    verdict = check.judge(check.reads(observed_at=NOW, region="us-east-1", faults=found, counted=counted))
    assert verdict.outcome is outcome
    assert len(verdict.evidence) == min(faults, SHOWN + 1)


@pytest.mark.parametrize(("is_on", "outcome"), [(True, P), (False, F)])
def test_encryption_by_default(is_on: bool, outcome: Outcome) -> None:
    facts = DefaultDiskEncryption(observed_at=NOW, account="123456789012", region="us-east-1", is_on=is_on)
    assert default_encryption_off.judge(facts).outcome is outcome


@pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])
def test_a_server_that_holds_no_disks_passes_nothing(check: Check[Facts]) -> None:
    """What the probe says of a compatible server."""
    more = {"faults": (), "counted": 0} if issubclass(check.reads, DiskFaults) else {"account": NO_DISKS, "is_on": True}
    verdict = check.judge(check.reads(observed_at=NOW, region=NO_DISKS, **more))
    assert (verdict.outcome, verdict.summary) == (N, "a compatible server holds no disks and databases of an account")


def told(state: PlatformState, manager: str = "AWS") -> PlatformDisk:
    disk = GuestDisk(name="nvme0n1", volume="vol-0aaaaaaa", places=("mount /",))
    return PlatformDisk(disk=disk, state=state, account="123456789012", key="arn:aws:kms:r:1:key/k", manager=manager)


@pytest.mark.parametrize(
    ("instance", "disks", "outcome"),
    [
        ("", (), N),
        ("i-1", (), N),
        ("i-1", (told(PlatformState.ENCRYPTED),), P),
        ("i-1", (told(PlatformState.ENCRYPTED, manager=""),), P),
        ("i-1", (told(PlatformState.ENCRYPTED), told(PlatformState.PLAIN)), F),
        ("i-1", (told(PlatformState.FOREIGN_KEY),), F),
        ("i-1", (told(PlatformState.NOT_FOUND),), F),
        ("i-1", (told(PlatformState.NO_ACCOUNT),), F),
    ],
)
def test_a_guests_disk_below(instance: str, disks: tuple[PlatformDisk, ...], outcome: Outcome) -> None:
    verdict = disk_plain_volume.judge(PlatformDisks(observed_at=NOW, instance=instance, disks=disks))
    assert verdict.outcome is outcome
    if outcome is P:
        assert verdict.summary.startswith("Platform")
