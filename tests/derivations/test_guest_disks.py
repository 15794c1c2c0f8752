"""A guest's plain disks and what its cloud tells of them: sound only if every one is matched, encrypted and ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditor.derive import Placed, Undecided
from auditor.facts import Declared
from auditor.facts.declared import Registered
from auditor.facts.server import BlockGraph, BlockNode, Section, SectionState, Swap
from auditor.facts.volumes import (
    NO_DISKS,
    Attachment,
    DiskKey,
    GuestDisks,
    PlatformDisks,
    PlatformState,
    PlatformTold,
    Volume,
    Volumes,
)
from auditor.model import Outcome, Reason, Sensitivity
from auditor.probe import Seen, Unseen
from checks.derivations.data_at_rest import partly_plain_mounts, plain_mounts, swap_at_rest
from checks.derivations.guest_disks import guest_disks, platform_disks, platform_told
from checks.disks import disk_partly_plain, disk_plain, swap_plain
from checks.guests import disk_plain_volume
from tests.derivations.block_graphs import disk, graph, luks, on, part, server

NOW = datetime(2026, 11, 21, tzinfo=UTC)
P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
ACCOUNT, SISTER, STRANGER = "123456789012", "210987654321", "999999999999"
GUEST = "i-0123456789abcdef0"
ROOT, DATA = "vol-0aaaaaaaaaaaaaaaa", "vol-0bbbbbbbbbbbbbbbb"


def ebs(name: str, volume: str) -> BlockNode:
    return replace(disk(name), serial=volume.replace("-", ""))


def guest(*, instance: str = GUEST, data: BlockNode | None = None) -> BlockGraph:
    """Two volumes, and nothing encrypts within the guest."""
    nodes = [ebs("nvme0n1", ROOT), part("nvme0n1p1", "nvme0n1"), data or ebs("nvme1n1", DATA)]
    name = nodes[-1].name
    return graph(nodes, [on("nvme0n1p1"), on(name, "/srv")], instance=instance)


def volume(name: str, *, account: str = ACCOUNT, instance: str = GUEST, encrypted: bool = True) -> Volume:
    key = f"arn:aws:kms:us-east-1:{account}:key/k" if encrypted else ""
    return Volume(id=name, is_encrypted=encrypted, key=key, attachments=(Attachment(instance=instance),))


def volumes(*listed: Volume, account: str = ACCOUNT, why: str = "") -> Seen:
    keys = {
        one.key: DiskKey(arn=one.key, account="".join(one.key.split(":")[4:5]), manager="CUSTOMER")
        for one in listed
        if one.key
    }
    facts = Volumes(
        observed_at=NOW,
        account=account,
        region="us-east-1",
        volumes=listed,
        keys=tuple(keys.values()),
        is_complete=not why,
        why_incomplete=why,
    )
    return Seen(facts, "us-east-1")


BOTH = volumes(volume(ROOT), volume(DATA))
DENIED = Unseen(Volumes, "eu-west-1", Reason.ACCESS_DENIED, "the account describe_volumes")


def judged(seen: BlockGraph, *told: Seen | Unseen, **said: object) -> Outcome:
    """What disk-plain-volume says of the guest, with what the accounts told and the inventory says."""
    declared = Declared(observed_at=NOW, sensitivity=Sensitivity.CONFIDENTIAL, **said)  # type: ignore[arg-type]
    placed = [Placed("s/guest", Seen(guest_disks.derive(server(seen))))]
    placed += [Placed("s/account", one) for one in told]
    answers = {one.asset: one.observation for one in platform_told.derive(tuple(placed))}
    assert answers.keys() == {one.asset for one in placed}
    rows = {
        GuestDisks: {"": placed[0].observation},
        PlatformTold: {"": answers["s/guest"]},
        Declared: {"": Seen(declared)},
    }
    try:
        return disk_plain_volume.judge(platform_disks.derive(rows)).outcome
    except Undecided:
        return U


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ([BOTH], P),
        ([volumes(volume(ROOT)), volumes(volume(DATA, account=SISTER), account=SISTER)], P),  # two accounts of ours
        ([BOTH, DENIED], P),  # everything was found
        ([], F),  # as before: plain, and nobody shows otherwise
        ([volumes()], F),
        ([volumes(volume(ROOT))], F),
        ([volumes(volume(ROOT), volume(DATA, encrypted=False))], F),
        ([volumes(volume(ROOT), volume(DATA, account=STRANGER))], F),
        ([DENIED], U),
        ([volumes(volume(ROOT)), DENIED], U),
        ([volumes(volume(ROOT), why="timeout")], U),
        ([volumes(volume(ROOT, encrypted=False)), DENIED], F),  # one fault is proven
        ([volumes(volume(ROOT), volume(DATA, instance="i-0fffffffffffffff0"))], U),  # plugged in elsewhere
        ([volumes(volume(ROOT), replace(volume(DATA), attachments=()))], U),
        ([volumes(volume(ROOT), replace(volume(DATA), key="alias/x"))], U),
    ],
)
def test_only_a_match_of_every_disk_passes(told: Sequence[Seen | Unseen], outcome: Outcome) -> None:
    assert judged(guest(), *told) is outcome


AGREED = Registered(name=STRANGER, vendor="v", agreement="a", ends=NOW.replace(year=2030), covers_data=True)
HELD_ELSEWHERE = volumes(volume(ROOT), volume(DATA, account=STRANGER))


@pytest.mark.parametrize(
    ("told", "said", "outcome"),
    [
        ([HELD_ELSEWHERE], {"own_accounts": (ACCOUNT, STRANGER)}, P),  # keys lie in an account of their own
        ([HELD_ELSEWHERE], {"own_accounts": (ACCOUNT,)}, F),
        ([HELD_ELSEWHERE], {"own_accounts": (ACCOUNT,), "registered_accounts": (AGREED,)}, P),
        (
            [HELD_ELSEWHERE],
            {"own_accounts": (ACCOUNT,), "registered_accounts": (replace(AGREED, ends=NOW.replace(year=2020)),)},
            F,
        ),
        ([HELD_ELSEWHERE, DENIED], {}, U),  # the account that was not seen may be the key's
        ([HELD_ELSEWHERE, DENIED], {"own_accounts": (ACCOUNT,)}, F),
    ],
)
def test_whose_a_key_is_follows_the_scope(
    told: Sequence[Seen | Unseen], said: dict[str, object], outcome: Outcome
) -> None:
    assert judged(guest(), *told, **said) is outcome


@pytest.mark.parametrize("source", ["mountinfo", "swaps", "sysblk"])
@pytest.mark.parametrize("state", [SectionState.TIMED_OUT, SectionState.DENIED, SectionState.FAILED])
def test_what_was_not_read_of_a_guest_passes_nothing(source: str, state: SectionState) -> None:
    """More may lie on its volumes than was seen."""
    whole = guest()
    sections = tuple(Section(name=one.name, state=state if one.name == source else one.state) for one in whole.sections)
    cut = replace(whole, sections=sections)
    assert judged(cut, BOTH) is U
    if source == "mountinfo":
        assert judged(replace(cut, mounts=()), BOTH) is U
    assert judged(cut, volumes(volume(ROOT), volume(DATA, encrypted=False))) is F  # one fault is proven
    assert judged(replace(cut, instance="")) is N


def test_two_lists_that_differ_settle_nothing() -> None:
    other = volumes(volume(ROOT), volume(DATA, encrypted=False), account=SISTER)
    assert judged(guest(), BOTH, other) is U
    assert judged(guest(), other, BOTH) is U


def test_a_listed_machine_without_the_volume_is_a_contradiction_and_no_fault() -> None:
    """A machine has volumes of its own account alone: this one is younger than that look, or the guest errs."""
    seen = volumes(volume(ROOT)).facts
    assert isinstance(seen, Volumes)
    holds, elsewhere = replace(seen, instances=(GUEST,)), replace(seen, instances=("i-0fffffffffffffff0",))
    assert judged(guest(), Seen(holds, "us-east-1")) is U
    assert judged(guest(), Seen(elsewhere, "us-east-1")) is F
    plain = replace(holds, volumes=(volume(ROOT, encrypted=False),), keys=())
    assert judged(guest(), Seen(plain, "us-east-1")) is F  # one fault is proven


SERVER_OF_OBJECTS = Seen(
    Volumes(observed_at=NOW, account=NO_DISKS, region=NO_DISKS, volumes=(), instances=()), NO_DISKS
)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ((), PlatformState.NO_ACCOUNT),
        ((SERVER_OF_OBJECTS,), PlatformState.NO_ACCOUNT),  # it holds no disks for anybody
        ((volumes(),), PlatformState.NOT_FOUND),
    ],
)
def test_a_disk_that_nobody_shows_says_whether_anybody_was_to_be_asked(
    told: tuple[Seen, ...], state: PlatformState
) -> None:
    placed = [Placed("s/guest", Seen(guest_disks.derive(server(guest())))), *(Placed("s/account", one) for one in told)]
    answers = {one.asset: one.observation for one in platform_told.derive(tuple(placed))}
    said = answers["s/guest"]
    assert isinstance(said, Seen)
    assert isinstance(said.facts, PlatformTold)
    assert {one.state for one in said.facts.disks} == {state}


def test_a_disk_without_a_volumes_serial_stays_plain_as_before() -> None:
    """Disks of the machine itself (instance store), and old guests that tell no serial numbers."""
    for data in (disk("nvme1n1"), replace(disk("nvme1n1"), serial="AWS0123456789ABCDEF")):
        seen = server(guest(data=data))
        assert disk_plain.judge(plain_mounts.derive(seen)).outcome is F
        assert judged(guest(data=data), BOTH) is P  # of its one volume


def test_what_only_the_cloud_can_tell_is_not_applicable_within_the_guest() -> None:
    seen = server(guest())
    assert disk_plain.judge(plain_mounts.derive(seen)).outcome is N
    assert disk_partly_plain.judge(partly_plain_mounts.derive(seen)).outcome is N
    swapped = replace(guest(), swaps=(Swap(path="/dev/nvme1n1", is_file=False),))
    assert swap_plain.judge(swap_at_rest.derive(server(swapped))).outcome is N
    assert judged(swapped, volumes(volume(ROOT), volume(DATA, encrypted=False))) is F


def test_a_machine_that_is_no_guest_is_judged_as_before() -> None:
    own = guest(instance="")
    assert disk_plain.judge(plain_mounts.derive(server(own))).outcome is F
    assert judged(own) is N
    assert judged(own, DENIED) is N


def test_a_guest_that_encrypts_within_asks_nobody() -> None:
    nodes = [ebs("nvme0n1", ROOT), luks("dm-0", "nvme0n1")]
    sealed = graph(nodes, [on("dm-0")], instance=GUEST)
    assert disk_plain.judge(plain_mounts.derive(server(sealed))).outcome is P
    assert judged(sealed) is N
    assert judged(sealed, DENIED) is N


def test_evidence_says_platform_account_and_who_manages_the_key() -> None:
    placed = (Placed("s/guest", Seen(guest_disks.derive(server(guest())))), Placed("s/account", BOTH))
    told = next(one.observation for one in platform_told.derive(placed) if one.asset == "s/guest")
    assert isinstance(told, Seen)
    assert isinstance(told.facts, PlatformTold)
    verdict = disk_plain_volume.judge(PlatformDisks(observed_at=NOW, instance=GUEST, disks=told.facts.disks))
    assert [row.looked_at.partition(" ")[0] for row in verdict.evidence] == ["nvme0n1", "nvme1n1"]
    assert all("platform" in row.seen and ACCOUNT in row.seen and "manages" in row.seen for row in verdict.evidence)
    assert "below mount /srv" in verdict.evidence[1].looked_at
