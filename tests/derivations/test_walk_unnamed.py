"""Disks that a mount does not name, and answers that were not read whole: never a pass for what nobody saw."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from auditor.facts.at_rest import AtRest
from auditor.facts.server import BlockGraph, BlockNode, Mount, SectionState, Swap, ZfsDataset, ZfsPool
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import mounted
from tests.derivations.block_graphs import disk, graph, luks, on, part, with_state, without_device

ENCRYPTED, PLAIN, PARTLY = AtRest.ENCRYPTED, AtRest.PLAIN, AtRest.PARTLY_PLAIN
UNKNOWN, EXEMPT = AtRest.UNKNOWN, AtRest.EXEMPT
SDA, SDB = disk("sda"), disk("sdb")
LOCKED = luks("dm-0", "sda")


def state(one: BlockGraph, place: str = "mount /") -> AtRest:
    return next(row.state for row in mounted(one, BlockMap(one)) if row.place == place)


@pytest.mark.parametrize("fstype", ["ext3", "ext4"])
def test_a_journal_on_another_disk_may_be_of_any_ext4(fstype: str) -> None:
    """mkfs.ext4 -J device=…: the kernel does not tell a plain user whose journal it is (blkid calls it "jbd")."""
    journal = replace(SDB, signature="jbd")
    assert state(graph([SDA, journal, LOCKED], [on("dm-0", "/", fstype)])) is UNKNOWN
    assert state(graph([SDA, journal, LOCKED], [on("dm-0", "/", "xfs")])) is ENCRYPTED
    inside = replace(luks("dm-1", "sdb"), signature="jbd")
    assert state(graph([SDA, SDB, LOCKED, inside], [on("dm-0", "/", fstype)])) is ENCRYPTED


def test_a_journal_inside_a_file_of_the_same_file_system_ends_somewhere() -> None:
    nodes = [SDA, LOCKED, BlockNode(name="loop0", devno="7:0", backing_file="/journal", signature="jbd")]
    assert state(graph(nodes, [on("dm-0")])) is UNKNOWN  # it lies on itself


@pytest.mark.parametrize(
    ("more", "swaps", "expected"),
    [
        ((), (), ENCRYPTED),
        ((SDB,), (), UNKNOWN),  # idle, and f2fs leaves no sign on its further disks
        ((SDB, part("sdb1", "sdb")), (), UNKNOWN),
        ((SDB, luks("dm-1", "sdb")), (), ENCRYPTED),
        ((SDB,), (Swap(path="/dev/sdb", is_file=False),), ENCRYPTED),
        ((replace(SDB, sectors=0),), (), ENCRYPTED),
    ],
)
def test_an_f2fs_may_lie_on_further_disks(
    more: tuple[BlockNode, ...], swaps: tuple[Swap, ...], expected: AtRest
) -> None:
    assert state(graph([SDA, LOCKED, *more], [on("dm-0", "/", "f2fs")], swaps)) is expected


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        (without_device("/mnt", "fuse.zfs", source="tank"), UNKNOWN),  # zfs-fuse: its pool lies on disks
        (without_device("/mnt", "fuse.unheard", source="x"), UNKNOWN),
        (without_device("/mnt", "fuse", source="x"), UNKNOWN),
        (without_device("/mnt", "fuse.ext4", source="/dev/sdb"), PLAIN),
        (without_device("/mnt", "fuse.mergerfs", source="a:b"), EXEMPT),
        (without_device("/mnt", "fuse.gocryptfs", source="/srv/locked"), EXEMPT),
        (without_device("/mnt", "fuse.rclone", source="remote:x"), EXEMPT),
        (without_device("/dev/data", "fuse.ext4", source="/dev/sdb"), PLAIN),
        (without_device("/sys/data", "fuse.unheard", source="x"), UNKNOWN),
    ],
)
def test_a_program_of_unknown_kind_may_keep_its_files_on_a_disk(mount: Mount, expected: AtRest) -> None:
    assert state(graph([SDA, SDB, LOCKED], [on("dm-0"), mount]), f"mount {mount.point}") is expected


@pytest.mark.parametrize("missing", [one for one in SectionState if one is not SectionState.SEEN])
def test_a_pool_that_was_not_read_whole_may_have_more_leaves(missing: SectionState) -> None:
    found = graph(
        [SDA, SDB, LOCKED],
        [without_device("/", "zfs", source="tank")],
        zfs=(ZfsDataset(name="tank", encryption="off"),),
        zpools=(ZfsPool(name="tank", leaves=("/dev/dm-0",)),),
    )
    assert state(found) is ENCRYPTED
    assert state(with_state(found, "zpool", missing)) is UNKNOWN


def test_thousands_of_idle_disks_below_thousands_of_mounts_end_soon() -> None:
    idle = [disk(f"sd{number}") for number in range(1000)]
    mounts = [on("dm-0", f"/m{number}", "f2fs", mount_id=number + 9, devno=f"9:{number}") for number in range(1000)]
    nodes = [SDA, *idle, *(replace(LOCKED, name=f"dm-{n}", devno=f"9:{n}") for n in range(1000))]
    began = time.process_time()
    rows = mounted(found := graph(nodes, mounts), BlockMap(found))
    assert {row.state for row in rows} == {UNKNOWN}
    assert time.process_time() - began < 1.0  # each with each would be a million steps
