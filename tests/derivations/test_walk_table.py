"""Every case that a walk from a mount down to the disks has to get right, one test each, by the case's name.

The cases are those that other auditors were reported to get wrong, and what real guests showed.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts.at_rest import AtRest, Confidence
from auditor.facts.server import BcacheMembers, BlockNode, BtrfsMembers, ZfsDataset, ZfsPool
from checks.derivations.data_at_rest import plain_mounts
from checks.derivations.forgotten_disks import forgotten_at_rest
from checks.disks import disk_forgotten_plain, disk_plain
from tests.derivations.block_graphs import graph, loop, luks, lvm, on, over, part, server, without_device
from tests.derivations.walk_table_rig import (
    ENCRYPTED,
    FAIL,
    PARTLY,
    PASS,
    PLAIN,
    SDA,
    SDB,
    SDC,
    TWO,
    UNKNOWN,
    verdict,
    walked,
)


def root_of(*nodes: BlockNode, top: str, **others: object) -> AtRest:
    return walked(graph(nodes, [on(top)], **others))["mount /"].state


STACKS = {
    "LUKS2 root": ([luks("dm-0", "sda1"), part("sda1", "sda"), SDA], "dm-0", ENCRYPTED),
    "LVM on LUKS": ([lvm("dm-1", "dm-0"), luks("dm-0", "sda"), SDA], "dm-1", ENCRYPTED),
    "LUKS on LVM": ([luks("dm-1", "dm-0"), lvm("dm-0", "sda"), SDA], "dm-1", ENCRYPTED),
    "LUKS on md": ([luks("dm-0", "md0"), over("md0", "sda", "sdb"), *TWO], "dm-0", ENCRYPTED),
    "md on LUKS": ([over("md0", "dm-0", "dm-1"), luks("dm-0", "sda"), luks("dm-1", "sdb"), *TWO], "md0", ENCRYPTED),
    "md on LUKS and a plain disk": ([over("md0", "dm-0", "sdb"), luks("dm-0", "sda"), *TWO], "md0", PARTLY),
    "LUKS on multipath": ([luks("dm-1", "dm-0"), over("dm-0", "sda", "sdb", uuid="mpath-36"), *TWO], "dm-1", ENCRYPTED),
    "plain multipath": ([over("dm-0", "sda", "sdb", uuid="mpath-36"), *TWO], "dm-0", PLAIN),
    "partition of multipath": (
        [over("dm-1", "dm-0", uuid="part1-mpath-36"), over("dm-0", "sda", uuid="mpath-36"), SDA],
        "dm-1",
        PLAIN,
    ),
    "LUKS on bcache": ([luks("dm-0", "bcache0"), over("bcache0", "sda", "sdb"), *TWO], "dm-0", ENCRYPTED),
    "one VG, one plain PV": ([lvm("dm-1", "dm-0", "sdb"), luks("dm-0", "sda"), *TWO], "dm-1", PARTLY),
    "one VG, one plain PV, other order": ([lvm("dm-1", "sda", "dm-0"), luks("dm-0", "sdb"), *TWO], "dm-1", PARTLY),
    "bcache: cache plain, backing LUKS": (
        [over("bcache0", "dm-0", "sdb"), luks("dm-0", "sda"), *TWO],
        "bcache0",
        PARTLY,
    ),
    "lvmcache: cache plain, origin LUKS": (
        [
            lvm("dm-9", "dm-1", "dm-2", "dm-3"),
            lvm("dm-1", "dm-0"),
            lvm("dm-2", "sdb"),
            lvm("dm-3", "sdb"),
            luks("dm-0", "sda"),
            *TWO,
        ],
        "dm-9",
        PARTLY,
    ),
    "lvmcache: both on LUKS": (
        [
            lvm("dm-9", "dm-2", "dm-3"),
            lvm("dm-2", "dm-0"),
            lvm("dm-3", "dm-1"),
            luks("dm-0", "sda"),
            luks("dm-1", "sdb"),
            *TWO,
        ],
        "dm-9",
        ENCRYPTED,
    ),
    "dm-writecache plain over LUKS": ([lvm("dm-2", "dm-0", "sdb"), luks("dm-0", "sda"), *TWO], "dm-2", PARTLY),
    "thin pool on LUKS": (
        [
            lvm("dm-4", "dm-3"),
            lvm("dm-3", "dm-1", "dm-2"),
            lvm("dm-1", "dm-0"),
            lvm("dm-2", "dm-0"),
            luks("dm-0", "sda"),
            SDA,
        ],
        "dm-4",
        ENCRYPTED,
    ),
    "thin pool, metadata on a plain disk": (
        [
            lvm("dm-4", "dm-3"),
            lvm("dm-3", "dm-1", "dm-2"),
            lvm("dm-1", "dm-0"),
            lvm("dm-2", "sdb"),
            luks("dm-0", "sda"),
            *TWO,
        ],
        "dm-4",
        PARTLY,
    ),
    "detached header": ([luks("dm-0", "sda"), replace(SDA, signature="")], "dm-0", ENCRYPTED),
    "plain dm-crypt": ([luks("dm-0", "sda", kind="PLAIN"), SDA], "dm-0", ENCRYPTED),
    "AEAD": ([luks("dm-1", "dm-0"), luks("dm-0", "sda", kind="INTEGRITY"), SDA], "dm-1", ENCRYPTED),
    "dm-integrity alone": ([luks("dm-0", "sda", kind="INTEGRITY"), SDA], "dm-0", PLAIN),
    "dm-verity alone": ([luks("dm-0", "sda", kind="VERITY"), SDA], "dm-0", PLAIN),
    "LUKS2-OPAL": ([luks("dm-0", "sda", kind="LUKS2-OPAL"), SDA], "dm-0", ENCRYPTED),
    "SED without LUKS": ([SDA], "sda", PLAIN),
    "VeraCrypt opened by cryptsetup": ([luks("dm-0", "sda", kind="TCRYPT"), SDA], "dm-0", ENCRYPTED),
    "VeraCrypt opened by VeraCrypt": ([over("dm-0", "sda", mapping="veracrypt1"), SDA], "dm-0", UNKNOWN),
    "BitLocker opened by cryptsetup": ([luks("dm-0", "sda", kind="BITLK"), SDA], "dm-0", ENCRYPTED),
    "disk encrypted in place, done": ([luks("dm-0", "sda"), SDA], "dm-0", ENCRYPTED),
    "disk encrypted in place, not done": (
        [luks("dm-1", "dm-0"), luks("dm-0", "sda", kind="SUBDEV"), SDA],
        "dm-1",
        UNKNOWN,
    ),
    "VM guest with plain disks": ([replace(SDA, serial="vol0123456789abcdef0")], "sda", PLAIN),
    "wrong signature: the header says LUKS, nothing is mapped": ([replace(SDA, signature="crypto_LUKS")], "sda", PLAIN),
    "wrong signature: the header says ext4, LUKS is mapped": (
        [luks("dm-0", "sda"), replace(SDA, signature="ext4")],
        "dm-0",
        ENCRYPTED,
    ),
}


# --- stacks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("nodes", "top", "expected"), STACKS.values(), ids=STACKS)
def test_a_stack(nodes: list[BlockNode], top: str, expected: AtRest) -> None:
    assert root_of(*nodes, top=top) is expected


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_bcache_whose_cache_the_kernel_does_not_list_as_a_slave(order: tuple[int, int]) -> None:
    nodes = (over("bcache0", "dm-0"), luks("dm-0", "sda"), *TWO)
    members = tuple(("dm-0", "sdb")[one] for one in order)
    assert root_of(*nodes, top="bcache0", bcache=(BcacheMembers(name="bcache0", devices=members),)) is PARTLY
    assert root_of(*nodes, top="bcache0", bcache=(BcacheMembers(name="bcache0", devices=("dm-0",)),)) is ENCRYPTED


def test_btrfs_raid_on_crypt_and_plain() -> None:
    nodes = (luks("dm-0", "sda"), *TWO)
    mount = without_device("/", "btrfs", source="/dev/dm-0")
    found = walked(graph(nodes, [mount], btrfs=(BtrfsMembers(uuid="u", devices=("dm-0", "sdb")),)))["mount /"]
    assert (found.state, found.plain_on) == (PARTLY, ("sdb",))
    assert found.chain == "/ <- btrfs <- [LUKS2 cryptdm-0 <- sda + sdb]"


def test_zfs_on_luks_and_zfs_that_encrypts_by_itself() -> None:
    nodes = (luks("dm-0", "sda"), *TWO)
    mounts = [without_device("/", "zfs", source="tank"), without_device("/own", "zfs", 31, source="bare/safe")]
    pools = (ZfsPool(name="bare", leaves=("/dev/sdb",)), ZfsPool(name="tank", leaves=("/dev/dm-0",)))
    sets = (ZfsDataset(name="bare/safe", encryption="aes-256-gcm"), ZfsDataset(name="tank", encryption="off"))
    found = walked(graph(nodes, mounts, zfs=sets, zpools=pools))
    assert found["mount /"].state is ENCRYPTED
    assert (found["mount /own"].state, found["mount /own"].confidence) == (ENCRYPTED, Confidence.CIPHER_VERIFIED)
    assert found["mount /own"].chain == "/own <- zfs bare/safe (aes-256-gcm)"


# --- loops, decoys, containers of data --------------------------------------------------------------------------------


def test_a_decoy_that_nothing_in_use_sits_on() -> None:
    nodes = (SDA, loop("loop0", "/decoy.img"), luks("dm-0", "loop0"))
    assert verdict(disk_plain, plain_mounts, server(graph(nodes, [on("sda")]))) is FAIL


def test_a_luks_file_on_a_plain_disk_protects_its_own_mount() -> None:
    nodes = (SDA, loop("loop0", "/vault.img"), luks("dm-0", "loop0"))
    found = walked(graph(nodes, [on("sda"), on("dm-0", "/vault")]))
    assert (found["mount /"].state, found["mount /vault"].state) == (PLAIN, ENCRYPTED)
    assert found["mount /vault"].chain == "/vault <- LUKS2 cryptdm-0 <- loop0 (/vault.img) <- / <- sda"


def test_luks_that_is_not_opened_is_no_fault_and_no_merit() -> None:
    seen = server(graph([SDA, luks("dm-0", "sda"), replace(SDB, signature="crypto_LUKS")], [on("dm-0")]))
    seen = replace(seen, graph=replace(seen.graph, nodes=(*seen.graph.nodes, replace(SDC, signature="LVM2_member"))))
    assert verdict(disk_forgotten_plain, forgotten_at_rest, seen) is PASS
    assert (
        verdict(disk_plain, plain_mounts, server(graph([replace(SDA, signature="crypto_LUKS")], [on("sda")]))) is FAIL
    )
